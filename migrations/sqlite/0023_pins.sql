-- Until when a message is pinned in its chat, as its details say it, or NULL: what is pinned is listed without a look at
-- the rest of the chat.
ALTER TABLE messages ADD COLUMN pinned_until BIGINT;
UPDATE messages SET pinned_until = CAST(substr(details, instr(details, '"pinnedUntil":') + 14) AS BIGINT)
  WHERE details LIKE '%"pinnedUntil":%';
CREATE INDEX messages_pinned ON messages (chat_id, pinned_until) WHERE pinned_until IS NOT NULL;
