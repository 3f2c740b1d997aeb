package ledger_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

func newKey(t testing.TB) *ledger.Key {
	t.Helper()
	k, err := ledger.NewKey("test.example/ledger")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// record writes n entries, at most 100 in a transaction, and gives their ids.
func record(t testing.TB, d *db.DB, n int) []string {
	t.Helper()
	var ids []string
	for len(ids) < n {
		var some []string
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			some = nil
			for i := range min(100, n-len(ids)) {
				number := len(ids) + i
				id, err := ledger.Record(tx, "decision.made", fmt.Sprintf("listing:L%d", number%7), "person:anna",
					map[string]any{"number": number, "note": "“引用” <b> & \u2028"})
				if err != nil {
					return err
				}
				some = append(some, id)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, some...)
	}
	return ids
}

func sequence(t testing.TB, l *ledger.Log) int {
	t.Helper()
	n, err := l.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func verify(t testing.TB, l *ledger.Log, o ledger.VerifyOptions) ledger.Report {
	t.Helper()
	report, err := l.Verify(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func findings(r ledger.Report) string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.String())
	}
	return strings.Join(all, "\n")
}

func TestSequenceProveVerify(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		if r := verify(t, l, ledger.VerifyOptions{}); !r.OK() || r.Size != 0 {
			t.Fatalf("empty ledger: %+v", r)
		}
		if n := sequence(t, l); n != 0 {
			t.Fatalf("sequenced %d of nothing", n)
		}
		var ids []string
		var leaves []tlog.Hash
		var checkpoints []ledger.Checkpoint
		// Sizes around tile borders, so that partial, full and second-level tiles all occur.
		for _, more := range []int{1, 1, 253, 1, 1, 300} {
			ids = append(ids, record(t, d, more)...)
			if n := sequence(t, l); n != more {
				t.Fatalf("sequenced %d of %d", n, more)
			}
			c, err := l.Newest(t.Context())
			if err != nil || c.Size != int64(len(ids)) {
				t.Fatalf("newest checkpoint %+v, %v; want size %d", c, err, len(ids))
			}
			checkpoints = append(checkpoints, c)
		}
		byPosition := map[int64]ledger.Entry{}
		for _, id := range ids {
			e, err := l.Entry(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			byPosition[e.Position] = e
		}
		for position := range int64(len(ids)) {
			e, ok := byPosition[position]
			if !ok {
				t.Fatalf("no entry at position %d", position)
			}
			leaves = append(leaves, e.Hash())
		}
		for _, c := range checkpoints {
			if want := rootOf(leaves[:c.Size]); c.Root != want {
				t.Errorf("root at %d is %v, want %v", c.Size, c.Root, want)
			}
		}
		verifier := l.Key.Verifier()
		for position, e := range byPosition {
			if position%37 != 0 && position != int64(len(ids))-1 {
				continue
			}
			p, err := l.Prove(t.Context(), e.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := ledger.VerifyProof(p, e, verifier); err != nil {
				t.Errorf("position %d: %v", position, err)
			}
			altered := e
			altered.Actor = "person:bert"
			if err := ledger.VerifyProof(p, altered, verifier); !errors.Is(err, fault.Invalid) {
				t.Errorf("proof of an altered entry: %v", err)
			}
			if err := ledger.VerifyProof(p, e, newKey(t).Verifier()); !errors.Is(err, fault.Invalid) {
				t.Errorf("proof under another key: %v", err)
			}
			misplaced := p
			misplaced.Position ^= 1
			if err := ledger.VerifyProof(misplaced, e, verifier); !errors.Is(err, fault.Invalid) {
				t.Errorf("misplaced proof: %v", err)
			}
		}
		for i, older := range checkpoints {
			for j, newer := range checkpoints[i:] {
				p, err := l.Consistency(t.Context(), older.Size, newer.Size)
				if err != nil {
					t.Fatal(err)
				}
				if err := ledger.VerifyConsistency(p, older, newer); err != nil {
					t.Errorf("%d to %d: %v", older.Size, newer.Size, err)
				}
				if j > 0 {
					forked := older
					forked.Root[0] ^= 1
					if err := ledger.VerifyConsistency(p, forked, newer); !errors.Is(err, fault.Invalid) {
						t.Errorf("a forked log passes as consistent: %v", err)
					}
				}
			}
		}
		if _, err := l.Consistency(t.Context(), 5, 9999); !errors.Is(err, fault.Invalid) {
			t.Errorf("consistency with a size that never was: %v", err)
		}
		unsequenced := record(t, d, 3)
		if _, err := l.Prove(t.Context(), unsequenced[0]); !errors.Is(err, fault.Unavailable) {
			t.Errorf("proof of an unsequenced entry: %v", err)
		}
		if _, err := l.Prove(t.Context(), "no such entry"); !errors.Is(err, fault.NotFound) {
			t.Errorf("proof of nothing: %v", err)
		}
		var last int64
		r := verify(t, l, ledger.VerifyOptions{Against: &checkpoints[2], Progress: func(done, total int64) { last = done }})
		if !r.OK() || r.Size != int64(len(ids)) || r.Unsequenced != 3 || r.Checkpoints != int64(len(checkpoints)) || last != r.Size {
			t.Errorf("report %+v\n%s", r, findings(r))
		}
		status, err := l.Status(t.Context())
		if err != nil || status.Size != r.Size || status.Unsequenced != 3 || status.Root != r.Root || status.Verifier != l.Key.VerifierKey() {
			t.Errorf("status %+v, %v", status, err)
		}
	})
}

// rootOf is the tree's root as RFC 6962, 2.1 defines it, by recursion.
func rootOf(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(rootOf(leaves[:k]), rootOf(leaves[k:]))
}

// TestTamper goes behind the ledger's back in every way we could think of; Verify has to find each and say where.
func TestTamper(t *testing.T) {
	const size = 600
	tests := []struct {
		name string
		do   []string // statements; {ID5} is the id of the entry at position 5
		want []string // each has to be among the findings
		only int      // findings in all; 0 means do not care
	}{
		{"body changed", []string{`update ledger_entry set body = '{"number":0}' where position = 300`},
			[]string{"position 300, entry {ID300}: The entry was changed"}, 1},
		{"time changed", []string{`update ledger_entry set at = at + 1 where position = 0`},
			[]string{"position 0, entry {ID0}: The entry was changed"}, 1},
		{"actor changed", []string{`update ledger_entry set actor = 'person:bert' where position = 599`},
			[]string{"position 599, entry {ID599}: The entry was changed"}, 1},
		{"several changed", []string{`update ledger_entry set subject = 'listing:other' where position in (3, 256, 511)`},
			[]string{"position 3, ", "position 256, ", "position 511, "}, 3},
		{"id changed", []string{`update ledger_entry set id = 'other' where position = 7`},
			[]string{"position 7, entry other: The entry was changed"}, 1},
		{"dropped", []string{`delete from ledger_entry where position = 42`},
			[]string{"position 42: The entry is gone."}, 1},
		{"taken back out of the log", []string{`update ledger_entry set position = null where position = 42`},
			[]string{"position 42: The entry is gone."}, 1},
		{"last one dropped", []string{`delete from ledger_entry where position = 599`},
			[]string{"position 599: The entry is gone."}, 1},
		{"two swapped", []string{
			`update ledger_entry set position = 100000 where position = 10`,
			`update ledger_entry set position = 10 where position = 20`,
			`update ledger_entry set position = 20 where position = 100000`},
			[]string{"position 10, entry {ID20}: The entry was recorded at position 20", "position 20, entry {ID10}: The entry was recorded at position 10"}, 2},
		{"one added at the end", []string{`insert into ledger_entry (id, at, kind, subject, actor, body, position) values ('added', 1, 'decision.made', 'listing:L1', 'person:bert', '{}', 600)`},
			[]string{"position 600, entry added: The entry claims a position past the end"}, 1},
		{"one added before the beginning", []string{`insert into ledger_entry (id, at, kind, subject, actor, body, position) values ('added', 1, 'decision.made', 'listing:L1', 'person:bert', '{}', -5)`},
			[]string{"entry added: The entry claims a position before the beginning"}, 1},
		{"one put in, the rest moved up", []string{
			`update ledger_entry set position = position + 100001 where position >= 597`,
			`update ledger_entry set position = position - 100000 where position >= 100000`,
			`insert into ledger_entry (id, at, kind, subject, actor, body, position) values ('added', 1, 'decision.made', 'listing:L1', 'person:bert', '{}', 597)`},
			[]string{"position 597, entry added: The entry was changed", "position 598, entry {ID597}: The entry was recorded at position 597",
				"position 599, entry {ID598}: The entry was recorded at position 598", "position 600, entry {ID599}: The entry claims a position past the end"}, 4},
		{"one replaced by another", []string{`delete from ledger_entry where position = 5`,
			`insert into ledger_entry (id, at, kind, subject, actor, body, position) values ('added', 1, 'decision.made', 'listing:L1', 'person:bert', '{}', 5)`},
			[]string{"position 5, entry added: The entry was changed"}, 1},
		{"leaf hashes changed", []string{`update ledger_tile set hashes = (select hashes from ledger_tile where level = 0 and number = 1) where level = 0 and number = 0`},
			[]string{"position 0, entry {ID0}: The stored hash was changed; the entry is as signed.", "position 255, entry {ID255}: The stored hash was changed"}, 0},
		{"leaf hashes gone", []string{`delete from ledger_tile where level = 0 and number = 1`},
			[]string{"position 256, entry {ID256}: The stored hash is gone.", "There are 3 tiles of hashes where there should be 4."}, 257},
		{"upper hashes changed", []string{`update ledger_tile set hashes = (select hashes from ledger_tile where level = 0 and number = 2) where level = 1 and number = 0`},
			[]string{"position 0: A stored tile of hashes at level 1 was changed"}, 1},
		{"a tile too many", []string{`insert into ledger_tile (level, number, hashes) select 5, 5, hashes from ledger_tile where level = 1`},
			[]string{"There are 5 tiles"}, 1},
		{"end cut off, but for the checkpoints", []string{`delete from ledger_entry where position >= 400`, `update ledger_head set size = 400`},
			[]string{"The log claims 400 entries, yet a checkpoint was signed for 600", "position 400: The entry is gone."}, 201},
		{"head moved on", []string{`update ledger_head set size = 700`},
			[]string{"No checkpoint covers the log's 700 entries", "position 699: The entry is gone."}, 0},
		{"checkpoints swapped", []string{`update ledger_checkpoint set note = (select c.note from ledger_checkpoint c where c.size = 600) where size = 300`},
			[]string{"The checkpoint of size 300 is not the one that was stored there."}, 1},
		{"checkpoint's root changed", []string{`update ledger_checkpoint set root = (select c.root from ledger_checkpoint c where c.size = 600) where size = 300`},
			[]string{"The checkpoint of size 300 is not the one that was stored there."}, 1},
		{"checkpoint's signature changed", []string{`update ledger_checkpoint set note = replace(note, 'test.example/ledger', 'test.example/another') where size = 300`},
			[]string{"The checkpoint of size 300 is not signed by the ledger's key."}, 1},
		{"another key named", []string{`update ledger_head set verifier = 'nonsense'`},
			[]string{"The log says it is signed by another key: nonsense."}, 1},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		// The untouched ledger is put back after each case: a copy of its tables is cheaper than a fresh database.
		l := ledger.Open(d, newKey(t))
		for range 2 {
			record(t, d, size/2)
			sequence(t, l)
		}
		tables := []string{"ledger_entry", "ledger_tile", "ledger_checkpoint", "ledger_head"}
		for _, table := range tables {
			run(t, d, fmt.Sprintf(`create table kept_%s as select * from %s`, table, table))
		}
		entries, _, err := l.List(t.Context(), ledger.Filter{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, fmt.Sprintf("{ID%d}", e.Position), e.ID)
		}
		named := strings.NewReplacer(names...)
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				for _, statement := range test.do {
					run(t, d, statement)
				}
				r := verify(t, l, ledger.VerifyOptions{})
				if r.OK() {
					t.Error("Verify found nothing")
				}
				said := findings(r)
				for _, want := range test.want {
					if !strings.Contains(said, named.Replace(want)) {
						t.Errorf("no finding %q in:\n%.2000s", named.Replace(want), said)
					}
				}
				if test.only > 0 && r.Found != int64(test.only) {
					t.Errorf("%d findings, want %d:\n%.2000s", r.Found, test.only, said)
				}
				for _, table := range tables {
					run(t, d, `delete from `+table)
					run(t, d, fmt.Sprintf(`insert into %s select * from kept_%s`, table, table))
				}
				if r := verify(t, l, ledger.VerifyOptions{}); !r.OK() {
					t.Fatalf("not restored:\n%s", findings(r))
				}
			})
		}
	})
}

