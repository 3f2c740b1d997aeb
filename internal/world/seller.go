package world

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// Kind says what a seller really is.
type Kind string

// The kinds of sellers.
const (
	Authorised Kind = "authorised" // a shop the rights holder named
	Reseller   Kind = "reseller"   // sells genuine goods bought from the trade, named by nobody
	Grey       Kind = "grey"       // imports genuine goods past the official channel
	Private    Kind = "private"    // a person who clears a cupboard
	Fitter     Kind = "fitter"     // makes accessories that fit others' goods
	General    Kind = "general"    // books, tea, plants: goods whose words look like trouble
	Maker      Kind = "maker"      // a workshop's account for its own label
	Copier     Kind = "copier"     // a workshop's account for copies
	Trader     Kind = "trader"     // an account that sells copies it does not make, beside honest goods
)

// Record is what a marketplace knows about an account beyond what a listing shows: the ground on which accounts are
// tied to each other. The JSON form is one line of a sellers file.
type Record struct {
	ID          market.SellerID `json:"id"`
	Name        string          `json:"name"`
	LegalName   string          `json:"legal_name"`
	CreditCode  string          `json:"uscc"` // unified social credit code, empty where none was given
	Phone       string          `json:"phone"`
	Email       string          `json:"email"`
	Address     string          `json:"address"`
	BankAccount string          `json:"bank_account"`
	DeviceIDs   []string        `json:"device_ids"`
	ShipsFrom   string          `json:"ships_from"`
	Joined      string          `json:"joined"` // YYYY-MM-DD
}

// Seller is an account with the truth about it.
type Seller struct {
	Account  market.Seller
	Record   Record
	Kind     Kind
	Workshop WorkshopID // whose account it is, or whose copies a trader sells; empty when neither
	Source   string     // who is behind the account: equal for accounts of one hand
	Brands   []brand.ID // authorised for
	Language string     // BCP 47

	number    int
	joined    time.Time
	volume    int
	workshop  *Workshop
	focus     []string // categories
	brands    []int
	own       string
	cities    []place
	lookalike int // the brand whose own shop its name imitates, -1 for none
}

// place is a city and, in China, the six digits its credit codes carry.
type place struct {
	city    string
	country string
	region  string // for Chinese credit codes
}

// region is where sellers who write one language sit, and what they are paid in.
type region struct {
	language string
	currency string
	places   []place
}

var regions = []region{
	{"en", "USD", []place{{"Columbus", "US", ""}, {"Portland", "US", ""}, {"Newark", "US", ""}, {"Austin", "US", ""}, {"Tucson", "US", ""}}},
	{"en", "GBP", []place{{"Leeds", "GB", ""}, {"Hull", "GB", ""}, {"Cardiff", "GB", ""}, {"Reading", "GB", ""}}},
	{"en", "USD", []place{{"Toronto", "CA", ""}, {"Perth", "AU", ""}, {"Hong Kong", "HK", ""}}},
	{"zh", "CNY", []place{{"杭州", "CN", "330106"}, {"广州", "CN", "440111"}, {"上海", "CN", "310115"}, {"成都", "CN", "510104"}, {"武汉", "CN", "420106"}, {"深圳", "CN", "440306"}, {"郑州", "CN", "410105"}, {"义乌", "CN", "330782"}}},
	{"zh-Hant", "TWD", []place{{"台北", "TW", ""}, {"台中", "TW", ""}, {"高雄", "TW", ""}}},
	{"de", "EUR", []place{{"Kassel", "DE", ""}, {"Leipzig", "DE", ""}, {"Freiburg", "DE", ""}, {"Graz", "AT", ""}}},
	{"es", "EUR", []place{{"Valencia", "ES", ""}, {"Zaragoza", "ES", ""}, {"Murcia", "ES", ""}, {"Puebla", "MX", ""}}},
	{"fr", "EUR", []place{{"Lyon", "FR", ""}, {"Nantes", "FR", ""}, {"Lille", "FR", ""}}},
	{"ru", "RUB", []place{{"Казань", "RU", ""}, {"Пермь", "RU", ""}, {"Екатеринбург", "RU", ""}}},
	{"pt", "BRL", []place{{"Curitiba", "BR", ""}, {"Recife", "BR", ""}, {"Goiânia", "BR", ""}}},
	{"id", "IDR", []place{{"Bandung", "ID", ""}, {"Surabaya", "ID", ""}, {"Medan", "ID", ""}}},
	{"tr", "TRY", []place{{"Bursa", "TR", ""}, {"İzmir", "TR", ""}, {"Konya", "TR", ""}}},
}

