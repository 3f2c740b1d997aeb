package apply

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type visitPage struct {
	ui.Page
	Visit   cultivate.Visit
	Tag     makers.Badge
	Facts   []ui.Fact
	Sheet   *sheet // nil once the report was handed in, and for who does not write it
	Lines   []visitLine
	Said    []ui.Fact // the report's end
	Photos  []photo
	Camera  *camera // nil where no photo can be added
	Gaps    []gap
	Handing *handing
	Judge   *ui.Form // nil for who may not approve it
}

// visitLine is a line of a report beside what the firm declared.
type visitLine struct {
	Title, Note string
	Finding     makers.Badge
	Declared    []ui.Fact
	Photos      []ui.Picture
}

type photo struct{ Src, Alt, Line, Place, Remove string }

// camera is the form that takes photos. Those that could not be sent wait in this browser and go when the line is back.
type camera struct {
	Path  string
	Lines []ui.Option
}

func (p *pages) visit(w http.ResponseWriter, r *http.Request) error {
	return p.showVisit(w, r, nil, nil)
}

// showVisit draws a visit; collisions are answers that were not kept, problem what was wrong with the judgement.
func (p *pages) showVisit(w http.ResponseWriter, r *http.Request, collisions []cultivate.Collision, problem error) error {
	v := ui.Here(r)
	d, err := p.Cultivate.Visit(r.Context(), v.User, cultivate.VisitID(r.PathValue("visit")))
	if err != nil {
		return err
	}
	visit := d.Visit
	page := visitPage{Page: ui.Page{Title: d.Maker.Name, Wide: true, Crumbs: []ui.Crumb{{Text: v.T("apply.visits"), Path: visitsRoot}}}, Visit: visit, Tag: visitTag(v, visit.State)}
	page.Facts = []ui.Fact{{Label: v.T("apply.visit.day"), Value: visit.Day}, {Label: v.T("apply.visit.inspector"), Value: visit.InspectorName}, {Label: v.T("apply.visit.declared"), Value: v.T("apply.application"), Path: makers.Path(d.Maker.ID, "application")}}
	if visit.Note != "" {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("apply.visit.note"), Value: visit.Note})
	}
	if one := visit.Reported; one != nil {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("apply.visit.reported"), Value: one.ByName + " · " + v.Clock(one.At)}, ui.Fact{Label: v.T("apply.visit.digest"), Value: one.Digest})
	}
	if one := visit.Judged; one != nil {
		page.Facts = append(page.Facts, ui.Fact{Label: page.Tag.Text, Value: one.ByName + " · " + v.Clock(one.At)})
		if one.Why != "" {
			page.Facts = append(page.Facts, ui.Fact{Label: v.T("apply.visit.why"), Value: one.Why})
		}
	}
	writes := visit.State.Open() && v.User.Can(access.VisitWork) && v.User.Answerable() == visit.Inspector
	names := map[string]string{}
	for _, l := range cultivate.VisitLines() {
		names[l.Name] = l.Words.In(v.Language)
	}
	for i, one := range d.Photos {
		path := visitPath(visit.ID, "photos/"+one.ID)
		shown := photo{Src: path, Alt: v.T("apply.visit.photo", "Number", i+1), Line: names[one.Line], Place: one.Place}
		if writes {
			shown.Remove = path + "/remove"
		}
		page.Photos = append(page.Photos, shown)
	}
	if writes {
		p.writing(v, &page, d, collisions)
	} else {
		page.Lines, page.Said = readVisit(v, d), saidOf(v, d)
	}
	if visit.State == cultivate.VisitReported && v.User.May(access.VisitApprove, "") == nil && v.User.Answerable() != visit.Inspector && v.User.Answerable() != visit.Reported.By {
		page.Judge = &ui.Form{Path: visitPath(visit.ID, "judgement"), Fields: []ui.Field{{Name: "why", Label: v.T("apply.visit.say"), Hint: v.T("apply.visit.say.hint"), Type: "textarea", Rows: 3, Max: "2000"}, versionField(visit.Version)}}
	}
	if problem != nil {
		if page.Judge == nil {
			return problem
		}
		page.Status = web.Status(problem)
		page.Judge.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	if len(collisions) > 0 {
		page.Status = http.StatusConflict
	}
	return views.Render(w, r, page)
}

