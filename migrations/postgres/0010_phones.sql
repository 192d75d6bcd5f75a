-- What the messages of the sandbox's phones carry beside their text, and what phones did to them.
-- The two folders hold the same tables; they differ in the names of types only.

-- JSON of what only some messages have, or NULL.
ALTER TABLE sandbox_messages ADD COLUMN details TEXT;

-- What a phone sent that is no message of its own (reactions, edits, votes), for devices that ask for it
-- again; and what it sent under a key of its user's, so that the same key sends once.
CREATE TABLE sandbox_sent (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  id TEXT NOT NULL,
  -- A person's digits, or a group's JID.
  chat TEXT NOT NULL,
  -- The message that it was done to, or NULL for a message.
  target TEXT,
  -- The stanza's mark of an edit, or NULL.
  edit TEXT,
  -- SHA-256 of what was asked for, or NULL if no key was given.
  asked BYTEA,
  -- The message as WhatsApp encodes it; empty where sandbox_messages has it.
  raw BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (number, id)
);
