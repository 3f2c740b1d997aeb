package photo

import (
	"image"
	"image/color"
	"testing"

	"golang.org/x/image/draw"
)

// inset is m on a sheet of one colour.
func inset(m image.Image, left, top, right, bottom int, c color.Color) *image.RGBA {
	at := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, at.Dx()+left+right, at.Dy()+top+bottom))
	draw.Draw(out, out.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(left, top, left+at.Dx(), top+at.Dy()), m, at.Min, draw.Src)
	return out
}

func TestTrim(t *testing.T) {
	m := scene(6)
	want, _ := Of(m)
	width, height := m.Bounds().Dx(), m.Bounds().Dy()
	for name, c := range map[string]struct {
		sides [4]int // left, top, right, bottom
		of    color.Color
	}{
		"frame":                    {[4]int{40, 40, 40, 40}, color.White},
		"letterbox":                {[4]int{0, 70, 0, 70}, color.Black},
		"pillarbox":                {[4]int{130, 0, 130, 0}, color.RGBA{30, 90, 200, 255}},
		"one side":                 {[4]int{0, 0, 0, 90}, color.RGBA{250, 250, 240, 255}},
		"uneven":                   {[4]int{5, 60, 33, 1}, color.RGBA{90, 0, 0, 255}},
		"wider than what we count": {[4]int{300, 200, 300, 200}, color.White},
	} {
		framed := recompressed(inset(m, c.sides[0], c.sides[1], c.sides[2], c.sides[3], c.of), 60)
		got := Trim(framed)
		if h, _ := Of(got); h.Distance(want) > Near {
			t.Errorf("%s: %v of %v, %d bits differ", name, got.Bounds(), framed.Bounds(), h.Distance(want))
		}
		kept := image.Rect(c.sides[0], c.sides[1], c.sides[0]+width, c.sides[1]+height)
		if at := got.Bounds(); !kept.Inset(-3).Union(at).Eq(kept.Inset(-3)) || !at.Union(kept.Inset(4)).Eq(at) {
			t.Errorf("%s: %v kept, want %v", name, at, kept)
		}
		if untouched, _ := Of(framed); untouched.Distance(want) <= Near {
			t.Errorf("%s: near without trimming too", name)
		}
	}
	if got := Trim(m); got != m {
		t.Errorf("without a border: %v", got.Bounds())
	}
	if got := Trim(turn(inset(m, 0, 70, 0, 70, color.Black), 6)).Bounds(); got.Dy() != width || got.Dx() > height+4 {
		t.Errorf("turned: %v", got)
	}
}

// TestTrimLeavesSomething: of a picture that is nothing but border a fifth of each side stays at least.
func TestTrimLeavesSomething(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {1, 1}, {1, 700}, {2, 3}, {600, 1}, {5, 5}, {1000, 900}} {
		m := image.NewGray(image.Rect(-4, 3, size[0]-4, size[1]+3))
		at := Trim(m).Bounds()
		if !at.In(m.Rect) || at.Dx()*5 < size[0] || at.Dy()*5 < size[1] || at.Empty() != m.Rect.Empty() {
			t.Errorf("%v: %v", m.Rect, at)
		}
		Look(m)
		Parts(m)
	}
}

func FuzzTrim(f *testing.F) {
	f.Add(uint16(20), uint16(30), []byte{0, 0, 0, 255, 3})
	f.Add(uint16(600), uint16(2), []byte{9})
	f.Fuzz(func(t *testing.T, width, height uint16, pixels []byte) {
		m := image.NewGray(image.Rect(2, -1, 2+int(width%700), int(height%700)-1))
		for i := range m.Pix {
			if len(pixels) > 0 {
				m.Pix[i] = pixels[i%len(pixels)]
			}
		}
		at := Trim(m).Bounds()
		if !at.In(m.Rect) || at.Dx()*5 < m.Rect.Dx() || at.Dy()*5 < m.Rect.Dy() {
			t.Errorf("%v of %v", at, m.Rect)
		}
	})
}
