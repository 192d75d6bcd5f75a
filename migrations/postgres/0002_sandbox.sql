-- The emulated WhatsApp network: its server's key, its accounts with their phones, the devices that
-- are linked to them, and everything that is on its way between them.
-- Times are milliseconds since the Unix epoch. Truth values are 0 and 1.
-- The same tables as in ../sqlite; the two differ in the names of types only.

-- Single values: the server's static key, its certificate chain, whether the world was made.
CREATE TABLE sandbox_network (
  name TEXT PRIMARY KEY,
  value BYTEA NOT NULL
);

-- What rises by one for everything that is queued or stored, so that order survives a restart.
CREATE TABLE sandbox_counters (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO sandbox_counters (name, value) VALUES ('seq', 0);

CREATE TABLE sandbox_accounts (
  -- Digits only.
  number TEXT PRIMARY KEY,
  -- The user part of the account's LID.
  lid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  about TEXT NOT NULL,
  -- The name of a blob.
  picture TEXT,
  -- Whether the phone answers by itself.
  answers BIGINT NOT NULL,
  -- Whether the phone shows as online, and when it last did.
  online BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  registration_id BIGINT NOT NULL,
  -- Private keys of 32 bytes each.
  identity_key BYTEA NOT NULL,
  signed_prekey BYTEA NOT NULL,
  app_state_key BYTEA NOT NULL,
  -- The last one-time prekey and the last linked device that were numbered.
  last_prekey BIGINT NOT NULL,
  last_device BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

-- The address book of a phone.
CREATE TABLE sandbox_contacts (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  contact TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (number, contact)
);

-- Linked devices.
CREATE TABLE sandbox_links (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  -- 1 and up; 0 is the phone itself.
  device BIGINT NOT NULL,
  noise_key BYTEA NOT NULL UNIQUE,
  identity BYTEA NOT NULL,
  -- The ADV identity that the device signed.
  signed_identity BYTEA NOT NULL,
  -- From the device's own upload; NULL until then.
  registration_id BIGINT,
  signed_prekey_id BIGINT,
  signed_prekey BYTEA,
  signed_prekey_signature BYTEA,
  -- Whether the phone has sent it keys and history.
  bootstrapped BIGINT NOT NULL,
  -- Which of our devices it is.
  device_id TEXT NOT NULL,
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (number, device)
);

-- One-time prekeys that linked devices uploaded.
CREATE TABLE sandbox_prekeys (
  number TEXT NOT NULL,
  device BIGINT NOT NULL,
  id BIGINT NOT NULL,
  public_key BYTEA NOT NULL,
  PRIMARY KEY (number, device, id)
);

-- What a phone's Signal endpoint keeps, by kind: session, identity, prekey, sender key.
CREATE TABLE sandbox_signal (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  value BYTEA NOT NULL,
  PRIMARY KEY (number, kind, name)
);

-- Stanzas on their way to a device, until it acknowledged them. Device 0 is the phone.
CREATE TABLE sandbox_queue (
  seq BIGINT PRIMARY KEY,
  number TEXT NOT NULL,
  device BIGINT NOT NULL,
  -- What an acknowledgement calls it: message, receipt, notification, call.
  class TEXT NOT NULL,
  stanza_id TEXT NOT NULL,
  -- The stanza as it travels, before the transport's encryption.
  stanza BYTEA NOT NULL
);
CREATE INDEX sandbox_queue_by_device ON sandbox_queue (number, device, seq);

-- Ids of messages that linked devices sent: the same id is taken once.
CREATE TABLE sandbox_accepted (
  number TEXT NOT NULL,
  stanza_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (number, stanza_id)
);

-- What each phone holds.
CREATE TABLE sandbox_messages (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  id TEXT NOT NULL,
  -- A person's digits, or a group's JID.
  chat TEXT NOT NULL,
  -- Digits of who wrote it.
  sender TEXT NOT NULL,
  from_me BIGINT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  timestamp BIGINT NOT NULL,
  status TEXT NOT NULL,
  -- The message as WhatsApp encodes it.
  raw BYTEA NOT NULL,
  PRIMARY KEY (number, seq),
  UNIQUE (number, sender, id)
);
CREATE INDEX sandbox_messages_by_chat ON sandbox_messages (number, chat, seq);

-- How far a group message of ours came, by member.
CREATE TABLE sandbox_receipts (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  id TEXT NOT NULL,
  member TEXT NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (number, id, member)
);

CREATE TABLE sandbox_groups (
  -- The user part of the group's JID.
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  subject_by TEXT NOT NULL,
  subject_at BIGINT NOT NULL,
  creator TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  picture TEXT
);

CREATE TABLE sandbox_members (
  group_id TEXT NOT NULL REFERENCES sandbox_groups (id) ON DELETE CASCADE,
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  admin BIGINT NOT NULL,
  PRIMARY KEY (group_id, number)
);
CREATE INDEX sandbox_members_by_number ON sandbox_members (number);

-- The patches of an account's app state; a collection's version is that of its newest patch.
CREATE TABLE sandbox_app_state (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  collection TEXT NOT NULL,
  version BIGINT NOT NULL,
  patch BYTEA NOT NULL,
  PRIMARY KEY (number, collection, version)
);

-- What the media server keeps: encrypted media, profile pictures.
CREATE TABLE sandbox_blobs (
  name TEXT PRIMARY KEY,
  bytes BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);
