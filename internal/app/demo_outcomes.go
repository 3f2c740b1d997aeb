package app

import (
	"context"
	"fmt"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
)

// DemoOutcomes gives the demo requests of industries, firms that wait for a visit and for a place, a maker with a brand and figures of its own, and an alert on
// another, unless there are requests already. DemoDecision and DemoDesk come before it.
func (a *App) DemoOutcomes(ctx context.Context) error {
	manager, err := a.demoUser(ctx, access.ProgrammeManager)
	if err != nil {
		return err
	}
	have, err := a.Cultivate.CountPetitions(ctx, manager, cultivate.PetitionFilter{})
	if err != nil || have > 0 {
		return err
	}
	if err := a.demoApplicants(ctx, manager); err != nil {
		return err
	}
	pioneers, err := a.Cultivate.Makers(ctx, manager, cultivate.MakerFilter{Stage: cultivate.Approved, Limit: 1})
	if err != nil {
		return err
	}
	if len(pioneers.Items) == 1 {
		if err := a.demoBrand(ctx, manager, pioneers.Items[0]); err != nil {
			return err
		}
	}
	if err := a.demoAlert(ctx, manager); err != nil {
		return err
	}
	return a.demoPetitions(ctx, manager) // last: they are the sign that all of it is there
}

// demoApplicants brings firms of the first cohort on: one waits for the demo's inspector, two for a place.
func (a *App) demoApplicants(ctx context.Context, manager access.User) error {
	inspector, err := a.demoUser(ctx, access.Inspector)
	if err != nil {
		return err
	}
	drafts, err := a.Cultivate.Makers(ctx, manager, cultivate.MakerFilter{Stage: cultivate.Draft, Limit: 10})
	if err != nil {
		return err
	}
	own, err := a.demoUser(ctx, access.Maker)
	if err != nil {
		return err
	}
	brought := 0
	for _, m := range drafts.Items {
		if m.Organisation == own.Org || brought == 3 {
			continue
		}
		for field, value := range map[string]string{"jobs": fmt.Sprint(80 + 60*brought), "designs": fmt.Sprint(6 + 9*brought), "capacity": fmt.Sprint(12_000 + 9_000*brought)} {
			if _, _, err := a.Cultivate.SaveApplication(ctx, manager, m.ID, []cultivate.Edit{{Field: field, Value: value, Was: cultivate.Digest("")}}); err != nil {
				return err
			}
		}
		goal := cultivate.Visited
		if brought == 0 {
			goal = cultivate.Screened
		}
		if m, err = a.demoAdvance(ctx, manager, m, goal); err != nil {
			return err
		}
		if goal == cultivate.Screened {
			day := clock.System().AddDate(0, 0, 2).Format("2006-01-02")
			if _, err := a.Cultivate.PlanVisit(ctx, manager, cultivate.Visit{Maker: m.ID, Inspector: inspector.ID, InspectorName: inspector.Name, Day: day, Note: "北门进，找陈师傅。"}); err != nil {
				return err
			}
		}
		brought++
	}
	return nil
}

