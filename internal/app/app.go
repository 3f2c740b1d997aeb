// Package app wires Ownmark by hand, in reading order: database, blobs, stream, ledger, rooms, faces. It is the one
// place that sees every room, so it also says who hears whose events.
package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/api"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/config"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/keyfile"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// App is an opened Ownmark: its storage and its rooms. Start sets it to work, Handler shows it.
type App struct {
	Config    config.Config
	Log       *slog.Logger
	Simulated bool // the data is of the simulated marketplace

	DB     *db.DB
	Blob   *blob.Store
	Bus    *bus.Bus
	Ledger *ledger.Log

	Access    *access.Service
	Brand     *brand.Service
	Market    *market.Service
	Detect    *detect.Service
	Enforce   *enforce.Service
	Cases     *enforce.Cases
	Cultivate *cultivate.Service

	api  *api.Server
	stop []func() // in the order things were started
}

// Open opens storage, brings the schema up to date and builds the rooms. Nothing works or listens yet.
func Open(ctx context.Context, c config.Config, log *slog.Logger) (_ *App, err error) {
	a := &App{Config: c, Log: log}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if a.DB, err = db.Open(ctx, c.Database, clock.System); err != nil {
		return nil, err
	}
	if _, err = a.DB.Migrate(ctx); err != nil {
		return nil, err
	}
	if a.Blob, err = blob.Open(ctx, c.Blob); err != nil {
		return nil, err
	}
	a.Bus, err = bus.Open(ctx, bus.Options{URL: c.NATS, Dir: filepath.Join(c.Data, "stream"), AckWait: ackWait, Log: log})
	if err != nil {
		return nil, err
	}
	key, err := ledger.LoadOrCreateKey(filepath.Join(c.Data, "ledger.key"), LedgerOrigin)
	if err != nil {
		return nil, err
	}
	a.Ledger = ledger.Open(a.DB, key)
	a.Ledger.CheckpointFile = CheckpointFile(c)
	a.Ledger.Attest("decisions", enforce.Attest)
	a.Ledger.Attest("cases", enforce.AttestCases)

	a.Access = &access.Service{DB: a.DB}
	a.Brand = &brand.Service{DB: a.DB, Blob: a.Blob}
	seal, err := market.LoadOrCreateSeal(filepath.Join(c.Data, "trader.key"))
	if err != nil {
		return nil, err
	}
	a.Market = &market.Service{DB: a.DB, Seal: seal}
	a.Detect = &detect.Service{DB: a.DB, Bus: a.Bus, Brands: a.Brand, Pictures: &pictures{App: a, small: true}, MaxPictures: c.Limits.PicturesKept, Now: clock.System, Log: log}
	a.Enforce = &enforce.Service{DB: a.DB, Alone: policyActs(c.PolicyActs), TwoAbove: c.TwoPersonsAbove, Detect: a.Detect}
	a.Cases = Cases(c, a.DB, a.Blob, a.Ledger)
	a.Cases.Pictures = &pictures{App: a}
	if a.Cultivate, err = a.cultivation(c.Industries); err != nil {
		return nil, err
	}

	a.api = api.New(api.Config{
		DB: a.DB, Access: a.Access, Brands: a.Brand, Market: a.Market, Detect: a.Detect, Enforce: a.Enforce, Cultivate: a.Cultivate, Ledger: a.Ledger, Blob: a.Blob,
		Log: a.Log, Version: Version(),
		Limits: api.Limits{
			Batch: a.Config.Limits.RequestBytes, Rows: a.Config.Limits.BatchRows, Picture: min(a.Config.Limits.PictureBytes, blob.MaxPictureBytes),
		},
	})
	return a, nil
}

// policyActs is the hardest action that a policy may take alone, by the setting of that name.
func policyActs(setting string) detect.Action {
	if setting == "none" {
		return ""
	}
	return detect.Action(setting)
}

