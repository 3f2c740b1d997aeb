package cultivate

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/fault"
)

//go:embed industries lessons
var shipped embed.FS

// Shipped is the folder that comes with Ownmark: industries/*.yaml, lessons/en/*.md, lessons/zh/*.md and
// lessons/quiz/*.yaml.
func Shipped() fs.FS { return shipped }

// Over lays one folder over another: a file of the upper one replaces the file of the same name below, every other file
// is added. So an operator keeps a few files and not a copy of all.
func Over(upper, lower fs.FS) fs.FS { return overlaid{upper, lower} }

type overlaid struct{ upper, lower fs.FS }

func (o overlaid) Open(name string) (fs.File, error) {
	f, err := o.upper.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.lower.Open(name)
	}
	return f, err
}

func (o overlaid) ReadDir(name string) ([]fs.DirEntry, error) {
	above, err := fs.ReadDir(o.upper, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	below, errBelow := fs.ReadDir(o.lower, name)
	if err != nil && errBelow != nil {
		return nil, errBelow
	}
	if errBelow != nil && !errors.Is(errBelow, fs.ErrNotExist) {
		return nil, errBelow
	}
	for _, entry := range below {
		if !slices.ContainsFunc(above, func(e fs.DirEntry) bool { return e.Name() == entry.Name() }) {
			above = append(above, entry)
		}
	}
	slices.SortFunc(above, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return above, nil
}

// maxFiles bounds how many files of one kind are read.
const maxFiles = 1_000

// named lists the files of a folder with an ending, in order of their names.
func named(files fs.FS, folder, ending string) ([]string, error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() && strings.HasSuffix(entry.Name(), ending) && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, path.Join(folder, entry.Name()))
		}
	}
	if len(names) > maxFiles {
		return nil, fault.TooLarge.Say("The folder %s has more than %d files.", folder, maxFiles)
	}
	return names, nil
}

// ReadIndustries reads industries/*.yaml of a folder, in order of their ids; the lessons that curricula name must be
// among those given. The error joins one fault.Invalid for each thing that is wrong, at most a hundred a file, each with
// file, line and field (see fault.All); other errors are of the disk.
func ReadIndustries(files fs.FS, lessons Lessons) ([]Industry, error) {
	names, err := named(files, "industries", ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read industries: %w", err)
	}
	var industries []Industry
	var wrong []error
	for _, name := range names {
		data, err := readFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read industry %s: %w", name, err)
		}
		industry, err := ParseIndustry(name, data, lessons)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		industries = append(industries, industry)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return industries, nil
}

// ParseIndustry reads one industry file. The file's name gives the id that stands in it. Errors are as with
// ReadIndustries.
func ParseIndustry(file string, data []byte, lessons Lessons) (Industry, error) {
	s := &sheet{file: file}
	root, ok := s.open(data)
	if !ok {
		return Industry{}, errors.Join(s.faults...)
	}
	r := root.record("id", "names", "summary", "categories", "curriculum", "admission", "quality", "standards", "service", "brand_file", "graduation")
	industry := Industry{ID: IndustryID(r.id("id")), Names: r.words("names"), Summary: r.words("summary")}
	if is := strings.TrimSuffix(path.Base(file), ".yaml"); industry.ID != "" && string(industry.ID) != is {
		r.values["id"].Say("%s, line %d: %s has to be the file's name, %q.", is)
	}
	seen := map[string]bool{}
	for _, p := range r.list("categories") {
		category := p.id()
		p.once(seen, category)
		industry.Categories = append(industry.Categories, category)
	}
	industry.Curriculum = readCurriculum(r, lessons)
	industry.Admission = readAdmission(r)
	industry.Standards = readStandards(r)
	industry.Quality = readQuality(r, industry.Standards)
	industry.Service = readService(r)
	industry.BrandFile = readBrandFile(r)
	industry.Graduation = readGraduation(r)
	if len(s.faults) > 0 {
		return Industry{}, errors.Join(s.faults...)
	}
	return industry, nil
}

func readCurriculum(r record, lessons Lessons) []Course {
	var courses []Course
	ids, taught := map[string]bool{}, map[string]bool{}
	for _, p := range r.list("curriculum") {
		c := p.record("id", "names", "required", "lessons")
		course := Course{ID: CourseID(c.id("id")), Names: c.words("names"), Required: c.yes("required")}
		c.values["id"].once(ids, string(course.ID))
		for _, l := range c.list("lessons") {
			id := l.id()
			if _, known := lessons[LessonID(id)]; id != "" && !known {
				l.Say("%s, line %d: %s names a lesson that does not exist, %q.", id)
			}
			l.once(taught, id)
			course.Lessons = append(course.Lessons, LessonID(id))
		}
		courses = append(courses, course)
	}
	return courses
}

