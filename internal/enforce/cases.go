package enforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// Cases is the verbs on cases. Who holds access.CaseRead for All sees every case; an officer sees those that its own organisation opened and
// those shared with it, and is not told that there are others.
type Cases struct {
	DB    *db.DB
	Blobs *blob.Store // documents, pictures and bundles

	Pictures detect.Pictures // of listings; nil where there are none
	Log      *ledger.Log     // proves what a bundle holds
	Stamp    Stamper         // puts a bundle's manifest under an authority's clock; nil where none is configured
}

var (
	noCase    = fault.NotFound.Say("There is no such case.")
	caseOlder = fault.Conflict.Say("The case has changed since you opened it. Look at it again.")
)

// CaseChanged tells that something was done in a case.
type CaseChanged struct {
	Case  CaseID    `json:"case"`
	Act   string    `json:"act"` // its kind
	Stage Stage     `json:"stage"`
	At    time.Time `json:"at"`
}

// EventName is the event's name on the bus.
func (CaseChanged) EventName() string { return "enforce.progressed" }

// caseEntry is what the ledger keeps of an act.
type caseEntry struct {
	Case      CaseID        `json:"case"`
	Reference string        `json:"reference"`
	Stage     Stage         `json:"stage"`
	Subject   string        `json:"subject,omitempty"`
	Words     string        `json:"words,omitempty"`
	By        access.UserID `json:"by"`
	ByName    string        `json:"by_name"`
	Detail    any           `json:"detail,omitempty"`
}

// deed is an act as its verb describes it.
type deed struct {
	kind, subject, words string
	request              string // the form's own id; empty when there is none
	detail               any    // the rest, for the ledger
}

// nothing is a deed that changed nothing: no act is kept of it.
var nothing deed

// change does something in a case in one transaction: it is found, changed by do, kept, recorded, told of. The same request twice is one act:
// do is not called again. version is the case's as the person saw it; 0 does not look.
func (c *Cases) change(ctx context.Context, by access.User, verb access.Verb, id CaseID, version int64, request string, do func(tx *db.Tx, m *Case) (deed, error)) (m Case, err error) {
	if f := checkText(request, maxRequest); f != nil {
		return m, f.At("request")
	}
	err = c.DB.Tx(ctx, func(tx *db.Tx) error {
		if m, err = findCase(tx, by, verb, id); err != nil {
			return err
		}
		if again, err := requested(tx, by, request); err != nil || again != "" {
			if err == nil && again != id {
				err = fault.Conflict.Say("This form was already sent. Load the page again.").At("request")
			}
			return err
		}
		if version != 0 && m.Version != version {
			return caseOlder
		}
		d, err := do(tx, &m)
		if err != nil || d.kind == "" {
			return err
		}
		d.request = request
		return perform(tx, by, &m, d)
	})
	if err != nil {
		return Case{}, fmt.Errorf("change case %s: %w", id, err)
	}
	return m, nil
}

// requested is the case in which the person's form was already taken; empty when it was not.
func requested(tx *db.Tx, by access.User, request string) (CaseID, error) {
	if request == "" {
		return "", nil
	}
	id, err := db.One(tx, db.Value[string], caseOfRequest, string(by.ID), request)
	if fault.Of(err) == fault.NotFound {
		err = nil
	}
	return CaseID(id), err
}

// perform keeps the case and the act, records it and tells of it.
func perform(tx *db.Tx, by access.User, m *Case, d deed) error {
	m.UpdatedAt, m.UpdatedBy = tx.Now(), by.Name
	if err := keepCase(tx, *m); err != nil {
		return err
	}
	entry, err := ledger.Record(tx, "case."+d.kind, caseSubject(m.ID), by.Actor(), caseEntry{m.ID, m.Reference, m.Stage, d.subject, d.words, by.ID, by.Name, d.detail})
	if err != nil {
		return err
	}
	act := Deed{ID: db.NewID(), At: tx.Now(), By: by.ID, ByName: by.Name, Kind: d.kind, Subject: d.subject, Words: d.words, Entry: entry}
	if err := keepAct(tx, m.ID, act, d.request); err != nil {
		return err
	}
	return tx.Emit(CaseChanged{m.ID, d.kind, m.Stage, tx.Now()})
}

