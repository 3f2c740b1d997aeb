package cultivate

import (
	"slices"
	"strconv"
	"strings"
)

// IndustryID names an industry, like "shoes"; it is also the name of its file.
type IndustryID string

// TemplateID is the industry that is there to be copied. No cohort opens in it.
const TemplateID IndustryID = "template"

// Industry is all that Ownmark knows about a trade: what is taught, on what terms makers are admitted, how their goods
// are inspected and when a maker has become a brand. It is data: a file in industries/ adds one without code.
type Industry struct {
	ID         IndustryID
	Names      Words
	Summary    Words
	Categories []string // of listings, as market knows them
	Curriculum []Course
	Admission  Admission
	Quality    QualityPlan
	Standards  []Standard
	Service    ServiceStandard
	BrandFile  []BrandItem
	Graduation []Criterion
}

// IsTemplate reports whether the industry is only there to be copied.
func (i Industry) IsTemplate() bool { return i.ID == TemplateID }

// Course finds a course of the curriculum.
func (i Industry) Course(id CourseID) (Course, bool) {
	at := slices.IndexFunc(i.Curriculum, func(c Course) bool { return c.ID == id })
	if at < 0 {
		return Course{}, false
	}
	return i.Curriculum[at], true
}

// Words is one text in both languages of the house.
type Words struct {
	English string `json:"en"`
	Chinese string `json:"zh"`
}

// In is the text in a language by its tag: Chinese for "zh" and its regions, English for every other.
func (w Words) In(language string) string {
	if language == "zh" || strings.HasPrefix(language, "zh-") {
		return w.Chinese
	}
	return w.English
}

// Admission says who may ask for admission and what both sides sign.
type Admission struct {
	RegisteredMonths int // a company must have been registered for so long
	ProbationMonths  int
	Deposit          Amount // the guarantee; it goes back when probation ends well
	Clauses          []Clause
}

// Clause is one sentence of the terms a maker signs.
type Clause struct {
	ID   string
	Kind ClauseKind
	Text Words
}

// ClauseKind says what a clause is about.
type ClauseKind string

// The kinds of clause. Terms need at least one of each: a promise without its price, or a price without what it buys,
// is not a bargain somebody can keep.
const (
	Forgiven    ClauseKind = "forgiven"    // what is not held against the maker any more
	GivenUp     ClauseKind = "given-up"    // what the maker hands over or destroys
	Promised    ClauseKind = "promised"    // what the maker does from now on
	Consequence ClauseKind = "consequence" // what follows when a promise is broken
)

// QualityPlan is how goods are inspected and tested.
type QualityPlan struct {
	Defects    []Defect
	Acceptance map[DefectClass]Acceptance // of every class
	Tests      []QualityTest
}

// Defect finds a defect of the catalogue by its code.
func (q QualityPlan) Defect(code string) (Defect, bool) {
	at := slices.IndexFunc(q.Defects, func(d Defect) bool { return d.Code == code })
	if at < 0 {
		return Defect{}, false
	}
	return q.Defects[at], true
}

// Defect is one way in which an item can be wrong.
type Defect struct {
	Code  string // like "SH-103": on forms, photographs and in figures
	Class DefectClass
	Names Words
}

// DefectClass is how grave a defect is.
type DefectClass string

// The classes, gravest first.
const (
	Critical DefectClass = "critical" // may hurt somebody, breaks the law, or carries a mark that is not the maker's
	Major    DefectClass = "major"    // a buyer would send it back
	Minor    DefectClass = "minor"    // a buyer would frown
)

// DefectClasses lists the classes, gravest first.
func DefectClasses() []DefectClass { return []DefectClass{Critical, Major, Minor} }

// Acceptance is how lots are judged for one class of defects.
type Acceptance struct {
	Level        string  // the inspection level of ISO 2859-1 (GB/T 2828.1): I, II, III, S-1 to S-4
	AQL          float64 // per cent nonconforming, from the preferred series; 0 with NoneAccepted
	NoneAccepted bool    // a single item found rejects the lot, whatever its size
}

// InspectionLevels are those of ISO 2859-1, table 1.
func InspectionLevels() []string { return []string{"S-1", "S-2", "S-3", "S-4", "I", "II", "III"} }

// PreferredAQLs is the preferred series of ISO 2859-1 up to 10, in per cent nonconforming. The series goes on to 1000,
// but above 10 it counts nonconformities per hundred items, which a plan that sorts items into good and bad cannot use.
func PreferredAQLs() []float64 {
	return []float64{0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10}
}

// QualityTest is a laboratory's test with what the state asks and what the programme asks, which is never less.
type QualityTest struct {
	ID        string
	Names     Words
	Method    string
	Unit      Unit
	AtLeast   bool // a result passes when it is at least the limit; otherwise at most
	National  NationalLimit
	Programme float64 // in Unit
	Note      Words   // may be empty
}

// Passes reports whether a result in the test's unit reaches what the programme asks.
func (t QualityTest) Passes(result float64) bool {
	if t.AtLeast {
		return result >= t.Programme
	}
	return result <= t.Programme
}

// NationalLimit is what a national standard asks in a test.
type NationalLimit struct {
	Standing Standing
	Standard string  // its number; empty when Standing is NoLimit
	Value    float64 // in the test's unit, only when Standing is Stated
}

// Standing says how well a national limit is known.
type Standing string

// The standings.
const (
	Stated  Standing = "stated" // the number stands in the standard named
	Open    Standing = "open"   // the standard asks for it; its number has to be checked by the standards body
	NoLimit Standing = "none"   // no national standard asks for it
)

