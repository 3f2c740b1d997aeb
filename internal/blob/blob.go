// Package blob keeps pictures, documents and evidence by the hash of their content: in a folder by default, in S3 or what speaks
// like it by URL.
//
// A hash is the name, so the same content is kept once, and content that no longer has its hash is found when it is read.
package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob" // mem://, for tests
	_ "gocloud.dev/blob/s3blob"  // s3://BUCKET?region=…
	"gocloud.dev/gcerrors"

	"github.com/ownmark/ownmark/internal/fault"
)

// Hash is the SHA-256 of a content, in 64 lower-case hexadecimal digits. The zero value is no hash.
type Hash struct{ digits string }

// Parse reads what String wrote. It returns fault.Invalid for anything else, so no path can be made of it.
func Parse(s string) (Hash, error) {
	if len(s) == 2*sha256.Size && strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) < 0 {
		return Hash{s}, nil
	}
	return Hash{}, fault.Invalid.Say("This is not a content hash.")
}

// Of is the hash of content.
func Of(content []byte) Hash {
	sum := sha256.Sum256(content)
	return Hash{hex.EncodeToString(sum[:])}
}

// String is the hash in digits.
func (h Hash) String() string { return h.digits }

// MarshalText writes the hash as String does, for JSON.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.digits), nil }

// UnmarshalText reads a hash as Parse does.
func (h *Hash) UnmarshalText(text []byte) (err error) {
	*h, err = Parse(string(text))
	return err
}

// key spreads the contents over 256 folders.
func (h Hash) key() (string, error) {
	if h.digits == "" {
		return "", fault.Invalid.Say("This is not a content hash.")
	}
	return h.digits[:2] + "/" + h.digits[2:], nil
}

// Store keeps contents.
type Store struct {
	bucket *blob.Bucket
	folder string // of a store in a folder
}

// inMemory is the most bytes of a content that are held in memory on its way in or out.
const inMemory = 4 << 20

// Open opens the store at url: "s3://BUCKET?region=…", "mem://", "file:///PATH" or a path. A folder is made when there is none.
func Open(ctx context.Context, url string) (*Store, error) {
	folder, isFolder := folderOf(url)
	if !isFolder {
		bucket, err := blob.OpenBucket(ctx, url)
		if err != nil {
			return nil, fault.Invalid.Say("The store of pictures and documents cannot be opened: check its URL.").Because(fmt.Errorf("open %s", redact(url)))
		}
		return &Store{bucket: bucket}, nil
	}
	if folder == "" || strings.ContainsRune(folder, 0) {
		return nil, fault.Invalid.Say("The store of pictures and documents needs a folder or a URL.")
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", folder, err)
	}
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{
		CreateDir: true, DirFileMode: 0o700,
		NoTempDir: true, // a rename is atomic within one file system only
		Metadata:  fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fault.Unavailable.Say("The folder %s cannot be opened.", folder).Because(err)
	}
	return &Store{bucket: bucket, folder: folder}, nil
}

func folderOf(place string) (string, bool) {
	if rest, ok := strings.CutPrefix(place, "file://"); ok {
		if u, err := url.Parse(place); err == nil && u.Host == "" && u.Path != "" {
			return u.Path, true
		}
		return rest, true
	}
	return place, !strings.Contains(place, "://")
}

// redact is a store's URL as it may be shown: S3's parameters and user may be secrets.
func redact(place string) string {
	scheme, _, _ := strings.Cut(place, "://")
	if u, err := url.Parse(place); err == nil {
		return scheme + "://" + u.Host + u.Path
	}
	return scheme + "://…"
}

// Close ends the use of the store.
func (s *Store) Close() error { return s.bucket.Close() }

// Ready reports whether the store answers: fault.Unavailable when not.
func (s *Store) Ready(ctx context.Context) error {
	ok, err := s.bucket.IsAccessible(ctx)
	if err == nil && ok {
		return nil
	}
	return fault.Unavailable.Say("The store of pictures and documents does not answer.").Because(err)
}

// Put keeps what r holds and gives its hash and its size in bytes. After nil it is kept whole, on disk; before that, nobody can see any
// of it. It returns fault.TooLarge when r holds more than limit bytes; then nothing is kept.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (Hash, int64, error) {
	content := &spool{sum: sha256.New()}
	defer content.close()
	size, err := io.Copy(content, io.LimitReader(r, min(limit, math.MaxInt64-1)+1))
	if err != nil {
		return Hash{}, 0, fmt.Errorf("put: %w", err)
	}
	if size > limit {
		return Hash{}, 0, fault.TooLarge.Say("The file is larger than %d bytes.", limit)
	}
	h := Hash{hex.EncodeToString(content.sum.Sum(nil))}
	if err := s.write(ctx, h, content, size); err != nil {
		return Hash{}, 0, fmt.Errorf("put %s: %w", h, unavailable(err))
	}
	return h, size, nil
}

