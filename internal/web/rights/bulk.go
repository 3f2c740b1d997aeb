package rights

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// refusedShown is how many bad rows the look names; the file has them all.
const refusedShown = 20

type bulkPage struct {
	ui.Page
	Form ui.Form
	Plan *plan // nil until there is a file
}

// plan is what sending a file would do, and what it is sent with.
type plan struct {
	Rows, Good, Again, Bad int

	Refused []refusal // the first of them
	More    int       // beyond those
	Send    []ui.Hidden
}

// refusal is a row that would be no notice, and why.
type refusal struct {
	Line    int
	Listing string
	Why     []string
}

func bulkForm(v *ui.Visit) ui.Form {
	return ui.Form{Path: "/rights/bulk", Submit: v.T("rights.bulk.look"), Cancel: "/rights", Upload: true, Fields: []ui.Field{
		{Name: "file", Label: v.T("rights.bulk.file"), Type: "file", Required: true, Accept: ".csv,.tsv,.txt,.jsonl,.ndjson", Hint: v.T("rights.bulk.file.hint")},
		{Name: "email", Label: v.T("rights.email"), Type: "email", Value: v.User.Email, Required: true, Complete: "email", Hint: v.T("rights.email.hint")},
		{Name: "good_faith", Label: v.T("rights.goodfaith.all"), Type: "checkbox", Required: true},
		{Name: "guarantee", Label: v.T("rights.guarantee"), Required: true, Complete: "name", Hint: v.T("rights.guarantee.hint")},
	}}
}

func bulkHead(v *ui.Visit) bulkPage {
	return bulkPage{Page: ui.Page{Title: v.T("rights.bulk"), Lead: v.T("rights.bulk.lead"), Crumbs: crumbs(v)}, Form: bulkForm(v)}
}

func (p *pages) bulk(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, bulkHead(ui.Here(r)))
}

// claimFile takes in the file that was sent. It is kept in the store, so that sending it needs no second upload.
func (p *pages) claimFile(r *http.Request) (hash blob.Hash, rows []enforce.ClaimRow, err error) {
	file, _, err := r.FormFile("file")
	if err != nil {
		return hash, nil, fault.Invalid.Say("Choose a file.").At("file").Because(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, enforce.MaxClaimFile+1))
	if err != nil {
		return hash, nil, web.Unreadable(err)
	}
	if rows, err = enforce.ReadClaims(content); err != nil {
		return hash, nil, err
	}
	hash, _, err = p.store.Put(r.Context(), bytes.NewReader(content), enforce.MaxClaimFile)
	return hash, rows, err
}

