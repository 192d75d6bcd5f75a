-- What became of each message, and the words by which it is found.
-- Times are milliseconds since the Unix epoch.

-- What happened to a message, step by step. Written with the state that it explains.
CREATE TABLE message_steps (
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  -- From 1 on.
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  -- 'queued', 'handed', 'attempt_failed', 'accepted', 'delivered', 'read', 'failed', 'received'
  step TEXT NOT NULL,
  -- JSON of what the step has to say, or NULL.
  detail TEXT,
  PRIMARY KEY (message_id, seq)
);

-- The message that an event tells of; NULL for those that tell of none.
ALTER TABLE events ADD COLUMN message_id TEXT;
CREATE INDEX events_by_message ON events (message_id, seq) WHERE message_id IS NOT NULL;

-- Where a message stands in the search: by time, and unique. Messages without words have none.
CREATE TABLE message_places (
  -- The message's time in the upper bits, a number within its millisecond in the lower 20.
  place BIGINT PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE REFERENCES messages (id) ON DELETE CASCADE
);

-- The words of a message, at its place. They come normalised: no parser and no dictionary touches them.
CREATE TABLE message_words (
  -- The place; named as SQLite names it.
  rowid BIGINT PRIMARY KEY REFERENCES message_places (place) ON DELETE CASCADE,
  words TSVECTOR NOT NULL
);
CREATE INDEX message_words_by_word ON message_words USING gin (words);

-- Up to which message the words are still to be taken from what was there before this table; empty when all are.
CREATE TABLE search_backlog (
  message_id TEXT NOT NULL
);
INSERT INTO search_backlog (message_id) SELECT id FROM messages ORDER BY id DESC LIMIT 1;
