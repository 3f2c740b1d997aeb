package enforce

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/evidence"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// BundleID is the identity of a bundle.
type BundleID string

// Bundle is a case's evidence as it stood at a moment, in one file that a third party can check without us; package evidence has its format.
type Bundle struct {
	ID       BundleID
	Case     CaseID
	State    BundleState
	Done     int64  // files gathered
	Files    int64  // of so many; 0 while not known
	Hash     string // of the archive, by which the blob store has it; empty until it is ready
	Size     int64  // bytes
	Manifest string // SHA-256 of the manifest
	Stamped  bool   // by a time-stamp authority
	Problem  string // why it failed: an English sentence, and a translation key
	Language string // of its index: "en" or "zh"

	AskedAt   time.Time
	AskedBy   access.UserID
	AskedName string
	ReadyAt   time.Time
}

// BundleState is how far a bundle has come.
type BundleState string

// The states of a bundle.
const (
	BundleAsked  BundleState = "asked"
	BundleMaking BundleState = "making"
	BundleReady  BundleState = "ready"
	BundleFailed BundleState = "failed" // ask for another
)

// Over reports whether nothing more will become of it.
func (b Bundle) Over() bool { return b.State == BundleReady || b.State == BundleFailed }

// Stamper puts a manifest under an authority's clock. It returns fault.Unavailable when the authority does not answer.
type Stamper interface {
	Stamp(ctx context.Context, manifest []byte) (answer []byte, err error)
}

// collected is everything a bundle is made of, read on one snapshot.
type collected struct {
	Case      Case
	Links     []Link
	Acts      []Deed
	TestBuys  []TestBuy
	Custody   []Custody
	Facts     []Fact
	Documents []CaseDocument
	Sellers   []market.Account
	Listings  []captured
}

// captured is a listing as it is stored.
type captured struct {
	Number    int // its page's
	Record    market.Record
	Opinion   detect.Opinion
	Decisions []Decision
	Notices   []Notice
	Pictures  []capturedPicture
}

// capturedPicture is a picture of a listing: a file in the bundle, or an address that was not asked.
type capturedPicture struct {
	Ref  string
	Path string // in the bundle; empty when the picture is not kept here
}

const (
	decisionsOf      = `select ` + decisionColumns + ` from decision where listing = $1 order by at, id`
	noticesOfListing = `select ` + noticeColumns + ` from notice where listing = $1 order by received_at, id`
	factsOfCase      = `select ` + factColumns + ` from fact where matter = $1 order by day, id`
)

// collect reads a case whole.
func collect(tx *db.Tx, id CaseID) (all collected, err error) {
	if all.Case, err = db.One(tx, scanCase, oneCase, string(id)); err != nil {
		return all, err
	}
	if all.Links, err = linksIn(tx, id); err != nil {
		return all, err
	}
	if all.Acts, err = db.All(tx, scanAct, actsOf, string(id)); err != nil {
		return all, err
	}
	if all.TestBuys, err = db.All(tx, scanTestBuy, testBuysOf, string(id)); err != nil {
		return all, err
	}
	if all.Custody, err = db.All(tx, scanCustody, custodyOf, string(id)); err != nil {
		return all, err
	}
	if all.Facts, err = db.All(tx, scanFact, factsOfCase, string(id)); err != nil {
		return all, err
	}
	if all.Documents, err = db.All(tx, scanCaseDocument, documentsOf, string(id)); err != nil {
		return all, err
	}
	var listings []market.ListingID
	var sellers []market.SellerID
	for _, l := range all.Links {
		switch l.Kind {
		case ListingLink:
			listings = append(listings, market.ListingID(l.Subject))
		case SellerLink:
			sellers = append(sellers, market.SellerID(l.Subject))
		}
	}
	accounts, err := market.LoadSellers(tx, sellers)
	if err != nil {
		return all, err
	}
	for _, id := range sellers {
		if a, known := accounts[id]; known {
			all.Sellers = append(all.Sellers, a)
		}
	}
	all.Listings, err = capture(tx, listings)
	return all, err
}

