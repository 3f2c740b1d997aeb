package policy

import (
	"os"
	"testing"

	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) {
	webtest.Check(t, views, "policy.diff.rule", "policy.diff.before", "policy.chart.mark")
}
