//! State in one piece, with the position to go on from.

use crate::protocol::{Chat, ChatId, Me, Snapshot, UnreadChats};
use crate::server::auth::{Principal, Who};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::state::App;
use crate::server::storage::{query, read};
use std::collections::BTreeSet;

/// How many chats and messages the first paint brings.
const CHATS: i64 = 60;
const MESSAGES: i64 = 50;
/// How many chats that wait to be read are named, so that each is known for one of them when something happens in it.
const UNREAD: u32 = 500;

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
    let unread = unread_of(read::unread_chats(store, &who.reach, UNREAD).await?, &chats);
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
        unread,
        thread,
    })
}

/// What waits to be read, beside these chats. They were read a moment before: whether one of them waits, it says itself.
fn unread_of(found: read::UnreadChats, chats: &[Chat]) -> Vec<UnreadChats> {
    let here: BTreeSet<&ChatId> = chats.iter().map(|chat| &chat.id).collect();
    let mut unread: Vec<UnreadChats> = found
        .counts
        .into_iter()
        .map(|(device_id, count)| UnreadChats { device_id, count, elsewhere: Vec::new() })
        .collect();
    for of in &mut unread {
        let named = found.newest.iter().filter(|(device, _)| *device == of.device_id);
        let named: Vec<&ChatId> = named.map(|(_, id)| id).collect();
        let waiting = chats.iter().filter(|chat| chat.device_id == of.device_id && chat.waits());
        let known: Vec<&ChatId> = waiting.map(|chat| &chat.id).collect();
        // Those that are only counted, without what is here all the same: a chat that was pinned long ago.
        let beyond = of.count.saturating_sub(number(named.len()));
        let here_too = known.iter().filter(|id| !named.contains(id)).count();
        let more = beyond.saturating_sub(number(here_too));
        of.elsewhere = named.into_iter().filter(|id| !here.contains(id)).cloned().collect();
        of.count = more + number(known.len() + of.elsewhere.len());
    }
    unread
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chat(id: &str, device: &str, unread: u32) -> Chat {
        serde_json::from_value(json!({
            "id": id, "deviceId": device, "jid": "1@s.whatsapp.net", "kind": "direct", "name": "n", "unread": unread,
            "lastActivity": 0,
        }))
        .unwrap()
    }

    #[test]
    fn each_waiting_chat_is_counted_once() {
        let id = |id: &str| id.parse::<ChatId>().unwrap();
        let named = |device: &str, chat: &str| (device.parse().unwrap(), id(chat));
        // Of a, two are named and three only counted, of which one is here; what was read a moment ago is not counted.
        let found = || read::UnreadChats {
            counts: [("a".parse().unwrap(), 5), ("b".parse().unwrap(), 2)].into(),
            newest: vec![named("a", "a1"), named("b", "b1"), named("a", "a2"), named("b", "b2")],
        };
        let chats = [chat("a1", "a", 3), chat("a9", "a", 1), chat("b1", "b", 0), chat("b3", "b", 0)];
        let unread = unread_of(found(), &chats);
        let of = |device: &str, count, elsewhere: &[&str]| UnreadChats {
            device_id: device.parse().unwrap(),
            count,
            elsewhere: elsewhere.iter().map(|chat| id(chat)).collect(),
        };
        assert_eq!(unread, [of("a", 5, &["a2"]), of("b", 1, &["b2"])]);
        assert_eq!(unread_of(found(), &[]), [of("a", 5, &["a1", "a2"]), of("b", 2, &["b1", "b2"])]);
    }
}
