-- What is done to messages for this account alone, messages that disappear, and unread counts that agree with
-- the phone. Times are milliseconds since the Unix epoch.
-- The same tables as in ../sqlite; the two differ in the names of types only.

-- Seconds after which new messages of the chat disappear, or NULL; and since when that is set.
ALTER TABLE chats ADD COLUMN expires_in BIGINT;
ALTER TABLE chats ADD COLUMN expires_since BIGINT;
-- How many messages the phone counts as unread beyond those that are here; NULL until the phone told.
ALTER TABLE chats ADD COLUMN unread_beyond BIGINT;

-- When a message disappears, or NULL.
ALTER TABLE messages ADD COLUMN expires_at BIGINT;
CREATE INDEX messages_by_expiry ON messages (expires_at) WHERE expires_at IS NOT NULL;

-- Messages that were deleted for this account: should they come again, they are not kept.
CREATE TABLE deleted_messages (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  chat_jid TEXT NOT NULL,
  whatsapp_id TEXT NOT NULL,
  from_me BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (device_id, chat_jid, whatsapp_id, from_me)
);

-- Notices are nobody's to read: they raise no unread count.
UPDATE messages SET status = 'read' WHERE kind = 'system' AND from_me = 0;
UPDATE chats SET unread = (SELECT count(*) FROM messages m WHERE m.chat_id = chats.id AND m.from_me = 0 AND m.status <> 'read')
  WHERE id IN (SELECT chat_id FROM messages WHERE kind = 'system' AND from_me = 0);

-- An outbox row may now be something that is done to a message for this account alone: its kind is 'app.' and the
-- name of it, and its body is JSON of all that WhatsApp has to be told, for the message may be gone by then.

-- After how many seconds messages disappear of the chats that phones of the emulated network have with people, as
-- each phone has it; 0 for never.
CREATE TABLE sandbox_timers (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  -- The other's digits.
  chat TEXT NOT NULL,
  expires_in BIGINT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (number, chat)
);

-- What happened in groups of the emulated network, as phones tell it to devices that are linked later.
CREATE TABLE sandbox_group_notices (
  group_id TEXT NOT NULL REFERENCES sandbox_groups (id) ON DELETE CASCADE,
  -- Sorts by time.
  id TEXT NOT NULL,
  -- Digits of who did it.
  who TEXT NOT NULL,
  at BIGINT NOT NULL,
  -- WhatsApp's number of what happened, and JSON of what it happened to.
  stub BIGINT NOT NULL,
  parameters TEXT NOT NULL,
  PRIMARY KEY (group_id, id)
);
