//! What is set of a chat: archived, pinned, muted, marked as unread; and its end.
//!
//! All of it is done at once and is on disk before it is answered; WhatsApp, and with it the phone, learns of it as
//! soon as the device is connected, in the order in which it was asked for.

use super::once::{self, Once};
use crate::protocol::{Chat, ChatChange, ChatId, CommandId, DeviceId, IdError, Millis, Problem};
use crate::server::auth;
use crate::server::devices::{DeviceError, Request};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{IdempotencyHeader, IdempotencyKey, Json, MaybeJson, Path, Sender};
use crate::server::gateway::state::App;
use crate::server::storage::StorageError;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(change, delete))
        .routes(routes!(change_of_device, delete_of_device))
        .routes(routes!(mute))
        .routes(routes!(mute_of_device))
        .routes(routes!(archive))
        .routes(routes!(archive_of_device))
        .routes(routes!(unarchive))
        .routes(routes!(unarchive_of_device))
        .routes(routes!(pin))
        .routes(routes!(pin_of_device))
        .routes(routes!(unpin))
        .routes(routes!(unpin_of_device))
        .routes(routes!(unmute))
        .routes(routes!(unmute_of_device))
        .routes(routes!(unread))
        .routes(routes!(unread_of_device))
        .routes(routes!(clear))
        .routes(routes!(clear_of_device))
}

/// What is to change; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatPatch {
    archived: Option<bool>,
    pinned: Option<bool>,
    /// A time to come; 253402300799999 or -1 for always; `null` to mute it no longer.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Millis>)]
    muted_until: Option<Option<Millis>>,
    /// `true` marks the chat as unread, `false` reads everything in it.
    unread: Option<bool>,
    /// Seconds after which new messages disappear, for everybody in the chat: 86400, 604800 or 7776000; 0 for never.
    expires_in: Option<u32>,
}

/// Tells `null` from what is absent.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Millis>>, D::Error> {
    Option::deserialize(from).map(Some)
}

impl ChatPatch {
    /// The changes, in an order in which none undoes another: what is archived is not pinned.
    pub fn changes(&self) -> Vec<ChatChange> {
        let archived = self.archived.map(|archived| ChatChange::Archive { archived });
        let pinned = self.pinned.map(|pinned| ChatChange::Pin { pinned });
        let muted = self.muted_until.map(|until| ChatChange::Mute { until });
        let unread = self.unread.map(|unread| ChatChange::MarkUnread { unread });
        let expires = self.expires_in.map(|seconds| ChatChange::Disappear { seconds });
        [archived, pinned, muted, unread, expires].into_iter().flatten().collect()
    }
}

/// Until when a chat is muted.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default)]
pub struct MuteUntil {
    /// A time to come; always if it is absent.
    until: Option<Millis>,
}

impl MuteUntil {
    fn change(&self) -> ChatChange {
        ChatChange::Mute { until: Some(self.until.unwrap_or(-1)) }
    }
}

async fn request(
    app: &App,
    who: &auth::Principal,
    key: Option<CommandId>,
    chat: &ChatId,
    changes: Vec<ChatChange>,
) -> Answer<Once<Option<Chat>>> {
    let what = serde_json::to_string(&changes).unwrap_or_default();
    let request = once::request(app, who, key, &["change_chat", chat.as_str(), &what])?;
    let replayed = request.replayed();
    let body = app.devices.change_chat(&who.reach, request, chat, changes).await?;
    Ok(Once { status: StatusCode::OK, body, replayed })
}

async fn changed(
    app: &App,
    who: &auth::Principal,
    key: Option<CommandId>,
    chat: &ChatId,
    changes: Vec<ChatChange>,
) -> Answer<Once<Chat>> {
    let Once { status, body, replayed } = request(app, who, key, chat, changes).await?;
    let body = body.ok_or_else(|| Refusal::not_found("chat"))?;
    Ok(Once { status, body, replayed })
}

