// Package assets carries what a browser loads besides pages: style sheets, scripts and icons. Everything is in the
// binary; nothing comes from another host. README.md names the versions and licences of what others made.
package assets

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

//go:generate go run ./trim tabler/full.css tabler.css

//go:embed tabler.css htmx.min.js mark.svg icons
var files embed.FS

// Prefix is the path under which a Set serves.
const Prefix = "/static/"

// Set is the files one server offers, each under a name that holds a hash of its content, so that a browser may keep it
// for ever. Add everything first, then serve; a Set is not changed while it serves.
type Set struct {
	urls  map[string]string
	files map[string]*file
}

type file struct {
	kind   string
	plain  []byte
	packed func() []byte // gzipped once, when first asked for
}

// New makes a Set of the vendored files: tabler.css, htmx.min.js and mark.svg.
func New() *Set {
	s := &Set{urls: map[string]string{}, files: map[string]*file{}}
	for _, name := range []string{"tabler.css", "htmx.min.js", "mark.svg"} {
		content, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		s.Add(name, content)
	}
	return s
}

// Add offers content under name ("ui.css").
func (s *Set) Add(name string, content []byte) {
	hash := sha256.Sum256(content)
	ext := path.Ext(name)
	served := strings.TrimSuffix(name, ext) + "." + base64.RawURLEncoding.EncodeToString(hash[:9]) + ext
	s.urls[name] = Prefix + served
	s.files[served] = &file{
		kind:  mime.TypeByExtension(ext),
		plain: content,
		packed: sync.OnceValue(func() []byte {
			var b bytes.Buffer
			w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
			if err == nil {
				_, err = w.Write(content)
			}
			if err == nil {
				err = w.Close()
			}
			if err != nil {
				panic(err) // the level is a constant, and writing to memory does not fail
			}
			return b.Bytes()
		}),
	}
}

// URL is where name is served; empty when it was not added.
func (s *Set) URL(name string) string { return s.urls[name] }

// ServeHTTP answers GET and HEAD for the paths URL gives, to be kept for a year.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := s.files[strings.TrimPrefix(r.URL.Path, Prefix)]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	body := f.plain
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		body = f.packed()
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body) //nolint:errcheck // the browser went away
	}
}

// Icon is the drawing of a Tabler icon, the elements within its svg; false when there is none of this name.
func Icon(name string) (drawing string, ok bool) {
	icons := drawings()
	drawing, ok = icons[name]
	return drawing, ok
}

// Icons are the names Icon knows, in alphabetical order.
func Icons() []string { return slices.Sorted(maps.Keys(drawings())) }

var drawings = sync.OnceValue(func() map[string]string {
	dir, err := files.ReadDir("icons")
	if err != nil {
		panic(err) // it is embedded
	}
	icons := make(map[string]string, len(dir))
	for _, entry := range dir {
		svg, err := files.ReadFile("icons/" + entry.Name())
		if err != nil {
			panic(err)
		}
		_, inner, _ := strings.Cut(string(svg), ">")
		inner, _, _ = strings.Cut(inner, "</svg>")
		var paths []string
		for line := range strings.Lines(inner) {
			line = strings.TrimSpace(line)
			if line != "" && !strings.Contains(line, `stroke="none" d="M0 0h24v24H0z"`) {
				paths = append(paths, strings.Replace(line, " />", "/>", 1))
			}
		}
		icons[strings.TrimSuffix(entry.Name(), ".svg")] = strings.Join(paths, "")
	}
	return icons
})
