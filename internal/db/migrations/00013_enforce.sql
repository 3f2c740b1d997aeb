-- +goose Up
create table review (
  listing TEXT not null primary key references listing (id),
  title TEXT not null,
  search TEXT not null, -- folded title, id and seller
  seller TEXT not null,
  brand TEXT not null,
  category TEXT not null,
  cents BIGINT not null, -- -1 when there is no price
  verdict TEXT not null,
  score DOUBLE PRECISION not null,
  priority DOUBLE PRECISION not null,
  state TEXT not null,
  standing TEXT not null,
  decision TEXT not null, -- that stands; empty when none does
  version BIGINT not null,
  content BIGINT not null, -- the version of the listing
  opened_at BIGINT not null,
  reopened BOOLEAN not null,
  waiting BOOLEAN not null, -- open or escalated: in the queue
  assigned_to TEXT not null,
  assigned_name TEXT not null,
  assigned_until BIGINT not null
) STRICT;
create index review_queue on review (priority, listing) where waiting;
create index review_queue_by_age on review (opened_at, listing) where waiting;
create index review_queue_by_score on review (score, listing) where waiting;
create index review_queue_by_price on review (cents, listing) where waiting;
create index review_queue_by_brand on review (brand, priority, listing) where waiting;
create index review_by_state on review (state, priority, listing);
create index review_assigned on review (assigned_to) where assigned_to <> '';

create table decision (
  id TEXT not null primary key,
  listing TEXT not null references listing (id),
  outcome TEXT not null,
  reason TEXT not null,
  note TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  group_id TEXT not null,
  request TEXT not null,
  seller TEXT not null,
  brand TEXT not null,
  category TEXT not null,
  content BIGINT not null,
  verdict TEXT not null,
  score DOUBLE PRECISION not null,
  signals TEXT not null, -- the names, JSON
  model TEXT not null,
  revision BIGINT not null,
  standing TEXT not null,
  waited BIGINT not null, -- microseconds; 0 when it was not in the queue
  was_state TEXT not null, -- the review's state before
  was_opened BIGINT not null, -- and since when it waited
  was_reopened BOOLEAN not null,
  previous TEXT not null,
  superseded TEXT not null,
  entry TEXT not null, -- in the ledger
  undone_at BIGINT not null, -- 0 while it was not
  undone_by TEXT not null,
  undone_name TEXT not null,
  undone_why TEXT not null,
  undone_entry TEXT not null
) STRICT;
-- Whatever a program does wrong, two decisions never stand on one listing, and one request is one decision.
create unique index decision_standing on decision (listing) where undone_at = 0 and superseded = '';
create unique index decision_request on decision (by_id, request, listing) where request <> '';
create index decision_by_time on decision (at, id);
create index decision_by_listing on decision (listing, at, id);
create index decision_by_person on decision (by_id, at, id);
create index decision_by_brand on decision (brand, at, id);
create index decision_by_seller on decision (seller, at, id);
create unique index decision_by_entry on decision (entry);
create unique index decision_by_undone_entry on decision (undone_entry) where undone_entry <> '';
create index decision_by_group on decision (group_id) where group_id <> '';
create index decision_undone on decision (undone_at) where undone_at > 0;
