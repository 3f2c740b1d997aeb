package ledger

import (
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

const (
	insertEntry      = `insert into ledger_entry (id, at, kind, subject, actor, body) values ($1, $2, $3, $4, $5, $6)`
	selectEntries    = `select id, at, kind, subject, actor, body, coalesce(position, -1) from ledger_entry`
	entriesOfSubject = selectEntries + ` where subject = $1 order by at, id limit 1000`

	anyUnsequenced   = `select count(*) from (select 1 from ledger_entry where position is null limit 1) as waiting`
	countUnsequenced = `select count(*) from ledger_entry where position is null`
	nextUnsequenced  = selectEntries + ` where position is null order by id limit $1`
	entriesFrom      = selectEntries + ` where position >= $1 order by position, id limit $2`
	entriesPast      = selectEntries + ` where position is not null and (position, id) > ($1, $2) order by position, id limit $3`
	entriesBetween   = selectEntries + ` where position >= $1 and position < $2 order by position`
	lowestPosition   = `select coalesce(min(position), 0) from ledger_entry`

	head     = `select size, verifier from ledger_head where one = 1`
	lockHead = `update ledger_head set size = size where one = 1 returning size, verifier`
	moveHead = `update ledger_head set size = $1, verifier = $2 where one = 1 and size = $3`

	tileHashes = `select hashes from ledger_tile where level = $1 and number = $2`
	tilesFrom  = `select number, hashes from ledger_tile where level = 0 and number >= $1 order by number limit $2`
	countTiles = `select count(*) from ledger_tile`
	writeTile  = `insert into ledger_tile (level, number, hashes) values ($1, $2, $3)
		on conflict (level, number) do update set hashes = excluded.hashes`

	insertCheckpoint = `insert into ledger_checkpoint (size, root, note, at) values ($1, $2, $3, $4)`
	newestCheckpoint = `select size, root, note, at from ledger_checkpoint order by size desc limit 1`
	checkpointsAfter = `select size, root, note, at from ledger_checkpoint where size > $1 order by size limit $2`
)

// givePositions writes the statement that gives n entries their positions; arguments are id, position, id, position….
// It does not ask again for "position is null", which the lock on the head makes sure of: SQLite would take that index for
// the outer loop and be fifty times slower.
func givePositions(n int) string {
	var b strings.Builder
	b.WriteString(`with place (id, position) as (values `)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "($%d,cast($%d as BIGINT))", 2*i+1, 2*i+2)
	}
	b.WriteString(`) update ledger_entry set position = place.position from place
		where ledger_entry.id = place.id`)
	return b.String()
}

func scanEntry(r db.Row) (Entry, error) {
	var e Entry
	var at int64
	var body string
	err := r.Scan(&e.ID, &at, &e.Kind, &e.Subject, &e.Actor, &body, &e.Position)
	e.At, e.Body = db.Time(at), json.RawMessage(body)
	return e, err
}

type checkpointRow struct {
	size int64
	root string
	note string
	at   int64
}

func scanCheckpoint(r db.Row) (checkpointRow, error) {
	var c checkpointRow
	err := r.Scan(&c.size, &c.root, &c.note, &c.at)
	return c, err
}

func (r checkpointRow) checkpoint() (Checkpoint, error) {
	c, err := ParseCheckpoint([]byte(r.note))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint of size %d: %w", r.size, err)
	}
	if c.Size != r.size || base64Hash(c.Root) != r.root {
		return Checkpoint{}, fault.Conflict.Say("The checkpoint of size %d does not say what its row says. Verify the ledger.", r.size)
	}
	return c, nil
}

// hashReader reads stored hashes out of the tiles, each tile once.
type hashReader struct {
	tx    *db.Tx
	tiles map[place][]byte
}

// place is where a tile stands.
type place struct {
	level  int
	number int64
}

func (r *hashReader) tile(at place) ([]byte, error) {
	if data, ok := r.tiles[at]; ok {
		return data, nil
	}
	data, err := db.One(r.tx, db.Value[[]byte], tileHashes, at.level, at.number)
	if err != nil && fault.Of(err) != fault.NotFound {
		return nil, err
	}
	if r.tiles == nil {
		r.tiles = map[place][]byte{}
	}
	r.tiles[at] = data
	return data, nil
}

// ReadHashes makes a hashReader a tlog.HashReader.
func (r *hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		t := tlog.TileForIndex(tileHeight, index)
		data, err := r.tile(place{t.L, t.N})
		if err != nil {
			return nil, err
		}
		if hashes[i], err = tlog.HashFromTile(t, data, index); err != nil {
			return nil, fault.Conflict.Say("Hashes of the ledger are missing. Verify the ledger.").Because(err)
		}
	}
	return hashes, nil
}
