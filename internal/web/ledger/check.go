package ledgerpages

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// checking is the check of the whole ledger: one at a time in this process, in the background.
type checking struct {
	alive context.Context //nolint:containedctx // the server's life, which outlasts the request that starts a check
	log   *ledger.Log
	now   clock.Clock
	said  *slog.Logger

	mu          sync.Mutex
	running     bool
	done, total int64
	report      *ledger.Report // of the last check that ended; nil before
	failed      error          // why the last check could not look
	ended       time.Time
}

// start begins a check unless one is under way.
func (c *checking) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		return
	}
	c.running, c.done, c.total = true, 0, 0
	go c.run()
}

// longestCheck is how long a check may take.
const longestCheck = time.Hour

func (c *checking) run() {
	ctx, cancel := context.WithTimeout(c.alive, longestCheck)
	defer cancel()
	report, err := c.log.Verify(ctx, ledger.VerifyOptions{Most: findingsShown, Progress: func(done, total int64) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.done, c.total = done, total
	}})
	if err != nil {
		c.said.ErrorContext(ctx, "ledger not verified", slog.Any("error", err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running, c.report, c.failed, c.ended = false, &report, err, c.now()
}

// findingsShown is how many findings the page shows; it says how many there are in all.
const findingsShown = 100

// checkPane shows the check under way or the last one's result.
type checkPane struct {
	Running     *ui.Progress
	Report      *ledger.Report
	Failed      bool
	Ended       time.Time
	Findings    []finding
	Rooms       string
	Checkpoints int
}

// finding is one thing that is wrong, and where: a subject or a place in the log.
type finding struct{ Place, Text, Path string }

func (c *checking) pane(v *ui.Visit) checkPane {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		return checkPane{Running: &ui.Progress{Label: v.T("ledger.checking"), Done: int(c.done), Max: int(c.total)}}
	}
	pane := checkPane{Report: c.report, Failed: c.failed != nil, Ended: c.ended}
	if c.report == nil || pane.Failed {
		return pane
	}
	pane.Checkpoints = int(c.report.Checkpoints)
	pane.Rooms = strings.Join(c.report.Attested, ", ")
	for _, f := range c.report.Findings {
		one := finding{Text: v.Sentence(&fault.Fault{Format: f.What, Args: f.Args})}
		if f.Subject != "" {
			one.Place = f.Subject
		} else if f.Position >= 0 {
			one.Place = v.T("ledger.finding.at", "Position", v.Number(f.Position))
		}
		if f.EntryID != "" {
			one.Path = Path(f.EntryID)
		}
		pane.Findings = append(pane.Findings, one)
	}
	return pane
}

// verify begins a check, or joins the one under way.
func (p *pages) verify(w http.ResponseWriter, r *http.Request) error {
	p.check.start()
	return web.Go(w, r, "/ledger")
}

// progress is how far the check is, for the page that waits for it.
func (p *pages) progress(w http.ResponseWriter, r *http.Request) error {
	return views.Fragment(w, r, p.check.pane(ui.Here(r)))
}
