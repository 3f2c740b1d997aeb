package evidence_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/evidence"
	"github.com/ownmark/ownmark/internal/fake/tsa"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// made is a bundle with what it was made of.
type made struct {
	archive []byte
	key     *ledger.Key
	roots   *x509.CertPool
	entry   ledger.Entry // that seals it
	log     *ledger.Log
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bundle makes a bundle with a few files and entries. Where stamped, a test authority stamps it.
func bundle(t testing.TB, stamped bool) made {
	t.Helper()
	d := dbtest.SQLite(t, func() time.Time { return noon })
	key, err := ledger.NewKey("ownmark.example/test")
	ok(t, err)
	log := ledger.Open(d, key)
	var ids []string
	ok(t, d.Tx(t.Context(), func(tx *db.Tx) error {
		ids = nil
		for i := range 5 {
			body := any(map[string]int{"number": i})
			if i == 3 {
				body = strings.Repeat("long ", 20_000) // the leaf holds only its hash
			}
			id, err := ledger.Record(tx, "decision.made", fmt.Sprintf("listing:L%d", i), "person:1", body)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	}))
	_, err = log.Sequence(t.Context())
	ok(t, err)
	entries, proofs, checkpoint, err := log.ProveAll(t.Context(), ids)
	ok(t, err)
	var proved []evidence.Entry
	for i := range entries {
		proved = append(proved, evidence.Entry{Entry: entries[i], Proof: proofs[i]})
	}
	contents, err := evidence.Entries(key.VerifierKey(), checkpoint, proved)
	ok(t, err)
	contents = append(contents, evidence.Text("index.html", "text/html", "the index", []byte("<!doctype html><title>Case</title>")),
		evidence.Text("pages/listing-1.html", "text/html", "a listing", []byte("<p>Shoe</p>")), evidence.Text("pictures/a.png", "image/png", "", bytes.Repeat([]byte{7}, 300)))
	draft, err := evidence.NewDraft(evidence.Head{Bundle: "b1", Case: "c1", Reference: "C-2026-0001", Title: "Shoes", MadeAt: noon, MadeBy: "Ana", Origin: key.Origin()}, contents)
	ok(t, err)
	m := made{key: key, log: log, roots: x509.NewCertPool()}
	var stamp []byte
	if stamped {
		authority, err := tsa.New(clock.At(noon).Now)
		ok(t, err)
		m.roots.AddCert(authority.Root())
		server := httptest.NewServer(authority)
		defer server.Close()
		stamp, err = (&evidence.Authority{URL: server.URL}).Stamp(t.Context(), draft.Manifest())
		ok(t, err)
	}
	var sealed string
	ok(t, d.Tx(t.Context(), func(tx *db.Tx) (err error) {
		sealed, err = ledger.Record(tx, evidence.SealKind, "case:c1", "system", map[string]any{"case": "c1", "detail": draft.Seal("b1", stamp)})
		return err
	}))
	_, err = log.Sequence(t.Context())
	ok(t, err)
	m.entry, err = log.Entry(t.Context(), sealed)
	ok(t, err)
	proof, err := log.Prove(t.Context(), sealed)
	ok(t, err)
	var out, again bytes.Buffer
	ok(t, draft.Write(&out, stamp, evidence.Entry{Entry: m.entry, Proof: proof}))
	ok(t, draft.Write(&again, stamp, evidence.Entry{Entry: m.entry, Proof: proof}))
	if !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Error("written twice, the archive differs")
	}
	m.archive = out.Bytes()
	return m
}

func verify(t testing.TB, archive []byte, o evidence.Options) evidence.Report {
	t.Helper()
	r, err := evidence.Verify(bytes.NewReader(archive), int64(len(archive)), o)
	ok(t, err)
	return r
}

func said(r evidence.Report) string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.String())
	}
	return strings.Join(all, "\n")
}

