package world

import (
	"strings"
	"unicode/utf8"
)

// Tactic is what makes a listing hard to judge: how a fake is dressed, or why an honest listing looks like one.
type Tactic string

// How fakes are offered.
const (
	PriceClean  Tactic = "price-clean"    // named plainly, far too cheap
	ReplicaWord Tactic = "replica-word"   // says what it is, in the trade's words
	Coded       Tactic = "coded"          // a nickname in place of the brand
	Homoglyph   Tactic = "homoglyph"      // look-alike letters of other scripts
	Leet        Tactic = "leetspeak"      // figures for letters
	Spacing     Tactic = "spacing"        // letters set apart
	Typo        Tactic = "typo"           // misspelt on purpose
	Pinyin      Tactic = "zh-mixed"       // half Chinese, half Latin
	DescOnly    Tactic = "desc-only"      // an innocent title, the rest in the description
	LogoHidden  Tactic = "logo-hidden"    // no name anywhere; the mark covered in the picture
	Lookalike   Tactic = "lookalike-shop" // a shop named almost like the brand's own
	Overrun     Tactic = "overrun"        // "from the same factory"
	Picture     Tactic = "picture-reused" // plain text, a bearable price; only the picture tells
	Perfect     Tactic = "perfect"        // text, price and pictures as the real thing has them
)

// Why honest listings are as they are.
const (
	AuthorisedPlain Tactic = "authorised-plain"
	AuthorisedSale  Tactic = "authorised-discount"
	Retail          Tactic = "retail"
	CheapGenuine    Tactic = "cheap-genuine"
	GreyImport      Tactic = "grey-import"
	Used            Tactic = "used-genuine"
	Gift            Tactic = "unwanted-gift"
	Refurbished     Tactic = "refurb"
	Compatible      Tactic = "compatible"
	Comparison      Tactic = "comparison"
	Negation        Tactic = "negation"
	OrdinaryWord    Tactic = "ordinary-word"
	BookMedia       Tactic = "book-media"
	LegitWord       Tactic = "legit-replica" // trade words in their innocent meaning
	Unbranded       Tactic = "unbranded"
	FactorySecond   Tactic = "factory-second"
	HomeBrand       Tactic = "home-brand" // a workshop's own label
	Plain           Tactic = "plain"
)

// why tells a label's reader in a few words what the truth rests on.
var why = map[Tactic]string{
	PriceClean: "copy at a fraction of the price", ReplicaWord: "copy, said openly", Coded: "copy under a nickname", Homoglyph: "copy, look-alike letters",
	Leet: "copy, figures for letters", Spacing: "copy, letters set apart", Typo: "copy, misspelt on purpose", Pinyin: "copy, name in mixed scripts",
	DescOnly: "copy, named in the description alone", LogoHidden: "copy, mark covered", Lookalike: "copy from a shop named like the brand's",
	Overrun: "copy sold as surplus", Picture: "copy, the workshop's pictures", Perfect: "copy, nothing in the listing tells",
	AuthorisedPlain: "authorised shop", AuthorisedSale: "authorised shop, on sale", Retail: "bought from the trade", CheapGenuine: "genuine, cleared cheaply",
	GreyImport: "genuine, parallel import", Used: "genuine, second-hand", Gift: "genuine, unused present", Refurbished: "genuine, refurbished",
	Compatible: "made to fit, says so", Comparison: "own goods compared with the brand's", Negation: "says it is not the brand's", OrdinaryWord: "an ordinary word",
	BookMedia: "about the brand", LegitWord: "trade word in its innocent meaning", Unbranded: "no brand", FactorySecond: "unlabelled second", HomeBrand: "the maker's own label", Plain: "nothing to do with a brand",
}

