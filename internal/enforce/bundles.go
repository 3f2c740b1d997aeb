package enforce

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/evidence"
	"github.com/ownmark/ownmark/internal/fault"
)

// The consumer that makes bundles, and its subject on the bus.
const (
	BundleConsumer = "enforce-bundle"
	BundleSubject  = "event.enforce.requested"
)

// BundleRequested tells that somebody wants a bundle.
type BundleRequested struct {
	Bundle BundleID `json:"bundle"`
}

// EventName is the event's name on the bus.
func (BundleRequested) EventName() string { return "enforce.requested" }

// AskBundle asks for a bundle of the case's evidence as it then stands, with its pages in a language ("zh", or else English). While one is being made, it
// is that one.
func (c *Cases) AskBundle(ctx context.Context, by access.User, id CaseID, language string) (b Bundle, err error) {
	if language != "zh" {
		language = "en"
	}
	err = c.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := findCase(tx, by, access.BundleMake, id); err != nil {
			return err
		}
		b, err = db.One(tx, scanBundle, waitingBundle, string(id))
		if fault.Of(err) != fault.NotFound {
			return err
		}
		b = Bundle{ID: BundleID(db.NewID()), Case: id, State: BundleAsked, Language: language, AskedAt: tx.Now(), AskedBy: by.ID, AskedName: by.Name}
		if err := keepBundle(tx, b); err != nil {
			return err
		}
		return tx.Emit(BundleRequested{b.ID})
	})
	if err != nil {
		return Bundle{}, fmt.Errorf("ask for a bundle of case %s: %w", id, err)
	}
	return b, nil
}

// Bundles is the case's bundles, the newest first.
func (c *Cases) Bundles(ctx context.Context, by access.User, id CaseID) (all []Bundle, err error) {
	err = c.view(ctx, by, access.EvidenceRead, id, func(tx *db.Tx) error {
		all, err = db.All(tx, scanBundle, bundlesOf, string(id))
		return err
	})
	return all, err
}

// OpenBundle opens a bundle that is ready. It returns fault.NotFound for one that is not, or not for this person.
func (c *Cases) OpenBundle(ctx context.Context, by access.User, id CaseID, which BundleID) (b Bundle, content io.ReadCloser, err error) {
	missing := fault.NotFound.Say("There is no such bundle.")
	err = c.view(ctx, by, access.BundleMake, id, func(tx *db.Tx) error {
		if db.Text(string(which)) != nil {
			return missing
		}
		b, err = db.One(tx, scanBundle, oneBundle, string(which))
		if fault.Of(err) == fault.NotFound || err == nil && (b.Case != id || b.State != BundleReady) {
			return missing
		}
		return err
	})
	if err != nil {
		return Bundle{}, nil, err
	}
	hash, err := blob.Parse(b.Hash)
	if err != nil {
		return Bundle{}, nil, fmt.Errorf("bundle %s: %w", which, err)
	}
	content, _, err = c.Blobs.Get(ctx, hash)
	return b, content, err
}

// OpenDocument opens a document of the case.
func (c *Cases) OpenDocument(ctx context.Context, by access.User, id CaseID, hash string) (d CaseDocument, content io.ReadCloser, err error) {
	all, err := c.Documents(ctx, by, id)
	if err != nil {
		return d, nil, err
	}
	for _, d := range all {
		if d.Hash != hash {
			continue
		}
		parsed, err := blob.Parse(hash)
		if err != nil {
			return d, nil, err
		}
		content, _, err := c.Blobs.Get(ctx, parsed)
		return d, content, err
	}
	return d, nil, fault.NotFound.Say("There is no such document in the case.")
}

// HandleBundle makes the bundle an event asks for. It is a bus.Handler.
func (c *Cases) HandleBundle(ctx context.Context, m bus.Message) error {
	var e BundleRequested
	if err := json.Unmarshal(m.Body, &e); err != nil {
		return fault.Invalid.Say("The event cannot be read.").Because(err)
	}
	return c.MakeBundle(ctx, e.Bundle)
}

