package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/assets"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// designPage is the gallery: each component with what is hardest for it. It is for those who build pages, speaks
// English only, and is served in the demo and in tests.
type designPage struct {
	ui.Page
	Filters  ui.Filters
	Head     ui.Head
	Rows     []designRow
	Pager    ui.Pager
	Bulk     ui.Bulk
	Empty    ui.Empty
	Form     ui.Form
	Confirm  ui.Confirm
	Score    ui.Score
	Spans    []ui.Span
	Text     string
	Ranges   []ui.Range
	Tabs     []ui.Tab
	Facts    []ui.Fact
	Past     []ui.Event
	Pictures []ui.Picture
	Done     ui.Progress
	Unknown  ui.Progress
	Icons    []string
	Sizes    []string
	Toast    ui.Toast
}

type designRow struct {
	ID, Title, Seller string
	Verdict           string
	Price             float64
	Currency          string
	Score             float64
	At                time.Time
}

func (s *Server) designPage(r *http.Request) designPage {
	v, q := ui.Here(r), ui.Ask(r)
	column, down := q.Sort("-score", "title", "price", "score", "at")
	page := designPage{
		Page: ui.Page{
			Title: "Components", Lead: "Every component with what is hardest for it. Pages are made of these.", Wide: true,
			Crumbs:  []ui.Crumb{{Text: "Start", Path: "/"}, {Text: "Design", Path: "/design"}},
			Actions: []ui.Action{{Text: "Quieter", Path: "/design", Icon: "download"}, {Text: "Primary action", Path: "/design", Icon: "plus", Primary: true, Key: "n"}},
		},
		Filters: q.Filters(&ui.Find{Name: "q", Label: "Title or seller"},
			ui.Menu{Name: "verdict", Label: "Verdict", Options: []ui.Option{{Value: "review", Text: "Review", Count: 1234}, {Value: "fake", Text: "Suspected fake", Count: 87}}},
			ui.Menu{Name: "brand", Label: "Brand", Options: []ui.Option{{Value: "b1", Text: "北京回声户外运动用品有限公司", Count: -1}, {Value: "b2", Text: "Halden", Count: -1}}}),
		Head: q.Head(column, down,
			ui.Column{Key: "title", Label: "Listing"}, ui.Column{Label: "Seller"}, ui.Column{Label: "Verdict"},
			ui.Column{Key: "score", Label: "Score", Number: true}, ui.Column{Key: "price", Label: "Price", Number: true}, ui.Column{Key: "at", Label: "Listed"}),
		Rows: []designRow{
			{"L-1", "Trail runner, light grey", "Harbour Sports", "clear", 0, "EUR", 0.0004, v.Now.Add(-5 * time.Minute)},
			{"L-20417", strings.Repeat("原单 1:1 高品质复刻跑鞋 男女同款 ", 9), "福建省莆田市涵江区某某国际贸易进出口鞋业服饰箱包皮具电子商务有限责任公司第三分公司", "fake", 12345678.90, "CNY", 0.9987, v.Now.Add(-49 * time.Hour)},
			{"L-3", "Sneakers inspired by a well-known model, new in box, ships the same day from our own warehouse", "seller_0091823", "review", 4980, "JPY", 0.62, v.Now.Add(-300 * 24 * time.Hour)},
		},
		Pager: q.Pager("L-3", 3, 12345),
		Bulk: ui.Bulk{Path: "/design", Buttons: []ui.Button{
			{Text: "Approve", Icon: "check", Name: "decision", Value: "approve", Key: "a", Tone: "primary"}, {Text: "Remove", Icon: "ban", Name: "decision", Value: "remove", Key: "r", Tone: "danger"}, {Text: "Escalate", Icon: "flag"},
		}},
		Empty: ui.Empty{Icon: "circle-check", Title: "The queue is empty", Text: "New listings appear here as they are scanned.", Action: &ui.Action{Text: "See what was decided", Path: "/design"}},
		Form: ui.Form{Path: "/design", Submit: "Save brand", Cancel: "/design", Draft: "design", Fields: []ui.Field{
			{Name: "name", Label: "Name", Required: true, Hint: "As the rights holder writes it."},
			{Name: "price", Label: "Typical price", Type: "number", Min: "0", Step: "0.01"},
			{Name: "category", Label: "Category", Type: "select", Required: true, Options: []ui.Option{{Value: "", Text: "Choose"}, {Value: "shoes", Text: "Shoes"}, {Value: "bags", Text: "Bags"}}},
			{Name: "kind", Label: "Kind", Type: "radio", Required: true, Value: "word", Options: []ui.Option{{Value: "word", Text: "Word mark"}, {Value: "picture", Text: "Picture mark"}}},
			{Name: "ambiguous", Label: "The name is also an ordinary word", Type: "checkbox"},
			{Name: "note", Label: "Note", Type: "textarea", Rows: 3},
		}},
		Confirm: ui.Confirm{Label: "Delete brand", Icon: "trash", Question: "Deletes the brand and its 14 aliases. Listings keep their verdicts. This cannot be undone.", Yes: "Delete", Path: "/design", Danger: true},
		Text:    "原单 Ha1den 跑鞋 1:1 quality, same factory. Compare with Halden Aero <original>. 微信 halden8888",
		Spans: []ui.Span{
			{Start: 0, End: 2, Number: 2, Label: "word of the trade in copies: 原单"}, {Start: 3, End: 9, Number: 1, Label: "brand written with a look-alike: Halden"},
			{Start: 13, End: 24, Number: 2, Label: "word of the trade in copies: 1:1"}, {Start: 13, End: 38, Number: 3, Label: "claims a shared factory"}, {Start: 77, End: 900, Number: 4, Label: "contact outside the marketplace"},
		},
		Score: ui.Score{Value: 0.9431, Verdict: "fake", Signals: []ui.Contribution{
			{Number: 1, Label: "Brand named in disguise", Evidence: "“Ha1den” reads as “Halden”", Bits: 3.4}, {Number: 2, Label: "Words of the trade in copies", Evidence: "原单, 1:1", Bits: 2.9},
			{Number: 3, Label: "Price far below", Evidence: "CNY 199.00 against a typical CNY 799.00", Bits: 1.6}, {Number: 4, Label: "Seller known for long", Evidence: "since 2014, 98% of 4,210 ratings positive", Bits: -1.7},
		}},
		Ranges: []ui.Range{{Currency: "CNY", Low: 499, Typical: 799, Value: 199}, {Currency: "CNY", Low: 499, Typical: 799, Value: 850}, {Currency: "CNY", Low: 499, Typical: 799, Value: 12345678.90}, {Currency: "CNY", Low: 499, Typical: 799, Value: 0}},
		Tabs:   []ui.Tab{{Text: "Evidence", Path: "/design", Current: true, Count: -1}, {Text: "Seller's other listings", Path: "/design", Count: 1234}, {Text: "History", Path: "/design", Count: 3}},
		Facts:  []ui.Fact{{Label: "Seller", Value: "福建省莆田市涵江区某某国际贸易进出口鞋业服饰箱包皮具电子商务有限责任公司", Path: "/design"}, {Label: "Joined", Value: v.Day(v.Now.AddDate(-2, 0, 0))}, {Label: "Ratings", Value: v.Number(4210)}},
		Past: []ui.Event{
			{At: v.Now.Add(-2 * time.Minute), Who: "Ada Lindqvist", What: "Removed", Detail: "Counterfeit: brand named in disguise, price far below.", Icon: "ban", Tone: "bad"},
			{At: v.Now.Add(-26 * time.Hour), Who: "Ownmark", What: "Scanned: suspected fake, 94%", Icon: "eye", Tone: "warn"},
			{At: v.Now.Add(-49 * time.Hour), What: "Listed"},
		},
		Pictures: []ui.Picture{{Src: s.frame.Assets.URL("mark.svg"), Alt: "The listing's picture", Caption: "As listed"}, {Src: s.frame.Assets.URL("mark.svg"), Alt: "The picture it resembles", Caption: "Halden Aero, official, 2019"}},
		Done:     ui.Progress{Label: "Scanning", Done: 8123, Max: 12345},
		Unknown:  ui.Progress{Label: "Waiting"},
		Icons:    assets.Icons(),
		Sizes:    []string{"1", "2", "3", "4", "5"},
		Toast:    ui.Toast{Text: "3 listings removed.", Undo: &ui.Undo{Path: "/design", Key: "u"}},
	}
	page.Head.Tick = true
	page.Filters.Saved = q.Saved([]access.SavedView{{Name: "Fakes", Query: "verdict=fake"}, {Name: "All in review", Query: "verdict=review"}})
	page.Filters.Export = "/design"
	return page
}

func (s *Server) design(w http.ResponseWriter, r *http.Request) error {
	switch r.URL.Query().Get("state") {
	case "error":
		return fault.Unavailable.Say("The database does not answer. Try again later.")
	case "panic":
		panic("the gallery shows what a panic looks like")
	}
	return views.Render(w, r, s.designPage(r))
}

// designForm shows a form with its problems, and a toast after the rest.
func (s *Server) designForm(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return Unreadable(err)
	}
	if !r.PostForm.Has("note") {
		return Done(w, r, "/design", &ui.Toast{Text: "Done.", Undo: &ui.Undo{Path: "/design", Key: "u"}})
	}
	page := s.designPage(r)
	page.Form.Fill(r.PostForm)
	page.Form.Problems = []ui.Problem{{Field: "name", Text: "Give the brand a name."}, {Field: "category", Text: "Choose a category."}, {Text: v.T("ui.invalid")}}
	page.Status = http.StatusUnprocessableEntity
	return views.Render(w, r, page)
}
