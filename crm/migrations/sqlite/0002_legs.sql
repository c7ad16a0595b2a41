-- How each leg of a contact sounded: one row for each event `leg_quality`, under the event's number.
-- Packets are counted, jitter and round trip are microseconds, the mean opinion score is in hundredths.

CREATE TABLE contact_legs (
  contact TEXT NOT NULL,
  seq BIGINT NOT NULL,
  role TEXT NOT NULL,
  agent TEXT,
  codec TEXT NOT NULL,
  received BIGINT NOT NULL,
  lost BIGINT NOT NULL,
  peer_lost BIGINT NOT NULL,
  jitter_mean_us BIGINT NOT NULL,
  jitter_max_us BIGINT NOT NULL,
  round_trip_us BIGINT,
  mos_hundredths BIGINT,
  PRIMARY KEY (contact, seq)
);
