// Command makewords writes the word filters that engine/text embeds, from word lists with one word at the start of each
// line. A list that should count as everyday words is named after -everyday, lists that only guard against typos after
// -known, Chinese words after -chinese; each flag may be given several times. Lists after -further guard against typos
// too but go into a filter of their own, so that the others need not be gathered again; only filters for which a list
// is given are written. Words with a capital are left out of the
// Latin and Cyrillic lists: a proper name is no ordinary word.
//
// The filters in the tree were made from: SCOWL american-english-small (everyday) and american-english-large (known),
// SCOWL's permissive licence; an-array-of-french-words 2.0.0 (up to 14 letters) and an-array-of-spanish-words 2.0.0 (up
// to 9 letters), MIT; the Russian dictionary of A. I. Lebedev in dictionary-ru 3.0.0 (stems), BSD; dictionary-tr 2.0.0
// (stems up to 10 letters), MIT; the commonest German words of @zxcvbn-ts/language-de 3.0.2 with endings added, MIT;
// the commonest 11,000 Indonesian and 18,000 Brazilian words of @zxcvbn-ts/language-id and language-pt-br 4.1.1, from
// OpenSubtitles through OPUS, ODC-BY; words of two to four characters and frequency 10 or more of the Chinese dictionary
// of github.com/go-ego/gse v0.80.3 (from jieba), simplified, Apache-2.0 or MIT; data/common.txt, ours. Further: the Indonesian root words of sastrawijs 1.1.0, MIT.
package main

import (
	"bufio"
	"flag"
	"log"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

type files []string

func (f *files) String() string         { return strings.Join(*f, " ") }
func (f *files) Set(value string) error { *f = append(*f, value); return nil }

func main() {
	var everyday, known, further, chinese files
	out := flag.String("out", ".", "folder for the filters")
	flag.Var(&everyday, "everyday", "word list")
	flag.Var(&known, "known", "word list")
	flag.Var(&further, "further", "word list")
	flag.Var(&chinese, "chinese", "word list")
	flag.Parse()
	lower := func(word string) bool {
		n := utf8.RuneCountInString(word)
		return n >= 2 && n <= 15 && !strings.ContainsFunc(word, unicode.IsUpper)
	}
	han := func(word string) bool { n := utf8.RuneCountInString(word); return n >= 2 && n <= 4 }
	write(filepath.Join(*out, "everyday.words"), everyday, 1, lower)
	write(filepath.Join(*out, "known.words"), append(known, everyday...), 1, lower)
	write(filepath.Join(*out, "further.words"), further, 3, lower) // each list more would else add one false "yes" in a hundred
	write(filepath.Join(*out, "chinese.words"), chinese, 1, han)
}

// write makes a filter of the words of some lists, with so many times the usual room.
func write(path string, from []string, room int, keep func(string) bool) {
	if len(from) == 0 {
		return
	}
	table := letters.Shared()
	hashes := map[uint64]bool{}
	for _, name := range from {
		file, err := os.Open(name)
		if err != nil {
			log.Fatal(err)
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			if line := lines.Text(); !strings.HasPrefix(line, "#") {
				for i, word := range strings.Fields(line) {
					if i == 0 || filepath.Base(name) == "common.txt" {
						if keep(word) {
							hashes[table.HashWord(word)] = true
						}
					}
				}
			}
		}
		if err := lines.Err(); err != nil {
			log.Fatal(err)
		}
		if err := file.Close(); err != nil {
			log.Fatal(err)
		}
	}
	words := letters.NewWords(room * len(hashes))
	for hash := range hashes {
		words.Put(hash)
	}
	if err := os.WriteFile(path, words.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Printf("%s: %d words", path, len(hashes))
}
