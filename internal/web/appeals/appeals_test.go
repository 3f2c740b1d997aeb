package appeals

import (
	"testing"

	"github.com/ownmark/ownmark/internal/web/webtest"
)

// The pages are walked in package seller, with both sides at the table.
func TestPages(t *testing.T) { webtest.Check(t, views) }
