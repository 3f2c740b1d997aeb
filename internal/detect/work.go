package detect

import (
	"strings"
	"unsafe"

	"github.com/ownmark/ownmark/engine/text"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/market"
)

// work is what scanning one listing needs; it is kept between listings.
type work struct {
	x       [featureCount]float64
	where   [featureCount]span // what each feature rests on, for its signal
	telling bool               // something is worth a signal

	joined     []byte // title, a line end, description
	titleRunes int
	text       string
	matches    []text.Match
	named      []text.Match // those of matches that name a brand or hint at one
	roles      []text.Role  // of named
	terms      []text.Term
	mentions   []mention
	claims     []claim

	concerned int32 // index into catalogue.brands, -1 for none
	line      int32 // of the concerned brand
	price     float64
	reference reference
	makeup    makeup  // the kinds of goods that the text names
	category  string  // of the listing
	age       float64 // days since the seller joined, at the time of listing
	worn      bool    // the condition is not given, and the text says second-hand
	foreign   bool    // the declared brand is none that is known here

	seen     *Seen   // where the pictures were seen before; nil when nothing is known of them
	shown    float64 // 0..1: how surely the goods are of the concerned brand, when only a picture says so
	official *ReferenceSeen
	fake     *FakeSeen
	spread   *SpreadSeen
}

// span is a stretch of a field.
type span struct {
	field      string
	start, end int
	mention    int32 // index into work.mentions, or into work.terms for a term; -1 for none
}

// mention is one naming of a brand, or hint at one.
type mention struct {
	brand    int32
	line     int32
	name     int32 // index into catalogue.entries
	kind     entryKind
	slight   bool // also an ordinary word or number
	role     text.Role
	disguise text.Disguise
	field    string
	start    int
	end      int
}

// claim gathers what a listing says of one brand.
type claim struct {
	brand    int32
	named    float64 // 0..1: how surely the goods are said to be of the brand
	hinted   float64 // the same by hints only
	disguise float64 // of the strongest disguise
	misspelt float64
	worn     bool // said in the text to be second-hand
	declared bool
	other    bool // mentioned, but not as the maker of the goods
	aside    bool // so mentioned in the title
	titled   bool // claimed in the title or declared, and no ordinary word
	line     int32
	at       [4]int32 // the mention behind named, hinted, disguise, misspelt
}

func (w *work) release() {
	// A listing's text is not kept alive by the pool, and one very long listing does not fix its size for ever.
	w.text = ""
	w.seen, w.official, w.fake, w.spread = nil, nil, nil, nil
	clear(w.mentions)
	if cap(w.joined) > 1<<20 {
		*w = work{}
	}
}

// read looks at everything in a listing and fills the features.
func (w *work) read(c *catalogue, l *market.Listing, now clock.Clock) {
	w.x = [featureCount]float64{}
	w.telling, w.foreign, w.worn = false, false, false
	w.concerned, w.line = -1, -1
	w.price, w.reference, w.makeup, w.category, w.age = 0, reference{}, makeup{}, l.Category, 0
	w.shown = 0
	w.mentions, w.claims = w.mentions[:0], w.claims[:0]

	w.join(l)
	w.findMentions(c, l)
	w.findTerms(l)
	w.gather(c, l)
	if w.concerned < 0 && w.seen != nil {
		w.concernShown(c)
	}
	w.weighGoods(l)
	if w.concerned < 0 {
		w.weighSpecification(c, l)
		return
	}
	p := &c.brands[w.concerned]
	strength := max(w.x[brandClaimed], w.x[brandHinted], w.shown)
	w.weighSeller(c, l, p, strength, now)
	w.weighPrice(l, p, strength)
	w.weighSpecification(c, l)
	if w.seen != nil {
		w.weighPictures(c, l, p, strength)
	}
}

// join puts title and description into one text: the engine is asked once, and what makes a word innocent in one field counts in the other.
func (w *work) join(l *market.Listing) {
	w.titleRunes = runes(l.Title)
	if l.Description == "" {
		w.text = l.Title
		return
	}
	w.joined = append(append(append(w.joined[:0], l.Title...), '\n'), l.Description...)
	w.text = unsafe.String(unsafe.SliceData(w.joined), len(w.joined)) // it is read until release and the bytes stay as they are until then
}

