package enforce

import (
	"context"
	"math"
	"slices"
	"strconv"
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
	Own      map[string]MeasureCounts // measures of the marketplace's own initiative, by ground: DECISION_GROUND_…
	Machine  MachineCounts
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
	Visibility map[string]int // by restriction: DECISION_VISIBILITY_…
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
	switch {
	case upon && st.DecisionGround == groundIllegal:
		h.Notices.Law++
	case upon:
		h.Notices.Terms++
	default:
		own := h.Own[st.DecisionGround]
		if own.Visibility == nil {
			own.Visibility = map[string]int{}
		}
		own.Total++
		if st.AutomatedDetection == "Yes" {
			own.Detected++
		}
		if st.AutomatedDecision == automatedFully {
			own.Automated++
		}
		for _, v := range st.DecisionVisibility {
			own.Visibility[v]++
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
		h.Notices, err = countNotices(h.Notices, func() (n arrival, more bool, err error) {
			if !rows.Next() {
				return n, false, rows.Err()
			}
			return n, true, rows.Scan(&n.listing, &n.received, &n.decided)
		})
		return err
	})
	return h, err
}

// arrival is of a notice what part 4 counts; decided is 0 while it waits.
type arrival struct {
	listing           market.ListingID
	received, decided int64
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
	if h.Notices.Decided > 0 {
		notices = append(notices, row("median_time_to_decision", math.Round(h.Notices.Median.Hours()*100)/100, "hours"))
	}
	own := func(ground string) [][]string {
		m := h.Own[ground]
		rows := [][]string{head, row("measures", m.Total, "measures"), row("detected_by_automated_means_alone", m.Detected, "measures"), row("decided_by_automated_means_alone", m.Automated, "measures")}
		for _, v := range []string{visibilityRemoved, visibilityDisabled} {
			rows = append(rows, row(v, m.Visibility[v], "measures"))
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
	return []Table{{"part_4_notices", notices}, {"part_5_own_initiative_illegal", own(groundIllegal)}, {"part_6_own_initiative_terms", own(groundIncompatible)}, {"part_8_automated_means", machine}}
}

func round(x float64) float64 { return math.Round(x*10_000) / 10_000 }
