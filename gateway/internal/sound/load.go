package sound

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// What can be wrong with a file. Errors of Load wrap one of them, or are the system's.
var (
	ErrMissing = errors.New("no such file")
	ErrFormat  = errors.New("not a WAV file that can be played")
)

// maxSize of a file: ten minutes of stereo at 48 kHz, 16 bits, fit.
const maxSize = 64 << 20

// Clip is a sound.
type Clip struct {
	Samples []int16 // one channel
	Rate    int     // samples a second
}

// Load reads a file by its name, which is a path within the folder.
func Load(dir, name string) (*Clip, error) {
	b, err := read(dir, name)
	if err != nil {
		return nil, fmt.Errorf("sound %q: %w", name, err)
	}
	clip, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("sound %q: %w", name, err)
	}
	return clip, nil
}

// read takes a path that leads out of the folder, by its steps or by a link, for one to nothing: who asks learns nothing of
// what is there.
func read(dir, name string) ([]byte, error) {
	if !filepath.IsLocal(name) {
		return nil, ErrMissing
	}
	info, err := os.Stat(dir) // first, since to open a pipe may take for ever
	if err != nil {
		return nil, missing(err)
	}
	if !info.IsDir() {
		return nil, ErrMissing
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, missing(err)
	}
	defer root.Close()
	info, err = root.Stat(name) // for the same reason
	if err != nil {
		return nil, missing(err)
	}
	if !info.Mode().IsRegular() {
		return nil, ErrMissing
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, missing(err)
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxSize {
		return nil, fmt.Errorf("%w: it is larger than %d MB", ErrFormat, maxSize>>20)
	}
	return b, nil
}

// missing is what an error of the system comes to. A name that cannot be, one that leads through a file or out of the
// folder: for each of them nothing is there.
func missing(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	return ErrMissing
}
