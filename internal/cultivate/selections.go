package cultivate

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// maxCandidates bounds a selection: its page and its transaction must stay workable.
const maxCandidates = 2_000

const (
	candidatesOf = `select ` + makerColumns + ` from maker where cohort = $1 and stage in ($2, $3) order by id limit $4`
	approvedOf   = `select ` + visitColumns + ` from visit v where v.maker = $1 and v.state = 'approved' order by v.made_at desc, v.id desc limit 1`

	selectionColumns = `id, cohort, state, document, commitment, seed, version, made_at, made_by, drawn_at, drawn_by, concluded_at, concluded_by`
	oneSelection     = `select ` + selectionColumns + ` from selection where id = $1`
	selectionsOf     = `select ` + selectionColumns + ` from selection where cohort = $1 order by made_at desc, id desc limit 50`
	writeSelection   = `insert into selection (` + selectionColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (id) do update set state = excluded.state,
		document = excluded.document, version = excluded.version, drawn_at = excluded.drawn_at, drawn_by = excluded.drawn_by, concluded_at = excluded.concluded_at,
		concluded_by = excluded.concluded_by`

	placesOf   = `select maker, selection, outcome, why, again, by_name, at, entry from place_offer where maker = $1 order by at desc, id desc limit 20`
	writePlace = `insert into place_offer (id, maker, selection, outcome, why, again, by_name, at, entry) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
)

func scanSelection(r db.Row) (s Selection, err error) {
	var document string
	var made, drawn, concluded int64
	if err = r.Scan(&s.ID, &s.Cohort, &s.State, &document, &s.Commitment, &s.Seed, &s.Version, &made, &s.MadeBy, &drawn, &s.DrawnBy, &concluded, &s.ConcludedBy); err != nil {
		return s, err
	}
	s.MadeAt, s.DrawnAt, s.ConcludedAt = db.Time(made), db.Time(drawn), db.Time(concluded)
	return s, json.Unmarshal([]byte(document), &s.Ballot)
}

func keepSelection(tx *db.Tx, s Selection, seed string) error {
	document, err := json.Marshal(s.Ballot, json.Deterministic(true))
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeSelection, string(s.ID), string(s.Cohort), string(s.State), string(document), s.Commitment, seed, s.Version, db.Micros(s.MadeAt), s.MadeBy, db.Micros(s.DrawnAt), s.DrawnBy,
		db.Micros(s.ConcludedAt), s.ConcludedBy)
	return err
}

func scanPlace(r db.Row) (p Place, err error) {
	var at int64
	err = r.Scan(&p.Maker, &p.Selection, &p.Outcome, &p.Why, &p.Again, &p.ByName, &at, &p.Entry)
	p.At = db.Time(at)
	return p, err
}

// hush takes the seed from a selection that is not drawn yet: nobody is told.
func hush(s Selection) Selection {
	if s.DrawnAt.IsZero() {
		s.Seed = ""
	}
	return s
}

// findSelection is a selection with its seed.
func findSelection(tx *db.Tx, id SelectionID) (s Selection, err error) {
	missing := fault.NotFound.Say("There is no such selection.")
	if id == "" || db.Text(string(id)) != nil {
		return s, missing
	}
	s, err = db.One(tx, scanSelection, oneSelection, string(id))
	if fault.Of(err) == fault.NotFound {
		return s, missing
	}
	return s, err
}

// candidate is what is known of a maker, aspect by aspect.
func (s *Service) candidate(tx *db.Tx, m Maker) (Candidate, error) {
	c := Candidate{Maker: m.ID, Name: m.Name, Values: map[string]float64{}}
	sight, err := s.sight(tx, m)
	if err != nil {
		return c, err
	}
	half := func(name string, n *int64, at float64) {
		if n != nil {
			c.Values[name] = float64(*n) / (float64(*n) + at)
		}
	}
	f := sight.Facts
	half(byCapacity, f.Capacity, halfCapacity)
	half(byJobs, f.Jobs, halfJobs)
	half(byDesigns, f.Designs, halfDesigns)
	if f.ExportShare != nil && f.ExportTrend != nil {
		c.Values[byExport] = min(1, 2**f.ExportShare/100*max(0, -*f.ExportTrend)/100)
	}
	if at := slices.Index([]string{QualityNone, QualityOwn, QualityOutside, QualityCertified}, f.Quality); at >= 0 {
		c.Values[byQuality] = float64(at) / 3
	}
	// A past that nobody has looked at is unknown, not clean.
	if sight.Screening.Outcome != "" {
		c.Values[byPast] = halfPoints / (halfPoints + sight.Burden.Points)
	}
	v, err := db.One(tx, scanVisit, approvedOf, string(m.ID))
	if fault.Of(err) == fault.NotFound {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	stands, err := replies(tx, "visit:"+string(v.ID))
	as, differs, unseen := findingsOf(stands)
	if order, err := strconv.Atoi(stands["order"].Value); err == nil && order >= 1 && order <= 5 && as+differs+unseen > 0 {
		c.Values[byVisit] = (float64(as)/float64(as+differs+unseen) + float64(order-1)/4) / 2
	}
	return c, err
}

// Ranking is how the applicants of a cohort stand by some weights.
type Ranking struct {
	Cohort Cohort
	Free   int // places
	Ballot
	Trials int
}

// Ranking ranks the applicants of a cohort who were visited or wait, for so many places (0: those that are free). It keeps nothing. It returns fault.Invalid for weights
// or a band that are none.
func (s *Service) Ranking(ctx context.Context, by access.User, id CohortID, w SelectionWeights, places int, band float64) (r Ranking, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return r, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = s.ranking(tx, id, w, places, band)
		return err
	})
	return r, err
}

