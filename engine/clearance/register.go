package clearance

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ReadCSV reads marks from a table with a head. Columns by name, in any order: "mark" (or "name"), and if wanted "id", "also",
// "owner", "classes", "groups", "reputed" (yes or no); others are passed over. Several values of a cell stand apart by ";",
// classes also by "," or a space. each is called for every row with a mark; its error ends the reading and is returned.
// Other errors name the line: a missing column, a broken row, a class that is none.
func ReadCSV(r io.Reader, each func(Mark) error) error {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err == io.EOF {
		return errors.New("clearance: the file is empty")
	}
	if err != nil {
		return fmt.Errorf("clearance: read head: %w", err)
	}
	column := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if name == "name" {
			name = "mark"
		}
		if _, twice := column[name]; !twice {
			column[name] = i
		}
	}
	if _, ok := column["mark"]; !ok {
		return errors.New(`clearance: line 1: no column "mark"`)
	}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("clearance: %w", err)
		}
		cell := func(name string) string {
			i, ok := column[name]
			if !ok || i >= len(row) {
				return ""
			}
			return strings.TrimSpace(row[i])
		}
		line, _ := rows.FieldPos(0)
		m := Mark{ID: cell("id"), Name: cell("mark"), Owner: cell("owner"), Also: several(cell("also"), ";"), Groups: several(cell("groups"), ";, ")}
		if m.Name == "" {
			continue
		}
		switch reputed := strings.ToLower(cell("reputed")); reputed {
		case "yes", "true", "1":
			m.Reputed = true
		case "", "no", "false", "0":
		default:
			return fmt.Errorf("clearance: line %d: reputed is %q, not yes or no", line, reputed)
		}
		for _, c := range several(cell("classes"), ";, ") {
			class, err := parseClass(c)
			if err != nil {
				return fmt.Errorf("clearance: line %d: %w", line, err)
			}
			m.Classes = append(m.Classes, class)
		}
		if err := each(m); err != nil {
			return err
		}
	}
}

func several(s, apart string) (all []string) {
	for _, one := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(apart, r) }) {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

func parseClass(s string) (int, error) {
	class, err := strconv.Atoi(s)
	if err != nil || class < 1 || class > 45 {
		return 0, fmt.Errorf("%q is no Nice class", s)
	}
	return class, nil
}

// ReadST96 reads marks from a register's file in WIPO ST.96 XML, and in ST.66, whose elements are named alike: the words of
// each mark, its number, applicant or holder and classes. Elements are known by their local names in whatever version of
// the standard. What a file holds beside marks is passed over, as are marks without words. each is called for every mark;
// its error ends the reading and is returned. Classes of national classifications are passed over. Other errors: XML that
// does not parse, with its line, and a file without a single mark.
func ReadST96(r io.Reader, each func(Mark) error) error {
	d := xml.NewDecoder(r)
	var path []string
	var m *registered
	depth, marks := 0, 0
	var text strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("clearance: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if len(path) >= deepest {
				return errors.New("clearance: elements nested too deep")
			}
			path = append(path, token.Name.Local)
			text.Reset()
			if m == nil && (token.Name.Local == "Trademark" || token.Name.Local == "TradeMark") {
				m, depth = &registered{}, len(path)
				marks++
			}
		case xml.CharData:
			if m != nil && text.Len() < longestText {
				text.Write(token[:min(len(token), longestText)])
			}
		case xml.EndElement:
			if m == nil {
				path = path[:len(path)-1]
				continue
			}
			if len(path) > depth {
				m.take(path[depth:], strings.TrimSpace(text.String()))
				text.Reset()
			} else {
				if m.Name != "" {
					if err := each(m.Mark); err != nil {
						return err
					}
				}
				m = nil
			}
			path = path[:len(path)-1]
		}
	}
	if marks == 0 {
		return errors.New("clearance: no mark in the file; is it ST.96?")
	}
	return nil
}

const (
	deepest     = 100     // elements within one another
	longestText = 1 << 12 // bytes of an element that are kept
)

// registered is a mark while it is read.
type registered struct {
	Mark
	classification string // what the classes that follow are of; empty: not said
}

// take puts the text of an element within a mark where it belongs.
func (m *registered) take(path []string, text string) {
	if text == "" {
		return
	}
	within := func(names ...string) bool {
		return slices.ContainsFunc(path, func(p string) bool { return slices.Contains(names, p) })
	}
	switch path[len(path)-1] {
	case "MarkVerbalElementText", "MarkSignificantVerbalElementText":
		switch {
		case m.Name == "":
			m.Name = text
		case m.Name != text && !slices.Contains(m.Also, text):
			m.Also = append(m.Also, text)
		}
	case "MarkTransliteration", "MarkTransliterationText", "MarkTranslation", "MarkTranslationText":
		if !slices.Contains(m.Also, text) {
			m.Also = append(m.Also, text)
		}
	case "ST13ApplicationNumber":
		m.ID = text
	case "RegistrationNumber", "ApplicationNumber", "ApplicationNumberText":
		if m.ID == "" {
			m.ID = text
		}
	case "OrganizationStandardName", "OrganizationName", "EntityName", "PersonFullName", "LastName":
		if m.Owner == "" && within("Applicant", "Holder", "ApplicantDetails", "HolderDetails") {
			m.Owner = text
		}
	case "ClassificationKindCode":
		m.classification = text
	case "ClassNumber":
		if m.classification != "" && !strings.EqualFold(m.classification, "Nice") || !within("GoodsServicesBag", "GoodsServices", "GoodsServicesDetails") {
			return
		}
		if class, err := parseClass(strings.TrimLeft(text, "0")); err == nil && !slices.Contains(m.Classes, class) {
			m.Classes = append(m.Classes, class)
		}
	}
}
