package world

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// kind is a sort of goods: what it looks like, where it is sold, what it costs without a name, in US cents.
type kind struct {
	name     string
	category string
	low      int64
	typical  int64
	// Goods whose colour nobody names: the title says how they are wrapped instead.
	colourless bool
}

var kinds = []kind{
	{"running", "shoes", 1400, 2900, false}, {"skate", "shoes", 1200, 2500, false}, {"hightop", "shoes", 1300, 2600, false},
	{"boot", "shoes", 1900, 4200, false}, {"sandal", "shoes", 500, 1300, false},
	{"tee", "apparel", 400, 1100, false}, {"hoodie", "apparel", 1100, 2600, false}, {"jacket", "apparel", 2400, 5900, false}, {"jeans", "apparel", 1200, 2900, false},
	{"tote", "bags", 900, 2600, false}, {"shoulder", "bags", 900, 2400, false}, {"backpack", "bags", 1200, 2900, false},
	{"blocks", "toys", 600, 2200, true}, {"plush", "toys", 400, 1400, false}, {"car", "toys", 300, 1200, false}, {"figure", "toys", 400, 1300, false},
	{"earbuds", "electronics", 900, 2400, false}, {"headphones", "electronics", 1500, 3600, false}, {"speaker", "electronics", 1100, 2900, false},
	{"phone", "electronics", 7000, 15000, false}, {"card", "electronics", 500, 1300, true}, {"camera", "electronics", 4000, 12000, false},
	{"powerbank", "electronics", 900, 2200, false}, {"gamepad", "electronics", 1100, 2500, false},
	{"kettle", "appliances", 1200, 3200, false}, {"hairdryer", "appliances", 1100, 3400, false}, {"vacuum", "appliances", 3900, 9900, false},
	{"coffee", "appliances", 3500, 11000, false}, {"cooker", "appliances", 2200, 5600, false}, {"filter", "appliances", 500, 1500, true},
	{"watch", "watches", 1500, 4900, false}, {"smartwatch", "watches", 1100, 3900, false},
	{"cream", "beauty", 500, 1600, true}, {"lipstick", "beauty", 300, 900, false}, {"perfume", "beauty", 800, 2400, true}, {"serum", "beauty", 600, 1900, true},
	{"case", "accessories", 300, 1100, false}, {"sunglasses", "accessories", 500, 1600, false}, {"scarf", "accessories", 600, 1900, false},
	{"bracelet", "accessories", 400, 1500, false}, {"cap", "accessories", 500, 1500, false}, {"wallet", "accessories", 600, 1900, false},
	{"book", "other", 400, 1500, true}, {"mug", "other", 500, 1400, false}, {"food", "other", 400, 1500, true}, {"plant", "other", 500, 2200, false},
}

var colours = []string{"black", "white", "grey", "navy", "red", "green", "beige", "brown", "pink", "blue", "yellow", "orange"}

