//! Rows of `media`, written and read.

use super::sniff;
use crate::protocol::{DeviceId, MediaId, MediaInfo, MediaKind, MediaState, WorkspaceId};
use crate::server::engine::{MediaOrigin, MediaRef};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{Query, Row, StorageError, Store, Tx, query};

/// The longest name of a file that is kept, in characters.
const MAX_NAME: usize = 255;
/// The longest waveform that is kept, in values: WhatsApp's own have 64.
const MAX_WAVEFORM: usize = 64;

/// A file that came with a message: what the message says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMedia {
    pub workspace: WorkspaceId,
    /// The device that it came to.
    pub device: DeviceId,
    /// What the sender says that it is, with or without parameters.
    pub content_type: String,
    pub file_name: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    pub waveform: Option<Vec<u8>>,
    /// A small JPEG that the message brought along.
    pub preview: Option<Vec<u8>>,
    /// Its kind is the file's kind.
    pub reference: MediaRef,
    pub origin: MediaOrigin,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Record {
    pub info: MediaInfo,
    pub workspace: WorkspaceId,
    pub reference: Option<MediaRef>,
    pub origin: Option<MediaOrigin>,
    pub attempts: i64,
    /// A small JPEG.
    pub preview: Option<Vec<u8>>,
}

/// What is known of the bytes once they are here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    pub content_type: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
}

/// A file's name as it may be shown and saved: no folders, no control characters, not too long. `None` if nothing
/// is left.
pub fn clean_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // Direction marks make `exe.txt` of `txt.exe`.
    let marks =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let name: String = last.chars().filter(|c| !c.is_control() && !marks(*c)).take(MAX_NAME).collect();
    let name = name.trim().trim_start_matches('.');
    (!name.is_empty()).then(|| name.to_owned())
}

fn count(value: Option<u64>) -> Option<i64> {
    value.and_then(|value| i64::try_from(value).ok())
}

/// Writes the row of a file that came with a message; answers its id.
pub async fn remember(
    tx: &mut Tx<'_>,
    source: &Source,
    new: &ReceivedMedia,
    refused: Option<&str>,
) -> Result<MediaId, StorageError> {
    let id = mint(source)?;
    let state = if refused.is_some() { MediaState::Refused } else { MediaState::Pending };
    let content_type = sniff::essence(&new.content_type).unwrap_or_else(|| sniff::UNKNOWN.to_owned());
    let waveform = new
        .waveform
        .as_ref()
        .map(|wave| wave.iter().take(MAX_WAVEFORM).map(|v| (*v).min(100)).collect::<Vec<u8>>());
    let (reference, origin) = (&new.reference, &new.origin);
    let insert = query(
        "INSERT INTO media (id, workspace_id, device_id, state, cause, kind, content_type, file_name, width, height, duration_ms, waveform, \
         direct_path, media_key, file_sha256, file_enc_sha256, file_length, origin_chat, origin_message, origin_sender, origin_from_me, created_at, preview) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
    );
    let insert = insert
        .bind(&id)
        .bind(&new.workspace)
        .bind(&new.device)
        .bind(state.as_str())
        .bind(refused)
        .bind(reference.kind.as_str())
        .bind(content_type)
        .bind(new.file_name.as_deref().and_then(clean_name))
        .bind(new.width.map(i64::from))
        .bind(new.height.map(i64::from))
        .bind(count(new.duration_ms))
        .bind(waveform)
        .bind(&reference.direct_path)
        .bind(reference.media_key.as_slice())
        .bind(reference.file_sha256.as_slice())
        .bind(reference.file_enc_sha256.as_slice())
        .bind(count(Some(reference.file_length)))
        .bind(&origin.chat)
        .bind(&origin.whatsapp_id)
        .bind(origin.sender.as_deref())
        .bind(origin.from_me)
        .bind(source.now())
        .bind(new.preview.clone());
    tx.execute(insert).await?;
    share(tx, &id, &new.device).await?;
    Ok(id)
}

