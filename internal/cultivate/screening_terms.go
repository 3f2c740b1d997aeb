package cultivate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Terms are what a firm and the programme agree on: what is forgiven, what is given up, what follows. Once issued their text stays as it is; a change is a new issue,
// which has to be signed anew.
type Terms struct {
	Maker     MakerID
	Text      Words  // of the whole document
	Digest    string // SHA-256 of both texts: what is signed
	Deposit   Amount
	Probation int // months from the day of signing

	Version  int64
	IssuedBy string
	IssuedAt time.Time

	Signature *Signature // nil until it is signed
	Payment   *Payment   // of the deposit; nil until it is recorded
}

// Signature is a typed one: the name, who was signed in, and when; the ledger holds it with the document's digest.
type Signature struct {
	Name   string // as typed
	By     access.UserID
	ByName string
	At     time.Time
	Entry  string
}

// Payment is the deposit as somebody of the programme found it paid.
type Payment struct {
	Reference string
	On        string // the day, 2006-01-02
	ByName    string
	Entry     string
}

// ProbationEnds is the day probation ends; zero while the terms are not signed.
func (t Terms) ProbationEnds() time.Time {
	if t.Signature == nil {
		return time.Time{}
	}
	return t.Signature.At.AddDate(0, t.Probation, 0)
}

// GivenItem is something a maker gives up.
type GivenItem struct {
	ID     string
	Maker  MakerID
	Kind   GivenKind
	What   string
	Mark   string // that it bears; may be empty
	Number int64
	Photo  blob.Hash // zero without one
	ByName string
	At     time.Time
}

// GivenKind is a kind of thing that is given up.
type GivenKind string

// The kinds.
const (
	GivenMould  GivenKind = "mould"
	GivenStock  GivenKind = "stock"
	GivenLabel  GivenKind = "label"
	GivenScreen GivenKind = "screen"
	GivenOther  GivenKind = "other"
)

// GivenKinds is every kind with its name.
func GivenKinds() []FieldChoice {
	return []FieldChoice{
		{string(GivenMould), Words{"Moulds and lasts", "模具、鞋楦"}}, {string(GivenStock), Words{"Finished goods and parts", "成品、半成品"}}, {string(GivenLabel), Words{"Labels and packaging", "标签、包装"}},
		{string(GivenScreen), Words{"Screens, plates, files", "网版、印版、文件"}}, {string(GivenOther), Words{"Something else", "其他"}},
	}
}

func kindWords(k GivenKind) Words {
	at := slices.IndexFunc(GivenKinds(), func(c FieldChoice) bool { return c.Value == string(k) })
	if at < 0 {
		return Words{string(k), string(k)}
	}
	return GivenKinds()[at].Words
}

// maxGiven bounds the inventory of a firm.
const maxGiven = 200

// clauseHeads are the headings of the document, in its order.
var clauseHeads = []struct {
	kind  ClauseKind
	words Words
}{
	{Forgiven, Words{"What is forgiven", "予以谅解的"}}, {GivenUp, Words{"What is given up", "应当交出的"}},
	{Promised, Words{"What the firm promises", "企业的承诺"}}, {Consequence, Words{"What follows", "后果"}},
}

