package detect

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/engine/text"
	"github.com/ownmark/ownmark/internal/market"
)

// leastWeight is the weight in bits below which evidence is not shown: it would move a probability by less than two percent.
const leastWeight = 0.1

var noSignals = []Signal{}

// signals tells the features that weigh, strongest first.
func (w *work) signals(m *Model, c *catalogue, l *market.Listing) []Signal {
	count := 0
	for i, x := range w.x {
		if math.Abs(x*m.weights.Weights[i]) >= leastWeight {
			count++
		}
	}
	if count == 0 {
		return noSignals
	}
	told := make([]Signal, 0, count)
	for i, x := range w.x {
		weight := x * m.weights.Weights[i]
		if math.Abs(weight) < leastWeight {
			continue
		}
		f := feature(i)
		s := Signal{Name: priors[f].Name, Weight: math.Round(weight*100) / 100}
		if f != brandMix {
			s.Field, s.Start, s.End = w.where[f].field, w.where[f].start, w.where[f].end
		}
		s.Args = w.arguments(f, c, l)
		s.Evidence = s.EvidenceIn("en")
		told = append(told, s)
	}
	slices.SortStableFunc(told, func(a, b Signal) int { return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)) })
	return told
}

// EvidenceIn is the evidence in plain words of a language: Chinese for "zh" and its variants, else English. A signal of another age, whose
// name is no longer known, says what it said then.
func (s Signal) EvidenceIn(language string) string {
	info, ok := InfoOf(s.Name)
	if !ok {
		return s.Evidence
	}
	chinese := language == "zh" || strings.HasPrefix(language, "zh-")
	sentence := info.evidence
	if chinese {
		sentence = info.evidenceChinese
	}
	var b strings.Builder
	b.Grow(len(sentence) + 32)
	for {
		at := strings.IndexByte(sentence, '{')
		if at < 0 || at+2 >= len(sentence) {
			b.WriteString(sentence)
			return b.String()
		}
		b.WriteString(sentence[:at])
		if n := int(sentence[at+1] - '0'); n >= 0 && n < len(s.Args) {
			say(&b, s.Args[n], chinese)
		}
		sentence = sentence[at+3:]
	}
}

// Arguments are what the evidence of a signal says beyond its fixed words, in the order of its sentence; the first empty one ends them. In
// JSON they are an array of strings.
type Arguments [5]string

func (a Arguments) list() []string {
	if n := slices.Index(a[:], ""); n >= 0 {
		return a[:n]
	}
	return a[:]
}

// MarshalJSON leaves out what is empty.
func (a Arguments) MarshalJSON() ([]byte, error) { return json.Marshal(a.list()) }

// UnmarshalJSON refuses more arguments than there is place for.
func (a *Arguments) UnmarshalJSON(data []byte) error {
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	if len(list) > len(a) {
		return errors.New("a signal has at most five arguments")
	}
	*a = Arguments{}
	copy(a[:], list)
	return nil
}

// An argument says by its first letter what it is: t a text as written, w a word of the table below, m an amount of money with its currency,
// n a number, p a share of 0 to 1, l a listing's id, r a picture's reference.
func textArg(s string) string { return "t:" + s }
func wordArg(s string) string { return "w:" + s }
func numberArg(x float64) string {
	return "n:" + strconv.FormatFloat(x, 'f', -1, 64)
}
func shareArg(x float64) string { return "p:" + strconv.FormatFloat(x, 'f', 4, 64) }

// moneyArg is an amount rounded to three digits, for what it is held against is rough.
func moneyArg(amount float64, currency string) string {
	return "m:" + strconv.FormatFloat(significant(amount, 3), 'f', -1, 64) + " " + currency
}

// exactMoneyArg is an amount as the listing gave it.
func exactMoneyArg(amount float64, currency string) string {
	return "m:" + strconv.FormatFloat(amount, 'f', -1, 64) + " " + currency
}

func significant(x float64, digits int) float64 {
	if x <= 0 {
		return x
	}
	scale := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(x)))
	return math.Round(x*scale) / scale
}

