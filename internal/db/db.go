// Package db is the one door to SQL: SQLite in a file by default, PostgreSQL by URL, one query text for both.
//
// A room's verb runs in Tx: load, rule, save, record in the ledger and emit, all or nothing. The function given to Tx may run more
// than once (serialization failures and busy errors retry the whole of it), so it must have no effect outside the
// transaction.
package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"modernc.org/sqlite"

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
}

// Open opens the database at url: "postgres://…" or "sqlite:PATH". It does not migrate.
func Open(ctx context.Context, url string, now clock.Clock) (*DB, error) {
	if now == nil {
		now = clock.System
	}
	d := &DB{now: now}
	switch {
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		d.dialect = Postgres
		pool, err := sql.Open("pgx", url)
		if err != nil {
			return nil, fault.Invalid.Say("The database URL cannot be read.").Because(err)
		}
		pool.SetMaxOpenConns(16)
		pool.SetMaxIdleConns(8)
		pool.SetConnMaxIdleTime(5 * time.Minute)
		d.write, d.read = pool, pool
	case strings.HasPrefix(url, "sqlite:"):
		d.dialect = SQLite
		if err := d.openSQLite(strings.TrimPrefix(strings.TrimPrefix(url, "sqlite://"), "sqlite:")); err != nil {
			return nil, err
		}
	default:
		return nil, fault.Invalid.Say("The database URL must begin with postgres:// or sqlite:.")
	}
	if err := d.Ping(ctx); err != nil {
		d.Close()
		return nil, fault.Unavailable.Say("The database does not answer.").Because(err)
	}
	return d, nil
}

func (d *DB) openSQLite(path string) error {
	const pragmas = "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=cache_size(-65536)&_pragma=temp_store(memory)"
	file := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
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

// Tx runs fn in one durable read-write transaction: after nil, what it did survives a kill and a power cut.
// The whole of fn is run again when the engine asks for a retry. A panic in fn rolls back and goes on.
func (d *DB) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	return d.run(ctx, d.write, nil, true, fn)
}

// Bulk is Tx for work that can be replayed from elsewhere (scan results): after nil it survives a kill of the process, but on SQLite
// perhaps not a power cut.
func (d *DB) Bulk(ctx context.Context, fn func(tx *Tx) error) error {
	return d.run(ctx, d.write, nil, false, fn)
}

// View runs fn on one snapshot; fn cannot write.
func (d *DB) View(ctx context.Context, fn func(tx *Tx) error) error {
	return d.run(ctx, d.read, &sql.TxOptions{ReadOnly: true, Isolation: d.viewIsolation()}, true, fn)
}

// viewIsolation: a plain PostgreSQL transaction sees a new snapshot per statement; a SQLite one keeps the first.
func (d *DB) viewIsolation() sql.IsolationLevel {
	if d.dialect == Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

const maxAttempts = 12

func (d *DB) run(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, durable bool, fn func(tx *Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := d.once(ctx, pool, opts, durable, fn)
		if err == nil || !retryable(err) {
			return err
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
	most := time.Millisecond << min(attempt, 8)
	n, err := rand.Int(rand.Reader, big.NewInt(int64(most)))
	if err != nil {
		return most
	}
	return time.Duration(n.Int64())
}

func (d *DB) once(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, durable bool, fn func(tx *Tx) error) (err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if !durable && d.dialect == SQLite {
		if _, err := conn.ExecContext(ctx, "pragma synchronous=normal"); err != nil {
			return err
		}
		// The same connection serves the next durable transaction.
		defer conn.ExecContext(context.WithoutCancel(ctx), "pragma synchronous=full")
	}
	sqlTx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	tx := &Tx{ctx: ctx, tx: sqlTx, now: d.now(), dialect: d.dialect}
	done := false
	defer func() {
		if !done {
			_ = sqlTx.Rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	done = true
	return sqlTx.Commit()
}

// retryable reports whether the engine asks for the whole transaction again: serialization failure, deadlock, busy.
func retryable(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code()&0xff == 5 // SQLITE_BUSY and its extended codes
	}
	return false
}

// Tx is a transaction. All its rows share one moment.
type Tx struct {
	ctx     context.Context
	tx      *sql.Tx
	now     time.Time
	dialect Dialect
}

// Context is the context the transaction was begun with.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Dialect is the engine in use.
func (tx *Tx) Dialect() Dialect { return tx.dialect }

// Now is the one moment of this transaction, in UTC, to the microsecond.
func (tx *Tx) Now() time.Time { return tx.now }

// Exec runs a statement and says how many rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	res, err := tx.tx.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a query; the caller closes the rows. Prefer All and One.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(tx.ctx, query, args...)
}

// QueryRow runs a query for one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(tx.ctx, query, args...)
}

// Event is something that has happened in a room, told to others after the transaction commits.
// It is kept as JSON, so its exported fields are its contract.
type Event interface {
	// EventName is the room and the past tense, "brand.changed"; the bus carries it under "event." + name.
	EventName() string
}

const insertOutbox = `insert into outbox (id, name, body, at) values ($1, $2, $3, $4)`

// Emit writes e to the outbox in this transaction; the relay hands it to the bus once committed.
func (tx *Tx) Emit(e Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("emit %s: %w", e.EventName(), err)
	}
	_, err = tx.Exec(insertOutbox, NewID(), e.EventName(), string(body), Micros(tx.now))
	return err
}

// Row is what *sql.Row and *sql.Rows have in common.
type Row interface{ Scan(dest ...any) error }

// One reads exactly one row. It returns fault.NotFound when there is none.
func One[T any](tx *Tx, scan func(Row) (T, error), query string, args ...any) (T, error) {
	v, err := scan(tx.QueryRow(query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		var zero T
		return zero, fault.NotFound.Say("There is no such record.")
	}
	return v, err
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
	return all, rows.Err()
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
	var b strings.Builder
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		for c := range columns {
			if c == 0 {
				b.WriteByte('(')
			} else {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "$%d", r*columns+c+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}

// In writes the placeholders of an IN list that begins at $first: In(3, 2) is "($3,$4)".
func In(first, n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	b.WriteByte(')')
	return b.String()
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
