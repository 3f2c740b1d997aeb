package ui

import (
	"embed"
	"io/fs"
)

//go:embed ui.js
var script []byte

//go:embed *.css
var styles embed.FS

// Script is ui.js, which every page loads.
func Script() []byte { return script }

// Files are the components' style sheets.
func Files() fs.FS { return styles }
