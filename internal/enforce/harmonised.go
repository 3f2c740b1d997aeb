package enforce

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
)

// Harmonised is the countable part of a marketplace's transparency report on counterfeits for a period: DSA Art. 15 and 24, by the parts of Annex I of
// Implementing Regulation (EU) 2024/2835. Like the statements it is made from the decisions and notices on record and from nothing typed for it, so that
// it cannot disagree with them.
type Harmonised struct {
	From, To time.Time // To is exclusive
	Notices  NoticeCounts
	Trusted  NoticeCounts             // of Notices: those of trusted flaggers
	Own      map[string]MeasureCounts // measures of the marketplace's own initiative, by ground: DECISION_GROUND_…
	Machine  MachineCounts
	Appeals  map[AppealKind]AppealCounts // complaints and objections filed in the period
	Sides    map[Side]int                // accounts suspended in the period
}

// AppealCounts is one subject of part 7: what became of appeals filed in the period, by the time of the report.
type AppealCounts struct {
	Total, Upheld, Reversed, Partly, Omitted int           // Omitted: withdrawn, inadmissible or without an object
	Median                                   time.Duration // from filing to the answer, of those answered

	took []int64
}

// count takes one appeal into the figures; closed is 0 while it is open.
func (c *AppealCounts) count(state AppealState, filed, closed int64) {
	c.Total++
	switch state {
	case Filed:
		return
	case AppealUpheld:
		c.Upheld++
	case Reversed:
		c.Reversed++
	case PartlyReversed:
		c.Partly++
	default:
		c.Omitted++
		return
	}
	c.took = append(c.took, closed-filed)
}

const (
	appealsFiled    = `select kind, state, filed_at, closed_at from appeal where filed_at >= $1 and filed_at < $2`
	suspensionsMade = `select subject from ledger_entry where kind = 'conduct.suspended' and at >= $1 and at < $2 order by at, id`
)

// hearAppeals counts part 7.
func (h *Harmonised) hearAppeals(tx *db.Tx, from, to time.Time) error {
	h.Appeals = map[AppealKind]AppealCounts{}
	_, err := db.All(tx, func(r db.Row) (n none, err error) {
		var kind AppealKind
		var state AppealState
		var filed, closed int64
		err = r.Scan(&kind, &state, &filed, &closed)
		c := h.Appeals[kind]
		c.count(state, filed, closed)
		h.Appeals[kind] = c
		return n, err
	}, appealsFiled, db.Micros(from), db.Micros(to))
	for kind, c := range h.Appeals {
		c.Median = time.Duration(median(c.took)) * time.Microsecond
		h.Appeals[kind] = c
	}
	if err != nil {
		return err
	}
	subjects, err := db.All(tx, db.Value[string], suspensionsMade, db.Micros(from), db.Micros(to))
	h.Sides = map[Side]int{}
	for _, subject := range subjects {
		side := NotifierSide
		if _, is := access.OrgID(strings.TrimPrefix(subject, "organisation:")).Account(); is {
			side = SellerSide
		}
		h.Sides[side]++
	}
	return err
}

// NoticeCounts is part 4: notices received in the period, and what was done upon notices in it.
type NoticeCounts struct {
	Received int
	Items    int           // listings that they named, each once
	Decided  int           // of those received, by the time of the report
	Median   time.Duration // from receipt to decision, of those decided
	Law      int           // measures upon notices on the ground that the law was broken
	Terms    int           // that the marketplace's terms were
}

// MeasureCounts is one row of part 5 or 6.
type MeasureCounts struct {
	Total      int
	Detected   int            // found by automated means alone
	Automated  int            // decided by automated means alone
	Restricted map[string]int // by restriction: DECISION_VISIBILITY_… and DECISION_MONETARY_…; a measure may be of both
}

// MachineCounts is part 8: how automated means were used and how often they were wrong, as far as people have looked.
type MachineCounts struct {
	Found      Rate // measures that automated means led to; of them those taken back
	Decided    Rate // measures that automated means took alone; of them those taken back
	ByPeople   Rate // for comparison: measures that people came to by themselves
	LatestUndo time.Time
}

// Rate is a share with what it is a share of.
type Rate struct{ Wrong, Of int }

// Interval is Wilson's 95 % interval of the rate; 0 to 1 of nothing.
func (r Rate) Interval() score.Interval { return score.Wilson(r.Wrong, r.Of, score.Z95) }

