//! Files that are chosen, dropped or pasted, and their way to the server.

use super::commands::send_message;
use crate::browser::files;
use crate::browser::upload::Upload;
use crate::model::{Picked, Sending, SendingState, next_upload};
use crate::protocol::{MediaInfo, Problem, ProblemCode};
use crate::ui::client::{Client, words};
use leptos::ev::{ClipboardEvent, DragEvent};
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    static UNDER_WAY: RefCell<HashMap<u32, Upload>> = RefCell::default();
}

/// Lets somebody choose files of these kinds.
pub fn pick_files(accept: &str, then: impl Fn(Vec<Picked>) + 'static) {
    files::choose(accept, then);
}

/// Listens for files that are pasted or dropped anywhere on the page, for as long as the caller's owner lives.
/// `over` is told whether some are held above it.
pub fn on_files(over: impl Fn(bool) + Clone + 'static, then: impl Fn(Vec<Picked>) + Clone + 'static) {
    let got = then.clone();
    let paste = window_event_listener(leptos::ev::paste, move |event: ClipboardEvent| {
        let brought = files::brought(event.clipboard_data());
        if !brought.is_empty() {
            event.prevent_default();
            got(brought);
        }
    });
    let above = over.clone();
    let drag = window_event_listener(leptos::ev::dragover, move |event: DragEvent| {
        if files::are_files(event.data_transfer().as_ref()) {
            event.prevent_default();
            above(true);
        }
    });
    let away = over.clone();
    let leave = window_event_listener(leptos::ev::dragleave, move |event: DragEvent| {
        // Out of the window, not from one element of it to another.
        if event.related_target().is_none() {
            away(false);
        }
    });
    let drop_ = window_event_listener(leptos::ev::drop, move |event: DragEvent| {
        over(false);
        let brought = files::brought(event.data_transfer());
        if !brought.is_empty() {
            event.prevent_default();
            then(brought);
        }
    });
    on_cleanup(move || {
        paste.remove();
        drag.remove();
        leave.remove();
        drop_.remove();
    });
}

/// Lets go of files that are not sent.
pub fn forget_files(keys: &[u32]) {
    keys.iter().for_each(|key| files::forget(*key));
}

/// Sends files: they are uploaded one after the other, and each message goes out when its file is there.
pub fn send_files(client: Client, all: Vec<Sending>) {
    client.uploads.update(|uploads| uploads.extend(all));
    go_on(client);
}

/// Gives an upload up.
pub fn cancel_upload(client: Client, key: u32) {
    UNDER_WAY.with_borrow_mut(|all| all.remove(&key));
    client.uploads.update(|uploads| uploads.retain(|one| one.picked.key != key));
    files::forget(key);
    go_on(client);
}

/// Tries an upload again that did not work.
pub fn retry_upload(client: Client, key: u32) {
    set_state(client, key, SendingState::Waiting);
    go_on(client);
}

fn set_state(client: Client, key: u32, state: SendingState) {
    client.uploads.update(|uploads| {
        if let Some(one) = uploads.iter_mut().find(|one| one.picked.key == key) {
            one.state = state;
        }
    });
}

fn go_on(client: Client) {
    let Some(next) = client.uploads.with_untracked(|all| next_upload(all).cloned()) else { return };
    let key = next.picked.key;
    set_state(client, key, SendingState::Uploading(0));
    let progress = move |percent| set_state(client, key, SendingState::Uploading(percent));
    let done = move |result| ended(client, key, result);
    let started = match files::bytes(key) {
        Some(file) => Upload::start(&file, &next.picked.name, progress, done),
        None => Err(Problem::new(ProblemCode::Gone, words().writing.file_gone)),
    };
    match started {
        Ok(upload) => drop(UNDER_WAY.with_borrow_mut(|all| all.insert(key, upload))),
        Err(problem) => ended(client, key, Err(problem)),
    }
}

fn ended(client: Client, key: u32, result: Result<MediaInfo, Problem>) {
    UNDER_WAY.with_borrow_mut(|all| all.remove(&key));
    let sending = client.uploads.with_untracked(|all| all.iter().find(|one| one.picked.key == key).cloned());
    match (result, sending) {
        (Ok(info), Some(sending)) => {
            if send_message(client, &sending.chat_id, sending.message(&info), Some(info)) {
                client.uploads.update(|all| all.retain(|one| one.picked.key != key));
                files::forget(key);
            } else {
                set_state(client, key, SendingState::Failed(words().composer.full.to_owned()));
            }
        }
        (Err(problem), Some(_)) => set_state(client, key, SendingState::Failed(problem.detail)),
        (_, None) => {}
    }
    go_on(client);
}
