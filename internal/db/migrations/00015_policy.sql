-- +goose Up
-- What is done with listings, by policy; what people found them to be; how the machine's evidence drifts.
create table policy (
  number BIGINT not null primary key,
  document TEXT not null, -- its terms, JSON
  title TEXT not null,
  state TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  made_by TEXT not null,
  made_name TEXT not null,
  edited_at BIGINT not null,
  edited_by TEXT not null,
  edited_name TEXT not null,
  proposed_at BIGINT not null, -- 0 while it is not
  proposed_by TEXT not null,
  proposed_name TEXT not null,
  proposed_why TEXT not null
) STRICT;
create index policy_by_state on policy (state, number);

-- What was live when: only ever added to. The newest row is what is live; none means the shipped policy.
create table policy_switch (
  number BIGINT not null primary key,
  policy BIGINT not null,
  at BIGINT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  asked_id TEXT not null, -- who proposed it; empty when it is a going back
  asked_name TEXT not null,
  why TEXT not null,
  entry TEXT not null -- in the ledger
) STRICT;

-- Grows with whatever changes what runs, so that no worker stores what an older one made.
create table policy_revision (
  one BIGINT not null primary key,
  revision BIGINT not null
) STRICT;
insert into policy_revision (one, revision) values (1, 0);

create table model (
  version TEXT not null primary key,
  document TEXT not null,
  at BIGINT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  entry TEXT not null
) STRICT;

-- The trial of a policy: beside the live one, and over the past.
create table trial (
  policy BIGINT not null,
  number BIGINT not null, -- the first trial of the policy is 1
  state TEXT not null,
  live BIGINT not null, -- the policy it is held against
  revision BIGINT not null, -- of policies, when it began
  place TEXT not null, -- the listing that the replay has come to
  total BIGINT not null,
  done BIGINT not null,
  past TEXT not null, -- what the replay found, JSON
  beside TEXT not null, -- what it found on listings that came in since, JSON
  started_at BIGINT not null,
  updated_at BIGINT not null,
  ended_at BIGINT not null, -- of the replay; 0 while it runs
  started_by TEXT not null,
  started_name TEXT not null,
  primary key (policy, number)
) STRICT;

-- Listings that a policy on trial would have treated otherwise; bounded in number for each trial.
create table trial_difference (
  policy BIGINT not null,
  trial BIGINT not null,
  listing TEXT not null,
  beside BOOLEAN not null, -- came in while the trial ran
  was TEXT not null,
  action TEXT not null,
  rule TEXT not null,
  verdict TEXT not null,
  score DOUBLE PRECISION not null,
  brand TEXT not null,
  primary key (policy, trial, listing)
) STRICT;
create index trial_difference_by_move on trial_difference (policy, trial, was, action, listing);

-- What people found a listing to be, with what the machine said of it then.
create table finding (
  id TEXT not null primary key, -- the decision's
  listing TEXT not null,
  finding TEXT not null, -- fake, genuine
  at BIGINT not null,
  overturned_at BIGINT not null, -- 0 while it stands
  verdict TEXT not null,
  score DOUBLE PRECISION not null,
  brand TEXT not null,
  signals TEXT not null, -- the names, JSON
  model TEXT not null,
  action TEXT not null,
  rule TEXT not null,
  policy BIGINT not null,
  audit BOOLEAN not null,
  weight DOUBLE PRECISION not null -- how many scanned listings it stands for: 1, or more when it was looked at by draw only
) STRICT;
create index finding_by_listing on finding (listing, at, id);
create index finding_by_time on finding (at, id);
create index finding_audit on finding (at, id) where audit;

-- A row a message scanned, until it is added up: workers never wait for each other at a count.
create table scan_tally (
  message TEXT not null primary key,
  at BIGINT not null,
  document TEXT not null
) STRICT;
create index scan_tally_by_time on scan_tally (at, message);

create table signal_day (
  day BIGINT not null, -- since 1970
  signal TEXT not null, -- empty: all listings scanned
  listings BIGINT not null,
  suspected BIGINT not null,
  bits DOUBLE PRECISION not null,
  primary key (day, signal)
) STRICT;

alter table verdict add column action TEXT not null default '';
alter table verdict add column queue TEXT not null default '';
alter table verdict add column priority BIGINT not null default 0;
alter table verdict add column rule TEXT not null default '';
alter table verdict add column policy BIGINT not null default 0;
alter table verdict add column audit BOOLEAN not null default false;
update verdict set action = case verdict when 'clear' then 'clear' else 'review' end, priority = case verdict when 'fake' then 60 when 'review' then 50 else 0 end,
  queue = case verdict when 'fake' then 'likely' when 'review' then 'unsure' else '' end;
alter table verdict_change add column action TEXT not null default '';
alter table verdict_change add column rule TEXT not null default '';
alter table verdict_change add column policy BIGINT not null default 0;
alter table review add column queue TEXT not null default '';
alter table review add column action TEXT not null default 'review';
create index review_queue_by_queue on review (queue, priority, listing) where waiting;
