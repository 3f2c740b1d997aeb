-- +goose Up
create table brand (
  id TEXT not null primary key,
  organisation TEXT not null, -- the rights holder's; empty when nobody has claimed the brand
  name TEXT not null,
  sort TEXT not null, -- the folded name
  search TEXT not null, -- folded name, aliases and id
  document TEXT not null, -- aliases, categories, classes, prices, note as JSON
  version BIGINT not null,
  made_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  archived_at BIGINT not null -- 0 while the brand is protected
) STRICT;
create index brand_by_name on brand (sort, id);
create index brand_by_organisation on brand (organisation, sort, id);

create table brand_category (
  category TEXT not null,
  brand TEXT not null references brand (id),
  primary key (category, brand)
) STRICT;
create index brand_category_by_brand on brand_category (brand);

create table authorisation (
  brand TEXT not null references brand (id),
  seller TEXT not null,
  from_at BIGINT not null, -- 0: always was
  to_at BIGINT not null, -- 0: without end
  note TEXT not null,
  added_by TEXT not null,
  added_at BIGINT not null,
  in_force BOOLEAN not null, -- as of the last change or sweep
  turns_at BIGINT not null, -- when in_force is next to change; 0: never
  primary key (brand, seller)
) STRICT;
create index authorisation_by_seller on authorisation (seller, brand);
create index authorisation_to_turn on authorisation (turns_at) where turns_at > 0;

create table brand_change (
  brand TEXT not null,
  version BIGINT not null, -- of the brand after the change
  kind TEXT not null,
  at BIGINT not null,
  by_name TEXT not null,
  actor TEXT not null,
  fields TEXT not null, -- JSON
  entry TEXT not null, -- in the ledger
  primary key (brand, version)
) STRICT;

-- One row: moves on with every change, so that whoever keeps a copy sees that it is old.
create table brand_revision (
  one BIGINT not null primary key check (one = 1),
  revision BIGINT not null
) STRICT;
insert into brand_revision (one, revision) values (1, 0);
