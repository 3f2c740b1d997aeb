package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/ownmark/ownmark/internal/fault"
)

// Cost is what one hash of a password takes (argon2id, RFC 9106). It is stored with each hash; a hash of another cost is renewed when its
// person next signs in.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

// DefaultCost is the memory of the OWASP recommendation (46 MiB) with twice its passes.
var DefaultCost = Cost{Memory: 46 << 10, Passes: 2, Lanes: 1}

const (
	saltBytes = 16
	hashBytes = 32

	minPassword = 12  // characters
	maxPassword = 256 // characters

	// maxWaiting is how many may wait for their turn at hashing before more are sent away.
	maxWaiting = 64
)

// hasher hashes at most so many passwords at once: a crowd at the door costs time, not memory.
type hasher struct {
	cost  Cost
	turns chan struct{}
	queue chan struct{}
	decoy string // a hash of nobody's password, for work that looks the same
}

func newHasher(cost Cost, atOnce int) *hasher {
	if cost == (Cost{}) {
		cost = DefaultCost
	}
	if atOnce <= 0 {
		atOnce = runtime.GOMAXPROCS(0)
	}
	h := &hasher{cost: cost, turns: make(chan struct{}, atOnce), queue: make(chan struct{}, atOnce+maxWaiting)}
	var salt, sum [hashBytes]byte
	_, _ = rand.Read(salt[:])
	_, _ = rand.Read(sum[:])
	h.decoy = formatHash(cost, salt[:saltBytes], sum[:])
	return h
}

// turn runs work when there is memory for it.
func (h *hasher) turn(ctx context.Context, work func()) error {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return fault.Unavailable.Say("Too many people are signing in at once. Try again in a moment.")
	}
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	work()
	return nil
}

// hash makes the text to store for a password.
func (h *hasher) hash(ctx context.Context, password string) (stored string, err error) {
	err = h.turn(ctx, func() {
		var salt [saltBytes]byte
		_, _ = rand.Read(salt[:])
		stored = formatHash(h.cost, salt[:], h.cost.key(password, salt[:], hashBytes))
	})
	return stored, err
}

// check compares a password with what is stored. Empty stored takes the same work and is never right. renew is true
// when the password is right and its hash of another cost than is in force.
func (h *hasher) check(ctx context.Context, stored, password string) (right, renew bool, err error) {
	known := stored != ""
	if !known {
		stored = h.decoy
	}
	cost, salt, want, err := parseHash(stored)
	if err != nil {
		return false, false, fmt.Errorf("stored password: %w", err)
	}
	err = h.turn(ctx, func() {
		got := cost.key(password, salt, len(want))
		right = subtle.ConstantTimeCompare(got, want) == 1 && known
	})
	return right, right && cost != h.cost, err
}

func (c Cost) key(password string, salt []byte, length int) []byte {
	if len(password) > utf8.UTFMax*maxPassword {
		password = "" // nobody has such a password: SetPassword refuses it
	}
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, c.Passes, c.Memory, c.Lanes, uint32(length))
}

