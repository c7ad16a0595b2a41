-- What customers answered in surveys: one row for each event `survey_answered`, under the event's number.
-- Answers are digits; `at` is microseconds since 1970.

CREATE TABLE survey_answers (
  contact TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  question TEXT COLLATE "C" NOT NULL,
  answer BIGINT NOT NULL,
  agent TEXT COLLATE "C",
  queue TEXT COLLATE "C",
  at BIGINT NOT NULL,
  PRIMARY KEY (contact, seq)
);

CREATE INDEX survey_answers_at ON survey_answers (at, contact, seq);
