package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	_ "image/gif"  // for image.DecodeConfig
	_ "image/jpeg" // for image.DecodeConfig
	_ "image/png"  // for image.DecodeConfig
	"io"

	_ "golang.org/x/image/webp" // for image.DecodeConfig

	"github.com/ownmark/ownmark/internal/fault"
)

// The bounds of a picture that may be decoded.
const (
	MaxPictureBytes  = 20 << 20
	MaxPicturePixels = 40_000_000 // of all its frames together: 160 MB in memory
	MaxPictureSide   = 30_000     // pixels

	maxScans = 100 // encoders write about ten
)

// Picture is what a picture says of itself.
type Picture struct {
	Format string // "jpeg", "png", "gif", "webp" or "avif"
	Width  int    // pixels
	Height int    // pixels
	Frames int    // 1, more when it is animated
}

// CheckPicture reads r and reports what picture it is, without decoding it. After nil it is whole, as far as its parts say, and decoding it takes
// no more memory than MaxPicturePixels need. It returns fault.TooLarge for one over the bounds and fault.Invalid for what is no JPEG, PNG, GIF,
// WebP or AVIF, or is damaged.
func CheckPicture(r io.Reader) (Picture, error) {
	content, err := io.ReadAll(io.LimitReader(r, MaxPictureBytes+1))
	if err != nil {
		return Picture{}, err
	}
	if len(content) > MaxPictureBytes {
		return Picture{}, fault.TooLarge.Say("The picture is larger than %d MB.", MaxPictureBytes>>20)
	}
	p, err := walk(content)
	if err != nil {
		return Picture{}, err
	}
	if p.Format == "avif" {
		return p, nil // its decoder has no head to look at apart from the boxes, and runs within bounds of its own
	}
	// The parts say the sizes of the frames; only now may a decoder look, some of which allocate by what the head says.
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || format != p.Format {
		return Picture{}, damaged.Because(err)
	}
	if config.Width != p.Width || config.Height != p.Height {
		return Picture{}, damaged.Because(errors.New("its parts disagree about its size"))
	}
	return p, nil
}

var (
	unknown = fault.Invalid.Say("This is not a JPEG, PNG, GIF, WebP or AVIF picture.")
	damaged = fault.Invalid.Say("The picture is damaged.")
	pixels  = fault.TooLarge.Say("The picture has more than %d megapixels.", MaxPicturePixels/1_000_000)
)

func walk(content []byte) (Picture, error) {
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return walkJPEG(content)
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return walkPNG(content)
	case bytes.HasPrefix(content, []byte("GIF87a")), bytes.HasPrefix(content, []byte("GIF89a")):
		return walkGIF(content)
	case len(content) >= 12 && string(content[:4]) == "RIFF" && string(content[8:12]) == "WEBP":
		return walkWebP(content)
	case len(content) >= 12 && string(content[4:8]) == "ftyp":
		return walkAVIF(content)
	}
	return Picture{}, unknown
}

// frame adds one frame to p and holds the sum against the bounds.
func (p *Picture) frame(width, height int) error {
	if width <= 0 || height <= 0 {
		return damaged
	}
	if width > MaxPictureSide || height > MaxPictureSide {
		return pixels
	}
	if p.Frames == 0 {
		p.Width, p.Height = width, height
	}
	p.Frames++
	// Each frame counts as a whole one: a decoder lays it on a canvas of the full size.
	if p.Width*p.Height*p.Frames > MaxPicturePixels {
		return pixels
	}
	return nil
}

// walkJPEG goes from marker to marker (ITU T.81, annex B) to the end of the picture.
func walkJPEG(content []byte) (Picture, error) {
	p := Picture{Format: "jpeg"}
	scans := 0
	for at := 2; ; {
		if at+2 > len(content) || content[at] != 0xff {
			return Picture{}, damaged
		}
		marker := content[at+1]
		switch {
		case marker == 0xff: // fill
			at++
			continue
		case marker == 0xd9: // end of image
			if p.Frames != 1 || scans == 0 {
				return Picture{}, damaged
			}
			return p, nil
		case marker == 0x01, 0xd0 <= marker && marker <= 0xd7: // without a length
			at += 2
			continue
		}
		if at+4 > len(content) {
			return Picture{}, damaged
		}
		length := int(binary.BigEndian.Uint16(content[at+2:]))
		if length < 2 || at+2+length > len(content) {
			return Picture{}, damaged
		}
		body := content[at+4 : at+2+length]
		at += 2 + length
		switch marker {
		case 0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf: // start of frame
			if len(body) < 5 || p.Frames > 0 {
				return Picture{}, damaged
			}
			if err := p.frame(int(binary.BigEndian.Uint16(body[3:])), int(binary.BigEndian.Uint16(body[1:]))); err != nil {
				return Picture{}, err
			}
		case 0xda: // start of scan: compressed data up to the next marker, 0xff00 and restarts aside
			// Each scan of a progressive picture goes over all of it again.
			if scans++; scans > maxScans {
				return Picture{}, damaged
			}
			for {
				next := bytes.IndexByte(content[at:], 0xff)
				if next < 0 || at+next+1 >= len(content) {
					return Picture{}, damaged
				}
				at += next
				if m := content[at+1]; m != 0 && (m < 0xd0 || m > 0xd7) {
					break
				}
				at += 2
			}
		}
	}
}

