package cultivate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/engine/clearance"
	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var (
	noProposal = fault.NotFound.Say("There is no such name.")
	noFiling   = fault.NotFound.Say("There is no such filing.")
	noPage     = fault.NotFound.Say("There is no such page.")
)

const (
	proposalColumns = `p.id, p.maker, p.name, p.also, p.meaning, p.logo, p.classes, p.state, p.report, p.digest, p.why, p.version, p.made_at, p.made_by, p.made_name, p.updated_at, p.updated_by, p.entry, p.logo_look`
	oneProposal     = `select ` + proposalColumns + ` from brand_proposal p where p.id = $1`
	proposalsOf     = `select ` + proposalColumns + ` from brand_proposal p where p.maker = $1 order by p.made_at desc, p.id desc limit 200`
	proposalByForm  = `select ` + proposalColumns + ` from brand_proposal p where p.maker = $1 and p.made_by = $2 and p.request = $3`
	chosenOf        = `select ` + proposalColumns + ` from brand_proposal p where p.maker = $1 and p.state = 'chosen'`
	chosenNames     = `select p.name, p.also, p.classes, m.name, p.logo_look from brand_proposal p join maker m on m.id = p.maker where p.state = 'chosen' and p.maker <> $1 order by p.made_at, p.id limit 10000`
	writeProposal   = `insert into brand_proposal (id, maker, name, also, meaning, logo, classes, state, risk, report, digest, checked_at, why, version, made_at, made_by, made_name, updated_at, updated_by, entry, logo_look, request)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) on conflict (id) do update set state = excluded.state, risk = excluded.risk,
		report = excluded.report, digest = excluded.digest, checked_at = excluded.checked_at, why = excluded.why, version = excluded.version, updated_at = excluded.updated_at,
		updated_by = excluded.updated_by, entry = excluded.entry, logo_look = excluded.logo_look`

	filingColumns  = `id, maker, proposal, office, classes, number, state, day, document, version, made_at, updated_at, updated_by`
	oneFiling      = `select ` + filingColumns + ` from brand_filing where id = $1`
	filingsOf      = `select ` + filingColumns + ` from brand_filing where maker = $1 order by made_at desc, id desc limit 200`
	filingByForm   = `select ` + filingColumns + ` from brand_filing where maker = $1 and request = $2`
	filingByNumber = `select ` + filingColumns + ` from brand_filing where office = $1 and number = $2`
	writeFiling    = `insert into brand_filing (` + filingColumns + `, request) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict (id) do update set number = excluded.number,
		state = excluded.state, day = excluded.day, document = excluded.document, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`
	filingSteps     = `select s.filing, s.state, s.day, s.said, s.by_name, s.at, s.entry from filing_step s join brand_filing f on f.id = s.filing where f.maker = $1 order by s.at, s.id`
	writeFilingStep = `insert into filing_step (id, filing, state, day, said, by_name, at, entry) values ($1, $2, $3, $4, $5, $6, $7, $8)`

	entriesOf  = `select item, words, document, document_name, state, why, version, updated_at, updated_by from brand_item where maker = $1`
	writeEntry = `insert into brand_item (maker, item, words, document, document_name, state, why, version, updated_at, updated_by, by_id, entry) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (maker, item) do update set words = excluded.words, document = excluded.document, document_name = excluded.document_name, state = excluded.state, why = excluded.why,
		version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by, by_id = excluded.by_id, entry = excluded.entry`

	pageColumns = `maker, slug, state, consent_by, consent_at, published_by, published_at, version, entry`
	pageOf      = `select ` + pageColumns + ` from brand_page where maker = $1`
	pageBySlug  = `select ` + pageColumns + ` from brand_page where slug = $1`
	writePage   = `insert into brand_page (` + pageColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (maker) do update set slug = excluded.slug, state = excluded.state,
		consent_by = excluded.consent_by, consent_at = excluded.consent_at, published_by = excluded.published_by, published_at = excluded.published_at, version = excluded.version,
		entry = excluded.entry`

	nameMaker = `update maker set brand = $2 where id = $1`
)

func scanProposal(r db.Row) (p Proposal, err error) {
	var also, logo, classes, report string
	var made, updated int64
	if err = r.Scan(&p.ID, &p.Maker, &p.Name, &also, &p.Meaning, &logo, &classes, &p.State, &report, &p.Report.Digest, &p.Why, &p.Version, &made, &p.MadeBy, &p.MadeName, &updated, &p.UpdatedBy, &p.Entry, &p.Look); err != nil {
		return p, err
	}
	p.MadeAt, p.UpdatedAt, p.Also = db.Time(made), db.Time(updated), entries(also)
	if p.Classes, err = ReadClasses(classes); err != nil {
		return p, err
	}
	if p.Logo, err = hashOf(logo); err != nil {
		return p, err
	}
	digest := p.Report.Digest
	err = json.Unmarshal([]byte(report), &p.Report)
	p.Report.Digest = digest
	return p, err
}

// hashOf reads a kept hash; an empty text is the zero one.
func hashOf(text string) (blob.Hash, error) {
	if text == "" {
		return blob.Hash{}, nil
	}
	return blob.Parse(text)
}

// hashText is a hash as it is kept.
func hashText(h blob.Hash) string {
	if h == (blob.Hash{}) {
		return ""
	}
	return h.String()
}

func keepProposal(tx *db.Tx, p Proposal, request string) error {
	report, err := json.Marshal(p.Report, json.Deterministic(true))
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeProposal, string(p.ID), string(p.Maker), p.Name, strings.Join(p.Also, "\n"), p.Meaning, hashText(p.Logo), classList(p.Classes), string(p.State), p.Report.Risk, string(report), p.Report.Digest,
		db.Micros(p.Report.At), p.Why, p.Version, db.Micros(p.MadeAt), string(p.MadeBy), p.MadeName, db.Micros(p.UpdatedAt), p.UpdatedBy, p.Entry, p.Look, request)
	return err
}

// proposalEntry is what the ledger keeps of a proposed name.
type proposalEntry struct {
	Proposal ProposalID    `json:"proposal"`
	Maker    MakerID       `json:"maker"`
	Name     string        `json:"name"`
	State    ProposalState `json:"state"`
	Risk     string        `json:"risk"`
	Report   string        `json:"report_sha256"`
	Why      string        `json:"why,omitempty"`
	ByName   string        `json:"by_name"`
}

func recordProposal(tx *db.Tx, by access.User, kind string, p *Proposal, request string) (err error) {
	p.Version, p.UpdatedAt, p.UpdatedBy = p.Version+1, tx.Now(), by.Name
	p.Entry, err = ledger.Record(tx, kind, Maker{ID: p.Maker}.Subject(), by.Actor(), proposalEntry{p.ID, p.Maker, p.Name, p.State, p.Report.Risk, p.Report.Digest, p.Why, by.Name})
	if err != nil {
		return err
	}
	return keepProposal(tx, *p, request)
}

// search holds a proposal against the marks Ownmark knows: the brands under protection with their pictures, the names and logos other makers have chosen, and the
// registers that were imported. It fills in Report and Look.
func (s *Service) search(ctx context.Context, m Maker, p *Proposal) error {
	asked := clearance.Proposal{Name: p.Name, Also: p.Also, Classes: p.Classes, Owner: m.Name, Limit: mostConflicts}
	compared := LogoSearch("")
	if p.Logo != (blob.Hash{}) && s.Blob != nil {
		compared = LogoPlain
		looks, err := s.looks(ctx, p.Logo)
		if err != nil {
			return err
		}
		asked.Logos = looks
		if p.Look = ""; len(asked.Logos) > 0 {
			compared, p.Look = LogoCompared, asked.Logos[0].String()
		}
	}
	report, marks, registers, now, err := s.held(ctx, asked, m)
	if err != nil {
		return err
	}
	p.Report = clearingOf(report, marks, now)
	p.Report.Logo = compared
	for _, g := range registers {
		p.Report.Registers = append(p.Report.Registers, g.Name)
	}
	text, err := json.Marshal(p.Report, json.Deterministic(true))
	sum := sha256.Sum256(text)
	p.Report.Digest = hex.EncodeToString(sum[:])
	return err
}

// Clear holds a name or a logo that is nobody's yet against the marks Ownmark knows, see Propose, and says how many they are.
func (s *Service) Clear(ctx context.Context, by access.User, p clearance.Proposal) (r clearance.Report, marks int, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return r, 0, err
	}
	r, marks, _, _, err = s.held(ctx, p, Maker{})
	return r, marks, err
}

// held holds a proposal against the marks Ownmark knows, a maker's own left out.
func (s *Service) held(ctx context.Context, asked clearance.Proposal, own Maker) (r clearance.Report, known int, registers []Register, now time.Time, err error) {
	brands, _, err := s.Brand.Catalogue(ctx)
	if err != nil {
		return r, 0, nil, now, err
	}
	marks := make([]clearance.Mark, 0, len(brands))
	at := map[brand.ID]int{}
	for _, b := range brands {
		if own.Brand == "" || b.ID != own.Brand {
			at[b.ID] = len(marks)
			marks = append(marks, clearance.Mark{ID: string(b.ID), Name: b.Name, Also: b.Aliases, Owner: b.Name, Classes: b.NiceClasses, Reputed: true})
		}
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		now = tx.Now()
		if len(asked.Logos) > 0 {
			if err := eachPicture(tx, func(one brand.Picture) {
				if i, known := at[one.Brand]; known && len(one.Views) > 0 {
					marks[i].Logos = append(marks[i].Logos, one.Views[0])
				}
			}); err != nil {
				return err
			}
		}
		others, err := db.All(tx, scanKnownName, chosenNames, string(own.ID))
		if err != nil {
			return err
		}
		marks = append(marks, others...)
		registers, err = db.All(tx, scanRegister, allRegisters)
		return err
	})
	if err != nil {
		return r, 0, nil, now, err
	}
	index, err := clearance.NewIndex(marks)
	if err != nil {
		return r, 0, nil, now, err
	}
	beside, more, err := s.searched(ctx, registers, asked)
	return clearance.Merge(asked.Limit, index.Search(asked), beside), len(marks) + more, registers, now, err
}

func scanKnownName(r db.Row) (k clearance.Mark, err error) {
	var also, classes, look string
	if err = r.Scan(&k.Name, &also, &classes, &k.Owner, &look); err != nil {
		return k, err
	}
	if hash, err := photo.Parse(look); err == nil {
		k.Logos = []photo.Hash{hash}
	}
	k.Also = entries(also)
	k.Classes, err = ReadClasses(classes)
	return k, err
}

// eachPicture gives every picture of brands that stands.
func eachPicture(tx *db.Tx, each func(brand.Picture)) error {
	const page = 1000
	var last brand.Picture
	for {
		some, err := brand.PicturesSince(tx, last, page)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, one := range some {
			if !one.Removed {
				each(one)
			}
		}
		if last = some[len(some)-1]; len(some) < page {
			return nil
		}
	}
}

// looks is what a logo looks like turned and reflected, as it stands first; none when it shows too little. It returns fault.Invalid at "logo" for what is no picture.
func (s *Service) looks(ctx context.Context, logo blob.Hash) ([]photo.Hash, error) {
	file, _, err := s.Blob.Get(ctx, logo)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, blob.MaxPictureBytes+1))
	if err != nil {
		return nil, err
	}
	if _, err := blob.CheckPicture(bytes.NewReader(content)); err != nil {
		return nil, fault.Invalid.Say("Choose a picture.").At("logo").Because(err)
	}
	picture, err := photo.Decode(ctx, bytes.NewReader(content), photo.Bounds{Bytes: blob.MaxPictureBytes, Pixels: blob.MaxPicturePixels})
	if err != nil {
		return nil, fault.Invalid.Say("The picture is damaged.").At("logo").Because(err)
	}
	all, quality := photo.All(picture)
	if quality <= photo.Poor {
		return nil, nil
	}
	return all[:], nil
}

// Propose proposes a name for a maker's brand and holds it against known marks; what that said is kept with it. request is the form's own id: the same one twice is
// one name. It returns fault.Invalid for each thing wrong, and fault.Conflict once the maker has filed, or has too many names open.
func (s *Service) Propose(ctx context.Context, by access.User, id MakerID, p Proposal, request string) (Proposal, error) {
	p.Name, p.Meaning = strings.TrimSpace(p.Name), strings.TrimSpace(p.Meaning)
	if err := joined([]error{p.check(), checkText("request", request, maxRequest)}); err != nil {
		return Proposal{}, err
	}
	var m Maker
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		m, err = editMaker(tx, by, id)
		return err
	})
	if err != nil {
		return Proposal{}, fmt.Errorf("propose name for maker %s: %w", id, err)
	}
	if err = s.search(ctx, m, &p); err != nil {
		return Proposal{}, fmt.Errorf("propose name for maker %s: %w", id, err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if m, err = editMaker(tx, by, id); err != nil {
			return err
		}
		if request != "" {
			made, err := db.One(tx, scanProposal, proposalByForm, string(id), string(by.ID), request)
			if err == nil || fault.Of(err) != fault.NotFound {
				p = made
				return err
			}
		}
		if !m.Stage.Member() {
			return fault.Conflict.Say("Names are proposed by firms that have a place.")
		}
		all, err := db.All(tx, scanProposal, proposalsOf, string(id))
		if err != nil {
			return err
		}
		open := 0
		for _, one := range all {
			if one.State == NameProposed {
				open++
			}
		}
		if open >= maxProposed {
			return fault.Conflict.Say("%d names are open. Withdraw one before you propose another.", maxProposed)
		}
		p.ID, p.Maker, p.State, p.Why, p.Version, p.MadeAt, p.MadeBy, p.MadeName = ProposalID(db.NewID()), id, NameProposed, "", 0, tx.Now(), by.ID, by.Name
		return recordProposal(tx, by, "name.proposed", &p, request)
	})
	if err != nil {
		return Proposal{}, fmt.Errorf("propose name for maker %s: %w", id, err)
	}
	return p, nil
}

// findProposal is a proposal with its maker, for who may see it.
func findProposal(tx *db.Tx, by access.User, id ProposalID, version int64) (p Proposal, m Maker, err error) {
	if id == "" || db.Text(string(id)) != nil {
		return p, m, noProposal
	}
	p, err = db.One(tx, scanProposal, oneProposal, string(id))
	if fault.Of(err) == fault.NotFound {
		return p, m, noProposal
	}
	if err != nil {
		return p, m, err
	}
	if m, err = findMaker(tx, by, p.Maker); err != nil {
		return p, m, noProposal.Because(err)
	}
	if p.Version != version {
		return p, m, fault.Conflict.Say("%s has changed this name meanwhile, at %s. Look at the change and try again.", p.UpdatedBy, moment(p.UpdatedAt))
	}
	return p, m, nil
}

// Choose makes a proposed name the maker's; the one chosen before is open again. The name is held against known marks anew. A risky one is chosen by a manager,
// with a reason. It returns fault.Conflict once an office has the chosen name.
func (s *Service) Choose(ctx context.Context, by access.User, id ProposalID, version int64, why string) (p Proposal, err error) {
	why = strings.TrimSpace(why)
	if err := checkText("why", why, MaxWhy); err != nil {
		return p, err
	}
	var m Maker
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, m, err = findProposal(tx, by, id, version)
		return err
	})
	if err != nil {
		return Proposal{}, fmt.Errorf("choose name %s: %w", id, err)
	}
	now := p
	if err := s.search(ctx, m, &now); err != nil {
		return Proposal{}, fmt.Errorf("choose name %s: %w", id, err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, m, err = findProposal(tx, by, id, version); err != nil {
			return err
		}
		if err := by.May(access.MakerEdit, m.Organisation); err != nil {
			return err
		}
		if p.State != NameProposed {
			return fault.Conflict.Say("This name is not open.")
		}
		if err := notFiled(tx, m.ID); err != nil {
			return err
		}
		p.Report, p.Look = now.Report, now.Look
		if p.Risky() {
			if by.May(access.MakerMove, m.Organisation) != nil {
				return fault.Conflict.Say("This name is likely to be held in conflict with another mark. Talk to the programme before you choose it.")
			}
			if why == "" {
				return fault.Invalid.Say("Say why this name is chosen although it is risky.").At("why")
			}
		}
		before, err := db.All(tx, scanProposal, chosenOf, string(m.ID))
		if err != nil {
			return err
		}
		for _, one := range before {
			one.State = NameProposed
			if err := recordProposal(tx, by, "name.reopened", &one, ""); err != nil {
				return err
			}
		}
		p.State, p.Why = NameChosen, why
		return recordProposal(tx, by, "name.chosen", &p, "")
	})
	if err != nil {
		return Proposal{}, fmt.Errorf("choose name %s: %w", id, err)
	}
	return p, nil
}

// SearchAgain holds a name that was not withdrawn against known marks as they are now, such as after a register was imported. It returns fault.Conflict when somebody
// changed the name meanwhile.
func (s *Service) SearchAgain(ctx context.Context, by access.User, id ProposalID, version int64) (p Proposal, err error) {
	var m Maker
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, m, err = findProposal(tx, by, id, version)
		return err
	})
	if err != nil {
		return Proposal{}, fmt.Errorf("search name %s again: %w", id, err)
	}
	now := p
	if err := s.search(ctx, m, &now); err != nil {
		return Proposal{}, fmt.Errorf("search name %s again: %w", id, err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, m, err = findProposal(tx, by, id, version); err != nil {
			return err
		}
		if err := by.May(access.MakerEdit, m.Organisation); err != nil {
			return err
		}
		if p.State == NameWithdrawn {
			return fault.Conflict.Say("This name is not open.")
		}
		p.Report, p.Look = now.Report, now.Look
		return recordProposal(tx, by, "name.searched", &p, "")
	})
	if err != nil {
		return Proposal{}, fmt.Errorf("search name %s again: %w", id, err)
	}
	return p, nil
}

// notFiled returns fault.Conflict when an office has the maker's name already.
func notFiled(tx *db.Tx, id MakerID) error {
	filings, err := db.All(tx, scanFiling, filingsOf, string(id))
	if err == nil && slices.ContainsFunc(filings, func(f Filing) bool { return f.State.Stands() }) {
		return fault.Conflict.Say("The name is filed already. Withdraw the filing before you choose another.")
	}
	return err
}

// WithdrawName takes a proposed name back.
func (s *Service) WithdrawName(ctx context.Context, by access.User, id ProposalID, version int64) (p Proposal, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var m Maker
		if p, m, err = findProposal(tx, by, id, version); err != nil {
			return err
		}
		if err := by.May(access.MakerEdit, m.Organisation); err != nil {
			return err
		}
		if p.State != NameProposed {
			return fault.Conflict.Say("This name is not open.")
		}
		p.State = NameWithdrawn
		return recordProposal(tx, by, "name.withdrawn", &p, "")
	})
	if err != nil {
		return Proposal{}, fmt.Errorf("withdraw name %s: %w", id, err)
	}
	return p, nil
}

// Proposals is a maker's names, newest first.
func (s *Service) Proposals(ctx context.Context, by access.User, id MakerID) (all []Proposal, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, scanProposal, proposalsOf, string(id))
		return err
	})
	return all, err
}

// chosenName is the name a maker has chosen. It returns fault.NotFound while there is none.
func chosenName(tx *db.Tx, id MakerID) (Proposal, error) {
	return db.One(tx, scanProposal, chosenOf, string(id))
}

func nameAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	p, err := chosenName(tx, m.ID)
	if fault.Of(err) == fault.NotFound {
		return Answer{Detail: Words{"No name is chosen yet.", "尚未选定名称。"}, Path: "brand"}, nil
	}
	return Answer{Met: err == nil, Detail: Words{p.Name, p.Name}, Path: "brand"}, err
}

func filedAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	all, err := db.All(tx, scanFiling, filingsOf, string(m.ID))
	if at := slices.IndexFunc(all, func(f Filing) bool { return f.State.Stands() }); at >= 0 {
		text := all[at].Office + " " + all[at].Number
		return Answer{Met: true, Detail: Words{text, text}, Path: "brand"}, err
	}
	return Answer{Detail: Words{"No filing with a number is recorded.", "尚未登记有申请号的商标申请。"}, Path: "brand"}, err
}

// brandOf is the identity of a maker's brand in room brand.
func brandOf(m Maker) brand.ID { return brand.ID("maker-" + string(m.ID)) }
