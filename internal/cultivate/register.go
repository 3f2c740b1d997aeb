package cultivate

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ownmark/ownmark/engine/clearance"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// RegisterID is the identity of a register.
type RegisterID string

// Register is a trade mark register's file as somebody brought it: marks that proposed names are held against.
type Register struct {
	ID      RegisterID
	Name    string    // what people call it: "CNIPA, class 25"
	Content blob.Hash // the file, CSV or WIPO ST.96
	Bytes   int64
	Marks   int

	Version    int64
	ImportedAt time.Time
	ImportedBy string // a person's name
	Entry      string // of the ledger
}

// The bounds of registers. A mark takes up to a kilobyte of every process's memory once names are searched.
const (
	MaxRegisterBytes = 512 << 20
	maxRegisters     = 20
	maxKnownMarks    = 3_000_000
	maxMarkText      = 2000 // of all names of one mark, in bytes
)

var noRegister = fault.NotFound.Say("There is no such register.")

// readRegister reads a register's file in either form. Its errors are fault.Invalid and name the line.
func readRegister(ctx context.Context, r io.Reader, each func(clearance.Mark)) error {
	in := bufio.NewReader(r)
	head, err := in.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	read := clearance.ReadCSV
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"), []byte("<")) {
		read = clearance.ReadST96
	}
	marks, stopped := 0, error(nil)
	err = read(in, func(m clearance.Mark) error {
		marks++
		switch {
		case marks > maxKnownMarks:
			stopped = fault.TooLarge.Say("Registers hold at most %d marks together.", maxKnownMarks)
		case len(m.Name)+len(m.Owner)+len(strings.Join(m.Also, "")) > maxMarkText:
			stopped = fault.Invalid.Say("The file of the register cannot be read: %s", fmt.Sprintf("mark %d has a name that is too long", marks))
		default:
			stopped = ctx.Err()
		}
		if stopped == nil {
			each(m)
		}
		return stopped
	})
	switch {
	case stopped != nil:
		return stopped
	case err != nil:
		return fault.Invalid.Say("The file of the register cannot be read: %s", strings.TrimPrefix(err.Error(), "clearance: ")).Because(err)
	case marks == 0:
		return fault.Invalid.Say("The file has no marks.")
	}
	return nil
}

// knownMarks is the marks of all registers, ready to be searched. A process reads them at the first name it searches, and anew when somebody has changed them.
type knownMarks struct {
	mu    sync.Mutex
	of    []blob.Hash
	index *clearance.Index
	marks int
}

