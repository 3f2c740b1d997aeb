package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/ownmark/ownmark/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema to the newest version and says how many steps it took. Several processes may do so at once.
// It returns fault.Invalid when the schema is newer than this binary knows.
func (d *DB) Migrate(ctx context.Context) (int, error) {
	p, err := d.provider()
	if err != nil {
		return 0, err
	}
	taken := 0
	for attempt := 1; ; attempt++ {
		n, err := d.up(ctx, p)
		taken += n
		if err == nil {
			return taken, nil
		}
		// Of two processes one may fail at a step, or at the table of the steps, that the other has just made: it goes on from there.
		if fault.Of(err) == fault.Invalid || ctx.Err() != nil || attempt == migrateAttempts {
			return taken, fmt.Errorf("migrate: %w", explain(ctx, err))
		}
		time.Sleep(backoff(attempt + 4))
	}
}

const migrateAttempts = 6

func (d *DB) up(ctx context.Context, p *goose.Provider) (taken int, err error) {
	if err := d.known(ctx, p); err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		return len(partial.Applied), err
	}
	return len(done), err
}

// Pending says how many migration steps are still to be taken. It returns fault.Invalid when the schema is newer than this
// binary knows.
func (d *DB) Pending(ctx context.Context) (int, error) {
	p, err := d.provider()
	if err != nil {
		return 0, err
	}
	if err := d.known(ctx, p); err != nil {
		return 0, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", explain(ctx, err))
	}
	n := 0
	for _, s := range all {
		if s.State == goose.StatePending {
			n++
		}
	}
	return n, nil
}

// known refuses a schema that a newer release has written. A process that was already running when the schema moved on is not
// asked: migrations leave room for it.
func (d *DB) known(ctx context.Context, p *goose.Provider) error {
	stored, newest, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", explain(ctx, err))
	}
	if stored > newest {
		return fault.Invalid.Say("The database was written by a newer release of Ownmark (schema %d, this one knows %d). Use that release.", stored, newest)
	}
	return nil
}

func (d *DB) provider() (*goose.Provider, error) {
	files, err := Schema(d.dialect)
	if err != nil {
		return nil, err
	}
	if d.dialect == SQLite {
		return goose.NewProvider(goose.DialectSQLite3, d.write, files)
	}
	return goose.NewProvider(goose.DialectPostgres, d.write, files, goose.WithSessionLocker(migrationLock{}))
}

// migrationLock lets one process at a time migrate a PostgreSQL database; the others wait their turn and find nothing to do.
type migrationLock struct{}

// migrationKey is the advisory lock's key: "ownmark" in ASCII.
const migrationKey = 0x6f776e6d61726b

// SessionLock waits for the lock.
func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", int64(migrationKey))
	return err
}

// SessionUnlock gives the lock back.
func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "select pg_advisory_unlock($1)", int64(migrationKey))
	return err
}

// Schema is the migrations as the engine takes them. They are written once, in PostgreSQL's words, with STRICT on
// each table; see translate for what differs.
func Schema(dialect Dialect) (fs.FS, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	out := fstest.MapFS{}
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out[strings.TrimPrefix(name, "migrations/")] = &fstest.MapFile{Data: []byte(translate(dialect, string(text)))}
	}
	return out, nil
}

var sqliteType = regexp.MustCompile(`\b(BIGINT|BOOLEAN|BYTEA|DOUBLE PRECISION)\b`)

// translate turns the one DDL text into the engine's. SQLite's STRICT tables, which refuse a text in a number's
// place, know neither BIGINT, BOOLEAN, BYTEA nor DOUBLE PRECISION; PostgreSQL knows no STRICT and sorts text by the
// database's locale unless a column says otherwise, so its text columns are given the byte order SQLite has.
// Type names are written in upper case and nothing else is.
func translate(dialect Dialect, ddl string) string {
	if dialect == Postgres {
		ddl = strings.ReplaceAll(ddl, ") STRICT;", ");")
		return textType.ReplaceAllString(ddl, `TEXT COLLATE "C"`)
	}
	return sqliteType.ReplaceAllStringFunc(ddl, func(t string) string {
		switch t {
		case "BYTEA":
			return "BLOB"
		case "DOUBLE PRECISION":
			return "REAL"
		}
		return "INTEGER"
	})
}

var textType = regexp.MustCompile(`\bTEXT\b`)
