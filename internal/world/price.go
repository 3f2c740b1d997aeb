package world

// perDollar is what a dollar was worth in ten-thousandths of a unit of each currency: rough and fixed, for a
// simulated market.
var perDollar = map[string]int64{
	"USD": 1_0000, "EUR": 9200, "GBP": 7800, "CNY": 7_1500, "TWD": 32_0000, "RUB": 90_0000, "BRL": 5_4000, "IDR": 16_000_0000, "TRY": 40_0000, "JPY": 150_0000,
}

// exchange turns hundredths of one currency into hundredths of another. An unknown currency counts as dollars.
func exchange(amount int64, from, to string) int64 {
	of := func(currency string) int64 {
		if rate, ok := perDollar[currency]; ok {
			return rate
		}
		return perDollar["USD"]
	}
	if from == to {
		return amount
	}
	// Never overflows: ten million dollars in rupiah are 1.6e13 hundredths, times 1.6e8 over a rate taken first.
	cents := amount * 1_0000 / of(from)
	return cents * of(to) / 1_0000
}

// tag rounds hundredths to a price as shops write it in that currency.
func tag(c *chance, amount int64, currency string) int64 {
	switch currency {
	case "IDR":
		return max(amount/1000_00*1000_00, 1000_00)
	case "RUB":
		if amount > 2000_00 {
			return amount/100_00*100_00 - 10_00
		}
		return max(amount/10_00*10_00, 50_00)
	case "TRY", "TWD":
		return max(amount/10_00*10_00, 10_00) - 1_00
	case "CNY":
		if amount < 1000 {
			return max(amount/10*10, 100)
		}
		switch c.weighted(50, 20, 30) {
		case 1:
			return amount/100*100 + 90
		case 2:
			return max(amount/10_00*10_00-1_00, 9_00)
		}
		return amount / 100 * 100
	}
	switch {
	case amount >= 1000_00:
		return amount / 10_00 * 10_00
	case amount >= 100_00 && c.percent(60):
		return amount / 100 * 100
	case amount < 200:
		return max(amount, 49)
	case c.percent(60):
		return max(amount/100*100-1, 99)
	case c.percent(50):
		return amount/100*100 + 50
	}
	return amount / 100 * 100
}

// reference is what a model costs new and genuine, and the least that shops ask, in hundredths of currency.
func (g *goods) reference(m model, currency string) (low, typical int64) {
	if m.cost > 0 {
		typical = exchange(m.cost*(900+m.factor%200)/1000, "USD", currency)
		return typical * 55 / 100, typical
	}
	if m.brand >= 0 {
		if p, ok := g.brands[m.brand].Prices[m.kind.category]; ok && p.Typical > 0 {
			low, typical = exchange(int64(p.Low*100), p.Currency, currency), exchange(int64(p.Typical*100), p.Currency, currency)
			low = low * beside(m.kind) / 1000
			return low, max(typical*m.factor/1000, low*105/100)
		}
		return exchange(m.kind.low*3, "USD", currency), exchange(m.kind.typical*3*m.factor/1000, "USD", currency)
	}
	return exchange(m.kind.low, "USD", currency), exchange(m.kind.typical*m.factor/1000, "USD", currency)
}

// besides is what goods of a kind cost beside the brand's usual ones of the category, in thousandths: a coat costs more than a shirt.
var besides = map[string]int64{
	"tee": 550, "hoodie": 1100, "jacket": 1500, "jeans": 1050, "boot": 1200, "sandal": 550, "card": 350, "phone": 1500, "lipstick": 550, "perfume": 1300,
	"cap": 750, "wallet": 950, "scarf": 900, "sunglasses": 850, "filter": 250,
}

func beside(k *kind) int64 {
	if share, ok := besides[k.name]; ok {
		return share
	}
	return 1000
}
