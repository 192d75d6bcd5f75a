//! A local echo keeps its identity until the server's copy stands in its place.

use super::*;
use crate::model::{Body, Retry};
use crate::protocol::{CommandResult, Problem, ProblemCode};

fn copy_of(command: u32, n: u32, text: &str) -> Message {
    Message {
        command_id: Some(command_id(command)),
        text: text.into(),
        status: MessageStatus::Queued,
        ..message(n, true)
    }
}

#[test]
fn an_echo_becomes_the_servers_message_in_the_same_row() {
    let mut model = reading(1..4, false);
    writes(&mut model, 1, "hello");
    let echo = shown(&model).pop().unwrap();
    assert_eq!((echo.text(), echo.status(), echo.id()), ("hello", MessageStatus::Queued, None));

    let changes = model.apply(arrives(101, copy_of(1, 10, "hello"), 0));
    assert_eq!(changes.answered, [command_id(1)]);
    let settled = shown(&model).pop().unwrap();
    assert_eq!(settled.key, echo.key);
    assert_eq!(settled.id(), Some(&message_id(10)));
    assert_eq!(shown(&model).len(), 4, "the echo and its message are one row");
}

#[test]
fn the_answer_and_the_event_may_come_in_either_order() {
    for answer_first in [true, false] {
        let mut model = reading(1..4, false);
        writes(&mut model, 1, "hello");
        let key = shown(&model).pop().unwrap().key;
        let answer = Input::Done(Box::new(CommandResult::Message(copy_of(1, 10, "hello"))));
        let event = arrives(101, copy_of(1, 10, "hello"), 0);
        let inputs = if answer_first { [answer, event] } else { [event, answer] };
        for input in inputs {
            model.apply(input);
        }
        let rows = shown(&model);
        assert_eq!(rows.len(), 4);
        assert_eq!(rows.last().unwrap().key, key);
    }
}

#[test]
fn echoes_stay_behind_what_arrives_meanwhile_and_keep_their_order() {
    let mut model = reading(1..3, false);
    writes(&mut model, 1, "first");
    writes(&mut model, 2, "second");
    model.apply(arrives(101, message(9, false), 1));
    assert_eq!(texts(&model), ["text 1", "text 2", "text 9", "first", "second"]);
    model.apply(arrives(102, copy_of(1, 10, "first"), 1));
    assert_eq!(texts(&model), ["text 1", "text 2", "text 9", "first", "second"]);
}

#[test]
fn the_same_command_makes_one_row() {
    let mut model = reading(1..3, false);
    writes(&mut model, 1, "once");
    assert!(writes(&mut model, 1, "once").threads.is_empty());
    assert_eq!(texts(&model), ["text 1", "text 2", "once"]);
}

#[test]
fn an_entry_of_an_earlier_page_finds_that_the_server_has_it() {
    let mut model = Model::new(snapshot(
        vec![chat(1, 0, None)],
        Some(ThreadPage { chat_id: chat_id(1), messages: vec![copy_of(7, 1, "kept")], has_older: false }),
    ));
    let changes = writes(&mut model, 7, "kept");
    assert_eq!(changes.answered, [command_id(7)]);
    assert_eq!(texts(&model), ["kept"]);
}

/// What the chat list shows of what waits in chat 1.
fn waits(model: &Model) -> Option<String> {
    let key = model.chat_key(&chat_id(1)).unwrap();
    model.chat(key).unwrap().echo.as_ref().map(|echo| echo.text.clone())
}

#[test]
fn an_echo_goes_with_the_servers_word_though_its_thread_is_not_loaded() {
    for by_event in [true, false] {
        // An earlier page wrote it; or the state was fetched anew without this thread.
        for mut model in [Model::new(snapshot(vec![chat(1, 0, None)], None)), reading(1..4, false)] {
            let key = model.chat_key(&chat_id(1)).unwrap();
            model.close();
            writes(&mut model, 1, "hello");
            model.apply(Input::Snapshot(Box::new(snapshot(vec![chat(1, 0, None)], None))));
            assert_eq!(waits(&model).as_deref(), Some("hello"));
            let copy = copy_of(1, 10, "hello");
            let word = if by_event {
                arrives(101, copy, 0)
            } else {
                Input::Done(Box::new(CommandResult::Message(copy)))
            };
            let changes = model.apply(word);
            assert_eq!(changes.answered, [command_id(1)]);
            assert!(changes.chats.contains(&key) && changes.threads.contains(&key));
            assert_eq!(waits(&model), None);
            // This page was read before that message was kept.
            model.open(&chat_id(1));
            model.apply(Input::Newest(page(1..5, false)));
            assert_eq!(texts(&model), ["text 1", "text 2", "text 3", "text 4"]);
            assert!(model.thread(key).unwrap().log.has_newer(), "there is one more");
        }
    }
}

