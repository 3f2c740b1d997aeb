package score

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// Sketch counts positive numbers, as many as come, in little room, and gives their quantiles within a relative error: prices by the million in
// a few hundred counts. It is a histogram whose bins grow by a constant factor, so that a value taken from the middle of a bin is within
// Error of any value in it; two sketches are merged by adding their counts, in any order and grouping, with the same result (DDSketch: Masson,
// Rim and Lee, VLDB 2019). Bins are bounded: values outside of 1e-3 to 1e12 count as the nearest of those, for which no error is promised.
//
// The zero value is empty and ready. A Sketch is not safe for concurrent use.
type Sketch struct {
	first  int32    // bin of counts[0]
	counts []uint64 // neither the first nor the last is zero
	total  uint64
}

const (
	// Error is the greatest relative error of Sketch.Quantile.
	Error = 0.02

	sketchLeast = 1e-3
	sketchMost  = 1e12
)

var (
	sketchGrowth = math.Log((1 + Error) / (1 - Error))
	lowestBin    = binOf(sketchLeast)
	highestBin   = binOf(sketchMost)
)

// binOf is the bin of a positive number: bin i holds the values above growth^(i-1), up to growth^i.
func binOf(x float64) int32 {
	return int32(math.Ceil(math.Log(min(max(x, sketchLeast), sketchMost)) / sketchGrowth))
}

// middle is the value within Error of all in the bin: 2·growth^i/(growth+1).
func middle(bin int32) float64 {
	return 2 * math.Exp(float64(bin)*sketchGrowth) / (math.Exp(sketchGrowth) + 1)
}

// Add counts x. What is not a positive number is left out and false.
func (s *Sketch) Add(x float64) bool {
	if !(x > 0) || math.IsInf(x, 1) {
		return false
	}
	s.add(binOf(x), 1)
	return true
}

func (s *Sketch) add(bin int32, n uint64) {
	switch {
	case len(s.counts) == 0:
		s.first, s.counts = bin, append(s.counts, 0)
	case bin < s.first:
		s.counts = slices.Insert(s.counts, 0, make([]uint64, s.first-bin)...)
		s.first = bin
	case int(bin-s.first) >= len(s.counts):
		s.counts = append(s.counts, make([]uint64, int(bin-s.first)+1-len(s.counts))...)
	}
	s.counts[bin-s.first] += n
	s.total += n
}

// Count is how many numbers were counted.
func (s *Sketch) Count() uint64 { return s.total }

// Quantile is the number below which a share q of those counted lie, within Error: of the number of rank ⌊q·(n−1)⌋ in order, from 0.
// NaN when nothing was counted or q lies outside of 0 to 1.
func (s *Sketch) Quantile(q float64) float64 {
	if s.total == 0 || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	rank, below := uint64(q*float64(s.total-1)), uint64(0)
	for i, n := range s.counts {
		if below += n; below > rank {
			return middle(s.first + int32(i))
		}
	}
	return middle(s.first + int32(len(s.counts)-1))
}

// Each calls f with the middle of each bin that is not empty, rising, and how many numbers it counts.
func (s *Sketch) Each(f func(value float64, count uint64)) {
	for i, n := range s.counts {
		if n > 0 {
			f(middle(s.first+int32(i)), n)
		}
	}
}

// Merge adds what other has counted.
func (s *Sketch) Merge(other *Sketch) {
	for i, n := range other.counts {
		if n > 0 {
			s.add(other.first+int32(i), n)
		}
	}
}

// Clone is a sketch that shares nothing with s.
func (s *Sketch) Clone() *Sketch {
	return &Sketch{first: s.first, counts: slices.Clone(s.counts), total: s.total}
}

// sketchVersion begins the binary form; another growth or other bins are another version.
const sketchVersion = 1

// AppendBinary appends the binary form: the version, the lowest bin, the number of bins and their counts, as variable-length integers. Equal
// sketches have equal forms. It returns no error; the signature is encoding.BinaryAppender's.
func (s *Sketch) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, sketchVersion)
	b = binary.AppendVarint(b, int64(s.first))
	b = binary.AppendUvarint(b, uint64(len(s.counts)))
	for _, n := range s.counts {
		b = binary.AppendUvarint(b, n)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to nothing.
func (s *Sketch) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// mostCounted is how many numbers a sketch that is read may have counted: so many that no merging of such sketches overflows.
const mostCounted = 1 << 48

var errSketch = errors.New("score: this is no sketch")

// UnmarshalBinary reads the binary form in place of what s has counted. It returns an error, and leaves s as it was, for bytes that
// AppendBinary would not write.
func (s *Sketch) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != sketchVersion {
		return errSketch
	}
	b = b[1:]
	first, n := shortVarint(b)
	if n <= 0 {
		return errSketch
	}
	b = b[n:]
	bins, n := shortUvarint(b)
	if n <= 0 {
		return errSketch
	}
	b = b[n:]
	if bins == 0 {
		if first != 0 || len(b) > 0 {
			return errSketch
		}
		*s = Sketch{}
		return nil
	}
	if first < int64(lowestBin) || first > int64(highestBin) || bins > uint64(int64(highestBin)-first+1) || bins > uint64(len(b)) {
		return errSketch
	}
	read := Sketch{first: int32(first), counts: make([]uint64, bins)}
	for i := range read.counts {
		count, n := shortUvarint(b)
		if n <= 0 || count > mostCounted-read.total {
			return errSketch
		}
		read.counts[i], b = count, b[n:]
		read.total += count
	}
	if len(b) > 0 || read.counts[0] == 0 || read.counts[bins-1] == 0 {
		return errSketch
	}
	*s = read
	return nil
}

// shortUvarint reads a number that is written in as few bytes as it can be; otherwise its length is 0.
func shortUvarint(b []byte) (uint64, int) {
	x, n := binary.Uvarint(b)
	if n > 1 && b[n-1] == 0 {
		return 0, 0
	}
	return x, n
}

func shortVarint(b []byte) (int64, int) {
	x, n := binary.Varint(b)
	if n > 1 && b[n-1] == 0 {
		return 0, 0
	}
	return x, n
}