// findCase is a case that the person may do verb on. A case that is not for them is NotFound; one they may see but not change is Forbidden.
func findCase(tx *db.Tx, by access.User, verb access.Verb, id CaseID) (Case, error) {
	if !by.Can(access.CaseRead) {
		return Case{}, by.May(access.CaseRead, by.Org)
	}
	if id == "" || db.Text(string(id)) != nil {
		return Case{}, noCase
	}
	m, err := db.One(tx, scanCase, oneCase, string(id))
	if fault.Of(err) == fault.NotFound {
		return Case{}, noCase
	}
	if err != nil {
		return Case{}, err
	}
	own := m.Organisation == by.Org
	if !own && by.Reach(access.CaseRead) != access.All || !own && by.Reach(verb) == access.Own {
		if own, err = db.One(tx, db.Value[bool], isShared, string(id), string(by.Org)); err != nil {
			return Case{}, err
		}
	}
	if !own && by.Reach(access.CaseRead) != access.All {
		return Case{}, noCase
	}
	org := m.Organisation
	if own {
		org = by.Org
	}
	return m, by.May(verb, org)
}

// OpenCase makes a case, a lead, of the person's organisation, from its title, summary and place. The same request twice is one case.
func (c *Cases) OpenCase(ctx context.Context, by access.User, m Case, request string) (Case, error) {
	if err := by.May(access.CaseEdit, by.Org); err != nil {
		return Case{}, err
	}
	m = m.clean()
	if err := m.check(); err != nil {
		return Case{}, err
	}
	if f := checkText(request, maxRequest); f != nil {
		return Case{}, f.At("request")
	}
	made := m
	err := c.DB.Tx(ctx, func(tx *db.Tx) error {
		again, err := requested(tx, by, request)
		if err != nil {
			return err
		}
		if again != "" {
			made, err = findCase(tx, by, access.CaseRead, again)
			return err
		}
		year := tx.Now().Year()
		number, err := db.One(tx, db.Value[int64], nextNumber, int64(year))
		if err != nil {
			return err
		}
		made = Case{ID: CaseID(db.NewID()), Reference: fmt.Sprintf("C-%d-%04d", year, number), Title: m.Title, Summary: m.Summary, Place: m.Place, Organisation: by.Org,
			Stage: Lead, Reached: map[Stage]time.Time{Lead: tx.Now()}, Version: 1}
		return perform(tx, by, &made, deed{kind: ActOpened, subject: made.Title, words: made.Summary, request: request, detail: made.Place})
	})
	if err != nil {
		return Case{}, fmt.Errorf("open a case: %w", err)
	}
	return made, nil
}

// Case is one case. It returns fault.NotFound for one there is not, or not for this person.
func (c *Cases) Case(ctx context.Context, by access.User, id CaseID) (m Case, err error) {
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		m, err = findCase(tx, by, access.CaseRead, id)
		return err
	})
	return m, err
}

// CaseByReference is the case that people call so: "C-2026-0001". It returns fault.NotFound.
func (c *Cases) CaseByReference(ctx context.Context, by access.User, reference string) (m Case, err error) {
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		if db.Text(reference) != nil {
			return noCase
		}
		id, err := db.One(tx, db.Value[string], caseByReference, strings.ToUpper(strings.TrimSpace(reference)))
		if err != nil && fault.Of(err) != fault.NotFound {
			return err
		}
		m, err = findCase(tx, by, access.CaseRead, CaseID(id))
		return err
	})
	return m, err
}

