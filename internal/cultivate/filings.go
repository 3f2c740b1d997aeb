package cultivate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

func scanFiling(r db.Row) (f Filing, err error) {
	var classes, document string
	var made, updated int64
	if err = r.Scan(&f.ID, &f.Maker, &f.Proposal, &f.Office, &classes, &f.Number, &f.State, &f.Day, &document, &f.Version, &made, &updated, &f.UpdatedBy); err != nil {
		return f, err
	}
	f.MadeAt, f.UpdatedAt = db.Time(made), db.Time(updated)
	if f.Classes, err = ReadClasses(classes); err != nil {
		return f, err
	}
	f.Document, err = hashOf(document)
	return f, err
}

// filingEntry is what the ledger keeps of a filing.
type filingEntry struct {
	Filing   FilingID    `json:"filing"`
	Maker    MakerID     `json:"maker"`
	Office   string      `json:"office"`
	Number   string      `json:"number"`
	State    FilingState `json:"state"`
	Day      string      `json:"day"`
	Document string      `json:"document_sha256,omitempty"`
	Said     string      `json:"said,omitempty"`
	ByName   string      `json:"by_name"`
}

func recordFiling(tx *db.Tx, by access.User, f *Filing, said, request string) error {
	f.Version, f.UpdatedAt, f.UpdatedBy = f.Version+1, tx.Now(), by.Name
	document := hashText(f.Document)
	entry, err := ledger.Record(tx, "filing."+string(f.State), Maker{ID: f.Maker}.Subject(), by.Actor(), filingEntry{f.ID, f.Maker, f.Office, f.Number, f.State, f.Day, document, said, by.Name})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(writeFiling, string(f.ID), string(f.Maker), string(f.Proposal), f.Office, classList(f.Classes), f.Number, string(f.State), f.Day, document, f.Version, db.Micros(f.MadeAt), db.Micros(f.UpdatedAt),
		f.UpdatedBy, request); err != nil {
		return err
	}
	_, err = tx.Exec(writeFilingStep, db.NewID(), string(f.ID), string(f.State), f.Day, said, by.Name, db.Micros(tx.Now()), entry)
	return err
}

// PrepareFiling begins an application for the maker's chosen name at an office. request is the form's own id. It returns fault.Conflict while no name is chosen.
func (s *Service) PrepareFiling(ctx context.Context, by access.User, id MakerID, office string, classes []int, request string) (f Filing, err error) {
	if err := checkText("request", request, maxRequest); err != nil {
		return f, err
	}
	if !slices.ContainsFunc(Offices(), func(o FieldChoice) bool { return o.Value == office }) {
		return f, fault.Invalid.Say("Choose an office.").At("office")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if request != "" {
			made, err := db.One(tx, scanFiling, filingByForm, string(id), request)
			if err == nil || fault.Of(err) != fault.NotFound {
				f = made
				return err
			}
		}
		p, err := chosenName(tx, id)
		if fault.Of(err) == fault.NotFound {
			return fault.Conflict.Say("The maker has to choose a name first.")
		}
		if err != nil {
			return err
		}
		if len(classes) == 0 {
			classes = p.Classes
		}
		f = Filing{ID: FilingID(db.NewID()), Maker: id, Proposal: p.ID, Office: office, Classes: classes, State: FilingPrepared, Day: tx.Now().UTC().Format("2006-01-02"), MadeAt: tx.Now()}
		return recordFiling(tx, by, &f, "", request)
	})
	if err != nil {
		return Filing{}, fmt.Errorf("prepare filing of maker %s: %w", id, err)
	}
	return f, nil
}

// FilingMove is what an office did, as somebody records it.
type FilingMove struct {
	To       FilingState
	Number   string // with FilingFiled
	Day      string
	Said     string
	Document blob.Hash // the office's paper; zero: none
	Version  int64
}

