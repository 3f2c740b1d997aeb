package world

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"math/bits"
	"testing"

	"github.com/ownmark/ownmark/internal/fault"
)

func drawn(t testing.TB, p photo) image.Image {
	t.Helper()
	var w World // a picture is all in its reference
	data, err := w.Picture(p.ref())
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestEveryKindHasAPicture(t *testing.T) {
	for i := range kinds {
		for n, scene := range []byte("osh") {
			p := photo{kind: &kinds[i], look: uint32(hashOf(kinds[i].name)) + uint32(n), colour: (i + n) % len(colours), scene: scene, master: uint16(i * 977), edit: uint16(n * i * 1313)}
			img := drawn(t, p)
			if size := img.Bounds().Size(); size.X < 450 || size.Y < 500 || size.X > 720 || size.Y > 720 {
				t.Errorf("%s is %v", p.ref(), size)
			}
			// The goods stand out: the middle is not the colour of the corner, or the picture is one flat thing.
			if spread := contrastOf(img); spread < 12 {
				t.Errorf("%s shows nothing (%d)", p.ref(), spread)
			}
		}
	}
}

// contrastOf is the span of grey in the middle of a picture, of 255.
func contrastOf(img image.Image) int {
	b := img.Bounds()
	low, high := 255, 0
	for y := b.Dy() / 4; y < b.Dy()*3/4; y += 4 {
		for x := b.Dx() / 4; x < b.Dx()*3/4; x += 4 {
			g := grey(img, x, y)
			low, high = min(low, g), max(high, g)
		}
	}
	return high - low
}

func grey(img image.Image, x, y int) int {
	r, g, b, _ := img.At(x, y).RGBA()
	return int((r*299 + g*587 + b*114) / 1000 >> 8)
}

func TestPictureIsRepeatable(t *testing.T) {
	p := photo{kind: kindNamed("running"), look: 0x51234567, colour: 3, scene: 's', master: 77, edit: 0x2c14}
	var w World
	a, err1 := w.Picture(p.ref())
	b, err2 := w.Picture(p.ref())
	if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Error("the same reference gave two pictures")
	}
	// Rasterising is in floating point, so bytes may differ by processor; what is seen may not.
	if got := averageHash(drawn(t, p), false); bits.OnesCount64(got^0xff8381838fffffff) > 2 {
		t.Errorf("the picture has changed: hash %#x", got)
	}
}

