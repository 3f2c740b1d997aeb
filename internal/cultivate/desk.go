package cultivate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
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

// Among is those of some makers that the person may see, by name.
func (s *Service) Among(ctx context.Context, by access.User, ids []MakerID) (all []Maker, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, scanMaker, listMakers+` where id in `+db.In(1, len(ids))+` order by search, id`, args...)
		return err
	})
	return slices.DeleteFunc(all, func(m Maker) bool { return by.May(access.MakerRead, m.Organisation) != nil }), err
}

// joined is errors.Join for a list that mostly holds nothing.
func joined(wrong []error) error { return errors.Join(wrong...) }

// shortHash stands for a text that is not kept.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
