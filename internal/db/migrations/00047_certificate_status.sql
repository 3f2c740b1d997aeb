-- +goose Up
-- Where in the published lists a certificate's status is told; see "Bitstring Status List". Certificates from before have none.
create table certificate_status (
  list BIGINT not null, -- 1, 2, ...
  position BIGINT not null,
  certificate TEXT not null references certificate (id),
  primary key (list, position)
) STRICT;
create unique index certificate_status_of on certificate_status (certificate);
