//! A thread in which more and more comes does not grow for ever, and what it lets go comes back by paging.

use super::*;
use crate::model::{Exhibit, Hold, Slot, Thread};
use crate::protocol::{Media, ThreadRun};
use proptest::prelude::*;

fn thread(model: &Model) -> &Thread {
    model.thread(model.open_chat().unwrap()).unwrap()
}

fn held(model: &Model, chat: u32) -> usize {
    model.thread(model.chat_key(&chat_id(chat)).unwrap()).unwrap().log.len()
}

fn come(model: &mut Model, numbers: std::ops::Range<u32>, unread: u32) {
    for n in numbers {
        model.apply(arrives(i64::from(n) + 1000, message(n, false), unread));
    }
}

#[test]
fn a_reader_at_the_end_keeps_the_end() {
    let mut model = reading(0..50, false);
    come(&mut model, 50..3000, 0);
    assert!((400..=500).contains(&held(&model, 1)), "{}", held(&model, 1));
    assert_eq!(texts(&model).last().unwrap(), "text 2999");
    let first = u32::try_from((thread(&model).log.first().unwrap().at - NOON) / 1000).unwrap();
    assert!(thread(&model).log.has_older());
    model.apply(older(first, page(first - 50..first, true)));
    while model.slide(true) {}
    assert_eq!(texts(&model)[0], format!("text {}", first - 50));
}

#[test]
fn a_chat_that_nobody_looks_at_keeps_less() {
    let mut model = reading(0..50, false);
    model.open(&chat_id(2));
    come(&mut model, 50..3000, 0);
    assert!((200..=300).contains(&held(&model, 1)), "{}", held(&model, 1));
    model.open(&chat_id(1));
    assert_eq!(texts(&model).last().unwrap(), "text 2999");
}

#[test]
fn a_reader_amid_the_thread_keeps_the_place_and_comes_to_the_end() {
    let mut model = reading(0..50, false);
    let row = shown(&model)[10].clone();
    model.hold(Hold::Anchored { key: row.key, offset: 3 });
    come(&mut model, 50..3000, 0);
    assert!(held(&model, 1) <= 800, "{}", held(&model, 1));
    assert!(shown(&model).contains(&row), "what the eye is on stays");
    assert_eq!(thread(&model).fresh, 2950);
    assert!(thread(&model).log.has_newer());
    while thread(&model).log.has_newer() {
        let last = thread(&model).log.last().unwrap().timestamp;
        let next = u32::try_from((last - NOON) / 1000).unwrap() + 1;
        let (to, has_newer) = ((next + 200).min(3000), next + 200 < 3000);
        model.apply(Input::Newer(ThreadRun { page: page(next..to, true), has_newer }));
    }
    while model.slide(false) {}
    assert_eq!(texts(&model).last().unwrap(), "text 2999");
}

#[test]
fn a_place_that_so_much_has_come_after_is_given_up_once_the_chat_is_left() {
    let mut model = reading(0..50, false);
    let key = shown(&model)[10].key;
    model.hold(Hold::Anchored { key, offset: 3 });
    model.open(&chat_id(2));
    come(&mut model, 50..100, 0);
    model.open(&chat_id(1));
    assert_eq!(thread(&model).hold, Hold::Anchored { key, offset: 3 }, "a few change nothing");
    model.open(&chat_id(2));
    come(&mut model, 100..1000, 0);
    assert!(held(&model, 1) <= 300, "{}", held(&model, 1));
    model.open(&chat_id(1));
    assert_eq!((thread(&model).hold, thread(&model).fresh), (Hold::Pinned, 0));
    assert_eq!(texts(&model).last().unwrap(), "text 999");
}

#[test]
fn very_many_go_little_by_little() {
    let mut model = reading(0..10_000, false);
    let mut before = held(&model, 1);
    let mut n = 10_000;
    while before > 500 {
        come(&mut model, n..n + 1, 0);
        n += 1;
        let now = held(&model, 1);
        assert!(now < before && before - now <= 500, "{before} to {now}");
        before = now;
    }
}