// MakeBundle makes a bundle that was asked for. What goes wrong with it is kept with it, for people; made again, one that is over stays as it is.
func (c *Cases) MakeBundle(ctx context.Context, id BundleID) error {
	var b Bundle
	err := c.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if b, err = db.One(tx, scanBundle, oneBundle, string(id)); err != nil || b.Over() {
			return err
		}
		b.State = BundleMaking
		return keepBundle(tx, b)
	})
	if err != nil || b.Over() {
		return err
	}
	made, err := c.makeBundle(ctx, b)
	if ctx.Err() != nil {
		return ctx.Err() // begun again after the restart
	}
	if f, ok := fault.As(err); ok {
		made, err = b, nil
		made.State, made.Problem = BundleFailed, f.Format
		if len(f.Args) > 0 {
			made.Problem = f.Message()
		}
	}
	if err != nil {
		return fmt.Errorf("make bundle %s: %w", id, err)
	}
	return c.DB.Tx(ctx, func(tx *db.Tx) error {
		made.ReadyAt = tx.Now()
		return keepBundle(tx, made)
	})
}

func (c *Cases) makeBundle(ctx context.Context, b Bundle) (Bundle, error) {
	var page bundlePage
	if err := c.DB.View(ctx, func(tx *db.Tx) (err error) {
		page = bundlePage{Language: b.Language, At: tx.Now(), By: b.AskedName}
		page.collected, err = collect(tx, b.Case)
		return err
	}); err != nil {
		return b, err
	}
	ids := page.entries()
	if err := c.sequence(ctx); err != nil {
		return b, err
	}
	found, proofs, checkpoint, err := c.Log.ProveAll(ctx, ids)
	if err != nil {
		return b, err
	}
	proved := make([]evidence.Entry, len(found))
	page.Numbers = make(map[string]int, len(found))
	for i := range found {
		proved[i] = evidence.Entry{Entry: found[i], Proof: proofs[i]}
		page.Numbers[found[i].ID] = i + 1
	}
	if c.Log.Key == nil {
		return b, fault.Unavailable.Say("Bundles are made where the ledger's key is.")
	}
	contents, err := evidence.Entries(c.Log.Key.VerifierKey(), checkpoint, proved)
	if err != nil {
		return b, err
	}
	progress := c.progress(ctx, b, page.files()+len(contents))
	gathered, err := c.contents(ctx, page, progress)
	if err != nil {
		return b, err
	}
	draft, err := evidence.NewDraft(evidence.Head{Bundle: string(b.ID), Case: string(b.Case), Reference: page.Case.Reference, Title: page.Case.Title, MadeAt: page.At, MadeBy: b.AskedName, Origin: c.Log.Key.Origin()},
		append(contents, gathered...))
	if err != nil {
		return b, err
	}
	b.Files = int64(len(contents) + len(gathered))
	return c.sealBundle(ctx, b, draft)
}

// files is about how many files the bundle will have beside the ledger's.
func (p bundlePage) files() int {
	n := 3 + len(p.Listings) + len(p.Documents)
	for _, l := range p.Listings {
		n += len(l.Record.Images)
	}
	return n
}

// progress tells, now and then, how many files were gathered.
func (c *Cases) progress(ctx context.Context, b Bundle, files int) func() {
	b.Files = int64(files)
	return func() {
		const often = 20
		if b.Done++; b.Done%often != 0 {
			return
		}
		// Progress that is not told harms nobody.
		_ = c.DB.Bulk(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(tellProgress, b.Done, b.Files, string(b.ID))
			return err
		})
	}
}

// sequence has the log take up what was recorded until now. The sequencer does so by itself soon; whoever wants a proof does not wait for it.
func (c *Cases) sequence(ctx context.Context) error {
	if c.Log.Key == nil {
		return nil
	}
	_, err := c.Log.Sequence(ctx)
	return err
}