// SaveCase changes a case's title, summary and place; m.Version is the one that was read. It returns fault.Conflict when it was changed or moved on
// meanwhile.
func (c *Cases) SaveCase(ctx context.Context, by access.User, m Case) (Case, error) {
	m = m.clean()
	if err := m.check(); err != nil {
		return Case{}, err
	}
	return c.change(ctx, by, access.CaseEdit, m.ID, max(m.Version, 1), "", func(_ *db.Tx, old *Case) (deed, error) {
		if old.Title == m.Title && old.Summary == m.Summary && old.Place == m.Place {
			return nothing, nil
		}
		old.Title, old.Summary, old.Place = m.Title, m.Summary, m.Place
		old.Version++
		return deed{kind: ActChanged, subject: m.Title, words: m.Summary, detail: m.Place}, nil
	})
}

// MoveCase takes a case to another stage, with a reason. version is the case's as the person saw it. It returns fault.Conflict when the case was changed
// meanwhile or there is no such move.
func (c *Cases) MoveCase(ctx context.Context, by access.User, id CaseID, version int64, to Stage, why string) (Case, error) {
	if f := checkText(why, MaxNote); f != nil {
		return Case{}, f.At("why")
	}
	return c.change(ctx, by, access.CaseEdit, id, max(version, 1), "", func(tx *db.Tx, m *Case) (deed, error) {
		from := m.Stage
		next, err := m.move(to, why, tx.Now())
		if err != nil {
			return nothing, err
		}
		next.Version++
		*m = next
		return deed{kind: ActMoved, subject: string(to), words: strings.TrimSpace(why), detail: map[string]Stage{"from": from, "to": to}}, nil
	})
}

// ShareCase lets an authority's people work on the case. Shared twice is shared once. It returns fault.Invalid for an organisation that is no authority.
func (c *Cases) ShareCase(ctx context.Context, by access.User, id CaseID, with access.OrgID) error {
	_, err := c.change(ctx, by, access.CaseShare, id, 0, "", func(tx *db.Tx, m *Case) (deed, error) {
		none := fault.Invalid.Say("Choose an authority.").At("organisation")
		if with == "" || db.Text(string(with)) != nil {
			return nothing, none
		}
		name, err := db.One(tx, db.Value[string], authorityName, string(with), string(access.AuthorityOrganisation))
		if fault.Of(err) == fault.NotFound {
			return nothing, none
		}
		if err != nil {
			return nothing, err
		}
		if shared, err := db.One(tx, db.Value[bool], isShared, string(id), string(with)); err != nil || shared {
			return nothing, err
		}
		_, err = tx.Exec(shareCase, string(id), string(with), db.Micros(tx.Now()), by.Name)
		return deed{kind: ActShared, subject: name, detail: map[string]access.OrgID{"organisation": with}}, err
	})
	return err
}

// UnshareCase ends that an authority's people work on the case. It does nothing when they do not.
func (c *Cases) UnshareCase(ctx context.Context, by access.User, id CaseID, with access.OrgID) error {
	_, err := c.change(ctx, by, access.CaseShare, id, 0, "", func(tx *db.Tx, m *Case) (deed, error) {
		if db.Text(string(with)) != nil {
			return nothing, nil
		}
		n, err := tx.Exec(unshareCase, db.Micros(tx.Now()), string(id), string(with))
		if err != nil || n == 0 {
			return nothing, err
		}
		name, err := db.One(tx, db.Value[string], authorityName, string(with), string(access.AuthorityOrganisation))
		return deed{kind: ActUnshared, subject: name, detail: map[string]access.OrgID{"organisation": with}}, err
	})
	return err
}

// Shares is the authorities that work on the case.
func (c *Cases) Shares(ctx context.Context, by access.User, id CaseID) (all []Share, err error) {
	err = c.view(ctx, by, access.CaseRead, id, func(tx *db.Tx) error {
		all, err = db.All(tx, scanShare, sharesOf, string(id))
		return err
	})
	return all, err
}

// view reads something of a case that the person may do verb on.
func (c *Cases) view(ctx context.Context, by access.User, verb access.Verb, id CaseID, read func(tx *db.Tx) error) error {
	return c.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findCase(tx, by, verb, id); err != nil {
			return err
		}
		return read(tx)
	})
}

