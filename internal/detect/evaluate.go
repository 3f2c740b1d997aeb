package detect

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Label is what is known to be true of a listing. The JSON form is one line of a labels file.
type Label struct {
	ID    market.ListingID `json:"id"`
	Label string           `json:"label"` // fake or genuine
	Brand brand.ID         `json:"brand"` // the brand concerned, empty when none is
	Why   string           `json:"why"`
	Trick string           `json:"trick"` // what makes the listing hard, in one tag
}

// maxLabelLine is the longest line of a labels file in bytes.
const maxLabelLine = 1 << 20

// ReadLabels reads a labels file, JSONL. It returns every fault.Invalid, joined, each at its line; at most twenty.
func ReadLabels(r io.Reader) ([]Label, error) {
	var labels []Label
	var wrong []error
	seen := map[market.ListingID]int{}
	rows := bufio.NewScanner(r)
	rows.Buffer(make([]byte, 0, 64<<10), maxLabelLine)
	number := 0
	for rows.Scan() && len(wrong) < 20 {
		number++
		row := strings.TrimSpace(strings.TrimPrefix(rows.Text(), "\ufeff"))
		if row == "" {
			continue
		}
		label, f := parseLabel(row)
		if f == nil && seen[label.ID] > 0 {
			f = fault.Invalid.Say("The listing %q was labelled on line %d already.", label.ID, seen[label.ID])
		}
		if f != nil {
			wrong = append(wrong, f.At(fmt.Sprintf("lines[%d]", number)))
			continue
		}
		seen[label.ID] = number
		labels = append(labels, label)
	}
	if err := rows.Err(); errors.Is(err, bufio.ErrTooLong) {
		wrong = append(wrong, fault.Invalid.Say("The line is longer than %d bytes.", maxLabelLine).At(fmt.Sprintf("lines[%d]", number+1)))
	} else if err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	return labels, errors.Join(wrong...)
}

func parseLabel(row string) (Label, *fault.Fault) {
	var label Label
	if !utf8.ValidString(row) {
		return label, fault.Invalid.Say("The line is not valid UTF-8.")
	}
	if err := json.Unmarshal([]byte(row), &label); err != nil {
		return label, fault.Invalid.Say("The line is not a label in JSON.").Because(err)
	}
	switch {
	case label.ID == "":
		return label, fault.Invalid.Say("The id of the listing is missing.")
	case label.Label != "fake" && label.Label != "genuine":
		return label, fault.Invalid.Say("The label must be fake or genuine, not %q.", label.Label)
	}
	return label, nil
}

// Case is a listing whose truth is known.
type Case struct {
	Listing market.Listing
	Label   Label
}

// Fake reports whether the listing is known to be of a fake.
func (c Case) Fake() bool { return c.Label.Label == "fake" }

// Match puts listings and labels together. Listings without a label are left out and counted. It returns fault.Invalid for a label without a
// listing, and when nothing is left or only one answer occurs.
func Match(listings []market.Listing, labels []Label) (cases []Case, unlabelled int, err error) {
	byID := make(map[market.ListingID]int, len(labels))
	for i, label := range labels {
		byID[label.ID] = i
	}
	used := make([]bool, len(labels))
	fakes := 0
	for _, l := range listings {
		i, ok := byID[l.ID]
		if !ok {
			unlabelled++
			continue
		}
		if used[i] {
			return nil, 0, fault.Invalid.Say("The listing %q occurs twice.", l.ID)
		}
		used[i] = true
		cases = append(cases, Case{l, labels[i]})
		if cases[len(cases)-1].Fake() {
			fakes++
		}
	}
	if i := slices.Index(used, false); i >= 0 {
		missing := 0
		for _, u := range used {
			if !u {
				missing++
			}
		}
		return nil, 0, fault.Invalid.Say("%d labels have no listing; the first is %q.", missing, labels[i].ID)
	}
	if fakes == 0 || fakes == len(cases) {
		return nil, 0, fault.Invalid.Say("There must be listings of both labels: %d of %d are fakes.", fakes, len(cases))
	}
	return cases, unlabelled, nil
}

