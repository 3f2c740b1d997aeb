package api

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// album gives pictures out of the store, as detection asks for them.
type album struct{ store *blob.Store }

func (a album) Picture(ctx context.Context, ref string) ([]byte, string, error) {
	hash, err := blob.Parse(strings.TrimPrefix(ref, "blob:"))
	if err != nil {
		return nil, "", fault.NotFound.Say("There is no such picture here.")
	}
	r, _, err := a.store.Get(ctx, hash)
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	return content, "image/jpeg", err
}

// scenery is a picture with much to see in it, another for each seed.
func scenery(t *testing.T, seed uint64, quality int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, 320, 320))
	for range 60 {
		x, y, w, h := r.IntN(320), r.IntN(320), 30+r.IntN(120), 30+r.IntN(120)
		tint := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		for dy := range h {
			for dx := range w {
				m.SetRGBA(x+dx, y+dy, tint)
			}
		}
	}
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}))
	return b.String()
}

func TestFindByPicture(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	h.Brands.Blob, h.Detect.Pictures = h.Blob, album{h.Blob}
	_, err := h.Brands.Create(t.Context(), access.System, brand.Brand{ID: "halden", Name: "Haldenfjord", Organisation: h.org[access.RightsHolder], Categories: []string{"shoes"}})
	must(t, err)
	holder := h.keys[access.RightsHolder]
	const jpegType = "image/jpeg"
	if w := h.ask(holder, "POST", "/api/v1/brands/halden/pictures?caption=Trail", scenery(t, 1, 90), "Content-Type", jpegType); w.Code != 201 || !strings.Contains(w.Body.String(), `"caption":"Trail"`) {
		t.Fatalf("adding: %d %s", w.Code, w.Body)
	}
	var own page[BrandPicture]
	h.want(200, &own, "GET", "/api/v1/brands/halden/pictures", "")
	if len(own.Items) != 1 || !strings.HasPrefix(own.Items[0].Ref, "blob:") || own.Items[0].Quality < 50 {
		t.Fatalf("pictures %+v", own)
	}
	for _, wrong := range []struct {
		token, method, path, body, media string
		status                           int
	}{
		{holder, "POST", "/api/v1/brands/none/pictures", scenery(t, 1, 90), jpegType, 404},
		{holder, "POST", "/api/v1/brands/halden/pictures", "<svg/>", jpegType, 422},
		{holder, "POST", "/api/v1/brands/halden/pictures", "{}", typeJSON, 415},
		{holder, "POST", "/api/v1/pictures/search", scenery(t, 1, 90), jpegType, 403},
		{h.keys[access.Reviewer], "POST", "/api/v1/brands/halden/pictures", scenery(t, 1, 90), jpegType, 403},
		{h.keys[access.Reviewer], "POST", "/api/v1/pictures/search", "<svg/>", jpegType, 422},
		{h.keys[access.Reviewer], "POST", "/api/v1/pictures/search", "", jpegType, 422},
		{h.keys[access.Reviewer], "GET", "/api/v1/pictures/..%2f..%2fetc/listings", "", "", 404},
		{h.keys[access.Reviewer], "GET", "/api/v1/pictures/" + strings.Repeat("0", 64) + "/listings", "", "", 404},
	} {
		if w := h.ask(wrong.token, wrong.method, wrong.path, wrong.body, "Content-Type", wrong.media); w.Code != wrong.status && !(wrong.body == "" && wrong.method == "POST" && w.Code == 400) {
			t.Errorf("%s %s: %d %s, want %d", wrong.method, wrong.path, w.Code, w.Body, wrong.status)
		}
	}
	var sent Picture
	h.want(201, &sent, "POST", "/api/v1/pictures", scenery(t, 1, 50), "Content-Type", jpegType)
	h.want(202, nil, "POST", "/api/v1/listings", `{"listings":[{"id":"P1","title":"Trail shoes","category":"shoes","images":["`+sent.Ref+`"],"seller":{"id":"S1"}}]}`)
	h.work()
	var found FoundPictures
	h.want(200, &found, "POST", "/api/v1/pictures/search", scenery(t, 1, 70), "Content-Type", jpegType)
	if len(found.Listings) != 1 || found.Listings[0].Listing != "P1" || found.Listings[0].Near != "same" || found.Listings[0].Seller != "S1" || found.Held != 1 ||
		len(found.References) != 1 || found.References[0].Brand != "halden" {
		t.Errorf("found %+v", found)
	}
	h.want(200, &found, "GET", sent.Href+"/listings", "")
	if len(found.Listings) != 1 || found.Listings[0].Distance != 0 {
		t.Errorf("by reference %+v", found)
	}
	if w := h.want(200, nil, "GET", "/api/v1/listings/P1", ""); !strings.Contains(w.Body.String(), `"picture":{"image":0,"ref":"`+own.Items[0].Ref+`"`) {
		t.Errorf("the listing does not say where its picture was seen: %s", w.Body)
	}
	if w := h.ask(holder, "DELETE", "/api/v1/brands/halden/pictures/"+strings.TrimPrefix(own.Items[0].Ref, "blob:"), ""); w.Code != 204 {
		t.Errorf("removing: %d %s", w.Code, w.Body)
	}
	must(t, h.Detect.RefreshPictures(t.Context()))
	h.want(200, &found, "GET", sent.Href+"/listings", "")
	if len(found.References) != 0 {
		t.Errorf("after the removal: %+v", found.References)
	}
}
