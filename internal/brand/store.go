package brand

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/db"
)

const (
	brandColumns = `brand.id, brand.organisation, brand.name, brand.document, brand.version, brand.made_at, brand.updated_at, brand.updated_by, brand.archived_at`

	oneBrand        = `select ` + brandColumns + ` from brand where id = $1`
	protectedBrands = `select ` + brandColumns + ` from brand where archived_at = 0 order by id`
	brandsIn        = `select ` + brandColumns + ` from brand where id in `
	listBrands      = `select ` + brandColumns + `, (select count(*) from authorisation where authorisation.brand = brand.id and in_force) from brand`
	countBrands     = `select count(*) from brand`

	writeBrands = `insert into brand (id, organisation, name, sort, search, document, version, made_at, updated_at, updated_by, archived_at) values `
	overBrands  = ` on conflict (id) do update set organisation = excluded.organisation, name = excluded.name, sort = excluded.sort, search = excluded.search,
		document = excluded.document, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by, archived_at = excluded.archived_at`
	writeBrandColumns = 11

	dropCategories  = `delete from brand_category where brand in `
	writeCategories = `insert into brand_category (category, brand) values `

	authorisationColumns = `brand, seller, from_at, to_at, note, added_by, added_at, in_force`
	sellersInForce       = `select brand, seller from authorisation where in_force order by brand, seller`
	sellersInForceOf     = `select brand, seller from authorisation where in_force and brand in `
	listSellers          = `select ` + authorisationColumns + ` from authorisation`
	authorisationsOf     = `select ` + authorisationColumns + ` from authorisation where brand = $1`
	countSellers         = `select count(*) from authorisation where brand = $1`
	writeAuthorisations  = `insert into authorisation (brand, seller, from_at, to_at, note, added_by, added_at, in_force, turns_at) values `
	overAuthorisations   = ` on conflict (brand, seller) do update set from_at = excluded.from_at, to_at = excluded.to_at, note = excluded.note,
		added_by = excluded.added_by, added_at = excluded.added_at, in_force = excluded.in_force, turns_at = excluded.turns_at`
	authorisationWriteColumns = 9
	dropAuthorisations        = `delete from authorisation where brand = $1 and seller in `
	dueAuthorisations         = `select ` + authorisationColumns + ` from authorisation where turns_at > 0 and turns_at <= $1 order by turns_at, brand, seller limit $2`

	pictureColumns = `brand, ref, views, parts, quality, caption, added_by, added_at, removed, revision`
	listPictures   = `select ` + pictureColumns + ` from brand_picture`
	picturesIn     = `select ` + pictureColumns + ` from brand_picture where brand = $1 and ref in `
	picturesSince  = `select ` + pictureColumns + ` from brand_picture where (revision, brand, ref) > ($1, $2, $3) order by revision, brand, ref limit $4`
	countPictures  = `select count(*) from brand_picture where brand = $1 and not removed`
	writePictures  = `insert into brand_picture (` + pictureColumns + `) values `
	overPictures   = ` on conflict (brand, ref) do update set views = excluded.views, parts = excluded.parts, quality = excluded.quality, caption = excluded.caption, added_by = excluded.added_by,
		added_at = excluded.added_at, removed = excluded.removed, revision = excluded.revision`

	writePictureColumns = 10

	writeChange = `insert into brand_change (brand, version, kind, at, by_name, actor, fields, entry) values ($1, $2, $3, $4, $5, $6, $7, $8)`
	listChanges = `select brand, version, kind, at, by_name, actor, fields, entry from brand_change`

	nowRevision  = `select revision from brand_revision where one = 1`
	holdRevision = `update brand_revision set revision = revision where one = 1`
	nextRevision = `update brand_revision set revision = revision + 1 where one = 1 returning revision`
)

// rowsAtOnce is how many rows one statement writes or asks for: far below what either engine takes.
const rowsAtOnce = 500

func scanBrand(r db.Row) (Brand, error) { return scanBrandAnd(r) }

func scanSummary(r db.Row) (Summary, error) {
	var s Summary
	var err error
	s.Brand, err = scanBrandAnd(r, &s.Sellers)
	return s, err
}

// scanBrandAnd reads the brand's columns and, behind them, more.
func scanBrandAnd(r db.Row, more ...any) (Brand, error) {
	var b, stored Brand
	var document string
	var made, updated, archived int64
	into := []any{&stored.ID, &stored.Organisation, &stored.Name, &document, &stored.Version, &made, &updated, &stored.UpdatedBy, &archived}
	if err := r.Scan(append(into, more...)...); err != nil {
		return Brand{}, err
	}
	if err := json.Unmarshal([]byte(document), &b); err != nil {
		return Brand{}, err
	}
	b.ID, b.Organisation, b.Name, b.Version, b.UpdatedBy = stored.ID, stored.Organisation, stored.Name, stored.Version, stored.UpdatedBy
	b.MadeAt, b.UpdatedAt, b.Archived = db.Time(made), db.Time(updated), db.Time(archived)
	return b, nil
}

// load is those of the brands that there are, with their sellers in force.
func load(tx *db.Tx, ids []ID) (map[ID]Brand, error) {
	all := make(map[ID]Brand, len(ids))
	for some := range slices.Chunk(ids, rowsAtOnce) {
		args := arguments(some)
		rows, err := db.All(tx, scanBrand, brandsIn+db.In(1, len(args)), args...)
		if err != nil {
			return nil, err
		}
		for _, b := range rows {
			b.AuthorisedSellers = []string{}
			all[b.ID] = b
		}
		sellers, err := db.All(tx, scanPair, sellersInForceOf+db.In(1, len(args))+` order by brand, seller`, args...)
		if err != nil {
			return nil, err
		}
		for _, p := range sellers {
			b := all[p.brand]
			b.AuthorisedSellers = append(b.AuthorisedSellers, p.seller)
			all[p.brand] = b
		}
	}
	return all, nil
}