// Without names what a listing is stripped of before it is judged, to see what the verdicts rest on.
type Without string

// What can be left out.
const (
	Nothing            Without = ""
	WithoutSeller      Without = "seller"      // everything about the account, where it ships from too
	WithoutPrice       Without = "price"       //
	WithoutDescription Without = "description" //
	WithoutBrand       Without = "brand"       // the declared brand
	WithoutCategory    Without = "category"    //
	WithoutTerms       Without = "terms"       // the vocabulary of the trade in copies
	WithoutAllBut      Without = "catalogue"   // all but title, price, category and the seller's id
)

// Strippable is what Strip knows.
var Strippable = []Without{WithoutSeller, WithoutPrice, WithoutDescription, WithoutBrand, WithoutCategory, WithoutTerms, WithoutAllBut}

// ParseWithout reads one of Strippable.
func ParseWithout(name string) (Without, bool) {
	return Without(name), slices.Contains(Strippable, Without(name))
}

// StrippableNames are the names of Strippable.
func StrippableNames() []string {
	var names []string
	for _, w := range Strippable {
		names = append(names, string(w))
	}
	return names
}

// Strip is the listing without what is named.
func (w Without) Strip(l market.Listing) market.Listing {
	switch w {
	case WithoutSeller:
		l.Seller, l.ShipsFrom = market.Seller{}, ""
	case WithoutPrice:
		l.Price = nil
	case WithoutDescription:
		l.Description = ""
	case WithoutBrand:
		l.Brand = ""
	case WithoutCategory:
		l.Category = ""
	case WithoutAllBut:
		l = market.Listing{
			ID: l.ID, Title: l.Title, Price: l.Price, Currency: l.Currency, Category: l.Category,
			Seller: market.Seller{ID: l.Seller.ID}, ListedAt: l.ListedAt, Language: l.Language,
		}
	}
	return l
}

// Report is how right a set of verdicts was. Shares of nothing are left out.
type Report struct {
	Listings    int          `json:"listings"`
	Fakes       int          `json:"fakes"`
	Without     []Without    `json:"without,omitempty"`
	Folds       int          `json:"folds,omitempty"` // of the cross-validation; 0 when the model had not seen, or may have seen, the listings
	Suspected   Figures      `json:"suspected"`       // verdict review or fake against truly fake
	Fake        Figures      `json:"fake"`            // verdict fake against truly fake
	ROCAUC      *float64     `json:"roc_auc,omitempty"`
	ROCInterval [2]float64   `json:"roc_auc_95"`
	PRAUC       *float64     `json:"pr_auc,omitempty"` // average precision
	PRInterval  [2]float64   `json:"pr_auc_95"`
	Brier       float64      `json:"brier"`
	ECE         float64      `json:"ece"` // ten bins
	Reliability []Calibrated `json:"reliability"`
	Tricks      []Trick      `json:"tricks"`
	Mistakes    []Mistake    `json:"mistakes,omitempty"`
}

// Figures are counts and shares with 95 % Wilson intervals.
type Figures struct {
	TruePositives     int        `json:"true_positives"`
	FalsePositives    int        `json:"false_positives"`
	FalseNegatives    int        `json:"false_negatives"`
	TrueNegatives     int        `json:"true_negatives"`
	Precision         *float64   `json:"precision,omitempty"`
	PrecisionInterval [2]float64 `json:"precision_95"`
	Recall            *float64   `json:"recall,omitempty"`
	RecallInterval    [2]float64 `json:"recall_95"`
	F1                *float64   `json:"f1,omitempty"`
}

// Calibrated is a row of the reliability table.
type Calibrated struct {
	From     float64    `json:"from"`
	To       float64    `json:"to"`
	Count    int        `json:"count"`
	Said     float64    `json:"said"` // the mean score
	Was      float64    `json:"was"`  // the share of fakes
	Interval [2]float64 `json:"was_95"`
}

