//! Jumping to a message that was quoted or found, and to a date.

use super::feed;
use crate::browser::{Timer, clock, dom, http, spawn};
use crate::model::Input;
use crate::protocol::{MessageId, ThreadRun};
use crate::ui::client::{Client, Tone, words};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};

/// How far below the top edge it stands then, in pixels.
const LANDING: i32 = 120;
/// How many messages are loaded with it.
const AROUND: u32 = 60;
/// For how long it is marked, in milliseconds.
const MARKED: i64 = 2_500;
/// What marks it.
const MARK: &str = "data-found";

thread_local! {
    /// How many jumps there were: the newest one counts, however late those before it are answered.
    static JUMPS: Cell<u32> = const { Cell::new(0) };
    static UNMARK: RefCell<Option<Timer>> = const { RefCell::new(None) };
}

/// Finds the message to show in what was loaded.
type Find = Box<dyn FnOnce(&ThreadRun) -> Option<MessageId>>;

/// Brings a message of the open thread to the reader's eye, and marks it for a moment. What is not loaded is asked for.
pub fn show_message(client: Client, id: &MessageId) {
    begin();
    if place(client, id) {
        return;
    }
    let (what, id) = (format!("around={id}"), id.clone());
    ask(
        client,
        what,
        Box::new(move |run| run.page.messages.iter().any(|message| message.id == id).then_some(id)),
    );
}

/// Brings the first message of a day to the reader's eye, or the next one that there is. `day` is as a date field has
/// it.
pub fn show_date(client: Client, day: &str) {
    let Some(at) = clock::midnight(day) else { return };
    let find = move |run: &ThreadRun| {
        let messages = &run.page.messages;
        let found = messages.iter().find(|message| message.timestamp >= at).or(messages.last());
        found.map(|message| message.id.clone())
    };
    ask(client, format!("at={at}"), Box::new(find));
}

/// A jump begins: one under way leads nowhere any more. Answers its number.
fn begin() -> u32 {
    let number = JUMPS.get().wrapping_add(1);
    JUMPS.set(number);
    number
}

/// The reader goes elsewhere by themselves.
pub fn forget_jump() {
    begin();
}

fn ask(client: Client, what: String, find: Find) {
    let Some(chat) = client.thread.with_untracked(|view| view.chat_id.clone()) else { return };
    let number = begin();
    spawn(async move {
        let run =
            http::get::<ThreadRun>(&format!("/api/v1/chats/{chat}/messages?limit={AROUND}&{what}")).await;
        let elsewhere = client.thread.with_untracked(|view| view.chat_id.as_ref() != Some(&chat));
        if elsewhere || JUMPS.get() != number {
            return;
        }
        match run {
            Ok(run) => match find(&run) {
                Some(id) => {
                    client.apply(Input::Around(run));
                    place(client, &id);
                }
                None => client.toast(Tone::Bad, words().message.not_loaded),
            },
            Err(problem) => client.toast(Tone::Bad, problem.detail),
        }
    });
}

/// Goes there, if it is loaded.
fn place(client: Client, id: &MessageId) -> bool {
    let Some(key) = client.show_message(id, LANDING) else { return false };
    let row = format!("[data-row=\"{}\"]", key.0);
    // The rows are on the page by the next frame. Refused only where there is no window.
    drop(request_animation_frame(move || {
        feed::restore_any(client);
        unmark();
        if let Ok(Some(element)) = document().query_selector(&row) {
            drop(element.set_attribute(MARK, ""));
            let timer = Timer::after(MARKED, unmark);
            UNMARK.set(Some(timer));
        }
        // Where the keys go on from, and what a screen reader says.
        dom::focus(None, &row);
    }));
    true
}

fn unmark() {
    if let Ok(Some(marked)) = document().query_selector(&format!("[{MARK}]")) {
        drop(marked.remove_attribute(MARK));
    }
}
