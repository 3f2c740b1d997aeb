package api

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

func gzipped(t testing.TB, text []byte) string {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(text)
	must(t, err)
	must(t, z.Close())
	return packed.String()
}

func TestHostileBodies(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{Body: 64 << 10, Batch: 256 << 10, Rows: 50})
		deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
		bomb := gzipped(t, make([]byte, 50<<20))
		ndjson := []string{"Content-Type", typeNDJSON}
		for _, try := range []struct {
			name, path, body string
			headers          []string
			status           int
			field            string // of the first error; empty: not asked
		}{
			{"empty", "scan", "", []string{"Content-Type", typeJSON}, 400, ""},
			{"broken UTF-8", "scan", "{\"id\":\"a\",\"title\":\"\xff\xfe\"}", nil, 400, "title"},
			{"NUL", "scan", `{"id":"a","title":"a\u0000b"}`, nil, 422, "title"},
			{"deep", "scan", `{"id":` + deep[:200] + `}`, nil, 400, ""},
			{"deep rows", "listings", `{"listings":[{"id":` + deep[:40] + deep[len(deep)-40:] + `}]}`, nil, 422, "rows[1]"},
			{"deeper than the body", "listings", `{"listings":` + deep + `}`, nil, 400, ""},
			{"twice", "scan", `{"id":"a","id":"b","title":"t"}`, nil, 400, "id"},
			{"no number", "scan", `{"id":"a","title":"t","price":1e999}`, nil, 422, "price"},
			{"number without end", "scan", `{"id":"a","title":"t","price":` + strings.Repeat("9", 40_000) + `}`, nil, 422, "price"},
			{"wrong type", "scan", `{"id":"a","title":["t"]}`, nil, 422, "title"},
			{"behind", "scan", `{"id":"a","title":"t"} {}`, nil, 400, ""},
			{"cut off", "scan", `{"id":"a","title":"t`, nil, 400, ""},
			{"no object", "scan", `[1]`, nil, 422, ""},
			{"negative", "scan", `{"id":"a","title":"t","price":-1}`, nil, 422, "price"},
			{"too long", "scan", `{"id":"a","title":"` + strings.Repeat("x", 70_000) + `"}`, nil, 413, ""},
			{"long title", "scan", `{"id":"a","title":"` + strings.Repeat("x", 2_001) + `"}`, nil, 422, "title"},
			{"other type", "scan", `a=b`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "Content-Type"},
			{"other charset", "scan", `{}`, []string{"Content-Type", "application/json; charset=gbk"}, 415, "Content-Type"},
			{"other packing", "scan", `{}`, []string{"Content-Encoding", "br"}, 415, "Content-Encoding"},
			{"no gzip", "scan", `{}`, []string{"Content-Encoding", "gzip"}, 400, ""},
			{"half a gzip", "listings", gzipped(t, []byte(`{"listings":[`+fakeShoe+`]}`))[:60], []string{"Content-Encoding", "gzip"}, 400, ""},
			{"bomb", "listings", bomb, []string{"Content-Encoding", "gzip"}, 413, ""},
			{"bomb of lines", "listings", bomb, []string{"Content-Encoding", "gzip", "Content-Type", typeNDJSON}, 413, ""},
			{"gzip in NDJSON", "listings", bomb[:2000], ndjson, 422, "rows[1]"},
			{"too many rows", "listings", strings.Repeat("{}\n", 51), ndjson, 413, "listings"},
			{"no rows", "listings", "\n \n", ndjson, 422, "listings"},
			{"no listings", "listings", `{}`, nil, 422, "listings"},
			{"unknown", "listings", `{"rows":[]}`, nil, 422, "rows"},
			{"null", "listings", `{"listings":null}`, nil, 422, "listings"},
			{"only bad rows", "listings", "1\n\"x\"\n[]", ndjson, 422, "rows[1]"},
			{"unknown field", "decisions", `{"listing":"a","outcome":"remove","reason":"counterfeit","version":0,"x":1}`, nil, 422, "x"},
			{"unknown outcome", "decisions", `{"listing":"a","outcome":"burn","reason":"counterfeit","version":0}`, nil, 422, "outcome"},
			{"many unknown fields", "decisions", `{"listing":"a"` + strings.Repeat(`,"`+strings.Repeat("y", 2_000)+`":{}`, 1) + `}`, nil, 422, ""},
			{"missing field", "decisions", `{"listing":"a"}`, nil, 422, ""},
			{"NUL in an id", "decisions", `{"listing":"a\u0000","outcome":"remove","reason":"counterfeit","version":0}`, nil, 0, ""},
		} {
			w := h.ask(h.keys[access.Administrator], "POST", "/api/v1/"+try.path, try.body, try.headers...)
			p := problemIn(t, w)
			if try.status == 0 && (w.Code < 400 || w.Code >= 500) || try.status != 0 && w.Code != try.status {
				t.Errorf("%s: status %d, want %d: %s", try.name, w.Code, try.status, w.Body)
			}
			if try.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != try.field) {
				t.Errorf("%s: errors %+v, want one at %q", try.name, p.Errors, try.field)
			}
			if w.Body.Len() > 20_000 {
				t.Errorf("%s: the problem has %d bytes", try.name, w.Body.Len())
			}
		}
		for _, path := range []string{"/api/v1/listings?q=%ff%fe", "/api/v1/listings?q=a%00b", "/api/v1/listings/%00", "/api/v1/listings/%ff", "/api/v1/sellers/%00", "/api/v1/brands/%ff", "/api/v1/decisions/%00",
			"/api/v1/batches/%00", "/api/v1/ledger/entries/%00", "/api/v1/listings?limit=1000000000", "/api/v1/listings?limit=abc", "/api/v1/listings?from=yesterday", "/api/v1/ledger/consistency?from=9&to=1"} {
			if w := h.ask(h.keys[access.Administrator], "GET", path, ""); w.Code < 400 || w.Code >= 500 {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			} else {
				problemIn(t, w)
			}
		}
	})
}

