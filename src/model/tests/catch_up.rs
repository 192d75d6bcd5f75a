//! Whether a client is up to date is known and not guessed; and only then it tells of what it missed.

use super::*;
use crate::model::CatchUp;

/// A message of somebody in one of the chats.
fn comes(seq: i64, n: u32, of: u32, unread: u32) -> Input {
    let message = Message { chat_id: chat_id(of), ..message(n, false) };
    let chat = chat(of, unread, Some(&message));
    event(seq, EventKind::MessageNew { message, chat })
}

#[test]
fn a_client_is_up_to_date_once_it_is_where_the_log_ended() {
    let mut catch_up = CatchUp::default();
    assert!(!catch_up.reached(&cursor(500)), "nobody said where the log ends");
    catch_up.greeted(cursor(102));
    assert!(!catch_up.reached(&cursor(101)) && !catch_up.is_done());
    assert!(!catch_up.reached(&"xyz-500".parse().unwrap()), "that is another log");
    assert!(catch_up.reached(&cursor(102)) && catch_up.is_done());
    assert!(!catch_up.reached(&cursor(103)) && catch_up.is_done(), "it is told once");
    catch_up.lost();
    assert!(!catch_up.reached(&cursor(103)) && !catch_up.is_done());
    catch_up.greeted(cursor(103));
    assert!(catch_up.reached(&cursor(103)), "nothing happened meanwhile");
}

#[test]
fn who_sees_only_a_part_of_the_log_is_there_by_its_bare_end() {
    let mut model = reading(1..3, false);
    let mut catch_up = CatchUp::default();
    catch_up.greeted(cursor(140));
    model.apply(arrives(101, message(5, false), 1));
    assert!(!catch_up.reached(model.cursor()));
    model.apply(Input::Reached(cursor(140)));
    assert!(catch_up.reached(model.cursor()));
}

#[test]
fn of_what_was_missed_each_chat_that_is_still_unread_is_told_of_once() {
    let mut model = reading(1..3, false);
    let mut catch_up = CatchUp::default();
    catch_up.greeted(cursor(105));
    let read = event(105, EventKind::ChatUpdated { chat: chat(1, 0, Some(&message(8, false))) });
    for input in [comes(101, 5, 1, 1), comes(102, 6, 2, 1), comes(103, 7, 2, 2), comes(104, 8, 1, 2), read] {
        let arrived = model.apply(input).arrived;
        assert!(catch_up.arrived(arrived).is_empty(), "not yet");
    }
    assert!(catch_up.reached(model.cursor()));
    let missed: Vec<_> = catch_up.missed(&model).into_iter().map(|arrival| arrival.id).collect();
    assert_eq!(missed, [message_id(7)]);
    assert!(catch_up.missed(&model).is_empty(), "once");
    let arrived = model.apply(comes(106, 9, 1, 1)).arrived;
    assert_eq!(catch_up.arrived(arrived.clone()), arrived, "from then on at once");
}
