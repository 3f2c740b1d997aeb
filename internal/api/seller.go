package api

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/market"
)

// Seller is the account behind listings as kept: the newest word for each fact.
type Seller struct {
	ListingSeller
	FirstSeen time.Time `json:"first_seen" doc:"By Ownmark."`
	UpdatedAt time.Time `json:"updated_at"`
}

// FullSeller is a seller with what it offers and sells with leave.
type FullSeller struct {
	Seller
	Listings     SellerListings  `json:"listings" doc:"How many listings it has, by verdict."`
	AuthorisedBy []Authorisation `json:"authorised_by" nullable:"false" doc:"The brands that name it as a seller of genuine goods."`
}

// SellerListings counts a seller's listings by verdict.
type SellerListings struct {
	Clear  int64 `json:"clear"`
	Review int64 `json:"review"`
	Fake   int64 `json:"fake"`
}

// SellersInput are the filters of the list of sellers.
type SellersInput struct {
	Text    string `query:"q" doc:"A seller's id, or words that name or id contain." maxLength:"500"`
	Country string `query:"country" doc:"ISO 3166-1 alpha-2." maxLength:"2"`
	Order   string `query:"order" doc:"First seen last first unless said." enum:"newest,name,ratings,joined"`
	Paging
}

func (in *SellersInput) filter() market.SellerFilter {
	order := market.SellerOrder(in.Order)
	if in.Order == "newest" {
		order = market.NewestSeller
	}
	return market.SellerFilter{Text: in.Text, Country: in.Country, Order: order, After: in.After, Limit: in.Limit}
}

// SellerInput names a seller.
type SellerInput struct {
	ID string `path:"seller" doc:"The marketplace's id of the seller, percent-encoded." maxLength:"800"`
}

type sellerOutput struct {
	Body FullSeller
}

func sellerOf(a market.Account) Seller {
	return Seller{ListingSeller: listingSellerOf(a.Seller), FirstSeen: a.FirstSeen, UpdatedAt: a.UpdatedAt}
}

func (s *Server) registerSellers() {
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/sellers", id: "list-sellers", tag: "Sellers", summary: "List sellers", verb: access.SellerRead,
	}, func(ctx context.Context, by access.User, in *SellersInput) ([]Seller, string, error) {
		page, err := s.Market.Sellers(ctx, by, in.filter())
		return each(page.Items, sellerOf), page.Next, err
	}, func(ctx context.Context, by access.User, in *SellersInput) iter.Seq2[Seller, error] {
		filter := in.filter()
		filter.After = ""
		return convert(s.Market.ExportSellers(ctx, by, filter), sellerOf)
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/sellers/{seller}", id: "get-seller", tag: "Sellers", summary: "Get a seller",
		description: "With how many listings it has by verdict, and the brands that authorised it, as far as the key may read brands.",
		verb:        access.SellerRead, problems: []int{404},
	}, s.seller)
}

func (s *Server) seller(ctx context.Context, by access.User, in *SellerInput) (*sellerOutput, error) {
	account, err := s.Market.Seller(ctx, by, market.SellerID(in.ID))
	if err != nil {
		return nil, err
	}
	tallies, err := s.Detect.TallyOf(ctx, by, []market.SellerID{account.ID})
	if err != nil {
		return nil, err
	}
	tally := tallies[account.ID]
	out := FullSeller{Seller: sellerOf(account), Listings: SellerListings{Clear: tally.Clear, Review: tally.Review, Fake: tally.Fake}, AuthorisedBy: []Authorisation{}}
	if by.Can(access.BrandRead) {
		authorised, err := s.Brands.AuthorisedFor(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		out.AuthorisedBy = append(out.AuthorisedBy, each(authorised, authorisationOf)...)
	}
	return &sellerOutput{out}, nil
}

func each[A, B any](all []A, of func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = of(a)
	}
	return out
}

func convert[A, B any](all iter.Seq2[A, error], of func(A) B) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		for a, err := range all {
			if err != nil {
				yield(*new(B), err)
				return
			}
			if !yield(of(a), nil) {
				return
			}
		}
	}
}