// place turns rune offsets of the joined text into those of a field.
func (w *work) place(start, end int) (field string, from, to int) {
	if start <= w.titleRunes {
		return "title", start, min(end, w.titleRunes)
	}
	return "description", start - w.titleRunes - 1, end - w.titleRunes - 1
}

// mostMentions of brands in title and description are looked at: what a listing says, it has said by then, and each is held against the others.
const mostMentions = 200

func (w *work) findMentions(c *catalogue, l *market.Listing) {
	w.matches = c.matcher.Find(w.matches[:0], w.text)
	w.named = w.named[:0]
	branded := false
	for _, m := range w.matches {
		e := &c.entries[m.Name]
		if e.cue != noCue && m.Disguise == 0 {
			w.hear(e.cue, m)
		}
		if e.short != "" && m.Disguise&text.Typo != 0 && !strings.Contains(strings.ToLower(w.slice(m.Start, m.End)), e.short) {
			continue // "SL Running" is a word away from "On Running", not a letter
		}
		if e.kind != cueEntry && len(w.named) < mostMentions {
			w.named = append(w.named, m)
			branded = branded || e.kind < lineEntry
		}
	}
	w.findDeclared(c, l)
	if !branded && len(w.mentions) == 0 {
		return // what a model costs is nothing without its brand
	}
	if len(w.named) > 0 {
		w.roles = c.matcher.Roles(w.roles[:0], w.text, l.Language, w.named)
		for i, m := range w.named {
			field, start, end := w.place(m.Start, m.End)
			w.mention(c, l, m, w.roles[i], field, start, end)
		}
	}
}

// findDeclared looks at the brand field.
func (w *work) findDeclared(c *catalogue, l *market.Listing) {
	if l.Brand == "" {
		return
	}
	w.matches = c.matcher.Find(w.matches[:0], l.Brand)
	known := false
	for _, m := range w.matches[:min(len(w.matches), mostMentions)] {
		if e := &c.entries[m.Name]; e.kind < lineEntry {
			w.mention(c, l, m, text.Claim, "brand", m.Start, m.End)
			known = true
		}
	}
	w.foreign = !known
}

// hear notes a cue.
func (w *work) hear(c cue, m text.Match) {
	f := featureCount
	switch c {
	case wholesale:
		f = talkWholesale
	case provenance:
		f = talkProvenance
	case partOf:
		f = partOnly
	case childGoods:
		w.makeup.child = true
	case trialGoods:
		w.makeup.trial = true
	}
	if c >= firstKind && m.Start <= w.titleRunes {
		w.makeup.see(kindsOfGoods[c-firstKind].in(w.category))
	}
	if f == featureCount {
		return
	}
	if w.x[f] == 0 {
		field, start, end := w.place(m.Start, m.End)
		w.where[f] = span{field, start, end, -1}
	}
	w.x[f] = 1
}

func (w *work) mention(c *catalogue, l *market.Listing, m text.Match, role text.Role, field string, start, end int) {
	e := &c.entries[m.Name]
	for _, o := range e.owners {
		// A name that two brands share belongs to the one that sells goods of the kind.
		if len(e.owners) > 1 && o.kind < lineEntry && l.Category != "" && !c.brands[o.brand].categories[l.Category] && anySells(c, e, l.Category) {
			continue
		}
		w.mentions = append(w.mentions, mention{
			brand: o.brand, line: o.line, name: int32(m.Name), kind: o.kind, slight: e.ambiguous,
			role: role, disguise: m.Disguise, field: field, start: start, end: end,
		})
	}
}

func anySells(c *catalogue, e *entry, category string) bool {
	for _, o := range e.owners {
		if o.kind < lineEntry && c.brands[o.brand].categories[category] {
			return true
		}
	}
	return false
}

func (w *work) findTerms(l *market.Listing) {
	w.terms = text.Terms(w.terms[:0], w.text, l.Language)
	for i, t := range w.terms {
		f := featureOf(t.Kind)
		if f == featureCount || t.Strength <= w.x[f] || t.Kind != text.Evasion && w.inPartNumber(t.Start, t.End) {
			continue
		}
		field, start, end := w.place(t.Start, t.End)
		w.x[f], w.where[f] = t.Strength, span{field, start, end, int32(i)}
	}
}

