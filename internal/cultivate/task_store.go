package cultivate

import (
	"github.com/ownmark/ownmark/internal/db"
)

const (
	taskColumns = `t.id, t.maker, m.name, t.side, t.owner, t.owner_name, t.title_en, t.title_zh, t.detail_en, t.detail_zh, t.due_at, t.template, t.origin, t.state,
		t.closed_at, t.closed_by, t.closed_name, t.said, t.version, t.made_at, t.made_by, t.updated_at, t.updated_by`
	fromTasks = ` from maker_task t join maker m on m.id = t.maker`

	listTasks  = `select ` + taskColumns + fromTasks
	countTasks = `select count(*)` + fromTasks
	oneTask    = `select ` + taskColumns + fromTasks + ` where t.id = $1`
	taskByForm = `select ` + taskColumns + fromTasks + ` where t.maker = $1 and t.made_by = $2 and t.request = $3`
	tasksFrom  = `select ` + taskColumns + fromTasks + ` where t.maker = $1 and t.origin = $2 order by t.id`
	templateOf = `select ` + taskColumns + fromTasks + ` where t.maker = $1 and t.template <> '' order by t.id`
	writeTask  = `insert into maker_task (id, maker, side, owner, owner_name, title_en, title_zh, detail_en, detail_zh, due_at, template, origin, state, closed_at, closed_by, closed_name,
		said, version, made_at, made_by, updated_at, updated_by, request, search) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		on conflict (id) do update set owner = excluded.owner, owner_name = excluded.owner_name, due_at = excluded.due_at, origin = excluded.origin, state = excluded.state,
		closed_at = excluded.closed_at, closed_by = excluded.closed_by, closed_name = excluded.closed_name, said = excluded.said, version = excluded.version,
		updated_at = excluded.updated_at, updated_by = excluded.updated_by`
	openTaskCounts = `select t.maker, count(*), sum(case when t.due_at > 0 and t.due_at <= $1 then 1 else 0 end) from maker_task t join maker m on m.id = t.maker
		where m.cohort = $2 and t.state = 'open' group by t.maker`
)

func scanTask(r db.Row) (t Task, err error) {
	var due, closed, made, updated int64
	err = r.Scan(&t.ID, &t.Maker, &t.MakerName, &t.Side, &t.Owner, &t.OwnerName, &t.Title.English, &t.Title.Chinese, &t.Detail.English, &t.Detail.Chinese, &due, &t.Template, &t.Origin,
		&t.State, &closed, &t.ClosedBy, &t.ClosedName, &t.Said, &t.Version, &made, &t.MadeBy, &updated, &t.UpdatedBy)
	t.Due, t.ClosedAt, t.MadeAt, t.UpdatedAt = db.Time(due), db.Time(closed), db.Time(made), db.Time(updated)
	return t, err
}

func keepTask(tx *db.Tx, t Task, request string) error {
	_, err := tx.Exec(writeTask, string(t.ID), string(t.Maker), string(t.Side), string(t.Owner), t.OwnerName, t.Title.English, t.Title.Chinese, t.Detail.English, t.Detail.Chinese,
		db.Micros(t.Due), t.Template, t.Origin, string(t.State), db.Micros(t.ClosedAt), string(t.ClosedBy), t.ClosedName, t.Said, t.Version, db.Micros(t.MadeAt), string(t.MadeBy),
		db.Micros(t.UpdatedAt), t.UpdatedBy, request, db.Fold(t.Title.English, t.Title.Chinese, t.OwnerName))
	return err
}
