//! What is news to people who are not looking: messages, calls, and devices that are down.

use super::*;
use crate::model::downs::Downs;
use crate::model::news::{name, news};
use crate::protocol::{Cause, CauseCode, MessageChange, NextAction, Notice};

fn notice(n: u32, code: &str) -> Message {
    let notice = Notice {
        code: code.into(),
        by: Some("34611111111".into()),
        people: vec![],
        value: Some("video".into()),
    };
    let mut message = Message { kind: MessageKind::System, text: String::new(), ..message(n, false) };
    message.details.notice = Some(notice);
    message
}

fn changed(seq: i64, message: Message, change: MessageChange) -> Input {
    let chat = chat(1, 0, Some(&message));
    event(seq, EventKind::MessageUpdated { message, chat, change })
}

#[test]
fn notices_are_no_news_and_calls_are() {
    let mut model = reading(1..3, false);
    let mut told = |input| {
        let arrived = model.apply(input).arrived;
        arrived.into_iter().map(|one| one.call.map(|call| call.code).unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(told(arrives(101, notice(10, "members_added"), 0)), [""; 0]);
    assert_eq!(told(arrives(102, notice(11, "incoming_call"), 0)), ["incoming_call"]);
    assert_eq!(told(changed(103, notice(11, "answered_call"), MessageChange::Call)), [""; 0]);
    assert_eq!(told(arrives(104, notice(12, "incoming_call"), 0)), ["incoming_call"]);
    assert_eq!(told(changed(105, notice(12, "missed_call"), MessageChange::Call)), ["missed_call"]);
    assert_eq!(told(changed(106, notice(12, "missed_call"), MessageChange::Star)), [""; 0]);
    assert_eq!(told(arrives(107, notice(13, "missed_call"), 0)), ["missed_call"]);
    assert_eq!(told(changed(108, message(2, false), MessageChange::Edit)), [""; 0]);
    let ours = Message { from_me: true, ..notice(14, "missed_call") };
    assert_eq!(told(arrives(109, ours, 0)), [""; 0]);
}

#[test]
fn an_arrival_says_its_own_kind() {
    let mut model = reading(1..3, false);
    let photo = Message { kind: MessageKind::Image, text: String::new(), ..message(9, false) };
    // A message that came later was sent before it: the chat's last one is another.
    let later = chat(1, 2, Some(&message(10, false)));
    let changes = model.apply(event(101, EventKind::MessageNew { message: photo, chat: later }));
    assert_eq!(changes.arrived[0].kind, MessageKind::Image);
    assert_eq!(changes.arrived[0].text, "");
}

#[test]
fn a_call_that_rings_and_the_same_call_once_it_is_missed_are_two_pieces_of_news() {
    let (rings, missed) = (notice(9, "incoming_call"), notice(9, "missed_call"));
    let named = |message: &Message| name(&message.id, crate::model::news::call(message));
    assert_ne!(named(&rings), named(&missed));
    assert_eq!(named(&message(9, false)), message_id(9).to_string());
    assert!(news(&EventKind::ChatUpdated { chat: chat(1, 0, None) }).is_none());
}

#[test]
fn chats_that_no_longer_wait_are_told_once() {
    let mut model = reading(1..3, false);
    assert!(model.take_read().is_empty());
    model.apply(arrives(101, message(9, false), 1));
    model.apply(arrives(102, message(10, false), 2));
    assert!(model.take_read().is_empty());
    // Here, before the server says so; that it does is no news.
    model.apply(Input::Read(chat_id(1)));
    model.apply(event(103, EventKind::ChatUpdated { chat: chat(1, 0, Some(&message(10, false))) }));
    assert_eq!(model.take_read(), [chat_id(1)]);
    assert!(model.take_read().is_empty());
    // On the phone, by putting it away, and with the chat.
    for kind in [
        EventKind::ChatUpdated { chat: chat(2, 0, None) },
        EventKind::ChatUpdated { chat: Chat { archived: true, ..chat(2, 3, None) } },
        EventKind::ChatDeleted { chat_id: chat_id(2) },
    ] {
        let seq = model.cursor().seq + 1;
        model.apply(event(seq, EventKind::ChatUpdated { chat: chat(2, 3, None) }));
        model.apply(event(seq + 1, kind));
        assert_eq!(model.take_read(), [chat_id(2)]);
    }
    // What a snapshot does not name is no less unread: it holds the first of many.
    let seq = model.cursor().seq + 1;
    model.apply(event(seq, EventKind::ChatUpdated { chat: chat(2, 3, None) }));
    model.apply(Input::Snapshot(Box::new(snapshot(vec![chat(1, 0, None)], None))));
    assert!(model.take_read().is_empty());
}

fn down(status: DeviceStatus, code: CauseCode) -> Device {
    let cause = Cause { code, text: String::new(), next: NextAction::Wait, retry_at: None };
    Device { cause: Some(cause), ..device(1, status) }
}

#[test]
fn a_device_that_ends_is_told_soon_and_once() {
    let mut downs = Downs::default();
    let gone = down(DeviceStatus::LoggedOut, CauseCode::UnlinkedByPhone);
    downs.take(&gone, NOON);
    downs.take(&gone, NOON + 500);
    assert!(downs.due(NOON).is_empty());
    assert_eq!(downs.next_due(), Some(NOON + 1_000));
    assert_eq!(downs.due(NOON + 1_000), [(device_id(1), DeviceStatus::LoggedOut)]);
    assert_eq!((downs.due(NOON + 9_000), downs.next_due()), (vec![], None));
    // A new attempt that ends the same way is no news; one that works is.
    downs.take(&device(1, DeviceStatus::Starting), NOON);
    downs.take(&down(DeviceStatus::Failed, CauseCode::Other), NOON);
    assert_eq!(downs.next_due(), None);
    assert!(downs.take(&device(1, DeviceStatus::Connected), NOON));
    assert!(!downs.take(&device(1, DeviceStatus::Connected), NOON));
    downs.take(&gone, NOON);
    assert!(!downs.take(&device(1, DeviceStatus::Connected), NOON), "nobody was told");
}

#[test]
fn a_connection_that_is_away_is_told_if_that_lasts() {
    let mut downs = Downs::default();
    let lost = down(DeviceStatus::Disconnected, CauseCode::ConnectionLost);
    downs.take(&lost, NOON);
    downs.take(&device(1, DeviceStatus::Starting), NOON + 5_000);
    downs.take(&lost, NOON + 10_000);
    assert!(downs.due(NOON + 59_999).is_empty());
    downs.take(&device(1, DeviceStatus::Connected), NOON + 59_999);
    assert!(downs.due(NOON + 90_000).is_empty());
    downs.take(&lost, NOON);
    assert_eq!(downs.due(NOON + 60_000), [(device_id(1), DeviceStatus::Disconnected)]);
    // Worse than it was: that is news again.
    downs.take(&down(DeviceStatus::LoggedOut, CauseCode::UnlinkedByPhone), NOON + 70_000);
    assert_eq!(downs.due(NOON + 71_000), [(device_id(1), DeviceStatus::LoggedOut)]);
}

#[test]
fn what_somebody_asked_for_or_sees_is_not_told() {
    let mut downs = Downs::default();
    for code in [CauseCode::Stopped, CauseCode::QrExpired] {
        downs.take(&down(DeviceStatus::Disconnected, code), NOON);
        assert_eq!(downs.next_due(), None);
    }
    downs.know(&down(DeviceStatus::Failed, CauseCode::Other));
    assert!(downs.due(NOON * 2).is_empty());
    downs.keep(|_| false);
    downs.take(&down(DeviceStatus::Failed, CauseCode::Other), NOON);
    assert_eq!(downs.next_due(), Some(NOON + 1_000));
    assert!(!downs.forget(&device_id(1)));
    assert_eq!(downs.next_due(), None);
}
