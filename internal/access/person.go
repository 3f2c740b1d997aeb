package access

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ownmark/ownmark/internal/fault"
)

// Theme is how a person likes pages to look.
type Theme string

// The themes.
const (
	Auto  Theme = "auto" // as the device says
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Themes is every theme.
func Themes() []Theme { return []Theme{Auto, Light, Dark} }

// Languages is every language pages are in, as BCP 47 tags.
func Languages() []string { return []string{"en", "zh"} }

// Person is somebody who signs in.
type Person struct {
	ID          UserID
	Org         OrgID
	Name        string
	Email       string // normalised; see ParseEmail
	Roles       []Role // in the order of Roles()
	Language    string // "en" or "zh"; empty means the browser's
	Theme       Theme
	HasPassword bool
	Invited     time.Time
	SignedIn    time.Time // last; zero when never
	Disabled    time.Time // zero when not
}

// Active reports whether the person may sign in.
func (p Person) Active() bool { return p.Disabled.IsZero() }

func (p Person) user() User {
	return User{ID: p.ID, Name: p.Name, Email: p.Email, Org: p.Org, Roles: p.Roles, Language: p.Language, Theme: p.Theme}
}

// maxEmail is the longest address that mail can be sent to, in bytes (RFC 5321, 4.5.3.1.3).
const maxEmail = 254

// ParseEmail reads an email address and writes it in the one form under which it is kept: composed, full-width letters made
// plain, lower case. It returns fault.Invalid at "email".
func ParseEmail(text string) (string, error) {
	bad := fault.Invalid.Say("This is not an email address.").At("email")
	if len(text) > 4*maxEmail || !utf8.ValidString(text) {
		return "", bad
	}
	email := strings.ToLower(norm.NFKC.String(strings.TrimSpace(text)))
	email = norm.NFKC.String(email)
	if len(email) > maxEmail || strings.ContainsFunc(email, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) {
		return "", bad
	}
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(email, `"<>()[]:;,\`) || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return "", bad
	}
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email {
		return "", bad
	}
	return email, nil
}

// parseName reads the name of a person, organisation, key or view: one line of 1 to most characters. It returns fault.Invalid
// at field.
func parseName(text, field string, most int) (string, error) {
	if !utf8.ValidString(text) || len(text) > 16*most {
		return "", fault.Invalid.Say("This name is too long or is not text.").At(field)
	}
	name := norm.NFC.String(strings.Join(strings.Fields(text), " "))
	if name == "" {
		return "", fault.Invalid.Say("Give a name.").At(field)
	}
	if utf8.RuneCountInString(name) > most {
		return "", fault.Invalid.Say("This name is longer than %d characters.", most).At(field)
	}
	if strings.ContainsFunc(name, misleading) {
		return "", fault.Invalid.Say("This name has invisible characters.").At(field)
	}
	return name, nil
}

// misleading: control characters, and those that turn the direction of what follows, with which a name can be made to look like
// another. Joiners stay: some scripts are written with them.
func misleading(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner && r != zeroWidthNonJoiner || r == utf8.RuneError
}

// parseLanguage returns fault.Invalid at "language" for a language pages are not in.
func parseLanguage(language string) error {
	if language != "" && !slices.Contains(Languages(), language) {
		return fault.Invalid.Say("Choose a language from the list.").At("language")
	}
	return nil
}

// parseRoles puts roles in order, each once. It returns fault.Invalid at "roles" for none, and for one that cannot be held in
// an organisation of this kind.
func parseRoles(roles []Role, kind OrganisationKind) ([]Role, error) {
	possible := RolesIn(kind)
	for _, r := range roles {
		if !slices.Contains(possible, r) {
			return nil, fault.Invalid.Say("The role %s cannot be held in this organisation.", shorten(string(r))).At("roles")
		}
	}
	ordered := slices.DeleteFunc(possible, func(r Role) bool { return !slices.Contains(roles, r) })
	if len(ordered) == 0 {
		return nil, fault.Invalid.Say("Choose a role.").At("roles")
	}
	return ordered, nil
}

func shorten(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// mayBecome is the rule on changing roles: nobody raises their own, and somebody stays administrator. others is how
// many other administrators can sign in. It returns fault.Conflict.
func mayBecome(by User, p Person, next []Role, others int64) error {
	if by.ID == p.ID && by.Key == "" {
		for _, r := range next {
			if !slices.Contains(p.Roles, r) {
				return fault.Conflict.Say("You cannot give yourself a role. Ask another administrator.").At("roles")
			}
		}
	}
	if slices.Contains(p.Roles, Administrator) && !slices.Contains(next, Administrator) && others == 0 {
		return fault.Conflict.Say("Somebody has to be administrator. Make another person administrator first.").At("roles")
	}
	return nil
}
