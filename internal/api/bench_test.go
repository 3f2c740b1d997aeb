package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

// BenchmarkScan is one pre-publication check with all that stands before it, without the network.
func BenchmarkScan(b *testing.B) {
	h := newHouse(b, dbtest.On(b, db.SQLite), Limits{})
	h.importNike()
	for b.Loop() {
		if w := h.ask(h.keys[access.Administrator], "POST", "/api/v1/scan", fakeShoe); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkParseBatch reads 1,000 rows of NDJSON.
func BenchmarkParseBatch(b *testing.B) {
	body := []byte(strings.Repeat(fakeShoe+"\n", 1000))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if p, err := parseBatch(&call{body: body, contentType: typeNDJSON}, Limits{}.orDefault()); err != nil || len(p.listings) != 1000 {
			b.Fatal(err)
		}
	}
}
