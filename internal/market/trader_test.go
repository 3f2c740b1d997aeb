package market

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

var (
	noon  = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	ada   = access.User{ID: "p1", Name: "Ada", Org: access.OperatorID, Roles: []access.Role{access.Administrator}}
	bo    = access.User{ID: "p2", Name: "Bo", Org: access.OperatorID, Roles: []access.Role{access.Analyst}}
	lin   = access.User{ID: "p3", Name: "Lin", Org: access.OrganisationOf("S1"), Roles: []access.Role{access.Seller}}
	other = access.User{ID: "p4", Name: "Other", Org: access.OrganisationOf("S2"), Roles: []access.Role{access.Seller}}
)

func traders(t *testing.T, fn func(t *testing.T, s *Service, now *clock.Manual)) {
	t.Helper()
	var now *clock.Manual
	dbtest.EachAt(t, func() time.Time { return now.Now() }, func(t *testing.T, d *db.DB) {
		now = clock.At(noon)
		seal, err := LoadOrCreateSeal(filepath.Join(t.TempDir(), "trader.key"))
		fine(t, err)
		fn(t, &Service{DB: d, Seal: seal}, now)
	})
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
}

func wholeFile() map[TraderField]string {
	return map[TraderField]string{TraderName: "腾讯科技（深圳）有限公司", TraderCountry: "cn", TraderAddress: "深圳市南山区科技中一路", TraderPhone: "+86 755 8601 3388", TraderEmail: "lin@buyun.example",
		TraderNumber: "9144030071526726XG", TraderPayment: "6222 0210 0111 6245 702", TraderCertified: "yes"}
}

// TestTraderFile walks a file from its first fact to its deletion.
func TestTraderFile(t *testing.T) {
	traders(t, func(t *testing.T, s *Service, now *clock.Manual) {
		ctx := t.Context()
		_, err := s.Trader(ctx, other, "S1")
		is(t, err, fault.NotFound)
		begun, err := s.SaveTrader(ctx, lin, "S1", 0, map[TraderField]string{TraderName: "Buyun"})
		fine(t, err)
		if begun.Step != TraderCollect || !begun.DueAt.Equal(noon.Add(TraderTime)) || begun.Version != 1 {
			t.Fatalf("%+v", begun)
		}
		now.Advance(11 * 24 * time.Hour)
		late, err := s.Traders(ctx, bo, TraderFilter{Overdue: true, Text: "buyun"})
		fine(t, err)
		if len(late.Items) != 1 || !late.Items[0].Overdue(now.Now()) {
			t.Errorf("%+v", late)
		}
		full, err := s.SaveTrader(ctx, lin, "S1", 1, wholeFile())
		fine(t, err)
		if full.Step != TraderVerify || full.Facts[TraderPayment].Text != "•••• 5702" && full.Facts[TraderPayment].Text != "•••• "+"5702" || full.Overdue(now.Now()) {
			t.Fatalf("%+v", full)
		}
		same := wholeFile()
		same[TraderPayment] = full.Facts[TraderPayment].Text // as the form shows it
		again, err := s.SaveTrader(ctx, lin, "S1", 1, same)
		fine(t, err)
		if again.Version != full.Version {
			t.Error("sent twice, it is saved twice")
		}
		_, err = s.SaveTrader(ctx, lin, "S1", 1, map[TraderField]string{TraderName: "Else"})
		is(t, err, fault.Conflict)
		var stored string
		fine(t, s.DB.View(ctx, func(tx *db.Tx) (err error) {
			stored, err = db.One(tx, db.Value[string], `select payment || facts || search from trader`)
			return err
		}))
		if strings.Contains(stored, "0111") || strings.Contains(stored, "6222") {
			t.Error("the account stands in the database")
		}
		_, err = s.UnmaskPayment(ctx, bo, "S1", "payout")
		is(t, err, fault.Forbidden)
		_, err = s.UnmaskPayment(ctx, ada, "S1", " ")
		is(t, err, fault.Invalid)
		account, err := s.UnmaskPayment(ctx, ada, "S1", "A payout came back.")
		fine(t, err)
		if account != wholeFile()[TraderPayment] {
			t.Errorf("%q", account)
		}
		fine(t, s.DB.View(ctx, func(tx *db.Tx) error {
			n, err := db.One(tx, db.Value[int64], `select count(*) from ledger_entry where kind = 'trader.unmasked' and subject = 'seller:S1'`)
			if n != 1 {
				t.Errorf("%d entries of the unmasking", n)
			}
			return err
		}))
		_, err = s.CheckFact(ctx, lin, "S1", full.Version, TraderName, true, "")
		is(t, err, fault.Forbidden)
		_, err = s.CheckFact(ctx, bo, "S1", full.Version, TraderName, false, "")
		is(t, err, fault.Invalid)
		checked := full
		for _, f := range full.Unchecked() {
			checked, err = s.CheckFact(ctx, bo, "S1", checked.Version, f, true, "National register")
			fine(t, err)
		}
		if checked.Step != TraderRenew || !checked.DueAt.Equal(now.Now().AddDate(1, 0, 0)) {
			t.Errorf("%+v", checked)
		}
		refused, err := s.CheckFact(ctx, bo, "S1", checked.Version, TraderAddress, false, "A letter came back.")
		fine(t, err)
		if refused.Step != TraderCollect || !refused.DueAt.Equal(now.Now().Add(TraderTime)) {
			t.Errorf("%+v", refused)
		}
		d, err := s.Disclose(ctx, "S1")
		fine(t, err)
		if d.Name == "" || d.Address != "" || d.Number == "" || !d.Certified {
			t.Errorf("%+v", d)
		}
		ended, err := s.EndTrader(ctx, bo, "S1", refused.Version)
		fine(t, err)
		if !ended.DeleteAt.Equal(now.Now().AddDate(0, 6, 0)) {
			t.Errorf("kept until %s", ended.DeleteAt)
		}
		_, err = s.Disclose(ctx, "S1")
		is(t, err, fault.NotFound)
		_, err = s.SaveTrader(ctx, lin, "S1", ended.Version, map[TraderField]string{TraderName: "Else"})
		is(t, err, fault.Conflict)
		fine(t, s.SweepTraders(ctx))
		if kept, err := s.Trader(ctx, ada, "S1"); err != nil || kept.Version == 0 {
			t.Fatalf("deleted before its time: %v", err)
		}
		now.Advance(200 * 24 * time.Hour)
		fine(t, s.SweepTraders(ctx))
		fine(t, s.SweepTraders(ctx))
		if gone, err := s.Trader(ctx, ada, "S1"); err != nil || gone.Version != 0 || len(gone.Facts) != 0 {
			t.Errorf("%+v %v", gone, err)
		}
	})
}

