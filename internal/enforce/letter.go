package enforce

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Letter is the statement of reasons as the seller is given it: DSA Art. 17(3), and the measures that China's E-Commerce Law Art. 42 has a marketplace tell
// the operator of. It is made from the decision and the notices it answered, as Statement is; what both say is said once, in Record. Nobody types it, and
// the reviewer's note is not in it.
type Letter struct {
	Record   Statement // the same decision as the EU's database takes it
	Language string    // "en" or "zh": the seller's

	Decision  DecisionID
	Outcome   Outcome
	Reason    ReasonCode
	Signals   []string // the names of what was seen, strongest first
	At        time.Time
	Automated bool // no person decided
	Scope
	Ended      time.Time // when its time ran out; zero while it had not
	Seller     market.SellerID
	SellerName string
	Listing    market.ListingID
	Title      string // of the listing
	Rights     []LetterRight
	NoticedAt  time.Time // when the first notice came that it answered; zero without one

	AppealUntil time.Time // the last moment to complain
	Undone      time.Time // zero while it was not
	Superseded  bool      // a later decision stands in its place
}

// LetterRight is a right that a notice rested on, as its register has it: who filed the notice is not said.
type LetterRight struct {
	Kind   RightKind
	Mark   string
	Number string // with its office: "CN 12345678"
	Owner  string
}

// Passage is one part of a letter.
type Passage struct {
	Heading string
	Lines   []string
}

// letter is the decision as its seller is told it; see Decision.statement.
func (d Decision) letter(l market.Record, notices []answered, language string, appealMonths int) Letter {
	s := Letter{
		Record: d.statement(l, notices), Language: language, Decision: d.ID, Outcome: d.Outcome, Reason: d.Reason, Signals: d.Signals, At: d.At, Automated: d.Automated(), Scope: d.Scope, Ended: d.Ended,
		Seller: d.Seller, SellerName: l.Seller.Name, Listing: d.Listing, Title: l.Title, AppealUntil: d.At.AddDate(0, appealMonths, 0), Superseded: d.Superseded != "",
	}
	if d.Undone != nil {
		s.Undone = d.Undone.At
	}
	for _, n := range notices {
		if s.NoticedAt.IsZero() || n.ReceivedAt.Before(s.NoticedAt) {
			s.NoticedAt = n.ReceivedAt
		}
		right := LetterRight{n.right.Kind, n.right.Mark, strings.TrimSpace(n.right.Office + " " + n.right.Number), n.right.Owner}
		if !slices.Contains(s.Rights, right) {
			s.Rights = append(s.Rights, right)
		}
	}
	return s
}

// languageOf is the language a seller is written to in: Chinese where it says that it is at home in China, else the fallback.
func languageOf(seller market.Seller, fallback string) string {
	if slices.Contains([]string{"CN", "HK", "MO", "TW"}, strings.ToUpper(seller.Country)) {
		return "zh"
	}
	if fallback == "zh" {
		return "zh"
	}
	return "en"
}

// Passages is the letter in its language.
func (l Letter) Passages() []Passage {
	w := letterEnglish
	if l.Language == "zh" {
		w = letterChinese
	}
	return []Passage{
		{w.what, l.restriction(w)},
		{w.facts, l.relied(w)},
		{w.automation, l.automation(w)},
		{w.ground, l.ground(w)},
		{w.redress, l.redress(w)},
	}
}

// Heading is the letter's title in its language.
func (l Letter) Heading() string {
	if l.Language == "zh" {
		return letterChinese.title
	}
	return letterEnglish.title
}