// Trick is how the listings of one tag came out.
type Trick struct {
	Trick   string `json:"trick"`
	Fakes   int    `json:"fakes"`
	Caught  int    `json:"caught"` // fakes whose verdict is not clear
	Genuine int    `json:"genuine"`
	Alarms  int    `json:"alarms"` // genuine listings whose verdict is not clear
}

// Mistake is a fake that is clear or a genuine listing that is not.
type Mistake struct {
	ID      market.ListingID `json:"id"`
	Title   string           `json:"title"`
	Truth   string           `json:"truth"`
	Trick   string           `json:"trick"`
	Verdict Verdict          `json:"verdict"`
	Score   float64          `json:"score"`
	Signals []Signal         `json:"signals"`
}

const (
	reliabilityBins = 10
	bootstrapDraws  = 1000
	foldSeed        = 20261123 // fixed, so that two runs on the same data say the same
)

// Evaluate holds verdicts against the truth. results[i] is of cases[i].
func Evaluate(cases []Case, results []Result) Report {
	r := Report{Listings: len(cases)}
	var suspected, fake score.Confusion
	var outcomes []score.Outcome
	tricks := map[string]*Trick{}
	for i, c := range cases {
		verdict, truth := results[i].Verdict, c.Fake()
		suspected.Add(verdict != Clear, truth)
		fake.Add(verdict == Fake, truth)
		outcomes = append(outcomes, score.Outcome{Score: results[i].Score, Yes: truth, Group: string(c.Listing.Seller.ID)})
		t := tricks[c.Label.Trick]
		if t == nil {
			t = &Trick{Trick: c.Label.Trick}
			tricks[c.Label.Trick] = t
		}
		t.count(truth, verdict != Clear)
		if truth {
			r.Fakes++
		}
		if truth != (verdict != Clear) {
			r.Mistakes = append(r.Mistakes, Mistake{
				ID: c.Listing.ID, Title: c.Listing.Title, Truth: c.Label.Label, Trick: c.Label.Trick,
				Verdict: verdict, Score: results[i].Score, Signals: results[i].Signals,
			})
		}
	}
	r.Suspected, r.Fake = figures(suspected), figures(fake)
	r.ROCAUC, r.PRAUC = share(score.ROCAUC(outcomes)), share(score.AveragePrecision(outcomes))
	r.ROCInterval = pair(score.Bootstrap(outcomes, score.ROCAUC, bootstrapDraws, foldSeed))
	r.PRInterval = pair(score.Bootstrap(outcomes, score.AveragePrecision, bootstrapDraws, foldSeed))
	r.Brier, r.ECE = score.Brier(outcomes), score.ECE(outcomes, reliabilityBins)
	for _, b := range score.Reliability(outcomes, reliabilityBins) {
		r.Reliability = append(r.Reliability, Calibrated{b.From, b.To, b.Count, b.Said, b.Was, pair(b.Interval)})
	}
	for _, t := range tricks {
		r.Tricks = append(r.Tricks, *t)
	}
	slices.SortFunc(r.Tricks, func(a, b Trick) int { return cmp.Compare(a.Trick, b.Trick) })
	return r
}

func (t *Trick) count(fake, said bool) {
	if fake {
		t.Fakes++
	} else {
		t.Genuine++
	}
	switch {
	case fake && said:
		t.Caught++
	case said:
		t.Alarms++
	}
}

func figures(c score.Confusion) Figures {
	return Figures{
		TruePositives: c.TruePositives, FalsePositives: c.FalsePositives, FalseNegatives: c.FalseNegatives, TrueNegatives: c.TrueNegatives,
		Precision: share(c.Precision()), PrecisionInterval: pair(c.PrecisionInterval()),
		Recall: share(c.Recall()), RecallInterval: pair(c.RecallInterval()), F1: share(c.F1()),
	}
}

// share is a share, or nil for one of nothing, which JSON cannot say.
func share(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

func pair(i score.Interval) [2]float64 {
	if math.IsNaN(i.Low) || math.IsNaN(i.High) {
		return [2]float64{0, 1}
	}
	return [2]float64{i.Low, i.High}
}
