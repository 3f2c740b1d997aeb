package world

import "github.com/ownmark/ownmark/internal/brand"

// testBrands are few and fixed, so that the golden world changes only when world does. Prices are rough guesses.
func testBrands() []brand.Brand {
	usd := func(low, typical float64) brand.Price {
		return brand.Price{Currency: "USD", Low: low, Typical: typical}
	}
	cny := func(low, typical float64) brand.Price {
		return brand.Price{Currency: "CNY", Low: low, Typical: typical}
	}
	one := func(id brand.ID, name, han string, ambiguous bool, prices map[string]brand.Price) brand.Brand {
		b := brand.Brand{ID: id, Name: name, Ambiguous: ambiguous, Prices: prices, AuthorisedSellers: []string{"left over"}}
		if han != "" {
			b.Aliases = []string{han}
		}
		for _, category := range []string{"shoes", "apparel", "bags", "toys", "electronics", "appliances", "watches", "beauty", "accessories"} {
			if _, ok := prices[category]; ok {
				b.Categories = append(b.Categories, category)
			}
		}
		return b
	}
	type prices = map[string]brand.Price
	return []brand.Brand{
		one("nike", "Nike", "耐克", false, prices{"shoes": usd(55, 110), "apparel": usd(18, 45)}),
		one("adidas", "adidas", "阿迪达斯", false, prices{"shoes": usd(45, 95), "apparel": usd(16, 40)}),
		one("newbalance", "New Balance", "新百伦", false, prices{"shoes": usd(55, 110)}),
		one("converse", "Converse", "匡威", true, prices{"shoes": usd(35, 65)}),
		one("vans", "Vans", "范斯", true, prices{"shoes": usd(38, 70)}),
		one("birkenstock", "Birkenstock", "勃肯", false, prices{"shoes": usd(45, 120)}),
		one("timberland", "Timberland", "添柏岚", false, prices{"shoes": usd(85, 190)}),
		one("warrior", "Warrior", "回力", true, prices{"shoes": cny(49, 109)}),
		one("lv", "Louis Vuitton", "路易威登", false, prices{"bags": usd(1100, 2200), "accessories": usd(300, 600)}),
		one("gucci", "Gucci", "古驰", false, prices{"bags": usd(750, 1900), "accessories": usd(220, 460)}),
		one("coach", "Coach", "蔻驰", true, prices{"bags": usd(110, 320)}),
		one("longchamp", "Longchamp", "珑骧", false, prices{"bags": usd(95, 180)}),
		one("fjallraven", "Fjällräven", "北极狐", false, prices{"bags": usd(65, 95)}),
		one("canadagoose", "Canada Goose", "加拿大鹅", false, prices{"apparel": usd(475, 1150)}),
		one("levis", "Levi's", "李维斯", false, prices{"apparel": usd(32, 70)}),
		one("lego", "LEGO", "乐高", false, prices{"toys": usd(9, 50)}),
		one("popmart", "POP MART", "泡泡玛特", false, prices{"toys": cny(55, 99)}),
		one("jellycat", "Jellycat", "", false, prices{"toys": usd(15, 32)}),
		one("apple", "Apple", "苹果", true, prices{"electronics": usd(89, 450), "accessories": usd(15, 32), "watches": usd(180, 380)}),
		one("sony", "Sony", "索尼", false, prices{"electronics": usd(40, 220)}),
		one("xiaomi", "Xiaomi", "小米", false, prices{"electronics": cny(59, 899), "appliances": cny(69, 399)}),
		one("dyson", "Dyson", "戴森", false, prices{"appliances": usd(220, 480)}),
		one("philips", "Philips", "飞利浦", false, prices{"appliances": usd(25, 80)}),
		one("delonghi", "De'Longhi", "德龙", false, prices{"appliances": usd(90, 420)}),
		one("rolex", "Rolex", "劳力士", false, prices{"watches": usd(5500, 11500)}),
		one("casio", "Casio", "卡西欧", false, prices{"watches": usd(16, 85)}),
		one("sk2", "SK-II", "神仙水", false, prices{"beauty": usd(65, 170)}),
		one("mac", "MAC", "魅可", true, prices{"beauty": usd(14, 28)}),
		one("rayban", "Ray-Ban", "雷朋", false, prices{"accessories": usd(75, 165)}),
		one("pandora", "Pandora", "潘多拉", true, prices{"accessories": usd(25, 65)}),
	}
}