func TestWholeBundle(t *testing.T) {
	for _, stamped := range []bool{false, true} {
		m := bundle(t, stamped)
		r := verify(t, m.archive, evidence.Options{Key: m.key.Verifier(), Roots: m.roots})
		if !r.OK() || r.Entries != 5 || r.Files != 16 || r.Size != 5 || r.OwnKey || r.Reference != "C-2026-0001" || (r.Stamp != nil) != stamped {
			t.Errorf("%+v\n%s", r, said(r))
		}
		if stamped && (!r.Stamp.At.Equal(noon) || !r.Stamp.Trusted || !strings.Contains(r.Stamp.Authority, "Test time-stamp authority")) {
			t.Errorf("%+v", r.Stamp)
		}
		if r := verify(t, m.archive, evidence.Options{}); !r.OK() || !r.OwnKey {
			t.Errorf("%+v", r)
		}
	}
}

// TestAnyByte: whichever byte is changed, the bundle no longer verifies.
func TestAnyByte(t *testing.T) {
	m := bundle(t, true)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 3_000 {
		at := random.IntN(len(m.archive))
		if i < 400 {
			at = len(m.archive) - 1 - i // the central directory
		}
		forged := bytes.Clone(m.archive)
		forged[at] ^= byte(1 + random.IntN(255))
		r, err := evidence.Verify(bytes.NewReader(forged), int64(len(forged)), evidence.Options{Key: m.key.Verifier()})
		if err == nil && r.OK() {
			t.Fatalf("byte %d of %d was changed from %#x to %#x, and nobody noticed", at, len(forged), m.archive[at], forged[at])
		}
	}
	for _, cut := range []int{1, 22, len(m.archive) / 2} {
		forged := m.archive[:len(m.archive)-cut]
		if r, err := evidence.Verify(bytes.NewReader(forged), int64(len(forged)), evidence.Options{}); err == nil && r.OK() {
			t.Errorf("%d bytes were cut off, and nobody noticed", cut)
		}
	}
}

// file is one file of an archive to forge.
type file struct {
	name    string
	content []byte
}

func unpack(t testing.TB, archive []byte) (all []file) {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	ok(t, err)
	for _, f := range in.File {
		r, err := f.Open()
		ok(t, err)
		content, err := io.ReadAll(r)
		ok(t, err)
		all = append(all, file{f.Name, content})
	}
	return all
}

// repack writes the files as bundles are written, so that nothing but their contents is forged, and, when mend is set, a manifest that agrees with them.
func repack(t testing.TB, files []file, mend bool) []byte {
	t.Helper()
	if mend {
		var m evidence.Manifest
		ok(t, json.Unmarshal(files[0].content, &m))
		byName := map[string][]byte{}
		for _, f := range files {
			byName[f.name] = f.content
		}
		var kept []evidence.Item
		for _, item := range m.Files {
			if content, there := byName[item.Path]; there {
				sum := sha256.Sum256(content)
				item.Size, item.SHA256 = int64(len(content)), hex.EncodeToString(sum[:])
				kept = append(kept, item)
			}
		}
		m.Files = kept
		raw, err := json.MarshalIndent(m, "", "  ")
		ok(t, err)
		files[0].content = append(raw, '\n')
	}
	contents := make([]evidence.File, len(files))
	for i, f := range files {
		contents[i] = evidence.File{Path: f.name, Content: f.content}
	}
	return evidence.Pack(t, contents)
}

func find(t testing.TB, files []file, name string) int {
	t.Helper()
	for i, f := range files {
		if f.name == name {
			return i
		}
	}
	t.Fatalf("no file %s", name)
	return 0
}