// cultivation is the programme with the industries that ship, and over them those of the operator's own folder.
func (a *App) cultivation(folder string) (*cultivate.Service, error) {
	files := cultivate.Shipped()
	if folder != "" {
		files = cultivate.Over(os.DirFS(folder), files)
	}
	industries, lessons, err := cultivate.Read(files)
	if err != nil {
		return nil, fmt.Errorf("industries: %w", err)
	}
	key, err := signingKey(filepath.Join(a.Config.Data, "certificate.key"))
	if err != nil {
		return nil, err
	}
	site := cultivate.Site{Key: key, Address: strings.TrimRight(a.Config.PublicURL, "/")}
	return &cultivate.Service{DB: a.DB, Access: a.Access, Industries: industries, Lessons: lessons, Site: site, Brand: a.Brand, Records: records{}, Blob: a.Blob}, nil
}

// signingKey reads the key that signs certificates, and makes it at the first start: the seed of RFC 8032 in base64, for its owner's eyes only.
func signingKey(path string) (ed25519.PrivateKey, error) {
	text, err := keyfile.LoadOrCreate(path, func() ([]byte, error) {
		seed := make([]byte, ed25519.SeedSize)
		_, err := rand.Read(seed)
		return []byte(base64.StdEncoding.EncodeToString(seed) + "\n"), err
	})
	if err != nil {
		return nil, fmt.Errorf("the key of certificates: %w", err)
	}
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fault.Invalid.Say("%s is no key of certificates.", path).Because(err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ackWait is how long a killed worker's messages wait for another; 0 is the bus's default. Tests that kill workers shorten it.
var ackWait time.Duration

// LedgerOrigin names the log in its checkpoints.
const LedgerOrigin = "ownmark.ledger"

// CheckpointFile is where the newest checkpoint is written outside the database.
func CheckpointFile(c config.Config) string { return filepath.Join(c.Data, "ledger.checkpoint") }

// Close stops what was started and closes storage. Calling it twice is fine.
func (a *App) Close() {
	for i := len(a.stop) - 1; i >= 0; i-- {
		a.stop[i]()
	}
	a.stop = nil
	if a.Bus != nil {
		a.Bus.Close()
	}
	if a.Blob != nil {
		if err := a.Blob.Close(); err != nil {
			a.Log.Warn("blob store not closed", slog.Any("error", err))
		}
		a.Blob = nil
	}
	if a.DB != nil {
		if err := a.DB.Close(); err != nil {
			a.Log.Warn("database not closed", slog.Any("error", err))
		}
		a.DB = nil
	}
}

// Work starts the workers: who scans, who hears which event. Any number of processes may work on one database and stream.
func (a *App) Work(ctx context.Context) error {
	if err := a.Detect.Ready(ctx); err != nil {
		return err
	}
	for _, w := range []struct {
		subjects []string
		hear     func(context.Context, bus.Message)
	}{{detect.BrandEvents, a.Detect.BrandChanged}, {detect.PolicyEvents, a.Detect.PolicyChanged}} {
		watcher, err := a.Bus.Watch(ctx, w.subjects, w.hear)
		if err != nil {
			return err
		}
		a.stop = append(a.stop, watcher.Stop)
	}

	a.background(ctx, a.Detect.KeepPictures)

	relay := a.Bus.Relay(a.DB)
	relay.Start()
	a.stop = append(a.stop, relay.Stop)

	for _, c := range []struct {
		name     string
		subjects []string
		workers  int
		handle   bus.Handler
	}{
		{detect.ScanConsumer, []string{detect.ScanSubject}, a.Config.Workers, a.Detect.Handle},
		{detect.RescanConsumer, []string{detect.RescanSubject}, 1, a.Detect.HandleRescan},
		{detect.BrandChangedConsumer, detect.BrandEvents, 1, a.Detect.HandleBrandChanged},
		{detect.PolicyChangedConsumer, detect.PolicyEvents, 1, a.Detect.HandlePolicyChanged},
		{detect.ReplayConsumer, []string{detect.ReplaySubject}, 1, a.Detect.HandleReplay},
		{detect.PictureConsumer, []string{detect.PictureSubject}, 1, a.Detect.HandlePictures},
		{detect.DecisionConsumer, detect.DecisionEvents, 1, a.Detect.HandleDecision},
		{enforce.ScannedConsumer, []string{enforce.ScannedSubject}, 1, a.Enforce.HandleScanned},
		{enforce.BundleConsumer, []string{enforce.BundleSubject}, 1, a.Cases.HandleBundle},
		{cultivate.RelapseConsumer, cultivate.RelapseEvents, 1, a.Cultivate.HandleRelapse},
	} {
		consumer, err := a.Bus.Consume(ctx, c.name, c.subjects, c.workers, c.handle)
		if err != nil {
			return fmt.Errorf("consume %s: %w", c.name, err)
		}
		a.stop = append(a.stop, consumer.Stop)
	}
	return a.Detect.Resume(ctx)
}

// Keep starts what only the process with the ledger's key does, and the housekeeping: sequencing, signing, sweeping.
func (a *App) Keep(ctx context.Context) {
	a.background(ctx, func(ctx context.Context) {
		if err := a.Ledger.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			a.Log.ErrorContext(ctx, "ledger stopped", slog.Any("error", err))
		}
	})
	if a.Config.TransparencyURL != "" && !a.Simulated {
		a.background(ctx, a.transmit)
	}
	a.background(ctx, func(ctx context.Context) {
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for minute := 0; ; minute++ {
			if minute%60 == 0 {
				if err := a.Access.Sweep(ctx); err != nil {
					a.Log.ErrorContext(ctx, "sweep failed", slog.String("room", "access"), slog.Any("error", err))
				}
				if err := a.api.Sweep(ctx); err != nil {
					a.Log.ErrorContext(ctx, "sweep failed", slog.String("face", "api"), slog.Any("error", err))
				}
			}
			if _, err := a.Brand.Sweep(ctx); err != nil {
				a.Log.ErrorContext(ctx, "sweep failed", slog.String("room", "brand"), slog.Any("error", err))
			}
			if err := errors.Join(a.Enforce.Sweep(ctx), a.Enforce.DrawLooks(ctx)); err != nil {
				a.Log.ErrorContext(ctx, "sweep failed", slog.String("room", "enforce"), slog.Any("error", err))
			}
			if err := a.Market.SweepTraders(ctx); err != nil {
				a.Log.ErrorContext(ctx, "sweep failed", slog.String("room", "market"), slog.Any("error", err))
			}
			if err := errors.Join(a.Cultivate.SweepOutcomes(ctx), a.Cultivate.Remind(ctx)); err != nil {
				a.Log.ErrorContext(ctx, "sweep failed", slog.String("room", "cultivate"), slog.Any("error", err))
			}
			if err := a.Detect.Sweep(ctx); err != nil {
				a.Log.ErrorContext(ctx, "sweep failed", slog.String("room", "detect"), slog.Any("error", err))
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// Transparency is the EU's database of statements, as configured; nil when none is. The token is read anew, as it may have been changed.
func Transparency(c config.Config) (*enforce.Transparency, error) {
	if c.TransparencyURL == "" {
		return nil, nil
	}
	token, err := os.ReadFile(c.TransparencyTokenFile)
	if err != nil {
		return nil, fault.Unavailable.Say("The file %s with the token of the transparency database cannot be read.", c.TransparencyTokenFile).Because(err)
	}
	return &enforce.Transparency{URL: c.TransparencyURL, Token: strings.TrimSpace(string(token))}, nil
}

// transmitEvery is how often statements of reasons are sent that wait.
const transmitEvery = time.Minute

// transmit sends statements of reasons as they come, until ctx ends.
func (a *App) transmit(ctx context.Context) {
	tick := time.NewTicker(transmitEvery)
	defer tick.Stop()
	for {
		to, err := Transparency(a.Config)
		if err == nil {
			err = a.Enforce.Transmit(ctx, to, nil)
		}
		if err != nil && ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "statements not sent", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// background runs fn until Close, which waits for it.
func (a *App) background(ctx context.Context, fn func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { fn(ctx) })
	a.stop = append(a.stop, func() {
		cancel()
		running.Wait()
	})
}

// Ready says whether every part answers.
func (a *App) Ready(ctx context.Context) error {
	return errors.Join(a.DB.Ping(ctx), a.Bus.Ready(ctx), a.Blob.Ready(ctx))
}