func (s *Store) write(ctx context.Context, h Hash, content *spool, size int64) error {
	key, err := h.key()
	if err != nil {
		return err
	}
	// One of another size is what a broken disk left of it.
	if kept, err := s.bucket.Attributes(ctx, key); err == nil && kept.Size == size {
		return nil
	}
	from, err := content.reader()
	if err != nil {
		return err
	}
	// Without the end of its context a writer would keep what it was given so far.
	writing, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.bucket.NewWriter(writing, key, &blob.WriterOptions{ContentType: "application/octet-stream", DisableContentTypeDetection: true})
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, from); err != nil {
		cancel()
		return errors.Join(err, w.Close())
	}
	if err := w.Close(); err != nil {
		return err
	}
	return s.sync(key)
}

// sync has a folder's disk keep what was just written: a row of the database will speak of it.
func (s *Store) sync(key string) error {
	if s.folder == "" {
		return nil
	}
	file := filepath.Join(s.folder, filepath.FromSlash(key))
	for _, path := range []string{file, filepath.Dir(file), s.folder} {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		err = f.Sync()
		f.Close()
		if err != nil && path == file { // not every system can sync a folder
			return err
		}
	}
	return nil
}

// Get opens the content and says its size in bytes. What is read is held against the hash: content of up to 4 MiB before Get returns, a larger
// one as its end is reached, where Read returns the error instead of io.EOF. It returns fault.NotFound when there is none.
func (s *Store) Get(ctx context.Context, h Hash) (io.ReadCloser, int64, error) {
	key, err := h.key()
	if err != nil {
		return nil, 0, err
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, 0, fault.NotFound.Say("There is no such file.")
	}
	if err != nil {
		return nil, 0, fmt.Errorf("get %s: %w", h, unavailable(err))
	}
	checked := &checkedReader{from: r, sum: sha256.New(), want: h}
	if r.Size() > inMemory {
		return checked, r.Size(), nil
	}
	defer r.Close()
	content, err := io.ReadAll(checked)
	if err != nil {
		return nil, 0, err
	}
	return io.NopCloser(bytes.NewReader(content)), int64(len(content)), nil
}

// Has reports whether the content is kept.
func (s *Store) Has(ctx context.Context, h Hash) (bool, error) {
	key, err := h.key()
	if err != nil {
		return false, err
	}
	has, err := s.bucket.Exists(ctx, key)
	if err != nil {
		return false, fmt.Errorf("has %s: %w", h, unavailable(err))
	}
	return has, nil
}

// Delete forgets the content; one that is not there is no error. Whoever deletes knows that nothing else speaks of it.
func (s *Store) Delete(ctx context.Context, h Hash) error {
	key, err := h.key()
	if err != nil {
		return err
	}
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete %s: %w", h, unavailable(err))
	}
	return nil
}

func unavailable(err error) error {
	if _, said := fault.As(err); said || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Unavailable.Say("The store of pictures and documents does not answer.").Because(err)
}

// checkedReader ends in an error unless what it read has the hash.
type checkedReader struct {
	from io.ReadCloser
	sum  hash.Hash
	want Hash
}

// Read reads on.
func (c *checkedReader) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(c.sum.Sum(nil)) != c.want.digits {
		return n, fmt.Errorf("the content of %s is damaged: it has the hash %x", c.want, c.sum.Sum(nil))
	}
	return n, err
}

// Close ends the reading.
func (c *checkedReader) Close() error { return c.from.Close() }

// spool holds a content until its hash is known: a small one in memory, a large one in a temporary file.
type spool struct {
	sum    hash.Hash
	memory bytes.Buffer
	file   *os.File
}

// Write takes the next part.
func (s *spool) Write(p []byte) (int, error) {
	s.sum.Write(p)
	if s.file == nil && s.memory.Len()+len(p) <= inMemory {
		return s.memory.Write(p)
	}
	if s.file == nil {
		file, err := os.CreateTemp("", "ownmark-blob-")
		if err != nil {
			return 0, err
		}
		// Its name goes at once where the system allows, so that a kill leaves nothing behind.
		_ = os.Remove(file.Name())
		s.file = file
		if _, err := s.memory.WriteTo(file); err != nil {
			return 0, err
		}
	}
	return s.file.Write(p)
}

func (s *spool) reader() (io.Reader, error) {
	if s.file == nil {
		return bytes.NewReader(s.memory.Bytes()), nil
	}
	_, err := s.file.Seek(0, io.SeekStart)
	return s.file, err
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}
