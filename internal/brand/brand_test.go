package brand

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

var (
	analyst  = access.User{ID: "p1", Name: "Ana", Org: "operator", Roles: []access.Role{access.Analyst}}
	reviewer = access.User{ID: "p2", Name: "Rui", Org: "operator", Roles: []access.Role{access.Reviewer}}
	owner    = access.User{ID: "p3", Name: "Olga", Org: "swift", Roles: []access.Role{access.RightsHolder}}
	stranger = access.User{ID: "p4", Name: "Stan", Org: "other", Roles: []access.Role{access.RightsHolder}}
	nobody   = access.User{}
)

var begin = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func swift() Brand {
	return Brand{ID: "swift", Name: "Swift", Aliases: []string{"疾风", "Swift Air"}, Categories: []string{"shoes"}, NiceClasses: []int{25}, AuthorisedSellers: []string{"S1"},
		Prices: map[string]Price{"shoes": {"USD", 55, 110}}}
}

func want(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, s *Service, by access.User, b Brand) Brand {
	t.Helper()
	made, err := s.Create(t.Context(), by, b)
	ok(t, err)
	return made
}

func events(t *testing.T, d *db.DB) (names []string) {
	t.Helper()
	ok(t, d.View(t.Context(), func(tx *db.Tx) (err error) {
		names, err = db.All(tx, db.Value[string], `select name from outbox order by id`)
		return err
	}))
	return names
}

func TestBrandIsEditedByOneAtATime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		ctx := t.Context()
		made := create(t, s, analyst, swift())
		got, err := s.Get(ctx, reviewer, "swift")
		ok(t, err)
		if diff := cmp.Diff(made, got); diff != "" {
			t.Errorf("what was made is not what is read:\n%s", diff)
		}

		mine, his := got, got
		mine.Name, his.Note = "Swift Running", "ask Bo"
		saved, err := s.Save(ctx, analyst, mine)
		ok(t, err)
		if saved.Version != 2 || saved.Name != "Swift Running" || !slices.Equal(saved.AuthorisedSellers, []string{"S1"}) {
			t.Errorf("saved %+v", saved)
		}
		_, err = s.Save(ctx, access.User{ID: "p9", Name: "Late", Roles: []access.Role{access.Analyst}}, his)
		want(t, err, fault.Conflict)
		if f, _ := fault.As(err); !strings.Contains(f.Message(), "Ana has changed") {
			t.Errorf("the conflict does not say who: %s", f.Message())
		}

		again, err := s.Save(ctx, analyst, saved)
		ok(t, err)
		if again.Version != 2 {
			t.Errorf("a save without a change made version %d", again.Version)
		}
		page, err := s.History(ctx, reviewer, "swift", "", 0)
		ok(t, err)
		if len(page.Items) != 2 || page.Items[0].Kind != Edited || page.Items[0].Entry == "" || page.Items[0].By != "Ana" {
			t.Fatalf("history %+v", page.Items)
		}
		if diff := cmp.Diff([]FieldChange{{"name", "Swift", "Swift Running"}}, page.Items[0].Fields); diff != "" {
			t.Errorf("fields:\n%s", diff)
		}
		if got := events(t, d); !slices.Equal(got, []string{"brand.changed", "brand.changed"}) {
			t.Errorf("events %v", got)
		}
		_, err = s.Create(ctx, analyst, swift())
		want(t, err, fault.Conflict)
	})
}