// formatHash writes the PHC string format: $argon2id$v=19$m=47104,t=2,p=1$salt$hash.
func formatHash(c Cost, salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, c.Lanes, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

// parseHash reads what formatHash writes, within bounds: a hash that somebody wrote into the database must not take
// the machine's memory.
func parseHash(text string) (c Cost, salt, hash []byte, err error) {
	bad := errors.New("not an argon2id hash")
	if len(text) > 512 {
		return Cost{}, nil, nil, bad
	}
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != "v="+strconv.Itoa(argon2.Version) {
		return Cost{}, nil, nil, bad
	}
	costs := strings.Split(fields[3], ",")
	if len(costs) != 3 {
		return Cost{}, nil, nil, bad
	}
	var numbers [3]uint64
	for i, bound := range []struct {
		name string
		max  uint64
	}{{"m=", 1 << 20}, {"t=", 32}, {"p=", 32}} {
		digits, ok := strings.CutPrefix(costs[i], bound.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || n == 0 || n > bound.max || strconv.FormatUint(n, 10) != digits {
			return Cost{}, nil, nil, bad
		}
		numbers[i] = n
	}
	c = Cost{Memory: uint32(numbers[0]), Passes: uint32(numbers[1]), Lanes: uint8(numbers[2])}
	if salt, err = base64.RawStdEncoding.Strict().DecodeString(fields[4]); err != nil || len(salt) < 8 || len(salt) > 64 {
		return Cost{}, nil, nil, bad
	}
	if hash, err = base64.RawStdEncoding.Strict().DecodeString(fields[5]); err != nil || len(hash) < 16 || len(hash) > 64 {
		return Cost{}, nil, nil, bad
	}
	return c, salt, hash, nil
}

// acceptable says whether a new password is long and uncommon enough. Length counts (NIST SP 800-63B, 5.1.1.2); rules about which
// characters to use do not help. It returns fault.Invalid at "password".
func acceptable(password string, p Person) error {
	refuse := func(f *fault.Fault) error { return f.At("password") }
	if !utf8.ValidString(password) {
		return refuse(fault.Invalid.Say("The password has characters that are not text."))
	}
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return refuse(fault.Invalid.Say("The password needs at least %d characters. Three or four words are a good one.", minPassword))
	case n > maxPassword:
		return refuse(fault.Invalid.Say("The password may have at most %d characters.", maxPassword))
	}
	local, _, _ := strings.Cut(p.Email, "@")
	plain := plainWord(password)
	for _, own := range []string{p.Email, local, p.Name} {
		if word := plainWord(own); len(word) >= 4 && strings.TrimSuffix(strings.ReplaceAll(plain, word, ""), word) == "" {
			return refuse(fault.Invalid.Say("The password is your own name or address. Choose another."))
		}
	}
	if common(password) {
		return refuse(fault.Invalid.Say("The password is among those that are tried first. Choose another."))
	}
	return nil
}

// common reports whether a password is one that attackers try first: a short pattern repeated, a run along the
// keyboard or the alphabet, or only words that everybody uses.
func common(password string) bool {
	lower := strings.ToLower(password)
	runes := []rune(lower)
	for period := 1; period <= len(runes)/2; period++ {
		repeats := true
		for i := period; i < len(runes) && repeats; i++ {
			repeats = runes[i] == runes[i-period]
		}
		if repeats {
			return true
		}
	}
	for _, run := range runs {
		if inRun(run, lower) || inRun(reverse(run), lower) {
			return true
		}
	}
	return onlyCommonWords(plainWord(password)) || onlyCommonWords(strings.Map(letter, lower))
}

func onlyCommonWords(plain string) bool {
	if plain == "" {
		return false
	}
	for again := true; again; {
		again = false
		for _, word := range commonWords {
			if rest := strings.ReplaceAll(plain, word, ""); rest != plain {
				plain, again = rest, true
			}
		}
	}
	return plain == ""
}

var runs = []string{
	"01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm",
	"azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujmikolp",
}

func inRun(run, password string) bool {
	return strings.Contains(run+run, password)
}

func reverse(s string) string {
	b := []byte(s) // the runs are ASCII
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// commonWords are what the passwords seen most often in leaks are made of; those that are too short anyway are not here by themselves.
var commonWords = []string{
	"administrator", "password", "passwort", "passw", "iloveyou", "woaini", "welcome", "willkommen", "letmein", "princess", "football", "baseball",
	"superman", "sunshine", "trustno", "whatever", "computer", "internet", "samsung", "qwertyuiop", "qwerty", "asdfgh",
	"zxcvbn", "ownmark", "changeme", "secret", "dragon", "monkey", "master", "shadow", "hello", "admin", "login", "guest", "test", "love", "pass", "abc", "user", "root", "mima",
}

// plainWord takes away what people add to a word to make it pass: case, digits and signs around it, and the usual
// digits and signs for letters.
func plainWord(s string) string {
	s = strings.ToLower(s)
	s = strings.TrimFunc(s, func(r rune) bool { return letter(r) < 0 && r != '@' && r != '$' })
	return strings.Map(func(r rune) rune {
		switch r {
		case '@', '4':
			return 'a'
		case '0':
			return 'o'
		case '1', '!':
			return 'i'
		case '3':
			return 'e'
		case '$', '5':
			return 's'
		}
		return letter(r)
	}, s)
}

// letter keeps letters and drops the rest, for strings.Map.
func letter(r rune) rune {
	if unicode.IsLetter(r) {
		return r
	}
	return -1
}
