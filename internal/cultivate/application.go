package cultivate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/market"
)

// Application is what a firm says of itself to be taken in: answers to its fields, and documents. A draft keeps whatever was typed; Facts reads it.
type Application struct {
	Maker     MakerID
	Replies   map[string]Reply // by field
	Documents []Document
}

// Says is the answer to a question, as typed; empty while there is none.
func (a Application) Says(question string) string { return a.Replies[question].Value }

// Document is a file of an application.
type Document struct {
	ID     string
	Maker  MakerID
	Kind   DocumentKind
	Name   string // as the person's device called it
	Hash   blob.Hash
	Bytes  int64
	ByName string
	At     time.Time
}

// DocumentKind says what a document shows.
type DocumentKind string

// The kinds of document.
const (
	LicenceDocument  DocumentKind = "licence"  // the business licence
	IdentityDocument DocumentKind = "identity" // of the legal representative
	LeaseDocument    DocumentKind = "lease"    // or the deed of the workshop
	PhotoDocument    DocumentKind = "photo"    // of workshop, machines, warehouse
	DesignDocument   DocumentKind = "design"   // own drafts
	OtherDocument    DocumentKind = "other"
)

// DocumentKinds is every kind with its name, those that are needed first.
func DocumentKinds() []FieldChoice {
	return []FieldChoice{
		{string(LicenceDocument), Words{"Business licence", "营业执照"}},
		{string(IdentityDocument), Words{"Identity card of the legal representative", "法定代表人身份证"}},
		{string(LeaseDocument), Words{"Lease or deed of the workshop", "厂房租约或产权证"}},
		{string(PhotoDocument), Words{"Photos of workshop and machines", "车间与设备照片"}},
		{string(DesignDocument), Words{"Drafts of own designs", "自有设计稿"}},
		{string(OtherDocument), Words{"Something else", "其他"}},
	}
}

// neededDocuments are those without which nothing is handed in.
var neededDocuments = []DocumentKind{LicenceDocument, IdentityDocument, LeaseDocument}

// The bounds of an application.
const (
	MaxDocuments      = 30
	MaxDocumentsBytes = 100 << 20 // together
	MaxPast           = 10        // declared matters
)

// FieldGroup is questions that stand together.
type FieldGroup struct {
	Name   string
	Words  Words
	Lead   Words
	Fields []Field
}

// The answers of the choices.
const (
	NothingToDeclare = "nothing"
	Declares         = "something"

	QualityNone      = "none"
	QualityOwn       = "own"
	QualityOutside   = "outside"
	QualityCertified = "certified"
)

// The names of the questions that rules read.
const (
	askCountry    = "country"
	askName       = "name"
	askNumber     = "number"
	askFounded    = "founded"
	askTurnover   = "turnover"
	askCurrency   = "currency"
	askCapacity   = "capacity"
	askJobs       = "jobs"
	askShare      = "export.share"
	askChange     = "export.change"
	askLines      = "lines"
	askDesigns    = "designs"
	askQuality    = "quality"
	askAccounts   = "accounts"
	askKin        = "accounts.kin"
	askPast       = "past"
	askResidence  = "residence"
	askContact    = "contact"
	askSpeaker    = "representative"
	askAddress    = "address"
	askSupply     = "supply"
	askWarehouse  = "warehouse"
	askDispatch   = "dispatch"
	askMachines   = "machines"
	maxLong       = 2_000
	maxLines      = 200 // entries of a long answer that rules read
	maxEntryRunes = 200
)

// PastField is the name of a question about the nth matter that the firm declares, from 1: "mark", "when", "items", "outcome".
func PastField(n int, what string) string { return "past." + strconv.Itoa(n) + "." + what }

// ApplicationFields are all that is asked, in the order of the form.
func ApplicationFields() []FieldGroup { return applicationFields }

