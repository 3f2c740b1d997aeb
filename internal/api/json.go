package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// checkJSON holds a body against the rules of every JSON here: one value, whole UTF-8, no key twice, not deeper than
// most. Readers disagree on what breaks them, and a key that one reader takes and the next overrules hides things.
func checkJSON(body []byte, most int) error {
	if err := checkDepth(body, most); err != nil {
		return err
	}
	d := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		_, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return malformed(err)
		}
		if d.StackDepth() == 0 {
			if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
				return newProblem(http.StatusBadRequest, "There is something behind the JSON.")
			}
			return nil
		}
	}
}

// checkDepth counts brackets before anything recursive reads the text.
func checkDepth(text []byte, most int) error {
	if depth := depthOf(text); depth > most {
		return newProblem(http.StatusBadRequest, fmt.Sprintf("JSON is at most %d levels deep here.", most))
	}
	return nil
}

func depthOf(text []byte) int {
	depth, deepest := 0, 0
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

func malformed(err error) error {
	reason := "it is not valid JSON"
	at, offset := "", int64(-1)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at, offset = strings.ReplaceAll(strings.TrimPrefix(string(syntax.JSONPointer), "/"), "/", "."), syntax.ByteOffset
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			reason = "a key comes twice"
		case strings.Contains(syntax.Err.Error(), "UTF-8"):
			reason = "it is not whole UTF-8"
		case errors.Is(err, io.ErrUnexpectedEOF):
			reason = "it ends too early"
		}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		reason = "it ends too early"
	}
	p := newProblem(http.StatusBadRequest, "The body cannot be read: "+reason+".")
	message := reason
	if offset >= 0 {
		message = fmt.Sprintf("%s (at byte %d)", reason, offset)
	}
	location := "body"
	if at != "" {
		location += "." + at
	}
	p.Errors = []ProblemError{{Location: location, Field: at, Message: message}}
	return p
}
