package photo

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"  // for image.Decode
	_ "image/jpeg" // for image.Decode
	_ "image/png"  // for image.Decode
	"io"

	_ "golang.org/x/image/webp" // for image.Decode
)

// Bounds are what a picture may not exceed. Nothing is within the zero value.
type Bounds struct {
	Bytes  int64 // as it comes
	Pixels int   // of one frame
}

var (
	// ErrTooLarge is of a picture over the bounds.
	ErrTooLarge = errors.New("the picture is too large")

	errDamaged = errors.New("the picture is damaged")
)

// mostScans is how often a progressive JPEG may go over all of itself; encoders write about ten scans.
const mostScans = 100

// Decode reads a JPEG, PNG, WebP, AVIF or GIF, of which the first frame, and turns it upright as its EXIF data or, in an AVIF, its
// boxes say. What it says of its size is held against the bounds before anything is decoded; that is ErrTooLarge. Any
// other error is of a picture that is damaged or of no kind it knows. The context stops the decoding of an AVIF; the others
// take a time that their bounds bound.
//
// Who takes pictures from strangers and keeps them should look at all their parts first: Decode sees only what it needs.
func Decode(ctx context.Context, r io.Reader, bounds Bounds) (image.Image, error) {
	content, err := io.ReadAll(io.LimitReader(r, bounds.Bytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > bounds.Bytes {
		return nil, ErrTooLarge
	}
	if len(content) >= 12 && string(content[4:8]) == "ftyp" {
		return decodeAVIF(ctx, content, bounds.Pixels)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if config.Width <= 0 || config.Height <= 0 {
		return nil, errDamaged
	}
	if config.Width > bounds.Pixels || config.Height > bounds.Pixels/config.Width {
		return nil, ErrTooLarge
	}
	if format == "jpeg" && bytes.Count(content, []byte{0xff, 0xda}) > mostScans {
		return nil, fmt.Errorf("%w: over %d scans", errDamaged, mostScans)
	}
	m, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return turn(m, orientation(content, format)), nil
}

// orientation is what the tag of that name in the picture's EXIF data says, 1 to 8: 1 is upright, also where nothing is said.
func orientation(content []byte, format string) int {
	switch format {
	case "jpeg": // ITU T.81, annex B; the data stands in a segment APP1 before the first scan
		for at := 2; at+4 <= len(content) && content[at] == 0xff && content[at+1] != 0xda; {
			if content[at+1] == 0xff { // fill
				at++
				continue
			}
			length := int(binary.BigEndian.Uint16(content[at+2:]))
			if length < 2 || at+2+length > len(content) {
				return 1
			}
			if body := content[at+4 : at+2+length]; content[at+1] == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
				return orientationTag(body[6:])
			}
			at += 2 + length
		}
	case "png": // chunk eXIf
		for at := 8; at+12 <= len(content); {
			length := uint64(binary.BigEndian.Uint32(content[at:]))
			if length > uint64(len(content)-at-12) {
				return 1
			}
			if string(content[at+4:at+8]) == "eXIf" {
				return orientationTag(content[at+8 : at+8+int(length)])
			}
			at += 12 + int(length)
		}
	case "webp": // chunk EXIF
		for at := 12; at+8 <= len(content); {
			length := uint64(binary.LittleEndian.Uint32(content[at+4:]))
			if length > uint64(len(content)-at-8) {
				return 1
			}
			if string(content[at:at+4]) == "EXIF" {
				return orientationTag(bytes.TrimPrefix(content[at+8:at+8+int(length)], []byte("Exif\x00\x00")))
			}
			at += 8 + int(length+length%2)
		}
	}
	return 1
}

// orientationTag reads the tag 0x0112 from TIFF's first directory (TIFF 6.0, section 2).
func orientationTag(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		const short = 3
		if order.Uint16(entries) == 0x0112 && order.Uint16(entries[2:]) == short && order.Uint32(entries[4:]) == 1 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// turn is the picture upright, without copying it.
func turn(m image.Image, orientation int) image.Image {
	if orientation == 1 {
		return m
	}
	return &upright{m, orientation}
}

// upright is a picture seen as its orientation says.
type upright struct {
	image.Image
	orientation int // 2 to 8
}

// Bounds begin at 0.
func (u *upright) Bounds() image.Rectangle {
	at := u.Image.Bounds()
	if u.orientation >= 5 {
		return image.Rect(0, 0, at.Dy(), at.Dx())
	}
	return image.Rect(0, 0, at.Dx(), at.Dy())
}

// At follows EXIF 2.32, 4.6.4: the orientation says which side of what is seen row 0 and column 0 of what is kept are.
func (u *upright) At(x, y int) color.Color {
	at := u.Image.Bounds()
	right, bottom := at.Dx()-1, at.Dy()-1
	switch u.orientation {
	case 2: // row 0 is the top, column 0 the right
		x = right - x
	case 3: // bottom, right
		x, y = right-x, bottom-y
	case 4: // bottom, left
		y = bottom - y
	case 5: // left, top
		x, y = y, x
	case 6: // right, top
		x, y = y, bottom-x
	case 7: // right, bottom
		x, y = right-y, bottom-x
	case 8: // left, bottom
		x, y = right-y, x
	}
	return u.Image.At(at.Min.X+x, at.Min.Y+y)
}
