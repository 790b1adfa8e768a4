package secrets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const keySize = 32 // AES-256

// file is a table of secrets sealed with AES-GCM, with its key in a second file beside it.
type file struct {
	dir string
}

func (f file) sealed() string { return filepath.Join(f.dir, "secrets.sealed") }
func (f file) key() string    { return filepath.Join(f.dir, "secrets.key") }

// read returns the table; it is empty if there is no file.
func (f file) read() (map[string]string, error) {
	sealed, err := os.ReadFile(f.sealed())
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(f.key())
	if err != nil {
		return nil, err
	}
	box, err := newBox(key)
	if err != nil {
		return nil, f.damaged(err)
	}
	plain, err := box.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, f.damaged(err)
	}
	table := map[string]string{}
	if err := json.Unmarshal(plain, &table); err != nil {
		return nil, f.damaged(err)
	}
	return table, nil
}

func (f file) damaged(err error) error {
	return fmt.Errorf("%s does not open with %s (%w): delete both and enter the passwords again", f.sealed(), f.key(), err)
}

func (f file) write(table map[string]string) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	key, err := f.loadOrMakeKey()
	if err != nil {
		return err
	}
	box, err := newBox(key)
	if err != nil {
		return f.damaged(err)
	}
	plain, err := json.Marshal(table)
	if err != nil {
		return err
	}
	return replace(f.sealed(), box.Seal(nil, nil, plain, nil))
}

func (f file) loadOrMakeKey() ([]byte, error) {
	key, err := os.ReadFile(f.key())
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key = make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, replace(f.key(), key)
}

func newBox(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("the key is %d bytes long, not %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// replace makes path hold data, readable by this user only, or leaves it as it was.
func replace(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
