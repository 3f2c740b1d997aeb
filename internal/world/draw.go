package world

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// Pictures are drawn in a square of 1000 by 1000 units, the goods standing on the line y = 780, and placed on the canvas
// by one affine map, so that a crop, a flip or a tilt moves everything alike.

type point struct{ x, y float64 }

type path []point // closed

// tint is a colour with how much it covers.
type tint struct{ r, g, b, a float64 }

func rgb(hex uint32) tint {
	return tint{float64(hex >> 16 & 0xff), float64(hex >> 8 & 0xff), float64(hex & 0xff), 1}
}

// lit is the tint made lighter (up to 1) or darker (down to -1).
func (t tint) lit(by float64) tint {
	target := 255.0
	if by < 0 {
		target, by = 0, -by
	}
	return tint{t.r + (target-t.r)*by, t.g + (target-t.g)*by, t.b + (target-t.b)*by, t.a}
}

func (t tint) clear(alpha float64) tint { t.a = alpha; return t }

func (t tint) mixed(o tint, part float64) tint {
	return tint{t.r + (o.r-t.r)*part, t.g + (o.g-t.g)*part, t.b + (o.b-t.b)*part, t.a}
}

func (t tint) bright() float64 { return (t.r*299 + t.g*587 + t.b*114) / 255000 }

// canvas is the picture being drawn.
type canvas struct {
	img                *image.RGBA
	a, b, c, d, tx, ty float64 // x' = a·x + c·y + tx, y' = b·x + d·y + ty
	raster             vector.Rasterizer
	mask               image.Alpha
	light              float64 // what the photographer's lamp does to everything: 1 leaves it
}

func newCanvas(width, height int) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, width, height)), light: 1}
	c.look(point{500, 500}, float64(width)/1000, 0, false)
	return c
}

// look points the camera: middle is shown in the middle, scale pixels a unit, turned clockwise by angle radians.
func (c *canvas) look(middle point, scale, angle float64, flip bool) {
	sin, cos := math.Sincos(angle)
	c.a, c.b, c.c, c.d = scale*cos, scale*sin, -scale*sin, scale*cos
	if flip {
		c.a, c.c = -c.a, -c.c
	}
	size := c.img.Bounds().Size()
	c.tx = float64(size.X)/2 - c.a*middle.x - c.c*middle.y
	c.ty = float64(size.Y)/2 - c.b*middle.x - c.d*middle.y
}

func (c *canvas) at(p point) (x, y float64) {
	return c.a*p.x + c.c*p.y + c.tx, c.b*p.x + c.d*p.y + c.ty
}

// fill paints the inside of the paths with one tint.
func (c *canvas) fill(t tint, paths ...path) { c.shade(t, t, paths...) }

// shade paints the inside of the paths, from the first tint at the top to the second at the bottom.
func (c *canvas) shade(top, bottom tint, paths ...path) {
	left, upper, right, lower := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range paths {
		for _, pt := range p {
			x, y := c.at(pt)
			left, right, upper, lower = min(left, x), max(right, x), min(upper, y), max(lower, y)
		}
	}
	whole := image.Rect(int(math.Floor(left)), int(math.Floor(upper)), int(math.Ceil(right))+1, int(math.Ceil(lower))+1)
	box := whole.Intersect(c.img.Bounds())
	if box.Empty() {
		return
	}
	c.raster.Reset(box.Dx(), box.Dy())
	c.raster.DrawOp = draw.Src
	for _, p := range paths {
		for i, pt := range p {
			x, y := c.at(pt)
			fx, fy := float32(x-float64(box.Min.X)), float32(y-float64(box.Min.Y))
			if i == 0 {
				c.raster.MoveTo(fx, fy)
			} else {
				c.raster.LineTo(fx, fy)
			}
		}
		c.raster.ClosePath()
	}
	if need := box.Dx() * box.Dy(); cap(c.mask.Pix) < need {
		c.mask.Pix = make([]byte, need)
	} else {
		c.mask.Pix = c.mask.Pix[:need]
	}
	c.mask.Stride, c.mask.Rect = box.Dx(), image.Rect(0, 0, box.Dx(), box.Dy())
	c.raster.Draw(&c.mask, c.mask.Rect, image.Opaque, image.Point{})
	for y := range box.Dy() {
		part := (float64(y+box.Min.Y-whole.Min.Y) + 0.5) / float64(whole.Dy())
		c.blendRow(box.Min.X, box.Min.Y+y, c.mask.Pix[y*box.Dx():(y+1)*box.Dx()], top.mixed(bottom, part).clear(top.a+(bottom.a-top.a)*part))
	}
}

