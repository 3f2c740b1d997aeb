package enforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fake/transparency"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// union is the stand-in of the EU's database with a client for it.
func union(t *testing.T) (*transparency.Database, *Transparency) {
	t.Helper()
	there := &transparency.Database{Token: "secret"}
	server := httptest.NewServer(there)
	t.Cleanup(server.Close)
	return there, &Transparency{URL: server.URL, Token: "secret", Client: server.Client()}
}

// removals takes n decisions that restrict, a minute apart.
func (k *desk) removals(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		id := fmt.Sprintf("T%04d", i)
		k.listing(t, id, 1, detect.Fake, 0.9)
		k.tell(t, id)
		k.now.Advance(time.Minute)
		k.decide(t, ana, market.ListingID(id), []Outcome{Remove, Restrict}[i%2])
	}
}

// arrived holds what the database has against the statements of the decisions, field by field.
func (k *desk) arrived(t *testing.T, there *transparency.Database) {
	t.Helper()
	kept := there.Kept()
	n := 0
	for s, err := range k.Statements(t.Context(), ana, time.Time{}, k.now.Now().Add(time.Second)) {
		ok(t, err)
		n++
		text, err := json.Marshal(s)
		ok(t, err)
		var want map[string]any
		ok(t, json.Unmarshal(text, &want))
		if got := kept[s.PUID]; !reflect.DeepEqual(got.Body, want) {
			t.Fatalf("the database has of %s\n%v\nwant\n%v", s.PUID, got.Body, want)
		}
	}
	if n != len(kept) {
		t.Errorf("the database has %d statements of %d decisions", len(kept), n)
	}
	page, err := k.Transmissions(t.Context(), ana, TransmissionFilter{State: TransmissionSent, Limit: 200})
	ok(t, err)
	for _, one := range page.Items {
		if one.Receipt != kept[string(one.Decision)].UUID {
			t.Errorf("the receipt of %s is %s, the database's %s", one.Decision, one.Receipt, kept[string(one.Decision)].UUID)
		}
	}
}

func (k *desk) states(t *testing.T) map[TransmissionState]int64 {
	t.Helper()
	sum, err := k.Transmitted(t.Context(), ana)
	ok(t, err)
	return sum.States
}

func TestTransmit(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		there, client := union(t)
		k.removals(t, 130)
		d := k.decide(t, ana, "T0000", Approve)
		_, err := k.Undo(t.Context(), ana, d.ID, "second thoughts")
		ok(t, err)
		var sizes []int
		ok(t, k.Transmit(t.Context(), client, func(n int) { sizes = append(sizes, n) }))
		if fmt.Sprint(sizes) != "[100 30]" || there.Requests() != 2 {
			t.Errorf("requests of %v, %d in all", sizes, there.Requests())
		}
		k.arrived(t, there)

		// Nothing new: nothing is sent. One more: it alone.
		ok(t, k.Transmit(t.Context(), client, nil))
		k.decide(t, ana, "T0001", Remove)
		ok(t, k.Transmit(t.Context(), client, nil))
		if there.Requests() != 3 || k.states(t)[TransmissionSent] != 131 {
			t.Errorf("%d requests, states %v", there.Requests(), k.states(t))
		}
		k.arrived(t, there)
	})
}

// TestTransmitLosesTheAnswer: the database has the statements, but whoever sent them never heard so.
func TestTransmitLosesTheAnswer(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		there, client := union(t)
		k.removals(t, 120)
		there.After = func() { there.After = nil; panic(http.ErrAbortHandler) }
		want(t, k.Transmit(t.Context(), client, nil), fault.Unavailable)
		if got := k.states(t); got[TransmissionSending] != 100 || got[TransmissionWaiting] != 20 {
			t.Fatalf("after a lost answer: %v", got)
		}
		// Too early to call it lost: the rest goes on meanwhile.
		ok(t, k.Transmit(t.Context(), client, nil))
		if got := k.states(t); got[TransmissionSending] != 100 || got[TransmissionSent] != 20 {
			t.Fatalf("while it may still answer: %v", got)
		}
		k.now.Advance(silence + time.Second)
		ok(t, k.Transmit(t.Context(), client, nil))
		if got := k.states(t); got[TransmissionSent] != 120 {
			t.Fatalf("after the database was asked: %v", got)
		}
		k.arrived(t, there)

		// The other way round: the request never came, and is sent again.
		k.decide(t, ana, "T0001", Remove)
		there.Before = func(http.ResponseWriter, *http.Request) bool { there.Before = nil; panic(http.ErrAbortHandler) }
		want(t, k.Transmit(t.Context(), client, nil), fault.Unavailable)
		k.now.Advance(silence + time.Second)
		ok(t, k.Transmit(t.Context(), client, nil))
		k.arrived(t, there)
	})
}

