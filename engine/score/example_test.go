package score_test

import (
	"fmt"

	"github.com/ownmark/ownmark/engine/score"
)

// Labels fit how much a low price and a young account weigh; sense says that neither can speak for a seller.
func ExampleFit() {
	features := []score.Feature{
		{Name: "price below the usual, in halvings", Prior: 1, Spread: 1, Sign: score.Positive},
		{Name: "account younger than half a year", Prior: 0.5, Spread: 1, Sign: score.Positive},
	}
	examples := []score.Example{
		{X: []float64{3, 1}, Yes: true}, {X: []float64{2, 0}, Yes: true}, {X: []float64{2.5, 1}, Yes: true},
		{X: []float64{0, 0}}, {X: []float64{0, 1}}, {X: []float64{0.5, 0}}, {X: []float64{0.2, 1}},
	}
	m, err := score.Fit(features, examples, score.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	listing := []float64{2, 1}
	parts := m.Contributions(nil, listing)
	fmt.Printf("price %+.1f bits, account %+.1f bits, from %.1f: a fake with probability %.2f\n", parts[0], parts[1], m.Bias, score.Probability(m.Score(listing)))
	// Output: price +3.8 bits, account +0.4 bits, from -2.9: a fake with probability 0.71
}
