package world

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// Item is a listing with the truth about it.
type Item struct {
	Listing market.Listing
	Truth   Truth
}

// Truth is what nobody on the marketplace can see.
type Truth struct {
	Fake       bool
	Brand      brand.ID // the brand concerned, empty when none is
	Workshop   WorkshopID
	SellerKind Kind
	Tactic     Tactic
	Model      string // equal for listings of goods of one design, copies included
}

// Label is the truth in the form an evaluation reads. The JSON form is one line of a labels file.
type Label struct {
	ID    market.ListingID `json:"id"`
	Label string           `json:"label"` // fake, genuine
	Brand brand.ID         `json:"brand"`
	Why   string           `json:"why"`
	Trick Tactic           `json:"trick"`
}

// Label is the item's truth as a label.
func (i Item) Label() Label {
	l := Label{ID: i.Listing.ID, Label: "genuine", Brand: i.Truth.Brand, Why: why[i.Truth.Tactic], Trick: i.Truth.Tactic}
	if i.Truth.Fake {
		l.Label = "fake"
	}
	return l
}

// Listings gives every item in order of listing, made as it is asked for.
func (w *World) Listings() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for i := range w.options.Listings {
			if !yield(w.Item(i)) {
				return
			}
		}
	}
}

// Labels gives the label of every item, in the same order.
func (w *World) Labels() iter.Seq[Label] {
	return func(yield func(Label) bool) {
		for item := range w.Listings() {
			if !yield(item.Label()) {
				return
			}
		}
	}
}

// Item is listing number i, counted from 0; it does not depend on any other. It panics when i is not below Len.
func (w *World) Item(i int) Item {
	if i < 0 || i >= w.options.Listings {
		panic(fmt.Sprintf("world: listing %d of %d", i, w.options.Listings))
	}
	c := newChance(w.options.Seed, "listing", uint64(i))
	at := w.moment(&c, i)
	seller := w.sellerAt(&c, at)
	o := w.offer(&c, seller, i)
	o.at = at
	return w.describe(&c, o)
}

// moment spreads listings evenly over the period, each somewhere in its own part of it.
func (w *World) moment(c *chance, i int) time.Time {
	start, end := w.options.Start.Unix(), w.options.End.Unix()
	n := int64(w.options.Listings)
	low := start + (end-start)/n*int64(i) + (end-start)%n*int64(i)/n
	high := start + (end-start)/n*int64(i+1) + (end-start)%n*int64(i+1)/n
	return time.Unix(low+int64(c.n(int(max(high-low, 1)))), 0).UTC()
}

// sellerAt draws a seller who had joined by then, each as often as its volume.
func (w *World) sellerAt(c *chance, at time.Time) *Seller {
	open := sort.Search(len(w.sellers), func(i int) bool { return w.sellers[i].joined.After(at) })
	ticket := int64(c.n(int(w.volume[max(open, 1)-1])))
	return &w.sellers[sort.Search(open, func(i int) bool { return w.volume[i] > ticket })]
}

// offer is a listing before it has words.
type offer struct {
	number    int
	seller    *Seller
	at        time.Time
	story     string // the grammar's key
	details   string // the same for the description, when it differs
	tactic    Tactic
	fake      bool
	model     model
	concerned int // brand concerned, -1 for none
	compared  int // brand named in the text that is not the goods' own, -1 for none
	workshop  WorkshopID
	condition string
	low, high int64 // price in thousandths of the reference
	ofLow     bool  // the reference is the least shops ask, not the typical price
	quantity  int
	title     string // a whole title from the lexicon in place of the story's
	shots     byte   // 'o' the brand's own pictures, 's' a studio, 'h' at home
	master    uint64 // whose pictures: equal for those who share them
}

