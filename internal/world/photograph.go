package world

import (
	"fmt"
	"image"
	"math"
	"strings"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

var colourTints = map[string]uint32{
	"black": 0x2b2c30, "white": 0xf2f1ed, "grey": 0x9a9ea5, "navy": 0x27395f, "red": 0xb5352f, "green": 0x3f6b4f,
	"beige": 0xd9c6a5, "brown": 0x7d5236, "pink": 0xe3a6b1, "blue": 0x6fa3d3, "yellow": 0xe2b437, "orange": 0xd9752f,
}

// accents go with any colour: sole, lining, handles, lids.
var accents = []uint32{0xf4f2ee, 0xe9e4d8, 0x34363b, 0xc9a27a, 0xb9c2cc, 0x5d6a78, 0xd8b26a, 0x8c3b35}

// subject is what a silhouette draws from: the canvas, the model's tints and its proportions.
type subject struct {
	*canvas
	main, second, third tint
	mark                byte
	covered             bool
	proportions         chance // the model's, equal in each of its pictures
}

// between is a proportion of the model.
func (s *subject) between(low, high float64) float64 {
	return low + (high-low)*float64(s.proportions.n(1024))/1023
}

// draw takes the picture: a scene, the goods in it, and what was done to the picture afterwards. It is so many times smaller a side than what a
// listing shows.
func (p photo) draw(smaller int) *image.RGBA {
	shot := newChance(uint64(p.master), "photo "+string(p.scene), uint64(p.look))
	width := []int{640, 640, 600, 720}[p.edit>>8&3] / smaller
	height := width
	if p.scene == 'h' { // telephones are held upright
		width = width * 4 / 5
	}
	c := newCanvas(width, height)
	// A crop takes off up to a tenth of each side; what was done to the picture moves background and goods together.
	crop := 1 + float64(p.edit>>5&7)*0.025
	shift := point{float64(p.edit>>12&3)*12 - 18, float64(p.edit>>13&3)*12 - 18}
	if p.edit == 0 || p.edit == editCovered {
		shift = point{}
	}
	c.light = []float64{1, 1.06, 0.94, 1.1, 0.9, 1.03, 0.97, 1.14}[p.edit>>2&7]
	scale := float64(width) / 1000
	flip := p.edit&editFlip != 0
	middle := point{500 + shift.x, 500 + shift.y}

	c.look(middle, scale*crop, 0, flip)
	zoom, angle, place := 1.0, 0.0, point{}
	switch p.scene {
	case 'o':
		zoom, angle = 0.86+float64(shot.n(18))/100, float64(shot.n(21)-10)*0.014
		place = point{float64(shot.n(90) - 45), float64(shot.n(70) - 35)}
		c.backdrop(rgb(0xffffff), rgb(0xf3f3f3))
		// Lamps behind the paper: goods of one kind on nothing but white would all be one picture to a hash.
		for range 3 {
			c.glow(rgb(0xaab3bd), float64(shot.n(1000)), float64(shot.n(1000)), float64(shot.between(180, 420)), float64(shot.between(180, 420)), 0.75)
		}
	case 's':
		zoom, angle = 0.86+float64(shot.n(22))/100, float64(shot.n(21)-10)*0.012
		place = point{float64(shot.n(60) - 30), float64(shot.n(40) - 20)}
		c.studio(&shot)
	case 'h':
		zoom, angle = 0.8+float64(shot.n(30))/100, float64(shot.n(21)-10)*0.011
		place = point{float64(shot.n(80) - 40), float64(shot.n(60) - 30)}
		c.home(&shot)
	}
	// The goods are turned and moved within the scene, then the whole is cropped.
	c.look(point{middle.x - place.x, middle.y - place.y}, scale*crop*zoom, angle, flip)
	s := p.subject(c)
	if s.main.bright() > 0.85 && p.scene == 'o' { // white goods on white need an edge to be seen
		s.glow(rgb(0x8b95a3), 500, 540, 560, 460, 0.34)
	}
	silhouettes[p.kind.name](s)
	c.look(middle, scale*crop, 0, flip)
	c.retouch(p.edit, &shot)
	return c.img
}

func (p photo) subject(c *canvas) *subject {
	s := &subject{canvas: c, mark: byte(p.look >> 24), covered: p.edit&editCovered != 0}
	s.proportions = newChance(uint64(p.look), "model", 0)
	s.main = rgb(colourTints[colours[p.colour]])
	s.second = rgb(accents[s.proportions.n(len(accents))])
	s.third = rgb(accents[s.proportions.n(len(accents))])
	if d := s.main.bright() - s.second.bright(); math.Abs(d) < 0.14 {
		s.second = s.main.lit(0.45)
		if s.main.bright() > 0.6 {
			s.second = s.main.lit(-0.42)
		}
	}
	return s
}

// studio is coloured paper, bent where the wall meets the table.
func (c *canvas) studio(shot *chance) {
	paper := rgb(pick(shot, []uint32{0xe8e4dc, 0xdfe6ea, 0xf0e6e1, 0xe3e8df, 0xd8dbe2, 0xefe9d6, 0xcdd5d8, 0xf5f3f0, 0xb9c4c9, 0xe7d7c9}))
	c.backdrop(paper.lit(-0.04), paper.lit(0.22))
	horizon := float64(shot.between(560, 720))
	c.shade(paper.lit(0.12), paper.lit(-0.08), polygon(-300, horizon, 1300, horizon, 1300, 1400, -300, 1400))
	c.glow(paper.lit(0.16), 500, horizon, 1000, 46, 0.8)
	c.glow(rgb(0xffffff), float64(shot.between(150, 850)), 160, 640, 520, 0.4)
	switch shot.n(5) {
	case 0: // a round table
		c.shade(paper.lit(-0.2), paper.lit(-0.1), ellipse(500, 800, 470, 130))
		c.fill(paper.lit(-0.02), ellipse(500, 788, 466, 122))
	case 1: // a block to one side
		x := float64(shot.between(20, 120))
		c.shade(paper.lit(-0.14), paper.lit(-0.26), box(x, 480, x+150, 800, 6))
		c.fill(paper.lit(-0.06), polygon(x, 480, x+40, 450, x+190, 450, x+150, 480))
	case 2: // a round window of light
		c.glow(rgb(0xffffff), float64(shot.between(250, 750)), 330, 330, 300, 0.55)
	}
}

// home is a floor, a bed or a desk.
func (c *canvas) home(shot *chance) {
	switch shot.n(4) {
	case 0: // boards
		wood := rgb(pick(shot, []uint32{0xb98d62, 0xa87c55, 0xc7a27a, 0x8a6a4d}))
		c.backdrop(wood.lit(0.1), wood.lit(-0.06))
		for i := range 9 {
			x := float64(i)*160 - 250
			c.fill(wood.lit(float64(shot.n(16)-8)/100), polygon(x, -300, x+156, -300, x+156, 1400, x, 1400))
			c.fill(wood.lit(-0.35).clear(0.6), polygon(x+156, -300, x+160, -300, x+160, 1400, x+156, 1400))
			y := float64(shot.between(-100, 1000))
			c.fill(wood.lit(-0.3).clear(0.5), polygon(x, y, x+156, y, x+156, y+4, x, y+4))
		}
	case 1: // a blanket with checks
		cloth := rgb(pick(shot, []uint32{0x7b8da3, 0xa58d8d, 0x8d9b84, 0xb4a58e}))
		c.backdrop(cloth.lit(0.15), cloth)
		for i := range 9 {
			at := float64(i)*170 - 280
			// Each strip by itself: filled together they would cost the whole canvas.
			c.fill(cloth.lit(-0.2).clear(0.5), polygon(at, -300, at+70, -300, at+70, 1400, at, 1400))
			c.fill(cloth.lit(-0.2).clear(0.5), polygon(-300, at, 1400, at, 1400, at+70, -300, at+70))
			c.fill(cloth.lit(0.45).clear(0.4), polygon(at+110, -300, at+118, -300, at+118, 1400, at+110, 1400))
			c.fill(cloth.lit(0.45).clear(0.4), polygon(-300, at+110, 1400, at+110, 1400, at+118, -300, at+118))
		}
	case 2: // tiles
		tile := rgb(pick(shot, []uint32{0xd5d2cb, 0xc9ced1, 0xcbbfae}))
		c.backdrop(tile.lit(-0.25), tile.lit(-0.3))
		for row := range 6 {
			for column := range 6 {
				x, y := float64(column)*260-330, float64(row)*260-330
				c.fill(tile.lit(float64(shot.n(10)-5)/100), box(x, y, x+252, y+252, 6))
			}
		}
	default: // a desk against a wall
		wall := rgb(pick(shot, []uint32{0xd9dcd6, 0xe6ddcf, 0xc8d3d8, 0xe4d3d0}))
		desk := rgb(pick(shot, []uint32{0xe9e6e0, 0x8f6c4a, 0x5b5048, 0xc9a882}))
		c.backdrop(wall.lit(-0.05), wall.lit(0.05))
		c.shade(desk.lit(0.1), desk.lit(-0.12), polygon(-300, 600, 1300, 600, 1300, 1500, -300, 1500))
		c.fill(desk.lit(-0.4).clear(0.5), polygon(-300, 600, 1300, 600, 1300, 606, -300, 606))
		x := float64(shot.between(640, 860))
		c.shade(wall.lit(-0.3), wall.lit(-0.45), box(x, 300, x+180, 600, 12))
		c.fill(wall.lit(0.3), box(x+14, 314, x+166, 586, 6))
	}
	// Daylight from one side, and the dusk of a room away from it.
	c.glow(rgb(0xfff6e0), float64(shot.between(-100, 300)), 100, 900, 800, 0.28)
	c.glow(rgb(0x1c1a22), 1150, 1100, 900, 900, 0.3)
}

// retouch is what was done to the picture after it was taken.
func (c *canvas) retouch(edit uint16, shot *chance) {
	size := c.img.Bounds().Size()
	plainly := newCanvas(1, 1)
	plainly.img, plainly.light = c.img, 1
	plainly.look(point{500, 500 * float64(size.Y) / float64(size.X)}, float64(size.X)/1000, 0, false)
	bottom := 1000 * float64(size.Y) / float64(size.X)
	if edit&editBorder != 0 {
		t := rgb([]uint32{0xffffff, 0xc23a2e, 0x20242b, 0xe0b23c}[edit>>12&3])
		for _, side := range []path{box(0, 0, 1000, 26, 0), box(0, bottom-26, 1000, bottom, 0), box(0, 26, 26, bottom-26, 0), box(974, 26, 1000, bottom-26, 0)} {
			plainly.fill(t, side)
		}
	}
	if edit == 0 || edit == editCovered {
		return
	}
	mine := newChance(uint64(edit), "watermark", 0)
	word := handle(&mine)
	switch edit >> 10 & 3 {
	case 1: // across the picture
		for i := range 3 {
			plainly.word(strings.ToUpper(word), point{120 + float64(i)*150, 330 + float64(i)*bottom/4}, 74, -0.4, rgb(0xffffff).clear(0.42))
		}
	case 2: // a label in a corner
		label := pick(&mine, []string{"REAL PHOTO", "IN STOCK", "FAST SHIP", "NEW", word})
		wide := 34*float64(len(label)) + 60
		plainly.fill(rgb(pick(&mine, []uint32{0xc23a2e, 0x1f6f54, 0x24262b, 0xd08a1e})).clear(0.92), box(36, 40, 36+wide, 120, 14))
		plainly.word(label, point{66, 98}, 50, 0, rgb(0xffffff))
	case 3: // the shop's name at the foot
		plainly.word(fmt.Sprintf("%s.example", strings.ToLower(word)), point{600, bottom - 44}, 46, 0, rgb(0x30343a).clear(0.6))
	}
}

var lettering = sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(gobold.TTF) })

