package cultivate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/engine/clearance"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// ProposalID is the identity of a proposed name.
type ProposalID string

// Proposal is a name a maker would like its brand to have, with what is known against it.
type Proposal struct {
	ID      ProposalID
	Maker   MakerID
	Name    string    // in Latin letters, Chinese characters or pinyin
	Also    []string  // what it would be called in another script
	Meaning string    // why this name
	Logo    blob.Hash // zero: none yet
	Classes []int     // of the Nice classification

	State  ProposalState
	Report Clearing
	Look   string // of the logo, a PDQ hash in hexadecimals, by which others' logos are held against it; may be empty
	Why    string // a manager's word, for a name that is risky and yet chosen

	Version   int64
	MadeAt    time.Time
	MadeBy    access.UserID
	MadeName  string
	UpdatedAt time.Time
	UpdatedBy string
	Entry     string
}

// ProposalState says how a proposed name stands.
type ProposalState string

// The states of a proposal.
const (
	NameProposed  ProposalState = "proposed"
	NameChosen    ProposalState = "chosen" // the maker's brand; one a maker
	NameWithdrawn ProposalState = "withdrawn"
)

// Clearing is what a search of known marks said of a name, as it was then. It is an aid and never legal advice, see clearance.Notice.
type Clearing struct {
	Risk      string     `json:"risk"` // "low", "medium" or "high"
	Marks     int        `json:"marks"`
	Registers []string   `json:"registers,omitempty"` // names of the registers that were searched, beside the brands under protection and other makers' names
	Logo      LogoSearch `json:"logo,omitempty"`
	Conflicts []Conflict `json:"conflicts"`
	At        time.Time  `json:"at"`
	Digest    string     `json:"-"` // SHA-256 of the report, which the ledger has
}

// LogoSearch says whether a proposal's logo was held against known pictures.
type LogoSearch string

// What can be said of a logo. Empty: there was none, or the report is from before logos were compared.
const (
	LogoCompared LogoSearch = "compared"
	LogoPlain    LogoSearch = "plain" // it shows too little to be told from others by its look
)

// Conflict is a known mark that may stand in the way of a name.
type Conflict struct {
	Mark    string       `json:"mark"`
	Owner   string       `json:"owner"`
	Classes []int        `json:"classes"`
	Score   float64      `json:"score"` // the estimated probability that the two would be held in conflict
	By      clearance.By `json:"by"`
	Why     []SaidWhy    `json:"why"`
}

// SaidWhy is a reason whose sentence is a key for translation, with what fills it.
type SaidWhy struct {
	Says string   `json:"says"`
	Args []string `json:"args"`
}

// mostConflicts is how many conflicts a report keeps.
const mostConflicts = 20

// clearingOf is a report as it is kept.
func clearingOf(r clearance.Report, marks int, at time.Time) Clearing {
	c := Clearing{Risk: r.Risk.String(), Marks: marks, Conflicts: []Conflict{}, At: at}
	for _, one := range r.Conflicts {
		kept := Conflict{Mark: one.Mark.Name, Owner: one.Mark.Owner, Classes: one.Mark.Classes, Score: one.Score, By: one.By}
		for _, why := range one.Why {
			said := SaidWhy{Says: why.Says}
			for _, arg := range why.Args {
				said.Args = append(said.Args, fmt.Sprint(arg))
			}
			kept.Why = append(kept.Why, said)
		}
		c.Conflicts = append(c.Conflicts, kept)
	}
	return c
}

// The bounds of a proposal.
const (
	maxProposed = 20 // open names of a maker
	maxAlso     = 5
	maxClasses  = 10
)

// check returns fault.Invalid for each thing wrong with a proposal.
func (p Proposal) check() error {
	wrong := []error{needText("name", p.Name, maxTitle), checkText("meaning", p.Meaning, MaxWhy)}
	if len(p.Also) > maxAlso {
		wrong = append(wrong, fault.Invalid.Say("Give at most %d other forms.", maxAlso).At("also"))
	}
	for _, also := range p.Also {
		wrong = append(wrong, needText("also", also, maxTitle))
	}
	if len(p.Classes) == 0 || len(p.Classes) > maxClasses {
		wrong = append(wrong, fault.Invalid.Say("Give 1 to %d classes.", maxClasses).At("classes"))
	}
	for _, class := range p.Classes {
		if class < 1 || class > 45 {
			wrong = append(wrong, fault.Invalid.Say("Nice classes go from 1 to 45.").At("classes"))
			break
		}
	}
	return errors.Join(wrong...)
}

// Risky reports whether the name needs a manager's word before it is chosen.
func (p Proposal) Risky() bool { return p.Report.Risk == clearance.High.String() }

// classList is classes as they are kept: "18,25".
func classList(classes []int) string {
	texts := make([]string, len(classes))
	for i, c := range classes {
		texts[i] = strconv.Itoa(c)
	}
	return strings.Join(texts, ",")
}

