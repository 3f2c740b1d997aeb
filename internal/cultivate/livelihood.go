package cultivate

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
)

// Livelihood is one figure of a maker's quarter: what the firm and its people live on. A correction does not change it: a later figure takes its place, and
// both stay.
type Livelihood struct {
	ID         string
	Maker      MakerID
	Quarter    Quarter
	Kind       LivelihoodKind
	Value      int64  // in the kind's unit: pieces, persons, hundredths of a per cent, or minor units of Currency
	Currency   string // of ISO 4217; empty for what is not money
	Source     Source
	Confidence Confidence
	Note       string
	By         access.UserID
	ByName     string
	At         time.Time
	Replaced   string // the later figure that took its place; empty while it stands
}

// Stands reports whether no later figure of the same source took its place.
func (l Livelihood) Stands() bool { return l.Replaced == "" }

// Quarter is a quarter of a calendar year: its year times four, plus 0 to 3.
type Quarter int

// QuarterOf is the quarter in which a moment lies, in UTC.
func QuarterOf(t time.Time) Quarter {
	t = t.UTC()
	return Quarter(t.Year()*4 + (int(t.Month())-1)/3)
}

var quarterForm = regexp.MustCompile(`^(\d{4})[- ]?[Qq]([1-4])$`)

// ParseQuarter reads "2026-Q3". It returns fault.Invalid for anything else and for a year before 2000.
func ParseQuarter(s string) (Quarter, error) {
	found := quarterForm.FindStringSubmatch(strings.TrimSpace(s))
	if found == nil || found[1] < "2000" {
		return 0, fault.Invalid.Say("Write the quarter like 2026-Q3.").At("quarter")
	}
	year, _ := strconv.Atoi(found[1]) // four digits, as the form says
	return Quarter(year*4 + int(found[2][0]-'1')), nil
}

// String is the quarter as ParseQuarter reads it.
func (q Quarter) String() string { return fmt.Sprintf("%04d-Q%d", int(q)/4, int(q)%4+1) }

// From is its first moment.
func (q Quarter) From() time.Time {
	return time.Date(int(q)/4, time.Month(int(q)%4*3+1), 1, 0, 0, 0, 0, time.UTC)
}

// To is the first moment behind it.
func (q Quarter) To() time.Time { return (q + 1).From() }

// LivelihoodKind is what a figure is about.
type LivelihoodKind string

// The kinds, in the order pages show them.
const (
	HomeOrders    LivelihoodKind = "orders-home"   // pieces ordered in the quarter from this country
	ExportOrders  LivelihoodKind = "orders-export" // pieces ordered in the quarter from abroad
	CapacityUsed  LivelihoodKind = "capacity-used" // % of what the lines could make
	Jobs          LivelihoodKind = "jobs"          // persons employed at the quarter's end
	AverageWage   LivelihoodKind = "average-wage"  // money a month, before tax
	OwnBrandShare LivelihoodKind = "own-brand"     // % of pieces that were ordered under the maker's own brand
	Retooling     LivelihoodKind = "re-tooling"    // money spent in the quarter on new moulds, lines and machines
)

// LivelihoodKinds lists the kinds.
func LivelihoodKinds() []LivelihoodKind {
	return []LivelihoodKind{HomeOrders, ExportOrders, CapacityUsed, Jobs, AverageWage, OwnBrandShare, Retooling}
}

var livelihoodWords = map[LivelihoodKind]Words{
	HomeOrders:    {"Pieces ordered at home", "国内订单件数"},
	ExportOrders:  {"Pieces ordered from abroad", "出口订单件数"},
	CapacityUsed:  {"Capacity used", "产能利用率"},
	Jobs:          {"Jobs", "就业人数"},
	AverageWage:   {"Average wage a month", "月平均工资"},
	OwnBrandShare: {"Share of the own brand", "自有品牌占比"},
	Retooling:     {"Spent on re-tooling", "技改投入"},
}

