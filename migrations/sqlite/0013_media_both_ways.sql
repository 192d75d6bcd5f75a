-- The file that a message shows: one that was uploaded, or one that came with it or with the message that it passes on.
ALTER TABLE messages ADD COLUMN media_id TEXT;
CREATE INDEX messages_by_media ON messages (media_id) WHERE media_id IS NOT NULL;

-- A small JPEG of the file: what came with its message, or what is sent with it.
ALTER TABLE media ADD COLUMN preview BLOB;

-- What WhatsApp has of a file that was sent, so that no attempt uploads it twice.
CREATE TABLE media_uploads (
  media_id TEXT NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  -- The keys differ by it: 'image', 'video', 'audio', 'document' or 'sticker'.
  kind TEXT NOT NULL,
  direct_path TEXT NOT NULL,
  url TEXT,
  media_key BLOB NOT NULL,
  file_sha256 BLOB NOT NULL,
  file_enc_sha256 BLOB NOT NULL,
  file_length BIGINT NOT NULL,
  key_timestamp BIGINT,
  streaming_sidecar BLOB,
  at BIGINT NOT NULL,
  PRIMARY KEY (media_id, device_id, kind)
) WITHOUT ROWID;
CREATE INDEX media_uploads_by_device ON media_uploads (device_id);
