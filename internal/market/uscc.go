package market

import "strings"

// usccAlphabet is the characters of a unified social credit code, each standing for its place here. GB 32100-2015 leaves out I, O, S, V and Z, which are
// read as digits or as one another.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// usccLength is how many characters such a code has, the last of them the check character.
const usccLength = 18

// USCC reads a unified social credit code (统一社会信用代码), the number under which a legal entity is registered in China. ok is false when it has not
// 18 characters of the standard's alphabet or its check character is wrong. Spaces, hyphens and small letters are read as people write them.
func USCC(text string) (code string, ok bool) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(text))
	if len(code) != usccLength {
		return "", false
	}
	check, ok := usccCheck(code[:usccLength-1])
	if !ok || check != code[usccLength-1] {
		return "", false
	}
	return code, true
}

// usccCheck is the check character behind the first seventeen: GB 32100-2015, 4.2.5 and annex A. Character i, counted from 1, weighs 3^(i-1) modulo 31, and the
// check character brings the sum to a multiple of 31. As 31 is a prime no single wrong character can keep the sum.
func usccCheck(first string) (check byte, ok bool) {
	sum, weight := 0, 1
	for i := range len(first) {
		value := strings.IndexByte(usccAlphabet, first[i])
		if value < 0 {
			return 0, false
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return usccAlphabet[(31-sum%31)%31], true
}
