package photo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"slices"
	"testing"
)

var within = Bounds{Bytes: 20 << 20, Pixels: 40_000_000}

// tiff is EXIF data with one tag more than the orientation.
func tiff(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, e := range [][4]uint16{{0x0100, 3, 1, 77}, {0x0112, 3, 1, orientation}} {
		b = order.AppendUint16(order.AppendUint16(b, e[0]), e[1])
		b = order.AppendUint16(order.AppendUint32(b, uint32(e[2])), e[3])
		b = append(b, 0, 0)
	}
	return order.AppendUint32(b, 0)
}

func asJPEG(t testing.TB, m image.Image, exif []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if exif == nil {
		return b.Bytes()
	}
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+8))
	return slices.Insert(b.Bytes(), 2, append(append(segment, "Exif\x00\x00"...), exif...)...)
}

func asPNG(t testing.TB, m image.Image, exif []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if exif == nil {
		return b.Bytes()
	}
	c := append(binary.BigEndian.AppendUint32(nil, uint32(len(exif))), "eXIf"...)
	c = append(c, exif...)
	return slices.Insert(b.Bytes(), 33, binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))...)
}

// TestOrientation shows where two corners of what is kept are seen (EXIF 2.32, 4.6.4).
func TestOrientation(t *testing.T) {
	const width, height = 64, 32
	kept := image.NewGray(image.Rect(0, 0, width, height))
	for i := range kept.Pix {
		kept.Pix[i] = 128
	}
	for y := range 16 {
		for x := range 16 {
			kept.SetGray(x, y, color.Gray{Y: 255})       // top left: white
			kept.SetGray(width-1-x, y, color.Gray{Y: 0}) // top right: black
		}
	}
	for orientation, want := range map[uint16]string{1: "tl tr", 2: "tr tl", 3: "br bl", 4: "bl br", 5: "tl bl", 6: "tr br", 7: "br tr", 8: "bl tl",
		0: "tl tr", 9: "tl tr"} {
		for name, content := range map[string][]byte{
			"jpeg, low first":  asJPEG(t, kept, tiff(binary.LittleEndian, orientation)),
			"jpeg, high first": asJPEG(t, kept, tiff(binary.BigEndian, orientation)),
			"png":              asPNG(t, kept, tiff(binary.BigEndian, orientation)),
		} {
			m, err := Decode(context.Background(), bytes.NewReader(content), within)
			if err != nil {
				t.Fatal(err)
			}
			at := m.Bounds()
			if tall := at.Dy() > at.Dx(); tall != (orientation >= 5 && orientation <= 8) {
				t.Errorf("%s, orientation %d: %v", name, orientation, at)
			}
			var white, black string
			for corner, p := range map[string]image.Point{"tl": at.Min, "tr": {at.Max.X - 1, at.Min.Y}, "bl": {at.Min.X, at.Max.Y - 1}, "br": at.Max.Sub(image.Pt(1, 1))} {
				switch tone := brightnessOf(m.At(p.X, p.Y)); {
				case tone > 200:
					white += corner
				case tone < 50:
					black += corner
				}
			}
			if got := white + " " + black; got != want {
				t.Errorf("%s, orientation %d: corners at %q, want %q", name, orientation, got, want)
			}
		}
	}
}

