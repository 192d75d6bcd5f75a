//! Files that are chosen, dropped or pasted, and their way to the server.

use super::{beside, commands, unkept};
use crate::browser::upload::Upload;
use crate::browser::{Timer, files, ids, parcels, spawn, stream};
use crate::model::stickers::Sticker;
use crate::model::{Picked, Sending, SendingState, next_upload, restore_upload, upload_due};
use crate::protocol::{CommandId, MediaInfo, MessageKind, Problem, ProblemCode};
use crate::ui::client::{Client, Tone, words};
use crate::ui::hooks::keep_sticker;
use leptos::ev::{ClipboardEvent, DragEvent};
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    static UNDER_WAY: RefCell<HashMap<u32, Upload>> = RefCell::default();
    /// Goes on as soon as one that did not get through is due again.
    static AGAIN: RefCell<Option<Timer>> = const { RefCell::new(None) };
}

/// Lets somebody choose files of these kinds.
pub fn pick_files(accept: &str, then: impl Fn(Vec<Picked>) + 'static) {
    files::choose(accept, true, then);
}

/// Lets somebody choose one file of these kinds.
pub fn pick_file(accept: &str, then: impl Fn(Picked) + 'static) {
    files::choose(accept, false, move |picked| picked.into_iter().take(1).for_each(&then));
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

/// Sends files: they are uploaded one after the other, and each message goes out when its file is there. What is not
/// there yet when the page ends is sent by the next one.
pub fn send_files(client: Client, all: Vec<Sending>) {
    let now = super::now().saturating_mul(1_000);
    for (place, mut sending) in (0_i64..).zip(all) {
        sending.id = ids::command_id();
        sending.order = now.saturating_add(place);
        keep(client, &sending);
        client.uploads.update(|uploads| uploads.push(sending));
    }
    go_on(client);
}

/// Keeps a file until its message waits in the outbox.
fn keep(client: Client, sending: &Sending) {
    let (Some(upload), Some(file)) = (sending.kept(), files::bytes(sending.picked.key)) else { return };
    let user = commands::user(client);
    // Until the browser has it, it is nowhere else.
    unkept::add(upload.id.as_str());
    spawn(async move {
        if parcels::keep(&user, &upload, &file).await {
            unkept::remove(upload.id.as_str());
        } else if on_its_way(client, &upload.id) {
            unkept::tell(client);
        }
    });
}

fn on_its_way(client: Client, id: &CommandId) -> bool {
    client.uploads.with_untracked(|all| all.iter().any(|one| one.id.as_ref() == Some(id)))
}

/// Nothing of a file is needed any more: it waits in the outbox, or was given up.
fn let_go(client: Client, sending: &Sending) {
    let key = sending.picked.key;
    client.uploads.update(|uploads| uploads.retain(|one| one.picked.key != key));
    files::forget(key);
    if let Some(id) = &sending.id {
        unkept::remove(id.as_str());
        parcels::forget(id);
    }
}

/// Gives an upload up.
pub fn cancel_upload(client: Client, key: u32) {
    UNDER_WAY.with_borrow_mut(|all| all.remove(&key));
    if let Some(sending) = find(client, key) {
        let_go(client, &sending);
    }
    go_on(client);
}

/// Tries an upload again that did not work.
pub fn retry_upload(client: Client, key: u32) {
    set_state(client, key, SendingState::Waiting);
    go_on(client);
}

/// There is a way to the server (again), or files that earlier pages left: all that can go on does.
pub fn resume_uploads(client: Client) {
    client.uploads.update(|all| {
        for one in all {
            if matches!(one.state, SendingState::Later { .. }) {
                one.state = SendingState::Waiting;
            }
        }
    });
    // What could not be kept before may find room now, or somebody who keeps it.
    for sending in client.uploads.get_untracked() {
        if sending.id.as_ref().is_some_and(|id| unkept::holds(id.as_str())) {
            keep(client, &sending);
        }
    }
    go_on(client);
    let user = commands::user(client);
    spawn(async move {
        for (upload, file) in parcels::take(&user).await {
            // The page ended between the two: its message is in the outbox already.
            if commands::waits(&upload.id) {
                parcels::forget(&upload.id);
            } else if !on_its_way(client, &upload.id) {
                let picked = files::hold(file, upload.name.clone());
                client.uploads.update(|all| restore_upload(all, upload.sending(picked)));
            }
        }
        go_on(client);
    });
}

fn find(client: Client, key: u32) -> Option<Sending> {
    client.uploads.with_untracked(|all| all.iter().find(|one| one.picked.key == key).cloned())
}

fn set_state(client: Client, key: u32, state: SendingState) {
    client.uploads.update(|uploads| {
        if let Some(one) = uploads.iter_mut().find(|one| one.picked.key == key) {
            one.state = state;
        }
    });
}

fn go_on(client: Client) {
    // Without a way to the server nothing is begun. Whoever finds one goes on here.
    if !stream::is_live() {
        return;
    }
    let now = super::now();
    let Some(next) = client.uploads.with_untracked(|all| next_upload(all, now).cloned()) else {
        return wait(client, now);
    };
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

/// Waits for the next one that is due again, if nothing else is to be done.
fn wait(client: Client, now: i64) {
    let due = client.uploads.with_untracked(|all| upload_due(all));
    let timer = due.map(|due| Timer::after(due - now, move || go_on(client)));
    let old = AGAIN.with_borrow_mut(|slot| std::mem::replace(slot, timer));
    // Not from within its own callback's frame: it may be the one that just fired.
    spawn(async move { drop(old) });
}

fn ended(client: Client, key: u32, result: Result<MediaInfo, Problem>) {
    UNDER_WAY.with_borrow_mut(|all| all.remove(&key));
    if let Some(sending) = find(client, key) {
        match result {
            Ok(info) => arrived(client, &sending, info),
            Err(problem) => failed(client, key, &problem),
        }
    }
    go_on(client);
}

/// The server has the file: its message goes out.
fn arrived(client: Client, sending: &Sending, info: MediaInfo) {
    let key = sending.picked.key;
    let Some(id) = sending.id.clone().or_else(ids::command_id) else {
        return failed(client, key, &too_much());
    };
    let sticker = sending.sticker.then(|| Sticker::uploaded(&info));
    // Two messages of one command are one message.
    let message = sending.message(&info);
    let sent =
        commands::waits(&id) || commands::send_as(client, id.clone(), &sending.chat_id, message, Some(info));
    if !sent {
        return failed(client, key, &too_much());
    }
    if let Some(sticker) = sticker {
        keep_sticker(client, sticker);
    }
    if unkept::holds(id.as_str()) {
        // The outbox could not keep it. The file's own place does, until the message is through.
        client.uploads.update(|uploads| uploads.retain(|one| one.picked.key != key));
        files::forget(key);
    } else {
        let_go(client, sending);
    }
}

fn too_much() -> Problem {
    Problem::new(ProblemCode::RateLimited, words().composer.full)
}

/// One did not get through. Whoever has moved on meanwhile is told where.
fn failed(client: Client, key: u32, problem: &Problem) {
    let now = super::now();
    let failed = client.uploads.try_update(|all| {
        let one = all.iter_mut().find(|one| one.picked.key == key)?;
        let first = one.failures == 0;
        one.failed(problem, now);
        Some((first, one.clone()))
    });
    let Some((first, sending)) = failed.flatten() else { return };
    let for_good = matches!(sending.state, SendingState::Failed(_));
    if let Some(upload) = sending.kept().filter(|_| for_good) {
        parcels::note(&commands::user(client), &upload);
    }
    if !(first || for_good) {
        return;
    }
    beside::sound("error");
    let here = client.thread.with_untracked(|view| view.chat_id.as_ref() == Some(&sending.chat_id));
    if !here {
        let w = words();
        let name = match sending.waveform {
            Some(_) => (w.kinds.name)(MessageKind::Audio),
            None => sending.picked.name.as_str(),
        };
        let says = if for_good {
            (w.writing.upload_failed)(name, &problem.detail)
        } else {
            (w.writing.upload_later)(name)
        };
        client.notice(Tone::Bad, says, Some(format!("/chats/{}", sending.chat_id)));
    }
}
