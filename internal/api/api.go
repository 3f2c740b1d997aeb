// Package api is Ownmark's face for programs: JSON over HTTP, described by an OpenAPI 3.1 document that is made from
// this code. An operation parses, calls one verb of a room and shows what came out. What goes wrong is an RFC 9457
// problem that names the field.
//
// Who calls shows an API key; cookies mean nothing here, so another site's page can do nothing in somebody's name.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/sync/semaphore"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// Config is what the API needs. All services are needed; the rest has defaults.
type Config struct {
	DB        *db.DB // keeps the answers to requests with an Idempotency-Key
	Access    *access.Service
	Brands    *brand.Service
	Market    *market.Service
	Detect    *detect.Service
	Enforce   *enforce.Service
	Cultivate *cultivate.Service
	Ledger    *ledger.Log
	Blob      *blob.Store

	Log     *slog.Logger // nil: slog.Default
	Limits  Limits
	Version string // of Ownmark, for the document; empty: "development"
}

// Limits bound what one request and one key may ask. Zero fields mean the default.
type Limits struct {
	Body      int64         // bytes of an ordinary request body, unpacked; 1 MiB
	Batch     int64         // bytes of a batch of listings or an import of brands, unpacked; 32 MiB
	Rows      int           // listings of a batch; detect.MaxBatch
	Memory    int64         // bytes of all bodies being worked on at once, unpacked; 128 MiB. What is made of a body takes several times its bytes
	Depth     int           // objects and arrays within each other in JSON; 32
	Picture   int64         // bytes of a picture; blob.MaxPictureBytes
	PerSecond float64       // requests a second of one API key, on average; 50
	Burst     int           // requests of one API key at once; 100
	Keys      int           // API keys whose rate is remembered; 10,000
	Time      time.Duration // an operation is given up after this, exports excepted; 60 seconds
	Keep      time.Duration // how long answers are kept for Idempotency-Key; 24 hours
}

func (l Limits) orDefault() Limits {
	set(&l.Body, 1<<20)
	set(&l.Batch, 32<<20)
	set(&l.Rows, detect.MaxBatch)
	set(&l.Memory, 128<<20)
	set(&l.Depth, 32)
	set(&l.Picture, blob.MaxPictureBytes)
	set(&l.PerSecond, 50)
	set(&l.Burst, 100)
	set(&l.Keys, 10_000)
	set(&l.Time, time.Minute)
	set(&l.Keep, 24*time.Hour)
	l.Memory = max(l.Memory, l.Body, l.Batch, l.Picture)
	return l
}

func set[T int | int64 | float64 | time.Duration](field *T, fallback T) {
	if *field <= 0 {
		*field = fallback
	}
}

// Server answers everything below /api/.
type Server struct {
	Config
	mux  *http.ServeMux
	huma huma.API
	rate *rates

	memory *semaphore.Weighted // bytes of bodies

	renderDocs sync.Once
	docs       []byte
}

// New makes the API. It is mounted at /api/ with its full paths: mux.Handle("/api/", api.New(…)).
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Version == "" {
		c.Version = "development"
	}
	c.Limits = c.Limits.orDefault()
	s := &Server{Config: c, mux: http.NewServeMux(), rate: newRates(c.Limits), memory: semaphore.NewWeighted(c.Limits.Memory)}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Ownmark", Version: c.Version, Description: s.introduction(),
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key": {Type: "http", Scheme: "bearer", BearerFormat: "omk_…", Description: "An API key, made in the console under People. Its scopes are the verbs that operations name as x-verb."},
				},
			},
			Security: []map[string][]string{{"key": {}}},
			Tags:     tags,
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{fromHuma},
	}
	s.huma = humago.New(s.mux, config)
	s.huma.UseMiddleware(s.guard)

	s.registerScan()
	s.registerListings()
	s.registerBatches()
	s.registerPictures()
	s.registerFound()
	s.registerBrands()
	s.registerSellers()
	s.registerDecisions()
	s.registerNotices()
	s.registerMakers()
	s.registerPolicies()
	s.registerLedger()
	s.registerMe()

	// huma describes its own error model beside each operation; answers are Problems, see fromHuma.
	delete(s.OpenAPI().Components.Schemas.Map(), "ErrorModel")
	delete(s.OpenAPI().Components.Schemas.Map(), "ErrorDetail")
	s.registerDocs()
	return s
}

var tags = []*huma.Tag{
	{Name: "Scan", Description: "The machine's opinion of a listing before it goes live. Nothing is kept."},
	{Name: "Listings", Description: "Handing listings in for scanning, and what is known of them."},
	{Name: "Pictures", Description: "Pictures that listings refer to, and listings by their pictures."},
	{Name: "Brands", Description: "The marks under protection, who may sell the goods, and what genuine goods cost."},
	{Name: "Sellers", Description: "The accounts behind listings."},
	{Name: "Decisions", Description: "What people decided on listings, and why."},
	{Name: "Notices", Description: "Rights, and notices that listings infringe them, with what became of each."},
	{Name: "Makers", Description: "Workshops on their way to brands of their own."},
	{Name: "Policies", Description: "What is done with listings: drafts, trials and proposals; what people found, and the models made of it."},
	{Name: "Ledger", Description: "The record of every decision and change, with proofs."},
	{Name: "Key", Description: "The API key in use."},
}

// OpenAPI is the document as served.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.huma.OpenAPI() }

// Sweep deletes the kept answers that are older than Limits.Keep. Run it now and then; nothing depends on it.
func (s *Server) Sweep(ctx context.Context) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(forgetRequests, db.Micros(tx.Now().Add(-s.Limits.Keep)))
		return err
	})
}