func TestTraderFactsAreHeldAgainstTheirForm(t *testing.T) {
	traders(t, func(t *testing.T, s *Service, _ *clock.Manual) {
		for field, bad := range map[TraderField]string{TraderCountry: "China", TraderPhone: "12345", TraderEmail: "Lin <lin@buyun.example>", TraderNumber: "9144030071526726XH", TraderPayment: "12",
			TraderCertified: "perhaps", TraderName: "a\x00b"} {
			facts := wholeFile()
			facts[field] = bad
			_, err := s.SaveTrader(t.Context(), lin, "S1", 0, facts)
			if f, _ := fault.As(err); f == nil || f.Field != string(field) {
				t.Errorf("want a fault at %s: %v", field, err)
			}
		}
		german := wholeFile()
		german[TraderCountry], german[TraderNumber], german[TraderTax] = "DE", "HRB 1234", "DE 136.695.976"
		saved, err := s.SaveTrader(t.Context(), lin, "S1", 0, german)
		fine(t, err)
		if saved.Facts[TraderTax].Text != "DE136695976" {
			t.Errorf("%+v", saved.Facts)
		}
		// Another country has other numbers: what stood is held against it, too.
		_, err = s.SaveTrader(t.Context(), lin, "S1", saved.Version, map[TraderField]string{TraderCountry: "CN"})
		is(t, err, fault.Invalid)
	})
}

