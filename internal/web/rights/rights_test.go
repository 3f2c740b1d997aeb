package rights

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/review"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

// portal is a site with listings, and a rights holder with a vault.
type portal struct {
	*webtest.Site
	desk  *listings.Desk
	right enforce.Right // holds
	other access.OrgID  // a second rights holder's organisation
}

func open(t *testing.T, n int) *portal {
	t.Helper()
	s := webtest.NewSite(t)
	p := &portal{Site: s, desk: listingstest.Desk(s)}
	listingstest.Fill(t, s, p.desk, n)
	store, err := blob.Open(t.Context(), "mem://")
	must(t, err)
	t.Cleanup(func() { store.Close() })
	p.other, err = s.Access.AddOrganisation(t.Context(), access.System, "晋江市海蓝星知识产权代理有限责任公司")
	must(t, err)
	p.right = p.declare(t, "018123456", func(*enforce.Right) {})
	s.Serve(nil, Job(p.desk.Enforce, s.Access, p.desk.Brand, store), listings.Job(p.desk, s.Access, nil), review.Job(p.desk, s.Access))
	return p
}

func (p *portal) declare(t *testing.T, number string, change func(*enforce.Right)) enforce.Right {
	t.Helper()
	right := enforce.Right{Organisation: p.Rights, Kind: enforce.TradeMark, Mark: "Halden", Office: "EM", Number: number, Owner: "Halden Footwear AB", Classes: []int{18, 25}, Territory: []string{"EU"},
		From: webtest.Now.AddDate(-5, 0, 0).Truncate(24 * time.Hour), To: webtest.Now.AddDate(5, 0, 0).Truncate(24 * time.Hour)}
	change(&right)
	made, err := p.desk.Enforce.DeclareRight(t.Context(), access.System, right)
	must(t, err)
	return made
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *portal) notice(right enforce.Right, listing string) url.Values {
	return url.Values{"right": {string(right.ID)}, "listing": {listing}, "location": {"https://market.example/" + listing}, "reasons": {"The goods bear our mark and are not ours."},
		"evidence": {"The logo lacks its third stroke."}, "email": {"eva@halden.example"}, "good_faith": {"on"}, "guarantee": {"Eva Halden"}}
}

func (p *portal) count(t *testing.T) int {
	t.Helper()
	page, err := p.desk.Enforce.Notices(t.Context(), access.System, enforce.NoticeFilter{Limit: 200})
	must(t, err)
	return len(page.Items)
}

// sending is a form with files, as a browser sends it.
func sending(t *testing.T, path string, fields url.Values, files ...string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, value := range values {
			must(t, form.WriteField(name, value))
		}
	}
	for i := 0; i+2 < len(files); i += 3 { // field, name, content
		part, err := form.CreateFormFile(files[i], files[i+1])
		must(t, err)
		_, err = io.WriteString(part, files[i+2])
		must(t, err)
	}
	must(t, form.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func has(t *testing.T, what string, a webtest.Answer, status int, told ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("%s: status %d, not %d: %.600s", what, a.Status, status, a.Body)
	}
	for _, text := range told {
		if !strings.Contains(a.Body, text) {
			t.Errorf("%s: the page does not say %q", what, text)
		}
	}
}

const aPDF = "%PDF-1.7\n1 0 obj\n%%EOF\n"

