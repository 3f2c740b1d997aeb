package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Attestor checks rows of a room against the entries that recorded them, within tx, and reports each that says
// something else: the subject ("decision:…") and what is wrong in a sentence.
type Attestor func(ctx context.Context, tx *db.Tx, report func(subject, what string)) error

type namedAttestor struct {
	name  string
	check Attestor
}

// Attest has every later Verify run check too. name is that of the room.
func (l *Log) Attest(name string, check Attestor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attestors = append(l.attestors, namedAttestor{name, check})
}

// VerifyOptions is what Verify needs to know.
type VerifyOptions struct {
	// Verifier is the key that must have signed the checkpoints; nil means the Log's own.
	Verifier note.Verifier
	// Against is a checkpoint that was kept outside the database; nil when there is none.
	Against *Checkpoint
	// Progress, when set, is told now and then how many of the entries have been read.
	Progress func(done, total int64)
	// Most is how many findings are kept in words, 0 meaning 1000; all are counted.
	Most int
}

// Finding is one thing that is wrong with the ledger.
type Finding struct {
	Position int64  `json:"position"` // where in the log; -1 when it is no place in particular
	EntryID  string `json:"entry,omitempty"`
	Subject  string `json:"subject,omitempty"` // of an Attestor's finding
	What     string `json:"what"`              // an English sentence, as for fmt.Sprintf; also the translation key
	Args     []any  `json:"args,omitempty"`
}

// String is the finding in one English sentence.
func (f Finding) String() string {
	s := f.What
	if len(f.Args) > 0 {
		s = fmt.Sprintf(f.What, f.Args...)
	}
	switch {
	case f.Subject != "":
		return f.Subject + ": " + s
	case f.EntryID != "":
		return fmt.Sprintf("position %d, entry %s: %s", f.Position, f.EntryID, s)
	case f.Position >= 0:
		return fmt.Sprintf("position %d: %s", f.Position, s)
	}
	return s
}

// Report is what Verify found.
type Report struct {
	Origin      string    `json:"origin"`
	Size        int64     `json:"size"` // entries the log should hold
	Root        string    `json:"root"` // what they hash to, base64
	Checkpoints int64     `json:"checkpoints"`
	Unsequenced int64     `json:"unsequenced"` // entries not yet in the log; a few are normal
	Against     int64     `json:"against"`     // size of the outside checkpoint held against; -1 when there was none
	Attested    []string  `json:"attested"`    // the rooms whose rows were held against their entries
	Findings    []Finding `json:"findings"`    // by position
	Found       int64     `json:"found"`       // all of them, also those too many to keep
}

// OK reports whether nothing is wrong.
func (r Report) OK() bool { return r.Found == 0 }

// What Verify says. Each is a translation key.
const (
	sayChanged         = "The entry was changed after it was recorded."
	sayDropped         = "The entry is gone."
	sayMoved           = "The entry was recorded at position %d and has been moved here."
	sayTwice           = "A second entry claims this position."
	saySurplus         = "The entry claims a position past the end of the log; it was added behind the sequencer's back."
	sayNegative        = "The entry claims a position before the beginning of the log."
	sayHashChanged     = "The stored hash was changed; the entry is as signed."
	sayHashGone        = "The stored hash is gone."
	sayDisagree        = "The entry and its stored hash disagree, and neither gives the signed root."
	sayTile            = "A stored tile of hashes at level %d was changed or is gone."
	sayTileCount       = "There are %d tiles of hashes where there should be %d."
	sayUnsigned        = "The checkpoint of size %d is not signed by the ledger's key."
	sayCheckpointRow   = "The checkpoint of size %d is not the one that was stored there."
	sayRoot            = "The entries before this position do not give the root signed in the checkpoint of this size."
	sayNoCheckpoint    = "No checkpoint covers the log's %d entries; the newest is of %d."
	sayHeadCut         = "The log claims %d entries, yet a checkpoint was signed for %d: its end was cut off."
	sayShrunk          = "The checkpoint kept outside is of %d entries and the log has %d: its end was cut off, or it is another log."
	sayForked          = "The log does not begin as the checkpoint kept outside says (%d entries): its past was rewritten."
	sayAgainstUnsigned = "The checkpoint kept outside is not signed by the ledger's key."
	sayOtherKey        = "The log says it is signed by another key: %s."
)

const (
	verifyPage = 2048
	// mostSuspects bounds what is kept in memory about entries that do not fit; more are still counted.
	mostSuspects = 100_000
)

