package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/world"
)

// FirstStart gives an empty database the brands Ownmark knows, so that the first listing is held against something.
func (a *App) FirstStart(ctx context.Context) error {
	have, _, err := a.Brand.Catalogue(ctx)
	if err != nil || len(have) > 0 {
		return err
	}
	report, err := a.importBrands(ctx, detect.BuiltinBrands())
	if err != nil {
		return err
	}
	a.Log.InfoContext(ctx, "built-in brands taken in", slog.Int("brands", len(report.Added)))
	return nil
}

func (a *App) importBrands(ctx context.Context, brands []brand.Brand) (brand.Report, error) {
	report, err := a.Brand.Import(ctx, access.System, brands, false)
	if err != nil {
		return report, err
	}
	if len(report.Bad) > 0 {
		return report, fmt.Errorf("brand %s: %w", report.Bad[0].ID, report.Bad[0].Problems[0])
	}
	return report, nil
}

// DemoBatch is the id under which the demo's listings are handed in: sent twice, they count once.
const DemoBatch = "demo"

// demoChunk is how many listings one batch of the demo takes; a batch is bounded.
const demoChunk = 1_000

// SignInURL is the address of a one-time sign-in link.
func (a *App) SignInURL(link string) string {
	return strings.TrimRight(a.Config.PublicURL, "/") + "/sign-in/" + link
}

