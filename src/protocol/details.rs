//! What a message carries beside its text: an answer's quote, reactions, media, places, cards, polls.

use super::{MediaState, MessageId, MessageKind, Millis, read_record};
use serde::{Deserialize, Serialize};

/// Everything that only some messages have. What a message has not is not on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
    /// Each person's reaction, in the order in which they came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// Digits of the numbers (or JIDs) of those who are named in the text with `@`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactCard>,
    /// The poll's question is the message's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_preview: Option<LinkPreview>,
    /// How often it was passed on before it came here; 5 and more is WhatsApp's "many times".
    #[serde(skip_serializing_if = "is_zero")]
    pub forwards: u32,
    /// When its text was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Millis>,
    /// When it was taken back for everybody. Its text and all that it carried are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Millis>,
    /// Marked with a star by the account's owner.
    #[serde(skip_serializing_if = "is_false")]
    pub starred: bool,
    /// Pinned in its chat until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_until: Option<Millis>,
    /// When it was pinned: the one pinned last comes first. Absent for pins of before that was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<Millis>,
    /// When this account first listened to it: for voice notes and other audio of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub played_at: Option<Millis>,
    /// To be seen once, on the phone: linked devices get this notice only, without what is in it.
    #[serde(skip_serializing_if = "is_false")]
    pub view_once: bool,
    /// Seconds after which it disappears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
    /// What a notice of WhatsApp itself says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) fn is_zero(count: &u32) -> bool {
    *count == 0
}

read_record!(Details {
    quoted: "quoted",
    reactions: "reactions" or Vec::new(),
    mentions: "mentions" or Vec::new(),
    media: "media",
    location: "location",
    contacts: "contacts" or Vec::new(),
    poll: "poll",
    link_preview: "linkPreview",
    forwards: "forwards" or 0,
    edited_at: "editedAt",
    revoked_at: "revokedAt",
    starred: "starred" or false,
    pinned_until: "pinnedUntil",
    pinned_at: "pinnedAt",
    played_at: "playedAt",
    view_once: "viewOnce" or false,
    expires_in: "expiresIn",
    notice: "notice",
});

/// An excerpt of the message that is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Quoted {
    /// Ours, where the message is here.
    pub message_id: Option<MessageId>,
    pub whatsapp_id: String,
    /// Digits of who wrote it, or a JID.
    pub from: String,
    pub from_me: bool,
    pub kind: MessageKind,
    /// At most 500 characters.
    pub text: String,
}

read_record!(Quoted {
    message_id: "messageId",
    whatsapp_id: "whatsappId",
    from: "from",
    from_me: "fromMe",
    kind: "kind",
    text: "text",
});

/// One person's reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    /// Digits of the number, or a JID.
    pub from: String,
    pub from_me: bool,
    /// One emoji.
    pub emoji: String,
    pub at: Millis,
}

read_record!(Reaction { from: "from", from_me: "fromMe", emoji: "emoji", at: "at" });

/// A picture, film, sound or file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// Names it under `/api/v1/media`; absent while nothing of it can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether its bytes are here; absent for messages of before it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<MediaState>,
    /// Why it is expired or refused: one English sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hex; until they are here, what the sender says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Loudness of a voice note over its length, 0 to 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waveform: Vec<u8>,
    /// A voice note, recorded as it was said.
    #[serde(skip_serializing_if = "is_false")]
    pub voice: bool,
    /// A film without sound that plays by itself.
    #[serde(skip_serializing_if = "is_false")]
    pub gif: bool,
    /// A sticker that moves.
    #[serde(skip_serializing_if = "is_false")]
    pub animated: bool,
    /// A small picture of it can be asked for before the file was fetched.
    #[serde(skip_serializing_if = "is_false")]
    pub preview: bool,
}

read_record!(Media {
    id: "id",
    state: "state",
    cause: "cause",
    content_type: "contentType" or String::new(),
    size: "size" or 0,
    sha256: "sha256",
    file_name: "fileName",
    width: "width",
    height: "height",
    seconds: "seconds",
    waveform: "waveform" or Vec::new(),
    voice: "voice" or false,
    gif: "gif" or false,
    animated: "animated" or false,
    preview: "preview" or false,
});

/// A place on earth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// -90 to 90.
    #[cfg_attr(feature = "ssr", schema(value_type = f64))]
    pub latitude: Degrees,
    /// -180 to 180.
    #[cfg_attr(feature = "ssr", schema(value_type = f64))]
    pub longitude: Degrees,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Where somebody was when they began to share where they go.
    #[serde(skip_serializing_if = "is_false")]
    pub live: bool,
}

read_record!(Location {
    latitude: "latitude",
    longitude: "longitude",
    name: "name",
    address: "address",
    live: "live" or false,
});

/// An angle. Never NaN or infinite, so that it equals itself.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Degrees(f64);

impl Eq for Degrees {}

impl Degrees {
    /// `None` for what is no number of degrees up to `most`, to either side of zero.
    #[must_use]
    pub fn within(value: f64, most: f64) -> Option<Self> {
        (value.is_finite() && value.abs() <= most).then_some(Self(value))
    }

    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Somebody's card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContactCard {
    pub name: String,
    /// Digits only.
    pub phone_numbers: Vec<String>,
    /// The card as it travels (vCard 3.0, RFC 2426).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vcard: String,
}

read_record!(ContactCard {
    name: "name",
    phone_numbers: "phoneNumbers" or Vec::new(),
    vcard: "vcard" or String::new(),
});

/// A poll and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    pub options: Vec<PollOption>,
    /// How many options one person may choose; 0 for any number.
    pub selectable: u32,
}

read_record!(Poll { options: "options", selectable: "selectable" or 0 });

/// One answer of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PollOption {
    pub text: String,
    /// Digits (or JIDs) of who chose it.
    pub voters: Vec<String>,
}

read_record!(PollOption { text: "text", voters: "voters" or Vec::new() });

/// What is shown of the page behind a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LinkPreview {
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

read_record!(LinkPreview { url: "url", title: "title", description: "description" });

/// A notice of WhatsApp itself in a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// What happened, such as `missed_call` or `subject_changed`.
    pub code: String,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// To whom it was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// The new subject, number or whatever changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

read_record!(Notice { code: "code", by: "by", people: "people" or Vec::new(), value: "value" });
