-- What was written before the link, on its way in.
-- Times are milliseconds since the Unix epoch. Truth values are 0 and 1.
-- The same tables as in ../sqlite.

-- Parts of the history as the phone packed them, until all of their chats are kept.
CREATE TABLE history_parts (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  -- Sorts by time.
  id TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  chunk BIGINT,
  -- How far the phone is with this part, in percent.
  progress BIGINT,
  -- WhatsApp's id of our request, if one is answered.
  request TEXT,
  payload BYTEA NOT NULL,
  -- Of the payload once it is unpacked, in bytes.
  size BIGINT NOT NULL,
  -- Whether its messages are within the limit of size.
  within BIGINT NOT NULL,
  -- How many of its chats are kept.
  next_chat BIGINT NOT NULL,
  -- What was kept and left out since it was last told.
  chats BIGINT NOT NULL,
  messages BIGINT NOT NULL,
  left_out BIGINT NOT NULL,
  PRIMARY KEY (device_id, id)
);

-- How far the history of a device is.
CREATE TABLE history_state (
  device_id TEXT PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  progress BIGINT,
  chats BIGINT NOT NULL,
  messages BIGINT NOT NULL,
  left_out BIGINT NOT NULL,
  -- Packed, of all parts that came by themselves.
  bytes BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  finished_at BIGINT
);

-- Older messages that the phone was asked for and has not sent yet.
CREATE TABLE history_requests (
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  -- WhatsApp's id of the request.
  id TEXT NOT NULL,
  chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  PRIMARY KEY (device_id, id)
);
CREATE INDEX history_requests_by_chat ON history_requests (chat_id);

-- Whether the phone said that it has nothing older than what is here.
ALTER TABLE chats ADD COLUMN history_end BIGINT NOT NULL DEFAULT 0;
-- The phone's own order of a message from before the link, 0 where it gave none; NULL for one that came live.
ALTER TABLE messages ADD COLUMN history_order BIGINT;
