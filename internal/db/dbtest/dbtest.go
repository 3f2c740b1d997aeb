// Package dbtest runs a test on every engine Ownmark stores on.
//
// PostgreSQL is started by the tests themselves from the machine's own binaries, without fsync, on a Unix socket in a
// folder of its own. One server serves the whole tree of a `go test`: a keeper process, which is the first test binary run
// again, holds it until the go command ends, however it ends, and then removes it with all its files. A server for each
// package's test binary was tried too: it is simpler, but costs each package about a second of initdb and start, and most
// packages of Ownmark store something.
//
// DBTEST_ISOLATION=serializable in the environment makes that the isolation of every transaction that does not ask for its own.
package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
)

// Engines are the engines of Each.
var Engines = []db.Dialect{db.SQLite, db.Postgres}

// Each runs fn as a subtest per engine, each with a fresh, migrated database on the machine's clock that is gone afterwards.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachAt(t, clock.System, fn)
}

// EachAt is Each on a given clock.
func EachAt(t *testing.T, now clock.Clock, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, engine := range Engines {
		t.Run(string(engine), func(t *testing.T) { fn(t, open(t, URL(t, engine), now)) })
	}
}

// On is a fresh, migrated database on the given engine and the machine's clock.
func On(t testing.TB, engine db.Dialect) *db.DB {
	t.Helper()
	return open(t, URL(t, engine), clock.System)
}

// SQLite is a fresh, migrated SQLite database on the given clock.
func SQLite(t testing.TB, now clock.Clock) *db.DB {
	t.Helper()
	return open(t, URL(t, db.SQLite), now)
}

// Postgres is a fresh, migrated PostgreSQL database on the given clock. Without PostgreSQL on the machine the test is
// skipped, or fails when CI is set.
func Postgres(t testing.TB, now clock.Clock) *db.DB {
	t.Helper()
	return open(t, PostgresURL(t), now)
}

// URL is the address of a fresh, migrated database on the given engine, for tests that hand it to another process. It is gone
// after the test.
func URL(t testing.TB, engine db.Dialect) string {
	t.Helper()
	if engine == db.Postgres {
		return PostgresURL(t)
	}
	file := filepath.Join(t.TempDir(), "test.db")
	content, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

// PostgresURL is URL on PostgreSQL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	c, missing, err := running()
	if err != nil {
		t.Fatalf("start PostgreSQL for the tests: %v", err)
	}
	if missing != "" {
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	name := "test_" + rand.Text()
	if _, err := c.admin.ExecContext(t.Context(), "create database "+quote(name)+" template "+quote(c.template)+c.copying); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := c.admin.ExecContext(context.Background(), "drop database "+quote(name)+" with (force)"); err != nil {
			t.Error(err)
		}
	})
	return c.url(name)
}

func open(t testing.TB, url string, now clock.Clock) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// sqliteTemplate is the content of a migrated SQLite database.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "ownmark-dbtest-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "template.db")
	if err := migrate("sqlite:" + file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func migrate(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url, clock.System)
	if err != nil {
		return err
	}
	if _, err := d.Migrate(ctx); err != nil {
		d.Close()
		return err
	}
	return d.Close()
}

// cluster is a running PostgreSQL server.
type cluster struct {
	socket   string // the folder of its socket
	admin    *sql.DB
	template string // the database that every test gets a copy of
	copying  string // how to copy it
}

func (c *cluster) url(database string) string {
	return "postgres:///" + database + "?host=" + url.QueryEscape(c.socket) + "&user=postgres"
}

var once struct {
	sync.Once
	cluster *cluster
	missing string
	err     error
}

// running is this process's view of the tree's server, or a sentence that says what is missing.
func running() (c *cluster, missing string, err error) {
	once.Do(func() {
		var socket string
		socket, once.missing, once.err = serve()
		if once.missing != "" || once.err != nil {
			return
		}
		once.cluster, once.err = connect(socket)
	})
	return once.cluster, once.missing, once.err
}

func connect(socket string) (*cluster, error) {
	c := &cluster{socket: socket}
	var err error
	if c.template, err = templateName(); err != nil {
		return nil, err
	}
	if c.admin, err = sql.Open("pgx", c.url("postgres")); err != nil {
		return nil, err
	}
	c.admin.SetMaxOpenConns(4)
	var version int
	if err := c.admin.QueryRow("select cast(current_setting('server_version_num') as integer)").Scan(&version); err != nil {
		return nil, err
	}
	if version >= 15_00_00 {
		c.copying = " strategy file_copy" // the only one before 15, and twice as fast as 15's default
	}
	return c, c.makeTemplate()
}

// templateName names the state of the migrations, so that trees of different states could share a server.
func templateName() (string, error) {
	files, err := db.Schema(db.Postgres)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
		return err
	})
	return "template_" + hex.EncodeToString(sum.Sum(nil)[:8]), err
}

// makeTemplate makes the template unless another process of the tree has; it appears under its name only when it is whole.
func (c *cluster) makeTemplate() error {
	ctx := context.Background()
	conn, err := c.admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	key := fnv.New32a()
	_, _ = key.Write([]byte(c.template))
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", int64(key.Sum32())); err != nil {
		return err
	}
	// The pool keeps the session, and with it the lock, so it is given back by hand.
	defer func() { _, _ = conn.ExecContext(ctx, "select pg_advisory_unlock($1)", int64(key.Sum32())) }()
	var exists bool
	if err := conn.QueryRowContext(ctx, "select exists (select 1 from pg_database where datname = $1)", c.template).Scan(&exists); err != nil || exists {
		return err
	}
	making := c.template + "_making"
	for _, step := range []func() error{
		func() error {
			_, err := conn.ExecContext(ctx, "drop database if exists "+quote(making)+" with (force)")
			return err
		},
		func() error { _, err := conn.ExecContext(ctx, "create database "+quote(making)); return err },
		func() error { return migrate(c.url(making)) },
		func() error {
			_, err := conn.ExecContext(ctx, "alter database "+quote(making)+" rename to "+quote(c.template))
			return err
		},
	} {
		if err := step(); err != nil {
			return fmt.Errorf("make the template database: %w", err)
		}
	}
	return nil
}

// quote makes a name of our own an SQL identifier that keeps its capitals.
func quote(name string) string { return `"` + name + `"` }
