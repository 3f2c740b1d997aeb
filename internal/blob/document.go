package blob

import (
	"bytes"

	"github.com/ownmark/ownmark/internal/fault"
)

// MaxDocumentBytes is how large a document may be.
const MaxDocumentBytes = 10 << 20

// CheckDocument reports what document content is, "application/pdf" or a picture's media type, as far as can be told without rendering it. It returns
// fault.TooLarge over MaxDocumentBytes or a picture's bounds, fault.Invalid for anything else and for what is not whole. A PDF may hold
// scripts: hand it out to be kept, never to be shown in a page.
func CheckDocument(content []byte) (mediaType string, err error) {
	if len(content) > MaxDocumentBytes {
		return "", fault.TooLarge.Say("A document has at most %d MB.", MaxDocumentBytes>>20)
	}
	if bytes.HasPrefix(content, []byte("%PDF-")) {
		// ISO 32000-1, 7.5.5: the last line of the file is %%EOF; readers look for it in the last kilobyte.
		if !bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF")) {
			return "", fault.Invalid.Say("The document is damaged.")
		}
		return "application/pdf", nil
	}
	picture, err := CheckPicture(bytes.NewReader(content))
	if f, ok := fault.As(err); ok && f.Format == unknown.Format {
		return "", fault.Invalid.Say("A document is a PDF, or a JPEG, PNG, GIF, WebP or AVIF picture.")
	}
	if err != nil {
		return "", err
	}
	return "image/" + picture.Format, nil
}
