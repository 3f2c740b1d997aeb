package cultivate

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

const (
	planOf    = `select maker, goal, budget, currency, begins, ends, version, updated_at, updated_by from marketing_plan where maker = $1`
	writePlan = `insert into marketing_plan (maker, goal, budget, currency, begins, ends, version, updated_at, updated_by, entry) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (maker) do update set goal = excluded.goal, budget = excluded.budget, currency = excluded.currency, begins = excluded.begins, ends = excluded.ends, version = excluded.version,
		updated_at = excluded.updated_at, updated_by = excluded.updated_by, entry = excluded.entry`

	planStepColumns = `id, maker, channel, title, day, budget, state, version, made_at, updated_at, updated_by`
	planStepsOf     = `select ` + planStepColumns + ` from marketing_step where maker = $1 order by day, id limit 500`
	onePlanStep     = `select ` + planStepColumns + ` from marketing_step where maker = $1 and id = $2`
	planStepByForm  = `select ` + planStepColumns + ` from marketing_step where maker = $1 and request = $2`
	writePlanStep   = `insert into marketing_step (` + planStepColumns + `, request) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do update set state = excluded.state,
		version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`

	productColumns = `id, maker, title, address, checks, version, made_at, updated_at, updated_by`
	productsOf     = `select ` + productColumns + ` from product_page where maker = $1 order by made_at desc, id desc limit 500`
	oneProduct     = `select ` + productColumns + ` from product_page where maker = $1 and id = $2`
	productByForm  = `select ` + productColumns + ` from product_page where maker = $1 and request = $2`
	writeProduct   = `insert into product_page (` + productColumns + `, request) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do update set title = excluded.title,
		address = excluded.address, checks = excluded.checks, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`

	channelColumns = `id, maker, channel, begins, ends, visits, searches, orders, spent, currency, by_name, at, replaced`
	channelResults = `select ` + channelColumns + ` from channel_result where maker = $1 order by begins desc, channel, at desc, id limit 2000`
	channelMeeting = `select ` + channelColumns + ` from channel_result where maker = $1 and channel = $2 and replaced = '' and begins <= $3 and ends >= $4`
	writeChannel   = `insert into channel_result (id, maker, channel, begins, ends, visits, searches, orders, spent, currency, by_name, at, entry, replaced) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '')`
	replaceChannel = `update channel_result set replaced = $1 where id = $2`
)

func scanPlan(r db.Row) (p Plan, err error) {
	var updated int64
	err = r.Scan(&p.Maker, &p.Goal, &p.Budget.Minor, &p.Budget.Currency, &p.Begins, &p.Ends, &p.Version, &updated, &p.UpdatedBy)
	p.UpdatedAt = db.Time(updated)
	return p, err
}

func scanPlanStep(r db.Row) (s PlanStep, err error) {
	var made, updated int64
	err = r.Scan(&s.ID, &s.Maker, &s.Channel, &s.Title, &s.Day, &s.Budget, &s.State, &s.Version, &made, &updated, &s.UpdatedBy)
	s.MadeAt, s.UpdatedAt = db.Time(made), db.Time(updated)
	return s, err
}

func scanProduct(r db.Row) (p ProductPage, err error) {
	var checks string
	var made, updated int64
	err = r.Scan(&p.ID, &p.Maker, &p.Title, &p.Address, &checks, &p.Version, &made, &updated, &p.UpdatedBy)
	p.MadeAt, p.UpdatedAt, p.Checks = db.Time(made), db.Time(updated), strings.Fields(checks)
	return p, err
}

func scanChannel(r db.Row) (c ChannelResult, err error) {
	var at int64
	err = r.Scan(&c.ID, &c.Maker, &c.Channel, &c.Begins, &c.Ends, &c.Visits, &c.Searches, &c.Orders, &c.Spent.Minor, &c.Spent.Currency, &c.ByName, &at, &c.Replaced)
	c.At = db.Time(at)
	return c, err
}