// TermsDocument is the terms of an industry for one firm, as text in both languages: clauses in their order, what was declared, what is given up, probation and deposit.
func TermsDocument(i Industry, m Maker, f Facts, items []GivenItem) Words {
	write := func(language string, line func(Words) string) string {
		var b strings.Builder
		say := func(w Words, args ...any) { fmt.Fprintf(&b, line(w)+"\n", args...) }
		say(Words{"Terms of admission: %s", "入选条款：%s"}, i.Names.In(language))
		b.WriteString("\n")
		say(Words{"Firm: %s", "企业：%s"}, m.Name)
		if m.Number != "" {
			say(Words{"Registration number: %s", "注册号：%s"}, m.Number)
		}
		for _, head := range clauseHeads {
			b.WriteString("\n")
			say(head.words)
			n := 0
			for _, c := range i.Admission.Clauses {
				if c.Kind == head.kind {
					n++
					fmt.Fprintf(&b, "%d. %s\n", n, c.Text.In(language))
				}
			}
			switch head.kind {
			case Forgiven:
				b.WriteString("\n")
				if f.Declared == nil {
					say(Words{"The firm has made no declaration; nothing is covered.", "企业未作申报，不在谅解范围内。"})
					break
				}
				if len(f.Declared) == 0 {
					say(Words{"The firm declares: nothing.", "企业申报：无。"})
					break
				}
				say(Words{"The firm declares:", "企业申报："})
				for _, d := range f.Declared {
					say(Words{"- %s, until %s, pieces: %s. %s", "- %s，至 %s，数量：%s。%s"}, d.Mark, sayMonth(d.Until), sayCount(d.Items), d.Outcome)
				}
			case GivenUp:
				b.WriteString("\n")
				if len(items) == 0 {
					say(Words{"Inventory: nothing is listed.", "清单：无。"})
					break
				}
				say(Words{"Inventory:", "清单："})
				for _, one := range items {
					say(Words{"- %s: %s, mark: %s, number: %d, photo: %s", "- %s：%s，商标：%s，数量：%d，照片：%s"}, kindWords(one.Kind).In(language), one.What, orDash(one.Mark), one.Number, orDash(one.Photo.String()))
				}
			}
		}
		b.WriteString("\n")
		say(Words{"Probation: %d months from the day of signing.", "考察期：自签署之日起 %d 个月。"}, i.Admission.ProbationMonths)
		if d := i.Admission.Deposit; d.Minor > 0 {
			say(Words{"Guarantee deposit: %s", "保证金：%s"}, d.String())
		}
		return b.String()
	}
	return Words{write("en", func(w Words) string { return w.English }), write("zh", func(w Words) string { return w.Chinese })}
}

