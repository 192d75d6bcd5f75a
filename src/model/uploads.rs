//! Files on their way to the server: in which order they go, what becomes of one that did not get through, and what of
//! it outlives the page.

use super::attach::{Picked, waveform};
use crate::protocol::{
    ChatId, CommandId, MediaInfo, MessageId, Millis, NewMedia, NewMessage, Problem, ProblemCode, read_record,
};
use serde::Serialize;

/// How long it takes until an upload that did not get through is tried again by itself; each further time twice as long.
const FIRST_PAUSE: Millis = 10_000;
const LONGEST_PAUSE: Millis = 300_000;

/// How an upload goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendingState {
    /// Others are before it, or there is no way to the server.
    Waiting,
    /// So many percent are through.
    Uploading(u32),
    /// It did not get through: why, in a sentence, and when it is tried again by itself.
    Later { why: String, due: Millis },
    /// It was refused for good: why, in a sentence.
    Failed(String),
}

/// A file on its way to the server, to be sent once it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The command that will send it, chosen when it is queued: it is sent once, however often it is begun anew.
    pub id: Option<CommandId>,
    /// Its place among all: a smaller number was chosen before.
    pub order: i64,
    pub chat_id: ChatId,
    pub picked: Picked,
    pub caption: String,
    /// Sent as a file, whatever it is.
    pub as_document: bool,
    /// Sent as a sticker.
    pub sticker: bool,
    /// Of a voice message: how loud it is.
    pub waveform: Option<Vec<u8>>,
    pub quoted: Option<MessageId>,
    /// How often in a row it did not get through.
    pub failures: u32,
    pub state: SendingState,
}

impl Sending {
    /// A voice message.
    #[must_use]
    pub fn voice(chat_id: ChatId, picked: Picked, levels: &[u8], quoted: Option<MessageId>) -> Self {
        Self { waveform: Some(waveform(levels)), ..Self::bare(chat_id, picked, quoted) }
    }

    /// A sticker.
    #[must_use]
    pub fn sticker(chat_id: ChatId, picked: Picked, quoted: Option<MessageId>) -> Self {
        Self { sticker: true, ..Self::bare(chat_id, picked, quoted) }
    }

    /// A file without anything beside it.
    fn bare(chat_id: ChatId, picked: Picked, quoted: Option<MessageId>) -> Self {
        Self {
            id: None,
            order: 0,
            chat_id,
            picked,
            caption: String::new(),
            as_document: false,
            sticker: false,
            waveform: None,
            quoted,
            failures: 0,
            state: SendingState::Waiting,
        }
    }

    /// The message that sends it, now that the server has it as this.
    #[must_use]
    pub fn message(&self, info: &MediaInfo) -> NewMessage {
        // Safari records what no voice message can be: that is sent as a sound.
        let voice = self.waveform.is_some()
            && (info.content_type.contains("ogg") || info.content_type.contains("webm"));
        let media = NewMedia {
            waveform: self.waveform.clone().filter(|_| voice).unwrap_or_default(),
            voice,
            document: self.as_document,
            sticker: self.sticker,
            ..NewMedia::of(info.id.to_string())
        };
        NewMessage {
            text: Some(self.caption.clone()).filter(|text| !text.is_empty()),
            quoted: self.quoted.clone(),
            media: Some(media),
            ..NewMessage::default()
        }
    }

    /// It did not get through: it is tried again by itself if that may pass.
    pub fn failed(&mut self, problem: &Problem, now: Millis) {
        let why = problem.detail.clone();
        // A session that ended comes back with the next sign-in.
        let passing = matches!(
            problem.code,
            ProblemCode::Unavailable
                | ProblemCode::RateLimited
                | ProblemCode::Timeout
                | ProblemCode::Unauthenticated
        );
        if !passing {
            self.state = SendingState::Failed(why);
            return;
        }
        let pause = (FIRST_PAUSE << self.failures.min(5)).min(LONGEST_PAUSE);
        let asked = problem.retry_after.unwrap_or(0).saturating_mul(1_000);
        self.failures = self.failures.saturating_add(1);
        self.state = SendingState::Later { why, due: now.saturating_add(pause.max(asked)) };
    }

