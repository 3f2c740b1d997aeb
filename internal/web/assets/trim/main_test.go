package main

import (
	"os"
	"testing"
)

func TestTablerIsFresh(t *testing.T) {
	full, err := os.ReadFile("../tabler/full.css")
	if err != nil {
		t.Fatal(err)
	}
	trimmed, err := os.ReadFile("../tabler.css")
	if err != nil {
		t.Fatal(err)
	}
	if Trim(string(full)) != string(trimmed) {
		t.Error("tabler.css is stale: run go generate ./internal/web/assets")
	}
}

func TestTrim(t *testing.T) {
	const css = `/*!licence*/.card,.carousel>.card{color:var(--tblr-a);--tblr-b:1}.modal{top:0}:root{--tblr-a:red;--tblr-c:1}` +
		`@media print{.modal{top:1px}}@media print{.btn:not(.navbar){content:"}"}}@keyframes gone{to{top:0}}@import "x";`
	const want = `/*!licence*/
/* Cut down by internal/web/assets/trim; do not edit. */
.card{color:var(--tblr-a);}
:root{--tblr-a:red;}
@media print{
.btn:not(.navbar){content:"}"}
}
`
	if got := Trim(css); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
