package api

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Listing is an offer as the marketplace gives it.
type Listing struct {
	_           struct{}      `json:"-" additionalProperties:"true"` // keys we do not know are passed over
	ID          string        `json:"id" doc:"The marketplace's id of the listing." minLength:"1" maxLength:"200" example:"L-1001"`
	Title       string        `json:"title" minLength:"1" maxLength:"2000" example:"Running shoes, size 42"`
	Description string        `json:"description,omitempty" maxLength:"200000"`
	Brand       string        `json:"brand,omitempty" doc:"The brand that the seller declares in the structured field, if any." maxLength:"500"`
	Category    string        `json:"category,omitempty" doc:"shoes, apparel, bags, toys, electronics, appliances, watches, beauty, accessories or other; other words are mapped." maxLength:"500"`
	Price       *float64      `json:"price,omitempty" doc:"In currency." minimum:"0"`
	Currency    string        `json:"currency,omitempty" doc:"ISO 4217." example:"EUR" maxLength:"3"`
	Quantity    *int64        `json:"quantity,omitempty" doc:"Stock offered." minimum:"0"`
	Condition   string        `json:"condition,omitempty" doc:"new, used or refurbished." maxLength:"500"`
	Images      []string      `json:"images,omitempty" nullable:"false" doc:"Addresses, or blob:HASH of pictures sent here." maxItems:"200"`
	Seller      ListingSeller `json:"seller,omitzero"`
	ShipsFrom   string        `json:"ships_from,omitempty" maxLength:"500"`
	ListedAt    time.Time     `json:"listed_at,omitzero"`
	Language    string        `json:"language,omitempty" doc:"BCP 47." maxLength:"500"`
}

// ListingSeller is the account behind a listing as the marketplace describes it.
type ListingSeller struct {
	_        struct{} `json:"-" additionalProperties:"true"`
	ID       string   `json:"id,omitempty" maxLength:"200"`
	Name     string   `json:"name,omitempty" maxLength:"500"`
	Country  string   `json:"country,omitempty" doc:"ISO 3166-1 alpha-2."`
	Joined   string   `json:"joined,omitempty" doc:"The day they joined, YYYY-MM-DD."`
	Ratings  *int64   `json:"ratings,omitempty" minimum:"0"`
	Positive *float64 `json:"positive,omitempty" doc:"Share of positive ratings." minimum:"0" maximum:"1"`
}

func listingOf(l market.Listing) Listing {
	return Listing{
		ID: string(l.ID), Title: l.Title, Description: l.Description, Brand: l.Brand, Category: l.Category, Price: l.Price, Currency: l.Currency,
		Quantity: l.Quantity, Condition: l.Condition, Images: l.Images, Seller: listingSellerOf(l.Seller), ShipsFrom: l.ShipsFrom, ListedAt: l.ListedAt, Language: l.Language,
	}
}

func listingSellerOf(s market.Seller) ListingSeller {
	return ListingSeller{ID: string(s.ID), Name: s.Name, Country: s.Country, Joined: s.Joined, Ratings: s.Ratings, Positive: s.Positive}
}

// KeptListing is a listing as Ownmark keeps it.
type KeptListing struct {
	Listing
	Version    int64     `json:"version" doc:"Grows when the content changes."`
	PriceCents *int64    `json:"price_usd_cents,omitempty" doc:"The price in US cents by a table of rates, for comparing; absent without a price or a known currency."`
	FirstSeen  time.Time `json:"first_seen"`
	GivenAt    time.Time `json:"given_at" doc:"When it was last handed in, changed or not."`
	UpdatedAt  time.Time `json:"updated_at"`
	Verdict    *Opinion  `json:"verdict,omitempty" doc:"The machine's opinion; absent until it is scanned."`
	State      string    `json:"state" doc:"Where it stands in the work of people." enum:"cleared,open,escalated,settled"`
	Standing   string    `json:"standing" doc:"How the marketplace sees it by what was decided." enum:"live,labelled,demoted,restricted,removed"`
	Review     int64     `json:"review_version" doc:"What a decision sends as version, so that none is taken on what has changed."`
}

