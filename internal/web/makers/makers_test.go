package makers

import (
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

// desk is the programme of a site: an open cohort with the site's firm in it.
func desk(t *testing.T) (*webtest.Site, *cultivate.Service, cultivate.Maker) {
	t.Helper()
	s := webtest.NewSite(t)
	industries, lessons, err := cultivate.Read(cultivate.Shipped())
	must(t, err)
	room := &cultivate.Service{DB: s.DB, Access: s.Access, Industries: industries, Lessons: lessons}
	manager := s.User(access.ProgrammeManager)
	c, err := room.SaveCohort(t.Context(), manager, cultivate.Cohort{Industry: "shoes", Name: "莆田鞋业第一期", Place: "福建莆田", Places: 17})
	must(t, err)
	c, err = room.MoveCohort(t.Context(), manager, c.ID, c.Version, cultivate.CohortOpen, "")
	must(t, err)
	m, _, err := room.Enrol(t.Context(), manager, c.ID, cultivate.Firm{Organisation: s.Firm, Name: "莆田市海风鞋业有限公司", Place: "福建莆田"})
	must(t, err)
	s.Serve(nil, Job(room, s.Access))
	return s, room, m
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMakerSeesOnlyItsOwn(t *testing.T) {
	s, _, m := desk(t)
	if to := s.As(access.Maker).Get(Root).Location(); to != Path(m.ID, "") {
		t.Errorf("a firm with one way is led to %q", to)
	}
	a := s.As(access.Maker).Get(Path(m.ID, ""))
	if a.Status != 200 || !strings.Contains(a.Body, "莆田市海风鞋业有限公司") || strings.Contains(a.Body, "makers-owner") {
		t.Errorf("the firm's own page: %d", a.Status)
	}
	if a := s.As(access.Maker).Get(Path("foreign", "")); a.Status != 404 {
		t.Errorf("another's page: %d", a.Status)
	}
}
