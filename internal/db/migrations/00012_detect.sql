-- +goose Up
-- Each listing that was scanned has one verdict that stands.
create table verdict (
  listing TEXT not null primary key references listing (id),
  seller TEXT not null,
  version BIGINT not null, -- of the listing
  verdict TEXT not null,
  score DOUBLE PRECISION not null,
  brand TEXT not null, -- empty when none is concerned
  signals TEXT not null, -- JSON
  model TEXT not null,
  revision BIGINT not null, -- of the brands
  scanned_at BIGINT not null,
  changed_at BIGINT not null
) STRICT;
create index verdict_by_score on verdict (score, listing);
create index verdict_by_verdict on verdict (verdict, score, listing);
create index verdict_by_brand on verdict (brand, listing);
create index verdict_by_seller on verdict (seller, verdict);
create index verdict_suspected_by_brand on verdict (brand) where verdict <> 'clear';
create index verdict_suspected_by_seller on verdict (seller) where verdict <> 'clear';

-- The history: a row when the verdict or the brand became another, and the first unless it was clear.
create table verdict_change (
  listing TEXT not null,
  id TEXT not null,
  at BIGINT not null,
  was TEXT not null,
  verdict TEXT not null,
  score DOUBLE PRECISION not null,
  brand TEXT not null,
  signals TEXT not null,
  version BIGINT not null,
  revision BIGINT not null,
  model TEXT not null,
  because TEXT not null,
  entry TEXT not null, -- in the ledger
  primary key (listing, id)
) STRICT;

create table batch (
  id TEXT not null primary key,
  organisation TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  hash TEXT not null, -- of what was sent, to tell a repetition from another batch
  accepted BIGINT not null,
  bad BIGINT not null,
  finished_at BIGINT not null -- 0 while listings wait
) STRICT;
create index batch_unfinished on batch (at, id) where finished_at = 0;

-- A row a message scanned: only ever added to, so that workers never wait for each other at a count.
create table scan (
  message TEXT not null primary key,
  batch TEXT not null,
  at BIGINT not null,
  listings BIGINT not null, -- of the message
  clear BIGINT not null,
  review BIGINT not null,
  fake BIGINT not null
) STRICT;
create index scan_by_batch on scan (batch);
create index scan_by_time on scan (at);

create table rescan (
  id TEXT not null primary key,
  brands TEXT not null, -- JSON
  revision BIGINT not null,
  because TEXT not null,
  by_name TEXT not null,
  state TEXT not null,
  place TEXT not null, -- the listing it has come to
  at_brand BIGINT not null, -- which of the brands it has come to
  total BIGINT not null,
  done BIGINT not null,
  changed BIGINT not null,
  started_at BIGINT not null,
  updated_at BIGINT not null,
  ended_at BIGINT not null
) STRICT;
create index rescan_running on rescan (started_at, id) where ended_at = 0;
create index rescan_ended on rescan (ended_at, id);
