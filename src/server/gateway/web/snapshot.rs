//! State in one piece, with the position to go on from.

use crate::protocol::{ChatId, Me, Snapshot};
use crate::server::auth::{Principal, Who};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::state::App;
use crate::server::storage::{query, read};

/// How many chats and messages the first paint brings.
const CHATS: i64 = 60;
const MESSAGES: i64 = 50;

/// Who is signed in.
pub async fn me(app: &App, who: &Principal) -> Answer<Me> {
    let row = app
        .journal
        .store()
        .row(query("SELECT name FROM workspaces WHERE id = $1").bind(&who.reach.workspace))
        .await?;
    let workspace_name = row.ok_or_else(|| Refusal::not_found("workspace"))?.text("name")?;
    let (user_id, name, email) = match &who.who {
        Who::User(user) => (Some(user.id.clone()), user.name.clone(), user.email.clone()),
        Who::Key { name, .. } => (None, name.clone(), String::new()),
    };
    let workspace_id = who.reach.workspace.clone();
    Ok(Me { user_id, name, email, permission: who.permission, workspace_id, workspace_name })
}

/// Everything that the web client starts from; with a chat's newest messages if one is named and exists.
pub async fn snapshot(app: &App, who: &Principal, open: Option<&ChatId>) -> Answer<Snapshot> {
    // The position first: whatever happens meanwhile is then in the events after it, if not in both.
    let cursor = app.journal.cursor(&who.reach.workspace).await?;
    let store = app.journal.store();
    let devices = read::devices(store, &who.reach).await?;
    let qrs =
        devices.iter().filter_map(|device| Some((device.id.clone(), app.devices.qr(&device.id)?))).collect();
    let pairing_codes = devices
        .iter()
        .filter_map(|device| Some((device.id.clone(), app.devices.current_pairing_code(&device.id)?)))
        .collect();
    let page = read::chat_page(store, &who.reach, None, None, CHATS).await?;
    let mut chats = page.items;
    // What is pinned stands on top, however long ago something happened in it.
    let pinned = read::ChatsLike { pinned: Some(true), ..read::ChatsLike::default() };
    for chat in read::chats_like(store, &who.reach, None, &pinned, None, CHATS).await?.items {
        if !chats.iter().any(|other| other.id == chat.id) {
            chats.push(chat);
        }
    }
    let thread = match open {
        Some(chat) => read::thread_page(store, &who.reach, chat, None, MESSAGES).await?,
        None => None,
    };
    // An open chat from further down the list is part of the picture, too.
    if let Some(thread) = &thread
        && !chats.iter().any(|chat| chat.id == thread.chat_id)
        && let Some(chat) = read::chat(store, &who.reach, &thread.chat_id).await?
    {
        chats.push(chat);
    }
    let me = me(app, who).await?;
    Ok(Snapshot {
        cursor,
        me,
        network: app.devices.network(),
        devices,
        qrs,
        pairing_codes,
        chats,
        next_chats: page.next,
        thread,
    })
}
