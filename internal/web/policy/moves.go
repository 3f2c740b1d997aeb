package policy

import (
	"net/http"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// stateLine says where a policy stands on its way, what can be done with it now, and why the rest cannot.
type stateLine struct {
	Steps []step
	Moves []move
	Nots  []string // why what one might look for is not possible
}

type step struct {
	Text    string
	Done    bool
	Current bool
}

// move is one thing that can be done.
type move struct {
	Label, Icon string
	Question    string // what will happen; empty for what is done at once
	Path        string
	Version     int64
	Why         string // the label of the field that asks for a reason; empty when none is needed
	Sent        string // the reason as it was sent, when it was not accepted
	ID          string // of the field
	Do          string // it is a button of the editor's form instead of a form of its own
	Primary     bool
	Danger      bool
}

// line is the state line of p for who looks at it.
func (p *pages) line(r *http.Request, v *ui.Visit, one detect.Policy, trial *detect.Trial) (stateLine, error) {
	l := stateLine{}
	way := []detect.PolicyState{detect.Draft, detect.OnTrial, detect.Proposed, detect.Live}
	switch one.State {
	case detect.Retired, detect.Withdrawn:
		way = append(way, one.State)
	}
	reached := false
	for _, s := range way {
		current := s == one.State
		reached = reached || current
		l.Steps = append(l.Steps, step{v.T("policy.state." + string(s)), !reached && one.State != detect.Withdrawn, current})
	}
	not := func(key string, pairs ...any) { l.Nots = append(l.Nots, v.T(key, pairs...)) }
	edits, switches := v.User.Can(access.PolicyEdit), v.User.Can(access.PolicySwitch)
	if !edits {
		not("policy.not.role")
		return l, nil
	}
	add := func(m move) {
		m.Version = one.Version
		l.Moves = append(l.Moves, m)
	}
	rework := move{Label: v.T("policy.rework"), Icon: "pencil", Path: Path(one.Number) + "/rework", Question: v.T("policy.rework.question")}
	withdraw := move{Label: v.T("policy.withdraw"), Icon: "x", Path: Path(one.Number) + "/withdraw", Question: v.T("policy.withdraw.question"), Danger: true}
	switch one.State {
	case detect.Draft:
		o, err := p.detect.Policies(r.Context(), v.User)
		if err != nil {
			return l, err
		}
		if o.Beside != nil {
			not("policy.not.beside", "Name", name(v, *o.Beside))
		} else {
			add(move{Label: v.T("policy.begin"), Icon: "player-play", Do: "trial"})
		}
		not("policy.not.untried")
		add(withdraw)
	case detect.OnTrial:
		if trial != nil && trial.EndedAt.IsZero() {
			not("policy.not.replaying")
		} else {
			add(move{Label: v.T("policy.propose"), Icon: "hand-stop", Path: Path(one.Number) + "/propose", Question: v.T("policy.propose.question"), Why: v.T("policy.propose.why"), ID: "propose-why", Primary: true})
		}
		not("policy.not.unproposed")
		add(rework)
		add(withdraw)
	case detect.Proposed:
		switch {
		case !switches:
			not("policy.not.switcher")
		case one.ProposedBy.ID == v.User.ID:
			not("policy.not.yourself")
		default:
			add(move{Label: v.T("policy.switch"), Icon: "check", Path: Path(one.Number) + "/switch", Question: v.T("policy.switch.question", "Name", one.ProposedBy.Name), Primary: true})
		}
		add(rework)
		add(withdraw)
	case detect.Live:
		not("policy.not.livefixed")
	case detect.Retired:
		not("policy.not.retired")
	case detect.Withdrawn:
		not("policy.not.withdrawn")
	}
	return l, nil
}

// version is the version of the policy that the person saw.
func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // none that stands
	}
	return n
}

// acted ends a move: the policy's page with what was done, or with what is wrong.
func (p *pages) acted(w http.ResponseWriter, r *http.Request, number detect.PolicyNumber, err error, done string) error {
	v := ui.Here(r)
	if problems, status := refused(v, err); problems != nil {
		return p.shown(w, r, number, problems, status)
	}
	if err != nil {
		return err
	}
	path := Path(number)
	if r.PostFormValue("back") == trialPath(number) {
		path = trialPath(number)
	}
	return web.Done(w, r, path, &ui.Toast{Text: v.T(done)})
}

func (p *pages) propose(w http.ResponseWriter, r *http.Request) error {
	number, err := asked(r)
	if err != nil {
		return err
	}
	_, err = p.detect.ProposePolicy(r.Context(), ui.Here(r).User, number, version(r), r.PostFormValue("why"))
	return p.acted(w, r, number, err, "policy.propose.done")
}

func (p *pages) rework(w http.ResponseWriter, r *http.Request) error {
	number, err := asked(r)
	if err != nil {
		return err
	}
	_, err = p.detect.ReworkPolicy(r.Context(), ui.Here(r).User, number, version(r))
	return p.acted(w, r, number, err, "policy.rework.done")
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	number, err := asked(r)
	if err != nil {
		return err
	}
	_, err = p.detect.WithdrawPolicy(r.Context(), ui.Here(r).User, number, version(r))
	return p.acted(w, r, number, err, "policy.withdraw.done")
}

func (p *pages) switchTo(w http.ResponseWriter, r *http.Request) error {
	number, err := asked(r)
	if err != nil {
		return err
	}
	_, err = p.detect.SwitchPolicy(r.Context(), ui.Here(r).User, number, version(r))
	return p.acted(w, r, number, err, "policy.switch.done")
}

// goBack makes live again what was live before. It takes one person and a reason.
func (p *pages) goBack(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	from, err := strconv.ParseInt(r.PostFormValue("from"), 10, 64)
	if err != nil {
		return web.Unreadable(err)
	}
	to, err := p.detect.GoBack(r.Context(), v.User, detect.PolicyNumber(from), r.PostFormValue("why"))
	if problems, status := refused(v, err); problems != nil {
		return p.showOverview(w, r, problems, status)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/policy", &ui.Toast{Text: v.T("policy.back.done", "Name", name(v, to))})
}
