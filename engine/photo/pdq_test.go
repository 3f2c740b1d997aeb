package photo

import (
	"encoding/csv"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reference holds the hashes that the reference program gave for pictures of its own, by their names. Some of the pictures lie in
// testdata, all of them perhaps beside the project.
func reference(t *testing.T) (hashes map[string]Hash, pictures map[string]string) {
	t.Helper()
	file, err := os.Open("testdata/vectors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	hashes, pictures = map[string]Hash{}, map[string]string{}
	for _, row := range rows[1:] {
		if hashes[row[0]], err = Parse(row[1]); err != nil {
			t.Fatal(err)
		}
		for _, folder := range []string{"../../../shared/data/pdq", "testdata"} {
			if path := filepath.Join(folder, row[0]); exists(path) {
				pictures[row[0]] = path
			}
		}
	}
	return hashes, pictures
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestVectors holds hashes against those of the reference program. Those of featureless pictures may differ by more: they are
// not to be matched.
func TestVectors(t *testing.T) {
	hashes, pictures := reference(t)
	if len(pictures) < 10 {
		t.Fatalf("only %d pictures", len(pictures))
	}
	for name, path := range pictures {
		got, quality := Of(decode(t, path))
		differ := got.Distance(hashes[name])
		t.Logf("%s: %d bits differ, quality %d", name, differ, quality)
		if most := 8; quality > Poor && differ > most {
			t.Errorf("%s: %s, want %s: %d bits differ", name, got, hashes[name], differ)
		}
	}
}

// TestAllAgainstReference finds by All, from one picture, the reference's hashes of that picture turned and reflected, which
// were saved as JPEG anew. Each must be near to its own and to no other.
func TestAllAgainstReference(t *testing.T) {
	hashes, pictures := reference(t)
	all, _ := All(decode(t, pictures["bridge-1-original.jpg"]))
	found := map[int]string{}
	for name, want := range hashes {
		if !strings.HasPrefix(name, "bridge-") {
			continue
		}
		near := -1
		for k, h := range all {
			if h.Distance(want) > Near {
				continue
			}
			if near >= 0 {
				t.Errorf("%s is near to ways %d and %d", name, near, k)
			}
			near = k
			t.Logf("%s is way %d: %d bits differ", name, k, h.Distance(want))
		}
		if near < 0 || found[near] != "" {
			t.Errorf("%s is near to no way of its own (%d, as %q)", name, near, found[near])
		}
		found[near] = name
	}
}

func decode(t *testing.T, path string) image.Image {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, _, err := image.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// blobs is a picture of random soft spots.
func blobs(width, height int, seed uint64) *image.Gray {
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewGray(image.Rect(0, 0, width, height))
	for range 40 {
		x0, y0, radius, tone := r.IntN(width), r.IntN(height), 5+r.IntN(width/5), r.IntN(256)
		for y := max(0, y0-radius); y < min(height, y0+radius); y++ {
			for x := max(0, x0-radius); x < min(width, x0+radius); x++ {
				if (x-x0)*(x-x0)+(y-y0)*(y-y0) < radius*radius {
					m.SetGray(x, y, color.Gray{Y: uint8((int(m.GrayAt(x, y).Y) + tone) / 2)})
				}
			}
		}
	}
	return m
}

// turned is a picture turned or reflected: at says which pixel of the old one stands at x, y of the new one.
func turned(m *image.Gray, swap bool, at func(x, y, width, height int) (int, int)) *image.Gray {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	if swap {
		width, height = height, width
	}
	out := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			ox, oy := at(x, y, width, height)
			out.SetGray(x, y, m.GrayAt(ox, oy))
		}
	}
	return out
}

// TestAll turns and reflects the pixels, and expects the hashes that All finds by turning the frequencies.
func TestAll(t *testing.T) {
	for seed := range uint64(10) {
		m := blobs(512, 448, seed)
		all, quality := All(m)
		if quality <= Poor {
			t.Fatalf("seed %d: quality %d", seed, quality)
		}
		for k, other := range [8]*image.Gray{
			m,
			turned(m, true, func(x, y, _, h int) (int, int) { return h - 1 - y, x }), // by 90 degrees against the clock
			turned(m, false, func(x, y, w, h int) (int, int) { return w - 1 - x, h - 1 - y }),
			turned(m, true, func(x, y, w, _ int) (int, int) { return y, w - 1 - x }),
			turned(m, false, func(x, y, _, h int) (int, int) { return x, h - 1 - y }),
			turned(m, false, func(x, y, w, _ int) (int, int) { return w - 1 - x, y }),
			turned(m, true, func(x, y, _, _ int) (int, int) { return y, x }),
			turned(m, true, func(x, y, w, h int) (int, int) { return h - 1 - y, w - 1 - x }),
		} {
			want, _ := Of(other)
			// The grid falls a pixel beside its mirror image, so they are near, not equal; reflecting along the diagonal is exact.
			if got := all[k].Distance(want); got > 24 || k == 6 && got > 0 {
				t.Errorf("seed %d, way %d: %d bits differ", seed, k, got)
			}
			for l := range all {
				if l != k && all[l].Distance(want) <= Near {
					t.Errorf("seed %d: way %d also looks like way %d", seed, k, l)
				}
			}
		}
	}
}

func TestSmallAndFlat(t *testing.T) {
	if h, quality := Of(image.NewGray(image.Rect(0, 0, 0, 7))); quality != 0 || h != (Hash{}) {
		t.Errorf("no picture at all: %s, quality %d", h, quality)
	}
	for _, size := range [][2]int{{1, 1}, {1, 900}, {900, 1}, {3, 5}, {63, 64}, {65, 513}} {
		m := image.NewGray(image.Rect(-7, 11, size[0]-7, size[1]+11)) // bounds need not begin at 0
		if _, quality := Of(m); quality > 0 {
			t.Errorf("%v of one tone has quality %d", size, quality)
		}
	}
}

// TestEditsStayNear holds copies of pictures against the pictures, and other pictures against them.
func TestEditsStayNear(t *testing.T) {
	var all []Hash
	for seed := range uint64(30) {
		m := blobs(300, 300, seed)
		h, _ := Of(m)
		brighter := turned(m, false, func(x, y, _, _ int) (int, int) { return x, y })
		for i := range brighter.Pix {
			brighter.Pix[i] = uint8(min(255, int(brighter.Pix[i])*9/10+20))
		}
		smaller := image.NewGray(image.Rect(0, 0, 150, 150))
		for y := range 150 {
			for x := range 150 {
				smaller.SetGray(x, y, m.GrayAt(2*x, 2*y))
			}
		}
		for name, copied := range map[string]image.Image{"brighter": brighter, "smaller": smaller} {
			if other, _ := Of(copied); h.Distance(other) > Near {
				t.Errorf("seed %d, %s: %d bits differ", seed, name, h.Distance(other))
			}
		}
		for other, seen := range all {
			if seen.Distance(h) <= Near {
				t.Errorf("pictures %d and %d look the same", seed, other)
			}
		}
		all = append(all, h)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("0007001f003f003f007f00ff00ff00ff01ff01ff01ff03ff03ff03ff03ff03ff")
	f.Add("")
	f.Add("zz")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(h.String()); err != nil || again != h || h.Distance(again) != 0 {
			t.Errorf("%q reads as %s", text, h)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	m := blobs(1024, 768, 1)
	for b.Loop() {
		Of(m)
	}
}
