package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Options says whom the verifier trusts.
type Options struct {
	Key   note.Verifier  // that must have signed; nil takes the key that lies in the bundle, which shows only that the bundle agrees with itself
	Roots *x509.CertPool // of time-stamp authorities; nil does not look who vouches for the authority
}

// Report is what a verification found.
type Report struct {
	Head
	Files    int   // that the manifest names
	Entries  int   // of the ledger
	Size     int64 // of the ledger at the checkpoint, in entries
	SealedAt time.Time
	Key      string // the name and fingerprint of the key that was used
	OwnKey   bool   // it is the one in the bundle: nobody outside vouches for it
	Stamp    *Stamp // nil where there is none
	Findings []Finding
}

// OK reports whether nothing was found.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// Finding is one thing wrong.
type Finding struct {
	Path string // the file in the bundle; empty for the archive as a whole
	What string // an English sentence
}

// String is the finding in one line.
func (f Finding) String() string {
	if f.Path == "" {
		return f.What
	}
	return f.Path + ": " + f.What
}

// verification is one run.
type verification struct {
	r       Report
	archive io.ReaderAt
	size    int64
	files   map[string]*zip.File
	order   []*zip.File
	hashes  map[string]string // SHA-256 of each file read
}

func (v *verification) find(path, format string, args ...any) {
	const most = 100 // what is wrong with a file of a hundred thousand is said of the first hundred
	if len(v.r.Findings) < most {
		v.r.Findings = append(v.r.Findings, Finding{printable(path), printable(fmt.Sprintf(format, args...))})
	}
}

// printable keeps a hostile name from speaking to a terminal.
func printable(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}

// Verify checks a bundle. It needs neither a server nor a database. What is wrong is in the report; an error means that the file is no bundle at all
// (fault.Invalid) or could not be read. It writes nothing, and reads no more than the file has.
func Verify(file io.ReaderAt, size int64, o Options) (Report, error) {
	v := &verification{archive: file, size: size, files: map[string]*zip.File{}, hashes: map[string]string{}}
	if size > 2*maxBytes {
		return v.r, fault.TooLarge.Say("A bundle has at most %d MB.", maxBytes>>20)
	}
	in, err := zip.NewReader(file, size)
	if err != nil {
		return v.r, fault.Invalid.Say("This is not an evidence bundle: it cannot be read as a ZIP archive.").Because(err)
	}
	v.order = in.File
	if !v.shape(in.Comment) {
		return v.r, nil // what is in it is not safe to read
	}
	if err := v.bytes(); err != nil {
		return v.r, err
	}
	manifest, m, ok, err := v.manifest()
	if err != nil || !ok {
		return v.r, err
	}
	v.contents(m)
	key := v.key(o)
	if key != nil {
		if err := errors.Join(v.ledger(m, key), v.seal(manifest, m, key)); err != nil {
			return v.r, err
		}
	}
	return v.r, v.stamp(manifest, o.Roots)
}

// shape looks at the list of files alone. It reports whether the contents may be read.
func (v *verification) shape(comment string) bool {
	if comment != "" {
		v.find("", "The archive carries a comment, which bundles never do.")
	}
	if len(v.order) > MaxFiles+4 {
		v.find("", "The archive lists %d files; a bundle has at most %d.", len(v.order), MaxFiles)
		return false
	}
	safe := true
	var total uint64
	for _, f := range v.order {
		wrong := func(what string) { v.find(f.Name, "%s", what); safe = false }
		switch {
		case !names.MatchString(f.Name) || strings.Contains(f.Name, ".."):
			wrong("The name could lead out of the bundle, or is one that bundles never have.")
		case v.files[f.Name] != nil:
			wrong("The file is in the archive twice.")
		case !f.Mode().IsRegular():
			wrong("It is no plain file but a link, a folder or a device.")
		case f.Method != zip.Store:
			wrong("It is compressed, which files of a bundle never are.")
		case f.Flags&1 != 0:
			wrong("It is encrypted.")
		case f.CompressedSize64 != f.UncompressedSize64:
			wrong("It claims to grow when it is read.")
		}
		v.files[f.Name] = f
		if total += f.UncompressedSize64; f.UncompressedSize64 > uint64(v.size) || total > uint64(v.size) {
			v.find("", "The files claim to have more bytes than the archive.")
			return false
		}
	}
	return safe
}

// bytes writes the archive anew from its files and holds that against the archive, byte by byte, and hashes every file on the way.
func (v *verification) bytes() error {
	against := &comparison{with: v.archive, size: v.size}
	out := newArchive(against)
	for _, f := range v.order {
		content, err := f.Open()
		if err != nil {
			v.find(f.Name, "The file cannot be read: %v.", err)
			return nil
		}
		sum := sha256.New()
		// The length and check sum that the directory claims are held against the content by both readers.
		err = out.add(file{f.Name, int64(f.UncompressedSize64), f.CRC32}, io.TeeReader(content, sum))
		_ = content.Close() // only read
		if against.err != nil {
			return against.err
		}
		if err != nil {
			v.find(f.Name, "The file is damaged: %v.", err)
			return nil
		}
		v.hashes[f.Name] = hex.EncodeToString(sum.Sum(nil))
	}
	if err := out.end(); err != nil {
		return err
	}
	if against.differs || against.at != v.size {
		v.find("", "The archive is not byte for byte as bundles are written: something was added, hidden or changed between its files, or another program has packed them again.")
	}
	return nil
}

