package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Entry is one line of the ledger.
type Entry struct {
	ID       string          `json:"id"`
	At       time.Time       `json:"at"`
	Kind     string          `json:"kind"`    // what happened: "decision.made"
	Subject  string          `json:"subject"` // what it is about: "listing:L1"
	Actor    string          `json:"actor"`   // who did it: "person:…", "key:…", "system"
	Body     json.RawMessage `json:"body"`    // the rest, as the room recorded it
	Position int64           `json:"position"`
}

// Unsequenced is the Position of an entry that the log does not hold yet.
const Unsequenced int64 = -1

// maxLeaf is the longest leaf an entry bundle can hold: C2SP tlog-tiles counts its bytes in 16 bits.
const maxLeaf = 1<<16 - 1

// Leaf is the bytes the log commits to; the package comment defines them.
func (e Entry) Leaf() []byte {
	b := make([]byte, 0, 160+len(e.Subject)+len(e.Body))
	b = appendQuoted(append(b, `{"id":`...), e.ID)
	b = strconv.AppendInt(append(b, `,"at":`...), db.Micros(e.At), 10)
	b = appendQuoted(append(b, `,"kind":`...), e.Kind)
	b = appendQuoted(append(b, `,"subject":`...), e.Subject)
	b = appendQuoted(append(b, `,"actor":`...), e.Actor)
	if len(b)+len(`,"body":`)+len(e.Body)+len(`}`) > maxLeaf {
		sum := sha256.Sum256(e.Body)
		b = append(b, `,"body_sha256":"`...)
		b = hex.AppendEncode(b, sum[:])
		return append(b, `"}`...)
	}
	b = append(append(b, `,"body":`...), e.Body...)
	return append(b, '}')
}

// Hash is the entry's leaf hash.
func (e Entry) Hash() tlog.Hash { return tlog.RecordHash(e.Leaf()) }

// appendQuoted writes s as a JSON string with the fewest escapes, as RFC 8785 has it.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		case '\f':
			b = append(b, '\\', 'f')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			if c < 0x20 {
				b = fmt.Appendf(b, `\u%04x`, c)
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"')
}

// ParseLeaf reads a leaf back. Body is nil and digest set (hexadecimal SHA-256) where the leaf commits to the body by
// its hash only. It returns fault.Invalid for anything that Leaf does not write.
func ParseLeaf(leaf []byte) (e Entry, digest string, err error) {
	bad := fault.Invalid.Say("This is not an entry of a ledger.")
	if len(leaf) > maxLeaf {
		return Entry{}, "", bad.Because(errors.New("longer than an entry bundle holds"))
	}
	var fields struct {
		ID      string          `json:"id"`
		At      int64           `json:"at"`
		Kind    string          `json:"kind"`
		Subject string          `json:"subject"`
		Actor   string          `json:"actor"`
		Body    json.RawMessage `json:"body"`
		Digest  string          `json:"body_sha256"`
	}
	if err := json.Unmarshal(leaf, &fields); err != nil {
		return Entry{}, "", bad.Because(err)
	}
	e = Entry{ID: fields.ID, At: db.Time(fields.At), Kind: fields.Kind, Subject: fields.Subject, Actor: fields.Actor, Body: fields.Body, Position: Unsequenced}
	if fields.Digest == "" {
		if !bytes.Equal(e.Leaf(), leaf) {
			return Entry{}, "", bad.Because(errors.New("not in the canonical form"))
		}
		return e, "", nil
	}
	sum, err := hex.DecodeString(fields.Digest)
	if err != nil || len(sum) != sha256.Size {
		return Entry{}, "", bad.Because(errors.New("the body's hash cannot be read"))
	}
	without := e
	without.Body = nil
	start := without.Leaf()
	start = start[:len(start)-len(`,"body":}`)]
	if want := string(start) + `,"body_sha256":"` + hex.EncodeToString(sum) + `"}`; want != string(leaf) {
		return Entry{}, "", bad.Because(errors.New("not in the canonical form"))
	}
	return without, fields.Digest, nil
}

