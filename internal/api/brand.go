package api

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
)

// BrandWords are what of a brand can be written.
type BrandWords struct {
	Name        string           `json:"name" minLength:"1" maxLength:"200"`
	Aliases     []string         `json:"aliases,omitempty" nullable:"false" doc:"Sub-brands, transliterations, nicknames." maxItems:"500"`
	Categories  []string         `json:"categories,omitempty" nullable:"false" doc:"Where the brand sells."`
	NiceClasses []int            `json:"nice_classes,omitempty" nullable:"false" doc:"Of the registered marks, 1 to 45."`
	Ambiguous   bool             `json:"ambiguous,omitempty" doc:"The name is also an ordinary word."`
	Prices      map[string]Price `json:"prices,omitempty" doc:"What genuine new goods cost, by category."`
	Note        string           `json:"note,omitempty" maxLength:"2000"`
}

// Price is what genuine new goods of a brand cost in one category.
type Price struct {
	Currency string  `json:"currency" doc:"ISO 4217."`
	Low      float64 `json:"low" doc:"About the 5th percentile."`
	Typical  float64 `json:"typical" doc:"The median."`
}

// BrandSummary is a brand without its sellers.
type BrandSummary struct {
	ID string `json:"id"`
	BrandWords
	Organisation string    `json:"organisation,omitempty" doc:"The rights holder; absent when nobody has claimed the brand."`
	Sellers      int64     `json:"sellers" doc:"How many are authorised now."`
	Version      int64     `json:"version" doc:"Also the ETag."`
	UpdatedAt    time.Time `json:"updated_at"`
	UpdatedBy    string    `json:"updated_by,omitempty"`
	Archived     time.Time `json:"archived,omitzero" doc:"Since when it is no longer protected."`
}

// Brand is a mark or family of marks under protection.
type Brand struct {
	BrandSummary
	AuthorisedSellers []string `json:"authorised_sellers" nullable:"false" doc:"The marketplace's ids of the sellers authorised now."`
}

// Authorisation is a rights holder's word that a seller sells genuine goods of a brand.
type Authorisation struct {
	Brand   string    `json:"brand"`
	Seller  string    `json:"seller"`
	From    time.Time `json:"from,omitzero" doc:"In force from then on; absent: always was."`
	To      time.Time `json:"to,omitzero" doc:"In force until then; absent: without end."`
	Note    string    `json:"note,omitempty"`
	AddedBy string    `json:"added_by,omitempty"`
	AddedAt time.Time `json:"added_at,omitzero"`
	InForce bool      `json:"in_force"`
}

func authorisationOf(a brand.Authorisation) Authorisation {
	return Authorisation{Brand: string(a.Brand), Seller: a.Seller, From: a.From, To: a.To, Note: a.Note, AddedBy: a.AddedBy, AddedAt: a.AddedAt, InForce: a.InForce}
}

func brandSummaryOf(b brand.Summary) BrandSummary {
	out := BrandSummary{
		ID: string(b.ID), Organisation: string(b.Organisation), Sellers: b.Sellers, Version: b.Version, UpdatedAt: b.UpdatedAt, UpdatedBy: b.UpdatedBy, Archived: b.Archived,
		BrandWords: BrandWords{Name: b.Name, Aliases: b.Aliases, Categories: b.Categories, NiceClasses: b.NiceClasses, Ambiguous: b.Ambiguous, Note: b.Note},
	}
	if len(b.Prices) > 0 {
		out.Prices = map[string]Price{}
		for category, p := range b.Prices {
			out.Prices[category] = Price(p)
		}
	}
	return out
}

func brandOf(b brand.Brand) Brand {
	return Brand{
		BrandSummary:      brandSummaryOf(brand.Summary{Brand: b, Sellers: int64(len(b.AuthorisedSellers))}),
		AuthorisedSellers: append([]string{}, b.AuthorisedSellers...),
	}
}

