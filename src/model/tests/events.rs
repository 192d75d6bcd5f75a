//! Each event once, whatever comes twice or late; receipts that never go back.

use super::*;
use crate::protocol::{ChatDraft, Failure, FailureCode, LiveEvent, LiveKind, PairingCode, Qr, TypingState};
use proptest::prelude::*;

fn receipt(seq: i64, n: u32, status: MessageStatus) -> Input {
    let failure = (status == MessageStatus::Failed)
        .then(|| Failure { code: FailureCode::DeviceGone, text: "The device is logged out.".into() });
    let (chat_id, message_id) = (chat_id(1), message_id(n));
    event(seq, EventKind::MessageStatus { chat_id, message_id, status, failure, delay: None })
}

#[test]
fn an_event_that_was_taken_in_before_changes_nothing() {
    let mut model = reading(1..3, false);
    let first = arrives(101, message(5, false), 1);
    assert!(!model.apply(first.clone()).threads.is_empty());
    assert_eq!(model.apply(first), Changes::default());
    assert_eq!(model.apply(arrives(100, message(6, false), 9)), Changes::default());
    assert_eq!(texts(&model), ["text 1", "text 2", "text 5"]);
    assert_eq!(model.cursor(), &cursor(101));
}

#[test]
fn an_event_of_another_life_of_the_log_changes_nothing() {
    let mut model = reading(1..3, false);
    let Input::Event(mut foreign) = arrives(500, message(5, false), 1) else { unreachable!() };
    foreign.cursor = "xyz-500".parse().unwrap();
    assert_eq!(model.apply(Input::Event(foreign)), Changes::default());
    assert_eq!(model.cursor(), &cursor(100));
}

#[test]
fn a_bare_cursor_moves_the_position_on() {
    let mut model = reading(1..3, false);
    model.apply(Input::Reached(cursor(140)));
    model.apply(Input::Reached(cursor(120)));
    assert_eq!(model.cursor(), &cursor(140));
}

#[test]
fn a_failed_message_says_why_and_only_it_may_be_queued_again() {
    let mut model = reading(1..4, false);
    model.apply(arrives(101, Message { status: MessageStatus::Queued, ..message(9, true) }, 0));
    model.apply(receipt(102, 9, MessageStatus::Failed));
    let row = shown(&model).pop().unwrap();
    assert_eq!(row.failure(), Some("The device is logged out."));
    assert_eq!(row.failed().map(|failure| failure.code), Some(FailureCode::DeviceGone));
    model.apply(receipt(103, 9, MessageStatus::Queued));
    let row = shown(&model).pop().unwrap();
    assert_eq!((row.status(), row.failure()), (MessageStatus::Queued, None));
    model.apply(receipt(104, 9, MessageStatus::Read));
    assert!(model.apply(receipt(105, 9, MessageStatus::Queued)).rows.is_empty());
}

#[test]
fn what_was_begun_to_be_written_changes_by_its_own_events_alone() {
    let mut model = reading(1..3, false);
    let draft = |model: &Model| {
        let key = model.chats.key(&chat_id(1)).unwrap();
        model.chats.get(key).unwrap().chat.draft.clone().map(|draft| draft.text)
    };
    let told = |seq, text: Option<&str>| {
        let draft = text.map(|text| ChatDraft { text: text.into(), at: seq });
        event(seq, EventKind::DraftUpdated { chat_id: chat_id(1), owner: "user:usr_1".into(), draft })
    };
    let changes = model.apply(told(101, Some("Dear")));
    assert_eq!(changes.chats.len(), 1);
    model.apply(event(102, EventKind::ChatUpdated { chat: chat(1, 4, Some(&message(2, false))) }));
    model.apply(arrives(103, message(9, false), 5));
    assert_eq!(draft(&model).as_deref(), Some("Dear"));
    model.apply(told(104, None));
    assert_eq!(draft(&model), None);
}

#[test]
fn a_receipt_reaches_the_chat_lists_preview() {
    let mut model = reading(1..3, false);
    model.apply(arrives(101, message(9, true), 0));
    model.apply(receipt(102, 9, MessageStatus::Read));
    let key = model.open_chat().unwrap();
    let status = |model: &Model| model.chat(key).unwrap().chat.last_message.as_ref().unwrap().status;
    assert_eq!(status(&model), MessageStatus::Read);
    model.apply(receipt(103, 9, MessageStatus::Delivered));
    assert_eq!(status(&model), MessageStatus::Read);
}

#[test]
fn arrivals_are_told_with_their_text_in_plain_words() {
    let mut model = reading(1..3, false);
    let said = Message { text: "*Now* please".into(), ..message(9, false) };
    let changes = model.apply(arrives(101, said, 1));
    assert_eq!(changes.arrived[0].text, "Now please");
    assert_eq!(changes.arrived[0].name, "Person 1");
    assert!(model.apply(arrives(102, message(10, true), 1)).arrived.is_empty());
}

