//! Chats and people that turned out to be one.

use super::*;
use crate::protocol::Contact;

fn merged(seq: i64, from: u32, into: Chat) -> Input {
    event(seq, EventKind::ChatMerged { from: chat_id(from), chat: into })
}

#[test]
fn a_chat_that_went_into_another_takes_its_reader_and_what_was_written_along() {
    let mut model = reading(0..3, false);
    let old = model.open_chat().unwrap();
    writes(&mut model, 9, "waits");
    model.apply(begins(1, "a draft"));
    let changes = model.apply(merged(101, 1, chat(2, 3, None)));
    let key = model.chat_key(&chat_id(2)).unwrap();
    assert_eq!(model.chat_key(&chat_id(1)), Some(key), "the old id means the other chat");
    assert_eq!(model.open_chat(), Some(key));
    assert!(model.chat(old).is_none() && model.thread(old).is_none());
    assert!(changes.order && changes.threads.contains(&key) && changes.chats.contains(&old));
    let state = model.chat(key).unwrap();
    assert_eq!((state.draft.as_deref(), state.chat.unread), (Some("a draft"), 3));
    assert_eq!(state.echo.as_ref().map(|echo| echo.text.as_str()), Some("waits"));
    assert!(!model.thread(key).unwrap().loaded, "both are loaded again, in one order");
    model.apply(Input::Newest(ThreadPage { chat_id: chat_id(2), ..page(0..5, false) }));
    assert_eq!(texts(&model), ["text 0", "text 1", "text 2", "text 3", "text 4", "waits"]);
    assert_eq!(model.unread_chats(), 1);
    let again = model.apply(merged(101, 1, chat(2, 3, None)));
    assert_eq!(again, Changes::default(), "the same event changes nothing");
}

#[test]
fn a_chat_that_is_not_loaded_goes_into_one_that_is() {
    let mut model = reading(0..3, false);
    let (open, shown) = (model.open_chat(), model.visible_chats(&Default::default()).len());
    model.apply(merged(101, 9, chat(1, 0, None)));
    assert_eq!(model.visible_chats(&Default::default()).len(), shown);
    assert_eq!(model.chat_key(&chat_id(9)), open);
    assert_eq!(model.open_chat(), open);
    // And one that is loaded into one that is not.
    model.apply(merged(102, 2, chat(7, 0, None)));
    assert_eq!(model.visible_chats(&Default::default()).len(), shown);
    assert_eq!(model.chat_key(&chat_id(2)), model.chat_key(&chat_id(7)));
}

#[test]
fn what_somebody_wrote_under_another_name_is_theirs() {
    let theirs = Message { from: "5@lid".into(), sender_name: Some("5".into()), ..message(1, false) };
    let held = ThreadPage { chat_id: chat_id(1), messages: vec![theirs, message(2, true)], has_older: false };
    let mut model = Model::new(snapshot(vec![chat(1, 0, None)], Some(held)));
    let contact = Contact {
        device_id: device_id(1),
        jid: "34600333444@s.whatsapp.net".into(),
        lid: Some("5@lid".into()),
        phone_number: Some("34600333444".into()),
        name: "Marta".into(),
        push_name: None,
        picture: None,
        about: None,
        blocked: false,
    };
    let changes = model.apply(event(101, EventKind::ContactMerged { from: "5@lid".into(), contact }));
    assert_eq!(changes.rows.len(), 1);
    assert_eq!(shown(&model)[0].from(), "34600333444");
}
