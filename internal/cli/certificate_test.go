package cli

import (
	"bytes"
	"crypto/ed25519"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/engine/credential"
)

// TestCertificateStatus holds a certificate against lists from a file and from an address: it stands, was taken back, the list is another's, too old, or not there.
func TestCertificateStatus(t *testing.T) {
	const address = "https://ownmark.example/status-lists/1"
	now, folder := time.Now(), t.TempDir()
	key, other := ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	write := func(name string, key ed25519.PrivateKey, document map[string]any) string {
		t.Helper()
		signed, err := credential.Sign(document, key, now)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, signed, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	context := []string{"https://www.w3.org/ns/credentials/v2"}
	certificate := write("certificate.json", key, map[string]any{"@context": context, "id": "https://ownmark.example/certificates/1", "name": "Training passed", "credentialStatus": credential.Status{List: address, Index: 40_000}.Entry()})
	without := write("without.json", key, map[string]any{"@context": context, "id": "https://ownmark.example/certificates/0", "name": "Training passed"})
	list := func(name string, key ed25519.PrivateKey, until time.Time, revoked ...int) string {
		bits := credential.NewStatusList()
		for _, i := range revoked {
			bits.Revoke(i)
		}
		return write(name, key, credential.StatusListCredential(address, "https://ownmark.example", bits, now.Add(-48*time.Hour), until, time.Minute))
	}
	stands := list("stands.json", key, now.Add(time.Hour), 39_999, 40_001)
	back := list("back.json", key, now.Add(time.Hour), 40_000)
	forged := list("forged.json", other, now.Add(time.Hour))
	old := list("old.json", key, now.Add(-time.Hour))
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()

	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no list asked":      {[]string{certificate}, 0, "Whether it was taken back is told at " + address},
		"names no list":      {[]string{without}, 0, "Whether it was taken back is told at https://ownmark.example/certificates/0"},
		"stands":             {[]string{certificate, "--status", stands}, 0, "not taken back, as of " + now.Add(-48*time.Hour).UTC().Format(time.DateTime)},
		"stands, by address": {[]string{certificate, "--status", server.URL + "/stands.json"}, 0, "not taken back"},
		"taken back":         {[]string{certificate, "--status", back}, 1, "its issuer has taken it back"},
		"by address":         {[]string{certificate, "--status", server.URL + "/back.json"}, 1, "its issuer has taken it back"},
		"forged":             {[]string{certificate, "--status", forged}, 1, "signed by the key"},
		"too old":            {[]string{certificate, "--status", old}, 1, "was valid until"},
		"nothing to look up": {[]string{without, "--status", stands}, 1, "names no list"},
		"no such file":       {[]string{certificate, "--status", filepath.Join(folder, "none.json")}, 1, "cannot be opened"},
		"no such address":    {[]string{certificate, "--status", server.URL + "/none.json"}, 1, "answers with 404"},
	} {
		var out, errs bytes.Buffer
		code := Run(t.Context(), append([]string{"certificate", "verify"}, test.args...), strings.NewReader(""), &out, &errs, nil)
		if (code == 0) != (test.code == 0) || !strings.Contains(errs.String(), test.says) {
			t.Errorf("%s: exit code %d, %q", name, code, errs.String())
		}
	}
}