// slice is the joined text between two rune offsets.
func (w *work) slice(start, end int) string {
	from, at := 0, 0
	for i := range w.text {
		if at == start {
			from = i
		}
		if at == end {
			return w.text[from:i]
		}
		at++
	}
	return w.text[from:]
}

// inPartNumber reports whether a short word of letters and figures is joined by hyphens to others: the "1A1" of "GA-2100-1A1" is no grade.
func (w *work) inPartNumber(start, end int) bool {
	if end-start > 4 || start == 0 {
		return false
	}
	around := w.slice(start-1, end)
	if !strings.ContainsAny(around, "0123456789") || around[0] != '-' || !ascii(around) {
		return false
	}
	before := w.slice(max(start-2, 0), start-1)
	return before != "" && (asciiLetter(before[0]) || before[0] >= '0' && before[0] <= '9')
}

func featureOf(kind text.TermKind) feature {
	switch kind {
	case text.Replica:
		return termReplica
	case text.Grade:
		return termGrade
	case text.Source:
		return termSource
	case text.Evasion:
		return termEvasion
	case text.Denial:
		return termDenial
	case text.Contact:
		return termContact
	}
	return featureCount
}

const (
	strongDisguises = text.Homoglyph | text.Leet | text.Spaced | text.Invisible | text.Split
	weakDisguises   = text.Typo | text.Homophone | text.Repeated
)

// gather weighs the mentions by brand and chooses the brand concerned.
func (w *work) gather(c *catalogue, l *market.Listing) {
	copies := max(w.x[termReplica], w.x[termGrade], w.x[termEvasion])
	own := w.foreign && !nameless(l.Brand)
	for i := range w.mentions {
		m := &w.mentions[i]
		g := w.claimOf(m.brand)
		if m.line >= 0 {
			w.chooseLine(c, l, g, m.line)
		}
		if m.kind == lineEntry {
			continue
		}
		role := m.role
		if role == text.Comparison && m.disguise&strongDisguises != 0 {
			role = text.Claim // who compares honestly writes the name so that it is found
		}
		if role != text.Claim && role != text.SecondHand {
			g.aside = g.aside || m.field == "title" && role != text.OrdinaryWord
			if role == text.Comparison && copies >= 0.6 && !own {
				raise(&g.hinted, &g.at[1], 0.5, i) // "same as" beside the words of the trade is no comparison
			}
			g.other = g.other || m.role != text.OrdinaryWord
			continue
		}
		g.worn = g.worn || role == text.SecondHand
		strength := 1.0
		if m.field == "description" {
			strength = 0.85
		}
		if m.field == "brand" {
			g.declared = true
		}
		g.titled = g.titled || m.field != "description" && !m.slight
		if m.slight && m.disguise&strongDisguises == 0 {
			strength *= w.corroboration(c, l, m)
		}
		if strength == 0 {
			continue
		}
		if m.kind == hintEntry {
			raise(&g.hinted, &g.at[1], strength, i)
			continue
		}
		raise(&g.named, &g.at[0], strength, i)
		if m.disguise&strongDisguises != 0 {
			raise(&g.disguise, &g.at[2], strength, i)
		} else if m.disguise&weakDisguises != 0 {
			raise(&g.misspelt, &g.at[3], strength, i)
		}
	}
	for i := range w.claims {
		w.claims[i].settle(own)
	}
	w.chooseBrand(c, l)
}

// settle weighs a claim against what else is said of the brand. A thing that the title sells as going with a brand, or as not of it, is not
// made the brand's by a word in the description; nor is one that bears a brand of its own. Nobody disguises a name to say that.
func (g *claim) settle(own bool) {
	if !g.other || g.disguise > 0 || g.declared {
		return
	}
	switch {
	case own:
		g.named, g.hinted, g.misspelt = 0, 0, 0
	case g.aside && !g.titled:
		g.named, g.hinted, g.misspelt = g.named*0.2, g.hinted*0.2, g.misspelt*0.2
	}
}

func raise(value *float64, at *int32, to float64, mention int) {
	if to > *value {
		*value, *at = to, int32(mention)
	}
}

