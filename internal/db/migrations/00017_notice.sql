-- +goose Up
-- What rights holders own, and their notices.
create table rights (
  id TEXT not null primary key,
  organisation TEXT not null,
  kind TEXT not null,
  mark TEXT not null, -- as registered
  search TEXT not null, -- folded mark, number and owner
  brand TEXT not null, -- that it protects; empty when none is named
  office TEXT not null,
  number TEXT not null,
  owner TEXT not null, -- as registered
  document TEXT not null, -- the rest, JSON
  valid_from BIGINT not null,
  valid_to BIGINT not null, -- exclusive; 0: without end
  state TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create unique index rights_number on rights (organisation, office, number, kind);
create index rights_by_organisation on rights (organisation, mark, id);
create index rights_to_verify on rights (updated_at, id) where state = 'declared';

-- One owner's word that another organisation acts for it.
create table mandate (
  owner TEXT not null, -- organisation
  agent TEXT not null, -- organisation
  valid_to BIGINT not null, -- exclusive; 0: without end
  given_at BIGINT not null,
  given_by TEXT not null,
  ended_at BIGINT not null, -- 0 while it stands
  primary key (owner, agent)
) STRICT;
create index mandate_by_agent on mandate (agent);

create table notice (
  id TEXT not null primary key,
  organisation TEXT not null, -- on whose behalf
  by_id TEXT not null,
  by_name TEXT not null,
  rights TEXT not null references rights (id),
  listing TEXT not null references listing (id),
  document TEXT not null, -- what was said, JSON
  lane TEXT not null,
  state TEXT not null,
  received_at BIGINT not null,
  due_at BIGINT not null,
  decided_at BIGINT not null, -- 0 while it waits
  decision TEXT not null,
  entry TEXT not null -- in the ledger
) STRICT;
-- The same notice twice is one, whatever a program does wrong.
create unique index notice_waiting on notice (organisation, rights, listing) where state = 'received';
create index notice_by_listing on notice (listing, received_at, id);
create index notice_by_organisation on notice (organisation, received_at, id);
create index notice_by_time on notice (received_at, id);
create index notice_by_state on notice (state, due_at, id);
create index notice_by_decision on notice (decision) where decision <> '';
create index notice_decided on notice (organisation, decided_at) where decided_at > 0;

-- Which notices a decision answered: only ever added to, whatever becomes of either.
create table answer (
  decision TEXT not null references decision (id),
  notice TEXT not null references notice (id),
  primary key (decision, notice)
) STRICT;
create index answer_by_notice on answer (notice);

create table notifier (
  organisation TEXT not null primary key,
  lane TEXT not null,
  since BIGINT not null,
  shut_until BIGINT not null -- the fast lane does not open before; 0: it may
) STRICT;

alter table review add column notices BIGINT not null default 0; -- that wait for this listing's decision
alter table review add column urgency BIGINT not null default 50; -- the priority that the policy gives
alter table review add column due_at BIGINT not null default 0; -- of the first of them; 0 for none
create index review_due on review (due_at, listing) where waiting and due_at > 0;
