package clearance

import "slices"

// goods is how alike goods are, 0 to 1, and whether they share a similar group. What is not known counts as alike, for a
// search must not miss what it cannot rule out.
func goods(a []int, groupsA []string, b []int, groupsB []string) (likeness float64, sameGroup bool) {
	for _, g := range groupsA {
		if slices.Contains(groupsB, g) {
			return 1, true
		}
	}
	if len(a) == 0 || len(b) == 0 {
		return 0.8, false
	}
	for _, x := range a {
		for _, y := range b {
			likeness = max(likeness, classLikeness(x, y))
		}
	}
	// Both sides say which groups and none is shared: of a class in common that is the weaker case.
	if len(groupsA) > 0 && len(groupsB) > 0 && likeness == 1 {
		likeness = 0.6
	}
	return likeness, false
}

// classLikeness is how often goods or services of two Nice classes are found similar, from general knowledge of practice.
func classLikeness(a, b int) float64 {
	if a == b {
		return 1
	}
	if a > b {
		a, b = b, a
	}
	if likeness, ok := related[[2]int{a, b}]; ok {
		return likeness
	}
	if b == 35 && a < 35 {
		return 0.4 // retail of such goods
	}
	return 0.05
}

var related = map[[2]int]float64{
	{1, 4}: 0.5, {1, 5}: 0.4, {1, 2}: 0.4, {1, 3}: 0.25, {1, 17}: 0.3,
	{3, 5}: 0.6, {3, 21}: 0.35, {3, 44}: 0.5, {3, 25}: 0.2, {3, 14}: 0.2, {3, 18}: 0.2, {3, 10}: 0.25,
	{5, 10}: 0.5, {5, 29}: 0.3, {5, 30}: 0.35, {5, 32}: 0.3, {5, 44}: 0.5, {5, 42}: 0.3, {5, 31}: 0.25,
	{6, 19}: 0.5, {6, 20}: 0.4, {6, 7}: 0.3, {6, 8}: 0.35,
	{7, 8}: 0.5, {7, 11}: 0.5, {7, 12}: 0.35, {7, 9}: 0.3, {8, 21}: 0.4,
	{9, 11}: 0.35, {9, 10}: 0.3, {9, 14}: 0.4, {9, 16}: 0.35, {9, 28}: 0.5, {9, 35}: 0.45, {9, 37}: 0.4, {9, 38}: 0.6, {9, 41}: 0.5, {9, 42}: 0.75,
	{11, 20}: 0.3, {11, 21}: 0.4, {11, 37}: 0.3, {12, 37}: 0.5, {12, 39}: 0.35, {12, 28}: 0.25,
	{14, 18}: 0.4, {14, 25}: 0.4, {14, 35}: 0.45, {9, 25}: 0.2, {9, 18}: 0.25,
	{16, 41}: 0.5, {16, 35}: 0.35, {16, 28}: 0.4, {16, 38}: 0.3, {16, 42}: 0.3,
	{17, 19}: 0.4, {18, 25}: 0.7, {18, 28}: 0.3, {19, 20}: 0.3, {20, 21}: 0.45, {20, 24}: 0.5, {21, 24}: 0.3, {20, 27}: 0.4, {24, 27}: 0.5,
	{22, 24}: 0.4, {23, 24}: 0.5, {24, 25}: 0.6, {24, 26}: 0.4, {25, 26}: 0.5, {25, 28}: 0.45, {25, 35}: 0.6, {18, 35}: 0.55, {25, 42}: 0.15,
	{28, 41}: 0.45, {29, 30}: 0.8, {29, 31}: 0.6, {30, 31}: 0.5, {29, 32}: 0.4, {30, 32}: 0.5, {29, 43}: 0.45, {30, 43}: 0.6, {32, 33}: 0.65, {32, 43}: 0.5, {33, 43}: 0.5, {30, 33}: 0.3, {30, 35}: 0.5, {29, 35}: 0.5,
	{35, 36}: 0.35, {35, 38}: 0.35, {35, 41}: 0.35, {35, 42}: 0.45, {35, 39}: 0.35, {36, 37}: 0.35, {37, 42}: 0.3, {38, 41}: 0.5, {38, 42}: 0.6, {39, 43}: 0.4, {41, 42}: 0.35, {41, 43}: 0.35, {41, 44}: 0.3, {42, 44}: 0.25, {42, 45}: 0.3, {36, 45}: 0.3, {38, 45}: 0.3, {9, 45}: 0.3, {40, 37}: 0.4, {43, 44}: 0.3, {10, 44}: 0.4,
}
