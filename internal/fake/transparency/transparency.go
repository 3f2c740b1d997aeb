// Package transparency is a small stand-in for the EU's DSA transparency database: the two calls that Ownmark makes, with the rules, statuses and shapes
// of answers of its API version 1, as read in its source on GitHub (digital-services-act/transparency-database). Tests talk to it over loopback; it keeps
// what it was sent in memory. It was written from the database's rules and not from Ownmark's statements, so that each is a check on the other.
package transparency

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Database is the stand-in; it is an http.Handler.
type Database struct {
	Token string // that requests must bear

	// Before is called before each request is looked at, in the order they come; it may answer by itself, which it reports. Nil: nothing.
	Before func(w http.ResponseWriter, r *http.Request) (answered bool)
	// After is called when statements have been kept and before the answer is sent; it may drop the connection by a panic with http.ErrAbortHandler.
	After func()

	mu       sync.Mutex
	kept     map[string]Kept // by PUID
	requests int
}

// Kept is a statement that was taken.
type Kept struct {
	UUID string
	Body map[string]any
}

// Kept is every statement that was taken, by PUID.
func (d *Database) Kept() map[string]Kept {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make(map[string]Kept, len(d.kept))
	for puid, k := range d.kept {
		all[puid] = k
	}
	return all
}

// Requests is how many requests came.
func (d *Database) Requests() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.requests
}

// ServeHTTP answers POST /api/v1/statements and GET /api/v1/statement/existing-puid/{puid}.
func (d *Database) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.requests++
	d.mu.Unlock()
	if d.Before != nil && d.Before(w, r) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+d.Token {
		answer(w, http.StatusUnauthorized, map[string]any{"message": "Unauthenticated."})
		return
	}
	puid, lookup := strings.CutPrefix(r.URL.Path, "/api/v1/statement/existing-puid/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/api/v1/statements":
		d.store(w, r)
	case r.Method == http.MethodGet && lookup:
		d.existing(w, puid)
	default:
		answer(w, http.StatusNotFound, map[string]any{"message": "Not found."})
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// What the other side does with it is for the test to see.
	_ = json.NewEncoder(w).Encode(body)
}

func (d *Database) existing(w http.ResponseWriter, puid string) {
	d.mu.Lock()
	k, ok := d.kept[puid]
	d.mu.Unlock()
	if !ok {
		answer(w, http.StatusNotFound, map[string]any{"message": "statement of reason not found"})
		return
	}
	answer(w, http.StatusFound, map[string]any{"uuid": k.UUID}) // 302 without a Location, as the database does
}

