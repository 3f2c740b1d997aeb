// Package listingstest fills a test's console with listings whose verdicts are known, so that pages can be looked at and
// driven whatever the scanner of the day makes of a text.
package listingstest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// Desk is the rooms of a site.
func Desk(s *webtest.Site) *listings.Desk {
	brands := &brand.Service{DB: s.DB}
	return &listings.Desk{
		Market: &market.Service{DB: s.DB}, Brand: brands, Enforce: &enforce.Service{DB: s.DB},
		Detect: &detect.Service{DB: s.DB, Brands: brands, Now: s.Clock.Now},
	}
}

// kind is a listing to be told again and again with other figures.
type kind struct {
	title, text, declared, category, currency, condition string
	price                                                float64
	verdict                                              detect.Verdict
	score                                                float64
	brand                                                brand.ID
	signals                                              []detect.Signal
	seller                                               market.Seller
}

// treated is what the shipped policy makes of each verdict.
var treated = map[detect.Verdict]detect.Treatment{
	detect.Clear:  {Action: detect.Pass},
	detect.Review: {Action: detect.Look, Queue: "unsure", Priority: 50, Rule: "To be looked at"},
	detect.Fake:   {Action: detect.Look, Queue: "likely", Priority: 60, Rule: "Very likely a fake"},
}

func whole(n int64) *int64        { return &n }
func fraction(x float64) *float64 { return &x }

var kinds = []kind{
	{"Halden Aero 1:1 top quality, same factory, without box", "Same factory as the original, size 36–46. Ask for the password link.\nShips in 24 h.", "", "shoes", "USD", "new", 24.5, detect.Fake, 0.97, "halden", []detect.Signal{
		{Name: "term-replica", Weight: 4.6, Evidence: "“1:1 top quality” is what sellers of copies say.", Field: "title", Start: 12, End: 27, Args: detect.Arguments{"t:1:1 top quality"}},
		{Name: "brand-claimed", Weight: 1.1, Evidence: "“Halden” is the brand's name.", Field: "title", Start: 0, End: 6, Args: detect.Arguments{"t:Halden", "t:Halden"}},
		{Name: "price-low", Weight: 2.3, Evidence: "USD 24.50 is 22% of the typical USD 110.", Field: "price", Args: detect.Arguments{"t:USD 24.50", "t:USD 110", "t:Halden", "t: shoes", "t:USD 70"}},
		{Name: "term-source", Weight: 1.8, Evidence: "“Same factory as the original”", Field: "description", Start: 0, End: 28, Args: detect.Arguments{"t:Same factory as the original"}},
		{Name: "seller-established", Weight: -0.4, Evidence: "412 ratings since 2019.", Field: "seller.ratings", Args: detect.Arguments{"t:2019", "t:412", "t:99%"}},
	}, market.Seller{ID: "S-901", Name: "莆田市荔城区新度镇海蓝星跨境电子商务有限责任公司第三分公司鞋业进出口贸易事业部（个人独资）直营旗舰店", Country: "CN", Joined: "2026-08-14", Ratings: whole(4), Positive: fraction(0.75)}},
	{"全新 H@lden 跑鞋 原单尾货 支持验货", "原厂同款，加微信详聊。", "", "shoes", "CNY", "new", 188, detect.Fake, 0.93, "halden", []detect.Signal{
		{Name: "brand-disguised", Weight: 4.1, Evidence: "“H@lden” stands for “Halden”.", Field: "title", Start: 3, End: 9, Args: detect.Arguments{"t:H@lden", "t:Halden", "t:“@” for “a”"}},
		{Name: "term-contact", Weight: 1.2, Evidence: "“加微信详聊”", Field: "description", Start: 5, End: 10, Args: detect.Arguments{"t:加微信详聊"}},
	}, market.Seller{ID: "S-902", Name: "海蓝星鞋业", Country: "CN", Joined: "2026-10-02"}},
	{strings.Repeat("Halden running shoes men women breathable light outdoor 2026 new season ", 3)[:200], "", "Halden", "shoes", "USD", "new", 64, detect.Review, 0.58, "halden", []detect.Signal{
		{Name: "price-low", Weight: 1.4, Evidence: "USD 64.00 is 58% of the typical USD 110.", Field: "price", Args: detect.Arguments{"t:USD 64", "t:USD 110", "t:Halden", "t: shoes", "t:USD 70"}},
		{Name: "seller-new", Weight: 0.8, Evidence: "Joined 20 days ago.", Field: "seller.joined", Args: detect.Arguments{"t:20"}},
	}, market.Seller{ID: "S-903", Name: "Quay Street Sports", Country: "GB", Joined: "2026-11-03", Ratings: whole(0)}},
	{"Halden Aero, worn twice, EU 41", "Sold because too small. Receipt from 2025.", "Halden", "shoes", "USD", "used", 0, detect.Review, 0.41, "halden", []detect.Signal{
		{Name: "goods-used", Weight: -2.2, Evidence: "Offered as used, a single pair.", Field: "condition", Args: detect.Arguments{"t:used"}},
		{Name: "brand-claimed", Weight: 1.1, Evidence: "“Halden” is the brand's name.", Field: "title", Start: 0, End: 6, Args: detect.Arguments{"t:Halden", "t:Halden"}},
	}, market.Seller{ID: "S-904", Name: "Mara P.", Country: "DE", Joined: "2017-02-01", Ratings: whole(312), Positive: fraction(0.994)}},
	{"Orrin tote, leather, limited edition", "The last one.", "Orrin", "bags", "USD", "new", 12345678.90, detect.Review, 0.66, "orrin", []detect.Signal{
		{Name: "seller-unauthorised", Weight: 0.9, Evidence: "House of Bags is not among the sellers that Orrin has authorised.", Field: "seller.id", Args: detect.Arguments{"t:Orrin"}},
	}, market.Seller{ID: "S-905", Name: "House of Bags", Country: "IT", Joined: "2022-05-05", Ratings: whole(1204), Positive: fraction(0.87)}},
	{"Ceramic mug, hand made", "Holds 300 ml.", "", "other", "EUR", "new", 14, detect.Clear, 0.02, "", nil,
		market.Seller{ID: "S-906", Name: "Töpferei Lindner", Country: "DE", Joined: "2015-01-01", Ratings: whole(88), Positive: fraction(1)}},
}