func TestNotice(t *testing.T) {
	p := open(t, 12)
	c := p.As(access.RightsHolder)
	ended := p.declare(t, "000777", func(r *enforce.Right) { r.To = webtest.Now.AddDate(0, 0, -1) })
	has(t, "the form", c.Get("/rights/notices/new"), 200, `<option value="`+string(p.right.ID)+`">Halden · EM 018123456</option>`, `value="`+string(ended.ID)+`" disabled`, "This right ran out on", `value="eva@halden.example"`)

	// The listing as any buyer sees it, and nothing of what the machine thinks.
	look := p.notice(p.right, "L0001")
	look.Set("look", "1")
	seen := c.Do(sending(t, "/rights/notices/new", look))
	has(t, "looking", seen, 200, "Halden Aero 1:1 top quality", "USD\u00a024.50", "直营旗舰店", `value="Eva Halden"`, "The logo lacks its third stroke.", " selected>Halden")
	for _, secret := range []string{"97%", "Words for a copy", "term-replica", "fake"} {
		if strings.Contains(seen.Body, secret) {
			t.Errorf("the look tells a rights holder %q", secret)
		}
	}
	has(t, "the piece", c.Get("/rights/preview?listing=L0001"), 200, "Halden Aero 1:1")
	has(t, "the piece of none", c.Get("/rights/preview?listing=L9"), 200, "There is no such listing.")
	if p.count(t) != 0 {
		t.Fatal("looking has filed")
	}

	// What is wrong stands at its field, and nothing typed is lost, the document neither.
	bad := p.notice(p.right, "L9999")
	bad.Del("good_faith")
	bad.Set("reasons", "short")
	bad.Set("email", "eva")
	refused := c.Do(sending(t, "/rights/notices/new", bad, "documents", "proof.pdf", aPDF, "documents", "page.html", "<script>"))
	has(t, "a bad one", refused, 422, "Reasons</a>: Say in a sentence", "E-mail for the answer</a>: Give an e-mail", "Documents</a>: A document is a PDF", "made in good faith", ">short</textarea>", `value="eva"`, "proof.pdf", `value="https://market.example/L9999"`)
	kept := regexp.MustCompile(`name="documents" value="([0-9a-f]{64} proof\.pdf)" checked`).FindStringSubmatch(refused.Body)
	if kept == nil {
		t.Fatal("the document that was good is lost")
	}
	has(t, "an unknown listing", c.Do(sending(t, "/rights/notices/new", p.notice(p.right, "L9999"))), 404, "Listing id</a>: There is no such listing.")
	has(t, "a right that ran out", c.Do(sending(t, "/rights/notices/new", p.notice(ended, "L0001"))), 422, "Right</a>: This right ran out on")

	good := p.notice(p.right, "L0001")
	good.Set("listing", " L0001 ")
	good.Add("documents", kept[1])
	filed := c.Do(sending(t, "/rights/notices/new", good, "documents", "again.pdf", aPDF))
	if filed.Status != 303 || !strings.HasSuffix(filed.Location(), "/receipt") {
		t.Fatalf("filing: %d %.600s", filed.Status, filed.Body)
	}
	at := strings.TrimSuffix(filed.Location(), "/receipt")
	id := strings.TrimPrefix(at, "/rights/notices/")
	n, err := p.desk.Enforce.Notice(t.Context(), access.System, enforce.NoticeID(id))
	must(t, err)
	has(t, "the receipt", c.Get(filed.Location()), 200, id, n.Entry, "due in 24 h", "A reviewer decides, by 24 Nov 2026 09:30")
	if again := c.Do(sending(t, "/rights/notices/new", good)); again.Location() != filed.Location() || p.count(t) != 1 {
		t.Errorf("sent twice: %d %s, %d notices", again.Status, again.Location(), p.count(t))
	}
	has(t, "the notice", c.Get(at), 200, "The logo lacks its third stroke.", "Halden · EM 018123456", "Declared", "Eva Halden", `href="https://market.example/L0001"`, "Document 1", "Withdraw the notice")
	document := c.Get(at + "/documents/1")
	if document.Body != aPDF || document.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(document.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(document.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the document: %d %v", document.Status, document.Header)
	}
	for _, path := range []string{"/documents/0", "/documents/2", "/documents/x"} {
		has(t, path, c.Get(at+path), 404)
	}
	has(t, "the listing's page", p.As(access.Reviewer).Get("/listings/L0001"), 200, "Notices of rights holders", "The goods bear our mark and are not ours.", "The logo lacks its third stroke.", at, "1 document")
	list := c.Get("/rights?listing=L0001")
	has(t, "the list", list, 200, at, "Waiting", "due in 24 h", "Halden Aero 1:1 top quality", "The fast lane opens at 20 notices decided, 90% of them upheld.")
	must(t, p.DB.Tx(t.Context(), func(tx *db.Tx) error { // a day later its sender would have to sign in anew
		_, err := tx.Exec(`update notice set received_at = received_at - $1, due_at = due_at - $1`, (26 * time.Hour).Microseconds())
		return err
	}))
	has(t, "what is late", p.As(access.Analyst).Get("/rights?late=1"), 200, at, "2 h late", "Halden Footwear")
	has(t, "the figures of one", p.As(access.Analyst).Get("/rights?organisation="+string(p.Rights)), 200, "Notices of Halden Footwear in the last 90 days")
	export := c.Get("/exports/notices")
	has(t, "the export", export, 200, id+",", ",received,true,ordinary,", "The logo lacks its third stroke.", n.Entry)

	// Javascript is no address, markup is text.
	evil := p.notice(p.right, "L0002")
	evil.Set("location", "javascript:alert(1)")
	evil.Set("reasons", "<script>alert(1)</script> is what they sell")
	page := c.Get(strings.TrimSuffix(c.Do(sending(t, "/rights/notices/new", evil)).Location(), "/receipt"))
	if strings.Contains(page.Body, `href="javascript`) || strings.Contains(page.Body, "<script>alert") {
		t.Error("what a notice says is run")
	}

	if a := c.Post(at+"/withdraw", ""); a.Status != 303 {
		t.Errorf("withdrawing: %d", a.Status)
	}
	has(t, "withdrawn", c.Get(at), 200, "Withdrawn")
	has(t, "withdrawing twice", c.Post(at+"/withdraw", ""), 409)
	has(t, "no such notice", c.Get("/rights/notices/none"), 404)
	has(t, "a reviewer files", p.As(access.Reviewer).Get("/rights/notices/new"), 403)
}

func TestBulk(t *testing.T) {
	p := open(t, 1200)
	c := p.As(access.RightsHolder)
	signed := url.Values{"email": {"eva@halden.example"}, "good_faith": {"on"}, "guarantee": {"Eva Halden"}}
	var file strings.Builder
	file.WriteString("\ufefflisting,office,number,right,reasons,evidence\r\n")
	for i := range 1000 {
		switch {
		case i%3 == 1 && i < 903 && i%2 == 1: // 151
			fmt.Fprintf(&file, "X%d,em,018123456,,=cmd|calc is not ours,The logo\r\n", i)
		case i%3 == 1 && i < 900: // 150
			fmt.Fprintf(&file, "L%04d,EM,999,,They are not ours,The logo\r\n", i+1)
		default:
			fmt.Fprintf(&file, "L%04d,em,018123456,,They are not ours,The logo\r\n", i+1)
		}
	}
	look := c.Do(sending(t, "/rights/bulk", signed, "file", "notices.csv", file.String()))
	has(t, "the look", look, 200, "The file has 1,000 rows", "<b>699</b> would be filed", "<b>301</b> cannot be taken", "Send these 699 notices", "<b>Line 3</b>", "There is no such right.", "There is no such listing.", "and 281 more")
	if p.count(t) != 0 {
		t.Fatal("looking has filed")
	}
	hash := regexp.MustCompile(`name="file" value="([0-9a-f]{64})"`).FindStringSubmatch(look.Body)
	if hash == nil {
		t.Fatal("the look keeps no file")
	}
	signed.Set("file", hash[1])
	sent := c.Post("/rights/bulk/send", signed.Encode())
	if sent.Status != 303 {
		t.Fatalf("sending: %d %.600s", sent.Status, sent.Body)
	}
	receipt := c.Get(sent.Location())
	has(t, "the receipt", receipt, 200, "699 notices filed", "<b>301</b> not taken", "Download the 301 rows")
	var filed int64
	must(t, p.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		filed, err = db.One(tx, db.Value[int64], `select count(*) from notice`)
		return err
	}))
	if filed != 699 {
		t.Errorf("%d notices", filed)
	}
	table := c.Get(sent.Location() + "/refused")
	has(t, "the refused", table, 200, "problem,line,listing", "There is no such listing.", ",'=cmd|calc is not ours,")
	rows, err := enforce.ReadClaims([]byte(table.Body))
	if err != nil || len(rows) != 301 || rows[1].Reasons != "=cmd|calc is not ours" && rows[0].Reasons != "=cmd|calc is not ours" {
		t.Errorf("%d refused rows come back: %v", len(rows), err)
	}
	// The same file once more is nothing new, and a receipt is its sender's own.
	has(t, "once more", c.Do(sending(t, "/rights/bulk", signed, "file", "notices.csv", file.String())), 200, "<b>0</b> would be filed", "<b>699</b> were given already", "No row of this file would be a new notice.")
	for _, path := range []string{sent.Location(), sent.Location() + "/refused", "/rights/bulk/" + hash[1], "/rights/bulk/" + strings.Repeat("0", 64), "/rights/bulk/../x"} {
		if a := p.As(access.Administrator).Get(path); a.Status != 404 && a.Status != 307 && a.Status != 301 {
			t.Errorf("%s as another: %d", path, a.Status)
		}
	}
	delete(signed, "file")
	for name, hostile := range map[string]struct {
		content, says string
		status        int
	}{
		"nothing":             {"", "The file is empty.", 422},
		"another encoding":    {"listing,right,reasons\nL1,r,\xc9\xcc\xb1\xea\n", "The file is not UTF-8 text.", 422},
		"a column twice":      {"listing,listing,right,reasons\nL1,L2,r,x\n", "is there twice", 422},
		"a column of no kind": {"listing,<script>alert(1)</script>\n", "is not known", 422},
		"a program":           {"MZ\x90\x00\x03", "The file is not UTF-8 text.", 422},
		"100 MB":              {strings.Repeat("listing,right\n", 100<<20/14), "A file of notices has at most 32 MB.", 413},
	} {
		a := c.Do(sending(t, "/rights/bulk", signed, "file", "x.csv", hostile.content))
		has(t, name, a, hostile.status, hostile.says)
		if strings.Contains(a.Body, "<script>alert") {
			t.Errorf("%s: markup of a file is run", name)
		}
	}
	unsigned := c.Do(sending(t, "/rights/bulk", url.Values{"email": {"eva"}}, "file", "x.jsonl", `{"listing":"L0001","right":"r","reasons":"They are not ours"}`))
	has(t, "unsigned", unsigned, 422, "E-mail for the answer</a>: Give an e-mail", "Guaranteed by</a>: Sign the guarantee", `value="eva"`)
	has(t, "no file", c.Do(sending(t, "/rights/bulk", signed)), 422, "File of notices</a>: Choose a file.")
	has(t, "a file nobody looked at", c.Post("/rights/bulk/send", "file="+strings.Repeat("0", 64)), 422, "Choose a file.")
	has(t, "no name of a file", c.Post("/rights/bulk/send", "file=../../etc/passwd"), 422)
}

