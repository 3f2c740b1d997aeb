package photo

import (
	"image"
	"image/color"
	"math"
)

const (
	mostTrimmed = 0.4 // of a side's length, from each end
	plainNoise  = 16  // steps of brightness a pixel may be off in a line of one tone, as JPEG leaves it
	plainOdd    = 50  // one pixel in so many may be further off
)

// Trim cuts off a border of one tone on each side, such as a frame or the bars of a letterbox, but no more than two fifths of
// the picture's length from a side. The four sides may be of different tones. A picture without such borders comes back as
// it is. What is cut off is not copied: the rest shares its pixels with m.
//
// Many pictures have a plain background of their own, and Trim cuts into it. So a trimmed hash is a second one beside the
// picture's own, never instead of it: see Look.
func Trim(m image.Image) image.Image {
	at := m.Bounds()
	if at.Empty() {
		return m
	}
	rows, columns := min(at.Dy(), large), min(at.Dx(), large)
	line, pixels := lines(m, rows, columns), make([]float32, rows*columns)
	for y := range rows {
		line(y, pixels[y*columns:(y+1)*columns])
	}
	top, bottom := margins(pixels, rows, columns, columns, 1)
	inside := pixels[top*columns : (rows-bottom)*columns] // bars above and below say nothing of those beside
	left, right := margins(inside, columns, rows-top-bottom, 1, columns)
	if top+bottom+left+right == 0 {
		return m
	}
	// The first pixel kept is the one that line looks at.
	return cut(m, image.Rect(at.Min.X+left*at.Dx()/columns, at.Min.Y+top*at.Dy()/rows,
		at.Max.X-right*at.Dx()/columns, at.Max.Y-bottom*at.Dy()/rows))
}

// margins is how many of n lines from the first on and from the last back are of the same tone throughout. Each has m pixels, which
// are step apart, the lines stride.
func margins(pixels []float32, n, m, stride, step int) (before, after int) {
	most := int(mostTrimmed * float64(n))
	run := func(first, direction int) int {
		var tone float64 // the mean of the outermost line
		for x := range m {
			tone += float64(pixels[first*stride+x*step])
		}
		tone /= float64(m)
		for k := range most {
			odd, sum := 0, 0.
			for x := range m {
				off := float64(pixels[(first+k*direction)*stride+x*step]) - tone
				sum += off
				if math.Abs(off) > plainNoise {
					odd++
				}
			}
			if odd*plainOdd > m || math.Abs(sum) > plainNoise/2*float64(m) {
				return k
			}
		}
		return most
	}
	return run(0, 1), run(n-1, -1)
}

// cut is the part of m within at.
func cut(m image.Image, at image.Rectangle) image.Image {
	if s, ok := m.(interface {
		SubImage(image.Rectangle) image.Image
	}); ok {
		return s.SubImage(at)
	}
	return part{m, at}
}

// part is a part of a picture that cannot give one itself.
type part struct {
	image.Image
	at image.Rectangle
}

func (p part) Bounds() image.Rectangle { return p.at }

func (p part) At(x, y int) color.Color { return p.Image.At(x, y) }
