-- +goose Up
-- A rights holder's own pictures of genuine goods.
create table brand_picture (
  brand TEXT not null references brand (id),
  ref TEXT not null, -- "blob:" and the hash of its content
  hashes TEXT not null, -- PDQ, of the picture and its parts, with spaces between; its own first
  quality BIGINT not null, -- of its own hash, 0 to 100
  caption TEXT not null,
  added_by TEXT not null,
  added_at BIGINT not null,
  removed BOOLEAN not null, -- kept, so that whoever holds a copy hears that it is gone
  revision BIGINT not null, -- of the brands, at its last change
  primary key (brand, ref)
) STRICT;
create index brand_picture_by_revision on brand_picture (revision, brand, ref);
create index brand_picture_shown on brand_picture (brand, added_at, ref) where not removed;

-- What is known of a picture that listings refer to; learnt once.
create table picture (
  ref TEXT not null primary key,
  hashes TEXT not null, -- PDQ, of the picture and of what is inside its border, with spaces between; empty when it cannot be matched
  quality BIGINT not null, -- of its own hash, 0 to 100
  trouble TEXT not null, -- why it cannot be matched; empty when it can
  learnt_at BIGINT not null
) STRICT;
create index picture_by_time on picture (learnt_at, ref) where hashes <> '';

-- Which listings show or have shown a picture, by each of its hashes.
create table picture_use (
  hash TEXT not null,
  seller TEXT not null,
  listing TEXT not null,
  ref TEXT not null,
  given_at BIGINT not null, -- when the listing was last handed in with it
  gone BOOLEAN not null, -- the listing shows it no more
  fake_at BIGINT not null, -- when a person last found the listing to be a fake; 0: never
  primary key (hash, seller, listing, ref)
) STRICT;
create index picture_use_by_listing on picture_use (listing);
create index picture_use_fake on picture_use (hash, listing) where fake_at > 0;
create index picture_use_fake_by_time on picture_use (fake_at, hash) where fake_at > 0;