func TestVault(t *testing.T) {
	p := open(t, 6)
	c := p.As(access.RightsHolder)
	sent := url.Values{"kind": {"trade-mark"}, "mark": {"Halden Aero"}, "office": {"cn"}, "number": {"5566"}, "owner": {"Halden Footwear AB"}, "classes": {"25，18"}, "territory": {"cn"}, "from": {"2020-02-29"}, "to": {"2027-01-31"}, "brand": {""}, "note": {"n"}}
	for name, wrong := range map[string]struct{ field, value, says string }{
		"no mark":          {"mark", " ", "Mark</a>: Give the words"},
		"an office":        {"office", "Beijing", "Office</a>: An office has a code"},
		"a class in words": {"classes", "shoes", "Nice classes</a>: Classes are those of Nice"},
		"a day":            {"from", "yesterday", "Holds from</a>: Write a day as"},
		"an end":           {"to", "2019-01-01", "Last day</a>: The right ends after"},
		"a brand":          {"brand", "none", "Brand it protects</a>: There is no such brand."},
	} {
		bad := url.Values{}
		for k, v := range sent {
			bad[k] = v
		}
		bad.Set(wrong.field, wrong.value)
		has(t, name, c.Do(sending(t, "/rights/vault/new", bad)), 422, wrong.says, `value="5566"`)
	}
	refused := c.Do(sending(t, "/rights/vault/new", url.Values{"kind": {"design"}}, "document", "cert.pdf", aPDF))
	has(t, "a certificate with nothing else", refused, 422, "cert.pdf", `name="document" value="`)
	made := c.Do(sending(t, "/rights/vault/new", sent, "document", "cert.pdf", aPDF))
	if made.Status != 303 {
		t.Fatalf("entering: %d %.900s", made.Status, made.Body)
	}
	at := made.Location()
	has(t, "the right", c.Get(at), 200, "Halden Aero · CN 5566", "To be verified", "Ends on 31 Jan 2027", "18 25", at+"/document", "New notice")
	if a := c.Get(at + "/document"); a.Body != aPDF {
		t.Errorf("the certificate: %d", a.Status)
	}
	has(t, "entered twice", c.Do(sending(t, "/rights/vault/new", sent)), 409, "This registration is in the vault already.")
	has(t, "the vault", c.Get("/rights/vault?q=aero&ending=1"), 200, at, "31 Jan 2027", "in 69 days")
	has(t, "nothing in it", c.Get("/rights/vault?q=zzz"), 200, "No right matches")
	has(t, "its file", c.Get("/exports/rights"), 200, "Halden Aero", ",5566,")
	has(t, "a holder verifies", c.Post(at+"/verify", "version=1"), 403)

	o := p.As(access.Analyst)
	has(t, "to verify", o.Get("/rights/vault?waiting=1"), 200, at, "Halden Footwear")
	has(t, "refusing without a reason", o.Post(at+"/refuse", "version=1&refusal=+"), 422, "Say why: the holder reads it.")
	if a := o.Post(at+"/refuse", "version=1&refusal=The+register+names+another+owner."); a.Status != 303 {
		t.Errorf("refusing: %d", a.Status)
	}
	has(t, "refused", c.Get(at), 200, "Not accepted", "The register names another owner.")
	has(t, "over what has changed", o.Post(at+"/verify", "version=1"), 409)
	if a := o.Post(at+"/verify", "version=2"); a.Status != 303 {
		t.Errorf("verifying: %d", a.Status)
	}
	has(t, "verified", c.Get(at), 200, "Verified")
	// A note undoes no verification, another day does; the certificate stays.
	sent.Set("version", "3")
	sent.Set("note", "renewal with counsel")
	if a := c.Do(sending(t, at+"/edit", sent)); a.Status != 303 {
		t.Errorf("editing: %d %.600s", a.Status, a.Body)
	}
	has(t, "noted", c.Get(at), 200, "Verified", "renewal with counsel", at+"/document")
	sent.Set("version", "4")
	sent.Set("to", "2037-01-31")
	c.Do(sending(t, at+"/edit", sent))
	has(t, "prolonged", c.Get(at), 200, "To be verified", "31 Jan 2037")
	has(t, "over a change", c.Do(sending(t, at+"/edit", sent)), 409, "has changed this right meanwhile")
	if a := c.Post(at+"/withdraw", "version=5"); a.Status != 303 {
		t.Errorf("withdrawing: %d", a.Status)
	}
	has(t, "withdrawn", c.Get(at), 200, "This right was withdrawn.")

	// Another organisation's, until there is a mandate.
	theirs := p.declare(t, "1", func(r *enforce.Right) { r.Organisation, r.Mark = p.other, "海蓝星" })
	for _, path := range []string{"", "/edit", "/document"} {
		has(t, "another's"+path, c.Get(RightPath(theirs.ID)+path), 404)
	}
	for _, path := range []string{"/edit", "/withdraw"} {
		has(t, "another's"+path, c.Post(RightPath(theirs.ID)+path, "version=1"), 404)
	}
	_, err := p.desk.Enforce.GiveMandate(t.Context(), access.System, p.other, p.Rights, time.Time{})
	must(t, err)
	has(t, "with a mandate", c.Get(RightPath(theirs.ID)), 200, "海蓝星", "晋江市海蓝星")
	has(t, "both vaults to choose from", c.Get("/rights/notices/new"), 200, `<optgroup label="晋江市海蓝星`, `<optgroup label="Halden Footwear"`)
	sent.Set("organisation", string(p.other))
	sent.Set("number", "77")
	if a := c.Do(sending(t, "/rights/vault/new", sent)); a.Status != 303 {
		t.Errorf("entering for the owner: %d", a.Status)
	}
	sent.Set("organisation", "operator")
	sent.Set("number", "78")
	has(t, "for whom nobody asked", c.Do(sending(t, "/rights/vault/new", sent)), 422, "Choose whose right it is.")
}

