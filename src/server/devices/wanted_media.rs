//! The file of a message that is to be sent, as it was asked for: checked, and not looked at yet.

use super::error::DeviceError;
use super::outbox::check_text;
use super::outgoing::invalid;
use crate::protocol::{MAX_WAVEFORM, MediaId, MediaKind, NewMedia};
use crate::server::media::{MediaError, clean_name};

/// Why a text is refused beside some files.
pub const NO_CAPTION: &str = "sounds and stickers have no text";

/// A file that is to be sent, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedMedia {
    pub id: MediaId,
    /// By what it is, if nothing is asked for.
    pub kind: Option<MediaKind>,
    pub voice: bool,
    pub gif: bool,
    pub file_name: Option<String>,
    /// Up to 64 values from 0 to 100; none if it is to be reckoned.
    pub waveform: Vec<u8>,
}

/// A file to be sent, and the text below it. `meant` is the kind that the message names.
///
/// # Errors
/// [`DeviceError::Invalid`] for what is out of its limits or does not go together, [`DeviceError::Media`] for what is no id.
pub fn wanted(
    new: NewMedia,
    text: Option<String>,
    meant: Option<MediaKind>,
) -> Result<(WantedMedia, String), DeviceError> {
    let mut kind = None;
    let asked = [
        (meant.is_some(), meant),
        (new.kind.is_some(), new.kind),
        (new.voice, Some(MediaKind::Audio)),
        (new.gif, Some(MediaKind::Video)),
        (new.document, Some(MediaKind::Document)),
        (new.sticker, Some(MediaKind::Sticker)),
    ];
    for (_, asked) in asked.into_iter().filter(|(is, _)| *is) {
        if kind.is_some() && kind != asked {
            return Err(invalid("a file is sent as one kind: voice is audio, gif is video"));
        }
        kind = asked;
    }
    let text = match (text, new.caption) {
        (Some(text), Some(caption)) if text != caption => {
            return Err(invalid("the text and the caption are the same thing: give one of them"));
        }
        (text, caption) => text.or(caption),
    };
    if let Some(text) = &text {
        check_text(text)?;
        if matches!(kind, Some(MediaKind::Audio | MediaKind::Sticker)) {
            return Err(invalid(NO_CAPTION));
        }
    }
    if new.waveform.len() > MAX_WAVEFORM || new.waveform.iter().any(|value| *value > 100) {
        return Err(invalid(format!("a waveform has at most {MAX_WAVEFORM} values from 0 to 100")));
    }
    if !new.waveform.is_empty() && !new.voice {
        return Err(invalid("a waveform is for voice messages"));
    }
    let file_name = match new.file_name {
        None => None,
        Some(name) => Some(clean_name(&name).ok_or_else(|| invalid("this is no name of a file"))?),
    };
    // An id that cannot be is one that is not there.
    let id = new.id.parse().map_err(|_| DeviceError::Media(MediaError::NotFound))?;
    let (voice, gif, waveform) = (new.voice, new.gif, new.waveform);
    Ok((WantedMedia { id, kind, voice, gif, file_name, waveform }, text.unwrap_or_default()))
}
