//! Chats.

use super::search::MAX_QUERY;
use crate::protocol::{Chat, ChatId, ChatKind, DeviceId, Page, ProblemCode};
use crate::server::devices::is_label_id;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal, Query};
use crate::server::gateway::limits::page_limit;
use crate::server::gateway::state::App;
use crate::server::reach::Reach;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(of_device))
}

#[derive(Deserialize, IntoParams)]
pub struct Paging {
    /// Only chats whose name, number or JID has this in it, whatever its case and diacritics.
    #[param(min_length = 1, max_length = 200)]
    q: Option<String>,
    /// Only chats with this label, by its id: of a device, as ids are its own.
    #[param(min_length = 1, max_length = 64)]
    label: Option<String>,
    /// Only chats that are put away from the list, or only those that are not.
    archived: Option<bool>,
    /// Only chats at the top of the list, or only the others.
    pinned: Option<bool>,
    /// Only chats that wait to be read or are marked as unread, or only the others.
    unread: Option<bool>,
    /// Only chats of this kind.
    kind: Option<ChatKind>,
    /// The `next` of the page before. `cursor` is another name of it.
    #[serde(alias = "cursor")]
    after: Option<String>,
    /// How many to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// Chats of all devices, the one with the newest activity first.
#[utoipa::path(
    get,
    path = "/chats",
    operation_id = "listChats",
    tag = "Chats",
    params(Paging),
    responses((status = 200, description = "A page of chats", body = Page<Chat>)),
)]
pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Query(paging): Query<Paging>,
) -> Answer<Out<Page<Chat>>> {
    page(&app, &who.reach, None, &paging).await
}

/// Chats of one device, the one with the newest activity first.
#[utoipa::path(
    get,
    path = "/devices/{device}/chats",
    operation_id = "listDeviceChats",
    tag = "Chats",
    params(("device" = DeviceId, Path), Paging),
    responses((status = 200, description = "A page of chats", body = Page<Chat>)),
)]
pub async fn of_device(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
    Query(paging): Query<Paging>,
) -> Answer<Out<Page<Chat>>> {
    let device = app.devices.get(&who.reach, &device).await?;
    page(&app, &who.reach, Some(&device.id), &paging).await
}

async fn page(
    app: &App,
    reach: &Reach,
    device: Option<&DeviceId>,
    paging: &Paging,
) -> Answer<Out<Page<Chat>>> {
    let cursor = app.journal.cursor(&reach.workspace).await?;
    let limit = page_limit(paging.limit, 50, read::CHATS_PER_PAGE)?;
    if paging.after.as_deref().is_some_and(|after| !read::is_chat_place(after)) {
        return Err(Refusal::new(ProblemCode::Invalid, "after is the next of another page."));
    }
    let (store, after) = (app.journal.store(), paging.after.as_deref());
    let like = read::ChatsLike {
        label: paging.label.clone(),
        archived: paging.archived,
        pinned: paging.pinned,
        unread: paging.unread,
        group: paging.kind.map(|kind| kind == ChatKind::Group),
    };
    if like.label.as_deref().is_some_and(|label| !is_label_id(label)) {
        return Err(Refusal::new(ProblemCode::Invalid, "label is the id of a label."));
    }
    let mut page = match paging.q.as_deref().map(str::trim) {
        None => read::chats_like(store, reach, device, &like, after, limit).await?,
        Some(q) if q.is_empty() || q.chars().count() > MAX_QUERY => {
            return Err(Refusal::new(ProblemCode::Invalid, "q has 1 to 200 characters."));
        }
        Some(q) => read::chats_named(store, reach, device, &like, q, after, limit).await?,
    };
    page.cursor = Some(cursor);
    Ok(Out(page))
}

/// One chat.
#[utoipa::path(
    get,
    path = "/chats/{chat}",
    operation_id = "getChat",
    tag = "Chats",
    params(("chat" = ChatId, Path)),
    responses((status = 200, description = "The chat", body = Chat)),
)]
pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(chat): Path<ChatId>,
) -> Answer<Out<Chat>> {
    Ok(Out(app.devices.chat(&who.reach, &chat).await?))
}
