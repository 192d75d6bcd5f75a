//! The window never exceeds its cap, never loses its place and reaches both ends.

use super::*;
use crate::model::{CAP, FRESH, Hold, STEP, TARGET, Window};
use proptest::prelude::*;

fn long(count: u32) -> Model {
    reading(0..count, true)
}

fn ends(model: &Model) -> (String, String, usize) {
    let texts = texts(model);
    (texts.first().unwrap().clone(), texts.last().unwrap().clone(), texts.len())
}

/// So many of five hundred rows, up to this one.
fn rows(count: usize, last: usize) -> (String, String, usize) {
    (format!("text {}", last + 1 - count), format!("text {last}"), count)
}

#[test]
fn it_starts_at_the_end() {
    let mut model = long(500);
    assert_eq!(ends(&model), rows(FRESH + STEP, 499), "for a screen of any size");
    model.jump_to_end();
    assert_eq!(ends(&model), rows(FRESH, 499));
}

#[test]
fn it_starts_with_as_many_as_fill_the_screen() {
    for (height, fresh) in [(0, 14), (600, 15), (800, 20), (950, 24), (usize::MAX, TARGET)] {
        let mut model = long(500);
        model.fit(height);
        let open = model.open_chat().and_then(|key| model.chat(key)).map(|state| state.chat.id.clone());
        model.close();
        model.open(&open.unwrap());
        assert_eq!(ends(&model), rows(fresh, 499), "{height} pixels");
    }
}

#[test]
fn it_slides_by_a_step_and_gives_way_at_the_far_end() {
    let mut model = long(500);
    let mut held = FRESH + STEP;
    while held + STEP <= CAP {
        assert!(model.slide(true));
        held += STEP;
        assert_eq!(ends(&model), rows(held, 499));
    }
    assert!(model.slide(true));
    // As much as it has too many goes at the other end.
    let beyond = held + STEP - CAP;
    assert_eq!(ends(&model), rows(CAP, 499 - beyond));
    assert!(!model.thread(model.open_chat().unwrap()).unwrap().window.at_end());
    assert!(model.slide(false));
    assert_eq!(ends(&model), rows(CAP, 499));
    assert!(!model.slide(false));
}

#[test]
fn it_reaches_the_start_and_says_so() {
    let mut model = long(500);
    while model.slide(true) {}
    assert_eq!(ends(&model), ("text 0".into(), "text 139".into(), CAP));
    let thread = model.thread(model.open_chat().unwrap()).unwrap();
    assert!(thread.window.at_start(&thread.log));
    while model.slide(false) {}
    assert_eq!(ends(&model).1, "text 499");
}

#[test]
fn it_follows_the_end_only_for_a_reader_who_is_there() {
    let mut model = long(200);
    for n in 0..150_u32 {
        model.apply(arrives(101 + i64::from(n), message(1000 + n, false), 1));
        assert!(shown(&model).len() <= CAP);
    }
    assert_eq!(ends(&model).1, "text 1149");

    let mut model = long(200);
    let row = shown(&model)[TARGET / 2].clone();
    model.hold(Hold::Anchored { key: row.key, offset: 0 });
    for n in 0..150_u32 {
        model.apply(arrives(101 + i64::from(n), message(1000 + n, false), 1));
        assert!(shown(&model).iter().any(|shown| shown.key == row.key));
    }
    assert_eq!(ends(&model).2, CAP);
    model.jump_to_end();
    assert_eq!(ends(&model).1, "text 1149");
}

#[test]
fn echoes_are_always_on_the_page_of_their_writer() {
    let mut model = long(500);
    while model.slide(true) {}
    writes(&mut model, 1, "here I am");
    assert_eq!(ends(&model).1, "here I am");
}

#[test]
fn an_empty_log_has_an_empty_window() {
    let model = reading(0..0, false);
    assert!(shown(&model).is_empty());
    let mut window = Window::default();
    let log = &model.thread(model.open_chat().unwrap()).unwrap().log;
    assert!(!window.slide_up(log) && !window.slide_down(log) && window.at_start(log) && window.at_end());
}

proptest! {
    /// Any mix of sliding, arriving, paging and jumping leaves a window of at most the cap that is a
    /// contiguous part of the log.
    #[test]
    fn it_is_always_a_short_contiguous_part(
        length in 0_u32..700,
        acts in prop::collection::vec(0_u8..6, 0..60),
    ) {
        let mut model = reading(1000..1000 + length, true);
        let (mut seq, mut newest) = (101, 5000_u32);
        for act in acts {
            match act {
                0 => { model.slide(true); }
                1 => { model.slide(false); }
                2 => model.jump_to_end(),
                3 => {
                    newest += 1;
                    seq += 1;
                    model.apply(arrives(seq, message(newest, newest % 2 == 0), 1));
                }
                4 => {
                    let key = model.open_chat().unwrap();
                    let first = model.thread(key).unwrap().log.first().map_or(1000, |first| {
                        u32::try_from((first.at - NOON) / 1000).unwrap()
                    });
                    model.apply(older(first, page(first.saturating_sub(50)..first, first > 50)));
                }
                _ => {
                    let rows = shown(&model);
                    if let Some(row) = rows.get(rows.len() / 2) {
                        model.hold(Hold::Anchored { key: row.key, offset: 7 });
                    }
                }
            }
            let key = model.open_chat().unwrap();
            let thread = model.thread(key).unwrap();
            let rows = thread.window.rows(&thread.log);
            prop_assert!(rows.len() <= CAP);
            prop_assert_eq!(rows.is_empty(), thread.log.is_empty());
            let all: Vec<_> = thread.log.settled().values().copied().collect();
            prop_assert!(rows.is_empty() || all.windows(rows.len()).any(|part| part == rows));
        }
    }
}
