package enforce

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/fault"
)

// Transparency speaks the API of the EU's DSA transparency database, version 1: POST /api/v1/statements and GET /api/v1/statement/existing-puid/{puid},
// with a bearer token. Shapes as in the database's own documentation and source (github.com/digital-services-act/transparency-database).
type Transparency struct {
	URL    string // https://transparency.dsa.ec.europa.eu, without a path
	Token  string
	Client *http.Client // one with a timeout when nil
}

// longestReply bounds what is read of an answer; 100 statements with their texts stay far below.
const longestReply = 8 << 20

var patientClient = &http.Client{Timeout: 2 * time.Minute}

// ask sends one request and reads its answer, whatever its status.
func (t *Transparency) ask(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(t.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fault.Invalid.Say("%q is not the address of a transparency database.", t.URL).Because(err)
	}
	r.Header.Set("Authorization", "Bearer "+t.Token)
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	client := t.Client
	if client == nil {
		client = patientClient
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, fault.Unavailable.Say("The transparency database does not answer.").Because(err)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, longestReply+1))
	if err != nil {
		return 0, nil, fault.Unavailable.Say("The transparency database does not answer.").Because(err)
	}
	switch {
	case len(answer) > longestReply:
		return 0, nil, fault.Unavailable.Say("The transparency database answers with more than %d MiB.", longestReply>>20)
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		return 0, nil, fault.Unauthenticated.Say("The transparency database does not take the token.")
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500:
		return 0, nil, fault.Unavailable.Say("The transparency database answers with status %d.", response.StatusCode)
	}
	return response.StatusCode, answer, nil
}

// Send hands in statements. See TransparencyDatabase.
func (t *Transparency) Send(ctx context.Context, statements []Statement) ([]Receipt, error) {
	body, err := json.Marshal(map[string]any{"statements": statements})
	if err != nil {
		return nil, err
	}
	status, answer, err := t.ask(ctx, http.MethodPost, "/api/v1/statements", body)
	if err != nil {
		return nil, err
	}
	receipts := make([]Receipt, len(statements))
	for i, s := range statements {
		receipts[i].PUID = s.PUID
	}
	switch status {
	case http.StatusOK, http.StatusCreated:
		return accepted(receipts, answer)
	case http.StatusUnprocessableEntity:
		return refused(receipts, answer)
	}
	return nil, fault.Invalid.Say("The transparency database answers with status %d.", status).Because(fmt.Errorf("%.300q", answer))
}

// accepted reads the answer to a request that was taken whole.
func accepted(receipts []Receipt, answer []byte) ([]Receipt, error) {
	var taken struct {
		Statements []struct {
			UUID string `json:"uuid"`
			PUID string `json:"puid"`
		} `json:"statements"`
	}
	if err := json.Unmarshal(answer, &taken); err != nil {
		return nil, fault.Unavailable.Say("The answer of the transparency database cannot be read.").Because(err)
	}
	for _, s := range taken.Statements {
		if at := slices.IndexFunc(receipts, func(r Receipt) bool { return r.PUID == s.PUID }); at >= 0 {
			receipts[at].ID = s.UUID
		}
	}
	return receipts, nil // one that the answer does not name waits and is sent again; the database says then whether it has it
}

// refused reads the answer to a request in which something was wrong; nothing of it was taken. errors holds either what is wrong with statements, as
// "statement_0": {"field": ["words"]}, or under existing_puids those that the database has already.
func refused(receipts []Receipt, answer []byte) ([]Receipt, error) {
	var wrong struct {
		Message string                     `json:"message"`
		Errors  map[string]json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal(answer, &wrong); err != nil {
		return nil, fault.Unavailable.Say("The answer of the transparency database cannot be read.").Because(err)
	}
	named := 0
	if existing, ok := wrong.Errors["existing_puids"]; ok {
		var puids []string
		if err := json.Unmarshal(existing, &puids); err != nil {
			return nil, fault.Unavailable.Say("The answer of the transparency database cannot be read.").Because(err)
		}
		for i := range receipts {
			if slices.Contains(puids, receipts[i].PUID) {
				receipts[i].Known = true
				named++
			}
		}
	}
	for name, about := range wrong.Errors {
		number, ok := strings.CutPrefix(name, "statement_")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 || n >= len(receipts) {
			continue
		}
		named++
		var fields map[string][]string
		if err := json.Unmarshal(about, &fields); err != nil {
			receipts[n].Problem = cut(string(about), MaxNote)
			continue
		}
		var words []string
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			words = append(words, field+": "+strings.Join(fields[field], " "))
		}
		receipts[n].Problem = cut(strings.Join(words, " "), MaxNote)
	}
	if named == 0 {
		return nil, fault.Invalid.Say("The transparency database refuses the request: %s", cut(wrong.Message, 300))
	}
	return receipts, nil
}

// Find asks for the statement with a PUID. See TransparencyDatabase.
func (t *Transparency) Find(ctx context.Context, puid string) (string, error) {
	status, answer, err := t.ask(ctx, http.MethodGet, "/api/v1/statement/existing-puid/"+url.PathEscape(puid), nil)
	if err != nil {
		return "", err
	}
	switch status {
	case http.StatusNotFound:
		return "", nil
	case http.StatusOK, http.StatusFound:
		var found struct {
			UUID string `json:"uuid"`
		}
		if err := json.Unmarshal(answer, &found); err != nil || found.UUID == "" {
			return "", fault.Unavailable.Say("The answer of the transparency database cannot be read.").Because(err)
		}
		return found.UUID, nil
	}
	return "", fault.Invalid.Say("The transparency database answers with status %d.", status)
}
