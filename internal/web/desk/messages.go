package desk

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type messagesPage struct {
	ui.Page
	Tabs  []ui.Tab
	Older string // the page of earlier ones; empty at the beginning
	Rows  []message
	Form  *ui.Form // nil for who only reads
	Empty ui.Empty
}

type message struct {
	cultivate.Message
	Mine  bool // of the side of whoever reads
	New   bool
	Files []ui.Fact
}

func (p *pages) messages(w http.ResponseWriter, r *http.Request) error {
	return p.showMessages(w, r, nil)
}

// showMessages draws the conversation, the newest at the end where one writes, and marks it as read.
func (p *pages) showMessages(w http.ResponseWriter, r *http.Request, problem error) error {
	v, q := ui.Here(r), ui.Ask(r)
	m, frame, tabs, err := p.maker(r.Context(), r, v.T("desk.messages"), "messages")
	if err != nil {
		return err
	}
	found, unread, err := p.Cultivate.Messages(r.Context(), v.User, m.ID, q.After(), 50)
	if err != nil {
		return err
	}
	page := messagesPage{Page: frame, Tabs: tabs}
	for i, one := range found.Items {
		row := message{Message: one, Mine: one.Side == cultivate.SideOf(v.User), New: q.After() == "" && i < unread}
		row.Files = filesOf(m.ID, one.Attachments)
		page.Rows = append(page.Rows, row)
	}
	slices.Reverse(page.Rows)
	if found.Next != "" {
		page.Older = makers.Path(m.ID, "messages") + "?after=" + url.QueryEscape(found.Next)
	}
	if v.User.May(access.MakerEdit, m.Organisation) == nil || v.User.May(access.MakerMove, m.Organisation) == nil {
		page.Form = &ui.Form{Path: makers.Path(m.ID, "messages"), Submit: v.T("desk.send"), Upload: true, Draft: "message", Fields: []ui.Field{
			{Name: "text", Label: v.T("desk.message"), Type: "textarea", Rows: 4, Required: true, Max: "5000"}, {Name: "files", Label: v.T("desk.files"), Type: "file", Accept: papers.Accept, Several: true}, request()}}
		if problem != nil {
			page.Status = web.Status(problem)
			page.Form.Fill(r.PostForm).Problems = v.Problems(problem)
		}
	}
	page.Empty = ui.Empty{Icon: "message", Title: v.T("desk.messages.none"), Text: v.T("desk.messages.none.text")}
	if unread > 0 && q.After() == "" {
		if err := p.Cultivate.Read(r.Context(), v.User, m.ID, found.Items[0].At); err != nil {
			return err
		}
	}
	return views.Render(w, r, page)
}

// filesOf are attachments as links.
func filesOf(m cultivate.MakerID, all []cultivate.Attachment) (facts []ui.Fact) {
	for _, a := range all {
		facts = append(facts, ui.Fact{Label: a.ByName, Value: a.Name, Path: makers.Path(m, "documents/"+url.PathEscape(string(a.ID)))})
	}
	return facts
}

func (p *pages) send(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	files, err := makers.Upload(w, r, p.Cultivate, p.Store, "files")
	if err == nil {
		_, err = p.Cultivate.Send(r.Context(), v.User, id, r.PostFormValue("text"), files, r.PostFormValue("request"))
	}
	if again(err) {
		return p.showMessages(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(id, "messages"), &ui.Toast{Text: v.T("desk.sent")})
}

type documentsPage struct {
	ui.Page
	Tabs  []ui.Tab
	Head  ui.Head
	Rows  []paper
	Empty ui.Empty
}

type paper struct {
	cultivate.Attachment
	From string
	Path string
}

// documents is every paper of a maker's file, whichever page it came by.
func (p *pages) documents(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	m, frame, tabs, err := p.maker(r.Context(), r, v.T("desk.documents"), "documents")
	if err != nil {
		return err
	}
	all, err := p.Cultivate.DocumentList(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := documentsPage{Page: frame, Tabs: tabs, Head: q.Head("", false, ui.Column{Label: v.T("desk.document")}, ui.Column{Label: v.T("desk.document.from")}, ui.Column{Label: v.T("desk.who")}, ui.Column{Label: v.T("desk.document.at")})}
	for _, a := range all {
		if a.Name == "" {
			a.Name = v.T("desk.document.unnamed")
		}
		page.Rows = append(page.Rows, paper{a, v.T("desk.document." + string(a.Of)), makers.Path(m.ID, "documents/"+url.PathEscape(string(a.ID)))})
	}
	page.Empty = ui.Empty{Icon: "file-text", Title: v.T("desk.documents.none"), Text: v.T("desk.documents.none.text")}
	return views.Render(w, r, page)
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	a, err := p.Cultivate.Attachment(r.Context(), ui.Here(r).User, makers.ID(r), cultivate.AttachmentID(r.PathValue("document")))
	if err != nil {
		return err
	}
	return papers.GiveOut(w, r, p.Store, a.Hash, "document")
}
