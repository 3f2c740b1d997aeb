package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// insert stores a row in a table that is always there.
func insert(tx *db.Tx, id, body string) error {
	_, err := tx.Exec("insert into outbox (id, name, body, at) values ($1, 'test.done', $2, $3)", id, body, db.Micros(tx.Now()))
	return err
}

func bodies(t *testing.T, d *db.DB) []string {
	t.Helper()
	var all []string
	err := d.View(t.Context(), func(tx *db.Tx) (err error) {
		all, err = db.All(tx, db.Value[string], "select body from outbox order by id")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTxIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		broken := errors.New("broken")
		for name, run := range map[string]func(context.Context, func(*db.Tx) error) error{"tx": d.Tx, "bulk": d.Bulk} {
			if err := run(t.Context(), func(tx *db.Tx) error { return errors.Join(insert(tx, name, ""), broken) }); !errors.Is(err, broken) {
				t.Errorf("%s returns %v", name, err)
			}
			func() {
				defer func() {
					if p := recover(); p != "panicked" {
						t.Errorf("%s recovered %v", name, p)
					}
				}()
				_ = run(t.Context(), func(tx *db.Tx) error {
					if err := insert(tx, name, ""); err != nil {
						return err
					}
					panic("panicked")
				})
			}()
		}
		if got := bodies(t, d); len(got) != 0 {
			t.Errorf("rows left behind: %q", got)
		}
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", "kept") }); err != nil {
			t.Error(err)
		}
		if got := bodies(t, d); len(got) != 1 || got[0] != "kept" {
			t.Errorf("rows: %q", got)
		}
	})
}

// TestNobodyDecidesOnAStaleRead: of many who read a count and write it back plus one, none overwrites another.
func TestNobodyDecidesOnAStaleRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return insert(tx, "count", "0") }); err != nil {
			t.Fatal(err)
		}
		const people, times = 4, 10
		var all sync.WaitGroup
		for range people {
			all.Go(func() {
				for range times {
					err := d.Tx(t.Context(), func(tx *db.Tx) error {
						body, err := db.One(tx, db.Value[string], "select body from outbox where id = 'count'")
						if err != nil {
							return err
						}
						var n int
						if _, err := fmt.Sscan(body, &n); err != nil {
							return err
						}
						_, err = tx.Exec("update outbox set body = $1 where id = 'count'", fmt.Sprint(n+1))
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if got := bodies(t, d); got[0] != fmt.Sprint(people*times) {
			t.Errorf("counted %s of %d", got[0], people*times)
		}
	})
}

// TestRetryRunsTheWholeAgain provokes a serialization failure between two PostgreSQL transactions: each reads what the other writes.
func TestRetryRunsTheWholeAgain(t *testing.T) {
	d := dbtest.On(t, db.Postgres)
	err := d.Tx(t.Context(), func(tx *db.Tx) error { return errors.Join(insert(tx, "a", "on"), insert(tx, "b", "on")) })
	if err != nil {
		t.Fatal(err)
	}
	// Each leaves only if the other stays, and both have looked before either writes.
	var looked, done sync.WaitGroup
	looked.Add(2)
	runs := map[string]int{}
	var mu sync.Mutex
	for _, id := range []string{"a", "b"} {
		done.Go(func() {
			first := true
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				mu.Lock()
				runs[id]++
				mu.Unlock()
				n, err := db.One(tx, db.Value[int], "select count(*) from outbox where body = 'on'")
				if err != nil {
					return err
				}
				if first {
					first = false
					looked.Done()
					looked.Wait()
				}
				if n < 2 {
					return nil
				}
				_, err = tx.Exec("update outbox set body = 'off' where id = $1", id)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if got := strings.Join(bodies(t, d), " "); got != "off on" && got != "on off" {
		t.Errorf("both left: %s", got)
	}
	if runs["a"]+runs["b"] != 3 {
		t.Errorf("runs: %v, want one of them twice", runs)
	}
}

// TestBusyIsRetried has the first run of a transaction meet SQLite's write lock.
func TestBusyIsRetried(t *testing.T) {
	d := dbtest.On(t, db.SQLite)
	url := dbtest.URL(t, db.SQLite)
	holder, locked := openAt(t, url), openAt(t, url)
	if _, err := locked.SQL().ExecContext(t.Context(), "pragma busy_timeout=0"); err != nil {
		t.Fatal(err)
	}
	runs := 0
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		runs++
		if err := insert(tx, "a", ""); err != nil || runs > 1 {
			return err
		}
		if _, err := holder.SQL().ExecContext(t.Context(), "begin immediate"); err != nil {
			return err
		}
		_, err := locked.SQL().ExecContext(t.Context(), "delete from outbox")
		return fault.Conflict.Say("Wrapped.").Because(err)
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, %v", runs, err)
	}
	if got := bodies(t, d); len(got) != 1 {
		t.Errorf("%d rows", len(got))
	}
}

func openAt(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestCancelledContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		for name, run := range map[string]func(context.Context, func(*db.Tx) error) error{"tx": d.Tx, "bulk": d.Bulk, "view": d.View} {
			ctx, cancel := context.WithCancel(ctx)
			err := run(ctx, func(tx *db.Tx) error {
				cancel()
				_, err := db.One(tx, db.Value[int], "select count(*) from outbox")
				return err
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s cancelled inside: %v", name, err)
			}
			if err := run(ctx, func(*db.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("%s cancelled before: %v", name, err)
			}
		}
		cancel()
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return insert(tx, "after", "") }); err != nil {
			t.Errorf("the database is not usable afterwards: %v", err)
		}
		if got := synchronous(t, d); got != full {
			t.Errorf("synchronous is %d afterwards", got)
		}
	})
}

const (
	normal = 1
	full   = 2
)

func synchronous(t *testing.T, d *db.DB) (level int) {
	t.Helper()
	if d.Dialect() != db.SQLite {
		return full
	}
	if err := d.SQL().QueryRowContext(t.Context(), "pragma synchronous").Scan(&level); err != nil {
		t.Fatal(err)
	}
	return level
}

func TestBulkRestoresDurability(t *testing.T) {
	d := dbtest.On(t, db.SQLite)
	broken := errors.New("broken")
	within := func(end func() error) func(tx *db.Tx) error {
		return func(tx *db.Tx) error {
			level, err := db.One(tx, db.Value[int], "pragma synchronous")
			if err != nil || level != normal {
				t.Errorf("within Bulk synchronous is %d, %v", level, err)
			}
			return end()
		}
	}
	if err := d.Bulk(t.Context(), within(func() error { return nil })); err != nil {
		t.Error(err)
	}
	if got := synchronous(t, d); got != full {
		t.Errorf("after nil: %d", got)
	}
	if err := d.Bulk(t.Context(), within(func() error { return broken })); !errors.Is(err, broken) {
		t.Error(err)
	}
	if got := synchronous(t, d); got != full {
		t.Errorf("after an error: %d", got)
	}
	func() {
		defer func() { _ = recover() }()
		_ = d.Bulk(t.Context(), within(func() error { panic("panicked") }))
	}()
	if got := synchronous(t, d); got != full {
		t.Errorf("after a panic: %d", got)
	}
}

func TestViewCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, statement := range []string{
			"insert into outbox (id, name, body, at) values ('a', 'b', 'c', 0)", "delete from outbox", "create table more (id BIGINT)", "drop table outbox",
		} {
			if err := d.View(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(statement); return err }); err == nil {
				t.Errorf("a view ran %q", statement)
			}
		}
	})
}

