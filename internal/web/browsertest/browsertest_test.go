package browsertest

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// TestBadPage shows that what the harness is there to find is found.
func TestBadPage(t *testing.T) {
	b := Open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		if r.URL.Path == "/static/loud.js" {
			w.Header().Set("Content-Type", "text/javascript")
			w.Write([]byte("console.error('loud'); throw new Error('thrown')"))
			return
		}
		w.Write([]byte(`<!doctype html><html lang="en"><title>Bad</title><main><h1>Bad</h1><img src="data:,"><p style="color:red">x</p>
			<svg width="5000" height="9"></svg><script>1</script><script src="/static/loud.js"></script></main></html>`))
	}))
	b.Go("/")
	violations := strings.Join(b.violations(), "\n")
	for _, want := range []string{"image-alt", "px wider than its window"} {
		if !strings.Contains(violations, want) {
			t.Errorf("axe did not find %s in %s", want, violations)
		}
	}
	b.mu.Lock()
	complaints := strings.Join(b.faults, "\n")
	b.faults = nil
	b.mu.Unlock()
	for _, want := range []string{"loud", "thrown", "inline style", "inline script"} {
		if !strings.Contains(complaints, want) {
			t.Errorf("the console's complaint of %s was missed: %s", want, complaints)
		}
	}
}
