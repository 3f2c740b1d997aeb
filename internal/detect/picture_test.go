package detect

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// scenery is a picture with much to see in it, another for each seed, as it comes or mirrored.
func scenery(t testing.TB, seed uint64, quality int, mirrored bool) []byte {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, 320, 320))
	for range 60 {
		x, y, w, h := r.IntN(320), r.IntN(320), 30+r.IntN(120), 30+r.IntN(120)
		tint := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		for dy := range h {
			for dx := range w {
				at := x + dx
				if mirrored {
					at = 319 - at
				}
				m.SetRGBA(at, y+dy, tint)
			}
		}
	}
	for i := range 320 { // an edge that is no border of one tone, so that the picture has one hash
		tone := uint8(255 * (min(i, 319-i) / 16 % 2))
		tint := color.RGBA{tone, tone, 0, 255}
		for k := range 4 {
			m.SetRGBA(i, k, tint)
			m.SetRGBA(i, 319-k, tint)
			m.SetRGBA(k, i, tint)
			m.SetRGBA(319-k, i, tint)
		}
	}
	var b bytes.Buffer
	ok(t, jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}))
	return b.Bytes()
}

// album is pictures by reference, as a store has them.
type album map[string][]byte

func (a album) Picture(_ context.Context, ref string) ([]byte, string, error) {
	if ref == "broken" {
		return nil, "", errors.New("the disk is on fire")
	}
	content, ok := a[ref]
	if !ok {
		return nil, "", fault.NotFound.Say("There is no such picture here.")
	}
	return content, "image/jpeg", nil
}

// gallerist is a house that scans as shipped, with pictures.
func gallerist(t testing.TB, d *db.DB, pictures album) *house {
	t.Helper()
	h := open(d)
	store, err := blob.Open(t.Context(), "mem://")
	ok(t, err)
	t.Cleanup(func() { ok(t, store.Close()) })
	h.brands.Blob = store
	h.compile, h.Service.Pictures = nil, pictures
	return h
}

func shoes(id, seller, title string, images ...string) market.Listing {
	price := 60.0
	return market.Listing{ID: market.ListingID(id), Title: title, Category: "shoes", Price: &price, Images: images, Seller: market.Seller{ID: market.SellerID(seller), Name: "Shop " + seller}}
}

func (h *house) submit(t testing.TB, listings ...market.Listing) {
	t.Helper()
	_, err := h.Submit(t.Context(), analyst, "", listings)
	ok(t, err)
	h.run(t)
}

// evidence is a signal that stands for a listing, by its name.
func (h *house) evidence(t testing.TB, id market.ListingID, name string) (Signal, bool) {
	t.Helper()
	for _, s := range h.opinion(t, id).Signals {
		if s.Name == name {
			return s, true
		}
	}
	return Signal{}, false
}

