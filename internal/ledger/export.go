package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// tilePath is where C2SP tlog-tiles puts a tile: "tile/0/x001/234.p/5", "tile/entries/000".
func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if rest, ok := strings.CutPrefix(path, "data/"); ok {
		path = "entries/" + rest
	}
	return "tile/" + path
}

// parseTilePath reads what tilePath writes; level -1 is an entry bundle.
func parseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if after, entries := strings.CutPrefix(rest, "entries/"); entries {
		rest = "data/" + after
	} else if strings.HasPrefix(rest, "data/") {
		ok = false
	}
	if !ok || len(path) > 100 {
		return tlog.Tile{}, fault.NotFound.Say("There is no such tile.")
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if err != nil || t.H != tileHeight {
		return tlog.Tile{}, fault.NotFound.Say("There is no such tile.").Because(err)
	}
	return t, nil
}

// Export writes the whole log into dir as static files in the layout of C2SP tlog-tiles: checkpoint, tile/…, tile/entries/…, which
// any web server can publish and VerifyDir checks offline. A body that its leaf commits to by hash only lies in
// bodies/HASH.json. The public key is written to ledger.pub for convenience; who checks takes it from elsewhere.
// It returns the checkpoint exported, or fault.NotFound while the log is empty.
func (l *Log) Export(ctx context.Context, dir string) (Checkpoint, error) {
	var c Checkpoint
	err := l.DB.View(ctx, func(tx *db.Tx) error {
		var err error
		if c, err = newest(tx); err != nil {
			return err
		}
		var size int64
		var verifier string
		if err := tx.QueryRow(head).Scan(&size, &verifier); err != nil {
			return err
		}
		for _, t := range tlog.NewTiles(tileHeight, 0, c.Size) {
			data, err := tileData(tx, t)
			if err != nil {
				return err
			}
			if err := exportFile(dir, tilePath(t), data); err != nil {
				return err
			}
			if t.L > 0 {
				continue
			}
			t.L = -1
			bundle, apart, err := bundleData(tx, t)
			if err != nil {
				return err
			}
			if err := exportFile(dir, tilePath(t), bundle); err != nil {
				return err
			}
			for digest, body := range apart {
				if err := exportFile(dir, "bodies/"+digest+".json", body); err != nil {
					return err
				}
			}
		}
		if err := exportFile(dir, "ledger.pub", []byte(verifier+"\n")); err != nil {
			return err
		}
		// Last, so that an export cut short shows.
		return exportFile(dir, "checkpoint", []byte(c.Note))
	})
	if err != nil {
		return Checkpoint{}, fmt.Errorf("export the ledger: %w", err)
	}
	return c, nil
}

func exportFile(dir, path string, data []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

// tileData reads the first t.W hashes of a stored tile. It returns fault.NotFound where there are fewer.
func tileData(tx *db.Tx, t tlog.Tile) ([]byte, error) {
	data, err := (&hashReader{tx: tx}).tile(place{t.L, t.N})
	if err != nil {
		return nil, err
	}
	if len(data) < t.W*tlog.HashSize {
		return nil, fault.NotFound.Say("There is no such tile.")
	}
	return data[:t.W*tlog.HashSize], nil
}

// bundleData writes the entries of a tile as an entry bundle: each leaf behind its length in 16 bits. apart holds, by
// their hash, the bodies too long for a leaf. It returns fault.NotFound where there are fewer entries.
func bundleData(tx *db.Tx, t tlog.Tile) (bundle []byte, apart map[string][]byte, err error) {
	first := t.N << tileHeight
	entries, err := db.All(tx, scanEntry, entriesBetween, first, first+int64(t.W))
	if err != nil {
		return nil, nil, err
	}
	if len(entries) != t.W {
		return nil, nil, fault.NotFound.Say("There is no such tile.")
	}
	for _, e := range entries {
		leaf := e.Leaf()
		if len(leaf) > maxLeaf {
			return nil, nil, fault.Conflict.Say("An entry of the ledger is longer than any that was recorded. Verify the ledger.")
		}
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(leaf)))
		bundle = append(bundle, leaf...)
		if _, digest, err := ParseLeaf(leaf); err == nil && digest != "" {
			if apart == nil {
				apart = map[string][]byte{}
			}
			apart[digest] = e.Body
		}
	}
	return bundle, apart, nil
}