// demoBrand gives a maker two names, of which it chooses one, a filing, a page for buyers, and the figures of six quarters.
func (a *App) demoBrand(ctx context.Context, manager access.User, m cultivate.Maker) error {
	if _, err := a.Cultivate.Propose(ctx, manager, m.ID, cultivate.Proposal{Name: "Mulanxi", Also: []string{"木兰溪"}, Meaning: "流过厂门口的河。", Classes: []int{25}}, ""); err != nil {
		return err
	}
	fine, err := a.Cultivate.Propose(ctx, manager, m.ID, cultivate.Proposal{Name: "Brookstep", Also: []string{"溪步"}, Meaning: "沿溪而行的步子。", Classes: []int{25}}, "")
	if err != nil {
		return err
	}
	if fine, err = a.Cultivate.Choose(ctx, manager, fine.ID, fine.Version, "Simulated."); err != nil {
		return err
	}
	f, err := a.Cultivate.PrepareFiling(ctx, manager, m.ID, "CN", nil, "")
	if err != nil {
		return err
	}
	today := clock.System().UTC()
	if _, err := a.Cultivate.MoveFiling(ctx, manager, f.ID, cultivate.FilingMove{To: cultivate.FilingFiled, Number: "SIM-00000001", Day: today.AddDate(0, -2, 0).Format("2006-01-02"), Said: "Simulated: no office has this number.", Version: f.Version}); err != nil {
		return err
	}
	for item, words := range map[string]string{"story": "三代人在木兰溪边做鞋，如今做自己的。（模拟）", "positioning": "给每天走一万步的人：轻、耐弯折、能修。（模拟）"} {
		e, err := a.Cultivate.GiveEntry(ctx, manager, m.ID, item, 0, words, cultivate.SentFile{})
		if err != nil {
			return err
		}
		if _, err := a.Cultivate.JudgeEntry(ctx, manager, m.ID, item, e.Version, cultivate.EntryAccepted, ""); err != nil {
			return err
		}
	}
	if _, err := a.Cultivate.WritePlan(ctx, manager, cultivate.Plan{Maker: m.ID, Goal: "三个城市的跑者认识溪步。（模拟）", Budget: cultivate.Amount{Currency: "CNY", Minor: 2_000_000}, Begins: today.AddDate(0, -1, 0).Format("2006-01-02"), Ends: today.AddDate(0, 2, 0).Format("2006-01-02")}); err != nil {
		return err
	}
	for i, step := range []cultivate.PlanStep{{Channel: "video", Title: "拍摄车间短视频", Budget: 150_000}, {Channel: "search", Title: "优化标题和主图", Budget: 0}, {Channel: "live", Title: "老板自己上一场直播", Budget: 300_000}} {
		step.Maker, step.Day = m.ID, today.AddDate(0, 0, 14*i-7).Format("2006-01-02")
		if _, err := a.Cultivate.AddStep(ctx, manager, step, ""); err != nil {
			return err
		}
	}
	if _, err := a.Cultivate.EnterChannel(ctx, manager, cultivate.ChannelResult{Maker: m.ID, Channel: "video", Begins: today.AddDate(0, 0, -28).Format("2006-01-02"), Ends: today.AddDate(0, 0, -1).Format("2006-01-02"), Visits: 4_120, Searches: 96, Orders: 61, Spent: cultivate.Amount{Currency: "CNY", Minor: 140_000}}); err != nil {
		return err
	}
	if m, err = a.Cultivate.Maker(ctx, manager, m.ID); err != nil {
		return err
	}
	if m, err = a.demoAdvance(ctx, manager, m, cultivate.Campaigning); err != nil {
		return err
	}
	// Near graduation: two figures are there, the others nobody has counted yet.
	from, to := today.AddDate(0, -2, 0).Truncate(24*time.Hour), today.Truncate(24*time.Hour)
	for _, r := range []cultivate.Result{{Measure: cultivate.RepeatBuyers, Part: 412, Whole: 1_960}, {Measure: cultivate.DispatchedSoon, Part: 1_902, Whole: 1_960}, {Measure: cultivate.QualityReturns, Part: 19, Whole: 1_960}} {
		r.From, r.To, r.Source, r.Confidence, r.Note = from, to, cultivate.MarketplaceData, cultivate.Verified, "Simulated."
		if _, err := a.Cultivate.EnterResult(ctx, manager, m.ID, r); err != nil {
			return err
		}
	}
	if err := a.demoMark(ctx, manager, m); err != nil {
		return err
	}
	quarter := cultivate.QuarterOf(today) - 6
	var entries []cultivate.LivelihoodEntry
	for i := range 6 {
		for _, one := range []struct {
			kind  cultivate.LivelihoodKind
			value string
		}{{cultivate.Jobs, fmt.Sprint(96 + 5*i)}, {cultivate.HomeOrders, fmt.Sprint(21_000 + 2_300*i)}, {cultivate.ExportOrders, fmt.Sprint(14_000 - 1_100*i)}, {cultivate.OwnBrandShare, fmt.Sprint(4 + 6*i)}} {
			entries = append(entries, cultivate.LivelihoodEntry{Quarter: quarter + cultivate.Quarter(i), Kind: one.kind, Value: one.value, Source: cultivate.Payroll, Confidence: cultivate.Documented, Note: "Simulated."})
		}
	}
	_, err = a.Cultivate.EnterLivelihoods(ctx, manager, m.ID, entries)
	return err
}

