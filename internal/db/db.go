// Package db is the one door to SQL: SQLite in a file by default, PostgreSQL by URL, one query text for both.
//
// A room's verb runs in Tx: load, rule, save, record in the ledger and emit, all or nothing. The function given to Tx may run more
// than once (serialization failures and busy errors retry the whole of it), so it must have no effect outside the
// transaction. Transactions behave as if they ran one after the other, on both engines: a rule that has read a row, or counted
// rows, may rely on them until it commits.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/fault"
)

// Dialect names the engine behind a DB. What the engines do differently is a method here, whose comment says what
// differs; everything else is one text.
type Dialect string

// The engines.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// SkipLocked is appended to the inner SELECT of a claim: PostgreSQL has many writers and must step over rows another
// holds, SQLite has one writer and no such clause.
func (d Dialect) SkipLocked() string {
	if d == Postgres {
		return " for update skip locked"
	}
	return ""
}

// DB is an open database.
type DB struct {
	dialect Dialect
	write   *sql.DB // SQLite: exactly one connection
	read    *sql.DB // PostgreSQL: the same pool as write
	now     clock.Clock

	mu    sync.Mutex
	wake  map[int]func() // see OnEmit
	wakes int
}

// Open opens the database at url: "postgres://…" or "sqlite:PATH". It does not migrate.
// It returns fault.Invalid for a URL or a file that cannot be a database and fault.Unavailable when the engine does not answer. No
// error shows a password of the URL.
func Open(ctx context.Context, url string, now clock.Clock) (*DB, error) {
	if now == nil {
		now = clock.System
	}
	d := &DB{now: now}
	var err error
	switch {
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		err = d.openPostgres(url)
	case strings.HasPrefix(url, "sqlite:"):
		err = d.openSQLite(strings.TrimPrefix(strings.TrimPrefix(url, "sqlite://"), "sqlite:"))
	default:
		err = fault.Invalid.Say("The database URL must begin with postgres:// or sqlite:.")
	}
	if err != nil {
		return nil, err
	}
	if err := d.Ping(ctx); err != nil {
		d.Close()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("open %s: %w", Redact(url), err)
		}
		return nil, unopened(url, err)
	}
	return d, nil
}

func (d *DB) openPostgres(url string) error {
	d.dialect = Postgres
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// The parser's error carries the whole URL in a field, so nothing of it is kept.
		return fault.Invalid.Say("The database URL cannot be read.").Because(fmt.Errorf("parse %s", Redact(url)))
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "ownmark"
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(8)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	d.write, d.read = pool, pool
	return nil
}

func (d *DB) openSQLite(path string) error {
	d.dialect = SQLite
	// A database in memory would be another one for each connection.
	if path == "" || strings.Contains(path, ":memory:") || strings.ContainsRune(path, 0) {
		return fault.Invalid.Say("The database URL names no file.")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("open %q: %w", path, err)
	}
	const pragmas = "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=cache_size(-65536)&_pragma=temp_store(memory)"
	file := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
	write, err := sql.Open("sqlite", file+pragmas+"&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	write.SetConnMaxIdleTime(0)
	read, err := sql.Open("sqlite", file+pragmas+"&_pragma=query_only(1)")
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	d.write, d.read = write, read
	return nil
}

// Close closes every connection.
func (d *DB) Close() error {
	err := d.write.Close()
	if d.read != d.write {
		err = errors.Join(d.read.Close(), err)
	}
	return err
}

// Ping asks the engine whether it answers.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.write.PingContext(ctx); err != nil {
		return err
	}
	return d.read.PingContext(ctx)
}

// Dialect is the engine in use.
func (d *DB) Dialect() Dialect { return d.dialect }

// SQL is the writing pool itself, for migrations and tests that must go behind the rooms' backs.
func (d *DB) SQL() *sql.DB { return d.write }

// OnEmit has wake called after each committed transaction that emitted an event, until stop is called. wake must return at
// once. The relay of the outbox listens here, so that no room need know of it.
func (d *DB) OnEmit(wake func()) (stop func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wake == nil {
		d.wake = map[int]func(){}
	}
	d.wakes++
	id := d.wakes
	d.wake[id] = wake
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.wake, id)
	}
}

func (d *DB) emitted() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, wake := range d.wake {
		wake()
	}
}

