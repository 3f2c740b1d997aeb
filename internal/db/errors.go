package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lite "modernc.org/sqlite/lib"

	"github.com/ownmark/ownmark/internal/fault"
)

// Duplicate reports whether err is the engine's refusal of a row whose key is taken. The transaction it happened in is over.
func Duplicate(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == lite.SQLITE_CONSTRAINT_UNIQUE || e.Code() == lite.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// retryable reports whether the engine asks for the whole transaction again: serialization failure, deadlock, busy.
func retryable(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	return primary(err) == lite.SQLITE_BUSY
}

// fromEngine reports whether err is the engine's own and so has ended a PostgreSQL transaction.
func fromEngine(err error) bool {
	if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		return true
	}
	_, ok := errors.AsType[*sqlite.Error](err)
	return ok
}

// primary is the SQLite result code without its extension, 0 when err is none.
func primary(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// explain gives an error of the engine its kind. A fault that fn returned stands as it is.
func explain(ctx context.Context, err error) error {
	if _, said := fault.As(err); said {
		return err
	}
	if ctx.Err() != nil {
		if errors.Is(err, ctx.Err()) {
			return err
		}
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	switch {
	case full(err):
		return fault.Unavailable.Say("The disk of the database is full.").Because(err)
	case away(err):
		return fault.Unavailable.Say("The database does not answer. Try again later.").Because(err)
	case primary(err) == lite.SQLITE_CORRUPT, primary(err) == lite.SQLITE_NOTADB:
		return fault.Unavailable.Say("The database file is damaged. Restore it from a backup.").Because(err)
	}
	return err
}

func full(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "53100"
	}
	return primary(err) == lite.SQLITE_FULL
}

// away reports whether the engine could not be reached, went away, or takes no more connections: SQLSTATE class 08, 53300, 57P0x.
func away(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pg.Code, "08") || pg.Code == "53300" || strings.HasPrefix(pg.Code, "57P0")
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	switch primary(err) {
	case lite.SQLITE_IOERR, lite.SQLITE_CANTOPEN, lite.SQLITE_PERM:
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF)
}

// unopened says why the database at url did not open.
func unopened(url string, err error) error {
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		file = strings.TrimPrefix(file, "//")
		switch primary(err) {
		case lite.SQLITE_NOTADB, lite.SQLITE_CORRUPT:
			return fault.Invalid.Say("The file %s is not an Ownmark database, or it is damaged.", file).Because(err)
		case lite.SQLITE_CANTOPEN, lite.SQLITE_PERM, lite.SQLITE_READONLY, lite.SQLITE_IOERR:
			return fault.Unavailable.Say("The database file %s cannot be opened for writing.", file).Because(err)
		}
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (strings.HasPrefix(pg.Code, "28") || pg.Code == "3D000") {
		return fault.Invalid.Say("The database server refused: check the name, the password and the database of the URL.").Because(err)
	}
	return fault.Unavailable.Say("The database does not answer.").Because(err)
}

// Redact is a database URL as it may be shown: without its passwords.
func Redact(raw string) string {
	if strings.HasPrefix(raw, "sqlite:") {
		return raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Scheme == "" || strings.ContainsRune(raw, '#') || strings.Contains(u.Host+u.Path+u.RawQuery, "@") {
		return redactUnparsed(raw)
	}
	parameters := strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' })
	for i, parameter := range parameters {
		key, _, _ := strings.Cut(parameter, "=")
		if name, err := url.QueryUnescape(key); err != nil || secretParameter.MatchString(name) {
			parameters[i] = key + "=xxxxx"
		}
	}
	u.RawQuery = strings.Join(parameters, "&")
	return u.Redacted()
}

var secretParameter = regexp.MustCompile(`(?i)pass|secret|token|key`)

// redactUnparsed hides all that could be a secret in what is no plain URL: everything before the last @, and the parameters. The driver
// takes a # or ? in a password that a URL would have to escape.
func redactUnparsed(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return "xxxxx"
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return scheme + "://xxxxx"
	}
	place := rest[at:]
	if end := strings.IndexAny(place, "?#"); end >= 0 {
		place = place[:end]
	}
	return scheme + "://xxxxx" + place
}