// writing fills the page of the inspector at work. What the firm declared stands above each line, since it is held against it.
func (p *pages) writing(v *ui.Visit, page *visitPage, d cultivate.Dossier, collisions []cultivate.Collision) {
	id := d.Visit.ID
	s := &sheet{Path: visitPath(id, ""), Answers: visitPath(id, "answers"), Submit: v.T("apply.save"), Groups: draw(v, cultivate.VisitFields(), d.Replies, func(string) bool { return true })}
	page.Camera = &camera{Path: visitPath(id, "photos"), Lines: []ui.Option{{Text: v.T("apply.visit.photo.whole")}}}
	for g := range s.Groups {
		group := &s.Groups[g]
		if at := slices.IndexFunc(cultivate.VisitLines(), func(l cultivate.VisitLine) bool { return l.Name == group.Name }); at >= 0 {
			group.Declared = declared(v, cultivate.VisitLines()[at], d.Facts)
			page.Camera.Lines = append(page.Camera.Lines, ui.Option{Value: group.Name, Text: group.Title})
		}
		for f := range group.Fields {
			if one := &group.Fields[f]; one.Type == "select" { // a thumb finds what it sees
				one.Type, one.Options = "radio", one.Options[1:]
			}
		}
	}
	s.collide(v, collisions)
	page.Sheet = s
	for _, g := range d.Gaps {
		path := "#" + ui.Field{Name: g.Field}.ID()
		if g.Field == "photos" {
			path = "#photos"
		}
		page.Gaps = append(page.Gaps, gap{g.Words.In(v.Language), g.Why.In(v.Language), path})
	}
	page.Handing = &handing{Path: visitPath(id, "report"), Request: db.NewID(), Ready: len(d.Gaps) == 0}
}

// declared is what the application says of a line.
func declared(v *ui.Visit, l cultivate.VisitLine, a cultivate.Application) (facts []ui.Fact) {
	for _, g := range cultivate.ApplicationFields() {
		for _, f := range g.Fields {
			if !slices.Contains(l.Declared, f.Name) {
				continue
			}
			text := a.Says(f.Name)
			if at := slices.IndexFunc(f.Choices, func(c cultivate.FieldChoice) bool { return c.Value == text }); at >= 0 {
				text = f.Choices[at].Words.In(v.Language)
			}
			if text == "" {
				text = "–"
			}
			facts = append(facts, ui.Fact{Label: f.Words.In(v.Language), Value: text})
		}
	}
	return facts
}

// readVisit is a report for who reads it: each line with its finding, what was declared, and its photos.
func readVisit(v *ui.Visit, d cultivate.Dossier) (all []visitLine) {
	for _, l := range cultivate.VisitLines() {
		one := visitLine{Title: l.Words.In(v.Language), Note: d.Replies[l.Name+".note"].Value, Declared: declared(v, l, d.Facts)}
		finding := d.Replies[l.Name+".finding"].Value
		tone := map[string][2]string{cultivate.AsDeclared: {"good", "check"}, cultivate.Differs: {"warn", "alert-triangle"}, cultivate.NotSeen: {"quiet", "eye-off"}, "": {"quiet", "circle-dashed"}}[finding]
		one.Finding = makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("apply.visit.open")}
		if field, known := cultivate.VisitField(l.Name + ".finding"); known {
			if at := slices.IndexFunc(field.Choices, func(c cultivate.FieldChoice) bool { return c.Value == finding }); at >= 0 {
				one.Finding.Text = field.Choices[at].Words.In(v.Language)
			}
		}
		for i, shown := range d.Photos {
			if shown.Line == l.Name {
				one.Photos = append(one.Photos, ui.Picture{Src: visitPath(d.Visit.ID, "photos/"+shown.ID), Alt: v.T("apply.visit.photo", "Number", i+1), Caption: shown.Place})
			}
		}
		all = append(all, one)
	}
	return all
}

// saidOf is the end of a report: what belongs to no line.
func saidOf(v *ui.Visit, d cultivate.Dossier) (facts []ui.Fact) {
	groups := cultivate.VisitFields()
	for _, f := range groups[len(groups)-1].Fields {
		text := d.Replies[f.Name].Value
		if at := slices.IndexFunc(f.Choices, func(c cultivate.FieldChoice) bool { return c.Value == text }); at >= 0 {
			text = f.Choices[at].Words.In(v.Language)
		}
		if text == "" {
			text = "–"
		}
		facts = append(facts, ui.Fact{Label: f.Words.In(v.Language), Value: text})
	}
	return facts
}

