package db

import "testing"

func TestPositional(t *testing.T) {
	const many = fewArguments + 1
	row := Values(1, many)
	marks := "(?"
	for range many - 1 {
		marks += ",?"
	}
	marks += ")"
	for query, want := range map[string]string{
		"insert into t values " + row:                   "insert into t values " + marks,
		"insert into t values " + row + " - 1 / 2":      "insert into t values " + marks + " - 1 / 2",
		"select '$1' where a in " + row:                 "",
		"select \"$1\" where a in " + row:               "",
		"select 1 -- $1\nwhere a in " + row:             "",
		"select 1 /* $1 */ where a in " + row:           "",
		"select a from t where a in " + row + " and $1": "",
		"select $2 where a in " + row:                   "",
		"select a from t where a in " + row + " and $":  "",
		"select a$1 from t where a in " + row:           "",
		"select ? from t where a in " + row:             "",
		"select $1x from t where a in " + row:           "",
		"select a from t":                               "",
	} {
		if want == "" {
			want = query
		}
		if got := positional(query, many); got != want {
			t.Errorf("%s became %s", query, got)
		}
	}
	if got := positional("values ($1)", 1); got != "values ($1)" {
		t.Error("a short query was touched")
	}
}
