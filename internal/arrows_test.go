package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ownmark/ownmark/"

// arrows is the map of the code: each package and what of this module it may import. Read it from the bottom of the
// house up. A new arrow is a line here, seen in review; an arrow nobody uses any more fails too. Test files are free.
var arrows = map[string]string{
	// engines: pure, they know nobody
	"engine/score": "",
	"engine/photo": "",
	"engine/text":  "engine/text/internal/letters",

	"engine/clearance":  "engine/photo engine/score",
	"engine/credential": "",

	"engine/text/internal/letters":           "",
	"engine/text/internal/letters/makewords": "engine/text/internal/letters",

	// ground
	"internal/fault":   "",
	"internal/clock":   "",
	"internal/config":  "fault",
	"internal/db":      "fault clock",
	"internal/blob":    "fault",
	"internal/bus":     "fault db",
	"internal/keyfile": "",
	"internal/ledger":  "fault db keyfile",
	"internal/access":  "fault db ledger",

	"internal/evidence": "fault ledger",

	"internal/db/dbtest": "clock db",

	// rooms, left to right
	"internal/brand":   "fault db blob ledger access engine/photo",
	"internal/market":  "fault db access blob keyfile ledger",
	"internal/detect":  "fault clock db bus ledger access brand market engine/text engine/photo engine/score",
	"internal/enforce": "fault db blob bus ledger access brand market detect evidence engine/score",

	"internal/cultivate": "fault db blob bus ledger access brand market detect enforce engine/credential engine/clearance engine/photo",

	// the simulated marketplace
	"internal/world": "fault brand market",

	// outer parties as small servers, for tests
	"internal/fake/transparency": "",
	"internal/fake/tsa":          "clock",

	// faces: the console's frame, then its jobs
	"internal/web":             "fault clock access web/ui web/assets",
	"internal/web/ui":          "fault access web/assets",
	"internal/web/assets":      "",
	"internal/web/assets/trim": "",
	"internal/web/webtest":     "access clock db db/dbtest web web/ui web/assets",
	"internal/web/browsertest": "",

	"internal/web/home":                  "access detect enforce web web/ui web/listings",
	"internal/web/listings":              "fault db ledger access brand market detect enforce web web/ui",
	"internal/web/listings/listingstest": "fault db bus access brand market detect enforce web/listings web/webtest",
	"internal/web/makers/makerstest":     "access blob brand cultivate web/webtest",
	"internal/web/brands":                "fault blob access brand web web/ui web/listings",
	"internal/web/sellers":               "access detect enforce market web web/ui web/listings",
	"internal/web/ledger":                "fault clock access ledger web web/ui",
	"internal/web/people":                "fault access web web/ui",
	"internal/web/search":                "fault access brand market web web/ui web/listings web/sellers blob detect",
	"internal/web/rights":                "fault access blob brand enforce market web web/ui web/listings web/papers",
	"internal/web/makers":                "fault db access blob cultivate web web/ui web/listings web/papers",
	"internal/web/programme":             "fault db access cultivate web web/ui web/makers",
	"internal/web/training":              "fault access blob cultivate web web/ui web/makers web/papers engine/credential",
	"internal/web/apply":                 "fault db access blob cultivate web web/ui web/listings web/makers web/papers",
	"internal/web/branding":              "fault db access blob cultivate web web/ui web/makers web/papers",
	"internal/web/intake":                "fault db access cultivate web web/ui web/listings",
	"internal/web/outcomes":              "fault access blob cultivate web web/ui web/listings web/makers web/papers",
	"internal/web/marketing":             "fault db access cultivate web web/ui web/listings web/makers blob web/papers",
	"internal/web/marks":                 "fault access cultivate market web web/ui web/listings web/makers",
	"internal/web/cases":                 "fault db access blob market enforce web web/ui web/listings web/papers web/sellers",
	"internal/web/conduct":               "fault access market enforce web web/ui web/listings web/sellers",
	"internal/web/quality":               "fault access market enforce web web/ui web/listings",
	"internal/web/statements":            "fault access enforce web web/ui web/listings",
	"internal/web/desk":                  "fault db access blob cultivate web web/ui web/listings web/makers web/papers",
	"internal/web/traders":               "fault access blob market web web/ui web/listings web/papers",
	"internal/web/report":                "access enforce market web web/ui web/listings",
	"internal/web/papers":                "fault blob web",
	"internal/web/seller":                "fault access blob enforce market web web/ui web/papers",
	"internal/web/appeals":               "fault access blob enforce market web web/ui web/listings web/papers",
	"internal/web/policy":                "fault access brand market detect web web/ui web/listings",
	"internal/web/review":                "fault db access brand market detect enforce web web/ui web/listings",

	// faces: programs and the command line, and what wires them all
	"internal/api": "fault db blob ledger access brand market detect enforce cultivate",
	"internal/cli": "fault clock config db blob evidence ledger access brand market detect enforce cultivate world app engine/clearance engine/credential engine/photo",
	"internal/app": "fault clock config db blob bus evidence keyfile ledger access brand market detect enforce cultivate world api web web/programme web/makers web/training web/brands web/home web/ledger web/listings web/people web/review web/rights web/sellers web/search web/policy web/apply web/appeals web/seller web/desk web/branding web/intake web/outcomes web/marketing web/marks web/report web/traders web/cases web/conduct web/quality web/statements",
	"cmd/ownmark":  "cli",
}

func TestArrows(t *testing.T) {
	used := map[string]map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == "vendor" || name == "artefacts" || (strings.HasPrefix(name, ".") && name != "..") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel("..", filepath.Dir(path))
		if err != nil {
			return err
		}
		from := filepath.ToSlash(rel)
		if used[from] == nil {
			used[from] = map[string]bool{}
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if rest, ok := strings.CutPrefix(to, module); ok {
				used[from][rest] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for from, tos := range used {
		allowed, known := arrows[from]
		if !known {
			t.Errorf("package %s is not on the map in internal/arrows_test.go", from)
			continue
		}
		var may []string
		for _, word := range strings.Fields(allowed) {
			if !strings.HasPrefix(word, "engine/") {
				word = "internal/" + word
			}
			may = append(may, word)
			if !tos[word] {
				t.Errorf("the map draws an arrow nobody uses: %s → %s", from, word)
			}
		}
		for to := range tos {
			if !slices.Contains(may, to) {
				t.Errorf("an arrow that is not on the map: %s → %s", from, to)
			}
		}
	}
	for from := range arrows {
		if used[from] == nil {
			t.Errorf("the map shows a package that does not exist: %s", from)
		}
	}
}

// TestDependencies holds go.mod's direct requirements against docs/dependencies.md: each has a line with its reason.
func TestDependencies(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := 0
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "v") || strings.Contains(line, "// indirect") {
			continue
		}
		direct++
		if !strings.Contains(string(page), "`"+fields[0]+"`") {
			t.Errorf("docs/dependencies.md gives no reason for %s", fields[0])
		}
	}
	if direct == 0 {
		t.Error("found no requirement in go.mod: this test reads it wrongly")
	}
	for line := range strings.Lines(string(page)) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			if strings.Contains(name, ".") && !strings.Contains(name, " ") && !strings.Contains(string(mod), name+" ") {
				t.Errorf("docs/dependencies.md lists %s, which go.mod does not require", name)
			}
		}
	}
}
