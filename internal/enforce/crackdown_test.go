package enforce

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/fault"
)

func TestTestBuyWithCustody(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		ctx := t.Context()
		m := b.open(t, ana, "Shoes")
		b.listing(t, "L1", 1, "fake", 0.9)
		buy, err := b.PlanTestBuy(ctx, ana, TestBuy{Case: m.ID, Listing: "L1"}, "r1")
		ok(t, err)
		_, err = b.PlanTestBuy(ctx, ana, TestBuy{Case: m.ID, Listing: "L1"}, "r1")
		ok(t, err)
		if all, _ := b.TestBuys(ctx, ana, m.ID); len(all) != 1 || all[0].Seller != "S1" || all[0].Goods == "" {
			t.Errorf("%+v", all)
		}
		custody := func() Custody { return Custody{At: b.now.Now(), Holder: "Ana", Place: "Hangzhou office", Seal: "A-1"} }
		price, err := ParseMoney("199.50", "cny", "price")
		ok(t, err)
		for field, s := range map[string]BuyStep{
			"order":   {To: BuyBought, Price: price, Custody: custody()},
			"price":   {To: BuyBought, Order: "O-1", Custody: custody()},
			"why":     {To: BuyAbandoned},
			"holder":  {To: BuyBought, Order: "O-1", Price: price, Custody: Custody{At: noon, Place: "x"}},
			"at":      {To: BuyBought, Order: "O-1", Price: price, Custody: Custody{At: noon.Add(time.Hour), Place: "x", Holder: "x"}},
			"finding": {To: BuyExamined},
		} {
			_, err := b.MoveTestBuy(ctx, ana, m.ID, buy.ID, buy.Version, s)
			if field == "finding" {
				want(t, err, fault.Conflict)
				continue
			}
			want(t, err, fault.Invalid)
			if f, _ := fault.As(err); f.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		d, err := b.Attach(ctx, ana, m.ID, "parcel.png", "", picture(t, 8))
		ok(t, err)
		for _, s := range []BuyStep{
			{To: BuyBought, Order: "O-1", Price: price, Custody: custody()},
			{To: BuyReceived, Custody: Custody{At: noon, Holder: "Ana", Place: "Hangzhou office", Seal: "A-1", Hashes: []string{d.Hash}}},
			{To: BuyExamined, Finding: FoundCounterfeit, Custody: custody()},
		} {
			next, err := b.MoveTestBuy(ctx, ana, m.ID, buy.ID, buy.Version, s)
			ok(t, err)
			_, err = b.MoveTestBuy(ctx, ana, m.ID, buy.ID, buy.Version, s)
			want(t, err, fault.Conflict)
			buy = next
		}
		if buy.Stage != BuyExamined || buy.Finding != FoundCounterfeit || buy.Price.String() != "199.50 CNY" {
			t.Errorf("%+v", buy)
		}
		_, err = b.NoteCustody(ctx, ana, m.ID, Custody{Exhibit: buy.Exhibit(), At: noon, Holder: "Laboratory", Place: "Fuzhou", What: "handed over", Hashes: []string{"abc"}}, "")
		want(t, err, fault.Invalid)
		_, err = b.NoteCustody(ctx, ana, m.ID, Custody{Exhibit: "fact:none", At: noon, Holder: "Laboratory", Place: "Fuzhou", What: "handed over"}, "")
		want(t, err, fault.Invalid)
		for range 2 {
			_, err = b.NoteCustody(ctx, ana, m.ID, Custody{Exhibit: buy.Exhibit(), At: noon, Holder: "Laboratory", Place: "Fuzhou", What: "handed over"}, "r2")
			ok(t, err)
		}
		log, err := b.CustodyLog(ctx, ana, m.ID)
		ok(t, err)
		if len(log) != 4 || !slices.Equal(log[1].Hashes, []string{d.Hash}) || log[0].Entry == "" {
			t.Errorf("%+v", log)
		}
		_, err = b.CustodyLog(ctx, rui, m.ID)
		want(t, err, fault.Forbidden)
		other := b.open(t, ana, "Other")
		_, err = b.MoveTestBuy(ctx, ana, other.ID, buy.ID, buy.Version, BuyStep{To: BuyAbandoned, Why: "x"})
		want(t, err, fault.NotFound)
		if found := b.attestCases(t); found != nil {
			t.Error(found)
		}
	})
}