func (w *World) offer(c *chance, s *Seller, number int) offer {
	o := offer{number: number, seller: s, concerned: -1, compared: -1, condition: "new", low: 800, high: 1300, shots: 's'}
	o.master = hashOf("seller", string(s.Account.ID))
	switch s.Kind {
	case Authorised:
		w.sellGenuine(c, &o, pick(c, s.brands), "")
		o.story, o.tactic, o.low, o.high = "retail", AuthorisedPlain, 900, 1080
		// Houses whose bags cost thousands hold no sales.
		if !w.goods.brands[o.concerned].exotic && c.percent(40) {
			o.story, o.tactic, o.low, o.high = "sale", AuthorisedSale, 620, 880
		}
		o.shots, o.master, o.quantity = 'o', official(), c.small(20, 900)
	case Reseller:
		w.resell(c, &o)
	case Grey:
		w.sellGenuine(c, &o, -1, pick(c, s.focus))
		o.story, o.tactic, o.low, o.high, o.quantity = "grey", GreyImport, 620, 950, c.small(2, 80)
		if c.percent(40) {
			o.shots, o.master = 'o', official()
		}
	case Private:
		w.clearOut(c, &o)
	case Fitter:
		switch c.weighted(78, 12, 10) {
		case 0:
			w.fit(c, &o)
		case 1:
			w.compare(c, &o, s.own, kindNamed(pick(c, []string{"headphones", "earbuds", "vacuum", "powerbank", "case"})))
		default:
			w.sellPlain(c, &o, plain(w.options.Seed, s.own, pick(c, kindsIn("accessories")), s.number))
			o.story, o.tactic = "own", HomeBrand
		}
		o.quantity = c.small(40, 4000)
	case General:
		w.sellOddments(c, &o)
	case Maker:
		w.make(c, &o)
	case Copier:
		if len(s.workshop.models) > 0 && c.percent(80) {
			w.copyOf(c, &o, pick(c, s.workshop.models), s.workshop)
			break
		}
		w.sellPlain(c, &o, pick(c, s.workshop.plains))
	case Trader:
		w.trade(c, &o)
	}
	if o.quantity == 0 {
		o.quantity = c.small(5, 900)
	}
	return o
}

// sellGenuine sets the goods to genuine ones of brand i, or of one that fits the category when i is negative.
func (w *World) sellGenuine(c *chance, o *offer, i int, category string) {
	if i < 0 {
		i = w.goods.brandThat(c, func(b *brandedGoods) bool { return slices.Contains(b.Categories, category) })
	}
	b := w.goods.brands[i]
	if category == "" && len(b.Categories) > 0 {
		category = pick(c, b.Categories)
	}
	o.model, o.concerned = pick(c, w.goods.modelsIn(i, category)), i
}

func (w *World) sellPlain(c *chance, o *offer, m model) {
	o.model, o.story, o.tactic = m, "unbranded", Unbranded
	if m.own != "" {
		o.story, o.tactic = "own", HomeBrand
	}
	if o.seller.workshop != nil {
		o.workshop = o.seller.workshop.ID
		o.master = hashOf("workshop", string(o.workshop))
		o.quantity = c.small(50, 3000)
	}
	o.low, o.high = 650, 1350
}

func (w *World) resell(c *chance, o *offer) {
	s := o.seller
	category := pick(c, s.focus)
	switch c.weighted(52, 18, 8, 14, 4, 4) {
	case 0:
		w.sellGenuine(c, o, -1, category)
		o.story, o.tactic, o.low, o.high = "retail", Retail, 720, 1060
	case 1:
		w.sellGenuine(c, o, -1, category)
		o.story, o.tactic, o.low, o.high = "sale", Retail, 560, 850
	case 2: // genuine, and cheaper than shops ask: bankrupt stock, last sizes
		w.sellGenuine(c, o, -1, category)
		o.story, o.tactic, o.low, o.high, o.ofLow = "sale", CheapGenuine, 480, 950, true
	case 3:
		w.sellPlain(c, o, plain(w.options.Seed, "", pick(c, kindsIn(category)), c.n(400)))
	case 4:
		w.deny(c, o, category)
	case 5:
		if !slices.Contains([]string{"electronics", "appliances"}, category) {
			w.sellPlain(c, o, plain(w.options.Seed, "", pick(c, kindsIn(category)), c.n(400)))
			o.story, o.tactic, o.low, o.high = "second", FactorySecond, 350, 700
			break
		}
		w.sellGenuine(c, o, -1, category)
		o.story, o.tactic, o.condition, o.low, o.high = "refurb", Refurbished, "refurbished", 420, 720
	}
	if o.model.brand >= 0 && w.goods.brands[o.model.brand].exotic && o.tactic != Refurbished {
		// They do not supply the trade either: what a reseller has of theirs came from a person.
		o.story, o.tactic, o.condition, o.ofLow, o.low, o.high = "used", Used, "used", false, 350, 800
	}
	o.quantity = c.small(3, 400)
	if o.tactic == Used {
		o.quantity = 1
	}
	if o.concerned >= 0 && c.percent(55) {
		o.shots, o.master = 'o', official()
	}
}