// findPlan is a maker's plan with its steps; one of version 0 while there is none.
func findPlan(tx *db.Tx, id MakerID) (Plan, error) {
	p, err := db.One(tx, scanPlan, planOf, string(id))
	if fault.Of(err) == fault.NotFound {
		p, err = Plan{Maker: id}, nil
	}
	if err != nil {
		return p, err
	}
	p.Steps, err = db.All(tx, scanPlanStep, planStepsOf, string(id))
	return p, err
}

// Marketing is a maker's plan, its product pages, and what each channel brought, corrections included.
func (s *Service) Marketing(ctx context.Context, by access.User, id MakerID) (p Plan, pages []ProductPage, results []ChannelResult, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		if p, err = findPlan(tx, id); err != nil {
			return err
		}
		if pages, err = db.All(tx, scanProduct, productsOf, string(id)); err != nil {
			return err
		}
		results, err = db.All(tx, scanChannel, channelResults, string(id))
		return err
	})
	return p, pages, results, err
}

// WritePlan writes a maker's plan, or changes the one that was read in p.Version. It returns fault.Invalid for each thing wrong and fault.Conflict when somebody was first.
func (s *Service) WritePlan(ctx context.Context, by access.User, p Plan) (Plan, error) {
	p.Goal, p.Budget.Currency = strings.TrimSpace(p.Goal), strings.ToUpper(strings.TrimSpace(p.Budget.Currency))
	if err := p.check(); err != nil {
		return Plan{}, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := editMaker(tx, by, p.Maker)
		if err != nil {
			return err
		}
		old, err := findPlan(tx, p.Maker)
		if err != nil {
			return err
		}
		if old.Version != p.Version {
			return fault.Conflict.Say("%s has changed this plan meanwhile, at %s. Look at the change and try again.", old.UpdatedBy, moment(old.UpdatedAt))
		}
		if old.Version > 0 && old.Budget.Currency != p.Budget.Currency && len(old.Steps) > 0 {
			return fault.Conflict.Say("The currency stays once there are steps.").At("currency")
		}
		p.Version, p.UpdatedAt, p.UpdatedBy, p.Steps = old.Version+1, tx.Now(), by.Name, old.Steps
		entry, err := ledger.Record(tx, "marketing.planned", m.Subject(), by.Actor(), map[string]any{"maker": p.Maker, "goal": p.Goal, "budget": p.Budget.Minor, "currency": p.Budget.Currency, "begins": p.Begins, "ends": p.Ends, "by_name": by.Name})
		if err != nil {
			return err
		}
		_, err = tx.Exec(writePlan, string(p.Maker), p.Goal, p.Budget.Minor, p.Budget.Currency, p.Begins, p.Ends, p.Version, db.Micros(p.UpdatedAt), p.UpdatedBy, entry)
		return err
	})
	if err != nil {
		return Plan{}, fmt.Errorf("plan of maker %s: %w", p.Maker, err)
	}
	return p, nil
}

// AddStep adds a step to a maker's plan. request is the form's own id. It returns fault.Conflict while there is no plan.
func (s *Service) AddStep(ctx context.Context, by access.User, step PlanStep, request string) (PlanStep, error) {
	wrong := []error{needText("title", step.Title, maxTitle), checkText("request", request, maxRequest)}
	if !step.Channel.known() {
		wrong = append(wrong, fault.Invalid.Say("Choose a channel.").At("channel"))
	}
	if _, ok := readDay(step.Day); !ok {
		wrong = append(wrong, fault.Invalid.Say("Give a day.").At("day"))
	}
	if step.Budget < 0 || step.Budget > maxFigure {
		wrong = append(wrong, fault.Invalid.Say("A budget is not less than nothing.").At("cost"))
	}
	if err := joined(wrong); err != nil {
		return PlanStep{}, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := editMaker(tx, by, step.Maker); err != nil {
			return err
		}
		if request != "" {
			made, err := db.One(tx, scanPlanStep, planStepByForm, string(step.Maker), request)
			if err == nil || fault.Of(err) != fault.NotFound {
				step = made
				return err
			}
		}
		p, err := findPlan(tx, step.Maker)
		if err != nil {
			return err
		}
		if p.Version == 0 {
			return fault.Conflict.Say("Write the plan first.")
		}
		if len(p.Steps) >= maxPlanSteps {
			return fault.Conflict.Say("A plan has at most %d steps.", maxPlanSteps)
		}
		step.ID, step.Title, step.State, step.Version, step.MadeAt = PlanStepID(db.NewID()), strings.TrimSpace(step.Title), TaskOpen, 0, tx.Now()
		return recordPlanStep(tx, by, &step, request)
	})
	if err != nil {
		return PlanStep{}, fmt.Errorf("step of the plan of maker %s: %w", step.Maker, err)
	}
	return step, nil
}

