//! Sending: what WhatsApp has of a file, uploaded if it has nothing that can be used.
//!
//! What was uploaded is kept before the message that names it is sent: an attempt that is repeated, also by another
//! process, uploads nothing again.

use super::rows::Record;
use super::service::{Media, StoredMedia};
use super::{MediaError, Sessions};
use crate::protocol::{DeviceId, MediaId, MediaKind, MediaState, Millis, WorkspaceId};
use crate::server::engine::{MAX_PREVIEW, MediaRef, MediaSource, OutboundMedia, Session};
use crate::server::reach::Reach;
use crate::server::storage::{Query, Row, StorageError, query};
use std::sync::Arc;
use std::time::Duration;

/// How long what was uploaded is used: WhatsApp's media hosts keep files for 30 days.
const KEPT: Millis = 20 * 24 * 3_600 * 1_000;
/// How long what somebody else uploaded is used if it does not say itself how long it is there.
const THEIRS: Millis = 10 * 24 * 3_600 * 1_000;
/// How long an upload may take: what is queued behind it waits.
const UPLOAD_WITHIN: Duration = Duration::from_secs(600);
/// What has to be left of the time that it says.
const MARGIN: Millis = 24 * 3_600 * 1_000;

/// The one session that sends.
struct One<'s>(&'s DeviceId, &'s Arc<dyn Session>);

impl Sessions for One<'_> {
    fn live(&self, device: &DeviceId) -> Option<Arc<dyn Session>> {
        (device == self.0).then(|| self.1.clone())
    }
}

impl Media {
    /// A file to be sent as this kind from this device: what was uploaded for it before, else what it came with, as
    /// long as WhatsApp keeps that; else its bytes are uploaded, and fetched first if need be.
    ///
    /// # Errors
    /// As [`Media::fetch`], and what the upload answers as [`MediaError::NoAnswer`] or [`MediaError::NotConnected`].
    pub async fn outbound(
        &self,
        workspace: &WorkspaceId,
        device: &DeviceId,
        id: &MediaId,
        kind: MediaKind,
        session: &Arc<dyn Session>,
    ) -> Result<OutboundMedia, MediaError> {
        // What was queued may be sent, whoever may see the file now.
        let reach = Reach::whole(workspace.clone());
        let record = self.record(&reach, id).await?;
        let preview = self.preview_of(&record).await;
        if let Some(reference) = self.uploaded(device, id, kind).await? {
            return Ok(OutboundMedia { reference, preview });
        }
        if let Some(reference) = alive(&record, device, kind, self.inner.source.now()) {
            return Ok(OutboundMedia { reference, preview });
        }
        let stored = self.fetch(&reach, id, &One(device, session)).await?;
        let reference = self.upload(&stored, device, kind, &**session).await?;
        Ok(OutboundMedia { reference, preview: self.preview_of(&self.record(&reach, id).await?).await })
    }

    async fn upload(
        &self,
        stored: &StoredMedia,
        device: &DeviceId,
        kind: MediaKind,
        session: &dyn Session,
    ) -> Result<MediaRef, MediaError> {
        let file = self.local(stored).await?;
        // The engine writes it anew; it goes with this, whatever happens.
        let scratch = self.inner.blobs.scratch(self.inner.source.id("part"));
        let source = MediaSource { path: file.path().to_owned(), kind, scratch: scratch.path.clone() };
        let sent = tokio::time::timeout(UPLOAD_WITHIN, session.upload(&source)).await;
        let reference = sent.map_err(|_| MediaError::NoAnswer("the upload took too long".to_owned()))??;
        let keep = keep(&stored.id, device, &reference, self.inner.source.now());
        self.inner.store.execute(keep).await?;
        Ok(reference)
    }

    async fn uploaded(
        &self,
        device: &DeviceId,
        id: &MediaId,
        kind: MediaKind,
    ) -> Result<Option<MediaRef>, StorageError> {
        let select = query(
            "SELECT * FROM media_uploads WHERE media_id = $1 AND device_id = $2 AND kind = $3 AND at > $4",
        );
        let since = self.inner.source.now().saturating_sub(KEPT);
        let select = select.bind(id).bind(device).bind(kind.as_str()).bind(since);
        self.inner.store.row(select).await?.map(|row| reference(&row, kind)).transpose()
    }