func (w *World) clearOut(c *chance, o *offer) {
	w.sellGenuine(c, o, -1, pick(c, o.seller.focus))
	o.story, o.tactic, o.condition, o.low, o.high, o.quantity = "used", Used, "used", 220, 700, 1
	if c.percent(18) {
		o.story, o.tactic, o.condition, o.low, o.high = "gift", Gift, "new", 550, 900
	}
	// Each thing from a cupboard is photographed once, on the bed or the floor.
	o.shots, o.master = 'h', hashOf("private", fmt.Sprint(o.number))
}

// fit offers an accessory for goods of a brand the lexicon has words for.
func (w *World) fit(c *chance, o *offer) {
	if !w.wholeTitle(c, o, "compat.") {
		w.sellPlain(c, o, plain(w.options.Seed, o.seller.own, kindNamed("case"), c.n(200)))
		return
	}
	o.model.own = o.seller.own
	o.story, o.tactic, o.low, o.high = "compat", Compatible, 500, 1300
}

// wholeTitle takes a title made for one brand ("compat.apple", "ordinary.coach"), when the language has one for a brand
// of this world.
func (w *World) wholeTitle(c *chance, o *offer, prefix string) bool {
	words := w.words(o.seller.Language)
	var keys []string
	for _, key := range words.keys {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			if _, known := w.goods.byKey[name]; known {
				keys = append(keys, key)
			}
		}
	}
	if len(keys) == 0 {
		return false
	}
	key := pick(c, keys)
	o.compared = w.goods.byKey[strings.TrimPrefix(key, prefix)]
	o.concerned = o.compared
	o.setTitle(c, pick(c, words.patterns[key]), w.options.Seed)
	return true
}

// setTitle takes a whole title whose "@kind" names the picture.
func (o *offer) setTitle(c *chance, pattern string, seed uint64) {
	title, name, _ := strings.Cut(pattern, " @")
	k := kindNamed(name)
	if k == nil {
		k = kindNamed("mug")
	}
	o.title = title
	o.model = plain(seed, "", k, c.n(5000))
}

func (w *World) compare(c *chance, o *offer, own string, k *kind) {
	if k == nil || !w.words(o.seller.Language).has("title.comparison") || own == "" {
		k = cmp.Or(k, kindNamed("case"))
		w.sellPlain(c, o, plain(w.options.Seed, own, k, o.seller.number))
		return
	}
	i := w.goods.brandThat(c, func(b *brandedGoods) bool {
		return slices.ContainsFunc(b.models, func(m model) bool { return m.kind == k })
	})
	w.sellPlain(c, o, plain(w.options.Seed, own, k, o.seller.number))
	o.story, o.tactic, o.compared, o.concerned = "comparison", Comparison, i, i
}

func (w *World) deny(c *chance, o *offer, category string) {
	k := pick(c, kindsIn(category))
	i := w.goods.brandThat(c, func(b *brandedGoods) bool { return slices.Contains(b.Categories, category) })
	w.sellPlain(c, o, plain(w.options.Seed, "", k, c.n(400)))
	if w.words(o.seller.Language).has("title.negation") {
		o.story, o.tactic, o.compared, o.concerned = "negation", Negation, i, i
	}
}