// Verify reads the whole ledger on one snapshot, in memory that does not grow with it, and finds every entry that was changed, dropped, moved
// or added since it was sequenced, hashes and checkpoints that do not fit, and, with Against, a log whose past was rewritten or whose end was cut off.
// The error is about not being able to look; what is wrong with the ledger is in the Report.
func (l *Log) Verify(ctx context.Context, o VerifyOptions) (Report, error) {
	if o.Verifier == nil && l.Key != nil {
		o.Verifier = l.Key.Verifier()
	}
	if o.Verifier == nil {
		return Report{}, fault.Invalid.Say("To verify the ledger, its public key is needed.")
	}
	if o.Most <= 0 {
		o.Most = 1000
	}
	l.mu.Lock()
	attestors := slices.Clone(l.attestors)
	l.mu.Unlock()
	var report Report
	err := l.DB.View(ctx, func(tx *db.Tx) error {
		v := &verification{tx: tx, o: o, report: Report{Origin: o.Verifier.Name(), Against: -1}}
		if err := v.run(); err != nil {
			return err
		}
		for _, a := range attestors {
			v.report.Attested = append(v.report.Attested, a.name)
			err := a.check(ctx, tx, func(subject, what string) {
				v.find(Finding{Position: -1, Subject: subject, What: what})
			})
			if err != nil {
				return fmt.Errorf("attest %s: %w", a.name, err)
			}
		}
		report = v.report
		return nil
	})
	if err != nil {
		return Report{}, fmt.Errorf("verify the ledger: %w", err)
	}
	slices.SortStableFunc(report.Findings, func(a, b Finding) int { return cmp.Compare(uint64(a.Position), uint64(b.Position)) })
	return report, nil
}

// verification is one walk along the log. It keeps two trees: one over the stored leaf hashes, one over the entries as
// they read now. Where they part, the signed checkpoints say which of the two is right.
type verification struct {
	tx     *db.Tx
	o      VerifyOptions
	report Report

	stored   forest // over the stored leaf hashes
	entries  forest // over the entries, with the stored hash in place of a missing one
	parted   bool   // whether the two have differed yet; until then entries is left empty
	tiles    edge   // rebuilt from the stored leaf hashes, to hold the stored tiles against
	tileRows int64

	suspects    []suspect
	wanted      map[tlog.Hash]int64 // the leaf hashes nobody stands for, by position
	unfit       []Finding           // checkpoints whose root fits neither tree, since the last that fitted
	storedWrong bool                // a checkpoint did not fit the stored hashes
	entryWrong  bool                // a checkpoint did not fit the entries
}

// suspect is a position at which entry and stored hash are not the same.
type suspect struct {
	position int64
	entryID  string // empty: no entry
	now      tlog.Hash
	was      *tlog.Hash // nil: no stored hash
}

func (v *verification) find(f Finding) {
	v.report.Found++
	if len(v.report.Findings) < v.o.Most {
		v.report.Findings = append(v.report.Findings, f)
	}
}

func (v *verification) run() error {
	var headSize int64
	var verifier string
	if err := v.tx.QueryRow(head).Scan(&headSize, &verifier); err != nil {
		return err
	}
	if verifier != "" {
		if named, err := ParseVerifier(verifier); err != nil || named.Name() != v.o.Verifier.Name() || named.KeyHash() != v.o.Verifier.KeyHash() {
			v.find(Finding{Position: -1, What: sayOtherKey, Args: []any{verifier}})
		}
	}
	newestSize := int64(0)
	row, err := db.One(v.tx, scanCheckpoint, newestCheckpoint)
	switch {
	case err == nil:
		newestSize = row.size
	case fault.Of(err) != fault.NotFound:
		return err
	}
	if v.report.Unsequenced, err = db.One(v.tx, db.Value[int64], countUnsequenced); err != nil {
		return err
	}
	if newestSize > headSize {
		v.find(Finding{Position: -1, What: sayHeadCut, Args: []any{headSize, newestSize}})
	}
	if newestSize < headSize {
		v.find(Finding{Position: -1, What: sayNoCheckpoint, Args: []any{headSize, newestSize}})
	}
	v.report.Size = max(headSize, newestSize)
	v.wanted = map[tlog.Hash]int64{}
	v.tiles.full = v.checkTile
	if err := v.walk(v.report.Size); err != nil {
		return err
	}
	if err := v.checkEdge(); err != nil {
		return err
	}
	v.judge()
	v.report.Root = base64Hash(v.stored.root())
	return nil
}