// String is the amount as documents have it: "CNY 30000.00".
func (a Amount) String() string {
	digits := 2
	if unit, err := currency.ParseISO(a.Currency); err == nil {
		digits, _ = currency.Standard.Rounding(unit)
	}
	return fmt.Sprintf("%s %.*f", a.Currency, digits, float64(a.Minor)/math.Pow10(digits))
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func sayMonth(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return at.Format("2006-01")
}

func sayCount(n *int64) string {
	if n == nil {
		return "–"
	}
	return fmt.Sprint(*n)
}

// digestOf names the exact text of a document in both languages.
func digestOf(w Words) string {
	sum := sha256.Sum256([]byte(w.English + "\x00" + w.Chinese))
	return hex.EncodeToString(sum[:])
}

const (
	termsColumns = `maker, english, chinese, digest, currency, deposit, probation, version, issued_by, issued_at, signed_name, signed_id, signed_by, signed_at, signed_entry,
		paid_reference, paid_on, paid_by, paid_entry`
	oneTerms   = `select ` + termsColumns + ` from terms where maker = $1`
	writeTerms = `insert into terms (` + termsColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) on conflict (maker) do update set
		english = excluded.english, chinese = excluded.chinese, digest = excluded.digest, currency = excluded.currency, deposit = excluded.deposit, probation = excluded.probation,
		version = excluded.version, issued_by = excluded.issued_by, issued_at = excluded.issued_at, signed_name = excluded.signed_name, signed_id = excluded.signed_id,
		signed_by = excluded.signed_by, signed_at = excluded.signed_at, signed_entry = excluded.signed_entry, paid_reference = excluded.paid_reference, paid_on = excluded.paid_on,
		paid_by = excluded.paid_by, paid_entry = excluded.paid_entry`

	itemColumns = `id, maker, kind, what, mark, number, photo, by_name, at`
	itemsOf     = `select ` + itemColumns + ` from terms_item where maker = $1 order by at, id`
	writeItem   = `insert into terms_item (` + itemColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	dropItem    = `delete from terms_item where maker = $1 and id = $2`
)

func scanTerms(r db.Row) (t Terms, err error) {
	var issued, signed int64
	var s Signature
	var p Payment
	err = r.Scan(&t.Maker, &t.Text.English, &t.Text.Chinese, &t.Digest, &t.Deposit.Currency, &t.Deposit.Minor, &t.Probation, &t.Version, &t.IssuedBy, &issued, &s.Name, &s.By, &s.ByName, &signed,
		&s.Entry, &p.Reference, &p.On, &p.ByName, &p.Entry)
	t.IssuedAt, s.At = db.Time(issued), db.Time(signed)
	if s.Name != "" {
		t.Signature = &s
	}
	if p.On != "" {
		t.Payment = &p
	}
	return t, err
}

func keepTerms(tx *db.Tx, t Terms) error {
	var s Signature
	var p Payment
	if t.Signature != nil {
		s = *t.Signature
	}
	if t.Payment != nil {
		p = *t.Payment
	}
	_, err := tx.Exec(writeTerms, string(t.Maker), t.Text.English, t.Text.Chinese, t.Digest, t.Deposit.Currency, t.Deposit.Minor, t.Probation, t.Version, t.IssuedBy, db.Micros(t.IssuedAt),
		s.Name, string(s.By), s.ByName, db.Micros(s.At), s.Entry, p.Reference, p.On, p.ByName, p.Entry)
	return err
}

func scanGiven(r db.Row) (i GivenItem, err error) {
	var at int64
	var photo string
	if err = r.Scan(&i.ID, &i.Maker, &i.Kind, &i.What, &i.Mark, &i.Number, &photo, &i.ByName, &at); err != nil {
		return i, err
	}
	i.At = db.Time(at)
	if photo != "" {
		i.Photo, err = blob.Parse(photo)
	}
	return i, err
}

// findTerms is a maker's terms; ok is false before they are issued.
func findTerms(tx *db.Tx, id MakerID) (t Terms, ok bool, err error) {
	t, err = db.One(tx, scanTerms, oneTerms, string(id))
	if fault.Of(err) == fault.NotFound {
		return Terms{}, false, nil
	}
	return t, err == nil, err
}

// Bargain is a maker's terms with the inventory. Issued is false before the programme has issued them; Text is then what would be issued now.
type Bargain struct {
	Terms
	Issued bool
	Items  []GivenItem
}

// Terms is a maker's terms and inventory.
func (s *Service) Terms(ctx context.Context, by access.User, id MakerID) (b Bargain, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if b.Items, err = db.All(tx, scanGiven, itemsOf, string(id)); err != nil {
			return err
		}
		if b.Terms, b.Issued, err = findTerms(tx, id); err != nil || b.Issued {
			return err
		}
		b.Terms, err = s.draftTerms(tx, m, b.Items)
		return err
	})
	return b, err
}

// draftTerms are the terms as they would be issued now.
func (s *Service) draftTerms(tx *db.Tx, m Maker, items []GivenItem) (Terms, error) {
	i, known := s.Industries[m.Industry]
	if !known {
		return Terms{}, fault.Conflict.Say("The industry of this cohort is not known here any more.")
	}
	a, err := findApplication(tx, m.ID)
	text := TermsDocument(i, m, a.Facts(), items)
	return Terms{Maker: m.ID, Text: text, Digest: digestOf(text), Deposit: i.Admission.Deposit, Probation: i.Admission.ProbationMonths}, err
}

// bargaining reports whether terms can be made with a maker in its stage: after the screening and before admission.
func bargaining(m Maker) error {
	switch m.Stage {
	case Screened, Visited, Waitlisted:
		return nil
	}
	return fault.Conflict.Say("Terms are made after the screening and before admission.")
}

// AddGiven lists something that the maker gives up. Once terms are issued they have to be issued anew for the list to change.
func (s *Service) AddGiven(ctx context.Context, by access.User, one GivenItem) (GivenItem, error) {
	one.What, one.Mark = strings.TrimSpace(one.What), strings.TrimSpace(one.Mark)
	var wrong []error
	if !slices.ContainsFunc(GivenKinds(), func(c FieldChoice) bool { return c.Value == string(one.Kind) }) {
		wrong = append(wrong, fault.Invalid.Say("Choose a kind.").At("kind"))
	}
	wrong = append(wrong, needText("what", one.What, 500), checkText("mark", one.Mark, maxName))
	if one.Number < 1 || one.Number > maxWhole {
		wrong = append(wrong, fault.Invalid.Say("Give a count.").At("number"))
	}
	if err := errors.Join(wrong...); err != nil {
		return one, err
	}
	err := s.listing(ctx, by, one.Maker, func(tx *db.Tx, _ Maker) error {
		all, err := db.All(tx, scanGiven, itemsOf, string(one.Maker))
		if err != nil {
			return err
		}
		if len(all) >= maxGiven {
			return fault.TooLarge.Say("The list has at most %d lines.", maxGiven)
		}
		one.ID, one.ByName, one.At = db.NewID(), by.Name, tx.Now()
		_, err = tx.Exec(writeItem, one.ID, string(one.Maker), string(one.Kind), one.What, one.Mark, one.Number, one.Photo.String(), one.ByName, db.Micros(one.At))
		return err
	})
	return one, err
}

// RemoveGiven takes a line off the list; one that is gone already stays gone.
func (s *Service) RemoveGiven(ctx context.Context, by access.User, id MakerID, item string) error {
	if err := checkText("item", item, maxRequest); err != nil {
		return err
	}
	return s.listing(ctx, by, id, func(tx *db.Tx, _ Maker) error {
		_, err := tx.Exec(dropItem, string(id), item)
		return err
	})
}

// listing changes the inventory while nothing is signed.
func (s *Service) listing(ctx context.Context, by access.User, id MakerID, do func(*db.Tx, Maker) error) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := editMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := bargaining(m); err != nil {
			return err
		}
		t, _, err := findTerms(tx, id)
		if err != nil {
			return err
		}
		if t.Signature != nil {
			return fault.Conflict.Say("These terms are signed.")
		}
		return do(tx, m)
	})
	if err != nil {
		return fmt.Errorf("inventory of maker %s: %w", id, err)
	}
	return nil
}

// termsEntry is what the ledger keeps of terms; their text stays with the two sides.
type termsEntry struct {
	Maker     MakerID `json:"maker"`
	SHA256    string  `json:"sha256"`
	Deposit   string  `json:"deposit,omitempty"`
	Name      string  `json:"name,omitempty"`
	ByName    string  `json:"by_name"`
	Reference string  `json:"reference,omitempty"`
	On        string  `json:"on,omitempty"`
}

// IssueTerms makes the text of the terms final, so that the firm can sign it; version is the one that was read, 0 before the first issue. Issued anew, a signature
// does not hold any more; a deposit that was paid stays recorded. It returns fault.Conflict when somebody issued meanwhile or the stage is not right.
func (s *Service) IssueTerms(ctx context.Context, by access.User, id MakerID, version int64) (t Terms, err error) {
	err = s.bargain(ctx, by, access.MakerMove, id, "issue terms", func(tx *db.Tx, m Maker, old Terms, issued bool) error {
		if old.Version != version {
			return fault.Conflict.Say("The terms were issued anew meanwhile. Read them again.")
		}
		items, err := db.All(tx, scanGiven, itemsOf, string(id))
		if err != nil {
			return err
		}
		if t, err = s.draftTerms(tx, m, items); err != nil {
			return err
		}
		t.Version, t.IssuedBy, t.IssuedAt, t.Payment = old.Version+1, by.Name, tx.Now(), old.Payment
		if _, err := ledger.Record(tx, "terms.issued", m.Subject(), by.Actor(), termsEntry{Maker: id, SHA256: t.Digest, Deposit: t.Deposit.String(), ByName: by.Name}); err != nil {
			return err
		}
		return keepTerms(tx, t)
	})
	return t, err
}

// SignTerms is the firm's signature: the name as typed, under the document with the digest. It returns fault.Conflict when the terms were issued anew or are signed
// already.
func (s *Service) SignTerms(ctx context.Context, by access.User, id MakerID, digest, name string) (t Terms, err error) {
	name = strings.TrimSpace(name)
	if err := needText("name", name, maxName); err != nil {
		return t, err
	}
	err = s.bargain(ctx, by, access.MakerEdit, id, "sign terms", func(tx *db.Tx, m Maker, old Terms, issued bool) error {
		t = old
		switch {
		case by.Org != m.Organisation:
			return fault.Forbidden.Say("Only the firm itself signs.")
		case !issued:
			return fault.Conflict.Say("The terms are not issued yet.")
		case t.Digest != digest:
			return fault.Conflict.Say("The terms were issued anew meanwhile. Read them again.")
		case t.Signature != nil:
			return fault.Conflict.Say("These terms are signed.")
		}
		entry, err := ledger.Record(tx, "terms.signed", m.Subject(), by.Actor(), termsEntry{Maker: id, SHA256: t.Digest, Name: name, ByName: by.Name})
		if err != nil {
			return err
		}
		t.Signature = &Signature{name, by.ID, by.Name, tx.Now(), entry}
		t.Version++
		return keepTerms(tx, t)
	})
	return t, err
}

// RecordDeposit says that the deposit was paid: the reference of the payment and its day. Said twice, the later counts.
func (s *Service) RecordDeposit(ctx context.Context, by access.User, id MakerID, reference, day string) (t Terms, err error) {
	reference = strings.TrimSpace(reference)
	on, ok := readDay(day)
	if !ok {
		return t, fault.Invalid.Say("Give a day.").At("on")
	}
	if err := needText("reference", reference, maxName); err != nil {
		return t, err
	}
	err = s.bargain(ctx, by, access.MakerMove, id, "record deposit", func(tx *db.Tx, m Maker, old Terms, issued bool) error {
		if t = old; !issued {
			return fault.Conflict.Say("The terms are not issued yet.")
		}
		if on.After(tx.Now().Add(24 * time.Hour)) {
			return fault.Invalid.Say("That day is yet to come.").At("on")
		}
		day := on.Format(time.DateOnly)
		entry, err := ledger.Record(tx, "deposit.paid", m.Subject(), by.Actor(), termsEntry{Maker: id, SHA256: t.Digest, Deposit: t.Deposit.String(), Reference: reference, On: day, ByName: by.Name})
		if err != nil {
			return err
		}
		t.Payment = &Payment{reference, day, by.Name, entry}
		t.Version++
		return keepTerms(tx, t)
	})
	return t, err
}

func (s *Service) bargain(ctx context.Context, by access.User, verb access.Verb, id MakerID, what string, do func(tx *db.Tx, m Maker, old Terms, issued bool) error) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := by.May(verb, m.Organisation); err != nil {
			return err
		}
		if err := bargaining(m); err != nil {
			return err
		}
		old, issued, err := findTerms(tx, id)
		if err != nil {
			return err
		}
		return do(tx, m, old, issued)
	})
	if err != nil {
		return fmt.Errorf("%s of maker %s: %w", what, id, err)
	}
	return nil
}

// The conditions of the terms.
const (
	TermsSigned Condition = "terms-signed"
	DepositPaid Condition = "deposit-paid"
)

var termsGates = []gate{
	{condition: TermsSigned, stage: Admitted, words: Words{"The terms are signed", "条款已签署"}, answer: signedAnswer},
	{condition: DepositPaid, stage: Admitted, words: Words{"The guarantee deposit is paid", "保证金已缴纳"}, answer: depositAnswer},
}

func signedAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	t, issued, err := findTerms(tx, m.ID)
	answer := Answer{Path: "terms"}
	switch {
	case !issued:
		answer.Detail = Words{"The programme has not issued them yet.", "条款尚未出具。"}
	case t.Signature == nil:
		answer.Detail = Words{"The firm has not signed yet.", "企业尚未签署。"}
	default:
		answer.Met = true
		answer.Detail = Words{fmt.Sprintf("Signed by %s on %s", t.Signature.Name, t.Signature.At.Format(time.DateOnly)), fmt.Sprintf("%s于 %s 签署", t.Signature.Name, t.Signature.At.Format(time.DateOnly))}
	}
	return answer, err
}

func depositAnswer(s *Service, tx *db.Tx, m Maker) (Answer, error) {
	t, issued, err := findTerms(tx, m.ID)
	deposit := t.Deposit
	if !issued {
		deposit = s.Industries[m.Industry].Admission.Deposit
	}
	return Answer{Met: t.Payment != nil || deposit.Minor == 0, Detail: Words{deposit.String(), deposit.String()}, Path: "terms"}, err
}
