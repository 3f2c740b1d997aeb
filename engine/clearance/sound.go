package clearance

// Sounds are written as one byte each: p b t d k g f v s z S (ship) Z (vision) C (chip) J (jam) m n l r h w y T (thin) and
// the vowels a e i o u. A diphthong is two.

// sound is how alike two parts are when spoken, 0 to 1.
func sound(a, b part) float64 {
	switch {
	case len(a.sounds) == 0 || len(b.sounds) == 0:
		return 0
	case len(a.syllables) > 0 && len(b.syllables) > 0:
		return syllableLikeness(a.syllables, b.syllables)
	case len(a.syllables) > 0:
		return acrossScripts(b, a)
	case len(b.syllables) > 0:
		return acrossScripts(a, b)
	}
	return soundLikeness(a.sounds, b.sounds, &spoken)
}

// acrossScripts compares a Latin name with characters: as pinyin when it can be read so, and as what would be transliterated.
func acrossScripts(latin, han part) float64 {
	likeness := max(soundLikeness(latin.sounds, han.sounds, &borrowed), soundLikeness(latin.spelt, han.sounds, &borrowed))
	if len(latin.letters) <= 6*len(han.syllables) {
		if read := readPinyin(string(latin.letters), len(han.syllables)+1); read != nil {
			likeness = max(likeness, syllableLikeness(read, han.syllables))
		}
	}
	return likeness
}

// costs says what it takes to mishear one sound for another, and to miss one.
type costs struct {
	swap  [128][128]float64
	drop  [128]float64
	whole [128]float64 // what a sound counts in the whole to which the cost is a share
}

// spoken is between names of one language; borrowed is between a name and what Mandarin makes of it, which has no voiced
// stops, no r as in English, no clusters and hardly a final consonant.
var spoken, borrowed = func() (s, b costs) {
	const consonants, vowels = "pbtdkgfvszSZCJmnlrhwyT", "aeiou"
	fill := func(c *costs, vowelSwap, vowelDrop float64) {
		for i := range c.swap {
			for j := range c.swap {
				if i != j {
					c.swap[i][j] = 1
				}
			}
			c.drop[i] = 1
		}
		for _, v := range vowels {
			c.drop[v] = vowelDrop
			for _, w := range vowels {
				if v != w {
					c.swap[v][w] = vowelSwap
				}
			}
			for _, k := range consonants {
				c.swap[v][k], c.swap[k][v] = 1.2, 1.2
			}
		}
	}
	set := func(c *costs, cost float64, pairs ...string) {
		for _, p := range pairs {
			c.swap[p[0]][p[1]], c.swap[p[1]][p[0]] = cost, cost
		}
	}
	fill(&s, 0.45, 0.5)
	set(&s, 0.3, "pb", "td", "kg", "fv", "sz", "CJ", "SZ", "ei", "ou", "ae", "iy", "uw", "SC", "ZJ")
	set(&s, 0.45, "sS", "zZ", "mn", "lr", "Tt", "Ts", "Tf", "vw", "bv", "Jy", "zJ", "sC", "ao")
	set(&s, 0.6, "Jg", "kC", "nl", "hf", "pf", "td", "kt", "dT", "hk")
	set(&s, 0.3, "td")
	s.drop['h'], s.drop['r'], s.drop['w'], s.drop['y'] = 0.5, 0.8, 0.6, 0.6

	fill(&b, 0.25, 0.15)
	set(&b, 0.1, "pb", "td", "kg", "sz", "CJ", "SZ", "ei", "ou", "ae", "iy", "uw", "lr", "SC", "ZJ", "sT", "vw", "fv", "zJ", "SJ", "ao", "ai", "mn", "sS", "zS", "sC", "zC")
	// Where a syllable now begins with j, q or x it began with g, k or h when many names were first written down, and still
	// does in Cantonese.
	set(&b, 0.2, "gJ", "kJ", "hS", "kC", "hk", "gh")
	set(&b, 0.3, "zZ", "sJ", "Tt", "tC", "dJ", "hf", "vb", "wb", "hw", "hv", "yJ", "tS", "Zr", "zT", "dT", "nl", "pf", "Sr", "rJ")
	b.drop['y'], b.drop['w'] = 0.15, 0.2
	b.drop['h'], b.drop['r'], b.drop['l'], b.drop['n'] = 0.35, 0.35, 0.5, 0.4
	b.drop['t'], b.drop['d'], b.drop['s'], b.drop['m'], b.drop['k'] = 0.55, 0.55, 0.6, 0.7, 0.8
	s.whole = s.drop
	for i := range b.whole {
		b.whole[i] = 0.7
	}
	for _, v := range vowels {
		b.whole[v] = 0.2
	}
	return s, b
}()

