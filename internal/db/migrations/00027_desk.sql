-- +goose Up
-- Industries that ask to join, and the desk from which makers are led.
create table petition (
  id TEXT not null primary key,
  industry TEXT not null, -- a known one's id; empty: trade says it in words
  trade TEXT not null,
  place TEXT not null,
  body TEXT not null, -- who asks, by name
  person TEXT not null,
  email TEXT not null,
  phone TEXT not null,
  note TEXT not null,
  source TEXT not null,
  facts TEXT not null, -- JSON
  state TEXT not null,
  score DOUBLE PRECISION not null, -- by the weights in force
  known DOUBLE PRECISION not null, -- share of the weights whose part is known
  reasons TEXT not null,
  ask_again BIGINT not null, -- 0: no date
  cohort TEXT not null, -- opened for it
  received_at BIGINT not null,
  twin TEXT not null, -- folded who, what and where: the same request twice is one
  search TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create index petition_by_score on petition (score, id);
create index petition_by_time on petition (received_at, id);
-- Two that ask for the same at once are one as long as nothing was decided.
create unique index petition_twin on petition (twin) where state in ('received', 'reviewing');

create table petition_step (
  id TEXT not null primary key,
  petition TEXT not null references petition (id),
  from_state TEXT not null,
  to_state TEXT not null,
  why TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null,
  request TEXT not null
) STRICT;
create index petition_step_of on petition_step (petition, at, id);
create unique index petition_step_once on petition_step (by_id, request) where request <> '';

-- What a file of requests brought, so that the same file twice is taken once.
create table petition_file (
  digest TEXT not null primary key,
  report TEXT not null,
  by_name TEXT not null,
  at BIGINT not null
) STRICT;

-- How often a form that anybody may send was sent from an address in an hour.
create table petition_knock (
  source TEXT not null,
  hour BIGINT not null,
  times BIGINT not null,
  primary key (source, hour)
) STRICT;

create table weighing (
  id TEXT not null primary key,
  weights TEXT not null, -- JSON
  why TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null
) STRICT;
create index weighing_by_time on weighing (at, id);

-- The moves that one form made.
create index maker_step_by_form on maker_step (by_id, request) where request <> '';

-- Moves that were taken back.
create table step_undone (
  step TEXT not null primary key references maker_step (id),
  by_step TEXT not null references maker_step (id)
) STRICT;

create table maker_task (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  side TEXT not null, -- whose it is: programme or firm
  owner TEXT not null,
  owner_name TEXT not null,
  title_en TEXT not null,
  title_zh TEXT not null,
  detail_en TEXT not null,
  detail_zh TEXT not null,
  due_at BIGINT not null, -- 0: none
  template TEXT not null, -- from which it was made; empty: by a person
  origin TEXT not null, -- the move or the meeting it comes from
  state TEXT not null,
  closed_at BIGINT not null,
  closed_by TEXT not null,
  closed_name TEXT not null,
  said TEXT not null, -- on closing it
  request TEXT not null,
  search TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  made_by TEXT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create index maker_task_of on maker_task (maker, state, due_at, id);
create index maker_task_due on maker_task (state, due_at, id);
create index maker_task_owner on maker_task (owner, state, due_at, id);
create unique index maker_task_template on maker_task (maker, template) where template <> '';
create unique index maker_task_once on maker_task (maker, made_by, request) where request <> '';

create table maker_message (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  side TEXT not null,
  text TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null,
  request TEXT not null
) STRICT;
create index maker_message_of on maker_message (maker, at, id);
create unique index maker_message_once on maker_message (maker, by_id, request) where request <> '';

create table message_read (
  maker TEXT not null references maker (id),
  person TEXT not null,
  until BIGINT not null, -- the time of the last message that was seen
  primary key (maker, person)
) STRICT;

-- Files that hang on a message, an action or another thing of a maker.
create table attachment (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  of_kind TEXT not null,
  of_id TEXT not null,
  hash TEXT not null,
  name TEXT not null,
  by_name TEXT not null,
  at BIGINT not null
) STRICT;
create index attachment_of on attachment (maker, at, id);
create index attachment_on on attachment (of_id, id);

create table corrective_action (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  finding TEXT not null,
  cause TEXT not null,
  plan TEXT not null,
  evidence TEXT not null,
  due_at BIGINT not null,
  state TEXT not null,
  answered_by TEXT not null, -- who said it was done
  made_by TEXT not null,
  made_name TEXT not null,
  request TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create index corrective_action_of on corrective_action (maker, made_at, id);
create index corrective_action_open on corrective_action (state, due_at, id);
create unique index corrective_action_once on corrective_action (maker, made_by, request) where request <> '';

create table action_step (
  id TEXT not null primary key,
  action TEXT not null references corrective_action (id),
  state TEXT not null,
  said TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null
) STRICT;
create index action_step_of on action_step (action, at, id);

create table mentor_visit (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  mentor TEXT not null,
  at BIGINT not null,
  place TEXT not null,
  agenda TEXT not null,
  agreed TEXT not null,
  state TEXT not null,
  request TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  made_by TEXT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create index mentor_visit_of on mentor_visit (maker, at, id);
create index mentor_visit_by_time on mentor_visit (at, id);
create unique index mentor_visit_once on mentor_visit (maker, made_by, request) where request <> '';

-- The secret addresses of calendars; only their hash is kept.
create table calendar_feed (
  person TEXT not null primary key,
  secret TEXT not null unique,
  made_at BIGINT not null,
  read_at BIGINT not null -- 0: never
) STRICT;
