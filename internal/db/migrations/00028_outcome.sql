-- +goose Up
-- What becomes of makers: livelihoods, results that graduation is held against, alerts, hearings, and the common mark.
create table livelihood (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  quarter BIGINT not null, -- year * 4 + quarter - 1
  kind TEXT not null,
  value BIGINT not null, -- pieces, persons, hundredths of a per cent, or minor units of the currency
  currency TEXT not null,
  source TEXT not null,
  confidence BIGINT not null,
  note TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  replaced TEXT not null -- the later figure; empty while this one stands
) STRICT;
create unique index livelihood_standing on livelihood (maker, quarter, kind, source) where replaced = '';
create index livelihood_of on livelihood (maker, quarter, kind, at, id);

-- A file that was read once is not read again.
create table livelihood_file (
  hash TEXT not null,
  by_id TEXT not null,
  at BIGINT not null,
  taken BIGINT not null,
  bad BIGINT not null,
  primary key (hash, by_id)
) STRICT;

create table result (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  measure TEXT not null,
  from_at BIGINT not null,
  to_at BIGINT not null, -- the first moment behind the period
  part BIGINT not null,
  whole BIGINT not null,
  source TEXT not null,
  confidence BIGINT not null,
  note TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  replaced TEXT not null
) STRICT;
create unique index result_standing on result (maker, measure, from_at, to_at) where replaced = '';
create index result_of on result (maker, measure, to_at, id);

-- Accounts that a firm has declared as its own or its family's.
create table maker_account (
  maker TEXT not null references maker (id),
  account TEXT not null,
  tie TEXT not null, -- declared, family, former
  note TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  primary key (maker, account)
) STRICT;
create index maker_account_by_account on maker_account (account);

create table alert (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  cohort TEXT not null,
  organisation TEXT not null,
  name TEXT not null, -- of the maker
  subject TEXT not null, -- what it is about: a listing, a code, a seizure
  kind TEXT not null, -- the gravest evidence that stands
  state TEXT not null,
  hearing TEXT not null,
  why TEXT not null,
  due_at BIGINT not null,
  overdue BOOLEAN not null,
  version BIGINT not null,
  opened_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create unique index alert_once on alert (maker, subject);
create index alert_by_time on alert (opened_at, id);
create index alert_by_state on alert (state, opened_at, id);
create index alert_by_hearing on alert (hearing) where hearing <> '';

create table alert_evidence (
  alert TEXT not null references alert (id),
  ref TEXT not null, -- decision:…, verdict:…, what another room names
  kind TEXT not null,
  account TEXT not null,
  listing TEXT not null,
  title TEXT not null,
  tie TEXT not null,
  detail TEXT not null,
  path TEXT not null,
  score DOUBLE PRECISION not null,
  at BIGINT not null,
  withdrawn_at BIGINT not null,
  primary key (alert, ref)
) STRICT;
create index alert_evidence_by_ref on alert_evidence (ref);

-- A decision that was taken back before it was heard of.
create table alert_undone (
  ref TEXT not null primary key,
  at BIGINT not null
) STRICT;

create table hearing (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  organisation TEXT not null,
  state TEXT not null,
  reasons TEXT not null,
  place TEXT not null,
  held_on BIGINT not null, -- when it takes place
  called_by TEXT not null, -- who answers for it
  called_name TEXT not null,
  called_at BIGINT not null,
  statement TEXT not null,
  statement_at BIGINT not null,
  statement_name TEXT not null,
  minutes TEXT not null,
  came BOOLEAN not null,
  outcome TEXT not null,
  ground TEXT not null,
  deposit TEXT not null,
  forfeited BIGINT not null,
  currency TEXT not null,
  decided_by TEXT not null,
  decided_name TEXT not null,
  decided_at BIGINT not null,
  entry TEXT not null,
  overdue BOOLEAN not null,
  version BIGINT not null
) STRICT;
create index hearing_of on hearing (maker, called_at, id);
create index hearing_waiting on hearing (held_on) where decided_at = 0;

create table hearing_document (
  hearing TEXT not null references hearing (id),
  hash TEXT not null,
  name TEXT not null,
  size BIGINT not null,
  content BYTEA not null,
  by_name TEXT not null,
  at BIGINT not null,
  primary key (hearing, hash)
) STRICT;

create table common_mark (
  id TEXT not null primary key,
  name TEXT not null,
  owner TEXT not null,
  office TEXT not null,
  number TEXT not null,
  goods TEXT not null,
  rules BIGINT not null, -- the version in force; 0: none yet
  version BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;

create table mark_rules (
  mark TEXT not null references common_mark (id),
  number BIGINT not null,
  text_en TEXT not null,
  text_zh TEXT not null,
  material TEXT not null,
  tests TEXT not null, -- one a line
  floor BIGINT not null, -- the lowest price, minor units; 0: none
  currency TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null,
  primary key (mark, number)
) STRICT;

create table licence (
  id TEXT not null primary key,
  mark TEXT not null references common_mark (id),
  maker TEXT not null references maker (id),
  organisation TEXT not null,
  firm TEXT not null,
  search TEXT not null, -- the folded name of the firm
  number TEXT not null, -- empty until it is granted
  state TEXT not null,
  lines TEXT not null,
  from_at BIGINT not null,
  to_at BIGINT not null,
  rules BIGINT not null, -- the version that was agreed to
  hearing TEXT not null, -- that suspended it; empty when none did
  version BIGINT not null,
  applied_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create unique index licence_number on licence (mark, number) where number <> '';
create unique index licence_running on licence (mark, maker) where state in ('applied', 'granted', 'suspended');
create index licence_of_mark on licence (mark, applied_at, id);
create index licence_of_maker on licence (maker, applied_at, id);
create index licence_ends on licence (to_at) where state in ('granted', 'suspended');

create table licence_step (
  licence TEXT not null references licence (id),
  id TEXT not null,
  from_state TEXT not null,
  to_state TEXT not null,
  why TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null,
  primary key (licence, id)
) STRICT;

create table licence_check (
  id TEXT not null primary key,
  licence TEXT not null references licence (id),
  day BIGINT not null,
  tested TEXT not null,
  passed BOOLEAN not null,
  price BIGINT not null, -- seen, minor units; -1: none
  currency TEXT not null,
  listing TEXT not null,
  note TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null
) STRICT;
create index licence_check_of on licence_check (licence, day, id);
