package db

import "strconv"

// fewArguments is up to where SQLite's way with $n costs nothing worth a look at the query.
const fewArguments = 32

// positional is query in the words SQLite is fast with. To SQLite $1 is a name, and it compares each name with all before it: an
// insert of 1,000 rows takes ten times as long as with "?". Placeholders that stand in the order $1, $2, $3, each once,
// mean the same when written "?"; a query with any others stays as it is.
func positional(query string, arguments int) string {
	if arguments <= fewArguments {
		return query
	}
	b := make([]byte, 0, len(query))
	next := 1
	for i := 0; i < len(query); i++ {
		switch c := query[i]; c {
		case '\'', '"', '`', '[', '-', '/', '?', ':', '@':
			if c == '-' && i+1 < len(query) && query[i+1] != '-' || c == '/' && i+1 < len(query) && query[i+1] != '*' {
				b = append(b, c) // an operator
				continue
			}
			// A literal, a quoted name, a comment or another kind of placeholder: not worth a parser.
			return query
		case '$':
			end := i + 1
			for end < len(query) && '0' <= query[end] && query[end] <= '9' {
				end++
			}
			if query[i+1:end] != strconv.Itoa(next) || end < len(query) && letter(query[end]) {
				return query
			}
			b = append(b, '?')
			next++
			i = end - 1
		default:
			b = append(b, c)
		}
	}
	if next-1 != arguments {
		return query
	}
	return string(b)
}

func letter(c byte) bool {
	return c == '_' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
