package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// The cookies. The session's name is longer over https: browsers then refuse it from anyone but this very host.
const (
	sessionCookie  = "ownmark_session"
	languageCookie = "language"
	themeCookie    = "theme"
	zoneCookie     = "zone" // set by ui.js
	keysCookie     = "keys"
	flashCookie    = "flash"
)

func (s *Server) sessionName() string {
	if s.Secure {
		return "__Host-" + sessionCookie
	}
	return sessionCookie
}

// visit says who asks and how they read. An error leaves a visit with which its page can be drawn.
func (s *Server) visit(w http.ResponseWriter, r *http.Request, reference string) (*ui.Visit, error) {
	v := &ui.Visit{
		Language:  spoken(r),
		Theme:     access.Auto,
		Zone:      zone(r),
		Now:       s.Now(),
		Path:      r.URL.RequestURI(),
		KeysOff:   cookie(r, keysCookie) == "off",
		Fragment:  r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true",
		Remote:    s.Remote(r),
		Reference: reference,
		Frame:     s.frame,
	}
	if t := access.Theme(cookie(r, themeCookie)); t == access.Light || t == access.Dark {
		v.Theme = t
	}
	if r.Method == http.MethodGet && !v.Fragment {
		v.Flash = flashed(w, r)
	}
	token := cookie(r, s.sessionName())
	if token == "" {
		return v, nil
	}
	user, session, err := s.Access.Authenticate(r.Context(), token)
	if errors.Is(err, fault.Unauthenticated) {
		s.drop(w)
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.User, v.Session = user, session
	if user.Language != "" {
		v.Language = user.Language
	}
	if user.Theme != "" {
		v.Theme = user.Theme
	}
	return v, nil
}

var spokenHere = language.NewMatcher([]language.Tag{language.English, language.Chinese})

// spoken is the language of somebody of whom we know only the browser.
func spoken(r *http.Request) string {
	chosen := cookie(r, languageCookie)
	for _, l := range ui.Languages {
		if l.Tag == chosen {
			return chosen
		}
	}
	header := r.Header.Get("Accept-Language")
	if len(header) > 200 {
		header = header[:200] // nobody speaks so many
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return "en"
	}
	_, i, _ := spokenHere.Match(tags...)
	return ui.Languages[i].Tag
}

// zones are those browsers have told, read once each; only zones that exist are kept, so there cannot be many.
var zones sync.Map

func zone(r *http.Request) *time.Location {
	name := cookie(r, zoneCookie)
	if name == "" || name == "Local" || len(name) > 64 {
		return time.UTC
	}
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	at, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, at)
	return at
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// keep gives the browser the session's cookie.
func (s *Server) keep(w http.ResponseWriter, in access.Session) {
	http.SetCookie(w, &http.Cookie{
		Name: s.sessionName(), Value: in.Token, Path: "/", MaxAge: int(s.Stay.Seconds()),
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Server) drop(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: s.sessionName(), Path: "/", MaxAge: -1,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// prefer keeps how a person likes to read, beside what access knows of them: it holds before sign-in too.
func (s *Server) prefer(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// flash keeps a toast for the next page, in a cookie: the server remembers nothing. It is not signed; a person could
// only deceive themselves, its text is escaped, and its undo can only post to this server.
func flash(w http.ResponseWriter, r *http.Request, toast *ui.Toast) {
	text, err := json.Marshal(toast)
	if err != nil || len(text) > 2500 {
		return // a browser would not keep it
	}
	http.SetCookie(w, &http.Cookie{
		Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(text), Path: "/", MaxAge: 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: ui.Here(r).Frame.Secure,
	})
}

func flashed(w http.ResponseWriter, r *http.Request) *ui.Toast {
	value := cookie(r, flashCookie)
	if value == "" {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return nil
	}
	toast := &ui.Toast{}
	if json.Unmarshal(text, toast) != nil || strings.TrimSpace(toast.Text) == "" {
		return nil
	}
	if toast.Undo != nil && local(toast.Undo.Path, "") == "" {
		toast.Undo = nil
	}
	return toast
}