// walk reads positions 0 to size, and what claims to stand outside of them.
func (v *verification) walk(size int64) error {
	entries := reader[Entry]{next: func(after Entry, first bool) ([]Entry, error) {
		if first {
			lowest, err := db.One(v.tx, db.Value[int64], lowestPosition)
			if err != nil {
				return nil, err
			}
			return db.All(v.tx, scanEntry, entriesFrom, min(lowest, 0), verifyPage)
		}
		// Positions are unique; should the index have been taken away, the id goes on where the page ended.
		return db.All(v.tx, scanEntry, entriesPast, after.Position, after.ID, verifyPage)
	}}
	leaves := reader[storedLeaf]{next: v.moreLeaves}
	checkpoints := reader[checkpointRow]{next: func(after checkpointRow, first bool) ([]checkpointRow, error) {
		size := after.size
		if first {
			size = -1
		}
		return db.All(v.tx, scanCheckpoint, checkpointsAfter, size, verifyPage)
	}}
	against := v.o.Against
	if against != nil {
		v.report.Against = against.Size
		if _, err := OpenCheckpoint([]byte(against.Note), v.o.Verifier); err != nil {
			v.find(Finding{Position: -1, What: sayAgainstUnsigned})
		}
		if against.Size > size {
			v.find(Finding{Position: -1, What: sayShrunk, Args: []any{against.Size, size}})
		}
	}
	for position := int64(0); ; position++ {
		if err := v.checkCheckpoints(&checkpoints, position); err != nil {
			return err
		}
		if against != nil && against.Size == position && v.stored.root() != against.Root && v.entryRoot() != against.Root {
			v.find(Finding{Position: -1, What: sayForked, Args: []any{against.Size}})
		}
		if position == size {
			break
		}
		if v.o.Progress != nil && position%(8*verifyPage) == 0 {
			v.o.Progress(position, size)
		}
		if err := v.step(position, &entries, &leaves); err != nil {
			return err
		}
	}
	for {
		e, ok, err := entries.peek()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		entries.take()
		v.find(Finding{Position: e.Position, EntryID: e.ID, What: saySurplus})
	}
	if v.o.Progress != nil {
		v.o.Progress(size, size)
	}
	return nil
}

// step takes the entry and the stored hash of one position.
func (v *verification) step(position int64, entries *reader[Entry], leaves *reader[storedLeaf]) error {
	var now, was *tlog.Hash
	var id string
	for {
		e, ok, err := entries.peek()
		if err != nil {
			return err
		}
		if !ok || e.Position > position {
			break
		}
		entries.take()
		switch {
		case e.Position < 0:
			v.find(Finding{Position: -1, EntryID: e.ID, What: sayNegative})
		case now != nil || e.Position < position:
			v.find(Finding{Position: e.Position, EntryID: e.ID, What: sayTwice})
		default:
			h := e.Hash()
			now, id = &h, e.ID
		}
	}
	leaf, ok, err := leaves.peek()
	if err != nil {
		return err
	}
	if ok && leaf.position == position {
		leaves.take()
		was = &leaf.hash
	}
	if now == nil || was == nil || *now != *was {
		v.suspect(position, id, now, was)
	}
	// A hash that is missing on one side is taken from the other, so that the walk can go on.
	switch {
	case now == nil && was == nil:
		now, was = &tlog.Hash{}, &tlog.Hash{}
	case now == nil:
		now = was
	case was == nil:
		was = now
	}
	if !v.parted && *now != *was {
		v.parted, v.entries = true, v.stored.clone()
	}
	if v.parted {
		v.entries.append(*now)
	}
	v.stored.append(*was)
	return v.tiles.append(*was)
}

func (v *verification) suspect(position int64, id string, now, was *tlog.Hash) {
	if len(v.suspects) >= mostSuspects {
		v.report.Found++
		return
	}
	s := suspect{position: position, entryID: id, was: was}
	if now != nil {
		s.now = *now
	}
	v.suspects = append(v.suspects, s)
	if was != nil {
		v.wanted[*was] = position
	}
}

func (v *verification) entryRoot() tlog.Hash {
	if v.parted {
		return v.entries.root()
	}
	return v.stored.root()
}