    /// What is kept of it beside its bytes; nothing before it has its command.
    #[must_use]
    pub fn kept(&self) -> Option<KeptUpload> {
        let failed = match &self.state {
            SendingState::Failed(why) => Some(why.clone()),
            _ => None,
        };
        Some(KeptUpload {
            id: self.id.clone()?,
            order: self.order,
            chat_id: self.chat_id.clone(),
            name: self.picked.name.clone(),
            caption: self.caption.clone(),
            as_document: self.as_document,
            sticker: self.sticker,
            waveform: self.waveform.clone(),
            quoted: self.quoted.clone(),
            failed,
        })
    }
}

/// What is kept of a file on its way, beside its bytes, until its message waits in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptUpload {
    pub id: CommandId,
    pub order: i64,
    pub chat_id: ChatId,
    pub name: String,
    pub caption: String,
    pub as_document: bool,
    pub sticker: bool,
    pub waveform: Option<Vec<u8>>,
    pub quoted: Option<MessageId>,
    /// Why it was refused for good.
    pub failed: Option<String>,
}

read_record!(KeptUpload {
    id: "id",
    order: "order",
    chat_id: "chatId",
    name: "name",
    caption: "caption",
    as_document: "asDocument",
    // Pages of before there were any kept nothing of it.
    sticker: "sticker" or false,
    waveform: "waveform",
    quoted: "quoted",
    failed: "failed",
});

impl KeptUpload {
    /// The file on its way again, with its bytes as this page holds them.
    #[must_use]
    pub fn sending(self, picked: Picked) -> Sending {
        Sending {
            id: Some(self.id),
            order: self.order,
            chat_id: self.chat_id,
            picked,
            caption: self.caption,
            as_document: self.as_document,
            sticker: self.sticker,
            waveform: self.waveform,
            quoted: self.quoted,
            failures: 0,
            state: self.failed.map_or(SendingState::Waiting, SendingState::Failed),
        }
    }
}

fn busy(all: &[Sending]) -> bool {
    all.iter().any(|one| matches!(one.state, SendingState::Uploading(_)))
}

/// The next upload to be started: one after the other, so that the messages keep their order. One that is tried again
/// later holds up what was chosen after it for the same chat, and nothing else; one that was refused nothing at all.
#[must_use]
pub fn next_upload(all: &[Sending], now: Millis) -> Option<&Sending> {
    if busy(all) {
        return None;
    }
    let mut held: Vec<&ChatId> = Vec::new();
    for one in all {
        if held.contains(&&one.chat_id) {
            continue;
        }
        match &one.state {
            SendingState::Waiting => return Some(one),
            SendingState::Later { due, .. } => {
                if *due <= now {
                    return Some(one);
                }
                held.push(&one.chat_id);
            }
            SendingState::Uploading(_) | SendingState::Failed(_) => {}
        }
    }
    None
}

/// When an upload may be tried again, if nothing but time stands before it.
#[must_use]
pub fn upload_due(all: &[Sending]) -> Option<Millis> {
    if busy(all) {
        return None;
    }
    let mut held: Vec<&ChatId> = Vec::new();
    let mut first: Option<Millis> = None;
    for one in all {
        if let SendingState::Later { due, .. } = &one.state
            && !held.contains(&&one.chat_id)
        {
            held.push(&one.chat_id);
            first = Some(first.map_or(*due, |first| first.min(*due)));
        }
    }
    first
}

/// Takes in a file that an earlier page left, at its place.
pub fn restore_upload(all: &mut Vec<Sending>, sending: Sending) {
    let known = sending.id.is_some() && all.iter().any(|one| one.id == sending.id);
    if !known {
        let place = all.iter().position(|other| other.order > sending.order);
        all.insert(place.unwrap_or(all.len()), sending);
    }
}
