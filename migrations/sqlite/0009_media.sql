-- Files of messages: what was uploaded to be sent, and what WhatsApp keeps for a message that came.
CREATE TABLE media (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  -- The device whose WhatsApp reference this is; NULL for an upload.
  device_id TEXT REFERENCES devices (id) ON DELETE CASCADE,
  -- 'pending', 'available', 'expired' or 'refused'; the last two with their cause.
  state TEXT NOT NULL,
  cause TEXT,
  -- How often WhatsApp did not answer while it was fetched.
  attempts BIGINT NOT NULL DEFAULT 0,
  -- 'image', 'video', 'audio', 'document' or 'sticker'.
  kind TEXT NOT NULL,
  content_type TEXT NOT NULL,
  file_name TEXT,
  -- Of the bytes that are kept, in hex: they are kept under it. NULL until they are here.
  sha256 TEXT,
  size BIGINT,
  width BIGINT,
  height BIGINT,
  duration_ms BIGINT,
  waveform BLOB,
  -- WhatsApp's reference.
  direct_path TEXT,
  media_key BLOB,
  file_sha256 BLOB,
  file_enc_sha256 BLOB,
  file_length BIGINT,
  -- The message that it came with: the phone is asked by it to upload the file again.
  origin_chat TEXT,
  origin_message TEXT,
  origin_sender TEXT,
  origin_from_me BIGINT,
  created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX media_by_hash ON media (workspace_id, sha256);
CREATE INDEX media_by_device ON media (device_id);

-- Whoever may see one of these devices may see the file; whoever may see the whole workspace sees all.
CREATE TABLE media_devices (
  media_id TEXT NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  PRIMARY KEY (media_id, device_id)
) WITHOUT ROWID;
CREATE INDEX media_devices_by_device ON media_devices (device_id);