// FullListing is a listing with everything that is known of it.
type FullListing struct {
	KeptListing
	Decisions []Decision `json:"decisions" nullable:"false" doc:"Newest first, undone ones included; the last 50."`
	Ledger    []Proven   `json:"ledger" nullable:"false" doc:"The ledger entries that record what became of it, newest first."`
}

// Proven is a ledger entry with the address of its proof.
type Proven struct {
	Entry string `json:"entry"`
	Href  string `json:"href"`
	Proof string `json:"proof"`
}

func provenBy(entry string) Proven {
	href := "/api/v1/ledger/entries/" + url.PathEscape(entry)
	return Proven{Entry: entry, Href: href, Proof: href + "/proof"}
}

func keptListingOf(r market.Record, o *detect.Opinion, v *enforce.Review, language string) KeptListing {
	l := KeptListing{
		Listing: listingOf(r.Listing), Version: r.Version, FirstSeen: r.FirstSeen, GivenAt: r.GivenAt, UpdatedAt: r.UpdatedAt,
		State: string(enforce.Cleared), Standing: string(enforce.Live),
	}
	if r.Cents != market.NoPrice {
		l.PriceCents = &r.Cents
	}
	if o != nil {
		l.Verdict = new(opinionOf(*o, language))
	}
	if v != nil {
		l.State, l.Standing, l.Review = string(v.State), string(v.Standing), v.Version
	}
	return l
}

// ListingsInput are the filters of the list of listings.
type ListingsInput struct {
	Text     string    `query:"q" doc:"A listing's id, or words that title, brand, description, id, seller's id or name contain." maxLength:"500"`
	Seller   string    `query:"seller" maxLength:"200"`
	Category string    `query:"category" maxLength:"500"`
	Brand    string    `query:"brand" doc:"The declared one, whatever its case." maxLength:"500"`
	Min      int64     `query:"min_usd_cents" minimum:"0"`
	Max      int64     `query:"max_usd_cents" minimum:"0"`
	From     time.Time `query:"from" doc:"Stored at or after."`
	To       time.Time `query:"to" doc:"Stored before."`
	Order    string    `query:"order" doc:"Stored last first unless said." enum:"newest,cheapest,dearest,id"`
	Language string    `query:"language" doc:"Of the evidence." enum:"en,zh" default:"en"`
	Paging
}

func (in *ListingsInput) filter() market.ListingFilter {
	order := market.ListingOrder(in.Order)
	if in.Order == "newest" {
		order = market.NewestListing
	}
	return market.ListingFilter{
		Text: in.Text, Seller: market.SellerID(in.Seller), Category: in.Category, Brand: in.Brand, MinCents: in.Min, MaxCents: in.Max,
		From: in.From, To: in.To, Order: order, After: in.After, Limit: in.Limit,
	}
}

// ListingInput names a listing.
type ListingInput struct {
	ID       string `path:"listing" doc:"The marketplace's id of the listing, percent-encoded." maxLength:"800"`
	Language string `query:"language" doc:"Of the evidence." enum:"en,zh" default:"en"`
}

type listingOutput struct {
	Body FullListing
}

func (s *Server) registerListings() {
	schema := &huma.Schema{Type: huma.TypeObject, Required: []string{"listings"}, AdditionalProperties: false, Properties: map[string]*huma.Schema{
		"listings": {Type: huma.TypeArray, MinItems: new(1), MaxItems: new(s.Limits.Rows), Items: s.schema(reflect.TypeFor[Listing]())},
	}}
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/listings", id: "submit-listings", tag: "Listings", summary: "Hand in listings for scanning",
		description: "Takes a batch in JSON or NDJSON (one listing a line), plain or packed with gzip. Good rows go in, bad ones are told by row, field and reason; when no row is good the answer is 422. " +
			"Scanning happens afterwards: the batch tells how far it is. An Idempotency-Key becomes the batch's id where it can be one.",
		verb: access.ListingSubmit, status: http.StatusAccepted, changes: true, body: s.Limits.Batch, types: []string{typeJSON, typeNDJSON}, byRow: true,
		request: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			typeJSON: {Schema: schema}, typeNDJSON: {Schema: s.schema(reflect.TypeFor[Listing]())},
		}},
	}, s.submit)
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/listings", id: "list-listings", tag: "Listings", summary: "List listings",
		description: "With verdicts and where each stands.", verb: access.ListingRead,
	}, s.listings, func(ctx context.Context, by access.User, in *ListingsInput) iter.Seq2[KeptListing, error] {
		return s.exportListings(ctx, by, in)
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/listings/{listing}", id: "get-listing", tag: "Listings", summary: "Get a listing with all that is known of it",
		description: "Its content, the verdict with its signals, where it stands, the decisions on it, and the ledger entries with their proofs.",
		verb:        access.ListingRead, problems: []int{404},
	}, s.listing)
}