func TestViewIsOneSnapshot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const question = "select count(*) from outbox"
		err := d.View(t.Context(), func(view *db.Tx) error {
			before, err := db.One(view, db.Value[int], question)
			if err != nil {
				return err
			}
			if err := d.Tx(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", "") }); err != nil {
				return err
			}
			after, err := db.One(view, db.Value[int], question)
			if before != after {
				t.Errorf("counted %d, then %d", before, after)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestNoGoingOnAfterAFailure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := insert(tx, "a", "first"); err != nil {
				return err
			}
			if err := insert(tx, "a", "again"); !db.Duplicate(err) {
				t.Errorf("a taken key gives %v", err)
			}
			return nil
		})
		if err == nil {
			t.Error("a failed statement was passed over")
		}
		if got := bodies(t, d); len(got) != 0 {
			t.Errorf("half a transaction was kept: %q", got)
		}
	})
}

func TestTxInTxIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			return d.Tx(tx.Context(), func(*db.Tx) error { return nil })
		})
		if err == nil {
			t.Error("a transaction was begun inside a transaction")
		}
	})
}

// ID is a text type as rooms have them.
type ID string

func TestUnstorableTextIsRefusedByBoth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, bad := range []any{"a\x00b", "\xff", ID("\x00"), new("\xc3")} {
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec("insert into outbox (id, name, body, at) values ('a', 'b', $1, 0)", bad)
				return err
			})
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("Exec of %#v: %v", bad, err)
			}
			err = d.View(t.Context(), func(tx *db.Tx) error {
				var n int
				return tx.QueryRow("select count(*) from outbox where body = $1", bad).Scan(&n)
			})
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("QueryRow of %#v: %v", bad, err)
			}
		}
		good := "鞋 – ok\n"
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("insert into outbox (id, name, body, at) values ($1, 'b', $2, 0)", ID("a"), &good)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if got := bodies(t, d); got[0] != good {
			t.Errorf("stored %q", got)
		}
	})
}