// Words says the kind to a person.
func (k LivelihoodKind) Words() Words { return livelihoodWords[k] }

// Known reports whether it is one of LivelihoodKinds.
func (k LivelihoodKind) Known() bool { return slices.Contains(LivelihoodKinds(), k) }

// Money reports whether the figure is an amount of money, and needs a currency.
func (k LivelihoodKind) Money() bool { return k == AverageWage || k == Retooling }

// Share reports whether the figure is a percentage of 0 to 100.
func (k LivelihoodKind) Share() bool { return k == CapacityUsed || k == OwnBrandShare }

// Digits is how many digits behind the point the figure keeps.
func (k LivelihoodKind) Digits(code string) int {
	switch {
	case k.Share():
		return 2
	case k.Money():
		return minorDigits(code)
	}
	return 0
}

// Source is where a figure comes from.
type Source string

// The sources.
const (
	MakersWord      Source = "maker"       // what the firm says
	Payroll         Source = "payroll"     // its books of wages
	TaxReturn       Source = "tax-return"  // what it declared to the tax office
	MarketplaceData Source = "marketplace" // counted by the marketplace itself
	InspectorSaw    Source = "inspector"   // seen by the programme's inspector
)

// Sources lists the sources.
func Sources() []Source {
	return []Source{MakersWord, Payroll, TaxReturn, MarketplaceData, InspectorSaw}
}

var sourceWords = map[Source]Words{
	MakersWord:      {"the maker's word", "企业自报"},
	Payroll:         {"payroll", "工资表"},
	TaxReturn:       {"tax return", "纳税申报表"},
	MarketplaceData: {"counted by the marketplace", "平台统计"},
	InspectorSaw:    {"seen by an inspector", "检查员核实"},
}

// Words says the source to a person.
func (s Source) Words() Words { return sourceWords[s] }

// Confidence is how far a figure can be relied on, on a scale of three.
type Confidence int

// The scale.
const (
	Said       Confidence = 1 // somebody's word, nothing seen
	Documented Confidence = 2 // a document was seen that says it
	Verified   Confidence = 3 // counted or checked by somebody other than the firm
)

var confidenceWords = map[Confidence]Words{
	Said:       {"stated", "自述"},
	Documented: {"documented", "有凭证"},
	Verified:   {"verified", "已核实"},
}

// Confidences lists the scale, lowest first.
func Confidences() []Confidence { return []Confidence{Said, Documented, Verified} }

// Words says the confidence to a person.
func (c Confidence) Words() Words { return confidenceWords[c] }

// ParseConfidence reads "stated", "documented" or "verified".
func ParseConfidence(s string) (Confidence, error) {
	for _, c := range Confidences() {
		if c.Words().English == strings.ToLower(strings.TrimSpace(s)) {
			return c, nil
		}
	}
	return 0, fault.Invalid.Say("How sure is it? Say stated, documented or verified.").At("confidence")
}

// LivelihoodEntry is a figure as somebody sends it in.
type LivelihoodEntry struct {
	Quarter    Quarter
	Kind       LivelihoodKind
	Value      string // as it was written: "12,300", "61.5", "5 200.00"
	Currency   string
	Source     Source
	Confidence Confidence
	Note       string
}

// maxFigure bounds a figure in its unit; beyond lies a mistake, not a workshop.
const maxFigure = 1_000_000_000_000_000

