package access

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseEmail(t *testing.T) {
	for text, want := range map[string]string{
		"Ada@Example.COM":   "ada@example.com",
		"  a.b+tag@x.org\n": "a.b+tag@x.org",
		"ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ":               "ada@example.com",
		"李@例子.中国":                       "李@例子.中国",
		"":                              "",
		"ada":                           "",
		"@x.org":                        "",
		"a@":                            "",
		"a@b@c":                         "",
		"Ada <a@x.org>":                 "",
		"a@x.org, b@x.org":              "",
		"a b@x.org":                     "",
		"a\x00@x.org":                   "",
		"a@x.org\r\nBcc: b@x.org":       "",
		"\"a\"@x.org":                   "",
		"a\u200b@x.org":                 "",
		"a\u202e@x.org":                 "",
		"\xff@x.org":                    "",
		"a@.org":                        "",
		"a@org.":                        "",
		"a..b@x.org":                    "",
		strings.Repeat("a", 300) + "@x": "",
		strings.Repeat("a", 1<<20):      "",
	} {
		got, err := ParseEmail(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.40q is %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestCommonPasswords(t *testing.T) {
	for text, want := range map[string]bool{
		"password1234": true, "Passw0rd!2026": true, "1234567890123": true, "098765432109": true, "zyxwvutsrqponm": true,
		"welcome12345": true, "letmein-letmein": true, "qwertyqwerty": true, "abcdefghijkl": true, "woaini520520": true, "admin123admin": true,
		"four plain words do": false, "correct horse battery": false, "839201748392": false, "Zd8-fk2.Lq0/xv": false, "我喜欢在周末去爬山看日出": false,
	} {
		if common(text) != want {
			t.Errorf("%q: common is %v", text, !want)
		}
	}
}

func TestParseHash(t *testing.T) {
	salt, sum := []byte("0123456789abcdef"), []byte("0123456789abcdef0123456789abcdef")
	good := formatHash(DefaultCost, salt, sum)
	c, s, h, err := parseHash(good)
	if err != nil || c != DefaultCost || string(s) != string(salt) || string(h) != string(sum) {
		t.Errorf("%+v, %q, %q, %v", c, s, h, err)
	}
	for _, bad := range []string{
		"", "$", "$$$$$", good + "$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=47104", "m=4294967295", 1), strings.Replace(good, "m=47104", "m=0", 1), strings.Replace(good, "t=2", "t=999999", 1),
		strings.Replace(good, "p=1", "p=255", 1), strings.Replace(good, "t=2", "t=+2", 1), strings.Replace(good, "t=2", "t=02", 1),
		strings.Replace(good, ",p=1", "", 1), good[:len(good)-40], "x" + good, strings.Repeat(good, 100),
	} {
		if _, _, _, err := parseHash(bad); err == nil {
			t.Errorf("%.80q was read", bad)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(formatHash(DefaultCost, []byte("0123456789abcdef"), []byte("0123456789abcdef0123456789abcdef")))
	f.Fuzz(func(t *testing.T, text string) {
		c, salt, hash, err := parseHash(text)
		if err == nil && formatHash(c, salt, hash) != text {
			t.Errorf("%q read and written is %q", text, formatHash(c, salt, hash))
		}
	})
}

func FuzzParseEmail(f *testing.F) {
	f.Add("Ada@Example.COM")
	f.Add("ａ＠ｂ．ｃ")
	f.Fuzz(func(t *testing.T, text string) {
		email, err := ParseEmail(text)
		if err != nil {
			return
		}
		if again, err := ParseEmail(email); err != nil || again != email || !utf8.ValidString(email) || len(email) > maxEmail {
			t.Errorf("%q is %q is %q, %v", text, email, again, err)
		}
	})
}

func FuzzTokenHash(f *testing.F) {
	f.Add(newToken(keyPrefix))
	f.Fuzz(func(t *testing.T, token string) {
		hash, ok := tokenHash(keyPrefix, token)
		if ok && (len(hash) != 64 || len(token) != len(keyPrefix)+43) {
			t.Errorf("%q hashes to %q", token, hash)
		}
	})
}

func TestAddressOf(t *testing.T) {
	for remote, want := range map[string]string{
		"203.0.113.7:80": "203.0.113.7", "203.0.113.7": "203.0.113.7", "[::ffff:203.0.113.7]:80": "203.0.113.7",
		"[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "elsewhere", "@": "elsewhere", strings.Repeat("9", 1<<16): "elsewhere",
	} {
		if got := addressOf(remote); got != want {
			t.Errorf("%.40q is %q, want %q", remote, got, want)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	h := newHasher(Cost{}, 1)
	for b.Loop() {
		if _, err := h.hash(b.Context(), "four plain words do"); err != nil {
			b.Fatal(err)
		}
	}
}
