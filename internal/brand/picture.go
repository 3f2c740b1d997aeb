package brand

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Picture is a rights holder's own picture of genuine goods, a reference that listings' pictures are held against.
type Picture struct {
	Brand    ID
	Ref      string       // "blob:" and the hash of its content
	Views    []photo.Hash // turned and mirrored, eight at a time as photo.All has them: first the whole, then what is inside its border
	Parts    []photo.Hash // of what is left when it is cropped
	Quality  int          // of its own hash, 0 to 100
	Caption  string
	AddedBy  string // the name of who added it
	AddedAt  time.Time
	Removed  bool
	Revision int64 // of the catalogue, at its last change
}

// The bounds of reference pictures.
const (
	MaxPictures       = 2_000 // a brand
	MaxPicturesAtOnce = 20
	maxCaption        = 200 // characters
)

// Upload is a picture on its way in.
type Upload struct {
	Content []byte // JPEG, PNG, GIF or WebP
	Caption string
}

// look is the picture of an upload, without its brand.
func (u Upload) look(ctx context.Context) (Picture, error) {
	u.Caption = clean(u.Caption)
	if err := checkText(u.Caption, 0, maxCaption); err != nil {
		if f, ok := fault.As(err); ok {
			return Picture{}, f.At("caption")
		}
		return Picture{}, err
	}
	if _, err := blob.CheckPicture(bytes.NewReader(u.Content)); err != nil {
		if f, ok := fault.As(err); ok {
			return Picture{}, f.At("pictures")
		}
		return Picture{}, err
	}
	m, err := photo.Decode(ctx, bytes.NewReader(u.Content), photo.Bounds{Bytes: blob.MaxPictureBytes, Pixels: blob.MaxPicturePixels})
	if err != nil {
		return Picture{}, fault.Invalid.Say("The picture is damaged.").At("pictures").Because(err)
	}
	views := photo.Look(m)
	if len(views.Keep) == 0 {
		return Picture{}, fault.Invalid.Say("The picture shows too little to be recognised again. Choose one with more in it.").At("pictures")
	}
	return Picture{Views: views.Ask, Parts: photo.Parts(m), Quality: views.Quality, Caption: u.Caption}, nil
}

// AddPictures takes reference pictures of a brand, at most MaxPicturesAtOnce at once and MaxPictures in all. One that the brand has gets the new
// caption. It returns fault.Invalid for what is no picture or shows too little to be recognised, fault.TooLarge for one over blob's
// bounds, and then takes none.
func (s *Service) AddPictures(ctx context.Context, by access.User, id ID, uploads ...Upload) (added []Picture, err error) {
	if len(uploads) > MaxPicturesAtOnce {
		return nil, fault.TooLarge.Say("Send at most %d pictures at once.", MaxPicturesAtOnce).At("pictures")
	}
	if s.Blob == nil {
		return nil, fault.Unavailable.Say("Pictures cannot be kept here.")
	}
	// Who may not edit the brand has no picture decoded.
	if err := s.DB.View(ctx, func(tx *db.Tx) error { _, err := edit(tx, by, id); return err }); err != nil {
		return nil, err
	}
	for _, u := range uploads {
		p, err := u.look(ctx)
		if err != nil {
			return nil, err
		}
		hash, _, err := s.Blob.Put(ctx, bytes.NewReader(u.Content), blob.MaxPictureBytes)
		if err != nil {
			return nil, err
		}
		p.Brand, p.Ref, p.AddedBy = id, "blob:"+hash.String(), by.Name
		if !slices.ContainsFunc(added, func(have Picture) bool { return have.Ref == p.Ref }) {
			added = append(added, p)
		}
	}
	err = s.picture(ctx, by, id, func(tx *db.Tx, b Brand) ([]Picture, []FieldChange, error) {
		have, err := db.All(tx, scanPicture, picturesIn+db.In(2, len(added)), append([]any{string(id)}, refs(added)...)...)
		if err != nil {
			return nil, nil, err
		}
		count, err := db.One(tx, db.Value[int64], countPictures, string(id))
		if err != nil {
			return nil, nil, err
		}
		var changed []Picture
		var was, is []string
		for i := range added {
			p := &added[i]
			p.AddedAt = tx.Now()
			at := slices.IndexFunc(have, func(old Picture) bool { return old.Ref == p.Ref && !old.Removed })
			if at < 0 {
				count++
			} else {
				old := have[at]
				p.AddedAt, p.AddedBy = old.AddedAt, old.AddedBy
				if old.Caption == p.Caption {
					continue
				}
				was = append(was, old.name())
			}
			changed, is = append(changed, *p), append(is, p.name())
		}
		if count > MaxPictures {
			return nil, nil, fault.Invalid.Say("A brand has at most %d reference pictures.", MaxPictures).At("pictures")
		}
		return changed, []FieldChange{{"pictures", listText(was), listText(is)}}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("add pictures to brand %s: %w", id, err)
	}
	return added, nil
}

// RemovePicture takes a reference picture away. Its content stays in the store: past evidence speaks of it. A picture that the brand does not have
// is no error.
func (s *Service) RemovePicture(ctx context.Context, by access.User, id ID, ref string) error {
	err := s.picture(ctx, by, id, func(tx *db.Tx, _ Brand) ([]Picture, []FieldChange, error) {
		if db.Text(ref) != nil {
			return nil, nil, nil
		}
		have, err := db.All(tx, scanPicture, picturesIn+db.In(2, 1), string(id), ref)
		if err != nil || len(have) == 0 || have[0].Removed {
			return nil, nil, err
		}
		have[0].Removed = true
		return have, []FieldChange{{"pictures", have[0].name(), ""}}, nil
	})
	if err != nil {
		return fmt.Errorf("remove a picture of brand %s: %w", id, err)
	}
	return nil
}

// picture changes a brand's pictures, if change says that any did.
func (s *Service) picture(ctx context.Context, by access.User, id ID, change func(tx *db.Tx, b Brand) ([]Picture, []FieldChange, error)) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		b, err := edit(tx, by, id)
		if err != nil {
			return err
		}
		// One change of a brand waits here for another, so that revisions are in the order of their commits and who reads on from one misses nothing.
		if _, err := tx.Exec(holdRevision); err != nil {
			return err
		}
		pictures, fields, err := change(tx, b)
		if err != nil || len(pictures) == 0 {
			return err
		}
		revision, err := db.One(tx, db.Value[int64], nextRevision)
		if err != nil {
			return err
		}
		for i := range pictures {
			pictures[i].Revision = revision
		}
		if err := keepPictures(tx, pictures); err != nil {
			return err
		}
		b.Version, b.UpdatedAt, b.UpdatedBy = b.Version+1, tx.Now(), by.Name
		if err := keep(tx, []Brand{b}); err != nil {
			return err
		}
		if err := record(tx, by, b, Edited, fields); err != nil {
			return err
		}
		return tx.Emit(Changed{b.ID, b.Version, revision})
	})
}

