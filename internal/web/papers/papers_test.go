package papers_test

import (
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/web/papers"
)

// A name that somebody gave a file neither breaks out of the header nor chooses the file's ending.
func TestGiveOutNames(t *testing.T) {
	store, err := blob.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	hash, _, err := store.Put(t.Context(), strings.NewReader("%PDF-1.7\n%%EOF\n"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"visit-2":                  "ownmark-visit-2.pdf",
		`licence"; filename=x.exe`: "ownmark-licence-filename-x-exe.pdf",
		"../../Etc/passwd":         "ownmark--etc-passwd.pdf",
		"a\r\nSet-Cookie: b=c":     "ownmark-a-set-cookie-b-c.pdf",
		"营业执照":                     "ownmark--.pdf",
	} {
		w := httptest.NewRecorder()
		if err := papers.GiveOut(w, httptest.NewRequest(http.MethodGet, "/", nil), store, hash, name); err != nil {
			t.Fatal(err)
		}
		kind, said, err := mime.ParseMediaType(w.Header().Get("Content-Disposition"))
		if err != nil || kind != "attachment" || said["filename"] != want {
			t.Errorf("%q is sent as %q: %v", name, w.Header().Get("Content-Disposition"), err)
		}
		if w.Header().Get("Set-Cookie") != "" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q: %v", name, w.Header())
		}
	}
}
