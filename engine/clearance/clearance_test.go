package clearance

import "testing"

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		proposed, mark string
		conflict       bool
	}{
		{"耐克", "Nike", true},
		{"阿迪达斯", "adidas", true},
		{"gucci", "古驰", true},
		{"Naike", "Nike", true},
		{"耐刻", "耐克", true},
		{"anta", "安踏", true},
		{"新百伦", "百伦", true},
		{"n1ke", "nike", true},
		{"Ηermes", "Hermès", true},
		{"Dreamwerks", "Dreamworks", true},
		{"北面", "THE NORTH FACE", true},
		{"劳力士", "Nike", false},
		{"Silver Shoes", "Golden Shoes", false},
		{"Coach", "Zara", false},
		{"飞跃", "Zara", false},
		{"莆田制造", "安踏", false},
	} {
		got := Compare(Proposal{Name: c.proposed, Classes: []int{25}}, Mark{Name: c.mark, Classes: []int{25}})
		if (got.Score >= AtMedium) != c.conflict {
			t.Errorf("%s, %s: score %.2f, %+v", c.proposed, c.mark, got.Score, got.By)
		}
		if len(got.Why) == 0 {
			t.Errorf("%s, %s: no reason", c.proposed, c.mark)
		}
	}
}
