-- What messages carry beside their text, and what was done to them.
-- The same tables as in ../postgres; the two differ in the names of types only.

-- JSON of what only some messages have, or NULL.
ALTER TABLE messages ADD COLUMN details TEXT;
-- What a poll's votes are sealed with (32 bytes).
ALTER TABLE messages ADD COLUMN secret BLOB;

-- The texts that a message had before it was changed.
CREATE TABLE message_edits (
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  -- Until when it stood so.
  at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (message_id, at)
) WITHOUT ROWID;

-- What was done to messages that are not here (yet): applied when they come.
CREATE TABLE message_changes (
  -- Sorts by time.
  id TEXT PRIMARY KEY,
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  chat_jid TEXT NOT NULL,
  whatsapp_id TEXT NOT NULL,
  -- JSON.
  body TEXT NOT NULL,
  at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX message_changes_by_message ON message_changes (device_id, chat_jid, whatsapp_id, id);

-- How far our messages came, by person: in groups, one line for each member.
CREATE TABLE message_receipts (
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  -- Their JID.
  person TEXT NOT NULL,
  delivered_at BIGINT,
  read_at BIGINT,
  played_at BIGINT,
  PRIMARY KEY (message_id, person)
) WITHOUT ROWID;