    /// The small picture that goes along. Without one, the message is as good.
    async fn preview_of(&self, record: &Record) -> Option<Vec<u8>> {
        if record.preview.is_some() {
            return record.preview.clone();
        }
        if !matches!(record.info.kind, MediaKind::Image | MediaKind::Document) {
            return None;
        }
        let stored = self.here(record.clone()).ok().flatten()?;
        let preview = self.make_preview(&stored).await.ok().filter(|jpeg| jpeg.len() <= MAX_PREVIEW)?;
        if let Err(error) = self.inner.store.execute(super::rows::seen(&stored.id, &preview)).await {
            tracing::warn!(id = %stored.id, %error, "a small picture was not kept");
        }
        Some(preview)
    }
}

/// What the message says that this file came with, if it can be said again.
fn alive(record: &Record, device: &DeviceId, kind: MediaKind, now: Millis) -> Option<MediaRef> {
    let reference = record.reference.as_ref()?;
    let ended = matches!(record.info.state, MediaState::Expired | MediaState::Refused);
    if ended
        || record.info.device_id.as_ref() != Some(device)
        || reference.kind != kind
        || !reference.is_whole()
    {
        return None;
    }
    let until = match expiry(&reference.direct_path) {
        Some(until) => until.saturating_sub(MARGIN),
        None => record.info.created_at.saturating_add(THEIRS),
    };
    (now < until).then(|| reference.clone())
}

/// Until when WhatsApp's media hosts serve a path: they say it in the path, in hex.
fn expiry(direct_path: &str) -> Option<Millis> {
    let (_, arguments) = direct_path.split_once('?')?;
    let seconds = arguments.split('&').find_map(|argument| argument.strip_prefix("oe="))?;
    i64::from_str_radix(seconds, 16).ok()?.checked_mul(1_000)
}

fn keep(id: &MediaId, device: &DeviceId, reference: &MediaRef, now: Millis) -> Query {
    let insert = query(
        "INSERT INTO media_uploads (media_id, device_id, kind, direct_path, url, media_key, file_sha256, file_enc_sha256, file_length, key_timestamp, streaming_sidecar, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (media_id, device_id, kind) DO UPDATE SET direct_path = excluded.direct_path, url = excluded.url, media_key = excluded.media_key, \
         file_sha256 = excluded.file_sha256, file_enc_sha256 = excluded.file_enc_sha256, file_length = excluded.file_length, \
         key_timestamp = excluded.key_timestamp, streaming_sidecar = excluded.streaming_sidecar, at = excluded.at",
    );
    insert
        .bind(id)
        .bind(device)
        .bind(reference.kind.as_str())
        .bind(&reference.direct_path)
        .bind(reference.url.as_deref())
        .bind(reference.media_key.as_slice())
        .bind(reference.file_sha256.as_slice())
        .bind(reference.file_enc_sha256.as_slice())
        .bind(i64::try_from(reference.file_length).unwrap_or(i64::MAX))
        .bind(reference.key_timestamp)
        .bind(reference.streaming_sidecar.clone())
        .bind(now)
}

fn reference(row: &Row, kind: MediaKind) -> Result<MediaRef, StorageError> {
    Ok(MediaRef {
        kind,
        direct_path: row.text("direct_path")?,
        url: row.opt_text("url")?,
        media_key: row.blob("media_key")?,
        file_sha256: row.blob("file_sha256")?,
        file_enc_sha256: row.blob("file_enc_sha256")?,
        file_length: row.number("file_length")?,
        key_timestamp: row.opt_int("key_timestamp")?,
        streaming_sidecar: row.opt_blob("streaming_sidecar")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_how_long_it_is_served() {
        let path = "/v/t62.7118-24/1_n.enc?ccb=11-4&oh=01_Q5&oe=66B1C3D0&_nc_sid=5e03e0";
        assert_eq!(expiry(path), Some(0x66B1_C3D0 * 1_000));
        for path in ["/v/abc", "/v/abc?oh=1", "/v/abc?oe=", "/v/abc?oe=xyz", "/v/abc?oe=7fffffffffffffff"] {
            assert_eq!(expiry(path), None, "{path}");
        }
    }
}
