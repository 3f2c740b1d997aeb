package brand

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// scenery is a picture with much to see in it, another for each seed.
func scenery(t *testing.T, seed uint64) []byte {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewGray(image.Rect(0, 0, 128, 128))
	for range 60 {
		x, y, w, h, tone := r.IntN(128), r.IntN(128), 8+r.IntN(50), 8+r.IntN(50), uint8(r.IntN(256))
		for dy := range h {
			for dx := range w {
				m.SetGray(x+dx, y+dy, color.Gray{tone})
			}
		}
	}
	return encoded(t, m)
}

func encoded(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, png.Encode(&b, m))
	return b.Bytes()
}

func withStore(t *testing.T, d *db.DB) *Service {
	t.Helper()
	store, err := blob.Open(t.Context(), "mem://")
	ok(t, err)
	t.Cleanup(func() { ok(t, store.Close()) })
	return &Service{DB: d, Blob: store}
}

func since(t *testing.T, d *db.DB, after Picture, limit int) (all []Picture) {
	t.Helper()
	ok(t, d.View(t.Context(), func(tx *db.Tx) (err error) {
		all, err = PicturesSince(tx, after, limit)
		return err
	}))
	return all
}

func TestPictures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := withStore(t, d), t.Context()
		b := swift()
		b.Organisation = "swift"
		create(t, s, access.System, b)

		added, err := s.AddPictures(ctx, owner, "swift", Upload{scenery(t, 1), " Air, white "}, Upload{scenery(t, 2), ""}, Upload{scenery(t, 1), "again"})
		ok(t, err)
		if len(added) != 2 || added[0].Caption != "Air, white" || added[0].Quality <= photo.Poor || len(added[0].Views) < 8 || len(added[0].Parts) < 5 || added[0].AddedBy != "Olga" {
			t.Fatalf("added %+v", added)
		}
		if n, err := s.CountPictures(ctx, owner, "swift"); err != nil || n != 2 {
			t.Fatalf("%d pictures, %v", n, err)
		}
		now, err := s.Get(ctx, owner, "swift")
		ok(t, err)
		if now.Version != 2 {
			t.Errorf("version %d after one change", now.Version)
		}

		// The same again says nothing new; another caption does.
		_, err = s.AddPictures(ctx, owner, "swift", Upload{scenery(t, 1), "Air, white"})
		ok(t, err)
		_, err = s.AddPictures(ctx, owner, "swift", Upload{scenery(t, 1), "Air, black"})
		ok(t, err)
		if now, _ = s.Get(ctx, owner, "swift"); now.Version != 3 {
			t.Errorf("version %d after two changes and one that changed nothing", now.Version)
		}

		first, err := s.Pictures(ctx, owner, "swift", PictureFilter{Limit: 1})
		ok(t, err)
		rest, err := s.Pictures(ctx, owner, "swift", PictureFilter{Limit: 1, After: first.Next})
		ok(t, err)
		if len(first.Items) != 1 || len(rest.Items) != 1 || first.Items[0].Ref == rest.Items[0].Ref || rest.Next != "" {
			t.Errorf("pages %v and %v", first, rest)
		}

		content, media, err := s.PictureContent(ctx, owner, "swift", added[0].Ref)
		ok(t, err)
		if media != "image/png" || !bytes.Equal(content, scenery(t, 1)) {
			t.Errorf("%d bytes of %s", len(content), media)
		}

		// Who keeps a copy hears of each change once, in order, removals included.
		all := since(t, d, Picture{}, 10)
		if len(all) != 2 || all[0].Revision >= all[1].Revision || all[1].Caption != "Air, black" {
			t.Fatalf("changes %+v", all)
		}
		ok(t, s.RemovePicture(ctx, owner, "swift", added[0].Ref))
		ok(t, s.RemovePicture(ctx, owner, "swift", added[0].Ref))
		ok(t, s.RemovePicture(ctx, owner, "swift", "blob:none"))
		ok(t, s.RemovePicture(ctx, owner, "swift", "\x00"))
		if later := since(t, d, all[1], 10); len(later) != 1 || !later[0].Removed || later[0].Ref != added[0].Ref {
			t.Errorf("after the removal %+v", later)
		}
		if n, _ := s.CountPictures(ctx, owner, "swift"); n != 1 {
			t.Errorf("%d pictures after the removal", n)
		}
		past, err := s.History(ctx, owner, "swift", "", 10)
		ok(t, err)
		if len(past.Items) != 4 || past.Items[0].Fields[0].Field != "pictures" || !strings.HasPrefix(past.Items[0].Fields[0].Old, "Air, black (blob:") || past.Items[0].Entry == "" {
			t.Errorf("history %+v", past.Items)
		}
		// Taken in again, it is there again.
		_, err = s.AddPictures(ctx, owner, "swift", Upload{scenery(t, 1), "Air"})
		ok(t, err)
		if n, _ := s.CountPictures(ctx, owner, "swift"); n != 2 {
			t.Errorf("%d pictures after it came again", n)
		}
		if names := events(t, d); len(names) != 5 {
			t.Errorf("events %v", names)
		}
	})
}

func TestPicturesRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := withStore(t, d), t.Context()
		b := swift()
		b.Organisation = "swift"
		create(t, s, access.System, b)
		good := Upload{Content: scenery(t, 1)}
		for name, c := range map[string]struct {
			by      access.User
			id      ID
			uploads []Upload
			kind    fault.Kind
		}{
			"nobody":         {nobody, "swift", []Upload{good}, fault.Unauthenticated},
			"a reviewer":     {reviewer, "swift", []Upload{good}, fault.Forbidden},
			"a stranger":     {stranger, "swift", []Upload{good}, fault.NotFound},
			"no brand":       {analyst, "none", []Upload{good}, fault.NotFound},
			"no picture":     {owner, "swift", []Upload{{Content: []byte("<svg/>")}}, fault.Invalid},
			"a part of one":  {owner, "swift", []Upload{{Content: good.Content[:len(good.Content)/2]}}, fault.Invalid},
			"nothing to see": {owner, "swift", []Upload{good, {Content: encoded(t, image.NewGray(image.Rect(0, 0, 64, 64)))}}, fault.Invalid},
			"a caption":      {owner, "swift", []Upload{{good.Content, strings.Repeat("x", 201)}}, fault.Invalid},
			"too many":       {owner, "swift", make([]Upload, MaxPicturesAtOnce+1), fault.TooLarge},
			"too large":      {owner, "swift", []Upload{{Content: make([]byte, blob.MaxPictureBytes+1)}}, fault.TooLarge},
		} {
			_, err := s.AddPictures(ctx, c.by, c.id, c.uploads...)
			if fault.Of(err) != c.kind {
				t.Errorf("%s: got %v, want %v", name, err, c.kind)
			}
		}
		if n, err := s.CountPictures(ctx, owner, "swift"); err != nil || n != 0 {
			t.Errorf("%d pictures, %v", n, err)
		}
		added, err := s.AddPictures(ctx, owner, "swift", good)
		ok(t, err)
		if _, _, err := s.PictureContent(ctx, stranger, "swift", added[0].Ref); fault.Of(err) != fault.NotFound {
			t.Errorf("a stranger sees it: %v", err)
		}
		if err := s.RemovePicture(ctx, stranger, "swift", added[0].Ref); fault.Of(err) != fault.NotFound {
			t.Errorf("a stranger removes it: %v", err)
		}
		if _, _, err := s.PictureContent(ctx, owner, "swift", "blob:"+strings.Repeat("0", 64)); fault.Of(err) != fault.NotFound {
			t.Errorf("another picture of the store: %v", err)
		}
		// The last of the places is taken, and no more.
		ok(t, d.Tx(ctx, func(tx *db.Tx) error {
			for i := range MaxPictures - 2 {
				if err := keepPictures(tx, []Picture{{Brand: "swift", Ref: "blob:" + db.NewID(), AddedAt: tx.Now(), Revision: int64(i)}}); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err = s.AddPictures(ctx, owner, "swift", Upload{Content: scenery(t, 2)})
		ok(t, err)
		_, err = s.AddPictures(ctx, owner, "swift", Upload{Content: scenery(t, 3)})
		want(t, err, fault.Invalid)
		_, err = (&Service{DB: d}).AddPictures(ctx, owner, "swift", good)
		want(t, err, fault.Unavailable)
	})
}
