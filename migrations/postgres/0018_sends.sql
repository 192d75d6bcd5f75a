-- What holds up a message that is tried again by itself: JSON, or NULL.
ALTER TABLE messages ADD COLUMN delay TEXT;
-- The oldest row of each chat is looked for: each chat goes out in its own order.
CREATE INDEX outbox_by_chat ON outbox (device_id, chat_id, id);

-- How often a scenario was played on the emulated network: each time has ids of its own.
CREATE TABLE sandbox_scripts (
  -- SHA-256 of the scenario, in hex.
  hash TEXT NOT NULL,
  nth BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (hash, nth)
);
