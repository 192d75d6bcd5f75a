//! What was begun to be written: here, told to the server, and heard of other devices.

use super::*;
use crate::model::writing::Named;
use crate::model::{ChatState, Draft};
use crate::protocol::{ChatDraft, MAX_TEXT_LENGTH, Page, ProblemCode};

/// The server tells of what was begun to be written in chat 1.
fn heard(seq: i64, text: &str) -> Input {
    let draft = Some(ChatDraft { text: text.into(), at: seq }).filter(|draft| !draft.text.is_empty());
    event(seq, EventKind::DraftUpdated { chat_id: chat_id(1), owner: "user:u".into(), draft })
}

fn draft(input: DraftInput) -> Input {
    Input::Draft(Box::new(input))
}

/// What waits is told by a command; answers what was told.
fn tell(model: &mut Model, n: u32) -> Vec<String> {
    let all = model.untold_drafts();
    for (chat_id, text) in all.clone() {
        model.apply(draft(DraftInput::Telling { command_id: command_id(n), chat_id, text }));
    }
    all.into_iter().map(|(_, text)| text).collect()
}

fn answer(n: u32, answer: Result<(), ProblemCode>) -> Input {
    draft(DraftInput::Answered { command_id: command_id(n), answer })
}

/// What a composer of this chat shows, and the list's row.
fn begun(model: &Model, n: u32) -> String {
    model.chat_key(&chat_id(n)).and_then(|key| model.chat(key)).map_or("", ChatState::begun).to_owned()
}

fn chat_with(n: u32, text: &str) -> Chat {
    Chat { draft: Some(ChatDraft { text: text.into(), at: NOON }), ..chat(n, 0, None) }
}

fn client() -> Model {
    Model::new(snapshot(vec![chat(1, 0, None), chat(2, 0, None)], None))
}

#[test]
fn what_is_typed_is_told_one_text_at_a_time_and_the_newest_stays() {
    let mut model = client();
    model.apply(begins(1, "D"));
    model.apply(begins(1, "Dear"));
    assert_eq!(tell(&mut model, 1), ["Dear"]);
    model.apply(begins(1, "Dear Ana"));
    assert!(model.untold_drafts().is_empty(), "the one before is under way");
    assert!(model.tells_draft(&command_id(1)));
    model.apply(answer(1, Ok(())));
    assert!(model.untold_drafts().is_empty(), "its event is still to come, and what comes before is older");
    model.apply(heard(101, "of another device"));
    assert_eq!(begun(&model, 1), "Dear Ana");
    let changes = model.apply(heard(102, "Dear"));
    assert_eq!((begun(&model, 1).as_str(), changes.drafts), ("Dear Ana", vec![chat_id(1)]));
    assert_eq!(tell(&mut model, 2), ["Dear Ana"]);
    model.apply(heard(103, "Dear Ana"));
    assert!(model.draft(&chat_id(1)).is_none(), "the server has it: nothing is to be kept here");
    assert_eq!(begun(&model, 1), "Dear Ana");
    model.apply(answer(2, Ok(())));
    assert!(model.untold_drafts().is_empty());
}

#[test]
fn what_is_written_elsewhere_is_taken_where_nothing_else_was_typed_here() {
    let mut model = client();
    model.apply(heard(101, "from the phone"));
    assert_eq!(begun(&model, 1), "from the phone");
    model.apply(begins(1, "from the phone, and here"));
    model.apply(heard(102, "from the phone again"));
    assert_eq!(begun(&model, 1), "from the phone, and here");
    assert_eq!(tell(&mut model, 1), ["from the phone, and here"]);
    model.apply(heard(103, "from the phone, and here"));
    model.apply(heard(104, "the phone goes on"));
    assert_eq!(begun(&model, 1), "the phone goes on");
    model.apply(heard(105, ""));
    assert_eq!(begun(&model, 1), "");
}

#[test]
fn what_was_sent_or_given_up_is_shown_nowhere_even_before_the_server_knows() {
    let mut model = Model::new(snapshot(vec![chat_with(1, "Dear")], None));
    let changes = model.apply(begins(1, ""));
    assert_eq!((begun(&model, 1).as_str(), changes.chats.len()), ("", 1));
    assert_eq!(tell(&mut model, 1), [""]);
    model.apply(heard(101, ""));
    assert!(model.draft(&chat_id(1)).is_none());
    // What the server never heard of needs not be given up there.
    model.apply(begins(1, "x"));
    let changes = model.apply(begins(1, " "));
    assert!(model.untold_drafts().is_empty() && model.draft(&chat_id(1)).is_none());
    assert_eq!(changes.drafts, [chat_id(1)]);
}

#[test]
fn what_may_not_have_arrived_is_told_again_as_it_is_by_then() {
    let mut model = client();
    model.apply(begins(1, "lost"));
    tell(&mut model, 1);
    model.apply(begins(1, "lost and found"));
    model.apply(draft(DraftInput::Reconnected));
    assert!(!model.tells_draft(&command_id(1)));
    assert_eq!(tell(&mut model, 2), ["lost and found"]);
    model.apply(heard(101, "lost"));
    assert_eq!(begun(&model, 1), "lost and found");
    model.apply(heard(102, "lost and found"));
    // Taken back while it was under way: the server may have it, or not.
    model.apply(begins(1, "more"));
    tell(&mut model, 3);
    model.apply(begins(1, "lost and found"));
    model.apply(draft(DraftInput::Reconnected));
    assert_eq!(tell(&mut model, 4), ["lost and found"]);
    model.apply(answer(4, Ok(())));
    assert!(model.draft(&chat_id(1)).is_none(), "it had the same: there is no event");
}