// sellOddments is a general store: goods whose words trip a careless rule.
func (w *World) sellOddments(c *chance, o *offer) {
	words := w.words(o.seller.Language)
	draw := c.weighted(24, 20, 20, 14, 22)
	switch {
	case draw == 0 && w.wholeTitle(c, o, "ordinary."):
		o.story, o.tactic = "ordinary", OrdinaryWord
	case draw == 1 && words.has("title.book"):
		i := c.n(len(w.goods.brands))
		o.model = plain(w.options.Seed, "", kindNamed("book"), c.n(5000))
		o.story, o.tactic, o.compared, o.concerned = "book", BookMedia, i, i
		if c.percent(40) {
			o.condition = "used"
		}
	case draw == 2 && words.has("title.legit"):
		o.setTitle(c, pick(c, words.patterns["title.legit"]), w.options.Seed)
		o.story, o.tactic = "legit", LegitWord
	case draw == 3:
		w.sellPlain(c, o, plain(w.options.Seed, "", pick(c, kindsIn(o.seller.focus[1])), c.n(400)))
	default:
		o.setTitle(c, pick(c, words.patterns["other"]), w.options.Seed)
		o.title = strings.Replace(pick(c, words.patterns["title.other"]), "{other}", o.title, 1)
		o.story, o.tactic = "other", Plain
	}
	o.low, o.high, o.quantity = 500, 1500, c.small(2, 300)
}

func (w *World) make(c *chance, o *offer) {
	s := o.seller
	m := pick(c, s.workshop.plains)
	w.sellPlain(c, o, m)
	switch c.weighted(80, 8, 6, 6) {
	case 1:
		w.compare(c, o, m.own, m.kind)
	case 2:
		w.deny(c, o, m.kind.category)
	case 3:
		o.story, o.tactic, o.low, o.high = "second", FactorySecond, 350, 700
		o.model.own = ""
	}
	o.workshop, o.master = s.workshop.ID, hashOf("workshop", string(s.workshop.ID))
}

func (w *World) trade(c *chance, o *offer) {
	s := o.seller
	category := s.focus[c.n(2)]
	switch c.weighted(45, 30, 25) {
	case 0:
		if s.workshop != nil && len(s.workshop.models) > 0 && c.percent(65) {
			w.copyOf(c, o, pick(c, s.workshop.models), s.workshop)
			return
		}
		if sought := w.goods.copied[category]; len(sought) > 0 {
			w.copyOf(c, o, pick(c, w.goods.modelsIn(pick(c, sought), category)), nil)
			return
		}
		fallthrough
	case 1:
		w.sellPlain(c, o, plain(w.options.Seed, "", pick(c, kindsIn(category)), c.n(400)))
		o.workshop, o.master = "", hashOf("seller", string(s.Account.ID))
	case 2:
		w.sellGenuine(c, o, -1, category)
		o.story, o.tactic, o.low, o.high = "retail", Retail, 700, 1000
	}
}

var (
	tactics      = []Tactic{PriceClean, ReplicaWord, Coded, Homoglyph, Leet, Spacing, Typo, Pinyin, DescOnly, LogoHidden, Overrun, Picture, Perfect}
	tacticShares = []int{20, 9, 12, 7, 5, 4, 6, 4, 7, 7, 6, 8, 5}
)

// copyOf offers a copy of m from a workshop, or from one outside the belts when maker is nil.
func (w *World) copyOf(c *chance, o *offer, m model, maker *Workshop) {
	b := w.goods.brands[m.brand]
	o.model, o.concerned, o.fake = m, m.brand, true
	o.master = hashOf("outside", b.key)
	if maker != nil {
		o.workshop = maker.ID
		o.master = hashOf("workshop", string(maker.ID))
	}
	o.quantity = c.small(20, 2500)
	o.story, o.details = "retail", "fake.plain"
	o.low, o.high = 170, 420
	if b.exotic {
		o.low, o.high = 40, 150
	}
	words := w.words(o.seller.Language)
	o.tactic = tactics[c.weighted(tacticShares...)]
	if o.seller.lookalike == m.brand {
		o.tactic = Lookalike
	}
	switch o.tactic {
	case ReplicaWord:
		o.story, o.details = "fake.replica", "fake.replica"
	case Overrun:
		o.story, o.details = "fake.overrun", "fake.overrun"
	case LogoHidden:
		o.story, o.details = "fake.hidden", "fake.hidden"
	case DescOnly:
		o.story, o.details = "unbranded", "fake.desconly"
	case Coded:
		o.story, o.details = "fake.coded", "fake.coded"
		if len(b.coded[o.seller.Language]) == 0 {
			o.tactic, o.story, o.details = PriceClean, "retail", "fake.plain"
		}
	case Picture:
		o.details, o.low, o.high = "retail", 450, 750
		if b.exotic {
			o.low, o.high = 200, 450
		}
	case Perfect:
		o.details, o.low, o.high = "retail", 750, 980
	}
	if !words.has("title."+o.story) || !words.has("desc."+o.details) {
		o.tactic, o.story, o.details = PriceClean, "retail", "fake.plain"
	}
	if o.story == "retail" && o.details == "fake.plain" && c.percent(35) {
		o.details = "retail"
	}
	// One copier in four shows the brand's own pictures in place of the workshop's.
	if o.tactic != LogoHidden && o.tactic != Picture && c.percent(25) {
		o.shots, o.master = 'o', official()
	}
}

