package enforce

import "slices"

// ReasonCode is the identity of a reason.
type ReasonCode string

// Reason says why a decision was taken.
type Reason struct {
	Code      ReasonCode
	English   string // its title
	Chinese   string
	Fits      []Outcome // the outcomes it can be a reason for
	NeedsNote bool      // it says too little by itself
}

// Reasons is the table of reasons, in the order pages show them.
var Reasons = []Reason{
	{"counterfeit", "Counterfeit goods", "假冒商品", restrictions, false},
	{"replica-wording", "Offered as a replica in words", "文字表明为复刻品", restrictions, false},
	{"misleading-brand-use", "Brand named misleadingly", "误导性使用品牌名称", restrictions, false},
	{"hidden-logo", "Logo or name disguised", "遮挡或变造商标", restrictions, false},
	{"unauthorised-bulk", "Unauthorised seller with bulk stock", "未授权卖家大量供货", restrictions, false},
	{"authorised-genuine", "Genuine, from an authorised seller", "授权卖家的正品", []Outcome{Approve}, false},
	{"genuine", "Genuine, as far as can be seen", "未见异常，视为正品", []Outcome{Approve}, false},
	{"second-hand-genuine", "Genuine second-hand goods", "二手正品", []Outcome{Approve}, false},
	{"compatible-use", "Made to fit the brand's goods, and says so", "适配该品牌的配件，且已说明", []Outcome{Approve}, false},
	{"comparison-or-media", "Brand named in comparison, or a work about it", "仅作对比，或为相关书籍影像", []Outcome{Approve}, false},
	{"not-this-brand", "Not this brand at all", "与该品牌无关", []Outcome{Approve}, false},
	{"need-test-buy", "A test buy is needed to tell", "需试购鉴定", []Outcome{Escalate, Restrict, Demote, Label, Freeze}, false},
	{"need-rights-holder", "The rights holder must be asked", "需询问权利人", []Outcome{Escalate, Restrict, Demote, Label, Freeze}, false},
	{"other", "Another reason, said in the note", "其他原因（见备注）", Outcomes(), true},
}

// PeriodOver is the reason that nobody chooses: who gave notice did not oppose a counter-statement in time.
const PeriodOver ReasonCode = "period-over"

var periodOver = Reason{PeriodOver, "Counter-statement not opposed in time", "权利人未在期限内起诉或投诉", []Outcome{Approve}, false}

// ReasonOf is the reason with the code; ok is false when there is none.
func ReasonOf(code ReasonCode) (r Reason, ok bool) {
	if code == PeriodOver {
		return periodOver, true
	}
	i := slices.IndexFunc(Reasons, func(r Reason) bool { return r.Code == code })
	if i < 0 {
		return Reason{}, false
	}
	return Reasons[i], true
}

// ReasonsFor is the reasons that fit an outcome.
func ReasonsFor(o Outcome) []Reason {
	var fit []Reason
	for _, r := range Reasons {
		if slices.Contains(r.Fits, o) {
			fit = append(fit, r)
		}
	}
	return fit
}

// Title is the reason's title in a language ("zh", else English).
func (r Reason) Title(language string) string {
	if language == "zh" {
		return r.Chinese
	}
	return r.English
}
