package dbtest_test

import (
	"os"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

func TestEachIsFreshAndMigrated(t *testing.T) {
	for range 2 {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			t.Parallel()
			if n, err := d.Pending(t.Context()); n != 0 || err != nil {
				t.Errorf("pending steps: %d, %v", n, err)
			}
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				n, err := db.One(tx, db.Value[int], "select count(*) from outbox")
				if n != 0 {
					t.Errorf("the outbox of a fresh database has %d rows", n)
				}
				if err != nil {
					return err
				}
				_, err = tx.Exec("insert into outbox (id, name, body, at) values ('1', 'a.b', '', 0)")
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEachAtUsesTheClock(t *testing.T) {
	at := time.Date(2016, 3, 1, 0, 0, 0, 0, time.UTC)
	dbtest.EachAt(t, clock.At(at).Now, func(t *testing.T, d *db.DB) {
		err := d.View(t.Context(), func(tx *db.Tx) error {
			if !tx.Now().Equal(at) {
				t.Errorf("now is %s", tx.Now())
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestPostgresURLIsGoneAfterwards: the database lives as long as the test that asked for it.
func TestPostgresURLIsGoneAfterwards(t *testing.T) {
	var url string
	t.Run("test", func(t *testing.T) {
		url = dbtest.PostgresURL(t)
		d, err := db.Open(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
	})
	if url == "" {
		t.Skip("no PostgreSQL, see the subtest")
	}
	if d, err := db.Open(t.Context(), url, nil); err == nil {
		d.Close()
		t.Error("the database is still there")
	}
}

// TestIsolationOfTheEnvironment: DBTEST_ISOLATION reaches every transaction that does not ask for its own.
func TestIsolationOfTheEnvironment(t *testing.T) {
	want := "read committed"
	if set := os.Getenv("DBTEST_ISOLATION"); set != "" {
		want = set
	}
	d := dbtest.On(t, db.Postgres)
	var got string
	if err := d.SQL().QueryRowContext(t.Context(), "show transaction_isolation").Scan(&got); err != nil || got != want {
		t.Errorf("isolation is %q, want %q (%v)", got, want, err)
	}
}
