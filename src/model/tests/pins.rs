//! What is pinned in a chat: as it was asked for, as events tell of it, and for as long as its time lasts.

use super::*;
use crate::model::PinInput;
use crate::protocol::{CommandResult, MessageChange};

const HOUR: i64 = 3_600_000;

/// A message that is pinned `at` seconds after noon, for so many hours.
fn pinned(n: u32, at: i64, hours: i64) -> Message {
    let mut message = message(n, false);
    message.details.pinned_at = Some(NOON + at * 1000);
    message.details.pinned_until = Some(NOON + hours * HOUR);
    message
}

fn changed(seq: i64, message: Message, change: MessageChange) -> Input {
    let chat = chat(1, 0, Some(&message));
    event(seq, EventKind::MessageUpdated { message, chat, change })
}

fn tell(model: &mut Model, input: PinInput) -> bool {
    model.apply(Input::Pins(input)).pins
}

fn answered(model: &mut Model, messages: Vec<Message>) -> bool {
    tell(model, PinInput::Asked(chat_id(1)));
    tell(model, PinInput::Answered(chat_id(1), messages))
}

/// What the bar of the open thread shows, in order.
fn bar(model: &Model) -> Vec<&str> {
    model.pins().unwrap().messages().iter().map(|message| message.text.as_str()).collect()
}

fn is_due(model: &Model) -> bool {
    model.pins().unwrap().is_due()
}

#[test]
fn what_is_pinned_is_asked_for_once() {
    let mut model = reading(40..60, true);
    assert!(is_due(&model) && model.wants_pins(&chat_id(1)));
    assert!(!model.wants_pins(&chat_id(2)), "nobody looks at it");
    assert!(tell(&mut model, PinInput::Asked(chat_id(1))));
    assert!(!is_due(&model) && !model.wants_pins(&chat_id(1)));
    // Most of it is far above what is loaded.
    assert!(tell(&mut model, PinInput::Answered(chat_id(1), vec![pinned(3, 2, 9), pinned(50, 1, 9)])));
    assert_eq!(bar(&model), ["text 3", "text 50"]);
    assert!(!is_due(&model) && !model.wants_pins(&chat_id(1)));
    // Who comes back finds it.
    model.open(&chat_id(2));
    assert!(is_due(&model) && bar(&model).is_empty());
    model.open(&chat_id(1));
    assert_eq!(bar(&model), ["text 3", "text 50"]);
    assert!(!is_due(&model));
}

#[test]
fn what_did_not_come_is_asked_for_by_whoever_sees_a_way() {
    let mut model = reading(0..3, false);
    tell(&mut model, PinInput::Asked(chat_id(1)));
    assert!(tell(&mut model, PinInput::Failed(chat_id(1))));
    assert!(!is_due(&model), "it would be asked for without end");
    assert!(model.wants_pins(&chat_id(1)));
    answered(&mut model, vec![pinned(1, 1, 9)]);
    assert_eq!(bar(&model), ["text 1"]);
}

#[test]
fn a_pin_comes_goes_and_changes_with_its_message() {
    use MessageChange::{Edit, Pin, Revoke};
    let mut model = reading(40..60, true);
    answered(&mut model, vec![pinned(50, 1, 9)]);
    // Also of a message that is not loaded; the newest pin is first.
    assert!(model.apply(changed(101, pinned(3, 2, 24), Pin)).pins);
    assert_eq!(bar(&model), ["text 3", "text 50"]);
    assert!(!texts(&model).contains(&"text 3".to_owned()));
    let edited = Message { text: "better".into(), ..pinned(50, 1, 9) };
    assert!(model.apply(changed(102, edited, Edit)).pins);
    assert_eq!(bar(&model), ["text 3", "better"], "it stands where it stood");
    assert!(model.apply(changed(103, pinned(50, 3, 9), Pin)).pins);
    assert_eq!(bar(&model), ["text 50", "text 3"], "pinned once more");
    assert!(model.apply(changed(104, message(3, false), Pin)).pins);
    assert_eq!(bar(&model), ["text 50"]);
    // What is done to messages that are not pinned is no news for the bar.
    assert!(!model.apply(changed(105, message(55, false), MessageChange::Reaction)).pins);
    let mut revoked = message(50, false);
    revoked.details.revoked_at = Some(NOON);
    assert!(model.apply(changed(106, revoked, Revoke)).pins);
    assert!(bar(&model).is_empty());

    // By a command from here, before its event comes.
    let done = CommandResult::Message(pinned(41, 4, 9));
    assert!(model.apply(Input::Done(Box::new(done))).pins);
    assert!(model.apply(changed(107, pinned(42, 5, 9), Pin)).pins);
    let gone = EventKind::MessageDeleted { message_id: message_id(41), chat: chat(1, 0, None) };
    assert!(model.apply(event(108, gone)).pins);
    assert_eq!(bar(&model), ["text 42"]);
    model.apply(event(109, EventKind::ChatUpdated { chat: chat(1, 0, None) }));
    assert!(bar(&model).is_empty(), "the chat was cleared");
}

