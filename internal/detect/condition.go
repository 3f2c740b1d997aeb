package detect

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Variable is something a policy's conditions can speak of.
type Variable struct {
	Name           string // "listing.price"
	Type           string // in CEL's words
	Meaning        string
	MeaningChinese string
}

// variable is a Variable with where its value comes from.
type variable struct {
	Variable
	kind  *cel.Type
	value func(f *facts) ref.Val
}

// Variables are what conditions can speak of, in the order pages show them.
func Variables() []Variable {
	all := make([]Variable, len(variables))
	for i, v := range variables {
		all[i] = v.Variable
		all[i].Type = v.kind.String()
	}
	return all
}

func word(s string) ref.Val { return types.String(s) }

// unknown stands for a number that the marketplace did not give.
const unknown = -1

var variables = []variable{
	{Variable{Name: "score", Meaning: "the probability of a fake, 0 to 1", MeaningChinese: "为假货的概率，0 到 1"}, cel.DoubleType, func(f *facts) ref.Val { return types.Double(f.result.Score) }},
	{Variable{Name: "verdict", Meaning: `"clear", "review" or "fake", by the policy's thresholds`, MeaningChinese: `"clear"、"review" 或 "fake"，按本策略的阈值`}, cel.StringType, func(f *facts) ref.Val { return word(string(f.result.Verdict)) }},
	{Variable{Name: "signals", Meaning: `bits of evidence by signal: signals["price-low"] > 2.0; a signal that is absent weighs 0`, MeaningChinese: `各线索的证据比特数：signals["price-low"] > 2.0；没有的线索为 0`}, cel.MapType(cel.StringType, cel.DoubleType), func(f *facts) ref.Val { return weights{f.result.Signals} }},
	{Variable{Name: "brand.id", Meaning: "of the brand concerned; empty when none is", MeaningChinese: "相关品牌的编号；没有则为空"}, cel.StringType, func(f *facts) ref.Val { return word(string(f.result.Brand)) }},
	{Variable{Name: "brand.name", Meaning: "of the brand concerned", MeaningChinese: "相关品牌的名称"}, cel.StringType, func(f *facts) ref.Val { return word(f.brand) }},
	{Variable{Name: "listing.id", Meaning: "the marketplace's id", MeaningChinese: "平台的商品编号"}, cel.StringType, func(f *facts) ref.Val { return word(string(f.listing.ID)) }},
	{Variable{Name: "listing.title", Meaning: "as given", MeaningChinese: "标题原文"}, cel.StringType, func(f *facts) ref.Val { return word(f.listing.Title) }},
	{Variable{Name: "listing.description", Meaning: "as given", MeaningChinese: "描述原文"}, cel.StringType, func(f *facts) ref.Val { return word(f.listing.Description) }},
	{Variable{Name: "listing.brand", Meaning: "what the seller declares", MeaningChinese: "卖家填写的品牌"}, cel.StringType, func(f *facts) ref.Val { return word(f.listing.Brand) }},
	{Variable{Name: "listing.category", Meaning: `"shoes", "bags", …`, MeaningChinese: `"shoes"、"bags" 等`}, cel.StringType, func(f *facts) ref.Val { return word(f.listing.Category) }},
	{Variable{Name: "listing.condition", Meaning: `"new", "used", "refurbished" or empty`, MeaningChinese: `"new"、"used"、"refurbished" 或为空`}, cel.StringType, func(f *facts) ref.Val { return word(strings.ToLower(f.listing.Condition)) }},
	{Variable{Name: "listing.language", Meaning: "a language tag, or empty", MeaningChinese: "语言标签，或为空"}, cel.StringType, func(f *facts) ref.Val { return word(f.listing.Language) }},
	{Variable{Name: "listing.ships_from", Meaning: "as given", MeaningChinese: "发货地原文"}, cel.StringType, func(f *facts) ref.Val { return word(f.listing.ShipsFrom) }},
	{Variable{Name: "listing.price", Meaning: "in US dollars; -1 when not known", MeaningChinese: "以美元计；不详为 -1"}, cel.DoubleType, func(f *facts) ref.Val { return types.Double(f.dollars()) }},
	{Variable{Name: "listing.quantity", Meaning: "stock offered; -1 when not known", MeaningChinese: "库存件数；不详为 -1"}, cel.IntType, func(f *facts) ref.Val { return whole(f.listing.Quantity) }},
	{Variable{Name: "listing.pictures", Meaning: "how many it has", MeaningChinese: "图片张数"}, cel.IntType, func(f *facts) ref.Val { return types.Int(len(f.listing.Images)) }},
	{Variable{Name: "seller.id", Meaning: "of the account", MeaningChinese: "卖家账号"}, cel.StringType, func(f *facts) ref.Val { return word(string(f.listing.Seller.ID)) }},
	{Variable{Name: "seller.name", Meaning: "as the marketplace shows it", MeaningChinese: "平台显示的卖家名称"}, cel.StringType, func(f *facts) ref.Val { return word(f.listing.Seller.Name) }},
	{Variable{Name: "seller.country", Meaning: "ISO 3166 code, or empty", MeaningChinese: "ISO 3166 代码，或为空"}, cel.StringType, func(f *facts) ref.Val { return word(f.listing.Seller.Country) }},
	{Variable{Name: "seller.age_days", Meaning: "since the seller joined, at the time of listing; -1 when not known", MeaningChinese: "上架时账号已注册的天数；不详为 -1"}, cel.IntType, func(f *facts) ref.Val { return types.Int(f.age()) }},
	{Variable{Name: "seller.ratings", Meaning: "how many; -1 when not known", MeaningChinese: "评价数；不详为 -1"}, cel.IntType, func(f *facts) ref.Val { return whole(f.listing.Seller.Ratings) }},
	{Variable{Name: "seller.positive", Meaning: "the share of positive ratings, 0 to 1; -1 when not known", MeaningChinese: "好评率，0 到 1；不详为 -1"}, cel.DoubleType, func(f *facts) ref.Val { return fraction(f.listing.Seller.Positive) }},
	{Variable{Name: "seller.authorised", Meaning: "the brand concerned has named this seller", MeaningChinese: "卖家已获相关品牌授权"}, cel.BoolType, func(f *facts) ref.Val { return types.Bool(f.signal("seller-authorised") != 0) }},
}

