package cultivate

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/text/currency"

	"github.com/ownmark/ownmark/internal/fault"
)

// Plan is how a maker makes its brand known over a time, with what it may cost.
type Plan struct {
	Maker        MakerID
	Goal         string
	Budget       Amount
	Begins, Ends string // days
	Steps        []PlanStep

	Version   int64 // 0 while nobody has written one
	UpdatedAt time.Time
	UpdatedBy string
}

// PlanStepID is the identity of a step of a plan.
type PlanStepID string

// PlanStep is one thing to do on a channel by a day.
type PlanStep struct {
	ID      PlanStepID
	Maker   MakerID
	Channel Channel
	Title   string
	Day     string
	Budget  int64 // minor units of the plan's currency
	State   TaskState

	Version   int64
	MadeAt    time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// Channel is where buyers are met.
type Channel string

// Channels are those a plan can use, with their words.
func Channels() []FieldChoice {
	return []FieldChoice{{"store", Words{"The store itself", "自家店铺"}}, {"search", Words{"Search on the marketplace", "站内搜索"}}, {"video", Words{"Short video", "短视频"}}, {"live", Words{"Live selling", "直播"}},
		{"social", Words{"Social media", "社交媒体"}}, {"mail", Words{"Messages to own buyers", "老客户触达"}}, {"fair", Words{"Fairs and shops", "展会与门店"}}, {"press", Words{"Press", "媒体报道"}}, {"other", Words{"Other", "其他"}}}
}

func (c Channel) known() bool {
	return slices.ContainsFunc(Channels(), func(o FieldChoice) bool { return o.Value == string(c) })
}

// Words says the channel to a person.
func (c Channel) Words() Words {
	at := slices.IndexFunc(Channels(), func(o FieldChoice) bool { return o.Value == string(c) })
	if at < 0 {
		return Words{string(c), string(c)}
	}
	return Channels()[at].Words
}

// check returns fault.Invalid for each thing wrong with a plan.
func (p Plan) check() error {
	wrong := []error{needText("goal", p.Goal, MaxWhy)}
	if p.Budget.Minor < 0 {
		wrong = append(wrong, fault.Invalid.Say("A budget is not less than nothing.").At("budget"))
	}
	if _, err := currency.ParseISO(p.Budget.Currency); err != nil || len(p.Budget.Currency) != 3 {
		wrong = append(wrong, fault.Invalid.Say("Name the currency, like CNY.").At("currency"))
	}
	begins, begun := readDay(p.Begins)
	if !begun {
		wrong = append(wrong, fault.Invalid.Say("Give a day.").At("begins"))
	}
	ends, ended := readDay(p.Ends)
	if !ended {
		wrong = append(wrong, fault.Invalid.Say("Give a day.").At("ends"))
	}
	if begun && ended && ends.Before(begins) {
		wrong = append(wrong, fault.Invalid.Say("The plan ends before it begins.").At("ends"))
	}
	return errors.Join(wrong...)
}

// Planned is what the open and done steps of a plan cost together.
func (p Plan) Planned() (minor int64) {
	for _, s := range p.Steps {
		if s.State != TaskDropped {
			minor += s.Budget
		}
	}
	return minor
}

// ProductPageID is the identity of a product page under check.
type ProductPageID string

// ProductPage is a page that sells a maker's goods, held against the checklist.
type ProductPage struct {
	ID      ProductPageID
	Maker   MakerID
	Title   string
	Address string // on the marketplace; may be empty
	Checks  []string

	Version   int64
	MadeAt    time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// PageChecks are what a product page is held against; Value is the name that is kept.
func PageChecks() []FieldChoice {
	return []FieldChoice{
		{"name", Words{"The brand's own name stands in the title, no other's", "标题用自己的品牌名，不出现他人品牌"}},
		{"photos", Words{"Five photos of one's own: whole, sole, inside, worn, packing", "五张自己拍的照片：整体、鞋底（底部）、内里、上身、包装"}},
		{"size", Words{"Sizes with measures in millimetres or centimetres", "尺码表含毫米或厘米尺寸"}},
		{"material", Words{"Material of each part", "各部位材质"}},
		{"maker", Words{"Who makes it, where, by which standard", "生产企业、产地、执行标准"}},
		{"price", Words{"The price of the ladder, no crossed-out price nobody ever paid", "按价格带定价，不虚构原价"}},
		{"dispatch", Words{"Dispatch within 48 hours, returns within 15 days", "48 小时发货，15 天无理由退货"}},
		{"care", Words{"Care and who to ask", "保养方法和客服"}},
		{"claims", Words{"Nothing is claimed that no paper shows", "不作没有依据的宣传"}},
	}
}

// Whole reports whether every check is ticked.
func (p ProductPage) Whole() bool {
	for _, c := range PageChecks() {
		if !slices.Contains(p.Checks, c.Value) {
			return false
		}
	}
	return true
}

// ChannelResult is what a channel brought over a period. A correction does not change it: a later one takes its place, and both stay.
type ChannelResult struct {
	ID           string
	Maker        MakerID
	Channel      Channel
	Begins, Ends string // days, both inside
	Visits       int64
	Searches     int64 // for the brand's name
	Orders       int64
	Spent        Amount
	ByName       string
	At           time.Time
	Replaced     string
}

// Stands reports whether no later one took its place.
func (r ChannelResult) Stands() bool { return r.Replaced == "" }

// check returns fault.Invalid for each thing wrong with a result.
func (r ChannelResult) check(now time.Time) error {
	var wrong []error
	if !r.Channel.known() {
		wrong = append(wrong, fault.Invalid.Say("Choose a channel.").At("channel"))
	}
	begins, begun := readDay(r.Begins)
	ends, ended := readDay(r.Ends)
	switch {
	case !begun:
		wrong = append(wrong, fault.Invalid.Say("Give a day.").At("begins"))
	case !ended:
		wrong = append(wrong, fault.Invalid.Say("Give a day.").At("ends"))
	case ends.Before(begins):
		wrong = append(wrong, fault.Invalid.Say("The period ends before it begins.").At("ends"))
	case begins.After(now):
		wrong = append(wrong, fault.Invalid.Say("This period has not begun.").At("begins"))
	}
	for _, n := range []struct {
		field string
		value int64
	}{{"visits", r.Visits}, {"searches", r.Searches}, {"orders", r.Orders}, {"spent", r.Spent.Minor}} {
		if n.value < 0 || n.value > maxFigure {
			wrong = append(wrong, fault.Invalid.Say("A count cannot be less than 0.").At(n.field))
		}
	}
	if r.Orders > r.Visits {
		wrong = append(wrong, fault.Invalid.Say("There cannot be more orders than visits.").At("orders"))
	}
	if _, err := currency.ParseISO(r.Spent.Currency); r.Spent.Minor > 0 && (err != nil || len(r.Spent.Currency) != 3) {
		wrong = append(wrong, fault.Invalid.Say("Name the currency, like CNY.").At("currency"))
	}
	return errors.Join(wrong...)
}

// The conditions of being known.
const (
	PagesChecked Condition = "product-pages"
	PlanWritten  Condition = "marketing-plan"
)

var marketingGates = []gate{
	{condition: PagesChecked, stage: Listed, words: Words{"A product page passes the checklist", "至少一个商品页面通过检查清单"}, answer: pagesAnswer},
	{condition: PlanWritten, stage: Campaigning, words: Words{"A marketing plan with its steps", "营销计划及其步骤"}, answer: planAnswer},
}
