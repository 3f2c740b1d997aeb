package cultivate

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// MakerID is the identity of a maker.
type MakerID string

// Maker is a firm's way through one cohort. What it applied with, what it learnt and what it made of its brand are nouns of their own.
type Maker struct {
	ID           MakerID
	Cohort       CohortID
	Industry     IndustryID
	Organisation access.OrgID // the firm, whose people see it
	Name         string       // of the legal entity
	Number       string       // of its registration; empty until the application names it
	Place        string       // where it works

	Stage Stage
	Was   Stage     // from which a suspended maker was taken; else empty
	Since time.Time // it is in the stage

	Owner     access.UserID   // the programme's person who looks after it; empty when nobody does
	OwnerName string          //
	Seller    market.SellerID // its account on this marketplace; empty while it has none
	Brand     brand.ID        // its own brand; empty until it has one

	Version   int64
	MadeAt    time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// Step is one move of a maker, kept for good.
type Step struct {
	ID     string
	Maker  MakerID
	From   Stage // empty at enrolment
	To     Stage
	Why    string
	By     access.UserID
	ByName string
	At     time.Time
	Entry  string // the ledger entry that records it
}

// Transition is what a person sends in to move a maker.
type Transition struct {
	To      Stage
	Why     string // may be empty on the way on; needed off it
	Version int64  // of the maker as the person saw it
	Request string // the form's own id: the same one twice is one move; may be empty
}

// The bounds of what people write, in runes.
const (
	maxName    = 200
	maxNumber  = 100
	MaxWhy     = 2_000
	maxRequest = 100
	maxSearch  = 500
)

// checkText returns fault.Invalid for text that is not UTF-8 or too long. field names it.
func checkText(field, text string, most int) error {
	if f, ok := fault.As(db.Text(text)); ok {
		return f.At(field)
	}
	if utf8.RuneCountInString(text) > most {
		return fault.Invalid.Say("Use at most %d characters.", most).At(field)
	}
	return nil
}

// needText is checkText for what may not be empty.
func needText(field, text string, most int) error {
	if strings.TrimSpace(text) == "" {
		return fault.Invalid.Say("Fill this in.").At(field)
	}
	return checkText(field, text, most)
}

// NeedsWhy reports whether a move must say why: every one that is not the next step of the way.
func (m Maker) NeedsWhy(to Stage) bool { return to != m.Onward() }

// moved is the maker after a move, which the caller has found to be one of Next.
func (m Maker) moved(to Stage, at time.Time) Maker {
	switch {
	case to == Suspended && m.Stage != Relapsed:
		m.Was = m.Stage
	case to == Suspended || to == Relapsed:
		// Where it once was is remembered through both.
		if m.Was == "" {
			m.Was = m.Stage
		}
	default:
		m.Was = ""
	}
	m.Stage, m.Since = to, at
	return m
}
