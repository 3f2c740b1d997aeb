-- +goose Up
-- Registers' files of marks, which proposed names are held against; the marks themselves are in the store.
create table mark_register (
  id TEXT not null primary key,
  name TEXT not null unique,
  content TEXT not null, -- the content hash of the file
  bytes BIGINT not null,
  marks BIGINT not null,
  version BIGINT not null,
  imported_at BIGINT not null,
  imported_by TEXT not null,
  entry TEXT not null
) STRICT;

alter table brand_proposal add column logo_look TEXT not null default ''; -- PDQ of the logo as it stands, in hexadecimals; empty: none
