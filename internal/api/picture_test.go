package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

// TestModernPictures takes pictures that Go's own sniffer does not know, and gives them back as what they are.
func TestModernPictures(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	for file, media := range map[string]string{"blobs.avif": "image/avif", "blobs.webp": "image/webp"} {
		content, err := os.ReadFile("../../engine/photo/testdata/" + file)
		must(t, err)
		w := h.ask(h.keys[access.Analyst], "POST", "/api/v1/pictures", string(content), "Content-Type", media)
		if w.Code != http.StatusCreated {
			t.Fatalf("%s: %d %s", file, w.Code, w.Body)
		}
		var sent Picture
		must(t, json.Unmarshal(w.Body.Bytes(), &sent))
		got := h.ask(h.keys[access.Analyst], "GET", sent.Href, "")
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != media || !bytes.Equal(got.Body.Bytes(), content) || sent.Width == 0 {
			t.Errorf("%s: %d as %s, %+v", file, got.Code, got.Header().Get("Content-Type"), sent)
		}
		if w := h.ask(h.keys[access.Analyst], "POST", "/api/v1/pictures", string(content), "Content-Type", "image/png"); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s as a PNG: %d", file, w.Code)
		}
	}
}
