package listings

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type listPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	JSONL   string
	Empty   ui.Empty
}

// row is one listing of the list.
type row struct {
	market.Record
	Path     string
	Kind     string
	Verdict  detect.Verdict
	Score    float64
	Scanned  bool
	Brand    string
	Standing *Tag
	SellerAt string
}

// filter reads a list's address. sort is what Query.Sort says.
func filter(q ui.Query) market.ListingFilter {
	f := market.ListingFilter{
		Text: q.Get("q"), Seller: market.SellerID(q.Get("seller")), Category: q.Get("category"), Brand: q.Get("declared"),
		Order: market.ListingOrder(q.Get("sort")), After: q.After(), Limit: 50,
	}
	if cents, err := strconv.ParseInt(q.Get("min"), 10, 64); err == nil {
		f.MinCents = cents
	}
	if cents, err := strconv.ParseInt(q.Get("max"), 10, 64); err == nil {
		f.MaxCents = cents
	}
	if day, err := time.Parse(time.DateOnly, q.Get("from")); err == nil {
		f.From = day
	}
	if day, err := time.Parse(time.DateOnly, q.Get("to")); err == nil {
		f.To = day.AddDate(0, 0, 1)
	}
	return f
}

// orders of the list, as the menu shows them.
var orders = []market.ListingOrder{market.NewestListing, market.DearestListing, market.CheapestListing, market.ListingByID}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	page := listPage{Page: ui.Page{Title: v.T("listings.title"), Lead: v.T("listings.lead"), Wide: true}}
	var next string
	var total int64
	var err error
	judged := q.Get("verdict") != "" || q.Get("brand") != ""
	if judged {
		page.Rows, next, total, err = p.judged(r, v, q)
	} else {
		page.Rows, next, total, err = p.offered(r, v, q)
	}
	if err != nil {
		return err
	}
	saved, err := p.access.Views(r.Context(), v.User, "/listings")
	if err != nil {
		return err
	}
	page.Filters = p.filters(v, q)
	page.Filters.Saved = q.Saved(saved)
	page.Filters.Export = export(r, "csv")
	page.JSONL = export(r, "jsonl")
	page.Head = q.Head("", false,
		ui.Column{Label: v.T("listings.column.title")}, ui.Column{Label: v.T("listings.column.verdict")}, ui.Column{Label: v.T("listings.column.brand")},
		ui.Column{Label: v.T("listings.column.category")}, ui.Column{Label: v.T("listings.column.price"), Number: true},
		ui.Column{Label: v.T("listings.column.seller")}, ui.Column{Label: v.T("listings.column.given")})
	page.Pager = q.Pager(next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "shopping-bag", Title: v.T("listings.none"), Text: v.T("listings.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("listings.nomatch"), Text: v.T("listings.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/listings"}}
	}
	return views.Render(w, r, page)
}

// offered lists what the marketplace handed in, as market keeps it.
func (p *pages) offered(r *http.Request, v *ui.Visit, q ui.Query) (rows []row, next string, total int64, err error) {
	f := filter(q)
	page, err := p.desk.Market.Listings(r.Context(), v.User, f)
	if err != nil {
		return nil, "", 0, err
	}
	if total, err = p.desk.Market.CountListings(r.Context(), v.User, f); err != nil {
		return nil, "", 0, err
	}
	rows, err = p.rows(r, v, page.Items)
	return rows, page.Next, total, err
}

// judged lists listings by the verdict that stands, the highest score first: the way from a figure to its rows.
func (p *pages) judged(r *http.Request, v *ui.Visit, q ui.Query) (rows []row, next string, total int64, err error) {
	f := detect.Filter{Verdict: detect.Verdict(q.Get("verdict")), Seller: market.SellerID(q.Get("seller")), After: q.After(), Limit: 50}
	f.Brand = brand.ID(q.Get("brand"))
	page, err := p.desk.Detect.Opinions(r.Context(), v.User, f)
	if err != nil {
		return nil, "", 0, err
	}
	if total, err = p.desk.Detect.CountOpinions(r.Context(), v.User, f); err != nil {
		return nil, "", 0, err
	}
	ids := make([]market.ListingID, len(page.Items))
	for i, o := range page.Items {
		ids[i] = o.ID
	}
	known, err := p.desk.Market.Many(r.Context(), v.User, ids)
	if err != nil {
		return nil, "", 0, err
	}
	records := make([]market.Record, 0, len(ids))
	for _, id := range ids {
		if rec, ok := known[id]; ok {
			records = append(records, rec)
		}
	}
	rows, err = p.rows(r, v, records)
	return rows, page.Next, total, err
}