func TestVAT(t *testing.T) {
	for text, want := range map[string]bool{"DE136695976": true, "el 094259216": true, "GR094259216": false, "ATU13585627": true, "AT13585627": false, "BE0776091951": true, "FR83404833048": true, "NL004495445B01": true,
		"NL004495445": false, "IE6433435F": true, "ESX2482300W": true, "XX123456789": false, "": false, "DE": false, "DE12345678": false} {
		if _, ok := VAT(text); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
}

func FuzzVAT(f *testing.F) {
	f.Add("DE 136695976")
	f.Fuzz(func(t *testing.T, text string) {
		if number, ok := VAT(text); ok {
			if again, ok := VAT(number); !ok || again != number {
				t.Errorf("%q, then %q", number, again)
			}
		}
	})
}

// TestVolume is at, below and above INFORM's thresholds, and beside its windows.
func TestVolume(t *testing.T) {
	month := func(back int, count, cents int64) Sales {
		return Sales{"S1", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).AddDate(0, -back, 0).Format("2006-01"), count, cents}
	}
	for name, c := range map[string]struct {
		months []Sales
		want   Volume
	}{
		"nothing":                {nil, Volume{}},
		"both thresholds":        {[]Sales{month(0, 100, 2_500_00), month(11, 100, 2_500_00)}, Volume{High: true}},
		"thirteen months apart":  {[]Sales{month(0, 100, 2_500_00), month(12, 100, 2_500_00)}, Volume{}},
		"too few sales":          {[]Sales{month(0, 199, 50_000_00)}, Volume{}},
		"too little money":       {[]Sales{month(0, 2_000, 4_999_99)}, Volume{}},
		"two years ago":          {[]Sales{month(23, 200, 5_000_00)}, Volume{High: true}},
		"longer ago":             {[]Sales{month(24, 200, 5_000_00)}, Volume{}},
		"20,000 in a year":       {[]Sales{month(0, 200, 10_000_00), month(10, 1, 10_000_00)}, Volume{true, true}},
		"20,000 in no one year":  {[]Sales{month(0, 200, 10_000_00), month(11, 1, 10_000_00)}, Volume{High: true}},
		"the order is of no use": {[]Sales{month(5, 150, 1), month(0, 60, 4_999_99)}, Volume{High: true}},
	} {
		if got := VolumeOf(c.months, noon); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSalesMakeAHighVolumeSeller(t *testing.T) {
	traders(t, func(t *testing.T, s *Service, now *clock.Manual) {
		ctx := t.Context()
		read, err := ReadSales(strings.NewReader("\ufeffseller,month,sales,gross_usd\nS1,2026-10,150,4000.5\nS1,2026-11,60,1000\nS2,2026-11,3,12.34\n"))
		fine(t, err)
		is(t, s.SaveSales(ctx, lin, read), fault.Forbidden)
		fine(t, s.SaveSales(ctx, bo, read))
		page, err := s.Traders(ctx, bo, TraderFilter{})
		fine(t, err)
		if len(page.Items) != 1 || page.Items[0].Seller != "S1" || !page.Items[0].High || !page.Items[0].DueAt.Equal(noon.Add(TraderTime)) {
			t.Fatalf("%+v", page.Items)
		}
		now.Advance(time.Hour)
		fine(t, s.SaveSales(ctx, bo, read)) // a second time it changes nothing
		if again, err := s.Trader(ctx, bo, "S1"); err != nil || again.Version != 1 || !again.DueAt.Equal(noon.Add(TraderTime)) {
			t.Errorf("%+v %v", again, err)
		}
		ended, err := s.EndTrader(ctx, bo, "S1", 1)
		fine(t, err)
		if !ended.DeleteAt.Equal(now.Now().AddDate(2, 0, 0)) {
			t.Errorf("a high-volume seller's file is kept until %s", ended.DeleteAt)
		}
	})
}

func TestReadSalesRefuses(t *testing.T) {
	for _, bad := range []string{"", "seller,month\n", "seller,month,sales,gross_usd\nS1,2026-13,1,1\n", "seller,month,sales,gross_usd\nS1,2026-11,-1,1\n", "seller,month,sales,gross_usd\nS1,2026-11,1,1.234\n",
		"seller,month,sales,gross_usd\n,2026-11,1,1\n", "seller,month,sales,gross_usd\nS1,2026-11,1\n", "seller,month,sales,gross_usd\n\"S1,2026-11,1,1\n"} {
		if got, err := ReadSales(strings.NewReader(bad)); fault.Of(err) != fault.Invalid {
			t.Errorf("%q: %v %v", bad, got, err)
		}
	}
}

func FuzzReadSales(f *testing.F) {
	f.Add("seller,month,sales,gross_usd\nS1,2026-10,150,4000.5\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ReadSales(strings.NewReader(text))
		for _, m := range all {
			if err == nil && m.check() != nil {
				t.Errorf("%+v", m)
			}
		}
	})
}

func TestSeal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trader.key")
	a, err := LoadOrCreateSeal(path)
	fine(t, err)
	b, err := LoadOrCreateSeal(path)
	fine(t, err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	sealed, err := a.close("S1", "DE89 3704 0044 0532 0130 00")
	fine(t, err)
	if text, err := b.open("S1", sealed); err != nil || text != "DE89 3704 0044 0532 0130 00" {
		t.Errorf("%q %v", text, err)
	}
	for name, open := range map[string]func() (string, error){
		"another's row": func() (string, error) { return b.open("S2", sealed) },
		"a changed one": func() (string, error) { return b.open("S1", "A"+sealed[1:]+"=") },
		"a short one":   func() (string, error) { return b.open("S1", "AAAA") },
		"without a key": func() (string, error) { return (*Seal)(nil).open("S1", sealed) },
	} {
		if text, err := open(); err == nil {
			t.Errorf("%s opens: %q", name, text)
		}
	}
	fine(t, os.WriteFile(path, []byte("short"), 0o600))
	if _, err := LoadOrCreateSeal(path); err == nil {
		t.Error("a short key is taken")
	}
}