// Tx runs fn in one durable read-write transaction: after nil, what it did survives a kill and a power cut.
// The whole of fn is run again when the engine asks for a retry. A panic in fn rolls back and goes on.
//
// It returns what fn returned; fault.Unavailable when the engine is down, full or, after many attempts, still too busy; and an error that is
// ctx.Err() when ctx ended first. A transaction inside a transaction is an error: on SQLite it would wait for itself.
func (d *DB) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	return d.run(ctx, durable, fn)
}

// Bulk is Tx for work that can be replayed from elsewhere (scan results): after nil it survives a kill of the process, but on SQLite
// perhaps not a power cut. On PostgreSQL it runs at the database's default isolation (read committed, as a rule), where rows
// that others change in between do not make it start again; a rule that reads before it writes belongs in Tx.
func (d *DB) Bulk(ctx context.Context, fn func(tx *Tx) error) error {
	return d.run(ctx, replayable, fn)
}

// View runs fn on one snapshot; fn cannot write.
func (d *DB) View(ctx context.Context, fn func(tx *Tx) error) error {
	return d.run(ctx, snapshot, fn)
}

// mode is what a transaction promises.
type mode int

const (
	durable mode = iota
	replayable
	snapshot
)

// options: SQLite has one writer at a time and one snapshot a transaction, which is what serializable and repeatable read
// mean. PostgreSQL has to be asked: by default each of its statements sees what others committed a moment before, and two
// people could both decide a case that each of them had read as open.
func (d *DB) options(m mode) *sql.TxOptions {
	switch {
	case m == snapshot && d.dialect == Postgres:
		return &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	case m == snapshot:
		return &sql.TxOptions{ReadOnly: true}
	case m == durable && d.dialect == Postgres:
		return &sql.TxOptions{Isolation: sql.LevelSerializable}
	}
	return nil
}

// maxAttempts spans about two seconds of pauses.
const maxAttempts = 20

func (d *DB) run(ctx context.Context, m mode, fn func(tx *Tx) error) error {
	if m != snapshot && ctx.Value(within{d}) != nil {
		return errors.New("a transaction was begun inside a transaction")
	}
	for attempt := 1; ; attempt++ {
		err := d.once(ctx, m, fn)
		if err == nil {
			return nil
		}
		if !retryable(err) {
			return explain(ctx, err)
		}
		if attempt == maxAttempts {
			return fault.Unavailable.Say("The database is too busy. Try again.").Because(err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(backoff(attempt)):
		}
	}
}

// backoff grows from about 1 ms to about 250 ms, each with full jitter.
func backoff(attempt int) time.Duration {
	return rand.N(time.Millisecond << min(attempt, 8))
}

// within marks the context of a transaction that writes to a DB.
type within struct{ *DB }

func (d *DB) once(ctx context.Context, m mode, fn func(tx *Tx) error) error {
	pool := d.write
	if m == snapshot {
		pool = d.read
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if m == replayable && d.dialect == SQLite {
		restore, err := relax(ctx, conn)
		if err != nil {
			return err
		}
		defer restore()
	}
	sqlTx, err := conn.BeginTx(ctx, d.options(m))
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			_ = sqlTx.Rollback()
		}
	}()
	tx := &Tx{ctx: ctx, tx: sqlTx, now: d.now().UTC().Truncate(time.Microsecond), dialect: d.dialect}
	if m != snapshot {
		tx.ctx = context.WithValue(ctx, within{d}, true)
	}
	if err := fn(tx); err != nil {
		return err
	}
	if tx.failed != nil {
		// PostgreSQL would refuse the commit, SQLite would keep the half that went well.
		return fmt.Errorf("went on after a statement that failed: %w", tx.failed)
	}
	done = true
	if err := sqlTx.Commit(); err != nil {
		return err
	}
	if tx.emitted {
		d.emitted()
	}
	return nil
}

// relax lets SQLite's writing connection commit without waiting for the disk until restore is called. The next durable
// transaction uses the same connection: when the order cannot be restored, the connection is thrown away.
func relax(ctx context.Context, conn *sql.Conn) (restore func(), err error) {
	restore = func() {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "pragma synchronous=full"); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
	}
	if _, err := conn.ExecContext(ctx, "pragma synchronous=normal"); err != nil {
		restore()
		return nil, err
	}
	return restore, nil
}

// Tx is a transaction. All its rows share one moment. A statement that fails ends it: fn cannot go on after it, on either engine.
type Tx struct {
	ctx     context.Context
	tx      *sql.Tx
	now     time.Time
	dialect Dialect
	failed  error // the first statement the engine refused
	emitted bool
}