/// Changes what is set of a chat: archived, pinned, muted, unread.
///
/// It is so here at once, and on the phone as soon as the device is connected.
#[utoipa::path(
    patch,
    path = "/chats/{chat}",
    operation_id = "changeChat",
    tag = "Chats",
    params(("chat" = ChatId, Path), IdempotencyHeader),
    responses((status = 200, description = "The chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the device is not linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
async fn change(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<ChatPatch>,
) -> Answer<Once<Chat>> {
    changed(&app, &who, key, &chat, body.changes()).await
}

/// Changes what is set of a chat: archived, pinned, muted, unread.
///
/// It is so here at once, and on the phone as soon as the device is connected.
#[utoipa::path(
    patch,
    path = "/devices/{device}/chats/{chat}",
    operation_id = "changeDeviceChat",
    tag = "Chats",
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 200, description = "The chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the device is not linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
async fn change_of_device(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<ChatPatch>,
) -> Answer<Once<Chat>> {
    let chat = app.devices.chat_named(&who.reach, &device, &chat).await?;
    changed(&app, &who, key, &chat.id, body.changes()).await
}

/// Deletes a chat with its messages, for this account alone. It comes back with its next message.
#[utoipa::path(
    delete,
    path = "/chats/{chat}",
    operation_id = "deleteChat",
    tag = "Chats",
    params(("chat" = ChatId, Path), IdempotencyHeader),
    responses((status = 204, description = "It is gone"), (status = 409, description = "`conflict`: the device is not linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
async fn delete(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<StatusCode> {
    request(&app, &who, key, &chat, vec![ChatChange::Delete]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a chat with its messages, for this account alone. It comes back with its next message.
#[utoipa::path(
    delete,
    path = "/devices/{device}/chats/{chat}",
    operation_id = "deleteDeviceChat",
    tag = "Chats",
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 204, description = "It is gone"), (status = 409, description = "`conflict`: the device is not linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
async fn delete_of_device(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, named)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Response> {
    let words = [device.to_string(), named.clone()];
    let act = {
        let (app, who) = (app.clone(), who.clone());
        async move {
            let chat = app.devices.chat_named(&who.reach, &device, &named).await?;
            let request = Request::new(&who.name(), app.source.id("cmd").parse().map_err(unminted)?, &[]);
            app.devices.change_chat(&who.reach, request, &chat.id, vec![ChatChange::Delete]).await?;
            Ok(())
        }
    };
    // The chat is not there any more when this is repeated: the key is looked up before it.
    let ((), replayed) = once::done(&app, &who, key, &["delete_chat", &words[0], &words[1]], act).await?;
    Ok(once::nothing(&replayed))
}

fn unminted(_: IdError) -> DeviceError {
    DeviceError::Storage(StorageError::Database("an id was minted wrong".to_owned()))
}

/// Mutes a chat, until a time or for always.
#[utoipa::path(
    post,
    path = "/chats/{chat}/mute",
    operation_id = "muteChat",
    tag = "Chats",
    request_body = Option<MuteUntil>,
    params(("chat" = ChatId, Path), IdempotencyHeader),
    responses((status = 200, description = "The chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the device is not linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
async fn mute(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    IdempotencyKey(key): IdempotencyKey,
    MaybeJson(body): MaybeJson<MuteUntil>,
) -> Answer<Once<Chat>> {
    changed(&app, &who, key, &chat, vec![body.change()]).await
}

/// Mutes a chat, until a time or for always.
#[utoipa::path(
    post,
    path = "/devices/{device}/chats/{chat}/mute",
    operation_id = "muteDeviceChat",
    tag = "Chats",
    request_body = Option<MuteUntil>,
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 200, description = "The chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the device is not linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
async fn mute_of_device(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
    MaybeJson(body): MaybeJson<MuteUntil>,
) -> Answer<Once<Chat>> {
    let chat = app.devices.chat_named(&who.reach, &device, &chat).await?;
    changed(&app, &who, key, &chat.id, vec![body.change()]).await
}

/// One change that needs no body, for a chat's own path and for the one below its device.
macro_rules! action {
    ($(#[$summary:meta])* $name:ident $path:tt $id:tt, $of_device:ident $device_path:tt $device_id:tt, $change:expr) => {
        $(#[$summary])*
        #[utoipa::path(
            post,
            path = $path,
            operation_id = $id,
            tag = "Chats",
            params(("chat" = ChatId, Path), IdempotencyHeader),
            responses((status = 200, description = "The chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the device is not linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
        )]
        async fn $name(
            State(app): State<App>,
            Sender(who): Sender,
            Path(chat): Path<ChatId>,
            IdempotencyKey(key): IdempotencyKey,
        ) -> Answer<Once<Chat>> {
            changed(&app, &who, key, &chat, vec![$change]).await
        }

        $(#[$summary])*
        #[utoipa::path(
            post,
            path = $device_path,
            operation_id = $device_id,
            tag = "Chats",
            params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
            responses((status = 200, description = "The chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the device is not linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
        )]
        async fn $of_device(
            State(app): State<App>,
            Sender(who): Sender,
            Path((device, chat)): Path<(DeviceId, String)>,
            IdempotencyKey(key): IdempotencyKey,
        ) -> Answer<Once<Chat>> {
            let chat = app.devices.chat_named(&who.reach, &device, &chat).await?;
            changed(&app, &who, key, &chat.id, vec![$change]).await
        }
    };
}

action! {
    /// Puts a chat away from the list. It is no longer pinned then.
    archive "/chats/{chat}/archive" "archiveChat",
    archive_of_device "/devices/{device}/chats/{chat}/archive" "archiveDeviceChat",
    ChatChange::Archive { archived: true }
}

action! {
    /// Brings an archived chat back into the list.
    unarchive "/chats/{chat}/unarchive" "unarchiveChat",
    unarchive_of_device "/devices/{device}/chats/{chat}/unarchive" "unarchiveDeviceChat",
    ChatChange::Archive { archived: false }
}

action! {
    /// Keeps a chat at the top of the list. WhatsApp decides how many there may be: three, as a rule.
    pin "/chats/{chat}/pin" "pinChat",
    pin_of_device "/devices/{device}/chats/{chat}/pin" "pinDeviceChat",
    ChatChange::Pin { pinned: true }
}

action! {
    /// No longer keeps a chat at the top of the list.
    unpin "/chats/{chat}/unpin" "unpinChat",
    unpin_of_device "/devices/{device}/chats/{chat}/unpin" "unpinDeviceChat",
    ChatChange::Pin { pinned: false }
}

action! {
    /// Ends that a chat is muted.
    unmute "/chats/{chat}/unmute" "unmuteChat",
    unmute_of_device "/devices/{device}/chats/{chat}/unmute" "unmuteDeviceChat",
    ChatChange::Mute { until: None }
}

action! {
    /// Marks a chat as unread, whatever was read in it.
    unread "/chats/{chat}/unread" "markChatUnread",
    unread_of_device "/devices/{device}/chats/{chat}/unread" "markDeviceChatUnread",
    ChatChange::MarkUnread { unread: true }
}

action! {
    /// Removes all messages of a chat, for this account alone. Those that are still to be sent are not sent.
    clear "/chats/{chat}/clear" "clearChat",
    clear_of_device "/devices/{device}/chats/{chat}/clear" "clearDeviceChat",
    ChatChange::Clear
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(body: &str) -> Vec<ChatChange> {
        serde_json::from_str::<ChatPatch>(body).unwrap().changes()
    }

    #[test]
    fn what_is_absent_stays_and_null_unmutes() {
        assert_eq!(changes("{}"), []);
        assert_eq!(changes(r#"{"mutedUntil": null}"#), [ChatChange::Mute { until: None }]);
        assert_eq!(changes(r#"{"mutedUntil": 5, "other": 1}"#), [ChatChange::Mute { until: Some(5) }]);
        assert_eq!(
            changes(r#"{"unread": false, "pinned": true, "archived": false}"#),
            [
                ChatChange::Archive { archived: false },
                ChatChange::Pin { pinned: true },
                ChatChange::MarkUnread { unread: false },
            ]
        );
        assert_eq!(MuteUntil::default().change(), ChatChange::Mute { until: Some(-1) });
    }
}
