// Package cli is Ownmark's command line, one file a command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/ownmark/ownmark/internal/app"
	"github.com/ownmark/ownmark/internal/fault"
)

// commands is the map of the command line.
type commands struct {
	Demo        demoCommand        `cmd:"" help:"Build a simulated marketplace, scan it and serve the console; nothing but this program is needed."`
	Scan        scanCommand        `cmd:"" help:"Read listings from files and print which look fake, and why. No server, no set-up."`
	Eval        evalCommand        `cmd:"" help:"Measure the verdicts against labelled listings: precision, recall, calibration."`
	Train       trainCommand       `cmd:"" help:"Fit the weights of the signals to labelled listings and write a model file."`
	Bench       benchCommand       `cmd:"" help:"Measure how fast listings are scanned, beside a baseline."`
	World       worldCommand       `cmd:"" help:"Write a simulated marketplace, with the truth about it, to try scan, eval and train on."`
	Bundle      bundleCommand      `cmd:"" help:"Check bundles of evidence."`
	Certificate certificateCommand `cmd:"" help:"Check certificates."`

	Clear   clearCommand   `cmd:"" help:"Say which known marks may stand in the way of a new name or logo, how likely, and why."`
	Serve   serveCommand   `cmd:"" help:"Run the server: console, API and workers."`
	Worker  workerCommand  `cmd:"" help:"Run workers only, beside servers that share a database and a stream."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date and say what was done."`
	Ledger  ledgerCommand  `cmd:"" help:"Verify or export the ledger."`
	Report  reportCommand  `cmd:"" help:"Write what the law asks to be reported."`
	Config  configCommand  `cmd:"" help:"Print every setting, its value in force and where it comes from."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
	env      []string
}

// say writes a line to people, beside the results.
func (c *console) say(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) }

// exits is the exit code of each kind of fault; what is not here is 1.
var exits = map[fault.Kind]int{
	fault.Invalid:     2,
	fault.TooLarge:    2,
	fault.NotFound:    3,
	fault.Conflict:    4,
	fault.Forbidden:   5,
	fault.Unavailable: 6,
}

// interrupted is the exit code of a command that was asked to stop: 128 + SIGINT, as shells have it.
const interrupted = 130

// errAnswerNo is returned by a command that did its work and whose answer is no (a ledger that does not verify): exit code 1, and nothing more is said.
var errAnswerNo = errors.New("the answer is no")

// Run carries out one command line and gives the exit code: 0 done, 1 failed or the answer is no, 2 unusable input; the rest
// are in exits. It stops cleanly when ctx ends.
func Run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer, env []string) int {
	c := &console{in: in, out: out, err: errOut, env: env}
	var cmd commands
	exit := -1
	parser, err := kong.New(&cmd,
		kong.Name("ownmark"),
		kong.Description("Ownmark runs a marketplace's programme against counterfeits. Try it: ownmark demo"),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exit = code; panic(stopParsing{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(c),
	)
	if err != nil {
		fmt.Fprintln(errOut, "ownmark:", err)
		return 1
	}
	parsed, err := parse(parser, args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintf(errOut, "ownmark: %v\n", err)
		fmt.Fprintln(errOut, "ownmark: see ownmark --help")
		return exits[fault.Invalid]
	}
	if err := parsed.Run(); err != nil {
		return report(errOut, err)
	}
	return 0
}

type stopParsing struct{}

// parse keeps --help, which kong ends by exiting, from ending the process.
func parse(parser *kong.Kong, args []string) (_ *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ours := r.(stopParsing); !ours {
				panic(r)
			}
		}
	}()
	return parser.Parse(args)
}

// report says what went wrong, a line for each fault, and gives the exit code.
func report(w io.Writer, err error) int {
	if errors.Is(err, errAnswerNo) {
		return 1
	}
	stopped := errors.Is(err, context.Canceled)
	faults := fault.All(err)
	if len(faults) == 0 && !stopped {
		fmt.Fprintln(w, "ownmark:", err)
	}
	for _, f := range faults {
		var line strings.Builder
		line.WriteString("ownmark: ")
		if f.Field != "" {
			line.WriteString(f.Field + ": ")
		}
		line.WriteString(f.Message())
		if f.Cause != nil {
			line.WriteString(" (" + f.Cause.Error() + ")")
		}
		fmt.Fprintln(w, visible(line.String()))
	}
	if stopped {
		fmt.Fprintln(w, "ownmark: stopped before the end")
		return interrupted
	}
	if code, known := exits[fault.Of(err)]; known {
		return code
	}
	return 1
}

// logger writes to people's terminal or to machines, as the settings say.
func logger(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

type versionCommand struct{}

// Run prints the version the binary was built from.
func (versionCommand) Run(c *console) error {
	fmt.Fprintln(c.out, "ownmark", app.Version())
	return nil
}
