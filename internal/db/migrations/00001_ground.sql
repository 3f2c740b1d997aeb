-- +goose Up
create table outbox (
  id TEXT not null primary key,
  name TEXT not null,
  body TEXT not null,
  at BIGINT not null
) STRICT;

-- A message whose effect is in this database; see bus.Once.
create table inbox (
  consumer TEXT not null,
  message TEXT not null,
  at BIGINT not null,
  primary key (consumer, message)
) STRICT;
create index inbox_by_time on inbox (at);
