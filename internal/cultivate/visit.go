package cultivate

import (
	"fmt"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
)

// VisitID is the identity of a visit.
type VisitID string

// Visit is an inspector's look at a maker where it works: planned, reported, and approved by another person.
type Visit struct {
	ID            VisitID
	Maker         MakerID
	Inspector     access.UserID
	InspectorName string
	Day           string // 2006-01-02
	Note          string // for the inspector
	State         VisitState

	Reported *Report  // the latest; nil before it was handed in
	Judged   *Verdict // of it; nil before somebody looked

	Version int64
	MadeAt  time.Time
}

// Report says who handed in what an inspector found.
type Report struct {
	By     access.UserID // who answers for it, also when a key of theirs sent it
	ByName string
	At     time.Time
	Digest string // SHA-256 of what was reported, which the ledger has
}

// Verdict is what the second person says of a report.
type Verdict struct {
	By     access.UserID
	ByName string
	At     time.Time
	Why    string
	Entry  string
}

// VisitState is where a visit is.
type VisitState string

// The states of a visit.
const (
	VisitPlanned   VisitState = "planned"
	VisitReported  VisitState = "reported"
	VisitApproved  VisitState = "approved"
	VisitSentBack  VisitState = "sent-back" // something has to be looked at again
	VisitCancelled VisitState = "cancelled"
)

// visitMoves is the way of a visit.
var visitMoves = map[VisitState][]VisitState{
	VisitPlanned:   {VisitReported, VisitCancelled},
	VisitReported:  {VisitApproved, VisitSentBack},
	VisitSentBack:  {VisitReported, VisitCancelled},
	VisitApproved:  {},
	VisitCancelled: {},
}

// VisitStates is every state, in the order of the work.
func VisitStates() []VisitState {
	return []VisitState{VisitPlanned, VisitSentBack, VisitReported, VisitApproved, VisitCancelled}
}

// Next is where a visit can go from its state.
func (s VisitState) Next() []VisitState { return visitMoves[s] }

// Open reports whether the inspector still writes the report.
func (s VisitState) Open() bool { return s == VisitPlanned || s == VisitSentBack }

// The findings of a line of a report.
const (
	AsDeclared = "as-declared"
	Differs    = "differs"
	NotSeen    = "not-seen"
)

// VisitLine is one thing an inspector looks at.
type VisitLine struct {
	Name     string
	Words    Words
	Declared []string // the fields of the application it is held against
}

// VisitLines are what is looked at, in the order of a walk through the workshop: the scheme's "field certification".
func VisitLines() []VisitLine { return visitLines }

var visitLines = []VisitLine{
	{"identity", Words{"Identity of the legal representative", "法定代表人身份"}, []string{askName, askNumber, askSpeaker}},
	{"residence", Words{"Residence", "住址"}, []string{askResidence}},
	{"contact", Words{"Who can be reached", "联系方式"}, []string{askContact}},
	{"factory", Words{"Name and address of the workshop", "工厂名称与地址"}, []string{askAddress}},
	{"people", Words{"People at work", "在岗人数"}, []string{askJobs, askCapacity}},
	{"machines", Words{"Machines", "设备"}, []string{askMachines}},
	{"moulds", Words{"Moulds and the marks on them", "模具及其上的商标"}, []string{askMachines}},
	{"supply", Words{"Materials and outside work", "原料来源与外协"}, []string{askSupply}},
	{"warehouse", Words{"Warehouse", "仓库"}, []string{askWarehouse}},
	{"dispatch", Words{"Dispatch", "发货方式"}, []string{askDispatch}},
}