func TestQuantities(t *testing.T) {
	for _, c := range []struct {
		number, unit string
		want         string
	}{{"1200", "pairs", "1200 pairs"}, {"3", "dozen pairs", "36 pairs"}, {"2.5", "dozen", "30 pieces"}, {"0.5", "kg", "0.5 kg"}, {"2", "t", "2000 kg"}, {"300", "斤", "150 kg"}, {"12", "双", "12 pairs"},
		{"250", "g", "0.25 kg"}, {"1.250", "t", "1250 kg"}, {"7", "", ""}, {"1,200", "pairs", ""}, {"0.5", "pairs", ""}, {"-1", "kg", ""}, {"1e3", "kg", ""}, {"0", "kg", ""}, {"", "kg", ""}, {"0.5", "g", ""},
		{"999999999999", "t", ""}, {"１２", "kg", ""}} {
		q, u, err := ParseQuantity(c.number, c.unit)
		got := ""
		if err == nil {
			got = q.String() + " " + string(u)
		}
		if got != c.want {
			t.Errorf("%s %s is %q, want %q (%v)", c.number, c.unit, got, c.want, err)
		}
	}
	for _, c := range []struct{ amount, code, want string }{{"1234.5", "CNY", "1234.50 CNY"}, {"0.05", "eur", "0.05 EUR"}, {"500", "JPY", "500 JPY"}, {"1.5", "JPY", ""}, {"1", "XXQ", ""}, {"1.234", "EUR", ""},
		{"1.234", "KWD", "1.234 KWD"}, {"", "EUR", ""}} {
		m, err := ParseMoney(c.amount, c.code, "amount")
		if got := m.String(); got != c.want || (err == nil) != (c.want != "" || c.amount == "") {
			t.Errorf("%s %s is %q, want %q (%v)", c.amount, c.code, got, c.want, err)
		}
	}
}

const putianFile = "kind,date,country,region,city,quantity,unit,amount,currency,brand,note,case,source\n" +
	"arrest,2014-03-02,CN,CN-FJ,莆田,100,,,,,,,press\n" +
	"arrest,2015-06-01,CN,CN-FJ,莆田,56,people,,,,,,press\n" +
	"seizure,2014-03-02,CN,CN-FJ,莆田,1500000,双,5000000,CNY,Swift,,,press\n" +
	"seizure,2015-06-01,CN,CN-FJ,莆田,500000,pairs,,,Swift,,,press\n" +
	"seizure,2015-06-01,CN,CN-FJ,莆田,2,t,70,USD,,labels,,press\n" +
	"seizure,2015-06-01,FR,,Paris,12,pieces,,,,,,\n" +
	"fine,2016-01-05,CN,CN-FJ,莆田,,,1000.50,CNY,,,,\n"

func TestOneQuestionForACity(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		ctx := t.Context()
		report, err := b.ImportFacts(ctx, ana, strings.NewReader(putianFile), true)
		ok(t, err)
		if report.Added != 7 || len(report.Rejected) != 0 {
			t.Errorf("dry: %+v", report)
		}
		for i, want := range []FactsReport{{Added: 7}, {Again: 7}} {
			report, err := b.ImportFacts(ctx, ana, strings.NewReader(putianFile), false)
			ok(t, err)
			if report.Added != want.Added || report.Again != want.Again || report.Rows != 7 {
				t.Errorf("%d: %+v", i, report)
			}
		}
		city, err := b.Crackdown(ctx, ana, FactFilter{Country: "cn", City: "莆田", From: "2014-01-01"})
		ok(t, err)
		said := func(sums []Sum) (all []string) {
			for _, s := range sums {
				text := fmt.Sprintf("%s %s %s of %d", s.Kind, s.Quantity, s.Unit, s.Facts)
				if s.Unit == "" {
					text = fmt.Sprintf("%s %s of %d", s.Kind, s.Money, s.Facts)
				}
				all = append(all, text)
			}
			return all
		}
		if got := said(city.Sums); !slices.Equal(got, []string{"seizure 2000000 pairs of 2", "seizure 2000 kg of 1", "seizure 5000000.00 CNY of 1", "seizure 70.00 USD of 1", "arrest 156 persons of 2", "fine 1000.50 CNY of 1"}) {
			t.Errorf("%q", got)
		}
		if city.Facts != 6 || len(city.Places) != 1 || len(city.Months) != 3 || len(city.Years) != 3 || city.First.Year() != 2014 {
			t.Errorf("%+v", city)
		}
		all, err := b.Crackdown(ctx, ana, FactFilter{})
		ok(t, err)
		if len(all.Places) != 2 || all.Places[1].Place.City != "Paris" {
			t.Errorf("%+v", all.Places)
		}
		none, err := b.Crackdown(ctx, officer, FactFilter{})
		ok(t, err)
		if none.Facts != 0 || len(none.Funnel) != 5 {
			t.Errorf("an officer is told of what is in no case of theirs: %+v", none)
		}
		_, err = b.Crackdown(ctx, holder, FactFilter{})
		want(t, err, fault.Forbidden)
		_, err = b.Crackdown(ctx, ana, FactFilter{From: "yesterday"})
		want(t, err, fault.Invalid)
	})
}

