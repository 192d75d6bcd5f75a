//! Files that are sent and received, without their bytes.

use super::{DeviceId, MediaId, Millis, read_name, read_record};
use serde::Serialize;

/// What a file is to WhatsApp: each kind has keys and limits of its own there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
    /// Music and voice.
    Audio,
    /// Any file.
    Document,
    Sticker,
}

read_name!(MediaKind { "image" => Image, "video" => Video, "audio" => Audio, "document" => Document, "sticker" => Sticker });

impl MediaKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Image, Self::Video, Self::Audio, Self::Document, Self::Sticker];

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    /// The kind that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Whether the bytes are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    /// WhatsApp has them; they are fetched when somebody asks for them.
    Pending,
    /// They are here.
    Available,
    /// WhatsApp no longer has them, and neither has the phone.
    Expired,
    /// They are not taken: too large, or not what the message says that they are.
    Refused,
}

read_name!(MediaState { "pending" => Pending, "available" => Available, "expired" => Expired, "refused" => Refused });

impl MediaState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Available, Self::Expired, Self::Refused];

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Expired => "expired",
            Self::Refused => "refused",
        }
    }

    /// The state that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What files the server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MediaRules {
    /// The largest file, in bytes.
    pub max_size: u64,
}

read_record!(MediaRules { max_size: "maxSize" });

/// A file: one that was uploaded, or one that came with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MediaInfo {
    pub id: MediaId,
    pub kind: MediaKind,
    pub state: MediaState,
    /// Why it is expired or refused: one English sentence.
    pub cause: Option<String>,
    /// What its bytes show that it is; until they are here, what the sender says.
    pub content_type: String,
    /// In bytes; until they are here, what the sender says, if anything.
    pub size: Option<u64>,
    /// Of its bytes, in hex, once they are here.
    pub sha256: Option<String>,
    pub file_name: Option<String>,
    /// In pixels.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
    /// In milliseconds.
    pub duration_ms: Option<u64>,
    /// Of a voice message: how loud it is from its start to its end, up to 64 values from 0 to 100.
    pub waveform: Option<Vec<u8>>,
    /// The device that it came to; null for an upload.
    pub device_id: Option<DeviceId>,
    pub created_at: Millis,
}

read_record!(MediaInfo {
    id: "id",
    kind: "kind",
    state: "state",
    cause: "cause",
    content_type: "contentType",
    size: "size",
    sha256: "sha256",
    file_name: "fileName",
    width: "width",
    height: "height",
    duration_ms: "durationMs",
    waveform: "waveform",
    device_id: "deviceId",
    created_at: "createdAt",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_states_have_one_spelling() {
        for kind in MediaKind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
            assert_eq!(MediaKind::parse(kind.as_str()), Some(kind));
        }
        for state in MediaState::ALL {
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.as_str()));
            assert_eq!(MediaState::parse(state.as_str()), Some(state));
        }
        assert_eq!((MediaKind::parse("Image"), MediaState::parse("")), (None, None));
    }
}
