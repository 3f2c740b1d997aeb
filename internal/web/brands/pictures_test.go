package brands

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// scenery is a picture with much to see in it, another for each seed.
func scenery(t *testing.T, seed uint64) string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, 200, 200))
	for range 50 {
		x, y, w, h := r.IntN(200), r.IntN(200), 20+r.IntN(80), 20+r.IntN(80)
		tint := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		for dy := range h {
			for dx := range w {
				m.SetRGBA(x+dx, y+dy, tint)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// send is a form with pictures, as a browser sends it.
func send(t *testing.T, path, caption string, pictures ...string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("caption", caption); err != nil {
		t.Fatal(err)
	}
	for _, content := range pictures {
		part, err := form.CreateFormFile("pictures", "../../a picture.png")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func TestPictures(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	store, err := blob.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	desk.Brand.Blob = store
	for _, b := range []brand.Brand{{ID: "vetta", Name: "Vetta", Organisation: s.Rights, Categories: []string{"shoes"}}, {ID: "theirs", Name: "Theirs", Categories: []string{"shoes"}}} {
		if _, err := desk.Brand.Create(t.Context(), access.System, b); err != nil {
			t.Fatal(err)
		}
	}
	s.Serve(nil, Job(desk.Brand, s.Access))
	c := s.As(access.RightsHolder)
	if a := c.Get("/brands/vetta"); a.Status != 200 || !strings.Contains(a.Body, "No pictures yet.") || !strings.Contains(a.Body, `type="file"`) || !strings.Contains(a.Body, " multiple") {
		t.Fatalf("before: %d", a.Status)
	}
	if a := c.Do(send(t, "/brands/vetta/pictures", "Runner <1>", scenery(t, 1), scenery(t, 2))); a.Status != 303 || !strings.HasPrefix(a.Location(), "/brands/vetta") {
		t.Fatalf("adding: %d to %q %.600s", a.Status, a.Location(), a.Body)
	}
	page := c.Get("/brands/vetta").Body
	found := regexp.MustCompile(`src="(/brands/vetta/pictures/[0-9a-f]{64})"`).FindAllStringSubmatch(page, -1)
	if len(found) != 2 || !strings.Contains(page, "Runner &lt;1&gt;") || !strings.Contains(page, "Pictures: Runner &lt;1&gt; (blob:") {
		t.Fatalf("the page shows %v", found)
	}
	shown := c.Get(found[0][1])
	if shown.Status != 200 || shown.Header.Get("Content-Type") != "image/png" || !strings.Contains(shown.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the picture: %d %v", shown.Status, shown.Header)
	}
	theirs := strings.Replace(found[0][1], "vetta", "theirs", 1)
	for path, status := range map[string]int{theirs: 404, "/brands/vetta/pictures/" + strings.Repeat("0", 64): 404, "/brands/vetta/pictures/..%2f..%2fetc": 404, "/brands/vetta/pictures/%00": 404} {
		if a := c.Get(path); a.Status != status {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for name, wrong := range map[string]struct {
		pictures []string
		says     string
	}{
		"none":           {nil, "Choose a picture."},
		"an empty file":  {[]string{""}, "Choose a picture."},
		"no picture":     {[]string{"<svg onload=alert(1)>"}, "This is not a JPEG, PNG, GIF, WebP or AVIF picture."},
		"half of one":    {[]string{scenery(t, 3)[:300]}, "The picture is damaged."},
		"too many":       {make21(scenery(t, 3)), "Send at most 20 pictures at once."},
		"nothing to see": {[]string{plain(t)}, "The picture shows too little to be recognised again."},
	} {
		if a := c.Do(send(t, "/brands/vetta/pictures", "kept", wrong.pictures...)); a.Status != 422 && a.Status != 413 || !strings.Contains(a.Body, wrong.says) || !strings.Contains(a.Body, `value="kept"`) {
			t.Errorf("%s: %d, or it does not say %q", name, a.Status, wrong.says)
		}
	}
	if a := c.Post("/brands/vetta/pictures", "caption=x"); a.Status != 422 {
		t.Errorf("a form that sends no files: %d", a.Status)
	}
	if a := c.Do(send(t, "/brands/theirs/pictures", "", scenery(t, 4))); a.Status != 404 {
		t.Errorf("on another's brand: %d", a.Status)
	}
	if a := s.As(access.Reviewer).Do(send(t, "/brands/vetta/pictures", "", scenery(t, 4))); a.Status != 403 {
		t.Errorf("by a reviewer: %d", a.Status)
	}
	if page := s.As(access.Reviewer).Get("/brands/vetta").Body; strings.Contains(page, "/remove") || strings.Contains(page, `type="file"`) {
		t.Error("a reviewer is offered to change pictures")
	}
	if a := c.Post(found[0][1]+"/remove", ""); a.Status != 303 {
		t.Errorf("removing: %d", a.Status)
	}
	if n, err := desk.Brand.CountPictures(t.Context(), access.System, "vetta"); err != nil || n != 1 {
		t.Errorf("%d pictures are left, %v", n, err)
	}

	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Analyst))
	b.Shots("brands-pictures", "/brands/vetta")
}

func make21(content string) (all []string) {
	for range 21 {
		all = append(all, content)
	}
	return all
}

// plain is a picture without anything in it.
func plain(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