func TestImportTellsWhatIsWrong(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		ctx := t.Context()
		m := b.open(t, ana, "Shoes")
		file := "\xef\xbb\xbfKind,date,country,quantity,unit,amount,currency,case\n" +
			"arrest,2020-01-01,CN,3,,,,\n" +
			"arrest,2020-01-01,CN,3,,,,\n" + // the same words twice in one file are two facts
			"arrest,01/02/2020,CN,3,,,,\n" +
			"seizure,2020-01-01,CN,3,boxes,,,\n" +
			"seizure,2020-01-01,ZZ9,3,pairs,,,\n" +
			"fine,2020-01-01,CN,,,abc,CNY,\n" +
			"arrest,2020-01-01,CN,3,,,,C-1999-0001\n" +
			"arrest,2020-01-01,CN\n" +
			"party,2020-01-01,CN,3,pieces,,,\n" +
			"arrest,2999-01-01,CN,3,,,,\n" +
			"conviction,2020-02-02,CN,1,,,," + strings.ToLower(m.Reference) + "\n" +
			"arrest,2020-01-01,CN,\"3,,,,\n"
		report, err := b.ImportFacts(ctx, ana, strings.NewReader(file), false)
		ok(t, err)
		var numbers []int
		for _, r := range report.Rejected {
			numbers = append(numbers, r.Number)
			if len(fault.All(r.Problem)) == 0 {
				t.Errorf("row %d: %v", r.Number, r.Problem)
			}
		}
		if report.Added != 3 || !slices.Equal(numbers, []int{4, 5, 6, 7, 8, 9, 10, 11, 13}) {
			t.Errorf("%d added, rejected %v", report.Added, numbers)
		}
		var rejected strings.Builder
		ok(t, report.WriteRejected(&rejected, func(err error) string { return fmt.Sprint("=", fault.All(err)[0].Message()) }))
		if lines := strings.Split(rejected.String(), "\n"); len(lines) != 11 || !strings.HasSuffix(lines[0], ",case,row,reason") || !strings.Contains(lines[1], "01/02/2020,CN,3,,,,,4,'=Give the day") {
			t.Errorf("%q", rejected.String())
		}
		mended := strings.Replace(rejected.String(), "01/02/2020", "2020-02-01", 1)
		if again, err := b.ImportFacts(ctx, ana, strings.NewReader(mended), true); err != nil || again.Added != 1 {
			t.Errorf("%+v %v", again, err)
		}
		if again, err := b.ImportFacts(ctx, ana, strings.NewReader(file), false); err != nil || again.Again != 3 || again.Added != 0 {
			t.Errorf("%+v %v", again, err)
		}
		page, err := b.Facts(ctx, ana, FactFilter{Case: m.ID})
		ok(t, err)
		if len(page.Items) != 1 || page.Items[0].Kind != Conviction {
			t.Errorf("%+v", page)
		}
		ok(t, b.WithdrawFact(ctx, ana, m.ID, page.Items[0].ID, "overturned on appeal"))
		ok(t, b.WithdrawFact(ctx, ana, m.ID, page.Items[0].ID, "again"))
		all, err := b.Crackdown(ctx, ana, FactFilter{})
		ok(t, err)
		if len(all.Sums) != 1 || all.Sums[0].Quantity != 6000 {
			t.Errorf("%+v", all.Sums)
		}
		// An authority's own import goes into its own cases alone.
		theirs := b.open(t, officer, "Ours")
		file = "kind,date,country,quantity,case\narrest,2020-01-01,CN,1,\narrest,2020-01-01,CN,1," + m.Reference + "\narrest,2020-01-01,CN,1," + theirs.Reference + "\n"
		report, err = b.ImportFacts(ctx, officer, strings.NewReader(file), false)
		ok(t, err)
		if report.Added != 1 || len(report.Rejected) != 2 {
			t.Errorf("%+v", report)
		}
		for _, bad := range []string{"", "kind\n", "kind,date,colour\n", "kind,date,kind\n", "kind,date\n\xff\n"} {
			_, err := b.ImportFacts(ctx, ana, strings.NewReader(bad), false)
			want(t, err, fault.Invalid)
		}
		_, err = b.ImportFacts(ctx, rui, strings.NewReader(file), false)
		want(t, err, fault.Forbidden)
		if found := b.attestCases(t); found != nil {
			t.Error(found)
		}
	})
}