// Context is the context the transaction was begun with.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Dialect is the engine in use.
func (tx *Tx) Dialect() Dialect { return tx.dialect }

// Now is the one moment of this transaction, in UTC, to the microsecond.
func (tx *Tx) Now() time.Time { return tx.now }

// Exec runs a statement and says how many rows it changed.
// Like Query and QueryRow it returns fault.Invalid for a text argument that Text refuses.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	res, err := tx.tx.ExecContext(tx.ctx, tx.words(query, len(args)), storable(args)...)
	if err != nil {
		return 0, tx.fail(err)
	}
	return res.RowsAffected()
}

// Query runs a query; the caller closes the rows. Prefer All and One.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	rows, err := tx.tx.QueryContext(tx.ctx, tx.words(query, len(args)), storable(args)...)
	return rows, tx.fail(err)
}

// QueryRow runs a query for one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(tx.ctx, tx.words(query, len(args)), storable(args)...)
}

// words is query as the engine likes it best.
func (tx *Tx) words(query string, arguments int) string {
	if tx.dialect == SQLite {
		return positional(query, arguments)
	}
	return query
}

// fail notes the first error that came from the engine and passes err on.
func (tx *Tx) fail(err error) error {
	if tx.failed == nil && fromEngine(err) {
		tx.failed = err
	}
	return err
}

// Event is something that has happened in a room, told to others after the transaction commits.
// It is kept as JSON, so its exported fields are its contract.
type Event interface {
	// EventName is the room and the past tense, "brand.changed"; the bus carries it under "event." + name.
	EventName() string
}

// maxEvent is the most bytes an event may have: what a message on the bus can carry, with room for its headers.
const maxEvent = 1 << 20

const insertOutbox = `insert into outbox (id, name, body, at) values ($1, $2, $3, $4)`

// Emit writes e to the outbox in this transaction; the relay hands it to the bus once committed. It returns fault.TooLarge for an event
// of more than 1 MiB: an event names what changed, it does not carry it.
func (tx *Tx) Emit(e Event) error {
	name := e.EventName()
	if !eventName.MatchString(name) {
		return fmt.Errorf("emit %q: the name of an event is its room and the past tense, as in brand.changed", name)
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("emit %s: %w", name, err)
	}
	if len(body) > maxEvent {
		return fmt.Errorf("emit %s: %w", name, fault.TooLarge.Say("The event is too large."))
	}
	if _, err := tx.Exec(insertOutbox, NewID(), name, string(body), Micros(tx.now)); err != nil {
		return fmt.Errorf("emit %s: %w", name, err)
	}
	tx.emitted = true
	return nil
}

var eventName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

// Row is what *sql.Row and *sql.Rows have in common.
type Row interface{ Scan(dest ...any) error }

// One reads exactly one row. It returns fault.NotFound when there is none.
func One[T any](tx *Tx, scan func(Row) (T, error), query string, args ...any) (T, error) {
	v, err := scan(tx.QueryRow(query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		var zero T
		return zero, fault.NotFound.Say("There is no such record.")
	}
	return v, tx.fail(err)
}

// All reads every row.
func All[T any](tx *Tx, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, tx.fail(rows.Err())
}

// Value is a scan function for queries of one column.
func Value[T any](r Row) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}

// Values writes the placeholder rows of a multi-row insert: Values(2, 3) is "($1,$2,$3),($4,$5,$6)". PostgreSQL takes
// at most 65,535 placeholders, SQLite 32,766.
func Values(rows, columns int) string {
	b := make([]byte, 0, rows*(columns*7+2))
	for r := range rows {
		if r > 0 {
			b = append(b, ',')
		}
		b = placeholders(b, r*columns+1, columns)
	}
	return string(b)
}

// In writes the placeholders of an IN list that begins at $first: In(3, 2) is "($3,$4)".
func In(first, n int) string {
	return string(placeholders(make([]byte, 0, n*7+2), first, n))
}

func placeholders(b []byte, first, n int) []byte {
	b = append(b, '(')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '$'), int64(first+i), 10)
	}
	return append(b, ')')
}

// Micros is a time as storage keeps it: microseconds since 1970 in UTC; the zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time reads what Micros wrote.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// NewID is a fresh UUIDv7: unique, and sorting by the time it was made.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
