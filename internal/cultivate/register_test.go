package cultivate

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/engine/clearance"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// namedHouse is a house in which names are searched, with a member.
func namedHouse(t *testing.T, d *db.DB) (*house, Maker, access.User) {
	t.Helper()
	h := newHouse(t, d)
	store, err := blob.Open(t.Context(), "file://"+t.TempDir())
	h.must(err)
	t.Cleanup(func() { _ = store.Close() })
	h.Blob, h.Brand = store, &brand.Service{DB: d, Blob: store}
	m, own := h.maker(h.cohort(3), "Sea Wind")
	return h, h.walk(m, Applied, Screened, Visited, Admitted), own
}

const st96 = `<?xml version="1.0" encoding="UTF-8"?>
<TrademarkBag><Trademark><ApplicationNumberText>1001</ApplicationNumberText><WordMarkSpecification><MarkVerbalElementText>Windwater</MarkVerbalElementText></WordMarkSpecification>
<GoodsServicesBag><GoodsServices><ClassNumber>25</ClassNumber></GoodsServices></GoodsServicesBag></Trademark></TrademarkBag>`

// TestRegisters imports two registers, one in each form: names are held against them from then on, also one that was searched before, until they are removed.
func TestRegisters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h, m, own := namedHouse(t, d)
		ctx := t.Context()
		p, err := h.Propose(ctx, own, m.ID, Proposal{Name: "Brightpath", Classes: []int{25}}, "")
		h.must(err)
		if p.Risky() || p.Report.Marks != 0 {
			t.Fatalf("a name like none: %+v", p.Report)
		}
		table := "id,mark,owner,classes\n1,Brightpathe,Somebody Ltd,25\n2,Nothing Alike,Other,3\n"
		if _, err := h.ImportRegister(ctx, own, "CNIPA", 0, strings.NewReader(table)); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a firm imports a register: %v", err)
		}
		cn, err := h.ImportRegister(ctx, h.manager, " CNIPA ", 0, strings.NewReader(table))
		h.must(err)
		if cn.Marks != 2 || cn.Version != 1 || cn.Name != "CNIPA" || cn.Entry == "" {
			t.Errorf("%+v", cn)
		}
		if _, err := h.ImportRegister(ctx, h.other, "CNIPA", 0, strings.NewReader(table)); !errors.Is(err, fault.Conflict) {
			t.Errorf("two import it at once: %v", err)
		}
		for file, place := range map[string]string{"": "empty", "mark,classes\nOne,25\nTwo,46\n": "line 3", "<a><b></a>": "line 1", "mark\n": "no marks", "mark\n" + strings.Repeat("x", 3000) + "\n": "too long"} {
			_, err := h.ImportRegister(ctx, h.manager, "CNIPA", cn.Version, strings.NewReader(file))
			if f, ok := fault.As(err); !ok || !errors.Is(err, fault.Invalid) || f.Field != "file" || !strings.Contains(f.Message(), place) {
				t.Errorf("%.40q: %v", file, err)
			}
		}
		_, err = h.ImportRegister(ctx, h.manager, "EUIPO", 0, strings.NewReader(st96))
		h.must(err)
		if stale, err := h.SearchAgain(ctx, own, p.ID, p.Version-1); !errors.Is(err, fault.Conflict) {
			t.Errorf("searched on what was read before: %v %v", stale.Version, err)
		}
		p, err = h.SearchAgain(ctx, own, p.ID, p.Version)
		h.must(err)
		if !p.Risky() || p.Report.Marks != 3 || !slices.Equal(p.Report.Registers, []string{"CNIPA", "EUIPO"}) || p.Report.Conflicts[0].Owner != "Somebody Ltd" {
			t.Errorf("with registers: %+v", p.Report)
		}
		water, err := h.Propose(ctx, own, m.ID, Proposal{Name: "Wind Water", Classes: []int{25}}, "")
		h.must(err)
		if !water.Risky() || water.Report.Conflicts[0].Mark != "Windwater" {
			t.Errorf("a mark of the second register: %+v", water.Report)
		}
		if _, _, err := h.Clear(ctx, own, clearance.Proposal{Name: "Windwater"}); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a firm searches for nobody: %v", err)
		}
		if r, marks, err := h.Clear(ctx, access.System, clearance.Proposal{Name: "Windwater", Classes: []int{25}}); err != nil || marks != 3 || len(r.Conflicts) == 0 || r.Conflicts[0].Mark.ID != "1001" {
			t.Errorf("for nobody: %+v of %d, %v", r, marks, err)
		}
		if _, err := h.RemoveRegister(ctx, h.manager, cn.ID, cn.Version+1); !errors.Is(err, fault.Conflict) {
			t.Errorf("removed on what was read before: %v", err)
		}
		_, err = h.RemoveRegister(ctx, h.manager, cn.ID, cn.Version)
		h.must(err)
		if _, err := h.RemoveRegister(ctx, h.manager, cn.ID, cn.Version); !errors.Is(err, fault.NotFound) {
			t.Errorf("removed twice: %v", err)
		}
		p, err = h.SearchAgain(ctx, own, p.ID, p.Version)
		h.must(err)
		if p.Risky() || p.Report.Marks != 1 {
			t.Errorf("without the register: %+v", p.Report)
		}
		all, err := h.Registers(ctx, h.other)
		if err != nil || len(all) != 1 || all[0].Name != "EUIPO" {
			t.Errorf("%+v %v", all, err)
		}
	})
}

