//! What the messages of one run have in common is in memory once.

use super::super::log::{Inserted, Keys};
use super::super::{Body, MessageLog};
use super::*;

fn held(log: &MessageLog) -> Vec<&Message> {
    let rows = log.settled().values().filter_map(|key| log.row(*key));
    rows.filter_map(|row| match &row.body {
        Body::Settled(message) => Some(message),
        Body::Echo(_) => None,
    })
    .collect()
}

/// Whether all of these are copies of one id, and not only equal to it.
fn one_text<'a>(mut ids: impl Iterator<Item = &'a str>) -> bool {
    let first = ids.next().unwrap().as_ptr();
    ids.all(|id| id.as_ptr() == first)
}

#[test]
fn messages_share_the_ids_of_their_chat_and_device() {
    let (mut log, mut keys) = (MessageLog::default(), Keys::default());
    log.merge_newest(page(10..13, true), &mut keys);
    log.merge_older(page(5..10, false), &mut keys);
    log.insert(message(13, false), &mut keys);
    let edited = Message { text: "edited".into(), ..message(12, true) };
    assert!(matches!(log.insert(edited, &mut keys), Inserted::Changed { moved: false, .. }));
    let held = held(&log);
    assert_eq!(held.len(), 9);
    assert!(one_text(held.iter().map(|message| message.chat_id.as_str())));
    assert!(one_text(held.iter().map(|message| message.device_id.as_str())));
}

#[test]
fn a_message_of_another_chat_keeps_its_id() {
    let (mut log, mut keys) = (MessageLog::default(), Keys::default());
    log.merge_newest(page(1..3, false), &mut keys);
    // The chat went into another: its messages say so from now on.
    for n in [3, 4] {
        log.insert(Message { chat_id: chat_id(2), ..message(n, false) }, &mut keys);
    }
    let held = held(&log);
    let chats: Vec<&str> = held.iter().map(|message| message.chat_id.as_str()).collect();
    assert_eq!(chats, ["chat-1", "chat-1", "chat-2", "chat-2"]);
    assert!(one_text(chats[..2].iter().copied()) && one_text(chats[2..].iter().copied()));
}

#[test]
fn a_message_and_its_place_share_its_id() {
    let (mut log, mut keys) = (MessageLog::default(), Keys::default());
    log.merge_newest(page(1..4, false), &mut keys);
    log.insert(Message { text: "edited".into(), ..message(2, false) }, &mut keys);
    let moved = Message { timestamp: NOON, ..message(3, true) };
    assert!(matches!(log.insert(moved, &mut keys), Inserted::Changed { moved: true, .. }));
    for (place, message) in log.settled().keys().zip(held(&log)) {
        let found = log.place(&message.id).unwrap();
        assert!(one_text([&place.id, &found.id, &message.id].into_iter().map(MessageId::as_str)));
    }
}
