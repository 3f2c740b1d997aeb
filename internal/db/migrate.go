package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema to the newest version and says how many steps it took.
func (d *DB) Migrate(ctx context.Context) (int, error) {
	p, err := d.provider()
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrate: %w", err)
	}
	return len(done), nil
}

// Pending says how many migration steps are still to be taken.
func (d *DB) Pending(ctx context.Context) (int, error) {
	p, err := d.provider()
	if err != nil {
		return 0, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range all {
		if s.State == goose.StatePending {
			n++
		}
	}
	return n, nil
}

func (d *DB) provider() (*goose.Provider, error) {
	dialect, files := goose.DialectPostgres, fs.FS(nil)
	if d.dialect == SQLite {
		dialect = goose.DialectSQLite3
	}
	files, err := Schema(d.dialect)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, d.write, files)
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