// Seed fills the database with the simulated marketplace and waits until every listing has its verdict; progress is told
// how many have. On data it has seeded before it does nothing, and after a kill it goes on where it was.
func (a *App) Seed(ctx context.Context, w *world.World, progress func(done, total int)) error {
	if _, err := a.importBrands(ctx, w.Brands()); err != nil {
		return err
	}
	if err := a.seedPictures(ctx, w); err != nil {
		return err
	}
	if err := a.Detect.Ready(ctx); err != nil {
		return err
	}
	var batches []detect.BatchID
	chunk := make([]market.Listing, 0, demoChunk)
	send := func() error {
		if len(chunk) == 0 {
			return nil
		}
		id := detect.BatchID(fmt.Sprintf("%s-%d", DemoBatch, len(batches)+1))
		receipt, err := a.Detect.Submit(ctx, access.System, id, chunk)
		if errors.Is(err, fault.Conflict) {
			// Another version of Ownmark simulates another marketplace; what it left whole is as good.
			if old, oldErr := a.Detect.Batch(ctx, access.System, id); oldErr != nil || old.Scanned < old.Accepted {
				return fault.Conflict.Say("The demo was left half made by another version. Start over with --fresh.").Because(err)
			}
			err = nil
		}
		if err != nil {
			return err
		}
		if len(receipt.Bad) > 0 {
			return fmt.Errorf("simulated listing %s: %w", receipt.Bad[0].ID, receipt.Bad[0].Problem)
		}
		batches = append(batches, id)
		chunk = chunk[:0]
		return nil
	}
	for item := range w.Listings() {
		if chunk = append(chunk, item.Listing); len(chunk) == demoChunk {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if err := send(); err != nil {
		return err
	}
	return a.awaitBatches(ctx, batches, w.Len(), progress)
}

// seedPictures gives the brands the pictures that they publish in the simulated marketplace, unless they have some.
func (a *App) seedPictures(ctx context.Context, w *world.World) error {
	refs := map[brand.ID][]world.BrandPicture{}
	for _, p := range w.BrandPictures() {
		refs[p.Brand] = append(refs[p.Brand], p)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for _, id := range slices.Sorted(maps.Keys(refs)) {
		work.Go(func() error {
			if n, err := a.Brand.CountPictures(ctx, access.System, id); err != nil || n > 0 {
				return err
			}
			for some := range slices.Chunk(refs[id], brand.MaxPicturesAtOnce) {
				uploads := make([]brand.Upload, len(some))
				for i, p := range some {
					content, err := w.Preview(p.Ref)
					if err != nil {
						return err
					}
					uploads[i] = brand.Upload{Content: content, Caption: p.Caption}
				}
				if err := a.addPictures(ctx, id, uploads); err != nil {
					return fmt.Errorf("pictures of %s: %w", id, err)
				}
			}
			return nil
		})
	}
	return work.Wait()
}

// addPictures adds those of the pictures that can be recognised: white goods on white cannot.
func (a *App) addPictures(ctx context.Context, id brand.ID, uploads []brand.Upload) error {
	_, err := a.Brand.AddPictures(ctx, access.System, id, uploads...)
	if fault.Of(err) != fault.Invalid {
		return err
	}
	for _, u := range uploads {
		if _, err := a.Brand.AddPictures(ctx, access.System, id, u); err != nil && fault.Of(err) != fault.Invalid {
			return err
		}
	}
	return nil
}

func (a *App) awaitBatches(ctx context.Context, batches []detect.BatchID, total int, progress func(done, total int)) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		done := 0
		for _, id := range batches {
			b, err := a.Detect.Batch(ctx, access.System, id)
			if err != nil {
				return err
			}
			done += int(b.Scanned)
		}
		progress(done, total)
		if done >= total {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// DemoPerson is somebody to sign in as in the demo.
type DemoPerson struct {
	Role access.Role
	Name string
	Link string // the whole address
}

// DemoPeople makes one person for each role, unless they exist, and a fresh sign-in link for each. The rights holder gets the brand
// given.
func (a *App) DemoPeople(ctx context.Context, holds brand.ID) ([]DemoPerson, error) {
	if _, err := a.Access.Bootstrap(ctx, "Simulated marketplace", "Ada Admin", demoEmail(access.Administrator)); err != nil {
		return nil, err
	}
	names := map[access.Role]string{
		access.Administrator: "Ada Admin", access.Analyst: "Ana Lyst", access.Reviewer: "Rea Viewer",
		access.RightsHolder: "Roy Rights", access.Auditor: "Odd Auditor",
		access.ProgrammeManager: "Mia Manager", access.Inspector: "Ines Pector", access.Maker: "林师傅",
		access.Seller: "Sella Seller", access.Officer: "Olaf Officer",
	}
	var people []DemoPerson
	for _, role := range access.Roles() {
		var link string
		person, err := a.Access.PersonByEmail(ctx, access.System, demoEmail(role))
		switch {
		case err == nil:
			link, err = a.Access.NewLink(ctx, access.System, person.ID)
		case errors.Is(err, fault.NotFound):
			link, err = a.inviteDemo(ctx, role, names[role], holds)
		}
		if err != nil {
			return nil, fmt.Errorf("demo %s: %w", role, err)
		}
		people = append(people, DemoPerson{role, names[role], a.SignInURL(link)})
	}
	return people, nil
}

func (a *App) inviteDemo(ctx context.Context, role access.Role, name string, holds brand.ID) (string, error) {
	org := access.OperatorID
	if role == access.RightsHolder {
		held, err := a.Brand.Get(ctx, access.System, holds)
		if err != nil {
			return "", err
		}
		if org, err = a.Access.AddOrganisation(ctx, access.System, held.Name+" (simulated)"); err != nil {
			return "", err
		}
		held.Organisation = org
		if _, err := a.Brand.Save(ctx, access.System, held); err != nil {
			return "", err
		}
	}
	if role == access.Maker {
		return a.inviteDemoMaker(ctx, name)
	}
	if role == access.Officer {
		var err error
		if org, err = a.Access.AddAuthority(ctx, access.System, "Market supervision (simulated)"); err != nil {
			return "", err
		}
	}
	if role == access.Seller {
		account, err := a.demoSeller(ctx)
		if err != nil {
			return "", err
		}
		if org, err = a.Access.AddSeller(ctx, access.System, string(account.ID), account.Name+" (simulated)"); err != nil {
			return "", err
		}
	}
	_, link, err := a.Access.InvitePerson(ctx, access.System, access.Invitation{
		Name: name, Email: demoEmail(role), Org: org, Roles: []access.Role{role},
	})
	return link, err
}

// inviteDemoMaker makes the demo's firm with the person who speaks for it.
func (a *App) inviteDemoMaker(ctx context.Context, name string) (link string, err error) {
	err = a.DB.Tx(ctx, func(tx *db.Tx) error {
		_, _, link, err = a.Access.Join(tx, access.System, access.MakerOrganisation, "莆田市海风鞋业有限公司（模拟）", access.Invitation{
			Name: name, Email: demoEmail(access.Maker), Roles: []access.Role{access.Maker},
		})
		return err
	})
	return link, err
}

// demoSeller is the account of the demo's seller: the one of the listing that heads the queue, so that there is something to decide about it.
func (a *App) demoSeller(ctx context.Context) (market.Account, error) {
	waiting, err := a.Enforce.Queue(ctx, access.System, enforce.Filter{Limit: 1})
	if err != nil {
		return market.Account{}, err
	}
	if len(waiting.Items) > 0 {
		return a.Market.Seller(ctx, access.System, waiting.Items[0].Seller)
	}
	sellers, err := a.Market.Sellers(ctx, access.System, market.SellerFilter{Limit: 1})
	if err != nil || len(sellers.Items) == 0 {
		return market.Account{Seller: market.Seller{ID: "sim-seller", Name: "A seller without listings"}}, err
	}
	return sellers.Items[0], nil
}

func demoEmail(role access.Role) string { return string(role) + "@demo.example" }

// DemoNotices gives the demo's rights holder a vault and notices in each state, unless its vault has something. A right that ends soon is among them,
// and of the notices one is upheld and one refused.
func (a *App) DemoNotices(ctx context.Context, holds brand.ID) error {
	holder, err := a.demoUser(ctx, access.RightsHolder)
	if err != nil {
		return err
	}
	reviewer, err := a.demoUser(ctx, access.Reviewer)
	if err != nil {
		return err
	}
	held, err := a.Brand.Get(ctx, access.System, holds)
	if err != nil {
		return err
	}
	vault, err := a.Enforce.Rights(ctx, holder, enforce.RightFilter{})
	if err != nil || len(vault.Items) > 0 {
		return err
	}
	year := clock.System().UTC().Truncate(24 * time.Hour)
	mark := enforce.Right{Kind: enforce.TradeMark, Mark: held.Name, Brand: held.ID, Office: "CN", Number: "SIM-1204556", Owner: held.Name + " (simulated)", Classes: []int{18, 25}, Territory: []string{"CN"},
		From: year.AddDate(-6, -2, 0), To: year.AddDate(3, 10, 0)}
	marked, err := a.Enforce.DeclareRight(ctx, holder, mark)
	if err != nil {
		return err
	}
	if _, err := a.Enforce.VerifyRight(ctx, access.System, marked.ID, marked.Version, ""); err != nil {
		return err
	}
	ending := mark
	ending.Office, ending.Number, ending.Territory, ending.To = "EM", "SIM-018090122", []string{"EU"}, year.AddDate(0, 0, 41)
	if _, err := a.Enforce.DeclareRight(ctx, holder, ending); err != nil {
		return err
	}
	over := mark
	over.Kind, over.Mark, over.Classes, over.Number, over.To = enforce.Design, held.Name+": sole of a shoe", nil, "SIM-D-77120", year.AddDate(0, -1, 0)
	if _, err := a.Enforce.DeclareRight(ctx, holder, over); err != nil {
		return err
	}
	found, err := a.Market.Listings(ctx, access.System, market.ListingFilter{Text: held.Name, Limit: 6})
	if err != nil {
		return err
	}
	for i, l := range found.Items {
		n, _, err := a.Enforce.FileNotice(ctx, holder, enforce.Claim{
			Right: marked.ID, Listing: l.ID, Reasons: "The goods bear our mark. We did not make them and have not allowed it.", Evidence: "The stitching and the label differ from ours.",
			Email: holder.Email, GoodFaith: true, Guarantee: holder.Name,
		})
		if err != nil {
			return err
		}
		choice := enforce.Choice{Outcome: enforce.Remove, Reason: "counterfeit"}
		if i == 1 {
			choice = enforce.Choice{Outcome: enforce.Approve, Reason: "second-hand-genuine"}
		}
		if i < 2 && n.State == enforce.Received {
			if err := a.demoDecide(ctx, reviewer, l.ID, choice); err != nil {
				return err
			}
		}
	}
	return nil
}

// DemoDecision has the demo's reviewer decide on a listing of the demo's seller, unless somebody has, so that there is something to read and to answer.
func (a *App) DemoDecision(ctx context.Context) error {
	seller, err := a.demoUser(ctx, access.Seller)
	if err != nil {
		return err
	}
	reviewer, err := a.demoUser(ctx, access.Reviewer)
	if err != nil {
		return err
	}
	name, _ := seller.Org.Account() // of a seller's organisation it is known
	account := market.SellerID(name)
	have, err := a.Enforce.Decisions(ctx, reviewer, enforce.DecisionFilter{Seller: account, Limit: 1})
	if err != nil || len(have.Items) > 0 {
		return err
	}
	waiting, err := a.Enforce.Queue(ctx, reviewer, enforce.Filter{Seller: account, Limit: 1})
	if err != nil || len(waiting.Items) == 0 {
		return err
	}
	return a.demoDecide(ctx, reviewer, waiting.Items[0].Listing, enforce.Choice{Outcome: enforce.Remove, Reason: "counterfeit"})
}

// DemoProgramme opens a cohort for shoes with the demo's firm and some others in it, unless there is one.
func (a *App) DemoProgramme(ctx context.Context) error {
	manager, err := a.demoUser(ctx, access.ProgrammeManager)
	if err != nil {
		return err
	}
	maker, err := a.demoUser(ctx, access.Maker)
	if err != nil {
		return err
	}
	have, err := a.Cultivate.Cohorts(ctx, manager, cultivate.CohortFilter{Limit: 1})
	if err != nil || len(have.Items) > 0 {
		return err
	}
	c, err := a.Cultivate.SaveCohort(ctx, manager, cultivate.Cohort{Industry: "shoes", Name: "莆田鞋业第一期（模拟）", Place: "福建莆田", Places: 17, Note: "Simulated: seventeen places, as in the first scheme."})
	if err != nil {
		return err
	}
	if c, err = a.Cultivate.MoveCohort(ctx, manager, c.ID, c.Version, cultivate.CohortOpen, ""); err != nil {
		return err
	}
	if _, _, err := a.Cultivate.Enrol(ctx, manager, c.ID, cultivate.Firm{Organisation: maker.Org, Name: "莆田市海风鞋业有限公司（模拟）", Place: "福建莆田"}); err != nil {
		return err
	}
	for i, name := range []string{"莆田市荔城区步云鞋厂（模拟）", "Jinjiang Tidewren Footwear Co., Ltd. (simulated)", "福建省莆田市涵江区远帆鞋材鞋业制造有限责任公司（模拟）"} {
		firm := cultivate.Firm{Name: name, Place: "福建莆田", Person: "陈师傅", Email: fmt.Sprintf("firm-%d@demo.example", i+1)}
		if _, _, err := a.Cultivate.Enrol(ctx, manager, c.ID, firm); err != nil {
			return err
		}
	}
	return nil
}

// DemoPolicy puts a policy of the demo's analyst on trial, unless there is one already, so that there is a trial to look at. It acts on nothing; its
// replay goes on while the demo is served.
func (a *App) DemoPolicy(ctx context.Context) error {
	analyst, err := a.demoUser(ctx, access.Analyst)
	if err != nil {
		return err
	}
	have, err := a.Detect.PolicyList(ctx, analyst, "", 2)
	if err != nil || len(have.Items) > 1 {
		return err
	}
	terms := detect.ShippedPolicy.Terms
	terms.Title, terms.Note = "Simulated: words for a copy", "A policy of the demo: where the text itself speaks of a copy, removal is proposed; a single used item of an old account is let be."
	terms.Rules = append([]detect.Rule{
		{Name: "Words for a copy", When: `signals["term-replica"] + signals["term-grade"] > 3.0 && !seller.authorised`, Then: detect.Remove, Queue: "copies", Priority: 80},
		{Name: "A single used item", When: `verdict == "review" && listing.condition == "used" && listing.quantity == 1 && seller.age_days > 365`, Then: detect.Pass},
	}, terms.Rules...)
	made, err := a.Detect.ImportPolicy(ctx, analyst, terms)
	if err != nil {
		return err
	}
	_, err = a.Detect.BeginTrial(ctx, analyst, made.Number, made.Version)
	return err
}

// demoDecide decides on a listing whose review may still be changed by the scan's own event.
func (a *App) demoDecide(ctx context.Context, by access.User, listing market.ListingID, choice enforce.Choice) (err error) {
	for range 5 {
		review, reviewErr := a.Enforce.Review(ctx, by, listing)
		if reviewErr != nil {
			return reviewErr
		}
		choice.Version = review.Version
		if _, err = a.Enforce.Decide(ctx, by, listing, choice); !errors.Is(err, fault.Conflict) {
			return err
		}
	}
	return err
}

// demoUser is the demo's person of a role, as one who asks.
func (a *App) demoUser(ctx context.Context, role access.Role) (access.User, error) {
	p, err := a.Access.PersonByEmail(ctx, access.System, demoEmail(role))
	return access.User{ID: p.ID, Name: p.Name, Email: p.Email, Org: p.Org, Roles: p.Roles}, err
}