// drawing is a picture of its own for each seed, with enough in it to be told from others.
func drawing(t *testing.T, seed uint64, mirrored bool) []byte {
	t.Helper()
	const side = 256
	random := rand.New(rand.NewPCG(seed, 1))
	m := image.NewGray(image.Rect(0, 0, side, side))
	for range 40 {
		x, y, w, tall, shade := random.IntN(side), random.IntN(side), 8+random.IntN(90), 8+random.IntN(90), uint8(random.IntN(256))
		for i := x; i < min(side, x+w); i++ {
			for j := y; j < min(side, y+tall); j++ {
				at := i
				if mirrored {
					at = side - 1 - i
				}
				m.SetGray(at, j, color.Gray{Y: shade})
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestLogos holds a logo against a brand's own picture, and against the logo another maker has chosen, mirrored.
func TestLogos(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h, m, own := namedHouse(t, d)
		ctx := t.Context()
		keep := func(content []byte) blob.Hash {
			hash, _, err := h.Blob.Put(ctx, bytes.NewReader(content), 1<<20)
			h.must(err)
			return hash
		}
		_, err := h.Brand.Create(ctx, access.System, brand.Brand{ID: "halden", Name: "Halden", Categories: []string{"shoes"}, NiceClasses: []int{25}})
		h.must(err)
		_, err = h.Brand.AddPictures(ctx, access.System, "halden", brand.Upload{Content: drawing(t, 1, false)})
		h.must(err)
		second, otherOwn := h.maker(h.cohort(3), "Tide")
		second = h.walk(second, Applied, Screened, Visited, Admitted)
		theirs, err := h.Propose(ctx, otherOwn, second.ID, Proposal{Name: "Olmer", Classes: []int{25}, Logo: keep(drawing(t, 2, false))}, "")
		h.must(err)
		if theirs.Report.Logo != LogoCompared || len(theirs.Report.Conflicts) != 0 {
			t.Fatalf("a logo like none: %+v", theirs.Report)
		}
		_, err = h.Choose(ctx, otherOwn, theirs.ID, theirs.Version, "")
		h.must(err)
		for _, c := range []struct {
			logo []byte
			mark string
		}{{drawing(t, 1, false), "Halden"}, {drawing(t, 2, true), "Olmer"}, {drawing(t, 3, false), ""}} {
			p, err := h.Propose(ctx, own, m.ID, Proposal{Name: "Quivasto", Classes: []int{25}, Logo: keep(c.logo)}, "")
			h.must(err)
			found := slices.IndexFunc(p.Report.Conflicts, func(k Conflict) bool { return k.By.Logo > 0 })
			if p.Report.Logo != LogoCompared || p.Look == "" || (c.mark == "") != (found < 0) || found >= 0 && p.Report.Conflicts[found].Mark != c.mark {
				t.Errorf("%q: %+v", c.mark, p.Report)
			}
		}
		var blank bytes.Buffer
		h.must(png.Encode(&blank, image.NewGray(image.Rect(0, 0, 64, 64))))
		p, err := h.Propose(ctx, own, m.ID, Proposal{Name: "Quivasto", Classes: []int{25}, Logo: keep(blank.Bytes())}, "")
		h.must(err)
		if p.Report.Logo != LogoPlain || p.Look != "" {
			t.Errorf("a blank sheet: %+v", p.Report)
		}
		if _, err := h.Propose(ctx, own, m.ID, Proposal{Name: "Quivasto", Classes: []int{25}, Logo: keep([]byte("%PDF-1.7"))}, ""); !errors.Is(err, fault.Invalid) {
			t.Errorf("no picture: %v", err)
		}
	})
}

func TestMergedSearch(t *testing.T) {
	one, err := clearance.NewIndex([]clearance.Mark{{ID: "1", Name: "Halden", Classes: []int{25}}})
	if err != nil {
		t.Fatal(err)
	}
	two, err := clearance.NewIndex([]clearance.Mark{{ID: "2", Name: "Haldenn", Classes: []int{25}}, {ID: "3", Name: "Haldun", Classes: []int{3}}})
	if err != nil {
		t.Fatal(err)
	}
	asked := clearance.Proposal{Name: "Haldenn", Classes: []int{25}}
	both := clearance.Merge(2, one.Search(asked), two.Search(asked))
	if both.Name != "Haldenn" || both.Risk != clearance.High || len(both.Conflicts) != 2 || both.Conflicts[0].Mark.ID != "2" || both.Conflicts[1].Mark.ID != "1" {
		t.Errorf("%+v", both)
	}
}