type done struct{ Text string }

func (done) EventName() string { return "test.done" }

type unnamed struct{}

func (unnamed) EventName() string { return "Unnamed *" }

func TestEmitWakesAfterTheCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		woken := 0
		stop := d.OnEmit(func() { woken++ })
		emit := func(e db.Event, then error) error {
			return d.Tx(t.Context(), func(tx *db.Tx) error { return errors.Join(tx.Emit(e), then) })
		}
		if err := emit(done{"x"}, nil); err != nil || woken != 1 {
			t.Errorf("woken %d times, %v", woken, err)
		}
		if err := emit(done{}, errors.New("broken")); err == nil || woken != 1 {
			t.Errorf("woken %d times after a rollback, %v", woken, err)
		}
		if err := emit(done{strings.Repeat("x", 2<<20)}, nil); !errors.Is(err, fault.TooLarge) {
			t.Errorf("an event of 2 MiB: %v", err)
		}
		if err := emit(unnamed{}, nil); err == nil {
			t.Error("a name that is no subject was accepted")
		}
		stop()
		if err := emit(done{}, nil); err != nil || woken != 1 {
			t.Errorf("woken %d times after stop, %v", woken, err)
		}
	})
}

func TestOpenAtOddPaths(t *testing.T) {
	for _, name := range []string{"plain", "with space", "per%20cent%", "ques?tion", "ha#sh", "a&b=c;d", "鞋", "it's \"quoted\"", "_pragma=x"} {
		folder := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, name+".db")
		for _, prefix := range []string{"sqlite:", "sqlite://"} {
			d, err := db.Open(t.Context(), prefix+file, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if _, err := d.Migrate(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			d.Close()
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("the database lies elsewhere: %v", err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, kind := range map[string]fault.Kind{
		"":                                  fault.Invalid,
		"mysql://host/x":                    fault.Invalid,
		"sqlite:":                           fault.Invalid,
		"sqlite::memory:":                   fault.Invalid,
		"sqlite:a\x00b":                     fault.Invalid,
		"sqlite:" + text:                    fault.Invalid,
		"sqlite:" + folder:                  fault.Unavailable,
		"sqlite:" + folder + "/none/none":   fault.Unavailable,
		"postgres://u:hunter2@[::1/x":       fault.Invalid,
		"postgres://u:hunter2@127.0.0.1:1/": fault.Unavailable,
		"postgres://u:hunter2@127.0.0.1:1/?sslmode=never":                  fault.Invalid,
		"postgres://127.0.0.1:1/?user=u&password=hunter2":                  fault.Unavailable,
		"postgres://u:hunter2@127.0.0.1:1/%zz":                             fault.Invalid,
		"postgres://u:hun%zzter2hunter2@127.0.0.1:1/x?p%61ssword=hunter2":  fault.Invalid,
		"postgres:///x?host=" + folder + "&user=postgres&password=hunter2": fault.Unavailable,
	} {
		d, err := db.Open(t.Context(), url, nil)
		if err == nil {
			d.Close()
		}
		if fault.Of(err) != kind {
			t.Errorf("open %q: %v, want %v", url, err, kind)
		}
		if all := fmt.Sprintf("%v %+v", err, err); strings.Contains(all, "hunter2") {
			t.Errorf("the error shows the password: %s", all)
		}
	}
}

func TestRedact(t *testing.T) {
	for url, want := range map[string]string{
		"sqlite:/data/own?mark.db":                  "sqlite:/data/own?mark.db",
		"postgres://u@h/d":                          "postgres://u@h/d",
		"postgres://u:secret@h:5432/d?sslmode=off":  "postgres://u:xxxxx@h:5432/d?sslmode=off",
		"postgres://u:a%40b@h/d":                    "postgres://u:xxxxx@h/d",
		"postgres:///d?host=/run&password=secret":   "postgres:///d?host=/run&password=xxxxx",
		"postgres:///d?p%61ssword=secret&user=u":    "postgres:///d?p%61ssword=xxxxx&user=u",
		"postgres://h/d?sslpassword=secret;user=u":  "postgres://h/d?sslpassword=xxxxx&user=u",
		"postgres://u:sec@ret@[::1/d":               "postgres://xxxxx@[::1/d",
		"postgres://u:sec?ret@[::1/d":               "postgres://xxxxx@[::1/d",
		"postgres://[::1/d?password=secret":         "postgres://xxxxx",
		"postgres://u:s#cret@h/d":                   "postgres://xxxxx@h/d",
		"host=h password=secret":                    "xxxxx",
		"\x7fpassword=secret":                       "xxxxx",
		"postgres://u:p%zz@h/d?sslpassword=secret%": "postgres://xxxxx@h/d",
	} {
		if got := db.Redact(url); got != want {
			t.Errorf("Redact(%q) = %q, want %q", url, got, want)
		}
	}
}

// FuzzRedact: where the driver finds a password in a URL, Redact does not show it.
func FuzzRedact(f *testing.F) {
	const secret = "hunter2hunter2"
	for _, url := range []string{
		"postgres://u:" + secret + "@h/d?x=y", "postgres://h/d?password=" + secret + "&user=u", "postgres://u:%" + secret + "@h/%zz",
		"postgresql://u:" + secret + "@h1,h2:5/d", "postgres://h?p%61ssword=" + secret, "postgres://u:a@b" + secret + "@h", "postgres://u:a?" + secret + "@h/#x",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		if strings.Count(url, secret) != 1 || !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
			return
		}
		config, err := pgx.ParseConfig(url)
		if err != nil || !strings.Contains(config.Password, secret) {
			return
		}
		if got := db.Redact(url); strings.Contains(got, secret) {
			t.Errorf("Redact(%q) = %q", url, got)
		}
	})
}

func TestMigrate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if n, err := d.Migrate(t.Context()); n != 0 || err != nil {
			t.Errorf("migrating twice: %d, %v", n, err)
		}
		if _, err := d.SQL().ExecContext(t.Context(), "insert into goose_db_version (version_id, is_applied) values (99999, true)"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Migrate(t.Context()); !errors.Is(err, fault.Invalid) {
			t.Errorf("migrating a newer schema: %v", err)
		}
		if _, err := d.Pending(t.Context()); !errors.Is(err, fault.Invalid) {
			t.Errorf("pending on a newer schema: %v", err)
		}
	})
}

