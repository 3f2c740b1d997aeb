package market

import "strings"

// RatesDate is the day the rates of perDollar are of.
const RatesDate = "2026-11-20"

// perDollar is about what a US dollar buys, rounded: prices are compared within a factor, never to the cent, and never booked by it.
var perDollar = map[string]float64{
	"USD": 1, "EUR": 0.87, "GBP": 0.76, "CHF": 0.8, "CNY": 7.1, "JPY": 152, "KRW": 1430, "TWD": 31, "HKD": 7.8, "MOP": 8,
	"SGD": 1.3, "MYR": 4.2, "THB": 32.5, "IDR": 16600, "VND": 26300, "PHP": 58, "KHR": 4010, "MMK": 2100, "LAK": 21700,
	"INR": 88, "BDT": 122, "PKR": 281, "LKR": 304, "NPR": 141,
	"AUD": 1.53, "NZD": 1.75, "CAD": 1.4, "MXN": 18.5, "BRL": 5.4, "ARS": 1450, "CLP": 945, "COP": 3850, "PEN": 3.4, "UYU": 40,
	"SEK": 9.5, "NOK": 10.1, "DKK": 6.5, "ISK": 126, "PLN": 3.7, "CZK": 21, "HUF": 335, "RON": 4.4, "BGN": 1.7, "RSD": 102,
	"TRY": 42, "RUB": 80, "UAH": 42, "BYN": 3.3, "KZT": 525, "UZS": 12000, "GEL": 2.7, "AMD": 383, "AZN": 1.7,
	"ILS": 3.3, "AED": 3.67, "SAR": 3.75, "QAR": 3.64, "KWD": 0.31, "BHD": 0.376, "OMR": 0.385, "JOD": 0.71,
	"EGP": 47, "MAD": 9.3, "TND": 2.95, "NGN": 1450, "KES": 129, "GHS": 11, "ZAR": 17.2,
}

// ToUSD turns an amount into US dollars by a rough table of one day (RatesDate). ok is false for a currency that is not in it. No
// currency at all is taken for dollars.
func ToUSD(amount float64, currency string) (dollars float64, ok bool) {
	if currency == "" {
		return amount, true
	}
	rate, ok := perDollar[currency]
	if !ok {
		rate, ok = perDollar[strings.ToUpper(currency)]
	}
	if !ok {
		return 0, false
	}
	return amount / rate, true
}