// Fill puts n listings into the site, five of six of them suspected, with two brands and the reviews that follow.
func Fill(t *testing.T, s *webtest.Site, d *listings.Desk, n int) []market.ListingID {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	admin := s.User(access.Administrator)
	for _, b := range []brand.Brand{
		{ID: "halden", Name: "Halden", Categories: []string{"shoes"}, Prices: map[string]brand.Price{"shoes": {Currency: "USD", Low: 70, Typical: 110}}},
		{ID: "orrin", Name: "Orrin", Categories: []string{"bags"}, Prices: map[string]brand.Price{"bags": {Currency: "USD", Low: 380, Typical: 640}}},
	} {
		_, err := d.Brand.Create(ctx, admin, b)
		must(err)
	}
	ids := make([]market.ListingID, n)
	var event detect.Scanned
	must(s.DB.Tx(ctx, func(tx *db.Tx) error {
		all := make([]market.Listing, n)
		for i := range n {
			k := kinds[i%len(kinds)]
			ids[i] = market.ListingID(fmt.Sprintf("L%04d", i+1))
			price := k.price
			all[i] = market.Listing{ID: ids[i], Title: k.title, Description: k.text, Brand: k.declared, Category: k.category, Price: &price, Currency: k.currency,
				Quantity: whole(int64(1 + i*7%900)), Condition: k.condition, Seller: k.seller, ShipsFrom: "Quanzhou, CN", ListedAt: webtest.Now.Add(-time.Duration(i) * time.Hour),
				Images: []string{"img/a.png", "https://pictures.example/" + string(ids[i]) + ".jpg"}}
		}
		if _, err := market.Save(tx, webtest.Now, all); err != nil {
			return err
		}
		var clear, review, fake int64
		for i, id := range ids {
			k := kinds[i%len(kinds)]
			signals, err := json.Marshal(append([]detect.Signal{}, k.signals...))
			if err != nil {
				return err
			}
			score := max(0, k.score-float64(i/len(kinds))*0.001)
			at := db.Micros(webtest.Now.Add(-time.Duration(i) * time.Minute))
			if _, err := tx.Exec(`insert into verdict (listing, seller, version, verdict, score, brand, signals, model, revision, scanned_at, changed_at,
				action, queue, priority, rule) values ($1, $2, 1, $3, $4, $5, $6, 'prior', 1, $7, $7, $8, $9, $10, $11)`, string(id), string(k.seller.ID), string(k.verdict), score, string(k.brand),
				string(signals), at, string(treated[k.verdict].Action), treated[k.verdict].Queue, int64(treated[k.verdict].Priority), treated[k.verdict].Rule); err != nil {
				return err
			}
			switch k.verdict {
			case detect.Clear:
				clear++
				continue
			case detect.Review:
				review++
			case detect.Fake:
				fake++
			}
			if _, err := tx.Exec(`insert into verdict_change (listing, id, at, was, verdict, score, brand, signals, version, revision, model, because, entry)
				values ($1, $2, $3, '', $4, $5, $6, $7, 1, 1, 'prior', 'submitted', '')`, string(id), db.NewID(), at, string(k.verdict), score, string(k.brand), string(signals)); err != nil {
				return err
			}
			event.Listings = append(event.Listings, detect.Outcome{Listing: id, Version: 1, Verdict: k.verdict, Score: score, Brand: k.brand})
		}
		for day := range int64(14) {
			at := db.Micros(webtest.Now.Add(-time.Duration(day) * 24 * time.Hour))
			if _, err := tx.Exec(`insert into scan (message, batch, at, listings, clear, review, fake) values ($1, '', $2, $3, $4, $5, $6)`,
				fmt.Sprint("day", day), at, clear+review+fake, clear*(1+day%3), review, fake*(1+day%2)); err != nil {
				return err
			}
		}
		return nil
	}))
	body, err := json.Marshal(event)
	must(err)
	must(d.Enforce.HandleScanned(ctx, bus.Message{ID: db.NewID(), Subject: enforce.ScannedSubject, Body: body}))
	return ids
}