#[test]
fn the_unread_line_rises_to_where_it_belongs_as_older_messages_come() {
    let older_page = |model: &mut Model, from: u32, to: u32| {
        model.apply(older(
            to,
            ThreadPage { messages: (from..to).map(|n| message(n, false)).collect(), ..page(0..1, true) },
        ));
        while model.slide(true) {}
    };
    // What stands right beneath the line, and what it counts.
    let line = |model: &Model| {
        let slots = model.slots(|_| 0);
        let at = slots.iter().position(|slot| matches!(slot, Slot::Unread(_)))?;
        let (Slot::Unread(count), Slot::Row { key, .. }) = (slots[at], slots[at + 1]) else { return None };
        Some((count, model.row(model.open_chat()?, key)?.text().to_owned()))
    };
    let messages = (200..250).map(|n| message(n, false)).collect();
    let newest = ThreadPage { messages, ..page(0..1, true) };
    let mut model = Model::new(snapshot(vec![chat(1, 70, None)], Some(newest)));
    assert_eq!(line(&model), Some((70, "text 200".into())), "above the oldest that is held");
    older_page(&mut model, 190, 200);
    assert_eq!(line(&model), Some((70, "text 190".into())));
    older_page(&mut model, 150, 190);
    assert_eq!(line(&model), Some((70, "text 180".into())), "all that it counts are there");
    older_page(&mut model, 100, 150);
    assert_eq!(line(&model), Some((70, "text 180".into())));
}

#[test]
fn who_is_at_the_unread_line_goes_with_it_to_where_it_belongs() {
    let others = |range: std::ops::Range<u32>| ThreadPage {
        messages: range.map(|n| message(n, false)).collect(),
        ..page(0..1, true)
    };
    for (unread, goes_with_it) in [(70, true), (1_001, false)] {
        let newest = others(1_200..1_250);
        let mut model = Model::new(snapshot(vec![chat(1, unread, None)], Some(newest)));
        let of = |model: &Model, n: u32| thread(model).log.by_id(&message_id(n)).unwrap().key;
        let key = of(&model, 1_200);
        model.hold(Hold::Anchored { key, offset: 72 });
        model.apply(older(1_200, others(1_100..1_200)));
        let at = if goes_with_it { of(&model, 1_180) } else { key };
        assert_eq!(thread(&model).hold, Hold::Anchored { key: at, offset: 72 });
        assert!(shown(&model).iter().any(|row| row.key == at));
        // Who has gone on stays.
        let key = of(&model, 1_210);
        model.hold(Hold::Anchored { key, offset: 72 });
        model.apply(older(1_100, others(1_000..1_100)));
        assert_eq!(thread(&model).hold, Hold::Anchored { key, offset: 72 });
    }
}

#[test]
fn a_line_whose_message_was_let_go_is_there_again_with_it() {
    let mut model = reading(0..50, false);
    model.attend(false);
    for n in 50..800 {
        model.apply(arrives(i64::from(n) + 1000, message(n, false), n - 49));
    }
    assert_eq!(thread(&model).unread_line(), 750);
    let lines = |model: &Model| model.slots(|_| 0).contains(&Slot::Unread(750));
    let first = |model: &Model| u32::try_from((thread(model).log.first().unwrap().at - NOON) / 1000).unwrap();
    assert!(first(&model) > 50, "it was let go");
    while first(&model) > 40 {
        let from = first(&model);
        let to = from.saturating_sub(50);
        model.apply(older(from, page(to..from, to > 0)));
    }
    while !lines(&model) && model.slide(true) {}
    let slots = model.slots(|_| 0);
    let at = slots.iter().position(|slot| *slot == Slot::Unread(750)).unwrap();
    let Slot::Row { key, .. } = slots[at + 1] else { panic!("{:?}", slots[at + 1]) };
    assert_eq!(model.row(model.open_chat().unwrap(), key).unwrap().text(), "text 50");
}