// maxLinks is how much of each kind a case gathers.
const maxLinks = 5_000

// Gather puts a listing, a seller, a decision or a source into the case. Gathered twice is gathered once. It returns fault.Invalid at "subject" for one
// that is not known.
func (c *Cases) Gather(ctx context.Context, by access.User, id CaseID, kind LinkKind, subject, note string) error {
	subject, note = strings.TrimSpace(subject), strings.TrimSpace(note)
	if !slices.Contains(LinkKinds(), kind) {
		return fault.Invalid.Say("Choose what to add.").At("kind")
	}
	if f := checkText(subject, maxTitle); f != nil {
		return f.At("subject")
	}
	if f := checkText(note, MaxNote); f != nil {
		return f.At("note")
	}
	_, err := c.change(ctx, by, access.CaseEdit, id, 0, "", func(tx *db.Tx, m *Case) (deed, error) {
		if err := linkable(tx, kind, subject); err != nil {
			return nothing, err
		}
		if n, err := db.One(tx, db.Value[int64], countLinks, string(id), string(kind)); err != nil {
			return nothing, err
		} else if n >= maxLinks {
			return nothing, fault.TooLarge.Say("A case holds at most %d of a kind.", maxLinks)
		}
		n, err := tx.Exec(writeLink, string(id), string(kind), subject, note, db.Micros(tx.Now()), by.Name)
		if err != nil || n == 0 {
			return nothing, err
		}
		return deed{kind: ActLinked, subject: string(kind) + ":" + subject, words: note}, nil
	})
	return err
}

// linkable returns fault.Invalid for what is not there.
func linkable(tx *db.Tx, kind LinkKind, subject string) error {
	var query string
	var missing *fault.Fault
	switch kind {
	case ListingLink:
		query, missing = isListing, fault.Invalid.Say("There is no such listing.")
	case SellerLink:
		query, missing = isSeller, fault.Invalid.Say("There is no such seller.")
	case DecisionLink:
		query, missing = isDecision, fault.Invalid.Say("There is no such decision.")
	default:
		if subject == "" {
			return fault.Invalid.Say("Give the source a name.").At("subject")
		}
		return nil
	}
	known, err := db.One(tx, db.Value[bool], query, subject)
	if err == nil && !known {
		return missing.At("subject")
	}
	return err
}

// Ungather takes something out of the case; that it was in it stays in the story. It does nothing when it is not in it.
func (c *Cases) Ungather(ctx context.Context, by access.User, id CaseID, kind LinkKind, subject string) error {
	if db.Text(string(kind)+subject) != nil {
		return nil
	}
	_, err := c.change(ctx, by, access.CaseEdit, id, 0, "", func(tx *db.Tx, m *Case) (deed, error) {
		n, err := tx.Exec(dropLink, string(id), string(kind), subject)
		if err != nil || n == 0 {
			return nothing, err
		}
		return deed{kind: ActUnlinked, subject: string(kind) + ":" + subject}, nil
	})
	return err
}

// Links is what the case gathers, by kind and time.
func (c *Cases) Links(ctx context.Context, by access.User, id CaseID) (all []Link, err error) {
	err = c.view(ctx, by, access.CaseRead, id, func(tx *db.Tx) error {
		all, err = linksIn(tx, id)
		return err
	})
	return all, err
}

func linksIn(tx *db.Tx, id CaseID) ([]Link, error) {
	all, err := db.All(tx, scanLink, linksOf, string(id))
	if err != nil {
		return nil, err
	}
	var listings []market.ListingID
	var sellers []market.SellerID
	for _, l := range all {
		switch l.Kind {
		case ListingLink:
			listings = append(listings, market.ListingID(l.Subject))
		case SellerLink:
			sellers = append(sellers, market.SellerID(l.Subject))
		}
	}
	records, err := market.Load(tx, listings)
	if err != nil {
		return nil, err
	}
	accounts, err := market.LoadSellers(tx, sellers)
	if err != nil {
		return nil, err
	}
	for i, l := range all {
		switch l.Kind {
		case ListingLink:
			all[i].Title = records[market.ListingID(l.Subject)].Title
		case SellerLink:
			all[i].Title = accounts[market.SellerID(l.Subject)].Name
		case SourceLink:
			all[i].Title = l.Subject
		}
	}
	return all, nil
}