func (s *Service) ranking(tx *db.Tx, id CohortID, w SelectionWeights, places int, band float64) (r Ranking, err error) {
	if err := w.check(); err != nil {
		return r, err
	}
	if math.IsNaN(band) || band < 0 || band > 1 {
		return r, fault.Invalid.Say("The band lies between 0 and 1.").At("band")
	}
	if r.Cohort, err = findCohort(tx, id); err != nil {
		return r, err
	}
	taken, err := members(tx, id)
	if err != nil {
		return r, err
	}
	r.Free = max(0, r.Cohort.Places-taken)
	if places == 0 {
		places = r.Free
	}
	if places < 0 || places > r.Free {
		return r, fault.Invalid.Say("%d places are free.", r.Free).At("places")
	}
	makers, err := db.All(tx, scanMaker, candidatesOf, string(id), string(Visited), string(Waitlisted), maxCandidates+1)
	if err != nil {
		return r, err
	}
	if len(makers) > maxCandidates {
		return r, fault.TooLarge.Say("A selection is made among at most %d firms.", maxCandidates)
	}
	var candidates []Candidate
	for _, m := range makers {
		c, err := s.candidate(tx, m)
		if err != nil {
			return r, err
		}
		candidates = append(candidates, c)
	}
	r.Ballot = Ballot{Weights: w, Places: places, Band: band, Firms: Rank(candidates, w, places, band)}
	r.Trials = Trials(w)
	return r, nil
}

// selectionEntry is what the ledger keeps of a selection.
type selectionEntry struct {
	Selection  SelectionID `json:"selection"`
	Cohort     CohortID    `json:"cohort"`
	SHA256     string      `json:"sha256"` // of the ballot: weights, places, band, firms with their scores
	Firms      int         `json:"firms"`
	Places     int         `json:"places"`
	Band       float64     `json:"band"`
	Commitment string      `json:"commitment,omitempty"` // SHA-256 of the seed, before the draw
	Seed       string      `json:"seed,omitempty"`       // after it
	Won        []MakerID   `json:"won,omitempty"`
	Why        string      `json:"why,omitempty"`
	ByName     string      `json:"by_name"`
}

func recordSelection(tx *db.Tx, by access.User, kind string, s Selection, won []MakerID, why string) (string, error) {
	text, err := json.Marshal(s.Ballot, json.Deterministic(true))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return ledger.Record(tx, kind, "cohort:"+string(s.Cohort), by.Actor(),
		selectionEntry{s.ID, s.Cohort, hex.EncodeToString(sum[:]), len(s.Firms), s.Places, s.Band, s.Commitment, hush(s).Seed, won, why, by.Name})
}

// FreezeSelection keeps a ranking as it is now. With a band it makes a seed, tells nobody, and records its hash in the ledger: what is drawn later is settled from here.
// It returns fault.Conflict while another selection of the cohort is under way.
func (s *Service) FreezeSelection(ctx context.Context, by access.User, id CohortID, w SelectionWeights, places int, band float64) (sel Selection, err error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return sel, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: crypto/rand
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		all, err := db.All(tx, scanSelection, selectionsOf, string(id))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(o Selection) bool { return o.State == SelectionFrozen || o.State == SelectionDrawn }) {
			return fault.Conflict.Say("A selection of this cohort is under way already.")
		}
		r, err := s.ranking(tx, id, w, places, band)
		if err != nil {
			return err
		}
		if len(r.Firms) == 0 {
			return fault.Conflict.Say("Nobody is there to select among.")
		}
		sel = Selection{ID: SelectionID(db.NewID()), Cohort: id, State: SelectionFrozen, Ballot: r.Ballot, Version: 1, MadeAt: tx.Now(), MadeBy: by.Name}
		seed := ""
		if firms, _ := sel.Lots(); firms > 0 {
			seed, sel.Commitment = hex.EncodeToString(secret), Commit(secret)
		}
		if _, err := recordSelection(tx, by, "selection.frozen", sel, nil, ""); err != nil {
			return err
		}
		return keepSelection(tx, sel, seed)
	})
	if err != nil {
		return Selection{}, fmt.Errorf("freeze selection of cohort %s: %w", id, err)
	}
	return sel, nil
}

