//! That a chat was read reaches the server, whatever happens on the way.

use super::*;
use crate::model::Reads;
use crate::protocol::ProblemCode;

fn asked(reads: &mut Reads, now: i64) -> Vec<MessageId> {
    reads.take_due(now).into_iter().map(|(_, message_id)| message_id).collect()
}

#[test]
fn it_is_asked_once_and_done_with_the_answer() {
    let mut reads = Reads::default();
    reads.read(chat_id(1), message_id(5));
    assert_eq!(asked(&mut reads, NOON), [message_id(5)]);
    assert!(asked(&mut reads, NOON + 99_999).is_empty(), "the answer is on its way");
    reads.answered(&chat_id(1), &message_id(5), None, NOON);
    reads.hurry();
    assert!(asked(&mut reads, NOON + 99_999).is_empty());
}

#[test]
fn a_trouble_that_passes_is_tried_again_at_growing_distances_or_with_the_line() {
    let mut reads = Reads::default();
    reads.read(chat_id(1), message_id(5));
    let mut now = NOON;
    for wait in [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        assert_eq!(asked(&mut reads, now), [message_id(5)]);
        reads.answered(&chat_id(1), &message_id(5), Some(ProblemCode::Unavailable), now);
        assert!(asked(&mut reads, now + wait - 1).is_empty());
        now += wait;
    }
    assert_eq!(asked(&mut reads, now), [message_id(5)]);
    reads.answered(&chat_id(1), &message_id(5), Some(ProblemCode::RateLimited), now);
    reads.hurry();
    assert_eq!(asked(&mut reads, now), [message_id(5)]);
    reads.answered(&chat_id(1), &message_id(5), Some(ProblemCode::NotFound), now);
    reads.hurry();
    assert!(asked(&mut reads, now + 99_999).is_empty(), "the chat is gone");
}

#[test]
fn what_was_read_since_is_asked_for_by_itself() {
    let mut reads = Reads::default();
    reads.read(chat_id(1), message_id(5));
    reads.read(chat_id(2), message_id(1));
    assert_eq!(asked(&mut reads, NOON), [message_id(5), message_id(1)]);
    reads.read(chat_id(1), message_id(9));
    assert_eq!(asked(&mut reads, NOON + 500), [message_id(9)]);
    // Of what is part of it by now, neither an answer nor a trouble changes anything.
    reads.answered(&chat_id(1), &message_id(5), None, NOON);
    reads.answered(&chat_id(1), &message_id(5), Some(ProblemCode::Unavailable), NOON);
    assert!(asked(&mut reads, NOON + 99_999).is_empty());
    reads.answered(&chat_id(1), &message_id(9), Some(ProblemCode::Unavailable), NOON);
    assert_eq!(asked(&mut reads, NOON + 99_999), [message_id(9)]);
}

#[test]
fn where_much_comes_the_first_is_told_at_once_and_the_rest_twice_a_second() {
    let mut reads = Reads::default();
    let mut told = Vec::new();
    for n in 0..100_u32 {
        let now = NOON + 20 * i64::from(n);
        reads.read(chat_id(1), message_id(n));
        for message in asked(&mut reads, now) {
            reads.answered(&chat_id(1), &message, None, now);
            told.push(message);
        }
    }
    assert_eq!(told, [0, 25, 50, 75].map(message_id));
    // What waits says when it is due, so that nobody has to look.
    assert_eq!(reads.next_due(), Some(NOON + 2_000));
    assert!(asked(&mut reads, NOON + 1_999).is_empty());
    // Another chat waits for none of it.
    reads.read(chat_id(2), message_id(1));
    assert_eq!(asked(&mut reads, NOON + 1_999), [message_id(1)]);
    assert_eq!(asked(&mut reads, NOON + 2_000), [message_id(99)]);
    assert_eq!(reads.next_due(), None);
}

#[test]
fn somebody_who_turns_away_has_read_what_waited() {
    let mut reads = Reads::default();
    reads.read(chat_id(1), message_id(5));
    assert_eq!(asked(&mut reads, NOON), [message_id(5)]);
    reads.read(chat_id(1), message_id(6));
    assert!(asked(&mut reads, NOON + 1).is_empty());
    reads.hurry();
    assert_eq!(asked(&mut reads, NOON + 1), [message_id(6)]);
}