func TestCataloguePicture(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := gallerist(t, d, album{"a": scenery(t, 1, 60, true), "b": scenery(t, 2, 60, false), "c": scenery(t, 1, 80, false)})
		_, err := h.brands.Create(ctx, analyst, brand.Brand{ID: "halden", Name: "Haldenfjord", Categories: []string{"shoes"}, AuthorisedSellers: []string{"own"},
			Prices: map[string]brand.Price{"shoes": {Currency: "USD", Low: 80, Typical: 150}}})
		ok(t, err)
		h.run(t)
		h.submit(t, shoes("plain", "s1", "Trail shoes", "a"), shoes("other", "s1", "Haldenfjord trail shoes", "b"), shoes("own", "own", "Haldenfjord trail shoes", "c"))
		before := h.opinion(t, "plain")
		if before.Brand != "" || len(before.Signals) != 0 {
			t.Fatalf("nothing is known of the picture yet: %+v", before)
		}
		// The rights holder's picture makes the brand known, of which the words say nothing; what came before is scanned again.
		_, err = h.brands.AddPictures(ctx, analyst, "halden", brand.Upload{Content: scenery(t, 1, 90, false), Caption: "Trail"})
		ok(t, err)
		h.run(t)
		o := h.opinion(t, "plain")
		s, has := h.evidence(t, "plain", "picture-catalogue")
		if !has || o.Brand != "halden" || o.Score <= before.Score {
			t.Fatalf("the catalogue picture says nothing: %+v", o)
		}
		if s.Field != "images[0]" || !strings.HasPrefix(s.Evidence, "a picture is ") || !strings.Contains(s.Evidence, " one of Haldenfjord's own, mirrored: ") || !strings.Contains(s.EvidenceIn("zh"), "经镜像") {
			t.Errorf("evidence %q at %s, in Chinese %q", s.Evidence, s.Field, s.EvidenceIn("zh"))
		}
		seen, is := s.Sighting()
		if !is || !strings.HasPrefix(seen.Ref, "blob:") || seen.Image != 0 || !seen.Mirrored || seen.Turned || seen.Distance > photo.Near || seen.Distance == 0 {
			t.Errorf("sighting %+v", seen)
		}
		if o := h.opinion(t, "plain"); !slices.ContainsFunc(o.Signals, func(s Signal) bool { return strings.HasPrefix(s.Name, "price-") }) {
			t.Error("the price is not held against the brand that the picture shows")
		}
		for _, id := range []market.ListingID{"other", "own"} {
			if s, has := h.evidence(t, id, "picture-catalogue"); has {
				t.Errorf("%s: %s", id, s.Evidence)
			}
		}
		// Without the picture everything is as it was.
		pictures, err := h.brands.Pictures(ctx, analyst, "halden", brand.PictureFilter{})
		ok(t, err)
		ok(t, h.brands.RemovePicture(ctx, analyst, "halden", pictures.Items[0].Ref))
		h.run(t)
		if o := h.opinion(t, "plain"); o.Brand != "" || len(o.Signals) != 0 {
			t.Errorf("after the removal: %+v", o)
		}
		// And again with it, before publication too.
		_, err = h.brands.AddPictures(ctx, analyst, "halden", brand.Upload{Content: scenery(t, 1, 90, false)})
		ok(t, err)
		h.run(t)
		checked, err := h.Scan(ctx, analyst, shoes("draft", "s9", "Trail shoes", "c"))
		ok(t, err)
		if checked.Brand != "halden" {
			t.Errorf("before publication: %+v", checked)
		}
		ok(t, d.View(ctx, func(tx *db.Tx) error {
			n, err := db.One(tx, db.Value[int64], `select count(*) from picture_use where listing = 'draft'`)
			if err == nil && n != 0 {
				t.Error("a check before publication is kept")
			}
			return err
		}))
	})
}

func TestPictureOfFake(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := gallerist(t, d, album{"a": scenery(t, 1, 90, false), "b": scenery(t, 1, 60, true), "c": scenery(t, 3, 90, false)})
		_, err := h.brands.Create(ctx, analyst, brand.Brand{ID: "halden", Name: "Haldenfjord", Categories: []string{"shoes"}, AuthorisedSellers: []string{"own"}})
		ok(t, err)
		h.run(t)
		h.submit(t, shoes("l1", "s1", "Haldenfjord trail", "a", "c"), shoes("l2", "s2", "Trail shoes", "b"))
		if _, has := h.evidence(t, "l2", "picture-fake"); has {
			t.Fatal("nobody found anything yet")
		}
		at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		ok(t, h.HandleDecision(ctx, decided("d1", "l1", "remove", at)))
		h.run(t)
		// The copy that was there already is looked at again, mirrored as it is.
		s, has := h.evidence(t, "l2", "picture-fake")
		if !has || !strings.Contains(s.Evidence, "l1, which was found to be a fake, mirrored") {
			t.Fatalf("l2: %+v", h.opinion(t, "l2"))
		}
		if o := h.opinion(t, "l2"); o.Brand != "halden" {
			t.Errorf("the fake's brand is %q", o.Brand)
		}
		if seen, is := s.Sighting(); !is || seen.Listing != "l1" || seen.Ref != "a" || !seen.Mirrored {
			t.Errorf("sighting %+v", seen)
		}
		if _, has := h.evidence(t, "l1", "picture-fake"); has {
			t.Error("a listing is evidence against itself")
		}
		// One that comes later, by the same seller too.
		h.submit(t, shoes("l3", "s1", "Boots", "b"))
		if _, has := h.evidence(t, "l3", "picture-fake"); !has {
			t.Error("the picture is not known again")
		}
		// A seller whom the brand has authorised shows it: then it was stolen, and says nothing.
		h.submit(t, shoes("l4", "own", "Haldenfjord trail", "a"), shoes("l5", "s5", "Haldenfjord trail", "a"))
		for _, id := range []market.ListingID{"l4", "l5"} {
			if s, has := h.evidence(t, id, "picture-fake"); has {
				t.Errorf("%s: %s", id, s.Evidence)
			}
		}
		// What was taken back says nothing any more, and those it was said of are looked at again.
		ok(t, h.HandleDecision(ctx, decided("d1", "l1", "", at.Add(time.Hour))))
		h.run(t)
		for _, id := range []market.ListingID{"l2", "l3"} {
			if s, has := h.evidence(t, id, "picture-fake"); has {
				t.Errorf("%s after the undo: %s", id, s.Evidence)
			}
		}
	})
}

