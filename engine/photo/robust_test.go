package photo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

func canvas(m image.Image) *image.RGBA {
	at := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, at.Dx(), at.Dy()))
	draw.Draw(out, out.Rect, m, at.Min, draw.Src)
	return out
}

func resized(m image.Image, scale float64) image.Image {
	at := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(at.Dx())*scale)), max(1, int(float64(at.Dy())*scale))))
	draw.CatmullRom.Scale(out, out.Rect, m, at, draw.Src, nil)
	return out
}

func recompressed(m image.Image, quality int) image.Image {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		panic(err)
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		panic(err)
	}
	return out
}

// cropped takes the shares of width and height away from the four sides.
func cropped(m image.Image, left, top, right, bottom float64) image.Image {
	at := m.Bounds()
	w, h := float64(at.Dx()), float64(at.Dy())
	return cut(m, image.Rect(at.Min.X+int(left*w), at.Min.Y+int(top*h), at.Max.X-int(right*w), at.Max.Y-int(bottom*h)))
}

// marked has a text over its middle half, half see-through, and a black and white one in its lower right corner.
func marked(m image.Image) image.Image {
	out := canvas(m)
	text := image.NewAlpha(image.Rect(0, 0, 7*12, 13))
	d := font.Drawer{Dst: text, Src: image.Opaque, Face: basicfont.Face7x13, Dot: fixed.P(0, 11)}
	d.DrawString("SHOP88 STORE")
	w, h := out.Rect.Dx(), out.Rect.Dy()
	over := func(at image.Rectangle, c color.Color) {
		mask := image.NewAlpha(image.Rect(0, 0, at.Dx(), at.Dy()))
		draw.ApproxBiLinear.Scale(mask, mask.Rect, text, text.Rect, draw.Src, nil)
		draw.DrawMask(out, at, image.NewUniform(c), image.Point{}, mask, image.Point{}, draw.Over)
	}
	over(image.Rect(w/4, h/2-w/26, w*3/4, h/2+w/26), color.NRGBA{255, 255, 255, 128})
	draw.Draw(out, image.Rect(w*7/10, h*92/100, w, h), image.Black, image.Point{}, draw.Src)
	over(image.Rect(w*71/100, h*92/100, w*99/100, h), color.White)
	return out
}

func framed(m image.Image, share float64, c color.Color) image.Image {
	at := m.Bounds()
	x, y := int(share*float64(at.Dx())), int(share*float64(at.Dy()))
	out := image.NewRGBA(image.Rect(0, 0, at.Dx()+2*x, at.Dy()+2*y))
	draw.Draw(out, out.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(x, y, x+at.Dx(), y+at.Dy()), m, at.Min, draw.Src)
	return out
}

func mapped(m image.Image, to func(r, g, b float64) (float64, float64, float64)) image.Image {
	out := canvas(m)
	byteOf := func(v float64) uint8 { return uint8(math.Min(255, math.Max(0, v+.5))) }
	for i := 0; i < len(out.Pix); i += 4 {
		p := out.Pix[i : i+3]
		r, g, b := to(float64(p[0]), float64(p[1]), float64(p[2]))
		p[0], p[1], p[2] = byteOf(r), byteOf(g), byteOf(b)
	}
	return out
}

func toned(gain, offset float64) func(image.Image) image.Image {
	return func(m image.Image) image.Image {
		return mapped(m, func(r, g, b float64) (float64, float64, float64) {
			return (r-128)*gain + 128 + offset, (g-128)*gain + 128 + offset, (b-128)*gain + 128 + offset
		})
	}
}

