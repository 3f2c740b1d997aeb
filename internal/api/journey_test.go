package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/ledger"
)

func TestScanKeepsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		h.importNike()
		var v Verdict
		h.want(200, &v, "POST", "/api/v1/scan", fakeShoe)
		if v.ID != "L1" || v.Verdict == "clear" || v.Brand != "nike" || len(v.Signals) == 0 {
			t.Errorf("verdict %+v", v)
		}
		h.want(404, nil, "GET", "/api/v1/listings/L1", "")
		if got := h.queue.take(); len(got) != 0 {
			t.Errorf("%d messages were published", len(got))
		}
	})
}

func TestFromListingToProvenDecision(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		h.importNike()
		body := fakeShoe + "\n\n" + `{"id":"L2"}` + "\n" + strings.Replace(fakeShoe, `"L1"`, `"L 3/ä"`, 1) + "\n"
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write([]byte(body))
		must(t, err)
		must(t, z.Close())
		var receipt Receipt
		w := h.want(202, &receipt, "POST", "/api/v1/listings", packed.String(), "Content-Type", typeNDJSON, "Content-Encoding", "gzip", "Idempotency-Key", "batch-1")
		if receipt.Batch != "batch-1" || receipt.Accepted != 2 || receipt.Refused != 1 || receipt.Bad[0].Row != 2 || receipt.Bad[0].Field != "title" {
			t.Fatalf("receipt %s", w.Body)
		}
		if w.Header().Get("Location") != "/api/v1/batches/batch-1" {
			t.Errorf("Location %q", w.Header().Get("Location"))
		}
		h.work()
		var batch Batch
		h.want(200, &batch, "GET", receipt.Href, "")
		if batch.Accepted != 2 || batch.Scanned != 2 || batch.Finished.IsZero() {
			t.Errorf("batch %+v", batch)
		}

		var l FullListing
		h.want(200, &l, "GET", "/api/v1/listings/L%203%2F%C3%A4", "")
		h.want(200, &l, "GET", "/api/v1/listings/L1", "")
		if l.Verdict == nil || l.Verdict.Verdict.Verdict == "clear" || l.Standing != "live" {
			t.Fatalf("listing %+v", l)
		}
		var made Decision
		h.want(201, &made, "POST", "/api/v1/decisions", `{"listing":"L1","outcome":"remove","reason":"counterfeit","version":0}`)
		_, err = h.Ledger.Sequence(t.Context())
		must(t, err)
		proofText := h.want(200, nil, "GET", made.Ledger.Proof, "").Body.Bytes()
		var proof ledger.Proof
		must(t, proof.UnmarshalText(proofText))
		entry, err := h.Ledger.Entry(t.Context(), made.Ledger.Entry)
		must(t, err)
		must(t, ledger.VerifyProof(proof, entry, h.Ledger.Key.Verifier()))
		checkpoint := h.want(200, nil, "GET", "/api/v1/ledger/checkpoint", "").Body.Bytes()
		_, err = ledger.OpenCheckpoint(checkpoint, h.Ledger.Key.Verifier())
		must(t, err)

		h.want(200, &l, "GET", "/api/v1/listings/L1", "")
		if l.Standing != "removed" || l.State != "settled" || len(l.Decisions) != 1 || len(l.Ledger) < 1 {
			t.Errorf("listing after the decision %+v", l)
		}
		var undone Decision
		h.want(200, &undone, "POST", "/api/v1/decisions/"+made.ID+"/undo", `{"why":"wrong one"}`)
		if undone.Undone == nil || undone.Stands {
			t.Errorf("undone %+v", undone)
		}
		problemIn(t, h.want(409, nil, "POST", "/api/v1/decisions/"+made.ID+"/undo", `{}`))

		lines := h.want(200, nil, "GET", "/api/v1/decisions", "", "Accept", typeNDJSON).Body.String()
		if strings.Count(lines, "\n") != 1 || !strings.Contains(lines, made.ID) {
			t.Errorf("export %q", lines)
		}
		var seller FullSeller
		h.want(200, &seller, "GET", "/api/v1/sellers/S1", "")
		if seller.Listings.Clear+seller.Listings.Review+seller.Listings.Fake != 2 {
			t.Errorf("seller %+v", seller)
		}
	})
}

func TestListsPageByKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		var rows []string
		for _, id := range []string{"A", "B", "C", "D", "E"} {
			rows = append(rows, `{"id":"`+id+`","title":"A plain chair"}`)
		}
		h.want(202, nil, "POST", "/api/v1/listings", `{"listings":[`+strings.Join(rows, ",")+`]}`)
		h.work()
		seen, path := "", "/api/v1/listings?order=id&limit=2"
		for path != "" {
			var p page[KeptListing]
			w := h.want(200, &p, "GET", path, "")
			for _, l := range p.Items {
				seen += l.ID
			}
			link := w.Header().Get("Link")
			if (link == "") != (p.Next == "") {
				t.Fatalf("Link %q, next %q", link, p.Next)
			}
			path, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
		}
		if seen != "ABCDE" {
			t.Errorf("the pages show %q", seen)
		}
		whole := h.want(200, nil, "GET", "/api/v1/listings?order=id", "", "Accept", typeNDJSON)
		if strings.Count(whole.Body.String(), "\n") != 5 {
			t.Errorf("export %s", whole.Body)
		}
		p := problemIn(t, h.want(422, nil, "GET", "/api/v1/listings?after=nonsense", ""))
		if p.Detail == "" {
			t.Error("a bad cursor is not explained")
		}
		p = problemIn(t, h.want(422, nil, "GET", "/api/v1/listings?colour=red", ""))
		if len(p.Errors) != 1 || p.Errors[0].Field != "colour" {
			t.Errorf("unknown parameter: %+v", p)
		}
	})
}

func TestBrandsAreWrittenUnderTheirVersion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		const words = `{"name":"Aria","aliases":["阿丽雅"],"categories":["shoes"],"prices":{"shoes":{"currency":"EUR","low":50,"typical":90}}}`
		problemIn(t, h.want(428, nil, "PUT", "/api/v1/brands/aria", words))
		var made Brand
		w := h.want(201, &made, "PUT", "/api/v1/brands/aria", words, "If-None-Match", "*")
		problemIn(t, h.want(412, nil, "PUT", "/api/v1/brands/aria", words, "If-None-Match", "*"))
		tag := w.Header().Get("ETag")
		if tag != etag(made.Version) || made.ID != "aria" || made.Prices["shoes"].Typical != 90 {
			t.Fatalf("made %+v with ETag %s", made, tag)
		}
		h.want(204, nil, "PUT", "/api/v1/brands/aria/sellers/S7", `{"note":"contract 1"}`)
		var sellers page[Authorisation]
		h.want(200, &sellers, "GET", "/api/v1/brands/aria/sellers", "")
		if len(sellers.Items) != 1 || sellers.Items[0].Seller != "S7" {
			t.Errorf("sellers %+v", sellers)
		}
		w = h.want(200, &made, "GET", "/api/v1/brands/aria", "")
		tag = w.Header().Get("ETag")
		w = h.want(200, &made, "PUT", "/api/v1/brands/aria", strings.Replace(words, "Aria", "Aria Nova", 1), "If-Match", tag)
		if made.Name != "Aria Nova" || len(made.AuthorisedSellers) != 1 || w.Header().Get("ETag") == tag {
			t.Errorf("changed %+v", made)
		}
		p := problemIn(t, h.want(412, nil, "PUT", "/api/v1/brands/aria", words, "If-Match", tag))
		if p.Errors[0].Location != "header.If-Match" {
			t.Errorf("stale: %+v", p)
		}
		p = problemIn(t, h.want(422, nil, "PUT", "/api/v1/brands/b2", `{"name":"B","categories":["boats"],"nice_classes":[99]}`, "If-None-Match", "*"))
		if len(p.Errors) < 2 || !strings.HasPrefix(p.Errors[0].Location, "body.") {
			t.Errorf("bad fields: %+v", p)
		}
		h.want(204, nil, "DELETE", "/api/v1/brands/aria/sellers/S7", "")
		var report ImportReport
		h.want(200, &report, "POST", "/api/v1/brands/import?dry_run=true", nike, "Content-Type", typeNDJSON)
		if !report.DryRun || report.AddedCount != 1 {
			t.Errorf("dry run %+v", report)
		}
		h.want(404, nil, "GET", "/api/v1/brands/nike", "")
		h.want(200, &report, "POST", "/api/v1/brands/import", nike, "Content-Type", typeNDJSON)
		export := h.want(200, nil, "GET", "/api/v1/brands", "", "Accept", typeNDJSON).Body.String()
		h.want(200, &report, "POST", "/api/v1/brands/import", export, "Content-Type", typeNDJSON)
		if report.UnchangedCount != 2 {
			t.Errorf("import of the export: %+v", report)
		}
	})
}