// regionShares make about 45 % English and 35 % Chinese listings once the workshops' accounts are counted.
var regionShares = []int{24, 14, 8, 29, 2, 5, 4, 4, 4, 2, 3, 2}

func regionOf(language, country string) region {
	for _, r := range regions {
		if r.language == language && slices.ContainsFunc(r.places, func(p place) bool { return p.country == country }) {
			return r
		}
	}
	for _, r := range regions {
		if r.language == language {
			return r
		}
	}
	return regions[0]
}

func makeSellers(o Options, g *goods, workshops []Workshop) []Seller {
	ids := newChance(o.Seed, "seller ids", 0)
	numbers := newAffine(&ids)
	sellers := make([]Seller, 0, o.Sellers)
	add := func(s Seller, c *chance) {
		s.number = len(sellers)
		s.Account.ID = market.SellerID(numbers.id("S", s.number))
		s.finish(o, c)
		sellers = append(sellers, s)
	}
	// Workshops first, one account each and then more, until they have what is theirs of the accounts.
	pools := make([]pool, len(workshops))
	accounts := max(len(workshops), o.Sellers*27/100)
	for n := range accounts {
		i := n
		c := newChance(o.Seed, "account", uint64(n))
		if n >= len(workshops) {
			// Copies are spread over many accounts, so that losing one costs little.
			if i = c.n(len(workshops)); workshops[i].Makes == Own && c.percent(75) {
				i = c.n(len(workshops))
			}
		}
		w := &workshops[i]
		if pools[i].source == "" {
			pools[i] = newPool(o.Seed, w)
		}
		add(pools[i].account(&c, w, g), &c)
	}
	for n := accounts; n < o.Sellers; n++ {
		c := newChance(o.Seed, "account", uint64(n))
		add(independent(&c, n-accounts, g, workshops), &c)
	}
	slices.SortStableFunc(sellers, func(a, b Seller) int {
		return cmp.Or(a.joined.Compare(b.joined), strings.Compare(string(a.Account.ID), string(b.Account.ID)))
	})
	return sellers
}

// pool is what one hand keeps its accounts with.
type pool struct {
	source  string
	phones  []string
	cards   []string
	devices []string
	codes   []string
	owner   syllable
	made    int
	last    Record // plain identifiers of the account before
}

func newPool(seed uint64, w *Workshop) pool {
	c := newChance(seed, "pool", uint64(w.number))
	p := pool{source: string(w.ID)}
	surname, given := pick(&c, surnames), pick(&c, givenNames)
	p.owner = syllable{surname.han + given.han, given.pinyin + " " + surname.pinyin}
	for range c.between(2, 4) {
		p.phones = append(p.phones, phoneNumber(&c, "CN"))
		p.devices = append(p.devices, c.hex(16))
	}
	for range c.between(1, 2) {
		p.cards = append(p.cards, bankCard(&c))
		p.codes = append(p.codes, creditCode(&c, pick(&c, []string{"91", "91", "92"}), w.belt.region))
	}
	return p
}