#[test]
fn typing_ends_with_a_message_with_a_pause_or_with_time() {
    let mut model = reading(1..3, false);
    let key = model.open_chat().unwrap();
    let typing = |state, at| {
        let kind = LiveKind::Typing { chat_id: chat_id(1), sender_name: None, from: "3".into(), state };
        Input::Live(Box::new(LiveEvent { at, device_id: device_id(1), kind }))
    };
    let types = |model: &Model| model.chat(key).unwrap().typing.is_some();
    for end in [
        arrives(101, message(9, false), 1),
        typing(TypingState::Paused, NOON + 1),
        Input::Clock(NOON + crate::model::TYPING_LIFE),
    ] {
        assert!(!model.apply(typing(TypingState::Composing, NOON)).chats.is_empty());
        assert!(types(&model) && model.anybody_types());
        assert!(!model.apply(end).chats.is_empty());
        assert!(!types(&model));
    }
    model.apply(typing(TypingState::Composing, NOON));
    model.apply(Input::Clock(NOON + crate::model::TYPING_LIFE - 1));
    assert!(types(&model));
}

#[test]
fn a_chat_that_is_cleared_has_no_messages_and_one_that_is_deleted_is_gone() {
    let mut model = reading(1..9, true);
    let key = model.open_chat().unwrap();
    writes(&mut model, 1, "not answered yet");
    let mut pinned = chat(1, 0, Some(&message(8, false)));
    pinned.pinned = true;
    model.apply(event(101, EventKind::ChatUpdated { chat: pinned }));
    assert!(model.chat(key).unwrap().chat.pinned);
    assert_eq!(texts(&model).len(), 9, "a change leaves the messages as they are");
    let changes = model.apply(event(102, EventKind::ChatUpdated { chat: chat(1, 0, None) }));
    assert!(changes.threads.contains(&key));
    assert_eq!(texts(&model), ["not answered yet"]);
    assert!(!model.thread(key).unwrap().log.has_older());

    let changes = model.apply(event(103, EventKind::ChatDeleted { chat_id: chat_id(1) }));
    assert!(changes.order && changes.chats.contains(&key));
    assert!(model.chat(key).is_none() && model.thread(key).is_none());
    assert!(model.chat(model.chat_key(&chat_id(2)).unwrap()).is_some(), "the others stay");
}

#[test]
fn codes_come_with_their_event_and_go_with_the_status() {
    let mut model = reading(1..3, false);
    let state = |model: &Model| model.device(&device_id(1)).unwrap().clone();
    let update = |seq, status| {
        let (device, previous_status) = (device(1, status), DeviceStatus::Connected);
        event(seq, EventKind::DeviceUpdated { device, previous_status })
    };
    model.apply(update(101, DeviceStatus::QrRequired));
    let qr = Qr { qr: "2@abc".into(), issued_at: NOON, expires_at: NOON + 60_000, attempt: 1 };
    model.apply(event(102, EventKind::DeviceQr { qr: qr.clone() }));
    let pairing_code =
        PairingCode { code: "ABCDEFGH".into(), phone_number: "34600".into(), expires_at: NOON };
    model.apply(event(103, EventKind::DevicePairingCode { pairing_code }));
    assert_eq!(state(&model).qr, Some(qr));
    assert!(state(&model).pairing_code.is_some());
    model.apply(update(104, DeviceStatus::Authenticating));
    assert_eq!((state(&model).qr, state(&model).pairing_code), (None, None));
}

#[test]
fn a_deleted_device_takes_its_chats_with_it() {
    let mut model = reading(1..3, false);
    model.apply(event(101, EventKind::DeviceDeleted { id: device_id(1) }));
    assert!(model.devices().is_empty());
    assert!(model.visible_chats(&Default::default()).is_empty());
    assert!(model.chat_key(&chat_id(1)).is_none());
    assert!(model.slots(|_| 0).is_empty());
}

#[test]
fn history_from_the_phone_opens_the_run_at_its_start() {
    let mut model = reading(1..3, false);
    let changes = model.apply(event(101, EventKind::history(3, 90)));
    assert!(changes.chats_stale);
    assert!(model.thread(model.open_chat().unwrap()).unwrap().log.has_older());
}

#[test]
fn a_device_shows_how_far_its_past_is_until_it_is_there() {
    let mut model = reading(1..3, false);
    let synced = |progress, chat_id, finished| EventKind::HistorySynced {
        chats: 1,
        messages: 1,
        left_out: 0,
        kind: None,
        progress: Some(progress),
        chat_id,
        finished,
    };
    let history = |model: &Model| model.devices()[0].history;
    model.apply(event(101, synced(40, None, false)));
    assert_eq!(history(&model), Some(40));
    model.apply(event(102, synced(100, Some(chat_id(1)), true)));
    assert_eq!(history(&model), Some(40), "one chat's older messages are not the whole");
    model.apply(event(103, synced(100, None, true)));
    assert_eq!(history(&model), None);
}

