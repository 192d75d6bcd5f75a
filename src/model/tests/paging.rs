//! Pages and the state fetched anew: no hole, no double, and rows that stay the same rows.

use super::*;
use crate::model::{STEP, Slot};
use crate::protocol::Page;
use proptest::prelude::*;

#[test]
fn an_older_page_comes_before_and_the_start_is_known() {
    let mut model = reading(50..60, true);
    model.apply(older(50, page(40..50, false)));
    assert_eq!(texts(&model).len(), 10, "they are laid out by steps, not by pages");
    assert!(model.slide(true));
    assert_eq!(texts(&model).len(), 20);
    assert_eq!(texts(&model)[0], "text 40");
    assert!(!model.thread(model.open_chat().unwrap()).unwrap().log.has_older());
}

#[test]
fn a_late_older_page_makes_no_hole_and_no_beginning() {
    let mut model = reading(50..60, true);
    model.apply(older(50, page(40..50, true)));
    // Asked for twice, and answered late.
    model.apply(older(50, page(0..50, false)));
    while model.slide(true) {}
    assert_eq!(texts(&model)[0], "text 40");
    assert!(model.thread(model.open_chat().unwrap()).unwrap().log.has_older());
    // Before there was nothing at all.
    model.apply(Input::Older { before: None, page: page(0..3, false) });
    assert_eq!(texts(&model).len(), 20);
}

#[test]
fn a_page_is_laid_out_by_steps() {
    let mut model = reading(50..60, true);
    model.apply(older(50, page(0..50, true)));
    for held in (10..=60).step_by(STEP) {
        assert_eq!(texts(&model).len(), held);
        assert_eq!(model.slide(true), held < 60);
    }
    // The next page is the last, and has nothing: what comes late and is older still is at the start then.
    model.apply(older(0, page(0..0, false)));
    assert!(!model.slide(true));
    let mut late = message(1, false);
    late.timestamp -= 1_000_000;
    model.apply(arrives(101, Message { id: "msg_late".parse().unwrap(), ..late }, 1));
    assert_eq!(texts(&model).len(), 61);
}

#[test]
fn a_message_from_before_the_run_waits_for_its_page() {
    let mut model = reading(50..60, true);
    model.apply(arrives(101, message(3, false), 1));
    assert_eq!(texts(&model)[0], "text 50", "between 3 and 50 there may be messages that nobody has");
    let mut model = reading(50..60, false);
    model.apply(arrives(101, message(3, false), 1));
    assert_eq!(texts(&model)[0], "text 3");
}

#[test]
fn after_a_resync_rows_keep_their_keys_and_echoes_stay() {
    let mut model = reading(50..60, true);
    writes(&mut model, 1, "unanswered");
    let keys: Vec<_> = shown(&model).iter().map(|row| row.key).collect();
    let anew = snapshot(vec![chat(1, 0, None)], Some(page(50..62, true)));
    let changes = model.apply(Input::Snapshot(Box::new(anew)));
    assert!(changes.all);
    let rows = shown(&model);
    assert_eq!(rows[..10].iter().map(|row| row.key).collect::<Vec<_>>(), keys[..10]);
    assert_eq!(rows.last().unwrap().key, keys[10]);
    assert_eq!(rows.len(), 13);
}

#[test]
fn after_a_long_absence_the_old_run_is_dropped_not_joined() {
    let mut model = reading(1..10, false);
    let anew = snapshot(vec![chat(1, 0, None)], Some(page(50..60, true)));
    model.apply(Input::Snapshot(Box::new(anew)));
    assert_eq!(texts(&model).len(), 10);
    assert!(model.thread(model.open_chat().unwrap()).unwrap().log.has_older());
}

#[test]
fn what_the_server_no_longer_has_goes() {
    let mut model = reading(50..60, true);
    let mut fresh = page(48..62, true);
    fresh.messages.retain(|message| message.id != message_id(55));
    model.apply(Input::Newest(fresh));
    assert!(!texts(&model).contains(&"text 55".to_owned()));
    assert_eq!(texts(&model).len(), 13);
}

#[test]
fn a_page_that_was_read_before_the_last_event_takes_nothing_away() {
    let mut model = reading(50..60, true);
    model.apply(arrives(101, message(60, false), 1));
    model.apply(Input::Newest(page(50..60, true)));
    assert_eq!(texts(&model).last().unwrap(), "text 60");
}

#[test]
fn a_page_never_takes_a_receipt_back() {
    let mut model = reading(50..60, true);
    let id = message_id(51);
    let (chat_id, status) = (chat_id(1), MessageStatus::Read);
    model.apply(event(
        101,
        EventKind::MessageStatus { chat_id, message_id: id, status, failure: None, delay: None },
    ));
    model.apply(Input::Newest(page(50..60, true)));
    assert_eq!(shown(&model)[1].status(), MessageStatus::Read);
}

