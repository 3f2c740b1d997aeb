package cli

import (
	"bytes"
	"context"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ownmark/ownmark/internal/config"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ownmark": func() {
			os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
		},
	})
}

// TestScripts runs the command lines of testdata.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}

// TestEverySettingHasAFlag holds the flags against config.Config.
func TestEverySettingHasAFlag(t *testing.T) {
	var s settings
	v := reflect.ValueOf(&s).Elem()
	flags := map[string]bool{}
	word := "x"
	for i := range v.NumField() {
		if v.Field(i).Type() == reflect.TypeFor[*string]() {
			v.Field(i).Set(reflect.ValueOf(&word))
		}
	}
	for name := range s.given() {
		flags[name] = true
	}
	for _, f := range config.Fields() {
		if !flags[f.Flag] {
			t.Errorf("no flag --%s", f.Flag)
		}
		delete(flags, f.Flag)
	}
	for name := range flags {
		t.Errorf("--%s sets nothing", name)
	}
}

// TestResultsInOrder scans with many workers and expects the results in the order of the input.
func TestResultsInOrder(t *testing.T) {
	var in strings.Builder
	const n = 20_000
	for i := range n {
		in.WriteString(`{"id":"` + strings.Repeat("x", i%7) + `-`)
		in.WriteString(strconv.Itoa(i))
		in.WriteString(`","title":"A pair of shoes"}` + "\n")
	}
	var out, errOut bytes.Buffer
	if code := Run(t.Context(), []string{"scan", "-", "--format", "jsonl", "--workers", "7"}, strings.NewReader(in.String()), &out, &errOut, nil); code != 0 {
		t.Fatalf("exit %d: %s", code, errOut.String())
	}
	i := 0
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, `{"id":"`+strings.Repeat("x", i%7)+`-`+strconv.Itoa(i)+`"`) {
			t.Fatalf("line %d is %s", i, line)
		}
		i++
	}
	if i != n {
		t.Errorf("%d results for %d listings", i, n)
	}
}
