package clearance

import (
	"sync"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// commonCharacters are the 3,755 characters of the first level of GB 2312.
var commonCharacters = sync.OnceValue(func() (all []rune) {
	d := simplifiedchinese.GBK.NewDecoder()
	for row := byte(0xb0); row <= 0xd7; row++ {
		for cell := byte(0xa1); cell <= 0xfe; cell++ {
			if s, err := d.String(string([]byte{row, cell})); err == nil {
				r := []rune(s)
				if len(r) == 1 && r[0] >= 0x4e00 && r[0] <= 0x9fff {
					all = append(all, r[0])
				}
			}
		}
	}
	return all
})
