package ledger

import (
	"context"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// KeepOutside is one step of Run, for tests.
func (l *Log) KeepOutside(ctx context.Context, c Checkpoint) error { return l.keepOutside(ctx, c) }

// Roots is the root of the leaves by the two ways in which this package grows a tree.
func Roots(t *testing.T, leaves []tlog.Hash) (byEdge, byForest tlog.Hash) {
	t.Helper()
	e := edge{full: func(place, []byte) error { return nil }}
	var f forest
	for _, h := range leaves {
		if err := e.append(h); err != nil {
			t.Fatal(err)
		}
		f.append(h)
	}
	root, err := e.root()
	if err != nil {
		t.Fatal(err)
	}
	return root, f.root()
}