// account opens one more account of a workshop. It shares a telephone, card or device with the one before, save that one
// in twelve is kept apart with care and gives itself away by name or address alone.
func (p *pool) account(c *chance, w *Workshop, g *goods) Seller {
	s := Seller{lookalike: -1, Workshop: w.ID, Source: p.source, workshop: w, Kind: Copier}
	// A maker of both opens its label's shop under its own name, and the copies' elsewhere.
	if w.Makes == Own || w.Makes == Both && p.made%2 == 1 {
		s.Kind = Maker
	}
	s.Language = []string{"zh", "en", "es", "ru", "de", "fr", "pt"}[c.weighted(52, 40, 2, 2, 2, 1, 1)]
	s.Account.Country = "CN"
	s.cities = []place{{w.belt.city.han, "CN", w.belt.region}}
	s.focus = []string{w.belt.category, w.belt.beside}
	s.own = w.Label
	if s.Language != "zh" {
		s.cities[0].city = w.belt.city.pinyin
		s.own = w.LabelLatin
	}
	r := Record{
		Phone: pick(c, p.phones), BankAccount: pick(c, p.cards), CreditCode: pick(c, p.codes),
		DeviceIDs: []string{pick(c, p.devices)},
		LegalName: pick(c, []string{w.Name, w.Name, w.NameLatin + " Co., Ltd.", p.owner.han, p.owner.pinyin}),
		Address: pick(c, []string{w.Address, w.Address + fmt.Sprintf("%d楼", c.between(1, 6)), w.street, w.street,
			fmt.Sprintf(pick(c, freightAgents), "K"+c.digits(3))}),
	}
	if c.percent(30) {
		r.CreditCode = ""
	}
	if c.percent(35) {
		r.Phone = phoneNumber(c, "CN")
	}
	if c.percent(40) {
		r.BankAccount = bankCard(c)
	}
	if c.percent(50) {
		r.DeviceIDs = []string{c.hex(16)}
	}
	careful := p.made > 0 && c.percent(8)
	if careful {
		r.Phone, r.BankAccount, r.CreditCode, r.DeviceIDs = phoneNumber(c, "CN"), bankCard(c), "", []string{c.hex(16)}
		r.LegalName, r.Address = p.owner.han, w.Address
	} else if p.made > 0 {
		switch c.n(3) {
		case 0:
			r.Phone = p.last.Phone
		case 1:
			r.BankAccount = p.last.BankAccount
		case 2:
			r.DeviceIDs = append(r.DeviceIDs, p.last.DeviceIDs[0])
		}
	}
	if !careful {
		p.last = r
	}
	p.made++
	for range c.n(2) {
		r.DeviceIDs = append(r.DeviceIDs, c.hex(16))
	}
	slices.Sort(r.DeviceIDs)
	r.DeviceIDs = slices.Compact(r.DeviceIDs)
	r.Email = mailbox(c, pick(c, []string{"", strings.ReplaceAll(p.owner.pinyin, " ", ""), w.LabelLatin}))
	r.Phone, r.BankAccount = asWritten(c, r.Phone), cardAsWritten(c, r.BankAccount)
	s.Record = r
	s.Account.Name = w.shopName(c, s.Kind, s.Language)
	if s.Kind == Copier && len(w.models) > 0 && c.percent(9) {
		s.lookalike = pick(c, w.models).brand
		s.Account.Name = lookalikeShop(c, g.brands[s.lookalike], s.Language)
	}
	return s
}

func (w *Workshop) shopName(c *chance, kind Kind, language string) string {
	if kind == Maker {
		if language == "zh" {
			return w.Label + pick(c, []string{"旗舰店", "工厂店", "源头工厂", "原创"})
		}
		return w.LabelLatin + pick(c, []string{" Official", " Factory Store", " Workshop", " Studio"})
	}
	given := pick(c, givenNames)
	if language == "zh" {
		head := pick(c, []string{"小" + string([]rune(given.han)[:1]), pick(c, surnames).han + "姐", pick(c, surnames).han + "老板", "阿" + pick(c, surnames).han, pick(c, nameFirst).han + pick(c, nameSecond).han})
		tail := map[string][]string{
			"shoes": {"球鞋", "鞋仓", "潮鞋社", "运动馆", "鞋档口"}, "bags": {"包包", "皮具", "箱包批发", "包仓", "衣橱"},
			"toys": {"玩具", "潮玩社", "玩具批发", "童趣"}, "appliances": {"电器", "数码", "家电仓", "好物"},
		}[w.belt.category]
		return head + pick(c, tail)
	}
	tail := map[string][]string{
		"shoes": {"kicks", " Sneaker Room", " Footwear", "-soles", " Shoe Depot"}, "bags": {" Bags", " Handbag World", " Leather House", "_closet"},
		"toys": {" Toys", " Toy Depot", " Play", "-figures"}, "appliances": {" Home", " Electric Store", " Gadgets", " Living"},
	}[w.belt.category]
	return pick(c, []string{handle(c), given.pinyin, pick(c, surnames).pinyin + c.digits(2), "Lucky " + given.pinyin}) + pick(c, tail)
}