func (s *Server) listings(ctx context.Context, by access.User, in *ListingsInput) ([]KeptListing, string, error) {
	page, err := s.Market.Listings(ctx, by, in.filter())
	if err != nil {
		return nil, "", err
	}
	all, err := s.withOpinions(ctx, by, page.Items, in.Language)
	return all, page.Next, err
}

// withOpinions adds what detect and enforce know to at most 1,000 records.
func (s *Server) withOpinions(ctx context.Context, by access.User, records []market.Record, language string) ([]KeptListing, error) {
	ids := make([]market.ListingID, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	opinions, err := s.Detect.OpinionsOf(ctx, by, ids)
	if err != nil {
		return nil, err
	}
	reviews, err := s.reviewsOf(ctx, by, ids)
	if err != nil {
		return nil, err
	}
	all := make([]KeptListing, len(records))
	for i, r := range records {
		var o *detect.Opinion
		if opinion, ok := opinions[r.ID]; ok {
			o = &opinion
		}
		var v *enforce.Review
		if review, ok := reviews[r.ID]; ok {
			v = &review
		}
		all[i] = keptListingOf(r, o, v, language)
	}
	return all, nil
}

// reviewsOf is where listings stand; who may read listings may read that, with the scope of the queue or without it.
func (s *Server) reviewsOf(ctx context.Context, by access.User, ids []market.ListingID) (map[market.ListingID]enforce.Review, error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return nil, err
	}
	return s.Enforce.ReviewsOf(ctx, access.System, ids)
}

func (s *Server) exportListings(ctx context.Context, by access.User, in *ListingsInput) iter.Seq2[KeptListing, error] {
	filter := in.filter()
	filter.Limit = 200
	return db.Pages("", func(after string) (out db.Page[KeptListing], err error) {
		filter.After = after
		page, err := s.Market.Listings(ctx, by, filter)
		if err != nil {
			return out, err
		}
		out.Next = page.Next
		out.Items, err = s.withOpinions(ctx, by, page.Items, in.Language)
		return out, err
	})
}

func (s *Server) listing(ctx context.Context, by access.User, in *ListingInput) (*listingOutput, error) {
	id := market.ListingID(in.ID)
	record, err := s.Market.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	opinions, err := s.Detect.OpinionsOf(ctx, by, []market.ListingID{id})
	if err != nil {
		return nil, err
	}
	reviews, err := s.reviewsOf(ctx, by, []market.ListingID{id})
	if err != nil {
		return nil, err
	}
	decisions, err := s.Enforce.History(ctx, by, id, "", 50)
	if err != nil {
		return nil, err
	}
	history, err := s.Detect.History(ctx, by, id, "", 50)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, err
	}
	var opinion *detect.Opinion
	if o, ok := opinions[id]; ok {
		opinion = &o
	}
	var review *enforce.Review
	if v, ok := reviews[id]; ok {
		review = &v
	}
	out := FullListing{KeptListing: keptListingOf(record, opinion, review, in.Language), Decisions: []Decision{}, Ledger: []Proven{}}
	var entries []string
	for _, d := range decisions.Items {
		out.Decisions = append(out.Decisions, decisionOf(d))
		entries = append(entries, d.Entry)
		if d.Undone != nil {
			entries = append(entries, d.Undone.Entry)
		}
	}
	for _, h := range history.Items {
		entries = append(entries, h.Entry)
	}
	// Entry ids are UUIDv7: their order is that of time.
	slices.Sort(entries)
	slices.Reverse(entries)
	for _, entry := range slices.Compact(entries) {
		if entry != "" {
			out.Ledger = append(out.Ledger, provenBy(entry))
		}
	}
	return &listingOutput{out}, nil
}