var lookalikeLetters = map[rune][]string{
	'a': {"а", "ɑ", "à"}, 'e': {"е", "ė"}, 'o': {"о", "ο", "0"}, 'i': {"і", "ı"}, 'c': {"с", "ϲ"}, 'p': {"р"}, 's': {"ѕ"}, 'x': {"х"}, 'y': {"у"},
	'A': {"А", "Α"}, 'B': {"В", "Β"}, 'C': {"С"}, 'E': {"Е", "Ε"}, 'H': {"Н", "Η"}, 'I': {"І", "Ι"}, 'K': {"К", "Κ"}, 'M': {"М", "Μ"}, 'N': {"Ν"}, 'O': {"О", "Ο"},
	'P': {"Р", "Ρ"}, 'T': {"Т", "Τ"}, 'X': {"Х", "Χ"}, 'Y': {"Υ"}, 'u': {"υ", "ù"}, 'n': {"ո"}, 'l': {"ⅼ"}, 'd': {"ԁ"}, 'v': {"ν"}, 'k': {"κ"},
}

var leetFigures = map[rune]string{'a': "4", 'e': "3", 'i': "1", 'o': "0", 's': "5", 'A': "4", 'E': "3", 'I': "1", 'O': "0", 'S': "5", 'l': "1", 't': "7", 'B': "8"}

// disguise writes a brand's name the way the tactic does. It gives back false when the name offers no hold for it.
func disguise(c *chance, t Tactic, latin, han string) (string, bool) {
	letters := []rune(latin)
	switch t {
	case Homoglyph, Leet:
		var at []int
		for i, r := range letters {
			if t == Homoglyph && lookalikeLetters[r] != nil || t == Leet && leetFigures[r] != "" {
				at = append(at, i)
			}
		}
		if len(at) == 0 {
			return "", false
		}
		shuffle(c, at)
		changes := map[int]string{}
		for _, i := range at[:min(len(at), c.between(1, 2))] {
			if t == Homoglyph {
				changes[i] = pick(c, lookalikeLetters[letters[i]])
			} else {
				changes[i] = leetFigures[letters[i]]
			}
		}
		var b strings.Builder
		for i, r := range letters {
			if s, ok := changes[i]; ok {
				b.WriteString(s)
			} else {
				b.WriteRune(r)
			}
		}
		return b.String(), true
	case Spacing:
		if han != "" && c.percent(50) {
			return strings.Join(strings.Split(han, ""), pick(c, []string{" ", "·", "-", "/"})), true
		}
		if utf8.RuneCountInString(latin) < 3 {
			return "", false
		}
		return strings.Join(strings.Split(strings.ReplaceAll(latin, " ", ""), ""), pick(c, []string{" ", ".", "-", "_"})), true
	case Typo:
		// Within the longest word and past its first letter, which people notice; vowels are not doubled, lest the name
		// become another word.
		word := longestWord(letters)
		if word.end-word.start < 4 {
			return "", false
		}
		i := c.between(word.start+1, word.end-2)
		before, at, next, after := letters[:i], letters[i], letters[i+1], letters[i+2:]
		switch c.n(3) {
		case 0:
			if !strings.ContainsRune("aeiouAEIOU", at) {
				return string(before) + string(at) + string(at) + string(next) + string(after), true
			}
		case 1:
			if at != next {
				return string(before) + string(next) + string(at) + string(after), true
			}
		}
		return string(before) + string(next) + string(after), true
	case Pinyin:
		chars := []rune(han)
		if len(chars) < 2 || len(letters) < 3 {
			return "", false
		}
		if c.percent(50) {
			return string(chars[:1]) + strings.ToLower(string(letters[len(letters)/2:])), true
		}
		return string(letters[:1]) + string(chars[1:]), true
	}
	return "", false
}

type span struct{ start, end int }

func longestWord(letters []rune) span {
	var best span
	start := 0
	for i := 0; i <= len(letters); i++ {
		if i == len(letters) || letters[i] == ' ' || letters[i] == '-' {
			if i-start > best.end-best.start {
				best = span{start, i}
			}
			start = i + 1
		}
	}
	return best
}