func TestSharedPicture(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		pictures := album{}
		for i := range 8 {
			pictures[fmt.Sprintf("a%d", i)] = scenery(t, 1, 50+5*i, false) // each saved anew
			pictures[fmt.Sprintf("o%d", i)] = scenery(t, 2, 50+5*i, false)
		}
		h := gallerist(t, d, pictures)
		_, err := h.brands.Create(ctx, analyst, brand.Brand{ID: "halden", Name: "Haldenfjord", Categories: []string{"shoes"}, AuthorisedSellers: []string{"own"}})
		ok(t, err)
		_, err = h.brands.AddPictures(ctx, analyst, "halden", brand.Upload{Content: scenery(t, 2, 90, false)})
		ok(t, err)
		h.run(t)
		h.submit(t, shoes("l1", "s1", "Haldenfjord trail", "a1"), shoes("m1", "s1", "Haldenfjord trail", "a0"))
		h.submit(t, shoes("l2", "s2", "Haldenfjord trail", "a2"))
		if _, has := h.evidence(t, "l2", "picture-shared"); has {
			t.Error("two sellers are too few")
		}
		h.submit(t, shoes("l3", "s3", "Haldenfjord trail", "a3"))
		for _, id := range []market.ListingID{"l1", "l2", "l3"} {
			s, has := h.evidence(t, id, "picture-shared")
			if !has || s.Evidence != "3 sellers show the same picture" {
				t.Errorf("%s: %+v", id, s)
			}
			if seen, is := s.Sighting(); !is || seen.Listing == id || seen.Ref == "" {
				t.Errorf("%s: sighting %+v", id, seen)
			}
		}
		for i := 4; i < 7; i++ {
			h.submit(t, shoes(fmt.Sprintf("l%d", i), fmt.Sprintf("s%d", i), "Haldenfjord trail", fmt.Sprintf("a%d", i)))
		}
		three, _ := h.evidence(t, "l3", "picture-shared")
		six, _ := h.evidence(t, "l6", "picture-shared")
		if three.Evidence != "6 sellers show the same picture" || six.Weight != three.Weight || six.Weight < 1.3 {
			t.Errorf("of six: %+v and %+v", three, six)
		}
		// The rights holder's own picture is shared innocently as far as this goes.
		for i := range 4 {
			h.submit(t, shoes(fmt.Sprintf("o%d", i), fmt.Sprintf("s%d", i), "Haldenfjord trail", fmt.Sprintf("o%d", i)))
		}
		if s, has := h.evidence(t, "o3", "picture-shared"); has {
			t.Error(s.Evidence)
		}
		// So is one that an authorised seller shows.
		h.submit(t, shoes("l9", "own", "Haldenfjord trail", "a7"))
		h.submit(t, shoes("l3", "s3", "Haldenfjord trail, new", "a3"))
		if s, has := h.evidence(t, "l3", "picture-shared"); has {
			t.Error(s.Evidence)
		}
	})
}

