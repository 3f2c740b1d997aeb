-- +goose Up
-- Workshops on their way to brands of their own.
create table cohort (
  id TEXT not null primary key,
  industry TEXT not null,
  name TEXT not null,
  place TEXT not null,
  places BIGINT not null,
  state TEXT not null,
  opens_at BIGINT not null, -- 0: not said
  closes_at BIGINT not null,
  starts_at BIGINT not null,
  ends_at BIGINT not null,
  note TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
create index cohort_by_time on cohort (made_at, id);

create table maker (
  id TEXT not null primary key,
  cohort TEXT not null references cohort (id),
  industry TEXT not null,
  organisation TEXT not null,
  name TEXT not null,
  search TEXT not null, -- folded name, number, place
  number TEXT not null, -- of the firm's registration; empty until it is known
  place TEXT not null,
  stage TEXT not null,
  was TEXT not null, -- from which a suspended one was taken
  since BIGINT not null,
  owner TEXT not null,
  owner_name TEXT not null,
  seller TEXT not null,
  brand TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null
) STRICT;
-- A firm goes through a cohort once.
create unique index maker_once on maker (cohort, organisation);
create unique index maker_number on maker (cohort, number) where number <> '';
create index maker_by_stage on maker (cohort, stage, since, id);
create index maker_by_organisation on maker (organisation, made_at, id);
create index maker_by_seller on maker (seller) where seller <> '';
create index maker_by_brand on maker (brand) where brand <> '';
create index maker_by_time on maker (made_at, id);

create table maker_step (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  from_stage TEXT not null,
  to_stage TEXT not null,
  why TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null,
  request TEXT not null
) STRICT;
create index maker_step_of on maker_step (maker, at, id);
create unique index maker_step_once on maker_step (maker, by_id, request) where request <> '';

create table waiver (
  maker TEXT not null references maker (id),
  condition TEXT not null,
  why TEXT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null,
  primary key (maker, condition)
) STRICT;