// count takes one decision with its statement into the figures.
func (h *Harmonised) count(d stated) {
	st := d.Statement
	upon := st.SourceType != sourceVoluntary
	counted := []*NoticeCounts{&h.Notices}
	if st.SourceType == sourceTrusted {
		counted = append(counted, &h.Trusted)
	}
	switch {
	case upon:
		for _, c := range counted {
			if st.DecisionGround == groundIllegal {
				c.Law++
			} else {
				c.Terms++
			}
		}
	default:
		own := h.Own[st.DecisionGround]
		if own.Restricted == nil {
			own.Restricted = map[string]int{}
		}
		own.Total++
		if st.AutomatedDetection == "Yes" {
			own.Detected++
		}
		if st.AutomatedDecision == automatedFully {
			own.Automated++
		}
		for _, v := range st.DecisionVisibility {
			own.Restricted[v]++
		}
		if st.DecisionMonetary != "" {
			own.Restricted[st.DecisionMonetary]++
		}
		h.Own[st.DecisionGround] = own
	}
	wrong := d.wrong()
	if wrong && d.Undone.At.After(h.Machine.LatestUndo) {
		h.Machine.LatestUndo = d.Undone.At
	}
	rate := &h.Machine.ByPeople
	if st.AutomatedDetection == "Yes" {
		rate = &h.Machine.Found
	}
	rate.add(wrong)
	if st.AutomatedDecision == automatedFully {
		h.Machine.Decided.add(wrong)
	}
}

// wrong reports whether a person took the decision back. What the policy itself takes back says that the listing has changed, not that it was wrong.
func (d Decision) wrong() bool { return d.Undone != nil && d.Undone.By != access.System.ID }

func (r *Rate) add(wrong bool) {
	r.Of++
	if wrong {
		r.Wrong++
	}
}

// Harmonised counts a period from from on and before to.
func (s *Service) Harmonised(ctx context.Context, by access.User, from, to time.Time) (Harmonised, error) {
	h := Harmonised{From: from, To: to, Own: map[string]MeasureCounts{}}
	for d, err := range s.stated(ctx, by, from, to) {
		if err != nil {
			return h, err
		}
		h.count(d)
	}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(noticesOf, db.Micros(from), db.Micros(to))
		if err != nil {
			return err
		}
		defer rows.Close()
		var trusted []arrival
		h.Notices, err = countNotices(h.Notices, func() (n arrival, more bool, err error) {
			if !rows.Next() {
				return n, false, rows.Err()
			}
			err = rows.Scan(&n.listing, &n.received, &n.decided, &n.lane)
			if n.lane == Trusted {
				trusted = append(trusted, n)
			}
			return n, true, err
		})
		if err != nil {
			return err
		}
		h.Trusted, err = countNotices(h.Trusted, func() (n arrival, more bool, err error) {
			if len(trusted) == 0 {
				return n, false, nil
			}
			n, trusted = trusted[0], trusted[1:]
			return n, true, nil
		})
		if err != nil {
			return err
		}
		return h.hearAppeals(tx, from, to)
	})
	return h, err
}

// arrival is of a notice what part 4 counts; decided is 0 while it waits.
type arrival struct {
	listing           market.ListingID
	received, decided int64
	lane              Lane
}

func countNotices(c NoticeCounts, next func() (arrival, bool, error)) (NoticeCounts, error) {
	items := map[market.ListingID]struct{}{}
	var took []int64
	for {
		n, more, err := next()
		if err != nil {
			return c, err
		}
		if !more {
			break
		}
		c.Received++
		items[n.listing] = struct{}{}
		if n.decided > 0 {
			took = append(took, n.decided-n.received)
		}
	}
	c.Items, c.Decided = len(items), len(took)
	c.Median = time.Duration(median(took)) * time.Microsecond
	return c, nil
}

// median is the middle one, of an even number the mean of the two; 0 of none. It sorts what it is given.
func median(of []int64) int64 {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	middle := len(of) / 2
	if len(of)%2 == 1 {
		return of[middle]
	}
	return of[middle-1] + (of[middle]-of[middle-1])/2
}

// Table is a part of the report as rows of a CSV file, the head first.
type Table struct {
	Name string // of the file, without its ending
	Rows [][]string
}