func run(t testing.TB, d *db.DB, statement string) {
	t.Helper()
	if _, err := d.SQL().ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestAgainst cuts and rewrites the log so thoroughly that only a checkpoint kept outside can tell.
func TestAgainst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		l := ledger.Open(d, key)
		record(t, d, 10)
		sequence(t, l)
		early, err := l.Newest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		record(t, d, 10)
		sequence(t, l)
		late, err := l.Newest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wipe := func(keep int64) {
			run(t, d, `delete from ledger_tile`)
			run(t, d, `delete from ledger_checkpoint`)
			run(t, d, `update ledger_head set size = 0`)
			run(t, d, `update ledger_entry set position = null`)
			run(t, d, fmt.Sprintf(`delete from ledger_entry where id not in (select id from ledger_entry order by id limit %d)`, keep))
		}
		wipe(10)
		sequence(t, l)
		if r := verify(t, l, ledger.VerifyOptions{}); !r.OK() {
			t.Fatalf("a log rebuilt with its key is whole in itself:\n%s", findings(r))
		}
		if r := verify(t, l, ledger.VerifyOptions{Against: &early}); !r.OK() {
			t.Errorf("an honest prefix is refused:\n%s", findings(r))
		}
		if r := verify(t, l, ledger.VerifyOptions{Against: &late}); !strings.Contains(findings(r), "its end was cut off") {
			t.Errorf("cut log:\n%s", findings(r))
		}
		run(t, d, `update ledger_entry set actor = 'person:bert'`)
		wipe(10)
		sequence(t, l)
		if r := verify(t, l, ledger.VerifyOptions{Against: &early}); !strings.Contains(findings(r), "its past was rewritten") {
			t.Errorf("rewritten log:\n%s", findings(r))
		}
		forged := early
		forged.Note = strings.Replace(early.Note, "\n10\n", "\n11\n", 1)
		if r := verify(t, l, ledger.VerifyOptions{Against: &forged}); !strings.Contains(findings(r), "kept outside is not signed") {
			t.Errorf("forged outside checkpoint:\n%s", findings(r))
		}
	})
}

