package app

import (
	"context"
	"fmt"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/enforce"
)

// DemoCases gives the demo's officer two cases, one of them old and with a verdict, and what authorities did over nine years, unless there are cases. Decisions of the
// demo come before it.
func (a *App) DemoCases(ctx context.Context) error {
	officer, err := a.demoUser(ctx, access.Officer)
	if err != nil {
		return err
	}
	have, err := a.Cases.CountCases(ctx, officer, enforce.CaseFilter{})
	if err != nil || have > 0 {
		return err
	}
	putian := enforce.Place{City: "莆田", Region: "CN-FJ", Country: "CN", Latitude: 25.44, Longitude: 119.01}
	old, err := a.Cases.OpenCase(ctx, officer, enforce.Case{Title: "安福夜市仓库案（模拟）", Summary: "模拟数据：夜间发货，三个账号，同一仓库。", Place: putian}, "")
	if err != nil {
		return err
	}
	for _, to := range []enforce.Stage{enforce.Opened, enforce.Raided, enforce.Charged, enforce.Convicted} {
		if old, err = a.Cases.MoveCase(ctx, officer, old.ID, old.Version, to, "模拟。"); err != nil {
			return err
		}
	}
	now := clock.System().UTC()
	for i := range 9 {
		day := time.Date(now.Year()-1-i, time.Month(3+i%8), 11, 0, 0, 0, 0, time.UTC)
		for _, f := range []enforce.Fact{
			{Kind: enforce.Seizure, Quantity: enforce.Quantity((60_000 + 17_000*(i*5%7)) * 1000), Unit: enforce.Pairs, Goods: "运动鞋"},
			{Kind: enforce.Arrest, Quantity: enforce.Quantity((4 + i*3%11) * 1000), Unit: enforce.Persons},
		} {
			f.Case, f.Day, f.Place, f.Authority, f.Source = old.ID, day, putian, "模拟市场监管局", fmt.Sprintf("SIM-%d", day.Year())
			if _, err := a.Cases.AddFact(ctx, officer, f, ""); err != nil {
				return err
			}
		}
	}
	for _, f := range []enforce.Fact{{Kind: enforce.Conviction, Quantity: 2000, Unit: enforce.Persons}, {Kind: enforce.Fine, Money: enforce.Money{Minor: 86_000_00, Currency: "CNY"}}} {
		f.Case, f.Day, f.Place, f.Authority, f.Source = old.ID, now.AddDate(0, -4, 0).Truncate(24*time.Hour), putian, "模拟法院", "SIM"
		if _, err := a.Cases.AddFact(ctx, officer, f, ""); err != nil {
			return err
		}
	}
	fresh, err := a.Cases.OpenCase(ctx, officer, enforce.Case{Title: "直播间的“原单”（模拟）", Summary: "模拟数据：一条已下架的商品，买家反映仍在私下发货。", Place: enforce.Place{City: "晋江", Region: "CN-FJ", Country: "CN"}}, "")
	if err != nil {
		return err
	}
	reviewer, err := a.demoUser(ctx, access.Reviewer)
	if err != nil {
		return err
	}
	decided, err := a.Enforce.Decisions(ctx, reviewer, enforce.DecisionFilter{Limit: 1})
	if err != nil {
		return err
	}
	for _, d := range decided.Items {
		if err := a.Cases.Gather(ctx, officer, fresh.ID, enforce.ListingLink, string(d.Listing), "最早发现的一条。（模拟）"); err != nil {
			return err
		}
		buy, err := a.Cases.PlanTestBuy(ctx, officer, enforce.TestBuy{Case: fresh.ID, Listing: d.Listing}, "")
		if err != nil {
			return err
		}
		if _, err := a.Cases.MoveTestBuy(ctx, officer, fresh.ID, buy.ID, buy.Version, enforce.BuyStep{To: enforce.BuyBought, Order: "SIM-A-1", Price: enforce.Money{Minor: 199_00, Currency: "CNY"},
			Custody: enforce.Custody{At: clock.System(), Holder: officer.Name, Place: "局里（模拟）"}}); err != nil {
			return err
		}
	}
	_, err = a.Cases.MoveCase(ctx, officer, fresh.ID, fresh.Version, enforce.Opened, "模拟：两名同事核对无误。")
	return err
}
