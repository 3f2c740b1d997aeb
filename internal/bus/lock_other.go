//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package bus

import (
	"os"
	"path/filepath"

	"github.com/ownmark/ownmark/internal/fault"
)

// lockDir has no lock to take here that ends with the process: that one Ownmark alone runs on dir is left to its owner.
func lockDir(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.Unavailable.Say("The folder %s cannot be written to.", dir).Because(err)
	}
	return file, nil
}