// rows adds to listings what the machine and people make of them.
func (p *pages) rows(r *http.Request, v *ui.Visit, records []market.Record) ([]row, error) {
	ids := make([]market.ListingID, len(records))
	for i, rec := range records {
		ids[i] = rec.ID
	}
	opinions, err := p.desk.Detect.OpinionsOf(r.Context(), v.User, ids)
	if err != nil {
		return nil, err
	}
	reviews, err := p.desk.Enforce.ReviewsOf(r.Context(), v.User, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(records))
	for i, rec := range records {
		o, scanned := opinions[rec.ID]
		one := row{Record: rec, Path: Path(rec.ID), Kind: CategoryName(v, rec.Category), Verdict: o.Verdict, Score: o.Score, Scanned: scanned,
			Brand: p.desk.BrandName(r.Context(), v.User, o.Brand), SellerAt: sellerPath(rec.Seller.ID)}
		if one.Brand == "" {
			one.Brand = rec.Listing.Brand
		}
		if s := reviews[rec.ID].Standing; s != "" && s != enforce.Live {
			tag := StandingTag(v, s)
			one.Standing = &tag
		}
		rows[i] = one
	}
	return rows, nil
}

// filters are the menus of the list. Verdict and brand are of detection's own index, which knows neither words nor prices:
// with them the other menus give way, so that no filter shown is one that does nothing.
func (p *pages) filters(v *ui.Visit, q ui.Query) ui.Filters {
	verdicts := ui.Menu{Name: "verdict", Label: v.T("listings.column.verdict")}
	for _, verdict := range []detect.Verdict{detect.Fake, detect.Review, detect.Clear} {
		verdicts.Options = append(verdicts.Options, ui.Option{Value: string(verdict), Text: VerdictName(v, verdict), Count: -1})
	}
	menus := []ui.Menu{verdicts}
	if id := q.Get("brand"); id != "" {
		menus = append(menus, ui.Menu{Name: "brand", Label: v.T("listings.column.brand"), Options: []ui.Option{{Value: id, Text: id, Count: -1}}})
	}
	if id := q.Get("seller"); id != "" {
		menus = append(menus, ui.Menu{Name: "seller", Label: v.T("listings.column.seller"), Options: []ui.Option{{Value: id, Text: id, Count: -1}}})
	}
	if q.Get("verdict") != "" || q.Get("brand") != "" {
		return q.Filters(nil, menus...)
	}
	categories := ui.Menu{Name: "category", Label: v.T("listings.column.category")}
	for _, c := range market.Categories {
		categories.Options = append(categories.Options, ui.Option{Value: c, Text: CategoryName(v, c), Count: -1})
	}
	sorts := ui.Menu{Name: "sort", Label: v.T("listings.sort")}
	for _, o := range orders[1:] {
		sorts.Options = append(sorts.Options, ui.Option{Value: string(o), Text: v.T("listings.sort." + string(o)), Count: -1})
	}
	return q.Filters(&ui.Find{Name: "q", Label: v.T("listings.find")}, append(menus, categories, sorts)...)
}

// export is the address of the same list as a file.
func export(r *http.Request, format string) string {
	values := r.URL.Query()
	values.Del("after")
	values.Set("format", format)
	return "/exports/listings?" + values.Encode()
}

// exported is one line of an export: the listing with what stands on it.
type exported struct {
	market.Listing
	Verdict  detect.Verdict   `json:"verdict,omitempty"`
	Score    *float64         `json:"score,omitempty"`
	Concerns string           `json:"brand_concerned,omitempty"`
	Standing enforce.Standing `json:"standing"`
}

// export streams every listing of the filter, without a cap: CSV for a spreadsheet, JSONL as scan reads it.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	write, end := Exporter(w, "listings", q.Get("format"), []string{"id", "title", "brand", "category", "price", "currency", "quantity", "condition", "seller", "seller_name", "listed_at", "verdict", "score", "brand_concerned", "standing"})
	chunk := make([]market.Record, 0, 500)
	flush := func() error {
		err := p.exportChunk(r, v.User, chunk, write)
		chunk = chunk[:0]
		return err
	}
	if q.Get("verdict") != "" || q.Get("brand") != "" {
		return p.exportJudged(r, v, q, write, end)
	}
	f := filter(q)
	f.After, f.Limit = "", 200
	for rec, err := range p.desk.Market.ExportListings(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		if chunk = append(chunk, rec); len(chunk) == cap(chunk) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return end()
}

