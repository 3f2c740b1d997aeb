package cultivate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// keptEntry is a line of a brand file as it is kept.
type keptEntry struct {
	item string
	BrandEntry
}

func scanEntry(r db.Row) (e keptEntry, err error) {
	var document string
	var updated int64
	if err = r.Scan(&e.item, &e.Words, &document, &e.Name, &e.State, &e.Why, &e.Version, &updated, &e.UpdatedBy); err != nil {
		return e, err
	}
	e.UpdatedAt = db.Time(updated)
	e.Document, err = hashOf(document)
	return e, err
}

// brandFile is the lines of the industry's checklist with what the maker gave.
func (s *Service) brandFile(tx *db.Tx, m Maker) ([]BrandEntry, error) {
	kept, err := db.All(tx, scanEntry, entriesOf, string(m.ID))
	if err != nil {
		return nil, err
	}
	var all []BrandEntry
	for _, item := range s.Industries[m.Industry].BrandFile {
		one := BrandEntry{State: EntryMissing}
		if at := slices.IndexFunc(kept, func(k keptEntry) bool { return k.item == item.ID }); at >= 0 {
			one = kept[at].BrandEntry
		}
		one.Item = item
		all = append(all, one)
	}
	return all, nil
}

// BrandFile is a maker's brand file, a line for each item of its industry's checklist.
func (s *Service) BrandFile(ctx context.Context, by access.User, id MakerID) (all []BrandEntry, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		all, err = s.brandFile(tx, m)
		return err
	})
	return all, err
}

// entryRecord is what the ledger keeps of a line of a brand file.
type entryRecord struct {
	Maker    MakerID    `json:"maker"`
	Item     string     `json:"item"`
	State    EntryState `json:"state"`
	Words    string     `json:"words,omitempty"`
	Document string     `json:"document_sha256,omitempty"`
	Why      string     `json:"why,omitempty"`
	ByName   string     `json:"by_name"`
}

// changeEntry changes a line that the person saw in a version.
func (s *Service) changeEntry(ctx context.Context, by access.User, id MakerID, item string, version int64, change func(m Maker, e *BrandEntry) error) (e BrandEntry, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		all, err := s.brandFile(tx, m)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(one BrandEntry) bool { return one.Item.ID == item })
		if at < 0 {
			return fault.NotFound.Say("The brand file has no such line.")
		}
		e = all[at]
		if e.Version != version {
			return fault.Conflict.Say("%s has changed this line meanwhile, at %s. Look at the change and try again.", e.UpdatedBy, moment(e.UpdatedAt))
		}
		if err := change(m, &e); err != nil {
			return err
		}
		e.Version, e.UpdatedAt, e.UpdatedBy = e.Version+1, tx.Now(), by.Name
		document := hashText(e.Document)
		entry, err := ledger.Record(tx, "brandfile."+string(e.State), m.Subject(), by.Actor(), entryRecord{id, item, e.State, e.Words, document, e.Why, by.Name})
		if err != nil {
			return err
		}
		_, err = tx.Exec(writeEntry, string(id), item, e.Words, document, e.Name, string(e.State), e.Why, e.Version, db.Micros(e.UpdatedAt), e.UpdatedBy, string(by.ID), entry)
		return err
	})
	if err != nil {
		return BrandEntry{}, fmt.Errorf("line %s of the brand file of maker %s: %w", item, id, err)
	}
	return e, nil
}

// GiveEntry gives what a line of the brand file asks: words, a document, or both; a document that is not given anew stays. It returns fault.Invalid for neither.
func (s *Service) GiveEntry(ctx context.Context, by access.User, id MakerID, item string, version int64, words string, file SentFile) (BrandEntry, error) {
	words = strings.TrimSpace(words)
	if err := checkText("words", words, maxMessage); err != nil {
		return BrandEntry{}, err
	}
	return s.changeEntry(ctx, by, id, item, version, func(m Maker, e *BrandEntry) error {
		if err := by.May(access.MakerEdit, m.Organisation); err != nil {
			return err
		}
		if file.Hash != (blob.Hash{}) {
			e.Document, e.Name = file.Hash, fileName(file.Name)
		}
		if words == "" && e.Document == (blob.Hash{}) {
			return fault.Invalid.Say("Write something, or add a document.").At("words")
		}
		e.Words, e.State, e.Why = words, EntryGiven, ""
		return nil
	})
}