func TestTransmitRefused(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		there, client := union(t)
		k.removals(t, 5)
		// One that the database finds wrong; nothing of that request is taken, the rest goes in the next.
		first := true
		there.Before = func(w http.ResponseWriter, r *http.Request) bool {
			if !first {
				return false
			}
			first = false
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"errors":{"statement_2":{"content_date":["The content date is out of range."],"category":["The category is invalid."]}}}`)
			return true
		}
		ok(t, k.Transmit(t.Context(), client, nil))
		if got := k.states(t); got[TransmissionSent] != 4 || got[TransmissionRefused] != 1 {
			t.Fatalf("states %v", got)
		}
		page, err := k.Transmissions(t.Context(), ana, TransmissionFilter{State: TransmissionRefused})
		ok(t, err)
		if p := page.Items[0].Problem; p != "category: The category is invalid. content_date: The content date is out of range." {
			t.Errorf("the problem is %q", p)
		}
		want(t, k.SendAgain(t.Context(), rui, page.Items[0].Decision), fault.Forbidden)
		ok(t, k.SendAgain(t.Context(), ana, page.Items[0].Decision))
		want(t, k.SendAgain(t.Context(), ana, page.Items[0].Decision), fault.Conflict)
		want(t, k.SendAgain(t.Context(), ana, "nothing"), fault.NotFound)
		ok(t, k.Transmit(t.Context(), client, nil))
		k.arrived(t, there)

		// One that it has already, as after a restore of our side from a backup.
		d := k.decide(t, ana, "T0001", Remove)
		k.decide(t, ana, "T0002", Remove)
		for s, err := range k.Statements(t.Context(), ana, d.At, d.At.Add(time.Microsecond)) {
			ok(t, err)
			if DecisionID(s.PUID) == d.ID {
				_, err := client.Send(t.Context(), []Statement{s})
				ok(t, err)
			}
		}
		ok(t, k.Transmit(t.Context(), client, nil))
		k.arrived(t, there)

		// A token it does not take: nothing is lost, and it is said.
		k.decide(t, ana, "T0003", Remove)
		want(t, k.Transmit(t.Context(), &Transparency{URL: client.URL, Token: "old"}, nil), fault.Unauthenticated)
		if got := k.states(t); got[TransmissionWaiting] != 1 {
			t.Errorf("states %v", got)
		}
		ok(t, k.Transmit(t.Context(), client, nil))
		k.arrived(t, there)
	})
}

// TestTransmitTwoAtOnce: two processes share the work, and no statement is sent twice.
func TestTransmitTwoAtOnce(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		there, client := union(t)
		k.removals(t, 250)
		var work sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			work.Go(func() { errs[i] = k.Transmit(t.Context(), client, nil) })
		}
		work.Wait()
		ok(t, errors.Join(errs...))
		k.arrived(t, there)
		if got := k.states(t); got[TransmissionSent] != 250 {
			t.Errorf("states %v", got)
		}
	})
}

// TestTransmitStops: stopped between requests, it goes on where it was.
func TestTransmitStops(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		there, client := union(t)
		k.removals(t, 230)
		ctx, stop := context.WithCancel(t.Context())
		err := k.Transmit(ctx, client, func(int) { stop() })
		if err == nil {
			t.Fatal("it did not stop")
		}
		if got := len(there.Kept()); got != 100 {
			t.Fatalf("%d statements before it stopped", got)
		}
		k.now.Advance(silence + time.Second)
		ok(t, k.Transmit(t.Context(), client, nil))
		k.arrived(t, there)
	})
}

func TestTransparencyAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
	}{
		"busy":         {429, `{}`, fault.Unavailable},
		"broken":       {502, `<html>`, fault.Unavailable},
		"forbidden":    {403, `{}`, fault.Unauthenticated},
		"odd":          {418, `{}`, fault.Invalid},
		"no JSON":      {422, `<html>`, fault.Unavailable},
		"names nobody": {422, `{"message":"The statements field is required."}`, fault.Invalid},
		"no such row":  {422, `{"message":"odd","errors":{"statement_7":{"puid":["x"]},"statement_-1":{},"statement_x":{}}}`, fault.Invalid},
		"not puids":    {422, `{"errors":{"existing_puids":{"a":1}}}`, fault.Unavailable},
		"too much":     {201, `{"statements":[` + strings.Repeat(" ", longestReply) + `]}`, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer server.Close()
			_, err := (&Transparency{URL: server.URL, Client: server.Client()}).Send(t.Context(), []Statement{{PUID: "a"}})
			want(t, err, test.kind)
		})
	}
	_, err := (&Transparency{URL: "://"}).Send(t.Context(), []Statement{{PUID: "a"}})
	want(t, err, fault.Invalid)
}

func FuzzTransparencyRefused(f *testing.F) {
	f.Add([]byte(`{"errors":{"statement_0":{"puid":["is required"]},"existing_puids":["a"]}}`))
	f.Add([]byte(`{"errors":{"statement_1":"words"}}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		receipts, err := refused([]Receipt{{PUID: "a"}, {PUID: "b"}}, answer)
		if err == nil && len(receipts) != 2 {
			t.Errorf("%d receipts", len(receipts))
		}
	})
}
