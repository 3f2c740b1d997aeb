package detect

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
)

const (
	picturesIn    = `select ref, hashes, quality, trouble, learnt_at from picture where ref in `
	writePictures = `insert into picture (ref, hashes, quality, trouble, learnt_at) values `
	overPictures  = ` on conflict (ref) do nothing`
	// The newest first, for who begins; the oldest first, for who reads on.
	picturesBefore = `select ref, hashes, quality, trouble, learnt_at from picture where hashes <> '' and (learnt_at, ref) < ($1, $2) order by learnt_at desc, ref desc limit $3`
	picturesAfter  = `select ref, hashes, quality, trouble, learnt_at from picture where hashes <> '' and (learnt_at, ref) > ($1, $2) order by learnt_at, ref limit $3`

	writeUses = `insert into picture_use (hash, seller, listing, ref) values `
	overUses  = ` on conflict (hash, seller, listing, ref) do nothing returning hash, seller, listing, ref`
	// The key has all of its columns: it is read alone.
	spreadOf             = `select hash, seller, min(listing), min(ref) from picture_use where seller <> '' and hash in `
	spreadGroup          = ` group by hash, seller order by hash, seller limit 20000`
	usesOf               = `select hash, seller, listing, ref from picture_use where hash in `
	usesOrder            = ` order by hash, seller, listing, ref limit 2000`
	listingsShowing      = `select distinct listing from picture_use where hash in `
	listingsShowingOrder = ` order by listing limit 201`
	refsOf               = `select distinct ref from picture_use where listing = $1 order by ref limit $2`

	writeFakes = `insert into picture_fake (ref, listing, views, at) values `
	overFakes  = ` on conflict (ref, listing) do update set views = excluded.views, at = excluded.at`
	fakesAfter = `select ref, listing, views, at from picture_fake where (at, ref, listing) > ($1, $2, $3) order by at, ref, listing limit $4`

	fakesOf = `select ref, listing, views, at from picture_fake where listing = $1 order by ref`

	// Those of the listings that stand as found to be fakes, with the brand that each was a fake of.
	standingFakes = `select listing, max(brand) from finding where finding = 'fake' and overturned_at = 0 and listing in `
)

// knownPicture is what was learnt of a picture.
type knownPicture struct {
	ref     string
	hashes  []photo.Hash // of the picture and of what is inside its border; none when it cannot be matched
	quality int
	trouble trouble
	at      int64 // microseconds
}

// trouble is why a picture cannot be matched.
type trouble string

const (
	noTrouble trouble = ""
	tooLarge  trouble = "too-large"
	damaged   trouble = "damaged" // or of a kind that is not read
	tooLittle trouble = "too-little"
)

func scanKnownPicture(r db.Row) (p knownPicture, err error) {
	var text string
	if err := r.Scan(&p.ref, &text, &p.quality, &p.trouble, &p.at); err != nil {
		return p, err
	}
	p.hashes, err = hashesOf(text)
	return p, err
}

// hashesOf reads what hashesText writes.
func hashesOf(text string) (all []photo.Hash, err error) {
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

func loadPictures(tx *db.Tx, refs []string) (map[string]knownPicture, error) {
	all := make(map[string]knownPicture, len(refs))
	for some := range slices.Chunk(refs, rowsAtOnce) {
		rows, err := db.All(tx, scanKnownPicture, picturesIn+db.In(1, len(some)), arguments(some)...)
		if err != nil {
			return nil, err
		}
		for _, p := range rows {
			all[p.ref] = p
		}
	}
	return all, nil
}

func keepPictures(tx *db.Tx, all []knownPicture) error {
	for some := range slices.Chunk(all, rowsAtOnce) {
		args := make([]any, 0, len(some)*5)
		for _, p := range some {
			args = append(args, p.ref, hashesText(p.hashes), int64(p.quality), string(p.trouble), db.Micros(tx.Now()))
		}
		if _, err := tx.Exec(writePictures+db.Values(len(some), 5)+overPictures, args...); err != nil {
			return err
		}
	}
	return nil
}

// pictureUse is a listing that shows or has shown a picture.
type pictureUse struct {
	hash    photo.Hash
	seller  market.SellerID
	listing market.ListingID
	ref     string
}

// compare orders uses as their key does.
func (u pictureUse) compare(other pictureUse) int {
	return cmp.Or(bytes.Compare(u.hash[:], other.hash[:]), strings.Compare(string(u.seller), string(other.seller)),
		strings.Compare(string(u.listing), string(other.listing)), strings.Compare(u.ref, other.ref))
}

func scanUse(r db.Row) (u pictureUse, err error) {
	var hash string
	if err := r.Scan(&hash, &u.seller, &u.listing, &u.ref); err != nil {
		return u, err
	}
	u.hash, err = photo.Parse(hash)
	return u, err
}

// keepUses keeps uses and gives those that are new.
func keepUses(tx *db.Tx, all []pictureUse) (added []pictureUse, err error) {
	for some := range slices.Chunk(all, rowsAtOnce) {
		args := make([]any, 0, len(some)*4)
		for _, u := range some {
			args = append(args, u.hash.String(), string(u.seller), string(u.listing), u.ref)
		}
		rows, err := db.All(tx, scanUse, writeUses+db.Values(len(some), 4)+overUses, args...)
		if err != nil {
			return nil, err
		}
		added = append(added, rows...)
	}
	return added, nil
}

func hashArguments(hashes []photo.Hash) []any {
	args := make([]any, len(hashes))
	for i, h := range hashes {
		args[i] = h.String()
	}
	return args
}

// loadSpread is who shows pictures of the hashes, a row a seller.
func loadSpread(tx *db.Tx, hashes []photo.Hash) (map[photo.Hash][]pictureUse, error) {
	all := map[photo.Hash][]pictureUse{}
	for some := range slices.Chunk(hashes, rowsAtOnce) {
		rows, err := db.All(tx, scanUse, spreadOf+db.In(1, len(some))+spreadGroup, hashArguments(some)...)
		if err != nil {
			return nil, err
		}
		for _, u := range rows {
			all[u.hash] = append(all[u.hash], u)
		}
	}
	return all, nil
}

// fakePicture is a picture of a listing that was found to be a fake.
type fakePicture struct {
	ref     string
	listing market.ListingID
	views   []photo.Hash
	at      int64 // microseconds
}

func scanFakePicture(r db.Row) (f fakePicture, err error) {
	var views string
	if err := r.Scan(&f.ref, &f.listing, &views, &f.at); err != nil {
		return f, err
	}
	f.views, err = hashesOf(views)
	return f, err
}

func keepFakes(tx *db.Tx, all []fakePicture) error {
	if len(all) == 0 {
		return nil
	}
	args := make([]any, 0, len(all)*4)
	for _, f := range all {
		args = append(args, f.ref, string(f.listing), hashesText(f.views), db.Micros(tx.Now()))
	}
	_, err := tx.Exec(writeFakes+db.Values(len(all), 4)+overFakes, args...)
	return err
}

// loadFakes is those of the listings that stand as fakes, with the brand of each.
func loadFakes(tx *db.Tx, ids []market.ListingID) (map[market.ListingID]brand.ID, error) {
	all := map[market.ListingID]brand.ID{}
	for some := range slices.Chunk(ids, rowsAtOnce) {
		_, err := db.All(tx, func(r db.Row) (nothing, error) {
			var id market.ListingID
			var of brand.ID
			err := r.Scan(&id, &of)
			all[id] = of
			return nothing{}, err
		}, standingFakes+db.In(1, len(some))+` group by listing`, arguments(some)...)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
