package brand

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Service is the room's verbs.
type Service struct {
	DB   *db.DB
	Blob *blob.Store // of reference pictures; nil: none can be added or seen
}

var noBrand = fault.NotFound.Say("There is no such brand.")

// Filter says which brands a list shows. The zero Filter shows all that are protected and that the person may see.
type Filter struct {
	Text         string       // words that name, aliases or id contain
	Category     string       // sells in it
	Organisation access.OrgID // of this rights holder
	Mine         bool         // of the asker's own organisation
	Archived     bool         // the archived ones instead
	After        string       // the cursor of the page before
	Limit        int          // rows a page, at most 200; 0 means 50
}

// Summary is a brand in a list: without its sellers, of whom there may be 20,000.
type Summary struct {
	Brand
	Sellers int64 // authorised now
}

// where is the filter as conditions, with what the person may see.
func (f Filter) where(by access.User) (*db.Where, error) {
	w := &db.Where{}
	switch by.Reach(access.BrandRead) {
	case access.None:
		return nil, by.May(access.BrandRead, by.Org)
	case access.Own:
		w.And(`organisation = ?`, string(by.Org))
	}
	for field, value := range map[string]string{"text": f.Text, "category": f.Category, "organisation": string(f.Organisation)} {
		if fault, ok := fault.As(db.Text(value)); ok {
			return nil, fault.At(field)
		}
	}
	if f.Archived {
		w.And(`archived_at > 0`)
	} else {
		w.And(`archived_at = 0`)
	}
	if f.Mine {
		w.And(`organisation = ?`, string(by.Org))
	}
	if f.Organisation != "" {
		w.And(`organisation = ?`, string(f.Organisation))
	}
	if f.Category != "" {
		w.And(`exists (select 1 from brand_category where brand_category.brand = brand.id and category = ?)`, f.Category)
	}
	w.AndWords(`search`, f.Text)
	return w, nil
}