// comparison is a writer that holds what is written against what there is.
type comparison struct {
	with     io.ReaderAt
	size, at int64
	differs  bool
	err      error // of reading
	buffer   []byte
}

func (c *comparison) Write(b []byte) (int, error) {
	if !c.differs && c.at+int64(len(b)) > c.size {
		c.differs = true
	}
	if !c.differs {
		c.buffer = append(c.buffer[:0], b...)
		if _, err := c.with.ReadAt(c.buffer, c.at); err != nil && !errors.Is(err, io.EOF) {
			c.err = fmt.Errorf("read the bundle: %w", err)
			return 0, c.err
		}
		c.differs = !bytes.Equal(c.buffer, b)
	}
	c.at += int64(len(b))
	return len(b), nil
}

// Bounds of what is held in memory.
const (
	maxManifest = 64 << 20
	maxSmall    = 1 << 20
)

// read is a file of the bundle; ok is false, and that is found, when it is not there or too long.
func (v *verification) read(path string, most int64) (content []byte, ok bool, err error) {
	f := v.files[path]
	if f == nil {
		v.find(path, "The file is missing.")
		return nil, false, nil
	}
	if f.UncompressedSize64 > uint64(most) {
		v.find(path, "The file is longer than such a file ever is.")
		return nil, false, nil
	}
	in, err := f.Open()
	if err != nil {
		v.find(path, "The file cannot be read: %v.", err)
		return nil, false, nil
	}
	defer in.Close()
	content, err = io.ReadAll(in)
	if err != nil {
		v.find(path, "The file cannot be read: %v.", err)
		return nil, false, nil
	}
	return content, true, nil
}

func (v *verification) manifest() (raw []byte, m Manifest, ok bool, err error) {
	raw, ok, err = v.read(ManifestPath, maxManifest)
	if err != nil || !ok {
		return raw, m, false, err
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(&m); err != nil || in.More() {
		v.find(ManifestPath, "The manifest cannot be read.")
		return raw, m, false, nil
	}
	if m.Format != Format || m.Version != Version {
		v.find(ManifestPath, "The manifest is of another format or version (%s, %d).", m.Format, m.Version)
		return raw, m, false, nil
	}
	v.r.Head, v.r.Files = m.Head, len(m.Files)
	return raw, m, true, nil
}

// contents holds every file against the manifest, and the manifest against the files.
func (v *verification) contents(m Manifest) {
	named := map[string]bool{ManifestPath: true, StampPath: true, SealPath: true, ProofPath: true}
	for _, item := range m.Files {
		if named[item.Path] {
			v.find(item.Path, "The manifest names the file twice.")
			continue
		}
		named[item.Path] = true
		f := v.files[item.Path]
		switch {
		case f == nil:
			v.find(item.Path, "The file is missing.")
		case int64(f.UncompressedSize64) != item.Size:
			v.find(item.Path, "The file has %d bytes, the manifest says %d.", f.UncompressedSize64, item.Size)
		case v.hashes[item.Path] != item.SHA256:
			v.find(item.Path, "The file is not the one the manifest names: its SHA-256 is another.")
		}
	}
	for _, f := range v.order {
		if !named[f.Name] {
			v.find(f.Name, "The manifest does not name this file: somebody has put it in.")
		}
	}
}

// key is whose signature counts.
func (v *verification) key(o Options) note.Verifier {
	raw, ok, err := v.read(KeyPath, maxSmall)
	if err != nil || !ok {
		return o.Key
	}
	own, err := ledger.ParseVerifier(string(raw))
	if err != nil {
		v.find(KeyPath, "This is not a ledger's public key.")
		return o.Key
	}
	key := o.Key
	switch {
	case key == nil:
		key, v.r.OwnKey = own, true
	case own.Name() != key.Name() || own.KeyHash() != key.KeyHash():
		v.find(KeyPath, "The bundle names another key than the one given.")
	}
	v.r.Key = fmt.Sprintf("%s+%08x", key.Name(), key.KeyHash())
	return key
}

// ledger checks that every entry in the bundle stands in the log that the key has signed.
func (v *verification) ledger(m Manifest, key note.Verifier) error {
	raw, ok, err := v.read(CheckpointPath, maxSmall)
	if err != nil || !ok {
		return err
	}
	checkpoint, err := ledger.OpenCheckpoint(raw, key)
	if err != nil {
		v.find(CheckpointPath, "%s", sentence(err))
	}
	v.r.Size = checkpoint.Size
	proved := map[string]bool{}
	for _, item := range m.Files {
		name, isLeaf := strings.CutSuffix(item.Path, ".json")
		if !strings.HasPrefix(item.Path, EntriesFolder) || !isLeaf {
			continue
		}
		v.r.Entries++
		proved[name+".json"], proved[name+".proof"] = true, true
		leaf, ok, err := v.read(item.Path, maxSmall)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		_, bodyHash, err := ledger.ParseLeaf(leaf)
		if err != nil {
			v.find(item.Path, "%s", sentence(err))
			continue
		}
		if bodyHash != "" {
			proved[name+".body"] = true
			if v.hashes[name+".body"] != bodyHash {
				v.find(name+".body", "The body is missing or not the one the entry commits to.")
			}
		}
		proof, err := v.proof(name + ".proof")
		if err != nil {
			return err
		}
		if proof == nil {
			continue
		}
		if proof.Checkpoint.Note != string(raw) {
			v.find(name+".proof", "The proof stands under another checkpoint than %s.", CheckpointPath)
		}
		if err := leads(*proof, leaf, key); err != nil {
			v.find(name+".proof", "%s", sentence(err))
		}
	}
	for _, item := range m.Files {
		if strings.HasPrefix(item.Path, EntriesFolder) && !proved[item.Path] {
			v.find(item.Path, "It belongs to no entry of the ledger.")
		}
	}
	return nil
}

func (v *verification) proof(path string) (*ledger.Proof, error) {
	raw, ok, err := v.read(path, maxSmall)
	if err != nil || !ok {
		return nil, err
	}
	var p ledger.Proof
	if err := p.UnmarshalText(raw); err != nil {
		v.find(path, "%s", sentence(err))
		return nil, nil
	}
	if again, err := p.MarshalText(); err != nil || !bytes.Equal(again, raw) || !canonical(p.Checkpoint.Note) {
		v.find(path, "The proof is not written as the ledger writes proofs.")
		return nil, nil
	}
	return &p, nil
}

// leads checks that the proof leads from the leaf to a root that the key has signed.
func leads(p ledger.Proof, leaf []byte, key note.Verifier) error {
	c, err := ledger.OpenCheckpoint([]byte(p.Checkpoint.Note), key)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Position, tlog.RecordHash(leaf)); err != nil {
		return fault.Invalid.Say("The proof does not lead from this entry to the signed root.").Because(err)
	}
	return nil
}

