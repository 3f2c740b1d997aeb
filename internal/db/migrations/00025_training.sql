-- +goose Up
-- What makers learn, and the certificates they earn.
create table lesson_progress (
  maker TEXT not null references maker (id),
  lesson TEXT not null,
  opened_at BIGINT not null,
  passed_at BIGINT not null, -- 0 while it is not
  extra BIGINT not null, -- attempts that somebody of the programme has granted beyond the quiz's own
  primary key (maker, lesson)
) STRICT;

create table quiz_attempt (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  lesson TEXT not null,
  seed BIGINT not null, -- deals the same paper again
  begun_at BIGINT not null,
  answered_at BIGINT not null, -- 0 while it is open
  by_id TEXT not null,
  by_name TEXT not null,
  answers TEXT not null, -- JSON
  asked BIGINT not null,
  was_right BIGINT not null,
  passed BOOLEAN not null
) STRICT;
-- One open paper a lesson: whoever comes back finds it as it was.
create unique index quiz_attempt_open on quiz_attempt (maker, lesson) where answered_at = 0;
create index quiz_attempt_of on quiz_attempt (maker, lesson, begun_at, id);

-- Practical work of a lesson: handed in by the maker, looked at by a person of the programme.
create table practical (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  lesson TEXT not null,
  text TEXT not null,
  documents TEXT not null, -- JSON: hashes
  state TEXT not null,
  words TEXT not null, -- of who looked at it
  handed_at BIGINT not null,
  handed_by TEXT not null,
  handed_name TEXT not null,
  seen_at BIGINT not null, -- 0 while nobody has looked
  seen_by TEXT not null,
  seen_name TEXT not null,
  version BIGINT not null
) STRICT;
create unique index practical_once on practical (maker, lesson);
create index practical_by_state on practical (state, handed_at, id);

create table certificate (
  id TEXT not null primary key,
  maker TEXT not null references maker (id),
  body TEXT not null, -- the signed credential
  issued_at BIGINT not null,
  revoked_at BIGINT not null, -- 0 while it stands
  revoked_why TEXT not null,
  entry TEXT not null
) STRICT;
create unique index certificate_standing on certificate (maker) where revoked_at = 0;
