-- +goose Up
-- What anybody says of a listing, without a right of their own: DSA Art. 16.
create table report (
  id TEXT not null primary key,
  secret TEXT not null, -- the digest of the follow-up link's secret
  listing TEXT not null references listing (id),
  kind TEXT not null,
  place TEXT not null, -- the listing as it was named
  reasons TEXT not null,
  name TEXT not null, -- empty where the law asks for none
  email TEXT not null,
  language TEXT not null,
  origin TEXT not null, -- the digest of where it came from, for a day; then empty
  state TEXT not null,
  received_at BIGINT not null,
  due_at BIGINT not null,
  decided_at BIGINT not null, -- 0 while it waits
  decision TEXT not null, -- that answers it
  objection TEXT not null,
  objected_at BIGINT not null, -- 0: never
  entry TEXT not null -- in the ledger
) STRICT;
create unique index report_by_secret on report (secret);
create index report_waiting on report (listing, received_at, id) where state = 'received';
create index report_by_decision on report (decision) where decision <> '';
create index report_by_time on report (received_at, id);
create index report_by_state on report (state, received_at, id);
create index report_by_origin on report (origin, received_at) where origin <> '';