// Text is the whole letter as plain text.
func (l Letter) Text() string {
	var b strings.Builder
	b.WriteString(l.Heading() + "\n")
	for _, p := range l.Passages() {
		fmt.Fprintf(&b, "\n%s\n", p.Heading)
		for _, line := range p.Lines {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// restriction is Art. 17(3)(a): what was done, to what, where and for how long.
func (l Letter) restriction(w letterWords) []string {
	title := l.Title
	if title == "" {
		title = string(l.Listing)
	}
	seller := l.SellerName
	if seller == "" {
		seller = string(l.Seller)
	}
	lines := []string{
		fmt.Sprintf(w.listing, cut(title, 300), l.Listing), fmt.Sprintf(w.account, seller), fmt.Sprintf(w.done[l.Outcome], w.moment(l.At)),
	}
	if l.Payout && l.Outcome != Freeze {
		lines = append(lines, w.payout)
	}
	if len(l.Territory) == 0 {
		lines = append(lines, w.territory)
	} else {
		names := make([]string, len(l.Territory))
		for i, code := range l.Territory {
			names[i] = CountryName(code, l.Language)
		}
		lines = append(lines, fmt.Sprintf(w.countries, strings.Join(names, w.comma)))
	}
	switch {
	case !l.Undone.IsZero():
		lines = append(lines, fmt.Sprintf(w.undone, w.moment(l.Undone)))
	case l.Superseded:
		lines = append(lines, w.superseded)
	case !l.Ended.IsZero():
		lines = append(lines, fmt.Sprintf(w.ended, w.moment(l.Ended)))
	case !l.Until.IsZero():
		lines = append(lines, fmt.Sprintf(w.until, w.moment(l.Until)))
	default:
		lines = append(lines, w.duration)
	}
	return append(lines, fmt.Sprintf(w.number, l.Decision))
}

// relied is Art. 17(3)(b): the facts and circumstances, whether by notice or own initiative, and whose right it was.
func (l Letter) relied(w letterWords) []string {
	reason, _ := ReasonOf(l.Reason)
	lines := []string{fmt.Sprintf(w.found, l.reason(reason))}
	var seen []string
	for _, name := range l.Signals {
		if info, ok := detect.InfoOf(name); ok {
			title := strings.ToLower(info.Title[:1]) + info.Title[1:]
			if l.Language == "zh" {
				title = info.TitleChinese
			}
			seen = append(seen, title)
		}
	}
	if len(seen) > 0 {
		lines = append(lines, fmt.Sprintf(w.seen, strings.Join(seen, w.and)))
	}
	if l.Record.SourceType == sourceVoluntary {
		return append(lines, w.voluntary)
	}
	lines = append(lines, fmt.Sprintf(w.notified, w.moment(l.NoticedAt)))
	for _, r := range l.Rights {
		lines = append(lines, fmt.Sprintf(w.right, w.kinds[r.Kind], r.Mark, r.Number, r.Owner))
	}
	return lines
}

func (l Letter) reason(r Reason) string {
	if r.NeedsNote {
		if l.Language == "zh" {
			return letterChinese.other
		}
		return letterEnglish.other
	}
	return r.Title(l.Language)
}

// automation is Art. 17(3)(c): whether the listing was found, and the decision taken, by automated means.
func (l Letter) automation(w letterWords) []string {
	detection, decision := w.detectedByPeople, w.decidedByPerson
	if l.Record.AutomatedDetection == "Yes" {
		detection = w.detectedByMachine
	}
	if l.Record.AutomatedDecision == automatedFully {
		decision = w.decidedByMachine
	}
	return []string{detection, decision}
}

// ground is Art. 17(3)(d) and (e): the law or the term, and why it applies.
func (l Letter) ground(w letterWords) []string {
	reason, _ := ReasonOf(l.Reason)
	if l.Record.DecisionGround == groundIllegal {
		law := l.Record.IllegalGround
		if own := w.laws[law]; own != "" {
			law = own
		}
		return []string{fmt.Sprintf(w.illegal, law), fmt.Sprintf(w.because, l.reason(reason))}
	}
	return []string{w.terms, fmt.Sprintf(w.becauseTerms, l.reason(reason))}
}

// redress is Art. 17(3)(f): complaint, out-of-court settlement, court; and Art. 43 of China's E-Commerce Law where a notice led to the decision.
func (l Letter) redress(w letterWords) []string {
	lines := []string{fmt.Sprintf(w.complain, w.moment(l.AppealUntil))}
	if l.Record.SourceType != sourceVoluntary {
		lines = append(lines, w.counter)
	}
	return append(lines, w.settlement, w.court)
}

// letterWords are the words of letters in one language.
type letterWords struct {
	title, what, facts, automation, ground, redress                        string
	listing, account, payout, territory, countries, comma, number          string
	duration, until, ended, undone                                         string
	superseded, found, seen, and, voluntary, notified, right, other        string
	detectedByMachine, detectedByPeople, decidedByMachine, decidedByPerson string
	illegal, because, terms, becauseTerms                                  string
	complain, counter, settlement, court                                   string
	layout                                                                 string             // of a moment, in UTC
	done                                                                   map[Outcome]string // when
	kinds                                                                  map[RightKind]string
	laws                                                                   map[string]string // how the language calls a law that the record names in English
}

func (w letterWords) moment(t time.Time) string { return t.UTC().Format(w.layout) }

var letterEnglish = letterWords{
	title: "Statement of reasons", what: "What was decided", facts: "What the decision rests on", automation: "People and machines", ground: "The rule that was applied", redress: "What you can do",
	listing: "Listing: %s (%s).", account: "Account: %s.",
	done: map[Outcome]string{
		Remove: "It was removed from the marketplace on %s.", Restrict: "Since %s it is kept but neither shown nor sold.",
		Demote: "Since %s it stays on sale, further down in search and in lists.", Label: "Since %s it stays on sale, with a word to buyers on it.",
		Freeze: "Since %s it stays on sale, and what it has sold is not paid out.",
	},
	payout:    "What it has sold is not paid out as long.",
	territory: "This holds wherever the marketplace shows listings.", countries: "This holds in these countries alone: %s.", comma: ", ",
	duration: "It holds without an end date, until it is lifted.", until: "It ends on %s by itself.", ended: "It ended on %s as was set, and holds no longer.", undone: "It was lifted on %s and holds no longer.",
	superseded: "A later decision on this listing has taken its place.", number: "Number of the decision: %s.",
	found: "The listing was held to be: %s.", seen: "Seen in the listing: %s.", and: "; ", other: "another reason, on which the marketplace answers when you ask",
	voluntary: "Nobody had given notice of it: the marketplace looked on its own initiative.",
	notified:  "It answers a notice that came on %s.", right: "The notice rests on this %s: %s, %s, owned by %s.",
	detectedByMachine: "The listing was found by automated means.", detectedByPeople: "The listing was not found by automated means.",
	decidedByMachine: "The decision was taken by automated means, without a person.", decidedByPerson: "A person took the decision.",
	illegal: "Law: %s.", because: "It lets the owner of a mark forbid such offers. The listing was held to be one: %s.",
	terms: "Contract: the marketplace's terms on offers under other people's marks.", becauseTerms: "They do not allow such offers. The listing was held to be one: %s.",
	complain:   "You can complain here, free of charge, until %s. A person who did not take this decision will look at it again and answer you with reasons.",
	counter:    "As a notice led to this decision, you can also state that the goods do not infringe, and show it at first sight. We pass your statement on to who gave notice. If they neither go to court nor to the authorities in time, the measure ends.",
	settlement: "You can take the matter to a certified body for out-of-court dispute settlement.", court: "You can go to court at any time.",
	layout: "2 January 2006, 15:04 UTC",
	kinds:  map[RightKind]string{TradeMark: "trade mark", Design: "design", Copyright: "copyright", Patent: "patent"},
}

var letterChinese = letterWords{
	title: "处理决定说明", what: "处理结果", facts: "事实依据", automation: "人工与自动化", ground: "适用的规则", redress: "您可以采取的措施",
	listing: "商品：%s（%s）。", account: "店铺：%s。",
	done: map[Outcome]string{
		Remove: "该商品已于%s下架。", Restrict: "自%s起，该商品予以保留，但不再展示，也不能售卖。", Demote: "自%s起，该商品继续售卖，但在搜索和列表中排序靠后。",
		Label: "自%s起，该商品继续售卖，并附有对买家的提示。", Freeze: "自%s起，该商品继续售卖，但其货款暂缓支付。",
	},
	payout:    "在此期间，其货款暂缓支付。",
	territory: "本决定适用于平台展示商品的所有地区。", countries: "本决定仅适用于以下国家或地区：%s。", comma: "、",
	duration: "本决定未设截止日期，直至解除为止。", until: "本决定将于%s自动终止。", ended: "本决定已于%s期满终止，不再有效。", undone: "本决定已于%s解除，不再有效。",
	superseded: "该商品已有新的决定，本决定由其取代。", number: "决定编号：%s。",
	found: "经认定，该商品属于：%s。", seen: "商品中可见：%s。", and: "；", other: "其他原因，您可向平台询问",
	voluntary: "无人就该商品发出通知，系平台主动核查。",
	notified:  "本决定系对%s收到的通知所作的处理。", right: "通知所依据的%s：%s，%s，权利人为%s。",
	detectedByMachine: "该商品由自动化手段发现。", detectedByPeople: "该商品并非由自动化手段发现。",
	decidedByMachine: "本决定由自动化手段作出，未经人工。", decidedByPerson: "本决定由人工作出。",
	illegal: "法律依据：%s。", because: "依该规定，权利人有权禁止此类销售。该商品被认定属于此类：%s。",
	terms: "合同依据：平台关于使用他人商标的服务条款。", becauseTerms: "该条款不允许此类销售。该商品被认定属于此类：%s。",
	complain:   "您可以在%s之前在此免费申诉。将由未参与本决定的人员重新审查，并附理由答复您。",
	counter:    "由于本决定源于通知，您还可以提交不存在侵权行为的声明，并附初步证据。我们会将声明转送发出通知的权利人；权利人未在期限内向主管部门投诉或者向人民法院起诉的，所采取的措施即行终止。",
	settlement: "您可以将争议提交经认证的庭外纠纷解决机构。", court: "您可以随时向法院起诉。",
	layout: "2006年1月2日15:04（协调世界时）",
	kinds:  map[RightKind]string{TradeMark: "商标", Design: "外观设计", Copyright: "著作权", Patent: "专利"},
	laws:   map[string]string{legalGround: "《欧盟商标条例》（第2017/1001号条例）第九条第二款"},
}

// AppealMonths is for how many months after a decision it can be complained of, unless Service says otherwise: DSA Art. 20(1).
const AppealMonths = 6

func (s *Service) appealMonths() int {
	if s.AppealMonths > 0 {
		return s.AppealMonths
	}
	return AppealMonths
}

// Letter is the statement of reasons of a decision that restricts a listing, in the language asked for, or in the seller's when none is. The seller's own
// people may read it, and the marketplace's. It returns fault.NotFound for a decision there is not, that restricts nothing, or that is not this person's.
func (s *Service) Letter(ctx context.Context, by access.User, id DecisionID, language string) (l Letter, err error) {
	if !by.Can(access.StatementRead) {
		return l, by.May(access.StatementRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		d, err := findOwn(tx, by, access.StatementRead, id)
		if err != nil {
			return err
		}
		l, err = s.write(tx, d, language)
		return err
	})
	if err != nil {
		return Letter{}, fmt.Errorf("the letter of decision %s: %w", id, err)
	}
	return l, nil
}

// write makes a decision's letter.
func (s *Service) write(tx *db.Tx, d Decision, language string) (Letter, error) {
	records, err := market.Load(tx, []market.ListingID{d.Listing})
	if err != nil {
		return Letter{}, err
	}
	notices, err := answeredBy(tx, d)
	if err != nil {
		return Letter{}, err
	}
	record := records[d.Listing]
	if language == "" {
		language = languageOf(record.Seller, s.Language)
	}
	l := d.letter(record, notices, language, s.appealMonths())
	if len(notices) > 0 {
		return l, nil
	}
	// Nobody's right stood behind it, and still somebody had given notice.
	if l.NoticedAt, err = reportedAt(tx, d); err == nil && !l.NoticedAt.IsZero() {
		l.Record = l.Record.reported(d)
	}
	return l, err
}

// findOwn is a decision that restricts a listing, for those who may do verb on what belongs to its seller. To others there is none.
func findOwn(tx *db.Tx, by access.User, verb access.Verb, id DecisionID) (Decision, error) {
	if db.Text(string(id)) != nil {
		return Decision{}, noDecision
	}
	d, err := db.One(tx, scanDecision, oneDecision, string(id))
	switch {
	case fault.Of(err) == fault.NotFound:
		return d, noDecision
	case err != nil:
		return d, err
	case !d.needsStatement() || by.May(verb, SellerOrganisation(d.Seller)) != nil:
		return Decision{}, noDecision
	}
	return d, nil
}

// SellerOrganisation is the organisation of a seller's people.
func SellerOrganisation(seller market.SellerID) access.OrgID {
	return access.OrganisationOf(string(seller))
}