fn any_status() -> impl Strategy<Value = MessageStatus> {
    prop::sample::select(MessageStatus::ALL.to_vec())
}

proptest! {
    /// Whatever receipts come in whatever order, a row's status only climbs; the one step back is a
    /// failed message that is queued again.
    #[test]
    fn status_never_goes_back(receipts in prop::collection::vec(any_status(), 0..40)) {
        let mut model = reading(1..3, false);
        model.apply(arrives(101, Message { status: MessageStatus::Queued, ..message(9, true) }, 0));
        let mut before = MessageStatus::Queued;
        for (index, status) in receipts.into_iter().enumerate() {
            model.apply(receipt(102 + i64::try_from(index).unwrap(), 9, status));
            let now = shown(&model).pop().unwrap().status();
            let again = (before, now) == (MessageStatus::Failed, MessageStatus::Queued);
            prop_assert!(now >= before || again, "{before:?} then {now:?}");
            before = now;
        }
    }

    /// A stream that repeats itself from any point on leaves the same client as one that does not.
    #[test]
    fn replays_are_idempotent(
        kinds in prop::collection::vec((0_u32..12, any::<bool>(), any_status()), 1..40),
        resume in 0_usize..40,
    ) {
        let inputs: Vec<Input> = kinds.iter().enumerate().map(|(index, (n, from_me, status))| {
            let seq = 101 + i64::try_from(index).unwrap();
            if *from_me { receipt(seq, *n, *status) } else { arrives(seq, message(*n, *n % 2 == 0), *n) }
        }).collect();
        let mut once = reading(1..4, false);
        let mut twice = reading(1..4, false);
        for input in &inputs {
            once.apply(input.clone());
            twice.apply(input.clone());
        }
        for input in inputs.iter().skip(resume) {
            prop_assert_eq!(twice.apply(input.clone()), Changes::default());
        }
        let bodies = |model: &Model| shown(model).into_iter().map(|row| row.body).collect::<Vec<_>>();
        prop_assert_eq!(bodies(&once), bodies(&twice));
        prop_assert_eq!(once.unread_chats(), twice.unread_chats());
    }

    /// What is taken in at once leaves the same client, and changes the same, as one after the other.
    #[test]
    fn a_burst_is_what_its_events_are(
        kinds in prop::collection::vec((0_u32..200, any::<bool>(), any_status()), 1..200),
    ) {
        let inputs: Vec<Input> = kinds.iter().enumerate().map(|(index, (n, from_me, status))| {
            let seq = 101 + i64::try_from(index).unwrap();
            if *from_me { receipt(seq, *n, *status) } else { arrives(seq, message(*n, n.is_multiple_of(2)), *n) }
        }).collect();
        let (mut single, mut burst) = (reading(1..4, false), reading(1..4, false));
        let mut together = Changes::default();
        for input in inputs.clone() {
            let Changes { all, devices, details, labels, pins, order, chats, threads, rows, arrived, answered, chats_stale, drafts } =
                single.apply(input);
            prop_assert!(!(all || devices || details || labels || pins || chats_stale));
            together.order |= order;
            together.chats.extend(chats);
            together.threads.extend(threads);
            together.rows.extend(rows);
            together.arrived.extend(arrived);
            together.answered.extend(answered);
            together.drafts.extend(drafts);
        }
        prop_assert_eq!(burst.apply_all(inputs), together);
        prop_assert_eq!(burst.cursor(), single.cursor());
        prop_assert_eq!(shown(&burst), shown(&single));
        prop_assert_eq!(burst.slots(|at| at), single.slots(|at| at));
        prop_assert_eq!(burst.unread_chats(), single.unread_chats());
    }

    /// Messages that reach the log in any order, some of them twice, stand in the order of their time.
    #[test]
    fn order_does_not_depend_on_arrival(numbers in prop::collection::vec(10_u32..60, 1..40)) {
        let mut model = reading(1..4, false);
        for (index, n) in numbers.iter().enumerate() {
            model.apply(arrives(101 + i64::try_from(index).unwrap(), message(*n, false), 1));
        }
        let rows = shown(&model);
        prop_assert!(rows.windows(2).all(|pair| (pair[0].at(), pair[0].id()) < (pair[1].at(), pair[1].id())));
        let distinct: std::collections::BTreeSet<u32> = numbers.into_iter().collect();
        prop_assert_eq!(rows.len(), 3 + distinct.len());
    }
}