// word writes Latin text with its base line's start at a point; size is the height of the type.
func (c *canvas) word(text string, at point, size, angle float64, t tint) {
	face, err := lettering()
	if err != nil { // the font is part of the module; without it pictures go without words
		return
	}
	var buffer sfnt.Buffer
	em := fixed.I(1000)
	sin, cos := math.Sincos(angle)
	x := 0.0
	for _, r := range text {
		glyph, err := face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		segments, err := face.LoadGlyph(&buffer, glyph, em, nil)
		if err != nil {
			continue
		}
		place := func(p fixed.Point26_6) point {
			gx, gy := x+float64(p.X)/64000*size, float64(p.Y)/64000*size
			return point{at.x + gx*cos - gy*sin, at.y + gx*sin + gy*cos}
		}
		var paths []path
		var p path
		for _, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if len(p) > 0 {
					paths = append(paths, p)
				}
				p = path{place(s.Args[0])}
			case sfnt.SegmentOpLineTo:
				p = append(p, place(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				from, via, to := p[len(p)-1], place(s.Args[0]), place(s.Args[1])
				for i := 1; i <= 4; i++ {
					k := float64(i) / 4
					p = append(p, point{from.x*(1-k)*(1-k) + 2*via.x*k*(1-k) + to.x*k*k, from.y*(1-k)*(1-k) + 2*via.y*k*(1-k) + to.y*k*k})
				}
			case sfnt.SegmentOpCubeTo:
				p = append(p, place(s.Args[2]))
			}
		}
		if len(p) > 0 {
			paths = append(paths, p)
		}
		if len(paths) > 0 {
			c.fill(t, paths...)
		}
		advance, err := face.GlyphAdvance(&buffer, glyph, em, 0)
		if err == nil {
			x += float64(advance) / 64000 * size
		}
	}
}