// MoveFiling records what an office did. With the number of the first filing the maker's brand comes under protection, in the same transaction: its name and other forms
// stand in room brand, with the maker's accounts as authorised sellers. It returns fault.Invalid for each thing wrong and fault.Conflict for a step there is not.
func (s *Service) MoveFiling(ctx context.Context, by access.User, id FilingID, move FilingMove) (f Filing, err error) {
	number := strings.TrimSpace(move.Number)
	wrong := []error{checkText("said", move.Said, MaxWhy), checkText("number", number, 60)}
	if _, ok := readDay(move.Day); !ok {
		wrong = append(wrong, fault.Invalid.Say("Give a day.").At("day"))
	}
	if move.To == FilingFiled && number == "" {
		wrong = append(wrong, fault.Invalid.Say("Give the number the office gave.").At("number"))
	}
	if err := joined(wrong); err != nil {
		return f, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if id == "" || db.Text(string(id)) != nil {
			return noFiling
		}
		f, err = db.One(tx, scanFiling, oneFiling, string(id))
		if fault.Of(err) == fault.NotFound {
			return noFiling
		}
		if err != nil {
			return err
		}
		m, err := findMaker(tx, by, f.Maker)
		if err != nil {
			return noFiling.Because(err)
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if f.Version != move.Version {
			return fault.Conflict.Say("%s has changed this filing meanwhile, at %s. Look at the change and try again.", f.UpdatedBy, moment(f.UpdatedAt))
		}
		if !slices.Contains(f.State.Next(), move.To) {
			return fault.Conflict.Say("This filing cannot go there from where it is.")
		}
		if move.To == FilingFiled {
			_, err := db.One(tx, scanFiling, filingByNumber, f.Office, number)
			if err == nil {
				return fault.Conflict.Say("This number stands at another filing already.").At("number")
			}
			if fault.Of(err) != fault.NotFound {
				return err
			}
			f.Number = number
		}
		f.State, f.Day = move.To, move.Day
		if move.Document != (blob.Hash{}) {
			f.Document = move.Document
		}
		if err := recordFiling(tx, by, &f, strings.TrimSpace(move.Said), ""); err != nil {
			return err
		}
		if f.State == FilingFiled {
			return s.protect(tx, by, m, f)
		}
		return nil
	})
	if err != nil {
		return Filing{}, fmt.Errorf("filing %s to %s: %w", id, move.To, err)
	}
	return f, nil
}

// protect puts a maker's name under protection, unless it is already.
func (s *Service) protect(tx *db.Tx, by access.User, m Maker, f Filing) error {
	if s.Brand == nil || m.Brand != "" {
		return nil
	}
	p, err := db.One(tx, scanProposal, oneProposal, string(f.Proposal))
	if err != nil {
		return err
	}
	accounts, err := sellersOf(tx, m)
	if err != nil {
		return err
	}
	b := brand.Brand{ID: brandOf(m), Name: p.Name, Aliases: p.Also, Categories: s.Industries[m.Industry].Categories, NiceClasses: f.Classes, AuthorisedSellers: accounts,
		Note: "Home-grown: " + m.Name + ", filed as " + f.Office + " " + f.Number}
	if b, err = s.Brand.CreateIn(tx, access.System, b); err != nil {
		return err
	}
	if _, err := tx.Exec(nameMaker, string(m.ID), string(b.ID)); err != nil {
		return err
	}
	_, err = ledger.Record(tx, "maker.branded", m.Subject(), by.Actor(), map[string]any{"maker": m.ID, "brand": b.ID, "name": b.Name, "filing": f.ID, "sellers": accounts})
	return err
}

// sellersOf is the marketplace accounts of a maker: its own, and those it declared as the firm's.
func sellersOf(tx *db.Tx, m Maker) ([]string, error) {
	a, err := findApplication(tx, m.ID)
	if err != nil {
		return nil, err
	}
	declared, err := accountsOf(tx, m.ID)
	if err != nil {
		return nil, err
	}
	all := entries(a.Says(askAccounts))
	for _, one := range declared {
		if one.How == OwnAccount {
			all = append(all, string(one.Account))
		}
	}
	if m.Seller != "" {
		all = append(all, string(m.Seller))
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Filings is a maker's filings, newest first, with their steps.
func (s *Service) Filings(ctx context.Context, by access.User, id MakerID) (all []Filing, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		if all, err = db.All(tx, scanFiling, filingsOf, string(id)); err != nil || len(all) == 0 {
			return err
		}
		_, err = db.All(tx, func(r db.Row) (none struct{}, err error) {
			var of FilingID
			var step FilingStep
			var at int64
			if err = r.Scan(&of, &step.State, &step.Day, &step.Said, &step.ByName, &at, &step.Entry); err != nil {
				return none, err
			}
			step.At = db.Time(at)
			if i := slices.IndexFunc(all, func(f Filing) bool { return f.ID == of }); i >= 0 {
				all[i].Steps = append(all[i].Steps, step)
			}
			return none, nil
		}, filingSteps, string(id))
		return err
	})
	return all, err
}