func readAdmission(r record) Admission {
	a := r.record("admission", "registered", "probation", "deposit", "clauses")
	admission := Admission{
		RegisteredMonths: a.whole("registered", "months", 0, 120),
		ProbationMonths:  a.whole("probation", "months", 1, 60),
		Deposit:          a.amount("deposit"),
	}
	kinds := []string{string(Forgiven), string(GivenUp), string(Promised), string(Consequence)}
	ids, present := map[string]bool{}, map[string]bool{}
	for _, p := range a.list("clauses") {
		c := p.record("id", "kind", "text")
		clause := Clause{ID: c.id("id"), Kind: ClauseKind(c.choice("kind", kinds...)), Text: c.words("text")}
		c.values["id"].once(ids, clause.ID)
		present[string(clause.Kind)] = true
		admission.Clauses = append(admission.Clauses, clause)
	}
	for _, kind := range kinds {
		if a.has("clauses") && !present[kind] {
			a.values["clauses"].Say("%s, line %d: %s has no entry of the kind %q.", kind)
		}
	}
	return admission
}

func readStandards(r record) []Standard {
	var standards []Standard
	numbers := map[string]bool{}
	for _, p := range r.list("standards") {
		s := p.record("number", "names", "force", "market")
		standard := Standard{
			Number: s.text("number"), Names: s.words("names"),
			Force: Force(s.choice("force", string(Mandatory), string(Recommended))), Market: s.text("market"),
		}
		s.values["number"].once(numbers, standard.Number)
		if m := standard.Market; m != "" && (len(m) != 2 || strings.ToUpper(m) != m) {
			s.values["market"].Say("%s, line %d: %s has to be a country's two capital letters, or EU.")
		}
		standards = append(standards, standard)
	}
	return standards
}

func readQuality(r record, standards []Standard) QualityPlan {
	q := r.record("quality", "acceptance", "defects", "tests")
	plan := QualityPlan{Acceptance: readAcceptance(q)}
	codes := map[string]bool{}
	classes := map[DefectClass]bool{}
	for _, p := range q.list("defects") {
		d := p.record("code", "class", "names")
		defect := Defect{Code: d.text("code"), Class: DefectClass(d.choice("class", string(Critical), string(Major), string(Minor))), Names: d.words("names")}
		d.values["code"].once(codes, defect.Code)
		classes[defect.Class] = true
		plan.Defects = append(plan.Defects, defect)
	}
	for _, class := range DefectClasses() {
		if q.has("defects") && !classes[class] {
			q.values["defects"].Say("%s, line %d: %s has no entry of the kind %q.", string(class))
		}
	}
	ids := map[string]bool{}
	for _, p := range q.list("tests") {
		test, at := readTest(p, standards)
		at.once(ids, test.ID)
		plan.Tests = append(plan.Tests, test)
	}
	return plan
}

func readAcceptance(q record) map[DefectClass]Acceptance {
	a := q.record("acceptance", string(Critical), string(Major), string(Minor))
	acceptance := map[DefectClass]Acceptance{}
	before := 0.0
	for _, class := range DefectClasses() {
		if !a.has(string(class)) {
			continue
		}
		c := a.record(string(class), "level", "aql")
		accepted := Acceptance{Level: c.choice("level", InspectionLevels()...)}
		switch text := c.text("aql"); text {
		case "":
		case "none":
			accepted.NoneAccepted = true
		default:
			value, err := strconv.ParseFloat(text, 64)
			if err != nil || !slices.Contains(PreferredAQLs(), value) {
				c.values["aql"].Say("%s, line %d: %s has to be an AQL of the preferred series of ISO 2859-1 up to 10, or \"none\".")
				break
			}
			accepted.AQL = value
		}
		if accepted.AQL < before {
			c.values["aql"].Say("%s, line %d: %s is stricter than that of a graver class.")
		}
		before = max(before, accepted.AQL)
		acceptance[class] = accepted
	}
	return acceptance
}