func (p *pages) saveVisit(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.VisitID(r.PathValue("visit"))
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	_, collisions, err := p.Cultivate.SaveReport(r.Context(), v.User, id, edits(r.PostForm))
	if err != nil {
		return err
	}
	if len(collisions) > 0 {
		return p.showVisit(w, r, collisions, nil)
	}
	return web.Done(w, r, visitPath(id, ""), &ui.Toast{Text: v.T("apply.saved.all")})
}

func (p *pages) visitAnswers(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	sent := edits(r.PostForm)
	d, collisions, err := p.Cultivate.SaveReport(r.Context(), v.User, cultivate.VisitID(r.PathValue("visit")), sent)
	if err != nil {
		return err
	}
	return tell(w, v, sent, d.Replies, collisions, len(d.Gaps))
}

// photoKept is what the script is told of a photo it sent.
type photoKept struct {
	Src    string `json:"src"`
	Alt    string `json:"alt"`
	Line   string `json:"line"`
	Place  string `json:"place"`
	Remove string `json:"remove"`
}

// addPhoto takes photos; a script that sends one after the other is told what became of each, others get the page again.
func (p *pages) addPhoto(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.VisitID(r.PathValue("visit"))
	files, err := p.uploaded(w, r, "file")
	if err == nil && len(files) == 0 {
		err = fault.Invalid.Say("Choose a file.").At("file")
	}
	if err != nil {
		return err
	}
	taken := time.Time{}
	if milliseconds, err := strconv.ParseInt(r.PostFormValue("taken"), 10, 64); err == nil && milliseconds > 0 {
		taken = time.UnixMilli(milliseconds).UTC()
	}
	var kept cultivate.Photo
	for _, f := range files {
		picture, err := papers.IsPicture(r.Context(), p.Store, f.Hash)
		if err != nil {
			return err
		}
		if !picture {
			return fault.Invalid.Say("Choose a picture.").At("file")
		}
		kept, err = p.Cultivate.AddPhoto(r.Context(), v.User, cultivate.Photo{Visit: id, Line: r.PostFormValue("line"), Hash: f.Hash, Place: r.PostFormValue("place"), TakenAt: taken})
		if err != nil {
			return err
		}
	}
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		return web.Done(w, r, visitPath(id, "")+"#photos", &ui.Toast{Text: v.T("apply.visit.photo.added")})
	}
	path, line := visitPath(id, "photos/"+kept.ID), ""
	if at := slices.IndexFunc(cultivate.VisitLines(), func(l cultivate.VisitLine) bool { return l.Name == kept.Line }); at >= 0 {
		line = cultivate.VisitLines()[at].Words.In(v.Language)
	}
	body, err := json.Marshal(photoKept{path, v.T("apply.visit.photos"), line, kept.Place, path + "/remove"})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // a browser that went away sends again
	return nil
}

func (p *pages) removePhoto(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.VisitID(r.PathValue("visit"))
	if err := p.Cultivate.RemovePhoto(r.Context(), v.User, id, r.PathValue("photo")); err != nil {
		return err
	}
	return web.Done(w, r, visitPath(id, "")+"#photos", &ui.Toast{Text: v.T("apply.visit.photo.removed")})
}

func (p *pages) photo(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Cultivate.Visit(r.Context(), ui.Here(r).User, cultivate.VisitID(r.PathValue("visit")))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(d.Photos, func(one cultivate.Photo) bool { return one.ID == r.PathValue("photo") })
	if at < 0 {
		return noFile
	}
	return papers.GiveOut(w, r, p.Store, d.Photos[at].Hash, "visit-"+strconv.Itoa(at+1))
}

func (p *pages) handInVisit(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.VisitID(r.PathValue("visit"))
	if _, err := p.Cultivate.HandInReport(r.Context(), v.User, id, r.PostFormValue("request")); err != nil {
		return err
	}
	return web.Done(w, r, visitPath(id, ""), &ui.Toast{Text: v.T("apply.visit.handed")})
}

func (p *pages) judgeVisit(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.VisitID(r.PathValue("visit"))
	visit, err := p.Cultivate.JudgeVisit(r.Context(), v.User, id, version(r), cultivate.VisitState(r.PostFormValue("state")), r.PostFormValue("why"))
	if fault.Of(err) == fault.Invalid {
		return p.showVisit(w, r, nil, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, visitPath(id, ""), &ui.Toast{Text: visitTag(v, visit.State).Text})
}
