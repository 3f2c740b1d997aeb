package text_test

import (
	"fmt"

	"github.com/ownmark/ownmark/engine/text"
)

func ExampleMatcher_Find() {
	names := []text.Name{{Text: "Nike"}, {Text: "Louis Vuitton"}, {Text: "爱马仕"}, {Text: "Coach", Ambiguous: true}}
	m, err := text.NewMatcher(names, text.Options{})
	if err != nil {
		panic(err)
	}
	s := "N.I.K.E shoes, Luis Vuiton bag, 愛馬仕, a nice coach"
	runes := []rune(s)
	for _, x := range m.Find(nil, s) {
		fmt.Printf("%s: %s %b\n", names[x.Name].Text, string(runes[x.Start:x.End]), x.Disguise)
	}
	// Output:
	// Nike: N.I.K.E 100
	// Louis Vuitton: Luis Vuiton 100000
	// 爱马仕: 愛馬仕 10000000
	// Coach: coach 0
}

func ExampleMatcher_Roles() {
	m, err := text.NewMatcher([]text.Name{{Text: "Dyson"}, {Text: "Gap", Ambiguous: true}}, text.Options{})
	if err != nil {
		panic(err)
	}
	for _, s := range []string{"Dyson V10", "filter for Dyson V10", "not a Dyson product", "mind the gap"} {
		fmt.Println(m.Roles(nil, s, "en", m.Find(nil, s))[0])
	}
	// Output:
	// claim
	// compatible
	// negation
	// ordinary word
}

func ExampleTerms() {
	for _, s := range []string{"best replica, 1:1", "dinosaur skull replica for the classroom"} {
		for _, term := range text.Terms(nil, s, "en") {
			fmt.Printf("%s %.2f %q\n", s[term.Start:term.End], term.Strength, term.Innocent)
		}
	}
	// Output:
	// replica 0.85 ""
	// 1:1 0.85 ""
	// replica 0.00 "a natural object or a teaching model"
}