#[test]
fn other_threads_are_loaded_again_after_a_resync() {
    let mut model = reading(1..5, false);
    let first = model.open_chat().unwrap();
    model.open(&chat_id(2));
    let anew = snapshot(vec![chat(1, 0, None), chat(2, 0, None)], None);
    model.apply(Input::Snapshot(Box::new(anew)));
    assert!(!model.thread(first).unwrap().loaded);
}

#[test]
fn many_threads_are_not_all_kept() {
    let chats = (1..=60).map(|n| chat(n, 0, None)).collect();
    let mut model = Model::new(snapshot(chats, None));
    for n in 1..=60 {
        model.open(&chat_id(n));
        model.apply(Input::Newest(ThreadPage { chat_id: chat_id(n), ..page(1..3, false) }));
    }
    let held = |model: &Model| {
        (1..=60).filter(|n| model.thread(model.chat_key(&chat_id(*n)).unwrap()).is_some()).count()
    };
    assert_eq!(held(&model), 48);
    assert!(model.thread(model.open_chat().unwrap()).unwrap().loaded);
    // Chats that are only pointed at let others go, but never the one that is open.
    for n in 1..60 {
        model.expect(model.chat_key(&chat_id(n)).unwrap());
    }
    assert_eq!(held(&model), 48);
    assert!(model.thread(model.open_chat().unwrap()).unwrap().loaded);
}

#[test]
fn what_comes_while_an_expected_page_is_on_its_way_is_not_missed() {
    let mut model = Model::new(snapshot(vec![chat(1, 0, None)], None));
    let key = model.chat_key(&chat_id(1)).unwrap();
    assert!(model.expect(key));
    model.apply(arrives(101, message(3, false), 1));
    // This page was read before that message was kept.
    model.apply(Input::Newest(page(1..3, false)));
    assert!(model.thread(key).unwrap().log.has_newer(), "there is one more");
    assert!(!model.expect(key), "it is here");
}

#[test]
fn a_thread_that_was_read_elsewhere_since_it_was_fetched_opens_at_its_end() {
    let mut model = Model::new(snapshot(vec![chat(1, 200, None)], None));
    let key = model.chat_key(&chat_id(1)).unwrap();
    assert!(model.expect(key));
    let all = (0..300).map(|n| message(n, false)).collect();
    model.apply(Input::Newest(ThreadPage { messages: all, ..page(0..1, false) }));
    assert!(!model.thread(key).unwrap().window.at_end(), "it would open at its line");
    model.apply(Input::Chats(Page { items: vec![chat(1, 0, None)], next: None, cursor: None }));
    model.open(&chat_id(1));
    assert!(model.thread(key).unwrap().window.at_end());
    assert_eq!(texts(&model).last().unwrap(), "text 299");
}

#[test]
fn a_thread_opens_at_its_unread_line_however_far_up() {
    let mut model = Model::new(snapshot(vec![chat(1, 200, None)], None));
    model.open(&chat_id(1));
    let unread = |n: u32| message(n, false);
    let all = ThreadPage { messages: (0..300).map(unread).collect(), ..page(0..1, false) };
    model.apply(Input::Newest(all));
    let slots = model.slots(|_| 0);
    let line = slots.iter().position(|slot| *slot == Slot::Unread(200)).unwrap();
    assert!(line > 5 && line + 5 < slots.len(), "with something on both sides: {line} of {}", slots.len());
}

proptest! {
    /// However a thread of 300 messages is cut into pages and events, the log ends up as the thread's
    /// end without a hole.
    #[test]
    fn the_log_is_always_a_run_without_a_hole(
        starts in prop::collection::vec(0_u32..280, 1..12),
        lengths in prop::collection::vec(1_u32..60, 12),
        newest in prop::collection::vec(any::<bool>(), 12),
        stale in 281_u32..400,
    ) {
        let mut model = reading(280..300, true);
        for ((start, length), newest) in starts.into_iter().zip(lengths).zip(newest) {
            if newest {
                model.apply(Input::Newest(page(300 - length.min(300)..300, length < 300)));
            } else {
                // What a client asks for: the page that ends where its run begins.
                let key = model.open_chat().unwrap();
                let first = model.thread(key).unwrap().log.first().cloned().unwrap();
                let first = u32::try_from((first.at - NOON) / 1000).unwrap();
                let from = first.saturating_sub(length);
                model.apply(older(first, page(from..first, from > 0)));
                // And one that was asked for when the run began elsewhere.
                model.apply(older(stale, page(0..length.min(from), false)));
                model.apply(arrives(i64::from(start) + 1000, message(start, false), 0));
            }
            let key = model.open_chat().unwrap();
            let log = &model.thread(key).unwrap().log;
            let numbers: Vec<i64> = log.settled().keys().map(|position| (position.at - NOON) / 1000).collect();
            prop_assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
            prop_assert_eq!(numbers.last(), Some(&299));
        }
    }
}
