package cultivate

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
)

// TaskID is the identity of a task.
type TaskID string

// Task is one thing to do about a maker, by its own people or by the programme's.
type Task struct {
	ID        TaskID
	Maker     MakerID
	MakerName string
	Side      Side          // whose it is; the firm does not see the programme's
	Owner     access.UserID // empty: anybody on that side
	OwnerName string
	Title     Words
	Detail    Words
	Due       time.Time // the end of the time for it; zero: none
	Template  string    // from which it was made; empty: a person wrote it
	Origin    string    // the step or the mentor visit it comes from; may be empty

	State      TaskState
	ClosedAt   time.Time
	ClosedBy   access.UserID
	ClosedName string
	Said       string // on closing it

	Version   int64
	MadeAt    time.Time
	MadeBy    access.UserID
	UpdatedAt time.Time
	UpdatedBy string
}

// TaskState says how a task stands.
type TaskState string

// The states of a task.
const (
	TaskOpen    TaskState = "open"
	TaskDone    TaskState = "done"
	TaskDropped TaskState = "dropped" // not needed any more
)

// taskMoves is the way of a task. What was closed by mistake is opened again.
var taskMoves = map[TaskState][]TaskState{TaskOpen: {TaskDone, TaskDropped}, TaskDone: {TaskOpen}, TaskDropped: {TaskOpen}}

// Overdue reports whether a task should have been done.
func (t Task) Overdue(at time.Time) bool {
	return t.State == TaskOpen && !t.Due.IsZero() && !at.Before(t.Due)
}

// mayClose says whether the person may say that the task is done.
func (t Task) mayClose(by access.User, m Maker) error {
	if by.May(access.MakerMove, m.Organisation) == nil {
		return nil
	}
	if t.Side == FirmSide {
		return by.May(access.MakerEdit, m.Organisation)
	}
	return by.May(access.MakerMove, m.Organisation)
}

// TaskTemplate is what is asked on entering a stage.
type TaskTemplate struct {
	ID     string
	Stage  Stage
	Until  Stage // from which on nobody needs it any more; empty: till it is done, or the way ends
	Side   Side
	Days   int // for it; 0: no date
	Title  Words
	Detail Words
}

// taskTemplate is a TaskTemplate as its file writes it.
type taskTemplate struct {
	ID     string    `yaml:"id"`
	Stage  Stage     `yaml:"stage"`
	Until  Stage     `yaml:"until"`
	Side   Side      `yaml:"side"`
	Days   int       `yaml:"days"`
	Title  textPairs `yaml:"title"`
	Detail textPairs `yaml:"detail"`
}

type textPairs struct {
	English string `yaml:"en"`
	Chinese string `yaml:"zh"`
}

//go:embed desk/tasks.yaml
var shippedTasks []byte

// shippedTemplates is the templates that come with Ownmark.
var shippedTemplates = sync.OnceValue(func() []TaskTemplate {
	all, err := ReadTaskTemplates(shippedTasks)
	if err != nil {
		panic(err) // a test reads the same file
	}
	return all
})

// ReadTaskTemplates reads a file of task templates, see desk/tasks.yaml. It returns one fault.Invalid for each thing wrong.
func ReadTaskTemplates(raw []byte) ([]TaskTemplate, error) {
	var rows []taskTemplate
	reader := yaml.NewDecoder(bytes.NewReader(raw))
	reader.KnownFields(true)
	if err := reader.Decode(&rows); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Invalid.Say("The file of tasks cannot be read: %s", err.Error()).Because(err)
	}
	var all []TaskTemplate
	var wrong []error
	for i, r := range rows {
		bad := func(f *fault.Fault) { wrong = append(wrong, f.At(fmt.Sprintf("[%d]", i+1))) }
		t := TaskTemplate{r.ID, r.Stage, r.Until, r.Side, r.Days, Words(r.Title), Words(r.Detail)}
		if t.ID == "" || slices.ContainsFunc(all, func(o TaskTemplate) bool { return o.ID == t.ID }) {
			bad(fault.Invalid.Say("Each task needs an id of its own."))
		}
		if !t.Stage.Known() {
			bad(fault.Invalid.Say("There is no stage %q.", string(t.Stage)))
		} else if t.Until != "" && (t.Until == t.Stage || !t.Until.After(t.Stage)) {
			bad(fault.Invalid.Say("A task ends at a later stage of the way than it begins."))
		}
		if t.Side != FirmSide && t.Side != Programme {
			bad(fault.Invalid.Say("The side is firm or programme."))
		}
		if t.Days < 0 || t.Days > 1000 {
			bad(fault.Invalid.Say("The days for it are from 0 to 1000."))
		}
		if t.Title.English == "" || t.Title.Chinese == "" || (t.Detail.English == "") != (t.Detail.Chinese == "") {
			bad(fault.Invalid.Say("Each text is needed in both languages."))
		}
		wrong = append(wrong, checkText("title", t.Title.English+t.Title.Chinese, maxTitle), checkText("detail", t.Detail.English+t.Detail.Chinese, MaxWhy))
		all = append(all, t)
	}
	return all, joined(wrong)
}

// maxTitle bounds the title of a task, in runes.
const maxTitle = 200

// NewTask is what a person writes to give a task.
type NewTask struct {
	Side   Side
	Owner  access.UserID // a person; empty: anybody on that side
	Name   string        // of Owner
	Title  string
	Detail string
	Due    time.Time
}

func (n NewTask) check() error {
	wrong := []error{needText("title", n.Title, maxTitle), checkText("detail", n.Detail, MaxWhy), checkText("owner", string(n.Owner)+n.Name, maxName)}
	if n.Side != FirmSide && n.Side != Programme {
		wrong = append(wrong, fault.Invalid.Say("Choose who is to do it.").At("side"))
	}
	return joined(wrong)
}
