package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Entry is one line of the ledger.
type Entry struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind" doc:"What happened." example:"decision.made"`
	Subject  string    `json:"subject" doc:"What it is about." example:"listing:L-1001"`
	Actor    string    `json:"actor" doc:"Who did it."`
	Body     any       `json:"body" doc:"The rest, as it was recorded."`
	Position *int64    `json:"position,omitempty" doc:"In the log; absent for the second or so until it is there."`
	Proof    string    `json:"proof" doc:"The address of its proof."`
}

func entryOf(e ledger.Entry) Entry {
	out := Entry{ID: e.ID, At: e.At, Kind: e.Kind, Subject: e.Subject, Actor: e.Actor, Body: json.RawMessage(e.Body), Proof: provenBy(e.ID).Proof}
	if e.Position != ledger.Unsequenced {
		out.Position = &e.Position
	}
	return out
}

// EntriesInput are the filters of the list of entries.
type EntriesInput struct {
	Subject string    `query:"subject" maxLength:"500"`
	Kind    string    `query:"kind" maxLength:"200"`
	Actor   string    `query:"actor" maxLength:"200"`
	From    time.Time `query:"from" doc:"At or after."`
	To      time.Time `query:"to" doc:"Before."`
	Paging
}

// EntryInput names an entry.
type EntryInput struct {
	ID string `path:"entry" maxLength:"100"`
}

// ConsistencyInput names two sizes of the log.
type ConsistencyInput struct {
	From int64 `query:"from" doc:"The smaller size: that of a checkpoint you kept." required:"true" minimum:"1"`
	To   int64 `query:"to" doc:"The larger size." required:"true" minimum:"1"`
}

// Consistency shows that a log begins with an earlier one (RFC 6962, 2.1.2).
type Consistency struct {
	From   int64    `json:"old_size"`
	To     int64    `json:"new_size"`
	Hashes []string `json:"hashes" nullable:"false" doc:"Base64."`
}

// LedgerStatus is how the log stands.
type LedgerStatus struct {
	Size        int64     `json:"size"`
	Unsequenced int64     `json:"unsequenced" doc:"Entries that are not yet in the log."`
	Root        string    `json:"root,omitempty" doc:"Base64."`
	At          time.Time `json:"at,omitzero" doc:"Of the newest checkpoint."`
	Verifier    string    `json:"verifier" doc:"The public key that signs, as signed notes name it. Keep it from the first day on: it is what checks all others."`
}

type (
	entryOutput       struct{ Body Entry }
	consistencyOutput struct{ Body Consistency }
	statusOutput      struct{ Body LedgerStatus }
	textOutput        struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
)

func text(description string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {Description: description, Content: media(&huma.Schema{Type: huma.TypeString}, typeText)}}
}

func (s *Server) registerLedger() {
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/ledger/entries", id: "list-entries", tag: "Ledger", summary: "List ledger entries", description: "Newest first.", verb: access.LedgerRead,
	}, func(ctx context.Context, by access.User, in *EntriesInput) ([]Entry, string, error) {
		if err := by.May(access.LedgerRead, ""); err != nil {
			return nil, "", err
		}
		entries, next, err := s.Ledger.List(ctx, ledger.Filter{Subject: in.Subject, Kind: in.Kind, Actor: in.Actor, From: in.From, To: in.To, After: in.After, Limit: in.Limit})
		return each(entries, entryOf), next, err
	}, nil)
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/ledger/entries/{entry}", id: "get-entry", tag: "Ledger", summary: "Get a ledger entry", verb: access.LedgerRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *EntryInput) (*entryOutput, error) {
		if err := by.May(access.LedgerRead, ""); err != nil {
			return nil, err
		}
		e, err := s.Ledger.Entry(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &entryOutput{entryOf(e)}, nil
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/ledger/entries/{entry}/proof", id: "prove-entry", tag: "Ledger", summary: "Get the proof of a ledger entry",
		description: "A C2SP tlog-proof: it shows, together with the public key and without the log, that the entry stands where it says. An entry of this second may answer 503: try again.",
		verb:        access.LedgerRead, problems: []int{404}, response: text("A C2SP tlog-proof"),
	}, func(ctx context.Context, by access.User, in *EntryInput) (*textOutput, error) {
		if err := by.May(access.LedgerRead, ""); err != nil {
			return nil, err
		}
		proof, err := s.Ledger.Prove(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		body, err := proof.MarshalText()
		return &textOutput{typeText + "; charset=utf-8", body}, err
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/ledger/checkpoint", id: "get-checkpoint", tag: "Ledger", summary: "Get the newest checkpoint",
		description: "A C2SP signed note: the log's size and root hash. Keep some: only a checkpoint kept elsewhere shows that the past was rewritten.",
		verb:        access.LedgerRead, problems: []int{404}, response: text("A C2SP tlog-checkpoint"),
	}, func(ctx context.Context, by access.User, _ *struct{}) (*textOutput, error) {
		if err := by.May(access.LedgerRead, ""); err != nil {
			return nil, err
		}
		checkpoint, err := s.Ledger.Newest(ctx)
		return &textOutput{typeText + "; charset=utf-8", []byte(checkpoint.String())}, err
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/ledger/consistency", id: "prove-consistency", tag: "Ledger", summary: "Prove that the log has only grown",
		verb: access.LedgerRead,
	}, func(ctx context.Context, by access.User, in *ConsistencyInput) (*consistencyOutput, error) {
		if err := by.May(access.LedgerRead, ""); err != nil {
			return nil, err
		}
		proof, err := s.Ledger.Consistency(ctx, in.From, in.To)
		if err != nil {
			return nil, err
		}
		out := Consistency{From: proof.OldSize, To: proof.NewSize, Hashes: []string{}}
		for _, hash := range proof.Hashes {
			out.Hashes = append(out.Hashes, hash.String())
		}
		return &consistencyOutput{out}, nil
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/ledger", id: "get-ledger", tag: "Ledger", summary: "Ask how the ledger stands", verb: access.LedgerRead,
	}, func(ctx context.Context, by access.User, _ *struct{}) (*statusOutput, error) {
		if err := by.May(access.LedgerRead, ""); err != nil {
			return nil, err
		}
		st, err := s.Ledger.Status(ctx)
		if err != nil {
			return nil, err
		}
		return &statusOutput{LedgerStatus{Size: st.Size, Unsequenced: st.Unsequenced, Root: st.Root, At: st.At, Verifier: st.Verifier}}, nil
	})
}