// Brands lists brands by name.
func (s *Service) Brands(ctx context.Context, by access.User, f Filter) (db.Page[Summary], error) {
	w, err := f.where(by)
	if err != nil {
		return db.Page[Summary]{}, err
	}
	if f.After != "" {
		var name, id string
		if err := db.ParseCursor(f.After, "brands", &name, &id); err != nil {
			return db.Page[Summary]{}, err
		}
		w.And(`(sort, id) > (?, ?)`, name, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by sort, id limit ?`, limit+1)
	var page db.Page[Summary]
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanSummary, listBrands+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Summary) string { return db.Cursor("brands", db.Fold(last.Name), string(last.ID)) })
		return err
	})
	if err != nil {
		return db.Page[Summary]{}, fmt.Errorf("list brands: %w", err)
	}
	return page, nil
}

// Count is how many brands the filter's pages show together.
func (s *Service) Count(ctx context.Context, by access.User, f Filter) (n int64, err error) {
	w, err := f.where(by)
	if err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		n, err = db.One(tx, db.Value[int64], countBrands+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// Get is one brand with its authorised sellers. It returns fault.NotFound for a brand there is not, or not for this person.
func (s *Service) Get(ctx context.Context, by access.User, id ID) (b Brand, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		b, err = find(tx, by, id)
		return err
	})
	return b, err
}

// find is the brand with its sellers, if the person may see it.
func find(tx *db.Tx, by access.User, id ID) (Brand, error) {
	if !by.Can(access.BrandRead) {
		return Brand{}, by.May(access.BrandRead, by.Org)
	}
	if db.Text(string(id)) != nil {
		return Brand{}, noBrand
	}
	found, err := load(tx, []ID{id})
	if err != nil {
		return Brand{}, fmt.Errorf("find brand %s: %w", id, err)
	}
	b, ok := found[id]
	// Whose a brand is is not told to those who may not see it: as far as they know there is none.
	if !ok || by.May(access.BrandRead, b.Organisation) != nil {
		return Brand{}, noBrand
	}
	return b, nil
}

// edit is find for somebody who is to change the brand.
func edit(tx *db.Tx, by access.User, id ID) (Brand, error) {
	b, err := find(tx, by, id)
	if err != nil {
		return Brand{}, err
	}
	return b, by.May(access.BrandEdit, b.Organisation)
}

// Create takes a new brand and gives it an id unless it brings one. b.AuthorisedSellers are authorised without dates. It belongs to
// b.Organisation, or to the asker's own when that is all the asker may edit. It returns fault.Invalid with the field for each thing wrong, and
// fault.Conflict when the id is taken.
func (s *Service) Create(ctx context.Context, by access.User, b Brand) (Brand, error) {
	switch by.Reach(access.BrandEdit) {
	case access.None:
		return Brand{}, by.May(access.BrandEdit, by.Org)
	case access.Own:
		b.Organisation = by.Org
	}
	if err := by.May(access.BrandEdit, b.Organisation); err != nil {
		return Brand{}, err
	}
	var made Brand
	err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		made, err = s.CreateIn(tx, by, b)
		return err
	})
	return made, err
}

// CreateIn is Create inside the transaction of a caller who has asked whether the person may.
func (s *Service) CreateIn(tx *db.Tx, by access.User, b Brand) (Brand, error) {
	if b = Clean(b); b.ID == "" {
		b.ID = ID(db.NewID())
	}
	if err := Check(b); err != nil {
		return Brand{}, err
	}
	taken, err := load(tx, []ID{b.ID})
	if err != nil {
		return Brand{}, fmt.Errorf("create brand %s: %w", b.ID, err)
	}
	if _, ok := taken[b.ID]; ok {
		return Brand{}, fault.Conflict.Say("There is a brand with this id already.").At("id")
	}
	b.Version, b.MadeAt, b.UpdatedAt, b.UpdatedBy, b.Archived = 1, tx.Now(), tx.Now(), by.Name, time.Time{}
	if err = keep(tx, []Brand{b}); err == nil {
		err = keepAuthorisations(tx, undated(b.ID, b.AuthorisedSellers, by, tx.Now()))
	}
	if err == nil {
		err = tell(tx, by, b, Created, append(Compare(Brand{}, b), compareLists("authorised_sellers", nil, b.AuthorisedSellers)...))
	}
	if err != nil {
		return Brand{}, fmt.Errorf("create brand %s: %w", b.ID, err)
	}
	return b, nil
}

// undated makes authorisations without dates or notes.
func undated(id ID, sellers []string, by access.User, at time.Time) []Authorisation {
	all := make([]Authorisation, len(sellers))
	for i, seller := range sellers {
		all[i] = Authorisation{Brand: id, Seller: seller, AddedBy: by.Name, AddedAt: at}
	}
	return all
}

// tell moves the catalogue on, writes the change into the brand's history and the ledger, and emits it.
func tell(tx *db.Tx, by access.User, b Brand, kind ChangeKind, fields []FieldChange) error {
	revision, err := db.One(tx, db.Value[int64], nextRevision)
	if err != nil {
		return err
	}
	if err := record(tx, by, b, kind, fields); err != nil {
		return err
	}
	return tx.Emit(Changed{b.ID, b.Version, revision})
}

// record writes a change into the brand's history and the ledger.
func record(tx *db.Tx, by access.User, b Brand, kind ChangeKind, fields []FieldChange) error {
	entry, err := ledger.Record(tx, "brand."+string(kind), Subject(b.ID), by.Actor(), entryBody{b.ID, b.Version, fields})
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeChange, string(b.ID), b.Version, string(kind), db.Micros(tx.Now()), by.Name, by.Actor(), fieldsText(fields), entry)
	return err
}

// entryBody is what the ledger keeps of a change.
type entryBody struct {
	Brand   ID            `json:"brand"`
	Version int64         `json:"version"`
	Fields  []FieldChange `json:"fields"`
}

// Subject names a brand in the ledger.
func Subject(id ID) string { return "brand:" + string(id) }

// Save replaces a brand's words, categories, prices and note; b.Version is the one that was read. Sellers are not touched, see Authorise. Who
// may edit every brand may also give it to another organisation. It returns fault.Conflict, naming by whom, when it was changed meanwhile.
// A save that changes nothing does nothing.
func (s *Service) Save(ctx context.Context, by access.User, b Brand) (Brand, error) {
	b.AuthorisedSellers = nil
	b = Clean(b)
	var saved Brand
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		old, err := edit(tx, by, b.ID)
		if err != nil {
			return err
		}
		if old.Version != b.Version {
			return changedMeanwhile(old)
		}
		if err := Check(b); err != nil {
			return err
		}
		next := b
		if by.Reach(access.BrandEdit) != access.All {
			next.Organisation = old.Organisation
		}
		next.MadeAt, next.UpdatedAt, next.UpdatedBy, next.Archived, next.AuthorisedSellers = old.MadeAt, old.UpdatedAt, old.UpdatedBy, old.Archived, old.AuthorisedSellers
		fields := Compare(old, next)
		if saved = next; len(fields) == 0 {
			return nil
		}
		saved.Version, saved.UpdatedAt, saved.UpdatedBy = old.Version+1, tx.Now(), by.Name
		if err := keep(tx, []Brand{saved}); err != nil {
			return err
		}
		return tell(tx, by, saved, Edited, fields)
	})
	if err != nil {
		return Brand{}, fmt.Errorf("save brand %s: %w", b.ID, err)
	}
	return saved, nil
}

func changedMeanwhile(b Brand) error {
	return fault.Conflict.Say("%s has changed this brand meanwhile, at %s. Look at the change and try again.", b.UpdatedBy, b.UpdatedAt.Format("2006-01-02 15:04 MST"))
}

// Archive ends a brand's protection; Restore takes it up again. Both do nothing the second time.
func (s *Service) Archive(ctx context.Context, by access.User, id ID) error {
	return s.touch(ctx, by, id, Archived, func(_ *db.Tx, b *Brand, now time.Time) ([]FieldChange, error) {
		if !b.Archived.IsZero() {
			return nil, nil
		}
		b.Archived = now
		return []FieldChange{{"archived", "false", "true"}}, nil
	})
}

// Restore takes up the protection of an archived brand again.
func (s *Service) Restore(ctx context.Context, by access.User, id ID) error {
	return s.touch(ctx, by, id, Restored, func(_ *db.Tx, b *Brand, _ time.Time) ([]FieldChange, error) {
		if b.Archived.IsZero() {
			return nil, nil
		}
		b.Archived = time.Time{}
		return []FieldChange{{"archived", "true", "false"}}, nil
	})
}

// touch changes something about a brand, if change says that anything did.
func (s *Service) touch(ctx context.Context, by access.User, id ID, kind ChangeKind, change func(tx *db.Tx, b *Brand, now time.Time) ([]FieldChange, error)) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		b, err := edit(tx, by, id)
		if err != nil {
			return err
		}
		fields, err := change(tx, &b, tx.Now())
		if err != nil || len(fields) == 0 {
			return err
		}
		b.Version, b.UpdatedAt, b.UpdatedBy = b.Version+1, tx.Now(), by.Name
		if err := keep(tx, []Brand{b}); err != nil {
			return err
		}
		return tell(tx, by, b, kind, fields)
	})
	if err != nil {
		return fmt.Errorf("brand %s %s: %w", id, kind, err)
	}
	return nil
}

// Authorise names sellers of genuine goods, at most 20,000 a brand. A seller already named gets the new dates and note.
func (s *Service) Authorise(ctx context.Context, by access.User, id ID, sellers ...Authorisation) error {
	for i, a := range sellers {
		a.Seller, a.Note = clean(a.Seller), clean(a.Note)
		if err := CheckAuthorisation(a); err != nil {
			return err
		}
		a.Brand, a.AddedBy = id, by.Name
		a.From, a.To = a.From.UTC().Truncate(time.Microsecond), a.To.UTC().Truncate(time.Microsecond)
		sellers[i] = a
	}
	return s.touch(ctx, by, id, Authorised, func(tx *db.Tx, b *Brand, now time.Time) ([]FieldChange, error) {
		known, err := db.All(tx, scanAuthorisation, authorisationsOf, string(id))
		if err != nil {
			return nil, err
		}
		old := map[string]Authorisation{}
		for _, a := range known {
			old[a.Seller] = a
		}
		next := map[string]Authorisation{}
		var was, is []string
		for _, a := range sellers {
			a.AddedAt = now
			if before, ok := old[a.Seller]; ok {
				if before.From.Equal(a.From) && before.To.Equal(a.To) && before.Note == a.Note {
					continue
				}
				was = append(was, before.String())
			}
			next[a.Seller] = a
			is = append(is, a.String())
		}
		all := len(old)
		writes := make([]Authorisation, 0, len(next))
		for _, seller := range sortedKeys(next) {
			if _, ok := old[seller]; !ok {
				all++
			}
			writes = append(writes, next[seller])
		}
		if all > MaxSellers {
			return nil, fault.Invalid.Say("A brand authorises at most %d sellers.", MaxSellers).At("authorised_sellers")
		}
		if len(writes) == 0 {
			return nil, nil
		}
		return []FieldChange{{"authorised_sellers", listText(was), listText(is)}}, keepAuthorisations(tx, writes)
	})
}

// Unauthorise takes sellers off the list. Sellers who are not on it are passed over.
func (s *Service) Unauthorise(ctx context.Context, by access.User, id ID, sellers ...string) error {
	for _, seller := range sellers {
		if err := checkSeller(seller); err != nil {
			return err
		}
	}
	return s.touch(ctx, by, id, Unauthorised, func(tx *db.Tx, b *Brand, _ time.Time) ([]FieldChange, error) {
		known, err := db.All(tx, scanAuthorisation, authorisationsOf, string(id))
		if err != nil {
			return nil, err
		}
		var gone, was []string
		for _, a := range known {
			if slices.Contains(sellers, a.Seller) {
				gone, was = append(gone, a.Seller), append(was, a.String())
			}
		}
		if len(gone) == 0 {
			return nil, nil
		}
		return []FieldChange{{"authorised_sellers", listText(was), ""}}, forget(tx, id, gone)
	})
}

// SellerFilter says which authorisations a list shows.
type SellerFilter struct {
	Text  string // a seller id that begins with this
	After string // the cursor of the page before
	Limit int    // rows a page, at most 500; 0 means 100
}

// Sellers lists a brand's authorisations by seller id, those not in force included.
func (s *Service) Sellers(ctx context.Context, by access.User, id ID, f SellerFilter) (page db.Page[Authorisation], err error) {
	w := &db.Where{}
	w.And(`brand = ?`, string(id))
	if f.Text != "" {
		if f, ok := fault.As(db.Text(f.Text)); ok {
			return page, f.At("text")
		}
		// Texts sort bytewise, so that a range is a prefix, and the key's index serves it.
		w.And(`seller >= ? and seller < ?`, f.Text, f.Text+"\U0010ffff")
	}
	if f.After != "" {
		var seller string
		if err := db.ParseCursor(f.After, "sellers", &seller); err != nil {
			return page, err
		}
		w.And(`seller > ?`, seller)
	}
	limit := db.Limit(f.Limit, 100, 500)
	w.Then(`order by seller limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := find(tx, by, id); err != nil {
			return err
		}
		rows, err := db.All(tx, scanAuthorisation, listSellers+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Authorisation) string { return db.Cursor("sellers", last.Seller) })
		return err
	})
	return page, err
}