// VerifyDir checks an export offline: the checkpoint's signature, every tile, every entry. The error is about not
// being able to look; what is wrong is in the Report.
func VerifyDir(dir string, verifier note.Verifier) (Report, error) {
	report := Report{Origin: verifier.Name(), Against: -1}
	find := func(f Finding) {
		report.Found++
		if len(report.Findings) < 1000 {
			report.Findings = append(report.Findings, f)
		}
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, fault.NotFound.Say("There is no exported ledger in %s.", dir)
	}
	if err != nil {
		return Report{}, fmt.Errorf("verify exported ledger: %w", err)
	}
	c, err := OpenCheckpoint(signed, verifier)
	if err != nil {
		c, parseErr := ParseCheckpoint(signed)
		if parseErr != nil {
			return Report{}, parseErr
		}
		find(Finding{Position: -1, What: sayUnsigned, Args: []any{c.Size}})
		return report, nil
	}
	report.Size, report.Checkpoints = c.Size, 1
	var leaves forest
	tiles := edge{}
	check := func(at place, hashes []byte) error {
		t := tlog.Tile{H: tileHeight, L: at.level, N: at.number, W: len(hashes) / tlog.HashSize}
		stored, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(tilePath(t))))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !bytes.Equal(stored, hashes) {
			find(Finding{Position: at.number << (tileHeight * (at.level + 1)), What: sayTile, Args: []any{at.level}})
		}
		return nil
	}
	tiles.full = check
	for first := int64(0); first < c.Size; first += tileWidth {
		t := tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: int(min(tileWidth, c.Size-first))}
		bundle, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(tilePath(t))))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Report{}, fmt.Errorf("verify exported ledger: %w", err)
		}
		t.L = 0
		stored, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(tilePath(t))))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Report{}, fmt.Errorf("verify exported ledger: %w", err)
		}
		for i := range t.W {
			position := first + int64(i)
			leaf, rest, ok := cutLeaf(bundle)
			bundle = rest
			var h tlog.Hash
			if ok {
				h = tlog.RecordHash(leaf)
				if what := checkLeaf(dir, leaf); what != "" {
					find(Finding{Position: position, What: what})
				}
			} else {
				find(Finding{Position: position, What: sayDropped})
			}
			if was := hashAt(stored, i); ok && was != nil && *was != h {
				e, _, _ := ParseLeaf(leaf)
				find(Finding{Position: position, EntryID: e.ID, What: sayChanged})
			}
			leaves.append(h)
			if err := tiles.append(h); err != nil {
				return Report{}, fmt.Errorf("verify exported ledger: %w", err)
			}
		}
		if len(bundle) > 0 {
			find(Finding{Position: first + int64(t.W), What: saySurplus})
		}
	}
	err = tiles.partial(func(at place, t tile) error { return check(at, t.hashes) })
	if err != nil {
		return Report{}, fmt.Errorf("verify exported ledger: %w", err)
	}
	if leaves.root() != c.Root {
		find(Finding{Position: c.Size, What: sayRoot})
	}
	report.Root = base64Hash(leaves.root())
	return report, nil
}

const (
	sayNoLeaf   = "What stands here is not an entry of a ledger."
	sayNoBody   = "The entry's body, kept apart in bodies, is gone."
	sayBodyElse = "The entry's body, kept apart in bodies, was changed."
)

// checkLeaf looks whether a leaf is an entry, with the body it commits to.
func checkLeaf(dir string, leaf []byte) string {
	_, digest, err := ParseLeaf(leaf)
	if err != nil {
		return sayNoLeaf
	}
	if digest == "" {
		return ""
	}
	body, err := os.ReadFile(filepath.Join(dir, "bodies", digest+".json"))
	if err != nil {
		return sayNoBody
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != digest {
		return sayBodyElse
	}
	return ""
}

func cutLeaf(bundle []byte) (leaf, rest []byte, ok bool) {
	if len(bundle) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(bundle))
	if len(bundle) < 2+n {
		return nil, nil, false
	}
	return bundle[2 : 2+n], bundle[2+n:], true
}

func hashAt(tile []byte, i int) *tlog.Hash {
	if len(tile) < (i+1)*tlog.HashSize {
		return nil
	}
	h := tlog.Hash(tile[i*tlog.HashSize : (i+1)*tlog.HashSize])
	return &h
}

// TileHandler serves /checkpoint and /tile/… as C2SP tlog-tiles has it, so that outsiders can keep checkpoints and check proofs by themselves.
// Hashes tell nothing of what was recorded and may be public. Entries do: only with entries true is /tile/entries/… served, and then the caller
// stands a check of access.LedgerRead before it.
func (l *Log) TileHandler(entries bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /checkpoint", func(w http.ResponseWriter, r *http.Request) {
		c, err := l.Newest(r.Context())
		if err != nil {
			tileError(w, err)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write([]byte(c.Note))
	})
	mux.HandleFunc("GET /tile/", func(w http.ResponseWriter, r *http.Request) {
		t, err := parseTilePath(strings.TrimPrefix(r.URL.Path, "/"))
		if err == nil && t.L < 0 && !entries {
			err = fault.NotFound.Say("There is no such tile.")
		}
		if err != nil {
			tileError(w, err)
			return
		}
		var data []byte
		err = l.DB.View(r.Context(), func(tx *db.Tx) (err error) {
			if t.L < 0 {
				data, _, err = bundleData(tx, t)
				return err
			}
			data, err = tileData(tx, t)
			return err
		})
		if err != nil {
			tileError(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		// What is in the log never changes; entries are for those who may read them, so no shared cache keeps those.
		who := "public"
		if t.L < 0 {
			who = "private"
		}
		w.Header().Set("Cache-Control", who+", max-age=31536000, immutable")
		_, _ = w.Write(data)
	})
	return mux
}

func tileError(w http.ResponseWriter, err error) {
	w.Header().Set("Cache-Control", "no-store")
	if fault.Of(err) == fault.NotFound {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	http.Error(w, "the ledger cannot be read", http.StatusInternalServerError)
}
