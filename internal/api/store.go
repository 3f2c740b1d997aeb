package api

import (
	"github.com/ownmark/ownmark/internal/db"
)

const (
	addRequest = `insert into api_request (api_key, idempotency, request, holder, status, headers, body, until, at)
		values ($1, $2, $3, $4, 0, '', '', $5, $6) on conflict (api_key, idempotency) do nothing`
	requestOf = `select request, status, headers, body, until, at from api_request where api_key = $1 and idempotency = $2`
	// takeRequest begins anew with a key whose attempt has run out, or whose day is over.
	takeRequest = `update api_request set request = $3, holder = $4, status = 0, headers = '', body = '', until = $5, at = $6
		where api_key = $1 and idempotency = $2`
	answerRequest  = `update api_request set status = $4, headers = $5, body = $6 where api_key = $1 and idempotency = $2 and holder = $3`
	releaseRequest = `delete from api_request where api_key = $1 and idempotency = $2 and holder = $3 and status = 0`
	forgetRequests = `delete from api_request where at < $1`
)

func scanKept(r db.Row) (k kept, err error) {
	var until, at int64
	err = r.Scan(&k.Request, &k.Status, &k.Headers, &k.Body, &until, &at)
	k.Until, k.At = db.Time(until), db.Time(at)
	return k, err
}
