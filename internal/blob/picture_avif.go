package blob

import (
	"encoding/binary"
	"slices"

	"github.com/ownmark/ownmark/internal/fault"
)

// part is a box of an AVIF (ISO/IEC 14496-12, 4.2): its name, and what it holds.
type part struct {
	name string
	body []byte
}

// boxes are what content is made of, to its last byte.
func boxes(content []byte) (parts []part, err error) {
	for len(content) > 0 {
		if len(content) < 8 {
			return nil, damaged
		}
		size, head := uint64(binary.BigEndian.Uint32(content)), uint64(8)
		switch {
		case size == 0: // to the end
			size = uint64(len(content))
		case size == 1 && len(content) >= 16:
			size, head = binary.BigEndian.Uint64(content[8:]), 16
		}
		if size < head || size > uint64(len(content)) {
			return nil, damaged
		}
		parts = append(parts, part{string(content[4:8]), content[head:size]})
		content = content[size:]
	}
	return parts, nil
}

// only is the box of a name, which must stand there once and hold at least so many bytes.
func only(parts []part, name string, least int) ([]byte, error) {
	var found []byte
	for _, p := range parts {
		if p.name == name {
			if found != nil || len(p.body) < least {
				return nil, damaged
			}
			found = p.body
		}
	}
	if found == nil {
		return nil, damaged
	}
	return found, nil
}

// inside are the boxes in the box of a name, after skip bytes.
func inside(parts []part, name string, skip int) ([]part, error) {
	body, err := only(parts, name, skip)
	if err != nil {
		return nil, err
	}
	return boxes(body[skip:])
}

// walkAVIF goes through the boxes that say how large the picture is (ISO/IEC 23008-12): of its properties, those that belong to
// the primary item. Every size said anywhere is held against the bounds.
func walkAVIF(content []byte) (Picture, error) {
	file, err := boxes(content)
	if err != nil {
		return Picture{}, err
	}
	brands := file[0].body // the major one, four bytes of version, then the others
	if len(brands) < 8 || len(brands)%4 != 0 {
		return Picture{}, damaged
	}
	named := func(want string) bool {
		for at := 0; at < len(brands); at += 4 {
			if at != 4 && string(brands[at:at+4]) == want {
				return true
			}
		}
		return false
	}
	if slices.ContainsFunc(file, func(p part) bool { return p.name == "moov" }) {
		return Picture{}, fault.Invalid.Say("Animated AVIF pictures cannot be read. Save it as one picture.")
	}
	if !named("avif") {
		return Picture{}, unknown
	}
	meta, err := inside(file, "meta", 4)
	if err != nil {
		return Picture{}, err
	}
	about, err := inside(meta, "iprp", 0)
	if err != nil {
		return Picture{}, err
	}
	properties, err := inside(about, "ipco", 0)
	if err != nil {
		return Picture{}, err
	}
	for _, p := range properties {
		if p.name == "ispe" {
			if err := new(Picture).extent(p.body); err != nil {
				return Picture{}, err
			}
		}
	}
	own, err := primary(meta, about)
	if err != nil {
		return Picture{}, err
	}
	p := Picture{Format: "avif"}
	for _, k := range own {
		if k > len(properties) {
			return Picture{}, damaged
		}
		if k > 0 && properties[k-1].name == "ispe" && p.Frames == 0 {
			if err := p.extent(properties[k-1].body); err != nil {
				return Picture{}, err
			}
		}
	}
	if p.Frames == 0 {
		return Picture{}, damaged
	}
	if _, err := only(file, "mdat", 1); err != nil && !slices.ContainsFunc(meta, func(p part) bool { return p.name == "idat" }) {
		return Picture{}, err
	}
	return p, nil
}

// extent adds the frame that an ispe describes.
func (p *Picture) extent(body []byte) error {
	if len(body) != 12 {
		return damaged
	}
	return p.frame(int(min(binary.BigEndian.Uint32(body[4:]), 1<<30)), int(min(binary.BigEndian.Uint32(body[8:]), 1<<30)))
}

// primary are the numbers, from 1, of the properties of the item that pitm names, as ipma has them.
func primary(meta, about []part) (own []int, err error) {
	pitm, err := only(meta, "pitm", 6)
	if err != nil {
		return nil, err
	}
	item := uint32(binary.BigEndian.Uint16(pitm[4:]))
	if pitm[0] > 0 {
		if len(pitm) < 8 {
			return nil, damaged
		}
		item = binary.BigEndian.Uint32(pitm[4:])
	}
	ipma, err := only(about, "ipma", 8)
	if err != nil {
		return nil, err
	}
	version, wide := ipma[0], ipma[3]&1 == 1
	rest := ipma[8:]
	// next takes a number of n bytes off rest.
	next := func(n int) (v uint32) {
		if err != nil || len(rest) < n {
			err = damaged
			return 0
		}
		for _, b := range rest[:n] {
			v = v<<8 | uint32(b)
		}
		rest = rest[n:]
		return v
	}
	for range binary.BigEndian.Uint32(ipma[4:]) {
		id := next(2 + 2*min(1, int(version)))
		for range next(1) {
			var k uint32
			if wide {
				k = next(2) & 0x7fff
			} else {
				k = next(1) & 0x7f
			}
			if id == item {
				own = append(own, int(k))
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return own, nil
}
