//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package bus

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ownmark/ownmark/internal/fault"
)

// lockDir makes sure of being the only process that uses dir: two servers on one store would ruin it. The lock ends with the
// process, however that ends.
func lockDir(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.Unavailable.Say("The folder %s cannot be written to.", dir).Because(err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.Conflict.Say("Another Ownmark is running on %s. Stop it first, or use another folder.", dir)
		}
		return nil, fault.Unavailable.Say("The folder %s cannot be locked.", dir).Because(err)
	}
	return file, nil
}
