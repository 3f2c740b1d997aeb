package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
)

// BrandPicture is a rights holder's own picture of genuine goods, which listings' pictures are held against.
type BrandPicture struct {
	Ref     string    `json:"ref" example:"blob:9f86d081…"`
	Caption string    `json:"caption,omitempty"`
	Quality int       `json:"quality" doc:"How much there is to recognise it by." minimum:"0" maximum:"100"`
	AddedBy string    `json:"added_by"`
	AddedAt time.Time `json:"added_at"`
}

func brandPictureOf(p brand.Picture) BrandPicture {
	return BrandPicture{Ref: p.Ref, Caption: p.Caption, Quality: p.Quality, AddedBy: p.AddedBy, AddedAt: p.AddedAt}
}

// Likeness is how near two pictures are.
type Likeness struct {
	Near     string `json:"near" enum:"same,very-near,near"`
	Distance int    `json:"distance" doc:"Bits of 256 that differ." minimum:"0" maximum:"31"`
	Mirrored bool   `json:"mirrored"`
	Turned   bool   `json:"turned" doc:"By a quarter or more, and not mirrored."`
}

func likenessOf(l detect.Likeness) Likeness {
	return Likeness{Near: string(l.Closeness()), Distance: l.Distance, Mirrored: l.Turn.Mirrored(), Turned: l.Turn != 0 && !l.Turn.Mirrored()}
}

// FoundListing is a listing with a picture near to the one looked for.
type FoundListing struct {
	Listing string `json:"listing"`
	Seller  string `json:"seller,omitempty"`
	Ref     string `json:"ref" doc:"Of the picture there; the listing may have changed it since."`
	Fake    bool   `json:"fake" doc:"A person found the listing to be a fake, and that stands."`
	Likeness
}

// FoundReference is a rights holder's picture near to the one looked for.
type FoundReference struct {
	Brand string `json:"brand"`
	Ref   string `json:"ref"`
	Likeness
}

// FoundPictures is what a search by picture finds.
type FoundPictures struct {
	References []FoundReference `json:"references" nullable:"false" doc:"Rights holders' pictures, of each brand the nearest."`
	Listings   []FoundListing   `json:"listings" nullable:"false" doc:"The nearest first, at most 200."`
	More       bool             `json:"more" doc:"There are other listings than those."`
	Held       int              `json:"held" doc:"How many pictures of listings were looked through: the newest."`
}

type foundOutput struct{ Body FoundPictures }

func foundOf(found detect.PicturesFound) *foundOutput {
	out := FoundPictures{References: []FoundReference{}, Listings: []FoundListing{}, More: found.More, Held: found.Held}
	for _, r := range found.References {
		out.References = append(out.References, FoundReference{string(r.Brand), r.Ref, likenessOf(r.Likeness)})
	}
	for _, l := range found.Listings {
		out.Listings = append(out.Listings, FoundListing{string(l.Listing), string(l.Seller), l.Ref, l.Fake, likenessOf(l.Likeness)})
	}
	return &foundOutput{out}
}

// AddPictureInput is a picture of a brand on its way in.
type AddPictureInput struct {
	BrandInput
	Caption string `query:"caption" doc:"The model, where the picture was published." maxLength:"800"`
}

// BrandPicturesInput pages through a brand's pictures.
type BrandPicturesInput struct {
	BrandInput
	Paging
}

// BrandPictureInput names a picture of a brand.
type BrandPictureInput struct {
	BrandInput
	Hash string `path:"hash" doc:"The 64 hexadecimal digits of its ref." maxLength:"100"`
}

type brandPictureOutput struct{ Body BrandPicture }

func (s *Server) registerFound() {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/brands/{brand}/pictures", id: "list-brand-pictures", tag: "Brands", summary: "List a brand's own pictures",
		description: "The newest first.", verb: access.BrandRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *BrandPicturesInput) ([]BrandPicture, string, error) {
		page, err := s.Brands.Pictures(ctx, by, brand.ID(in.ID), brand.PictureFilter{After: in.After, Limit: in.Limit})
		return each(page.Items, brandPictureOf), page.Next, err
	}, nil)
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/brands/{brand}/pictures", id: "add-brand-picture", tag: "Brands", summary: "Add a picture of genuine goods",
		description: "Where a seller who is not authorised shows it, mirrored, cropped or saved anew, it is told as evidence; all listings are looked at again. Again with another caption changes that.",
		verb:        access.BrandEdit, status: http.StatusCreated, changes: true, body: s.Limits.Picture, types: pictureTypes, problems: []int{404},
		request: &huma.RequestBody{Required: true, Content: media(binary, pictureTypes...)},
	}, s.addBrandPicture)
	register(s, operation{
		method: http.MethodDelete, path: "/api/v1/brands/{brand}/pictures/{hash}", id: "remove-brand-picture", tag: "Brands", summary: "Remove a picture of a brand",
		description: "One that the brand does not have is no error.", verb: access.BrandEdit, status: http.StatusNoContent, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *BrandPictureInput) (*emptyOutput, error) {
		return nil, s.Brands.RemovePicture(ctx, by, brand.ID(in.ID), "blob:"+in.Hash)
	})
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/pictures/search", id: "find-picture", tag: "Pictures", summary: "Find listings by a picture",
		description: "Listings that show, or have shown, the picture or one near to it, however it was turned or mirrored; and rights holders' pictures. The picture is not kept.",
		verb:        access.ListingRead, body: s.Limits.Picture, types: pictureTypes,
		request: &huma.RequestBody{Required: true, Content: media(binary, pictureTypes...)},
	}, func(ctx context.Context, by access.User, _ *struct{}) (*foundOutput, error) {
		found, err := s.Detect.FindPicture(ctx, by, callOf(ctx).body)
		if err != nil {
			return nil, err
		}
		return foundOf(found), nil
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/pictures/{hash}/listings", id: "find-kept-picture", tag: "Pictures", summary: "Find listings by a picture kept here",
		verb: access.ListingRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *PictureInput) (*foundOutput, error) {
		found, err := s.Detect.FindPictureOf(ctx, by, "blob:"+in.Hash)
		if err != nil {
			return nil, err
		}
		return foundOf(found), nil
	})
}

func (s *Server) addBrandPicture(ctx context.Context, by access.User, in *AddPictureInput) (*brandPictureOutput, error) {
	added, err := s.Brands.AddPictures(ctx, by, brand.ID(in.ID), brand.Upload{Content: callOf(ctx).body, Caption: in.Caption})
	if err != nil {
		return nil, err
	}
	return &brandPictureOutput{brandPictureOf(added[0])}, nil
}