// TestHostilePictures has pictures that cannot be read hold up nothing, and be looked at once.
func TestHostilePictures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		head := []byte("IHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00") // 65,536 pixels a side
		huge := binary.BigEndian.AppendUint32(append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\r"), head...), crc32.ChecksumIEEE(head))
		var flat bytes.Buffer
		ok(t, jpeg.Encode(&flat, image.NewGray(image.Rect(0, 0, 64, 64)), nil))
		pictures := album{
			"empty": {}, "half": scenery(t, 1, 80, false)[:700], "text": []byte("<svg onload=alert(1)>"), "huge": huge, "flat": flat.Bytes(), "good": scenery(t, 1, 80, false),
			"long": make([]byte, pictureBounds.Bytes+1), strings.Repeat("r", longestRef+1): scenery(t, 1, 80, false),
		}
		h := gallerist(t, d, pictures)
		h.addBrand(t)
		h.run(t)
		h.submit(t, shoes("l1", "s1", "Swift", "empty", "half", "text", "huge", "flat", "broken", "gone", "good"),
			shoes("l2", "", "Swift", "https://example.com/a.jpg", "\x00", "\xff", "", "good", "good", strings.Repeat("r", longestRef+1), "long", "past the eighth"),
			shoes("l3", "s3", "Swift"))
		for _, id := range []market.ListingID{"l1", "l3"} {
			if h.opinion(t, id).Version != 1 {
				t.Errorf("%s was not scanned", id)
			}
		}
		troubles := map[string]trouble{}
		ok(t, d.View(ctx, func(tx *db.Tx) error {
			all, err := db.All(tx, scanKnownPicture, `select ref, hashes, quality, trouble, learnt_at from picture order by ref`)
			for _, p := range all {
				troubles[p.ref] = p.trouble
				if (p.trouble == noTrouble) != (len(p.hashes) > 0) {
					t.Errorf("%s: %q with %d hashes", p.ref, p.trouble, len(p.hashes))
				}
			}
			return err
		}))
		for ref, want := range map[string]trouble{"empty": damaged, "half": damaged, "text": damaged, "huge": tooLarge, "flat": tooLittle, "good": noTrouble} {
			if got, known := troubles[ref]; !known || got != want {
				t.Errorf("%s: %q, known: %v; want %q", ref, got, known, want)
			}
		}
		for _, ref := range []string{"broken", "gone", "https://example.com/a.jpg", "past the eighth"} {
			if got, known := troubles[ref]; known {
				t.Errorf("%s: %q is kept", ref, got)
			}
		}
	})
}

// TestGalleriesAgree has a second process, and one that was started anew, find what the first has learnt.
func TestGalleriesAgree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		pictures := album{}
		for i := range 12 {
			pictures[fmt.Sprintf("p%02d", i)] = scenery(t, uint64(i), 90, false)
		}
		one, two := gallerist(t, d, pictures), gallerist(t, d, pictures)
		ok(t, two.RefreshPictures(ctx))
		one.addBrand(t)
		_, err := one.brands.AddPictures(ctx, analyst, "swift", brand.Upload{Content: scenery(t, 100, 90, false)}, brand.Upload{Content: scenery(t, 101, 90, false)})
		ok(t, err)
		one.run(t)
		for i := range 12 {
			one.submit(t, shoes(fmt.Sprintf("l%02d", i), "s1", "Swift", fmt.Sprintf("p%02d", i)))
		}
		ok(t, one.HandleDecision(ctx, decided("d1", "l03", "remove", time.Now())))
		ok(t, two.RefreshPictures(ctx))
		ok(t, two.RefreshPictures(ctx)) // nothing comes twice
		ok(t, one.RefreshPictures(ctx))
		three := gallerist(t, d, pictures)
		ok(t, three.RefreshPictures(ctx))
		for name, h := range map[string]*house{"one": one, "two": two, "three": three} {
			g := h.pictures()
			if g.references.Len() < 16 || g.fakes.Len() != 8 || g.all.Len() != 12 {
				t.Errorf("%s holds %d, %d and %d", name, g.references.Len(), g.fakes.Len(), g.all.Len())
			}
			for i := range 12 {
				hash, _ := photo.Of(decoded(t, pictures[fmt.Sprintf("p%02d", i)]))
				if found := g.near([]photo.Hash{hash}, false, photo.Near, 5); len(found) != 1 || found[0].hash != hash || found[0].Distance != 0 {
					t.Errorf("%s finds %v of picture %d", name, found, i)
				}
			}
		}
		// Less room: the newest are kept, and the oldest makes room for the next.
		small := gallerist(t, d, pictures)
		small.MaxPictures = 5
		ok(t, small.RefreshPictures(ctx))
		has := func(i int) bool {
			hash, _ := photo.Of(decoded(t, pictures[fmt.Sprintf("p%02d", i)]))
			return len(small.pictures().near([]photo.Hash{hash}, false, photo.Near, 5)) == 1
		}
		if small.pictures().all.Len() != 5 || has(6) || !has(7) || !has(11) {
			t.Errorf("with room for five: %d, 6: %v, 7: %v, 11: %v", small.pictures().all.Len(), has(6), has(7), has(11))
		}
		pictures["p12"] = scenery(t, 12, 90, false)
		small.submit(t, shoes("l12", "s1", "Swift", "p12"))
		if small.pictures().all.Len() != 5 || has(7) || !has(8) || !has(12) {
			t.Errorf("after one more: %d, 7: %v, 8: %v, 12: %v", small.pictures().all.Len(), has(7), has(8), has(12))
		}
	})
}