func soundLikeness(a, b []byte, c *costs) float64 {
	var space [2][longest*2 + 1]float64
	last, row := space[0][:], space[1][:]
	a, b = a[:min(len(a), longest*2)], b[:min(len(b), longest*2)]
	stress := func(i int) float64 {
		if i == 0 {
			return 1.3
		}
		return 1
	}
	var wholeA, wholeB float64
	for j := range b {
		last[j+1] = last[j] + c.drop[b[j]&127]*stress(j)
		wholeB += c.whole[b[j]&127] * stress(j)
	}
	for i := range a {
		weightA := c.drop[a[i]&127] * stress(i)
		wholeA += c.whole[a[i]&127] * stress(i)
		row[0] = last[0] + weightA
		for j := range b {
			row[j+1] = min(
				last[j]+c.swap[a[i]&127][b[j]&127]*max(stress(i), stress(j)),
				last[j+1]+weightA,
				row[j]+c.drop[b[j]&127]*stress(j),
			)
		}
		last, row = row, last
	}
	return max(0, 1-last[len(b)]/max(wholeA, wholeB))
}

// speak is the sounds a Latin spelling most likely stands for, read as a buyer would who does not know the language it
// comes from. Letters outside a to z and digits stand for themselves as far as they have a byte, and are left out otherwise.
func speak(spelling []rune) []byte {
	s := make([]byte, 0, len(spelling)+6)
	for _, r := range spelling {
		if r > 127 {
			r = fromCyrillic(r)
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			s = append(s, byte(r))
		}
	}
	out := make([]byte, 0, len(s)+4)
	at := func(i int) byte {
		if i < 0 || i >= len(s) {
			return 0
		}
		return s[i]
	}
	vowel := func(c byte) bool { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' }
	soft := func(c byte) bool { return c == 'e' || c == 'i' || c == 'y' }
	say := func(sounds ...byte) {
		for _, v := range sounds {
			if len(out) == 0 || out[len(out)-1] != v {
				out = append(out, v)
			}
		}
	}
	starts := func(i int, with string) bool {
		return i >= 0 && i+len(with) <= len(s) && string(s[i:i+len(with)]) == with
	}
	end := len(s) - 1
	for i := 0; i < len(s); i++ {
		c, next := s[i], at(i+1)
		switch c {
		case 'a':
			switch {
			case starts(i, "augh"):
				say('o')
				i += 3
			case next == 'u' || next == 'w':
				say('o')
				i++
			case next == 'i' || next == 'y':
				say('e', 'i')
				i++
			case next == 'e':
				say('e')
				i++
			case !vowel(next) && next != 0 && next != 'r' && next != 'x' && at(i+2) == 'e' && i+2 == end:
				say('e', 'i') // "lake"
			default:
				say('a')
			}
		case 'e':
			switch {
			case next == 'e' || next == 'a':
				say('i')
				i++
			case next == 'u' || next == 'w':
				say('y', 'u')
				i++
			case next == 'i' || next == 'y':
				say('e', 'i')
				i++
			case i == end && i > 2 && !vowel(at(i-1)) && hasVowel(s[:i]):
				// silent
			case i == end-1 && next == 's' && i > 3 && !vowel(at(i-1)) && at(i-1) != 's' && at(i-1) != 'c' && at(i-1) != 'h' && at(i-1) != 'x' && at(i-1) != 'z':
				// "Lakes"
			default:
				say('e')
			}
		case 'i':
			switch {
			case starts(i, "igh"):
				say('a', 'i')
				i += 2
			case next == 'e' && i+1 < end:
				say('i')
				i++
			case starts(i, "ion") && (at(i-1) == 't' || at(i-1) == 's'):
				say('o')
				i++
			case !vowel(next) && next != 0 && next != 'x' && at(i+2) == 'e' && i+2 == end && at(i-1) != 'u':
				say('a', 'i') // "bike"
			default:
				say('i')
			}
		case 'o':
			switch {
			case starts(i, "ough"):
				say('o')
				i += 3
			case next == 'o':
				say('u')
				i++
			case next == 'u':
				say('u')
				i++
			case next == 'w':
				say('o', 'u')
				i++
			case next == 'i' || next == 'y':
				say('o', 'i')
				i++
			case next == 'a' || next == 'e':
				say('o')
				i++
			default:
				say('o')
			}
		case 'u':
			if next == 'e' && i+1 == end || next == 'i' && i > 0 && !vowel(at(i+2)) && at(i+2) != 0 {
				i++
			}
			say('u')
		case 'y':
			switch {
			case i == 0 && vowel(next):
				say('y')
			case vowel(at(i-1)) && vowel(next):
				say('y')
			default:
				say('i')
			}
		case 'b':
			if !(i == end && at(i-1) == 'm') {
				say('b')
			}
		case 'c':
			switch {
			case starts(i, "cch") || starts(i, "cci") || starts(i, "cce"):
				if at(i+2) == 'h' {
					say('k')
				} else {
					say('C')
				}
				i++
				if at(i+1) == 'h' {
					i++
				}
			case next == 'h':
				if at(i+2) == 'r' || at(i+2) == 'l' || at(i+2) == 't' || at(i-1) == 's' && i > 1 {
					say('k')
				} else {
					say('C')
				}
				i++
			case starts(i, "cia") || starts(i, "cio"):
				say('S')
				i++
			case soft(next):
				say('s')
			case next == 'k' || next == 'q' || next == 'c':
				say('k')
				i++
			case next == 'z':
				say('C')
				i++
			default:
				say('k')
			}
		case 'd':
			switch {
			case starts(i, "dg") && soft(at(i+2)):
				say('J')
				i++
			case next == 'j':
				say('J')
				i++
			case next == 't':
				// German "dt"
			default:
				say('d')
			}
		case 'g':
			switch {
			case next == 'h':
				if i == 0 || vowel(at(i+2)) {
					say('g')
				}
				i++
			case next == 'n' && (i == 0 || i+1 == end):
				// "gnome", "sign"
			case next == 'g':
				say('g')
				i++
			case next == 'u' && soft(at(i+2)):
				say('g')
				i++
			case soft(next) && i > 0:
				say('J')
			case next == 'i' && vowel(at(i+2)):
				say('J')
				i++
			case soft(next) && next != 'i':
				say('J')
			default:
				say('g')
			}
		case 'h':
			if vowel(next) || next == 'y' || i == 0 {
				say('h')
			}
		case 'j':
			say('J')
		case 'k':
			if next == 'n' && i == 0 {
				continue
			}
			if next == 'h' {
				i++
			}
			say('k')
		case 'm':
			if starts(i, "mc") && i == 0 && !vowel(at(2)) {
				say('m', 'a', 'k')
				i++
				continue
			}
			say('m')
		case 'n':
			say('n')
		case 'p':
			switch {
			case next == 'h':
				say('f')
				i++
			case next == 's' && i == 0 || next == 'n' && i == 0:
			default:
				say('p')
			}
		case 'q':
			say('k')
			if next == 'u' {
				i++
				if vowel(at(i+1)) && at(i+1) != 'e' {
					say('w')
				}
			}
		case 'r':
			if next == 'h' {
				i++
			}
			say('r')
		case 's':
			switch {
			case starts(i, "sch"):
				say('S')
				i += 2
			case next == 'h':
				say('S')
				i++
			case starts(i, "ssi") && vowel(at(i+3)):
				say('S')
				i += 2
			case starts(i, "sio") || starts(i, "sia"):
				say('Z')
				i++
			case starts(i, "sc") && soft(at(i+2)):
				say('s')
				i++
			case vowel(at(i-1)) && vowel(next) && !(next == 's'):
				if i == end-1 && next == 'e' {
					say('z')
				} else {
					say('s')
				}
			default:
				say('s')
			}
		case 't':
			switch {
			case starts(i, "tio") || starts(i, "tia") && i+2 < end:
				say('S')
				i++
				if at(i+1) == 'o' {
					continue
				}
			case next == 'h':
				say('T')
				i++
			case starts(i, "tch"):
				say('C')
				i += 2
			case next == 'z' || next == 's' && at(i+2) == 'c' && at(i+3) == 'h':
				say('C')
				if next == 'z' {
					i++
				} else {
					i += 3
				}
			default:
				say('t')
			}
		case 'w':
			if next == 'r' && i == 0 {
				continue
			}
			if next == 'h' {
				i++
			}
			if !(i > 0 && i == end) {
				say('w')
			}
		case 'x':
			if i == 0 {
				say('z')
			} else {
				say('k', 's')
			}
		case 'z':
			say('z')
		default:
			if c >= '0' && c <= '9' {
				out = append(out, numerals[c-'0']...)
				continue
			}
			say(c) // f l v
		}
	}
	return out
}

// spell is the sounds of a spelling letter by letter, vowels as in Italian: many a name was first written in characters by
// its spelling.
func spell(spelling []rune) []byte {
	out := make([]byte, 0, len(spelling)+2)
	for i, r := range spelling {
		next := rune(0)
		if i+1 < len(spelling) {
			next = spelling[i+1]
		}
		var sounds string
		switch r {
		case 'c':
			if sounds = "k"; next == 'h' {
				sounds = "S"
			} else if next == 'e' || next == 'i' || next == 'y' {
				sounds = "s"
			}
		case 'g':
			if sounds = "g"; next == 'n' {
				continue
			}
		case 'h':
			if i > 0 {
				if last := spelling[i-1]; last == 'c' || last == 't' || last == 's' || last == 'p' {
					if last == 's' && len(out) > 0 {
						out[len(out)-1] = 'S'
					} else if last == 'p' && len(out) > 0 {
						out[len(out)-1] = 'f'
					}
					continue
				}
			}
			sounds = "h"
		case 'j':
			sounds = "y"
		case 'q':
			sounds = "k"
		case 'x':
			sounds = "ks"
		case 'y':
			sounds = "i"
		case 'w':
			sounds = "v"
		default:
			if r >= 'a' && r <= 'z' {
				sounds = string(r)
			}
		}
		for k := range len(sounds) {
			if len(out) == 0 || out[len(out)-1] != sounds[k] {
				out = append(out, sounds[k])
			}
		}
	}
	return out
}

var numerals = [10]string{"ziro", "wan", "tu", "Tri", "for", "faiv", "siks", "sevn", "eit", "nain"}

func hasVowel(s []byte) bool {
	for _, c := range s {
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			return true
		}
	}
	return false
}

// fromCyrillic is the Latin letter nearest to a Russian one; zero for any other.
func fromCyrillic(r rune) rune {
	const cyrillic = "abvgdejziiklmnoprstufhcsssyiieua" // а to я
	if r >= 'а' && r <= 'я' {
		return rune(cyrillic[r-'а'])
	}
	return 0
}