// figure holds an entry against the rules and gives the figure it is. own: the firm's own person sends it in, who can speak for the firm's papers but not
// for an inspector or the marketplace, and whose word nobody has verified. It returns fault.Invalid with the field.
func (e LivelihoodEntry) figure(own bool, now time.Time) (Livelihood, error) {
	l := Livelihood{Quarter: e.Quarter, Kind: e.Kind, Currency: strings.ToUpper(strings.TrimSpace(e.Currency)), Source: e.Source, Confidence: e.Confidence, Note: strings.TrimSpace(e.Note)}
	switch {
	case !e.Kind.Known():
		return l, fault.Invalid.Say("Choose what the figure is about.").At("figure")
	case e.Quarter < Quarter(2000*4):
		return l, fault.Invalid.Say("Write the quarter like 2026-Q3.").At("quarter")
	case e.Quarter > QuarterOf(now):
		return l, fault.Invalid.Say("This quarter has not begun.").At("quarter")
	case sourceWords[e.Source] == Words{}:
		return l, fault.Invalid.Say("Choose where the figure comes from.").At("source")
	case confidenceWords[e.Confidence] == Words{}:
		return l, fault.Invalid.Say("How sure is it? Say stated, documented or verified.").At("confidence")
	case own && (e.Source == MarketplaceData || e.Source == InspectorSaw):
		return l, fault.Invalid.Say("Only the programme enters what the marketplace counted or an inspector saw.").At("source")
	case own && e.Confidence == Verified:
		return l, fault.Invalid.Say("A figure of the firm's own is stated or documented; the programme verifies it.").At("confidence")
	case e.Source == MakersWord && e.Confidence != Said:
		return l, fault.Invalid.Say("The maker's word alone is stated, not documented.").At("confidence")
	}
	if err := checkText("note", l.Note, MaxWhy); err != nil {
		return l, err
	}
	if !e.Kind.Money() {
		l.Currency = ""
	} else if _, err := currency.ParseISO(l.Currency); err != nil || len(l.Currency) != 3 {
		return l, fault.Invalid.Say("Name the currency, like CNY.").At("currency")
	}
	value, err := parseFixed(e.Value, e.Kind.Digits(l.Currency))
	if err != nil {
		return l, err
	}
	if e.Kind.Share() && value > 100_00 {
		return l, fault.Invalid.Say("A share is between 0 and 100.").At("value")
	}
	l.Value = value
	return l, nil
}

var (
	plainNumber   = regexp.MustCompile(`^\d{1,18}(\.\d{1,6})?$`)
	groupedNumber = regexp.MustCompile(`^\d{1,3}([, ]\d{3})+(\.\d{1,6})?$`)
)

// parseFixed reads a number that is not negative into units of the last of digits. More digits than there is room for are an error, not rounded: a figure
// is what was written or nothing.
func parseFixed(s string, digits int) (int64, error) {
	s = strings.TrimSpace(s)
	if groupedNumber.MatchString(s) {
		s = strings.NewReplacer(",", "", " ", "").Replace(s)
	}
	if !plainNumber.MatchString(s) {
		return 0, fault.Invalid.Say("Write a number, like 1200 or 61.5.").At("value")
	}
	x, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, fault.Invalid.Say("Write a number, like 1200 or 61.5.").At("value")
	}
	x.Mul(x, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
	if !x.IsInt() {
		return 0, fault.Invalid.Say("Use at most %d digits behind the point.", digits).At("value")
	}
	if !x.Num().IsInt64() || x.Num().Int64() > maxFigure {
		return 0, fault.Invalid.Say("The number is too large.").At("value")
	}
	return x.Num().Int64(), nil
}

// formatFixed writes what parseFixed read, without grouping.
func formatFixed(value int64, digits int) string {
	s := strconv.FormatInt(value, 10)
	if digits == 0 {
		return s
	}
	for len(s) <= digits {
		s = "0" + s
	}
	return s[:len(s)-digits] + "." + s[len(s)-digits:]
}

// Plain is the figure's number without unit, as a file has it.
func (l Livelihood) Plain() string { return formatFixed(l.Value, l.Kind.Digits(l.Currency)) }