func TestGoodRowsGoIn(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	var r Receipt
	h.want(202, &r, "POST", "/api/v1/listings", `{"listings":[{"id":"a","title":"ok"},{"id":"b","id":"c","title":"twice"},7,{"id":"d","title":"`+"\xff"+`"},
		{"id":"e",
		 "title":"two lines"}]}`)
	if r.Accepted != 2 || r.Refused != 3 || r.Bad[0].Row != 2 || r.Bad[1].Row != 3 || r.Bad[2].Row != 4 {
		t.Errorf("receipt %+v", r)
	}
}

func TestNowhere(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	problemIn(t, h.want(404, nil, "GET", "/api/v2/x", ""))
	w := h.want(405, nil, "PATCH", "/api/v1/listings", "{}")
	problemIn(t, w)
	if allow := w.Header().Get("Allow"); !strings.Contains(allow, "POST") {
		t.Errorf("Allow %q", allow)
	}
	if w := h.ask("", "OPTIONS", "/api/v1/listings", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST"); w.Code < 400 || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
}

func TestPanicIsAProblemWithAReference(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	h.Market = nil
	p := problemIn(t, h.want(500, nil, "GET", "/api/v1/sellers", ""))
	if strings.Contains(p.Detail, "nil") || !strings.Contains(h.log.String(), p.Reference) {
		t.Errorf("problem %+v", p)
	}
}

func TestRate(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{PerSecond: 0.001, Burst: 2, Keys: 2})
	token := h.keys[access.Auditor]
	for range 2 {
		if w := h.ask(token, "GET", "/api/v1/me", ""); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	w := h.ask(token, "GET", "/api/v1/me", "")
	problemIn(t, w)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, role := range access.Roles() {
		h.ask(h.keys[role], "GET", "/api/v1/me", "")
	}
	if n := len(h.rate.byKey); n != 2 || h.rate.recent.Len() != 2 {
		t.Errorf("%d keys are remembered", n)
	}
}

func FuzzBatch(f *testing.F) {
	f.Add([]byte(fakeShoe+"\n"+fakeShoe), true)
	f.Add([]byte(`{"listings":[`+fakeShoe+`, 7, {"id":"x"}]}`), false)
	f.Add([]byte("\ufeff{}\r\n\x00\n\xff"), true)
	f.Add([]byte(`{"listings":[{"id":"a","title":"b"`), false)
	f.Fuzz(func(t *testing.T, body []byte, byLine bool) {
		c := &call{body: bytes.Clone(body), contentType: typeJSON}
		if byLine {
			c.contentType = typeNDJSON
		}
		p, err := parseBatch(c, Limits{Rows: 100, Depth: 32})
		if !bytes.Equal(c.body, body) {
			t.Fatal("the body was changed")
		}
		if err != nil {
			return
		}
		if len(p.listings)+len(p.bad) != p.count || len(p.rows) != len(p.listings) {
			t.Fatalf("%d rows became %d listings and %d bad ones", p.count, len(p.listings), len(p.bad))
		}
		seen := map[int]bool{}
		for _, row := range p.rows {
			seen[row] = true
		}
		for _, bad := range p.bad {
			seen[bad.Row] = true
		}
		for row := range p.count {
			if !seen[row+1] {
				t.Fatalf("row %d is neither a listing nor bad", row+1)
			}
		}
	})
}

func TestProblemsStaySmall(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	var body strings.Builder
	body.WriteString(`{"listing":"a"`)
	for i := range 20_000 {
		body.WriteString(`,"unknown` + itoa(i) + `":1`)
	}
	body.WriteString("}")
	w := h.want(422, nil, "POST", "/api/v1/decisions", body.String())
	if p := problemIn(t, w); len(p.Errors) != maxErrors {
		t.Errorf("%d errors", len(p.Errors))
	}
}
