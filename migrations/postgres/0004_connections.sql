-- What became of each device's connection, and who watched it. Written with the change of state itself.
-- Times are milliseconds since the Unix epoch.
-- The same table as in ../sqlite; the two differ in the names of types, and in a collation that is
-- SQLite's only one anyway.

CREATE TABLE device_connections (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  -- Sorts by time, like all our ids.
  id TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  -- 'started', 'qr_shown', 'scanned', 'connected', 'disconnected', 'failed', 'watched'
  kind TEXT NOT NULL,
  -- Why, for 'disconnected' and 'failed': a code for programs, a sentence for people.
  code TEXT,
  reason TEXT,
  -- For 'connected': since the attempt began, and since its code was scanned.
  took BIGINT,
  after_scan BIGINT,
  -- For 'watched': who, over which wire.
  watcher TEXT,
  wire TEXT,
  -- For 'connected' and 'watched', which last: when it was last known to, and when it ended.
  seen_at BIGINT,
  until_at BIGINT,
  PRIMARY KEY (device_id, id)
);
CREATE INDEX device_connections_by_time ON device_connections (at);
