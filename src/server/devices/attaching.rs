//! The files of messages: what is shown of one that came, and what is sent of one that was uploaded.

use super::context::Context;
use super::error::DeviceError;
use super::wanted_media::WantedMedia;
use crate::protocol::{Details, Media as Shown, MediaKind, MediaState, MessageId, MessageKind};
use crate::server::engine::{EngineError, InboundMedia, MediaOrigin, OutboundMedia, Session};
use crate::server::media::{Media, MediaError, ReceivedMedia, Sessions, StoredMedia};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Tx, query};
use std::sync::Arc;

/// Why the file of a message is not to be had that is only for phones.
const ONCE: &str = "It is to be seen once, on the phone.";

/// Keeps where the file of a message is that has just been inserted, and shows it in the message.
pub async fn remember(
    tx: &mut Tx<'_>,
    context: &Context,
    message: &MessageId,
    origin: MediaOrigin,
    came: InboundMedia,
    details: &mut Details,
) -> Result<(), StorageError> {
    let Some(shown) = &mut details.media else { return Ok(()) };
    let preview = came.preview.is_some();
    let received = ReceivedMedia {
        workspace: context.workspace.clone(),
        device: context.device.clone(),
        content_type: shown.content_type.clone(),
        file_name: shown.file_name.clone(),
        width: shown.width,
        height: shown.height,
        duration_ms: shown.seconds.map(|seconds| u64::from(seconds) * 1_000),
        waveform: Some(shown.waveform.clone()).filter(|waveform| !waveform.is_empty()),
        preview: came.preview,
        reference: came.reference,
        origin,
    };
    let remembered = context.media.remember(tx, &received).await?;
    shown.id = Some(remembered.id.to_string());
    shown.state = Some(remembered.state);
    shown.cause = remembered.cause;
    shown.preview = preview;
    let update = query("UPDATE messages SET details = $2, media_id = $3 WHERE id = $1")
        .bind(message)
        .bind(super::changes::details_json(details)?)
        .bind(&remembered.id);
    tx.execute(update).await.map(drop)
}

/// Says of a file that linked devices do not get why they do not.
pub fn refuse_once(details: &mut Details) {
    if let Some(shown) = details.media.as_mut().filter(|_| details.view_once) {
        shown.state = Some(MediaState::Refused);
        shown.cause = Some(ONCE.to_owned());
    }
}

/// What a message with this file is and shows. Its bytes are here then: what came and was not fetched yet is fetched,
/// and a voice message of a browser is put into the container that WhatsApp plays.
///
/// # Errors
/// [`DeviceError::Media`] if the file is not to be had, [`DeviceError::Invalid`] if it is no file of the kind that is
/// asked for.
pub async fn attach(
    media: &Media,
    sessions: &dyn Sessions,
    reach: &Reach,
    wanted: &WantedMedia,
) -> Result<(MessageKind, Shown), DeviceError> {
    let stored = match media.for_sending(reach, &wanted.id).await {
        Err(MediaError::UnderWay) => media.fetch(reach, &wanted.id, sessions).await?,
        found => found?,
    };
    let kind = kind_of(&stored, wanted)?;
    let stored = if wanted.voice { media.for_voice(reach, &wanted.id).await? } else { stored };
    let moves = kind == MediaKind::Sticker && media.is_animated(&stored).await?;
    Ok((message_kind(kind), shown(stored, kind, wanted, moves)))
}

fn shown(stored: StoredMedia, kind: MediaKind, wanted: &WantedMedia, animated: bool) -> Shown {
    let given = Some(wanted.waveform.clone()).filter(|waveform| !waveform.is_empty());
    let waveform = given.or(stored.waveform).filter(|_| wanted.voice).unwrap_or_default();
    let seconds = stored.duration_ms.filter(|_| matches!(kind, MediaKind::Audio | MediaKind::Video));
    let file_name = wanted.file_name.clone().or(stored.file_name);
    Shown {
        id: Some(stored.id.to_string()),
        state: Some(MediaState::Available),
        content_type: stored.content_type,
        size: stored.size,
        sha256: Some(stored.sha256),
        file_name: file_name.filter(|_| kind == MediaKind::Document),
        width: stored.width,
        height: stored.height,
        seconds: seconds.map(crate::server::media::seconds),
        waveform,
        voice: wanted.voice,
        gif: wanted.gif,
        animated,
        ..Shown::default()
    }
}

/// As what a file is sent: as what is asked for if it can be, else as what it is, else as a document.
fn kind_of(stored: &StoredMedia, wanted: &WantedMedia) -> Result<MediaKind, DeviceError> {
    let content_type = stored.content_type.as_str();
    let invalid = |what: &str| Err(DeviceError::Invalid(format!("{what}, and this file is {content_type}")));
    if wanted.gif && content_type != "video/mp4" {
        return invalid("a film that plays by itself is MP4");
    }
    if wanted.voice && !matches!(content_type, "audio/ogg" | "audio/webm" | "video/webm") {
        return invalid("a voice message is Opus, in Ogg or WebM");
    }
    match wanted.kind {
        // A browser's recording is put into Ogg before it is sent.
        Some(MediaKind::Audio) if wanted.voice => Ok(MediaKind::Audio),
        Some(kind) if plays(kind, content_type) => Ok(kind),
        Some(MediaKind::Sticker) => invalid("a sticker is WebP"),
        Some(MediaKind::Image) => invalid("a picture is JPEG, PNG or WebP"),
        Some(MediaKind::Video) => invalid("a film is MP4, 3GPP or QuickTime"),
        Some(MediaKind::Audio) => {
            invalid("a sound is Ogg, MP3, MP4, AAC or AMR, or a voice message (`voice`)")
        }
        Some(MediaKind::Document) => Ok(MediaKind::Document),
        None if plays(stored.kind, content_type) => Ok(stored.kind),
        None => Ok(MediaKind::Document),
    }
}

