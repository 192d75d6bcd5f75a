-- A person is one contact: by which numbers the LIDs of people are known, and what became of chats that turned out to
-- be with the same person.
-- Times are milliseconds since the Unix epoch.
-- The same tables as in ../postgres; the two differ in the names of types only.

CREATE TABLE identities (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  -- As a JID.
  lid TEXT NOT NULL,
  -- Digits only.
  number TEXT NOT NULL,
  -- When it was learned.
  at BIGINT NOT NULL,
  PRIMARY KEY (device_id, lid)
) WITHOUT ROWID;
CREATE INDEX identities_by_number ON identities (device_id, number, at);

-- Chats that went into another: whoever still names the old one means the other.
CREATE TABLE chat_aliases (
  id TEXT PRIMARY KEY,
  chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX chat_aliases_by_chat ON chat_aliases (chat_id);

-- Messages that name a LID whose number is not known, as their sender or anywhere else: what is to be written anew once
-- it is. '*' stands for LIDs that nobody looked for.
CREATE TABLE lid_traces (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  lid TEXT NOT NULL,
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  PRIMARY KEY (device_id, lid, message_id)
) WITHOUT ROWID;
CREATE INDEX lid_traces_by_message ON lid_traces (message_id);
INSERT INTO lid_traces (device_id, lid, message_id) SELECT device_id, '*', id FROM messages
  WHERE sender LIKE '%@lid' OR details LIKE '%@lid%';
INSERT INTO lid_traces (device_id, lid, message_id) SELECT m.device_id, r.person, m.id FROM message_receipts r
  JOIN messages m ON m.id = r.message_id WHERE r.person LIKE '%@lid';

-- The LID of the person, beside their number.
ALTER TABLE contacts ADD COLUMN lid TEXT;
ALTER TABLE chats ADD COLUMN lid TEXT;

-- How the emulated network addresses an account to others: 'pn' by its number, 'lid' by its LID with the number beside
-- it, 'hidden' by its LID alone.
ALTER TABLE sandbox_accounts ADD COLUMN addressing TEXT NOT NULL DEFAULT 'pn';
-- How a group addresses its members: 'pn' or 'lid'.
ALTER TABLE sandbox_groups ADD COLUMN addressing TEXT NOT NULL DEFAULT 'pn';
