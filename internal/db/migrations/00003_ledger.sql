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
create index ledger_entry_by_subject on ledger_entry (subject, id);
create index ledger_entry_unsequenced on ledger_entry (id) where position is null;