func (d *Database) store(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Statements []map[string]any `json:"statements"`
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || len(sent.Statements) < 1 || len(sent.Statements) > 100 {
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "The statements field must have between 1 and 100 items.", "errors": map[string]any{"statements": []string{"between"}}})
		return
	}
	wrong := map[string]any{}
	for i, s := range sent.Statements {
		if faults := Check(s); len(faults) > 0 {
			wrong[fmt.Sprintf("statement_%d", i)] = faults
		}
	}
	if len(wrong) > 0 {
		answer(w, http.StatusUnprocessableEntity, map[string]any{"errors": wrong})
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var existing []string
	seen := map[string]bool{}
	for _, s := range sent.Statements {
		puid := s["puid"].(string)
		if _, there := d.kept[puid]; there || seen[puid] {
			existing = append(existing, puid)
		}
		seen[puid] = true
	}
	if len(existing) > 0 {
		message := "The platform identifier(s) are not all unique within this call."
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": message, "errors": map[string]any{"puid": []string{message}, "existing_puids": existing}})
		return
	}
	if d.kept == nil {
		d.kept = map[string]Kept{}
	}
	var out []map[string]any
	for _, s := range sent.Statements {
		k := Kept{UUID: uuid(), Body: s}
		d.kept[s["puid"].(string)] = k
		out = append(out, map[string]any{"uuid": k.UUID, "puid": s["puid"], "created_at": time.Now().UTC().Format(time.DateTime)})
	}
	if d.After != nil {
		d.After()
	}
	answer(w, http.StatusCreated, map[string]any{"statements": out})
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

var puids = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// words of the schema of 1 July 2025, as far as goods on a marketplace need them.
var words = map[string][]string{
	"decision_visibility": {"DECISION_VISIBILITY_CONTENT_REMOVED", "DECISION_VISIBILITY_CONTENT_DISABLED", "DECISION_VISIBILITY_CONTENT_DEMOTED", "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
		"DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED", "DECISION_VISIBILITY_CONTENT_LABELLED", "DECISION_VISIBILITY_OTHER"},
	"decision_monetary":   {"DECISION_MONETARY_SUSPENSION", "DECISION_MONETARY_TERMINATION", "DECISION_MONETARY_OTHER"},
	"decision_provision":  {"DECISION_PROVISION_PARTIAL_SUSPENSION", "DECISION_PROVISION_TOTAL_SUSPENSION", "DECISION_PROVISION_PARTIAL_TERMINATION", "DECISION_PROVISION_TOTAL_TERMINATION"},
	"decision_account":    {"DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"},
	"account_type":        {"ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"},
	"decision_ground":     {"DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"},
	"content_type":        {"CONTENT_TYPE_APP", "CONTENT_TYPE_AUDIO", "CONTENT_TYPE_IMAGE", "CONTENT_TYPE_PRODUCT", "CONTENT_TYPE_SYNTHETIC_MEDIA", "CONTENT_TYPE_TEXT", "CONTENT_TYPE_VIDEO", "CONTENT_TYPE_OTHER"},
	"source_type":         {"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_VOLUNTARY"},
	"automated_detection": {"Yes", "No"},
	"automated_decision":  {"AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_PARTIALLY", "AUTOMATED_DECISION_NOT_AUTOMATED"},
	"category": {"STATEMENT_CATEGORY_ANIMAL_WELFARE", "STATEMENT_CATEGORY_CONSUMER_INFORMATION", "STATEMENT_CATEGORY_CYBER_VIOLENCE", "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN",
		"STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
		"STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS", "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE", "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
		"STATEMENT_CATEGORY_PROTECTION_OF_MINORS", "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "STATEMENT_CATEGORY_SELF_HARM",
		"STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS", "STATEMENT_CATEGORY_VIOLENCE"},
	"category_specification": {"KEYWORD_TRADEMARK_INFRINGEMENT", "KEYWORD_DESIGN_INFRINGEMENT", "KEYWORD_COPYRIGHT_INFRINGEMENT", "KEYWORD_PATENT_INFRINGEMENT", "KEYWORD_TRADE_SECRET_INFRINGEMENT",
		"KEYWORD_GEOGRAPHIC_INDICATIONS_INFRINGEMENT", "KEYWORD_INAUTHENTIC_LISTINGS", "KEYWORD_INAUTHENTIC_ACCOUNTS", "KEYWORD_INAUTHENTIC_USER_REVIEWS",
		"KEYWORD_INSUFFICIENT_INFORMATION_ON_TRADERS", "KEYWORD_MISLEADING_INFO_GOODS_SERVICES", "KEYWORD_UNSAFE_PRODUCTS", "KEYWORD_PROHIBITED_PRODUCTS", "KEYWORD_OTHER"},
	"territorial_scope": strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"),
}

// Check is what the database's validator says of one statement: for each field that is wrong, why; nothing when it is right.
func Check(s map[string]any) map[string][]string {
	wrong := map[string][]string{}
	say := func(field, why string) {
		wrong[field] = append(wrong[field], "The "+strings.ReplaceAll(field, "_", " ")+" field "+why+".")
	}
	text := func(field string) string { t, _ := s[field].(string); return t }
	has := func(field string) bool { return s[field] != nil && s[field] != "" }
	for _, field := range []string{"decision_facts", "decision_ground", "content_type", "category", "content_date", "application_date", "source_type", "automated_detection", "automated_decision", "puid"} {
		if !has(field) {
			say(field, "is required")
		}
	}
	if !has("decision_visibility") && !has("decision_monetary") && !has("decision_provision") && !has("decision_account") {
		say("decision_visibility", "is required when none of the other decisions are present")
	}
	lists := []string{"decision_visibility", "content_type", "category_specification", "category_addition", "territorial_scope"}
	for field, may := range words {
		if !has(field) {
			continue
		}
		chosen := []any{s[field]}
		if slices.Contains(lists, field) {
			all, ok := s[field].([]any)
			if !ok {
				say(field, "must be an array")
				continue
			}
			chosen = all
		}
		for _, one := range chosen {
			if word, ok := one.(string); !ok || !slices.Contains(may, word) {
				say(field, "is invalid")
			}
		}
	}
	if puid := text("puid"); puid != "" && !puids.MatchString(puid) {
		say("puid", "format is invalid")
	}
	for field, most := range map[string]int{"puid": 500, "decision_facts": 5000, "illegal_content_legal_ground": 500, "illegal_content_explanation": 2000, "incompatible_content_ground": 500,
		"incompatible_content_explanation": 2000, "source_identity": 500, "decision_ground_reference_url": 500, "decision_visibility_other": 500, "content_type_other": 500} {
		if utf8.RuneCountInString(text(field)) > most {
			say(field, fmt.Sprintf("must not be greater than %d characters", most))
		}
	}
	for ground, fields := range map[string][]string{
		"DECISION_GROUND_ILLEGAL_CONTENT":      {"illegal_content_legal_ground", "illegal_content_explanation"},
		"DECISION_GROUND_INCOMPATIBLE_CONTENT": {"incompatible_content_ground", "incompatible_content_explanation"},
	} {
		for _, field := range fields {
			if text("decision_ground") == ground && !has(field) {
				say(field, "is required when decision ground is "+ground)
			}
		}
	}
	for field, from := range map[string]string{"content_date": "2000-01-01", "application_date": "2020-01-01", "end_date_visibility_restriction": "", "end_date_monetary_restriction": "",
		"end_date_service_restriction": "", "end_date_account_restriction": ""} {
		if !has(field) {
			continue
		}
		if _, err := time.Parse(time.DateOnly, text(field)); err != nil {
			say(field, "does not match the format YYYY-MM-DD")
		} else if text(field) < from || text(field) > "2038-01-01" {
			say(field, "is out of range")
		}
	}
	if language := text("content_language"); language != "" && (len(language) != 2 || strings.ToUpper(language) != language) {
		say("content_language", "is invalid")
	}
	return wrong
}
