-- How far messages come with each person, who is online, groups as they were last known, what is known of people,
-- labels, drafts; and what the emulated network keeps for it.
-- Times are milliseconds since the Unix epoch. Truth values are 0 and 1.
-- The same tables as in ../sqlite.

-- To how many a message of ours in a group went: it is read once all of them read it. NULL where that is not known.
ALTER TABLE messages ADD COLUMN recipients BIGINT;

-- A group as it was last known: JSON, or NULL; and how many are in it beside us.
ALTER TABLE chats ADD COLUMN group_info TEXT;
ALTER TABLE chats ADD COLUMN others BIGINT;

-- Whether the account is not to be shown as online while this device is connected.
ALTER TABLE devices ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0;

-- What they say about themselves, as far as it was heard; whether the account has blocked them.
ALTER TABLE contacts ADD COLUMN about TEXT;
ALTER TABLE contacts ADD COLUMN blocked BIGINT NOT NULL DEFAULT 0;

-- Whose presence a device follows until when, and what was last heard of it.
CREATE TABLE presences (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  jid TEXT NOT NULL,
  follow_until BIGINT NOT NULL,
  -- NULL until something was heard.
  online BIGINT,
  last_seen BIGINT,
  heard_at BIGINT,
  PRIMARY KEY (device_id, jid)
);

-- Labels of an account, by WhatsApp's ids.
CREATE TABLE labels (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- An index into WhatsApp's palette.
  color BIGINT NOT NULL,
  PRIMARY KEY (device_id, id)
);

-- Which chats have which labels. By JID: either may become known before the other.
CREATE TABLE chat_labels (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  jid TEXT NOT NULL,
  label_id TEXT NOT NULL,
  PRIMARY KEY (device_id, jid, label_id)
);
CREATE INDEX chat_labels_by_label ON chat_labels (device_id, label_id);

-- What somebody began to write and has not sent. WhatsApp knows nothing of it.
CREATE TABLE drafts (
  chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  -- Whose it is: 'user:…' or 'key:…'.
  principal TEXT NOT NULL,
  body TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (chat_id, principal)
);

-- What else is set of a group of the emulated network: whether administrators let people in, whether only they add
-- them, after how many seconds messages disappear.
ALTER TABLE sandbox_groups ADD COLUMN approval BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sandbox_groups ADD COLUMN admins_add BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sandbox_groups ADD COLUMN expires_in BIGINT NOT NULL DEFAULT 0;

-- Who asked to be let into a group of the emulated network.
CREATE TABLE sandbox_group_requests (
  group_id TEXT NOT NULL REFERENCES sandbox_groups (id) ON DELETE CASCADE,
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  PRIMARY KEY (group_id, number)
);