func TestTampering(t *testing.T) {
	m := bundle(t, true)
	other := bundle(t, true)
	foreign := unpack(t, other.archive)
	later := func() []byte {
		ok(t, m.log.DB.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := ledger.Record(tx, "decision.made", "listing:L99", "person:1", 1)
			return err
		}))
		_, err := m.log.Sequence(t.Context())
		ok(t, err)
		c, err := m.log.Newest(t.Context())
		ok(t, err)
		return []byte(c.Note)
	}()
	for _, c := range []struct {
		name  string
		forge func(files []file) []file
		mend  bool
		want  []string
	}{
		{"a changed byte", func(f []file) []file { f[find(t, f, "pages/listing-1.html")].content[3] = 'B'; return f }, false,
			[]string{"pages/listing-1.html: The file is not the one the manifest names"}},
		{"a changed byte and a manifest that agrees", func(f []file) []file { f[find(t, f, "pages/listing-1.html")].content[3] = 'B'; return f }, true,
			[]string{"manifest.json: The manifest is not the one that was sealed in the ledger.", "manifest.tsr: The time stamp is over another manifest."}},
		{"a dropped file", func(f []file) []file { i := find(t, f, "pictures/a.png"); return append(f[:i], f[i+1:]...) }, false, []string{"pictures/a.png: The file is missing."}},
		{"a dropped file and a manifest that agrees", func(f []file) []file { i := find(t, f, "pictures/a.png"); return append(f[:i], f[i+1:]...) }, true,
			[]string{"manifest.json: The manifest is not the one that was sealed"}},
		{"a longer file", func(f []file) []file {
			i := find(t, f, "index.html")
			f[i].content = append(f[i].content, ' ')
			return f
		}, false, []string{"index.html: The file has 35 bytes, the manifest says 34."}},
		{"an added file", func(f []file) []file { return append(f, file{"pictures/b.png", []byte("x")}) }, false, []string{"pictures/b.png: The manifest does not name this file"}},
		{"a swapped proof", func(f []file) []file {
			a, b := find(t, f, "ledger/entries/000001.proof"), find(t, f, "ledger/entries/000002.proof")
			f[a].content, f[b].content = f[b].content, f[a].content
			return f
		}, true, []string{"ledger/entries/000001.proof: The proof does not lead from this entry", "ledger/entries/000002.proof: The proof does not lead"}},
		{"a later checkpoint", func(f []file) []file { f[find(t, f, "ledger/checkpoint")].content = later; return f }, true,
			[]string{"ledger/entries/000001.proof: The proof stands under another checkpoint than ledger/checkpoint."}},
		{"a proof under a later checkpoint", func(f []file) []file {
			i := find(t, f, "seal.proof")
			head, _, _ := strings.Cut(string(f[i].content), "\n\n")
			f[i].content = append([]byte(head+"\n\n"), later...)
			return f
		}, false, []string{"seal.proof: The proof does not lead from this entry to the signed root."}},
		{"another key's bundle", func([]file) []file { return foreign }, false, []string{"ledger/key.pub: The bundle names another key than the one given.", "ledger/checkpoint: The checkpoint is not signed by the key"}},
		{"a signature by another key", func(f []file) []file {
			for _, name := range []string{"ledger/checkpoint", "seal.proof", "seal.json"} {
				f[find(t, f, name)].content = foreign[find(t, foreign, name)].content
			}
			return f
		}, true, []string{"ledger/checkpoint: The checkpoint is not signed by the key", "seal.proof: The checkpoint is not signed by the key"}},
		{"another bundle's time stamp", func(f []file) []file {
			f[find(t, f, "manifest.tsr")].content = foreign[find(t, foreign, "manifest.tsr")].content
			return f
		}, false, []string{"manifest.tsr: The time stamp is not the one that was sealed in the ledger.", "manifest.tsr: The time stamp is over another manifest."}},
		{"no time stamp", func(f []file) []file { i := find(t, f, "manifest.tsr"); return append(f[:i], f[i+1:]...) }, false, []string{"manifest.tsr: The bundle was sealed with a time stamp, which is missing."}},
		{"no seal", func(f []file) []file { i := find(t, f, "seal.json"); return append(f[:i], f[i+1:]...) }, false, []string{"seal.json: The file is missing."}},
		{"no proof of the seal", func(f []file) []file { i := find(t, f, "seal.proof"); return append(f[:i], f[i+1:]...) }, false, []string{"seal.proof: The file is missing."}},
		{"another body", func(f []file) []file { f[find(t, f, "ledger/entries/000004.body")].content[9] ^= 1; return f }, true,
			[]string{"ledger/entries/000004.body: The body is missing or not the one the entry commits to."}},
		{"no manifest", func(f []file) []file { return f[1:] }, false, []string{"manifest.json: The file is missing."}},
		{"a manifest that is none", func(f []file) []file { f[0].content = []byte(`{"format": 1}`); return f }, false, []string{"manifest.json: The manifest cannot be read."}},
		{"a manifest of tomorrow", func(f []file) []file {
			f[0].content = bytes.Replace(f[0].content, []byte(`"version": 1`), []byte(`"version": 2`), 1)
			return f
		}, false, []string{"manifest.json: The manifest is of another format or version (ownmark-evidence-bundle, 2)."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := repack(t, c.forge(unpack(t, m.archive)), c.mend)
			r := verify(t, forged, evidence.Options{Key: m.key.Verifier()})
			for _, want := range c.want {
				if !strings.Contains(said(r), want) {
					t.Errorf("does not say %q:\n%s", want, said(r))
				}
			}
			if strings.Contains(said(r), "byte for byte") {
				t.Errorf("the archive itself was not forged:\n%s", said(r))
			}
		})
	}
	if r := verify(t, repack(t, unpack(t, m.archive), false), evidence.Options{Key: m.key.Verifier()}); !r.OK() {
		t.Errorf("unpacked and packed as it was: %s", said(r))
	}
	if r := verify(t, m.archive, evidence.Options{Key: m.key.Verifier(), Roots: other.roots}); !strings.Contains(said(r), "does not lead to a root that is trusted") {
		t.Errorf("a time stamp nobody vouches for: %s", said(r))
	}
}

