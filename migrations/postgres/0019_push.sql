-- The server's own keys, made at the first start.
CREATE TABLE server_keys (
  name TEXT PRIMARY KEY,
  -- The private key, in clear: whoever reads the database can do all that it protects.
  private BYTEA NOT NULL
);

-- Browsers that are told of new messages while no page of theirs is open. Each ends with its session.
CREATE TABLE push_subscriptions (
  -- SHA-256 of the address.
  id BYTEA PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  session_hash BYTEA NOT NULL REFERENCES browser_sessions (token_hash) ON DELETE CASCADE,
  endpoint TEXT NOT NULL,
  -- The browser's public key and secret, which messages to it are encrypted with.
  public_key BYTEA NOT NULL,
  secret BYTEA NOT NULL,
  -- JSON: devices of which it wants to hear nothing.
  quiet TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX push_subscriptions_by_workspace ON push_subscriptions (workspace_id);
CREATE INDEX push_subscriptions_by_session ON push_subscriptions (session_hash);