func whole(n *int64) ref.Val {
	if n == nil {
		return types.Int(unknown)
	}
	return types.Int(*n)
}

func fraction(x *float64) ref.Val {
	if x == nil {
		return types.Double(unknown)
	}
	return types.Double(*x)
}

// facts are a listing and the machine's opinion of it, as conditions see them.
type facts struct {
	listing *market.Listing
	result  *Result
	brand   string
	now     clock.Clock
}

// ResolveName is cel.Activation's.
func (f *facts) ResolveName(name string) (any, bool) {
	v, ok := variableIndex[name]
	if !ok {
		return nil, false
	}
	return v.value(f), true
}

// Parent is cel.Activation's.
func (f *facts) Parent() cel.Activation { return nil }

func (f *facts) dollars() float64 {
	if f.listing.Price == nil {
		return unknown
	}
	dollars, ok := market.ToUSD(*f.listing.Price, f.listing.Currency)
	if !ok || !finite(dollars) {
		return unknown
	}
	return dollars
}

func (f *facts) age() int64 {
	joined, err := time.Parse(time.DateOnly, f.listing.Seller.Joined)
	if err != nil {
		return unknown
	}
	at := f.listing.ListedAt
	if at.IsZero() {
		at = f.now()
	}
	return max(int64(at.Sub(joined).Hours()/24), 0)
}

func (f *facts) signal(name string) float64 {
	for i := range f.result.Signals {
		if f.result.Signals[i].Name == name {
			return f.result.Signals[i].Weight
		}
	}
	return 0
}

var variableIndex = func() map[string]*variable {
	index := make(map[string]*variable, len(variables))
	for i := range variables {
		index[variables[i].Name] = &variables[i]
	}
	return index
}()

// The bounds of what one condition may cost, in CEL's units: about one a comparison, and one for each ten characters gone through. A condition
// over all of a long description stays below it; one that nests its loops does not.
const (
	conditionCost   = 200_000
	interruptEvery  = 1_000
	conditionDepth  = 60
	conditionLength = MaxCondition
)

var conditions = sync.OnceValue(func() *cel.Env {
	options := []cel.EnvOption{
		cel.ParserRecursionLimit(conditionDepth), cel.ParserExpressionSizeLimit(conditionLength), ext.Strings(ext.StringsVersion(3)),
		cel.CrossTypeNumericComparisons(true), // listing.price > 100 without a point
	}
	for _, v := range variables {
		options = append(options, cel.Variable(v.Name, v.kind))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		panic(fmt.Sprintf("the variables of conditions: %v", err)) // they are fixed above
	}
	return env
})

// condition is one compiled.
type condition struct{ program cel.Program }

// compileCondition reads a condition. The fault says what is wrong with it and where, with the line and column in the condition.
func compileCondition(source string) (condition, *fault.Fault) {
	switch {
	case strings.TrimSpace(source) == "":
		return condition{}, fault.Invalid.Say("Say when the rule applies: true for always.")
	case utf8.RuneCountInString(source) > MaxCondition:
		return condition{}, fault.Invalid.Say("Use at most %d characters.", MaxCondition)
	}
	env := conditions()
	parsed, issues := env.Compile(source)
	if err := issues.Err(); err != nil {
		place := issues.Errors()[0]
		return condition{}, fault.Invalid.Say("The condition cannot be read, at line %d, character %d: %s", place.Location.Line(), place.Location.Column()+1, place.Message).Because(err)
	}
	if parsed.OutputType() != cel.BoolType {
		return condition{}, fault.Invalid.Say("The condition must be true or false; this one gives %s.", parsed.OutputType().String())
	}
	if name := unknownSignal(parsed); name != "" {
		return condition{}, fault.Invalid.Say("There is no signal %q. Did you mean %q?", name, likest(name))
	}
	program, err := env.Program(parsed, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(conditionCost), cel.InterruptCheckFrequency(interruptEvery))
	if err != nil {
		return condition{}, fault.Invalid.Say("The condition cannot be read: %s", err.Error()).Because(err)
	}
	return condition{program}, nil
}