// readTest also gives the place of the test's id.
func readTest(p place, standards []Standard) (QualityTest, place) {
	t := p.record("id", "names", "method", "passes", "national", "programme", "note?")
	test := QualityTest{ID: t.id("id"), Names: t.words("names"), Method: t.text("method"), Note: t.words("note")}
	passes := t.choice("passes", "at least", "at most")
	test.AtLeast = passes == "at least"
	programme, unit, ok := t.quantity("programme")
	test.Programme, test.Unit = programme, unit

	n := t.record("national", "standing", "standard?", "limit?")
	test.National.Standing = Standing(n.choice("standing", string(Stated), string(Open), string(NoLimit)))
	switch standing := test.National.Standing; {
	case standing == NoLimit && n.has("standard"):
		n.values["standard"].Say("%s, line %d: %s does not go with the standing %q.", string(standing))
	case standing != "" && standing != NoLimit && !n.has("standard"):
		n.Say("%s, line %d: %s needs the number of the standard.")
	case standing != Stated && standing != "" && n.has("limit"):
		n.values["limit"].Say("%s, line %d: %s does not go with the standing %q.", string(standing))
	case standing == Stated && !n.has("limit"):
		n.Say("%s, line %d: %s needs the limit that the standard states.")
	}
	if n.has("standard") {
		test.National.Standard = n.text("standard")
		if !slices.ContainsFunc(standards, func(s Standard) bool { return s.Number == test.National.Standard }) {
			n.values["standard"].Say("%s, line %d: %s names %q, which is not among the standards of the file.", test.National.Standard)
		}
	}
	if n.has("limit") {
		national, nationalUnit, nationalOK := n.quantity("limit")
		test.National.Value = national
		switch {
		case !ok || !nationalOK:
		case nationalUnit != unit:
			n.values["limit"].Say("%s, line %d: %s has to be given in %s.", string(unit))
		case passes == "at least" && programme < national, passes == "at most" && programme > national:
			t.values["programme"].Say("%s, line %d: %s is weaker than the national limit.")
		}
	}
	return test, t.values["id"]
}

func readService(r record) ServiceStandard {
	s := r.record("service", "dispatch", "returns", "refund", "answer", "freight_insurance")
	service := ServiceStandard{
		DispatchHours:    s.whole("dispatch", "h", 1, 240),
		ReturnDays:       s.whole("returns", "days", 1, 365),
		RefundHours:      s.whole("refund", "h", 1, 240),
		AnswerMinutes:    s.whole("answer", "min", 1, 1440),
		FreightInsurance: s.yes("freight_insurance"),
	}
	if service.ReturnDays > 0 && service.ReturnDays < leastReturnDays {
		s.values["returns"].Say("%s, line %d: %s is less than the %d days of the law on consumers' rights.", leastReturnDays)
	}
	return service
}

func readBrandFile(r record) []BrandItem {
	var items []BrandItem
	ids := map[string]bool{}
	for _, p := range r.list("brand_file") {
		b := p.record("id", "names", "required")
		item := BrandItem{ID: b.id("id"), Names: b.words("names"), Required: b.yes("required")}
		b.values["id"].once(ids, item.ID)
		items = append(items, item)
	}
	return items
}

func readGraduation(r record) []Criterion {
	var criteria []Criterion
	known := make([]string, 0, len(measures))
	for measure := range measures {
		known = append(known, string(measure))
	}
	slices.Sort(known)
	seen := map[string]bool{}
	for _, p := range r.list("graduation") {
		c := p.record("measure", "limit", "window")
		criterion := Criterion{Measure: Measure(c.choice("measure", known...)), WindowMonths: c.whole("window", "months", 1, 36)}
		c.values["measure"].once(seen, string(criterion.Measure))
		limit, unit, ok := c.quantity("limit")
		switch {
		case !ok || criterion.Measure == "":
		case unit != criterion.Measure.Unit():
			c.values["limit"].Say("%s, line %d: %s has to be given in %s.", string(criterion.Measure.Unit()))
		case unit == "%" && limit > 100:
			c.values["limit"].Say("%s, line %d: %s is more than 100 %%.")
		}
		criterion.Limit = limit
		criteria = append(criteria, criterion)
	}
	for _, measure := range known {
		if r.has("graduation") && measures[Measure(measure)].required && !seen[measure] {
			r.values["graduation"].Say("%s, line %d: %s does not state the measure %q.", measure)
		}
	}
	return criteria
}
