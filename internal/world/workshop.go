package world

import (
	"fmt"

	"github.com/ownmark/ownmark/internal/brand"
)

// WorkshopID is the identity of a place where goods are made.
type WorkshopID string

// Makes says what a workshop turns out.
type Makes string

// What workshops turn out.
const (
	Copies Makes = "copies" // goods under others' marks
	Own    Makes = "own"    // goods under its own label, or none
	Both   Makes = "both"   // copies to live on, its own label to leave by
)

// Workshop is where goods are made, with the truth about it.
type Workshop struct {
	ID         WorkshopID `json:"id"`
	Name       string     `json:"name"`
	NameLatin  string     `json:"name_latin"`
	Belt       string     `json:"belt"`
	Category   string     `json:"category"`
	Makes      Makes      `json:"makes"`
	Label      string     `json:"label,omitempty"`       // its own label, where it has one
	LabelLatin string     `json:"label_latin,omitempty"` // the same in Latin letters
	Copied     []brand.ID `json:"copied,omitempty"`
	Workers    int        `json:"workers"`
	Founded    int        `json:"founded"` // year
	Address    string     `json:"address"`

	number int
	belt   *belt
	street string
	models []model // what it copies
	plains []model // what it makes under its own label or none
}

// belt is a region that lives on one trade.
type belt struct {
	name     string
	category string
	beside   string // a second category its workshops can make
	region   string // the six digits of GB/T 2260
	han      string // as an address begins
	latin    string
	city     syllable
	streets  []syllable
	trade    syllable
}

var belts = []belt{
	{"putian-shoes", "shoes", "shoes", "350304", "福建省莆田市荔城区", "Licheng, Putian", syllable{"莆田", "Putian"},
		[]syllable{{"西天尾镇荔涵大道", "Lihan Ave"}, {"新度镇港利工业区", "Gangli Industrial Zone"}, {"黄石工业园", "Huangshi Park"}}, syllable{"鞋业", "Shoes"}},
	{"baigou-bags", "bags", "accessories", "130684", "河北省保定市白沟镇", "Baigou, Baoding", syllable{"白沟", "Baigou"},
		[]syllable{{"富强路箱包园", "Fuqiang Rd Luggage Park"}, {"津保南路", "Jinbao South Rd"}, {"友谊路五区", "Youyi Rd Zone 5"}}, syllable{"箱包", "Bags"}},
	{"huadu-bags", "bags", "accessories", "440114", "广东省广州市花都区", "Huadu, Guangzhou", syllable{"花都", "Huadu"},
		[]syllable{{"狮岭镇阳光路", "Yangguang Rd, Shiling"}, {"狮岭镇皮革五金城", "Leather & Hardware City"}, {"前进路合成工业村", "Hecheng Industrial Village"}}, syllable{"皮具", "Leather"}},
	{"chenghai-toys", "toys", "toys", "440515", "广东省汕头市澄海区", "Chenghai, Shantou", syllable{"澄海", "Chenghai"},
		[]syllable{{"凤翔街道玩具工业区", "Fengxiang Toy Zone"}, {"莱美路", "Laimei Rd"}, {"岭海工业区", "Linghai Zone"}}, syllable{"玩具", "Toys"}},
	{"cixi-appliances", "appliances", "electronics", "330282", "浙江省慈溪市", "Cixi, Ningbo", syllable{"慈溪", "Cixi"},
		[]syllable{{"周巷镇小家电园", "Zhouxiang Appliance Park"}, {"观海卫镇工业大道", "Gongye Ave, Guanhaiwei"}, {"附海镇花塘路", "Huatang Rd, Fuhai"}}, syllable{"电器", "Electric"}},
}

func makeWorkshops(o Options, g *goods) []Workshop {
	workshops := make([]Workshop, o.Workshops)
	taken := map[string]bool{}
	// Eight in twenty are of the shoe belt; the two bag towns are one belt in the trade's eyes, so they share.
	beltShares := []int{8, 2, 3, 4, 3}
	for i := range workshops {
		c := newChance(o.Seed, "workshop", uint64(i))
		w := &workshops[i]
		w.number, w.belt = i, &belts[c.weighted(beltShares...)]
		if i < len(belts) {
			w.belt = &belts[i]
		}
		w.ID = WorkshopID(fmt.Sprintf("W%04d", i+1))
		han, pinyin := inventedName(&c)
		for n := 0; taken[han+w.belt.name] && n < 40; n++ {
			han, pinyin = inventedName(&c)
		}
		taken[han+w.belt.name] = true
		w.Name = w.belt.city.han + "市" + han + w.belt.trade.han + "有限公司"
		if w.belt.city.han == "白沟" || w.belt.city.han == "花都" || w.belt.city.han == "澄海" {
			w.Name = w.belt.city.han + "区" + han + w.belt.trade.han + "厂"
		}
		w.NameLatin = w.belt.city.pinyin + " " + pinyin + " " + w.belt.trade.pinyin
		w.Belt, w.Category = w.belt.name, w.belt.category
		w.Makes = []Makes{Copies, Own, Both}[c.weighted(45, 35, 20)]
		if i < 10 { // a small world has each sort in each belt
			w.Makes = []Makes{Copies, Own, Both, Copies, Own, Own, Copies, Copies, Both, Copies}[i]
		}
		w.Workers = c.small(6, 240)
		w.Founded = c.between(1996, 2022)
		street := pick(&c, w.belt.streets)
		number := c.between(1, 680)
		w.street = fmt.Sprintf("No. %d %s, %s", number, street.pinyin, w.belt.latin)
		w.Address = fmt.Sprintf("%s%s%d号", w.belt.han, street.han, number)
		if w.Makes != Copies {
			w.Label, w.LabelLatin = inventedName(&c)
		}
		w.stock(&c, o.Seed, g)
	}
	return workshops
}

// stock chooses what the workshop makes.
func (w *Workshop) stock(c *chance, seed uint64, g *goods) {
	categories := []string{w.belt.category, w.belt.category, w.belt.beside}
	if candidates := g.copied[w.belt.category]; w.Makes != Own && len(candidates) > 0 {
		for range c.between(1, 2) {
			w.copy(c, g, pick(c, candidates), w.belt.category)
		}
		if beside := g.copied[w.belt.beside]; len(beside) > 0 && c.percent(35) {
			w.copy(c, g, pick(c, beside), w.belt.beside)
		}
	}
	label := w.Label
	for n := range c.between(3, 7) {
		if n == 3 {
			label = ""
		}
		w.plains = append(w.plains, plain(seed, label, pick(c, kindsIn(pick(c, categories))), w.number*16+n))
	}
}

func (w *Workshop) copy(c *chance, g *goods, i int, category string) {
	for _, id := range w.Copied {
		if id == g.brands[i].ID {
			return
		}
	}
	w.Copied = append(w.Copied, g.brands[i].ID)
	models := append([]model(nil), g.modelsIn(i, category)...)
	shuffle(c, models)
	w.models = append(w.models, models[:min(len(models), c.between(1, 3))]...)
}