func (w *World) words(language string) *lexicon {
	return w.lexicons[language]
}

var months = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

// describe puts an offer into words, a price and pictures.
func (w *World) describe(c *chance, o offer) Item {
	s := o.seller
	words := w.words(s.Language)
	o.nameable(words)
	o.tellable(words)
	k := o.model.kind
	colour := o.model.colour(c)
	where := pick(c, s.cities)

	t := writer{chance: c, words: words, kind: k}
	if o.model.own != "" && s.own != "" { // as this account's readers read it
		o.model.own = s.own
	}
	t.slots = map[string]string{"own": cmp.Or(o.model.own, s.own), "city": where.city, "sku": sku(c), "month": months[o.at.Month()-1]}
	year := o.at.Year()
	if o.condition != "new" || o.story == "gift" || o.story == "book" {
		year -= c.between(0, 7)
	}
	t.slots["year"] = strconv.Itoa(year)
	if o.tactic == GreyImport && words.has("overseas") {
		t.slots["city"] = t.compose("overseas")
	}
	w.name(c, &o, t.slots)
	t.slots["noun"] = t.compose("noun." + k.name)
	t.slots["colour"] = t.compose("colour." + colours[colour])
	if k.colourless {
		t.slots["colour"] = t.compose("wrapping")
	}
	t.slots["size"] = t.compose("size")

	pattern := o.title
	if pattern == "" {
		pattern = pick(c, words.alternatives("title."+o.story, k))
	}
	l := market.Listing{
		ID: market.ListingID(w.listings.id("L", o.number)), Title: t.expand(pattern), Brand: w.declared(c, &o),
		Category: k.category, Condition: o.condition, Seller: s.Account, ListedAt: o.at, Language: s.Language,
	}
	if s.Language == "zh" {
		l.Title = taobao(l.Title)
	}
	if !c.percent(4) {
		l.Description = t.compose("desc." + cmp.Or(o.details, o.story))
	}
	l.Currency = regionOf(s.Language, s.Account.Country).currency
	l.Price = w.price(c, &o, l.Currency)
	if !c.percent(7) {
		quantity := int64(o.quantity)
		l.Quantity = &quantity
	}
	if !c.percent(6) {
		l.ShipsFrom = where.city
		if c.percent(60) {
			l.ShipsFrom += ", " + where.country
		}
	}
	if c.percent(12) {
		l.Language = ""
	}
	l.Images = pictures(c, &o, colour)

	truth := Truth{Fake: o.fake, Workshop: o.workshop, SellerKind: s.Kind, Tactic: o.tactic, Model: fmt.Sprintf("%s-%08x", k.name, o.model.look)}
	if o.concerned >= 0 {
		truth.Brand = w.goods.brands[o.concerned].ID
	}
	return Item{Listing: l, Truth: truth}
}

// nameable changes goods that the language has no word for to the nearest it has, where no brand and line names them.
func (o *offer) nameable(words *lexicon) {
	k := o.model.kind
	if words.has("noun."+k.name) || o.model.brand >= 0 || o.title != "" {
		return
	}
	for _, other := range slices.Concat(kindsIn(k.category), kindsIn("shoes")) {
		if words.has("noun." + other.name) {
			o.model.kind = other
			return
		}
	}
}

