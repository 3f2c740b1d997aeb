-- +goose Up
-- Where a decision holds, until when, whether it holds the payout back, and when its time ran out.
alter table decision add column territory TEXT not null default ''; -- ISO 3166-1 alpha-2, apart by spaces; empty: everywhere
alter table decision add column until_at BIGINT not null default 0; -- 0: without an end
alter table decision add column payout BOOLEAN not null default false;
alter table decision add column ended_at BIGINT not null default 0;
alter table decision add column ended_entry TEXT not null default '';
alter table decision add column in_union BOOLEAN not null default true; -- it holds in a state whose database is told of it
create index decision_term on decision (until_at, id) where until_at > 0 and ended_at = 0;
create unique index decision_by_ended_entry on decision (ended_entry) where ended_entry <> '';