// maxPlanSteps bounds a plan.
const maxPlanSteps = 200

func recordPlanStep(tx *db.Tx, by access.User, s *PlanStep, request string) error {
	s.Version, s.UpdatedAt, s.UpdatedBy = s.Version+1, tx.Now(), by.Name
	if _, err := ledger.Record(tx, "marketing.step-"+string(s.State), Maker{ID: s.Maker}.Subject(), by.Actor(), map[string]any{"step": s.ID, "channel": s.Channel, "title": s.Title, "day": s.Day, "budget": s.Budget, "by_name": by.Name}); err != nil {
		return err
	}
	_, err := tx.Exec(writePlanStep, string(s.ID), string(s.Maker), string(s.Channel), s.Title, s.Day, s.Budget, string(s.State), s.Version, db.Micros(s.MadeAt), db.Micros(s.UpdatedAt), s.UpdatedBy, request)
	return err
}

// CloseStep says that a step is done or dropped, or opens it again.
func (s *Service) CloseStep(ctx context.Context, by access.User, id MakerID, step PlanStepID, version int64, to TaskState) (one PlanStep, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := editMaker(tx, by, id); err != nil {
			return err
		}
		missing := fault.NotFound.Say("There is no such step.")
		if db.Text(string(step)) != nil {
			return missing
		}
		one, err = db.One(tx, scanPlanStep, onePlanStep, string(id), string(step))
		if fault.Of(err) == fault.NotFound {
			return missing
		}
		if err != nil {
			return err
		}
		if one.Version != version || !slices.Contains(taskMoves[one.State], to) {
			return fault.Conflict.Say("%s has changed this step meanwhile, at %s. Look at the change and try again.", one.UpdatedBy, moment(one.UpdatedAt))
		}
		one.State = to
		return recordPlanStep(tx, by, &one, "")
	})
	if err != nil {
		return PlanStep{}, fmt.Errorf("close step %s: %w", step, err)
	}
	return one, nil
}

// SaveProductPage keeps a product page with what was ticked of the checklist; a new one has no ID. request is the form's own id.
func (s *Service) SaveProductPage(ctx context.Context, by access.User, p ProductPage, request string) (ProductPage, error) {
	wrong := []error{needText("title", p.Title, maxTitle), checkText("address", p.Address, maxAddress), checkText("request", request, maxRequest)}
	for _, c := range p.Checks {
		if !slices.ContainsFunc(PageChecks(), func(o FieldChoice) bool { return o.Value == c }) {
			wrong = append(wrong, fault.Invalid.Say("The checklist has no such line.").At("check"))
			break
		}
	}
	if err := joined(wrong); err != nil {
		return ProductPage{}, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := editMaker(tx, by, p.Maker); err != nil {
			return err
		}
		if p.ID == "" {
			if request != "" {
				made, err := db.One(tx, scanProduct, productByForm, string(p.Maker), request)
				if err == nil || fault.Of(err) != fault.NotFound {
					p = made
					return err
				}
			}
			p.ID, p.Version, p.MadeAt = ProductPageID(db.NewID()), 0, tx.Now()
		} else {
			missing := fault.NotFound.Say("There is no such page.")
			if db.Text(string(p.ID)) != nil {
				return missing
			}
			old, err := db.One(tx, scanProduct, oneProduct, string(p.Maker), string(p.ID))
			if fault.Of(err) == fault.NotFound {
				return missing
			}
			if err != nil {
				return err
			}
			if old.Version != p.Version {
				return fault.Conflict.Say("This page was changed meanwhile. Look at it again.")
			}
			p.MadeAt, request = old.MadeAt, ""
		}
		p.Title, p.Address = strings.TrimSpace(p.Title), strings.TrimSpace(p.Address)
		p.Version, p.UpdatedAt, p.UpdatedBy = p.Version+1, tx.Now(), by.Name
		slices.Sort(p.Checks)
		p.Checks = slices.Compact(p.Checks)
		if _, err := ledger.Record(tx, "product-page.checked", Maker{ID: p.Maker}.Subject(), by.Actor(), map[string]any{"page": p.ID, "title": p.Title, "checks": p.Checks, "whole": p.Whole(), "by_name": by.Name}); err != nil {
			return err
		}
		_, err := tx.Exec(writeProduct, string(p.ID), string(p.Maker), p.Title, p.Address, strings.Join(p.Checks, " "), p.Version, db.Micros(p.MadeAt), db.Micros(p.UpdatedAt), p.UpdatedBy, request)
		return err
	})
	if err != nil {
		return ProductPage{}, fmt.Errorf("product page of maker %s: %w", p.Maker, err)
	}
	return p, nil
}

