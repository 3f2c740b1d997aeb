package clearance_test

import (
	"fmt"

	"github.com/ownmark/ownmark/engine/clearance"
)

func Example() {
	index, err := clearance.NewIndex([]clearance.Mark{
		{ID: "1", Name: "Dreamworks", Classes: []int{41}},
		{ID: "2", Name: "Nike", Classes: []int{25}, Reputed: true},
		{ID: "3", Name: "Harvest Moon", Classes: []int{25}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	report := index.Search(clearance.Proposal{Name: "耐刻运动", Classes: []int{25}})
	fmt.Println(report.Name, report.Risk)
	for _, conflict := range report.Conflicts {
		fmt.Println(conflict.Mark.Name, clearance.Why(conflict.Why))
	}
	// Output:
	// 耐刻运动 high
	// Nike “耐刻运动” and “Nike” sound alike: one is how the other would be written in characters (91 of 100). The goods are in the same class. The mark is widely known, so that other goods conflict too.
}