const (
	registerColumns = `id, name, content, bytes, marks, version, imported_at, imported_by, entry`
	allRegisters    = `select ` + registerColumns + ` from mark_register order by name, id`
	writeRegister   = `insert into mark_register (` + registerColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do update set content = excluded.content, bytes = excluded.bytes,
		marks = excluded.marks, version = excluded.version, imported_at = excluded.imported_at, imported_by = excluded.imported_by, entry = excluded.entry`
	forgetRegister = `delete from mark_register where id = $1`
)

func scanRegister(r db.Row) (g Register, err error) {
	var content string
	var at int64
	if err = r.Scan(&g.ID, &g.Name, &content, &g.Bytes, &g.Marks, &g.Version, &at, &g.ImportedBy, &g.Entry); err != nil {
		return g, err
	}
	g.ImportedAt = db.Time(at)
	g.Content, err = blob.Parse(content)
	return g, err
}

// Registers is every register that names are held against, by name.
func (s *Service) Registers(ctx context.Context, by access.User) (all []Register, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		all, err = db.All(tx, scanRegister, allRegisters)
		return err
	})
	return all, err
}

// ImportRegister keeps a register's file, CSV or WIPO ST.96 XML, and from then on names are held against its marks. A register of that name is replaced whole; version is the
// one that was read, 0 for a new one. A file in which anything is wrong changes nothing. It returns fault.Invalid naming the line, fault.TooLarge, and fault.Conflict when
// somebody changed the register meanwhile.
func (s *Service) ImportRegister(ctx context.Context, by access.User, name string, version int64, file io.Reader) (Register, error) {
	g := Register{Name: strings.TrimSpace(name)}
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return g, err
	}
	if err := needText("name", g.Name, maxName); err != nil {
		return g, err
	}
	var err error
	if g.Content, g.Bytes, err = s.Blob.Put(ctx, file, MaxRegisterBytes); err != nil {
		return g, atFile(err)
	}
	kept, _, err := s.Blob.Get(ctx, g.Content)
	if err != nil {
		return g, err
	}
	defer kept.Close()
	if err := readRegister(ctx, kept, func(clearance.Mark) { g.Marks++ }); err != nil {
		return g, atFile(err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		all, err := db.All(tx, scanRegister, allRegisters)
		if err != nil {
			return err
		}
		g.ID, g.Version = RegisterID(db.NewID()), 0
		marks := g.Marks
		for _, old := range all {
			if old.Name == g.Name {
				g.ID, g.Version = old.ID, old.Version
				if old.Version != version {
					return fault.Conflict.Say("%s has changed this register meanwhile, at %s. Look at the change and try again.", old.ImportedBy, moment(old.ImportedAt))
				}
			} else {
				marks += old.Marks
			}
		}
		if g.Version != version {
			return noRegister
		}
		if g.Version == 0 && len(all) >= maxRegisters {
			return fault.Conflict.Say("There are at most %d registers. Remove one first.", maxRegisters)
		}
		if marks > maxKnownMarks {
			return fault.TooLarge.Say("Registers hold at most %d marks together.", maxKnownMarks).At("file")
		}
		g.Version, g.ImportedAt, g.ImportedBy = g.Version+1, tx.Now(), by.Name
		if g.Entry, err = recordRegister(tx, by, "register.imported", g); err != nil {
			return err
		}
		_, err = tx.Exec(writeRegister, string(g.ID), g.Name, g.Content.String(), g.Bytes, g.Marks, g.Version, db.Micros(g.ImportedAt), g.ImportedBy, g.Entry)
		return err
	})
	if err != nil {
		return g, fmt.Errorf("import register %q: %w", g.Name, err)
	}
	return g, nil
}

func atFile(err error) error {
	if wrong, ok := fault.As(err); ok && (wrong.Kind == fault.Invalid || wrong.Kind == fault.TooLarge) {
		return wrong.At("file")
	}
	return err
}

func recordRegister(tx *db.Tx, by access.User, kind string, g Register) (entry string, err error) {
	return ledger.Record(tx, kind, "register:"+string(g.ID), by.Actor(), map[string]any{"name": g.Name, "sha256": g.Content.String(), "marks": g.Marks, "by_name": by.Name})
}

// RemoveRegister has names held against a register no more. What was said of names before stays as it was. It returns fault.NotFound and fault.Conflict.
func (s *Service) RemoveRegister(ctx context.Context, by access.User, id RegisterID, version int64) (g Register, err error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return g, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		all, err := db.All(tx, scanRegister, allRegisters)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(one Register) bool { return one.ID == id })
		if at < 0 {
			return noRegister
		}
		if g = all[at]; g.Version != version {
			return fault.Conflict.Say("%s has changed this register meanwhile, at %s. Look at the change and try again.", g.ImportedBy, moment(g.ImportedAt))
		}
		if _, err := recordRegister(tx, by, "register.removed", g); err != nil {
			return err
		}
		_, err = tx.Exec(forgetRegister, string(id))
		return err
	})
	if err != nil {
		return g, fmt.Errorf("remove register %s: %w", id, err)
	}
	return g, nil
}

// searched is what the registers say of a proposal, and how many marks they have.
func (s *Service) searched(ctx context.Context, registers []Register, p clearance.Proposal) (clearance.Report, int, error) {
	if len(registers) == 0 {
		return clearance.Report{Name: p.Name}, 0, nil
	}
	index, marks, err := s.knownMarks.read(ctx, s.Blob, registers)
	if err != nil {
		return clearance.Report{}, 0, err
	}
	return index.Search(p), marks, nil
}

// read is the marks of registers ready to be searched, read anew where they are others than before. Whoever comes while they are read waits for them.
func (k *knownMarks) read(ctx context.Context, store *blob.Store, registers []Register) (*clearance.Index, int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	of := make([]blob.Hash, len(registers))
	for i, g := range registers {
		of[i] = g.Content
	}
	if slices.Equal(of, k.of) {
		return k.index, k.marks, nil
	}
	var marks []clearance.Mark
	for _, g := range registers {
		file, _, err := store.Get(ctx, g.Content)
		if err != nil {
			return nil, 0, fmt.Errorf("register %q: %w", g.Name, err)
		}
		err = readRegister(ctx, file, func(m clearance.Mark) { marks = append(marks, m) })
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, 0, fmt.Errorf("register %q: %w", g.Name, err)
		}
	}
	index, err := clearance.NewIndex(marks)
	if err != nil {
		return nil, 0, err
	}
	k.of, k.index, k.marks = of, index, len(marks)
	return k.index, k.marks, nil
}
