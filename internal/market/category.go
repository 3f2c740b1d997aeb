package market

import (
	"slices"
	"strings"
)

// categoryWords are the words of feeds' own categories and what they stand for, most telling first: "watch bands" are
// accessories before they are watches. Words of Latin script match at their beginning ("boot" in "boots").
var categoryWords = []struct {
	category string
	words    []string
}{
	{"accessories", []string{"jewel", "sunglass", "eyewear", "belt", "scarf", "scarves", "wallet", "watch band", "watch accessor", "accessor", "schmuck", "bijou", "joya", "配饰", "饰品", "首饰", "眼镜", "皮带", "围巾"}},
	{"watches", []string{"watch", "uhr", "montre", "reloj", "часы", "手表", "腕表", "钟表"}},
	{"bags", []string{"bag", "backpack", "luggage", "suitcase", "purse", "tasche", "rucks", "koffer", "sac", "bolso", "mochila", "сумк", "рюкзак", "箱包", "包", "行李"}},
	{"shoes", []string{"shoe", "sneaker", "boot", "sandal", "footwear", "slipper", "schuh", "chaussure", "zapat", "calzado", "обув", "кроссовк", "sepatu", "ayakkab", "sapato", "tênis", "鞋", "靴"}},
	{"beauty", []string{"beauty", "cosmetic", "perfume", "fragrance", "makeup", "make-up", "skin care", "skincare", "hair care", "parfum", "kosmetik", "belleza", "космет", "美妆", "美容", "护肤", "化妆", "香水"}},
	{"toys", []string{"toy", "game", "doll", "puzzle", "spielzeug", "jouet", "juguete", "игруш", "mainan", "oyuncak", "brinquedo", "玩具", "积木", "玩偶"}},
	{"appliances", []string{"appliance", "kitchen", "vacuum", "kettle", "blender", "coffee m", "washing", "haushalt", "électroménager", "electrodom", "家电", "电器", "厨房"}},
	{"electronics", []string{"electronic", "phone", "computer", "laptop", "tablet", "camera", "audio", "headphone", "earphone", "tv", "video", "elektronik", "électronique", "electrónica", "электрон", "数码", "手机", "电脑", "电子", "耳机"}},
	{"apparel", []string{"apparel", "cloth", "dress", "shirt", "jacket", "coat", "trouser", "jeans", "sweater", "hoodie", "sock", "underwear", "bekleidung", "kleidung", "vêtement", "ropa", "одежд", "pakaian", "giyim", "roupa", "服装", "服饰", "男装", "女装", "衣", "裤", "裙"}},
}

// taxonomy are numbers of Google's product taxonomy that feeds give in place of the words, mostly of its upper levels.
var taxonomy = map[string]string{
	"187":  "shoes",
	"1604": "apparel", "203": "apparel", "204": "apparel", "207": "apparel", "208": "apparel", "211": "apparel", "212": "apparel", "213": "apparel", "1581": "apparel", "2271": "apparel", "5322": "apparel",
	"5181": "bags", "100": "bags", "3032": "bags",
	"1239": "toys", "1253": "toys", "3793": "toys",
	"222": "electronics", "223": "electronics", "267": "electronics", "278": "electronics", "328": "electronics", "4745": "electronics", "141": "electronics",
	"604": "appliances", "638": "appliances", "730": "appliances",
	"201": "watches",
	"469": "beauty", "473": "beauty", "477": "beauty", "479": "beauty", "567": "beauty", "2915": "beauty",
	"167": "accessories", "169": "accessories", "178": "accessories", "188": "accessories", "2668": "accessories",
}

// Category maps a feed's own words for a category ("Apparel & Accessories > Shoes", "女鞋") or Google's number for it onto Categories, looking at
// the last, narrowest part of a path first. What fits nowhere is "other"; nothing at all stays empty.
func Category(words string) string {
	words = strings.ToLower(strings.TrimSpace(words))
	if words == "" || slices.Contains(Categories, words) {
		return words
	}
	if category, known := taxonomy[words]; known {
		return category
	}
	parts := strings.FieldsFunc(words, func(r rune) bool { return r == '>' || r == '/' || r == '|' || r == '›' || r == '＞' })
	for i := len(parts) - 1; i >= 0; i-- {
		for _, c := range categoryWords {
			for _, word := range c.words {
				if beginsWord(parts[i], word) {
					return c.category
				}
			}
		}
	}
	return "other"
}

// categoryCache remembers what words came to: a feed has few, each many times. Its zero value is ready; it is not for
// more than one goroutine.
type categoryCache map[string]string

// maxCategoryWords bounds the cache against a feed that has other words in every record; longer words are not remembered.
const maxCategoryWords, maxCategoryLength = 500, 200

func (c *categoryCache) of(words string) string {
	if words == "" || slices.Contains(Categories, words) {
		return words
	}
	if category, known := (*c)[words]; known {
		return category
	}
	category := Category(words)
	if len(*c) < maxCategoryWords && len(words) <= maxCategoryLength {
		if *c == nil {
			*c = categoryCache{}
		}
		(*c)[strings.Clone(words)] = category
	}
	return category
}

// beginsWord reports whether a word of text begins with prefix; in Han script, whether text contains it.
func beginsWord(text, prefix string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], prefix)
		if i < 0 {
			return false
		}
		if i += from; i == 0 || prefix[0] >= 0xe3 || strings.IndexByte(" &,-(", text[i-1]) >= 0 {
			return true
		}
		from = i + len(prefix)
	}
}