// Note writes into the case's story. The same request twice is one note.
func (c *Cases) Note(ctx context.Context, by access.User, id CaseID, text, request string) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return fault.Invalid.Say("Write something.").At("note")
	}
	if f := checkText(text, maxSummary); f != nil {
		return f.At("note")
	}
	_, err := c.change(ctx, by, access.CaseEdit, id, 0, request, func(*db.Tx, *Case) (deed, error) {
		return deed{kind: ActNoted, words: text}, nil
	})
	return err
}

// Attach keeps a document or photograph in the case. The same content twice is one document. It returns fault.Invalid for what blob.CheckDocument
// refuses.
func (c *Cases) Attach(ctx context.Context, by access.User, id CaseID, name, note string, content []byte) (d CaseDocument, err error) {
	name, note = strings.TrimSpace(name), strings.TrimSpace(note)
	for _, text := range []struct{ field, value string }{{"name", name}, {"note", note}} {
		if f := checkText(text.value, maxTitle); f != nil {
			return d, f.At(text.field)
		}
	}
	mediaType, err := blob.CheckDocument(content)
	if f, ok := fault.As(err); ok {
		return d, f.At("document")
	}
	if err != nil {
		return d, err
	}
	if _, err := c.Case(ctx, by, id); err != nil {
		return d, err // nothing is kept for whom the case is not
	}
	// Kept before the row: content nobody names is harmless, a name without content is not.
	hash, size, err := c.Blobs.Put(ctx, bytes.NewReader(content), blob.MaxDocumentBytes)
	if err != nil {
		return d, fmt.Errorf("keep a document of case %s: %w", id, err)
	}
	_, err = c.change(ctx, by, access.CaseEdit, id, 0, "", func(tx *db.Tx, m *Case) (deed, error) {
		d = CaseDocument{Hash: hash.String(), Name: name, MediaType: mediaType, Size: size, Note: note, At: tx.Now(), ByName: by.Name}
		if d.Name == "" {
			d.Name = d.Hash[:12]
		}
		n, err := tx.Exec(writeCaseDocument, string(id), d.Hash, d.Name, d.MediaType, d.Size, d.Note, db.Micros(d.At), d.ByName)
		if err != nil || n == 0 {
			return nothing, err
		}
		return deed{kind: ActAttached, subject: d.Name, words: note, detail: map[string]any{"sha256": d.Hash, "size": d.Size, "media_type": d.MediaType}}, nil
	})
	return d, err
}

// Documents is the case's documents, in the order they came.
func (c *Cases) Documents(ctx context.Context, by access.User, id CaseID) (all []CaseDocument, err error) {
	err = c.view(ctx, by, access.EvidenceRead, id, func(tx *db.Tx) error {
		all, err = db.All(tx, scanCaseDocument, documentsOf, string(id))
		return err
	})
	return all, err
}

// Acts is the case's story, oldest first.
func (c *Cases) Acts(ctx context.Context, by access.User, id CaseID) (all []Deed, err error) {
	err = c.view(ctx, by, access.CaseRead, id, func(tx *db.Tx) error {
		all, err = db.All(tx, scanAct, actsOf, string(id))
		return err
	})
	return all, err
}

// CaseFilter says which cases a list shows. The zero one shows all that the person may see, those last touched first.
type CaseFilter struct {
	Stage   Stage
	Open    bool     // not closed
	Kind    LinkKind // with Subject: that gather it
	Subject string
	Country string
	Region  string
	City    string // in whatever case and width
	Brand   string // of a fact or of a listing in it
	Text    string // words of the reference, the title, the place
	Oldest  bool   // by when it became a lead, the oldest first; else those last touched first
	After   string // the cursor of the page before
	Limit   int    // rows a page, at most 200; 0 means 50
}

