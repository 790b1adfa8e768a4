package secrets

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/zalando/go-keyring"

	"callcast/gateway"
)

// service is the name all entries stand under in the keyring.
const service = "callcast"

// keyringTime is how long the keyring may take, with the user unlocking it meanwhile.
const keyringTime = 10 * time.Second

var errKeyringSilent = errors.New("the keyring did not answer in time")

// Store keeps secrets by name.
//
// The file holds only what the keyring could not take, so what is found there is newer than the keyring's.
type Store struct {
	log *slog.Logger

	mu     sync.Mutex // guards file and silent, and lets one request at a time to the keyring
	file   file
	silent bool // the keyring hung once: it is not asked again in this run
}

// New returns a store whose file stands in dir, which is made when it is needed.
func New(dir string, log *slog.Logger) *Store {
	return &Store{log: log, file: file{dir: dir}}
}

// Get returns the secret, empty if the name was never set.
func (s *Store) Get(name string) (gateway.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, err := s.file.read()
	if err != nil {
		return "", fmt.Errorf("read secret %s: %w", name, err)
	}
	if secret, ok := kept[name]; ok {
		return gateway.Secret(secret), nil
	}
	var secret string
	err = s.ask(func() error {
		found, err := keyring.Get(service, name)
		secret = found
		return err
	})
	if err != nil {
		s.log.Debug("keyring not read", slog.Any("error", err))
		return "", nil
	}
	return gateway.Secret(secret), nil
}

// Set keeps a secret, or forgets it if it is empty.
func (s *Store) Set(name string, secret gateway.Secret) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, err := s.file.read()
	if err != nil {
		return fmt.Errorf("keep secret %s: %w", name, err)
	}
	before, inFile := kept[name]
	err = s.ask(func() error { return put(name, secret) })
	switch {
	case err == nil && !inFile, err != nil && inFile && before == secret.Reveal():
		return nil
	case err == nil:
		delete(kept, name)
	default:
		s.log.Debug("keyring not written, the file is used", slog.Any("error", err))
		kept[name] = secret.Reveal()
	}
	if err := s.file.write(kept); err != nil {
		return fmt.Errorf("keep secret %s: %w", name, err)
	}
	return nil
}

func put(name string, secret gateway.Secret) error {
	if secret != "" {
		return keyring.Set(service, name, secret.Reveal())
	}
	if err := keyring.Delete(service, name); !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	return nil
}

// ask runs one request to the keyring. The library cannot be interrupted: if it hangs, its goroutine is left behind,
// once, and the keyring is not asked again.
func (s *Store) ask(request func() error) error {
	if s.silent {
		return errKeyringSilent
	}
	answered := make(chan error, 1)
	go func() { answered <- request() }()
	select {
	case err := <-answered:
		return err
	case <-time.After(keyringTime):
		s.silent = true
		s.log.Warn("the keyring does not answer: secrets go to an encrypted file", slog.String("file", s.file.sealed()))
		return errKeyringSilent
	}
}
