package app

import (
	"context"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/appeals"
	"github.com/ownmark/ownmark/internal/web/apply"
	"github.com/ownmark/ownmark/internal/web/brands"
	"github.com/ownmark/ownmark/internal/web/home"
	ledgerpages "github.com/ownmark/ownmark/internal/web/ledger"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/people"
	"github.com/ownmark/ownmark/internal/web/policy"
	"github.com/ownmark/ownmark/internal/web/programme"
	"github.com/ownmark/ownmark/internal/web/report"
	"github.com/ownmark/ownmark/internal/web/review"
	"github.com/ownmark/ownmark/internal/web/rights"
	"github.com/ownmark/ownmark/internal/web/search"
	"github.com/ownmark/ownmark/internal/web/seller"
	"github.com/ownmark/ownmark/internal/web/sellers"
	"github.com/ownmark/ownmark/internal/web/training"
)

// jobs are the folders of the console in the order of its rail.
func (a *App) jobs() []web.Job {
	desk := &listings.Desk{Market: a.Market, Detect: a.Detect, Enforce: a.Enforce, Brand: a.Brand, Ledger: a.Ledger}
	alive, cancel := context.WithCancel(context.Background())
	a.stop = append(a.stop, cancel)
	return []web.Job{
		home.Job(desk),
		review.Job(desk, a.Access),
		listings.Job(desk, a.Access, &pictures{App: a}),
		rights.Job(a.Enforce, a.Access, a.Brand, a.Blob),
		report.Job(a.Enforce, a.remote()),
		appeals.Job(a.Enforce, a.Blob),
		seller.Job(a.Enforce, a.Blob),
		brands.Job(a.Brand, a.Access),
		sellers.Job(desk, a.Access),
		programme.Job(a.Cultivate, a.SignInURL),
		makers.Job(a.Cultivate, a.Access),
		apply.Job(apply.Config{Cultivate: a.Cultivate, Store: a.Blob, Remote: a.remote(), SignInURL: a.SignInURL}),
		training.Job(a.Cultivate, a.Blob),
		policy.Job(desk),
		people.Job(a.Access, a.SignInURL),
		ledgerpages.Job(alive, a.Ledger, a.Access, clock.System, a.Log),
		search.Job(a.Market, a.Brand, a.Access, a.Detect),
	}
}
