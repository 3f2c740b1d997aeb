// Package makerstest gives a test's console a programme: the shipped industries and lessons, and a cohort of shoe makers that the site's firm is in.
package makerstest

import (
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// Site is a console with a programme. Who makes one serves the jobs its test is about.
type Site struct {
	*webtest.Site
	Room   *cultivate.Service
	Store  *blob.Store
	Cohort cultivate.Cohort // open
	Maker  cultivate.Maker  // of the site's firm; a draft in New, admitted in Admitted
}

// NewRoom is the programme of a site, in which there is no cohort yet.
func NewRoom(t *testing.T, s *webtest.Site) *cultivate.Service {
	t.Helper()
	industries, lessons, err := cultivate.Read(cultivate.Shipped())
	must(t, err)
	store, err := blob.Open(t.Context(), "file://"+t.TempDir())
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return &cultivate.Service{DB: s.DB, Access: s.Access, Industries: industries, Lessons: lessons, Blob: store, Brand: &brand.Service{DB: s.DB}}
}

// New is a site with an open cohort and the site's firm in it, as a draft.
func New(t *testing.T) *Site {
	t.Helper()
	s := &Site{Site: webtest.NewSite(t)}
	s.Room = NewRoom(t, s.Site)
	s.Store = s.Room.Blob
	manager := s.User(access.ProgrammeManager)
	c, err := s.Room.SaveCohort(t.Context(), manager, cultivate.Cohort{Industry: "shoes", Name: "莆田鞋业第一期", Place: "福建莆田", Places: 17})
	must(t, err)
	s.Cohort, err = s.Room.MoveCohort(t.Context(), manager, c.ID, c.Version, cultivate.CohortOpen, "")
	must(t, err)
	s.Maker, _, err = s.Room.Enrol(t.Context(), manager, c.ID, cultivate.Firm{Organisation: s.Firm, Name: "莆田市海风鞋业有限公司", Place: "福建莆田"})
	must(t, err)
	return s
}

// Admitted is New with the firm admitted, whatever was missing waived.
func Admitted(t *testing.T) *Site {
	t.Helper()
	s := New(t)
	s.Maker = Move(t, s.Room, s.User(access.ProgrammeManager), s.Maker.ID, cultivate.Admitted)
	return s
}

// Move moves a maker on, stage by stage, to a stage before it on its way, whatever is missing being waived, and gives it as it is then.
func Move(t *testing.T, room *cultivate.Service, manager access.User, id cultivate.MakerID, until cultivate.Stage) cultivate.Maker {
	t.Helper()
	m, err := room.Maker(t.Context(), manager, id)
	must(t, err)
	for m.Stage != until {
		to := m.Onward()
		checks, err := room.Checklist(t.Context(), manager, id, to)
		must(t, err)
		for _, one := range checks {
			if !one.Passes() && one.Waivable {
				must(t, room.Waive(t.Context(), manager, id, one.Condition, "known from the pilot"))
			}
		}
		m, err = room.Move(t.Context(), manager, id, cultivate.Transition{To: to, Why: "known from the pilot", Version: m.Version})
		must(t, err)
	}
	return m
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
