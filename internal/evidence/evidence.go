// Package evidence writes bundles of evidence that a third party can check by itself, and checks them.
//
// A bundle is a ZIP archive in which nothing is compressed. Its manifest.json names every file with its size and SHA-256. The manifest's own hash stands in
// an entry of the ledger, seal.json, and seal.proof leads from that entry to a checkpoint that the ledger's key has signed; so not a byte can be changed
// without the key. The entries of the ledger that the evidence rests on lie in the bundle too, each with its proof, and a time-stamp authority may have put its
// clock under the manifest (RFC 3161). docs/cases.md describes the format for whoever writes a verifier of their own.
//
// The package knows the ledger's formats and nothing of what the evidence says.
package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Format is the first word of a manifest, and Version the one this package writes and reads.
const (
	Format  = "ownmark-evidence-bundle"
	Version = 1
)

// The files that the manifest does not name.
const (
	ManifestPath = "manifest.json"
	StampPath    = "manifest.tsr" // the authority's answer over the manifest, RFC 3161 TimeStampResp in DER; absent where none was asked
	SealPath     = "seal.json"    // the leaf of the ledger entry that holds the manifest's hash
	ProofPath    = "seal.proof"   // from that entry to a signed checkpoint
)

// The files of the ledger, which the manifest names.
const (
	KeyPath        = "ledger/key.pub"    // the log's public key, as ledger.ParseVerifier reads it
	CheckpointPath = "ledger/checkpoint" // under which every entry's proof stands
	EntriesFolder  = "ledger/entries/"   // NNNNNN.json the leaf, NNNNNN.proof its proof, NNNNNN.body the body where the leaf holds only its hash
)

// SealKind is the kind of the ledger entry that seals a bundle.
const SealKind = "case.bundle-sealed"

// Head is what a manifest says of the bundle as a whole.
type Head struct {
	Format    string    `json:"format"`
	Version   int       `json:"version"`
	Bundle    string    `json:"bundle"`    // its id
	Case      string    `json:"case"`      // the case's id
	Reference string    `json:"reference"` // as people call the case
	Title     string    `json:"title"`
	MadeAt    time.Time `json:"made_at"`
	MadeBy    string    `json:"made_by"`
	Origin    string    `json:"log"` // the ledger's name
}

// Manifest is every file of the bundle but those that seal it.
type Manifest struct {
	Head
	Files []Item `json:"files"` // by path
}

// Item is one file.
type Item struct {
	Path      string `json:"path"`
	Size      int64  `json:"size"` // bytes
	SHA256    string `json:"sha256"`
	MediaType string `json:"media_type"`
	About     string `json:"about,omitempty"` // what it is, for people
}

// Seal is what the detail of the sealing ledger entry says.
type Seal struct {
	Bundle    string `json:"bundle"`
	Manifest  string `json:"manifest_sha256"`
	Timestamp string `json:"timestamp_sha256,omitempty"` // of manifest.tsr; empty where there is none
}

// Content is a file to be put into a bundle. Open is called twice and has to give the same bytes.
type Content struct {
	Path, MediaType, About string
	Open                   func() (io.ReadCloser, error)
}

// Text is a content that lies in memory.
func Text(path, mediaType, about string, content []byte) Content {
	return Content{path, mediaType, about, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(content))), nil }}
}

// Entry is a ledger entry with its proof.
type Entry struct {
	ledger.Entry
	Proof ledger.Proof
}

// Entries is the files of the ledger: the key, the checkpoint, each entry with its proof. All proofs have to stand under one checkpoint.
func Entries(key string, checkpoint ledger.Checkpoint, entries []Entry) ([]Content, error) {
	all := []Content{
		Text(KeyPath, "text/plain", "The public key of the ledger.", []byte(key+"\n")),
		Text(CheckpointPath, "text/plain", "The state of the ledger that its key has signed.", []byte(checkpoint.Note)),
	}
	for i, e := range entries {
		if e.Proof.Checkpoint.Note != checkpoint.Note {
			return nil, fmt.Errorf("entry %s is proved under another checkpoint", e.ID)
		}
		proof, err := e.Proof.MarshalText()
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("%s%06d", EntriesFolder, i+1)
		leaf := e.Leaf()
		all = append(all, Text(name+".json", "application/json", e.Kind+" "+e.Subject, leaf), Text(name+".proof", "text/plain", "", proof))
		if _, digest, err := ledger.ParseLeaf(leaf); err != nil {
			return nil, err
		} else if digest != "" {
			all = append(all, Text(name+".body", "application/json", "", e.Body))
		}
	}
	return all, nil
}

