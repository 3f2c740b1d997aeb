package web

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func FuzzLocal(f *testing.F) {
	for _, seed := range []string{"/a?b=c#d", "//x", `/\x`, "https://x", "/a\r\nb", "", "/%2f/x", "/..//x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := local(path, "/safe")
		base, err := url.Parse("https://console.example/page")
		if err != nil {
			t.Fatal(err)
		}
		to, err := base.Parse(got)
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Fatalf("%q leads to %q", path, got)
		}
	})
}

func FuzzFlashed(f *testing.F) {
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"Text":"Done.","Undo":{"Path":"https://evil.example"}}`)))
	f.Add("!!!")
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", flashCookie+"="+value)
		toast := flashed(httptest.NewRecorder(), r)
		if toast != nil && toast.Undo != nil && local(toast.Undo.Path, "") == "" {
			t.Fatalf("undo leads to %q", toast.Undo.Path)
		}
	})
}

func TestScrub(t *testing.T) {
	for _, c := range [][3]string{
		{"POST /sign-in/{token}", "/sign-in/oml_secret", "/sign-in/…"},
		{"GET /listings/{listing}", "/listings/7", "/listings/7"},
		{"/", "/sign-in/oml_secret/extra", ""},
	} {
		if got := scrub(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s: %q", c[0], c[1], got)
		}
	}
}

func TestRemoteIsTheConnectionsAddress(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "[2001:db8::1]:4711"
	r.Header.Set("X-Forwarded-For", "198.51.100.7")
	if got := connection(r); got != "2001:db8::1" {
		t.Error(got)
	}
}
