//! Finding messages by their words.

use crate::protocol::{ChatId, ChatKind, DeviceId, Message, MessageKind, Millis, Page, ProblemCode};
use crate::server::devices::{self, is_label_id};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Principal, Query};
use crate::server::gateway::limits::page_limit;
use crate::server::gateway::state::App;
use crate::server::storage::read;
use crate::server::storage::search::{self, FOUND_PER_PAGE, Sought, Wanted};
use axum::Json as Out;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The longest text to look for, in characters.
pub(super) const MAX_QUERY: usize = 200;

#[derive(Deserialize, IntoParams)]
pub struct SearchQuery {
    /// Words that all have to be in the message, in any order, without regard to case and diacritics; the last may
    /// be the beginning of one. Without any, something else has to be asked for.
    #[serde(default)]
    #[param(value_type = Option<String>, max_length = 200)]
    q: String,
    /// Only messages of this device.
    device: Option<DeviceId>,
    /// Only messages of this chat.
    chat: Option<ChatId>,
    /// Only what this person wrote: a phone number, a JID, or `me` for what was sent from here.
    from: Option<String>,
    /// Only messages of this kind.
    #[param(value_type = Option<MessageKind>)]
    kind: Option<String>,
    /// Only messages with a star.
    #[serde(default)]
    #[param(default = false)]
    starred: bool,
    /// Only messages of chats of this kind.
    #[serde(rename = "chatKind")]
    #[param(rename = "chatKind")]
    chat_kind: Option<ChatKind>,
    /// Only messages of chats with this label, by its id: of a device, as ids are its own.
    #[param(min_length = 1, max_length = 64)]
    label: Option<String>,
    /// Only messages of chats that are put away from the list, or only of those that are not.
    archived: Option<bool>,
    /// Only messages of chats that wait to be read or are marked as unread, or only of the others.
    unread: Option<bool>,
    /// Only messages that are not older.
    since: Option<Millis>,
    /// Only messages that are older.
    until: Option<Millis>,
    /// The `next` of the page before. `cursor` is another name of it.
    #[serde(alias = "cursor")]
    after: Option<String>,
    /// How many to answer with.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i64>,
}

impl SearchQuery {
    /// Whether something is asked for beside words.
    fn has_filter(&self) -> bool {
        self.device.is_some()
            || self.chat.is_some()
            || self.from.is_some()
            || self.kind.is_some()
            || self.starred
            || self.chat_kind.is_some()
            || self.label.is_some()
            || self.archived.is_some()
            || self.unread.is_some()
            || self.since.is_some()
            || self.until.is_some()
    }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::new(ProblemCode::Invalid, detail)
}

fn sought(query: &SearchQuery) -> Answer<Sought> {
    if query.q.chars().count() > MAX_QUERY {
        return Err(invalid("q has 1 to 200 characters."));
    }
    let wanted = Wanted::parse(&query.q);
    if wanted.is_none() && !(query.q.trim().is_empty() && query.has_filter()) {
        return Err(invalid("q has no word to look for; it may be empty where something else is asked for."));
    }
    let (sender, from_me) = match query.from.as_deref() {
        None => (None, None),
        Some("me") => (None, Some(true)),
        Some(person) => (Some(devices::address(person)?), None),
    };
    let kind = match query.kind.as_deref() {
        None => None,
        Some(kind) => Some(MessageKind::parse(kind).ok_or_else(|| invalid("kind is no kind of message."))?),
    };
    if query.after.as_deref().is_some_and(|after| !search::is_search_place(after)) {
        return Err(invalid("after is the next of another page."));
    }
    if query.label.as_deref().is_some_and(|label| !is_label_id(label)) {
        return Err(invalid("label is the id of a label."));
    }
    let chats = read::ChatsLike {
        label: query.label.clone(),
        archived: query.archived,
        pinned: None,
        unread: query.unread,
        group: query.chat_kind.map(|kind| kind == ChatKind::Group),
    };
    let (device, chat) = (query.device.clone(), query.chat.clone());
    let (starred, since, until) = (query.starred, query.since, query.until);
    Ok(Sought { wanted, device, chat, sender, from_me, kind, starred, since, until, chats })
}

/// Messages by their words, newest first.
///
/// Words are looked for in texts and captions, options of polls, cards, and names of files and places. A word is a run of
/// letters and digits: *Él*, *el* and *EL* are one. A device or chat that there is not has no
/// messages.
#[utoipa::path(
    get,
    path = "/search",
    operation_id = "searchMessages",
    tag = "Messages",
    params(SearchQuery),
    responses((status = 200, description = "A page of messages", body = Page<Message>)),
)]
pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Query(query): Query<SearchQuery>,
) -> Answer<Out<Page<Message>>> {
    let limit = page_limit(query.limit, 50, FOUND_PER_PAGE)?;
    let mut sought = sought(&query)?;
    if let Some(chat) = &sought.chat
        && let Some(found) = read::chat(app.journal.store(), &who.reach, chat).await?
    {
        // The one that was named may have gone into another.
        sought.chat = Some(found.id);
    }
    let found =
        search::search(app.journal.store(), &who.reach, &sought, query.after.as_deref(), limit).await?;
    Ok(Out(Page { items: found.items, next: found.next, cursor: None }))
}
