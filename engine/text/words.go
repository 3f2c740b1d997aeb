package text

import (
	_ "embed" // the word filters
	"sync"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// The filters are made by internal/letters/makewords; its package comment says from which lists.

//go:embed data/known.words
var knownData []byte

//go:embed data/further.words
var furtherData []byte

//go:embed data/everyday.words
var everydayData []byte

//go:embed data/chinese.words
var chineseData []byte

// knownWords holds words of all languages at hand, inflected forms included: what is one of them is no misspelt name.
var knownWords = sync.OnceValue(func() *letters.Words { return letters.ReadWords(knownData) })

// furtherWords holds rarer words, which are no misspelt name either but may be part of one that is pulled apart.
var furtherWords = sync.OnceValue(func() *letters.Words { return letters.ReadWords(furtherData) })

// everydayWords holds words so common that a name among them says nothing without a further clue.
var everydayWords = sync.OnceValue(func() *letters.Words { return letters.ReadWords(everydayData) })

// chineseWords holds Chinese words of two to four characters, simplified.
var chineseWords = sync.OnceValue(func() *letters.Words { return letters.ReadWords(chineseData) })