// Draft is a bundle that waits for its seal.
type Draft struct {
	manifest []byte
	contents []measured
}

type measured struct {
	Content
	file file
}

// The bounds of a bundle.
const (
	MaxFiles = 50_000
	maxBytes = 2 << 30
)

// names are those that no system takes for a way out of a folder, for another name's twin or for a device.
var names = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}(/[a-z0-9][a-z0-9._-]{0,99}){0,4}$`)

// NewDraft reads every content once and writes the manifest. It returns fault.TooLarge over the bounds.
func NewDraft(head Head, contents []Content) (*Draft, error) {
	head.Format, head.Version, head.MadeAt = Format, Version, head.MadeAt.UTC()
	contents = slices.Clone(contents)
	slices.SortFunc(contents, func(a, b Content) int { return strings.Compare(a.Path, b.Path) })
	if len(contents) > MaxFiles {
		return nil, fault.TooLarge.Say("A bundle holds at most %d files.", MaxFiles)
	}
	d := &Draft{}
	m := Manifest{Head: head}
	var total int64
	for i, c := range contents {
		if !names.MatchString(c.Path) || strings.Contains(c.Path, "..") || i > 0 && contents[i-1].Path == c.Path {
			return nil, fmt.Errorf("a bundle cannot hold a file %q here", c.Path)
		}
		one, err := measure(c)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", c.Path, err)
		}
		if total += one.file.size; total > maxBytes {
			return nil, fault.TooLarge.Say("A bundle has at most %d MB.", maxBytes>>20)
		}
		d.contents = append(d.contents, one.measured)
		m.Files = append(m.Files, Item{c.Path, one.file.size, one.sha256, c.MediaType, c.About})
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	d.manifest = append(raw, '\n')
	return d, err
}

type hashed struct {
	measured
	sha256 string
}

func measure(c Content) (hashed, error) {
	in, err := c.Open()
	if err != nil {
		return hashed{}, err
	}
	defer in.Close()
	sum, check := sha256.New(), crc32.NewIEEE()
	size, err := io.Copy(io.MultiWriter(sum, check), in)
	return hashed{measured{c, file{c.Path, size, check.Sum32()}}, hex.EncodeToString(sum.Sum(nil))}, err
}

// Manifest is the manifest's bytes: what is stamped and sealed.
func (d *Draft) Manifest() []byte { return d.manifest }

// Seal is what the ledger entry has to say of the draft. stamp is the time-stamp authority's answer, nil for none.
func (d *Draft) Seal(bundle string, stamp []byte) Seal {
	s := Seal{Bundle: bundle, Manifest: digest(d.manifest)}
	if stamp != nil {
		s.Timestamp = digest(stamp)
	}
	return s
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Write writes the archive. The same draft, stamp and seal give the same bytes.
func (d *Draft) Write(w io.Writer, stamp []byte, seal Entry) error {
	proof, err := seal.Proof.MarshalText()
	if err != nil {
		return err
	}
	first := []Content{Text(ManifestPath, "", "", d.manifest)}
	if stamp != nil {
		first = append(first, Text(StampPath, "", "", stamp))
	}
	first = append(first, Text(SealPath, "", "", seal.Leaf()), Text(ProofPath, "", "", proof))
	all := make([]measured, 0, len(first)+len(d.contents))
	for _, c := range first {
		one, err := measure(c)
		if err != nil {
			return err
		}
		all = append(all, one.measured)
	}
	all = append(all, d.contents...)
	out := newArchive(w)
	for _, one := range all {
		in, err := one.Open()
		if err != nil {
			return fmt.Errorf("read %s: %w", one.Path, err)
		}
		err = out.add(one.file, in)
		_ = in.Close() // only read
		if err != nil {
			return fmt.Errorf("write %s: %w", one.Path, err)
		}
	}
	return out.end()
}
