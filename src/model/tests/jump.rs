//! Jumping into the midst of a thread, and back to its end: what comes in meanwhile never stands behind a gap.

use super::*;
use crate::model::{Hold, STEP, Thread};
use crate::protocol::ThreadRun;
use proptest::prelude::*;

fn run(range: std::ops::Range<u32>, has_older: bool, has_newer: bool) -> ThreadRun {
    ThreadRun { page: page(range, has_older), has_newer }
}

fn thread(model: &Model) -> &Thread {
    model.thread(model.open_chat().unwrap()).unwrap()
}

fn jumped() -> Model {
    let mut model = reading(900..950, true);
    assert_eq!(model.show_message(&message_id(100), 0), None, "it is not loaded");
    model.apply(Input::Around(run(80..120, true, true)));
    assert!(model.show_message(&message_id(100), 40).is_some());
    model
}

#[test]
fn what_is_loaded_is_shown_without_asking() {
    let mut model = reading(0..500, false);
    let key = model.show_message(&message_id(7), 40).unwrap();
    assert!(shown(&model).iter().any(|row| row.key == key));
    assert_eq!(thread(&model).hold, Hold::Anchored { key, offset: 40 });
    while model.slide(false) {}
    assert_eq!(texts(&model).last().unwrap(), "text 499");
}

#[test]
fn a_page_from_elsewhere_takes_the_place_of_the_end() {
    let model = jumped();
    assert_eq!((texts(&model)[0].as_str(), texts(&model).len()), ("text 80", 40));
    assert!(thread(&model).log.has_newer());
}

#[test]
fn a_page_that_meets_the_run_is_joined_to_it() {
    let mut model = reading(900..950, true);
    model.apply(Input::Around(run(880..910, true, true)));
    assert_eq!(thread(&model).log.len(), 70);
    while model.slide(true) {}
    assert_eq!(texts(&model)[0], "text 880");
    assert!(!thread(&model).log.has_newer(), "the end is held still");
}

#[test]
fn a_newer_page_is_laid_out_by_steps() {
    let mut model = reading(900..950, true);
    model.apply(Input::Around(run(0..300, true, true)));
    assert!(model.show_message(&message_id(100), 40).is_some());
    while model.slide(false) {}
    assert_eq!(texts(&model).last().unwrap(), "text 299");
    assert!(!thread(&model).window.at_end(), "the thread goes on");
    model.apply(Input::Newer(run(300..350, true, false)));
    assert_eq!(texts(&model).last().unwrap(), "text 299");
    assert!(model.slide(false));
    assert_eq!(texts(&model).last().unwrap(), &format!("text {}", 299 + STEP));
    while model.slide(false) {}
    assert_eq!(texts(&model).last().unwrap(), "text 349");
    assert!(thread(&model).window.at_end());
}

#[test]
fn what_comes_in_meanwhile_is_counted_and_not_shown() {
    let mut model = jumped();
    let changes = model.apply(arrives(101, message(950, false), 1));
    assert!(changes.threads.contains(&model.open_chat().unwrap()));
    assert_eq!(texts(&model).last().unwrap(), "text 119");
    assert_eq!(thread(&model).fresh, 1);
}

#[test]
fn newer_pages_lead_to_the_end_and_to_what_came_while_they_were_on_their_way() {
    let mut model = jumped();
    model.apply(Input::Newer(run(120..170, true, true)));
    assert_eq!(texts(&model).last().unwrap(), "text 169");
    model.apply(arrives(101, message(201, false), 1));
    // This page was read before that message was kept.
    model.apply(Input::Newer(run(170..201, true, false)));
    assert!(thread(&model).log.has_newer(), "there is one more");
    model.apply(Input::Newer(run(201..202, true, false)));
    assert!(!thread(&model).log.has_newer());
    model.apply(arrives(102, message(202, false), 1));
    while model.slide(false) {}
    assert_eq!(texts(&model).last().unwrap(), "text 202");
}

#[test]
fn an_older_page_that_was_asked_for_before_a_jump_is_not_joined_to_it() {
    let mut model = jumped();
    model.apply(older(900, page(850..900, true)));
    assert_eq!((texts(&model).len(), texts(&model).last().unwrap().as_str()), (40, "text 119"));
    model.apply(older(900, page(0..0, false)));
    assert!(thread(&model).log.has_older(), "this is not where it begins");
    model.apply(older(80, page(30..80, true)));
    while model.slide(true) {}
    assert_eq!(texts(&model)[0], "text 30");
}

#[test]
fn one_that_was_deleted_meanwhile_is_not_waited_for() {
    let mut model = jumped();
    model.apply(arrives(101, message(201, false), 1));
    model.apply(Input::Newer(run(120..201, true, false)));
    model.apply(Input::Newer(run(0..0, false, false)));
    assert!(!thread(&model).log.has_newer());
}

