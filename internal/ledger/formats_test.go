package ledger_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	formats "github.com/transparency-dev/formats/log"
	formatsproof "github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// TestPeers holds our texts against transparency-dev/formats, written by others.
func TestPeers(t *testing.T) {
	d := dbtest.SQLite(t, clock.System)
	l := ledger.Open(d, newKey(t))
	ids := record(t, d, 700)
	sequence(t, l)
	c, err := l.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	theirs, _, _, err := formats.ParseCheckpoint([]byte(c.Note), l.Key.Origin(), l.Key.Verifier())
	if err != nil || theirs.Size != 700 || !bytes.Equal(theirs.Hash, c.Root[:]) {
		t.Errorf("they read %+v, %v", theirs, err)
	}
	for _, id := range []string{ids[0], ids[255], ids[699]} {
		p, err := l.Prove(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		text, err := p.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var their formatsproof.TLogProof
		if err := their.Unmarshal(text); err != nil {
			t.Fatal(err)
		}
		if their.Index != uint64(p.Position) || len(their.Hashes) != len(p.Hashes) || string(their.Checkpoint) != c.Note {
			t.Errorf("they read %+v", their)
		}
		their.ExtraData = []byte("what an application adds")
		for _, text := range [][]byte{text, their.Marshal()} {
			var back ledger.Proof
			if err := back.UnmarshalText(text); err != nil {
				t.Fatal(err)
			}
			e, err := l.Entry(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			// As an outsider gets it: through JSON.
			sent, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			var got ledger.Entry
			if err := json.Unmarshal(sent, &got); err != nil {
				t.Fatal(err)
			}
			if err := ledger.VerifyProof(back, got, l.Key.Verifier()); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestRFC6962 uses the well-known test tree of Certificate Transparency's reference implementation: eight leaves, and
// the root after each.
func TestRFC6962(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var hashes []tlog.Hash
	for i, leaf := range leaves {
		raw, err := hex.DecodeString(leaf)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, tlog.RecordHash(raw))
		byEdge, byForest := ledger.Roots(t, hashes)
		if want := roots[i]; hex.EncodeToString(byEdge[:]) != want || hex.EncodeToString(byForest[:]) != want {
			t.Errorf("root of %d: %x and %x, want %s", i+1, byEdge, byForest, want)
		}
	}
}

func TestRootsAgree(t *testing.T) {
	var hashes []tlog.Hash
	for i := range 70_000 {
		hashes = append(hashes, tlog.RecordHash(fmt.Append(nil, i)))
		if i < 3 || i == 255 || i == 256 || i == 65_535 || i == 65_536 || i == 69_999 {
			byEdge, byForest := ledger.Roots(t, hashes)
			if want := rootOf(hashes); byEdge != want || byForest != want {
				t.Errorf("root of %d: %v and %v, want %v", i+1, byEdge, byForest, want)
			}
		}
	}
}

func TestLeaf(t *testing.T) {
	e := ledger.Entry{ID: "0199", At: time.UnixMicro(1795000000000001).UTC(), Kind: "decision.made", Subject: "listing:\"\\\n\x01鞋", Actor: "person:anna", Body: json.RawMessage(`{"reason":"brand"}`)}
	const want = `{"id":"0199","at":1795000000000001,"kind":"decision.made","subject":"listing:\"\\\n\u0001鞋","actor":"person:anna","body":{"reason":"brand"}}`
	if got := string(e.Leaf()); got != want {
		t.Errorf("leaf is\n%s\nwant\n%s", got, want)
	}
	if !json.Valid(e.Leaf()) {
		t.Error("a leaf is JSON")
	}
	e.Body = json.RawMessage(`"` + strings.Repeat("x", 70_000) + `"`)
	long := e.Leaf()
	if len(long) > 1<<16-1 || !strings.Contains(string(long), `"body_sha256":"`) {
		t.Errorf("leaf of a long body has %d bytes", len(long))
	}
	if back, digest, err := ledger.ParseLeaf(long); err != nil || len(digest) != 64 || back.ID != e.ID {
		t.Errorf("%v, %q, %v", back, digest, err)
	}
	for _, bad := range []string{
		"", "{}", "null", "[]", want + " ", " " + want, strings.Replace(want, `"kind"`, `"Kind"`, 1),
		strings.Replace(want, `"at":`, `"at": `, 1), strings.Replace(want, "\\u0001", "\\u0001\\u0000x", 1) + "x",
		`{"at":1,"id":"x","kind":"","subject":"","actor":"","body":1}`,
		`{"id":"x","at":1,"kind":"","subject":"","actor":"","body_sha256":"00"}`,
		strings.Repeat("[", 60_000),
	} {
		if _, _, err := ledger.ParseLeaf([]byte(bad)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
}

func TestExport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		dir := t.TempDir()
		if _, err := l.Export(t.Context(), dir); !errors.Is(err, fault.NotFound) {
			t.Errorf("export of an empty log: %v", err)
		}
		record(t, d, 300)
		long := strings.Repeat("长", 50_000)
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := ledger.Record(tx, "brand.imported", "brand:nb", "system", long)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		sequence(t, l)
		c, err := l.Export(t.Context(), dir)
		if err != nil || c.Size != 301 {
			t.Fatal(c.Size, err)
		}
		for _, file := range []string{"checkpoint", "tile/0/000", "tile/0/001.p/45", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/45"} {
			if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
				t.Error(err)
			}
		}
		check := func() ledger.Report {
			t.Helper()
			r, err := ledger.VerifyDir(dir, l.Key.Verifier())
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := check(); !r.OK() || r.Size != 301 {
			t.Errorf("%+v\n%s", r, findings(r))
		}
		bodies, err := filepath.Glob(filepath.Join(dir, "bodies", "*.json"))
		if err != nil || len(bodies) != 1 {
			t.Fatalf("long bodies kept apart: %v, %v", bodies, err)
		}
		for _, test := range []struct {
			file  string
			alter func([]byte) []byte
			want  string
		}{
			{"tile/entries/000", func(b []byte) []byte { return bytes.Replace(b, []byte("person:anna"), []byte("person:bert"), 1) }, "position 0, entry "},
			{"tile/entries/001.p/45", func(b []byte) []byte { return b[:len(b)-3] }, "position 300: The entry is gone."},
			{"tile/entries/000", func(b []byte) []byte { return append(b, 0, 0) }, "position 256: The entry claims a position past the end"},
			{"tile/entries/000", func([]byte) []byte { return nil }, "position 17: The entry is gone."},
			{"tile/0/000", func(b []byte) []byte { b[40] ^= 1; return b }, "position 0: A stored tile of hashes at level 0"},
			{"tile/1/000.p/1", func(b []byte) []byte { b[0] ^= 1; return b }, "A stored tile of hashes at level 1"},
			{"checkpoint", func(b []byte) []byte { return bytes.Replace(b, []byte("\n301\n"), []byte("\n300\n"), 1) }, "is not signed"},
			{"bodies/" + filepath.Base(bodies[0]), func(b []byte) []byte { return b[1:] }, "position 300: The entry's body, kept apart in bodies, was changed."},
		} {
			file := filepath.Join(dir, test.file)
			was, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, test.alter(bytes.Clone(was)), 0o600); err != nil {
				t.Fatal(err)
			}
			if r := check(); !strings.Contains(findings(r), test.want) {
				t.Errorf("%s: no %q in\n%.500s", test.file, test.want, findings(r))
			}
			if err := os.WriteFile(file, was, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ledger.VerifyDir(t.TempDir(), l.Key.Verifier()); !errors.Is(err, fault.NotFound) {
			t.Errorf("an empty folder: %v", err)
		}
	})
}

func TestTileHandler(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		get := func(path string, entries bool) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			l.TileHandler(entries).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			return w
		}
		if w := get("/checkpoint", false); w.Code != 404 {
			t.Errorf("checkpoint of an empty log: %d", w.Code)
		}
		record(t, d, 300)
		sequence(t, l)
		for _, test := range []struct {
			path    string
			entries bool
			status  int
			bytes   int
			cache   string
		}{
			{"/checkpoint", false, 200, 0, "no-cache"},
			{"/tile/0/000", false, 200, 8192, "public, max-age=31536000, immutable"},
			{"/tile/0/001.p/44", false, 200, 44 * 32, "public, max-age=31536000, immutable"},
			{"/tile/0/001.p/3", false, 200, 3 * 32, "public, max-age=31536000, immutable"},
			{"/tile/1/000.p/1", false, 200, 32, "public, max-age=31536000, immutable"},
			{"/tile/entries/001.p/44", true, 200, 0, "private, max-age=31536000, immutable"},
			{"/tile/entries/001.p/44", false, 404, 0, "no-store"},
			{"/tile/0/001", false, 404, 0, "no-store"},
			{"/tile/0/001.p/45", false, 404, 0, "no-store"},
			{"/tile/entries/001.p/45", true, 404, 0, "no-store"},
			{"/tile/entries/001", true, 404, 0, "no-store"},
			{"/tile/2/000.p/1", false, 404, 0, "no-store"},
			{"/tile/data/000", true, 404, 0, "no-store"},
			{"/tile/0/1", false, 404, 0, "no-store"},
			{"/tile/0/000.p/0", false, 404, 0, "no-store"},
			{"/tile/0/000.p/256", false, 404, 0, "no-store"},
			{"/tile/0/x999/x999/x999/x999/x999/x999/999", false, 404, 0, "no-store"},
			{"/tile/-1/000", true, 404, 0, "no-store"},
			{"/tile/8/0/000", false, 404, 0, "no-store"},
		} {
			w := get(test.path, test.entries)
			if w.Code != test.status || w.Header().Get("Cache-Control") != test.cache || test.bytes > 0 && w.Body.Len() != test.bytes {
				t.Errorf("%s: status %d, %d bytes, %q", test.path, w.Code, w.Body.Len(), w.Header().Get("Cache-Control"))
			}
		}
		if _, err := ledger.OpenCheckpoint(get("/checkpoint", false).Body.Bytes(), l.Key.Verifier()); err != nil {
			t.Error(err)
		}
	})
}

func TestHostileCheckpoints(t *testing.T) {
	key := newKey(t)
	for _, text := range []string{
		"", "\n\n", "a\n1\nx\n\n— a b\n", "a\n1\n\n", "a\n-1\n" + strings.Repeat("A", 43) + "=\n\n— a b\n",
		"a\n01\n" + strings.Repeat("A", 43) + "=\n\n— a b\n",
		"a\n1\n" + strings.Repeat("A", 42) + "B=\n\n— a b\n",
		"a\n99999999999999999999\n" + strings.Repeat("A", 43) + "=\n\n— a b\n",
		"\n1\n" + strings.Repeat("A", 43) + "=\n\n— a b\n",
		strings.Repeat("a", 100_000) + "\n1\n" + strings.Repeat("A", 43) + "=\n\n— a b\n",
	} {
		if c, err := ledger.ParseCheckpoint([]byte(text)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%.40q read as %+v, %v", text, c, err)
		}
		if _, err := ledger.OpenCheckpoint([]byte(text), key.Verifier()); !errors.Is(err, fault.Invalid) {
			t.Errorf("%.40q opened: %v", text, err)
		}
	}
}

func FuzzCheckpoint(f *testing.F) {
	f.Add("example.com/log\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n")
	f.Add("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n\n— a AAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ledger.ParseCheckpoint([]byte(text))
		if err != nil {
			return
		}
		if c.Size < 0 || c.Origin == "" || c.Note != text {
			t.Errorf("%+v", c)
		}
		// What we read, others read alike.
		var theirs formats.Checkpoint
		if _, err := theirs.Unmarshal([]byte(text)); err != nil || theirs.Origin != c.Origin || theirs.Size != uint64(c.Size) || !bytes.Equal(theirs.Hash, c.Root[:]) {
			t.Errorf("we read %+v, they %+v, %v", c, theirs, err)
		}
	})
}

