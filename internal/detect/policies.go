package detect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// Switch is a change of what is live.
type Switch struct {
	Number  int64        `json:"number"`
	Policy  PolicyNumber `json:"policy"`
	At      time.Time    `json:"at"`
	By      Person       `json:"by"`
	AskedBy Person       `json:"asked_by,omitzero"` // who proposed it; nobody when it was a going back
	Why     string       `json:"why,omitempty"`
	Entry   string       `json:"entry"` // in the ledger
}

// Back reports whether it was a going back to an earlier policy.
func (s Switch) Back() bool { return s.AskedBy.ID == "" }

var noPolicy = fault.NotFound.Say("There is no such policy.")

// Overview is what runs and what is prepared.
type Overview struct {
	Live     Policy
	Since    *Switch  // by which it is live; nil when the shipped one always was
	Before   *Policy  // what GoBack goes back to; nil when nothing was live before
	Beside   *Policy  // on trial or proposed; nil when none is
	Trial    *Trial   // of Beside
	Drafts   []Policy // newest first
	Switches []Switch // newest first, at most twenty
}

// Policies tells what is live, what is on trial, and what is prepared.
func (s *Service) Policies(ctx context.Context, by access.User) (o Overview, err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return o, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		o = Overview{}
		if o.Switches, err = db.All(tx, scanSwitch, switches, 20); err != nil {
			return err
		}
		if o.Live, err = livePolicy(tx); err != nil {
			return err
		}
		if len(o.Switches) > 0 {
			o.Since = &o.Switches[0]
			before := PolicyNumber(0)
			if len(o.Switches) > 1 {
				before = o.Switches[1].Policy
			}
			p, err := onePolicy(tx, before)
			if err != nil {
				return err
			}
			o.Before = &p
		}
		if o.Drafts, err = db.All(tx, scanPolicy, policiesIn, string(Draft), 100); err != nil {
			return err
		}
		o.Beside, o.Trial, err = besidePolicy(tx)
		return err
	})
	if err != nil {
		return Overview{}, fmt.Errorf("read the policies: %w", err)
	}
	return o, nil
}

// PolicyList is every policy, newest first, the shipped one last; 50 a page unless limit says otherwise.
func (s *Service) PolicyList(ctx context.Context, by access.User, after string, limit int) (page db.Page[Policy], err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return page, err
	}
	before := int64(1) << 62
	if after != "" {
		if err := db.ParseCursor(after, "policies", &before); err != nil {
			return page, err
		}
	}
	limit = db.Limit(limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanPolicy, policiesBefore, before, limit+1)
		if err != nil {
			return err
		}
		if len(rows) <= limit && before > 0 {
			live, err := livePolicy(tx)
			if err != nil {
				return err
			}
			shipped := ShippedPolicy
			if live.Number == 0 {
				shipped.State = Live
			}
			rows = append(rows, shipped)
		}
		page = db.Cut(rows, limit, func(last Policy) string { return db.Cursor("policies", int64(last.Number)) })
		return nil
	})
	return page, err
}

// Policy is one policy. It returns fault.NotFound.
func (s *Service) Policy(ctx context.Context, by access.User, number PolicyNumber) (p Policy, err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return p, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		p, err = onePolicy(tx, number)
		return err
	})
	return p, err
}

// onePolicy is a policy as it stands; the shipped one is Live while nothing else is.
func onePolicy(tx *db.Tx, number PolicyNumber) (Policy, error) {
	if number == 0 {
		shipped := ShippedPolicy
		live, err := liveNumber(tx)
		if live == 0 {
			shipped.State = Live
		}
		return shipped, err
	}
	p, err := db.One(tx, scanPolicy, policyOf, int64(number))
	if fault.Of(err) == fault.NotFound {
		return p, noPolicy
	}
	return p, err
}

func liveNumber(tx *db.Tx) (PolicyNumber, error) {
	newest, err := db.One(tx, scanSwitch, switches, 1)
	if fault.Of(err) == fault.NotFound {
		return 0, nil
	}
	return newest.Policy, err
}

func livePolicy(tx *db.Tx) (Policy, error) {
	number, err := liveNumber(tx)
	if err != nil {
		return Policy{}, err
	}
	return onePolicy(tx, number)
}

