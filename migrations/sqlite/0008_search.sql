-- What became of each message, and the words by which it is found.
-- Times are milliseconds since the Unix epoch.
-- The same tables as in ../postgres; the two differ in the names of types, and in how words are indexed.

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
) WITHOUT ROWID;

-- The message that an event tells of; NULL for those that tell of none.
ALTER TABLE events ADD COLUMN message_id TEXT;
CREATE INDEX events_by_message ON events (message_id, seq) WHERE message_id IS NOT NULL;

-- Where a message stands in the search: by time, and unique. Messages without words have none.
CREATE TABLE message_places (
  -- The message's time in the upper bits, a number within its millisecond in the lower 20.
  place INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE REFERENCES messages (id) ON DELETE CASCADE
);

-- The words of a message, at its place. They come normalised and parted by blanks: nothing is left to the tokenizer.
CREATE VIRTUAL TABLE message_words USING fts5 (
  words, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_-'"
);
CREATE TRIGGER message_words_go AFTER DELETE ON message_places BEGIN
  DELETE FROM message_words WHERE rowid = old.place;
END;

-- Up to which message the words are still to be taken from what was there before this table; empty when all are.
CREATE TABLE search_backlog (
  message_id TEXT NOT NULL
);
INSERT INTO search_backlog (message_id) SELECT id FROM messages ORDER BY id DESC LIMIT 1;
