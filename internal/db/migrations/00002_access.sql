-- +goose Up
create table organisation (
  id TEXT not null primary key, -- 'operator' for the marketplace itself
  name TEXT not null,
  kind TEXT not null,
  made_at BIGINT not null,
  changed_at BIGINT not null -- also written by whoever changes who may do what in it, one at a time
) STRICT;

create table person (
  id TEXT not null primary key,
  org_id TEXT not null references organisation (id),
  name TEXT not null,
  email TEXT not null unique, -- normalised
  search TEXT not null, -- name and email in lower case, for the list
  password TEXT not null, -- argon2id in the PHC string format; empty when none is set
  language TEXT not null,
  theme TEXT not null,
  invited_at BIGINT not null,
  signed_in_at BIGINT not null,
  disabled_at BIGINT not null
) STRICT;
create index person_by_search on person (search, id);
create index person_by_organisation on person (org_id, search, id);

create table person_role (
  person_id TEXT not null references person (id),
  role TEXT not null,
  primary key (person_id, role)
) STRICT;
create index person_role_by_role on person_role (role, person_id);

-- Of every secret below only the SHA-256 is kept.
create table session (
  id TEXT not null primary key,
  token_hash TEXT not null unique,
  person_id TEXT not null references person (id),
  by_link BOOLEAN not null,
  opened_at BIGINT not null,
  seen_at BIGINT not null,
  expires_at BIGINT not null,
  remote TEXT not null
) STRICT;
create index session_by_person on session (person_id);
create index session_by_expiry on session (expires_at);

create table sign_in_link (
  token_hash TEXT not null primary key,
  person_id TEXT not null references person (id),
  made_at BIGINT not null,
  expires_at BIGINT not null,
  used_at BIGINT not null
) STRICT;
create index sign_in_link_by_person on sign_in_link (person_id);
create index sign_in_link_by_expiry on sign_in_link (expires_at);

-- Attempts to sign in since the last that succeeded, by account and by address.
create table sign_in_attempt (
  subject TEXT not null primary key,
  failures BIGINT not null,
  last_at BIGINT not null,
  blocked_until BIGINT not null
) STRICT;
create index sign_in_attempt_by_time on sign_in_attempt (last_at);

-- Addresses from which an account has signed in: what strangers do does not lock these out.
create table sign_in_known (
  account TEXT not null,
  address TEXT not null,
  at BIGINT not null,
  primary key (account, address)
) STRICT;
create index sign_in_known_by_time on sign_in_known (at);

create table api_key (
  id TEXT not null primary key,
  org_id TEXT not null references organisation (id),
  name TEXT not null,
  token_hash TEXT not null unique,
  hint TEXT not null,
  scopes TEXT not null, -- verbs with spaces between
  maker TEXT not null, -- person.id, or 'system'
  made_at BIGINT not null,
  expires_at BIGINT not null,
  revoked_at BIGINT not null,
  seen_at BIGINT not null
) STRICT;

create table saved_view (
  person_id TEXT not null references person (id),
  page TEXT not null,
  name TEXT not null,
  query TEXT not null,
  primary key (person_id, page, name)
) STRICT;
