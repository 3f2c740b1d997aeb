// Package keyfile keeps a secret key of this installation in a file that only its owner may read.
package keyfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// LoadOrCreate is what the file at path holds. Where there is none, what fresh returns is put there first, whole or not at all and with mode 0600: a process that is
// killed meanwhile leaves nothing in the way of the next start, and of two that start at once one makes the key and both return it.
// Only on a file system without hard links may two first starts at the same moment return different keys; the later one stays.
func LoadOrCreate(path string, fresh func() ([]byte, error)) ([]byte, error) {
	key, err := os.ReadFile(path)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	if key, err = fresh(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	aside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(aside.Name())
	_, err = aside.Write(key)
	if err = errors.Join(err, aside.Sync(), aside.Close()); err != nil {
		return nil, fmt.Errorf("write %s: %w", aside.Name(), err)
	}
	// A link is made only where there is no file yet; a rename would take away the key another process has begun to use.
	if err := os.Link(aside.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		if err := os.Rename(aside.Name(), path); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(path)
}