func (w *work) claimOf(brand int32) *claim {
	for i := range w.claims {
		if w.claims[i].brand == brand {
			return &w.claims[i]
		}
	}
	w.claims = append(w.claims, claim{brand: brand, line: -1, at: [4]int32{-1, -1, -1, -1}})
	return &w.claims[len(w.claims)-1]
}

// chooseLine keeps the cheapest model named whose price is known for the category, for what goes with a phone is not a phone; but a
// limited edition counts before the model it is an edition of.
func (w *work) chooseLine(c *catalogue, l *market.Listing, g *claim, line int32) {
	lines := c.brands[g.brand].lines
	if l.Category != "" && lines[line].category != l.Category {
		return
	}
	switch have := g.line; {
	case have < 0, lines[line].special && !lines[have].special, lines[line].special == lines[have].special && lines[line].low < lines[have].low:
		g.line = line
	}
}

// corroboration says how far a mention that may be an ordinary word stands for the brand: not at all outside its kind of goods unless the
// seller declares the brand, and the surer the more else names it. A brand's own name says more than that of a model: who writes "Coach" on
// a bag means Coach, but a love bracelet need not be Cartier's.
func (w *work) corroboration(c *catalogue, l *market.Listing, m *mention) float64 {
	company := false
	for i := range w.mentions {
		other := &w.mentions[i]
		if other.brand != m.brand || other == m {
			continue
		}
		if other.kind == lineEntry { // a model of the brand's, but no word for a kind of goods
			company = company || other.name != m.name && c.entries[other.name].cue == noCue
			continue
		}
		if other.field == "brand" || !other.slight && other.kind < hintEntry && other.role == text.Claim {
			return 1
		}
		company = company || other.name != m.name && other.role == text.Claim
	}
	if m.field == "brand" {
		if c.brands[m.brand].categories[l.Category] {
			return 1
		}
		return 0.6
	}
	if w.foreign || l.Category != "" && !c.brands[m.brand].categories[l.Category] {
		return 0
	}
	// The engine has looked at the words around and calls it a claim.
	strength := 0.3
	switch {
	case m.kind == nameEntry:
		strength = 0.85
	case company:
		strength = 0.7
	}
	if m.field != "title" {
		strength *= 0.6
	}
	if l.Category == "" {
		strength *= 0.6
	}
	return strength
}

// chooseBrand takes the brand most surely claimed; without any claim, one that is mentioned otherwise.
func (w *work) chooseBrand(c *catalogue, l *market.Listing) {
	best, most, dear := -1, 0.0, 0
	for i := range w.claims {
		g := &w.claims[i]
		value := 2*max(g.named, 0.6*g.hinted) + g.disguise + 0.5*g.misspelt
		if g.declared {
			value++
		}
		if c.brands[g.brand].categories[l.Category] {
			value *= 1.25
		}
		if value == 0 && g.other {
			value = 0.01
		}
		if g.named > 0.5 && c.brands[g.brand].tier >= luxury {
			dear++
		}
		if value > most {
			best, most = i, value
		}
	}
	if best < 0 {
		return
	}
	g := &w.claims[best]
	w.concerned, w.line = g.brand, g.line
	w.telling = true
	if g.named == 0 && g.hinted == 0 {
		w.x[brandOtherwise] = 1
		w.locate(brandOtherwise, w.otherMention(g.brand))
		return
	}
	if l.Category == "other" && !c.brands[g.brand].categories["other"] {
		g.named, g.hinted = g.named*0.4, g.hinted*0.4 // a book, a poster, a nut: whatever it is, the brand does not make it
	}
	if g.named > 0 {
		w.x[brandClaimed] = g.named
		w.locate(brandClaimed, g.at[0])
	} else {
		w.x[brandHinted] = g.hinted
		w.locate(brandHinted, g.at[1])
	}
	if g.disguise > 0 {
		w.x[brandDisguised] = g.disguise
		w.locate(brandDisguised, g.at[2])
	} else if g.misspelt > 0 && g.misspelt >= 0.8*g.named {
		w.x[brandMisspelt] = g.misspelt
		w.locate(brandMisspelt, g.at[3])
	}
	if secondHand(l) {
		w.x[brandMisspelt] *= 0.2
	}
	w.worn = g.worn && l.Condition == ""
	if g.named > 0.5 && !g.declared && !secondHand(l) {
		w.x[brandUndeclared] = 1
		w.where[brandUndeclared] = span{field: "brand", mention: -1}
	}
	if g.other && w.foreign {
		w.x[brandOtherwise] = 1
		w.locate(brandOtherwise, w.otherMention(g.brand))
	}
	if w.foreign && !nameless(l.Brand) && !resembles(l.Brand, c.brands[g.brand].name) {
		w.x[brandOwn] = 1
		w.where[brandOwn] = span{field: "brand", end: runes(l.Brand), mention: -1}
	}
	if dear > 1 {
		w.x[brandMix] = min(float64(dear-1)/2, 1)
		w.where[brandMix] = span{mention: -1}
	}
}

