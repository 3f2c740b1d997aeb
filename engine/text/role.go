package text

// Roles says in which role each match of s is made. language is a BCP 47 tag or empty.
func Roles(s, language string, matches []Match) []Role { return make([]Role, len(matches)) }