// TestSumsAgree: whatever happened, the months, the years and the places add up to the whole, and a file of the facts read back is the same facts.
func TestSumsAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 22))
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	var groups []factGroup
	for range 500 {
		g := factGroup{kind: FactKind(pick("seizure", "arrest", "fine")), day: time.Date(2014+random.IntN(4), time.Month(1+random.IntN(12)), 1+random.IntN(28), 0, 0, 0, 0, time.UTC),
			place: Place{Country: pick("CN", "FR"), City: pick("a", "b", "c")}, facts: 1 + random.Int64N(5)}
		g.key = g.place.City
		if g.kind != Fine {
			g.unit, g.quantity = Unit(pick("pairs", "kg", "pieces")), Quantity(random.Int64N(1e6))
		}
		if g.kind == Fine || random.IntN(2) == 0 {
			g.currency, g.amount, g.priced = pick("CNY", "USD"), random.Int64N(1e6), g.facts
		}
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b factGroup) int { return a.day.Compare(b.day) })
	all := addUpFacts(groups)
	parts := map[string][]Sum{}
	for _, p := range all.Months {
		parts["months"] = append(parts["months"], p.Sums...)
	}
	for _, p := range all.Years {
		parts["years"] = append(parts["years"], p.Sums...)
	}
	for _, p := range all.Places {
		parts["places"] = append(parts["places"], p.Sums...)
	}
	for name, sums := range parts {
		again := map[sumKey]Sum{}
		for _, s := range sums {
			key := sumKey{s.Kind, s.Unit, s.Money.Currency}
			t := again[key]
			again[key] = Sum{s.Kind, s.Unit, t.Quantity + s.Quantity, Money{t.Money.Minor + s.Money.Minor, s.Money.Currency}, t.Facts + s.Facts}
		}
		for _, s := range all.Sums {
			if got := again[sumKey{s.Kind, s.Unit, s.Money.Currency}]; got != s {
				t.Errorf("%s add up to %+v, the whole is %+v", name, got, s)
			}
		}
		if len(again) != len(all.Sums) {
			t.Errorf("%s have %d sums, the whole %d", name, len(again), len(all.Sums))
		}
	}
}

func TestFunnel(t *testing.T) {
	day := (24 * time.Hour).Microseconds()
	steps := funnelOf([][5]int64{{day, 0, 0, 0, 0}, {day, 3 * day, 0, 0, 0}, {day, 5 * day, 0, 11 * day, 0}, {day, 2 * day, 4 * day, 5 * day, 21 * day}})
	for i, want := range []Step{{Lead, 4, 0, 0}, {Opened, 3, 2, 3}, {Raided, 2, 3, 1}, {Charged, 2, 7, 2}, {Convicted, 1, 20, 1}} {
		if steps[i] != want {
			t.Errorf("%+v, want %+v", steps[i], want)
		}
	}
}

func FuzzReadFacts(f *testing.F) {
	f.Add(putianFile)
	f.Add("kind,date\n\"\n")
	f.Add("kind,date,latitude,longitude\narrest,2020-01-01,NaN,1e999\n")
	f.Fuzz(func(t *testing.T, file string) {
		_, rows, err := ReadFacts(strings.NewReader(file), noon)
		if err != nil {
			if len(fault.All(err)) == 0 {
				t.Fatalf("no fault: %v", err)
			}
			return
		}
		for _, row := range rows {
			if row.Problem == nil {
				if err := row.Fact.check(noon); err != nil {
					t.Fatalf("%q was taken: %v", row.Fields, err)
				}
				again, err := factOf(fieldsOf(row.Fact), noon)
				if err != nil || again != row.Fact {
					t.Fatalf("%+v written and read is %+v: %v", row.Fact, again, err)
				}
			}
		}
	})
}

func fieldsOf(f Fact) map[string]string {
	given := map[string]string{}
	for i, value := range f.Fields("") {
		given[FactColumns()[i]] = value
	}
	return given
}