#[test]
fn an_echo_whose_message_is_further_up_than_what_is_loaded_makes_no_hole() {
    let mut model = reading(50..60, true);
    let key = model.open_chat().unwrap();
    writes(&mut model, 1, "long ago");
    let changes = model.apply(Input::Done(Box::new(CommandResult::Message(copy_of(1, 3, "long ago")))));
    assert!(changes.threads.contains(&key) && changes.answered == [command_id(1)]);
    assert_eq!((texts(&model)[0].as_str(), texts(&model).len()), ("text 50", 10));
    assert_eq!(waits(&model), None);
}

#[test]
fn a_thread_in_which_something_waits_is_not_let_go() {
    let mut model = Model::new(snapshot((1..=60).map(|n| chat(n, 0, None)).collect(), None));
    model.open(&chat_id(1));
    model.apply(Input::Newest(page(1..3, false)));
    writes(&mut model, 1, "waits");
    for n in 2..=60 {
        model.open(&chat_id(n));
    }
    model.apply(arrives(101, copy_of(1, 10, "waits"), 0));
    assert_eq!(waits(&model), None);
}

#[test]
fn a_refused_text_stays_in_place_and_can_be_sent_again_or_given_up() {
    let mut model = reading(1..3, false);
    writes(&mut model, 1, "hello");
    writes(&mut model, 2, "later");
    let problem = Problem::new(ProblemCode::Invalid, "Too long.");
    let refused = Input::Refused { command_id: command_id(1), chat_id: chat_id(1), problem };
    model.apply(refused.clone());
    let row = shown(&model)[2].clone();
    assert_eq!((row.status(), row.failure()), (MessageStatus::Failed, Some("Too long.")));
    assert_eq!(row.retry(), Some(Retry::Text("hello".into())));

    let at = NOON + 900_000;
    let again = Input::Resent { chat_id: chat_id(1), row: row.key, command_id: command_id(3), at };
    model.apply(again);
    assert_eq!(texts(&model), ["text 1", "text 2", "later", "hello"]);
    let resent = shown(&model).pop().unwrap();
    assert_eq!((resent.key, resent.status()), (row.key, MessageStatus::Queued));
    assert!(matches!(resent.body, Body::Echo(echo) if echo.command_id == command_id(3)));

    // The old command's late refusal finds no row any more.
    assert!(model.apply(refused).rows.is_empty());
    model.apply(Input::Discarded { chat_id: chat_id(1), row: row.key });
    assert_eq!(texts(&model), ["text 1", "text 2", "later"]);
}

#[test]
fn the_chat_list_shows_what_was_written_before_the_server_does() {
    let mut model = reading(1..3, false);
    let changes = writes(&mut model, 1, "hello");
    assert!(changes.order);
    let key = model.open_chat().unwrap();
    assert_eq!(model.chat(key).unwrap().echo.as_ref().unwrap().text, "hello");
    assert_eq!(model.visible_chats(&Default::default())[0], key);
    model.apply(arrives(101, copy_of(1, 10, "hello"), 0));
    assert_eq!(model.chat(key).unwrap().echo, None);
}

#[test]
fn writing_takes_the_unread_line_away_and_pins_the_reader() {
    let mut model = Model::new(snapshot(vec![chat(1, 2, None)], Some(page(1..6, false))));
    let unread = |model: &Model| {
        model.slots(|at| at / 86_400_000).iter().any(|slot| matches!(slot, crate::model::Slot::Unread(_)))
    };
    assert!(unread(&model));
    writes(&mut model, 1, "answer");
    assert!(!unread(&model));
}