func say(b *strings.Builder, argument string, chinese bool) {
	kind, value, ok := strings.Cut(argument, ":")
	if !ok {
		return
	}
	switch kind {
	case "w":
		words := spoken[value]
		if chinese {
			b.WriteString(words[1])
		} else {
			b.WriteString(words[0])
		}
	case "m":
		amount, currency, _ := strings.Cut(value, " ")
		sayMoney(b, amount, currency, chinese)
	case "n":
		sayNumber(b, value)
	case "p":
		share, _ := strconv.ParseFloat(value, 64)
		percent := share * 100
		digits := 0
		if percent < 10 && percent != math.Trunc(percent) {
			digits = 1
		}
		b.WriteString(strconv.FormatFloat(percent, 'f', digits, 64))
		b.WriteByte('%')
	default:
		b.WriteString(value)
	}
}

var signs = map[string]string{"USD": "$", "EUR": "€", "GBP": "£"}

var currencyWords = map[string]string{"USD": "美元", "EUR": "欧元", "GBP": "英镑", "CNY": "元", "JPY": "日元", "HKD": "港元", "TWD": "新台币", "KRW": "韩元", "RUB": "卢布", "SGD": "新加坡元"}

func sayMoney(b *strings.Builder, amount, currency string, chinese bool) {
	if word, ok := currencyWords[currency]; ok && chinese {
		sayNumber(b, amount)
		b.WriteString(" ")
		b.WriteString(word)
		return
	}
	if sign, ok := signs[currency]; ok && !chinese {
		b.WriteString(sign)
		sayNumber(b, amount)
		return
	}
	sayNumber(b, amount)
	b.WriteByte(' ')
	b.WriteString(currency)
}

