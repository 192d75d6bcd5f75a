-- Times are milliseconds since the Unix epoch. Truth values are 0 and 1.
-- The same tables as in ../sqlite; the two differ in the names of types, and in a collation that is
-- SQLite's only one anyway.

CREATE TABLE switchboard_mark (product TEXT PRIMARY KEY);
INSERT INTO switchboard_mark (product) VALUES ('switchboard');

CREATE TABLE workspaces (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  -- Lower case.
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- An argon2 PHC string; NULL until the user chose a password.
  password_hash TEXT,
  created_at BIGINT NOT NULL
);

-- Secrets are kept as SHA-256 only.
CREATE TABLE browser_sessions (
  token_hash BYTEA PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE sign_in_links (
  token_hash BYTEA PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at BIGINT NOT NULL
);

-- The event log. `top` is the last seq given out, `floor` the last one that is no longer kept.
CREATE TABLE streams (
  workspace_id TEXT PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
  epoch TEXT NOT NULL,
  top BIGINT NOT NULL,
  floor BIGINT NOT NULL
);

CREATE TABLE events (
  workspace_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  id TEXT NOT NULL,
  at BIGINT NOT NULL,
  device_id TEXT,
  -- {"type": …, "data": …}
  body TEXT NOT NULL,
  PRIMARY KEY (workspace_id, seq)
);

CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  -- JSON, or NULL.
  cause TEXT,
  phone_number TEXT,
  lid TEXT,
  display_name TEXT,
  created_at BIGINT NOT NULL,
  connected_at BIGINT,
  -- Whether it is to run: it is started again with the server.
  wanted BIGINT NOT NULL,
  -- Whether its keys are linked to an account.
  linked BIGINT NOT NULL
);
CREATE INDEX devices_by_workspace ON devices (workspace_id, created_at);

CREATE TABLE contacts (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  jid TEXT NOT NULL,
  phone_number TEXT,
  -- From the phone's address book.
  saved_name TEXT,
  -- The one that they gave themselves.
  push_name TEXT,
  -- WhatsApp's id of the picture, and ours.
  picture_id TEXT,
  picture_hash TEXT,
  PRIMARY KEY (device_id, jid)
);

CREATE TABLE pictures (
  -- SHA-256 of the bytes, in hex.
  hash TEXT PRIMARY KEY,
  content_type TEXT NOT NULL,
  bytes BYTEA NOT NULL
);

CREATE TABLE chats (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  jid TEXT NOT NULL,
  kind TEXT NOT NULL,
  -- A group's subject; NULL for people, whose name is their contact's.
  subject TEXT,
  -- Messages of others that were not read here.
  unread BIGINT NOT NULL,
  last_message_id TEXT,
  last_activity BIGINT NOT NULL,
  UNIQUE (device_id, jid)
);
CREATE INDEX chats_by_activity ON chats (workspace_id, last_activity DESC, id DESC);
CREATE INDEX chats_by_device ON chats (device_id, last_activity DESC, id DESC);

CREATE TABLE messages (
  id TEXT PRIMARY KEY,
  chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  device_id TEXT NOT NULL,
  whatsapp_id TEXT NOT NULL,
  from_me BIGINT NOT NULL,
  -- The sender's JID without a device; ours for our own.
  sender TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  timestamp BIGINT NOT NULL,
  status TEXT NOT NULL,
  -- JSON, or NULL.
  failure TEXT,
  command_id TEXT,
  -- The message as WhatsApp encodes it, for kinds that this version does not take apart.
  raw BYTEA,
  -- WhatsApp's ids are unique only within a chat and sender.
  UNIQUE (chat_id, sender, whatsapp_id)
);
CREATE INDEX messages_by_time ON messages (chat_id, timestamp, id);
CREATE INDEX messages_by_whatsapp_id ON messages (device_id, whatsapp_id);

-- What is to go out, in this order for each device.
CREATE TABLE outbox (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  -- Sorts by time, like all our ids.
  id TEXT NOT NULL,
  -- 'message' or 'read'.
  kind TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  -- The message to send, or the newest that was read.
  message_id TEXT NOT NULL,
  -- For 'read': JSON of whose messages were read.
  body TEXT,
  -- How often it was tried, and not before when it is to be tried again.
  attempts BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  PRIMARY KEY (device_id, id)
);

-- Every command that changed something, with its answer: the same id never acts twice.
CREATE TABLE commands (
  -- Who asked: 'user:…' or 'key:…'.
  principal TEXT NOT NULL,
  id TEXT NOT NULL,
  -- SHA-256 of what was asked.
  fingerprint BYTEA NOT NULL,
  -- JSON.
  result TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (principal, id)
);
CREATE INDEX commands_by_time ON commands (at);

-- Everything that the WhatsApp engine keeps for a device: rows of a key and a value, by kind.
CREATE TABLE engine_rows (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  -- By bytes: ranges of ids are asked for.
  id TEXT COLLATE "C" NOT NULL,
  value BYTEA NOT NULL,
  -- A version, a flag or a time in seconds, as the kind needs it.
  stamp BIGINT NOT NULL,
  PRIMARY KEY (device_id, kind, id)
);
