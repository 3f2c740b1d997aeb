package photo

import "image"

// Views are the hashes of one picture: those to keep in an Index under its id, and those to ask with for pictures like it.
//
// A picture was perhaps turned, mirrored, framed or cropped since it was kept, or the kept one since it was made. Turning and
// mirroring are undone by asking; frames by trimming on both sides; crops by keeping, beside the whole, the parts that are
// left when a tenth goes from the middle or from a corner, because a hash of the whole is blind to more than about 3 %.
type Views struct {
	Hash    Hash
	Quality int    // of Hash; see Poor
	Keep    []Hash // Hash first
	Ask     []Hash // Hash first
}

// kept is the share of each side that the parts kept of a picture have.
const kept = 0.9

// Look is the views of a picture. Those that say too little to be matched are left out; when Quality is poor, all but Hash,
// which should then be neither kept nor asked for.
func Look(m image.Image) Views {
	all, quality := All(m)
	v := Views{Hash: all[0], Quality: quality, Keep: all[:1:1], Ask: all[:]}
	if quality <= Poor {
		v.Ask = all[:1:1]
		return v
	}
	if trimmed := Trim(m); trimmed.Bounds() != m.Bounds() {
		if all, quality := All(trimmed); quality > Poor {
			v.Keep = append(v.Keep, all[0])
			v.Ask = append(v.Ask, all[:]...)
		}
	}
	for _, at := range crops(m.Bounds()) {
		if h, quality := Of(cut(m, at)); quality > Poor {
			v.Keep = append(v.Keep, h)
		}
	}
	return v
}

// crops are the middle of a picture and its four corners.
func crops(at image.Rectangle) []image.Rectangle {
	width, height := int(kept*float64(at.Dx())), int(kept*float64(at.Dy()))
	right, bottom := at.Dx()-width, at.Dy()-height
	var all []image.Rectangle
	for _, from := range []image.Point{{right / 2, bottom / 2}, {0, 0}, {right, 0}, {0, bottom}, {right, bottom}} {
		all = append(all, image.Rectangle{Max: image.Pt(width, height)}.Add(at.Min).Add(from))
	}
	return all
}
