-- +goose Up
-- A rights holder's own pictures of genuine goods.
create table brand_picture (
  brand TEXT not null references brand (id),
  ref TEXT not null, -- "blob:" and the hash of its content
  views TEXT not null, -- PDQ of the picture turned and mirrored, eight at a time, with spaces between
  parts TEXT not null, -- PDQ of its parts
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

-- Which listings show or have shown a picture, by each of its hashes. What a listing shows today, it says itself.
create table picture_use (
  hash TEXT not null,
  seller TEXT not null,
  listing TEXT not null,
  ref TEXT not null,
  primary key (hash, seller, listing, ref)
) STRICT;
create index picture_use_by_listing on picture_use (listing);

-- Pictures of listings that a person found to be fakes. Whether that finding still stands, finding says.
create table picture_fake (
  ref TEXT not null,
  listing TEXT not null,
  views TEXT not null, -- PDQ of the picture turned and mirrored, eight at a time
  at BIGINT not null,
  primary key (ref, listing)
) STRICT;
create index picture_fake_by_time on picture_fake (at, ref, listing);
