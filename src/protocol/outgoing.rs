//! What a client may send: the body of `POST …/messages`, of the native stream's `send_message`, and of the
//! sandbox's phones.

use super::{ContactCard, LinkPreview, Location, MediaKind, MessageId, Poll, PollOption, read_record};
use serde::Serialize;

/// The most options of a poll, as in WhatsApp's own clients.
pub const MAX_POLL_OPTIONS: usize = 12;
/// The longest question of a poll, in characters.
pub const MAX_POLL_QUESTION: usize = 255;
/// The longest option of a poll, in characters.
pub const MAX_POLL_OPTION: usize = 100;
/// The most cards of one message.
pub const MAX_CONTACTS: usize = 257;
/// The most values of a voice message's waveform, as in WhatsApp's own clients.
pub const MAX_WAVEFORM: usize = 64;
/// The most people whom one text names.
pub const MAX_MENTIONS: usize = 1_024;

/// One message to send, or one thing to do to a message. Exactly one of `text` alone, `media`, `location`,
/// `contact`, `contacts`, `poll`, `reaction`, `edit`, `revoke`, `vote`, `pin` and `forward` says what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewMessage {
    /// What is meant to be sent; checked against what is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// 1 to 65,536 characters; the caption of media.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 65_536))]
    pub text: Option<String>,
    /// The message that is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<MessageId>,
    /// Numbers of those who are named in the text as `@34600111222`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 1_024))]
    pub mentions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_preview: Option<LinkPreview>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<NewMedia>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactCard>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 257))]
    pub contacts: Vec<ContactCard>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<NewPoll>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<NewReaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<NewEdit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke: Option<NewRevoke>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vote: Option<NewVote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<NewPin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward: Option<NewForward>,
}

read_record!(NewMessage {
    kind: "kind",
    text: "text",
    quoted: "quoted",
    mentions: "mentions" or Vec::new(),
    link_preview: "linkPreview",
    media: "media",
    location: "location",
    contact: "contact",
    contacts: "contacts" or Vec::new(),
    poll: "poll",
    reaction: "reaction",
    edit: "edit",
    revoke: "revoke",
    vote: "vote",
    pin: "pin",
    forward: "forward",
});

impl NewMessage {
    /// Whether it does something to a message instead of sending one.
    #[must_use]
    pub fn changes_another(&self) -> bool {
        self.reaction.is_some()
            || self.edit.is_some()
            || self.revoke.is_some()
            || self.vote.is_some()
            || self.pin.is_some()
    }
}

/// Media that was uploaded before, or that came with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewMedia {
    /// As `POST /api/v1/media` answered, or as a message names it.
    pub id: String,
    /// As what it is sent; without it, by what the file is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<MediaKind>,
    /// The text below it: the same as the message's `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 65_536))]
    pub caption: Option<String>,
    /// What a document is called; without it, as it was called when it was uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 255))]
    pub file_name: Option<String>,
    /// How loud a voice note is from its start to its end: values from 0 to 100. Without it, it is reckoned from the
    /// recording.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 64))]
    pub waveform: Vec<u8>,
    /// Sent as a voice note: Opus, in Ogg or in WebM.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
    /// Sent as a film that plays by itself: MP4.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gif: bool,
    /// Sent as a file, whatever it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub document: bool,
    /// Sent as a sticker: a WebP picture.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sticker: bool,
}

impl NewMedia {
    /// A file that was uploaded, sent as what it is, with nothing beside it.
    #[must_use]
    pub fn of(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind: None,
            caption: None,
            file_name: None,
            waveform: Vec::new(),
            voice: false,
            gif: false,
            document: false,
            sticker: false,
        }
    }
}

read_record!(NewMedia {
    id: "id",
    kind: "kind",
    caption: "caption",
    file_name: "fileName",
    waveform: "waveform" or Vec::new(),
    voice: "voice" or false,
    gif: "gif" or false,
    document: "document" or false,
    sticker: "sticker" or false,
});

/// A poll to be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewPoll {
    /// The question: 1 to 255 characters.
    #[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 255))]
    pub name: String,
    /// 2 to 12 answers of 1 to 100 characters, each another.
    #[cfg_attr(feature = "ssr", schema(min_items = 2, max_items = 12))]
    pub options: Vec<String>,
    /// How many of them one person may choose; 0, the default, for any number.
    pub selectable: u32,
}

read_record!(NewPoll { name: "name", options: "options", selectable: "selectable" or 0 });

impl NewPoll {
    /// The poll before anybody voted.
    #[must_use]
    pub fn open(&self) -> Poll {
        let option = |text: &String| PollOption { text: text.clone(), voters: Vec::new() };
        Poll { options: self.options.iter().map(option).collect(), selectable: self.selectable }
    }
}

/// A reaction; the empty emoji takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewReaction {
    pub message_id: MessageId,
    /// One emoji, or nothing.
    pub emoji: String,
}

read_record!(NewReaction { message_id: "messageId", emoji: "emoji" or String::new() });

/// Another text for a message of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewEdit {
    pub message_id: MessageId,
    /// 1 to 65,536 characters.
    #[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 65_536))]
    pub text: String,
}

read_record!(NewEdit { message_id: "messageId", text: "text" });

/// Takes a message back for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewRevoke {
    pub message_id: MessageId,
}

read_record!(NewRevoke { message_id: "messageId" });

/// Our choice in a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewVote {
    pub message_id: MessageId,
    /// The chosen options, word by word; none takes the vote back.
    pub options: Vec<String>,
}

read_record!(NewVote { message_id: "messageId", options: "options" or Vec::new() });

/// How long a message may be pinned, in seconds: a day, a week, thirty days.
pub const PIN_SECONDS: [u32; 3] = [86_400, 604_800, 2_592_000];

/// Pins a message in its chat for everybody, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewPin {
    pub message_id: MessageId,
    /// 86400, 604800 (the default) or 2592000; 0 to pin it no longer.
    pub seconds: u32,
}

read_record!(NewPin { message_id: "messageId", seconds: "seconds" or PIN_SECONDS[1] });

/// Passes a message on to this chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewForward {
    pub message_id: MessageId,
}

read_record!(NewForward { message_id: "messageId" });
