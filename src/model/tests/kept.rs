//! A state that was kept is the state that it was.

use super::{arrives, chat, chat_id, cursor, event, message, message_id, page, shown, snapshot};
use crate::model::{ChatFilter, Input, Kept, Model};
use crate::protocol::{ChatId, Event, EventKind, MessageStatus, ServerFrame, Snapshot, ThreadPage, decode};
use serde_json::Value;

fn event_of(input: Input) -> Event {
    match input {
        Input::Event(event) => *event,
        other => panic!("{other:?} is no event"),
    }
}

fn frame(input: Input) -> Value {
    serde_json::to_value(ServerFrame::Event { event: event_of(input) }).unwrap()
}

fn state(thread: Option<ThreadPage>) -> Snapshot {
    snapshot(vec![chat(1, 0, None), chat(2, 0, None)], thread)
}

/// What one sees of a model: chats with their last message and unread count, and the thread of chat 1.
fn seen(model: &mut Model) -> (String, Vec<String>, Vec<String>) {
    let chats = model.visible_chats(&ChatFilter::default());
    let told = |id: &ChatId, unread: u32, last: String| format!("{id} {unread} {last}");
    let chats = chats.into_iter().map(|key| {
        let chat = &model.chat(key).unwrap().chat;
        let last = chat.last_message.as_ref().map(|last| (&last.id, last.status));
        told(&chat.id, chat.unread, format!("{last:?}"))
    });
    let chats = chats.collect();
    model.open(&chat_id(1)).unwrap();
    let rows = shown(model).iter().map(|row| format!("{:?} {:?}", row.text(), row.status())).collect();
    (model.cursor().to_string(), chats, rows)
}

fn what_happened() -> Vec<Input> {
    let read = EventKind::MessageStatus {
        chat_id: chat_id(1),
        message_id: message_id(6),
        status: MessageStatus::Read,
        failure: None,
        delay: None,
    };
    vec![
        arrives(101, message(5, false), 1),
        arrives(102, message(6, true), 1),
        event(103, read),
        event(104, EventKind::ChatUpdated { chat: chat(2, 3, None) }),
    ]
}

#[test]
fn it_is_where_it_was_when_the_last_event_was_kept() {
    let mut live = Model::new(state(Some(page(1..5, false))));
    for input in what_happened() {
        live.apply(input);
    }
    let kept = Kept {
        snapshot: state(None),
        threads: vec![page(1..5, false)],
        frames: what_happened().into_iter().map(frame).collect(),
    };
    let mut restored = kept.model();
    assert_eq!(*restored.cursor(), cursor(104));
    assert_eq!(seen(&mut restored), seen(&mut live));
}

#[test]
fn a_thread_that_was_read_later_than_the_snapshot_holds_nothing_twice() {
    let mut kept = Kept {
        snapshot: state(None),
        threads: vec![page(1..6, false)],
        frames: what_happened().into_iter().map(frame).collect(),
    };
    // Before the snapshot, of another life of the log, and of a version that is yet to come.
    kept.frames.insert(0, frame(arrives(99, message(3, false), 9)));
    let mut other = event_of(arrives(105, message(77, false), 9));
    other.cursor = "other-900".parse().unwrap();
    kept.frames.push(frame(Input::Event(Box::new(other))));
    kept.frames.push(serde_json::json!({ "type": "event", "event": { "type": "from.the.future" } }));
    let mut model = kept.model();
    let (cursor, _, rows) = seen(&mut model);
    assert_eq!((cursor.as_str(), rows.len()), ("abc-104", 6));
    assert!(!rows.iter().any(|row| row.contains("text 77")));
}

#[test]
fn it_goes_on_with_what_was_missed() {
    let kept = Kept { snapshot: state(None), threads: vec![page(1..5, false)], frames: Vec::new() };
    let mut model = kept.model();
    for input in what_happened() {
        model.apply(input);
    }
    let (cursor, _, rows) = seen(&mut model);
    assert_eq!((cursor.as_str(), rows.len()), ("abc-104", 6));
}

#[test]
fn it_is_read_as_the_browser_writes_it() {
    let text = format!(
        r#"{{"snapshot":{},"threads":[{}],"frames":[{}]}}"#,
        serde_json::to_string(&state(None)).unwrap(),
        serde_json::to_string(&page(1..5, false)).unwrap(),
        frame(arrives(101, message(5, false), 1)),
    );
    let kept: Kept = decode(&text).unwrap();
    assert_eq!((kept.threads.len(), kept.frames.len()), (1, 1));
    assert_eq!(*kept.model().cursor(), cursor(101));
}