// maxAddress bounds an address on the web, in runes.
const maxAddress = 500

// EnterChannel keeps what a channel brought. One for the same period takes the earlier one's place; the same figures again are one. It returns fault.Conflict when the
// period meets another without being it: the same visits would count twice.
func (s *Service) EnterChannel(ctx context.Context, by access.User, r ChannelResult) (ChannelResult, error) {
	err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		r, err = enterChannel(tx, by, r)
		return err
	})
	if err != nil {
		return ChannelResult{}, fmt.Errorf("channel result of maker %s: %w", r.Maker, err)
	}
	return r, nil
}

// enterChannel keeps one result in tx. A fault comes before anything is written.
func enterChannel(tx *db.Tx, by access.User, r ChannelResult) (ChannelResult, error) {
	m, err := editMaker(tx, by, r.Maker)
	if err != nil {
		return r, err
	}
	r.Spent.Currency = strings.ToUpper(strings.TrimSpace(r.Spent.Currency))
	if err := r.check(tx.Now()); err != nil {
		return r, err
	}
	meeting, err := db.All(tx, scanChannel, channelMeeting, string(r.Maker), string(r.Channel), r.Ends, r.Begins)
	if err != nil {
		return r, err
	}
	for _, old := range meeting {
		if old.Begins != r.Begins || old.Ends != r.Ends {
			return r, fault.Conflict.Say("Another figure covers part of this period: from %s to %s.", old.Begins, old.Ends).At("begins")
		}
		if old.Visits == r.Visits && old.Searches == r.Searches && old.Orders == r.Orders && old.Spent == r.Spent {
			return old, nil
		}
	}
	r.ID, r.ByName, r.At = db.NewID(), by.Name, tx.Now()
	entry, err := ledger.Record(tx, "channel.counted", m.Subject(), by.Actor(), map[string]any{"result": r.ID, "channel": r.Channel, "begins": r.Begins, "ends": r.Ends, "visits": r.Visits, "searches": r.Searches, "orders": r.Orders,
		"spent": r.Spent.Minor, "currency": r.Spent.Currency, "by_name": by.Name})
	if err != nil {
		return r, err
	}
	for _, old := range meeting {
		if _, err := tx.Exec(replaceChannel, r.ID, old.ID); err != nil {
			return r, err
		}
	}
	_, err = tx.Exec(writeChannel, r.ID, string(r.Maker), string(r.Channel), r.Begins, r.Ends, r.Visits, r.Searches, r.Orders, r.Spent.Minor, r.Spent.Currency, r.ByName, db.Micros(r.At), entry)
	return r, err
}

// ChannelColumns are the columns of a file of results. spent is written with its digits behind the point, "120.50".
var ChannelColumns = []string{"channel", "begins", "ends", "visits", "searches", "orders", "spent", "currency"}

// The bounds of a file of results.
const (
	MaxChannelFile = 1 << 20 // bytes
	maxChannelRows = 2_000
)

// BadChannel is a row of a file that was not taken; the others were.
type BadChannel struct {
	Line int
	Err  error
}

