package blob_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/fault"
)

func boxOf(name string, bodies ...[]byte) []byte {
	body := slices.Concat(bodies...)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), name...), body...)
}

func extentOf(width, height uint32) []byte {
	return boxOf("ispe", make([]byte, 4), binary.BigEndian.AppendUint32(nil, width), binary.BigEndian.AppendUint32(nil, height))
}

// avifOf is the boxes of an AVIF whose first item has the properties of the given numbers.
func avifOf(own string, properties ...[]byte) []byte {
	return slices.Concat(
		boxOf("ftyp", []byte("mif1\x00\x00\x00\x00avifmiaf")),
		boxOf("meta", make([]byte, 4), boxOf("pitm", []byte{0, 0, 0, 0, 0, 1}), boxOf("iprp",
			boxOf("ipco", properties...),
			boxOf("ipma", []byte{0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 1, 1, 0, 1, byte(len(own))}, []byte(own)))),
		boxOf("mdat", []byte("picture")))
}

func TestAVIF(t *testing.T) {
	real, err := os.ReadFile("../../engine/photo/testdata/blobs.avif")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content       []byte
		width, height int
	}{
		"as an encoder writes it": {real, 200, 120},
		"not the first size":      {avifOf("\x83\x02", extentOf(9, 9), boxOf("pixi", make([]byte, 4)), extentOf(7, 5)), 7, 5},
	} {
		got, err := blob.CheckPicture(bytes.NewReader(c.content))
		if want := (blob.Picture{Format: "avif", Width: c.width, Height: c.height, Frames: 1}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		for cut := range len(c.content) {
			if _, err := blob.CheckPicture(bytes.NewReader(c.content[:cut])); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s cut to %d of %d bytes: %v", name, cut, len(c.content), err)
				break
			}
		}
	}
	for name, content := range map[string][]byte{
		"2^64 pixels":                    avifOf("\x01", extentOf(1<<32-1, 1<<32-1)),
		"100 megapixels":                 avifOf("\x01", extentOf(10_000, 10_000)),
		"a hidden part of 100 megapixel": avifOf("\x01", extentOf(10, 10), extentOf(10_000, 10_000)),
	} {
		if _, err := blob.CheckPicture(bytes.NewReader(content)); !errors.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := avifOf("\x01", extentOf(7, 5))
	for name, content := range map[string][]byte{
		"no size":            avifOf("\x01", boxOf("pixi")),
		"no such property":   avifOf("\x05", extentOf(7, 5)),
		"property 0":         avifOf("\x00", extentOf(7, 5)),
		"size of 0":          avifOf("\x01", extentOf(0, 5)),
		"animated":           slices.Concat(good, boxOf("moov")),
		"two metas":          slices.Concat(good, good[24:]),
		"a film":             boxOf("ftyp", []byte("isom\x00\x00\x00\x00mp42")),
		"HEIC":               bytes.ReplaceAll(good, []byte("avif"), []byte("heic")),
		"a box of 3 bytes":   slices.Concat(good, []byte{0, 0, 0, 3, 'f', 'r', 'e', 'e'}),
		"a box over the end": slices.Concat(good, []byte{0, 0, 0, 1, 'f', 'r', 'e', 'e', 255, 255, 255, 255, 255, 255, 255, 255}),
		"no picture":         good[:len(good)-15],
	} {
		if p, err := blob.CheckPicture(bytes.NewReader(content)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func FuzzAVIF(f *testing.F) {
	f.Add(avifOf("\x83\x02", extentOf(9, 9), boxOf("pixi"), extentOf(7, 5)))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := blob.CheckPicture(bytes.NewReader(content))
		if err != nil {
			if kind := fault.Of(err); kind != fault.Invalid && kind != fault.TooLarge {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if p.Width < 1 || p.Height < 1 || p.Width*p.Height > blob.MaxPicturePixels {
			t.Errorf("passed %+v", p)
		}
	})
}