// besidePolicy is the policy that runs beside the live one, with its trial; nil when none does.
func besidePolicy(tx *db.Tx) (*Policy, *Trial, error) {
	beside, err := db.All(tx, scanPolicy, policiesBeside, string(OnTrial), string(Proposed))
	if err != nil || len(beside) == 0 {
		return nil, nil, err
	}
	t, err := lastTrial(tx, beside[0].Number)
	return &beside[0], t, err
}

// DraftPolicy begins a draft with the terms of another policy, the live one as a rule.
func (s *Service) DraftPolicy(ctx context.Context, by access.User, from PolicyNumber, title string) (p Policy, err error) {
	if err := by.May(access.PolicyEdit, ""); err != nil {
		return p, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		source, err := onePolicy(tx, from)
		if err != nil {
			return err
		}
		terms := source.Terms
		if title != "" {
			terms.Title = title
		}
		p, err = draft(tx, by, terms)
		return err
	})
	if err != nil {
		return Policy{}, fmt.Errorf("draft a policy from %d: %w", from, err)
	}
	return p, nil
}

// ImportPolicy makes a draft of terms written elsewhere. It returns fault.Invalid for each thing wrong with them, and keeps nothing then.
func (s *Service) ImportPolicy(ctx context.Context, by access.User, terms Terms) (p Policy, err error) {
	if err := by.May(access.PolicyEdit, ""); err != nil {
		return p, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err = draft(tx, by, terms)
		return err
	})
	if err != nil {
		return Policy{}, fmt.Errorf("import a policy: %w", err)
	}
	return p, nil
}

// maxTerms bounds the file of a policy in bytes.
const maxTerms = 1 << 20

// ReadTerms reads the file of a policy, JSON. It returns fault.Invalid for what is none; what it says is for Check.
func ReadTerms(r io.Reader) (t Terms, err error) {
	content, err := io.ReadAll(io.LimitReader(r, maxTerms+1))
	if err != nil {
		return t, err
	}
	if len(content) > maxTerms {
		return t, fault.TooLarge.Say("A policy has at most %d KiB.", maxTerms>>10)
	}
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		return Terms{}, fault.Invalid.Say("This is not the file of a policy.").Because(err)
	}
	if decoder.More() {
		return Terms{}, fault.Invalid.Say("There is more behind the policy in this file.")
	}
	return t, nil
}

func draft(tx *db.Tx, by access.User, terms Terms) (Policy, error) {
	terms = terms.Clean()
	if err := checkTerms(tx, terms); err != nil {
		return Policy{}, err
	}
	// One at a time takes the next number.
	if _, err := tx.Exec(holdPolicies); err != nil {
		return Policy{}, err
	}
	last, err := db.One(tx, db.Value[int64], lastPolicy)
	if err != nil {
		return Policy{}, err
	}
	p := Policy{
		Number: PolicyNumber(last + 1), Terms: terms, State: Draft, Version: 1,
		MadeAt: tx.Now(), MadeBy: personOf(by), EditedAt: tx.Now(), EditedBy: personOf(by),
	}
	return p, keepPolicy(tx, p)
}

// checkTerms is Check, and that the model is there.
func checkTerms(tx *db.Tx, t Terms) error {
	err := t.Check()
	if t.Model == "" || t.Model == ShippedModel().Version {
		return err
	}
	if db.Text(t.Model) != nil {
		return errors.Join(err, fault.Invalid.Say("There is no such model.").At("model"))
	}
	if _, missing := db.One(tx, db.Value[string], modelDocument, t.Model); fault.Of(missing) == fault.NotFound {
		return errors.Join(err, fault.Invalid.Say("There is no such model.").At("model"))
	} else if missing != nil {
		return missing
	}
	return err
}

