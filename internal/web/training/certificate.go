package training

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ownmark/ownmark/engine/credential"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type certificatePage struct {
	ui.Page
	Firm     string
	Industry string
	Courses  []string
	At       string
	Tag      badgeOf
	Revoked  string
	Broken   string // why it does not verify; empty when it does
	Key      string
	JSON     string
	Status   string // where the list is that tells whether it was taken back; empty for one from before there were lists
	Revoke   *ui.Form
}

type badgeOf struct{ Tone, Icon, Text string }

func certificatePath(id cultivate.CertificateID) string {
	return "/certificates/" + url.PathEscape(string(id))
}

// certificate is the public page of a certificate: what it says, of whom, and whether it stands. The signature is checked anew each time it is shown.
func (p *pages) certificate(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	c, m, err := p.cultivate.Certificate(r.Context(), cultivate.CertificateID(r.PathValue("certificate")))
	if err != nil {
		return err
	}
	industry := p.cultivate.Industries[m.Industry]
	page := certificatePage{Page: ui.Page{Title: v.T("training.certificate")}, Firm: m.Name, Industry: industry.Names.In(v.Language), At: v.Day(c.IssuedAt), JSON: certificatePath(c.ID) + "/credential.json",
		Tag: badgeOf{"good", "shield-check", v.T("training.certificate.valid")}}
	for _, course := range industry.Curriculum {
		if course.Required {
			page.Courses = append(page.Courses, course.Names.In(v.Language))
		}
	}
	var key ed25519.PublicKey // nil where this site signs none: then only that nothing was changed is known
	if own := p.cultivate.Site.Key; own != nil {
		key, _ = own.Public().(ed25519.PublicKey)
	}
	verified, err := credential.Verify(c.Body, key, v.Now)
	switch {
	case err != nil:
		page.Broken, page.Tag = err.Error(), badgeOf{"bad", "alert-triangle", v.T("training.certificate.broken")}
	case !c.RevokedAt.IsZero():
		page.Revoked, page.Tag = c.Revoked, badgeOf{"bad", "circle-x", v.T("training.certificate.revoked.on", "Date", v.Day(c.RevokedAt))}
	}
	if err == nil {
		page.Key = credential.Multikey(verified.Key)
		if status, err := verified.Status(); err == nil {
			page.Status = status.List
		}
	}
	if c.RevokedAt.IsZero() && v.User.Can(access.MakerMove) {
		page.Revoke = &ui.Form{Path: "/training/certificates/" + url.PathEscape(string(c.ID)) + "/revoke", Submit: v.T("training.revoke"), Fields: []ui.Field{{Name: "why", Label: v.T("training.revoke.why"), Required: true, Max: "2000"}}}
	}
	return views.Render(w, r, page)
}

func (p *pages) credential(w http.ResponseWriter, r *http.Request) error {
	c, _, err := p.cultivate.Certificate(r.Context(), cultivate.CertificateID(r.PathValue("certificate")))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vc+ld+json")
	w.Header().Set("Content-Disposition", `attachment; filename="certificate.json"`)
	_, err = w.Write(c.Body)
	return err
}

// statusList is a list of which certificates were taken back, for verifiers. It says for how long it may be kept.
func (p *pages) statusList(w http.ResponseWriter, r *http.Request) error {
	number, err := strconv.Atoi(r.PathValue("list"))
	if err != nil {
		number = 0 // there is none
	}
	signed, err := p.cultivate.StatusList(r.Context(), number)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vc")
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(cultivate.StatusFresh.Seconds())))
	_, err = w.Write(signed)
	return err
}

func (p *pages) revoke(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id := cultivate.CertificateID(r.PathValue("certificate"))
	if err := p.cultivate.RevokeCertificate(r.Context(), v.User, id, r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, certificatePath(id), &ui.Toast{Text: v.T("training.revoked")})
}
