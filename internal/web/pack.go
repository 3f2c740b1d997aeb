package web

import (
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// buffered packs a page with gzip when the browser takes it. Pages hold no secret beside what the asker sent, so the
// size of a packed page gives nothing away. A short answer, one that is not text and one that streams (it flushes) go
// out as they are.
type buffered struct {
	http.ResponseWriter
	packs  bool
	status int
	packer *gzip.Writer
	sent   bool
}

var packers = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, 4); return w }}

// WriteHeader keeps the status until the first bytes say whether they are worth packing.
func (b *buffered) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	b.begin(len(p))
	if b.packer != nil {
		return b.packer.Write(p)
	}
	return b.ResponseWriter.Write(p)
}

func (b *buffered) begin(size int) {
	if b.sent {
		return
	}
	b.sent = true
	if b.status == 0 {
		b.status = http.StatusOK
	}
	h := b.Header()
	if b.packs && size >= 1000 && h.Get("Content-Encoding") == "" && strings.HasPrefix(h.Get("Content-Type"), "text/") {
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		h.Del("Content-Length")
		b.packer = packers.Get().(*gzip.Writer)
		b.packer.Reset(b.ResponseWriter)
	}
	b.ResponseWriter.WriteHeader(b.status)
}

// Unwrap lets http.ResponseController reach the connection.
func (b *buffered) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// Flush sends what there is.
func (b *buffered) Flush() {
	b.begin(0)
	if b.packer != nil {
		b.packer.Flush()
	}
	http.NewResponseController(b.ResponseWriter).Flush()
}

// flush ends the answer.
func (b *buffered) flush() {
	b.begin(0)
	if b.packer != nil {
		b.packer.Close()
		packers.Put(b.packer)
		b.packer = nil
	}
}