func TestMigrateAtOnce(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			url := "sqlite:" + filepath.Join(t.TempDir(), "new.db")
			if engine == db.Postgres {
				url = dbtest.PostgresURL(t)
				d := openAt(t, url)
				if _, err := d.SQL().ExecContext(t.Context(), "drop schema public cascade; create schema public"); err != nil {
					t.Fatal(err)
				}
			}
			var all sync.WaitGroup
			for range 4 {
				d := openAt(t, url)
				all.Go(func() {
					if _, err := d.Migrate(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if n, err := openAt(t, url).Pending(t.Context()); n != 0 || err != nil {
				t.Errorf("pending: %d, %v", n, err)
			}
		})
	}
}

// TestEnginesAgree: both engines refuse a text in a number's place, and sort text by its bytes.
func TestEnginesAgree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("insert into outbox (id, name, body, at) values ('a', 'b', '', $1)", "not a number")
			return err
		})
		if err == nil {
			t.Error("a text was stored in a number's place")
		}
		err = d.Tx(t.Context(), func(tx *db.Tx) error {
			for _, id := range []string{"b", "B", "ä", "a", "_", "鞋"} {
				if err := insert(tx, id, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(bodies(t, d), ""); got != "B_abä鞋" {
			t.Errorf("order is %s", got)
		}
	})
}

func TestNow(t *testing.T) {
	zone := time.FixedZone("there", 8*60*60)
	at := time.Date(2015, 11, 11, 0, 0, 0, 123456789, zone)
	dbtest.EachAt(t, func() time.Time { return at }, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if now := tx.Now(); now.Location() != time.UTC || !now.Equal(at.Truncate(time.Microsecond)) || !db.Time(db.Micros(now)).Equal(now) {
				t.Errorf("now is %s", now)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	if !db.Time(db.Micros(time.Time{})).IsZero() {
		t.Error("the zero time does not survive")
	}
}

func TestPlaceholders(t *testing.T) {
	if got := db.Values(2, 3); got != "($1,$2,$3),($4,$5,$6)" {
		t.Error(got)
	}
	if got := db.In(3, 2); got != "($3,$4)" {
		t.Error(got)
	}
}

func BenchmarkInsert(b *testing.B) {
	for _, engine := range dbtest.Engines {
		for _, mode := range []string{"bulk of 1000", "tx of 1000", "tx of 1"} {
			b.Run(fmt.Sprintf("%s/%s", engine, strings.ReplaceAll(mode, " ", "_")), func(b *testing.B) {
				d := dbtest.On(b, engine)
				rows, run := 1000, d.Tx
				if strings.HasPrefix(mode, "bulk") {
					run = d.Bulk
				}
				if strings.HasSuffix(mode, " 1") {
					rows = 1
				}
				query := "insert into outbox (id, name, body, at) values " + db.Values(rows, 4)
				body := strings.Repeat("x", 300)
				for b.Loop() {
					err := run(b.Context(), func(tx *db.Tx) error {
						args := make([]any, 0, rows*4)
						for range rows {
							args = append(args, db.NewID(), "bench.done", body, db.Micros(tx.Now()))
						}
						_, err := tx.Exec(query, args...)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
