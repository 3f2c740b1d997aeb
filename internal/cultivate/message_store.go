package cultivate

import (
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
)

const (
	messageColumns = `id, maker, side, text, by_id, by_name, at, entry`
	listMessages   = `select ` + messageColumns + ` from maker_message`
	messageByForm  = `select ` + messageColumns + ` from maker_message where maker = $1 and by_id = $2 and request = $3`
	lastMessage    = `select coalesce(max(at), 0) from maker_message where maker = $1`
	addMessage     = `insert into maker_message (id, maker, side, text, by_id, by_name, at, entry, request) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

	markRead = `insert into message_read (maker, person, until) values ($1, $2, $3) on conflict (maker, person) do update set until = excluded.until
		where message_read.until < excluded.until`
	unreadOf = `select count(*) from maker_message g left join message_read r on r.maker = g.maker and r.person = $2
		where g.maker = $1 and g.by_id <> $2 and g.at > coalesce(r.until, 0)`
	unreadByFirm = `select g.maker, count(*) from maker_message g join maker m on m.id = g.maker left join message_read r on r.maker = g.maker and r.person = $1
		where m.organisation = $2 and g.by_id <> $1 and g.at > coalesce(r.until, 0) group by g.maker`
	unreadByProgramme = `select g.maker, count(*) from maker_message g join maker m on m.id = g.maker left join message_read r on r.maker = g.maker and r.person = $1
		where g.side = 'firm' and (m.owner = $1 or m.owner = '') and g.at > coalesce(r.until, 0) group by g.maker`
	unreadInCohort = `select g.maker, count(*) from maker_message g join maker m on m.id = g.maker left join message_read r on r.maker = g.maker and r.person = $1
		where m.cohort = $2 and g.side = 'firm' and g.at > coalesce(r.until, 0) group by g.maker`

	attachmentColumns = `id, maker, of_kind, of_id, hash, name, by_name, at`
	attachmentsOf     = `select ` + attachmentColumns + ` from attachment where maker = $1 order by at, id`
	addAttachment     = `insert into attachment (` + attachmentColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8)`
)

func scanMessage(r db.Row) (m Message, err error) {
	var at int64
	err = r.Scan(&m.ID, &m.Maker, &m.Side, &m.Text, &m.By, &m.ByName, &at, &m.Entry)
	m.At = db.Time(at)
	return m, err
}

func scanAttachment(r db.Row) (a Attachment, err error) {
	var at int64
	var hash string
	if err := r.Scan(&a.ID, &a.Maker, &a.Of, &a.OfID, &hash, &a.Name, &a.ByName, &at); err != nil {
		return a, err
	}
	a.At = db.Time(at)
	a.Hash, err = blob.Parse(hash)
	return a, err
}