func kindNamed(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

func kindsIn(category string) []*kind {
	var found []*kind
	for i := range kinds {
		if kinds[i].category == category && kinds[i].name != "filter" {
			found = append(found, &kinds[i])
		}
	}
	return found
}

// model is goods of one design. A copy of it is of the same model: it is meant to look like it.
type model struct {
	brand  int // into goods.brands; -1 for goods without a brand under protection
	own    string
	kind   *kind
	latin  string // the line's name; empty for goods known by their kind alone
	han    string
	look   uint32 // what the pictures are drawn from; the top byte is the maker's mark, 0 for none
	factor int64  // price in thousandths of the brand's typical one, or of cost where that is known
	cost   int64  // what goods of the line usually cost, in US cents; 0 when it is as the brand's others
}

// goods is what the world sells: the brands given, and the models of each by category.
type goods struct {
	brands []brandedGoods
	byKey  map[string]int
	copied map[string][]int // by category: brands whose goods are copied, the more sought the more often
}

type brandedGoods struct {
	brand.Brand
	key    string
	han    string // the name Chinese sellers use, empty when the Latin one is
	models []model
	coded  map[string][]string // by language
	exotic bool                // priced far above its neighbours, so that copies cost a small part of it
}

func newGoods(seed uint64, brands []brand.Brand) (*goods, error) {
	lines, err := readLines()
	if err != nil {
		return nil, err
	}
	coded, err := readCoded()
	if err != nil {
		return nil, err
	}
	g := &goods{byKey: map[string]int{}, copied: map[string][]int{}}
	for i, b := range brands {
		entry := brandedGoods{Brand: b, key: keyOf(b.Name), han: hanName(b), coded: coded[keyOf(b.Name)]}
		mark := uint32(hashOf(fmt.Sprint(seed), "mark", string(b.ID)))%255 + 1
		add := func(k *kind, latin, han string, cost int64) {
			look := mark<<24 | uint32(hashOf(fmt.Sprint(seed), string(b.ID), k.name, latin))&0xffffff
			entry.models = append(entry.models, model{brand: i, kind: k, latin: latin, han: han, look: look, factor: (650 + int64(look%850)) * beside(k) / 1000, cost: cost})
		}
		for _, l := range lines[entry.key] {
			if slices.Contains(b.Categories, l.kind.category) || len(b.Categories) == 0 {
				add(l.kind, l.latin, l.han, l.cost)
			}
		}
		for _, category := range b.Categories {
			if !slices.ContainsFunc(entry.models, func(m model) bool { return m.kind.category == category }) {
				for _, k := range kindsIn(category) {
					add(k, "", "", 0)
				}
			}
		}
		if len(entry.models) == 0 {
			add(kindNamed("mug"), "", "", 0)
		}
		for _, category := range b.Categories {
			if p, ok := b.Prices[category]; ok && exchange(int64(p.Typical*100), p.Currency, "USD") >= 500_00 {
				entry.exotic = true
			}
			// Sought brands are those somebody took the trouble to name lines and nicknames of.
			times := len(lines[entry.key]) + 2*len(entry.coded["zh"]) + 2*len(entry.coded["en"])
			for range times {
				g.copied[category] = append(g.copied[category], i)
			}
		}
		g.brands = append(g.brands, entry)
		g.byKey[entry.key] = i
	}
	for _, category := range market.Categories {
		if len(g.copied[category]) > 0 {
			continue
		}
		for i, b := range g.brands {
			if slices.Contains(b.Categories, category) {
				g.copied[category] = append(g.copied[category], i)
			}
		}
	}
	return g, nil
}

// modelsIn are the models of brand i in a category, or all of them when it has none there.
func (g *goods) modelsIn(i int, category string) []model {
	var found []model
	for _, m := range g.brands[i].models {
		if m.kind.category == category {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return g.brands[i].models
	}
	return found
}

// brandThat is one of the brands that suit, as likely as each other, or any when none does.
func (g *goods) brandThat(c *chance, suits func(*brandedGoods) bool) int {
	start, step := c.n(len(g.brands)), 0
	found := start
	for n := range g.brands {
		if i := (start + n) % len(g.brands); suits(&g.brands[i]) {
			if step++; c.n(step) == 0 {
				found = i
			}
		}
	}
	return found
}

// likeness is a model of brand i of this kind, for a text that names it beside other goods; without a line when it has
// none.
func (g *goods) likeness(c *chance, i int, k *kind) model {
	var found []model
	for _, m := range g.brands[i].models {
		if m.kind == k {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return model{brand: i, kind: k}
	}
	return pick(c, found)
}

// plain is a model without a brand under protection; own is the maker's own label or empty.
func plain(seed uint64, own string, k *kind, number int) model {
	look := uint32(hashOf(fmt.Sprint(seed), "plain", own, k.name, fmt.Sprint(number)))
	if own == "" {
		look &= 0xffffff
	} else {
		look = look&0xffffff | (uint32(hashOf(own))%255+1)<<24
	}
	return model{brand: -1, own: own, kind: k, look: look, factor: 700 + int64(look%700)}
}

type line struct {
	kind       *kind
	latin, han string
	cost       int64 // US cents, 0 when it is as the brand's other goods
}

func readLines() (map[string][]line, error) {
	text, err := wordFiles.ReadFile("words/lines.txt")
	if err != nil {
		return nil, err
	}
	all := map[string][]line{}
	for row := range strings.Lines(string(text)) {
		row = strings.TrimSpace(row)
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		names, han, _ := strings.Cut(row, "|")
		parts := strings.SplitN(strings.TrimSpace(names), " ", 3)
		if len(parts) != 3 || kindNamed(parts[1]) == nil {
			return nil, fmt.Errorf("words/lines.txt: cannot read %q", row)
		}
		latin, price, priced := strings.Cut(parts[2], "=")
		l := line{kind: kindNamed(parts[1]), latin: strings.TrimSpace(latin)}
		if priced {
			dollars, err := strconv.ParseInt(strings.TrimSpace(price), 10, 32)
			if err != nil || dollars <= 0 {
				return nil, fmt.Errorf("words/lines.txt: cannot read the price in %q", row)
			}
			l.cost = dollars * 100
		}
		l.han = cmp.Or(strings.TrimSpace(han), l.latin)
		all[parts[0]] = append(all[parts[0]], l)
	}
	return all, nil
}

func readCoded() (map[string]map[string][]string, error) {
	text, err := wordFiles.ReadFile("words/coded.txt")
	if err != nil {
		return nil, err
	}
	all := map[string]map[string][]string{}
	for row := range strings.Lines(string(text)) {
		row = strings.TrimSpace(row)
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		parts := strings.SplitN(row, " ", 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("words/coded.txt: cannot read %q", row)
		}
		if all[parts[0]] == nil {
			all[parts[0]] = map[string][]string{}
		}
		all[parts[0]][parts[1]] = append(all[parts[0]][parts[1]], parts[2])
	}
	return all, nil
}

// keyOf is a brand's name in lower-case ASCII letters and digits: what words/*.txt are keyed by, so that they do not depend
// on the ids somebody gave their brands.
func keyOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		}
		if plain, ok := withoutAccent[r]; ok {
			b.WriteByte(plain)
		}
	}
	return b.String()
}