type pair struct {
	brand  ID
	seller string
}

func scanPair(r db.Row) (pair, error) {
	var p pair
	err := r.Scan(&p.brand, &p.seller)
	return p, err
}

func arguments[T ~string](ids []T) []any {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	return args
}

// keep writes brands, without their sellers.
func keep(tx *db.Tx, brands []Brand) error {
	for some := range slices.Chunk(brands, rowsAtOnce) {
		args := make([]any, 0, len(some)*writeBrandColumns)
		ids := make([]any, 0, len(some))
		var categories []any
		for _, b := range some {
			document, err := json.Marshal(Brand{ID: b.ID, Name: b.Name, Aliases: b.Aliases, Categories: b.Categories, NiceClasses: b.NiceClasses, Ambiguous: b.Ambiguous, Prices: b.Prices, Note: b.Note})
			if err != nil {
				return err
			}
			search := db.Fold(append([]string{string(b.ID), b.Name}, b.Aliases...)...)
			args = append(args, string(b.ID), string(b.Organisation), b.Name, db.Fold(b.Name), search, string(document),
				b.Version, db.Micros(b.MadeAt), db.Micros(b.UpdatedAt), b.UpdatedBy, db.Micros(b.Archived))
			ids = append(ids, string(b.ID))
			for _, category := range b.Categories {
				categories = append(categories, category, string(b.ID))
			}
		}
		if _, err := tx.Exec(writeBrands+db.Values(len(some), writeBrandColumns)+overBrands, args...); err != nil {
			return err
		}
		if _, err := tx.Exec(dropCategories+db.In(1, len(ids)), ids...); err != nil {
			return err
		}
		if len(categories) > 0 {
			if _, err := tx.Exec(writeCategories+db.Values(len(categories)/2, 2), categories...); err != nil {
				return err
			}
		}
	}
	return nil
}

func keepAuthorisations(tx *db.Tx, all []Authorisation) error {
	now := tx.Now()
	for some := range slices.Chunk(all, rowsAtOnce) {
		args := make([]any, 0, len(some)*authorisationWriteColumns)
		for _, a := range some {
			args = append(args, string(a.Brand), a.Seller, db.Micros(a.From), db.Micros(a.To), a.Note, a.AddedBy, db.Micros(a.AddedAt), a.Holds(now), db.Micros(a.turns(now)))
		}
		if _, err := tx.Exec(writeAuthorisations+db.Values(len(some), authorisationWriteColumns)+overAuthorisations, args...); err != nil {
			return err
		}
	}
	return nil
}

func forget(tx *db.Tx, id ID, sellers []string) error {
	for some := range slices.Chunk(sellers, rowsAtOnce) {
		if _, err := tx.Exec(dropAuthorisations+db.In(2, len(some)), append([]any{string(id)}, arguments(some)...)...); err != nil {
			return err
		}
	}
	return nil
}

func scanAuthorisation(r db.Row) (Authorisation, error) {
	var a Authorisation
	var from, to, added int64
	err := r.Scan(&a.Brand, &a.Seller, &from, &to, &a.Note, &a.AddedBy, &added, &a.InForce)
	a.From, a.To, a.AddedAt = db.Time(from), db.Time(to), db.Time(added)
	return a, err
}

func scanPicture(r db.Row) (Picture, error) {
	var p Picture
	var views, parts string
	var at int64
	if err := r.Scan(&p.Brand, &p.Ref, &views, &parts, &p.Quality, &p.Caption, &p.AddedBy, &at, &p.Removed, &p.Revision); err != nil {
		return Picture{}, err
	}
	p.AddedAt = db.Time(at)
	var err error
	if p.Views, err = hashes(views); err != nil {
		return Picture{}, err
	}
	p.Parts, err = hashes(parts)
	return p, err
}

// hashes reads what hashesText writes.
func hashes(text string) (all []photo.Hash, err error) {
	for one := range strings.FieldsSeq(text) {
		h, err := photo.Parse(one)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

func hashesText(all []photo.Hash) string {
	texts := make([]string, len(all))
	for i, h := range all {
		texts[i] = h.String()
	}
	return strings.Join(texts, " ")
}

func keepPictures(tx *db.Tx, all []Picture) error {
	args := make([]any, 0, len(all)*writePictureColumns)
	for _, p := range all {
		args = append(args, string(p.Brand), p.Ref, hashesText(p.Views), hashesText(p.Parts), int64(p.Quality), p.Caption, p.AddedBy, db.Micros(p.AddedAt), p.Removed, p.Revision)
	}
	_, err := tx.Exec(writePictures+db.Values(len(all), writePictureColumns)+overPictures, args...)
	return err
}

// refs are the references of pictures, to ask for them.
func refs(all []Picture) []any {
	args := make([]any, len(all))
	for i, p := range all {
		args[i] = p.Ref
	}
	return args
}

func scanChange(r db.Row) (Change, error) {
	var c Change
	var at int64
	var fields string
	if err := r.Scan(&c.Brand, &c.Version, &c.Kind, &at, &c.By, &c.Actor, &fields, &c.Entry); err != nil {
		return Change{}, err
	}
	c.At = db.Time(at)
	return c, json.Unmarshal([]byte(fields), &c.Fields)
}

func fieldsText(fields []FieldChange) string {
	if fields == nil {
		fields = []FieldChange{}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // three texts
	}
	return string(text)
}