// logo puts the maker's mark on the goods: two or three plain shapes that are nobody's sign. Goods without a maker's
// name have none. Where the mark is covered there is a patch.
func (s *subject) logo(x, y, size float64, t tint) {
	if s.covered {
		for row := range 3 {
			for column := range 4 {
				s.fill(s.main.lit(float64((row*5+column*3+int(s.mark))%7-3)/12), box(x-size+float64(column)*size/2, y-size*0.75+float64(row)*size/2, x-size/2+float64(column)*size/2, y-size*0.25+float64(row)*size/2, 0))
			}
		}
		return
	}
	if s.mark == 0 {
		return
	}
	m := newChance(uint64(s.mark), "mark", 0)
	half := size / 2
	switch m.n(6) {
	case 0: // a lozenge over a dot
		s.fill(t, polygon(x, y-half, x+half*0.7, y-half*0.2, x, y+half*0.4, x-half*0.7, y-half*0.2), ellipse(x, y+half*0.72, half*0.2, half*0.2))
	case 1: // two half rounds, set apart
		s.fill(t, half180(x, y-half*0.12, half*0.8, true), half180(x+half*0.2, y+half*0.12, half*0.8, false))
	case 2: // a window with one pane out of place
		s.fill(t, box(x-half*0.8, y-half*0.8, x-half*0.06, y-half*0.06, 3), box(x+half*0.1, y-half*0.5, x+half*0.7, y-half*0.06, 3), box(x-half*0.5, y+half*0.1, x+half*0.3, y+half*0.7, half*0.4))
	case 3: // a stair
		s.fill(t, polygon(x-half, y+half*0.6, x-half, y+half*0.1, x-half*0.3, y+half*0.1, x-half*0.3, y-half*0.3, x+half*0.4, y-half*0.3, x+half*0.4, y-half*0.7, x+half, y-half*0.7, x+half, y+half*0.6))
	case 4: // a seed in an open ring
		s.fill(t, curve(half*0.26, x-half*0.6, y+half*0.5, x-half*0.8, y-half*0.3, x, y-half*0.8, x+half*0.8, y-half*0.2)...)
		s.fill(t, smooth(x-half*0.1, y-half*0.2, x+half*0.5, y+half*0.2, x+half*0.3, y+half*0.6, x-half*0.2, y+half*0.3))
	default: // three tiles
		s.fill(t, box(x-half, y-half*0.2, x-half*0.3, y+half*0.5, 4), box(x-half*0.15, y-half*0.7, x+half*0.45, y-half*0.1, 4), box(x-half*0.1, y+half*0.1, x+half*0.8, y+half*0.5, 4))
	}
}

func half180(x, y, radius float64, up bool) path {
	p := make(path, 17)
	for i := range p {
		sin, cos := math.Sincos(math.Pi * float64(i) / 16)
		if up {
			sin = -sin
		}
		p[i] = point{x + radius*cos, y + radius*sin}
	}
	return p
}