/// Writes the row of a file that is here; answers it.
pub async fn add(tx: &mut Tx<'_>, reach: &Reach, info: &MediaInfo) -> Result<(), StorageError> {
    let insert = query(
        "INSERT INTO media (id, workspace_id, state, kind, content_type, file_name, sha256, size, width, height, duration_ms, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    );
    let insert = insert
        .bind(&info.id)
        .bind(&reach.workspace)
        .bind(info.state.as_str())
        .bind(info.kind.as_str())
        .bind(&info.content_type)
        .bind(info.file_name.as_deref())
        .bind(info.sha256.as_deref())
        .bind(count(info.size))
        .bind(info.width.map(i64::from))
        .bind(info.height.map(i64::from))
        .bind(count(info.duration_ms))
        .bind(info.created_at);
    tx.execute(insert).await?;
    if let Some(devices) = reach.devices().filter(|devices| !devices.is_empty()) {
        let own = query("SELECT id FROM devices WHERE workspace_id = $1 AND id IN")
            .bind(&reach.workspace)
            .list(devices);
        for row in tx.rows(own).await? {
            share(tx, &info.id, &row.parse("id")?).await?;
        }
    }
    Ok(())
}

/// Lets whoever may see a device see the file.
pub async fn share(tx: &mut Tx<'_>, id: &MediaId, device: &DeviceId) -> Result<(), StorageError> {
    let insert =
        query("INSERT INTO media_devices (media_id, device_id) VALUES ($1, $2) ON CONFLICT DO NOTHING");
    tx.execute(insert.bind(id).bind(device)).await.map(drop)
}

/// The row, if it is one that may be seen.
pub async fn find(store: &Store, reach: &Reach, id: &MediaId) -> Result<Option<Record>, StorageError> {
    let select = query("SELECT m.* FROM media m WHERE m.id = $1 AND m.workspace_id = $2");
    let select = select.bind(id).bind(&reach.workspace);
    let select = if reach.is_whole() {
        select
    } else {
        let shared = " AND EXISTS (SELECT 1 FROM media_devices s WHERE s.media_id = m.id AND s.device_id IN";
        reach.within(select, shared).then(")")
    };
    store.row(select).await?.map(|row| record(&row)).transpose()
}

/// The bytes are here.
pub fn available(id: &MediaId, sha256: &str, size: u64, probed: &Probed) -> Query {
    query(
        "UPDATE media SET state = 'available', cause = NULL, sha256 = $2, size = $3, content_type = $4, \
         width = COALESCE($5, width), height = COALESCE($6, height), duration_ms = COALESCE($7, duration_ms) WHERE id = $1",
    )
    .bind(id)
    .bind(sha256)
    .bind(count(Some(size)))
    .bind(&probed.content_type)
    .bind(probed.width.map(i64::from))
    .bind(probed.height.map(i64::from))
    .bind(count(probed.duration_ms))
}

/// The bytes will not come.
pub fn ended(id: &MediaId, state: MediaState, cause: &str) -> Query {
    query("UPDATE media SET state = $2, cause = $3 WHERE id = $1 AND state = 'pending'")
        .bind(id)
        .bind(state.as_str())
        .bind(cause)
}

/// How loud a voice message is.
pub fn heard(id: &MediaId, waveform: &[u8]) -> Query {
    query("UPDATE media SET waveform = $2 WHERE id = $1").bind(id).bind(waveform)
}

/// A small picture of the file was made.
pub fn seen(id: &MediaId, preview: &[u8]) -> Query {
    query("UPDATE media SET preview = $2 WHERE id = $1 AND preview IS NULL").bind(id).bind(preview)
}

/// WhatsApp has the file at another path.
pub fn moved(id: &MediaId, direct_path: &str) -> Query {
    query("UPDATE media SET direct_path = $2 WHERE id = $1").bind(id).bind(direct_path)
}

/// The phone was asked and did not answer once more.
pub fn unanswered(id: &MediaId) -> Query {
    query("UPDATE media SET attempts = attempts + 1 WHERE id = $1").bind(id)
}

pub fn mint(source: &Source) -> Result<MediaId, StorageError> {
    source.id("med").parse().map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))
}

pub fn record(row: &Row) -> Result<Record, StorageError> {
    let wrong = |column: &str| StorageError::Row { column: column.to_owned(), what: "cannot be read" };
    let number = |column: &str| -> Result<Option<u64>, StorageError> {
        row.opt_int(column)?.map(|value| u64::try_from(value).map_err(|_| wrong(column))).transpose()
    };
    let small = |column: &str| -> Result<Option<u32>, StorageError> {
        number(column)?.map(|value| u32::try_from(value).map_err(|_| wrong(column))).transpose()
    };
    let kind = MediaKind::parse(&row.text("kind")?).ok_or_else(|| wrong("kind"))?;
    let state = MediaState::parse(&row.text("state")?).ok_or_else(|| wrong("state"))?;
    let device =
        row.opt_text("device_id")?.map(|id| id.parse().map_err(|_| wrong("device_id"))).transpose()?;
    let reference = match row.opt_text("direct_path")? {
        None => None,
        Some(direct_path) => Some(MediaRef {
            kind,
            direct_path,
            url: None,
            media_key: row.blob("media_key")?,
            file_sha256: row.blob("file_sha256")?,
            file_enc_sha256: row.blob("file_enc_sha256")?,
            file_length: number("file_length")?.unwrap_or(0),
            key_timestamp: None,
            streaming_sidecar: None,
        }),
    };
    let origin = match row.opt_text("origin_message")? {
        None => None,
        Some(whatsapp_id) => Some(MediaOrigin {
            chat: row.text("origin_chat")?,
            whatsapp_id,
            sender: row.opt_text("origin_sender")?,
            from_me: row.flag("origin_from_me")?,
        }),
    };
    let claimed = reference.as_ref().map(|reference| reference.file_length).filter(|length| *length > 0);
    let info = MediaInfo {
        id: row.parse("id")?,
        kind,
        state,
        cause: row.opt_text("cause")?,
        content_type: row.text("content_type")?,
        size: number("size")?.or(claimed),
        sha256: row.opt_text("sha256")?,
        file_name: row.opt_text("file_name")?,
        width: small("width")?,
        height: small("height")?,
        duration_ms: number("duration_ms")?,
        waveform: row.opt_blob("waveform")?,
        device_id: device,
        created_at: row.int("created_at")?,
    };
    Ok(Record {
        info,
        workspace: row.parse("workspace_id")?,
        reference,
        origin,
        attempts: row.int("attempts")?,
        preview: row.opt_blob("preview")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_names_and_nothing_else() {
        assert_eq!(clean_name("  Factura nº 7.pdf ").as_deref(), Some("Factura nº 7.pdf"));
        assert_eq!(clean_name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(clean_name("C:\\a\\b.txt").as_deref(), Some("b.txt"));
        assert_eq!(clean_name("a\r\nb\0c").as_deref(), Some("abc"));
        assert_eq!(clean_name("a\u{202e}txt.exe").as_deref(), Some("atxt.exe"));
        assert_eq!(clean_name(".bashrc").as_deref(), Some("bashrc"));
        for nothing in ["", " ", "..", "/", "a/", "\u{1}"] {
            assert_eq!(clean_name(nothing), None, "{nothing:?}");
        }
        assert_eq!(clean_name(&"ñ".repeat(300)).map(|name| name.chars().count()), Some(255));
    }
}
