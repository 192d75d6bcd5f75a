//! The inside of a bubble: marks, the quote, what it carries, and the text.

use super::{cards, media, poll, quote};
use crate::model::Row;
use crate::model::text::{plain, spans};
use crate::protocol::{ChatId, Details, MediaState, MessageId, MessageKind};
use crate::ui::components::rich_text::rich_text;
use crate::ui::prelude::*;

/// How often a message was passed on before WhatsApp says that it was many times.
const MANY: u32 = 5;

/// What stands inside a row's bubble. Its way (sent, delivered, read), its marks and the reactions beneath it are not
/// part of it, so that they draw nothing of it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub id: Option<MessageId>,
    pub kind: MessageKind,
    pub text: String,
    /// Digits of the device's own number: whose votes are ours.
    pub own: String,
    /// Absent where there is nothing beside the text.
    pub details: Option<Box<Details>>,
}

impl Shown {
    #[must_use]
    pub fn of(row: &Row, own: &str) -> Self {
        let details = row.details().filter(|details| **details != Details::default());
        let details = details.map(|details| as_shown(row.kind(), details));
        let details = details.filter(|details| *details != Details::default()).map(Box::new);
        Self {
            id: row.id().cloned(),
            kind: row.kind(),
            text: row.text().to_owned(),
            own: own.to_owned(),
            details,
        }
    }

    /// Taken back for everybody.
    #[must_use]
    pub fn revoked(&self) -> bool {
        self.details.as_ref().is_some_and(|details| details.revoked_at.is_some())
    }

    /// Nothing but a few emoji.
    #[must_use]
    pub fn only_emoji(&self) -> bool {
        let bare =
            self.details.as_ref().is_none_or(|details| details.quoted.is_none() && details.forwards == 0);
        self.kind == MessageKind::Text && bare && crate::model::text::emoji_only(&self.text).is_some()
    }
}

/// Without what nobody sees, or sees elsewhere: a sound that is being played is not to begin anew because its file has come meanwhile,
/// or because its sender was told.
fn as_shown(kind: MessageKind, details: &Details) -> Details {
    let mut shown = details.clone();
    shown.played_at = None;
    shown.reactions.clear();
    shown.starred = false;
    shown.pinned_until = None;
    shown.pinned_at = None;
    shown.edited_at = None;
    if let Some(file) = &mut shown.media {
        file.sha256 = None;
        if kind == MessageKind::Audio {
            file.state =
                file.state.filter(|state| matches!(state, MediaState::Expired | MediaState::Refused));
            file.size = 0;
            file.content_type.clear();
        }
    }
    shown
}

/// Everything above the time.
pub fn body(shown: &Shown, chat: &ChatId, t: &'static Messages) -> AnyView {
    if shown.revoked() {
        return note("unknown", t.message.revoked);
    }
    let Some(details) = shown.details.as_deref() else {
        // Kinds that carry nothing that could be shown, and kinds that nobody knows.
        let text = rich_text(&shown.text);
        if shown.kind == MessageKind::Text {
            return text;
        }
        return view! { {unshown(shown.kind, t)}{text} }.into_any();
    };
    let mark = match details.forwards {
        0 => None,
        MANY.. => Some(t.message.forwarded_often),
        _ => Some(t.message.forwarded),
    };
    let mark = mark.map(|text| note("reply", text));
    let quote = details.quoted.as_ref().map(|quoted| quote::quote(quoted, chat, t));
    let carried = carried(shown, details, chat, t);
    let preview = details.link_preview.as_ref().map(cards::link);
    let text = (!repeats(shown, details)).then(|| match details.mentions.as_slice() {
        [] => rich_text(&shown.text),
        mentions => rich_text(&use_client().read(|model| model.with_names(&shown.text, mentions))),
    });
    if details.poll.is_some() {
        // The question stands above its answers.
        return view! { {mark}{quote}{text}{carried} }.into_any();
    }
    view! { {mark}{quote}{carried}{preview}{text} }.into_any()
}

/// Whether the text says only what stands on the card above it: the name of a place or of a person.
fn repeats(shown: &Shown, details: &Details) -> bool {
    let place = details.location.as_ref().and_then(|place| place.name.as_ref());
    !details.contacts.is_empty() || place == Some(&shown.text)
}

/// What stands between the quote and the text.
fn carried(shown: &Shown, details: &Details, chat: &ChatId, t: &'static Messages) -> Option<AnyView> {
    if details.view_once {
        return Some(note("image", t.message.view_once));
    }
    if let Some(file) = &details.media {
        return Some(media::media(shown.id.as_ref(), shown.kind, file, t));
    }
    if let Some(place) = &details.location {
        return Some(cards::place(place, t));
    }
    if !details.contacts.is_empty() {
        let card = |card| cards::contact(card, chat, t);
        return Some(details.contacts.iter().map(card).collect_view().into_any());
    }
    if let Some(poll) = &details.poll {
        return Some(poll::poll(shown, chat, poll, t));
    }
    (shown.kind != MessageKind::Text).then(|| unshown(shown.kind, t))
}

/// A line in small type with an icon.
fn note(icon: &'static str, text: &'static str) -> AnyView {
    view! { <span class="bubble__note"><Icon name=icon/>{text}</span> }.into_any()
}

/// A kind that cannot be shown here, by its name.
pub(super) fn unshown(kind: MessageKind, t: &'static Messages) -> AnyView {
    let icon = crate::ui::components::message_row::kind_icon(kind).unwrap_or("unknown");
    view! { <span class="kind-chip"><Icon name=icon/><span>{(t.kinds.unshown)((t.kinds.name)(kind))}</span></span> }
        .into_any()
}

/// What a screen reader says of it.
#[must_use]
pub fn spoken(row: &Row, client: Client, t: &Messages) -> String {
    let details = row.details();
    if details.is_some_and(|details| details.revoked_at.is_some()) {
        return t.message.revoked.to_owned();
    }
    let text = match details.map(|details| details.mentions.as_slice()) {
        None | Some([]) => plain(&spans(row.text())),
        Some(mentions) => plain(&spans(&client.read(|model| model.with_names(row.text(), mentions)))),
    };
    let Some(name) = (row.kind() != MessageKind::Text).then(|| (t.kinds.name)(row.kind())) else {
        return text;
    };
    let file = details.and_then(|details| details.media.as_ref()?.file_name.clone()).unwrap_or_default();
    let place = details.and_then(|details| details.location.as_ref()?.name.clone()).unwrap_or_default();
    let card = details
        .and_then(|details| details.contacts.first().map(|card| card.name.clone()))
        .unwrap_or_default();
    [name.to_owned(), file, place, card, text]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(". ")
}