func decoded(t testing.TB, content []byte) image.Image {
	t.Helper()
	m, err := photo.Decode(t.Context(), bytes.NewReader(content), pictureBounds)
	ok(t, err)
	return m
}

// TestPictureWeights has a model that knows nothing of pictures weigh them by their prior, and one that does by what it says.
func TestPictureWeights(t *testing.T) {
	shipped := ShippedModel()
	for _, f := range unfitted {
		if _, fitted := shipped.Weights[priors[f].Name]; fitted || shipped.Weight(priors[f].Name) != priors[f].Prior {
			t.Errorf("%s weighs %g", priors[f].Name, shipped.Weight(priors[f].Name))
		}
	}
	own := *shipped
	own.Weights = map[string]float64{"picture-fake": 1.5}
	ok(t, own.prepare())
	if own.Weight("picture-fake") != 1.5 || own.Weight("picture-catalogue") != priors[pictureCatalogue].Prior || own.Weight("price-low") != 0 || own.Weight("horoscope") != 0 {
		t.Errorf("fake %g, catalogue %g, price %g", own.Weight("picture-fake"), own.Weight("picture-catalogue"), own.Weight("price-low"))
	}
	s := newScanner(t, fixture())
	l := market.Listing{ID: "L", Title: "Haldenfjord trail", Category: "shoes", Seller: market.Seller{ID: "S1"}}
	seen := &Seen{Fakes: []FakeSeen{{Listing: "L2", Ref: "r"}}}
	if got := signal(t, s.ScanSeen(&l, seen), "picture-fake"); got.Weight != 4 {
		t.Errorf("weighs %g", got.Weight)
	}
	if got, plain := s.ScanSeen(&l, nil), s.Scan(&l); fmt.Sprint(got) != fmt.Sprint(plain) {
		t.Errorf("%v and %v", got, plain)
	}
}

// TestPicturesNearer has a nearer picture never say less.
func TestPicturesNearer(t *testing.T) {
	s := newScanner(t, fixture())
	l := market.Listing{ID: "L", Title: "Haldenfjord trail", Category: "shoes", Seller: market.Seller{ID: "S1"}}
	last := 2.0
	for distance := range photo.Near + 1 {
		seen := &Seen{References: []ReferenceSeen{{Likeness: Likeness{Distance: distance}, Brand: "halden", Ref: "r"}}}
		r := s.ScanSeen(&l, seen)
		if r.Score > last {
			t.Errorf("at %d it is %g, nearer %g", distance, r.Score, last)
		}
		last = r.Score
	}
	for name, c := range map[string]struct {
		seller market.SellerID
		brand  brand.ID
		used   bool
		says   bool
	}{
		"authorised": {"S-own", "halden", false, false}, "unknown seller": {"", "halden", false, false}, "no brand of ours": {"S1", "none", false, false},
		"another brand's": {"S1", "montreve", false, true}, "another's, by an authorised seller": {"S-own", "montreve", false, false}, "used": {"S1", "halden", true, true},
	} {
		l := l
		if l.Seller.ID = c.seller; c.used {
			l.Condition = "used"
		}
		r := s.ScanSeen(&l, &Seen{References: []ReferenceSeen{{Brand: c.brand, Ref: "r"}}})
		if has(r, "picture-catalogue") != c.says {
			t.Errorf("%s: %v", name, names(r))
		}
	}
}

