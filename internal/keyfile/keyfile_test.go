package keyfile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ownmark/ownmark/internal/keyfile"
)

func TestTheFirstStartMakesTheKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "a.key")
	key, err := keyfile.LoadOrCreate(path, func() ([]byte, error) { return []byte("secret"), nil })
	if err != nil || string(key) != "secret" {
		t.Fatalf("%q %v", key, err)
	}
	again, err := keyfile.LoadOrCreate(path, func() ([]byte, error) {
		t.Error("a key that is there is made again")
		return nil, nil
	})
	if err != nil || !bytes.Equal(again, key) {
		t.Fatalf("%q %v", again, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Fatalf("left beside it: %v", files)
	}
}

// What a process that was killed while it wrote has left is a file aside, which nobody reads.
func TestAKilledStartIsNotInTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.key")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), ".a.key-1"), []byte("sec"), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := keyfile.LoadOrCreate(path, func() ([]byte, error) { return []byte("secret"), nil })
	if err != nil || string(key) != "secret" {
		t.Fatalf("%q %v", key, err)
	}
}

func TestOfManyAtOnceOneMakesTheKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.key")
	const starts = 16
	keys := make([][]byte, starts)
	together := make(chan struct{})
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = keyfile.LoadOrCreate(path, func() ([]byte, error) {
				<-together // so that all have found no key
				return bytes.Repeat([]byte{byte(i)}, 32), nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	close(together)
	all.Wait()
	for _, key := range keys {
		if len(key) != 32 || !bytes.Equal(key, keys[0]) {
			t.Fatalf("%x and %x", keys[0], key)
		}
	}
}

func TestNoKeyNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.key")
	broken := errors.New("no randomness")
	if _, err := keyfile.LoadOrCreate(path, func() ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}