func (p *pages) exportJudged(r *http.Request, v *ui.Visit, q ui.Query, write func(any, []string) error, end func() error) error {
	f := detect.Filter{Verdict: detect.Verdict(q.Get("verdict")), Seller: market.SellerID(q.Get("seller")), Brand: brand.ID(q.Get("brand")), Limit: 200}
	for {
		page, err := p.desk.Detect.Opinions(r.Context(), v.User, f)
		if err != nil {
			return err
		}
		ids := make([]market.ListingID, len(page.Items))
		for i, o := range page.Items {
			ids[i] = o.ID
		}
		known, err := p.desk.Market.Many(r.Context(), v.User, ids)
		if err != nil {
			return err
		}
		var chunk []market.Record
		for _, id := range ids {
			if rec, ok := known[id]; ok {
				chunk = append(chunk, rec)
			}
		}
		if err := p.exportChunk(r, v.User, chunk, write); err != nil {
			return err
		}
		if f.After = page.Next; page.Next == "" {
			return end()
		}
	}
}

func (p *pages) exportChunk(r *http.Request, by access.User, chunk []market.Record, write func(any, []string) error) error {
	ids := make([]market.ListingID, len(chunk))
	for i, rec := range chunk {
		ids[i] = rec.ID
	}
	opinions, err := p.desk.Detect.OpinionsOf(r.Context(), by, ids)
	if err != nil {
		return err
	}
	reviews, err := p.desk.Enforce.ReviewsOf(r.Context(), by, ids)
	if err != nil {
		return err
	}
	for _, rec := range chunk {
		line := exported{Listing: rec.Listing, Standing: enforce.Live}
		score, price, quantity, listed := "", "", "", ""
		if o, ok := opinions[rec.ID]; ok {
			line.Verdict, line.Score, line.Concerns = o.Verdict, &o.Score, string(o.Brand)
			score = strconv.FormatFloat(o.Score, 'f', 4, 64)
		}
		if review, ok := reviews[rec.ID]; ok && review.Standing != "" {
			line.Standing = review.Standing
		}
		if rec.Price != nil {
			price = strconv.FormatFloat(*rec.Price, 'f', -1, 64)
		}
		if rec.Quantity != nil {
			quantity = strconv.FormatInt(*rec.Quantity, 10)
		}
		if !rec.ListedAt.IsZero() {
			listed = rec.ListedAt.UTC().Format(time.RFC3339)
		}
		err := write(line, []string{string(rec.ID), rec.Title, rec.Listing.Brand, rec.Category, price, rec.Currency, quantity, rec.Condition, string(rec.Seller.ID), rec.Seller.Name,
			listed, string(line.Verdict), score, line.Concerns, string(line.Standing)})
		if err != nil {
			return err
		}
	}
	return nil
}

// Exporter begins a file of rows: JSONL when format says so, else CSV with the header and a byte order mark, which
// spreadsheets need to read Chinese. Call write for each row, then end.
func Exporter(w http.ResponseWriter, name, format string, header []string) (write func(value any, cells []string) error, end func() error) {
	begun := false
	begin := func(kind, mediaType string) {
		if begun {
			return
		}
		begun = true
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "ownmark-"+name+"."+kind))
	}
	if format == "jsonl" {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		write = func(value any, _ []string) error {
			begin("jsonl", "application/x-ndjson; charset=utf-8")
			return encoder.Encode(value)
		}
		return write, func() error { begin("jsonl", "application/x-ndjson; charset=utf-8"); return nil }
	}
	table := csv.NewWriter(w)
	head := func() error {
		if begun {
			return nil
		}
		begin("csv", "text/csv; charset=utf-8")
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
		return table.Write(header)
	}
	write = func(_ any, cells []string) error {
		if err := head(); err != nil {
			return err
		}
		for i, cell := range cells {
			cells[i] = plain(cell)
		}
		return table.Write(cells)
	}
	return write, func() error {
		if err := head(); err != nil {
			return err
		}
		table.Flush()
		return table.Error()
	}
}

// plain keeps a spreadsheet from taking a stranger's text for a formula.
func plain(cell string) string {
	if cell != "" {
		switch cell[0] {
		case '=', '+', '-', '@', '\t', '\r':
			if _, err := strconv.ParseFloat(cell, 64); err != nil {
				return "'" + cell
			}
		}
	}
	return cell
}
