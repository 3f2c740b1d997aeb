package world

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
)

// chance is a stream of random choices. PCG's output is fixed by its definition; the methods of rand.Rand are not
// promised to stay as they are, and floating point may be fused differently on each processor, so choices are made here
// from whole numbers only.
type chance struct{ source rand.PCG }

// newChance is the stream for the thing called name with this number, independent of every other.
func newChance(seed uint64, name string, number uint64) chance {
	var c chance
	c.source.Seed(mix(seed^hashOf(name)), mix(number+0x9e3779b97f4a7c15))
	return c
}

// n is a number from 0 to k-1.
func (c *chance) n(k int) int {
	high, _ := bits.Mul64(c.source.Uint64(), uint64(k))
	return int(high)
}

// between is a number from low to high, both possible.
func (c *chance) between(low, high int) int { return low + c.n(high-low+1) }

func (c *chance) percent(p int) bool { return c.n(100) < p }

// bell is a number from low to high, more often near the middle.
func (c *chance) bell(low, high int) int {
	return (c.between(low, high) + c.between(low, high) + c.between(low, high)) / 3
}

// small is a number from low to high, more often near low: about as many orders of magnitude apart as together.
func (c *chance) small(low, high int) int {
	span := high - low
	for range 2 {
		span = c.n(span + 1)
	}
	return low + span
}

func (c *chance) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(c.n(10))
	}
	return string(b)
}

func (c *chance) hex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[c.n(16)]
	}
	return string(b)
}

func pick[T any](c *chance, from []T) T { return from[c.n(len(from))] }

// weighted is an index into weights, each as likely as its weight.
func (c *chance) weighted(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	at := c.n(sum)
	for i, w := range weights {
		if at < w {
			return i
		}
		at -= w
	}
	return len(weights) - 1
}

// shuffle puts list in a random order.
func shuffle[T any](c *chance, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := c.n(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// mix spreads a number over 64 bits (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// hashOf is FNV-1a, mixed, over the parts.
func hashOf(parts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, part := range parts {
		for i := range len(part) {
			h = (h ^ uint64(part[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return mix(h)
}

// affine turns the numbers 0, 1, 2… into ten-digit numbers that look drawn at random and never repeat.
type affine struct{ times, plus uint64 }

const tenDigits = 10_000_000_000

func newAffine(c *chance) affine {
	// Ends in 3, so it shares no factor with a power of ten, and stays below 2^64 when multiplied by ten digits.
	return affine{times: uint64(c.between(10_000_000, 90_000_000))*10 + 3, plus: uint64(c.between(0, 999_999_999)) * 7}
}

func (a affine) id(prefix string, number int) string {
	return fmt.Sprintf("%s%010d", prefix, (uint64(number)*a.times+a.plus)%tenDigits)
}