// JudgeEntry accepts a line or sends it back with a reason.
func (s *Service) JudgeEntry(ctx context.Context, by access.User, id MakerID, item string, version int64, to EntryState, why string) (BrandEntry, error) {
	why = strings.TrimSpace(why)
	if err := checkText("why", why, MaxWhy); err != nil {
		return BrandEntry{}, err
	}
	return s.changeEntry(ctx, by, id, item, version, func(m Maker, e *BrandEntry) error {
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		switch {
		case to != EntryAccepted && to != EntrySentBack || e.State == EntryMissing || e.State == EntrySentBack:
			return fault.Conflict.Say("Nothing is there to look at.")
		case to == EntrySentBack && why == "":
			return fault.Invalid.Say("Say why.").At("why")
		}
		e.State, e.Why = to, why
		return nil
	})
}

func fileAnswer(s *Service, tx *db.Tx, m Maker) (Answer, error) {
	all, err := s.brandFile(tx, m)
	done, of := 0, 0
	for _, e := range all {
		if e.Item.Required {
			of++
			if e.State == EntryAccepted {
				done++
			}
		}
	}
	return Answer{Met: done == of, Detail: Words{fmt.Sprintf("%d of %d required lines are accepted", done, of), fmt.Sprintf("必填 %d 项已通过 %d 项", of, done)}, Path: "brand"}, err
}

func scanPage(r db.Row) (p BrandPage, err error) {
	var consent, published int64
	err = r.Scan(&p.Maker, &p.Slug, &p.State, &p.ConsentBy, &consent, &p.PublishedBy, &published, &p.Version, &p.Entry)
	p.ConsentAt, p.PublishedAt = db.Time(consent), db.Time(published)
	return p, err
}