var applicationFields = []FieldGroup{
	{"firm", Words{"The firm", "企业"}, Words{"As the business licence has it.", "与营业执照一致。"}, []Field{
		{Name: askName, Kind: TextField, Words: Words{"Name of the legal entity", "企业全称"}, Required: true},
		{Name: askCountry, Kind: CountryField, Words: Words{"Country of registration", "注册国家或地区"}, Hint: Words{"Two letters: CN, VN, TR.", "两位代码：CN、VN、TR。"}, Required: true, Most: 2},
		{Name: askNumber, Kind: TextField, Words: Words{"Registration number", "统一社会信用代码"}, Hint: Words{"In China the unified social credit code, 18 characters.", "18 位；境外企业填当地注册号。"}, Required: true, Most: maxNumber},
		{Name: askFounded, Kind: DayField, Words: Words{"Registered on", "成立日期"}, Required: true},
		{Name: askSpeaker, Kind: TextField, Words: Words{"Legal representative", "法定代表人"}, Required: true},
		{Name: askResidence, Kind: TextField, Words: Words{"Where the legal representative lives", "法定代表人住址"}, Required: true, Most: 500},
		{Name: askContact, Kind: TextField, Words: Words{"Telephone or WeChat of who can be reached", "联系人电话或微信"}, Required: true},
	}},
	{"works", Words{"The workshop", "工厂"}, Words{"An inspector will look at this with you.", "检查人员会到现场与您一起核对。"}, []Field{
		{Name: askAddress, Kind: LongField, Words: Words{"Name and address of the workshop", "工厂名称与地址"}, Required: true, Most: 500},
		{Name: askMachines, Kind: LongField, Words: Words{"Machines and moulds", "设备与模具"}, Required: true, Most: maxLong},
		{Name: askSupply, Kind: LongField, Words: Words{"Where materials come from, and what others make for you", "原料来源与外协加工"}, Most: maxLong},
		{Name: askWarehouse, Kind: LongField, Words: Words{"Warehouse", "仓库"}, Most: 500},
		{Name: askDispatch, Kind: LongField, Words: Words{"How orders are dispatched", "发货方式"}, Most: 500},
		{Name: askCapacity, Kind: WholeField, Words: Words{"Pieces a month when all works", "月产能（件或双）"}, Required: true},
		{Name: askJobs, Kind: WholeField, Words: Words{"People who work there", "用工人数"}, Required: true},
	}},
	{"trade", Words{"Trade", "经营"}, Words{"Estimates are fine. Nobody is held to a month.", "估算即可。"}, []Field{
		{Name: askTurnover, Kind: MoneyField, Words: Words{"Turnover of the last year", "上年营业额"}, Hint: Words{"Like 3,200,000 or 320万.", "如 3200000 或 320万。"}, Required: true},
		{Name: askCurrency, Kind: CurrencyField, Words: Words{"Currency", "币种"}, Required: true, Most: 3},
		{Name: askShare, Kind: PercentField, Words: Words{"Share of exports, %", "外销占比（%）"}, Required: true},
		{Name: askChange, Kind: ChangeField, Words: Words{"Exports against the year before, %", "外销比上年变化（%）"}, Hint: Words{"−30 when they fell by 30 %.", "下降三成填 -30。"}},
		{Name: askLines, Kind: LongField, Words: Words{"What you make, one line each", "产品线，一行一个"}, Required: true, Most: maxLong},
		{Name: askDesigns, Kind: WholeField, Words: Words{"Own designs in the last year", "上年自有设计款数"}, Required: true},
		{Name: askQuality, Kind: ChoiceField, Words: Words{"How quality is checked", "质量检验方式"}, Required: true, Choices: []FieldChoice{
			{QualityNone, Words{"Not regularly", "没有固定检验"}}, {QualityOwn, Words{"By our own people", "自己检验"}},
			{QualityOutside, Words{"Also by an outside laboratory", "另有第三方检测"}}, {QualityCertified, Words{"By a certified system (ISO 9001 or like)", "通过体系认证（如 ISO 9001）"}}}},
	}},
	{"accounts", Words{"Accounts", "网店账号"}, Words{"Every account counts, also those that are closed.", "已关闭的账号也要填。"}, []Field{
		{Name: askAccounts, Kind: LongField, Words: Words{"Seller accounts of the firm, one a line", "本企业的网店账号，一行一个"}, Hint: Words{"Write “none” when there are none.", "没有就写“无”。"}, Required: true, Most: maxLong},
		{Name: askKin, Kind: LongField, Words: Words{"Accounts of partners and close relatives, one a line: account, whose", "合伙人、近亲属的账号，一行一个：账号，是谁的"}, Hint: Words{"Write “none” when there are none.", "没有就写“无”。"}, Required: true, Most: maxLong},
	}},
	{"past", Words{"The past", "过往"}, Words{"What you declare here weighs far less than what is found without it, and it is what the amnesty can cover.", "如实申报的，权重远低于被查出的；谅解也只覆盖申报过的部分。"}, append([]Field{
		{Name: askPast, Kind: ChoiceField, Words: Words{"Have you made or sold goods with somebody else's mark or design?", "是否生产或销售过带有他人商标或设计的商品？"}, Required: true, Choices: []FieldChoice{
			{NothingToDeclare, Words{"No, there is nothing to declare", "没有，无可申报"}}, {Declares, Words{"Yes, it is stated below", "有，说明如下"}}}},
	}, pastFields()...)},
}

