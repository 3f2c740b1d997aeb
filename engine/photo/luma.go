package photo

import (
	"image"
	"image/color"
)

// lines is how to read the brightness of a picture, 0 to 255, line by line, at rows by columns of its pixels. Of a picture with
// a side longer than large that is every so manieth pixel, large each way, which the description leaves open: without it
// the hashes are further from the reference's. Pictures as decoders give them are read without a detour over colours;
// TestLumaOfEveryKind holds them against those that take it.
func lines(m image.Image, rows, columns int) func(y int, line []float32) {
	at := m.Bounds()
	row := func(y int) int { return at.Min.Y + y*at.Dy()/rows }
	var column [large]int // counted from the left edge
	for x := range columns {
		column[x] = x * at.Dx() / columns
	}
	switch m := m.(type) {
	case *image.Gray:
		return func(y int, line []float32) {
			pixels := m.Pix[m.PixOffset(at.Min.X, row(y)):]
			for x := range line {
				line[x] = float32(pixels[column[x]])
			}
		}
	case *image.YCbCr:
		// Y alone is nearly the brightness, but red, green and blue, which the reference sees, are rounded and cut off at black and
		// white: that costs up to four bits of the hash.
		var chroma [large]int
		first := m.COffset(at.Min.X, at.Min.Y)
		for x := range columns {
			chroma[x] = m.COffset(at.Min.X+column[x], at.Min.Y) - first
		}
		return func(y int, line []float32) {
			luma := m.Y[m.YOffset(at.Min.X, row(y)):]
			from := m.COffset(at.Min.X, row(y))
			blue, red := m.Cb[from:], m.Cr[from:]
			last, addRed, addGreen, addBlue := -1, int32(0), int32(0), int32(0)
			for x := range line {
				if c := chroma[x]; c != last {
					last = c
					cb, cr := int32(blue[c])-128, int32(red[c])-128
					addRed, addGreen, addBlue = 91881*cr, -22554*cb-46802*cr, 116130*cb // as color.YCbCrToRGB
				}
				yy := int32(luma[column[x]]) * 0x10101
				r, g, b := (yy+addRed)>>16, (yy+addGreen)>>16, (yy+addBlue)>>16
				if uint32(r|g|b) > 255 {
					r, g, b = min(max(r, 0), 255), min(max(g, 0), 255), min(max(b, 0), 255)
				}
				line[x] = float32(299*r+587*g+114*b) * (1. / 1000)
			}
		}
	case *image.NRGBA:
		return func(y int, line []float32) {
			pixels := m.Pix[m.PixOffset(at.Min.X, row(y)):]
			for x := range line {
				p := pixels[4*column[x]:][:3]
				line[x] = brightness(p[0], p[1], p[2])
			}
		}
	case *image.RGBA:
		return func(y int, line []float32) {
			pixels := m.Pix[m.PixOffset(at.Min.X, row(y)):]
			for x := range line {
				p := pixels[4*column[x]:][:4]
				if p[3] == 255 {
					line[x] = brightness(p[0], p[1], p[2])
				} else {
					line[x] = brightnessOf(color.RGBA{p[0], p[1], p[2], p[3]})
				}
			}
		}
	case *image.Paletted:
		var palette [256]float32
		for i, c := range m.Palette {
			palette[i%256] = brightnessOf(c)
		}
		return func(y int, line []float32) {
			pixels := m.Pix[m.PixOffset(at.Min.X, row(y)):]
			for x := range line {
				line[x] = palette[pixels[column[x]]]
			}
		}
	}
	return func(y int, line []float32) {
		for x := range line {
			line[x] = brightnessOf(m.At(at.Min.X+column[x], row(y)))
		}
	}
}

func brightness(red, green, blue uint8) float32 {
	return float32(299*int32(red)+587*int32(green)+114*int32(blue)) * (1. / 1000)
}

// brightnessOf is of the colour behind what of it is see-through.
func brightnessOf(c color.Color) float32 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return brightness(n.R, n.G, n.B)
}