var withoutAccent = map[rune]byte{'é': 'e', 'è': 'e', 'ä': 'a', 'ö': 'o', 'ü': 'u', 'å': 'a'}

func hanName(b brand.Brand) string {
	for _, alias := range b.Aliases {
		if strings.IndexFunc(alias, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0 &&
			strings.IndexFunc(alias, func(r rune) bool { return r < unicode.MaxASCII }) < 0 {
			return alias
		}
	}
	return ""
}

// palettes are the colours of goods that do not come in all.
var palettes = map[string][]string{
	"jeans": {"navy", "blue", "black", "grey"}, "lipstick": {"red", "pink", "orange", "brown"},
	"watch": {"black", "white", "navy", "green", "blue", "grey"}, "phone": {"black", "white", "grey", "navy", "green", "pink", "blue"},
	"camera": {"black", "grey", "white", "brown"}, "headphones": {"black", "white", "grey", "navy", "beige", "green"},
	"earbuds": {"white", "black", "grey", "navy", "beige", "pink"}, "jacket": {"black", "navy", "green", "red", "beige", "brown", "grey", "blue"},
	"hairdryer": {"grey", "white", "pink", "navy", "black", "red"}, "vacuum": {"grey", "red", "navy", "white", "black"},
	"coffee": {"black", "white", "red", "grey", "beige"}, "boot": {"brown", "black", "beige", "yellow", "grey", "green"},
}

// colour is one of the three colourways a model is made in: an index into colours.
func (m model) colour(c *chance) int {
	return m.colourBy(pick(c, []int{0, 0, 0, 0, 0, 0, 3, 7}))
}

// mainColour is the colour that most of the model's goods have.
func (m model) mainColour() int { return m.colourBy(0) }

func (m model) colourBy(offset int) int {
	way := int(m.look>>4&0xff) + offset
	if palette := palettes[m.kind.name]; palette != nil {
		return slices.Index(colours, palette[way%len(palette)])
	}
	return way % len(colours)
}