// TestRefusesToSignContradiction: what was tampered with is not given a fresh, valid signature.
func TestRefusesToSignContradiction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		record(t, d, 5)
		sequence(t, l)
		record(t, d, 1)
		if _, err := ledger.Open(d, newKey(t)).Sequence(t.Context()); !errors.Is(err, fault.Conflict) {
			t.Errorf("another key signs the same log: %v", err)
		}
		run(t, d, `delete from ledger_tile`)
		if _, err := l.Sequence(t.Context()); !errors.Is(err, fault.Conflict) {
			t.Errorf("hashes gone: %v", err)
		}
		if _, err := ledger.Open(d, nil).Sequence(t.Context()); !errors.Is(err, fault.Invalid) {
			t.Errorf("no key: %v", err)
		}
	})
}

func TestTwoSequencersRace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key := newKey(t)
		const writers, each = 3, 60
		var writing, sequencing sync.WaitGroup
		written := make(chan struct{})
		for range 2 {
			l := ledger.Open(d, key)
			sequencing.Go(func() {
				for {
					if _, err := l.Sequence(t.Context()); err != nil {
						t.Error(err)
						return
					}
					select {
					case <-written:
						return
					default:
					}
				}
			})
		}
		for range writers {
			writing.Go(func() {
				for range each {
					err := d.Tx(t.Context(), func(tx *db.Tx) error {
						_, err := ledger.Record(tx, "decision.made", "listing:L1", "person:anna", nil)
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		writing.Wait()
		close(written)
		sequencing.Wait()
		l := ledger.Open(d, key)
		sequence(t, l)
		r := verify(t, l, ledger.VerifyOptions{})
		if !r.OK() || r.Size != writers*each || r.Unsequenced != 0 {
			t.Errorf("%+v\n%s", r, findings(r))
		}
	})
}

// TestLateCommit: an entry whose id is smaller commits after a greater one was sequenced, as can happen on PostgreSQL.
func TestLateCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		record(t, d, 2)
		sequence(t, l)
		run(t, d, `insert into ledger_entry (id, at, kind, subject, actor, body) values ('0', 1, 'decision.made', 'listing:L1', 'person:anna', '{}')`)
		sequence(t, l)
		e, err := l.Entry(t.Context(), "0")
		if err != nil || e.Position != 2 {
			t.Errorf("position %d, %v", e.Position, err)
		}
		if r := verify(t, l, ledger.VerifyOptions{}); !r.OK() {
			t.Error(findings(r))
		}
	})
}

