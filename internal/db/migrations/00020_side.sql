-- +goose Up
-- The other side's say: what sellers and notifiers put against decisions, and how accounts behave.
create table appeal (
  id TEXT not null primary key,
  kind TEXT not null,
  side TEXT not null, -- seller or notifier
  decision TEXT not null references decision (id), -- against which
  notice TEXT not null, -- that was refused; empty for a seller's
  organisation TEXT not null, -- whose people filed it
  seller TEXT not null,
  listing TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  document TEXT not null, -- what was said, JSON
  state TEXT not null,
  filed_at BIGINT not null,
  due_at BIGINT not null, -- by when it is to be answered
  closed_at BIGINT not null, -- 0 while it is open
  closed_by TEXT not null,
  closed_name TEXT not null,
  reasons TEXT not null, -- of the answer
  rehearing TEXT not null, -- the decision taken in the other's place; empty when there is none
  version BIGINT not null,
  entry TEXT not null -- in the ledger
) STRICT;
-- Whatever a program does wrong, one party has one open appeal against a decision.
create unique index appeal_open on appeal (decision, side, organisation) where state = 'filed';
create index appeal_by_time on appeal (filed_at, id);
create index appeal_by_state on appeal (state, due_at, id);
create index appeal_by_organisation on appeal (organisation, filed_at, id);
create index appeal_by_decision on appeal (decision, filed_at, id);
create index appeal_by_rehearing on appeal (rehearing) where rehearing <> '';

-- A counter-statement on its way to one of those who gave notice: China's E-Commerce Law Art. 43.
create table forwarding (
  appeal TEXT not null references appeal (id),
  organisation TEXT not null, -- to whom
  notice TEXT not null, -- of theirs that it answers
  state TEXT not null,
  forwarded_at BIGINT not null,
  arrived_at BIGINT not null, -- 0 while it has not
  arrived_how TEXT not null,
  due_at BIGINT not null, -- the end of the period; 0 while it does not run
  act TEXT not null, -- what the notifier did
  reference TEXT not null,
  acted_at BIGINT not null,
  closed_at BIGINT not null, -- 0 while it is open
  primary key (appeal, organisation)
) STRICT;
create index forwarding_due on forwarding (due_at, appeal) where state = 'arrived';
create index forwarding_by_organisation on forwarding (organisation, forwarded_at, appeal);

-- How a seller's account or a notifier behaves: DSA Art. 23.
create table conduct (
  organisation TEXT not null primary key,
  side TEXT not null,
  name TEXT not null,
  level TEXT not null,
  points BIGINT not null, -- thousandths, as of updated_at
  factors TEXT not null, -- Art. 23(3), JSON
  warned_at BIGINT not null, -- 0 while it was not
  proposed_by TEXT not null,
  proposed_name TEXT not null,
  proposed_at BIGINT not null,
  reasons TEXT not null,
  confirmed_by TEXT not null,
  confirmed_name TEXT not null,
  suspended_at BIGINT not null,
  until_at BIGINT not null, -- the end of the suspension; 0 while there is none
  recheck_at BIGINT not null, -- when time alone may change the level; 0 for never
  version BIGINT not null,
  updated_at BIGINT not null
) STRICT;
create index conduct_by_points on conduct (side, points, organisation);
create index conduct_recheck on conduct (recheck_at) where recheck_at > 0;
