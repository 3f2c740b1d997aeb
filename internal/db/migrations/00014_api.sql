-- +goose Up
-- Answers kept for a day, so that a request that is sent again under its Idempotency-Key is answered and not done again.
create table api_request (
  api_key TEXT not null, -- who asked
  idempotency TEXT not null, -- SHA-256 of the Idempotency-Key
  request TEXT not null, -- SHA-256 of method, address, type and body
  holder TEXT not null, -- of the attempt that is or was at work on it
  status BIGINT not null, -- of the answer; 0 while there is none
  headers TEXT not null, -- of the answer, JSON
  body TEXT not null,
  until BIGINT not null, -- the attempt at work is given up after this
  at BIGINT not null,
  primary key (api_key, idempotency)
) STRICT;
create index api_request_by_time on api_request (at);