func TestPictures(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	var small bytes.Buffer
	must(t, png.Encode(&small, image.NewGray(image.Rect(0, 0, 3, 2))))
	var p Picture
	h.want(201, &p, "POST", "/api/v1/pictures", small.String(), "Content-Type", "image/png")
	if p.Width != 3 || p.Height != 2 || !strings.HasPrefix(p.Ref, "blob:") {
		t.Errorf("picture %+v", p)
	}
	w := h.want(200, nil, "GET", p.Href, "")
	if !bytes.Equal(w.Body.Bytes(), small.Bytes()) || w.Header().Get("Content-Type") != "image/png" {
		t.Error("the picture does not come back as it was")
	}
	// 40,000 × 30,000 pixels in a few bytes.
	huge := bytes.Clone(small.Bytes())
	copy(huge[16:24], []byte{0, 0, 0x9c, 0x40, 0, 0, 0x75, 0x30})
	if w := h.ask(h.keys[access.Administrator], "POST", "/api/v1/pictures", string(huge), "Content-Type", "image/png"); w.Code != 413 && w.Code != 422 {
		t.Errorf("huge picture: %d %s", w.Code, w.Body)
	}
	problemIn(t, h.want(422, nil, "POST", "/api/v1/pictures", "<svg/>", "Content-Type", "image/png"))
	problemIn(t, h.want(415, nil, "POST", "/api/v1/pictures", "<svg/>", "Content-Type", "image/svg+xml"))
	hash, _, err := h.Blob.Put(context.Background(), strings.NewReader("<script>"), 100)
	must(t, err)
	problemIn(t, h.want(404, nil, "GET", "/api/v1/pictures/"+hash.String(), ""))
	problemIn(t, h.want(404, nil, "GET", "/api/v1/pictures/..%2f..%2fetc", ""))
}

func TestMe(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	token := h.key(access.Auditor, access.OperatorID, access.BrandRead, access.BrandEdit)
	w := h.ask(token, "GET", "/api/v1/me", "")
	var me Me
	must(t, json.Unmarshal(w.Body.Bytes(), &me))
	if w.Code != http.StatusOK || len(me.May) != 1 || me.May[0] != "brand.read" {
		t.Errorf("me %s", w.Body)
	}
	if strings.Contains(h.log.String(), token) {
		t.Error("the log holds the key's secret")
	}
}

// TestOverTheWire goes through a real server: deadlines, streaming and a body whose length is not said.
func TestOverTheWire(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{Memory: 1})
	server := httptest.NewServer(h.Server)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/api/v1/listings", io.MultiReader(strings.NewReader(fakeShoe)))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+h.keys[access.Administrator])
	r.Header.Set("Content-Type", typeNDJSON)
	answer, err := server.Client().Do(r)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode != http.StatusAccepted || answer.Header.Get("X-Request-Id") == "" || answer.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v %s", answer.StatusCode, answer.Header, body)
	}
}
