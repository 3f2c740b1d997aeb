// Package ui is what pages are drawn with: the visit (who is reading, in which language, zone and theme), the words in
// English and Chinese, the layout, and the components. It knows no room and no route; package web serves it, and each
// job's folder (web/review, web/brands, …) draws with it.
//
// A job's folder embeds its *.html, *.css, en.toml and zh.toml and makes Views of them, which says which struct each
// template draws:
//
//	//go:embed *.html *.css *.toml
//	var files embed.FS
//
//	var views = ui.NewViews(files, ui.Templates{
//		"queue.html": queuePage{}, // a page: embeds ui.Page
//		"row.html":   row{},       // a fragment, drawn by itself for htmx or called by {{template "row.html" .}}
//	})
//
// A handler asks Here(r) for the visit and hands a struct to views.Render (a whole page, in the layout) or
// views.Fragment (only the piece). In a template these functions work everywhere, also within range and components:
//
//	{{T "review.title"}}                     a word; {{T "review.by" "Name" .Name}} fills {{.Name}} of the message
//	{{N "review.count" .Total}}              a plural; the message shows {{.Count}}, already grouped by locale
//	{{number .Ratings}} {{decimal .X 2}}     1,234 · 1,234.50
//	{{percent .Share}} {{compact .Views}}    97% (of 0.97) · 12.3K or 1.23万
//	{{money .Price .Currency}}               CNY 1,234.50; int64 are minor units, float64 and *float64 major units
//	{{time .At}} {{date .At}} {{ago .At}}    <time> in the person's zone, with the zone on hover; ago adds "3 h ago"
//	{{icon "eye"}}                           an icon, hidden from screen readers (assets/icons has the names)
//	{{verdict .Verdict}}                     the badge of clear, review or fake
//	{{badge "good" "check" (T "x.y")}}       any badge; tones: good bad warn info quiet
//	{{highlight .Title .Spans}}              text with its evidence marked
//	{{copy .ID}}                             a code with a button that copies it
//	{{may "brand.edit"}}                     whether the person's role has the verb (to hide what is refused anyway)
//	{{here}}                                 the Visit
//
// Components are templates whose data is a struct of this package of the same name, except where noted:
//
//	{{template "ui/head" .Head}}       table head with sort links (Head)       inside <table class="data">
//	{{template "ui/pager" .Pager}}     the way to the next page (Pager)
//	{{template "ui/filters" .Filters}} filter menus, chips and saved views (Filters)
//	{{template "ui/bulk" .Bulk}}       what can be done with the rows ticked (Bulk)
//	{{template "ui/empty" .Empty}}     nothing here, and what to do (Empty)
//	{{template "ui/problems" .Form}}   what is wrong with a form, at its top (Form)
//	{{template "ui/field" (.Form.Field …)}}  see Form
//	{{template "ui/confirm" .Confirm}} a second step without a modal (Confirm)
//	{{template "ui/score" .Score}}     score with what made it (Score)
//	{{template "ui/range" .Range}}     price against low..typical (Range)
//	{{template "ui/tabs" .Tabs}}       tabs that are links ([]Tab)
//	{{template "ui/facts" .Facts}}     a description list ([]Fact)
//	{{template "ui/timeline" .Past}}   what happened ([]Event)
//	{{template "ui/pictures" .Shots}}  a strip of pictures ([]Picture)
//	{{template "ui/progress" .Done}}   how far (Progress)
//	{{template "ui/toast" .Toast}}     for an htmx answer: says what happened, with Undo (Toast)
//
// Keys: data-key="j" on a link, button or field makes that key press it; data-key="g r" is a sequence. `?` lists them by
// their aria-label, data-key-label or text. Nothing else is needed, and nothing may depend on it.
//
// There is no inline script and no style attribute anywhere: the policy refuses them. Geometry goes into SVG attributes.
package ui
