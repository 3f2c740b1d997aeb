package clearance

// sight is how alike two parts look, 0 to 1.
func sight(a, b part) float64 {
	if len(a.look) == 0 || len(b.look) == 0 {
		return 0
	}
	edits := editLikeness(a.look, b.look)
	if min(len(a.look), len(b.look)) < 5 || a.han || b.han {
		return edits
	}
	return max(edits, 0.92*pairs(a.look, b.look))
}

// editLikeness is 1 less the cheapest way to turn a into b as a share of writing the longer anew.
func editLikeness(a, b []rune) float64 {
	var rows [3][longest + 1]float64
	before, last, row := rows[0][:], rows[1][:], rows[2][:]
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	for j := range b {
		last[j+1] = last[j] + place(j, len(b))
	}
	wholeB := last[len(b)]
	var wholeA float64
	for i := range a {
		weightA := place(i, len(a))
		wholeA += weightA
		row[0] = wholeA
		for j := range b {
			weight := max(weightA, place(j, len(b)))
			best := last[j] + weight*swap(a[i], b[j])
			best = min(best, last[j+1]+weightA*drop(a, i), row[j]+place(j, len(b))*drop(b, j))
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] && a[i] != a[i-1] {
				best = min(best, before[j-1]+0.7*weight)
			}
			row[j+1] = best
		}
		before, last, row = last, row, before
	}
	return max(0, 1-last[len(b)]/max(wholeA, wholeB))
}

// place is how much a letter weighs where it stands: readers go by beginnings.
func place(i, n int) float64 {
	switch {
	case i == 0:
		return 1.3
	case i == 1:
		return 1.1
	case n > 5 && i >= n-2:
		return 0.85
	}
	return 1
}

// drop is the cost of leaving a letter out: little when it is doubled, less at the end for the endings of plurals.
func drop(s []rune, i int) float64 {
	switch {
	case i > 0 && s[i] == s[i-1]:
		return 0.35
	case i == len(s)-1 && i > 2 && (s[i] == 's' || s[i] == 'e'):
		return 0.6
	}
	return 1
}

// swap is the cost of one letter for another: less when they look alike.
func swap(a, b rune) float64 {
	if a == b {
		return 0
	}
	if a < 128 && b < 128 {
		if a < 'a' || a > 'z' || b < 'a' || b > 'z' {
			return 1
		}
		return swaps[a-'a'][b-'a']
	}
	t := shared()
	if t.shapes[[2]rune{a, b}] {
		return 0.25
	}
	p, q := t.parts[a], t.parts[b]
	switch {
	case p[0] == 0 && q[0] == 0:
		return 1
	case p[0] == b || p[1] == b || q[0] == a || q[1] == a:
		return 0.5
	case p[0] != 0 && q[0] != 0 && (p[0] == q[0] || p[1] == q[1]):
		return 0.6
	}
	return 1
}

var swaps = letterSwaps()

func letterSwaps() [26][26]float64 {
	var costs [26][26]float64
	for i := range costs {
		for j := range costs[i] {
			if i != j {
				costs[i][j] = 1
			}
		}
	}
	both := func(cost float64, pairs ...string) {
		for _, pair := range pairs {
			a, b := pair[0]-'a', pair[1]-'a'
			costs[a][b], costs[b][a] = cost, cost
		}
	}
	both(0.8, "ae", "ai", "ao", "au", "ay", "ei", "eo", "eu", "ey", "io", "iu", "iy", "ou", "oy", "uy")
	both(0.6, "sz", "ck", "cs", "kq")
	both(0.55, "oq", "oc", "ce", "il", "ij", "lt", "ft", "mn", "nh", "nr", "uv", "vy", "vw", "gq", "bh", "ao", "kx", "kh", "pq", "bd", "iy", "nu", "ea", "jl")
	return costs
}

// pairs is the share of pairs of neighbouring letters that two words have in common (Dice).
func pairs(a, b []rune) float64 {
	var used [longest]bool
	common := 0
	for i := 0; i+1 < len(a); i++ {
		for j := 0; j+1 < len(b) && j < longest; j++ {
			if !used[j] && a[i] == b[j] && a[i+1] == b[j+1] {
				used[j] = true
				common++
				break
			}
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b)-2)
}
