package app

import (
	_ "github.com/chromedp/chromedp"
	_ "github.com/cloudflare/ahocorasick"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/transparency-dev/formats/log"
	_ "golang.org/x/net/html"
	_ "golang.org/x/tools/go/packages"
	_ "golang.org/x/tools/txtar"
	_ "gonum.org/v1/gonum/optimize"
)
