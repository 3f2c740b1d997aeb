package cultivate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Application is what a maker has answered. It returns fault.NotFound for one there is not, or not for this person.
func (s *Service) Application(ctx context.Context, by access.User, id MakerID) (a Application, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		a, err = findApplication(tx, id)
		return err
	})
	return a, err
}

// openApplication is a maker whose application the person may still write.
func openApplication(tx *db.Tx, by access.User, id MakerID) (Maker, error) {
	m, err := editMaker(tx, by, id)
	if err != nil {
		return m, err
	}
	if m.Stage != Draft {
		return m, fault.Conflict.Say("This application was handed in. Take it back to change it.")
	}
	return m, nil
}

// SaveApplication keeps answers as they stand, right or not. An answer that somebody else has changed meanwhile is not overwritten but given back as a
// Collision; all others are kept. The same edits twice are one. It returns fault.Invalid for a field there is not or a text too long, and fault.Conflict once
// the application was handed in; then nothing is kept.
func (s *Service) SaveApplication(ctx context.Context, by access.User, id MakerID, edits []Edit) (a Application, collisions []Collision, err error) {
	if err := checkEdits(edits, ApplicationField); err != nil {
		return a, nil, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := openApplication(tx, by, id); err != nil {
			return err
		}
		if _, collisions, err = keepEdits(tx, by, "application:"+string(id), edits); err != nil {
			return err
		}
		a, err = findApplication(tx, id)
		return err
	})
	if err != nil {
		return Application{}, nil, fmt.Errorf("save application of maker %s: %w", id, err)
	}
	return a, collisions, nil
}

// AddDocument puts a file that lies in the blob store to an application. The same file of the same kind twice is one. It returns fault.Invalid for a kind
// there is not, and fault.TooLarge over MaxDocuments or MaxDocumentsBytes.
func (s *Service) AddDocument(ctx context.Context, by access.User, id MakerID, d Document) (Document, error) {
	if !slices.ContainsFunc(DocumentKinds(), func(c FieldChoice) bool { return c.Value == string(d.Kind) }) {
		return d, fault.Invalid.Say("Choose what the document shows.").At("kind")
	}
	if err := checkText("name", d.Name, maxName); err != nil {
		return d, err
	}
	if d.Hash == (blob.Hash{}) || d.Bytes <= 0 {
		return d, fault.Invalid.Say("Choose a file.").At("file")
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := openApplication(tx, by, id)
		if err != nil {
			return err
		}
		all, err := db.All(tx, scanDocument, documentsOf, string(id))
		if err != nil {
			return err
		}
		together := d.Bytes
		for _, one := range all {
			if one.Kind == d.Kind && one.Hash == d.Hash {
				d = one
				return nil
			}
			together += one.Bytes
		}
		if len(all) >= MaxDocuments {
			return fault.TooLarge.Say("An application has at most %d documents.", MaxDocuments).At("file")
		}
		if together > MaxDocumentsBytes {
			return fault.TooLarge.Say("The documents of an application have at most %d MB together.", MaxDocumentsBytes>>20).At("file")
		}
		d.ID, d.Maker, d.ByName, d.At = db.NewID(), m.ID, by.Name, tx.Now()
		_, err = tx.Exec(writeDocument, d.ID, string(d.Maker), string(d.Kind), d.Name, d.Hash.String(), d.Bytes, d.ByName, db.Micros(d.At))
		return err
	})
	if err != nil {
		return d, fmt.Errorf("add document to application of maker %s: %w", id, err)
	}
	return d, nil
}

// RemoveDocument takes a document off an application; one that is gone already stays gone.
func (s *Service) RemoveDocument(ctx context.Context, by access.User, id MakerID, document string) error {
	if err := checkText("document", document, maxRequest); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := openApplication(tx, by, id); err != nil {
			return err
		}
		_, err := tx.Exec(dropDocument, string(id), document)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove document of maker %s: %w", id, err)
	}
	return nil
}

// Copy is an application as it was handed in; its text is kept, and its digest stands in the ledger.
type Copy struct {
	At     time.Time
	Digest string // SHA-256
	Entry  string // the ledger entry that records it
}

// Copies is every handing in of a maker's application, oldest first.
func (s *Service) Copies(ctx context.Context, by access.User, id MakerID) (all []Copy, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, func(r db.Row) (c Copy, err error) {
			var at int64
			err = r.Scan(&at, &c.Digest, &c.Entry)
			c.At = db.Time(at)
			return c, err
		}, copiesOf, string(id))
		return err
	})
	return all, err
}

// copyOf is what is kept of an application handed in.
type copyOf struct {
	Maker     MakerID           `json:"maker"`
	Replies   map[string]string `json:"replies"`
	Documents []copyDocument    `json:"documents"`
}

type copyDocument struct {
	Kind DocumentKind `json:"kind"`
	Name string       `json:"name"`
	Hash blob.Hash    `json:"hash"`
}

// handedInEntry is what the ledger keeps of it: what was said stays with the firm and the programme.
type handedInEntry struct {
	Maker  MakerID `json:"maker"`
	SHA256 string  `json:"sha256"`
}

