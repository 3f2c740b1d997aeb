package photo

import (
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"
)

// hidden is a picture of which only the colours show, not how they are kept.
type hidden struct{ image.Image }

// kinds are pictures of random pixels, kept in every way that lines knows.
func kinds(width, height int) map[string]image.Image {
	r := rand.New(rand.NewPCG(1, 1))
	at := image.Rect(-3, 5, width-3, height+5)
	fill := func(pixels []uint8) {
		for i := range pixels {
			pixels[i] = uint8(r.Uint32())
		}
	}
	gray, nrgba, rgba, paletted := image.NewGray(at), image.NewNRGBA(at), image.NewRGBA(at), image.NewPaletted(at, palette.Plan9)
	fill(gray.Pix)
	fill(nrgba.Pix)
	draw.Draw(rgba, at, nrgba, at.Min, draw.Src)
	fill(paletted.Pix)
	for x := range width { // some of it opaque
		rgba.SetRGBA(x-3, 7, color.RGBA{uint8(x), 200, 100, 255})
	}
	all := map[string]image.Image{"gray": gray, "nrgba": nrgba, "rgba": rgba, "paletted": paletted,
		"cut out": nrgba.SubImage(at.Inset(min(width, height) / 5))}
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422,
		image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410} {
		m := image.NewYCbCr(at, ratio)
		fill(m.Y)
		fill(m.Cb)
		fill(m.Cr)
		all["ycbcr "+ratio.String()] = m
		all["cut out of ycbcr "+ratio.String()] = m.SubImage(at.Inset(min(width, height) / 5))
	}
	return all
}

func TestLumaOfEveryKind(t *testing.T) {
	for _, size := range [][2]int{{40, 30}, {700, 20}, {515, 600}, {1023, 40}, {1100, 40}} {
		for name, m := range kinds(size[0], size[1]) {
			rows, columns := min(m.Bounds().Dy(), large), min(m.Bounds().Dx(), large)
			fast, slow := lines(m, rows, columns), lines(hidden{m}, rows, columns)
			got, want := make([]float32, columns), make([]float32, columns)
			for y := range rows {
				fast(y, got)
				slow(y, want)
				for x := range want {
					if math.Abs(float64(got[x]-want[x])) > 1e-3 {
						t.Fatalf("%s of %v: %g at %d, %d; want %g", name, size, got[x], x, y, want[x])
					}
				}
			}
		}
	}
}
