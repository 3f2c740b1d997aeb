package blob

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/fault"
)

func TestCheckDocument(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content, media string
		kind           fault.Kind
	}{
		"a PDF":                 {"%PDF-1.7\n…\n%%EOF\n", "application/pdf", 0},
		"a picture":             {picture.String(), "image/png", 0},
		"half a PDF":            {"%PDF-1.7\n…", "", fault.Invalid},
		"half a picture":        {picture.String()[:40], "", fault.Invalid},
		"a page":                {"<html><script>alert(1)</script>", "", fault.Invalid},
		"a page called PDF":     {"<html>%PDF-1.7 %%EOF", "", fault.Invalid},
		"a program":             {"MZ\x90\x00", "", fault.Invalid},
		"nothing":               {"", "", fault.Invalid},
		"one byte over":         {"%PDF-" + strings.Repeat(" ", MaxDocumentBytes-9) + "%%EOF", "", fault.TooLarge},
		"as much as it may be":  {"%PDF-" + strings.Repeat(" ", MaxDocumentBytes-10) + "%%EOF", "application/pdf", 0},
		"an end long before it": {"%PDF-1.7\n%%EOF" + strings.Repeat("\n", 2000), "", fault.Invalid},
	} {
		media, err := CheckDocument([]byte(c.content))
		if c.kind == 0 && (err != nil || media != c.media) || c.kind != 0 && (media != "" && err == nil || fault.Of(err) != c.kind) {
			t.Errorf("%s: %q %v", name, media, err)
		}
	}
}
