-- +goose Up
-- From application to place: what firms answer, what is found about them, visits, and who gets a place.

-- Forms that save themselves answer by answer: "application:MAKER", "visit:VISIT".
create table sheet_reply (
  sheet TEXT not null,
  field TEXT not null,
  value TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  primary key (sheet, field)
) STRICT;

create table application_document (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  kind TEXT not null,
  name TEXT not null, -- as the person's device called it
  hash TEXT not null,
  bytes BIGINT not null,
  by_name TEXT not null,
  at BIGINT not null
) STRICT;
create unique index application_document_once on application_document (maker, kind, hash);

-- Each application as it was handed in.
create table application_copy (
  maker TEXT not null references maker (id),
  at BIGINT not null,
  digest TEXT not null, -- SHA-256 of document, which the ledger has
  document TEXT not null,
  entry TEXT not null,
  primary key (maker, at)
) STRICT;

-- Rows of files that were taken in: the same file again takes none of them twice.
create table application_row (
  cohort TEXT not null references cohort (id),
  file TEXT not null, -- its SHA-256
  line BIGINT not null,
  maker TEXT not null references maker (id),
  at BIGINT not null,
  primary key (cohort, file, line)
) STRICT;

-- How often strangers of an address have begun an application of late.
create table application_asker (
  address TEXT not null primary key,
  times BIGINT not null,
  since BIGINT not null
) STRICT;
create index application_asker_by_time on application_asker (since);

create table screening (
  maker TEXT not null primary key references maker (id),
  outcome TEXT not null, -- empty while it is under way
  why TEXT not null,
  conflict TEXT not null, -- of interest: empty: not said; none; or some
  conflict_note TEXT not null,
  found TEXT not null, -- what people found, JSON
  version BIGINT not null,
  by_id TEXT not null,
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null
) STRICT;

create table terms (
  maker TEXT not null primary key references maker (id),
  english TEXT not null,
  chinese TEXT not null,
  digest TEXT not null, -- SHA-256 of both texts
  currency TEXT not null, -- of the deposit
  deposit BIGINT not null,
  probation BIGINT not null, -- months
  version BIGINT not null,
  issued_by TEXT not null,
  issued_at BIGINT not null,
  signed_name TEXT not null, -- as typed; empty until then
  signed_id TEXT not null,
  signed_by TEXT not null,
  signed_at BIGINT not null,
  signed_entry TEXT not null,
  paid_reference TEXT not null,
  paid_on TEXT not null, -- a day; empty until then
  paid_by TEXT not null,
  paid_entry TEXT not null
) STRICT;

-- What a maker gives up: moulds, stock.
create table terms_item (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  kind TEXT not null,
  what TEXT not null,
  mark TEXT not null,
  number BIGINT not null,
  photo TEXT not null, -- hash; empty without one
  by_name TEXT not null,
  at BIGINT not null
) STRICT;
create index terms_item_of on terms_item (maker, at, id);

create table visit (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  inspector TEXT not null,
  inspector_name TEXT not null,
  day TEXT not null, -- planned
  note TEXT not null, -- for the inspector
  state TEXT not null,
  reported_by TEXT not null, -- who answers for the report
  reported_name TEXT not null,
  reported_at BIGINT not null,
  digest TEXT not null, -- SHA-256 of the report
  request TEXT not null, -- the form that handed it in
  judged_by TEXT not null,
  judged_name TEXT not null,
  judged_at BIGINT not null,
  why TEXT not null,
  version BIGINT not null,
  made_at BIGINT not null,
  entry TEXT not null
) STRICT;
create index visit_by_maker on visit (maker, made_at, id);
create index visit_by_inspector on visit (inspector, state, day, id);
create index visit_by_day on visit (day, id);

create table visit_photo (
  id TEXT not null primary key,
  visit TEXT not null references visit (id),
  line TEXT not null, -- which it shows; empty: the place as a whole
  hash TEXT not null,
  place TEXT not null,
  taken_at BIGINT not null,
  by_name TEXT not null,
  at BIGINT not null
) STRICT;
create unique index visit_photo_once on visit_photo (visit, hash);

create table selection (
  id TEXT not null primary key,
  cohort TEXT not null references cohort (id),
  state TEXT not null,
  document TEXT not null, -- weights, ranked firms, band: JSON
  commitment TEXT not null, -- SHA-256 of the seed; empty without a draw
  seed TEXT not null, -- shown once it is drawn
  version BIGINT not null,
  made_at BIGINT not null,
  made_by TEXT not null,
  drawn_at BIGINT not null,
  drawn_by TEXT not null,
  concluded_at BIGINT not null,
  concluded_by TEXT not null
) STRICT;
create index selection_of on selection (cohort, made_at, id);

-- What selections and single offers gave each maker; the latest counts.
create table place_offer (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  selection TEXT not null, -- empty for a single offer
  outcome TEXT not null,
  why TEXT not null,
  again TEXT not null, -- the day from which a refused firm may ask again; empty: not said
  by_name TEXT not null,
  at BIGINT not null,
  entry TEXT not null
) STRICT;
create index place_offer_of on place_offer (maker, at, id);
