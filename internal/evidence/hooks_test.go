package evidence

import (
	"bytes"
	"hash/crc32"
	"testing"
)

// File is a file to be packed.
type File struct {
	Path    string
	Content []byte
}

// Pack writes files as bundles are written, whatever is in them.
func Pack(t testing.TB, files []File) []byte {
	t.Helper()
	var b bytes.Buffer
	out := newArchive(&b)
	for _, f := range files {
		if err := out.add(file{f.Path, int64(len(f.Content)), crc32.ChecksumIEEE(f.Content)}, bytes.NewReader(f.Content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.end(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
