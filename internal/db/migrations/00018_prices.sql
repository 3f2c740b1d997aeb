-- +goose Up
-- What honest sellers were seen to ask, by brand: detect.PriceBook.
create table price_book (
  brand TEXT not null primary key,
  document BYTEA not null,
  updated_at BIGINT not null
) STRICT;