// SavePolicy changes a draft; version is the one that was read. It returns fault.Invalid for each thing wrong, and fault.Conflict when somebody
// else changed it meanwhile or it is no draft any more.
func (s *Service) SavePolicy(ctx context.Context, by access.User, number PolicyNumber, version int64, terms Terms) (p Policy, err error) {
	if err := by.May(access.PolicyEdit, ""); err != nil {
		return p, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, err = openPolicy(tx, number, version); err != nil {
			return err
		}
		if p.State != Draft {
			return fault.Conflict.Say("Only a draft can be changed. Make a draft of this policy, or take it off trial.")
		}
		terms := terms.Clean()
		if err := checkTerms(tx, terms); err != nil {
			return err
		}
		p.Terms, p.EditedAt, p.EditedBy = terms, tx.Now(), personOf(by)
		p.Version++
		return keepPolicy(tx, p)
	})
	if err != nil {
		return Policy{}, fmt.Errorf("save policy %d: %w", number, err)
	}
	return p, nil
}

// openPolicy is a stored policy of which the person has seen the version that stands; a version of 0 takes any.
func openPolicy(tx *db.Tx, number PolicyNumber, version int64) (Policy, error) {
	if number == 0 {
		return Policy{}, fault.Conflict.Say("The shipped policy stays as it is. Make a draft of it.")
	}
	p, err := onePolicy(tx, number)
	if err != nil {
		return p, err
	}
	if version != 0 && p.Version != version {
		return p, fault.Conflict.Say("%s has changed this policy meanwhile, at %s. Look at the change and try again.", p.EditedBy.Name, p.EditedAt.Format("2006-01-02 15:04 MST"))
	}
	return p, nil
}

// change moves a policy on, in the ledger too, and has every process read anew what runs.
func (s *Service) change(ctx context.Context, by access.User, number PolicyNumber, version int64, kind string, act func(tx *db.Tx, p *Policy) (why string, err error)) (p Policy, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, err = openPolicy(tx, number, version); err != nil {
			return err
		}
		was := p.State
		why, err := act(tx, &p)
		if err != nil {
			return err
		}
		p.Version++
		if err := keepPolicy(tx, p); err != nil {
			return err
		}
		if _, err := ledger.Record(tx, kind, p.subject(), by.Actor(), policyEntry{p.Number, was, p.State, why, p.Terms}); err != nil {
			return err
		}
		return runOtherwise(tx, p.Number)
	})
	if err != nil {
		return Policy{}, fmt.Errorf("%s %d: %w", kind, number, err)
	}
	return p, nil
}

// runOtherwise tells every process that what runs is another.
func runOtherwise(tx *db.Tx, number PolicyNumber) error {
	revision, err := db.One(tx, db.Value[int64], nextPolicyRevision)
	if err != nil {
		return err
	}
	return tx.Emit(PolicyChanged{number, revision})
}

func (p Policy) subject() string { return fmt.Sprintf("policy:%d", p.Number) }

// policyEntry is what the ledger keeps of a policy's way.
type policyEntry struct {
	Policy PolicyNumber `json:"policy"`
	Was    PolicyState  `json:"was"`
	State  PolicyState  `json:"state"`
	Why    string       `json:"why,omitempty"`
	Terms  Terms        `json:"terms"`
}

// ProposePolicy asks to have a policy switched to whose trial is over. why is for whoever agrees.
func (s *Service) ProposePolicy(ctx context.Context, by access.User, number PolicyNumber, version int64, why string) (Policy, error) {
	if err := by.May(access.PolicyEdit, ""); err != nil {
		return Policy{}, err
	}
	if err := checkWhy(why); err != nil {
		return Policy{}, err
	}
	return s.change(ctx, by, number, version, "policy.proposed", func(tx *db.Tx, p *Policy) (string, error) {
		t, err := lastTrial(tx, number)
		switch {
		case err != nil:
			return "", err
		case t == nil || p.State == Draft:
			return "", fault.Conflict.Say("A policy is tried before it is proposed.")
		case t.EndedAt.IsZero():
			return "", fault.Conflict.Say("The trial over past listings is not finished yet.")
		}
		p.ProposedBy, p.ProposedAt, p.ProposedWhy = Person{by.Answerable(), by.Name}, tx.Now(), why
		return why, p.move(Proposed)
	})
}

func checkWhy(why string) error {
	if strings.TrimSpace(why) == "" {
		return fault.Invalid.Say("Say why.").At("why")
	}
	return joined(bounded("why", why, maxNote))
}

