package ledger

import (
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
)

// Tiles are 256 hashes wide (C2SP tlog-tiles): each hash of a level above stands for a full tile of the level below.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	tileBytes  = tileWidth * tlog.HashSize
)

// edge is the right edge of the tiles: the last, unfinished tile of each level. Appending a leaf costs one node hash
// on average.
type edge struct {
	size   int64
	levels []tile
	// full is told of each tile that gets its last hash.
	full func(place, []byte) error
}

type tile struct {
	number  int64
	hashes  []byte
	changed bool
}

func (e *edge) append(h tlog.Hash) error {
	if err := e.put(0, h); err != nil {
		return err
	}
	e.size++
	return nil
}

func (e *edge) put(level int, h tlog.Hash) error {
	if level == len(e.levels) {
		e.levels = append(e.levels, tile{})
	}
	t := &e.levels[level]
	t.hashes = append(t.hashes, h[:]...)
	t.changed = true
	if len(t.hashes) < tileBytes {
		return nil
	}
	if err := e.full(place{level, t.number}, t.hashes); err != nil {
		return err
	}
	root := tileRoot(t.hashes)
	*t = tile{number: t.number + 1, hashes: make([]byte, 0, tileBytes)}
	return e.put(level+1, root)
}

// partial gives the unfinished tiles that hold something.
func (e *edge) partial(each func(place, tile) error) error {
	for level, t := range e.levels {
		if len(t.hashes) == 0 {
			continue
		}
		if err := each(place{level, t.number}, t); err != nil {
			return err
		}
	}
	return nil
}

// root is the root hash of the tree as it stands.
func (e *edge) root() (tlog.Hash, error) {
	r := &hashReader{tiles: map[place][]byte{}}
	for level, t := range e.levels {
		r.tiles[place{level, t.number}] = t.hashes
	}
	return tlog.TreeHash(e.size, r)
}

// loadEdge reads the right edge of a tree of the given size.
func loadEdge(tx *db.Tx, size int64) (*edge, error) {
	e := &edge{size: size}
	r := &hashReader{tx: tx}
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		at := size >> (tileHeight * level)
		t := tile{number: at >> tileHeight}
		if width := at & (tileWidth - 1); width > 0 {
			data, err := r.tile(place{level, t.number})
			if err != nil {
				return nil, err
			}
			t.hashes = append(make([]byte, 0, tileBytes), data[:min(len(data), int(width)*tlog.HashSize)]...)
		}
		e.levels = append(e.levels, t)
	}
	return e, nil
}

func tileRoot(hashes []byte) tlog.Hash {
	if len(hashes) == tlog.HashSize {
		return tlog.Hash(hashes)
	}
	half := len(hashes) / 2
	return tlog.NodeHash(tileRoot(hashes[:half]), tileRoot(hashes[half:]))
}

// forest is the least that is needed to know the root of a growing tree: the roots of its perfect subtrees, largest
// first.
type forest struct {
	size  int64
	roots []tlog.Hash
}

func (f *forest) append(h tlog.Hash) {
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.roots) - 1
		h = tlog.NodeHash(f.roots[last], h)
		f.roots = f.roots[:last]
	}
	f.roots = append(f.roots, h)
	f.size++
}

func (f *forest) root() tlog.Hash {
	if f.size == 0 {
		return emptyRoot
	}
	last := len(f.roots) - 1
	h := f.roots[last]
	for i := last - 1; i >= 0; i-- {
		h = tlog.NodeHash(f.roots[i], h)
	}
	return h
}

func (f *forest) clone() forest {
	return forest{f.size, append([]tlog.Hash(nil), f.roots...)}
}