func (w BrandWords) brand(id string) brand.Brand {
	b := brand.Brand{ID: brand.ID(id), Name: w.Name, Aliases: w.Aliases, Categories: w.Categories, NiceClasses: w.NiceClasses, Ambiguous: w.Ambiguous, Note: w.Note}
	if len(w.Prices) > 0 {
		b.Prices = map[string]brand.Price{}
		for category, p := range w.Prices {
			b.Prices[category] = brand.Price(p)
		}
	}
	return brand.Clean(b)
}

// BrandsInput are the filters of the list of brands.
type BrandsInput struct {
	Text     string `query:"q" doc:"Words that name, aliases or id contain." maxLength:"500"`
	Category string `query:"category" maxLength:"100"`
	Org      string `query:"organisation" doc:"Of this rights holder." maxLength:"100"`
	Mine     bool   `query:"mine" doc:"Of the key's own organisation."`
	Archived bool   `query:"archived" doc:"The archived ones instead."`
	Paging
}

func (in *BrandsInput) filter() brand.Filter {
	return brand.Filter{Text: in.Text, Category: in.Category, Organisation: access.OrgID(in.Org), Mine: in.Mine, Archived: in.Archived, After: in.After, Limit: in.Limit}
}

// BrandInput names a brand.
type BrandInput struct {
	ID string `path:"brand" maxLength:"400"`
}

// PutBrandInput is a brand to be written.
type PutBrandInput struct {
	BrandInput
	IfMatch     string `header:"If-Match" doc:"The ETag that was read: the brand is changed only if it is still that." maxLength:"100"`
	IfNoneMatch string `header:"If-None-Match" doc:"* makes a new brand and changes none that there is." enum:"*"`
	Body        BrandWords
}

// ImportInput says how brands are imported.
type ImportInput struct {
	DryRun bool `query:"dry_run" doc:"Only say what would happen."`
}

// AuthoriseInput names a seller of genuine goods.
type AuthoriseInput struct {
	BrandInput
	Seller string `path:"seller" doc:"The marketplace's id of the seller, percent-encoded." maxLength:"800"`
	Body   struct {
		From time.Time `json:"from,omitzero"`
		To   time.Time `json:"to,omitzero"`
		Note string    `json:"note,omitempty" maxLength:"2000"`
	}
}

// BrandSellerInput names a seller of a brand.
type BrandSellerInput struct {
	BrandInput
	Seller string `path:"seller" maxLength:"800"`
}

// BrandSellersInput are the filters of a brand's sellers.
type BrandSellersInput struct {
	BrandInput
	Text string `query:"q" doc:"A seller's id that begins with this." maxLength:"200"`
	Paging
}

// ImportReport is what an import did, or would do.
type ImportReport struct {
	DryRun         bool           `json:"dry_run"`
	AddedCount     int            `json:"added_count"`
	ChangedCount   int            `json:"changed_count"`
	UnchangedCount int            `json:"unchanged_count"`
	BadCount       int            `json:"bad_count"`
	Added          []string       `json:"added" nullable:"false" doc:"Ids; at most 1,000."`
	Changed        []ChangedBrand `json:"changed" nullable:"false" doc:"At most 1,000."`
	Bad            []BadRow       `json:"bad" nullable:"false" doc:"At most 1,000."`
}

// ChangedBrand is how a brand of the file differs from the one kept.
type ChangedBrand struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Fields []ChangedField `json:"fields" nullable:"false"`
}

// ChangedField is a field before and after, as people read it.
type ChangedField struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

type (
	brandOutput struct {
		Status int
		ETag   string `header:"ETag"`
		Body   Brand
	}
	reportOutput struct{ Body ImportReport }
	emptyOutput  struct{}
)

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

