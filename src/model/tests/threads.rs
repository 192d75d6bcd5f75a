//! How a thread is laid out: days, groups, the unread line, and what is fresh.

use super::*;
use crate::model::{Hold, Slot, SlotKey};

fn day(at: i64) -> i64 {
    crate::model::time::day_of(at, 0)
}

fn shapes(model: &Model) -> Vec<(bool, bool)> {
    let slots = model.slots(day);
    let shapes = slots.iter().filter_map(|slot| match slot {
        Slot::Row { shape, .. } => Some((shape.opens, shape.closes)),
        _ => None,
    });
    shapes.collect()
}

fn with(messages: Vec<Message>, unread: u32) -> Model {
    let thread = ThreadPage { chat_id: chat_id(1), messages, has_older: false };
    Model::new(snapshot(vec![chat(1, unread, None)], Some(thread)))
}

#[test]
fn messages_of_one_sender_stand_together() {
    let model = with(vec![message(1, false), message(2, false), message(3, true), message(4, false)], 0);
    assert_eq!(shapes(&model), [(true, false), (false, true), (true, true), (true, true)]);
}

#[test]
fn a_pause_a_notice_and_another_person_part_a_group() {
    let later = Message { timestamp: NOON + 400_000, ..message(3, false) };
    let notice = Message { timestamp: NOON + 401_000, kind: MessageKind::System, ..message(4, false) };
    let other = Message { timestamp: NOON + 402_000, from: "999".into(), ..message(5, false) };
    let third = Message { timestamp: NOON + 403_000, ..message(6, false) };
    let model = with(vec![message(1, false), later, notice, other, third], 0);
    assert!(shapes(&model).iter().all(|shape| *shape == (true, true)));
}

#[test]
fn each_day_has_one_line_and_parts_a_group() {
    let tomorrow = Message { timestamp: NOON + 43_200_000, ..message(2, false) };
    let early = Message { timestamp: NOON + 43_199_000, ..message(1, false) };
    let model = with(vec![early, tomorrow], 0);
    let slots = model.slots(day);
    let days: Vec<i64> =
        slots.iter().filter_map(|slot| if let Slot::Day(day) = slot { Some(*day) } else { None }).collect();
    assert_eq!(days, [day(NOON), day(NOON) + 1]);
    assert_eq!(shapes(&model), [(true, true), (true, true)]);
    // One hour east, both are of the same day.
    let elsewhere = model.slots(|at| crate::model::time::day_of(at, 60));
    assert_eq!(elsewhere.iter().filter(|slot| matches!(slot, Slot::Day(_))).count(), 1);
}

#[test]
fn an_echo_of_a_slow_clock_makes_no_second_line_for_an_earlier_day() {
    let mut model = with(vec![message(1, false)], 0);
    let at = NOON - 3 * crate::model::time::DAY;
    model.apply(Input::Wrote { command_id: command_id(1), chat_id: chat_id(1), text: "x".into(), at });
    let days = model.slots(day).iter().filter(|slot| matches!(slot, Slot::Day(_))).count();
    assert_eq!(days, 1);
}

#[test]
fn the_unread_line_stands_above_the_first_unread_message() {
    let model = with(vec![message(1, false), message(2, false), message(3, true), message(4, false)], 2);
    let slots = model.slots(day);
    assert_eq!(slots[2], Slot::Unread(2));
    // More unread than held: above the oldest that is.
    let model = with(vec![message(1, true), message(2, false)], 70);
    assert_eq!(model.slots(day)[2], Slot::Unread(70));
}

#[test]
fn the_line_waits_for_a_reader_who_is_away() {
    let mut model = with(vec![message(1, false)], 0);
    model.apply(arrives(101, message(2, false), 1));
    assert!(!model.slots(day).contains(&Slot::Unread(1)), "the reader sees it come");
    model.attend(false);
    model.apply(arrives(102, message(3, false), 1));
    model.apply(arrives(103, message(4, false), 2));
    let slots = model.slots(day);
    let line = slots.iter().position(|slot| *slot == Slot::Unread(2)).unwrap();
    assert!(matches!(slots[line + 1], Slot::Row { .. }));
    assert_eq!(slots.len() - line, 3);
}

