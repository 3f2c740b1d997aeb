-- +goose Up
-- Who is behind a seller's account: DSA Art. 30, and the INFORM Consumers Act of the United States.
create table trader (
  seller TEXT not null primary key,
  search TEXT not null, -- folded id, name and number
  facts TEXT not null, -- JSON
  payment TEXT not null, -- the account, sealed; empty when none is given
  documents TEXT not null, -- JSON
  step TEXT not null,
  due_at BIGINT not null, -- by when the step is to be done; 0: no clock runs
  high BOOLEAN not null, -- a high-volume third party seller
  discloses BOOLEAN not null, -- above the threshold of disclosure
  asked_at BIGINT not null,
  ended_at BIGINT not null, -- the end of the contract; 0 while it stands
  delete_at BIGINT not null, -- 0 while it stands
  version BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create index trader_by_due on trader (due_at, seller) where due_at > 0;
create index trader_to_delete on trader (delete_at) where delete_at > 0;

create table trader_sales (
  seller TEXT not null,
  month TEXT not null, -- "2026-11"
  sales BIGINT not null, -- separate sales of new or unused goods, paid through the marketplace
  cents BIGINT not null, -- gross, US cents
  primary key (seller, month)
) STRICT;

-- Organisations to which a Digital Services Coordinator gave the status of DSA Art. 22, and what was wrong with their notices.
create table flagger (
  organisation TEXT not null primary key,
  coordinator TEXT not null, -- that gave it
  country TEXT not null, -- the coordinator's member state
  area TEXT not null, -- of expertise
  awarded_at BIGINT not null,
  suspended_at BIGINT not null, -- 0 while it counts
  why TEXT not null, -- it was suspended
  changed_by TEXT not null,
  changed_at BIGINT not null,
  version BIGINT not null
) STRICT;

create table flagger_defect (
  notice TEXT not null references notice (id),
  kind TEXT not null,
  organisation TEXT not null,
  note TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  primary key (notice, kind)
) STRICT;
create index flagger_defect_by_organisation on flagger_defect (organisation, at, notice);
