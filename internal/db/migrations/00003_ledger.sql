-- +goose Up
create table ledger_entry (
  id TEXT not null primary key,
  at BIGINT not null,
  kind TEXT not null,
  subject TEXT not null,
  actor TEXT not null,
  body TEXT not null,
  position BIGINT unique -- in the Merkle log; null until sequenced
) STRICT;
create index ledger_entry_by_time on ledger_entry (at, id);
create index ledger_entry_by_subject on ledger_entry (subject, at, id);
create index ledger_entry_by_kind on ledger_entry (kind, at, id);
create index ledger_entry_by_actor on ledger_entry (actor, at, id);
create index ledger_entry_unsequenced on ledger_entry (id) where position is null;

-- One row. Whoever sequences changes it first, so that only one does at a time.
create table ledger_head (
  one BIGINT not null primary key check (one = 1),
  size BIGINT not null,
  verifier TEXT not null -- the key that signs this log, as note.Verifier encodes it; empty until the first checkpoint
) STRICT;
insert into ledger_head (one, size, verifier) values (1, 0, '');

-- Hashes as C2SP tlog-tiles lays them out: 256 a tile, fewer in the last of each level.
create table ledger_tile (
  level BIGINT not null,
  number BIGINT not null,
  hashes BYTEA not null,
  primary key (level, number)
) STRICT;

create table ledger_checkpoint (
  size BIGINT not null primary key,
  root TEXT not null, -- base64
  note TEXT not null, -- the signed checkpoint
  at BIGINT not null
) STRICT;