func (s *Server) registerBrands() {
	registerListAs(s, operation{
		method: http.MethodGet, path: "/api/v1/brands", id: "list-brands", tag: "Brands", summary: "List brands",
		description: "By name, without their sellers. A line of NDJSON is a brand with its authorised sellers, in the form that import takes.", verb: access.BrandRead,
	}, func(ctx context.Context, by access.User, in *BrandsInput) ([]BrandSummary, string, error) {
		page, err := s.Brands.Brands(ctx, by, in.filter())
		return each(page.Items, brandSummaryOf), page.Next, err
	}, func(ctx context.Context, by access.User, in *BrandsInput) iter.Seq2[BrandLine, error] {
		filter := in.filter()
		filter.After = ""
		return convert(s.Brands.Export(ctx, by, filter), brandLineOf)
	})
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/brands/import", id: "import-brands", tag: "Brands", summary: "Import brands",
		description: "Takes brands as NDJSON or CSV, in one transaction: new ones are added, those that differ are changed, bad ones are told, and brands that are not named stay. With dry_run=true nothing happens and the answer says what would.",
		verb:        access.BrandEdit, changes: true, body: s.Limits.Batch, types: []string{typeNDJSON, typeCSV},
		request: &huma.RequestBody{Required: true, Content: media(&huma.Schema{Type: huma.TypeString}, typeNDJSON, typeCSV)},
	}, s.importBrands)
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/brands/{brand}", id: "get-brand", tag: "Brands", summary: "Get a brand", verb: access.BrandRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *BrandInput) (*brandOutput, error) {
		b, err := s.Brands.Get(ctx, by, brand.ID(in.ID))
		if err != nil {
			return nil, err
		}
		return &brandOutput{http.StatusOK, etag(b.Version), brandOf(b)}, nil
	})
	register(s, operation{
		method: http.MethodPut, path: "/api/v1/brands/{brand}", id: "put-brand", tag: "Brands", summary: "Write a brand",
		description: "Replaces the brand's words, categories, prices and note; its sellers stay, they have operations of their own. With If-None-Match: * a new brand is made (201).",
		verb:        access.BrandEdit, body: s.Limits.Body, problems: []int{404, 409, 412, 428},
	}, s.putBrand)
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/brands/{brand}/sellers", id: "list-brand-sellers", tag: "Brands", summary: "List a brand's authorised sellers",
		description: "By seller, those whose dates are not now included.", verb: access.BrandRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *BrandSellersInput) ([]Authorisation, string, error) {
		page, err := s.Brands.Sellers(ctx, by, brand.ID(in.ID), brand.SellerFilter{Text: in.Text, After: in.After, Limit: in.Limit})
		return each(page.Items, authorisationOf), page.Next, err
	}, nil)
	register(s, operation{
		method: http.MethodPut, path: "/api/v1/brands/{brand}/sellers/{seller}", id: "authorise-seller", tag: "Brands", summary: "Authorise a seller",
		description: "Again with other dates or another note replaces them.", verb: access.BrandEdit, status: http.StatusNoContent, body: s.Limits.Body, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *AuthoriseInput) (*emptyOutput, error) {
		return nil, s.Brands.Authorise(ctx, by, brand.ID(in.ID), brand.Authorisation{Brand: brand.ID(in.ID), Seller: in.Seller, From: in.Body.From, To: in.Body.To, Note: in.Body.Note})
	})
	register(s, operation{
		method: http.MethodDelete, path: "/api/v1/brands/{brand}/sellers/{seller}", id: "unauthorise-seller", tag: "Brands", summary: "Take a seller off the list",
		description: "A seller who is not on it is no error.", verb: access.BrandEdit, status: http.StatusNoContent, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *BrandSellerInput) (*emptyOutput, error) {
		return nil, s.Brands.Unauthorise(ctx, by, brand.ID(in.ID), in.Seller)
	})
}

// BrandLine is a brand as a brands file has it.
type BrandLine struct {
	ID string `json:"id"`
	BrandWords
	AuthorisedSellers []string `json:"authorised_sellers,omitempty" nullable:"false"`
}

func brandLineOf(b brand.Brand) BrandLine {
	return BrandLine{ID: string(b.ID), BrandWords: brandOf(b).BrandWords, AuthorisedSellers: b.AuthorisedSellers}
}

