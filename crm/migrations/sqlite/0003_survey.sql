-- What customers answered in surveys: one row for each event `survey_answered`, under the event's number.
-- Answers are digits; `at` is microseconds since 1970.

CREATE TABLE survey_answers (
  contact TEXT NOT NULL,
  seq BIGINT NOT NULL,
  question TEXT NOT NULL,
  answer BIGINT NOT NULL,
  agent TEXT,
  queue TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (contact, seq)
);

CREATE INDEX survey_answers_at ON survey_answers (at, contact, seq);