// sayNumber groups the digits before the point by thousands.
func sayNumber(b *strings.Builder, digits string) {
	whole, fraction, pointed := strings.Cut(digits, ".")
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 && whole[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if pointed {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
}

// spoken has the words of arguments in English and Chinese.
var spoken = map[string][2]string{
	"homoglyph":    {"look-alike letters of another script", "其他文字的形近字母"},
	"leet":         {"digits or signs for letters", "数字或符号代替字母"},
	"spaced":       {"separators between the letters", "字母间的间隔符"},
	"invisible":    {"invisible signs or pictures between the letters", "夹在字母间的不可见字符或图形"},
	"split":        {"a character taken apart", "拆开的汉字"},
	"repeated":     {"a letter repeated", "重复的字母"},
	"typo":         {"a letter changed", "改动的字母"},
	"homophone":    {"the same sound in other characters", "同音字或拼音"},
	"compatible":   {"as what the goods go with", "是说商品与其配套"},
	"comparison":   {"as a comparison", "是作对比"},
	"negation":     {"to say that the goods are not of it", "是说商品并非出自该品牌"},
	"media":        {"as what a book, a picture or a service is about", "是书籍、图像或服务的主题"},
	"seller-name":  {"as part of the seller's name", "是卖家名称的一部分"},
	"ordinary":     {"as an ordinary word", "是普通词语"},
	"otherwise":    {"not as the maker of the goods", "并非指商品的制造者"},
	"used":         {"used", "二手"},
	"refurbished":  {"refurbished", "翻新"},
	"shoes":        {" shoes", "鞋类"},
	"apparel":      {" clothes", "服装"},
	"bags":         {" bags", "箱包"},
	"toys":         {" toys", "玩具"},
	"electronics":  {" electronics", "电子产品"},
	"appliances":   {" appliances", "家电"},
	"watches":      {" watches", "手表"},
	"beauty":       {" beauty products", "美妆"},
	"accessories":  {" accessories", "配饰"},
	"any-category": {" goods", "商品"},

	"picture-same":      {"the same as", "相同"},
	"picture-very-near": {"very near to", "非常接近"},
	"picture-near":      {"near to", "相近"},
	"upright":           {"", ""},
	"turned":            {", turned", "，经旋转"},
	"mirrored":          {", mirrored", "，经镜像"},
}

func disguiseWord(d text.Disguise) string {
	switch {
	case d&text.Homoglyph != 0:
		return "homoglyph"
	case d&text.Leet != 0:
		return "leet"
	case d&text.Spaced != 0:
		return "spaced"
	case d&text.Split != 0:
		return "split"
	case d&text.Invisible != 0:
		return "invisible"
	case d&text.Homophone != 0:
		return "homophone"
	case d&text.Repeated != 0:
		return "repeated"
	}
	return "typo"
}

func roleWord(r text.Role) string {
	switch r {
	case text.Compatible:
		return "compatible"
	case text.Comparison:
		return "comparison"
	case text.Negation:
		return "negation"
	case text.Media:
		return "media"
	case text.SellerName:
		return "seller-name"
	case text.OrdinaryWord:
		return "ordinary"
	}
	return "otherwise"
}

func categoryWord(category string) string {
	if _, ok := spoken[category]; ok {
		return category
	}
	return "any-category"
}

// arguments are what the evidence of a feature says beyond its fixed words.
func (w *work) arguments(f feature, c *catalogue, l *market.Listing) Arguments {
	name := ""
	if w.concerned >= 0 {
		name = c.brands[w.concerned].name
	}
	at := w.where[f]
	switch f {
	case brandOwn:
		return Arguments{textArg(quote(l, at))}
	case brandClaimed, brandHinted:
		return Arguments{textArg(quote(l, at)), textArg(name)}
	case brandDisguised, brandMisspelt:
		disguise := text.Disguise(0)
		if at.mention >= 0 {
			disguise = w.mentions[at.mention].disguise
		}
		return Arguments{textArg(quote(l, at)), textArg(name), wordArg(disguiseWord(disguise))}
	case brandOtherwise:
		role := text.Claim
		if at.mention >= 0 {
			role = w.mentions[at.mention].role
		}
		return Arguments{textArg(name), wordArg(roleWord(role))}
	case termReplica, termGrade, termSource, termEvasion, termDenial, termContact, talkWholesale, talkProvenance, partOnly:
		return Arguments{textArg(quote(l, at))}
	case priceLow, pricePlausible:
		return Arguments{w.given(l), w.inListingCurrency(l, w.reference.typical), textArg(name), wordArg(categoryWord(l.Category)), w.inListingCurrency(l, w.reference.low)}
	case priceFarBelow:
		return Arguments{shareArg(w.price / w.reference.typical)}
	case priceUnauthorised:
		return Arguments{w.given(l), textArg(name)}
	case specificationImplausible:
		return Arguments{w.given(l)}
	case brandUndeclared, sellerAuthorised, sellerUnauthorised:
		return Arguments{textArg(name)}
	case sellerLookalike:
		return Arguments{textArg(quote(l, at)), textArg(name)}
	case sellerNew:
		return Arguments{numberArg(math.Floor(w.age))}
	case sellerEstablished:
		return Arguments{textArg(l.Seller.Joined[:4]), numberArg(float64(*l.Seller.Ratings)), shareOr(l.Seller.Positive, 1)}
	case sellerPoor:
		return Arguments{numberArg(float64(*l.Seller.Ratings)), shareOr(l.Seller.Positive, 1)}
	case stockBulk:
		r, _ := c.brands[w.concerned].priceOf(l.Category, w.line)
		return Arguments{numberArg(float64(*l.Quantity)), moneyArg(r.typical, "USD")}
	case goodsUsed:
		return Arguments{wordArg(cmp.Or(strings.ToLower(l.Condition), "used"))}
	case shipsElsewhere:
		return Arguments{textArg(l.ShipsFrom), textArg(l.Seller.Country)}
	case pictureCatalogue, pictureFake, pictureShared:
		return w.pictureArguments(f, c)
	}
	return Arguments{}
}

func shareOr(share *float64, otherwise float64) string {
	if share == nil {
		return shareArg(otherwise)
	}
	return shareArg(*share)
}

func (w *work) given(l *market.Listing) string {
	return exactMoneyArg(*l.Price, cmp.Or(strings.ToUpper(l.Currency), "USD"))
}

// inListingCurrency is an amount in US dollars in the currency that the listing is priced in: what is compared is said alike.
func (w *work) inListingCurrency(l *market.Listing, amount float64) string {
	return moneyArg(amount**l.Price/w.price, cmp.Or(strings.ToUpper(l.Currency), "USD"))
}

const longestQuote = 60 // runes

// quote is what a field says at a span.
func quote(l *market.Listing, at span) string {
	s := ""
	switch at.field {
	case "title":
		s = l.Title
	case "description":
		s = l.Description
	case "brand":
		s = l.Brand
	case "seller.name":
		s = l.Seller.Name
	}
	end := min(at.end, at.start+longestQuote)
	from, n := 0, 0
	for i := range s {
		if n == at.start {
			from = i
		}
		if n == end {
			return strings.Clone(s[from:i])
		}
		n++
	}
	return strings.Clone(s[from:])
}