func TestRightsHolderSeesOnlyOwnBrands(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		ctx := t.Context()
		create(t, s, owner, swift())
		unclaimed := swift()
		unclaimed.ID = "free"
		create(t, s, analyst, unclaimed)

		for _, id := range []ID{"swift", "free"} {
			_, err := s.Get(ctx, stranger, id)
			want(t, err, fault.NotFound)
			_, err = s.Sellers(ctx, stranger, id, SellerFilter{})
			want(t, err, fault.NotFound)
			_, err = s.History(ctx, stranger, id, "", 0)
			want(t, err, fault.NotFound)
			_, err = s.Save(ctx, stranger, Brand{ID: id, Name: "Mine now", Version: 1})
			want(t, err, fault.NotFound)
			want(t, s.Archive(ctx, stranger, id), fault.NotFound)
			want(t, s.Authorise(ctx, stranger, id, Authorisation{Seller: "S9"}), fault.NotFound)
			want(t, s.Unauthorise(ctx, stranger, id, "S1"), fault.NotFound)
			report, err := s.Import(ctx, stranger, []Brand{{ID: id, Name: "Mine now"}}, false)
			ok(t, err)
			if len(report.Bad) != 1 || len(report.Changed)+len(report.Added) != 0 {
				t.Errorf("import over another's brand: %+v", report)
			}
		}
		for _, who := range []struct {
			by   access.User
			sees int64
		}{{owner, 1}, {stranger, 0}, {reviewer, 2}} {
			n, err := s.Count(ctx, who.by, Filter{})
			ok(t, err)
			page, err := s.Brands(ctx, who.by, Filter{})
			ok(t, err)
			sold, err := s.AuthorisedFor(ctx, who.by, "S1")
			ok(t, err)
			if n != who.sees || int64(len(page.Items)) != who.sees || int64(len(sold)) != who.sees {
				t.Errorf("%s sees %d, lists %d, finds %d; want %d", who.by.Name, n, len(page.Items), len(sold), who.sees)
			}
		}
		// Who may edit only own brands cannot give one away.
		mine, err := s.Get(ctx, owner, "swift")
		ok(t, err)
		mine.Organisation, mine.Note = "other", "moved"
		kept, err := s.Save(ctx, owner, mine)
		ok(t, err)
		if kept.Organisation != "swift" {
			t.Errorf("the brand went to %q", kept.Organisation)
		}
		_, err = s.Save(ctx, reviewer, kept)
		want(t, err, fault.Forbidden)
		_, err = s.Create(ctx, reviewer, Brand{Name: "X"})
		want(t, err, fault.Forbidden)
		_, err = s.Brands(ctx, nobody, Filter{})
		want(t, err, fault.Unauthenticated)
		_, err = s.Get(ctx, nobody, "swift")
		want(t, err, fault.Unauthenticated)
	})
}

func TestHostileTextsAreInvalidOnBothEngines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		ctx := t.Context()
		create(t, s, analyst, swift())
		for _, evil := range []string{"a\x00b", "a\xffb", strings.Repeat("x", 10_000), "a\u202eb", "a b", "../b"} {
			_, err := s.Get(ctx, analyst, ID(evil))
			want(t, err, fault.NotFound)
			_, err = s.Create(ctx, analyst, Brand{ID: ID(evil), Name: "n"})
			want(t, err, fault.Invalid)
			if f, _ := fault.As(errors.Join(fault.All(err)[0])); f.Field != "id" {
				t.Errorf("%.10q: the field is %q", evil, f.Field)
			}
		}
		for _, evil := range []string{"a\x00b", "a\xffb", strings.Repeat("x", 10_000)} {
			_, err := s.Create(ctx, analyst, Brand{ID: "ok", Name: evil})
			want(t, err, fault.Invalid)
			want(t, s.Authorise(ctx, analyst, "swift", Authorisation{Seller: evil}), fault.Invalid)
			want(t, s.Unauthorise(ctx, analyst, "swift", evil), fault.Invalid)
			if _, err := s.AuthorisedFor(ctx, analyst, evil); err != nil {
				t.Errorf("%.10q: %v", evil, err)
			}
		}
		for _, evil := range []string{"a\x00b", "a\xffb"} {
			_, err := s.Brands(ctx, analyst, Filter{Text: evil})
			want(t, err, fault.Invalid)
			_, err = s.Brands(ctx, analyst, Filter{Category: evil})
			want(t, err, fault.Invalid)
			_, err = s.Sellers(ctx, analyst, "swift", SellerFilter{Text: evil})
			want(t, err, fault.Invalid)
		}
		for _, cursor := range []string{"x", "bnVsbA", db.Cursor("brands", 1, "x"), db.Cursor("other", "a", "b"), db.Cursor("brands", "a\x00", "b")} {
			_, err := s.Brands(ctx, analyst, Filter{After: cursor})
			want(t, err, fault.Invalid)
		}
	})
}

