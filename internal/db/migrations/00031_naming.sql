-- +goose Up
-- From a name to a brand: proposals with what is known against them, filings at offices, the brand file, the page for buyers.
create table brand_proposal (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  name TEXT not null,
  also TEXT not null,
  meaning TEXT not null,
  logo TEXT not null, -- the content hash; empty: none
  classes TEXT not null, -- "25,18"
  state TEXT not null,
  risk TEXT not null,
  report TEXT not null,
  digest TEXT not null,
  checked_at BIGINT not null,
  why TEXT not null, -- a manager's word on a risky name
  version BIGINT not null,
  made_at BIGINT not null,
  made_by TEXT not null,
  made_name TEXT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  entry TEXT not null,
  request TEXT not null
) STRICT;
create index brand_proposal_of on brand_proposal (maker, made_at, id);
create index brand_proposal_chosen on brand_proposal (state, made_at, id);
create unique index brand_proposal_once on brand_proposal (maker, made_by, request) where request <> '';

create table brand_filing (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  proposal TEXT not null references brand_proposal (id),
  office TEXT not null,
  classes TEXT not null,
  number TEXT not null,
  state TEXT not null,
  day TEXT not null, -- of the state
  document TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  request TEXT not null
) STRICT;
create index brand_filing_of on brand_filing (maker, made_at, id);
create unique index brand_filing_number on brand_filing (office, number) where number <> '';
create unique index brand_filing_once on brand_filing (maker, request) where request <> '';

create table filing_step (
  id TEXT not null primary key,
  filing TEXT not null references brand_filing (id),
  state TEXT not null,
  day TEXT not null,
  said TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null
) STRICT;
create index filing_step_of on filing_step (filing, at, id);

create table brand_item (
  maker TEXT not null references maker (id),
  item TEXT not null, -- of the industry's brand file
  words TEXT not null,
  document TEXT not null,
  document_name TEXT not null,
  state TEXT not null,
  why TEXT not null,
  version BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  by_id TEXT not null,
  entry TEXT not null,
  primary key (maker, item)
) STRICT;

create table brand_page (
  maker TEXT not null primary key references maker (id),
  slug TEXT not null unique,
  state TEXT not null,
  consent_by TEXT not null,
  consent_at BIGINT not null,
  published_by TEXT not null,
  published_at BIGINT not null,
  version BIGINT not null,
  entry TEXT not null
) STRICT;
