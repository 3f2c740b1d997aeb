package cultivate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

func TestImportApplications(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		content := "\ufeff企业全称,联系人,电子邮箱,number,country,jobs\n" +
			"海风鞋业,林,lin@example.com,91330100799655058B,CN,120\n" +
			"错码鞋业,陈,chen@example.com,91330100799655058C,CN,5\n" +
			",,,,,\n" +
			"海风二厂,林,lin@example.com,,,\n" +
			"\"=HYPERLINK(1)\",吴,not an address,,,\n" +
			"长行鞋业,吴,wu@example.com,,,1,2\n"
		f, err := ReadApplications([]byte(content))
		h.must(err)
		results, err := h.ImportApplications(ctx, h.manager, c.ID, f)
		h.must(err)
		if len(results) != 5 || results[0].Link == "" || results[0].Maker.Name != "海风鞋业" {
			t.Fatalf("results: %+v", results)
		}
		for i, kind := range []error{nil, fault.Invalid, fault.Conflict, fault.Invalid, fault.Invalid} {
			if p := results[i].Problem; (kind == nil) != (p == nil) || kind != nil && !errors.Is(p, kind) {
				t.Errorf("line %d: %v", results[i].Row.Line, p)
			}
		}
		if results[2].Row.Line != 5 {
			t.Errorf("the line of the second Lin: %d", results[2].Row.Line)
		}
		a, err := h.Application(ctx, h.manager, results[0].Maker.ID)
		h.must(err)
		if a.Says(askJobs) != "120" {
			t.Errorf("answers: %+v", a.Replies)
		}
		again, err := h.ImportApplications(ctx, h.manager, c.ID, f)
		h.must(err)
		if !again[0].Again || again[0].Link != "" || again[0].Maker.ID != results[0].Maker.ID {
			t.Errorf("the same file again: %+v", again[0])
		}
		refused := RefusedRows(f.Header, results, func(err error) string { return fault.All(err)[0].Error() })
		if !bytes.Contains(refused, []byte("'=HYPERLINK(1)")) || bytes.Count(refused, []byte("\n")) != 5 {
			t.Errorf("refused rows:\n%s", refused)
		}
		mended, err := ReadApplications(bytes.Replace(refused, []byte("9655058C"), []byte("9655058B"), 1))
		h.must(err)
		if len(mended.Rows) != 4 || mended.Rows[0].Answers[askNumber] != "91330100799655058B" {
			t.Errorf("the refused file, mended: %+v", mended.Rows)
		}
	})
}

func TestReadApplicationsRefuses(t *testing.T) {
	for _, content := range []string{"", "name,person\n", "name,person,email,wages\n", "name,person,email,name\nx,y,z,x\n", "name,person,email\n", "name,person,email\n\xff\n", strings.Repeat("x", MaxApplicationFile+1),
		"name,person,email\n" + strings.Repeat("a,b,c\n", MaxApplicationRows+1)} {
		if f, err := ReadApplications([]byte(content)); !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) {
			t.Errorf("%q is read: %d rows, %v", short(content, 30), len(f.Rows), err)
		}
	}
}

func FuzzReadApplications(f *testing.F) {
	f.Add([]byte("name,person,email,past.1.mark\n\"a\nb\",x,y,z\n"))
	f.Add([]byte("企业全称,联系人,电子邮箱\n\"open"))
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := ReadApplications(content)
		if err != nil {
			return
		}
		var results []Imported
		for _, row := range file.Rows {
			results = append(results, Imported{Row: row, Problem: fmt.Errorf("line %d", row.Line)})
		}
		refused := RefusedRows(file.Header, results, error.Error)
		if again, err := ReadApplications(refused); err != nil || len(again.Rows) != len(file.Rows) {
			t.Errorf("the refused rows cannot be sent again: %v\n%s", err, refused)
		}
	})
}