// edits are what sellers do to pictures, in the order of the table.
var edits = []struct {
	name string
	do   func(image.Image) image.Image
}{
	{"resize to 50 %", func(m image.Image) image.Image { return resized(m, .5) }},
	{"resize to 25 %", func(m image.Image) image.Image { return resized(m, .25) }},
	{"JPEG 40", func(m image.Image) image.Image { return recompressed(m, 40) }},
	{"JPEG 10", func(m image.Image) image.Image { return recompressed(m, 10) }},
	{"crop 2 % a side", func(m image.Image) image.Image { return cropped(m, .02, .02, .02, .02) }},
	{"crop 10 %, middle kept", func(m image.Image) image.Image { return cropped(m, .05, .05, .05, .05) }},
	{"crop 10 %, corner kept", func(m image.Image) image.Image { return cropped(m, 0, 0, .1, .1) }},
	{"crop 10 % of the height", func(m image.Image) image.Image { return cropped(m, 0, .1, 0, 0) }},
	{"crop 7 % off two sides, uneven", func(m image.Image) image.Image { return cropped(m, .07, .02, 0, .05) }},
	{"crop 15 %, middle kept", func(m image.Image) image.Image { return cropped(m, .075, .075, .075, .075) }},
	{"crop 0 to 5 % of each side, random", func(m image.Image) image.Image {
		r := rand.New(rand.NewPCG(uint64(m.Bounds().Dx()), uint64(brightnessOf(m.At(9, 9)))))
		return cropped(m, r.Float64()/20, r.Float64()/20, r.Float64()/20, r.Float64()/20)
	}},
	{"watermark", marked},
	{"white border 10 %", func(m image.Image) image.Image { return framed(m, .1, color.White) }},
	{"red border 10 %, JPEG 40", func(m image.Image) image.Image { return recompressed(framed(m, .1, color.RGBA{200, 30, 40, 255}), 40) }},
	{"flip left to right", func(m image.Image) image.Image { return turn(m, 2) }},
	{"rotate 90", func(m image.Image) image.Image { return turn(m, 6) }},
	{"rotate 180", func(m image.Image) image.Image { return turn(m, 3) }},
	{"colour shift", func(m image.Image) image.Image {
		return mapped(m, func(r, g, b float64) (float64, float64, float64) { return r*1.1 + 10, g, b*.85 - 5 })
	}},
	{"brightness +40", toned(1, 40)},
	{"contrast × 1.4", toned(1.4, 0)},
	{"contrast × 0.6", toned(.6, 0)},
	{"flip, JPEG 40", func(m image.Image) image.Image { return recompressed(turn(m, 2), 40) }},
	{"watermark, resize to 50 %, JPEG 40", func(m image.Image) image.Image { return recompressed(resized(marked(m), .5), 40) }},
	{"white border 10 %, flip, JPEG 40", func(m image.Image) image.Image { return recompressed(turn(framed(m, .1, color.White), 2), 40) }},
	{"crop 10 % middle, flip, JPEG 40", func(m image.Image) image.Image {
		return recompressed(turn(canvas(cropped(m, .05, .05, .05, .05)), 2), 40)
	}},
}

// scene is a generated picture: soft light, shapes and a texture, of random colours.
func scene(seed uint64) image.Image {
	r := rand.New(rand.NewPCG(seed, 77))
	const width, height = 480, 360
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	tone := func() color.RGBA { return color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255} }
	from, to, waves, slant := tone(), tone(), 5+r.Float64()*40, r.Float64()*6
	mix := func(a, b uint8, share float64) float64 { return float64(a) + (float64(b)-float64(a))*share }
	for y := range height {
		for x := range width {
			share := float64(x+y) / (width + height)
			texture := 12 * math.Sin(waves*(float64(x)+slant*float64(y))/width)
			at := func(a, b uint8) uint8 { return uint8(math.Min(255, math.Max(0, mix(a, b, share)+texture))) }
			m.SetRGBA(x, y, color.RGBA{at(from.R, to.R), at(from.G, to.G), at(from.B, to.B), 255})
		}
	}
	for range 12 {
		c, x0, y0 := tone(), r.IntN(width), r.IntN(height)
		rx, ry := 10+r.IntN(width/5), 10+r.IntN(height/5)
		round := r.IntN(2) == 0
		for y := max(0, y0-ry); y < min(height, y0+ry); y++ {
			for x := max(0, x0-rx); x < min(width, x0+rx); x++ {
				dx, dy := float64(x-x0)/float64(rx), float64(y-y0)/float64(ry)
				if !round || dx*dx+dy*dy < 1 {
					m.SetRGBA(x, y, c)
				}
			}
		}
	}
	return m
}