// visitFields are the questions of a report: for each line a finding and a note, and at the end what the inspector makes of it.
var visitFields = func() (groups []FieldGroup) {
	findings := []FieldChoice{{AsDeclared, Words{"As declared", "与申报一致"}}, {Differs, Words{"Differs", "与申报不符"}}, {NotSeen, Words{"Not seen", "未查看"}}}
	for _, l := range visitLines {
		groups = append(groups, FieldGroup{Name: l.Name, Words: l.Words, Fields: []Field{
			{Name: l.Name + ".finding", Kind: ChoiceField, Words: Words{"Finding", "结果"}, Choices: findings, Required: true},
			{Name: l.Name + ".note", Kind: LongField, Words: Words{"Note", "说明"}, Hint: Words{"Needed when it differs or was not seen.", "不符或未查看时必填。"}, Most: maxLong}}})
	}
	return append(groups, FieldGroup{Name: "summary", Words: Words{"Altogether", "总体"}, Fields: []Field{
		{Name: "marks", Kind: LongField, Words: Words{"Marks of others found on moulds, stock or labels", "模具、库存或标签上发现的他人商标"}, Hint: Words{"Write “none” when there were none.", "没有就写“无”。"}, Required: true, Most: maxLong},
		{Name: "order", Kind: ChoiceField, Words: Words{"Order and care in the workshop", "车间管理水平"}, Required: true, Choices: []FieldChoice{
			{"1", Words{"Poor", "差"}}, {"2", Words{"Weak", "较弱"}}, {"3", Words{"Fair", "一般"}}, {"4", Words{"Good", "良好"}}, {"5", Words{"Very good", "优秀"}}}},
		{Name: "words", Kind: LongField, Words: Words{"In your own words", "检查意见"}, Required: true, Most: maxLong}}})
}()

// VisitFields are the questions of a report, a group for each line.
func VisitFields() []FieldGroup { return visitFields }

// VisitField finds a question of a report.
func VisitField(name string) (Field, bool) {
	for _, g := range visitFields {
		if at := slices.IndexFunc(g.Fields, func(f Field) bool { return f.Name == name }); at >= 0 {
			return g.Fields[at], true
		}
	}
	return Field{}, false
}

// Photo is a picture taken on a visit.
type Photo struct {
	ID      string
	Visit   VisitID
	Line    string // which it shows; empty: the place as a whole
	Hash    blob.Hash
	Place   string    // where it was taken, as the inspector says
	TakenAt time.Time // as the inspector says; zero: not said
	ByName  string
	At      time.Time // it arrived
}

// The bounds of a visit's pictures.
const (
	MaxVisitPhotos   = 60
	leastVisitPhotos = 1
)

// visitGaps is what keeps a report from being handed in.
func visitGaps(stands map[string]Reply, photos int) (gaps []Gap) {
	for _, g := range visitFields {
		for _, f := range g.Fields {
			value := stands[f.Name].Value
			switch {
			case f.Required && value == "":
				gaps = append(gaps, Gap{f.Name, join(g, f), notAnswered})
			case f.Kind == ChoiceField && !slices.ContainsFunc(f.Choices, func(c FieldChoice) bool { return c.Value == value }):
				gaps = append(gaps, Gap{f.Name, join(g, f), notReadable})
			case f.Name == g.Name+".note" && value == "":
				if finding := stands[g.Name+".finding"].Value; finding == Differs || finding == NotSeen {
					gaps = append(gaps, Gap{f.Name, join(g, f), Words{"say what was found, or why it was not seen", "请说明情况或未查看的原因"}})
				}
			}
		}
	}
	if photos < leastVisitPhotos {
		gaps = append(gaps, Gap{"photos", Words{"Photos", "照片"}, notThere})
	}
	return gaps
}

func join(g FieldGroup, f Field) Words {
	if g.Name == "summary" {
		return f.Words
	}
	return Words{g.Words.English + ": " + f.Words.English, g.Words.Chinese + "：" + f.Words.Chinese}
}

// findingsOf counts the findings of a report.
func findingsOf(stands map[string]Reply) (as, differs, unseen int) {
	for _, l := range visitLines {
		switch stands[l.Name+".finding"].Value {
		case AsDeclared:
			as++
		case Differs:
			differs++
		case NotSeen:
			unseen++
		}
	}
	return as, differs, unseen
}

// SiteSeen is the condition of the visit.
const SiteSeen Condition = "visit-approved"

var visitGates = []gate{
	{condition: SiteSeen, stage: Visited, words: Words{"A visit was reported, and another person approved it", "实地考察已报告并经他人复核"}, answer: visitAnswer},
}

// sayFindings counts findings in a sentence.
func sayFindings(as, differs, unseen int) Words {
	return Words{fmt.Sprintf("%d as declared, %d differ, %d not seen", as, differs, unseen), fmt.Sprintf("一致 %d 项，不符 %d 项，未查看 %d 项", as, differs, unseen)}
}
