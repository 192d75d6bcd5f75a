-- Messages are found by more than their text: options of polls, cards, names of files and places. All are taken in anew.
DELETE FROM search_backlog;
INSERT INTO search_backlog (message_id) SELECT id FROM messages ORDER BY id DESC LIMIT 1;

-- The newest first, whatever the chat, where no word is looked for.
CREATE INDEX messages_newest ON messages (timestamp, id);
