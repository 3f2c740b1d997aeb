package apply

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// hidden is the value of a hidden field of a page.
func hidden(t *testing.T, body, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("the page has no field %s", name)
	}
	return found[1]
}

// applied takes the firm past handing in, its application waived.
func applied(t *testing.T, s *webtest.Site, room *cultivate.Service, m cultivate.Maker) cultivate.Maker {
	t.Helper()
	manager := s.User(access.ProgrammeManager)
	for _, c := range []cultivate.Condition{cultivate.ApplicationComplete, cultivate.RegisteredLong} {
		must(t, room.Waive(t.Context(), manager, m.ID, c, "For the test."))
	}
	m, err := room.Move(t.Context(), manager, m.ID, cultivate.Transition{To: cultivate.Applied, Version: m.Version})
	must(t, err)
	return m
}

func TestScreeningAndTerms(t *testing.T) {
	s, room, m := desk(t)
	m = applied(t, s, room, m)
	manager, own := s.As(access.ProgrammeManager), s.As(access.Maker)
	path := makers.Path(m.ID, "screening")
	if a := own.Get(path); a.Status != 403 {
		t.Errorf("the firm reads what was found about it: %d", a.Status)
	}
	a := manager.Get(path)
	if a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	a = manager.Post(path+"/found", url.Values{"mark": {"Halden"}, "source": {"Customs, 2024"}, "items": {"12"}, "until": {"2024-06"}, "version": {hidden(t, a.Body, "version")}}.Encode())
	if a.Status != 303 {
		t.Fatalf("entered: %d %s", a.Status, a.Body)
	}
	a = manager.Get(path)
	if !strings.Contains(a.Body, "Customs, 2024") || !strings.Contains(a.Body, "Halden") {
		t.Error("what was entered is not shown")
	}
	read := hidden(t, a.Body, "version")
	if a := manager.Post(path, "outcome=passed&version="+read); a.Status != 422 {
		t.Errorf("passed without reasons: %d", a.Status)
	}
	if a := manager.Post(path, "outcome=passed&why=Fine.&conflict=none&version=0"); a.Status != 409 {
		t.Errorf("what was read before: %d", a.Status)
	}
	if a := manager.Post(path, "outcome=passed&why=Fine.&conflict=none&version="+read); a.Status != 303 {
		t.Fatalf("passed: %d %s", a.Status, a.Body)
	}
	m, err := room.Move(t.Context(), s.User(access.ProgrammeManager), m.ID, cultivate.Transition{To: cultivate.Screened, Version: m.Version})
	must(t, err)

	path = makers.Path(m.ID, "terms")
	if a := own.Post(path+"/given", url.Values{"kind": {"mould"}, "what": {"外底模具"}, "number": {"12"}}.Encode()); a.Status != 303 {
		t.Fatalf("listed: %d %s", a.Status, a.Body)
	}
	if a := own.Post(path+"/given", url.Values{"kind": {"mould"}}.Encode()); a.Status != 422 {
		t.Errorf("an empty line: %d", a.Status)
	}
	if a := own.Post(path+"/issue", "version=0"); a.Status != 403 {
		t.Errorf("issued by the firm: %d", a.Status)
	}
	if a := manager.Post(path+"/issue", "version="+hidden(t, manager.Get(path).Body, "version")); a.Status != 303 {
		t.Fatalf("issued: %d %s", a.Status, a.Body)
	}
	a = own.Get(path)
	digest := hidden(t, a.Body, "digest")
	if !strings.Contains(a.Body, "外底模具") || len(digest) != 64 {
		t.Errorf("the terms: %q", digest)
	}
	if a := own.Post(path+"/sign", url.Values{"digest": {strings.Repeat("0", 64)}, "name": {"林师傅"}}.Encode()); a.Status != 409 {
		t.Errorf("signed another text: %d", a.Status)
	}
	if a := own.Post(path+"/sign", url.Values{"digest": {digest}, "name": {"林师傅"}}.Encode()); a.Status != 303 {
		t.Errorf("signed: %d %s", a.Status, a.Body)
	}
	if a := manager.Post(path+"/deposit", "reference=B-17&on=2024-11-20"); a.Status != 303 {
		t.Errorf("paid: %d %s", a.Status, a.Body)
	}
	if a := own.Get(path); !strings.Contains(a.Body, "B-17") || strings.Contains(a.Body, `name="digest"`) {
		t.Error("the signed terms ask to be signed, or do not show the deposit")
	}
}

func TestLookAtScreeningAndTerms(t *testing.T) {
	s, room, m := desk(t)
	m = applied(t, s, room, m)
	manager := s.User(access.ProgrammeManager)
	count := int64(1200)
	_, err := room.Screen(t.Context(), manager, cultivate.Screening{Maker: m.ID, Found: []cultivate.Matter{{Mark: "Halden", Items: &count, Source: "Customs at Xiamen, case 2024-118"}}, Outcome: cultivate.ScreeningPassed, Why: "Long ago, and the firm talks about it.", Conflict: cultivate.ConflictNone})
	must(t, err)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("apply-screening", makers.Path(m.ID, "screening"))
	m, err = room.Move(t.Context(), manager, m.ID, cultivate.Transition{To: cultivate.Screened, Version: m.Version})
	must(t, err)
	_, err = room.AddGiven(t.Context(), manager, cultivate.GivenItem{Maker: m.ID, Kind: cultivate.GivenMould, What: "外底模具", Mark: "Halden", Number: 12})
	must(t, err)
	_, err = room.IssueTerms(t.Context(), manager, m.ID, 0)
	must(t, err)
	b.Shots("apply-terms", makers.Path(m.ID, "terms"))
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Shots("apply-terms-own", makers.Path(m.ID, "terms"))
}
