package app

import (
	"context"
	"fmt"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
)

// DemoTraders gives some sellers of the demo their files, one whole, one with something missing, one begun by its sales, and has a buyer report a listing, unless
// there are files.
func (a *App) DemoTraders(ctx context.Context) error {
	there, err := a.Market.Traders(ctx, access.System, market.TraderFilter{Limit: 1})
	if err != nil || len(there.Items) > 0 {
		return err
	}
	person, err := a.demoUser(ctx, access.Seller)
	if err != nil {
		return err
	}
	account, _ := person.Org.Account()
	own := market.SellerID(account)
	if _, err := a.Market.SaveTrader(ctx, person, own, 0, map[market.TraderField]string{
		market.TraderName: "莆田市步云鞋业有限公司（模拟）", market.TraderCountry: "CN", market.TraderAddress: "福建省莆田市荔城区模拟路 8 号", market.TraderPhone: "+86 594 000 0000",
		market.TraderEmail: demoEmail(access.Seller), market.TraderPayment: "6222 0000 0000 0000 001", market.TraderFactory: "福建省莆田市荔城区模拟路 8 号 2 幢",
	}); err != nil {
		return fmt.Errorf("demo trader %s: %w", own, err)
	}
	sellers, err := a.Market.Sellers(ctx, access.System, market.SellerFilter{Limit: 4})
	if err != nil {
		return err
	}
	var months []market.Sales
	for _, s := range sellers.Items {
		if s.ID != own {
			months = append(months, market.Sales{Seller: s.ID, Month: clock.System().UTC().Format("2006-01"), Count: 260, Cents: 21_400_00})
		}
	}
	if err := a.Market.SaveSales(ctx, access.System, months); err != nil {
		return fmt.Errorf("demo sales: %w", err)
	}
	listings, err := a.Market.Listings(ctx, access.System, market.ListingFilter{Seller: own, Limit: 2})
	if err != nil || len(listings.Items) == 0 {
		return err
	}
	_, err = a.Enforce.FileReport(ctx, "192.0.2.1", enforce.ReportSecret(), enforce.Said{Kind: enforce.ReportBought, Place: string(listings.Items[len(listings.Items)-1].ID),
		Reasons: "I bought this pair. The stitching is uneven, the box has no label, and the maker's shop says it is not theirs.", Name: "Nell Buyer", Email: "nell@buyer.example", GoodFaith: true})
	if err != nil {
		return fmt.Errorf("demo report: %w", err)
	}
	return nil
}