// ReadClasses reads Nice classes as people write them: numbers apart by commas, spaces or 、. It returns fault.Invalid for what is no class.
func ReadClasses(text string) ([]int, error) {
	if db.Text(text) != nil || len(text) > maxSearch {
		return nil, fault.Invalid.Say("Nice classes go from 1 to 45.").At("classes")
	}
	var all []int
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;，、；\t\n\r", r) }) {
		n, err := strconv.Atoi(one)
		if err != nil || n < 1 || n > 45 {
			return nil, fault.Invalid.Say("Nice classes go from 1 to 45.").At("classes")
		}
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

// FilingID is the identity of an application for a mark.
type FilingID string

// Filing is an application for a maker's mark at an office.
type Filing struct {
	ID       FilingID
	Maker    MakerID
	Proposal ProposalID
	Office   string // "CN", "EM", …: the code of WIPO ST.3
	Classes  []int
	Number   string // the office's; empty while it is prepared
	State    FilingState
	Day      string    // of the state: 2026-12-01
	Document blob.Hash // the office's receipt; zero: none
	Steps    []FilingStep

	Version   int64
	MadeAt    time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// FilingStep is one thing that happened to a filing.
type FilingStep struct {
	State  FilingState
	Day    string
	Said   string
	ByName string
	At     time.Time
	Entry  string
}

// FilingState says how a filing stands.
type FilingState string

// The states of a filing, in the words of offices.
const (
	FilingPrepared   FilingState = "prepared"
	FilingFiled      FilingState = "filed"      // the office has it and gave a number
	FilingExamined   FilingState = "examined"   // formalities and grounds are being looked at
	FilingPublished  FilingState = "published"  // others may oppose
	FilingOpposed    FilingState = "opposed"    // and somebody did
	FilingRegistered FilingState = "registered" // the mark is the maker's
	FilingRejected   FilingState = "rejected"
	FilingWithdrawn  FilingState = "withdrawn"
)

// filingMoves is the way of a filing.
var filingMoves = map[FilingState][]FilingState{
	FilingPrepared:   {FilingFiled, FilingWithdrawn},
	FilingFiled:      {FilingExamined, FilingPublished, FilingRejected, FilingWithdrawn},
	FilingExamined:   {FilingPublished, FilingRejected, FilingWithdrawn},
	FilingPublished:  {FilingRegistered, FilingOpposed, FilingRejected, FilingWithdrawn},
	FilingOpposed:    {FilingRegistered, FilingRejected, FilingWithdrawn},
	FilingRegistered: {},
	FilingRejected:   {FilingExamined}, // on review
	FilingWithdrawn:  {},
}

// Next is where a filing can go from its state.
func (s FilingState) Next() []FilingState { return slices.Clone(filingMoves[s]) }

// Stands reports whether the office has the filing and has not ended it.
func (s FilingState) Stands() bool {
	return s != FilingPrepared && s != FilingRejected && s != FilingWithdrawn
}

// Offices are where makers file, by the codes of WIPO ST.3, the first the nearest.
func Offices() []FieldChoice {
	return []FieldChoice{{"CN", Words{"China (CNIPA)", "中国（国家知识产权局）"}}, {"EM", Words{"European Union (EUIPO)", "欧盟（欧盟知识产权局）"}}, {"US", Words{"United States (USPTO)", "美国（专利商标局）"}},
		{"WO", Words{"International, Madrid (WIPO)", "马德里国际注册（世界知识产权组织）"}}, {"GB", Words{"United Kingdom (UKIPO)", "英国（知识产权局）"}}, {"JP", Words{"Japan (JPO)", "日本（特许厅）"}}, {"KR", Words{"Korea (MOIP)", "韩国（知识产权处）"}}}
}

// BrandEntry is one line of a maker's brand file.
type BrandEntry struct {
	Item     BrandItem
	Words    string
	Document blob.Hash // zero: none
	Name     string    // of the document
	State    EntryState
	Why      string // why it was sent back

	Version   int64
	UpdatedAt time.Time
	UpdatedBy string
}

// EntryState says how a line of a brand file stands.
type EntryState string

// The states of a line.
const (
	EntryMissing  EntryState = "missing"
	EntryGiven    EntryState = "given"
	EntryAccepted EntryState = "accepted"
	EntrySentBack EntryState = "sent-back"
)

// BrandPage is a brand's page for buyers as it stands.
type BrandPage struct {
	Maker       MakerID
	Slug        string // of its address: "tidewren"
	State       PageState
	ConsentBy   string
	ConsentAt   time.Time // zero: the maker has not agreed
	PublishedBy string
	PublishedAt time.Time
	Version     int64
	Entry       string
}

// PageState says how a page for buyers stands.
type PageState string

// The states of a page for buyers.
const (
	PageDraft     PageState = "draft"
	PagePublished PageState = "published"
	PageWithdrawn PageState = "withdrawn"
)

// The conditions of a brand.
const (
	NameIsChosen  Condition = "name-chosen"
	MarkIsFiled   Condition = "mark-filed"
	BrandFileDone Condition = "brand-file"
	PageIsThere   Condition = "brand-page"
)

// names reports whether names can be searched and protected here.
func names(s *Service) bool { return s.Brand != nil }

var namingGates = []gate{
	{condition: NameIsChosen, stage: Registered, words: Words{"A name is chosen, and what is known against it was looked at", "已选定品牌名称，并查看了近似查询结果"}, fixed: true, answer: nameAnswer, has: names},
	{condition: MarkIsFiled, stage: Registered, words: Words{"The mark is filed at an office", "商标已向商标局提交"}, answer: filedAnswer, has: names},
	{condition: BrandFileDone, stage: Registered, words: Words{"The brand file is complete", "品牌档案已齐备"}, answer: fileAnswer, has: names},
	{condition: PageIsThere, stage: Listed, words: Words{"The page for buyers is published", "品牌页面已发布"}, answer: pageAnswer, has: names},
}
