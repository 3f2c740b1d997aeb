package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/world"
)

// Handler is everything people and programs reach: the console, the API, and the public tiles of the ledger.
func (a *App) Handler() (http.Handler, error) {
	console, err := web.New(web.Config{
		Access: a.Access, Now: clock.System, Log: a.Log, Secure: a.Config.CookiesAreSecure(),
		Simulated: a.Simulated, Remote: a.remote(),
	}, a.jobs()...)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", console)
	mux.Handle("/api/", a.api)
	mux.Handle("/ledger/log/", http.StripPrefix("/ledger/log", a.Ledger.TileHandler(false)))
	return mux, nil
}

// Server is Handler with the timeouts of a server that strangers reach.
func (a *App) Server() (*http.Server, error) {
	handler, err := a.Handler()
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute,
		// No WriteTimeout: an export of everything takes its time.
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}, nil
}

// remote is the address a request comes from: the connection's, or what a trusted proxy says.
func (a *App) remote() web.RemoteAddress {
	trusted := a.Config.Proxies()
	return func(r *http.Request) string {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		// From the nearest proxy back, as far as each is trusted.
		chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(chain) - 1; i >= 0; i-- {
			at, err := netip.ParseAddr(host)
			if err != nil || !within(trusted, at) {
				break
			}
			before := strings.TrimSpace(chain[i])
			if _, err := netip.ParseAddr(before); err != nil {
				break
			}
			host = before
		}
		return host
	}
}

func within(networks []netip.Prefix, at netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(at.Unmap()) {
			return true
		}
	}
	return false
}

// pictures finds a listing's picture by its reference: "sim/…" is drawn by the simulated marketplace, "blob:HASH" was
// uploaded. Pictures at other addresses are not fetched: a page links to them.
type pictures struct {
	*App
	small bool // of the simulated ones, drawn small: who only looks for likeness has no need of more
}

// Picture gives the bytes and the media type of a picture. It returns fault.NotFound.
func (p *pictures) Picture(ctx context.Context, ref string) ([]byte, string, error) {
	if p.Simulated && strings.HasPrefix(ref, "sim/") {
		var w world.World
		draw := w.Picture
		if p.small {
			draw = w.Thumbnail
		}
		body, err := draw(ref)
		return body, "image/jpeg", err
	}
	name, ok := strings.CutPrefix(ref, "blob:")
	if !ok {
		return nil, "", fault.NotFound.Say("There is no such picture here.")
	}
	hash, err := blob.Parse(name)
	if err != nil {
		return nil, "", fault.NotFound.Say("There is no such picture here.").Because(err)
	}
	content, _, err := p.Blob.Get(ctx, hash)
	if err != nil {
		return nil, "", err
	}
	defer content.Close()
	body, err := io.ReadAll(io.LimitReader(content, blob.MaxPictureBytes+1))
	if err != nil {
		return nil, "", err
	}
	// What was uploaded as something else is not served as a picture.
	about, err := blob.CheckPicture(bytes.NewReader(body))
	if err != nil {
		p.Log.WarnContext(ctx, "a blob named as a picture is none", slog.String("blob", name), slog.Any("error", err))
		return nil, "", errors.Join(fault.NotFound.Say("There is no such picture here."), err)
	}
	return body, "image/" + about.Format, nil
}
