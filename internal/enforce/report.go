package enforce

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// ReportID is the identity of a report.
type ReportID string

// PublicReport is anybody's word that a listing is unlawful: DSA Art. 16. Who speaks has no right of their own and no account; a secret link lets them follow it.
type PublicReport struct {
	ID      ReportID
	Listing market.ListingID
	Said
	State      NoticeState
	ReceivedAt time.Time
	DueAt      time.Time // by when it is to be decided
	DecidedAt  time.Time // zero while it waits
	Decision   DecisionID
	Objection  string    // against a refusal: DSA Art. 20
	ObjectedAt time.Time // zero: never
	Entry      string    // the ledger entry that records its arrival
}

// Said is what somebody says in a report.
type Said struct {
	Kind      ReportKind
	Place     string // the listing's address or its id, as it was given
	Reasons   string
	Name      string // empty where the law asks for none
	Email     string
	GoodFaith bool
	Language  string // in which they read
}

// ReportKind is what a report is about.
type ReportKind string

// The kinds of reports.
const (
	ReportFake   ReportKind = "fake"   // the offer is of a counterfeit
	ReportBought ReportKind = "bought" // a buyer received one
	ReportUnsafe ReportKind = "unsafe" // the goods are dangerous
	ReportAbuse  ReportKind = "abuse"  // of children: DSA Art. 16(2)(c) asks for no name
	ReportOther  ReportKind = "other"
)

// ReportKinds is every kind, the most common first.
func ReportKinds() []ReportKind {
	return []ReportKind{ReportFake, ReportBought, ReportUnsafe, ReportAbuse, ReportOther}
}

// Nameless reports whether the law lets who reports keep their name: DSA Art. 16(2)(c) with Directive 2011/93/EU, Arts 3 to 7.
func (k ReportKind) Nameless() bool { return k == ReportAbuse }

// clean is what was said without spaces around its words.
func (s Said) clean() Said {
	for _, text := range []*string{&s.Place, &s.Reasons, &s.Name, &s.Email} {
		*text = strings.TrimSpace(*text)
	}
	if s.Language != "zh" {
		s.Language = "en"
	}
	return s
}

// check holds what was said against what the law asks of it. It returns fault.Invalid for each thing wrong, each at its field.
func (s Said) check() (wrong []error) {
	for _, text := range []struct {
		field, value string
		most         int
	}{{"place", s.Place, maxLocation}, {"reasons", s.Reasons, maxReasons}, {"name", s.Name, maxMark}, {"email", s.Email, maxMark}} {
		if f := checkText(text.value, text.most); f != nil {
			wrong = append(wrong, f.At(text.field))
		}
	}
	if !slices.Contains(ReportKinds(), s.Kind) {
		wrong = append(wrong, fault.Invalid.Say("Choose what the report is about.").At("kind"))
	}
	if s.Place == "" {
		wrong = append(wrong, fault.Invalid.Say("Give the listing's address or its number.").At("place"))
	}
	if len([]rune(s.Reasons)) < leastReasons {
		wrong = append(wrong, fault.Invalid.Say("Say in a sentence what is wrong with the listing.").At("reasons"))
	}
	if s.Name == "" && !s.Kind.Nameless() {
		wrong = append(wrong, fault.Invalid.Say("Give your name.").At("name"))
	}
	if s.Email != "" || !s.Kind.Nameless() {
		if a, err := mail.ParseAddress(s.Email); err != nil || a.Address != s.Email {
			wrong = append(wrong, fault.Invalid.Say("Give an e-mail address for the answer.").At("email"))
		}
	}
	if !s.GoodFaith {
		wrong = append(wrong, fault.Invalid.Say("A notice needs the statement that it is made in good faith.").At("good_faith"))
	}
	return wrong
}

// named are the listings that a place may mean, the likeliest first: the words themselves, then the parts of an address from its end.
func named(place string) []market.ListingID {
	all := []market.ListingID{market.ListingID(place)}
	u, err := url.Parse(place)
	if err != nil || u.Host == "" {
		return all
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	slices.Reverse(parts)
	for _, part := range parts {
		all = append(all, market.ListingID(part), market.ListingID(strings.TrimSuffix(part, ".html")))
	}
	query := u.Query()
	for _, key := range []string{"id", "item", "listing", "itemId", "item_id"} {
		if value := query.Get(key); value != "" {
			all = append(all, market.ListingID(value))
		}
	}
	all = slices.DeleteFunc(all, func(id market.ListingID) bool { return id == "" || len(id) > market.MaxID })
	return all[:min(len(all), 20)]
}
