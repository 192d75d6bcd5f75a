//! Stickers: how a picture becomes one, and those that somebody has at hand.

use super::attach::Picked;
use crate::protocol::{
    Media, MediaId, MediaInfo, MediaKind, MediaState, NewMedia, NewMessage, decode, read_record,
};
use serde::Serialize;

/// The sides of a sticker, in pixels.
pub const SIDE: u32 = 512;
/// How many bytes from its beginning say what a picture is.
pub const HEAD: u32 = 30;
/// The most bytes of a sticker that does not move: WhatsApp's clients take no larger ones.
pub const MOST_BYTES: u64 = 100_000;
/// The most bytes of one that does.
pub const MOST_MOVING_BYTES: u64 = 500_000;
/// How well a picture is written: from the best on, until it is small enough.
pub const QUALITIES: [f64; 7] = [0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.05];
/// How many stickers are at hand.
pub const AT_HAND: usize = 24;

/// What becomes of a picture that is to be a sticker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is one: it is sent as it is.
    AsItIs,
    /// It is drawn anew. What may have moved stands still then.
    Drawn { stilled: bool },
}

/// What becomes of a picture that begins so and has so many bytes.
#[must_use]
pub fn way(head: &[u8], size: u64) -> Way {
    let Some(webp) = Webp::read(head) else {
        let stilled = head.starts_with(b"GIF8");
        return Way::Drawn { stilled };
    };
    let most = if webp.moves { MOST_MOVING_BYTES } else { MOST_BYTES };
    if (webp.width, webp.height) == (SIDE, SIDE) && size <= most {
        Way::AsItIs
    } else {
        Way::Drawn { stilled: webp.moves }
    }
}

/// What the header of a WebP says (RFC 9649, section 2).
struct Webp {
    width: u32,
    height: u32,
    moves: bool,
}

impl Webp {
    fn read(head: &[u8]) -> Option<Self> {
        let head: &[u8; HEAD as usize] = head.first_chunk()?;
        if !(head.starts_with(b"RIFF") && head[8..].starts_with(b"WEBP")) {
            return None;
        }
        let at = |place: usize| u32::from(head[place]);
        let pair = |place: usize| at(place) | (at(place + 1) << 8);
        let (width, height, moves) = match &head[12..16] {
            // Both sides less one, in three bytes each.
            b"VP8X" => (1 + (pair(24) | (at(26) << 16)), 1 + (pair(27) | (at(29) << 16)), at(20) & 2 != 0),
            // Both sides less one, in 14 bits each.
            b"VP8L" => {
                let bits = pair(21) | (pair(23) << 16);
                (1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff), false)
            }
            b"VP8 " => (pair(26) & 0x3fff, pair(28) & 0x3fff, false),
            _ => return None,
        };
        Some(Self { width, height, moves })
    }
}

/// Where a picture stands on its sticker, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// Where a picture of this size stands: as large as there is room, in the middle. `None` for one without any pixels.
#[must_use]
pub fn place(width: u32, height: u32) -> Option<Place> {
    if width == 0 || height == 0 {
        return None;
    }
    let longest = u64::from(width.max(height));
    let shown = |side: u32| {
        let scaled = (u64::from(side) * u64::from(SIDE) + longest / 2) / longest;
        u32::try_from(scaled).unwrap_or(SIDE).clamp(1, SIDE)
    };
    let (width, height) = (shown(width), shown(height));
    Some(Place { left: (SIDE - width) / 2, top: (SIDE - height) / 2, width, height })
}

/// What the file of a sticker is called that was made of a file of this name.
#[must_use]
pub fn file_name(picture: &str) -> String {
    let stem = picture.rsplit_once('.').map(|(stem, _)| stem).filter(|stem| !stem.is_empty());
    format!("{}.webp", stem.unwrap_or(picture))
}

/// A picture that became a sticker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub picked: Picked,
    /// The picture may have moved, and the sticker does not.
    pub stilled: bool,
}

/// Why a picture became none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It cannot be read, or not be made small enough.
    Picture,
    /// The browser does not write WebP.
    Browser,
}

/// A sticker at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sticker {
    /// Names it under `/api/v1/media`.
    pub id: MediaId,
    /// Of its bytes: the same sticker comes under several ids.
    pub sha256: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

read_record!(Sticker { id: "id", sha256: "sha256", width: "width", height: "height" });

impl Sticker {
    /// The sticker that a message shows, unless nobody has it any more.
    #[must_use]
    pub fn shown(file: &Media) -> Option<Self> {
        if matches!(file.state, Some(MediaState::Expired | MediaState::Refused)) {
            return None;
        }
        let id = file.id.as_ref()?.parse().ok()?;
        Some(Self { id, sha256: file.sha256.clone(), width: file.width, height: file.height })
    }

    /// One that was uploaded.
    #[must_use]
    pub fn uploaded(info: &MediaInfo) -> Self {
        Self { id: info.id.clone(), sha256: info.sha256.clone(), width: info.width, height: info.height }
    }

    /// Whether both are the same sticker.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.id == other.id || (self.sha256.is_some() && self.sha256 == other.sha256)
    }

    /// The message that sends it.
    #[must_use]
    pub fn message(&self) -> NewMessage {
        let media = NewMedia { sticker: true, ..NewMedia::of(self.id.to_string()) };
        NewMessage { media: Some(media), ..NewMessage::default() }
    }

    /// What is known of its file, for the row that shows it before the server has the message.
    #[must_use]
    pub fn info(&self) -> MediaInfo {
        MediaInfo {
            id: self.id.clone(),
            kind: MediaKind::Sticker,
            state: MediaState::Available,
            cause: None,
            content_type: "image/webp".to_owned(),
            size: None,
            sha256: self.sha256.clone(),
            file_name: None,
            width: self.width,
            height: self.height,
            duration_ms: None,
            waveform: None,
            device_id: None,
            created_at: 0,
        }
    }
}

/// The stickers at hand as they are kept, the one that was used last first; none where that cannot be read.
#[must_use]
pub fn read(kept: &str) -> Vec<Sticker> {
    decode(kept).unwrap_or_default()
}

/// The stickers at hand, to be kept.
#[must_use]
pub fn write(all: &[Sticker]) -> String {
    serde_json::to_string(all).unwrap_or_default()
}

/// The stickers at hand after this one was used, or put there.
#[must_use]
pub fn with(all: Vec<Sticker>, used: Sticker) -> Vec<Sticker> {
    let others = without(all, &used);
    std::iter::once(used).chain(others).take(AT_HAND).collect()
}

/// The stickers at hand but this one.
#[must_use]
pub fn without(mut all: Vec<Sticker>, gone: &Sticker) -> Vec<Sticker> {
    all.retain(|one| !one.is(gone));
    all
}
