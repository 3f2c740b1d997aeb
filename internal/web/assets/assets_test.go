package assets

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

func TestServesUnderTheHashOfItsContent(t *testing.T) {
	s := New()
	s.Add("ui.css", []byte("body{}"))
	url := s.URL("ui.css")
	again := New()
	again.Add("ui.css", []byte("body{color:red}"))
	if again.URL("ui.css") == url {
		t.Error("another content has the same address")
	}

	r := httptest.NewRequest("GET", url, nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Body.String() != "body{}" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("plain: %v %q", w.Header(), w.Body)
	}

	r.Header.Set("Accept-Encoding", "gzip, br")
	w = httptest.NewRecorder()
	s.ServeHTTP(w, r)
	unpacked, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(unpacked); string(body) != "body{}" {
		t.Errorf("packed: %q", body)
	}

	for _, path := range []string{Prefix, Prefix + "ui.css", Prefix + "../assets.go"} {
		w = httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestIconsAreDrawings(t *testing.T) {
	for _, name := range Icons() {
		drawing, ok := Icon(name)
		if !ok || !strings.HasPrefix(drawing, "<") || strings.Contains(drawing, "style=") || strings.Contains(drawing, "<script") {
			t.Errorf("%s: %q", name, drawing)
		}
	}
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	css, err := os.ReadFile("tabler.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"@import", "url(http", "url(//", `url("http`} {
		if strings.Contains(string(css), bad) {
			t.Errorf("tabler.css has %s", bad)
		}
	}
}