// Best is, of the figures that stand, one for each quarter and kind: the surest, and of equally sure ones the latest. They come by kind, then quarter.
func Best(all []Livelihood) []Livelihood {
	type key struct {
		kind    LivelihoodKind
		quarter Quarter
	}
	best := map[key]Livelihood{}
	for _, l := range all {
		if !l.Stands() {
			continue
		}
		k := key{l.Kind, l.Quarter}
		old, known := best[k]
		if !known || l.Confidence > old.Confidence || l.Confidence == old.Confidence && l.At.After(old.At) {
			best[k] = l
		}
	}
	var found []Livelihood
	for _, kind := range LivelihoodKinds() {
		var some []Livelihood
		for k, l := range best {
			if k.kind == kind {
				some = append(some, l)
			}
		}
		slices.SortFunc(some, func(a, b Livelihood) int { return int(a.Quarter) - int(b.Quarter) })
		found = append(found, some...)
	}
	return found
}

// Spread is how one kind of figure lies among a cohort's members in a quarter. Who has not reported is not counted, and never stands as a zero.
type Spread struct {
	Quarter           Quarter
	Kind              LivelihoodKind
	Currency          string // each currency has its own spread
	Reported, Members int    // of so many members so many have reported
	Low, Median, High int64
}

// Spreads is the spreads of one kind over the quarters for which anybody has reported, the earliest first. figures are Best of each maker.
func Spreads(kind LivelihoodKind, figures []Livelihood, members int) []Spread {
	type key struct {
		quarter  Quarter
		currency string
	}
	groups := map[key][]int64{}
	for _, l := range figures {
		if l.Kind == kind {
			k := key{l.Quarter, l.Currency}
			groups[k] = append(groups[k], l.Value)
		}
	}
	var all []Spread
	for k, values := range groups {
		slices.Sort(values)
		all = append(all, Spread{k.quarter, kind, k.currency, len(values), members, values[0], median(values), values[len(values)-1]})
	}
	slices.SortFunc(all, func(a, b Spread) int {
		if a.Quarter != b.Quarter {
			return int(a.Quarter) - int(b.Quarter)
		}
		return strings.Compare(a.Currency, b.Currency)
	})
	return all
}

// median of sorted values; of an even number the mean of the two in the middle, rounded down.
func median(sorted []int64) int64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1] + (sorted[n/2]-sorted[n/2-1])/2
}

// Trend is what a row of figures says: where it began, where it ended, and whether that is a change worth a title.
type Trend struct {
	First, Last Livelihood
	N           int
	Says        Direction
}

// Direction is what a trend says.
type Direction string

// The directions. Unclear is also what too few figures say, or figures of different sources: a firm's word then and a count now are not a change.
const (
	Unclear Direction = "unclear"
	Rising  Direction = "rising"
	Falling Direction = "falling"
	Steady  Direction = "steady"
)

// TrendOf reads the figures of one kind, earliest first. A finding needs four quarters of one source and currency; a change of a tenth or more of the
// first is rising or falling when at least two thirds of the steps go that way, and one of less than a twentieth is steady.
func TrendOf(figures []Livelihood) Trend {
	t := Trend{Says: Unclear, N: len(figures)}
	if len(figures) == 0 {
		return t
	}
	t.First, t.Last = figures[0], figures[len(figures)-1]
	up, down := 0, 0
	for i, l := range figures {
		if l.Source != t.First.Source || l.Currency != t.First.Currency {
			return t
		}
		if i > 0 && l.Value > figures[i-1].Value {
			up++
		}
		if i > 0 && l.Value < figures[i-1].Value {
			down++
		}
	}
	if len(figures) < 4 || t.First.Value == 0 {
		return t
	}
	change := float64(t.Last.Value-t.First.Value) / float64(t.First.Value)
	steps := len(figures) - 1
	switch {
	case change >= 0.1 && up*3 >= steps*2:
		t.Says = Rising
	case change <= -0.1 && down*3 >= steps*2:
		t.Says = Falling
	case change > -0.05 && change < 0.05:
		t.Says = Steady
	}
	return t
}