// selecting is a change of a selection by a person who read version.
func (s *Service) selecting(ctx context.Context, by access.User, id SelectionID, version int64, do func(tx *db.Tx, sel *Selection) error) (sel Selection, err error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return sel, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if sel, err = findSelection(tx, id); err != nil {
			return err
		}
		if sel.Version != version {
			return fault.Conflict.Say("This selection was changed meanwhile. Look at it again.")
		}
		if err := do(tx, &sel); err != nil {
			return err
		}
		sel.Version++
		return keepSelection(tx, sel, sel.Seed)
	})
	if err != nil {
		return Selection{}, fmt.Errorf("selection %s: %w", id, err)
	}
	return hush(sel), nil
}

// DrawSelection shows the seed and draws the lots of the band.
func (s *Service) DrawSelection(ctx context.Context, by access.User, id SelectionID, version int64) (Selection, error) {
	return s.selecting(ctx, by, id, version, func(tx *db.Tx, sel *Selection) error {
		if sel.State != SelectionFrozen || sel.Commitment == "" {
			return fault.Conflict.Say("Nothing is drawn in this selection.")
		}
		seed, err := hex.DecodeString(sel.Seed)
		if err != nil {
			return err
		}
		makers, places := sel.lots()
		won := Draw(makers, places, seed)
		for i := range sel.Firms {
			sel.Firms[i].Drawn = slices.Contains(won, sel.Firms[i].Maker)
		}
		sel.State, sel.DrawnAt, sel.DrawnBy = SelectionDrawn, tx.Now(), by.Name
		_, err = recordSelection(tx, by, "selection.drawn", *sel, won, "")
		return err
	})
}

// DropSelection ends a selection before anything was drawn, with a reason. Once lots are drawn they stand.
func (s *Service) DropSelection(ctx context.Context, by access.User, id SelectionID, version int64, why string) (Selection, error) {
	if err := needText("why", why, MaxWhy); err != nil {
		return Selection{}, err
	}
	return s.selecting(ctx, by, id, version, func(tx *db.Tx, sel *Selection) error {
		if sel.State != SelectionFrozen {
			return fault.Conflict.Say("What was drawn stands.")
		}
		sel.State = SelectionDropped
		_, err := recordSelection(tx, by, "selection.dropped", *sel, nil, strings.TrimSpace(why))
		return err
	})
}

// Conclusion is what those without a place are told.
type Conclusion struct {
	Below float64 // firms with a lower score are refused; the others without a place wait
	Why   string  // told to those who are refused
	Again string  // the day from which they may ask again
	Wait  string  // told to those who wait
}

// ConcludeSelection gives what a selection came to: an offer to each chosen firm, the waiting list or a refusal with reasons and a day to ask again to the others.
// All of it happens or none. Firms that went elsewhere since the freeze are passed over. It returns fault.Conflict while lots are still to be drawn.
func (s *Service) ConcludeSelection(ctx context.Context, by access.User, id SelectionID, version int64, c Conclusion) (Selection, error) {
	if err := by.May(access.MakerMove, ""); err != nil {
		return Selection{}, err
	}
	if math.IsNaN(c.Below) || c.Below < 0 || c.Below > 1 {
		return Selection{}, fault.Invalid.Say("The bound lies between 0 and 1.").At("below")
	}
	if err := needText("wait", c.Wait, MaxWhy); err != nil {
		return Selection{}, err
	}
	if c.Below > 0 {
		if err := needText("why", c.Why, MaxWhy); err != nil {
			return Selection{}, err
		}
		if _, ok := readDay(c.Again); !ok {
			return Selection{}, fault.Invalid.Say("Give a day.").At("again")
		}
	}
	return s.selecting(ctx, by, id, version, func(tx *db.Tx, sel *Selection) error {
		if sel.State == SelectionFrozen && sel.Commitment != "" {
			return fault.Conflict.Say("The lots are still to be drawn.")
		}
		if sel.State != SelectionFrozen && sel.State != SelectionDrawn {
			return fault.Conflict.Say("This selection is over.")
		}
		for _, f := range sel.Firms {
			if err := s.conclude(tx, by, *sel, f, c); err != nil {
				return err
			}
		}
		sel.State, sel.ConcludedAt, sel.ConcludedBy = SelectionConcluded, tx.Now(), by.Name
		_, err := recordSelection(tx, by, "selection.concluded", *sel, nil, "")
		return err
	})
}