// sealBundle has the draft stamped, puts its manifest's hash into the ledger, and keeps the archive.
func (c *Cases) sealBundle(ctx context.Context, b Bundle, draft *evidence.Draft) (Bundle, error) {
	var stamp []byte
	if c.Stamp != nil {
		answer, err := c.Stamp.Stamp(ctx, draft.Manifest())
		if err != nil {
			return b, err
		}
		stamp = answer
	}
	seal := draft.Seal(string(b.ID), stamp)
	by := access.User{ID: b.AskedBy, Name: b.AskedName}
	var entry string
	if err := c.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := db.One(tx, scanCase, oneCase, string(b.Case))
		if err != nil {
			return err
		}
		if err := perform(tx, by, &m, deed{kind: ActSealed, subject: seal.Manifest, detail: seal}); err != nil {
			return err
		}
		entry, err = db.One(tx, db.Value[string], lastEntry, string(b.Case), ActSealed)
		return err
	}); err != nil {
		return b, err
	}
	if err := c.sequence(ctx); err != nil {
		return b, err
	}
	found, proofs, _, err := c.Log.ProveAll(ctx, []string{entry})
	if err != nil {
		return b, err
	}
	// Written as it is read: a bundle may be larger than the memory of a small machine.
	out, in := io.Pipe()
	go func() { in.CloseWithError(draft.Write(in, stamp, evidence.Entry{Entry: found[0], Proof: proofs[0]})) }()
	const most = 3 << 30
	hash, size, err := c.Blobs.Put(ctx, out, most)
	_ = out.Close() // ends the writer when the store has stopped reading
	if err != nil {
		return b, err
	}
	b.State, b.Hash, b.Size, b.Manifest, b.Stamped, b.Done = BundleReady, hash.String(), size, seal.Manifest, stamp != nil, b.Files
	return b, nil
}

// chain is an exhibit's custody as the template of a bundle wants it.
type chain struct {
	Page  bundlePage
	Lines []Custody
}

// Chain is the chain of custody of an exhibit, to be shown.
func (p bundlePage) Chain(exhibit string) chain { return chain{p, p.CustodyOf(exhibit)} }

const (
	bundleColumns = `id, matter, state, done, files, hash, size, manifest, stamped, problem, language, asked_at, asked_by, asked_name, ready_at`
	oneBundle     = `select ` + bundleColumns + ` from bundle where id = $1`
	bundlesOf     = `select ` + bundleColumns + ` from bundle where matter = $1 order by asked_at desc, id desc limit 50`
	waitingBundle = `select ` + bundleColumns + ` from bundle where matter = $1 and state in ('asked', 'making') order by asked_at, id limit 1`
	writeBundle   = `insert into bundle (` + bundleColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (id) do update set state = excluded.state, done = excluded.done,
		files = excluded.files, hash = excluded.hash, size = excluded.size, manifest = excluded.manifest, stamped = excluded.stamped, problem = excluded.problem, ready_at = excluded.ready_at`
	tellProgress = `update bundle set done = $1, files = $2 where id = $3 and state = 'making'`
	lastEntry    = `select entry from matter_act where matter = $1 and kind = $2 order by at desc, id desc limit 1`
)

func scanBundle(r db.Row) (b Bundle, err error) {
	var asked, ready int64
	err = r.Scan(&b.ID, &b.Case, &b.State, &b.Done, &b.Files, &b.Hash, &b.Size, &b.Manifest, &b.Stamped, &b.Problem, &b.Language, &asked, &b.AskedBy, &b.AskedName, &ready)
	b.AskedAt, b.ReadyAt = db.Time(asked), db.Time(ready)
	return b, err
}

func keepBundle(tx *db.Tx, b Bundle) error {
	_, err := tx.Exec(writeBundle, string(b.ID), string(b.Case), string(b.State), b.Done, b.Files, b.Hash, b.Size, b.Manifest, b.Stamped, b.Problem, b.Language, db.Micros(b.AskedAt), string(b.AskedBy),
		b.AskedName, db.Micros(b.ReadyAt))
	return err
}