func pastFields() (fields []Field) {
	for n := range MaxPast {
		fields = append(fields,
			Field{Name: PastField(n+1, "mark"), Kind: TextField, Words: Words{"Which mark or design", "哪个商标或设计"}},
			Field{Name: PastField(n+1, "when"), Kind: TextField, Words: Words{"Until when", "到何时为止"}, Hint: Words{"A month: 2024-06.", "填到月：2024-06。"}, Most: 10},
			Field{Name: PastField(n+1, "items"), Kind: WholeField, Words: Words{"How many pieces, about", "大约多少件"}},
			Field{Name: PastField(n+1, "outcome"), Kind: TextField, Words: Words{"What became of it", "结果如何"}, Most: 500})
	}
	return fields
}

// ApplicationField finds a question by its name.
func ApplicationField(name string) (Field, bool) {
	for _, g := range applicationFields {
		if at := slices.IndexFunc(g.Fields, func(f Field) bool { return f.Name == name }); at >= 0 {
			return g.Fields[at], true
		}
	}
	return Field{}, false
}

// Facts is an application as rules read it. What was not answered, or cannot be read, is nil or zero: unknown.
type Facts struct {
	Country     string // ISO 3166-1 alpha-2
	Name        string
	Number      string
	Founded     time.Time
	Turnover    Amount // of a year; no currency: unknown
	Capacity    *int64 // pieces a month
	Jobs        *int64
	ExportShare *float64 // percent of turnover
	ExportTrend *float64 // percent against the year before
	Lines       []string
	Designs     *int64 // own ones of a year
	Quality     string
	Accounts    []market.SellerID
	Kin         []KinAccount
	Declared    []Matter // nil while the question is not answered; empty when nothing is declared
}

// KinAccount is a seller account of somebody close to the firm.
type KinAccount struct {
	Account market.SellerID
	Whose   string
}

// Matter is an infringement, declared or found.
type Matter struct {
	Mark    string    `json:"mark"`
	Until   time.Time `json:"until,omitzero"` // zero: not known
	Items   *int64    `json:"items,omitempty"`
	Outcome string    `json:"outcome,omitempty"` // what became of it
	Source  string    `json:"source,omitempty"`  // where it was found; empty for what the firm declares
}

// Facts reads the answers.
func (a Application) Facts() Facts {
	f := Facts{Country: a.Says(askCountry), Name: a.Says(askName), Number: a.Says(askNumber), Quality: a.Says(askQuality)}
	if code, ok := market.USCC(f.Number); ok && f.Country == "CN" {
		f.Number = code
	}
	f.Founded, _ = readDay(a.Says(askFounded))
	f.Capacity, _ = readWhole(a.Says(askCapacity))
	f.Jobs, _ = readWhole(a.Says(askJobs))
	f.Designs, _ = readWhole(a.Says(askDesigns))
	f.ExportShare, _ = readPercent(a.Says(askShare), 0, 100)
	f.ExportTrend, _ = readPercent(a.Says(askChange), -100, 10_000)
	if minor, ok := readMoney(a.Says(askTurnover), a.Says(askCurrency)); ok {
		f.Turnover = Amount{strings.ToUpper(a.Says(askCurrency)), minor}
	}
	f.Lines = entries(a.Says(askLines))
	for _, line := range entries(a.Says(askAccounts)) {
		f.Accounts = append(f.Accounts, market.SellerID(line))
	}
	for _, line := range entries(a.Says(askKin)) {
		account, whose, _ := strings.Cut(strings.ReplaceAll(line, "，", ","), ",")
		f.Kin = append(f.Kin, KinAccount{market.SellerID(strings.TrimSpace(account)), strings.TrimSpace(whose)})
	}
	switch a.Says(askPast) {
	case NothingToDeclare:
		f.Declared = []Matter{}
	case Declares:
		f.Declared = a.declared()
	}
	return f
}

