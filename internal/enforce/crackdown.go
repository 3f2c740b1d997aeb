package enforce

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
)

// Crackdown is what authorities did, added up: "156 arrests and 2 million pairs since 2014". Every part is of the same facts, read in one query, so that
// they agree with one another. Numbers of different units, and money of different currencies, stand beside each other and are never added.
type Crackdown struct {
	Facts       int64
	First, Last time.Time // the days of the first and last fact; zero when there is none
	Sums        []Sum     // over everything
	Months      []Span    // those with a fact, oldest first
	Years       []Span
	Places      []Locality // the most facts first
	Funnel      []Step     // of the cases that became a lead in the period and place
}

// Sum is so many of a kind of fact: a quantity in a unit, or money in a currency.
type Sum struct {
	Kind     FactKind
	Unit     Unit // empty for money
	Quantity Quantity
	Money    Money // zero for a quantity
	Facts    int64 // how many were added up
}

// Span is a month or a year.
type Span struct {
	From time.Time
	Sums []Sum
}

// Locality is a place with what happened there.
type Locality struct {
	Place Place
	Facts int64
	Sums  []Sum
}

// Step is how many cases of the base have come as far as a stage, or farther.
type Step struct {
	Stage Stage
	Cases int64
	Days  float64 // the median of days from lead to this stage, of those whose day of it is known
	Known int64   // how many those are
}

// factGroup is the facts of one day, place, kind, unit and currency.
type factGroup struct {
	kind     FactKind
	unit     Unit
	currency string
	place    Place
	key      string // the folded city
	day      time.Time
	facts    int64
	quantity Quantity
	amount   int64
	priced   int64 // facts with an amount
}

const (
	sumFacts = `select kind, unit, currency, country, region, city_key, max(city), cast(avg(latitude) as DOUBLE PRECISION), cast(avg(longitude) as DOUBLE PRECISION), day, count(*),
		cast(sum(quantity) as BIGINT), cast(sum(amount) as BIGINT), cast(sum(case when currency = '' then 0 else 1 end) as BIGINT) from fact`
	groupFacts = `group by kind, unit, currency, country, region, city_key, day order by day, country, region, city_key, kind, unit, currency`
	caseDays   = `select lead_at, opened_at, raid_at, charged_at, convicted_at from matter`
)

// Crackdown adds up the facts of the filter, which shows no single page: After and Limit are ignored.
func (c *Cases) Crackdown(ctx context.Context, by access.User, f FactFilter) (all Crackdown, err error) {
	f.Withdrawn = false
	w, err := f.where(by)
	if err != nil {
		return all, err
	}
	w.Then(groupFacts)
	base, err := f.base(by)
	if err != nil {
		return all, err
	}
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		groups, err := db.All(tx, scanFactGroup, sumFacts+w.Text(), w.Args()...)
		if err != nil {
			return err
		}
		all = addUpFacts(groups)
		moments, err := db.All(tx, func(r db.Row) (at [5]int64, err error) {
			err = r.Scan(&at[0], &at[1], &at[2], &at[3], &at[4])
			return at, err
		}, caseDays+base.Text(), base.Args()...)
		all.Funnel = funnelOf(moments)
		return err
	})
	if err != nil {
		return Crackdown{}, fmt.Errorf("add up the crackdown: %w", err)
	}
	return all, nil
}

// base is the cases the funnel is of. What a case is about says no brand, so a filter by brand does not narrow it.
func (f FactFilter) base(by access.User) (*db.Where, error) {
	w := &db.Where{}
	if by.Reach(access.CaseRead) == access.Own {
		w.And(seenBy, string(by.Org), string(by.Org))
	}
	if f.Country != "" {
		w.And(`country = ?`, cleanPlace(f).Country)
	}
	if f.Region != "" {
		w.And(`region = ?`, cleanPlace(f).Region)
	}
	if f.City != "" {
		w.AndWords(`search`, f.City)
	}
	if f.From != "" {
		from, err := parseDay(f.From)
		if err != nil {
			return nil, noDay("from")
		}
		w.And(`lead_at >= ?`, db.Micros(from))
	}
	if f.To != "" {
		to, err := parseDay(f.To)
		if err != nil {
			return nil, noDay("to")
		}
		w.And(`lead_at < ?`, db.Micros(to.AddDate(0, 0, 1)))
	}
	return w, nil
}

func cleanPlace(f FactFilter) Place { return Place{Country: f.Country, Region: f.Region}.clean() }

