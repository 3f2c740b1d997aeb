package photo

import "image"

// Views are the hashes of one picture that undo what sellers do to pictures, save cropping: see Parts.
//
// To find pictures that are the same, Add each of Keep to an Index under the picture's id, and look up each of Ask. Turning and
// mirroring are undone by asking, eight hashes for one kept; borders by trimming both what is kept and what is asked for. A
// look-up so costs eight times that of a hash, sixteen times when the picture has a border.
type Views struct {
	Hash    Hash
	Quality int    // of Hash; when it is Poor or less, Hash should be neither kept nor asked for
	Keep    []Hash // Hash, and that of the trimmed picture where it differs
	Ask     []Hash // those and their rotations and reflections
}

// Look is the views of a picture. Hashes that say too little to be matched are not in Keep and Ask, which may be empty.
func Look(m image.Image) (v Views) {
	all, quality := All(m)
	v.Hash, v.Quality = all[0], quality
	add := func(all [8]Hash, quality int) {
		if quality > Poor {
			v.Keep = append(v.Keep, all[0])
			v.Ask = append(v.Ask, all[:]...)
		}
	}
	add(all, quality)
	if trimmed := Trim(m); trimmed.Bounds() != m.Bounds() {
		add(All(trimmed))
	}
	return v
}

// Parts are the hashes of what is left of a picture when a tenth of its width, height or both is cropped: from the middle,
// from each corner, and from each side. A hash of the whole is blind to a crop of as little as a twentieth. Who keeps them
// beside Views.Keep, for pictures whose copies matter most, finds copies so cropped, within about two hundredths a side, for nine more
// places in the Index. Those that say too little are left out.
func Parts(m image.Image) (parts []Hash) {
	at := m.Bounds()
	x, y := at.Dx()/10, at.Dy()/10
	for _, off := range [][4]int{ // left, top, right, bottom
		{x / 2, y / 2, x - x/2, y - y/2},
		{0, 0, x, y}, {x, 0, 0, y}, {0, y, x, 0}, {x, y, 0, 0},
		{x, 0, 0, 0}, {0, y, 0, 0}, {0, 0, x, 0}, {0, 0, 0, y},
	} {
		left := image.Rect(at.Min.X+off[0], at.Min.Y+off[1], at.Max.X-off[2], at.Max.Y-off[3])
		if h, quality := Of(cut(m, left)); quality > Poor {
			parts = append(parts, h)
		}
	}
	return parts
}
