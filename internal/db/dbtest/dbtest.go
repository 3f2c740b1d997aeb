// Package dbtest runs a test on every engine Ownmark stores on.
package dbtest

import (
	"path/filepath"
	"testing"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
)

// Each runs fn as a subtest per engine, each with a fresh, migrated database that is gone afterwards.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t, clock.System)) })
}

// SQLite is a fresh, migrated SQLite database on the given clock.
func SQLite(t testing.TB, now clock.Clock) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}
