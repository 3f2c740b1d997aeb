package blob_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/fault"
)

// each runs a test on every kind of store that needs nobody else.
func each(t *testing.T, fn func(t *testing.T, s *blob.Store)) {
	for name, url := range map[string]string{"folder": filepath.Join(t.TempDir(), "new", "blobs"), "url": "file://" + t.TempDir(), "memory": "mem://"} {
		t.Run(name, func(t *testing.T) { fn(t, open(t, url)) })
	}
}

func open(t testing.TB, url string) *blob.Store {
	t.Helper()
	s, err := blob.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t testing.TB, s *blob.Store, content []byte) blob.Hash {
	t.Helper()
	h, size, err := s.Put(t.Context(), bytes.NewReader(content), int64(len(content)))
	if err != nil || size != int64(len(content)) || h != blob.Of(content) {
		t.Fatalf("put: %s, %d, %v", h, size, err)
	}
	return h
}

func TestPutGetDelete(t *testing.T) {
	each(t, func(t *testing.T, s *blob.Store) {
		for _, size := range []int{0, 1, 1000, 4 << 20, 4<<20 + 1, 9 << 20} {
			content := bytes.Repeat([]byte{'a', 'b', byte(size)}, size/3+1)[:size]
			h := put(t, s, content)
			put(t, s, content) // the same again
			if has, err := s.Has(t.Context(), h); !has || err != nil {
				t.Errorf("has: %v, %v", has, err)
			}
			r, n, err := s.Get(t.Context(), h)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || n != int64(size) || !bytes.Equal(got, content) {
				t.Errorf("got %d of %d bytes, %v", len(got), size, err)
			}
			for range 2 {
				if err := s.Delete(t.Context(), h); err != nil {
					t.Error(err)
				}
			}
			if _, _, err := s.Get(t.Context(), h); !errors.Is(err, fault.NotFound) {
				t.Errorf("get after delete: %v", err)
			}
			if has, err := s.Has(t.Context(), h); has || err != nil {
				t.Errorf("has after delete: %v, %v", has, err)
			}
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// files are the names in a folder's store.
func files(t *testing.T, folder string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

type failing struct{ after int }

func (f *failing) Read(p []byte) (int, error) {
	if f.after <= 0 {
		return 0, errors.New("the line broke")
	}
	n := min(len(p), f.after)
	f.after -= n
	return n, nil
}

func TestNothingHalfIsKept(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	for _, size := range []int{10, 10 << 20} {
		if _, _, err := s.Put(t.Context(), bytes.NewReader(make([]byte, size)), int64(size)-1); !errors.Is(err, fault.TooLarge) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if _, _, err := s.Put(t.Context(), &failing{size}, 1<<30); err == nil {
			t.Error("a broken line was taken for the end")
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Put(cancelled, strings.NewReader("x"), 10); !errors.Is(err, context.Canceled) {
		t.Errorf("put of nobody: %v", err)
	}
	if all := files(t, folder); len(all) != 0 {
		t.Errorf("left: %q", all)
	}
}

func TestSameContentAtOnceIsKeptOnce(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	content := make([]byte, 100_000)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, _, err := s.Put(t.Context(), bytes.NewReader(content), 1<<20); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if all := files(t, folder); len(all) != 1 {
		t.Errorf("kept: %q", all)
	}
}

func TestDamageIsFound(t *testing.T) {
	for _, size := range []int{1000, 6 << 20} {
		folder := t.TempDir()
		s := open(t, folder)
		content := bytes.Repeat([]byte("x"), size)
		h := put(t, s, content)
		file := files(t, folder)[0]
		read := func() error {
			r, _, err := s.Get(t.Context(), h)
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = io.Copy(io.Discard, r)
			return err
		}
		for name, damage := range map[string][]byte{
			"changed": append([]byte("y"), content[1:]...), "cut": content[:size-1], "empty": nil,
		} {
			if err := os.WriteFile(file, damage, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := read(); err == nil || !strings.Contains(err.Error(), h.String()) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// What was cut is mended by the next who has it.
		if err := os.WriteFile(file, content[:10], 0o600); err != nil {
			t.Fatal(err)
		}
		put(t, s, content)
		if err := read(); err != nil {
			t.Error(err)
		}
	}
}

func TestHash(t *testing.T) {
	good := blob.Of(nil)
	if got, err := blob.Parse(good.String()); err != nil || got != good {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "../../etc/passwd", strings.ToUpper(good.String()), good.String()[1:], good.String() + "0", strings.Repeat("/", 64), strings.Repeat("g", 64), "../" + good.String()[3:], good.String()[:63] + "\n"} {
		if _, err := blob.Parse(bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	text, err := json.Marshal(good)
	var back blob.Hash
	if err := errors.Join(err, json.Unmarshal(text, &back)); err != nil || back != good {
		t.Errorf("%s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`"../x"`), &back); !errors.Is(err, fault.Invalid) {
		t.Error(err)
	}
	s := open(t, "mem://")
	if _, _, err := s.Get(t.Context(), blob.Hash{}); !errors.Is(err, fault.Invalid) {
		t.Errorf("the zero hash: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(blob.Of(nil).String())
	f.Add("../../..")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := blob.Parse(s)
		if err == nil && (h.String() != s || strings.Trim(s, "0123456789abcdef") != "" || len(s) != 64) {
			t.Errorf("parsed %q", s)
		}
	})
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]fault.Kind{
		"":                                  fault.Invalid,
		"a\x00b":                            fault.Invalid,
		"ftp://who:hunter2@host/":           fault.Invalid,
		"s3://b?hunter2=x&secret=y":         fault.Invalid,
		"azblob://hunter2@%zz":              fault.Invalid,
		file:                                fault.Unavailable,
		filepath.Join(file, "under"):        fault.Unavailable,
		"file://" + filepath.Join(file, ""): fault.Unavailable,
	} {
		_, err := blob.Open(t.Context(), url)
		if !errors.Is(err, want) {
			t.Errorf("open %q: %v", url, err)
		}
		if strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	for _, name := range []string{"with space", "per%20cent", "ha#sh", "鞋"} {
		folder := filepath.Join(t.TempDir(), name)
		put(t, open(t, folder), []byte("x"))
		if all := files(t, folder); len(all) != 1 {
			t.Errorf("%s holds %q", name, all)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	s := open(b, b.TempDir())
	content := make([]byte, 100_000)
	b.SetBytes(int64(len(content)))
	for n := 0; b.Loop(); n++ {
		copy(content, fmt.Sprint(n))
		if _, _, err := s.Put(b.Context(), bytes.NewReader(content), 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