#[test]
fn the_way_back_to_the_end_loads_it_again() {
    let mut model = jumped();
    model.jump_to_end();
    assert!(!thread(&model).loaded && shown(&model).is_empty());
    model.apply(Input::Newest(page(900..950, true)));
    assert_eq!(texts(&model).last().unwrap(), "text 949");
    assert_eq!(thread(&model).hold, Hold::Pinned);
}

#[test]
fn who_writes_is_at_the_end() {
    let mut model = jumped();
    writes(&mut model, 1, "an answer");
    assert!(!thread(&model).loaded);
    assert_eq!(texts(&model), ["an answer"], "what waits to be sent stays");
    model.apply(Input::Newest(page(900..950, true)));
    assert_eq!(texts(&model).last().unwrap(), "an answer");
}

#[test]
fn an_echo_whose_message_came_meanwhile_is_not_left_behind() {
    let mut model = reading(900..950, true);
    writes(&mut model, 1, "sent");
    model.apply(Input::Around(run(80..120, true, true)));
    assert_eq!(texts(&model).last().unwrap(), "text 119", "it stands at the end, which is not here");
    let sent = Message { command_id: Some(command_id(1)), text: "sent".into(), ..message(950, true) };
    let changes = model.apply(arrives(101, sent.clone(), 0));
    assert_eq!(changes.answered, [command_id(1)]);
    model.jump_to_end();
    let mut newest = page(900..950, true);
    newest.messages.push(sent);
    model.apply(Input::Newest(newest));
    assert_eq!(texts(&model).iter().filter(|text| *text == "sent").count(), 1);
}

#[test]
fn a_closed_thread_opens_at_its_end() {
    let mut model = jumped();
    model.close();
    model.open(&chat_id(1));
    assert!(!thread(&model).loaded && thread(&model).hold == Hold::Pinned);
}

#[test]
fn a_message_that_came_while_the_first_page_was_on_its_way_is_asked_for() {
    let mut model = Model::new(snapshot(vec![chat(1, 0, None)], None));
    model.open(&chat_id(1));
    model.apply(arrives(101, message(10, false), 1));
    model.apply(Input::Newest(page(0..10, false)));
    assert!(thread(&model).log.has_newer());
    model.apply(Input::Newer(run(10..11, true, false)));
    assert_eq!(texts(&model).last().unwrap(), "text 10");
}

proptest! {
    /// However a reader jumps and pages in a thread of 300 messages, what is held has no hole; and it says that there is
    /// more exactly where there is.
    #[test]
    fn what_is_held_is_always_a_run(acts in prop::collection::vec((0_u8..7, 0_u32..300), 0..40)) {
        let mut model = reading(260..300, true);
        let mut end = 300_u32;
        // Where the older page begins that is on its way: it may be answered long after the reader went elsewhere.
        let mut asked = None::<u32>;
        for (act, at) in acts {
            let last = thread(&model).log.last().map(|last| u32::try_from((last.timestamp - NOON) / 1000).unwrap());
            match act {
                0 => {
                    let (from, to) = (at.saturating_sub(20), (at + 20).min(end));
                    model.apply(Input::Around(run(from..to, from > 0, to < end)));
                    prop_assert!(model.show_message(&message_id(at), 0).is_some());
                }
                1 => if let Some(last) = last.filter(|_| thread(&model).log.has_newer()) {
                    let to = (last + 31).min(end);
                    model.apply(Input::Newer(run(last + 1..to, true, to < end)));
                },
                2 => {
                    model.apply(arrives(i64::from(end) + 1000, message(end, false), 0));
                    end += 1;
                }
                3 => {
                    model.jump_to_end();
                    if !thread(&model).loaded {
                        model.apply(Input::Newest(page(end - 50..end, true)));
                    }
                }
                4 => { model.slide(at.is_multiple_of(2)); }
                5 => {
                    let first = thread(&model).log.first().map(|first| u32::try_from((first.at - NOON) / 1000).unwrap());
                    asked = asked.or(first.filter(|_| thread(&model).log.has_older()));
                }
                _ => if let Some(first) = asked.take() {
                    let from = first.saturating_sub(30);
                    model.apply(older(first, page(from..first, from > 0)));
                },
            }
            let log = &thread(&model).log;
            let numbers: Vec<i64> = log.settled().keys().map(|position| (position.at - NOON) / 1000).collect();
            prop_assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
            prop_assert_eq!(log.has_newer(), numbers.last() != Some(&i64::from(end - 1)));
            prop_assert_eq!(log.has_older(), numbers.first() != Some(&0));
        }
    }
}