// canonical reports whether a signed note is written in the one way there is: base64 has spare bits, in which a changed byte would not show.
func canonical(signed string) bool {
	_, signatures, ok := strings.Cut(signed, "\n\n")
	if !ok || !strings.HasSuffix(signatures, "\n") {
		return false
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(signatures, "\n"), "\n") {
		rest, ok := strings.CutPrefix(line, "— ")
		_, encoded, ok2 := strings.Cut(rest, " ")
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !ok || !ok2 || err != nil || base64.StdEncoding.EncodeToString(raw) != encoded {
			return false
		}
	}
	return strings.Count(signatures, "\n") == 1
}

// seal checks that the ledger holds the manifest's hash.
func (v *verification) seal(manifest []byte, m Manifest, key note.Verifier) error {
	leaf, ok, err := v.read(SealPath, maxSmall)
	if err != nil || !ok {
		return err
	}
	e, _, err := ledger.ParseLeaf(leaf)
	if err != nil {
		v.find(SealPath, "%s", sentence(err))
		return nil
	}
	var body struct {
		Detail Seal `json:"detail"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil || e.Kind != SealKind {
		v.find(SealPath, "The entry does not seal a bundle.")
		return nil
	}
	v.r.SealedAt = e.At
	said := body.Detail
	switch {
	case said.Manifest != digest(manifest):
		v.find(ManifestPath, "The manifest is not the one that was sealed in the ledger.")
	case said.Bundle != m.Bundle || e.Subject != "case:"+m.Case:
		v.find(SealPath, "The entry seals another bundle.")
	}
	stamped := v.files[StampPath] != nil
	switch {
	case said.Timestamp != "" && !stamped:
		v.find(StampPath, "The bundle was sealed with a time stamp, which is missing.")
	case said.Timestamp == "" && stamped:
		v.find(StampPath, "The bundle was sealed without a time stamp: somebody has put this one in.")
	case stamped && v.hashes[StampPath] != said.Timestamp:
		v.find(StampPath, "The time stamp is not the one that was sealed in the ledger.")
	}
	proof, err := v.proof(ProofPath)
	if err != nil || proof == nil {
		return err
	}
	if err := leads(*proof, leaf, key); err != nil {
		v.find(ProofPath, "%s", sentence(err))
	}
	return nil
}

func (v *verification) stamp(manifest []byte, roots *x509.CertPool) error {
	if v.files[StampPath] == nil {
		return nil
	}
	raw, ok, err := v.read(StampPath, maxSmall)
	if err != nil || !ok {
		return err
	}
	s, err := ReadStamp(raw, manifest, roots)
	if err != nil {
		v.find(StampPath, "%s", sentence(err))
		return nil
	}
	v.r.Stamp = &s
	return nil
}

// sentence is what a fault says to people.
func sentence(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Message()
	}
	return err.Error()
}