// AuthorisedFor is every authorisation of a seller, by brand: what a seller's page shows.
func (s *Service) AuthorisedFor(ctx context.Context, by access.User, seller string) (all []Authorisation, err error) {
	if !by.Can(access.BrandRead) {
		return nil, by.May(access.BrandRead, by.Org)
	}
	if checkSeller(seller) != nil {
		return nil, nil
	}
	w := &db.Where{}
	w.And(`seller = ?`, seller)
	if by.Reach(access.BrandRead) == access.Own {
		w.And(`exists (select 1 from brand where brand.id = authorisation.brand and organisation = ?)`, string(by.Org))
	}
	w.Then(`order by brand`)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, scanAuthorisation, listSellers+w.Text(), w.Args()...)
		return err
	})
	return all, err
}

// Export gives every brand of the filter by name, each with its authorised sellers. It reads page by page: what changes meanwhile
// may be seen or not.
func (s *Service) Export(ctx context.Context, by access.User, f Filter) iter.Seq2[Brand, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (out db.Page[Brand], err error) {
		f.After = after
		page, err := s.Brands(ctx, by, f)
		if err != nil {
			return out, err
		}
		ids := make([]ID, len(page.Items))
		for i, b := range page.Items {
			ids[i] = b.ID
		}
		var whole map[ID]Brand
		err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
			whole, err = load(tx, ids)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("export brands: %w", err)
		}
		out.Next = page.Next
		for _, id := range ids {
			if b, ok := whole[id]; ok {
				out.Items = append(out.Items, b)
			}
		}
		return out, nil
	})
}

