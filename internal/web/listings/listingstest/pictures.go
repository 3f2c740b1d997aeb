package listingstest

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/fault"
)

// Scenery is a picture with much to see in it, another for each seed.
func Scenery(t *testing.T, seed uint64, mirrored bool) []byte {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, 320, 320))
	for range 60 {
		x, y, w, h := r.IntN(320), r.IntN(320), 30+r.IntN(120), 30+r.IntN(120)
		tint := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		for dy := range h {
			for dx := range w {
				at := x + dx
				if mirrored {
					at = 319 - at
				}
				m.SetRGBA(at, y+dy, tint)
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Album is pictures of listings by reference.
type Album map[string][]byte

// Picture gives one of them.
func (a Album) Picture(_ context.Context, ref string) ([]byte, string, error) {
	content, ok := a[ref]
	if !ok {
		return nil, "", fault.NotFound.Say("There is no such picture here.")
	}
	return content, "image/jpeg", nil
}

// Queue takes what is put onto the bus.
type Queue struct{ Messages []bus.Message }

// Publish takes one.
func (p *Queue) Publish(_ context.Context, subject, id string, body []byte) error {
	p.Messages = append(p.Messages, bus.Message{Subject: subject, ID: id, Body: body})
	return nil
}

// PublishMany takes several.
func (p *Queue) PublishMany(_ context.Context, messages []bus.Message) error {
	p.Messages = append(p.Messages, messages...)
	return nil
}