// Tables are the parts as they are published: category, indicator, value, unit. An indicator that is not known is not there, and one of nothing is 0.
func (h Harmonised) Tables() []Table {
	head := []string{"category", "indicator", "value", "unit"}
	row := func(indicator string, value any, unit string) []string {
		text := ""
		switch v := value.(type) {
		case int:
			text = strconv.Itoa(v)
		case float64:
			text = strconv.FormatFloat(v, 'f', -1, 64)
		}
		return []string{categoryIP, indicator, text, unit}
	}
	notices := [][]string{head, row("notices_received", h.Notices.Received, "notices"), row("items_noticed", h.Notices.Items, "items"), row("notices_decided", h.Notices.Decided, "notices"),
		row("measures_on_the_law", h.Notices.Law, "measures"), row("measures_on_the_terms", h.Notices.Terms, "measures")}
	hours := func(d time.Duration) float64 { return math.Round(d.Hours()*100) / 100 }
	if h.Notices.Decided > 0 {
		notices = append(notices, row("median_time_to_decision", hours(h.Notices.Median), "hours"))
	}
	notices = append(notices, row("notices_received_from_trusted_flaggers", h.Trusted.Received, "notices"), row("items_noticed_by_trusted_flaggers", h.Trusted.Items, "items"), row("notices_decided_from_trusted_flaggers", h.Trusted.Decided, "notices"),
		row("measures_on_the_law_upon_trusted_flaggers", h.Trusted.Law, "measures"), row("measures_on_the_terms_upon_trusted_flaggers", h.Trusted.Terms, "measures"))
	if h.Trusted.Decided > 0 {
		notices = append(notices, row("median_time_to_decision_for_trusted_flaggers", hours(h.Trusted.Median), "hours"))
	}
	appeals := [][]string{head}
	for _, subject := range []struct {
		kind AppealKind
		name string
	}{{Complaint, "complaints_of_sellers"}, {Objection, "complaints_of_notifiers"}, {CounterStatement, "counter_statements"}} {
		c := h.Appeals[subject.kind]
		for _, one := range []struct {
			name string
			n    int
		}{{"", c.Total}, {"_upheld", c.Upheld}, {"_reversed", c.Reversed}, {"_partially_reversed", c.Partly}, {"_omitted", c.Omitted}} {
			appeals = append(appeals, row(subject.name+one.name, one.n, "complaints"))
		}
		if len(c.took) > 0 {
			appeals = append(appeals, row(subject.name+"_median_time", hours(c.Median), "hours"))
		}
	}
	appeals = append(appeals, row("suspensions_for_illegal_content", h.Sides[SellerSide], "suspensions"), row("suspensions_for_unfounded_notices", h.Sides[NotifierSide], "suspensions"))
	own := func(ground string) [][]string {
		m := h.Own[ground]
		rows := [][]string{head, row("measures", m.Total, "measures"), row("detected_by_automated_means_alone", m.Detected, "measures"), row("decided_by_automated_means_alone", m.Automated, "measures")}
		for _, v := range []string{visibilityRemoved, visibilityDisabled, visibilityDemoted, visibilityLabelled, monetarySuspension} {
			rows = append(rows, row(v, m.Restricted[v], "measures"))
		}
		return rows
	}
	machine := [][]string{head}
	for _, r := range []struct {
		name string
		rate Rate
	}{{"found_by_automated_means", h.Machine.Found}, {"decided_by_automated_means_alone", h.Machine.Decided}, {"found_by_people", h.Machine.ByPeople}} {
		machine = append(machine, row(r.name, r.rate.Of, "measures"), row(r.name+"_taken_back", r.rate.Wrong, "measures"))
		if r.rate.Of > 0 {
			i := r.rate.Interval()
			machine = append(machine, row(r.name+"_error_rate", round(float64(r.rate.Wrong)/float64(r.rate.Of)), "share"), row(r.name+"_error_rate_low", round(i.Low), "share"), row(r.name+"_error_rate_high", round(i.High), "share"))
		}
	}
	return []Table{{"part_4_notices", notices}, {"part_5_own_initiative_illegal", own(groundIllegal)}, {"part_6_own_initiative_terms", own(groundIncompatible)}, {"part_7_appeals_and_recidivism", appeals},
		{"part_8_automated_means", machine}}
}

func round(x float64) float64 { return math.Round(x*10_000) / 10_000 }
