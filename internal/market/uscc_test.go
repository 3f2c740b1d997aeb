package market

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestUSCC has codes that their owners publish in annual reports and on their sites.
func TestUSCC(t *testing.T) {
	for _, known := range []string{
		"91330100799655058B", // Alibaba (China)
		"9144030071526726XG", // Tencent Computer Systems, Shenzhen
		"914403001922038216", // Huawei Technologies
		"91110000802100433B", // Baidu Netcom, Beijing
	} {
		if code, ok := USCC(known); !ok || code != known {
			t.Errorf("%s is refused", known)
		}
		if code, ok := USCC(" " + strings.ToLower(known[:6]) + "-" + known[6:] + " "); !ok || code != known {
			t.Errorf("%s as people write it is refused", known)
		}
	}
	for _, wrong := range []string{"", "9133010079965505", "91330100799655058BB", "91330100799655058I", "9133010079965505８B", strings.Repeat("\x00", 18)} {
		if code, ok := USCC(wrong); ok {
			t.Errorf("%q is read as %s", wrong, code)
		}
	}
}

// TestUSCCCatchesEveryWrongCharacter changes each place of random codes to every other character.
func TestUSCCCatchesEveryWrongCharacter(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		first := make([]byte, usccLength-1)
		for i := range first {
			first[i] = usccAlphabet[random.IntN(len(usccAlphabet))]
		}
		check, ok := usccCheck(string(first))
		code := append(first, check)
		if _, valid := USCC(string(code)); !ok || !valid {
			t.Fatalf("%s does not hold", code)
		}
		for at := range code {
			for _, other := range []byte(usccAlphabet) {
				if other == code[at] {
					continue
				}
				wrong := []byte(string(code))
				wrong[at] = other
				if _, ok := USCC(string(wrong)); ok {
					t.Fatalf("%s passes for %s", wrong, code)
				}
			}
		}
	}
}

func FuzzUSCC(f *testing.F) {
	f.Add("91330100799655058B")
	f.Add("9144 0300-7152 6726 xg")
	f.Fuzz(func(t *testing.T, text string) {
		code, ok := USCC(text)
		if !ok {
			return
		}
		if again, ok := USCC(code); !ok || again != code {
			t.Errorf("%q is read as %q, and that as %q", text, code, again)
		}
	})
}