// SwitchPolicy makes a proposed policy live. It takes a second person: fault.Forbidden is for the one who proposed it, by themselves or by a key of theirs. The policy that was live is
// retired, and every listing is looked at again.
func (s *Service) SwitchPolicy(ctx context.Context, by access.User, number PolicyNumber, version int64) (Policy, error) {
	if err := by.May(access.PolicySwitch, ""); err != nil {
		return Policy{}, err
	}
	return s.change(ctx, by, number, version, "policy.switched", func(tx *db.Tx, p *Policy) (string, error) {
		if p.State != Proposed {
			return "", fault.Conflict.Say("Only a proposed policy is switched to.")
		}
		if p.ProposedBy.ID == by.Answerable() {
			return "", fault.Forbidden.Say("You proposed this policy: another person switches to it.")
		}
		asked, why := p.ProposedBy, p.ProposedWhy
		return why, switchTo(tx, p, by, asked, why)
	})
}

// switchTo retires what is live and makes p live.
func switchTo(tx *db.Tx, p *Policy, by access.User, asked Person, why string) error {
	// One switch at a time.
	if _, err := tx.Exec(holdPolicies); err != nil {
		return err
	}
	live, err := livePolicy(tx)
	if err != nil {
		return err
	}
	if live.Number == p.Number {
		return fault.Conflict.Say("This policy is live already.")
	}
	if live.Number != 0 {
		if err := live.move(Retired); err != nil {
			return err
		}
		live.Version++
		if err := keepPolicy(tx, live); err != nil {
			return err
		}
	}
	if p.Number != 0 {
		if err := p.move(Live); err != nil {
			return err
		}
	}
	entry, err := ledger.Record(tx, "policy.live", p.subject(), by.Actor(), struct {
		Was   PolicyNumber `json:"was"`
		Is    PolicyNumber `json:"is"`
		Asked Person       `json:"asked,omitzero"`
		Why   string       `json:"why"`
	}{live.Number, p.Number, asked, why})
	if err != nil {
		return err
	}
	last, err := db.One(tx, db.Value[int64], lastSwitch)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeSwitch, last+1, int64(p.Number), db.Micros(tx.Now()), string(by.ID), by.Name, string(asked.ID), asked.Name, why, entry)
	return err
}

// GoBack makes the policy live again that was live before, at once and by one person: what does harm is undone first and discussed later. from is
// the live policy as the person saw it; fault.Conflict when it is another by now.
func (s *Service) GoBack(ctx context.Context, by access.User, from PolicyNumber, why string) (to Policy, err error) {
	if err := by.May(access.PolicySwitch, ""); err != nil {
		return to, err
	}
	if err := checkWhy(why); err != nil {
		return to, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		history, err := db.All(tx, scanSwitch, switches, 2)
		switch {
		case err != nil:
			return err
		case len(history) == 0:
			return fault.Conflict.Say("Nothing else was live before.")
		case history[0].Policy != from:
			return fault.Conflict.Say("Another policy has gone live meanwhile. Load the page again.")
		}
		before := PolicyNumber(0)
		if len(history) > 1 {
			before = history[1].Policy
		}
		if to, err = onePolicy(tx, before); err != nil {
			return err
		}
		if err := switchTo(tx, &to, by, Person{}, why); err != nil {
			return err
		}
		if to.Number != 0 {
			to.Version++
			if err := keepPolicy(tx, to); err != nil {
				return err
			}
		}
		to.State = Live
		return runOtherwise(tx, to.Number)
	})
	if err != nil {
		return Policy{}, fmt.Errorf("go back from policy %d: %w", from, err)
	}
	return to, nil
}

// WithdrawPolicy gives up a policy that is not live and never was.
func (s *Service) WithdrawPolicy(ctx context.Context, by access.User, number PolicyNumber, version int64) (Policy, error) {
	if err := by.May(access.PolicyEdit, ""); err != nil {
		return Policy{}, err
	}
	return s.change(ctx, by, number, version, "policy.withdrawn", func(tx *db.Tx, p *Policy) (string, error) {
		if err := p.move(Withdrawn); err != nil {
			return "", err
		}
		return "", endTrial(tx, p.Number)
	})
}