// walkPNG goes from chunk to chunk (W3C PNG, third edition) to IEND.
func walkPNG(content []byte) (Picture, error) {
	p := Picture{Format: "png"}
	data := false
	for at := 8; ; {
		if at+12 > len(content) {
			return Picture{}, damaged
		}
		length, name := binary.BigEndian.Uint32(content[at:]), string(content[at+4:at+8])
		if uint64(length) > uint64(len(content)-at-12) {
			return Picture{}, damaged
		}
		body := content[at+8 : at+8+int(length)]
		if crc32.ChecksumIEEE(content[at+4:at+8+int(length)]) != binary.BigEndian.Uint32(content[at+8+int(length):]) {
			return Picture{}, damaged
		}
		at += 12 + int(length)
		switch name {
		case "IHDR":
			if len(body) != 13 || p.Frames > 0 {
				return Picture{}, damaged
			}
			width, height := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
			if err := p.frame(int(min(width, 1<<30)), int(min(height, 1<<30))); err != nil {
				return Picture{}, err
			}
		case "acTL": // animated: the frames may be far more than the one that an old decoder shows
			if len(body) != 8 || p.Frames != 1 {
				return Picture{}, damaged
			}
			frames := binary.BigEndian.Uint32(body)
			if frames == 0 {
				return Picture{}, damaged
			}
			if uint64(frames)*uint64(p.Width*p.Height) > MaxPicturePixels {
				return Picture{}, pixels
			}
			p.Frames = int(frames)
		case "IDAT":
			data = true
		case "IEND":
			if p.Frames == 0 || !data {
				return Picture{}, damaged
			}
			return p, nil
		}
		if p.Frames == 0 {
			return Picture{}, damaged // IHDR comes first
		}
	}
}

// walkGIF goes from block to block (GIF89a) to the trailer.
func walkGIF(content []byte) (Picture, error) {
	if len(content) < 13 {
		return Picture{}, damaged
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint16(content[at:])) }
	p := Picture{Format: "gif"}
	width, height := word(6), word(8)
	at := 13 + palette(content[10])
	for {
		if at >= len(content) {
			return Picture{}, damaged
		}
		switch content[at] {
		case 0x3b: // trailer
			if p.Frames == 0 {
				return Picture{}, damaged
			}
			return p, nil
		case 0x21: // extension: a label, then blocks
			at += 2
		case 0x2c: // a frame: where, its palette, the code size, then blocks
			if at+11 > len(content) || word(at+1)+word(at+5) > width || word(at+3)+word(at+7) > height || word(at+5) == 0 || word(at+7) == 0 {
				return Picture{}, damaged
			}
			if err := p.frame(width, height); err != nil {
				return Picture{}, err
			}
			at += 11 + palette(content[at+9])
		default:
			return Picture{}, damaged
		}
		for {
			if at >= len(content) {
				return Picture{}, damaged
			}
			length := int(content[at])
			at += 1 + length
			if length == 0 {
				break
			}
		}
	}
}

// palette is the bytes of the colour table that the flags of a GIF's screen or frame announce.
func palette(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// walkWebP goes from chunk to chunk (RFC 9649). The size stands in VP8X, when there is one, and again in the frame.
func walkWebP(content []byte) (Picture, error) {
	p := Picture{Format: "webp"}
	length := uint64(binary.LittleEndian.Uint32(content[4:]))
	if length < 4 || length+8 > uint64(len(content)) {
		return Picture{}, damaged
	}
	coded := false
	for rest := content[12 : 8+length]; len(rest) > 0; {
		if len(rest) < 8 {
			return Picture{}, damaged
		}
		name, length := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		if length > uint64(len(rest)-8) {
			return Picture{}, damaged
		}
		body := rest[8 : 8+length]
		rest = rest[min(8+length+length%2, uint64(len(rest))):]
		var err error
		switch name {
		case "VP8X":
			if len(body) < 10 || p.Frames > 0 {
				return Picture{}, damaged
			}
			if body[0]&0x02 != 0 {
				return Picture{}, fault.Invalid.Say("Animated WebP pictures cannot be read. Save it as one picture.")
			}
			err = p.frame(1+word24(body[4:]), 1+word24(body[7:]))
		case "VP8 ", "VP8L":
			if coded {
				return Picture{}, damaged
			}
			coded, p.Frames = true, 0 // VP8X has announced the same frame
			var width, height int
			if width, height, err = frameWebP(name, body); err != nil {
				return Picture{}, err
			}
			if p.Width > 0 && (width != p.Width || height != p.Height) {
				// VP8X said otherwise.
				return Picture{}, damaged
			}
			err = p.frame(width, height)
		}
		if err != nil {
			return Picture{}, err
		}
	}
	if !coded {
		return Picture{}, damaged
	}
	return p, nil
}

func word24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// frameWebP reads the size from the head of a lossy (RFC 6386, 9.1) or a lossless frame.
func frameWebP(name string, body []byte) (width, height int, err error) {
	if name == "VP8 " {
		if len(body) < 10 || string(body[3:6]) != "\x9d\x01\x2a" {
			return 0, 0, damaged
		}
		return int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff), nil
	}
	if len(body) < 5 || body[0] != 0x2f {
		return 0, 0, damaged
	}
	bits := binary.LittleEndian.Uint32(body[1:])
	return 1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff), nil
}