func capture(tx *db.Tx, ids []market.ListingID) (all []captured, err error) {
	records, err := market.Load(tx, ids)
	if err != nil {
		return nil, err
	}
	opinions, err := detect.Load(tx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		one := captured{Number: len(all) + 1, Record: records[id], Opinion: opinions[id]}
		if one.Record.ID == "" {
			continue // the marketplace has taken it away; that it was gathered is in the story
		}
		if one.Decisions, err = db.All(tx, scanDecision, decisionsOf, string(id)); err != nil {
			return nil, err
		}
		if one.Notices, err = db.All(tx, scanNotice, noticesOfListing, string(id)); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// entries is the ids of the ledger entries that the evidence rests on, each once, in the order they are first spoken of. Those of notices stay out: their bodies have the
// e-mail of whoever sent them, which is no officer's business.
func (all collected) entries() (ids []string) {
	seen := map[string]bool{"": true}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, a := range all.Acts {
		add(a.Entry)
	}
	for _, c := range all.Custody {
		add(c.Entry)
	}
	for _, f := range all.Facts {
		add(f.Entry)
	}
	for _, l := range all.Listings {
		for _, d := range l.Decisions {
			add(d.Entry)
			if d.Undone != nil {
				add(d.Undone.Entry)
			}
		}
	}
	return ids
}

//go:embed bundle.html
var bundleHTML string

// bundlePages are the pages of a bundle: "index" and "listing". They need no script, no network and no other style than their own.
var bundlePages = template.Must(template.New("bundle").Funcs(template.FuncMap{"word": func(string) string { panic("bound when it is executed") }}).Parse(bundleHTML))

// bundlePage is what a page of a bundle is rendered from.
type bundlePage struct {
	collected
	Language string
	At       time.Time
	By       string
	Listing  captured       // on a listing's page
	Numbers  map[string]int // of ledger entries in the bundle, by id
	Files    map[string]string
}

// Entry is where the ledger entry lies in the bundle.
func (p bundlePage) Entry(id string) string {
	if n := p.Numbers[id]; n > 0 {
		return fmt.Sprintf("%s%06d.json", evidence.EntriesFolder, n)
	}
	return ""
}

// CustodyOf is the chain of custody of an exhibit.
func (p bundlePage) CustodyOf(exhibit string) (lines []Custody) {
	for _, c := range p.Custody {
		if c.Exhibit == exhibit {
			lines = append(lines, c)
		}
	}
	return lines
}

// Say is a signal's evidence in the page's language.
func (p bundlePage) Say(s detect.Signal) string { return s.EvidenceIn(p.Language) }

// Time is a moment with its zone: whoever reads a bundle sits anywhere.
func (p bundlePage) Time(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Bits is a weight with its sign.
func (p bundlePage) Bits(weight float64) string { return fmt.Sprintf("%+.2f", weight) }

func (p bundlePage) render(name string) ([]byte, error) {
	pages, err := bundlePages.Clone()
	if err != nil {
		return nil, err
	}
	pages.Funcs(template.FuncMap{"word": func(english string) string {
		if chinese := bundleWords[english]; p.Language == "zh" && chinese != "" {
			return chinese
		}
		return english
	}})
	var b bytes.Buffer
	err = pages.ExecuteTemplate(&b, name, p)
	return b.Bytes(), err
}

// contents is every file of the bundle but the ledger's. Pictures and documents are read when the bundle is written.
func (c *Cases) contents(ctx context.Context, page bundlePage, progress func()) (all []evidence.Content, err error) {
	html := func(path, name, about string) error {
		content, err := page.render(name)
		if err != nil {
			return fmt.Errorf("render %s: %w", path, err)
		}
		all = append(all, evidence.Text(path, "text/html", about, content))
		progress()
		return nil
	}
	there := map[string]bool{}
	for i, l := range page.Listings {
		for _, ref := range l.Record.Images {
			one := capturedPicture{Ref: ref}
			path, err := c.picture(ctx, ref, there, &all)
			if err != nil {
				return nil, err
			}
			one.Path = path
			page.Listings[i].Pictures = append(page.Listings[i].Pictures, one)
			progress()
		}
		page.Listing = page.Listings[i]
		if err := html(fmt.Sprintf("pages/listing-%04d.html", l.Number), "listing", string(l.Record.ID)); err != nil {
			return nil, err
		}
	}
	page.Files = map[string]string{}
	for _, d := range page.Documents {
		hash, err := blob.Parse(d.Hash)
		if err != nil {
			return nil, fmt.Errorf("document %q of case %s: %w", d.Hash, page.Case.ID, err)
		}
		path := "documents/" + d.Hash + ending(d.MediaType)
		page.Files[d.Hash] = path
		all = append(all, evidence.Content{Path: path, MediaType: d.MediaType, About: d.Name, Open: func() (io.ReadCloser, error) {
			content, _, err := c.Blobs.Get(ctx, hash)
			return content, err
		}})
		progress()
	}
	if err := html("index.html", "index", page.Case.Reference); err != nil {
		return nil, err
	}
	for _, file := range []struct {
		path, about string
		content     any
	}{{"case.json", "The case for machines.", page.machine()}, {"custody.json", "Who held what, when and where.", page.Custody}} {
		raw, err := json.MarshalIndent(file.content, "", "  ")
		if err != nil {
			return nil, err
		}
		all = append(all, evidence.Text(file.path, "application/json", file.about, append(raw, '\n')))
	}
	return all, nil
}

// picture adds a listing's picture, each content once, and gives its path; empty when it is not kept here.
func (c *Cases) picture(ctx context.Context, ref string, there map[string]bool, all *[]evidence.Content) (string, error) {
	if c.Pictures == nil {
		return "", nil
	}
	content, mediaType, err := c.Pictures.Picture(ctx, ref)
	if fault.Of(err) == fault.NotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	path := "pictures/" + blob.Of(content).String() + ending(mediaType)
	if !there[path] {
		there[path] = true
		*all = append(*all, evidence.Content{Path: path, MediaType: mediaType, About: ref, Open: func() (io.ReadCloser, error) {
			content, _, err := c.Pictures.Picture(ctx, ref)
			return io.NopCloser(bytes.NewReader(content)), err
		}})
	}
	return path, nil
}

// ending is a file's, by its media type.
func ending(mediaType string) string {
	switch kind, name, _ := strings.Cut(mediaType, "/"); {
	case mediaType == "application/pdf":
		return ".pdf"
	case kind == "image" && name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' }):
		return "." + cmp.Or(map[string]string{"jpeg": "jpg"}[name], name)
	}
	return ".bin"
}

// machine is the case as case.json has it: plain values under plain names.
func (p bundlePage) machine() any {
	type object = map[string]any
	stages := object{}
	for stage, at := range p.Case.Reached {
		stages[string(stage)] = at
	}
	all := object{
		"case": object{"id": p.Case.ID, "reference": p.Case.Reference, "title": p.Case.Title, "summary": p.Case.Summary, "stage": p.Case.Stage, "closed_as": p.Case.ClosedAs,
			"organisation": p.Case.Organisation, "place": p.Case.Place, "reached": stages},
	}
	list := func(name string, one func(add func(object))) {
		rows := []object{}
		one(func(o object) { rows = append(rows, o) })
		all[name] = rows
	}
	list("links", func(add func(object)) {
		for _, l := range p.Links {
			add(object{"kind": l.Kind, "subject": l.Subject, "title": l.Title, "note": l.Note, "at": l.At, "by": l.ByName})
		}
	})
	list("story", func(add func(object)) {
		for _, a := range p.Acts {
			add(object{"at": a.At, "by": a.ByName, "kind": a.Kind, "subject": a.Subject, "words": a.Words, "entry": p.Entry(a.Entry)})
		}
	})
	list("test_buys", func(add func(object)) {
		for _, b := range p.TestBuys {
			add(object{"id": b.ID, "listing": b.Listing, "seller": b.Seller, "goods": b.Goods, "stage": b.Stage, "order": b.Order, "price": b.Price, "finding": b.Finding})
		}
	})
	list("facts", func(add func(object)) {
		for _, f := range p.Facts {
			add(object{"id": f.ID, "withdrawn": !f.Withdrawn.IsZero(), "fact": f.entry()})
		}
	})
	list("listings", func(add func(object)) {
		for _, l := range p.Listings {
			decisions, notices := []object{}, []object{}
			for _, d := range l.Decisions {
				decisions = append(decisions, object{"id": d.ID, "at": d.At, "outcome": d.Outcome, "reason": d.Reason, "automated": d.Automated(), "undone": d.Undone != nil, "entry": p.Entry(d.Entry)})
			}
			for _, n := range l.Notices {
				notices = append(notices, object{"id": n.ID, "at": n.ReceivedAt, "state": n.State, "entry": p.Entry(n.Entry)})
			}
			pictures := []object{}
			for _, one := range l.Pictures {
				pictures = append(pictures, object{"reference": one.Ref, "file": one.Path})
			}
			add(object{"page": fmt.Sprintf("pages/listing-%04d.html", l.Number), "listing": l.Record.Listing, "version": l.Record.Version, "first_seen": l.Record.FirstSeen,
				"verdict": l.Opinion.Verdict, "score": l.Opinion.Score, "signals": l.Opinion.Signals, "model": l.Opinion.Model, "decisions": decisions, "notices": notices, "pictures": pictures})
		}
	})
	return all
}
