package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBundleVerify asks the command about a bundle as version 1 wrote it, which every later version has to read, and about the same with one byte changed.
func TestBundleVerify(t *testing.T) {
	whole, err := os.ReadFile("../evidence/testdata/bundle-version-1.zip")
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 1
	for _, c := range []struct {
		name    string
		content []byte
		args    []string
		code    int
		says    string
	}{
		{"whole.zip", whole, nil, 0, "whole:"},
		{"whole.zip", whole, nil, 0, "time stamp of"},
		{"changed.zip", changed, nil, 1, "does not hold"},
		{"none.zip", []byte("hello"), nil, 2, "cannot be read as a ZIP"},
		{"whole.zip", whole, []string{"--root", "none.pem"}, 3, "cannot be opened"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		var out, said bytes.Buffer
		code := Run(t.Context(), append([]string{"bundle", "verify", path}, c.args...), nil, &out, &said, nil)
		if code != c.code || !strings.Contains(out.String()+said.String(), c.says) {
			t.Errorf("%s %v: exit %d, %s%s", c.name, c.args, code, out.String(), said.String())
		}
	}
}