var standingWords = map[Standing]Words{
	Stated:  {"as the standard states", "按标准规定"},
	Open:    {"to be checked by the standards body", "待标准化机构核定"},
	NoLimit: {"no national requirement", "无国家要求"},
}

// Words says the standing to a person.
func (s Standing) Words() Words { return standingWords[s] }

// Unit is what a number of a file counts or measures, as it is written there after the number.
type Unit string

var unitWords = map[Unit]Words{
	"bends":  {"bends", "次屈挠"},
	"cycles": {"cycles", "次"},
	"drops":  {"drops", "次跌落"},
	"pieces": {"pieces", "件"},
	"mm":     {"mm", "毫米"},
	"N":      {"N", "牛"},
	"N/cm":   {"N/cm", "牛/厘米"},
	"kg":     {"kg", "千克"},
	"mg/kg":  {"mg/kg", "毫克/千克"},
	"%":      {"%", "%"},
	"ohm":    {"Ω", "Ω"},
	"mA":     {"mA", "毫安"},
	"V":      {"V", "伏"},
	"dB":     {"dB(A)", "分贝(A)"},
	"K":      {"K", "开"},
	"grade":  {"grade", "级"},
	"min":    {"min", "分钟"},
	"h":      {"h", "小时"},
	"days":   {"days", "天"},
	"months": {"months", "个月"},
}

// Words says the unit to a person.
func (u Unit) Words() Words { return unitWords[u] }

// Standard is a standard or a rule of law that applies to the goods.
type Standard struct {
	Number string
	Names  Words
	Force  Force
	Market string // ISO 3166 country, or EU
}

// Force says whether a standard must be kept.
type Force string

// The forces.
const (
	Mandatory   Force = "mandatory"
	Recommended Force = "recommended" // binding once the maker names it on the label
)

// ServiceStandard is what every shop of the industry promises its buyers.
type ServiceStandard struct {
	DispatchHours    int // from payment to the first scan by the carrier
	ReturnDays       int // without a reason, from receipt
	RefundHours      int // from the returned parcel to the money
	AnswerMinutes    int // to a buyer's first question in opening hours
	FreightInsurance bool
}

// leastReturnDays is what the law on consumers' rights of the People's Republic of China gives a distance buyer
// (article 25): the national minimum of every service standard.
const leastReturnDays = 7

// BrandItem is one line of the checklist of a brand file.
type BrandItem struct {
	ID       string
	Names    Words
	Required bool
}

// Criterion is one condition of graduation, a number that evidence is held against.
type Criterion struct {
	Measure      Measure
	Limit        float64 // in the measure's unit
	WindowMonths int     // the last so many months are looked at
}

// Met reports whether a value in the measure's unit meets the criterion.
func (c Criterion) Met(value float64) bool {
	if c.Measure.AtMost() {
		return value <= c.Limit
	}
	return value >= c.Limit
}

// Measure is a figure about a maker that graduation depends on.
type Measure string

// The measures. Graduation of every industry states the first six.
const (
	CleanMonths     Measure = "clean-months"      // months since the last infringement found
	OwnBrandOrders  Measure = "own-brand-orders"  // % of orders that are for the maker's own brand
	RepeatBuyers    Measure = "repeat-buyers"     // % of buyers who have bought before
	LotsAccepted    Measure = "lots-accepted"     // % of lots accepted at first inspection
	DispatchedSoon  Measure = "dispatched-soon"   // % of orders dispatched within the service standard
	QualityReturns  Measure = "quality-returns"   // % of orders sent back for a defect, at most
	OrganicOrders   Measure = "organic-orders"    // % of orders that neither advertising nor a campaign brought
	LessonsPassed   Measure = "lessons-passed"    // % of the required lessons passed
	FullPriceOrders Measure = "full-price-orders" // % of orders at the price of the ladder
)

type measureFacts struct {
	unit     Unit
	atMost   bool
	required bool
	words    Words
}

var measures = map[Measure]measureFacts{
	CleanMonths:     {"months", false, true, Words{"Months without an infringement found", "未发现侵权的月数"}},
	OwnBrandOrders:  {"%", false, true, Words{"Orders for the maker's own brand", "自有品牌订单占比"}},
	RepeatBuyers:    {"%", false, true, Words{"Buyers who come back", "回头客占比"}},
	LotsAccepted:    {"%", false, true, Words{"Lots accepted at first inspection", "首检合格批次占比"}},
	DispatchedSoon:  {"%", false, true, Words{"Orders dispatched in time", "按时发货订单占比"}},
	QualityReturns:  {"%", true, true, Words{"Orders sent back for a defect", "因质量问题退货的订单占比"}},
	OrganicOrders:   {"%", false, false, Words{"Orders brought by no advertising", "非广告带来的订单占比"}},
	LessonsPassed:   {"%", false, false, Words{"Required lessons passed", "必修课通过率"}},
	FullPriceOrders: {"%", false, false, Words{"Orders at full price", "正价成交订单占比"}},
}

// Unit is what the measure is counted in.
func (m Measure) Unit() Unit { return measures[m].unit }

// AtMost reports whether less is better.
func (m Measure) AtMost() bool { return measures[m].atMost }

// Words says the measure to a person.
func (m Measure) Words() Words { return measures[m].words }

// Quantity writes a number with its unit as people read it: "50,000 bends" is left to the face, this is "50000 bends".
func Quantity(value float64, unit Unit, language string) string {
	number := strconv.FormatFloat(value, 'f', -1, 64)
	words := unit.Words().In(language)
	if unit == "%" || language == "zh" || strings.HasPrefix(language, "zh-") {
		return number + words
	}
	return number + " " + words
}