func (f CaseFilter) where(by access.User) (*db.Where, error) {
	w := &db.Where{}
	switch by.Reach(access.CaseRead) {
	case access.None:
		return nil, by.May(access.CaseRead, by.Org)
	case access.Own:
		w.And(seenBy, string(by.Org), string(by.Org))
	}
	for _, c := range []struct{ field, condition, value string }{{"stage", `stage = ?`, string(f.Stage)}, {"country", `country = ?`, strings.ToUpper(f.Country)}, {"region", `region = ?`, strings.ToUpper(f.Region)}} {
		if f, ok := fault.As(db.Text(c.value)); ok {
			return nil, f.At(c.field)
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	if f, ok := fault.As(db.Text(f.City + f.Brand)); ok {
		return nil, f.At("brand")
	}
	if f.City != "" {
		w.AndWords(`search`, f.City)
	}
	if f.Brand != "" {
		w.And(ofBrand, f.Brand, f.Brand)
	}
	if f.Open {
		w.And(`stage <> 'closed'`)
	}
	if f.Subject != "" {
		if f, ok := fault.As(db.Text(string(f.Kind) + f.Subject)); ok {
			return nil, f.At("subject")
		}
		w.And(`id in (select matter from matter_link where kind = ? and subject = ?)`, string(f.Kind), f.Subject)
	}
	if err := checkText(f.Text, maxSearch); err != nil {
		return nil, err.At("text")
	}
	w.AndWords(`search`, f.Text)
	return w, nil
}

// Cases lists cases in the filter's order.
func (c *Cases) Cases(ctx context.Context, by access.User, f CaseFilter) (page db.Page[Case], err error) {
	w, err := f.where(by)
	if err != nil {
		return page, err
	}
	order, beyond, sorted := "cases", `(updated_at, id) < (?, ?)`, `order by updated_at desc, id desc limit ?`
	if f.Oldest {
		order, beyond, sorted = "cases-oldest", `(lead_at, id) > (?, ?)`, `order by lead_at, id limit ?`
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, order, &at, &id); err != nil {
			return page, err
		}
		w.And(beyond, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(sorted, limit+1)
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanCase, listCases+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Case) string {
			if f.Oldest {
				return db.Cursor(order, db.Micros(last.Reached[Lead]), last.ID)
			}
			return db.Cursor(order, db.Micros(last.UpdatedAt), last.ID)
		})
		return err
	})
	if err != nil {
		return db.Page[Case]{}, fmt.Errorf("list cases: %w", err)
	}
	return page, nil
}

// CountCases is how many cases the filter's pages show together.
func (c *Cases) CountCases(ctx context.Context, by access.User, f CaseFilter) (n int64, err error) {
	w, err := f.where(by)
	if err != nil {
		return 0, err
	}
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, db.Value[int64], countCases+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// ExportCases gives every case of the filter, page by page.
func (c *Cases) ExportCases(ctx context.Context, by access.User, f CaseFilter) iter.Seq2[Case, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Case], error) {
		f.After = after
		return c.Cases(ctx, by, f)
	})
}

// AttestCases holds every act of a case against its ledger entry. It is a ledger.Attestor.
func AttestCases(_ context.Context, tx *db.Tx, report func(subject, what string)) error {
	pair := func(r db.Row) (ids [2]string, err error) {
		err = r.Scan(&ids[0], &ids[1])
		return ids, err
	}
	for _, check := range []struct{ query, what string }{
		{actsWithoutEntry, "An act in the case has no entry in the ledger, or another one."},
		{entriesWithoutAct, "The ledger records an act in the case that is gone."},
	} {
		rows, err := db.All(tx, pair, check.query)
		if err != nil {
			return errors.Join(errors.New("attest cases"), err)
		}
		for _, ids := range rows {
			report(caseSubject(CaseID(ids[0])), check.what)
		}
	}
	return nil
}
