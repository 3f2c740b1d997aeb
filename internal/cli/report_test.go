package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fake/transparency"
	"github.com/ownmark/ownmark/internal/market"
)

// TestReportDSA writes the statements of a database with 230 decisions, and refuses what it cannot use.
func TestReportDSA(t *testing.T) {
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "ownmark.db")
	d, err := db.Open(t.Context(), url, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	service := &enforce.Service{DB: d}
	for i := range 240 {
		id := market.ListingID(fmt.Sprintf("L%d", i))
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := market.Save(tx, tx.Now(), []market.Listing{{ID: id, Title: "Shoe", Language: "zh-Hans"}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		outcome, reason := enforce.Remove, enforce.ReasonCode("counterfeit")
		switch {
		case i < 10:
			outcome, reason = enforce.Approve, "genuine"
		case i < 60:
			outcome, reason = enforce.Restrict, "unauthorised-bulk"
		}
		person := access.User{ID: "p1", Name: "Ana", Org: access.OperatorID, Roles: []access.Role{access.Analyst}}
		if _, err := service.Decide(t.Context(), person, id, enforce.Choice{Outcome: outcome, Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string) {
		var out, errOut bytes.Buffer
		code := Run(t.Context(), append([]string{"report", "dsa", "--database", url, "--data", dir}, args...), strings.NewReader(""), &out, &errOut, nil)
		return code, out.String() + errOut.String()
	}
	out := filepath.Join(dir, "report")
	if code, said := run("--from", "2020-01-01", "--to", "2037-12-31", "--out", out); code != 0 || !strings.Contains(said, "230 statements in 3 files") {
		t.Fatalf("%d %s", code, said)
	}
	total, removed := 0, 0
	for _, name := range []string{"statements-00001.json", "statements-00002.json", "statements-00003.json"} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ Statements []enforce.Statement }
		if err := json.Unmarshal(text, &body); err != nil || len(body.Statements) > enforce.StatementsPerBody {
			t.Fatalf("%s: %d statements, %v", name, len(body.Statements), err)
		}
		for _, s := range body.Statements {
			total++
			if s.DecisionVisibility[0] == "DECISION_VISIBILITY_CONTENT_REMOVED" {
				removed++
			}
			if s.ContentLanguage != "ZH" {
				t.Errorf("%+v", s)
			}
		}
	}
	counts, err := os.ReadFile(filepath.Join(out, "counts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	want := "DECISION_GROUND_ILLEGAL_CONTENT,SOURCE_VOLUNTARY,DECISION_VISIBILITY_CONTENT_REMOVED,,No,AUTOMATED_DECISION_NOT_AUTOMATED,180\r\n"
	if total != 230 || removed != 180 || !strings.Contains(string(counts), want) {
		t.Errorf("%d, %d removed\n%s", total, removed, counts)
	}
	law, err := os.ReadFile(filepath.Join(out, "part_5_own_initiative_illegal.csv"))
	if err != nil || !strings.Contains(string(law), "INTELLECTUAL_PROPERTY_INFRINGEMENTS,measures,180,measures\r\n") {
		t.Errorf("part 5: %v\n%s", err, law)
	}

	// And to the database that the settings name, once.
	there := &transparency.Database{Token: "secret"}
	server := httptest.NewServer(there)
	defer server.Close()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	send := func(args ...string) (int, string) {
		var out, errOut bytes.Buffer
		code := Run(t.Context(), append([]string{"report", "send", "--database", url, "--data", dir}, args...), strings.NewReader(""), &out, &errOut, nil)
		return code, out.String() + errOut.String()
	}
	if code, said := send(); code == 0 || !strings.Contains(said, "name no transparency database") {
		t.Errorf("without an address: %d %s", code, said)
	}
	for range 2 {
		if code, said := send("--transparency-url", server.URL, "--transparency-token-file", token); code != 0 || !strings.Contains(said, "230 with the database, 0 waiting") {
			t.Errorf("%d %s", code, said)
		}
	}
	if n := len(there.Kept()); n != 230 || there.Requests() != 3 {
		t.Errorf("the database has %d statements after %d requests", n, there.Requests())
	}
	if code, said := send("--transparency-url", "http://example.com", "--transparency-token-file", token); code == 0 || !strings.Contains(said, "https://HOST") {
		t.Errorf("a token in clear over the net: %d %s", code, said)
	}
	for said, args := range map[string][]string{
		"is not empty":         {"--from", "2020-01-01", "--to", "2037-12-31", "--out", out},
		"is not a day":         {"--from", "yesterday", "--to", "2037-12-31", "--out", out + "2"},
		"ends before it begin": {"--from", "2021-01-02", "--to", "2021-01-01", "--out", out + "2"},
		"There is no database": {"--from", "2020-01-01", "--to", "2020-12-31", "--out", out + "3", "--database", "sqlite:" + dir + "/none.db"},
	} {
		if code, got := run(args...); code == 0 || !strings.Contains(got, said) {
			t.Errorf("want %q: %d %s", said, code, got)
		}
	}
}