func (a Application) declared() []Matter {
	matters := []Matter{}
	for n := 1; n <= MaxPast; n++ {
		m := Matter{Mark: a.Says(PastField(n, "mark")), Outcome: a.Says(PastField(n, "outcome"))}
		if m.Mark == "" {
			continue
		}
		m.Until, _ = readMonth(a.Says(PastField(n, "when")))
		m.Items, _ = readWhole(a.Says(PastField(n, "items")))
		matters = append(matters, m)
	}
	return matters
}

// entries is the lines of a long answer; none when the answer says so.
func entries(text string) (all []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch strings.ToLower(strings.Trim(line, ".。")) {
		case "", "none", "no", "无", "没有":
			continue
		}
		if runes := []rune(line); len(runes) > maxEntryRunes {
			line = string(runes[:maxEntryRunes])
		}
		if len(all) < maxLines && !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}

// plain is a number as a program reads it: full-width digits, grouping commas and spaces, the Chinese minus and 万, 亿 behind it are how people write.
func plain(text string) (digits string, times float64) {
	text = strings.NewReplacer(",", "", " ", "", "\u00a0", "", "−", "-", "–", "-").Replace(norm.NFKC.String(strings.TrimSpace(text)))
	times = 1
	for suffix, by := range map[string]float64{"万": 1e4, "亿": 1e8, "%": 1} {
		if rest, ok := strings.CutSuffix(text, suffix); ok {
			return rest, by
		}
	}
	return text, times
}

// maxWhole bounds every number that a firm states: beyond it something was typed wrong.
const maxWhole = 1_000_000_000_000

func readNumber(text string) (float64, bool) {
	digits, times := plain(text)
	// Only what people write: no exponents, no hexadecimals, no infinities.
	if digits == "" || len(digits) > 20 || strings.Trim(digits, "0123456789.-") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(digits, 64)
	n *= times
	return n, err == nil && math.Abs(n) <= maxWhole
}

func readWhole(text string) (*int64, bool) {
	n, ok := readNumber(text)
	whole := int64(math.Round(n))
	if !ok || n < 0 || math.Abs(n-float64(whole)) > 1e-6 {
		return nil, false
	}
	return &whole, true
}

func readPercent(text string, least, most float64) (*float64, bool) {
	n, ok := readNumber(text)
	if !ok || n < least || n > most {
		return nil, false
	}
	return &n, true
}

// readMoney reads an amount in major units as minor units of the currency.
func readMoney(text, code string) (minor int64, ok bool) {
	unit, err := currency.ParseISO(strings.ToUpper(strings.TrimSpace(code)))
	n, ok := readNumber(text)
	if err != nil || !ok || n < 0 {
		return 0, false
	}
	digits, _ := currency.Standard.Rounding(unit)
	return int64(math.Round(n * math.Pow10(digits))), true
}

func readDay(text string) (time.Time, bool) {
	at, err := time.Parse(time.DateOnly, strings.NewReplacer("/", "-", ".", "-").Replace(norm.NFKC.String(text)))
	return at, err == nil && at.Year() >= 1900
}

func readMonth(text string) (time.Time, bool) {
	text = strings.NewReplacer("/", "-", ".", "-", "年", "-", "月", "").Replace(norm.NFKC.String(strings.TrimSpace(text)))
	for _, layout := range []string{"2006-01", "2006-1", time.DateOnly, "2006"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1900 {
			return at, true
		}
	}
	return time.Time{}, false
}

func readCountry(text string) bool {
	region, err := language.ParseRegion(text)
	return err == nil && len(text) == 2 && region.IsCountry() && region.String() == text
}

// Gap is one thing that keeps an application from being handed in.
type Gap struct {
	Field string // or the kind of document; empty when it is about neither
	Words Words  // what the field is called
	Why   Words  // what is wrong with it
}

var (
	notAnswered = Words{"not answered yet", "尚未填写"}
	notReadable = Words{"cannot be read", "无法识别"}
	notThere    = Words{"not uploaded yet", "尚未上传"}
)

// Gaps is everything that is missing or cannot be read, in the order of the form.
func (a Application) Gaps() (gaps []Gap) {
	for _, g := range applicationFields {
		for _, f := range g.Fields {
			if why, ok := a.gap(f); ok {
				gaps = append(gaps, Gap{f.Name, f.Words, why})
			}
		}
	}
	if a.Says(askPast) == Declares && len(a.declared()) == 0 {
		gaps = append(gaps, Gap{PastField(1, "mark"), Words{"What is declared", "申报内容"}, notAnswered})
	}
	for _, kind := range DocumentKinds() {
		needed := slices.Contains(neededDocuments, DocumentKind(kind.Value))
		if needed && !slices.ContainsFunc(a.Documents, func(d Document) bool { return string(d.Kind) == kind.Value }) {
			gaps = append(gaps, Gap{"documents", kind.Words, notThere})
		}
	}
	return gaps
}

