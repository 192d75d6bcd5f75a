//! What the steps of a message's way say in a language that is a file of texts.
//!
//! A step's text is found by who did it and what it was, `outbox_failed`; with `_again` where it was done before,
//! `_status` where an HTTP status was answered. `change_edit` and the like stand around the text of a step that is of
//! a change of the message.

use super::pattern::{Arg, write};
use super::shapes::{TEXTS, extend, find};
use crate::model::TraceStep;

/// The step in words; nothing for steps that concern nobody but programs. What has no text is told by its code.
pub fn say(shelf: usize, key: u32, step: &TraceStep) -> Option<String> {
    let (stage, what) = (step.stage.as_str(), step.what.as_str());
    if stage == "journal" {
        return None;
    }
    let plural = TEXTS.get(shelf).and_then(|texts| texts.get()).map(|texts| texts.plural).unwrap_or_default();
    let below = |name: &str| find(shelf, extend(extend(key, "."), name));
    let again = step.attempt.filter(|attempt| *attempt > 1);
    let (end, number) = match (stage, what) {
        ("engine", "handed") if again.is_some() => ("_again", again),
        ("webhook", "attempt_failed") if step.http_status.is_some() => {
            ("_status", step.http_status.map(i64::from))
        }
        _ => ("", step.ahead),
    };
    let args = [Arg::Word(step.error.as_deref().unwrap_or_default()), Arg::Number(number.unwrap_or(1))];
    let text = match below(&format!("{stage}_{what}{end}")) {
        Some(text) => write(text, &args, plural).trim_end().to_owned(),
        None => what.to_owned(),
    };
    let Some(change) = step.change.as_deref() else { return Some(text) };
    Some(match below(&format!("change_{change}")) {
        Some(around) => write(around, &[Arg::Word(&text)], plural),
        None => format!("{change}: {text}"),
    })
}

/// Every step that has to have a text, and every change.
#[cfg(test)]
pub fn probe(english: fn(&TraceStep) -> Option<String>, key: &str, into: &mut Vec<(String, String)>) {
    let plain = TraceStep {
        at: 0,
        stage: String::new(),
        what: "\u{1}0".to_owned(),
        change: None,
        attempt: None,
        error: Some("\u{1}0".to_owned()),
        ahead: Some(2),
        retry_at: None,
        http_status: None,
    };
    let steps = "queue queued,engine handed,outbox attempt_failed,outbox failed,outbox waiting_for_device,\
        outbox waiting_for_retry,outbox waiting_for_turn,outbox sending,whatsapp accepted,whatsapp delivered,\
        whatsapp read,whatsapp played,whatsapp refused,whatsapp received,webhook scheduled,webhook delivered,\
        webhook attempt_failed,webhook dead,webhook expired";
    let mut all = Vec::new();
    for step in steps.split(',') {
        let (stage, what) = step.split_once(' ').unwrap_or_default();
        let step = TraceStep { stage: stage.to_owned(), what: what.to_owned(), ..plain.clone() };
        match (stage, what) {
            ("engine", _) => all.push(("_again", TraceStep { attempt: Some(2), ..step.clone() })),
            ("webhook", "attempt_failed") => {
                all.push(("_status", TraceStep { http_status: Some(500), ..step.clone() }));
            }
            _ => {}
        }
        all.push(("", step));
    }
    for (end, step) in all {
        let name = format!("{key}.{}_{}{end}", step.stage, step.what);
        into.push((name, english(&step).unwrap_or_default()));
    }
    for change in ["edit", "reaction", "revoke", "vote", "pin"] {
        let step = TraceStep { change: Some(change.to_owned()), ..plain.clone() };
        into.push((format!("{key}.change_{change}"), english(&step).unwrap_or_default()));
    }
}