func scanFactGroup(r db.Row) (g factGroup, err error) {
	var day, quantity int64
	err = r.Scan(&g.kind, &g.unit, &g.currency, &g.place.Country, &g.place.Region, &g.key, &g.place.City, &g.place.Latitude, &g.place.Longitude, &day, &g.facts, &quantity, &g.amount, &g.priced)
	g.day, g.quantity = db.Time(day), Quantity(quantity)
	return g, err
}

// addUpFacts folds the groups, which come by day, into every part of a Crackdown but the funnel.
func addUpFacts(groups []factGroup) (all Crackdown) {
	type where struct{ country, region, city string }
	total := tallies{}
	months, years, places := map[time.Time]tallies{}, map[time.Time]tallies{}, map[where]*Locality{}
	inPlaces := map[where]tallies{}
	into := func(m map[time.Time]tallies, at time.Time, g factGroup) {
		if m[at] == nil {
			m[at] = tallies{}
		}
		m[at].add(g)
	}
	for i, g := range groups {
		if i == 0 {
			all.First = g.day
		}
		all.Last = g.day
		all.Facts += g.facts
		total.add(g)
		into(months, time.Date(g.day.Year(), g.day.Month(), 1, 0, 0, 0, 0, time.UTC), g)
		into(years, time.Date(g.day.Year(), 1, 1, 0, 0, 0, 0, time.UTC), g)
		at := where{g.place.Country, g.place.Region, g.key}
		if places[at] == nil {
			places[at], inPlaces[at] = &Locality{Place: g.place}, tallies{}
		}
		places[at].Facts += g.facts
		inPlaces[at].add(g)
	}
	all.Sums = total.sums()
	all.Months, all.Years = periods(months), periods(years)
	for at, l := range places {
		l.Sums = inPlaces[at].sums()
		all.Places = append(all.Places, *l)
	}
	slices.SortFunc(all.Places, func(a, b Locality) int {
		return cmp.Or(cmp.Compare(b.Facts, a.Facts), cmp.Compare(a.Place.Country, b.Place.Country), cmp.Compare(a.Place.Region, b.Place.Region), cmp.Compare(a.Place.City, b.Place.City))
	})
	return all
}

func periods(m map[time.Time]tallies) []Span {
	all := make([]Span, 0, len(m))
	for from, t := range m {
		all = append(all, Span{from, t.sums()})
	}
	slices.SortFunc(all, func(a, b Span) int { return a.From.Compare(b.From) })
	return all
}

// tallies adds by kind, unit and currency, each apart.
type tallies map[sumKey]Sum

type sumKey struct {
	kind     FactKind
	unit     Unit
	currency string
}

func (t tallies) add(g factGroup) {
	if g.unit != "" {
		key := sumKey{kind: g.kind, unit: g.unit}
		s := t[key]
		s.Kind, s.Unit, s.Quantity, s.Facts = g.kind, g.unit, s.Quantity+g.quantity, s.Facts+g.facts
		t[key] = s
	}
	if g.currency != "" {
		key := sumKey{kind: g.kind, currency: g.currency}
		s := t[key]
		s.Kind, s.Money, s.Facts = g.kind, Money{s.Money.Minor + g.amount, g.currency}, s.Facts+g.priced
		t[key] = s
	}
}

func (t tallies) sums() []Sum {
	all := make([]Sum, 0, len(t))
	for _, s := range t {
		all = append(all, s)
	}
	order := FactKinds()
	slices.SortFunc(all, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.Money.Currency, b.Money.Currency),
			cmp.Compare(slices.Index(GoodsUnits(), a.Unit), slices.Index(GoodsUnits(), b.Unit)))
	})
	return all
}

// funnelOf counts how far cases came, each with the moments of the funnel's stages. A case that skipped a stage has come past it.
func funnelOf(moments [][5]int64) []Step {
	steps := make([]Step, 0, 5)
	for i, stage := range Funnel() {
		step := Step{Stage: stage}
		var days []float64
		for _, at := range moments {
			reached := slices.ContainsFunc(at[i:], func(m int64) bool { return m > 0 })
			if !reached {
				continue
			}
			step.Cases++
			if at[i] > 0 && i > 0 {
				days = append(days, float64(at[i]-at[0])/float64((24*time.Hour).Microseconds()))
			}
		}
		step.Known = int64(len(days))
		if slices.Sort(days); len(days) > 0 {
			half := len(days) / 2
			step.Days = days[half]
			if len(days)%2 == 0 {
				step.Days = (days[half-1] + days[half]) / 2
			}
		}
		steps = append(steps, step)
	}
	return steps
}