// gap is what is wrong with one answer.
func (a Application) gap(f Field) (why Words, wrong bool) {
	text := a.Says(f.Name)
	if text == "" {
		// A declared matter needs all four of its answers.
		rest, past := strings.CutPrefix(f.Name, "past.")
		if past && a.Says(askPast) == Declares {
			n, what, _ := strings.Cut(rest, ".")
			number, _ := strconv.Atoi(n)
			return notAnswered, what != "items" && a.begun(number)
		}
		return notAnswered, f.Required
	}
	ok := true
	switch f.Kind {
	case WholeField:
		_, ok = readWhole(text)
	case PercentField:
		_, ok = readPercent(text, 0, 100)
	case ChangeField:
		_, ok = readPercent(text, -100, 10_000)
	case MoneyField:
		_, ok = readNumber(text)
	case CurrencyField:
		_, err := currency.ParseISO(text)
		ok = err == nil
	case CountryField:
		ok = readCountry(text)
	case DayField:
		_, ok = readDay(text)
	case ChoiceField:
		ok = slices.ContainsFunc(f.Choices, func(c FieldChoice) bool { return c.Value == text })
	case TextField:
		switch {
		case f.Name == askNumber && a.Says(askCountry) == "CN":
			if _, ok := market.USCC(text); !ok {
				return Words{"the check character of this code does not fit: look for a mistyped one", "校验位不符，请核对是否输错"}, true
			}
		case strings.HasPrefix(f.Name, "past.") && strings.HasSuffix(f.Name, ".when"):
			_, ok = readMonth(text)
		}
	}
	return notReadable, !ok
}

// begun reports whether anything stands in the nth declared matter.
func (a Application) begun(n int) bool {
	for _, what := range []string{"mark", "when", "items", "outcome"} {
		if a.Says(PastField(n, what)) != "" {
			return true
		}
	}
	return false
}

// monthsBetween is how many whole months lie between two days.
func monthsBetween(from, to time.Time) int {
	months := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	if to.Day() < from.Day() {
		months--
	}
	return months
}

// sayGaps names up to four gaps in a sentence.
func sayGaps(gaps []Gap) Words {
	const shown = 4
	var english, chinese []string
	for _, g := range gaps[:min(shown, len(gaps))] {
		english = append(english, g.Words.English+" ("+g.Why.English+")")
		chinese = append(chinese, g.Words.Chinese+"（"+g.Why.Chinese+"）")
	}
	w := Words{strings.Join(english, "; "), strings.Join(chinese, "；")}
	if more := len(gaps) - shown; more > 0 {
		w.English += fmt.Sprintf("; and %d more", more)
		w.Chinese += fmt.Sprintf("；另有 %d 项", more)
	}
	return w
}

// The conditions of handing in.
const (
	ApplicationComplete Condition = "application-complete"
	RegisteredLong      Condition = "registered-long-enough"
)

// applicationGates are the conditions that the application answers.
var applicationGates = []gate{
	{condition: ApplicationComplete, stage: Applied, words: Words{"The application is complete", "申请资料齐全"}, answer: completeAnswer},
	{condition: RegisteredLong, stage: Applied, words: Words{"The firm has been registered long enough", "企业注册满规定时间"}, answer: registeredAnswer},
}

// registered says whether a firm has existed for so many months.
func registered(founded, at time.Time, months int) Answer {
	if founded.IsZero() {
		return Answer{Detail: Words{"The day of registration is not stated.", "未填写成立日期。"}}
	}
	had := max(0, monthsBetween(founded, at))
	return Answer{Met: had >= months, Detail: Words{fmt.Sprintf("%d of %d months", had, months), fmt.Sprintf("已满 %d 个月，要求 %d 个月", had, months)}}
}

// sorted is documents in the order of their kinds, then of their age.
func sortDocuments(all []Document) {
	place := func(k DocumentKind) int {
		return slices.IndexFunc(DocumentKinds(), func(c FieldChoice) bool { return c.Value == string(k) })
	}
	slices.SortStableFunc(all, func(a, b Document) int { return cmp.Or(cmp.Compare(place(a.Kind), place(b.Kind)), a.At.Compare(b.At)) })
}
