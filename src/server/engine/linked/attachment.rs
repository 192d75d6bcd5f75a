//! The file of a message: where it is and what opens it, out of WhatsApp's own encoding and into it.

use super::content::unwrapped;
use crate::protocol::{Details, Media, MediaKind, MessageKind};
use crate::server::engine::{EngineError, InboundMedia, MAX_PREVIEW, MediaRef, OutboundMedia};
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp::message::{
    AudioMessage, DocumentMessage, FutureProofMessage, ImageMessage, StickerMessage, VideoMessage,
};
use whatsapp_rust::waproto::whatsapp::{ContextInfo, Message};

/// What a voice message calls itself: WhatsApp's clients look at the codec.
const VOICE: &str = "audio/ogg; codecs=opus";
/// What a file without a name is called.
const NAMELESS: &str = "file";

/// Reads the fields that all messages with files share.
macro_rules! reference {
    ($kind:expr, $part:expr) => {
        MediaRef {
            kind: $kind,
            direct_path: $part.direct_path.clone().unwrap_or_default(),
            url: None,
            media_key: $part.media_key.clone().unwrap_or_default(),
            file_sha256: $part.file_sha256.clone().unwrap_or_default(),
            file_enc_sha256: $part.file_enc_sha256.clone().unwrap_or_default(),
            file_length: $part.file_length.unwrap_or(0),
            key_timestamp: $part.media_key_timestamp,
            streaming_sidecar: None,
        }
    };
}

/// What a message says of its file, whole or not; `None` if it has none. What is to be seen once is only for
/// phones.
pub(super) fn of(message: &Message, details: &Details) -> Option<Box<InboundMedia>> {
    if details.view_once {
        return None;
    }
    let m = unwrapped(message);
    let (reference, preview) = if let Some(image) = m.image_message.as_option() {
        (reference!(MediaKind::Image, image), image.jpeg_thumbnail.clone())
    } else if let Some(video) = m.video_message.as_option().or(m.ptv_message.as_option()) {
        (reference!(MediaKind::Video, video), video.jpeg_thumbnail.clone())
    } else if let Some(audio) = m.audio_message.as_option() {
        (reference!(MediaKind::Audio, audio), None)
    } else if let Some(document) = m.document_message.as_option() {
        (reference!(MediaKind::Document, document), document.jpeg_thumbnail.clone())
    } else {
        let sticker = m.sticker_message.as_option()?;
        (reference!(MediaKind::Sticker, sticker), None)
    };
    let preview = preview.filter(|jpeg| jpeg.len() <= MAX_PREVIEW && jpeg.starts_with(b"\xff\xd8\xff"));
    Some(Box::new(InboundMedia { reference, preview }))
}

/// A message with a file that is on WhatsApp's servers.
///
/// # Errors
/// [`EngineError::Refused`] for a message whose kind has no file.
pub(super) fn compose(
    kind: MessageKind,
    text: &str,
    said: &Media,
    media: &OutboundMedia,
    context: MessageField<ContextInfo>,
) -> Result<Message, EngineError> {
    let OutboundMedia { reference, preview } = media;
    // A document without a text of its own shows its name.
    let own = kind != MessageKind::Document || said.file_name.as_deref() != Some(text);
    let caption = Some(text).filter(|text| own && !text.is_empty()).map(str::to_owned);
    macro_rules! part {
        ($type:ident { $($field:ident: $value:expr),* $(,)? }) => {
            MessageField::some($type {
                url: Some(reference.url.clone().unwrap_or_else(|| address(&reference.direct_path))),
                direct_path: Some(reference.direct_path.clone()),
                media_key: Some(reference.media_key.clone()),
                file_sha256: Some(reference.file_sha256.clone()),
                file_enc_sha256: Some(reference.file_enc_sha256.clone()),
                file_length: Some(reference.file_length),
                media_key_timestamp: reference.key_timestamp,
                mimetype: Some(if said.voice { VOICE.to_owned() } else { said.content_type.clone() }),
                context_info: context,
                $($field: $value,)*
                ..$type::default()
            })
        };
    }
    let mut message = Message::default();
    match kind {
        MessageKind::Image => {
            message.image_message = part!(ImageMessage {
                caption: caption,
                width: said.width,
                height: said.height,
                jpeg_thumbnail: preview.clone(),
            });
        }
        MessageKind::Video => {
            message.video_message = part!(VideoMessage {
                caption: caption,
                width: said.width,
                height: said.height,
                seconds: said.seconds,
                gif_playback: said.gif.then_some(true),
                jpeg_thumbnail: preview.clone(),
                streaming_sidecar: reference.streaming_sidecar.clone(),
            });
        }
        MessageKind::Audio => {
            message.audio_message = part!(AudioMessage {
                seconds: said.seconds,
                ptt: Some(said.voice),
                waveform: Some(said.waveform.clone()).filter(|waveform| !waveform.is_empty()),
                streaming_sidecar: reference.streaming_sidecar.clone(),
            });
        }
        MessageKind::Document => {
            let name = said.file_name.clone().unwrap_or_else(|| NAMELESS.to_owned());
            let captioned = caption.is_some();
            message.document_message = part!(DocumentMessage {
                caption: caption,
                title: Some(name.clone()),
                file_name: Some(name),
                jpeg_thumbnail: preview.clone(),
            });
            if captioned {
                // So that clients show both the name and the text.
                let inner = FutureProofMessage { message: MessageField::some(message) };
                message = Message {
                    document_with_caption_message: MessageField::some(inner),
                    ..Message::default()
                };
            }
        }
        MessageKind::Sticker => {
            message.sticker_message = part!(StickerMessage {
                width: said.width,
                height: said.height,
                is_animated: Some(said.animated),
            });
        }
        other => {
            return Err(EngineError::Refused(format!("a message of kind {} has no file", other.as_str())));
        }
    }
    Ok(message)
}

/// The address that messages name beside the path; clients take the path to whichever host they are told.
fn address(direct_path: &str) -> String {
    format!("https://mmg.whatsapp.net{direct_path}")
}
