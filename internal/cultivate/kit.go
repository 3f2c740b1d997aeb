package cultivate

import (
	"context"
	"fmt"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// maxKit bounds a maker's kit, in files.
const maxKit = 200

const (
	kitOf   = `select ` + attachmentColumns + ` from attachment where maker = $1 and of_kind = 'kit' order by at desc, id desc`
	takeOut = `delete from attachment where maker = $1 and id = $2 and of_kind = 'kit'`
)

// Kit is what a maker's campaigns are made of, the newest first: files that the firm and the programme put there.
func (s *Service) Kit(ctx context.Context, by access.User, id MakerID) (all []Attachment, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, scanAttachment, kitOf, string(id))
		return err
	})
	return all, err
}

// AddToKit puts files into a maker's kit. A content that is there already is not there twice. It returns fault.Invalid for what cannot be kept, and fault.Conflict for a kit
// that is full.
func (s *Service) AddToKit(ctx context.Context, by access.User, id MakerID, files []SentFile) (added []Attachment, err error) {
	if len(files) == 0 {
		return nil, fault.Invalid.Say("Choose a file.").At("files")
	}
	if err := checkFiles("files", files); err != nil {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		added = nil
		m, err := editMaker(tx, by, id)
		if err != nil {
			return err
		}
		have, err := db.All(tx, scanAttachment, kitOf, string(id))
		if err != nil {
			return err
		}
		known := map[string]bool{}
		for _, one := range have {
			known[one.Hash.String()] = true
		}
		var fresh []SentFile
		for _, f := range files {
			if !known[f.Hash.String()] {
				known[f.Hash.String()] = true
				fresh = append(fresh, f)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		if len(have)+len(fresh) > maxKit {
			return fault.Conflict.Say("A kit has at most %d files. Take some out first.", maxKit)
		}
		if added, err = attach(tx, by, id, OnKit, string(id), fresh); err != nil {
			return err
		}
		hashes := make([]string, len(added))
		for i, a := range added {
			hashes[i] = a.Hash.String()
		}
		_, err = ledger.Record(tx, "kit.added", m.Subject(), by.Actor(), map[string]any{"maker": id, "sha256": hashes, "by_name": by.Name})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("kit of maker %s: %w", id, err)
	}
	return added, nil
}

// TakeFromKit takes a file out of a maker's kit, and gives it so that it can be put back. It returns fault.NotFound.
func (s *Service) TakeFromKit(ctx context.Context, by access.User, id MakerID, which AttachmentID) (gone Attachment, err error) {
	missing := fault.NotFound.Say("There is no such file.")
	if db.Text(string(which)) != nil {
		return gone, missing
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := editMaker(tx, by, id)
		if err != nil {
			return err
		}
		have, err := db.All(tx, scanAttachment, kitOf, string(id))
		if err != nil {
			return err
		}
		found := false
		for _, one := range have {
			if one.ID == which {
				gone, found = one, true
			}
		}
		if !found {
			return missing
		}
		if _, err := tx.Exec(takeOut, string(id), string(which)); err != nil {
			return err
		}
		_, err = ledger.Record(tx, "kit.removed", m.Subject(), by.Actor(), map[string]any{"maker": id, "sha256": gone.Hash.String(), "by_name": by.Name})
		return err
	})
	if err != nil {
		return Attachment{}, fmt.Errorf("kit of maker %s: %w", id, err)
	}
	return gone, nil
}
