-- +goose Up
-- Cases: what is gathered about who makes and sells fakes, and what authorities did about it.
create table matter ( -- a case; CASE is a word of SQL
  id TEXT not null primary key,
  reference TEXT not null, -- as people say it: C-2026-0001
  title TEXT not null,
  summary TEXT not null,
  search TEXT not null, -- folded reference, title, place
  organisation TEXT not null, -- that opened it
  stage TEXT not null,
  closed_as TEXT not null, -- the stage it was closed from; empty while it is not closed
  country TEXT not null, -- ISO 3166-1 alpha-2; empty when not known
  region TEXT not null, -- ISO 3166-2; empty when not known
  city TEXT not null,
  latitude DOUBLE PRECISION not null, -- degrees, with longitude; both 0 when not known
  longitude DOUBLE PRECISION not null,
  lead_at BIGINT not null,
  opened_at BIGINT not null, -- each moment 0 while the stage was not reached
  raid_at BIGINT not null,
  charged_at BIGINT not null,
  convicted_at BIGINT not null,
  closed_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  version BIGINT not null
) STRICT;
create unique index matter_reference on matter (reference);
create index matter_by_time on matter (updated_at, id);
create index matter_by_stage on matter (stage, updated_at, id);
create index matter_by_organisation on matter (organisation, updated_at, id);

create table matter_number ( -- the last number given in a year
  year BIGINT not null primary key,
  number BIGINT not null
) STRICT;

create table matter_share (
  matter TEXT not null references matter (id),
  organisation TEXT not null,
  shared_at BIGINT not null,
  shared_by TEXT not null,
  ended_at BIGINT not null, -- 0 while it is shared
  primary key (matter, organisation)
) STRICT;
create index matter_shared_with on matter_share (organisation, matter);

create table matter_link (
  matter TEXT not null references matter (id),
  kind TEXT not null,
  subject TEXT not null, -- a listing's, seller's or decision's id; a source's name
  note TEXT not null,
  linked_at BIGINT not null,
  linked_by TEXT not null,
  primary key (matter, kind, subject)
) STRICT;
create index matter_link_by_subject on matter_link (kind, subject, matter);

create table matter_act ( -- everything done in a case, each with its ledger entry: its story
  id TEXT not null primary key,
  matter TEXT not null references matter (id),
  at BIGINT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  kind TEXT not null,
  subject TEXT not null,
  words TEXT not null, -- the person's own
  request TEXT not null, -- the form's own id: the same one twice is one act; empty when there was none
  entry TEXT not null -- in the ledger
) STRICT;
create index matter_act_by_matter on matter_act (matter, at, id);
create unique index matter_act_request on matter_act (by_id, request) where request <> '';

create table matter_document (
  matter TEXT not null references matter (id),
  hash TEXT not null,
  name TEXT not null,
  media_type TEXT not null,
  size BIGINT not null,
  note TEXT not null,
  added_at BIGINT not null,
  added_by TEXT not null,
  primary key (matter, hash)
) STRICT;

create table test_buy (
  id TEXT not null primary key,
  matter TEXT not null references matter (id),
  listing TEXT not null, -- empty when it was bought elsewhere
  seller TEXT not null,
  goods TEXT not null,
  stage TEXT not null,
  order_number TEXT not null,
  price BIGINT not null, -- in minor units of the currency
  currency TEXT not null,
  finding TEXT not null, -- empty until examined
  planned_at BIGINT not null,
  updated_at BIGINT not null,
  updated_by TEXT not null,
  version BIGINT not null
) STRICT;
create index test_buy_by_matter on test_buy (matter, planned_at, id);

create table custody ( -- who held an exhibit, when and where: only ever added to
  id TEXT not null primary key,
  matter TEXT not null references matter (id),
  exhibit TEXT not null, -- test-buy:ID or fact:ID
  at BIGINT not null,
  holder TEXT not null,
  place TEXT not null,
  what TEXT not null,
  seal TEXT not null,
  hashes TEXT not null, -- of photographs and documents, JSON
  noted_at BIGINT not null,
  noted_by TEXT not null,
  entry TEXT not null -- in the ledger
) STRICT;
create index custody_by_matter on custody (matter, exhibit, at, id);

create table fact ( -- what authorities did: seizures, arrests, charges, convictions, money
  id TEXT not null primary key,
  matter TEXT not null, -- empty for what was imported without a case
  kind TEXT not null,
  day BIGINT not null, -- midnight UTC of the day it happened
  country TEXT not null,
  region TEXT not null,
  city TEXT not null,
  city_key TEXT not null, -- the city folded, to be found and added up by
  latitude DOUBLE PRECISION not null, -- with longitude; both 0 when not known
  longitude DOUBLE PRECISION not null,
  authority TEXT not null,
  brand TEXT not null, -- a brand's id or name as given
  goods TEXT not null,
  quantity BIGINT not null, -- thousandths of the unit
  unit TEXT not null,
  amount BIGINT not null, -- minor units of the currency: a seizure's value, the money of a fine
  currency TEXT not null,
  words TEXT not null,
  source TEXT not null, -- where it is known from
  source_key TEXT not null, -- which fact of an imported file it is: the same twice is one; empty when entered by hand
  withdrawn_at BIGINT not null, -- 0 while it counts
  added_at BIGINT not null,
  added_by TEXT not null,
  entry TEXT not null -- in the ledger
) STRICT;
create unique index fact_source on fact (source_key) where source_key <> '';
create index fact_by_matter on fact (matter, day, id) where matter <> '';
create index fact_by_place on fact (country, region, city_key, day) where withdrawn_at = 0;
create index fact_by_day on fact (day, id);

create table bundle (
  id TEXT not null primary key,
  matter TEXT not null references matter (id),
  state TEXT not null,
  done BIGINT not null, -- files gathered
  files BIGINT not null, -- of so many; 0 while not known
  hash TEXT not null, -- of the archive, once it is ready
  size BIGINT not null, -- bytes
  manifest TEXT not null, -- SHA-256 of the manifest, hexadecimal
  stamped BOOLEAN not null, -- by a time-stamp authority
  problem TEXT not null, -- why it failed, for people
  language TEXT not null, -- of its index: en or zh
  asked_at BIGINT not null,
  asked_by TEXT not null,
  asked_name TEXT not null,
  ready_at BIGINT not null
) STRICT;
create index bundle_by_matter on bundle (matter, asked_at, id);