func (s *Server) putBrand(ctx context.Context, by access.User, in *PutBrandInput) (*brandOutput, error) {
	b := in.Body.brand(in.ID)
	switch {
	case in.IfMatch == "" && in.IfNoneMatch == "":
		return nil, newProblem(http.StatusPreconditionRequired, "Send If-Match with the ETag that you read, or If-None-Match: * for a new brand.", ProblemError{Location: "header.If-Match", Field: "If-Match", Message: "missing"})
	case in.IfMatch != "" && in.IfNoneMatch != "":
		return nil, newProblem(http.StatusUnprocessableEntity, "Send If-Match or If-None-Match, not both.", ProblemError{Location: "header.If-None-Match", Field: "If-None-Match", Message: "not together with If-Match"})
	case in.IfNoneMatch != "":
		made, err := s.Brands.Create(ctx, by, b)
		if errors.Is(err, fault.Conflict) {
			return nil, newProblem(http.StatusPreconditionFailed, "There is a brand with this id already.", ProblemError{Location: "path.brand", Field: "brand", Message: "taken"})
		}
		if err != nil {
			return nil, err
		}
		return &brandOutput{http.StatusCreated, etag(made.Version), brandOf(made)}, nil
	}
	version, err := strconv.ParseInt(strings.Trim(in.IfMatch, `"`), 10, 64)
	if err != nil || version <= 0 || in.IfMatch != etag(version) {
		return nil, newProblem(http.StatusPreconditionFailed, "If-Match is none of this brand's ETags.", ProblemError{Location: "header.If-Match", Field: "If-Match", Message: `as in "7"`})
	}
	was, err := s.Brands.Get(ctx, by, b.ID)
	if err != nil {
		return nil, err
	}
	b.Version, b.Organisation = version, was.Organisation
	saved, err := s.Brands.Save(ctx, by, b)
	if f, ok := fault.As(err); ok && f.Kind == fault.Conflict {
		return nil, newProblem(http.StatusPreconditionFailed, f.Message(), ProblemError{Location: "header.If-Match", Field: "If-Match", Message: "not the version there is"})
	}
	if err != nil {
		return nil, err
	}
	if saved.AuthorisedSellers == nil {
		saved.AuthorisedSellers = was.AuthorisedSellers
	}
	return &brandOutput{http.StatusOK, etag(saved.Version), brandOf(saved)}, nil
}

func (s *Server) importBrands(ctx context.Context, by access.User, in *ImportInput) (*reportOutput, error) {
	call := callOf(ctx)
	name := "body.jsonl"
	if call.contentType == typeCSV {
		name = "body.csv"
	} else {
		for line := range lines(call.body) {
			if err := checkDepth(line, s.Limits.Depth); err != nil {
				return nil, err
			}
		}
	}
	brands, err := brand.Read(bytes.NewReader(call.body), name)
	if err != nil {
		return nil, err
	}
	report, err := s.Brands.Import(ctx, by, brands, in.DryRun)
	if err != nil {
		return nil, err
	}
	out := ImportReport{
		DryRun: report.DryRun, AddedCount: len(report.Added), ChangedCount: len(report.Changed), UnchangedCount: report.Unchanged, BadCount: len(report.Bad),
		Added:   each(first1000(report.Added), func(id brand.ID) string { return string(id) }),
		Changed: each(first1000(report.Changed), changedOf), Bad: []BadRow{},
	}
	for _, bad := range first1000(report.Bad) {
		for _, problem := range bad.Problems {
			out.Bad = append(out.Bad, BadRow{Row: bad.Row, ID: string(bad.ID), Field: problem.Field, Reason: problem.Message()})
		}
	}
	return &reportOutput{out}, nil
}

func first1000[T any](all []T) []T { return all[:min(len(all), maxTold)] }

func changedOf(d brand.Difference) ChangedBrand {
	return ChangedBrand{ID: string(d.ID), Name: d.Name, Fields: each(d.Fields, func(f brand.FieldChange) ChangedField { return ChangedField(f) })}
}