func TestDecodeKinds(t *testing.T) {
	m := blobs(200, 120, 3)
	want, _ := Of(m)
	var first bytes.Buffer
	frames := &gif.GIF{Delay: []int{1, 1}}
	for seed := range uint64(2) {
		frame := image.NewPaletted(m.Rect, nil)
		for i := range 256 {
			frame.Palette = append(frame.Palette, color.Gray{Y: uint8(i)})
		}
		copy(frame.Pix, blobs(200, 120, 3+seed).Pix)
		frames.Image = append(frames.Image, frame)
	}
	if err := gif.EncodeAll(&first, frames); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"jpeg": asJPEG(t, m, nil), "png": asPNG(t, m, nil), "gif of two frames": first.Bytes(),
		"avif": read(t, "testdata/blobs.avif"), "webp": read(t, "testdata/blobs.webp"),
		"cmyk jpeg": read(t, "testdata/cmyk.jpg"), "progressive jpeg": read(t, "testdata/progressive.jpg"),
	} {
		got, err := Decode(context.Background(), bytes.NewReader(content), within)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Bounds().Size() != image.Pt(200, 120) {
			t.Errorf("%s: %v", name, got.Bounds())
		}
		h, _ := Of(got)
		if d := h.Distance(want); d > 10 {
			t.Errorf("%s: %d bits differ", name, d)
		}
		for what, bounds := range map[string]Bounds{"a byte less": {int64(len(content)) - 1, 40_000_000}, "a pixel less": {20 << 20, 200*120 - 1}, "nothing": {}} {
			if _, err := Decode(context.Background(), bytes.NewReader(content), bounds); !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s within %s: %v", name, what, err)
			}
		}
		for _, cut := range []int{0, 3, 11, 20, len(content) / 3} {
			if _, err := Decode(context.Background(), bytes.NewReader(content[:cut]), within); err == nil {
				t.Errorf("%s cut to %d bytes decodes", name, cut)
			}
		}
	}
	if m, err := Decode(context.Background(), bytes.NewReader(asJPEG(t, m, nil)), Bounds{1 << 20, 200 * 120}); err != nil || m == nil {
		t.Errorf("as many pixels as are allowed: %v", err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestManyScans: a progressive JPEG whose scans repeat costs more than its size says.
func TestManyScans(t *testing.T) {
	content := asJPEG(t, blobs(32, 32, 1), nil)
	scan := bytes.Index(content, []byte{0xff, 0xda})
	many := slices.Concat(content[:scan], bytes.Repeat(content[scan:len(content)-2], mostScans+1), content[len(content)-2:])
	if _, err := Decode(context.Background(), bytes.NewReader(many), within); !errors.Is(err, errDamaged) {
		t.Error(err)
	}
}

// TestStoppedAVIF: the sandbox heeds its context.
func TestStoppedAVIF(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Decode(ctx, bytes.NewReader(read(t, "testdata/blobs.avif")), within); err == nil {
		t.Error("decoded after the context had ended")
	}
}

func TestOrientationOfBoxes(t *testing.T) {
	box := func(name string, bodies ...[]byte) []byte {
		body := slices.Concat(bodies...)
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), name...), body...)
	}
	avif := func(properties ...[]byte) []byte {
		return slices.Concat(box("ftyp", []byte("avif\x00\x00\x00\x00")), box("meta", make([]byte, 4), box("hdlr"), box("iprp", box("ipco", properties...))))
	}
	for turns := range byte(4) {
		for mirror := -1; mirror < 2; mirror++ {
			properties := [][]byte{box("ispe", make([]byte, 12)), box("irot", []byte{turns})}
			if mirror >= 0 {
				properties = append(properties, box("imir", []byte{byte(mirror)}))
			}
			// The pixels of a picture turned and mirrored step by step.
			m := image.NewGray(image.Rect(0, 0, 3, 2))
			for i := range m.Pix {
				m.Pix[i] = uint8(i)
			}
			want := m
			for range turns {
				want = turned(want, true, func(x, y, _, h int) (int, int) { return h - 1 - y, x })
			}
			switch mirror {
			case 0:
				want = turned(want, false, func(x, y, _, h int) (int, int) { return x, h - 1 - y })
			case 1:
				want = turned(want, false, func(x, y, w, _ int) (int, int) { return w - 1 - x, y })
			}
			got := turn(m, orientationAVIF(avif(properties...)))
			for y := range want.Rect.Dy() {
				for x := range want.Rect.Dx() {
					if got.Bounds() != want.Rect || got.At(x, y) != want.At(x, y) {
						t.Fatalf("turned %d times, mirrored %d: wrong at %d, %d", turns, mirror, x, y)
					}
				}
			}
		}
	}
	for _, content := range [][]byte{nil, avif(), box("meta"), {0, 0, 0, 1, 'm', 'e', 't', 'a', 255, 255, 255, 255, 255, 255, 255, 255, 0}, {0, 0, 0, 3, 'm', 'e', 't', 'a'}} {
		if got := orientationAVIF(content); got != 1 {
			t.Errorf("%q: %d", content, got)
		}
	}
}

// TestDecoderIsTheOneNamed holds the decoder's bytes against the sum in libavif/README.md.
func TestDecoderIsTheOneNamed(t *testing.T) {
	sum := sha256.Sum256(libavif)
	if !bytes.Contains(read(t, "libavif/README.md"), []byte(hex.EncodeToString(sum[:]))) {
		t.Errorf("libavif/decode.wasm.gz is %x", sum)
	}
}

// TestHostile: what is said to be far larger than it is costs nothing.
func TestHostile(t *testing.T) {
	wide := asPNG(t, blobs(8, 8, 1), nil)
	binary.BigEndian.PutUint32(wide[16:], 60_000)
	binary.BigEndian.PutUint32(wide[20:], 60_000)
	binary.BigEndian.PutUint32(wide[29:], crc32.ChecksumIEEE(wide[12:29]))
	avif := bytes.Clone(read(t, "testdata/blobs.avif"))
	size := bytes.Index(avif, []byte("ispe"))
	binary.BigEndian.PutUint32(avif[size+8:], 30_000)
	binary.BigEndian.PutUint32(avif[size+12:], 30_000)
	for name, content := range map[string][]byte{"png": wide, "avif": avif} {
		if _, err := Decode(context.Background(), bytes.NewReader(content), within); err == nil {
			t.Errorf("%s of 60,000 by 60,000 pixels decodes", name)
		}
	}
	if _, err := Decode(context.Background(), bytes.NewReader(wide), within); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	m := blobs(20, 12, 1)
	f.Add(asJPEG(f, m, tiff(binary.BigEndian, 6)))
	f.Add(asPNG(f, m, tiff(binary.LittleEndian, 8)))
	f.Add(read(f, "testdata/blobs.webp"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 12 && string(content[4:8]) == "ftyp" {
			return // FuzzAVIF
		}
		m, err := Decode(context.Background(), bytes.NewReader(content), Bounds{1 << 16, 10_000})
		if err != nil {
			return
		}
		if at := m.Bounds(); at.Dx()*at.Dy() > 10_000 {
			t.Errorf("%v is over the bounds", at)
		}
		Look(m)
	})
}

func FuzzAVIF(f *testing.F) {
	f.Add(read(f, "testdata/blobs.avif"))
	f.Fuzz(func(t *testing.T, content []byte) {
		m, err := decodeAVIF(t.Context(), content, 50_000)
		if err != nil {
			return
		}
		if at := m.Bounds(); at.Dx()*at.Dy() > 50_000 {
			t.Errorf("%v is over the bounds", at)
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add(tiff(binary.BigEndian, 6), "jpeg")
	f.Add([]byte("II*\x00\xff\xff\xff\xff"), "png")
	f.Fuzz(func(t *testing.T, content []byte, format string) {
		for _, o := range []int{orientationTag(content), orientation(content, format), orientationAVIF(content)} {
			if o < 1 || o > 8 {
				t.Errorf("orientation %d", o)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, kind := range []string{"avif", "webp", "jpg"} {
		path := "testdata/blobs." + kind
		if kind == "jpg" {
			path = "testdata/progressive.jpg"
		}
		content := read(b, path)
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				if _, err := Decode(context.Background(), bytes.NewReader(content), within); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