// TestCrash breaks the sequencing transaction at each of its writes: the log is as before, whole, and goes on afterwards.
func TestCrash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		size := int64(254)
		record(t, d, int(size))
		sequence(t, l)
		if d.Dialect() == db.Postgres {
			run(t, d, `create function crash() returns trigger language plpgsql as $$ begin raise exception 'crash'; end $$`)
		}
		for _, at := range []string{
			"update on ledger_head for each row",
			"insert on ledger_tile for each row",
			"update on ledger_entry for each row when (new.position = 255)",
			"insert on ledger_checkpoint for each row",
			"update on ledger_head for each row when (new.size <> old.size)",
		} {
			record(t, d, 3)
			then, table := ` begin select raise(abort, 'crash'); end`, ""
			if d.Dialect() == db.Postgres {
				then, table = ` execute function crash()`, " on "+strings.Fields(at)[2]
			}
			run(t, d, `create trigger crash before `+strings.ReplaceAll(at, "255", fmt.Sprint(size+1))+then)
			if _, err := l.Sequence(t.Context()); err == nil || !strings.Contains(err.Error(), "crash") {
				t.Errorf("%s: no crash, but %v", at, err)
			}
			if r := verify(t, l, ledger.VerifyOptions{}); !r.OK() || r.Size != size || r.Unsequenced != 3 {
				t.Errorf("%s left %+v\n%s", at, r, findings(r))
			}
			run(t, d, `drop trigger crash`+table)
			sequence(t, l)
			size += 3
			if r := verify(t, l, ledger.VerifyOptions{}); !r.OK() || r.Size != size || r.Unsequenced != 0 {
				t.Errorf("after %s: %+v\n%s", at, r, findings(r))
			}
		}
	})
}