#[test]
fn fresh_counts_others_messages_while_the_reader_is_elsewhere() {
    let mut model = reading(1..40, false);
    let key = model.open_chat().unwrap();
    let row = shown(&model)[5].key;
    model.hold(Hold::Anchored { key: row, offset: 3 });
    model.apply(arrives(101, message(50, false), 1));
    model.apply(arrives(102, message(51, true), 1));
    assert_eq!(model.thread(key).unwrap().fresh, 1);
    model.jump_to_end();
    assert_eq!(model.thread(key).unwrap().fresh, 0);
    model.apply(arrives(103, message(52, false), 1));
    assert_eq!(model.thread(key).unwrap().fresh, 0);
}

#[test]
fn the_count_of_the_unread_line_goes_on() {
    let mut model = with(vec![message(1, false)], 0);
    let line = |model: &Model| model.thread(model.open_chat().unwrap()).unwrap().unread_line();
    assert_eq!(line(&model), 0);
    model.attend(false);
    model.apply(arrives(101, message(2, false), 1));
    let keys = |model: &Model| model.slots(day).iter().map(Slot::key).collect::<Vec<_>>();
    let before = keys(&model);
    assert_eq!((line(&model), before.contains(&SlotKey::Unread)), (1, true));
    model.apply(arrives(102, message(3, false), 2));
    assert_eq!(line(&model), 2);
    assert_eq!(keys(&model)[..before.len()], before, "it stays where it is");
    writes(&mut model, 1, "an answer");
    assert_eq!(line(&model), 0);
}

#[test]
fn an_album_may_begin_with_the_text_of_all() {
    let picture = |n: u32, text: &str| {
        let mut message = Message { kind: MessageKind::Image, text: text.into(), ..message(n, false) };
        message.details.media = Some(crate::protocol::Media {
            id: Some(format!("med_{n}")),
            ..crate::protocol::Media::default()
        });
        message
    };
    let albums = |messages: Vec<Message>| {
        let slots = with(messages, 0).slots(day);
        let albums = slots.iter().filter_map(|slot| match slot {
            Slot::Row { shape, .. } => Some(shape.album),
            _ => None,
        });
        albums.collect::<Vec<u8>>()
    };
    assert_eq!(albums(vec![picture(1, "look"), picture(2, ""), picture(3, "")]), [1, 2, 3]);
    assert_eq!(albums(vec![picture(1, "look"), picture(2, "and this")]), [0, 0]);
    // A text within begins another one.
    let all = vec![picture(1, ""), picture(2, ""), picture(3, "look"), picture(4, "")];
    assert_eq!(albums(all), [1, 2, 1, 2]);
}

#[test]
fn what_can_be_done_to_a_message_runs_out() {
    use crate::protocol::{EDIT_WITHIN, REVOKE_WITHIN};
    let row = |message: Message| {
        let model = with(vec![message], 0);
        shown(&model).remove(0)
    };
    let ours = row(message(0, true));
    assert!(ours.can_be_edited(NOON + EDIT_WITHIN) && !ours.can_be_edited(NOON + EDIT_WITHIN + 1));
    assert!(ours.can_be_revoked(NOON + REVOKE_WITHIN) && !ours.can_be_revoked(NOON + REVOKE_WITHIN + 1));
    let theirs = row(message(0, false));
    assert!(!theirs.can_be_edited(NOON) && !theirs.can_be_revoked(NOON));
    let waits = row(Message { status: MessageStatus::Queued, ..message(0, true) });
    assert!(!waits.can_be_edited(NOON) && !waits.can_be_revoked(NOON));
    let of = |kind| row(Message { kind, ..message(0, true) });
    assert!(of(MessageKind::Document).can_be_edited(NOON), "it has a place for a caption");
    assert!(!of(MessageKind::Sticker).can_be_edited(NOON) && of(MessageKind::Sticker).can_be_revoked(NOON));
    let mut gone = message(0, true);
    gone.details.revoked_at = Some(NOON);
    let gone = row(gone);
    assert!(!gone.can_be_edited(NOON) && !gone.can_be_revoked(NOON));
}

#[test]
fn keys_of_slots_are_distinct() {
    let mut model = with((1..30).map(|n| message(n * 9000, n % 4 == 0)).collect(), 3);
    writes(&mut model, 1, "echo");
    let keys: std::collections::HashSet<SlotKey> = model.slots(day).iter().map(Slot::key).collect();
    assert_eq!(keys.len(), model.slots(day).len());
}