func lookalikeShop(c *chance, b brandedGoods, language string) string {
	if language == "zh" {
		return cmp.Or(b.han, b.Name) + pick(c, []string{"官方旗规店", "品牌直营折扣店", "官方正品店铺", "旗靓店"})
	}
	name := b.Name
	if written, ok := disguise(c, Typo, b.Name, ""); ok && c.percent(50) {
		name = written
	}
	return name + pick(c, []string{" Officiall Store", " Official-Outlet", " Ofical Shop", " Factory Official"})
}

// independent is an account of nobody else's. Kinds come round in a fixed order, so that a small world has them all.
func independent(c *chance, n int, g *goods, workshops []Workshop) Seller {
	s := Seller{Source: fmt.Sprintf("own-%d", n), lookalike: -1}
	r := regions[c.weighted(regionShares...)]
	s.Language = r.language
	s.Kind = []Kind{
		Authorised, Private, Reseller, General, Private, Fitter, Reseller, Private, Grey, Authorised,
		Private, Reseller, General, Private, Trader, Fitter, Authorised, Private, Reseller, Grey,
	}[n%20]
	all := market.Categories[:9]
	switch s.Kind {
	case Authorised:
		s.authorise(c, n, g)
	case Reseller:
		s.focus = []string{pick(c, all), pick(c, all)}
	case Grey:
		s.focus = []string{pick(c, []string{"beauty", "watches", "bags", "electronics", "shoes"}), pick(c, []string{"beauty", "watches", "accessories", "toys"})}
	case Fitter:
		s.focus = []string{"accessories", "electronics", "appliances"}
	case General:
		s.focus = []string{"other", pick(c, all)}
	case Trader:
		s.focus = []string{pick(c, []string{"watches", "apparel", "beauty", "accessories", "electronics"}), pick(c, []string{"shoes", "bags", "apparel", "watches"})}
		if w := &workshops[c.n(len(workshops))]; len(w.models) > 0 && c.percent(65) {
			s.workshop, s.Workshop = w, w.ID
			s.focus[1] = w.belt.category
		}
	default:
		s.focus = []string{pick(c, all), pick(c, all), pick(c, all)}
	}
	s.cities = []place{pick(c, r.places)}
	if s.Kind == Grey && s.Language == "zh" && c.percent(60) {
		s.cities[0] = pick(c, []place{{"大阪", "JP", ""}, {"东京", "JP", ""}, {"香港", "HK", ""}, {"首尔", "KR", ""}, {"米兰", "IT", ""}})
	}
	s.Account.Country = s.cities[0].country
	s.Account.Name = s.ownName(c, g)
	s.Record = independentRecord(c, &s)
	return s
}

// authorise gives a shop its brands: each brand in turn gets one, then department stores with several.
func (s *Seller) authorise(c *chance, n int, g *goods) {
	turn := n/20*3 + map[int]int{0: 0, 9: 1, 16: 2}[n%20]
	s.brands = []int{turn % len(g.brands)}
	if turn%4 == 3 { // a department store
		for range c.between(2, 6) {
			s.brands = append(s.brands, c.n(len(g.brands)))
		}
		slices.Sort(s.brands)
		s.brands = slices.Compact(s.brands)
	}
	for _, i := range s.brands {
		s.Brands = append(s.Brands, g.brands[i].ID)
	}
}