// hostile writes an archive by the standard library, which writes what bundles never have.
func hostile(t *testing.T, write func(w *zip.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	write(w)
	ok(t, w.Close())
	return b.Bytes()
}

func TestHostileArchives(t *testing.T) {
	add := func(t *testing.T, w *zip.Writer, h *zip.FileHeader, content string) {
		t.Helper()
		f, err := w.CreateHeader(h)
		ok(t, err)
		_, err = io.WriteString(f, content)
		ok(t, err)
	}
	for name, c := range map[string]struct {
		write func(t *testing.T, w *zip.Writer)
		want  string
	}{
		"a bomb": {func(t *testing.T, w *zip.Writer) {
			add(t, w, &zip.FileHeader{Name: "manifest.json", Method: zip.Deflate}, strings.Repeat("0", 50<<20))
		}, "The files claim to have more bytes than the archive."},
		"compressed": {func(t *testing.T, w *zip.Writer) {
			add(t, w, &zip.FileHeader{Name: "manifest.json", Method: zip.Deflate}, "{}")
		}, "compressed"},
		"a way out":       {func(t *testing.T, w *zip.Writer) { add(t, w, &zip.FileHeader{Name: "../../etc/passwd"}, "x") }, "lead out of the bundle"},
		"a root":          {func(t *testing.T, w *zip.Writer) { add(t, w, &zip.FileHeader{Name: "/etc/passwd"}, "x") }, "lead out of the bundle"},
		"a drive":         {func(t *testing.T, w *zip.Writer) { add(t, w, &zip.FileHeader{Name: `c:\windows`}, "x") }, "lead out of the bundle"},
		"dots inside":     {func(t *testing.T, w *zip.Writer) { add(t, w, &zip.FileHeader{Name: "a/b..c"}, "x") }, "lead out of the bundle"},
		"another writing": {func(t *testing.T, w *zip.Writer) { add(t, w, &zip.FileHeader{Name: "Manifest.json"}, "x") }, "never have"},
		"a terminal's command": {func(t *testing.T, w *zip.Writer) {
			add(t, w, &zip.FileHeader{Name: "a\x1b[2Jb\u202e"}, "x")
		}, "a?[2Jb?"},
		"twice": {func(t *testing.T, w *zip.Writer) {
			add(t, w, &zip.FileHeader{Name: "manifest.json"}, "x")
			add(t, w, &zip.FileHeader{Name: "manifest.json"}, "y")
		}, "twice"},
		"a link": {func(t *testing.T, w *zip.Writer) {
			h := &zip.FileHeader{Name: "manifest.json"}
			h.SetMode(0o777 | 1<<27) // fs.ModeSymlink
			add(t, w, h, "/etc/passwd")
		}, "no plain file but a link"},
		"a folder":  {func(t *testing.T, w *zip.Writer) { add(t, w, &zip.FileHeader{Name: "pages/"}, "") }, "never have"},
		"a comment": {func(t *testing.T, w *zip.Writer) { ok(t, w.SetComment("hello")) }, "comment"},
		"empty":     {func(*testing.T, *zip.Writer) {}, "manifest.json: The file is missing."},
		"packed by another program": {func(t *testing.T, w *zip.Writer) {
			add(t, w, &zip.FileHeader{Name: "manifest.json"}, "{}")
		}, "not byte for byte as bundles are written"},
	} {
		t.Run(name, func(t *testing.T) {
			r := verify(t, hostile(t, func(w *zip.Writer) { c.write(t, w) }), evidence.Options{})
			if !strings.Contains(said(r), c.want) {
				t.Errorf("does not say %q: %s", c.want, said(r))
			}
		})
	}
	for name, content := range map[string]string{"nothing": "", "a text": "hello", "half": "PK\x03\x04"} {
		if _, err := evidence.Verify(strings.NewReader(content), int64(len(content)), evidence.Options{}); fault.Of(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := bundle(t, false)
	hidden := append([]byte("#!/bin/sh\n"), m.archive...) // self-extracting archives begin so
	if r, err := evidence.Verify(bytes.NewReader(hidden), int64(len(hidden)), evidence.Options{}); err == nil && r.OK() {
		t.Error("something stands before the archive, and nobody noticed")
	}
}

func TestAuthorityThatFails(t *testing.T) {
	authority, err := tsa.New(clock.At(noon).Now)
	ok(t, err)
	server := httptest.NewServer(authority)
	defer server.Close()
	for _, url := range []string{server.URL + "\x00", "http://127.0.0.1:1/", httptest.NewServer(nil).URL} {
		if _, err := (&evidence.Authority{URL: url}).Stamp(t.Context(), []byte("m")); fault.Of(err) != fault.Unavailable {
			t.Errorf("%q: %v", url, err)
		}
	}
	answer, err := (&evidence.Authority{URL: server.URL}).Stamp(t.Context(), []byte("m"))
	ok(t, err)
	if _, err := evidence.ReadStamp(answer, []byte("n"), nil); fault.Of(err) != fault.Invalid {
		t.Error(err)
	}
}

func FuzzVerify(f *testing.F) {
	m := bundle(f, true)
	f.Add(m.archive)
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, archive []byte) {
		r, err := evidence.Verify(bytes.NewReader(archive), int64(len(archive)), evidence.Options{Key: m.key.Verifier()})
		if err == nil && r.OK() && !bytes.Equal(archive, m.archive) {
			t.Error("a forged bundle verifies")
		}
	})
}

func FuzzReadStamp(f *testing.F) {
	authority, err := tsa.New(clock.At(noon).Now)
	ok(f, err)
	server := httptest.NewServer(authority)
	defer server.Close()
	answer, err := (&evidence.Authority{URL: server.URL}).Stamp(f.Context(), []byte("m"))
	ok(f, err)
	f.Add(answer)
	f.Fuzz(func(t *testing.T, answer []byte) {
		if s, err := evidence.ReadStamp(answer, []byte("m"), nil); err == nil && s.At.IsZero() {
			t.Error("a stamp without a moment")
		}
	})
}
