-- +goose Up
-- What became of each statement of reasons on its way to the EU's transparency database.
create table transmission (
  decision TEXT not null primary key references decision (id),
  decided_at BIGINT not null,
  state TEXT not null,
  batch TEXT not null, -- of the request that carries or carried it; empty while it waits
  changed_at BIGINT not null,
  attempts BIGINT not null,
  receipt TEXT not null, -- the database's own id of the statement; empty until it has one
  problem TEXT not null -- what the database said against it; empty when nothing
) STRICT;
create index transmission_waiting on transmission (decided_at, decision) where state = 'waiting';
create index transmission_by_state on transmission (state, decided_at, decision);