// arrive is what entering a stage does beside the move itself; it gives the maker as it is then. A fault comes before anything is written.
func (s *Service) arrive(tx *db.Tx, by access.User, m Maker) (Maker, error) {
	if m.Stage == Applied {
		return s.handIn(tx, by, m)
	}
	return m, nil
}

// handIn keeps the application as it is handed in. The maker takes its name and number from it.
func (s *Service) handIn(tx *db.Tx, by access.User, m Maker) (Maker, error) {
	a, err := findApplication(tx, m.ID)
	if err != nil || len(a.Replies) == 0 {
		return m, err // waived through without one
	}
	facts := a.Facts()
	if facts.Number != "" {
		twin, err := db.One(tx, db.Value[string], sameNumber, string(m.Cohort), facts.Number, string(m.ID))
		if err == nil {
			return m, fault.Conflict.Say("Another application of this cohort has this registration number.").At(askNumber).Because(fmt.Errorf("maker %s", twin))
		}
		if fault.Of(err) != fault.NotFound {
			return m, err
		}
		m.Number = facts.Number
	}
	if facts.Name != "" {
		m.Name = facts.Name
	}
	kept := copyOf{Maker: m.ID, Replies: map[string]string{}, Documents: []copyDocument{}}
	for name, r := range a.Replies {
		kept.Replies[name] = r.Value
	}
	for _, d := range a.Documents {
		kept.Documents = append(kept.Documents, copyDocument{d.Kind, d.Name, d.Hash})
	}
	text, err := json.Marshal(kept, json.Deterministic(true))
	if err != nil {
		return m, err
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	entry, err := ledger.Record(tx, "application.handed-in", m.Subject(), by.Actor(), handedInEntry{m.ID, digest})
	if err != nil {
		return m, err
	}
	_, err = tx.Exec(writeCopy, string(m.ID), db.Micros(tx.Now()), digest, string(text), entry)
	return m, err
}

func completeAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	a, err := findApplication(tx, m.ID)
	gaps := a.Gaps()
	return Answer{Met: len(gaps) == 0, Detail: sayGaps(gaps), Path: "application"}, err
}

func registeredAnswer(s *Service, tx *db.Tx, m Maker) (Answer, error) {
	a, err := findApplication(tx, m.ID)
	answer := registered(a.Facts().Founded, tx.Now(), s.Industries[m.Industry].Admission.RegisteredMonths)
	answer.Path = "application"
	return answer, err
}

// The bounds of what strangers may begin.
const (
	mostAsked = 5              // applications begun from one address
	askedFor  = 24 * time.Hour // within
)

// Apply begins an application for a firm that has not signed in yet: it makes its organisation and its person, and gives the secret of a one-time sign-in
// link. address is where the stranger asks from, for counting only. It returns fault.Invalid for each thing wrong, fault.TooMany when too many were begun
// from the address of late, and fault.Conflict when the cohort takes nobody or the email address has an account.
func (s *Service) Apply(ctx context.Context, address string, id CohortID, f Firm) (m Maker, link string, err error) {
	f.Organisation = ""
	if err := checkText("name", f.Person, maxName); err != nil {
		return m, "", err
	}
	// The stranger has no account at this moment; the ledger names the system, the page the person.
	by := access.User{ID: access.System.ID, Name: strings.TrimSpace(f.Person), Language: f.Language}
	// Counted in a transaction of its own: an attempt that fails counts, too.
	if err := s.countAsker(ctx, address); err != nil {
		return m, "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, link, err = s.enrol(tx, by, id, f)
		return err
	})
	if err != nil {
		return Maker{}, "", fmt.Errorf("apply to cohort %s: %w", id, err)
	}
	return m, link, nil
}

func (s *Service) countAsker(ctx context.Context, address string) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		now, old := tx.Now(), tx.Now().Add(-askedFor)
		if _, err := tx.Exec(oldAskers, db.Micros(old)); err != nil {
			return err
		}
		times, err := db.One(tx, db.Value[int64], countAsker, household(address), db.Micros(now), db.Micros(old))
		if err != nil {
			return err
		}
		if times > mostAsked {
			return fault.TooMany.Say("Too many applications were begun from here today. Try again tomorrow.")
		}
		return nil
	})
}

// household is the address of one customer: of IPv6 the /64 that each has.
func household(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil {
		port, err := netip.ParseAddrPort(address)
		if err != nil {
			return "elsewhere"
		}
		at = port.Addr()
	}
	at = at.Unmap().WithZone("")
	if at.Is6() {
		if prefix, err := at.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return at.String()
}

// OpenCohorts is the cohorts that take applications now, soonest to close first; anybody may see them.
func (s *Service) OpenCohorts(ctx context.Context) (all []Cohort, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		open, err := db.All(tx, scanCohort, listCohorts+` where state = $1 order by made_at desc, id desc limit 200`, string(CohortOpen))
		for _, c := range open {
			if c.Takes(tx.Now()) == nil {
				all = append(all, c)
			}
		}
		return err
	})
	slices.SortStableFunc(all, func(a, b Cohort) int {
		switch {
		case a.Closes.Equal(b.Closes):
			return 0
		case a.Closes.IsZero():
			return 1
		case b.Closes.IsZero():
			return -1
		}
		return a.Closes.Compare(b.Closes)
	})
	return all, err
}
