// Package photo recognises pictures that are the same to the eye though not byte for byte.
//
// Decode reads a picture that a stranger sent, Look gives the hashes to keep and to ask for, and an Index finds them:
// milliseconds among ten million.
//
// The hash is PDQ: 256 bits of the signs of the lowest frequencies of a picture's brightness, 31 or fewer of which differ
// between two copies of one picture. Source: Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
// Algorithm" (2019), from whose description it is written anew.
package photo

import (
	"encoding/hex"
	"errors"
	"image"
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
	// Likely is the greatest Distance at which two hashes of a few thousand may still be taken for one picture's: copies with
	// a watermark or cropped by a fiftieth are beyond Near. It is estimated to be wrong of fewer than one pair of hashes in a
	// million (TestRobust), which among millions of pictures is too often.
	Likely = 60
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
// picture is bounded: at most 64 KiB.
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
	rows, columns := min(m.Bounds().Dy(), large), min(m.Bounds().Dx(), large)
	line := lines(m, rows, columns)
	across, along := soften(columns, columns), soften(rows, rows)
	if max(m.Bounds().Dy(), m.Bounds().Dx()) > large {
		// Then both sides are looked at in so many places. The shorter one may have fewer pixels; some then count twice.
		across, along = soften(large, columns), soften(large, rows)
	}
	// What softens across and what softens along may come in either order, so a line is brought down to its 64 values as soon as
	// it is read, and they go into the rows of the square that they weigh in.
	var brightness [large]float32
	first := 0
	for y := range rows {
		line(y, brightness[:columns])
		var short [side]float32
		for j := range across {
			var sum float32
			weights := across[j].weights
			values := brightness[across[j].from:][:len(weights)]
			for k, weight := range weights {
				sum += weight * values[k]
			}
			short[j] = sum
		}
		for first < side && along[first].from+len(along[first].weights) <= y {
			first++
		}
		for i := first; i < side && along[i].from <= y; i++ {
			if at := y - along[i].from; at < len(along[i].weights) {
				weight, row := along[i].weights[at], &square[i]
				for j, value := range short {
					row[j] += weight * value
				}
			}
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

// tap is how much the pixels of a line from one on weigh in one value of the square.
type tap struct {
	from    int
	weights []float32
}

// soften is what the square takes of a line looked at in n places: the mean of a window about each, twice over, at 64 of them. At
// the ends the window is cut. The places lie evenly on pixels, of which there are n or fewer.
func soften(n, pixels int) (taps [side]tap) {
	wide := (n + 2*side - 1) / (2 * side)
	right := (wide+2)/2 - 1
	left := wide - 1 - right
	window := func(at int) (from, to int) { return max(0, at-left), min(n, at+right+1) }
	for i := range taps {
		outer, end := window((2*i + 1) * n / (2 * side))
		from, _ := window(outer)
		_, to := window(end - 1)
		first := from * pixels / n
		taps[i] = tap{first, make([]float32, (to-1)*pixels/n+1-first)}
		for k := outer; k < end; k++ {
			a, b := window(k)
			for at := a; at < b; at++ {
				taps[i].weights[at*pixels/n-first] += 1 / float32((end-outer)*(b-a))
			}
		}
	}
	return taps
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
