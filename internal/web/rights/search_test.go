package rights

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// TestSearchAndFile has a rights holder find listings by words and give notice of two of them with one form.
func TestSearchAndFile(t *testing.T) {
	p := open(t, 8)
	own := p.As(access.RightsHolder)
	if a := own.Get("/rights/search"); a.Status != 200 || strings.Contains(a.Body, `name="listings"`) {
		t.Fatalf("%d", a.Status)
	}
	a := own.Get("/rights/search?q=halden")
	if a.Status != 200 || strings.Count(a.Body, `name="listings"`) < 2 || strings.Contains(a.Body, "score") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form := p.notice(p.right, "")
	form.Del("listing")
	if a = own.Post("/rights/search?q=halden", form.Encode()); a.Status != 422 || !strings.Contains(a.Body, "Choose at least one listing.") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form["listings"] = []string{"L0001", "gone"}
	if a = own.Post("/rights/search?q=halden", form.Encode()); a.Status != 422 || !strings.Contains(a.Body, "There is no such listing.") || p.count(t) != 1 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form["listings"] = []string{"L0001", "L0002"}
	for range 2 {
		if a = own.Post("/rights/search?q=halden", form.Encode()); a.Status != 303 || p.count(t) != 2 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	unsigned := url.Values{"listings": {"L0003"}, "right": {string(p.right.ID)}}
	if a = own.Post("/rights/search?q=halden", unsigned.Encode()); a.Status != 422 || p.count(t) != 2 {
		t.Errorf("%d", a.Status)
	}
	if a = p.As(access.Reviewer).Get("/rights/search?q=halden"); a.Status != 403 {
		t.Errorf("%d", a.Status)
	}
	b := browsertest.Open(t, p.Web)
	b.Cookie(webtest.SessionCookie, p.Token(access.RightsHolder))
	b.Shots("rights-search", "/rights/search?q=halden")
}

// TestSearchByPicture has a rights holder look for a picture: listings that show it are found, mirrored too, and what is no picture is told; a notice of a find goes in by the
// same form, and what was chosen stays when the form has to be mended.
func TestSearchByPicture(t *testing.T) {
	p := open(t, 8)
	queue := &listingstest.Queue{}
	p.desk.Detect.Pictures, p.desk.Detect.Bus = listingstest.Album{"img/one": listingstest.Scenery(t, 1, false), "img/other": listingstest.Scenery(t, 1, true), "img/else": listingstest.Scenery(t, 2, false)}, queue
	_, err := p.desk.Detect.Submit(t.Context(), access.System, "b", []market.Listing{{ID: "P1", Title: "Trail <runner>", Images: []string{"img/one"}, Seller: market.Seller{ID: "S1", Name: "Quay & Sons"}}, {ID: "P2", Title: "Boots", Images: []string{"img/other"}}, {ID: "P3", Title: "Bag", Images: []string{"img/else"}}})
	must(t, err)
	for _, m := range queue.Messages {
		must(t, p.desk.Detect.Handle(t.Context(), m))
	}
	own := p.As(access.RightsHolder)
	if a := own.Get("/rights/search"); strings.Contains(a.Body, "Look by a picture") {
		t.Error("it is offered where it cannot be done")
	}
	p.desk.Enforce.Detect = p.desk.Detect
	send := func(role access.Role, content []byte) webtest.Answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("picture", "a.jpg")
		must(t, err)
		_, err = part.Write(content)
		must(t, err)
		must(t, form.Close())
		r := httptest.NewRequest(http.MethodPost, "/rights/search/picture", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		return p.As(role).Do(r)
	}
	a := send(access.RightsHolder, listingstest.Scenery(t, 1, false))
	if a.Status != 200 || !strings.Contains(a.Body, "2 listings show it.") || !strings.Contains(a.Body, "Trail &lt;runner&gt;") || !strings.Contains(a.Body, `value="P2"`) || strings.Contains(a.Body, `value="P3"`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a = send(access.RightsHolder, []byte("#!/bin/sh")); a.Status != 422 || !strings.Contains(a.Body, "no picture that can be read") {
		t.Errorf("a program: %d", a.Status)
	}
	if a = send(access.Reviewer, listingstest.Scenery(t, 1, false)); a.Status != 403 {
		t.Errorf("a reviewer: %d", a.Status)
	}
	unsigned := url.Values{"listings": {"P1"}, "right": {string(p.right.ID)}}
	if a = own.Post("/rights/search", unsigned.Encode()); a.Status != 422 || !strings.Contains(a.Body, "Trail &lt;runner&gt;") || !strings.Contains(a.Body, "checked") {
		t.Errorf("what was chosen is lost: %d", a.Status)
	}
	form := p.notice(p.right, "")
	form.Del("listing")
	form["listings"] = []string{"P1"}
	if a = own.Post("/rights/search", form.Encode()); a.Status != 303 || p.count(t) != 1 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	b := browsertest.Open(t, p.Web)
	b.Cookie(webtest.SessionCookie, p.Token(access.RightsHolder))
	b.Shots("rights-search-begin", "/rights/search")
}