func TestMandates(t *testing.T) {
	p := open(t, 6)
	c := p.As(access.RightsHolder)
	has(t, "none", c.Get("/rights/mandates"), 200, "No mandates", string(p.Rights))
	has(t, "to nobody", c.Post("/rights/mandates", "agent=nobody"), 422, "There is no such organisation.", `value="nobody"`)
	has(t, "until yesterday", c.Post("/rights/mandates", "agent="+string(p.other)+"&to=2020-01-01"), 422, "The mandate ends in the future")
	has(t, "until some day", c.Post("/rights/mandates", "agent="+string(p.other)+"&to=soon"), 422, "Write a day as")
	// Whose mandate it is cannot be chosen by a holder.
	if a := c.Post("/rights/mandates", "owner="+string(p.other)+"&agent="+string(p.other)+"&to=2027-05-31"); a.Status != 303 {
		t.Fatalf("giving: %d %.600s", a.Status, a.Body)
	}
	has(t, "given", c.Get("/rights/mandates"), 200, "Halden Footwear", "晋江市海蓝星知识产权代理有限责任公司", "In force", "31 May 2027")
	has(t, "a reviewer gives", p.As(access.Reviewer).Post("/rights/mandates", "owner=a&agent=b"), 403)
	has(t, "another's ending", c.Post("/rights/mandates/"+string(p.other)+"/"+string(p.Rights)+"/end", ""), 403)
	if a := c.Post("/rights/mandates/"+string(p.Rights)+"/"+string(p.other)+"/end", ""); a.Status != 303 {
		t.Errorf("ending: %d", a.Status)
	}
	has(t, "ended", p.As(access.Administrator).Get("/rights/mandates"), 200, "Ended")
	if a := p.As(access.Administrator).Post("/rights/mandates", "owner="+string(p.other)+"&agent="+string(p.Rights)); a.Status != 303 {
		t.Errorf("the operator gives: %d", a.Status)
	}
}