func TestAttest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		record(t, d, 3)
		sequence(t, l)
		l.Attest("enforce", func(ctx context.Context, tx *db.Tx, report func(subject, what string)) error {
			n, err := db.One(tx, db.Value[int64], `select count(*) from ledger_entry`)
			if n == 3 {
				report("decision:D1", "The decision is not the one that was recorded.")
			}
			return err
		})
		r := verify(t, l, ledger.VerifyOptions{})
		if r.Found != 1 || findings(r) != "decision:D1: The decision is not the one that was recorded." || !slices.Equal(r.Attested, []string{"enforce"}) {
			t.Errorf("%+v", r)
		}
	})
}

func TestRunKeepsCheckpointOutside(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		l.CheckpointFile = filepath.Join(t.TempDir(), "ledger.checkpoint")
		published := make(chan ledger.Checkpoint, 8)
		l.Published = func(c ledger.Checkpoint) { published <- c }
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		stopped := make(chan error, 1)
		record(t, d, 4)
		go func() { stopped <- l.Run(ctx) }()
		first := <-published
		record(t, d, 4)
		l.Nudge()
		second := <-published
		if first.Size != 4 || second.Size != 8 {
			t.Errorf("published %d and %d", first.Size, second.Size)
		}
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		kept, err := ledger.ReadCheckpoint(l.CheckpointFile)
		if err != nil || kept.Note != second.Note {
			t.Errorf("kept %+v, %v", kept, err)
		}
		if r := verify(t, l, ledger.VerifyOptions{Against: &kept}); !r.OK() {
			t.Error(findings(r))
		}
		if _, err := ledger.ReadCheckpoint(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fault.NotFound) {
			t.Errorf("no file: %v", err)
		}
	})
}

func TestKeepOutsideRefusesContradiction(t *testing.T) {
	d := dbtest.SQLite(t, clock.System)
	l := ledger.Open(d, newKey(t))
	l.CheckpointFile = filepath.Join(t.TempDir(), "ledger.checkpoint")
	record(t, d, 4)
	sequence(t, l)
	c, err := l.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, kept := range map[string]string{
		"longer":      strings.Replace(c.Note, "\n4\n", "\n9\n", 1),
		"another log": strings.Replace(c.Note, "test.example/ledger\n", "test.example/other\n", 1),
		"forked":      strings.Replace(c.Note, base64.StdEncoding.EncodeToString(c.Root[:]), base64.StdEncoding.EncodeToString(make([]byte, 32)), 1),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(l.CheckpointFile, []byte(kept), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := l.KeepOutside(t.Context(), c); !errors.Is(err, fault.Conflict) {
				t.Errorf("%v", err)
			}
			if now, _ := os.ReadFile(l.CheckpointFile); string(now) != kept {
				t.Error("the contradicting checkpoint was overwritten")
			}
		})
	}
}

