-- +goose Up
-- How a maker's brand is made known: a plan with its steps, the checks of product pages, the kit, and what each channel brought.
create table marketing_plan (
  maker TEXT not null primary key references maker (id),
  goal TEXT not null,
  budget BIGINT not null, -- minor units of currency
  currency TEXT not null,
  begins TEXT not null,
  ends TEXT not null,
  version BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  entry TEXT not null
) STRICT;

create table marketing_step (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  channel TEXT not null,
  title TEXT not null,
  day TEXT not null,
  budget BIGINT not null,
  state TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  request TEXT not null
) STRICT;
create index marketing_step_of on marketing_step (maker, day, id);
create unique index marketing_step_once on marketing_step (maker, request) where request <> '';

create table product_page (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  title TEXT not null,
  address TEXT not null,
  checks TEXT not null, -- names of what was seen to be so, apart by spaces
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  request TEXT not null
) STRICT;
create index product_page_of on product_page (maker, made_at, id);
create unique index product_page_once on product_page (maker, request) where request <> '';

create table channel_result (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  channel TEXT not null,
  begins TEXT not null,
  ends TEXT not null,
  visits BIGINT not null,
  searches BIGINT not null, -- for the brand's name
  orders BIGINT not null,
  spent BIGINT not null, -- minor units of currency
  currency TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null,
  replaced TEXT not null -- the later one that took its place; empty while it stands
) STRICT;
create index channel_result_of on channel_result (maker, begins, id);