// TestRobust prints how many of the pictures are found again after an edit, by their hash alone and by their views, and how near
// different pictures come. A picture is found when it is within Near.
func TestRobust(t *testing.T) {
	t.Run("generated", func(t *testing.T) {
		var pictures []image.Image
		for seed := range uint64(40) {
			pictures = append(pictures, scene(seed))
		}
		robust(t, pictures)
	})
	t.Run("photographs", func(t *testing.T) {
		paths, _ := filepath.Glob("../../../shared/data/photos/*.jpg")
		if len(paths) == 0 {
			t.Skip("no ../shared/data/photos beside the project")
		}
		var pictures []image.Image
		for _, path := range paths {
			m, err := Decode(context.Background(), bytes.NewReader(read(t, path)), within)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			pictures = append(pictures, m)
		}
		robust(t, pictures)
	})
}

// surely are the edits that views must undo.
var surely = []string{"resize to 50 %", "JPEG 40", "white border 10 %", "red border 10 %, JPEG 40", "flip left to right", "rotate 90",
	"rotate 180", "colour shift", "brightness +40", "flip, JPEG 40", "white border 10 %, flip, JPEG 40"}

func robust(t *testing.T, pictures []image.Image) {
	originals, parts := make([]Views, len(pictures)), make([][]Hash, len(pictures))
	poor := 0
	for i, m := range pictures {
		originals[i], parts[i] = Look(m), Parts(m)
		if originals[i].Quality <= Poor {
			poor++
		}
	}
	t.Logf("%d pictures, %d of them too poor to be matched and left out", len(pictures), poor)
	nearest := func(a, b []Hash) int {
		d := 256
		for _, h := range a {
			for _, other := range b {
				d = min(d, h.Distance(other))
			}
		}
		return d
	}
	var table strings.Builder
	for _, edit := range edits {
		var found [5]int
		n := 0
		for i, m := range pictures {
			if originals[i].Quality <= Poor {
				continue
			}
			n++
			v := Look(edit.do(m))
			alone, views, all := v.Hash.Distance(originals[i].Hash), nearest(v.Ask, originals[i].Keep), nearest(v.Ask, parts[i])
			for k, yes := range []bool{alone <= Near, views <= Near, min(views, all) <= Near, views <= Likely, min(views, all) <= Likely} {
				if yes {
					found[k]++
				}
			}
		}
		fmt.Fprintf(&table, "| %s", edit.name)
		for _, f := range found {
			fmt.Fprintf(&table, " | %.1f", 100*float64(f)/float64(n))
		}
		table.WriteString(" |\n")
		if slices.Contains(surely, edit.name) && found[1]*20 < n*19 {
			t.Errorf("%s: views find %d of %d", edit.name, found[1], n)
		}
	}
	t.Logf("found, %%: hash within %d, views within %d, views and parts within %d, views within %d, views and parts within %d\n%s",
		Near, Near, Near, Likely, Likely, &table)

	// Different pictures: every hash asked for against every hash kept of every other picture.
	var at [257]int
	n, sum, squares := 0, 0., 0.
	for i := range pictures {
		for j := range pictures {
			if i == j {
				continue
			}
			for _, h := range originals[j].Ask {
				for _, other := range slices.Concat(originals[i].Keep, parts[i]) {
					d := h.Distance(other)
					at[d]++
					n++
					sum += float64(d)
					squares += float64(d * d)
				}
			}
		}
	}
	mean := sum / float64(n)
	deviation := math.Sqrt(squares/float64(n) - mean*mean)
	t.Logf("different pictures: %d pairs of hashes, distance %.1f ± %.1f", n, mean, deviation)
	least := slices.IndexFunc(at[:], func(n int) bool { return n > 0 })
	t.Logf("the nearest pair is at %d; nearer than 90: %d", least, total(at[:90]))
	for _, d := range []int{Near, Likely} {
		t.Logf("a normal distribution has %.1e within %d", math.Erfc((mean-float64(d)-.5)/deviation/math.Sqrt2)/2, d)
	}
	if least <= Likely {
		t.Errorf("%d pairs of different pictures lie within %d", total(at[:Likely+1]), Likely)
	}
}

func total(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
