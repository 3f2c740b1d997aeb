package app

import (
	"context"
	"strings"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/appeals"
	"github.com/ownmark/ownmark/internal/web/apply"
	"github.com/ownmark/ownmark/internal/web/branding"
	"github.com/ownmark/ownmark/internal/web/brands"
	"github.com/ownmark/ownmark/internal/web/cases"
	"github.com/ownmark/ownmark/internal/web/conduct"
	"github.com/ownmark/ownmark/internal/web/desk"
	"github.com/ownmark/ownmark/internal/web/home"
	"github.com/ownmark/ownmark/internal/web/intake"
	ledgerpages "github.com/ownmark/ownmark/internal/web/ledger"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/marketing"
	"github.com/ownmark/ownmark/internal/web/marks"
	"github.com/ownmark/ownmark/internal/web/outcomes"
	"github.com/ownmark/ownmark/internal/web/people"
	"github.com/ownmark/ownmark/internal/web/policy"
	"github.com/ownmark/ownmark/internal/web/programme"
	"github.com/ownmark/ownmark/internal/web/quality"
	"github.com/ownmark/ownmark/internal/web/report"
	"github.com/ownmark/ownmark/internal/web/review"
	"github.com/ownmark/ownmark/internal/web/rights"
	"github.com/ownmark/ownmark/internal/web/search"
	"github.com/ownmark/ownmark/internal/web/seller"
	"github.com/ownmark/ownmark/internal/web/sellers"
	"github.com/ownmark/ownmark/internal/web/statements"
	"github.com/ownmark/ownmark/internal/web/traders"
	"github.com/ownmark/ownmark/internal/web/training"
)

// jobs are the folders of the console in the order of its rail.
func (a *App) jobs() []web.Job {
	work := &listings.Desk{Market: a.Market, Detect: a.Detect, Enforce: a.Enforce, Brand: a.Brand, Ledger: a.Ledger}
	alive, cancel := context.WithCancel(context.Background())
	a.stop = append(a.stop, cancel)
	return []web.Job{
		home.Job(work),
		review.Job(work, a.Access),
		listings.Job(work, a.Access, &pictures{App: a}),
		rights.Job(a.Enforce, a.Access, a.Brand, a.Blob),
		report.Job(a.Enforce, a.remote()),
		appeals.Job(a.Enforce, a.Blob),
		seller.Job(a.Enforce, a.Blob),
		brands.Job(a.Brand, a.Access),
		sellers.Job(work, a.Access),
		traders.Job(a.Market, a.Blob),
		conduct.Job(a.Enforce),
		statements.Job(a.Enforce, a.Config.TransparencyURL != ""),
		quality.Job(a.Enforce, a.Market),
		cases.Job(a.Cases, a.Access),
		desk.Job(desk.Config{Cultivate: a.Cultivate, Access: a.Access, Store: a.Blob, Site: strings.TrimRight(a.Config.PublicURL, "/")}),
		intake.Job(a.Cultivate, a.remote()),
		programme.Job(a.Cultivate, a.SignInURL),
		makers.Job(a.Cultivate, a.Access),
		apply.Job(apply.Config{Cultivate: a.Cultivate, Access: a.Access, Store: a.Blob, Remote: a.remote(), SignInURL: a.SignInURL}),
		training.Job(a.Cultivate, a.Blob),
		branding.Job(a.Cultivate, a.Blob),
		marketing.Job(a.Cultivate, a.Blob),
		marks.Job(a.Cultivate),
		outcomes.Job(a.Cultivate, a.Blob),
		policy.Job(work),
		people.Job(a.Access, a.SignInURL),
		ledgerpages.Job(alive, a.Ledger, a.Access, clock.System, a.Log),
		search.Job(a.Market, a.Brand, a.Access, a.Detect),
	}
}