// ReworkPolicy takes a policy off trial, to be changed: it is a draft again.
func (s *Service) ReworkPolicy(ctx context.Context, by access.User, number PolicyNumber, version int64) (Policy, error) {
	if err := by.May(access.PolicyEdit, ""); err != nil {
		return Policy{}, err
	}
	return s.change(ctx, by, number, version, "policy.reworked", func(tx *db.Tx, p *Policy) (string, error) {
		if err := p.move(Draft); err != nil {
			return "", err
		}
		p.ProposedBy, p.ProposedAt, p.ProposedWhy = Person{}, time.Time{}, ""
		return "", endTrial(tx, p.Number)
	})
}

// AddModel keeps a model file that `ownmark train` wrote, so that policies can name it. The same one twice is one. It returns fault.Invalid for what
// is no model.
func (s *Service) AddModel(ctx context.Context, by access.User, r io.Reader) (m *Model, err error) {
	if err := by.May(access.PolicyEdit, ""); err != nil {
		return nil, err
	}
	if m, err = ReadModel(r); err != nil {
		return nil, fault.Invalid.Say("This is not the file of a model.").At("model").Because(err)
	}
	// The version says what is in it, whatever the file says of itself.
	m.Name()
	if f, ok := fault.As(db.Text(m.Version + m.TrainedOn)); ok {
		return nil, f.At("model")
	}
	document, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, known := db.One(tx, db.Value[string], modelDocument, m.Version)
		if fault.Of(known) != fault.NotFound {
			return known
		}
		entry, err := ledger.Record(tx, "model.added", "model:"+m.Version, by.Actor(), struct {
			Version   string            `json:"version"`
			TrainedOn string            `json:"trained_on"`
			Data      map[string]string `json:"data"`
		}{m.Version, m.TrainedOn, m.Data})
		if err != nil {
			return err
		}
		_, err = tx.Exec(writeModel, m.Version, string(document), db.Micros(tx.Now()), string(by.ID), by.Name, entry)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add model %s: %w", m.Version, err)
	}
	return m, nil
}

// ModelInfo is a model that policies can name.
type ModelInfo struct {
	Version   string
	TrainedOn string
	Made      string
	Thresholds
	Report  *Report // its cross-validation with everything; nil when the file has none
	Bins    []Bin   // the cases it was trained on by the score of a model that had not seen them; empty when the file has none
	At      time.Time
	By      string // empty for the shipped one
	Shipped bool
}

// Models are the models that policies can name, the shipped one first, then the newest.
func (s *Service) Models(ctx context.Context, by access.User) (all []ModelInfo, err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return nil, err
	}
	info := ShippedModel().info()
	info.Shipped = true
	all = []ModelInfo{info}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		stored, err := db.All(tx, func(r db.Row) (ModelInfo, error) {
			var document, name string
			var at int64
			if err := r.Scan(&document, &at, &name); err != nil {
				return ModelInfo{}, err
			}
			m, err := parseModel([]byte(document))
			if err != nil {
				return ModelInfo{}, err
			}
			info := m.info()
			info.At, info.By = db.Time(at), name
			return info, nil
		}, modelDocuments, 100)
		all = append(all[:1], stored...)
		return err
	})
	return all, err
}

func (m *Model) info() ModelInfo {
	info := ModelInfo{Version: m.Version, TrainedOn: m.TrainedOn, Made: m.Made, Thresholds: Thresholds{m.Review, m.Fake}}
	info.Bins = m.Curve
	for i := range m.Reports {
		if len(m.Reports[i].Without) == 0 {
			info.Report = &m.Reports[i]
			break
		}
	}
	return info
}

// modelOf is the model a policy names.
func modelOf(tx *db.Tx, version string) (*Model, error) {
	if version == "" || version == ShippedModel().Version {
		return ShippedModel(), nil
	}
	document, err := db.One(tx, db.Value[string], modelDocument, version)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", version, err)
	}
	return parseModel([]byte(document))
}

// Tried is what terms would do with a listing, beside what stands.
type Tried struct {
	Listing  market.Listing
	Stands   *Opinion // nil when it was never scanned
	Would    Judgement
	Problems []string // rules that could not be told of it: "name: why"
	Expect   Action   // of an example; empty for others
}

// Wrong reports whether an example does not come out as it must.
func (t Tried) Wrong() bool { return t.Expect != "" && t.Would.Action != t.Expect }