// ReadChannels takes a file of results for a maker: CSV in UTF-8, its first line naming ChannelColumns in any order. Good rows are kept, bad ones told with their line; the
// same file again changes nothing. It returns fault.Invalid for a file that is no such table.
func (s *Service) ReadChannels(ctx context.Context, by access.User, id MakerID, in io.Reader) (taken int, bad []BadChannel, err error) {
	content, err := io.ReadAll(io.LimitReader(in, MaxChannelFile+1))
	if err != nil {
		return 0, nil, err
	}
	rows, err := parseChannels(content)
	if err != nil {
		return 0, nil, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		taken, bad = 0, nil
		if _, err := editMaker(tx, by, id); err != nil {
			return err
		}
		for _, row := range rows {
			if row.err == nil {
				row.result.Maker = id
				_, row.err = enterChannel(tx, by, row.result)
			}
			if f, is := fault.As(row.err); is && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) || len(fault.All(row.err)) > 0 && fault.Of(row.err) == fault.Invalid {
				bad = append(bad, BadChannel{row.line, row.err})
				continue
			}
			if row.err != nil {
				return row.err
			}
			taken++
		}
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("channel results of maker %s: %w", id, err)
	}
	return taken, bad, nil
}

// channelRow is a row of a file as it was understood.
type channelRow struct {
	line   int
	result ChannelResult
	err    error
}

// parseChannels reads a file of results without a database.
func parseChannels(content []byte) ([]channelRow, error) {
	if len(content) > MaxChannelFile {
		return nil, fault.TooLarge.Say("The file is larger than %d MB.", MaxChannelFile>>20)
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if db.Text(string(content)) != nil {
		return nil, fault.Invalid.Say("The file is not UTF-8 text.")
	}
	reader := csv.NewReader(bytes.NewReader(content))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if err != nil {
		return nil, fault.Invalid.Say("The file has no first line that names its columns.").Because(err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, needed := range ChannelColumns[:6] {
		if _, there := at[needed]; !there {
			return nil, fault.Invalid.Say("The file has no column %s.", needed)
		}
	}
	var rows []channelRow
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		line, _ := reader.FieldPos(0)
		if err != nil {
			return nil, fault.Invalid.Say("Line %d of the file cannot be read.", line).Because(err)
		}
		if len(rows) == maxChannelRows {
			return nil, fault.TooLarge.Say("The file has more than %d rows.", maxChannelRows)
		}
		rows = append(rows, readChannel(line, record, at))
	}
}

func readChannel(line int, record []string, at map[string]int) channelRow {
	row := channelRow{line: line}
	cell := func(name string) string {
		if i, there := at[name]; there && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	var wrong []error
	count := func(name string) int64 {
		text := strings.ReplaceAll(cell(name), ",", "")
		if text == "" {
			return 0
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			wrong = append(wrong, fault.Invalid.Say("Give a number.").At(name))
		}
		return n
	}
	row.result = ChannelResult{Channel: Channel(strings.ToLower(cell("channel"))), Begins: cell("begins"), Ends: cell("ends"), Visits: count("visits"), Searches: count("searches"), Orders: count("orders")}
	if text := cell("spent"); text != "" && text != "0" {
		var err error
		if row.result.Spent, err = ReadAmount(text, cell("currency"), "spent"); err != nil {
			wrong = append(wrong, err)
		}
	}
	row.err = joined(wrong)
	return row
}

func pagesAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	all, err := db.All(tx, scanProduct, productsOf, string(m.ID))
	whole := 0
	for _, p := range all {
		if p.Whole() {
			whole++
		}
	}
	return Answer{Met: whole > 0, Detail: Words{fmt.Sprintf("%d of %d pages pass", whole, len(all)), fmt.Sprintf("%d 个页面中 %d 个通过", len(all), whole)}, Path: "marketing"}, err
}

func planAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	p, err := findPlan(tx, m.ID)
	detail := Words{"No plan yet", "尚无计划"}
	if p.Version > 0 {
		detail = Words{fmt.Sprintf("%d steps", len(p.Steps)), fmt.Sprintf("%d 个步骤", len(p.Steps))}
	}
	return Answer{Met: len(p.Steps) > 0, Detail: detail, Path: "marketing"}, err
}
