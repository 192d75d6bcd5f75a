-- Receivers of events elsewhere, and what is to reach them.
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  -- JSON: types and prefixes of events; empty for all.
  events TEXT NOT NULL,
  -- JSON: ids of devices; NULL for all, those to come too.
  device_ids TEXT,
  enabled BIGINT NOT NULL,
  -- Why it was disabled without being asked to, or NULL.
  disabled_because TEXT,
  -- In clear: every delivery is signed with it.
  secret TEXT NOT NULL,
  -- The one before, which signs beside it until then.
  previous_secret TEXT,
  previous_until BIGINT,
  -- Up to where the log was taken into deliveries.
  epoch TEXT NOT NULL,
  seq BIGINT NOT NULL,
  -- Counts how often somebody put the position elsewhere: whoever read by the old one moves it no more.
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX webhooks_by_workspace ON webhooks (workspace_id, created_at);

CREATE TABLE webhook_deliveries (
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  -- By bytes: pages are sorted by it in the end.
  id TEXT COLLATE "C" NOT NULL,
  epoch TEXT NOT NULL,
  seq BIGINT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  -- NULL for what concerns the workspace, and for the news of a device's own end, which outlives it.
  device_id TEXT REFERENCES devices (id) ON DELETE CASCADE,
  -- What is delivered in order: a chat's id, else a device's, else the workspace's.
  lane TEXT NOT NULL,
  -- The event as JSON.
  body TEXT NOT NULL,
  -- When it stops being worth a delivery, or NULL.
  expires_at BIGINT,
  -- 'pending', 'delivered', 'dead' or 'expired'.
  state TEXT NOT NULL,
  -- How often it was tried at all, and how often since it was last put into the queue.
  attempts BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  -- Not to be tried before.
  due_at BIGINT NOT NULL,
  -- JSON: the last attempts.
  history TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT,
  PRIMARY KEY (webhook_id, id)
);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (webhook_id, created_at, seq, id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook_id, state, finished_at);
CREATE INDEX webhook_deliveries_by_device ON webhook_deliveries (device_id);
