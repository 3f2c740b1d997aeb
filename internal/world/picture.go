package world

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
)

// photo is a picture of a listing before it is drawn. All of it is in its reference, so no picture is stored.
type photo struct {
	kind   *kind
	look   uint32 // the model's
	colour int    // into colours
	scene  byte   // 'o' the brand's own, on white; 's' a shop's studio; 'h' somebody's home
	master uint16 // which photograph: angle, light, background
	edit   uint16 // what was done to it since; 0 for nothing
}

// The bits of an edit.
const (
	editFlip    = 1 << 0
	editBorder  = 1 << 1
	editCovered = 1 << 15 // the mark is covered
	// 2-4 brightness, 5-7 crop, 8-9 size, 10-11 watermark, 12-14 shift of the crop.
)

func (p photo) ref() string {
	return fmt.Sprintf("sim/%s-%08x-%x-%c%04x-%04x.jpg", p.kind.name, p.look, p.colour, p.scene, p.master, p.edit)
}

// parsePhoto reads a reference. Only what ref writes is accepted.
func parsePhoto(ref string) (photo, error) {
	unknown := fault.NotFound.Say("There is no such picture.").At("picture")
	name, ok := strings.CutPrefix(ref, "sim/")
	if !ok || len(name) > 64 {
		return photo{}, unknown
	}
	parts := strings.Split(strings.TrimSuffix(name, ".jpg"), "-")
	if len(parts) != 5 || len(parts[3]) != 5 {
		return photo{}, unknown
	}
	p := photo{kind: kindNamed(parts[0]), scene: parts[3][0]}
	look, err1 := strconv.ParseUint(parts[1], 16, 32)
	colour, err2 := strconv.ParseUint(parts[2], 16, 8)
	master, err3 := strconv.ParseUint(parts[3][1:], 16, 16)
	edit, err4 := strconv.ParseUint(parts[4], 16, 16)
	if p.kind == nil || err1 != nil || err2 != nil || err3 != nil || err4 != nil || colour >= uint64(len(colours)) || !strings.ContainsRune("osh", rune(p.scene)) {
		return photo{}, unknown
	}
	p.look, p.colour, p.master, p.edit = uint32(look), int(colour), uint16(master), uint16(edit)
	if p.ref() != ref {
		return photo{}, unknown
	}
	return p, nil
}

// Picture draws the picture a listing refers to, as JPEG of at most 720 pixels a side. The same reference gives the same
// picture; bytes may differ by platform in the last bit of a colour. Returns fault.NotFound for any other reference.
func (w *World) Picture(ref string) ([]byte, error) { return pictureOf(ref, 1) }

// Preview is Picture half as large a side, in a quarter of the time.
func (w *World) Preview(ref string) ([]byte, error) { return pictureOf(ref, 2) }

// Thumbnail is Picture a fifth as large a side: enough to know the picture by.
func (w *World) Thumbnail(ref string) ([]byte, error) { return pictureOf(ref, 5) }

func pictureOf(ref string, smaller int) ([]byte, error) {
	p, err := parsePhoto(ref)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(48 << 10)
	if err := jpeg.Encode(&out, p.draw(smaller), &jpeg.Options{Quality: 84}); err != nil {
		return nil, fmt.Errorf("picture %s: %w", ref, err)
	}
	return out.Bytes(), nil
}

// official is whose pictures the brands' own are.
func official() uint64 { return hashOf("official") }

// photo is shot number n of the goods in a scene, by whose pictures it is one of.
func (m model) photo(scene byte, master uint64, colour, n int) photo {
	p := photo{kind: m.kind, look: m.look, colour: colour, scene: scene}
	p.master = uint16(hashOf(strconv.FormatUint(master, 16), strconv.FormatUint(uint64(m.look), 16), p.kind.name, strconv.Itoa(n)))
	return p
}

// BrandPicture is one of a brand's own pictures of its goods.
type BrandPicture struct {
	Brand   brand.ID
	Ref     string
	Caption string
}

// modelsPublished is of how many of its models a brand publishes pictures; more would make the demo wait for them.
const modelsPublished = 3

// BrandPictures are the pictures that the brands whose goods are copied publish of them: a few models, each in the colour that is sold most, the shot
// that every shop of theirs begins with. Their shops show it as it is, and so do some who resell; some who sell copies show it too, edited as they
// edit all.
func (w *World) BrandPictures() []BrandPicture {
	sought := map[int]bool{}
	for _, brands := range w.goods.copied {
		for _, i := range brands {
			sought[i] = true
		}
	}
	var all []BrandPicture
	for _, i := range slices.Sorted(maps.Keys(sought)) {
		b := &w.goods.brands[i]
		for _, m := range b.models[:min(len(b.models), modelsPublished)] {
			all = append(all, BrandPicture{b.ID, m.photo('o', official(), m.mainColour(), 0).ref(), strings.TrimSpace(b.Name + " " + m.latin)})
		}
	}
	return all
}

// pictures are the references of an offer's pictures, up to five. Accounts of one workshop show the same photographs, each
// account with an edit of its own.
func pictures(c *chance, o *offer, colour int) []string {
	if c.percent(2) {
		return nil
	}
	count := c.small(1, 5)
	if o.shots != 'h' {
		count = c.between(1, 4)
	}
	refs := make([]string, 0, count)
	for n := range count {
		p := o.model.photo(o.shots, o.master, colour, n)
		edit := hashOf("edit", string(o.seller.Account.ID), strconv.FormatUint(uint64(o.model.look), 16))
		// The brand's shops show its pictures as they are, people at home do not edit, and a third of the others do not bother.
		if o.seller.Kind != Authorised && o.shots != 'h' && edit%3 != 0 {
			p.edit = uint16(edit>>8) &^ editCovered
			if edit>>40%4 != 0 {
				p.edit &^= editFlip
			}
			if edit>>42%5 != 0 {
				p.edit &^= editBorder
			}
		}
		if o.tactic == LogoHidden {
			p.edit |= editCovered
		}
		if ref := p.ref(); !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}