// look says what sending the file would do.
func (p *pages) look(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	end, err := readForm(w, r, enforce.MaxClaimFile+1<<20)
	defer end()
	page := bulkHead(v)
	var hash blob.Hash
	var rows []enforce.ClaimRow
	signed := claimOf(r.PostForm)
	if fault.Of(err) == fault.TooLarge {
		err = fault.TooLarge.Say("A file of notices has at most %d MB.", enforce.MaxClaimFile>>20).At("file").Because(err)
	} else if err == nil {
		var fileErr error
		hash, rows, fileErr = p.claimFile(r)
		err = errors.Join(fileErr, signed.Signed())
	}
	if problems := v.Problems(err); problems != nil {
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	results, err := p.each(r.Context(), v.User, rows, signed, p.enforce.TryNotices)
	if err != nil {
		return err
	}
	page.Form.Fill(r.PostForm)
	page.Plan = &plan{Rows: len(rows), Send: []ui.Hidden{{Name: "file", Value: hash.String()}, {Name: "email", Value: signed.Email}, {Name: "guarantee", Value: signed.Guarantee}, {Name: "good_faith", Value: "on"}}}
	for i, result := range results {
		switch {
		case result.Problem == nil && result.Again:
			page.Plan.Again++
		case result.Problem == nil:
			page.Plan.Good++
		default:
			if page.Plan.Bad++; page.Plan.Bad <= refusedShown {
				page.Plan.Refused = append(page.Plan.Refused, refusal{rows[i].Line, short(rows[i].Listing, 60), why(v, result.Problem)})
			}
		}
	}
	page.Plan.More = page.Plan.Bad - len(page.Plan.Refused)
	return views.Render(w, r, page)
}

// each does something with the claims of rows, as many at once as the room takes: tries them, files them. A row that cannot be read, or whose right is
// not found, has its problem already. The results are in the order of rows.
func (p *pages) each(ctx context.Context, by access.User, rows []enforce.ClaimRow, signed enforce.Claim,
	do func(context.Context, access.User, []enforce.Claim) ([]enforce.NoticeResult, error)) ([]enforce.NoticeResult, error) {
	type found struct {
		id  enforce.RightID
		err error
	}
	rights := map[string]found{}
	all := make([]enforce.NoticeResult, len(rows))
	var claims []enforce.Claim
	var places []int
	for i, row := range rows {
		if all[i].Problem = row.Problem; row.Problem != nil {
			continue
		}
		claim := row.Claim(signed)
		if row.Right == "" && row.Number != "" {
			key := row.Office + "\x00" + row.Number
			known, asked := rights[key]
			if !asked {
				right, err := p.enforce.FindRight(ctx, by, row.Office, row.Number)
				if _, said := fault.As(err); err != nil && !said {
					return nil, err
				}
				known = found{right.ID, err}
				rights[key] = known
			}
			if known.err != nil {
				all[i].Problem = known.err
				continue
			}
			claim.Right = known.id
		}
		claims, places = append(claims, claim), append(places, i)
	}
	at := 0
	for some := range slices.Chunk(claims, enforce.MaxNotices) {
		results, err := do(ctx, by, some)
		if err != nil {
			return nil, err
		}
		for _, result := range results {
			all[places[at]] = result
			at++
		}
	}
	return all, nil
}

// why is each thing wrong with a row, in the person's language.
func why(v *ui.Visit, problem error) (all []string) {
	for _, f := range fault.All(problem) {
		all = append(all, v.Sentence(f))
	}
	return all
}

// outcome is what became of a file: kept in the store, it is the receipt of the bulk.
type outcome struct {
	Kind    string        `json:"kind"` // bulkReceipt
	By      access.UserID `json:"by"`
	At      time.Time     `json:"at"`
	Rows    int           `json:"rows"`
	Filed   int           `json:"filed"`
	Again   int           `json:"again"`
	Upheld  int           `json:"upheld"` // of those filed: their listings were down already
	Bad     int           `json:"bad"`
	Refused blob.Hash     `json:"refused,omitzero"` // the rows that became no notice, as a file
}

// bulkReceipt tells a receipt from the other things in the store.
const bulkReceipt = "ownmark bulk receipt"

// send files what the look showed. The file is read once more: what is done is what would be done now, and the receipt counts that.
func (p *pages) send(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	signed := claimOf(r.PostForm)
	hash, err := blob.Parse(r.PostForm.Get("file"))
	if err != nil {
		return fault.Invalid.Say("Choose a file.").Because(err)
	}
	rows, err := p.keptClaims(r.Context(), hash)
	if err = errors.Join(err, signed.Signed()); err != nil {
		problems := v.Problems(err)
		if problems == nil {
			return err
		}
		page := bulkHead(v)
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	// A browser that goes away does not stop it half way: sending again would mend that, but nobody may know.
	ctx := context.WithoutCancel(r.Context())
	results, err := p.each(ctx, v.User, rows, signed, p.enforce.FileNotices)
	if err != nil {
		return err
	}
	done := outcome{Kind: bulkReceipt, By: v.User.ID, At: v.Now, Rows: len(rows)}
	var refused []enforce.Refused
	for i, result := range results {
		switch {
		case result.Problem != nil:
			done.Bad++
			refused = append(refused, enforce.Refused{ClaimRow: rows[i], Why: strings.Join(why(v, result.Problem), " ")})
		case result.Again:
			done.Again++
		default:
			done.Filed++
			if result.Notice.State == enforce.Upheld {
				done.Upheld++
			}
		}
	}
	if done.Bad > 0 {
		var table bytes.Buffer
		if err := enforce.WriteRefused(&table, refused); err != nil {
			return err
		}
		if done.Refused, err = p.put(ctx, table.Bytes()); err != nil {
			return err
		}
	}
	text, err := json.Marshal(done)
	if err != nil {
		return err
	}
	receipt, err := p.put(ctx, text)
	if err != nil {
		return err
	}
	return web.Done(w, r, "/rights/bulk/"+receipt.String(), nil)
}

func (p *pages) put(ctx context.Context, content []byte) (blob.Hash, error) {
	hash, _, err := p.store.Put(ctx, bytes.NewReader(content), int64(len(content)))
	return hash, err
}

func (p *pages) keptClaims(ctx context.Context, hash blob.Hash) ([]enforce.ClaimRow, error) {
	content, err := p.get(ctx, hash, enforce.MaxClaimFile)
	if fault.Of(err) == fault.NotFound {
		return nil, fault.Invalid.Say("Choose a file.").At("file").Because(err)
	}
	if err != nil {
		return nil, err
	}
	return enforce.ReadClaims(content)
}

// get reads a content of at most so many bytes; a larger one is not there.
func (p *pages) get(ctx context.Context, hash blob.Hash, most int64) ([]byte, error) {
	content, size, err := p.store.Get(ctx, hash)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	if size > most {
		return nil, fault.NotFound.Say("There is no such file.")
	}
	return io.ReadAll(content)
}

type sentPage struct {
	ui.Page
	Done outcome
	File string // the address of the rows that became no notice; empty when all did
	How  string // what happens next
}

// outcomeOf is the receipt of the address, of the person's own bulk.
func (p *pages) outcomeOf(r *http.Request) (done outcome, err error) {
	missing := fault.NotFound.Say("There is no such receipt.")
	hash, err := blob.Parse(r.PathValue("receipt"))
	if err != nil {
		return done, missing.Because(err)
	}
	text, err := p.get(r.Context(), hash, 4<<10)
	if fault.Of(err) == fault.NotFound {
		return done, missing.Because(err)
	}
	if err != nil {
		return done, err
	}
	if err := json.Unmarshal(text, &done); err != nil || done.Kind != bulkReceipt || done.By != ui.Here(r).User.ID {
		return outcome{}, missing.Because(err)
	}
	return done, nil
}

func (p *pages) sent(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	done, err := p.outcomeOf(r)
	if err != nil {
		return err
	}
	page := sentPage{Page: ui.Page{Title: v.T("rights.sent"), Crumbs: append(crumbs(v), ui.Crumb{Text: v.T("rights.bulk"), Path: "/rights/bulk"})}, Done: done}
	if done.Bad > 0 {
		page.File = "/rights/bulk/" + r.PathValue("receipt") + "/refused"
	}
	page.How = v.T("rights.sent.next", "Time", v.Clock(done.At.Add(enforce.NoticeTime)))
	return views.Render(w, r, page)
}

// refused gives out the rows of the person's own bulk that became no notice.
func (p *pages) refused(w http.ResponseWriter, r *http.Request) error {
	done, err := p.outcomeOf(r)
	if err != nil {
		return err
	}
	if done.Bad == 0 {
		return fault.NotFound.Say("There is no such file.")
	}
	table, err := p.get(r.Context(), done.Refused, 4*enforce.MaxClaimFile)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(table)))
	h.Set("Content-Disposition", `attachment; filename="ownmark-refused-rows.csv"`)
	_, _ = w.Write(table) // a browser that went away needs none
	return nil
}