func (s *Service) conclude(tx *db.Tx, by access.User, sel Selection, f Placed, c Conclusion) error {
	m, err := findMaker(tx, by, f.Maker)
	if err != nil {
		return err
	}
	if m.Stage != Visited && m.Stage != Waitlisted {
		return nil
	}
	place := Place{Maker: m.ID, Selection: sel.ID}
	to := Waitlisted
	switch {
	case f.chosen():
		place.Outcome, to = PlaceOffered, m.Stage
	case f.Score < c.Below:
		place.Outcome, place.Why, place.Again, to = PlaceRefused, strings.TrimSpace(c.Why), c.Again, Refused
	default:
		place.Outcome, place.Why = PlaceWaitlisted, strings.TrimSpace(c.Wait)
	}
	if err := givePlace(tx, by, m, place); err != nil {
		return err
	}
	if to != m.Stage {
		if _, err := s.move(tx, by, m.ID, Transition{To: to, Why: place.Why, Version: m.Version}); err != nil {
			return err
		}
	}
	return tx.Emit(Selected{sel.ID, sel.Cohort, m.ID, place.Outcome, f.Score, f.Zone == ZoneBand, tx.Now()})
}

// placeEntry is what the ledger keeps of an offer, a wait or a refusal.
type placeEntry struct {
	Maker     MakerID      `json:"maker"`
	Selection SelectionID  `json:"selection,omitempty"`
	Outcome   PlaceOutcome `json:"outcome"`
	Why       string       `json:"why,omitempty"`
	Again     string       `json:"again,omitempty"`
	ByName    string       `json:"by_name"`
}

func givePlace(tx *db.Tx, by access.User, m Maker, p Place) error {
	entry, err := ledger.Record(tx, "place."+string(p.Outcome), m.Subject(), by.Actor(), placeEntry{m.ID, p.Selection, p.Outcome, p.Why, p.Again, by.Name})
	if err != nil {
		return err
	}
	_, err = tx.Exec(writePlace, db.NewID(), string(m.ID), string(p.Selection), string(p.Outcome), p.Why, p.Again, by.Name, db.Micros(tx.Now()), entry)
	return err
}

// OfferPlace offers a place to one firm that was visited or waits, with a reason: a place that came free, say.
func (s *Service) OfferPlace(ctx context.Context, by access.User, id MakerID, why string) error {
	if err := needText("why", why, MaxWhy); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if m.Stage != Visited && m.Stage != Waitlisted {
			return fault.Conflict.Say("A place is offered to firms that were visited or wait.")
		}
		return givePlace(tx, by, m, Place{Outcome: PlaceOffered, Why: strings.TrimSpace(why)})
	})
	if err != nil {
		return fmt.Errorf("offer place to maker %s: %w", id, err)
	}
	return nil
}

// Selection is one selection; its seed is not told before it is drawn.
func (s *Service) Selection(ctx context.Context, by access.User, id SelectionID) (sel Selection, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return sel, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		sel, err = findSelection(tx, id)
		return err
	})
	return hush(sel), err
}

// Selections is every selection of a cohort, newest first.
func (s *Service) Selections(ctx context.Context, by access.User, id CohortID) (all []Selection, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, scanSelection, selectionsOf, string(id))
		return err
	})
	for i := range all {
		all[i] = hush(all[i])
	}
	return all, err
}

// PlacesOf is what a maker was given, newest first.
func (s *Service) PlacesOf(ctx context.Context, by access.User, id MakerID) (all []Place, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, scanPlace, placesOf, string(id))
		return err
	})
	return all, err
}

func selectedAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	all, err := db.All(tx, scanPlace, placesOf, string(m.ID))
	if err != nil || len(all) == 0 {
		return Answer{Detail: Words{"The selection has not been made.", "尚未遴选。"}}, err
	}
	words := map[PlaceOutcome]Words{PlaceOffered: {"Offered", "已录取"}, PlaceWaitlisted: {"On the waiting list", "候补"}, PlaceRefused: {"Refused", "未录取"}}
	return Answer{Met: all[0].Outcome == PlaceOffered, Detail: words[all[0].Outcome]}, nil
}

func freeAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	c, err := findCohort(tx, m.Cohort)
	if err != nil {
		return Answer{}, err
	}
	taken, err := members(tx, m.Cohort)
	return Answer{Met: taken < c.Places, Detail: Words{fmt.Sprintf("%d of %d places are taken", taken, c.Places), fmt.Sprintf("%d 个名额已用 %d 个", c.Places, taken)}}, err
}
