package app

import (
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/brands"
	"github.com/ownmark/ownmark/internal/web/home"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/review"
	"github.com/ownmark/ownmark/internal/web/search"
	"github.com/ownmark/ownmark/internal/web/sellers"
)

// jobs are the folders of the console in the order of its rail.
func (a *App) jobs() []web.Job {
	// Without the Ledger the dossier shows no entries: there is no page yet that its links could lead to.
	desk := &listings.Desk{Market: a.Market, Detect: a.Detect, Enforce: a.Enforce, Brand: a.Brand}
	return []web.Job{
		home.Job(desk),
		review.Job(desk, a.Access),
		listings.Job(desk, a.Access, &pictures{store: a.Blob, simulated: a.Simulated, log: a.Log}),
		brands.Job(a.Brand),
		sellers.Job(desk, a.Access),
		search.Job(a.Market, a.Brand, a.Access),
	}
}
