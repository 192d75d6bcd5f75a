//! Media of messages: sealed as WhatsApp seals it, opened, described.

use crate::protocol::Media;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::cdn;
use crate::server::sandbox::limits::MAX_BLOB;
use crate::server::sandbox::model::{NewPhoneMedia, PhoneMediaKind};
use crate::server::source::Source;
use base64::Engine as _;
use whatsapp_rust::wacore::download::{DownloadUtils, MediaType};
use whatsapp_rust::wacore::proto_helpers::MessageExt as _;
use whatsapp_rust::wacore::upload::encrypt_media_with_key;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;

/// The most values of a waveform.
const MAX_WAVEFORM: usize = 64;
/// The most bytes of a preview.
const MAX_PREVIEW: usize = 64 * 1024;
/// What encryption adds at most: padding to a block, and the code that proves it.
const OVERHEAD: usize = 32;

/// Sealed media, to be put on the media server under its name.
pub struct Sealed {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Seals what a phone sends, and makes the message that says where it lies.
///
/// # Errors
/// [`SandboxError::Invalid`] for what is no base64, is empty or too large, or does not fit its kind.
pub fn compose(
    media: &NewPhoneMedia,
    caption: Option<String>,
    view_once: bool,
    source: &Source,
) -> Result<(wa::Message, Sealed), SandboxError> {
    let invalid = |text: &str| SandboxError::Invalid(text.to_owned());
    let content = base64::engine::general_purpose::STANDARD
        .decode(media.content.as_bytes())
        .map_err(|_| invalid("the content of media is base64"))?;
    if content.is_empty() || content.len() > MAX_BLOB - OVERHEAD {
        return Err(SandboxError::Invalid(format!("media has 1 to {} bytes", MAX_BLOB - OVERHEAD)));
    }
    let mimetype = media.content_type.trim();
    if mimetype.len() > 255 || !mimetype.contains('/') || mimetype.chars().any(char::is_control) {
        return Err(invalid("the contentType of media is a media type such as image/jpeg"));
    }
    let kind = media.kind.unwrap_or_else(|| PhoneMediaKind::of(mimetype));
    if media.voice && kind != PhoneMediaKind::Audio || media.gif && kind != PhoneMediaKind::Video {
        return Err(invalid("voice is for audio only, gif for video only"));
    }
    if view_once && matches!(kind, PhoneMediaKind::Document | PhoneMediaKind::Sticker) {
        return Err(invalid("viewOnce is for pictures, films and sounds"));
    }
    if caption.is_some() && matches!(kind, PhoneMediaKind::Audio | PhoneMediaKind::Sticker) {
        return Err(invalid("sounds and stickers have no text"));
    }
    if media.waveform.len() > MAX_WAVEFORM || !media.waveform.is_empty() && !media.voice {
        return Err(invalid("a waveform is for voice, with at most 64 values"));
    }
    let preview = match &media.preview {
        None => None,
        Some(_) if matches!(kind, PhoneMediaKind::Audio | PhoneMediaKind::Sticker) => {
            return Err(invalid("sounds and stickers have no preview"));
        }
        Some(jpeg) => {
            let jpeg = base64::engine::general_purpose::STANDARD.decode(jpeg.as_bytes());
            let jpeg = jpeg.ok().filter(|jpeg| (1..=MAX_PREVIEW).contains(&jpeg.len()));
            Some(jpeg.ok_or_else(|| invalid("a preview is base64 of at most 64 KiB"))?)
        }
    };
    let app_info = match kind {
        PhoneMediaKind::Image => MediaType::Image,
        PhoneMediaKind::Video => MediaType::Video,
        PhoneMediaKind::Audio => MediaType::Audio,
        PhoneMediaKind::Document => MediaType::Document,
        PhoneMediaKind::Sticker => MediaType::Sticker,
    };
    let key = source.bytes::<32>();
    let sealed = encrypt_media_with_key(&content, app_info, Some(&key)).map_err(SandboxError::crypto)?;
    let name = cdn::name_of(&sealed.data_to_upload);
    let (url, path) = (Some(cdn::url(&name)), Some(cdn::path(&name)));
    let (hash, sealed_hash) = (Some(sealed.file_sha256.to_vec()), Some(sealed.file_enc_sha256.to_vec()));
    let (key, length) = (Some(sealed.media_key.to_vec()), Some(content.len() as u64));
    let (mimetype, now) = (Some(mimetype.to_owned()), Some(source.now().div_euclid(1_000)));
    let view_once = view_once.then_some(true);
    macro_rules! part {
        ($type:ident { $($field:ident: $value:expr),* $(,)? }) => {
            MessageField::some(wa::message::$type {
                url,
                direct_path: path,
                file_sha256: hash,
                file_enc_sha256: sealed_hash,
                media_key: key,
                file_length: length,
                mimetype,
                media_key_timestamp: now,
                $($field: $value,)*
                ..Default::default()
            })
        };
    }
    let mut message = wa::Message::default();
    let (width, height, seconds) = (media.width, media.height, media.seconds);
    match kind {
        PhoneMediaKind::Image => {
            message.image_message = part!(ImageMessage {
                caption: caption,
                width: width,
                height: height,
                view_once: view_once,
                jpeg_thumbnail: preview
            });
        }
        PhoneMediaKind::Video => {
            message.video_message = part!(VideoMessage {
                caption: caption,
                width: width,
                height: height,
                seconds: seconds,
                view_once: view_once,
                gif_playback: media.gif.then_some(true),
                jpeg_thumbnail: preview,
                streaming_sidecar: sealed.streaming_sidecar,
            });
        }
        PhoneMediaKind::Audio => {
            message.audio_message = part!(AudioMessage {
                seconds: seconds,
                view_once: view_once,
                ptt: media.voice.then_some(true),
                waveform: Some(media.waveform.clone()).filter(|waveform| !waveform.is_empty()),
                streaming_sidecar: sealed.streaming_sidecar,
            });
        }
        PhoneMediaKind::Document => {
            let name = media.file_name.clone();
            message.document_message = part!(DocumentMessage {
                caption: caption,
                title: name.clone(),
                file_name: name,
                jpeg_thumbnail: preview
            });
        }
        PhoneMediaKind::Sticker => {
            message.sticker_message = part!(StickerMessage { width: width, height: height });
        }
    }
    Ok((message, Sealed { name, bytes: sealed.data_to_upload }))
}

/// What is to be seen once travels in a wrapper of its own.
#[must_use]
pub fn once(message: wa::Message) -> wa::Message {
    let sound = message.audio_message.is_set();
    let wrapped =
        MessageField::some(wa::message::FutureProofMessage { message: MessageField::some(message) });
    if sound {
        return wa::Message { view_once_message_v2_extension: wrapped, ..Default::default() };
    }
    wa::Message { view_once_message_v2: wrapped, ..Default::default() }
}

/// Where media lies, and how it is opened.
pub struct Found {
    /// Its name on the media server.
    pub name: String,
    pub key: Vec<u8>,
    pub app_info: MediaType,
    pub content_type: String,
    pub file_name: Option<String>,
}

impl Found {
    /// Opens it.
    ///
    /// # Errors
    /// [`SandboxError::Crypto`] if it is not what was sealed.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SandboxError> {
        DownloadUtils::verify_and_decrypt(sealed, &self.key, self.app_info).map_err(SandboxError::crypto)
    }
}