// Filter says which entries List shows. The zero Filter shows all.
type Filter struct {
	Subject string    // exactly
	Kind    string    // exactly
	Actor   string    // exactly
	From    time.Time // at or after
	To      time.Time // before
	After   string    // the cursor of the page before; empty for the first page
	Limit   int       // rows a page, at most 1000; 0 means 50
}

// List shows entries, newest first. next is the Filter.After of the following page, empty on the last.
func (l *Log) List(ctx context.Context, f Filter) (page []Entry, next string, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 1000)
	var where strings.Builder
	var args []any
	add := func(condition string, arg any) {
		args = append(args, arg)
		if where.Len() > 0 {
			where.WriteString(" and ")
		}
		fmt.Fprintf(&where, condition, len(args))
	}
	if f.Subject != "" {
		add("subject = $%d", f.Subject)
	}
	if f.Kind != "" {
		add("kind = $%d", f.Kind)
	}
	if f.Actor != "" {
		add("actor = $%d", f.Actor)
	}
	if !f.From.IsZero() {
		add("at >= $%d", db.Micros(f.From))
	}
	if !f.To.IsZero() {
		add("at < $%d", db.Micros(f.To))
	}
	if f.After != "" {
		at, id, ok := strings.Cut(f.After, ".")
		micros, err := strconv.ParseInt(at, 10, 64)
		if !ok || err != nil || !storable(id) {
			return nil, "", fault.Invalid.Say("This page of the list does not exist.").At("after")
		}
		add("at <= $%d", micros)
		args = append(args, micros, id)
		fmt.Fprintf(&where, " and (at, id) < ($%d, $%d)", len(args)-1, len(args))
	}
	for field, value := range map[string]string{"subject": f.Subject, "kind": f.Kind, "actor": f.Actor} {
		if !storable(value) {
			return nil, "", fault.Invalid.Say("This text has characters that cannot be searched for.").At(field)
		}
	}
	query := selectEntries
	if where.Len() > 0 {
		query += " where " + where.String()
	}
	args = append(args, limit+1)
	query += fmt.Sprintf(" order by at desc, id desc limit $%d", len(args))
	err = l.DB.View(ctx, func(tx *db.Tx) (err error) {
		page, err = db.All(tx, scanEntry, query, args...)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list ledger entries: %w", err)
	}
	if len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = strconv.FormatInt(db.Micros(last.At), 10) + "." + last.ID
	}
	return page, next, nil
}

// BySubject is everything recorded about a subject, oldest first, at most 1000 entries.
func (l *Log) BySubject(ctx context.Context, subject string) ([]Entry, error) {
	var all []Entry
	if !storable(subject) {
		return nil, nil
	}
	err := l.DB.View(ctx, func(tx *db.Tx) (err error) {
		all, err = db.All(tx, scanEntry, entriesOfSubject, subject)
		return err
	})
	return all, err
}

// Entry is one entry. It returns fault.NotFound.
func (l *Log) Entry(ctx context.Context, id string) (Entry, error) {
	var e Entry
	err := l.DB.View(ctx, func(tx *db.Tx) (err error) {
		e, err = entry(tx, id)
		return err
	})
	return e, err
}

func entry(tx *db.Tx, id string) (Entry, error) {
	if !storable(id) {
		return Entry{}, fault.NotFound.Say("There is no such entry in the ledger.")
	}
	e, err := db.One(tx, scanEntry, selectEntries+" where id = $1", id)
	if fault.Of(err) == fault.NotFound {
		return Entry{}, fault.NotFound.Say("There is no such entry in the ledger.")
	}
	return e, err
}

// storable: PostgreSQL refuses text with NUL bytes or broken UTF-8, SQLite takes it; so we refuse it before either.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
