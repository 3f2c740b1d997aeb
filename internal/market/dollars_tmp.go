package market

func dollars(price float64, currency string) (float64, bool) { return price, currency == "USD" }