/// Whether WhatsApp's clients show such a file as this kind.
fn plays(kind: MediaKind, content_type: &str) -> bool {
    match kind {
        MediaKind::Image => matches!(content_type, "image/jpeg" | "image/png" | "image/webp"),
        MediaKind::Video => matches!(content_type, "video/mp4" | "video/3gpp" | "video/quicktime"),
        MediaKind::Audio => {
            matches!(content_type, "audio/ogg" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/amr")
        }
        MediaKind::Document => true,
        MediaKind::Sticker => content_type == "image/webp",
    }
}

fn message_kind(kind: MediaKind) -> MessageKind {
    match kind {
        MediaKind::Image => MessageKind::Image,
        MediaKind::Video => MessageKind::Video,
        MediaKind::Audio => MessageKind::Audio,
        MediaKind::Document => MessageKind::Document,
        MediaKind::Sticker => MessageKind::Sticker,
    }
}

/// The kind of the file of such a message; `None` for a message without one.
pub fn media_kind(kind: MessageKind) -> Option<MediaKind> {
    MediaKind::ALL.into_iter().find(|media| message_kind(*media) == kind)
}

/// What the engine needs of a message's file, which is on WhatsApp's servers then; `None` for a message without one.
pub async fn outbound(
    context: &Context,
    session: &Arc<dyn Session>,
    kind: MessageKind,
    details: &Details,
) -> Result<Option<Box<OutboundMedia>>, EngineError> {
    let Some(kind) = media_kind(kind) else { return Ok(None) };
    let id = details.media.as_ref().and_then(|media| media.id.as_deref()?.parse().ok());
    let Some(id) = id else { return Err(EngineError::Refused("the message names no file".to_owned())) };
    let found = context.media.outbound(&context.workspace, &context.device, &id, kind, session).await;
    found.map(|media| Some(Box::new(media))).map_err(|error| match error {
        MediaError::NotConnected => EngineError::NotConnected,
        MediaError::NotFound | MediaError::Gone(_) => EngineError::Gone,
        MediaError::Refused(why) | MediaError::Invalid(why) => EngineError::Refused(why),
        MediaError::Storage(error) => EngineError::Storage(error),
        other => EngineError::NoAnswer(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(stored: MediaKind, content_type: &str, wanted: WantedMedia) -> Result<MediaKind, DeviceError> {
        let stored = StoredMedia {
            id: "med_1".parse().unwrap(),
            workspace: "w".parse().unwrap(),
            kind: stored,
            content_type: content_type.to_owned(),
            size: 1,
            sha256: String::new(),
            file_name: None,
            width: None,
            height: None,
            duration_ms: None,
            waveform: None,
        };
        kind_of(&stored, &wanted)
    }

    fn wanted(kind: Option<MediaKind>) -> WantedMedia {
        let id = "med_1".parse().unwrap();
        WantedMedia { id, kind, voice: false, gif: false, file_name: None, waveform: Vec::new() }
    }

    #[test]
    fn a_file_is_sent_as_what_whatsapp_shows_of_it() {
        use MediaKind::{Audio, Document, Image, Sticker, Video};
        for (stored, content_type, asked, sent) in [
            (Image, "image/png", None, Image),
            (Image, "image/gif", None, Document),
            (Image, "image/webp", Some(Sticker), Sticker),
            (Image, "image/png", Some(Document), Document),
            (Video, "video/mp4", None, Video),
            (Video, "video/webm", None, Document),
            (Audio, "audio/mpeg", None, Audio),
            (Audio, "audio/wav", None, Document),
            (Document, "application/pdf", None, Document),
            (Sticker, "image/webp", None, Sticker),
            (Sticker, "image/webp", Some(Image), Image),
        ] {
            assert_eq!(of(stored, content_type, wanted(asked)).unwrap(), sent, "{content_type} {asked:?}");
        }
        for (content_type, asked) in [
            ("image/png", Sticker),
            ("image/gif", Image),
            ("application/pdf", Image),
            ("video/webm", Video),
            ("audio/wav", Audio),
            ("video/mp4", Audio),
        ] {
            let refused = of(Document, content_type, wanted(Some(asked)));
            assert!(matches!(refused, Err(DeviceError::Invalid(_))), "{content_type} {asked:?}");
        }
    }

    #[test]
    fn gifs_are_mp4_and_voice_is_opus() {
        let gif = || WantedMedia { gif: true, ..wanted(Some(MediaKind::Video)) };
        assert_eq!(of(MediaKind::Video, "video/mp4", gif()).unwrap(), MediaKind::Video);
        assert!(of(MediaKind::Image, "image/gif", gif()).is_err());
        let voice = || WantedMedia { voice: true, ..wanted(Some(MediaKind::Audio)) };
        for content_type in ["audio/ogg", "audio/webm", "video/webm"] {
            assert_eq!(of(MediaKind::Audio, content_type, voice()).unwrap(), MediaKind::Audio);
        }
        for content_type in ["audio/mp4", "audio/mpeg", "video/mp4", "image/png"] {
            assert!(of(MediaKind::Audio, content_type, voice()).is_err(), "{content_type}");
        }
    }
}