func TestUnknownPictures(t *testing.T) {
	var w World
	good := photo{kind: kindNamed("mug"), look: 1, scene: 'o'}.ref()
	if _, err := w.Picture(good); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"", "sim/", "img/1.jpg", good[4:], good + "x", "sim/sofa" + good[7:], "sim/mug-00000001-c-o0000-0000.jpg", "sim/mug-00000001-0-x0000-0000.jpg", "sim/mug-0000001-0-o0000-0000.jpg", "sim/mug-00000001-0-o0000-FFFF.jpg", "sim/../mug-00000001-0-o0000-0000.jpg"} {
		if _, err := w.Picture(ref); !errors.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

func FuzzPictureReference(f *testing.F) {
	f.Add("sim/mug-00000001-0-o0000-0000.jpg")
	f.Add("sim/running-ffffffff-b-hffff-ffff.jpg")
	f.Add("sim/-----.jpg")
	f.Fuzz(func(t *testing.T, ref string) {
		p, err := parsePhoto(ref)
		if err != nil {
			return
		}
		if p.ref() != ref {
			t.Errorf("%q was read as %q", ref, p.ref())
		}
		if size := p.draw(1).Bounds().Size(); size.X > 720 || size.Y > 720 || size.X < 400 {
			t.Errorf("%q is %v", ref, size)
		}
	})
}

// averageHash is eight by eight means, each above or below their mean.
func averageHash(img image.Image, flip bool) uint64 {
	b := img.Bounds()
	var cells [64]int
	sum := 0
	for i := range cells {
		column, row := i%8, i/8
		if flip {
			column = 7 - column
		}
		n := 0
		for y := b.Dy() * row / 8; y < b.Dy()*(row+1)/8; y += 3 {
			for x := b.Dx() * column / 8; x < b.Dx()*(column+1)/8; x += 3 {
				cells[i] += grey(img, x, y)
				n++
			}
		}
		cells[i] /= n
		sum += cells[i]
	}
	var hash uint64
	for i, cell := range cells {
		if cell*64 > sum {
			hash |= 1 << i
		}
	}
	return hash
}

// TestSameModelLooksAlike: one photograph under edits, and one model in several photographs, are nearer each other than
// pictures of different models are.
func TestSameModelLooksAlike(t *testing.T) {
	type shot struct{ hash, mirrored uint64 }
	take := func(p photo) shot {
		img := drawn(t, p)
		return shot{averageHash(img, false), averageHash(img, true)}
	}
	distance := func(a, b shot) int {
		return min(bits.OnesCount64(a.hash^b.hash), bits.OnesCount64(a.hash^b.mirrored))
	}
	var edits, photographs, strangers, nEdits, nPhotographs, nStrangers int
	var firsts []shot
	for i, name := range []string{"running", "tote", "watch", "kettle", "plush", "hoodie", "gamepad", "perfume", "blocks", "hairdryer"} {
		p := photo{kind: kindNamed(name), look: uint32(hashOf(name)), colour: i % len(colours), scene: 's', master: uint16(i * 31)}
		first := take(p)
		for e := range 4 {
			q := p
			q.edit = uint16(hashOf(name, string(rune('a'+e)))) &^ (editCovered | editBorder)
			edits += distance(first, take(q))
			nEdits++
			q = p
			q.master = uint16(i*31 + e + 1)
			photographs += distance(first, take(q))
			nPhotographs++
		}
		for _, other := range firsts {
			strangers += distance(first, other)
			nStrangers++
		}
		firsts = append(firsts, first)
	}
	e, p, s := float64(edits)/float64(nEdits), float64(photographs)/float64(nPhotographs), float64(strangers)/float64(nStrangers)
	t.Logf("mean distance of 64: edits %.1f, other photographs of the model %.1f, other models %.1f", e, p, s)
	if e*1.5 > s || p > s*0.9 || e > p {
		t.Errorf("mean distance: edits %.1f, other photographs of the model %.1f, other models %.1f", e, p, s)
	}
}

// TestPicturesAreShared: accounts of one workshop show the same photographs.
func TestPicturesAreShared(t *testing.T) {
	w := newWorld(t, Options{Seed: 1, Listings: 6000})
	shown := map[string]map[string]bool{} // by photograph: sellers
	by := map[string]WorkshopID{}
	for item := range w.Listings() {
		if !item.Truth.Fake || item.Truth.Workshop == "" {
			continue
		}
		for _, ref := range item.Listing.Images {
			p, err := parsePhoto(ref)
			if err != nil {
				t.Fatal(err)
			}
			if p.scene != 's' {
				continue
			}
			p.edit = 0
			if shown[p.ref()] == nil {
				shown[p.ref()] = map[string]bool{}
			}
			shown[p.ref()][string(item.Listing.Seller.ID)] = true
			if before, ok := by[p.ref()]; ok && before != item.Truth.Workshop {
				t.Errorf("%s is of %s and %s", p.ref(), before, item.Truth.Workshop)
			}
			by[p.ref()] = item.Truth.Workshop
		}
	}
	shared := 0
	for _, sellers := range shown {
		if len(sellers) > 1 {
			shared++
		}
	}
	if shared*4 < len(shown) {
		t.Errorf("%d of %d photographs of copies are shown by more than one account", shared, len(shown))
	}
}

func BenchmarkPicture(b *testing.B) {
	var w World
	refs := make([]string, 0, len(kinds)*3)
	for i := range kinds {
		for _, scene := range []byte("osh") {
			refs = append(refs, photo{kind: &kinds[i], look: uint32(i * 7919), colour: i % 12, scene: scene, master: 9, edit: uint16(i * 4099)}.ref())
		}
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := w.Picture(refs[n%len(refs)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// TestBrandPictures has the brands' own pictures be those that their shops show, and some who sell copies show them too, edited.
func TestBrandPictures(t *testing.T) {
	w := newWorld(t, Options{Seed: 4, Listings: 4000})
	published := map[string]bool{}
	for _, p := range w.BrandPictures() {
		if _, err := w.Picture(p.Ref); err != nil || p.Caption == "" || p.Brand == "" {
			t.Fatalf("%+v: %v", p, err)
		}
		published[p.Ref] = true
	}
	asIs, edited := map[Kind]int{}, map[bool]int{}
	for item := range w.Listings() {
		for _, ref := range item.Listing.Images {
			p, err := parsePhoto(ref)
			if err != nil {
				t.Fatal(err)
			}
			if published[ref] {
				asIs[item.Truth.SellerKind]++
			}
			if p.edit &^= editCovered; p.edit != 0 {
				p.edit = 0
				if published[p.ref()] {
					edited[item.Truth.Fake]++
				}
			}
		}
	}
	if asIs[Authorised] < 20 || edited[true] < 10 || edited[false] == 0 {
		t.Errorf("as they are %v, edited on fakes and others %v", asIs, edited)
	}
}
