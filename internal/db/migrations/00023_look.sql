-- +goose Up
-- Second looks at listings that were decided on, and golden items, by which the review itself is measured.
create table golden (
  listing TEXT not null primary key references listing (id),
  outcome TEXT not null,
  why TEXT not null,
  content BIGINT not null, -- the version of the listing that it holds for
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null
) STRICT;

create table look (
  id TEXT not null primary key,
  kind TEXT not null,
  listing TEXT not null references listing (id),
  content BIGINT not null, -- the version of the listing at the time
  decision TEXT not null, -- that is looked at again; empty for a golden item
  first_by TEXT not null, -- who took it, who does not look again; empty for a golden item
  first_name TEXT not null,
  first_outcome TEXT not null, -- or what is known to be right
  first_reason TEXT not null, -- empty for a golden item
  reviewer TEXT not null, -- for whom a golden item is, or who has begun; empty while anybody may
  until BIGINT not null, -- the one who has begun keeps it so long; 0: for good
  due TEXT not null, -- by a draw: looks are given in this order, so that nobody can tell what one is
  made_at BIGINT not null,
  done_at BIGINT not null, -- 0 while it waits
  by_id TEXT not null,
  by_name TEXT not null,
  outcome TEXT not null,
  reason TEXT not null,
  note TEXT not null,
  entry TEXT not null
) STRICT;
create unique index look_of_decision on look (decision) where decision <> '';
create unique index look_golden_once on look (listing, reviewer) where decision = '';
create index look_waiting on look (due, id) where done_at = 0;
create index look_done on look (done_at, id) where done_at > 0;
create index look_by_reviewer on look (by_id, done_at) where done_at > 0;

-- How far decisions were gone through for second looks.
create table look_head (
  name TEXT not null primary key,
  at BIGINT not null
) STRICT;
