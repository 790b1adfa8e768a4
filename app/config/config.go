package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"callcast/gateway"
)

// DefaultPath is where the file stands if nobody says otherwise: callcast/callcast.yaml in the user's configuration
// directory.
func DefaultPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the configuration directory: %w", err)
	}
	return filepath.Join(dir, "callcast", "callcast.yaml"), nil
}

// Load reads the file at path over the defaults. Without a path it reads the one at DefaultPath, which may be
// missing; a file that was asked for must be there.
func Load(path string) (gateway.Config, error) {
	optional := path == ""
	if optional {
		var err error
		if path, err = DefaultPath(); err != nil {
			// No home directory, as in a bare container: there can be no file either.
			return gateway.DefaultConfig(), nil
		}
	}
	text, err := os.ReadFile(path)
	switch {
	case optional && errors.Is(err, fs.ErrNotExist):
		return gateway.DefaultConfig(), nil
	case err != nil:
		return gateway.Config{}, fmt.Errorf("read configuration: %w", err)
	}
	cfg := gateway.DefaultConfig()
	if err := parse(text, &cfg); err != nil {
		return gateway.Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return cfg, nil
}
