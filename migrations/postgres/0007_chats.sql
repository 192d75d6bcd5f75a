-- What is set of a chat beside its messages, as every device of the account has it.
-- Times are milliseconds since the Unix epoch. Truth values are 0 and 1.
-- The same columns as in ../sqlite.

ALTER TABLE chats ADD COLUMN archived BIGINT NOT NULL DEFAULT 0;
-- NULL while it is not pinned.
ALTER TABLE chats ADD COLUMN pinned_at BIGINT;
-- NULL while it is not muted; 253402300799999 for always.
ALTER TABLE chats ADD COLUMN muted_until BIGINT;
ALTER TABLE chats ADD COLUMN marked_unread BIGINT NOT NULL DEFAULT 0;

-- An outbox row may now be a change of a chat as well: its kind is 'chat.' and the name of the change, it has
-- no message, and its body is JSON of the change with all that WhatsApp has to be told.

-- What is set of a group of the emulated network.
ALTER TABLE sandbox_groups ADD COLUMN description TEXT;
-- The id of the description: whoever changes it has to name it.
ALTER TABLE sandbox_groups ADD COLUMN description_id TEXT;
-- Whether only administrators may write, and whether only they may change what is set.
ALTER TABLE sandbox_groups ADD COLUMN announce BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sandbox_groups ADD COLUMN locked BIGINT NOT NULL DEFAULT 0;
-- The code of its invitation, once somebody asked for one.
ALTER TABLE sandbox_groups ADD COLUMN invite TEXT;

-- Whom an account of the emulated network has blocked.
CREATE TABLE sandbox_blocks (
  number TEXT NOT NULL REFERENCES sandbox_accounts (number) ON DELETE CASCADE,
  blocked TEXT NOT NULL,
  PRIMARY KEY (number, blocked)
);