func FuzzProof(f *testing.F) {
	f.Add("c2sp.org/tlog-proof@v1\nindex 3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\na\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— a AAAA\n")
	f.Add("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\na\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— a AAAA\n")
	key := newKey(f)
	f.Fuzz(func(t *testing.T, text string) {
		var p ledger.Proof
		if err := p.UnmarshalText([]byte(text)); err != nil {
			return
		}
		if err := ledger.VerifyProof(p, ledger.Entry{}, key.Verifier()); err == nil {
			t.Error("a proof nobody signed was believed")
		}
		again, err := p.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back ledger.Proof
		if err := back.UnmarshalText(again); err != nil || back.Position != p.Position || len(back.Hashes) != len(p.Hashes) {
			t.Errorf("%+v written and read is %+v, %v", p, back, err)
		}
	})
}

func FuzzLeaf(f *testing.F) {
	f.Add([]byte(`{"id":"0199","at":1,"kind":"k","subject":"s","actor":"a","body":{"x":1}}`))
	f.Add([]byte(`{"id":"0199","at":1,"kind":"k","subject":"s","actor":"a","body_sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		e, digest, err := ledger.ParseLeaf(leaf)
		if err == nil && digest == "" && !bytes.Equal(e.Leaf(), leaf) {
			t.Errorf("%q read and written is %q", leaf, e.Leaf())
		}
	})
}

func BenchmarkSequence(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				d := dbtest.On(b, engine)
				record(b, d, 20_000)
				l := ledger.Open(d, newKey(b))
				b.StartTimer()
				if n := sequence(b, l); n != 20_000 {
					b.Fatal(n)
				}
			}
			b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			d := dbtest.On(b, engine)
			record(b, d, 20_000)
			l := ledger.Open(d, newKey(b))
			sequence(b, l)
			for b.Loop() {
				if r := verify(b, l, ledger.VerifyOptions{}); !r.OK() {
					b.Fatal(findings(r))
				}
			}
			b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