func (s *Seller) ownName(c *chance, g *goods) string {
	chinese := strings.HasPrefix(s.Language, "zh")
	word := handle(c)
	han, pinyin := inventedName(c)
	switch s.Kind {
	case Authorised:
		b := g.brands[s.brands[0]]
		if len(s.brands) > 1 {
			if chinese {
				return han + pick(c, []string{"百货", "名品", "奥莱"})
			}
			return word + pick(c, []string{" Department Store", " & Sons", " Galleries", " Outlet Centre"})
		}
		if chinese && b.exotic {
			return cmp.Or(b.han, b.Name) + "官方旗舰店"
		}
		if chinese {
			return cmp.Or(b.han, b.Name) + pick(c, []string{"官方旗舰店", "授权专卖店", "官方店"})
		}
		if b.exotic {
			return b.Name + pick(c, []string{" Boutique ", " Official Store "}) + s.cities[0].city
		}
		return b.Name + pick(c, []string{" Official Store", " Store", " Outlet"}) + pick(c, []string{"", " " + s.cities[0].city})
	case Fitter:
		s.own = word + pick(c, []string{"Fit", "Port", "Tec", "Gear", ""})
		if s.Language == "zh" {
			s.own = han
			return han + pick(c, []string{"配件", "旗舰店", "数码配件"})
		}
		return s.own
	case Private:
		if chinese {
			return pick(c, []string{"", "闲置", "二手", "可爱的"}) + pick(c, []string{"小", "阿", "老", "大"}) + string([]rune(pick(c, givenNames).han)[:1]) + pick(c, []string{"", "同学", "的衣橱", "妈妈", c.digits(2)})
		}
		first := map[string][]string{
			"en": {"dave", "emma", "mikey", "priya", "tom", "hannah", "josh", "lucy"}, "de": {"jonas", "silke", "uwe", "lena"}, "es": {"lucia", "javi", "marta", "pepe"},
			"fr": {"odette", "hugo", "camille", "luc"}, "ru": {"olga", "dima", "sveta", "anton"}, "pt": {"joao", "bia", "rafa", "lara"}, "id": {"dewi", "budi", "rina", "agus"}, "tr": {"ayse", "mert", "elif", "cem"},
		}[s.Language]
		return pick(c, first) + pick(c, []string{"_", ".", ""}) + strings.ToLower(pick(c, []string{word, c.digits(2), word + c.digits(2)}))
	case Grey:
		if chinese {
			return s.cities[0].city + pick(c, []string{"直邮", "代购", "买手"}) + han
		}
		return word + pick(c, []string{" Import", " Direct", " Overseas"})
	case General:
		if chinese {
			return han + pick(c, []string{"书屋", "杂货", "茶铺", "生活馆", "好物"})
		}
		return word + pick(c, []string{" & " + pinyin, " General Store", " Books and More", " House", " Corner"})
	case Trader:
		if chinese {
			return han + pick(c, []string{"优选", "折扣", "外贸", "精品"})
		}
		return word + pick(c, []string{" Deals", "Mart", " Trend", "Zone", " Style"})
	}
	if chinese {
		return han + pick(c, []string{"专营店", "运动", "百货", "商贸", "数码"})
	}
	return word + pick(c, []string{" Trading", " Supply", " & Co", " Retail", " Shop"})
}