func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.Open(d, newKey(t))
		ids := record(t, d, 25)
		seen := map[string]bool{}
		var last ledger.Entry
		after := ""
		for pages := 0; ; pages++ {
			page, next, err := l.List(t.Context(), ledger.Filter{Limit: 10, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				if seen[e.ID] {
					t.Errorf("%s twice", e.ID)
				}
				if last.ID != "" && (e.At.After(last.At) || e.At.Equal(last.At) && e.ID > last.ID) {
					t.Errorf("%s stands after %s", e.ID, last.ID)
				}
				seen[e.ID], last = true, e
			}
			if next == "" {
				if pages != 2 {
					t.Errorf("%d pages", pages+1)
				}
				break
			}
			after = next
		}
		if len(seen) != len(ids) {
			t.Errorf("listed %d of %d", len(seen), len(ids))
		}
		all, err := l.BySubject(t.Context(), "listing:L3")
		page, _, err2 := l.List(t.Context(), ledger.Filter{Subject: "listing:L3", Kind: "decision.made", Actor: "person:anna", From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)})
		if err != nil || err2 != nil || len(all) != 4 || len(page) != 4 || all[0].ID != page[3].ID {
			t.Errorf("by subject: %d and %d, %v, %v", len(all), len(page), err, err2)
		}
		if page, _, _ := l.List(t.Context(), ledger.Filter{To: time.Now().Add(-time.Hour)}); len(page) != 0 {
			t.Errorf("%d before there were any", len(page))
		}
		for _, f := range []ledger.Filter{{After: "x"}, {After: "1"}, {After: "1.\x00"}, {Subject: "a\x00b"}, {Actor: "\xff"}} {
			if _, _, err := l.List(t.Context(), f); !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", f, err)
			}
		}
		if _, err := l.Entry(t.Context(), "a\x00"); !errors.Is(err, fault.NotFound) {
			t.Errorf("entry with NUL: %v", err)
		}
	})
}

func TestRecordRefusesWhatIsNoName(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, subject := range []string{"", "a\x00b", "\xff", strings.Repeat("x", 1025)} {
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := ledger.Record(tx, "decision.made", subject, "system", nil)
				return err
			})
			if err == nil {
				t.Errorf("%.20q was recorded", subject)
			}
		}
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := ledger.Record(tx, "decision.made", "listing:x", "system", make(chan int))
			return err
		})
		if err == nil {
			t.Error("a body without a JSON form was recorded")
		}
	})
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "ledger.key")
	var mu sync.Mutex
	var publics []string
	var starting sync.WaitGroup
	for range 8 {
		starting.Go(func() {
			k, err := ledger.LoadOrCreateKey(path, "shop.example/ledger")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			publics = append(publics, k.VerifierKey())
		})
	}
	starting.Wait()
	slices.Sort(publics)
	if len(slices.Compact(publics)) != 1 {
		t.Fatalf("processes starting together got different keys: %v", publics)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := ledger.LoadOrCreateKey(path, "renamed.example")
	if err != nil || again.Origin() != "shop.example/ledger" {
		t.Errorf("the key lost its name: %v", err)
	}
	public, err := os.ReadFile(strings.TrimSuffix(path, ".key") + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	v, err := ledger.ParseVerifier(string(public))
	if err != nil || v.KeyHash() != again.Verifier().KeyHash() {
		t.Errorf("public key: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.WriteFile(path, []byte("PRIVATE+KEY+nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.LoadOrCreateKey(path, ""); !errors.Is(err, fault.Invalid) {
		t.Errorf("a broken key file: %v", err)
	}
	for _, origin := range []string{"two words", "a+b", "line\nbreak", "ideographic\u3000space"} {
		if _, err := ledger.NewKey(origin); !errors.Is(err, fault.Invalid) {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
	unnamed, err := ledger.NewKey("")
	if err != nil || unnamed.Origin() == "" {
		t.Error(err)
	}
}