// checkCheckpoints holds the checkpoints of the size reached against the trees.
func (v *verification) checkCheckpoints(checkpoints *reader[checkpointRow], size int64) error {
	for {
		row, ok, err := checkpoints.peek()
		if err != nil {
			return err
		}
		if !ok || row.size > size {
			return nil
		}
		checkpoints.take()
		v.report.Checkpoints++
		c, err := OpenCheckpoint([]byte(row.note), v.o.Verifier)
		if err != nil {
			v.find(Finding{Position: -1, What: sayUnsigned, Args: []any{row.size}})
			continue
		}
		if c.Size != row.size || base64Hash(c.Root) != row.root {
			v.find(Finding{Position: -1, What: sayCheckpointRow, Args: []any{row.size}})
			continue
		}
		fitsStored, fitsEntries := v.stored.root() == c.Root, v.entryRoot() == c.Root
		v.storedWrong = v.storedWrong || !fitsStored
		v.entryWrong = v.entryWrong || !fitsEntries
		if !fitsStored && !fitsEntries {
			// Once a tree has gone wrong every later checkpoint misses it: the first says where.
			if len(v.unfit) == 0 {
				v.unfit = append(v.unfit, Finding{Position: c.Size, What: sayRoot})
			}
			continue
		}
		for _, f := range v.unfit {
			v.find(f)
		}
		v.unfit = nil
	}
}

// checkTile holds a tile rebuilt from the leaf hashes against the stored one. Level 0 is where they were read from.
func (v *verification) checkTile(at place, hashes []byte) error {
	v.tileRows++
	if at.level == 0 {
		return nil
	}
	r := &hashReader{tx: v.tx}
	data, err := r.tile(at)
	if err != nil {
		return err
	}
	if !slices.Equal(data, hashes) {
		v.find(Finding{Position: at.number << (tileHeight * (at.level + 1)), What: sayTile, Args: []any{at.level}})
	}
	return nil
}

func (v *verification) checkEdge() error {
	err := v.tiles.partial(func(at place, t tile) error {
		if at.level == 0 {
			r := &hashReader{tx: v.tx}
			data, err := r.tile(at)
			if err == nil && len(data) > len(t.hashes) {
				v.find(Finding{Position: at.number << tileHeight, What: sayTile, Args: []any{at.level}})
			}
			if err != nil {
				return err
			}
		}
		return v.checkTile(at, t.hashes)
	})
	if err != nil {
		return err
	}
	rows, err := db.One(v.tx, db.Value[int64], countTiles)
	if err == nil && rows != v.tileRows {
		v.find(Finding{Position: -1, What: sayTileCount, Args: []any{rows, v.tileRows}})
	}
	return err
}

// judge says of each suspect which side is wrong: the signed roots fit the one or the other tree.
func (v *verification) judge() {
	for _, f := range v.unfit {
		v.find(f)
	}
	for _, s := range v.suspects {
		f := Finding{Position: s.position, EntryID: s.entryID}
		from, moved := v.wanted[s.now]
		switch {
		case s.entryID == "" && s.was == nil:
			v.find(Finding{Position: s.position, What: sayHashGone})
			f.What = sayDropped
		case s.entryID == "":
			f.What = sayDropped
		case s.was == nil:
			f.What = sayHashGone
		case moved && from != s.position:
			f.What, f.Args = sayMoved, []any{from}
		case !v.storedWrong:
			f.What = sayChanged
		case !v.entryWrong:
			f.What = sayHashChanged
		default:
			f.What = sayDisagree
		}
		v.find(f)
	}
}

type storedLeaf struct {
	position int64
	hash     tlog.Hash
}

// moreLeaves reads the leaf hashes out of a run of level-0 tiles.
func (v *verification) moreLeaves(after storedLeaf, first bool) ([]storedLeaf, error) {
	number := after.position>>tileHeight + 1
	if first {
		number = 0
	}
	rows, err := v.tx.Query(tilesFrom, number, verifyPage/tileWidth)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var leaves []storedLeaf
	for rows.Next() {
		var hashes []byte
		if err := rows.Scan(&number, &hashes); err != nil {
			return nil, err
		}
		for i := 0; i+tlog.HashSize <= len(hashes) && i < tileBytes; i += tlog.HashSize {
			leaves = append(leaves, storedLeaf{number<<tileHeight + int64(i/tlog.HashSize), tlog.Hash(hashes[i : i+tlog.HashSize])})
		}
	}
	return leaves, rows.Err()
}

// reader hands out what next reads page by page.
type reader[T any] struct {
	next  func(after T, first bool) ([]T, error)
	page  []T
	at    int
	begun bool
	done  bool
}

func (r *reader[T]) peek() (T, bool, error) {
	var zero T
	if r.at == len(r.page) && !r.done {
		var last T
		if len(r.page) > 0 {
			last = r.page[len(r.page)-1]
		}
		page, err := r.next(last, !r.begun)
		if err != nil {
			return zero, false, err
		}
		r.begun, r.page, r.at, r.done = true, page, 0, len(page) == 0
	}
	if r.done {
		return zero, false, nil
	}
	return r.page[r.at], true, nil
}

func (r *reader[T]) take() { r.at++ }