// TestAmbiguousPictures has a picture that is as near to one brand's as to another's name neither.
func TestAmbiguousPictures(t *testing.T) {
	s := newScanner(t, fixture())
	l := market.Listing{ID: "L", Title: "Trail shoes", Category: "shoes", Seller: market.Seller{ID: "S1"}}
	at := func(halden, montreve int) *Seen {
		return &Seen{References: []ReferenceSeen{{Likeness: Likeness{Distance: halden}, Brand: "halden", Ref: "a"}, {Likeness: Likeness{Distance: montreve}, Brand: "montreve", Ref: "b"}}}
	}
	for _, c := range []struct {
		seen *Seen
		want brand.ID
	}{{at(4, 30), "halden"}, {at(30, 4), "montreve"}, {at(4, 6), ""}, {at(24, 31), ""}, {at(18, 26), "halden"}} {
		if r := s.ScanSeen(&l, c.seen); r.Brand != c.want {
			t.Errorf("%v: %q, want %q", c.seen.References, r.Brand, c.want)
		}
	}
}

// BenchmarkScanPictures sees listings with three pictures of 320 by 320 pixels each: never seen before, and known.
func BenchmarkScanPictures(b *testing.B) {
	d := dbtest.SQLite(b, clock.System)
	pictures := album{}
	var all []market.Listing
	for i := range 2000 {
		l := shoes(fmt.Sprintf("l%04d", i), fmt.Sprintf("s%03d", i%300), "Haldenfjord trail")
		for k := range 3 {
			ref := fmt.Sprintf("p%d-%d", i, k)
			if i < 200 {
				pictures[ref] = scenery(b, uint64(3*i+k), 85, false)
			}
			l.Images = append(l.Images, ref)
		}
		all = append(all, l)
	}
	h := gallerist(b, d, pictures)
	_, err := h.brands.Create(b.Context(), analyst, fixture()[0])
	ok(b, err)
	run, err := h.runningOf(b.Context(), edition{})
	ok(b, err)
	b.Run("new", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			fresh := make([]market.Listing, 50)
			for i := range fresh {
				fresh[i] = all[i]
				fresh[i].Images = nil
				for k, ref := range all[i].Images {
					again := fmt.Sprintf("%d-%d-%d", n, i, k)
					pictures[again] = pictures[ref]
					fresh[i].Images = append(fresh[i].Images, again)
				}
			}
			_, err := h.see(b.Context(), run, fresh, true)
			ok(b, err)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/50, "µs/listing")
	})
	b.Run("learnt", func(b *testing.B) {
		_, err := h.see(b.Context(), run, all[:200], true)
		ok(b, err)
		for b.Loop() {
			_, err := h.see(b.Context(), run, all[:200], true)
			ok(b, err)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/200, "µs/listing")
	})
}

// BenchmarkGallery starts a process on OWNMARK_PICTURES pictures of listings (100,000 unless told): how long it reads, and what it keeps.
func BenchmarkGallery(b *testing.B) {
	n := 100_000
	if text := os.Getenv("OWNMARK_PICTURES"); text != "" {
		_, err := fmt.Sscan(text, &n)
		ok(b, err)
	}
	now := clock.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(b, now.Now)
	r := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < n; from += 5_000 {
		now.Advance(time.Hour)
		page := make([]knownPicture, 5_000)
		for i := range page {
			page[i] = knownPicture{ref: fmt.Sprintf("p%d", from+i), hashes: make([]photo.Hash, 2)}
			for k := range page[i].hashes {
				for at := range page[i].hashes[k] {
					page[i].hashes[k][at] = byte(r.Uint32())
				}
			}
		}
		ok(b, d.Bulk(b.Context(), func(tx *db.Tx) error { return keepPictures(tx, page) }))
	}
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		before := held()
		h := open(d)
		ok(b, h.RefreshPictures(b.Context()))
		b.ReportMetric(float64(held()-before)/float64(n), "B/picture")
		ask := []photo.Hash{h.gallery.shelf[7].hashes[0], h.gallery.shelf[7].hashes[1]}
		began := time.Now()
		for range 100 {
			h.gallery.near(ask, false, sharedWithin, mostNear)
		}
		b.ReportMetric(float64(time.Since(began).Microseconds())/100, "µs/look")
		runtime.KeepAlive(h)
	}
}