func (c *canvas) blendRow(x, y int, cover []byte, t tint) {
	r, g, b := c.exposed(t)
	alpha := uint32(t.a*256 + 0.5)
	row := c.img.Pix[c.img.PixOffset(x, y):]
	for i, m := range cover {
		if m == 0 {
			continue
		}
		a := (uint32(m) + uint32(m)>>7) * alpha >> 8 // 0 to 256
		pixel := row[i*4 : i*4+4 : i*4+4]
		if a >= 256 {
			pixel[0], pixel[1], pixel[2] = byte(r), byte(g), byte(b)
			continue
		}
		pixel[0] = byte((uint32(pixel[0])*(256-a) + r*a) >> 8)
		pixel[1] = byte((uint32(pixel[1])*(256-a) + g*a) >> 8)
		pixel[2] = byte((uint32(pixel[2])*(256-a) + b*a) >> 8)
	}
}

// exposed is what the lens makes of a tint: brighter or darker, never out of bounds.
func (c *canvas) exposed(t tint) (r, g, b uint32) {
	of := func(v float64) uint32 { return uint32(min(max(v*c.light, 0), 255)) }
	return of(t.r), of(t.g), of(t.b)
}

// backdrop fills the whole canvas from top to bottom.
func (c *canvas) backdrop(top, bottom tint) {
	size := c.img.Bounds().Size()
	for y := range size.Y {
		r, g, b := c.exposed(top.mixed(bottom, float64(y)/float64(size.Y)))
		row := c.img.Pix[y*c.img.Stride : y*c.img.Stride+size.X*4]
		pixel := color.RGBA{byte(r), byte(g), byte(b), 255}
		for x := 0; x < len(row); x += 4 {
			row[x], row[x+1], row[x+2], row[x+3] = pixel.R, pixel.G, pixel.B, 255
		}
	}
}

// glow lays a soft ellipse, dark for a shadow, light for a lamp; strength is its cover in the middle.
func (c *canvas) glow(t tint, x, y, rx, ry, strength float64) {
	cx, cy := c.at(point{x, y})
	scale := math.Hypot(c.a, c.b)
	rx, ry = rx*scale, ry*scale
	box := image.Rect(int(cx-rx), int(cy-ry), int(cx+rx)+1, int(cy+ry)+1).Intersect(c.img.Bounds())
	r, g, b := c.exposed(t)
	for py := box.Min.Y; py < box.Max.Y; py++ {
		dy := (float64(py) - cy) / ry
		row := c.img.Pix[c.img.PixOffset(box.Min.X, py):]
		for px := 0; px < box.Dx(); px++ {
			dx := (float64(px+box.Min.X) - cx) / rx
			d := 1 - dx*dx - dy*dy
			if d <= 0 {
				continue
			}
			a := uint32(d * d * strength * 256)
			pixel := row[px*4 : px*4+4 : px*4+4]
			pixel[0] = byte((uint32(pixel[0])*(256-a) + r*a) >> 8)
			pixel[1] = byte((uint32(pixel[1])*(256-a) + g*a) >> 8)
			pixel[2] = byte((uint32(pixel[2])*(256-a) + b*a) >> 8)
		}
	}
}

// smooth is a closed curve through the points (Catmull-Rom).
func smooth(coordinates ...float64) path {
	n := len(coordinates) / 2
	at := func(i int) point { i = (i + n) % n; return point{coordinates[2*i], coordinates[2*i+1]} }
	const steps = 10
	p := make(path, 0, n*steps)
	for i := range n {
		p = appendCurve(p, at(i-1), at(i), at(i+1), at(i+2), steps)
	}
	return p
}