#[test]
fn what_the_server_cannot_take_now_is_told_again_and_what_it_refuses_only_once_it_changes() {
    let mut model = client();
    model.apply(begins(1, "one"));
    tell(&mut model, 1);
    model.apply(answer(1, Err(ProblemCode::RateLimited)));
    assert_eq!(tell(&mut model, 2), ["one"]);
    model.apply(answer(2, Err(ProblemCode::Forbidden)));
    assert!(model.untold_drafts().is_empty());
    assert_eq!(begun(&model, 1), "one");
    model.apply(begins(1, "two"));
    assert_eq!(tell(&mut model, 3), ["two"]);
    let changes = model.apply(answer(3, Err(ProblemCode::NotFound)));
    assert_eq!((model.draft(&chat_id(1)), changes.drafts), (None, vec![chat_id(1)]));
    model.apply(begins(1, &"x".repeat(MAX_TEXT_LENGTH + 1)));
    assert!(model.untold_drafts().is_empty(), "what is too long to be sent would be refused");
}

#[test]
fn what_was_kept_is_there_again_with_those_who_are_named_and_waits_for_its_chat() {
    let mut model =
        Model::new(Snapshot { next_chats: Some("c2".into()), ..snapshot(vec![chat(1, 0, None)], None) });
    let named = vec![Named { name: "Ana".into(), address: "34600".into() }];
    let written = |n: u32, text: &str| {
        let named = named.clone();
        draft(DraftInput::Written { chat_id: chat_id(n), text: text.into(), named })
    };
    model.apply(written(1, "Thanks @Ana"));
    tell(&mut model, 1);
    model.apply(heard(101, "Thanks @Ana"));
    let known = model.draft(&chat_id(1)).unwrap();
    assert_eq!(known.named, named, "of whom is named, the server knows nothing");
    let kept = |n: u32, words: &str| Draft::read(chat_id(n), words).unwrap();
    assert_eq!(&kept(1, &known.write()), known);
    assert!(Draft::read(chat_id(1), "half a sentence").is_none());

    // A page later: one chat is loaded, the other comes with the next page of the list.
    let next = Some("c2".to_owned());
    let mut model =
        Model::new(Snapshot { next_chats: next, ..snapshot(vec![chat_with(1, "Thanks @Ana")], None) });
    let words = [r#"["Thanks @Ana","Thanks @Ana","Ana","34600"]"#, r#"["","not told yet"]"#];
    model.apply(draft(DraftInput::Kept(vec![kept(1, words[0]), kept(2, words[1])])));
    assert_eq!(model.draft(&chat_id(1)).unwrap().named, named);
    assert_eq!(model.untold_drafts(), [(chat_id(2), "not told yet".to_owned())]);
    model.apply(Input::Chats(Page { items: vec![chat(2, 0, None)], next: None, cursor: None }));
    assert_eq!(begun(&model, 2), "not told yet");
    // Written elsewhere meanwhile: those who are not in it any more are not named.
    model.apply(heard(101, "Thanks"));
    assert_eq!((begun(&model, 1).as_str(), model.draft(&chat_id(1))), ("Thanks", None));
}

#[test]
fn what_is_typed_before_the_kept_is_read_stays() {
    let mut model = client();
    model.apply(begins(1, "typed early"));
    let kept = Draft::read(chat_id(1), r#"["","kept"]"#).unwrap();
    model.apply(draft(DraftInput::Kept(vec![kept])));
    assert_eq!(begun(&model, 1), "typed early");
}

#[test]
fn news_of_a_chat_leave_what_was_begun_in_it_and_its_end_ends_that() {
    let mut model = Model::new(snapshot(vec![chat_with(1, "there"), chat(2, 0, None)], None));
    model.apply(arrives(101, message(9, false), 1));
    assert_eq!(begun(&model, 1), "there");
    model.apply(begins(1, "there and here"));
    model.apply(arrives(102, message(10, false), 2));
    assert_eq!(begun(&model, 1), "there and here");
    model.apply(Input::Snapshot(Box::new(snapshot(vec![chat(2, 0, None)], None))));
    assert!(model.draft(&chat_id(1)).is_some(), "a chat that is not loaded may have one");
    model.apply(begins(2, "other"));
    let changes = model.apply(event(103, EventKind::ChatDeleted { chat_id: chat_id(2) }));
    assert_eq!((model.draft(&chat_id(2)), changes.drafts), (None, vec![chat_id(2)]));
}

#[test]
fn what_was_begun_goes_along_when_its_chat_goes_into_another() {
    let mut model = Model::new(snapshot(vec![chat_with(1, "there"), chat(2, 0, None)], None));
    let merged = EventKind::ChatMerged { from: chat_id(1), chat: chat(2, 0, None) };
    model.apply(event(101, merged));
    assert_eq!(begun(&model, 2), "there");
    model.apply(begins(1, "under its old id"));
    assert_eq!(begun(&model, 2), "under its old id");
    assert_eq!(model.untold_drafts(), [(chat_id(2), "under its old id".to_owned())]);
    let changes = model.apply(event(102, EventKind::ChatMerged { from: chat_id(2), chat: chat(3, 0, None) }));
    assert_eq!(changes.drafts, [chat_id(2), chat_id(3)]);
    assert_eq!(begun(&model, 3), "under its old id");
}