// slugs are the addresses a page can have.
var slugs = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{1,58}[a-z0-9])$`)

// BrandPage is a maker's page for buyers as it stands; a draft of version 0 while nobody has begun one.
func (s *Service) BrandPage(ctx context.Context, by access.User, id MakerID) (p BrandPage, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		p, err = findPage(tx, id)
		return err
	})
	return p, err
}

func findPage(tx *db.Tx, id MakerID) (BrandPage, error) {
	p, err := db.One(tx, scanPage, pageOf, string(id))
	if fault.Of(err) == fault.NotFound {
		return BrandPage{Maker: id, State: PageDraft}, nil
	}
	return p, err
}

// PageMove is what is done with a page for buyers.
type PageMove string

// What is done with a page: the firm agrees or takes that back, the programme publishes or withdraws.
const (
	PageAgree    PageMove = "agree"
	PageDisagree PageMove = "disagree"
	PagePublish  PageMove = "publish"
	PageWithdraw PageMove = "withdraw"
)

// MovePage takes a page for buyers on. It is published only while its maker agrees, under a slug nobody else has; without the agreement it goes at once. It returns
// fault.Invalid for a slug that is none and fault.Conflict for one that is taken, or while no name is chosen.
func (s *Service) MovePage(ctx context.Context, by access.User, id MakerID, version int64, move PageMove, slug string) (p BrandPage, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if p, err = findPage(tx, id); err != nil {
			return err
		}
		if p.Version != version {
			return fault.Conflict.Say("This page was changed meanwhile. Look at it again.")
		}
		if err := s.turnPage(tx, by, m, &p, move, strings.TrimSpace(slug)); err != nil {
			return err
		}
		p.Version++
		if p.Entry, err = ledger.Record(tx, "brandpage."+string(move), m.Subject(), by.Actor(), map[string]any{"maker": id, "slug": p.Slug, "state": p.State, "by_name": by.Name}); err != nil {
			return err
		}
		_, err = tx.Exec(writePage, string(id), p.Slug, string(p.State), p.ConsentBy, db.Micros(p.ConsentAt), p.PublishedBy, db.Micros(p.PublishedAt), p.Version, p.Entry)
		return err
	})
	if err != nil {
		return BrandPage{}, fmt.Errorf("%s page of maker %s: %w", move, id, err)
	}
	return p, nil
}

// turnPage is the page after a move, with the move's rules.
func (s *Service) turnPage(tx *db.Tx, by access.User, m Maker, p *BrandPage, move PageMove, slug string) error {
	switch move {
	case PageAgree, PageDisagree:
		if by.Org != m.Organisation {
			return fault.Forbidden.Say("The maker itself agrees to its page.")
		}
		if err := by.May(access.MakerEdit, m.Organisation); err != nil {
			return err
		}
		if p.Slug == "" {
			p.Slug = string(m.ID) // until a better one is given
		}
		if move == PageAgree {
			p.ConsentBy, p.ConsentAt = by.Name, tx.Now()
			return nil
		}
		p.ConsentBy, p.ConsentAt = "", time.Time{}
		if p.State == PagePublished {
			p.State = PageWithdrawn
		}
		return nil
	case PagePublish:
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if !slugs.MatchString(slug) {
			return fault.Invalid.Say("Use 3 to 60 small letters, digits and hyphens.").At("slug")
		}
		if p.ConsentAt.IsZero() {
			return fault.Conflict.Say("The maker has not agreed to its page yet.")
		}
		if m.Stage == Relapsed || m.Stage == Suspended || !m.Stage.Member() {
			return fault.Conflict.Say("The page of a maker in this stage is not published.")
		}
		if _, err := chosenName(tx, m.ID); err != nil {
			if fault.Of(err) == fault.NotFound {
				return fault.Conflict.Say("The maker has to choose a name first.")
			}
			return err
		}
		other, err := db.One(tx, scanPage, pageBySlug, slug)
		if err == nil && other.Maker != m.ID {
			return fault.Conflict.Say("Another page has this address.").At("slug")
		}
		if err != nil && fault.Of(err) != fault.NotFound {
			return err
		}
		p.Slug, p.State, p.PublishedBy, p.PublishedAt = slug, PagePublished, by.Name, tx.Now()
		return nil
	case PageWithdraw:
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if p.State != PagePublished {
			return fault.Conflict.Say("The page is not published.")
		}
		p.State = PageWithdrawn
		return nil
	}
	return fault.Invalid.Say("Choose what to do with the page.")
}

// Shown is what buyers see of a brand.
type Shown struct {
	Page    BrandPage
	Maker   Maker
	Name    Proposal
	Filings []Filing // that stand
	Entries []BrandEntry
}

// ShowBrand is a brand's page for anybody, by its slug. It returns fault.NotFound for one that is not published, or whose maker is suspended, relapsed or gone.
func (s *Service) ShowBrand(ctx context.Context, slug string) (b Shown, err error) {
	if !slugs.MatchString(slug) {
		return b, noPage
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		b.Page, err = db.One(tx, scanPage, pageBySlug, slug)
		if fault.Of(err) == fault.NotFound || err == nil && b.Page.State != PagePublished {
			return noPage
		}
		if err != nil {
			return err
		}
		if b.Maker, err = db.One(tx, scanMaker, oneMaker, string(b.Page.Maker)); err != nil {
			return err
		}
		if !b.Maker.Stage.Member() || b.Maker.Stage == Suspended || b.Maker.Stage == Relapsed {
			return noPage
		}
		if b.Name, err = chosenName(tx, b.Maker.ID); err != nil {
			return err
		}
		filings, err := db.All(tx, scanFiling, filingsOf, string(b.Maker.ID))
		if err != nil {
			return err
		}
		b.Filings = slices.DeleteFunc(filings, func(f Filing) bool { return !f.State.Stands() })
		b.Entries, err = s.brandFile(tx, b.Maker)
		return err
	})
	return b, err
}

func pageAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	p, err := findPage(tx, m.ID)
	words := map[PageState]Words{PageDraft: {"Not published", "未发布"}, PagePublished: {"Published", "已发布"}, PageWithdrawn: {"Withdrawn", "已撤下"}}
	return Answer{Met: p.State == PagePublished, Detail: words[p.State], Path: "brand"}, err
}
