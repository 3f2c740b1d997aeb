-- +goose Up
-- Decisions on many listings at once that wait for a second person.
create table together (
  id TEXT not null primary key,
  outcome TEXT not null,
  reason TEXT not null,
  note TEXT not null,
  territory TEXT not null, -- as of decision
  until_at BIGINT not null,
  payout BOOLEAN not null,
  items TEXT not null, -- JSON: listings with the version the person saw
  listings BIGINT not null,
  state TEXT not null, -- proposed, confirmed, declined
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  closed_by TEXT not null,
  closed_name TEXT not null,
  closed_at BIGINT not null, -- 0 while it waits
  why TEXT not null, -- it was declined
  taken BIGINT not null, -- decisions that were taken on it
  group_id TEXT not null, -- theirs
  entry TEXT not null,
  request TEXT not null
) STRICT;
create index together_by_state on together (state, at, id);
create unique index together_once on together (by_id, request) where request <> '';
