//! Files on their way into a chat: the tray in which they wait for their captions, and how they are shown.

use super::uploads::{Sending, SendingState};
use crate::protocol::{
    ChatId, Details, Extras, Media, MediaInfo, MediaKind, MediaState, MessageId, MessageKind, NewMessage,
};

/// The most files that are sent at once.
pub const MAX_FILES: usize = 30;
/// How many values a voice message's waveform has, as in WhatsApp's own clients.
const BARS: usize = 64;

/// A file that somebody chose. Its bytes stay with the browser, under this key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picked {
    pub key: u32,
    pub name: String,
    pub size: u64,
    /// What the browser thinks that it is; the server looks at the bytes.
    pub content_type: String,
    /// Where this page shows it before it is anywhere else.
    pub url: String,
}

/// As what a file of this type is sent: WhatsApp shows few types, and the rest goes as a document.
#[must_use]
pub fn kind_of(content_type: &str) -> MediaKind {
    match content_type.split(';').next().unwrap_or_default().trim() {
        "image/jpeg" | "image/png" | "image/webp" => MediaKind::Image,
        "video/mp4" | "video/3gpp" | "video/quicktime" => MediaKind::Video,
        "audio/ogg" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/amr" => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

/// A file in the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayItem {
    pub picked: Picked,
    pub caption: String,
}

/// Files that wait for their captions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tray {
    pub items: Vec<TrayItem>,
    /// All are sent as files, whatever they are.
    pub documents: bool,
    /// The first caption stands for all of them.
    pub together: bool,
    /// The largest file that the server takes, once it is known.
    pub limit: Option<u64>,
    /// Files that were left out: there are too many.
    pub left_out: usize,
}

impl Tray {
    /// Takes further files in. Answers the keys of those that are too many.
    pub fn add(&mut self, picked: Vec<Picked>) -> Vec<u32> {
        let room = MAX_FILES.saturating_sub(self.items.len());
        let mut over = Vec::new();
        for (place, picked) in picked.into_iter().enumerate() {
            if place < room {
                self.items.push(TrayItem { picked, caption: String::new() });
            } else {
                over.push(picked.key);
            }
        }
        self.left_out = over.len();
        over
    }

    pub fn remove(&mut self, key: u32) {
        self.items.retain(|item| item.picked.key != key);
        self.left_out = 0;
        if self.items.is_empty() {
            self.empty();
        }
    }

    /// Nothing waits any more: what is taken in next is sent as if it were the first.
    pub fn empty(&mut self) {
        *self = Self { limit: self.limit, ..Self::default() };
    }

    pub fn caption(&mut self, key: u32, text: String) {
        if let Some(item) = self.items.iter_mut().find(|item| item.picked.key == key) {
            item.caption = text;
        }
    }

    /// Whether the server would refuse it: it is empty, or larger than what is taken.
    #[must_use]
    pub fn refuses(&self, picked: &Picked) -> bool {
        picked.size == 0 || self.limit.is_some_and(|limit| picked.size > limit)
    }

    /// Whether all of it can be sent.
    #[must_use]
    pub fn ready(&self) -> bool {
        !self.items.is_empty() && self.items.iter().all(|item| !self.refuses(&item.picked))
    }

    /// Empties the tray: what is to be sent, in order. A caption for all goes with the first, as in WhatsApp.
    pub fn take(&mut self, chat_id: &ChatId, quoted: Option<&MessageId>) -> Vec<Sending> {
        let (documents, together) = (self.documents, self.together);
        let items = std::mem::take(&mut self.items);
        self.empty();
        let sending = |(place, item): (usize, TrayItem)| {
            let caption = if place > 0 && together { String::new() } else { item.caption.trim().to_owned() };
            Sending {
                id: None,
                order: 0,
                chat_id: chat_id.clone(),
                picked: item.picked,
                caption,
                as_document: documents,
                sticker: false,
                waveform: None,
                quoted: quoted.filter(|_| place == 0).cloned(),
                failures: 0,
                state: SendingState::Waiting,
            }
        };
        items.into_iter().enumerate().map(sending).collect()
    }
}

/// What a message that is being sent shows before the server has it: its kind, its text, and what it carries.
#[must_use]
pub fn shown_as(message: &NewMessage, info: Option<&MediaInfo>) -> (MessageKind, String, Extras) {
    let mut text = message.text.clone().unwrap_or_default();
    let mut details = Details { mentions: message.mentions.clone(), ..Details::default() };
    let kind = if let Some(media) = &message.media {
        let voice = media.voice;
        details.media = Some(Media {
            id: Some(media.id.clone()),
            state: Some(MediaState::Available),
            content_type: info.map(|info| info.content_type.clone()).unwrap_or_default(),
            size: info.and_then(|info| info.size).unwrap_or(0),
            file_name: media.file_name.clone().or_else(|| info?.file_name.clone()),
            width: info.and_then(|info| info.width),
            height: info.and_then(|info| info.height),
            seconds: info
                .and_then(|info| info.duration_ms)
                .and_then(|length| u32::try_from(length / 1_000).ok()),
            waveform: media.waveform.clone(),
            voice,
            ..Media::default()
        });
        match info.map(|info| info.kind).filter(|_| !media.document && !media.sticker && !voice) {
            Some(MediaKind::Image) => MessageKind::Image,
            Some(MediaKind::Video) => MessageKind::Video,
            Some(MediaKind::Audio) => MessageKind::Audio,
            Some(MediaKind::Sticker) => MessageKind::Sticker,
            _ if media.sticker => MessageKind::Sticker,
            _ if voice => MessageKind::Audio,
            _ => MessageKind::Document,
        }
    } else if let Some(poll) = &message.poll {
        details.poll = Some(poll.open());
        text.clone_from(&poll.name);
        MessageKind::Poll
    } else if let Some(place) = &message.location {
        details.location = Some(place.clone());
        MessageKind::Location
    } else if message.contact.is_some() || !message.contacts.is_empty() {
        details.contacts = message.contact.iter().chain(&message.contacts).cloned().collect();
        MessageKind::Contact
    } else {
        MessageKind::Text
    };
    (kind, text, details.into())
}

/// How loud a piece of sound is, from 0 to 100: samples of eight bits around 128.
#[must_use]
pub fn loudness(wave: &[u8]) -> u8 {
    let most = wave.iter().map(|sample| sample.abs_diff(128)).max().unwrap_or(0);
    // Speech is far below what a sample can hold.
    u8::try_from((u32::from(most) * 160 / 128).min(100)).unwrap_or(100)
}

/// A recording's loudness in as many values as a voice message has.
#[must_use]
pub fn waveform(levels: &[u8]) -> Vec<u8> {
    if levels.is_empty() {
        return Vec::new();
    }
    let loudest = |place: usize| {
        let (from, to) = (place * levels.len() / BARS, (place + 1) * levels.len() / BARS);
        levels.get(from..to.max(from + 1)).into_iter().flatten().copied().max().unwrap_or(0)
    };
    (0..BARS).map(loudest).collect()
}