// nearest is the story told in a language that has no words for the wanted one.
var nearest = map[string]string{"sale": "retail", "grey": "retail", "refurb": "used", "gift": "used", "second": "unbranded", "own": "unbranded"}

func (o *offer) tellable(words *lexicon) {
	for o.title == "" && !words.has("title."+o.story) && nearest[o.story] != "" {
		o.story = nearest[o.story]
	}
}

// name fills the slots that name a brand and its line, disguised where the tactic is to disguise it. A tactic that finds
// no hold in this name, or in this language, becomes the plain one.
func (w *World) name(c *chance, o *offer, slots map[string]string) {
	slots["brand"], slots["plain"], slots["line"] = "", "", ""
	named, line := o.model.brand, o.model
	if o.compared >= 0 {
		named, line = o.compared, w.goods.likeness(c, o.compared, o.model.kind)
	}
	if named < 0 {
		return
	}
	b, language := w.goods.brands[named], o.seller.Language
	// "Apple" and "Apple Watch SE" make one name.
	line.latin = strings.TrimPrefix(line.latin, b.Name+" ")
	line.han = strings.TrimPrefix(line.han, b.Name+" ")
	chinese := language == "zh"
	name := b.Name
	slots["line"] = line.latin
	if chinese {
		slots["line"] = line.han
		if b.han != "" {
			name = pick(c, []string{b.han, b.han, b.Name, b.Name + "/" + b.han})
		}
	}
	slots["brand"], slots["plain"] = name, name
	if !o.fake {
		return
	}
	switch o.tactic {
	case Homoglyph, Leet, Spacing, Typo, Pinyin:
		han := b.han
		if !chinese {
			han = ""
		}
		written, ok := disguise(c, o.tactic, b.Name, han)
		if !ok {
			o.tactic = PriceClean
			return
		}
		slots["brand"] = written
	case Coded:
		slots["coded"] = pick(c, b.coded[language])
		slots["brand"], slots["line"] = slots["coded"], ""
	case LogoHidden, DescOnly:
		slots["brand"], slots["line"] = "", ""
	}
}

// declared is what the seller puts into the structured field for the brand. Those who disguise a name leave it empty.
func (w *World) declared(c *chance, o *offer) string {
	switch {
	case o.model.brand < 0:
		return o.model.own
	case c.percent(18):
		return ""
	case !o.fake:
		return w.goods.brands[o.model.brand].Name
	case slices.Contains([]Tactic{PriceClean, Picture, Perfect, Lookalike}, o.tactic) && c.percent(70):
		return w.goods.brands[o.model.brand].Name
	}
	return ""
}

func (w *World) price(c *chance, o *offer, currency string) *float64 {
	low, base := w.goods.reference(o.model, currency)
	if o.ofLow {
		base = low
	}
	if o.tactic == Compatible { // a part, not the machine it is drawn as
		base = exchange(kindNamed("case").typical, "USD", currency)
	}
	amount := float64(tag(c, max(base*int64(c.bell(int(o.low), int(o.high)))/1000, 1), currency)) / 100
	return &amount
}

// taobao keeps a Chinese title within the sixty bytes of GBK that the trade is used to: thirty characters, Latin ones
// counting half. It cuts at a space where there is one.
func taobao(title string) string {
	width, cut := 0, 0
	for i, r := range title {
		width++
		if r > 0xff {
			width++
		}
		if width > 60 {
			if cut == 0 {
				cut = i
			}
			return strings.TrimSpace(title[:cut])
		}
		if r == ' ' {
			cut = i
		}
	}
	return title
}

func sku(c *chance) string {
	const letters = "ABCDEFGHJKLMNPRSTUVWXY"
	if c.percent(50) {
		return string(letters[c.n(len(letters))]) + string(letters[c.n(len(letters))]) + c.digits(4)
	}
	return string(letters[c.n(len(letters))]) + c.digits(c.between(3, 5))
}
