-- Who gets in: keys of programs, and what other systems call our users.
-- Times are milliseconds since the Unix epoch. Truth values are 0 and 1.
-- The same tables as in ../postgres; the two differ in the names of types only.

-- What the signer of tokens calls this user (the claim `sub`); NULL for users of our own.
ALTER TABLE users ADD COLUMN subject TEXT;
-- read, send or admin.
ALTER TABLE users ADD COLUMN permission TEXT NOT NULL DEFAULT 'admin';
CREATE UNIQUE INDEX users_by_subject ON users (workspace_id, subject);
CREATE INDEX users_by_subject_alone ON users (subject);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  -- SHA-256 of the key, which is shown once and kept nowhere.
  key_hash BLOB NOT NULL UNIQUE,
  -- The key's first characters, so that its owner knows it again.
  hint TEXT NOT NULL,
  -- read, send or admin.
  permission TEXT NOT NULL,
  -- Whether it reaches only the devices of api_key_devices: it must not reach all when the last is gone.
  limited BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  -- Who made it: 'user:…' or 'key:…'.
  created_by TEXT NOT NULL,
  expires_at BIGINT,
  -- To the minute.
  last_used_at BIGINT
) WITHOUT ROWID;
CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, id);

CREATE TABLE api_key_devices (
  key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  PRIMARY KEY (key_id, device_id)
) WITHOUT ROWID;
CREATE INDEX api_key_devices_by_device ON api_key_devices (device_id);