macro_rules! first_part {
    ($message:ident, $found:ident => $make:expr; $($field:ident),*) => {
        $(if let Some($found) = $message.$field.as_option() { return Some($make); })*
    };
}

/// Where the media of a message lies, if it has any.
#[must_use]
pub fn find(message: &wa::Message) -> Option<Found> {
    let base = message.get_base_message();
    let found = |path: &Option<String>, key: &Option<Vec<u8>>, kind: &Option<String>, app_info| {
        Some(Found {
            name: path.as_deref()?.strip_prefix("/v/")?.to_owned(),
            key: key.clone()?,
            app_info,
            content_type: kind.clone().unwrap_or_else(|| "application/octet-stream".to_owned()),
            file_name: base.document_message.as_option().and_then(|part| part.file_name.clone()),
        })
    };
    if let Some(part) = base.image_message.as_option() {
        return found(&part.direct_path, &part.media_key, &part.mimetype, MediaType::Image);
    }
    if let Some(part) = base.video_message.as_option().or_else(|| base.ptv_message.as_option()) {
        return found(&part.direct_path, &part.media_key, &part.mimetype, MediaType::Video);
    }
    if let Some(part) = base.audio_message.as_option() {
        return found(&part.direct_path, &part.media_key, &part.mimetype, MediaType::Audio);
    }
    if let Some(part) = base.document_message.as_option() {
        return found(&part.direct_path, &part.media_key, &part.mimetype, MediaType::Document);
    }
    let part = base.sticker_message.as_option()?;
    found(&part.direct_path, &part.media_key, &part.mimetype, MediaType::Sticker)
}

/// What a phone shows of a message's media.
#[must_use]
pub fn describe(message: &wa::Message) -> Option<Media> {
    let size = |length: Option<u64>| length.unwrap_or(0);
    let hash = |sha256: &Option<Vec<u8>>| {
        Some(sha256.as_deref()?.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    let mime = |kind: &Option<String>| kind.clone().unwrap_or_default();
    first_part!(message, part => Media {
        content_type: mime(&part.mimetype), size: size(part.file_length), sha256: hash(&part.file_sha256), width: part.width,
        height: part.height, preview: part.jpeg_thumbnail.is_some(), ..Media::default()
    }; image_message);
    first_part!(message, part => Media {
        content_type: mime(&part.mimetype), size: size(part.file_length), sha256: hash(&part.file_sha256), width: part.width,
        height: part.height, seconds: part.seconds, gif: part.gif_playback == Some(true), preview: part.jpeg_thumbnail.is_some(), ..Media::default()
    }; video_message, ptv_message);
    first_part!(message, part => Media {
        content_type: mime(&part.mimetype), size: size(part.file_length), sha256: hash(&part.file_sha256), seconds: part.seconds,
        voice: part.ptt == Some(true), waveform: part.waveform.clone().unwrap_or_default(), ..Media::default()
    }; audio_message);
    first_part!(message, part => Media {
        content_type: mime(&part.mimetype), size: size(part.file_length), sha256: hash(&part.file_sha256),
        file_name: part.file_name.clone().or_else(|| part.title.clone()), preview: part.jpeg_thumbnail.is_some(), ..Media::default()
    }; document_message);
    first_part!(message, part => Media {
        content_type: mime(&part.mimetype), size: size(part.file_length), sha256: hash(&part.file_sha256), width: part.width,
        height: part.height, animated: part.is_animated == Some(true), ..Media::default()
    }; sticker_message);
    None
}