func independentRecord(c *chance, s *Seller) Record {
	where := s.cities[0]
	r := Record{Phone: asWritten(c, phoneNumber(c, where.country)), BankAccount: cardAsWritten(c, bankCard(c)), DeviceIDs: []string{c.hex(16)}, Email: mailbox(c, "")}
	surname, given := pick(c, surnames), pick(c, givenNames)
	han, pinyin := inventedName(c)
	switch {
	case where.country == "CN":
		r.LegalName = where.city + "市" + han + pick(c, []string{"贸易有限公司", "商行", "电子商务有限公司", "网络科技有限公司"})
		r.CreditCode = creditCode(c, pick(c, []string{"91", "92"}), where.region)
		r.Address = fmt.Sprintf("%s市%s路%d号%d栋%d室", where.city, pick(c, []string{"文化", "科技", "创业", "人民", "工业"}), c.between(1, 700), c.between(1, 30), c.between(101, 2601))
		if s.Kind == Private {
			r.LegalName, r.CreditCode = surname.han+given.han, ""
		}
	case s.Kind == Private:
		r.LegalName = s.Account.Name
		r.Address = fmt.Sprintf("%d %s, %s", c.between(1, 240), pick(c, []string{"Mill Lane", "Station Road", "Garden Street", "Harbour Way"}), where.city)
	default:
		r.LegalName = s.Account.Name + " " + pick(c, []string{"Ltd", "LLC", "GmbH", "SARL", pinyin + " Trading"})
		r.Address = fmt.Sprintf("%d %s, %s", c.between(1, 400), pick(c, []string{"Market Street", "Dock Road", "Park Avenue", "Mill Road"}), where.city)
	}
	if c.percent(8) {
		r.Address = fmt.Sprintf(pick(c, freightAgents), pick(c, []string{"K", "A", "D"})+c.digits(3))
	}
	if c.percent(7) {
		r.BankAccount = aggregatorCard
	}
	if c.percent(7) {
		r.DeviceIDs = append(r.DeviceIDs, serviceDevice)
	}
	return r
}

// finish gives an account its age, standing and volume, which go together: who is old has many ratings.
func (s *Seller) finish(o Options, c *chance) {
	var days, perDay, good int // ratings in thousandths a day; positive in thousandths
	switch s.Kind {
	case Authorised:
		days, perDay, good = c.between(700, 5200), c.between(4_000, 60_000), c.bell(950, 990)
		s.volume = 190
	case Reseller:
		days, perDay, good = c.between(150, 4600), c.small(200, 9_000), c.bell(930, 997)
		if c.percent(10) { // honest and new
			days = c.between(10, 90)
		}
		s.volume = 125
	case Grey:
		days, perDay, good = c.between(200, 4000), c.small(200, 4_000), c.bell(940, 995)
		s.volume = 90
	case Private:
		days, perDay, good = c.small(5, 5000), c.small(5, 150), c.bell(960, 1010)
		s.volume = 32
	case Fitter:
		days, perDay, good = c.between(200, 3600), c.small(500, 20_000), c.bell(920, 980)
		s.volume = 110
	case General:
		days, perDay, good = c.between(200, 5000), c.small(100, 6_000), c.bell(940, 1000)
		s.volume = 110
	case Maker:
		days, perDay, good = c.small(60, 3000), c.small(50, 3_000), c.bell(920, 990)
		s.volume = 90
	case Trader:
		days, perDay, good = c.small(30, 1500), c.small(100, 2_500), c.bell(850, 960)
		s.volume = 120
	case Copier:
		days, perDay, good = c.small(8, 700), c.small(50, 2_000), c.bell(780, 930)
		if c.percent(10) { // an old account, bought or turned
			days, good = c.between(900, 3500), c.bell(930, 985)
		}
		s.volume = c.between(34, 92)
	}
	// Volumes differ by far more than kinds do.
	s.volume = s.volume * c.small(40, 400) / 130
	s.volume = max(s.volume, 4)
	// Authorised shops are older than the simulated period, so that somebody sells from its first moment on.
	from := o.End
	if s.Kind == Authorised {
		from = o.Start
	}
	s.joined = from.AddDate(0, 0, -days).Truncate(24 * time.Hour)
	ratings := int64(days) * int64(perDay) / 1000
	positive := float64(min(good, 1000)) / 1000
	s.Account.Joined = s.joined.Format(time.DateOnly)
	s.Account.Ratings, s.Account.Positive = &ratings, &positive
	if ratings == 0 {
		s.Account.Positive = nil
	}
	s.Record.ID, s.Record.Name, s.Record.Joined = s.Account.ID, s.Account.Name, s.Account.Joined
	s.Record.ShipsFrom = s.cities[0].city
}
