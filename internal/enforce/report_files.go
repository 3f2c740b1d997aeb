package enforce

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
)

// StatementsPerBody is how many statements one request to the EU's transparency database carries.
const StatementsPerBody = 100

// ReportSum is what ReportFiles has written.
type ReportSum struct {
	Statements int
	Bodies     int // files of statements, as the database takes them
	Parts      int // of the harmonised report
}

// ReportFiles writes the report of a period, to being exclusive, file by file: bodies of statements, counts.csv, the parts of the harmonised report of Implementing
// Regulation (EU) 2024/2835, and the quality of the review. All come from the same decisions; nothing is sent anywhere. An error of put ends it and is returned.
func (s *Service) ReportFiles(ctx context.Context, by access.User, from, to time.Time, put func(name string, content []byte) error) (sum ReportSum, err error) {
	counts := map[statementKind]int{}
	var body []Statement
	flush := func() error {
		if len(body) == 0 {
			return nil
		}
		sum.Bodies++
		text, err := json.MarshalIndent(map[string]any{"statements": body}, "", "\t")
		if err != nil {
			return err
		}
		body = body[:0]
		return put(fmt.Sprintf("statements-%05d.json", sum.Bodies), append(text, '\n'))
	}
	for statement, err := range s.Statements(ctx, by, from, to) {
		if err != nil {
			return sum, err
		}
		body = append(body, statement)
		counts[kindOf(statement)]++
		if sum.Statements++; len(body) == StatementsPerBody {
			if err := flush(); err != nil {
				return sum, err
			}
		}
	}
	if err := flush(); err != nil {
		return sum, err
	}
	report, err := s.Harmonised(ctx, by, from, to)
	if err != nil {
		return sum, err
	}
	quality, err := s.Quality(ctx, by, from, to)
	if err != nil {
		return sum, err
	}
	parts := report.Tables()
	sum.Parts = len(parts)
	for _, table := range append([]Table{{"counts", countRows(counts)}, {"review-quality", quality.rows()}}, parts...) {
		content, err := table.csv()
		if err != nil {
			return sum, err
		}
		if err := put(table.Name+".csv", content); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// csv is the table as of RFC 4180, in UTF-8.
func (t Table) csv() ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	err := w.WriteAll(t.Rows)
	return out.Bytes(), err
}

// statementKind is what the harmonised report counts measures by.
type statementKind struct{ ground, source, visibility, monetary, detection, decision string }

func kindOf(s Statement) statementKind {
	return statementKind{s.DecisionGround, s.SourceType, strings.Join(s.DecisionVisibility, " "), s.DecisionMonetary, s.AutomatedDetection, s.AutomatedDecision}
}

func countRows(counts map[statementKind]int) [][]string {
	kinds := make([]statementKind, 0, len(counts))
	for kind := range counts {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b statementKind) int {
		return slices.Compare([]string{a.ground, a.source, a.visibility, a.monetary, a.detection, a.decision}, []string{b.ground, b.source, b.visibility, b.monetary, b.detection, b.decision})
	})
	rows := [][]string{{"decision_ground", "source_type", "decision_visibility", "decision_monetary", "automated_detection", "automated_decision", "statements"}}
	for _, kind := range kinds {
		rows = append(rows, []string{kind.ground, kind.source, kind.visibility, kind.monetary, kind.detection, kind.decision, strconv.Itoa(counts[kind])})
	}
	return rows
}

// rows is the quality as a table, persons left out: a report is published.
func (q Quality) rows() [][]string {
	rows := [][]string{{"figure", "of", "part", "whole", "low", "high", "kappa"}}
	put := func(figure, of string, part, whole int, low, high float64, kappa string) {
		rows = append(rows, []string{figure, of, strconv.Itoa(part), strconv.Itoa(whole), strconv.FormatFloat(low, 'f', 4, 64), strconv.FormatFloat(high, 'f', 4, 64), kappa})
	}
	agreed := func(figure, of string, a Agreement) {
		kappa := ""
		if a.HasKappa {
			kappa = strconv.FormatFloat(a.Kappa, 'f', 4, 64)
		}
		i := a.Interval()
		put(figure, of, a.Agreed, a.Of, i.Low, i.High, kappa)
	}
	agreed("second-looks", "", q.Seconds)
	agreed("golden-items", "", q.Goldens)
	for _, r := range q.Reasons {
		agreed("reason", string(r.Reason), r.Agreement)
	}
	for _, s := range q.Signals {
		i := s.Interval()
		put("signal-taken-back", s.Signal, s.Wrong, s.Of, i.Low, i.High, "")
	}
	return rows
}