// mostTried is how many listings TryPolicy looks at.
const mostTried = 200

// TryPolicy says what terms would do, with the listings named, or, when none is, with the examples of the terms and with those that now come
// nearest to each verdict. Nothing is kept. It returns fault.Invalid for each thing wrong with the terms.
func (s *Service) TryPolicy(ctx context.Context, by access.User, terms Terms, ids []market.ListingID) (all []Tried, err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return nil, err
	}
	if len(ids) > mostTried {
		return nil, fault.TooLarge.Say("Try at most %d listings at once.", mostTried)
	}
	for _, id := range ids {
		if db.Text(string(id)) != nil {
			return nil, fault.Invalid.Say("There is no listing %q.", strings.ToValidUTF8(string(id), "?")).At("listings")
		}
	}
	terms = terms.Clean()
	live, err := s.runningOf(ctx, edition{})
	if err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if err := checkTerms(tx, terms); err != nil {
			return err
		}
		would, err := s.other(tx, live, Policy{Terms: terms})
		if err != nil {
			return err
		}
		expect := map[market.ListingID]Action{}
		wanted := ids
		if len(ids) == 0 {
			for _, e := range terms.Examples {
				expect[e.Listing], wanted = e.Expect, append(wanted, e.Listing)
			}
			near, err := nearVerdicts(tx, max((mostTried-len(wanted))/3, 0))
			if err != nil {
				return err
			}
			wanted = append(wanted, near...)
		}
		all, err = s.try(ctx, tx, live, would, wanted, expect)
		return err
	})
	return all, err
}

// nearVerdicts are the listings of each verdict with the highest scores.
func nearVerdicts(tx *db.Tx, each int) (ids []market.ListingID, err error) {
	if each > 40 {
		each = 40
	}
	for _, v := range []Verdict{Fake, Review, Clear} {
		some, err := db.All(tx, db.Value[market.ListingID], highestOf, string(v), each)
		if err != nil {
			return nil, err
		}
		ids = append(ids, some...)
	}
	return ids, nil
}

func (s *Service) try(ctx context.Context, tx *db.Tx, live *running, would *shadow, ids []market.ListingID, expect map[market.ListingID]Action) ([]Tried, error) {
	records, err := market.Load(tx, ids)
	if err != nil {
		return nil, err
	}
	stands, err := Load(tx, ids)
	if err != nil {
		return nil, err
	}
	pictures, err := s.seeKept(tx, slices.Collect(maps.Values(records)))
	if err != nil {
		return nil, err
	}
	var all []Tried
	seen := map[market.ListingID]bool{}
	for _, id := range ids {
		rec, known := records[id]
		if !known {
			if expect[id] == "" && len(expect) == 0 {
				return nil, fault.Invalid.Say("There is no listing %q.", string(id)).At("listings")
			}
			continue
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		t := Tried{Listing: rec.Listing, Expect: expect[id]}
		if o, ok := stands[id]; ok {
			t.Stands = &o
		}
		known, err := s.genuine(ctx, &rec.Listing)
		if err != nil {
			return nil, err
		}
		var problems []problem
		t.Would, problems = would.judge(live, &rec.Listing, pictures[id], nil, known)
		for _, p := range problems {
			t.Problems = append(t.Problems, p.rule+": "+p.err.Error())
		}
		all = append(all, t)
	}
	return all, nil
}

// failing are the examples that do not come out as they must.
func failing(tried []Tried) error {
	var wrong []error
	for _, t := range tried {
		if t.Wrong() {
			wrong = append(wrong, fault.Invalid.Say("The example %q comes out as %s and must be %s.", string(t.Listing.ID), string(t.Would.Action), string(t.Expect)).At("examples"))
		}
	}
	return joined(wrong[:min(len(wrong), 20)])
}

func examplesOf(t Terms) ([]market.ListingID, map[market.ListingID]Action) {
	ids, expect := make([]market.ListingID, 0, len(t.Examples)), map[market.ListingID]Action{}
	for _, e := range t.Examples {
		if !slices.Contains(ids, e.Listing) {
			ids = append(ids, e.Listing)
		}
		expect[e.Listing] = e.Expect
	}
	return ids, expect
}
