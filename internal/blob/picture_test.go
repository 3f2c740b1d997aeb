package blob_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"golang.org/x/image/webp"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/fault"
)

func canvas(width, height int) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black, color.White})
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 2)
	}
	return m
}

func encoded(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, width, height int) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, canvas(width, height)) })
}

func jpegOf(t testing.TB, width, height int) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, canvas(width, height), nil) })
}

func gifOf(t testing.TB, width, height, frames int) []byte {
	return encoded(t, func(b *bytes.Buffer) error {
		g := &gif.GIF{}
		for range frames {
			g.Image = append(g.Image, canvas(width, height))
			g.Delay = append(g.Delay, 1)
		}
		return gif.EncodeAll(b, g)
	})
}

// chunk is a chunk of a PNG.
func chunk(name string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, name...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// riff is a WebP of the given chunks: name, body, name, body.
func riff(chunks ...string) []byte {
	body := []byte("WEBP")
	for i := 0; i < len(chunks); i += 2 {
		body = append(body, chunks[i]...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(chunks[i+1])))
		body = append(body, chunks[i+1]...)
		if len(chunks[i+1])%2 == 1 {
			body = append(body, 0)
		}
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// lossless is the smallest VP8L frame of one colour: its head, no transforms, and five codes of a single symbol.
func lossless(width, height int) string {
	head := binary.LittleEndian.AppendUint32([]byte{0x2f}, uint32(width-1)|uint32(height-1)<<14)
	// Bits, low first: no transform, no colour cache, no further codes; then five times "simple, one symbol, of one bit, 0".
	return string(head) + "\x88\x88\x08\x00\x00"
}

func extended(flags byte, width, height int) string {
	size := func(n int) []byte { return []byte{byte(n - 1), byte((n - 1) >> 8), byte((n - 1) >> 16)} }
	return string(slices.Concat([]byte{flags, 0, 0, 0}, size(width), size(height)))
}

func TestCheckPicture(t *testing.T) {
	animated := pngOf(t, 7, 5)
	animated = slices.Insert(animated, 33, chunk("acTL", []byte{0, 0, 0, 9, 0, 0, 0, 0})...)
	for name, c := range map[string]struct {
		content []byte
		want    blob.Picture
	}{
		"png":           {pngOf(t, 7, 5), blob.Picture{Format: "png", Width: 7, Height: 5, Frames: 1}},
		"animated png":  {animated, blob.Picture{Format: "png", Width: 7, Height: 5, Frames: 9}},
		"jpeg":          {jpegOf(t, 33, 17), blob.Picture{Format: "jpeg", Width: 33, Height: 17, Frames: 1}},
		"gif":           {gifOf(t, 7, 5, 1), blob.Picture{Format: "gif", Width: 7, Height: 5, Frames: 1}},
		"animated gif":  {gifOf(t, 7, 5, 6), blob.Picture{Format: "gif", Width: 7, Height: 5, Frames: 6}},
		"webp":          {riff("VP8L", lossless(7, 5)), blob.Picture{Format: "webp", Width: 7, Height: 5, Frames: 1}},
		"extended webp": {riff("VP8X", extended(0, 7, 5), "VP8L", lossless(7, 5)), blob.Picture{Format: "webp", Width: 7, Height: 5, Frames: 1}},
	} {
		got, err := blob.CheckPicture(bytes.NewReader(c.content))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		for cut := range len(c.content) {
			if _, err := blob.CheckPicture(bytes.NewReader(c.content[:cut])); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s cut to %d of %d bytes: %v", name, cut, len(c.content), err)
				break
			}
		}
	}
	if _, err := webp.Decode(bytes.NewReader(riff("VP8L", lossless(7, 5)))); err != nil {
		t.Errorf("the WebP of this test is none: %v", err)
	}
}

// TestBombs: what would take much memory to decode is refused by what it says of itself.
func TestBombs(t *testing.T) {
	wide := pngOf(t, 7, 5)
	header := bytes.Clone(wide[16:29])
	binary.BigEndian.PutUint32(header, 20_000)
	binary.BigEndian.PutUint32(header[4:], 20_000)
	wide = slices.Concat(wide[:8], chunk("IHDR", header), wide[33:])
	huge := bytes.Clone(header)
	binary.BigEndian.PutUint32(huge, 1<<31)
	binary.BigEndian.PutUint32(huge[4:], 1<<31)
	many := slices.Insert(pngOf(t, 1000, 1000), 33, chunk("acTL", []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})...)
	frames := gifOf(t, 7, 5, 3)
	binary.LittleEndian.PutUint16(frames[6:], 4000)
	binary.LittleEndian.PutUint16(frames[8:], 4000)
	jpeg := jpegOf(t, 33, 17)
	frame := bytes.Index(jpeg, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint32(jpeg[frame+5:], 0xffffffff)
	for name, content := range map[string][]byte{
		"png of 400 megapixels":          wide,
		"png of 2^62 pixels":             slices.Concat(wide[:8], chunk("IHDR", huge), wide[33:]),
		"png of 2^32 frames":             many,
		"gif of 3 frames of 16":          frames,
		"jpeg of 65,535 by 65,535":       jpeg,
		"webp of 16,384 by 16,384":       riff("VP8L", lossless(16384, 16384)),
		"webp with alpha of 2^48 pixels": riff("VP8X", extended(0x10, 1<<24, 1<<24), "ALPH", "\x00", "VP8 ", "x"),
		"over 20 MB":                     make([]byte, blob.MaxPictureBytes+1),
	} {
		if p, err := blob.CheckPicture(bytes.NewReader(content)); !errors.Is(err, fault.TooLarge) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestHostilePictures(t *testing.T) {
	good := pngOf(t, 7, 5)
	flipped := bytes.Clone(good)
	flipped[20] ^= 1 // the width, against its checksum
	outside := gifOf(t, 7, 5, 1)
	binary.LittleEndian.PutUint16(outside[6:], 3) // the frame is wider than the screen
	for name, content := range map[string][]byte{
		"nothing":               nil,
		"text":                  []byte("<svg onload=alert(1)>"),
		"wrong checksum":        flipped,
		"no head":               slices.Concat(good[:8], good[33:]),
		"two heads":             slices.Concat(good[:33], good[8:]),
		"no data":               slices.Concat(good[:33], chunk("IEND", nil)),
		"frame outside":         outside,
		"animated webp":         riff("VP8X", extended(0x02, 7, 5), "VP8L", lossless(7, 5)),
		"webp sizes disagree":   riff("VP8X", extended(0, 7, 5), "VP8L", lossless(9, 9)),
		"webp without a frame":  riff("VP8X", extended(0, 7, 5)),
		"webp of nothing":       riff(),
		"jpeg of markers alone": []byte("\xff\xd8\xff\xd9"),
		"jpeg of fill":          append([]byte("\xff\xd8"), bytes.Repeat([]byte{0xff}, 1000)...),
	} {
		if p, err := blob.CheckPicture(bytes.NewReader(content)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// FuzzCheckPicture: what passes is within the bounds and is what the decoders take it for.
func FuzzCheckPicture(f *testing.F) {
	f.Add(pngOf(f, 3, 2))
	f.Add(jpegOf(f, 9, 9))
	f.Add(gifOf(f, 3, 2, 2))
	f.Add(riff("VP8L", lossless(3, 2)))
	f.Add(riff("VP8X", extended(0x10, 3, 2), "ALPH", "\x00123456", "VP8L", lossless(3, 2)))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := blob.CheckPicture(bytes.NewReader(content))
		if err != nil {
			if kind := fault.Of(err); kind != fault.Invalid && kind != fault.TooLarge {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if p.Width*p.Height*p.Frames > blob.MaxPicturePixels || p.Frames < 1 {
			t.Errorf("passed %+v", p)
		}
		if p.Width*p.Height > 10_000 {
			return
		}
		m, format, err := image.Decode(bytes.NewReader(content))
		if err == nil && (format != p.Format || m.Bounds().Dx() != p.Width || m.Bounds().Dy() != p.Height) && format != "gif" {
			t.Errorf("decoded as %s %s, said to be %+v", format, m.Bounds(), p)
		}
		if g, err := gif.DecodeAll(bytes.NewReader(content)); err == nil && len(g.Image) != p.Frames {
			t.Errorf("decoded %d frames, said to be %d", len(g.Image), p.Frames)
		}
	})
}
