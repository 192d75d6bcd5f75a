//! Chats and contacts.

use crate::protocol::{Chat, ChatId, Contact, DeviceId, Page};
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Path, Principal, Query};
use crate::server::gateway::state::App;
use crate::server::reach::Reach;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Paging {
    after: Option<String>,
    limit: Option<i64>,
}

pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Query(paging): Query<Paging>,
) -> Answer<Out<Page<Chat>>> {
    page(&app, &who.reach, None, &paging).await
}

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
    let limit = paging.limit.unwrap_or(50);
    let mut page =
        read::chat_page(app.journal.store(), reach, device, paging.after.as_deref(), limit).await?;
    page.cursor = Some(cursor);
    Ok(Out(page))
}

pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(chat): Path<ChatId>,
) -> Answer<Out<Chat>> {
    Ok(Out(app.devices.chat(&who.reach, &chat).await?))
}

pub async fn contacts(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Page<Contact>>> {
    let device = app.devices.get(&who.reach, &device).await?;
    let cursor = app.journal.cursor(&who.reach.workspace).await?;
    let items = read::contacts(app.journal.store(), &device.id).await?;
    Ok(Out(Page { items, next: None, cursor: Some(cursor) }))
}
