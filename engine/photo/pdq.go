// Package photo recognises pictures that are the same to the eye though not byte for byte.
//
// Its hash is PDQ: 256 bits of the signs of the lowest frequencies of a picture's brightness, 31 or fewer of which differ
// between two copies of one picture. Source: Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
// Algorithm" (2019), from whose description it is written anew.
package photo

import (
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"math"
	"math/bits"
	"slices"
)

// Hash is a PDQ hash. Bit 16*i+j, counted from the lowest of the last byte, is the sign of the frequency i+1 downwards
// and j+1 across.
type Hash [32]byte

const (
	// Near is the greatest Distance at which two hashes are held to be of one picture.
	Near = 31
	// Poor is the greatest quality at which a hash says too little to be matched: of a picture without features.
	Poor = 49
)

// String is the hash in 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Parse reads what String writes.
func Parse(text string) (h Hash, err error) {
	if len(text) != 2*len(h) {
		return h, errors.New("a PDQ hash has 64 hexadecimal digits")
	}
	_, err = hex.Decode(h[:], []byte(text))
	return h, err
}

// Distance is how many bits differ, 0 to 256.
func (h Hash) Distance(other Hash) (n int) {
	for i := range h {
		n += bits.OnesCount8(h[i] ^ other[i])
	}
	return n
}

const (
	side  = 64  // of the square that a picture is brought down to
	low   = 16  // of the square of frequencies kept
	large = 512 // pixels a side that are looked at
)

// Of is the hash of a picture and how much it says, 0 to 100; see Poor. An empty picture says nothing. What it uses beside the
// picture is bounded: at most 2 MiB.
func Of(m image.Image) (h Hash, quality int) {
	square, quality := down(m)
	return signs(frequencies(&square)), quality
}

// All are the hashes of a picture and of its seven rotations and reflections, the picture itself first, then turned by 90,
// 180 and 270 degrees, flipped top to bottom and left to right, and along its two diagonals.
func All(m image.Image) (all [8]Hash, quality int) {
	square, quality := down(m)
	f := frequencies(&square)
	for k, turn := range turns {
		var g [low][low]float32
		for i := range low {
			for j := range low {
				// A reflection changes the sign of the odd frequencies along it; frequency i+1 is odd when i is even.
				a, b := i, j
				if turn.swap {
					a, b = j, i
				}
				g[i][j] = f[a][b]
				if turn.down && i%2 == 0 {
					g[i][j] = -g[i][j]
				}
				if turn.across && j%2 == 0 {
					g[i][j] = -g[i][j]
				}
			}
		}
		all[k] = signs(g)
	}
	return all, quality
}

// turns are what each place of All does: the axes swapped first, then reflected downwards and across.
var turns = [8]struct{ swap, down, across bool }{
	{}, {swap: true, down: true}, {down: true, across: true}, {swap: true, across: true},
	{down: true}, {across: true}, {swap: true}, {swap: true, down: true, across: true},
}

// down brings a picture's brightness down to a square, and says how much there is to see in it.
func down(m image.Image) (square [side][side]float32, quality int) {
	if m.Bounds().Empty() {
		return square, 0
	}
	brightness, rows, columns := luma(m)
	again := make([]float32, len(brightness))
	across, along := window(columns), window(rows)
	for range 2 {
		for y := range rows {
			box(brightness[y*columns:], again[y*columns:], columns, 1, across)
		}
		for x := range columns {
			box(again[x:], brightness[x:], rows, columns, along)
		}
	}
	for i := range side {
		y := (2*i + 1) * rows / (2 * side)
		for j := range side {
			square[i][j] = brightness[y*columns+(2*j+1)*columns/(2*side)]
		}
	}
	steps := 0
	for i := range side {
		for j := range side {
			if i+1 < side {
				steps += step(square[i][j], square[i+1][j])
			}
			if j+1 < side {
				steps += step(square[i][j], square[i][j+1])
			}
		}
	}
	return square, min(steps/90, 100)
}

// step is the difference of two neighbours in whole hundredths of the greatest there is.
func step(a, b float32) int { return int(math.Abs(float64((a - b) * 100 / 255))) }

// luma is the brightness of each pixel, 0 to 255, row by row. Of a picture with a side longer than large it takes every so
// manieth pixel, large each way, which the description leaves open: without it the hashes are further from the reference's.
func luma(m image.Image) (brightness []float32, rows, columns int) {
	at := m.Bounds()
	rows, columns = at.Dy(), at.Dx()
	if rows > large || columns > large {
		rows, columns = large, large
	}
	brightness = make([]float32, rows*columns)
	for y := range rows {
		sy := at.Min.Y + y*at.Dy()/rows
		for x := range columns {
			sx := at.Min.X + x*at.Dx()/columns
			c := color.NRGBAModel.Convert(m.At(sx, sy)).(color.NRGBA)
			brightness[y*columns+x] = 0.299*float32(c.R) + 0.587*float32(c.G) + 0.114*float32(c.B)
		}
	}
	return brightness, rows, columns
}

// window is how wide the box is that smooths n pixels down to side of them.
func window(n int) int { return (n + 2*side - 1) / (2 * side) }

// box writes to out the mean of the n values of in within the window about each; at the ends the window is cut. Values lie
// stride apart.
func box(in, out []float32, n, stride, window int) {
	right := (window+2)/2 - 1
	left := window - 1 - right
	var sum float32
	from, to := 0, 0 // the window holds from up to to
	for i := range n {
		for ; to < n && to <= i+right; to++ {
			sum += in[to*stride]
		}
		for ; from < i-left; from++ {
			sum -= in[from*stride]
		}
		out[i*stride] = sum / float32(to-from)
	}
}

// cosines are those of the discrete cosine transform, without the frequency 0.
var cosines = func() (c [low][side]float32) {
	for i := range low {
		for j := range side {
			c[i][j] = float32(math.Sqrt(2.0/side) * math.Cos(math.Pi/2/side*float64(i+1)*float64(2*j+1)))
		}
	}
	return c
}()

// frequencies are the lowest of the square, downwards and across.
func frequencies(square *[side][side]float32) (f [low][low]float32) {
	var half [low][side]float32
	for i := range low {
		for j := range side {
			var sum float32
			for k := range side {
				sum += cosines[i][k] * square[k][j]
			}
			half[i][j] = sum
		}
	}
	for i := range low {
		for j := range low {
			var sum float32
			for k := range side {
				sum += half[i][k] * cosines[j][k]
			}
			f[i][j] = sum
		}
	}
	return f
}

// signs are which frequencies are above their median.
func signs(f [low][low]float32) (h Hash) {
	sorted := make([]float32, 0, low*low)
	for i := range low {
		sorted = append(sorted, f[i][:]...)
	}
	slices.Sort(sorted)
	median := sorted[len(sorted)/2-1]
	for i := range low {
		for j := range low {
			if f[i][j] > median {
				k := i*low + j
				h[len(h)-1-k/8] |= 1 << (k % 8)
			}
		}
	}
	return h
}
