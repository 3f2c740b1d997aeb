package web

import (
	"embed"

	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{
	"error.html":   errorPage{},
	"signin.html":  signInPage{},
	"link.html":    linkPage{},
	"account.html": accountPage{},
	"keys.html":    keysPage{},
	"design.html":  designPage{},
})