func appendCurve(p path, a, b, c, d point, steps int) path {
	for s := range steps {
		t := float64(s) / float64(steps)
		of := func(a, b, c, d float64) float64 {
			return 0.5 * (2*b + (c-a)*t + (2*a-5*b+4*c-d)*t*t + (3*b-a-3*c+d)*t*t*t)
		}
		p = append(p, point{of(a.x, b.x, c.x, d.x), of(a.y, b.y, c.y, d.y)})
	}
	return p
}

// polygon has straight sides.
func polygon(coordinates ...float64) path {
	p := make(path, 0, len(coordinates)/2)
	for i := 0; i+1 < len(coordinates); i += 2 {
		p = append(p, point{coordinates[i], coordinates[i+1]})
	}
	return p
}

func ellipse(x, y, rx, ry float64) path {
	const corners = 48
	p := make(path, corners)
	for i := range p {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		p[i] = point{x + rx*cos, y + ry*sin}
	}
	return p
}

// box is a rectangle with round corners, given by its corners.
func box(left, top, right, bottom, radius float64) path {
	radius = min(radius, (right-left)/2, (bottom-top)/2)
	if radius <= 0 {
		return polygon(left, top, right, top, right, bottom, left, bottom)
	}
	p := make(path, 0, 36)
	for corner, middle := range []point{{right - radius, bottom - radius}, {left + radius, bottom - radius}, {left + radius, top + radius}, {right - radius, top + radius}} {
		for i := range 9 {
			sin, cos := math.Sincos(math.Pi / 2 * (float64(corner) + float64(i)/8))
			p = append(p, point{middle.x + radius*cos, middle.y + radius*sin})
		}
	}
	return p
}

// stroke is a line of some width through points, round at its ends.
func stroke(width float64, coordinates ...float64) []path {
	pts := polygon(coordinates...)
	return strokeOf(width, pts)
}

// curve is a stroke that bends smoothly through its points.
func curve(width float64, coordinates ...float64) []path {
	pts := polygon(coordinates...)
	var p path
	last := len(pts) - 1
	for i := range last {
		p = appendCurve(p, pts[max(i-1, 0)], pts[i], pts[i+1], pts[min(i+2, last)], 10)
	}
	return strokeOf(width, append(p, pts[last]))
}

// strokeOf walks along one side and back along the other, so that a line that bends covers nothing twice.
func strokeOf(width float64, pts path) []path {
	n := len(pts)
	out := make(path, 0, 2*n+18)
	normal := func(i int) point {
		a, b := pts[max(i-1, 0)], pts[min(i+1, n-1)]
		length := max(math.Hypot(b.x-a.x, b.y-a.y), 1e-9)
		return point{-(b.y - a.y) / length * width / 2, (b.x - a.x) / length * width / 2}
	}
	end := func(at point, from float64) {
		for i := range 7 {
			sin, cos := math.Sincos(from - math.Pi*float64(i)/6)
			out = append(out, point{at.x + cos*width/2, at.y + sin*width/2})
		}
	}
	for i := range n {
		o := normal(i)
		out = append(out, point{pts[i].x + o.x, pts[i].y + o.y})
	}
	o := normal(n - 1)
	end(pts[n-1], math.Atan2(o.y, o.x))
	for i := n - 1; i >= 0; i-- {
		o := normal(i)
		out = append(out, point{pts[i].x - o.x, pts[i].y - o.y})
	}
	o = normal(0)
	end(pts[0], math.Atan2(-o.y, -o.x))
	return []path{out}
}

// ring is a stroke around a closed path.
func ring(width float64, p path) []path {
	middle := point{}
	for _, pt := range p {
		middle.x += pt.x / float64(len(p))
		middle.y += pt.y / float64(len(p))
	}
	inner := make(path, len(p))
	for i, pt := range p {
		length := max(math.Hypot(pt.x-middle.x, pt.y-middle.y), 1e-9)
		by := max(1-width/length, 0)
		// Backwards, so that the inside is left out.
		inner[len(p)-1-i] = point{middle.x + (pt.x-middle.x)*by, middle.y + (pt.y-middle.y)*by}
	}
	return []path{p, inner}
}
