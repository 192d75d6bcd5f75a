//! What was written here reaches the server once, whatever the connection does.

use super::*;
use crate::model::{Answered, MOST_PENDING, Outbox, Pending};
use crate::protocol::{Command, CommandResult, NewMedia, NewMessage, Outcome, Problem, ProblemCode};

fn send(text: &str) -> Command {
    Command::SendText { chat_id: chat_id(1), text: text.into() }
}

fn sent(outbox: &mut Outbox, now: i64) -> Vec<CommandId> {
    outbox.take_due(now).into_iter().map(|entry| entry.id).collect()
}

#[test]
fn entries_go_out_in_order_and_wait_for_their_answer() {
    let mut outbox = Outbox::default();
    assert!(outbox.push(command_id(1), send("a"), 1));
    assert!(outbox.push(command_id(2), send("b"), 2));
    assert!(!outbox.push(command_id(2), send("b"), 3), "the same command is one entry");
    assert_eq!(sent(&mut outbox, NOON), [command_id(1), command_id(2)]);
    assert!(sent(&mut outbox, NOON + 19_999).is_empty());
    assert_eq!(
        outbox.answered(&command_id(1), &Outcome::Ok(Box::new(CommandResult::Done)), NOON),
        Answered::Done
    );
    assert_eq!(sent(&mut outbox, NOON + 20_000), [command_id(2)], "no answer: once more, under the same id");
    assert_eq!(outbox.waiting(), 1);
}

#[test]
fn a_new_connection_sends_again_what_was_not_answered() {
    let mut outbox = Outbox::default();
    outbox.push(command_id(1), send("a"), 1);
    sent(&mut outbox, NOON);
    outbox.reconnected();
    assert_eq!(sent(&mut outbox, NOON + 1), [command_id(1)]);
}

#[test]
fn a_file_that_was_uploaded_twice_is_sent_once() {
    let media = NewMedia::of("med_2");
    let message = NewMessage { media: Some(media), ..NewMessage::default() };
    let again = Command::SendMessage { chat_id: chat_id(1), message: Box::new(message) };
    let mut outbox = Outbox::default();
    outbox.push(command_id(1), again, 1);
    outbox.push(command_id(2), send("a"), 2);
    let other = Outcome::Error(Problem::new(ProblemCode::IdempotencyMismatch, "Another."));
    assert_eq!(outbox.answered(&command_id(1), &other, NOON), Answered::Done);
    assert!(outbox.get(&command_id(1)).is_none());
    assert!(matches!(outbox.answered(&command_id(2), &other, NOON), Answered::Refused(_)));
}

#[test]
fn nothing_overtakes_what_has_to_wait() {
    let mut outbox = Outbox::default();
    outbox.push(command_id(1), send("a"), 1);
    sent(&mut outbox, NOON);
    let limited = Outcome::Error(Problem::new(ProblemCode::RateLimited, "Slowly."));
    assert_eq!(outbox.answered(&command_id(1), &limited, NOON), Answered::Later);
    outbox.push(command_id(2), send("b"), 2);
    assert!(sent(&mut outbox, NOON + 4_999).is_empty());
    assert_eq!(sent(&mut outbox, NOON + 5_000), [command_id(1), command_id(2)]);
}

#[test]
fn a_passing_trouble_is_tried_again_and_a_refusal_is_kept_for_the_reader() {
    let mut outbox = Outbox::default();
    outbox.push(command_id(1), send("a"), 1);
    sent(&mut outbox, NOON);
    let limited = Outcome::Error(Problem::new(ProblemCode::RateLimited, "Slowly."));
    assert_eq!(outbox.answered(&command_id(1), &limited, NOON), Answered::Later);
    assert!(sent(&mut outbox, NOON + 4_999).is_empty());
    assert_eq!(sent(&mut outbox, NOON + 5_000), [command_id(1)]);
    let problem = Problem::new(ProblemCode::NotFound, "No such chat.");
    let refused = Outcome::Error(problem.clone());
    assert_eq!(outbox.answered(&command_id(1), &refused, NOON), Answered::Refused(problem));
    outbox.reconnected();
    assert!(sent(&mut outbox, NOON + 99_999).is_empty());
    assert_eq!((outbox.waiting(), outbox.entries().len()), (0, 1));
    assert!(outbox.remove(&command_id(1)));
    assert_eq!(outbox.answered(&command_id(1), &limited, NOON), Answered::Unknown);
}

#[test]
fn what_waited_for_weeks_is_for_the_reader_to_decide() {
    let day = 24 * 3_600_000;
    let mut outbox = Outbox::default();
    outbox.push(command_id(1), send("old"), NOON);
    outbox.push(command_id(2), send("young"), NOON + 10 * day);
    assert!(outbox.give_up(NOON + 29 * day, "Too old.").is_empty());
    let now = NOON + 29 * day + 1;
    let old = outbox.give_up(now, "Too old.");
    assert_eq!(old.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>(), [command_id(1)]);
    assert_eq!(old[0].refused.as_ref().unwrap().detail, "Too old.");
    assert!(outbox.give_up(now, "Too old.").is_empty(), "once");
    assert_eq!(sent(&mut outbox, now), [command_id(2)]);
    assert_eq!((outbox.waiting(), outbox.entries().len()), (1, 2), "it is still there");
}

#[test]
fn it_survives_a_reload() {
    let mut outbox = Outbox::default();
    outbox.push(command_id(2), send("b"), 2);
    outbox.push(command_id(1), send("a"), 3);
    sent(&mut outbox, NOON);
    let kept: Vec<String> =
        outbox.entries().iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    let mut reloaded = Outbox::default();
    for text in kept.iter().rev() {
        reloaded.restore(serde_json::from_str::<Pending>(text).unwrap());
    }
    assert_eq!(sent(&mut reloaded, NOON), [command_id(2), command_id(1)]);
}

#[test]
fn it_has_a_limit() {
    let mut outbox = Outbox::default();
    for n in 0..u32::try_from(MOST_PENDING).unwrap() {
        assert!(outbox.push(command_id(n), send("x"), i64::from(n)));
    }
    assert!(!outbox.push(command_id(999_999), send("x"), 0));
}

#[test]
fn only_what_a_person_wrote_survives() {
    assert!(Outbox::keeps(&send("a")));
    assert!(Outbox::keeps(&Command::RetryMessage { message_id: message_id(1) }));
    assert!(!Outbox::keeps(&Command::DeleteDevice { device_id: device_id(1) }));
}