// name is the picture in a history.
func (p Picture) name() string {
	short := p.Ref[:min(len(p.Ref), len("blob:")+8)]
	if p.Caption == "" {
		return short
	}
	return p.Caption + " (" + short + ")"
}

// PictureFilter says which reference pictures of a brand a list shows.
type PictureFilter struct {
	After string // the cursor of the page before
	Limit int    // rows a page, at most 200; 0 means 50
}

// Pictures lists a brand's reference pictures, the newest first.
func (s *Service) Pictures(ctx context.Context, by access.User, id ID, f PictureFilter) (page db.Page[Picture], err error) {
	w := &db.Where{}
	w.And(`brand = ? and not removed`, string(id))
	if f.After != "" {
		var at int64
		var ref string
		if err := db.ParseCursor(f.After, "pictures", &at, &ref); err != nil {
			return page, err
		}
		w.And(`(added_at, ref) < (?, ?)`, at, ref)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by added_at desc, ref desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := find(tx, by, id); err != nil {
			return err
		}
		rows, err := db.All(tx, scanPicture, listPictures+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Picture) string { return db.Cursor("pictures", db.Micros(last.AddedAt), last.Ref) })
		return err
	})
	return page, err
}

// CountPictures is how many reference pictures a brand has.
func (s *Service) CountPictures(ctx context.Context, by access.User, id ID) (n int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if _, err = find(tx, by, id); err != nil {
			return err
		}
		n, err = db.One(tx, db.Value[int64], countPictures, string(id))
		return err
	})
	return n, err
}

var noPicture = fault.NotFound.Say("The brand has no such picture.")

// PictureContent is the bytes of a reference picture of a brand that the person may see, and its media type. It returns fault.NotFound.
func (s *Service) PictureContent(ctx context.Context, by access.User, id ID, ref string) (content []byte, mediaType string, err error) {
	if s.Blob == nil || db.Text(ref) != nil {
		return nil, "", noPicture
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := find(tx, by, id); err != nil {
			return err
		}
		have, err := db.All(tx, scanPicture, picturesIn+db.In(2, 1), string(id), ref)
		if err == nil && len(have) == 0 {
			return noPicture
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	hash, err := blob.Parse(strings.TrimPrefix(ref, "blob:"))
	if err != nil {
		return nil, "", noPicture.Because(err)
	}
	r, _, err := s.Blob.Get(ctx, hash)
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	if content, err = io.ReadAll(io.LimitReader(r, blob.MaxPictureBytes+1)); err != nil {
		return nil, "", err
	}
	about, err := blob.CheckPicture(bytes.NewReader(content))
	if err != nil {
		return nil, "", noPicture.Because(err)
	}
	return content, "image/" + about.Format, nil
}

// PicturesSince is the reference pictures of all brands that changed after a revision of the catalogue, those removed included, in the order of
// their changes: first those behind a picture of the same revision, then later ones; at most limit. It is for whoever keeps a copy.
func PicturesSince(tx *db.Tx, after Picture, limit int) ([]Picture, error) {
	return db.All(tx, scanPicture, picturesSince, after.Revision, string(after.Brand), after.Ref, limit)
}
