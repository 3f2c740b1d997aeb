package detect

import (
	"strings"

	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/internal/market"
)

// dollarsPerTerabyte is what solid-state storage costs at the least, in US dollars of 2026. What promises many times as much does not have it.
const dollarsPerTerabyte = 30.0

// weighSpecification: what the goods are said to be cannot be had at the price. It is the one signal of price that needs no brand's prices.
func (w *work) weighSpecification(c *catalogue, l *market.Listing) {
	if l.Price == nil || !(*l.Price > 0) || secondHand(l) {
		return
	}
	price, ok := market.ToUSD(*l.Price, l.Currency)
	if !ok {
		return
	}
	switch l.Category {
	case "electronics", "accessories":
		if terabytes := quantityBefore(w.text, "tb"); terabytes >= 1 && terabytes <= 512 && mentionsFlash(w.text) {
			w.implausible(score.Doublings(terabytes*dollarsPerTerabyte/price, 3) / 3)
		}
	case "toys":
		if w.concerned < 0 || c.brands[w.concerned].piece == 0 {
			return
		}
		if pieces := quantityBefore(w.text, "pieces"); pieces >= 500 && pieces <= 20000 {
			w.implausible(score.Doublings(pieces*c.brands[w.concerned].piece/price, 2) / 2 * w.x[brandClaimed])
		}
	}
}

func (w *work) implausible(x float64) {
	if x == 0 {
		return
	}
	w.x[specificationImplausible] = x
	w.where[specificationImplausible] = span{field: "price", mention: -1}
	w.telling = true
}

// quantityBefore is the greatest whole number that stands before a unit, with or without a space between; 0 when there is none.
func quantityBefore(s, unit string) float64 {
	most := 0.0
	for at := 0; at+len(unit) <= len(s); at++ {
		if !strings.EqualFold(s[at:at+len(unit)], unit) || at+len(unit) < len(s) && asciiLetter(s[at+len(unit)]) {
			continue
		}
		end := at
		if end > 0 && s[end-1] == ' ' {
			end--
		}
		from := end
		for from > 0 && s[from-1] >= '0' && s[from-1] <= '9' && end-from < 7 {
			from--
		}
		number := 0.0
		for _, digit := range s[from:end] {
			number = number*10 + float64(digit-'0')
		}
		most = max(most, number)
	}
	return most
}

func asciiLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// mentionsFlash tells storage that is dear by the terabyte from disks, which are not.
func mentionsFlash(s string) bool {
	s = strings.ToLower(s)
	for _, word := range []string{"ssd", "usb", "flash", "micro sd", "microsd", "sd card", "memory card", "pendrive", "u盘", "内存卡", "固态", "флеш"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