// History is what became of a brand, newest first; 50 changes a page unless limit says otherwise.
func (s *Service) History(ctx context.Context, by access.User, id ID, after string, limit int) (page db.Page[Change], err error) {
	w := &db.Where{}
	w.And(`brand = ?`, string(id))
	if after != "" {
		var version int64
		if err := db.ParseCursor(after, "changes", &version); err != nil {
			return page, err
		}
		w.And(`version < ?`, version)
	}
	limit = db.Limit(limit, 50, 200)
	w.Then(`order by version desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := find(tx, by, id); err != nil {
			return err
		}
		rows, err := db.All(tx, scanChange, listChanges+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Change) string { return db.Cursor("changes", last.Version) })
		return err
	})
	return page, err
}

// Catalogue is every protected brand with the sellers authorised now, and the catalogue's revision, which every change moves on. It is for
// the program itself and asks nobody's leave.
func (s *Service) Catalogue(ctx context.Context) (brands []Brand, revision int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if revision, err = Revision(tx); err != nil {
			return err
		}
		if brands, err = db.All(tx, scanBrand, protectedBrands); err != nil {
			return err
		}
		at := make(map[ID]int, len(brands))
		for i, b := range brands {
			at[b.ID] = i
		}
		pairs, err := db.All(tx, scanPair, sellersInForce)
		for _, p := range pairs {
			if i, ok := at[p.brand]; ok {
				brands[i].AuthorisedSellers = append(brands[i].AuthorisedSellers, p.seller)
			}
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read the catalogue of brands: %w", err)
	}
	return brands, revision, nil
}

// sweepAtOnce is how many authorisations one transaction of Sweep puts in or out of force.
const sweepAtOnce = 500

// Sweep puts authorisations in and out of force as their dates say, and tells of the brands concerned. It is run every minute; twice does no harm.
func (s *Service) Sweep(ctx context.Context) (turned int, err error) {
	for {
		n := 0
		err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			n, err = sweep(tx)
			return err
		})
		turned += n
		if err != nil {
			return turned, fmt.Errorf("sweep authorisations: %w", err)
		}
		if n < sweepAtOnce {
			return turned, nil
		}
	}
}

func sweep(tx *db.Tx) (int, error) {
	due, err := db.All(tx, scanAuthorisation, dueAuthorisations, db.Micros(tx.Now()), sweepAtOnce)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	if err := keepAuthorisations(tx, due); err != nil {
		return 0, err
	}
	byBrand := map[ID][]Authorisation{}
	for _, a := range due {
		byBrand[a.Brand] = append(byBrand[a.Brand], a)
	}
	brands, err := load(tx, sortedKeys(byBrand))
	if err != nil {
		return 0, err
	}
	for _, id := range sortedKeys(brands) {
		b := brands[id]
		var ended, began []string
		for _, a := range byBrand[id] {
			if a.Holds(tx.Now()) {
				began = append(began, a.String())
			} else {
				ended = append(ended, a.String())
			}
		}
		b.Version, b.UpdatedAt, b.UpdatedBy = b.Version+1, tx.Now(), access.System.Name
		if err := keep(tx, []Brand{b}); err != nil {
			return 0, err
		}
		if err := tell(tx, access.System, b, Lapsed, []FieldChange{{"authorised_sellers", listText(ended), listText(began)}}); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// Revision is the catalogue's revision as tx sees it.
func Revision(tx *db.Tx) (int64, error) { return db.One(tx, db.Value[int64], nowRevision) }

// String is the authorisation in a history: the seller and the dates.
func (a Authorisation) String() string {
	var b strings.Builder
	b.WriteString(a.Seller)
	if !a.From.IsZero() || !a.To.IsZero() {
		b.WriteString(" (" + day(a.From) + "–" + day(a.To) + ")")
	}
	return b.String()
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