#[test]
fn who_looks_at_pictures_keeps_those_that_the_thread_lets_go() {
    let picture = |n: u32| {
        let mut message = Message { kind: MessageKind::Image, ..message(n, false) };
        message.details.media = Some(Media { id: Some(format!("med_{n}")), ..Media::default() });
        message
    };
    let thread = ThreadPage { messages: vec![picture(1), picture(2)], ..page(0..1, false) };
    let mut model = Model::new(snapshot(vec![chat(1, 0, None)], Some(thread)));
    let media = |all: &[Exhibit]| all.iter().map(|one| one.media.clone()).collect::<Vec<_>>();
    let before = model.exhibits(Vec::new());
    model.apply(event(
        101,
        EventKind::MessageDeleted { message_id: message_id(2), chat: chat(1, 0, Some(&message(1, false))) },
    ));
    assert_eq!(media(&model.exhibits(before)), ["med_1"], "what was deleted goes");
    let before = model.exhibits(Vec::new());
    come(&mut model, 50..1000, 0);
    model.apply(arrives(3000, picture(2000), 0));
    assert_eq!(media(&model.exhibits(Vec::new())), ["med_2000"]);
    let after = model.exhibits(before);
    assert_eq!(media(&after), ["med_1", "med_2000"]);
    assert_eq!(media(&model.exhibits(after)), ["med_1", "med_2000"], "each once");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// However much comes while a reader goes up and down, what is held is short, has no hole, and says where there is more.
    #[test]
    fn what_is_held_stays_a_short_run(acts in prop::collection::vec((0_u8..7, 0_u32..700), 0..14)) {
        let mut model = reading(9_960..10_000, true);
        let mut end = 10_000_u32;
        for (act, at) in acts {
            let number = |at: i64| u32::try_from((at - NOON) / 1000).unwrap();
            let last = thread(&model).log.last().map(|last| number(last.timestamp));
            let first = thread(&model).log.first().map(|first| number(first.at));
            match act {
                0 | 1 => {
                    come(&mut model, end..end + at, 0);
                    end += at;
                }
                2 => if let Some(last) = last.filter(|_| thread(&model).log.has_newer()) {
                    let to = (last + 101).min(end);
                    let run = ThreadRun { page: page(last + 1..to, true), has_newer: to < end };
                    model.apply(Input::Newer(run));
                },
                3 => {
                    model.jump_to_end();
                    if !thread(&model).loaded {
                        model.apply(Input::Newest(page(end - 50..end, true)));
                    }
                }
                4 | 5 => {
                    // Who scrolls looks at something else then.
                    for _ in 0..at / 50 { model.slide(at.is_multiple_of(2)); }
                    let rows = shown(&model);
                    if let Some(row) = rows.get(rows.len() / 2) {
                        model.hold(Hold::Anchored { key: row.key, offset: 7 });
                    }
                }
                _ => if let Some(first) = first {
                    model.apply(older(first, page(first - 100..first, true)));
                },
            }
            let thread = thread(&model);
            let numbers: Vec<i64> = thread.log.settled().keys().map(|place| (place.at - NOON) / 1000).collect();
            prop_assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
            prop_assert_eq!(thread.log.has_newer(), numbers.last() != Some(&i64::from(end - 1)));
            prop_assert!(thread.log.has_older());
            // Pages of older and newer ones were asked for, 1,400 at most.
            prop_assert!(numbers.len() <= 1_400 + 1_000, "{}", numbers.len());
            if let Hold::Anchored { key, .. } = thread.hold {
                prop_assert!(thread.log.row(key).is_some(), "what the eye is on is held");
            }
            prop_assert!(!thread.window.rows(&thread.log).is_empty() || numbers.is_empty());
        }
    }
}
