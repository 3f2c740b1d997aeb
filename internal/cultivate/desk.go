package cultivate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/ownmark/ownmark/internal/access"
)

// Side says on which side of the table somebody sits.
type Side string

// The sides.
const (
	Programme Side = "programme" // the operator's people
	FirmSide  Side = "firm"      // the maker's own
)

// SideOf is the side on which a person acts.
func SideOf(by access.User) Side {
	if by.Reach(access.MakerRead) == access.All {
		return Programme
	}
	return FirmSide
}

// joined is errors.Join for a list that mostly holds nothing.
func joined(wrong []error) error { return errors.Join(wrong...) }

// shortHash stands for a text that is not kept.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
