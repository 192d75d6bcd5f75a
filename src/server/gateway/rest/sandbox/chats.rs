//! A phone's chats, and what its person does with them.

use super::phones::with_path;
use super::{List, Net};
use crate::protocol::Millis;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Json, Path};
use crate::server::gateway::rest::chat_state::ChatPatch;
use axum::Json as Out;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A chat as its phone lists it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneChat {
    /// A number, or a group's JID.
    jid: String,
    name: String,
    picture: Option<String>,
    last_text: String,
    last_at: i64,
    last_from_me: bool,
    unread: u32,
    archived: bool,
    pinned: bool,
    /// `null` while it is not muted; 253402300799999 for always.
    muted_until: Option<Millis>,
    marked_unread: bool,
    /// Seconds after which new messages disappear; `null` for never.
    expires_in: Option<u32>,
    /// WhatsApp's ids of messages that have a star, and of those that were deleted for this account.
    starred: BTreeSet<String>,
    deleted: BTreeSet<String>,
    /// Names of its labels.
    labels: Vec<String>,
}

/// A phone's chats, newest first, made of the messages that it holds.
#[utoipa::path(
    get,
    path = "/phones/{number}/chats",
    operation_id = "listPhoneChats",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The chats", body = List<PhoneChat>)),
)]
pub async fn chats(Net(net): Net, Path(number): Path<String>) -> Answer<Out<List<PhoneChat>>> {
    let (phones, groups) = (net.phones().await?, net.groups().await?);
    let (messages, settings) = (net.messages(&number, None).await?, net.chat_settings(&number).await?);
    let mut chats: Vec<PhoneChat> = Vec::new();
    for message in messages {
        let jid = if message.from_me || message.to.contains('@') { &message.to } else { &message.from };
        let set = settings.get(jid).cloned().unwrap_or_default();
        // Cleared, or deleted with its chat or alone.
        if set.deleted.contains(&message.id) || set.gone_until.is_some_and(|gone| message.timestamp <= gone) {
            continue;
        }
        let place = match chats.iter().position(|chat| chat.jid == *jid) {
            Some(place) => place,
            None => {
                let phone = phones.iter().find(|phone| phone.number == *jid);
                let group = groups.iter().find(|group| group.jid == *jid);
                let name = phone
                    .map(|phone| phone.name.clone())
                    .or_else(|| group.map(|group| group.subject.clone()));
                let picture = phone.and_then(|phone| with_path(phone.clone()).picture);
                chats.push(PhoneChat {
                    jid: jid.clone(),
                    name: name.unwrap_or_else(|| jid.clone()),
                    picture,
                    last_text: String::new(),
                    last_at: 0,
                    last_from_me: false,
                    unread: 0,
                    archived: set.archived,
                    pinned: set.pinned_at.is_some(),
                    muted_until: set.muted_until,
                    marked_unread: set.marked_unread,
                    expires_in: set.expires_in,
                    starred: set.starred,
                    deleted: set.deleted,
                    labels: set.labels,
                });
                chats.len() - 1
            }
        };
        let Some(chat) = chats.get_mut(place) else { continue };
        chat.unread += u32::from(!message.from_me && message.status != crate::protocol::MessageStatus::Read);
        (chat.last_text, chat.last_at, chat.last_from_me) =
            (message.text, message.timestamp, message.from_me);
    }
    chats.sort_by_key(|chat| std::cmp::Reverse(chat.last_at));
    Ok(List::of(chats))
}

/// The person archives, pins, mutes or marks a chat on the phone; its linked devices learn of it.
#[utoipa::path(
    post,
    path = "/phones/{number}/chats/{chat}",
    operation_id = "changePhoneChat",
    tag = "Sandbox",
    params(("number" = String, Path), ("chat" = String, Path, description = "A number, or a group's JID.")),
    responses((status = 204, description = "Done")),
)]
pub async fn change_chat(
    Net(net): Net,
    Path((number, chat)): Path<(String, String)>,
    Json(body): Json<ChatPatch>,
) -> Answer<StatusCode> {
    for change in body.changes() {
        net.change_chat(&number, &chat, change).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Which chat of a phone.
#[derive(Deserialize, ToSchema)]
pub struct ChatOfPhone {
    /// A number or a group's JID.
    chat: String,
}

/// The person reads a chat on the phone.
#[utoipa::path(
    post,
    path = "/phones/{number}/read",
    operation_id = "readOnPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done")),
)]
pub async fn read(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<ChatOfPhone>,
) -> Answer<StatusCode> {
    net.read(&number, &body.chat).await?;
    Ok(StatusCode::NO_CONTENT)
}
