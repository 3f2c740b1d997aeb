package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// answers is how each kind of fault looks on a page: the one table from fault to status.
var answers = map[fault.Kind]struct {
	status int
	word   string // of the keys error.WORD.title and error.WORD.text
	icon   string
}{
	fault.Internal:        {http.StatusInternalServerError, "internal", "alert-triangle"},
	fault.NotFound:        {http.StatusNotFound, "missing", "zoom-question"},
	fault.Invalid:         {http.StatusUnprocessableEntity, "invalid", "alert-circle"},
	fault.Conflict:        {http.StatusConflict, "conflict", "git-merge"},
	fault.Unauthenticated: {http.StatusUnauthorized, "nobody", "lock"},
	fault.Forbidden:       {http.StatusForbidden, "forbidden", "hand-stop"},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, "large", "package"},
	fault.TooMany:         {http.StatusTooManyRequests, "many", "clock"},
	fault.Unavailable:     {http.StatusServiceUnavailable, "unavailable", "plug-connected"},
}

// Status is the status with which the server answers an error.
func Status(err error) int { return answers[kind(err)].status }

// kind is fault.Of, and what net/http itself refuses.
func kind(err error) fault.Kind {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fault.TooLarge
	}
	return fault.Of(err)
}

type errorPage struct {
	ui.Page
	Kind      fault.Kind
	Icon      string
	Sentence  string // what the room says of it; empty for what is ours alone
	Text      string // what to do now
	Reference string // names the line in the log
	Retry     string // where to try again; empty when that cannot help
}

// fail answers with the page of an error; htmx gets a toast. Who has not signed in is led to do so, if they only read.
func (s *Server) fail(w *buffered, r *http.Request, record *record, err error) {
	record.cause = err
	if w.sent || errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // half a page is out, or nobody waits for one
	}
	v := ui.Here(r)
	k := kind(err)
	if k == fault.Unauthenticated && (r.Method == http.MethodGet || v.Fragment) {
		back := v.Path
		if v.Fragment || back == "/" {
			back = ""
		}
		path := "/sign-in"
		if back != "" {
			path += "?next=" + url.QueryEscape(back)
		}
		Go(w, r, path) //nolint:errcheck // it only sets headers
		return
	}
	answer := answers[k]
	page := errorPage{
		Page: ui.Page{Title: v.T("error." + answer.word + ".title"), Bare: true, Status: answer.status},
		Kind: k, Icon: answer.icon, Text: v.T("error." + answer.word + ".text"),
	}
	if f, ok := fault.As(err); ok && k != fault.Internal {
		page.Sentence = v.Sentence(f)
	}
	if k == fault.Internal || k == fault.Unavailable {
		page.Reference = v.Reference
		s.Log.ErrorContext(r.Context(), "request failed", slog.String("reference", v.Reference), slog.String("route", record.route), slog.Any("error", err))
		if r.Method == http.MethodGet {
			page.Retry = v.Path
		}
	}
	if v.Fragment {
		text := page.Sentence
		if text == "" {
			text = page.Title + v.T("error.stop") + page.Text
		}
		w.Header().Set("HX-Reswap", "none") // only the toast, which finds its place by itself
		err = views.FragmentStatus(w, r, answer.status, ui.Toast{Text: text, Tone: "bad"})
	} else {
		err = views.Render(w, r, page)
	}
	if err != nil {
		s.Log.ErrorContext(r.Context(), "error page not drawn", slog.String("reference", v.Reference), slog.Any("error", err))
		if !w.sent {
			http.Error(w, "Something went wrong here. Reference: "+v.Reference, http.StatusInternalServerError)
		}
	}
}
