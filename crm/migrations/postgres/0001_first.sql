-- Contacts are folds of contact_events; every other table is written as it is asked for.
-- Times are microseconds since 1970-01-01T00:00:00Z, durations are milliseconds, ids are text.

CREATE TABLE customers (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  company TEXT NOT NULL,
  tier TEXT NOT NULL,
  account TEXT NOT NULL,
  language TEXT,
  notes TEXT NOT NULL,
  name_key TEXT COLLATE "C" NOT NULL,
  search TEXT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX customers_by_name ON customers (name_key, id);
CREATE UNIQUE INDEX customers_by_account ON customers (account) WHERE account <> '';

CREATE TABLE contact_points (
  customer TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  kind TEXT NOT NULL,
  raw TEXT NOT NULL,
  normal TEXT NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (customer, position)
);
CREATE INDEX contact_points_by_normal ON contact_points (normal, kind);

CREATE TABLE contacts (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  started BIGINT NOT NULL,
  ended BIGINT,
  closed BIGINT,
  ani TEXT NOT NULL,
  dnis TEXT NOT NULL,
  customer TEXT COLLATE "C",
  queue TEXT,
  agent TEXT,
  outcome TEXT,
  ended_by TEXT,
  path TEXT NOT NULL,
  wait_ms BIGINT NOT NULL,
  ring_ms BIGINT NOT NULL,
  talk_ms BIGINT NOT NULL,
  hold_ms BIGINT NOT NULL,
  wrap_up_ms BIGINT NOT NULL,
  disposition TEXT,
  notes TEXT NOT NULL,
  recording TEXT COLLATE "C",
  events BIGINT NOT NULL
);
CREATE INDEX contacts_by_start ON contacts (started, id);
CREATE INDEX contacts_by_customer ON contacts (customer, started, id);
CREATE INDEX contacts_open ON contacts (id) WHERE closed IS NULL;

CREATE TABLE contact_events (
  contact TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (contact, seq)
);

CREATE TABLE contact_queues (
  contact TEXT COLLATE "C" NOT NULL,
  queue TEXT NOT NULL,
  PRIMARY KEY (contact, queue)
);

CREATE TABLE interactions (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  contact TEXT COLLATE "C" NOT NULL,
  agent TEXT NOT NULL,
  queue TEXT,
  offered BIGINT NOT NULL,
  answered BIGINT,
  ended BIGINT,
  wrapped_up BIGINT,
  result TEXT,
  disposition TEXT
);
CREATE INDEX interactions_by_contact ON interactions (contact, offered);

CREATE TABLE recordings (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  contact TEXT COLLATE "C" NOT NULL,
  path TEXT NOT NULL,
  duration_ms BIGINT NOT NULL,
  channels BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  gap_ms BIGINT NOT NULL,
  state TEXT NOT NULL
);
CREATE INDEX recordings_by_contact ON recordings (contact);

CREATE TABLE queues (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE TABLE dispositions (
  code TEXT NOT NULL PRIMARY KEY,
  position BIGINT NOT NULL,
  labels TEXT NOT NULL,
  queues TEXT NOT NULL
);

CREATE TABLE agents (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE TABLE users (
  login TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  agent TEXT,
  password_hash TEXT NOT NULL,
  seed TEXT NOT NULL
);

CREATE TABLE sessions (
  token_sha256 TEXT NOT NULL PRIMARY KEY,
  login TEXT NOT NULL REFERENCES users (login) ON DELETE CASCADE,
  expires BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires);