func TestListPagesFiltersAndSearches(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		ctx := t.Context()
		brands := make([]Brand, 25)
		for i := range brands {
			// Every second name is the same but for its width, so that the cursor has to go by the id too.
			brands[i] = Brand{ID: ID(fmt.Sprintf("b%02d", i)), Name: []string{"ÜBER", "ＵＢＥＲ"}[i%2], Categories: []string{[]string{"bags", "toys", "shoes"}[i%3]}}
		}
		brands[3].Aliases = []string{"100%_sure"}
		_, err := s.Import(ctx, analyst, brands, false)
		ok(t, err)
		var seen []ID
		for f := (Filter{Limit: 4}); ; {
			page, err := s.Brands(ctx, analyst, f)
			ok(t, err)
			for _, b := range page.Items {
				seen = append(seen, b.ID)
			}
			if f.After = page.Next; f.After == "" {
				break
			}
		}
		slices.Sort(seen)
		if len(slices.Compact(seen)) != 25 || len(seen) != 25 {
			t.Errorf("pages show %v", seen)
		}
		for text, n := range map[string]int64{"über": 13, "UBER": 12, "b1": 10, "% _s": 1, "100%": 1, `\`: 0, "b03 sure": 1, "b03 missing": 0, "": 25} {
			got, err := s.Count(ctx, analyst, Filter{Text: text})
			ok(t, err)
			if got != n {
				t.Errorf("%q finds %d, want %d", text, got, n)
			}
		}
		n, err := s.Count(ctx, analyst, Filter{Category: "toys"})
		ok(t, err)
		if n != 8 {
			t.Errorf("%d sell toys", n)
		}
		ok(t, s.Archive(ctx, analyst, "b01"))
		ok(t, s.Archive(ctx, analyst, "b01"))
		catalogue, revision, err := s.Catalogue(ctx)
		ok(t, err)
		if len(catalogue) != 24 || revision != 2 {
			t.Errorf("%d brands in force, revision %d", len(catalogue), revision)
		}
		page, err := s.Brands(ctx, analyst, Filter{Archived: true})
		ok(t, err)
		if len(page.Items) != 1 || page.Items[0].ID != "b01" {
			t.Errorf("archived: %+v", page.Items)
		}
		ok(t, s.Restore(ctx, analyst, "b01"))
		if n, err = s.Count(ctx, analyst, Filter{}); err != nil || n != 25 {
			t.Errorf("%d after the restoration, %v", n, err)
		}
	})
}

func TestAuthorisationsTurnByTheirDates(t *testing.T) {
	now := clock.At(begin)
	dbtest.EachAt(t, func() time.Time { return now.Now() }, func(t *testing.T, d *db.DB) {
		now = clock.At(begin)
		s := &Service{DB: d}
		ctx := t.Context()
		create(t, s, analyst, swift())
		ok(t, s.Authorise(ctx, analyst, "swift",
			Authorisation{Seller: "S2", From: begin.Add(time.Hour), To: begin.Add(2 * time.Hour), Note: "weekend"},
			Authorisation{Seller: "S3", To: begin.Add(-time.Hour)}))
		inForce := func() []string {
			t.Helper()
			brands, _, err := s.Catalogue(ctx)
			ok(t, err)
			return brands[0].AuthorisedSellers
		}
		for _, step := range []struct {
			after time.Duration
			turns int
			want  []string
		}{
			{0, 0, []string{"S1"}},
			{59 * time.Minute, 0, []string{"S1"}},
			{time.Minute, 1, []string{"S1", "S2"}},
			{0, 0, []string{"S1", "S2"}},
			{time.Hour, 1, []string{"S1"}},
			{1000 * time.Hour, 0, []string{"S1"}},
		} {
			now.Advance(step.after)
			turned, err := s.Sweep(ctx)
			ok(t, err)
			if turned != step.turns || !slices.Equal(inForce(), step.want) {
				t.Errorf("at %v: %d turned, in force %v; want %d, %v", now.Now().Sub(begin), turned, inForce(), step.turns, step.want)
			}
		}
		page, err := s.Sellers(ctx, reviewer, "swift", SellerFilter{Limit: 2})
		ok(t, err)
		rest, err := s.Sellers(ctx, reviewer, "swift", SellerFilter{Limit: 2, After: page.Next})
		ok(t, err)
		if len(page.Items) != 2 || len(rest.Items) != 1 || rest.Items[0].Seller != "S3" || rest.Next != "" {
			t.Errorf("pages %+v, %+v", page, rest)
		}
		ok(t, s.Unauthorise(ctx, analyst, "swift", "S1", "S1", "nobody"))
		if got := inForce(); len(got) != 0 {
			t.Errorf("still in force: %v", got)
		}
		before, err := s.History(ctx, analyst, "swift", "", 0)
		ok(t, err)
		ok(t, s.Unauthorise(ctx, analyst, "swift", "S1"))
		after, err := s.History(ctx, analyst, "swift", "", 0)
		ok(t, err)
		if len(before.Items) != len(after.Items) {
			t.Error("taking off a seller who is not on the list made history")
		}
	})
}

func TestImportSaysWhatItDoes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		ctx := t.Context()
		create(t, s, analyst, swift())
		changed := swift()
		changed.Aliases, changed.AuthorisedSellers = []string{"Swift Air", "Swifty"}, []string{"S2"}
		file := []Brand{changed, {ID: "new", Name: " New  "}, {ID: "bad id", Name: ""}, {ID: "new", Name: "Twice"}}
		for _, dry := range []bool{true, true, false} {
			report, err := s.Import(ctx, analyst, file, dry)
			ok(t, err)
			wanted := Report{DryRun: dry, Added: []ID{"new"}, Changed: []Difference{{"swift", "Swift", []FieldChange{
				{"aliases", "疾风", "Swifty"}, {"authorised_sellers", "S1", "S2"}}}}}
			bad := report.Bad
			report.Bad = nil
			if diff := cmp.Diff(wanted, report); diff != "" {
				t.Errorf("dry run %v:\n%s", dry, diff)
			}
			if len(bad) != 2 || bad[0].Row != 3 || len(bad[0].Problems) != 2 || bad[1].Row != 4 {
				t.Errorf("bad: %+v", bad)
			}
		}
		report, err := s.Import(ctx, analyst, file[:2], false)
		ok(t, err)
		if report.Unchanged != 2 || len(report.Added)+len(report.Changed)+len(report.Bad) != 0 {
			t.Errorf("the second time: %+v", report)
		}
		if got := events(t, d); !slices.Equal(got, []string{"brand.changed", "brand.imported"}) {
			t.Errorf("events %v", got)
		}
		silent := swift()
		silent.Aliases, silent.AuthorisedSellers = []string{"Swift Air", "Swifty"}, nil
		report, err = s.Import(ctx, analyst, []Brand{silent}, false)
		ok(t, err)
		if report.Unchanged != 1 {
			t.Errorf("a file that says nothing of sellers changed them: %+v", report)
		}
		_, err = s.Import(ctx, reviewer, file, true)
		want(t, err, fault.Forbidden)
	})
}

// TestDevelopmentBrands takes the shared set in, gives it out, and takes it in again.
func TestDevelopmentBrands(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "dev", "brands.jsonl")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("without %s: %v", path, err)
	}
	brands, err := Read(bytes.NewReader(content), path)
	ok(t, err)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		report, err := s.Import(t.Context(), analyst, brands, false)
		ok(t, err)
		if len(report.Added) != 120 || len(report.Bad) != 0 {
			t.Fatalf("%d added, bad %+v", len(report.Added), report.Bad)
		}
		for _, name := range []string{"out.jsonl", "out.csv"} {
			var file bytes.Buffer
			ok(t, Write(&file, name, s.Export(t.Context(), analyst, Filter{})))
			back, err := Read(&file, name)
			ok(t, err)
			report, err = s.Import(t.Context(), analyst, back, true)
			ok(t, err)
			if report.Unchanged != 120 {
				t.Errorf("%s: %d unchanged, added %v, changed %+v, bad %+v", name, report.Unchanged, report.Added, report.Changed, report.Bad)
			}
		}
	})
}

func TestReadNamesTheLine(t *testing.T) {
	for _, c := range []struct{ name, text, field, words string }{
		{"b.jsonl", `{"id":"a","name":"A"}` + "\n" + `{"id":"b","nmea":"B"}`, "lines[2].nmea", "Known fields are id, name"},
		{"b.jsonl", "\n\n" + `{"id":"a","aliases":"A"}`, "lines[3].aliases", "wrong kind"},
		{"b.jsonl", `{"id":"a","prices":{"shoes":{"currency":"USD","cost":3}}}`, "lines[1].prices/shoes/cost", "currency, low and typical"},
		{"b.jsonl", `{"id":"a","id":"b"}`, "lines[1]", "not a JSON object"},
		{"b.jsonl", `[1]`, "lines[1]", "wrong kind"},
		{"b.jsonl", "{\"id\":\"\xff\"}", "lines[1]", "UTF-8"},
		{"b.jsonl", strings.Repeat(`{"id":`, 20_000), "lines[1]", "not a JSON object"},
		{"b.jsonl", strings.Repeat("x", maxLine+1) + "\n", "lines[1]", "longer than"},
		{"b.csv", "id,nmea\n", "lines[1]", `"nmea" is not known`},
		{"b.csv", "id,name,id\n", "lines[1]", "twice"},
		{"b.csv", "id\n", "lines[1]", "needs the columns"},
		{"b.csv", "id,name,price_shoes\na,A,USD 5\n", "lines[2].price_shoes", "USD 55 110"},
		{"b.csv", "id,name\na,A,x\nb\n", "lines[2]", "header's columns"},
		{"b.csv", "id,name,nice_classes\na,A,x\n", "lines[2].nice_classes", "1 to 45"},
		{"b.csv", "id,name,ambiguous\na,A,maybe\n", "lines[2].ambiguous", "true or false"},
	} {
		_, err := Read(strings.NewReader(c.text), c.name)
		all := fault.All(err)
		if len(all) == 0 {
			t.Errorf("%.40q: %v", c.text, err)
			continue
		}
		if f := all[0]; !strings.HasPrefix(f.Field, c.field) || !strings.Contains(f.Message(), c.words) {
			t.Errorf("%.40q: %s at %s, want %q at %s", c.text, f.Message(), f.Field, c.words, c.field)
		}
	}
	brands, err := Read(strings.NewReader("\xef\xbb\xbfID,Name,aliases,price_shoes,authorised_sellers\r\na,A,x|y| x ,USD 1.5 2,\r\n"), "B.CSV")
	ok(t, err)
	wanted := []Brand{{ID: "a", Name: "A", Aliases: []string{"x", "y"}, Categories: []string{}, AuthorisedSellers: []string{}, Prices: map[string]Price{"shoes": {"USD", 1.5, 2}}}}
	if diff := cmp.Diff(wanted, brands); diff != "" {
		t.Error(diff)
	}
}

func TestCheckNamesEveryField(t *testing.T) {
	b := Brand{ID: "a", Name: strings.Repeat("x", MaxName+1), Aliases: []string{"ok", "a\x07b"}, Categories: []string{"shoe"}, NiceClasses: []int{0, 46}, AuthorisedSellers: []string{"a b"},
		Prices: map[string]Price{"shoes": {"usd", 1, 2}, "bags": {"USD", 3, 2}}, Note: strings.Repeat("x", MaxNote+1)}
	var fields []string
	for _, f := range fault.All(Check(b)) {
		fields = append(fields, f.Field)
	}
	wanted := []string{"name", "note", "aliases[1]", "categories[0]", "nice_classes[0]", "nice_classes[1]", "authorised_sellers[0]", "prices.bags", "prices.shoes"}
	if diff := cmp.Diff(wanted, fields); diff != "" {
		t.Error(diff)
	}
	if err := Check(Clean(swift())); err != nil {
		t.Error(err)
	}
	// A decomposed é is the same name as a composed one.
	if got := Clean(Brand{Name: "  Cafe\u0301 "}).Name; got != "Café" {
		t.Errorf("%q", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"id":"a","name":"A","aliases":["x"],"prices":{"shoes":{"currency":"USD","low":1,"typical":2}}}`, false)
	f.Add("id,name,aliases,price_shoes\na,A,x|y,USD 1 2\n", true)
	f.Fuzz(func(t *testing.T, text string, asCSV bool) {
		name := "b.jsonl"
		if asCSV {
			name = "b.csv"
		}
		brands, err := Read(strings.NewReader(text), name)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("an error that is no fault: %v", err)
			}
			return
		}
		good := slices.DeleteFunc(brands, func(b Brand) bool { return Check(b) != nil })
		var file bytes.Buffer
		ok(t, Write(&file, "b.jsonl", each(good)))
		back, err := Read(&file, "b.jsonl")
		ok(t, err)
		for i := range good {
			if fields := Compare(good[i], back[i]); len(fields) > 0 {
				t.Fatalf("written and read again: %+v", fields)
			}
		}
	})
}

func each(brands []Brand) iter.Seq2[Brand, error] {
	return func(yield func(Brand, error) bool) {
		for _, b := range brands {
			if !yield(b, nil) {
				return
			}
		}
	}
}