#[test]
fn what_happens_while_the_answer_is_on_its_way_counts() {
    let mut model = reading(0..9, false);
    tell(&mut model, PinInput::Asked(chat_id(1)));
    model.apply(changed(101, pinned(4, 4, 9), MessageChange::Pin));
    model.apply(changed(102, message(2, false), MessageChange::Pin));
    let last = message(8, true);
    let gone = EventKind::MessageDeleted { message_id: message_id(1), chat: chat(1, 0, Some(&last)) };
    model.apply(event(103, gone));
    let read_before = vec![pinned(3, 3, 9), pinned(2, 2, 9), pinned(1, 1, 9)];
    tell(&mut model, PinInput::Answered(chat_id(1), read_before));
    assert_eq!(bar(&model), ["text 4", "text 3"]);
}

#[test]
fn a_pin_is_over_with_its_time() {
    let mut model = reading(0..9, false);
    answered(&mut model, vec![pinned(2, 2, 24), pinned(1, 1, 1)]);
    assert!(!model.pins_over(NOON + HOUR - 1));
    assert!(!model.apply(Input::Clock(NOON + HOUR - 1)).pins);
    assert!(model.pins_over(NOON + HOUR));
    assert!(model.apply(Input::Clock(NOON + HOUR)).pins);
    assert_eq!(bar(&model), ["text 2"]);
    assert!(!model.pins_over(NOON + HOUR));
    assert!(model.apply(Input::Clock(NOON + 30 * HOUR)).pins);
    assert!(bar(&model).is_empty());
}

#[test]
fn after_a_gap_it_is_asked_for_again_and_shown_meanwhile() {
    let mut model = reading(0..9, false);
    answered(&mut model, vec![pinned(1, 1, 9)]);
    let anew = || Box::new(snapshot(vec![chat(1, 0, None)], Some(page(0..9, false))));
    model.apply(Input::Snapshot(anew()));
    assert!(is_due(&model));
    assert_eq!(bar(&model), ["text 1"]);
    // What was asked for before the gap may lack what was missed.
    tell(&mut model, PinInput::Asked(chat_id(1)));
    model.apply(Input::Snapshot(anew()));
    assert!(!tell(&mut model, PinInput::Answered(chat_id(1), vec![pinned(5, 5, 9)])));
    assert_eq!(bar(&model), ["text 1"]);
    assert!(is_due(&model));
    answered(&mut model, vec![pinned(6, 6, 9)]);
    assert_eq!(bar(&model), ["text 6"]);
}

#[test]
fn a_chat_that_went_into_another_is_asked_for_what_is_pinned_in_both() {
    let mut model = reading(0..3, false);
    answered(&mut model, vec![pinned(1, 1, 9)]);
    let merged = EventKind::ChatMerged { from: chat_id(1), chat: chat(2, 0, None) };
    assert!(model.apply(event(101, merged)).pins);
    assert!(is_due(&model));
    assert!(model.wants_pins(&chat_id(2)));
    assert!(model.wants_pins(&chat_id(1)), "the old id means the other chat");
}
