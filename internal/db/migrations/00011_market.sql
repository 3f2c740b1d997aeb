-- +goose Up
create table seller (
  id TEXT not null primary key,
  name TEXT not null,
  sort TEXT not null, -- the folded name
  search TEXT not null, -- folded name and id
  country TEXT not null,
  joined TEXT not null, -- YYYY-MM-DD, empty when not known
  ratings BIGINT not null, -- -1 when not known
  positive DOUBLE PRECISION not null, -- 0..1, -1 when not known
  given_at BIGINT not null,
  first_seen BIGINT not null,
  updated_at BIGINT not null
) STRICT;
create index seller_by_first_seen on seller (first_seen, id);
create index seller_by_name on seller (sort, id);
create index seller_by_ratings on seller (ratings, id);
create index seller_by_joined on seller (joined, id);

create table listing (
  id TEXT not null primary key,
  seller TEXT not null, -- empty when not known
  category TEXT not null,
  brand TEXT not null, -- the declared one, folded
  cents BIGINT not null, -- the price in US cents; -1 when there is none
  search TEXT not null, -- folded title, declared brand, id, seller and description
  document TEXT not null, -- market.Listing as JSON, as it was given
  hash TEXT not null, -- of the document
  version BIGINT not null,
  given_at BIGINT not null,
  first_seen BIGINT not null,
  updated_at BIGINT not null
) STRICT;
create index listing_by_time on listing (updated_at, id);
create index listing_by_seller on listing (seller, updated_at, id);
create index listing_by_category on listing (category, updated_at, id);
create index listing_by_brand on listing (brand, updated_at, id);
create index listing_by_price on listing (cents, id);
