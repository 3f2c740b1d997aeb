package photo

import (
	"image"
	"image/color"
)

// lines is how to read the brightness of a picture, 0 to 255, line by line, at rows by columns of its pixels: all of a side, or
// of one longer than large every so manieth, large of them. The description leaves that open; without it the hashes are
// further from the reference's. Pictures as decoders give them are read without a detour over colours;
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
		// Up to twice as many pixels as are wanted are faster read all, two at a time.
		var whole [2 * large]float32
		paired := at.Dx() <= len(whole) && at.Min.X%2 == 0 &&
			(m.SubsampleRatio == image.YCbCrSubsampleRatio420 || m.SubsampleRatio == image.YCbCrSubsampleRatio422)
		return func(y int, line []float32) {
			luma := m.Y[m.YOffset(at.Min.X, row(y)):]
			from := m.COffset(at.Min.X, row(y))
			blue, red := m.Cb[from:], m.Cr[from:]
			x := 0
			if paired {
				n := at.Dx() / 2
				if columns == at.Dx() {
					pairs(line[:2*n], luma[:2*n], blue[:n], red[:n])
					x = 2 * n
				} else {
					pairs(whole[:2*n], luma[:2*n], blue[:n], red[:n])
					for ; x < columns && column[x] < 2*n; x++ {
						line[x] = whole[column[x]]
					}
				}
			}
			last, toRed, toGreen, toBlue := -1, int32(0), int32(0), int32(0)
			for ; x < len(line); x++ {
				if c := chroma[x]; c != last {
					last = c
					toRed, toGreen, toBlue = chromaOf(blue[c], red[c])
				}
				yy := int32(luma[column[x]]) * 0x10101
				line[x] = clipped((yy+toRed)>>16, (yy+toGreen)>>16, (yy+toBlue)>>16)
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

// chromaOf is what color.YCbCrToRGB adds to 65,793 times Y before it takes the upper bits.
func chromaOf(blue, red uint8) (toRed, toGreen, toBlue int32) {
	cb, cr := int32(blue)-128, int32(red)-128
	return 91881 * cr, -22554*cb - 46802*cr, 116130 * cb
}

// clipped is the brightness of a colour that may be beyond black and white.
func clipped(r, g, b int32) float32 {
	return brightness(uint8(min(max(r, 0), 255)), uint8(min(max(g, 0), 255)), uint8(min(max(b, 0), 255)))
}

// pairs is the brightness of pixels of which two neighbours share their chroma, both at once in the halves of a word: 256 is
// added to red, green and blue, so that no half is below zero and bit 8 alone says that all are between black and white.
func pairs(line []float32, luma, blue, red []uint8) {
	const (
		both  = 1<<32 | 1
		over  = both * 256
		lower = both * 0xffff
	)
	for i := range blue {
		l, y := line[2*i:2*i+2], luma[2*i:2*i+2]
		r, g, b := chromaOf(blue[i], red[i])
		yy := (uint64(y[0]) | uint64(y[1])<<32) * 0x10101
		r2 := (yy + uint64(r+256<<16)*both) >> 16 & lower
		g2 := (yy + uint64(g+256<<16)*both) >> 16 & lower
		b2 := (yy + uint64(b+256<<16)*both) >> 16 & lower
		if ((r2^over)|(g2^over)|(b2^over))&(both*0xff00) == 0 {
			sum := 299*r2 + 587*g2 + 114*b2 - 1000*over
			l[0], l[1] = float32(int32(sum))*(1./1000), float32(int32(sum>>32))*(1./1000)
			continue
		}
		y0, y1 := int32(y[0])*0x10101, int32(y[1])*0x10101
		l[0] = clipped((y0+r)>>16, (y0+g)>>16, (y0+b)>>16)
		l[1] = clipped((y1+r)>>16, (y1+g)>>16, (y1+b)>>16)
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