// TestJourney: a holder gives notice, a reviewer decides on the listing's page, and the holder sees it upheld; then a file with bad rows.
func TestJourney(t *testing.T) {
	p := open(t, 60)
	p.declare(t, "000777", func(r *enforce.Right) { r.To = webtest.Now.AddDate(0, 0, -1) })
	p.declare(t, "018777777", func(r *enforce.Right) {
		r.Mark, r.To = "Halden 跑鞋 Aero Collection Limited Edition", webtest.Now.AddDate(0, 1, 0)
	})
	b := browsertest.Open(t, p.Web)
	b.Cookie(webtest.SessionCookie, p.Token(access.RightsHolder))
	b.Go("/rights")
	b.PressTo("n")
	b.Type("#field-listing", "L0001")
	b.Press(browsertest.Tab)
	b.See("#rights-preview .rights-sight") // a script shows the listing before anything is sent
	b.Axe()
	b.Shot("rights-new-look")
	b.Follow(".form-end .btn-primary")
	b.Axe()
	if kept := browsertest.Eval[string](b, `document.getElementById('field-listing').value`); kept != "L0001" {
		t.Errorf("the form forgot the listing: %q", kept)
	}
	b.Shot("rights-new-wrong")
	browsertest.Eval[string](b, `document.getElementById('field-right').value = '`+string(p.right.ID)+`'`)
	b.Type("#field-reasons", "The goods bear our mark and are not ours.")
	b.Type("#field-evidence", "The logo lacks its third stroke.")
	b.Click("#field-good_faith")
	b.Type("#field-guarantee", "Eva Halden")
	b.Follow(".form-end .btn-primary")
	receipt := b.Path()
	if !strings.HasSuffix(receipt, "/receipt") {
		t.Fatalf("sending leads to %s", receipt)
	}
	notice := strings.TrimSuffix(receipt, "/receipt")

	b.Cookie(webtest.SessionCookie, p.Token(access.Reviewer))
	b.Go("/listings/L0001")
	if said := b.Text(".listings-told"); !strings.Contains(said, "The logo lacks its third stroke.") {
		t.Errorf("the reviewer reads %q", said)
	}
	b.Axe()
	b.Shot("rights-listing")
	b.Click(`button[popovertarget="decide-remove"]`)
	b.Follow(`#decide-remove button[value="counterfeit"]`)
	b.Cookie(webtest.SessionCookie, p.Token(access.RightsHolder))
	b.Go(notice)
	if said := b.Text(".rights-answer"); !strings.Contains(said, "The listing was removed.") || !strings.Contains(said, "Counterfeit goods") {
		t.Errorf("the holder reads %q", said)
	}
	b.Go("/rights/bulk")
	rows := filepath.Join(t.TempDir(), "notices.csv")
	must(t, os.WriteFile(rows, []byte("listing,office,number,reasons,evidence\nL0002,EM,018123456,They are not ours,The logo\nL0003,EM,018123456,They are not ours,The logo\nX1,EM,018123456,They are not ours,The logo\nL0004,EM,000777,no,\n"), 0o600))
	b.Type("#field-file", rows)
	b.Click("#field-good_faith")
	b.Type("#field-guarantee", "Eva Halden")
	b.Follow(".form-end .btn-primary")
	b.Axe()
	b.Shot("rights-bulk-look")
	b.Follow(".rights-plan .btn-primary")
	if said := b.Text("main"); !strings.Contains(said, "2 notices filed") || !strings.Contains(said, "Download the 2 rows") {
		t.Errorf("the receipt of the file says %q", said)
	}
	sent := b.Path()
	late := p.notice(p.right, "L0005")
	if a := p.As(access.RightsHolder).Do(sending(t, "/rights/notices/new", late)); a.Status != 303 {
		t.Fatalf("another notice: %d", a.Status)
	}
	_, _, err := p.desk.Enforce.FileNotice(t.Context(), p.User(access.RightsHolder), enforce.Claim{Right: p.right.ID, Listing: market.ListingID("L0006"), Reasons: strings.Repeat("They are not ours. ", 60),
		Evidence: strings.Repeat("没有第三笔。", 60), Location: "https://market.example/" + strings.Repeat("very-long-", 40), Email: "eva@halden.example", GoodFaith: true, Guarantee: "Eva Halden"})
	must(t, err)
	review, err := p.desk.Enforce.Review(t.Context(), access.System, "L0002")
	must(t, err)
	_, err = p.desk.Enforce.Decide(t.Context(), p.User(access.Reviewer), "L0002", enforce.Choice{Outcome: enforce.Approve, Reason: "second-hand-genuine", Version: review.Version})
	must(t, err)
	_, err = p.desk.Enforce.GiveMandate(t.Context(), access.System, p.Rights, p.other, webtest.Now.AddDate(1, 0, 0))
	must(t, err)
	_, err = p.desk.Enforce.GiveMandate(t.Context(), access.System, p.other, p.Rights, time.Time{})
	must(t, err)
	if testing.Short() {
		return
	}
	for name, path := range map[string]string{
		"rights": "/rights", "rights-new": "/rights/notices/new?listing=L0003&right=" + string(p.right.ID), "rights-receipt": receipt, "rights-notice": notice, "rights-bulk": "/rights/bulk", "rights-sent": sent,
		"rights-vault": "/rights/vault", "rights-right": RightPath(p.right.ID), "rights-edit": RightPath(p.right.ID) + "/edit", "rights-mandates": "/rights/mandates",
	} {
		b.Shots(name, path)
	}
	b.Cookie(webtest.SessionCookie, p.Token(access.Administrator))
	b.Shots("rights-all", "/rights")
	b.Shots("rights-verify", RightPath(p.right.ID))
	b.Shots("rights-mandates-all", "/rights/mandates")
}

// TestWithoutScript: a notice with scripts turned off, the look by its button.
func TestWithoutScript(t *testing.T) {
	p := open(t, 6)
	b := browsertest.Open(t, p.Web)
	b.NoScript()
	b.Cookie(webtest.SessionCookie, p.Token(access.RightsHolder))
	b.Go("/rights/notices/new?right=" + string(p.right.ID))
	b.Type("#field-listing", "L0001")
	b.Follow("button[name=look]")
	b.See(".rights-sight")
	b.Type("#field-reasons", "The goods bear our mark and are not ours.")
	b.Type("#field-evidence", "The logo lacks its third stroke.")
	b.Click("#field-good_faith")
	b.Type("#field-guarantee", "Eva Halden")
	b.Follow(".form-end .btn-primary")
	if !strings.HasSuffix(b.Path(), "/receipt") {
		t.Errorf("sending leads to %s", b.Path())
	}
}
