package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) {
	webtest.Check(t, views, "policy.diff.rule", "policy.diff.before", "policy.chart.mark")
}

// TestGuide holds the examples of the user's guide against the rules for conditions.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	terms := detect.Terms{Title: "Guide"}
	for i, block := range strings.Split(string(guide), "```cel\n")[1:] {
		condition, _, _ := strings.Cut(block, "\n```")
		terms.Rules = append(terms.Rules, detect.Rule{Name: fmt.Sprint(i), When: condition, Then: detect.Look})
	}
	if len(terms.Rules) != 10 {
		t.Errorf("%d examples", len(terms.Rules))
	}
	if err := terms.Check(); err != nil {
		t.Error(err)
	}
}