// holds reports whether the condition is true of the facts. The error says why that cannot be told: a cost over the bound, a division by nothing.
func (c condition) holds(f *facts) (bool, error) {
	out, _, err := c.program.Eval(f)
	if err != nil {
		return false, err
	}
	held, ok := out.(types.Bool)
	if !ok {
		return false, errors.New("neither true nor false")
	}
	return bool(held), nil
}

// unknownSignal is the first name that the condition looks up in signals and that no signal has; empty when there is none.
func unknownSignal(parsed *cel.Ast) (name string) {
	check := func(of, key ast.Expr) {
		if name == "" && of.Kind() == ast.IdentKind && of.AsIdent() == "signals" && key.Kind() == ast.LiteralKind {
			if s, ok := key.AsLiteral().(types.String); ok {
				if _, known := InfoOf(string(s)); !known {
					name = string(s)
				}
			}
		}
	}
	ast.PreOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		switch args := e.AsCall().Args(); e.AsCall().FunctionName() {
		case "_[_]":
			check(args[0], args[1])
		case "@in":
			check(args[1], args[0])
		}
	}))
	return name
}

// likest is the signal whose name shares most letters, in order, with name.
func likest(name string) string {
	best, most := priors[0].Name, -1
	for _, p := range priors {
		// The longest common subsequence, less what is left over.
		row := make([]int, len(p.Name)+1)
		for i := range len(name) {
			diagonal := 0
			for j := range len(p.Name) {
				above := row[j+1]
				if name[i] == p.Name[j] {
					row[j+1] = diagonal + 1
				} else {
					row[j+1] = max(row[j+1], row[j])
				}
				diagonal = above
			}
		}
		if value := 2*row[len(p.Name)] - max(len(p.Name)-len(name), len(name)-len(p.Name)); value > most {
			best, most = p.Name, value
		}
	}
	return best
}

// rulebook is a policy compiled. It is immutable and safe for concurrent use.
type rulebook struct {
	number     PolicyNumber
	thresholds Thresholds // zero: the model's own verdict stands
	audit      float64
	rules      []compiledRule
}

type compiledRule struct {
	condition
	name      string
	treatment Treatment
}

// compileRules compiles what Check has found good. The error is of a policy that an older release took and this one does not understand.
func compileRules(p Policy) (*rulebook, error) {
	b := &rulebook{number: p.Number, thresholds: p.Thresholds, audit: p.Audit}
	for _, r := range p.Clean().Rules {
		if r.Off {
			continue
		}
		c, err := compileCondition(r.When)
		if err != nil {
			return nil, fmt.Errorf("policy %d, rule %q: %w", p.Number, r.Name, err)
		}
		b.rules = append(b.rules, compiledRule{c, r.Name, Treatment{Action: r.Then, Rule: r.Name, Queue: r.Queue, Priority: r.Priority, Policy: p.Number}})
	}
	return b, nil
}

// problem is a rule whose condition could not be told of a listing.
type problem struct {
	rule string
	err  error
}

// treat is what the policy does with a listing. A rule that cannot be told of it is passed over and told of in problems.
func (b *rulebook) treat(f *facts) (t Treatment, problems []problem) {
	t = Treatment{Action: Pass, Policy: b.number}
	for i := range b.rules {
		held, err := b.rules[i].holds(f)
		if err != nil {
			problems = append(problems, problem{b.rules[i].name, err})
			continue
		}
		if held {
			t = b.rules[i].treatment
			break
		}
	}
	if t.Audit = audited(b.audit, string(f.listing.ID), contentOf(f.listing)); t.Audit && t.Action == Pass {
		t.Action, t.Queue, t.Priority = Look, AuditQueue, AuditPriority
	}
	return t, problems
}

// contentOf tells one version of a listing from another, for the draw of the audit.
func contentOf(l *market.Listing) uint64 {
	h := uint64(len(l.Title))<<32 ^ uint64(len(l.Description))<<8 ^ uint64(len(l.Images))
	if l.Price != nil {
		h ^= uint64(int64(min(*l.Price, 1e9) * 100))
	}
	return h
}

// joined is the errors as one, nil for none.
func joined(wrong []error) error {
	wrong = slices.DeleteFunc(wrong, func(err error) bool { return err == nil })
	return errors.Join(wrong...)
}