// nameless reports whether a declared brand says that there is none.
func nameless(declared string) bool {
	switch strings.ToLower(strings.TrimSpace(declared)) {
	case "no brand", "nobrand", "unbranded", "none", "no", "n/a", "na", "-", "generic", "oem", "other", "others", "brand", "custom", "does not apply",
		"无", "无品牌", "其他", "其它", "other/其他", "无名", "定制", "sin marca", "genérico", "ohne marke", "markenlos", "sans marque", "без бренда", "нет бренда", "sem marca", "tanpa merek", "markasız", "no name":
		return true
	}
	return false
}

// resembles reports whether a declared brand begins or ends as a brand's name does: a misspelling that escaped the engine is not a brand of
// one's own.
func resembles(declared, name string) bool {
	a, b := []rune(foldName(declared)), []rune(foldName(name))
	same, tail := 0, 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	for tail < min(len(a), len(b)) && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return 2*max(same, tail) >= len(b)
}

// luxury is how many times as dear as the mass market a brand must be to count as one of luxury.
const luxury = 6

func (w *work) locate(f feature, mention int32) {
	if mention < 0 {
		w.where[f] = span{mention: -1}
		return
	}
	m := &w.mentions[mention]
	w.where[f] = span{m.field, m.start, m.end, mention}
}

func (w *work) otherMention(brand int32) int32 {
	for i := range w.mentions {
		m := &w.mentions[i]
		if m.brand == brand && m.kind != lineEntry && m.role != text.Claim && m.role != text.SecondHand && m.role != text.OrdinaryWord {
			return int32(i)
		}
	}
	return -1
}

// secondHand reports whether the listing says the goods are used.
func secondHand(l *market.Listing) bool {
	return strings.EqualFold(l.Condition, "used") || strings.EqualFold(l.Condition, "refurbished")
}

// weighGoods fills what condition and stock say by themselves, and silences cues that mean nothing without a brand.
func (w *work) weighGoods(l *market.Listing) {
	for f := termReplica; f <= termContact; f++ {
		w.telling = w.telling || w.x[f] > 0
	}
	if secondHand(l) && (l.Quantity == nil || *l.Quantity <= 10) {
		w.x[goodsUsed] = 1
		w.where[goodsUsed] = span{field: "condition", mention: -1}
	}
	if w.worn && (l.Quantity == nil || *l.Quantity <= 3) {
		w.x[goodsUsed] = 0.4 // anybody can write it
		w.where[goodsUsed] = span{mention: -1}
	}
	if l.Quantity != nil && *l.Quantity == 1 {
		w.x[stockSingle] = 1
		w.where[stockSingle] = span{field: "quantity", mention: -1}
	}
	if w.concerned < 0 {
		if max(w.x[termReplica], w.x[termGrade], w.x[termSource]) == 0 {
			w.x[termEvasion] *= 0.7 // "buy only if you do not mind" is said of seconds too; what would be hidden is not known
		}
		w.x[talkWholesale], w.x[talkProvenance], w.x[partOnly] = 0, 0, 0
		if l.Category == "" || l.Category == "other" {
			// Copies of what? Words of the trade beside no brand, and no goods that are copied, are more often innocent than they look.
			for f := termReplica; f <= termContact; f++ {
				w.x[f] *= 0.6
			}
		}
	}
}
