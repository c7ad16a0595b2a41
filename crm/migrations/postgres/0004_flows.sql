-- What the files in which flows stand have held, and what people have written for them and not published yet.
-- `file` is the name by which the configuration lists it; `author` is a login, NULL for a text that was found on the
-- disk; `at` is microseconds since 1970.

CREATE TABLE flow_versions (
  file TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  text TEXT NOT NULL,
  at BIGINT NOT NULL,
  author TEXT,
  note TEXT NOT NULL,
  PRIMARY KEY (file, version)
);

CREATE TABLE flow_drafts (
  file TEXT COLLATE "C" NOT NULL,
  author TEXT COLLATE "C" NOT NULL,
  text TEXT NOT NULL,
  base TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (file, author)
);