// demoMark is a common mark with its rules and a licence of the maker's, which has been checked once.
func (a *App) demoMark(ctx context.Context, manager access.User, m cultivate.Maker) error {
	mark, err := a.Cultivate.SaveMark(ctx, manager, cultivate.CommonMark{ID: "brook-shoes", Name: "溪鞋（模拟）", Owner: "模拟鞋业协会", Office: "CN", Number: "SIM-00000002", Goods: "鞋"})
	if err != nil {
		return err
	}
	if _, err := a.Cultivate.AddRules(ctx, manager, mark.Version, cultivate.MarkRules{Mark: mark.ID, Text: cultivate.Words{English: "Simulated. Vulcanised shoes of the valley, with a sole of at least 45 % rubber, sold by who made them.", Chinese: "模拟数据。本流域生产的硫化鞋，鞋底含胶量不低于 45%，由生产者自己销售。"},
		Material: "含胶量 ≥ 45%", Tests: []string{"GB/T 3903.1", "GB/T 3903.3"}, Floor: 99_00, Currency: "CNY"}); err != nil {
		return err
	}
	l, err := a.Cultivate.ApplyLicence(ctx, manager, mark.ID, m.ID, "休闲鞋")
	if err != nil {
		return err
	}
	now := clock.System()
	if l, err = a.Cultivate.MoveLicence(ctx, manager, l.ID, cultivate.LicenceMove{To: cultivate.LicenceGranted, Number: "SIM-001", Lines: "休闲鞋", From: now, Until: now.AddDate(2, 0, 0), Version: l.Version}); err != nil {
		return err
	}
	_, err = a.Cultivate.CheckLicence(ctx, manager, l.ID, cultivate.LicenceCheck{Licence: l.ID, Day: now.Truncate(24 * time.Hour), Tested: "GB/T 3903.1", Passed: true, Price: cultivate.NoPriceSeen, Note: "Simulated."})
	return err
}

// demoAlert raises an alert on a member from a decision of the demo: the listing's account is declared as a relative's.
func (a *App) demoAlert(ctx context.Context, manager access.User) error {
	reviewer, err := a.demoUser(ctx, access.Reviewer)
	if err != nil {
		return err
	}
	decided, err := a.Enforce.Decisions(ctx, reviewer, enforce.DecisionFilter{Limit: 1})
	if err != nil || len(decided.Items) == 0 {
		return err
	}
	members, err := a.Cultivate.Makers(ctx, manager, cultivate.MakerFilter{Stage: cultivate.Trained, Limit: 1})
	if err != nil || len(members.Items) == 0 {
		return err
	}
	d, m := decided.Items[0], members.Items[0]
	if err := a.Cultivate.DeclareAccount(ctx, manager, m.ID, d.Seller, cultivate.FamilyAccount, "Simulated: the account of a brother."); err != nil {
		return err
	}
	var raised []cultivate.AlertID
	if err := a.DB.Tx(ctx, func(tx *db.Tx) error {
		records, err := market.Load(tx, []market.ListingID{d.Listing})
		if err != nil {
			return err
		}
		raised, err = a.Cultivate.Alert(tx, cultivate.Suspicion{Ref: "decision:" + string(d.ID), Subject: "listing:" + string(d.Listing), Kind: cultivate.RemovedListing, Account: d.Seller, Listing: d.Listing, Title: records[d.Listing].Title,
			Detail: "reason:" + string(d.Reason), Path: "/listings/" + string(d.Listing), At: tx.Now()})
		return err
	}); err != nil || len(raised) == 0 {
		return err
	}
	_, err = a.Cultivate.CallHearing(ctx, manager, cultivate.Call{Maker: m.ID, Alerts: raised[:1], Reasons: "模拟：您弟弟的账号有一条商品因假冒被下架。请说明情况。", Place: "视频会议（模拟）", On: clock.System().AddDate(0, 0, 9).UTC()})
	return err
}

// demoPetitions are requests of other belts, as the first scheme had them.
func (a *App) demoPetitions(ctx context.Context, manager access.User) error {
	whole := func(n int) *int { return &n }
	share := func(x float64) *float64 { return &x }
	yes := true
	for _, p := range []cultivate.Petition{
		{Industry: "bags", Place: "河北白沟（模拟）", Body: "箱包行业协会（模拟）", Facts: cultivate.Request{AskedBy: cultivate.Association, Makers: whole(900), Jobs: whole(60_000), ExportLoss: share(0.22), Fakes: &cultivate.Sample{Fakes: 61, Of: 400}, StandardsBody: &yes, CitySupport: whole(2), OwnDesignShare: share(0.12)}},
		{Industry: "toys", Place: "广东澄海（模拟）", Body: "Toy city office (simulated)", Facts: cultivate.Request{AskedBy: cultivate.City, Makers: whole(450), Jobs: whole(38_000), ExportLoss: share(0.31), CitySupport: whole(3)}},
		{Industry: "electronics", Place: "浙江慈溪（模拟）", Body: "小家电商会（模拟）", Facts: cultivate.Request{AskedBy: cultivate.Association, Makers: whole(300), Jobs: whole(21_000), Fakes: &cultivate.Sample{Fakes: 9, Of: 120}}},
		{Trade: "Ceramic tableware", Place: "福建德化（模拟）", Body: "One kiln alone (simulated)", Facts: cultivate.Request{AskedBy: cultivate.Company, Makers: whole(1)}},
	} {
		if _, err := a.Cultivate.SavePetition(ctx, manager, p, ""); err != nil {
			return err
		}
	}
	return nil
}
