//! From the stream's frames to the client, and from the page's life to the stream.

use super::{beside, commands, load, session};
use crate::browser::spawn;
use crate::browser::{Timer, http, page, stream};
use crate::model::{Changes, Input, Phase, TYPING_LIFE};
use crate::protocol::{Event, EventKind, LiveEvent, Message, ServerFrame, Snapshot, UserId};
use crate::ui::client::{Client, Line, Zone, words};
use leptos::prelude::*;
use std::cell::RefCell;
use std::time::Duration;

/// How often the clock is looked at and the outbox for what is due again.
const ROUND: Duration = Duration::from_secs(5);
/// How long after a failed attempt the state is asked for again.
const RESYNC_AGAIN: i64 = 3_000;

thread_local! {
    static TYPING: RefCell<Option<Timer>> = const { RefCell::new(None) };
    static RESYNC: RefCell<Option<Timer>> = const { RefCell::new(None) };
}

/// Brings the page alive.
pub fn start(client: Client) {
    client.set_clock(Zone::Here, super::now());
    // The next visit's first render writes the times of this place.
    page::set_cookie("tz", &super::utc_offset(super::now()).to_string());
    client.attend(page::attended());
    commands::restore(client);
    super::page::restore_drafts(client);
    session::start(client);
    stream::start(stream::Handlers {
        since: Box::new(move || client.read(|model| model.cursor().to_string())),
        is_ours: Box::new(move |user: Option<&UserId>| session::is_ours(client, user)),
        frame: Box::new(move |frame| take(client, frame)),
        phase: Box::new(move |phase, failures| turn(client, phase, failures)),
    });
    page::on_window(&["online"], |_| stream::nudge());
    page::on_window(&["focus", "blur"], move |_| look(client));
    page::on_document(&["visibilitychange"], move |_| {
        look(client);
        if page::visible() {
            client.set_clock(Zone::Here, super::now());
            stream::nudge();
        }
    });
    drop(set_interval(
        move || {
            client.set_clock(Zone::Here, super::now());
            commands::flush();
            session::keep();
        },
        ROUND,
    ));
}

fn look(client: Client) {
    client.attend(page::attended());
    commands::mark_read(client);
}

fn turn(client: Client, phase: Phase, failures: u32) {
    let offline = page::offline();
    let line = match phase {
        Phase::Live(_) => Line::Live,
        Phase::Waiting { until } => Line::Down { until: Some(until), offline },
        Phase::Opening if failures > 0 => Line::Down { until: None, offline },
        // A line that was live and is opened anew is no trouble to tell of.
        Phase::Opening | Phase::Idle => client.line.get_untracked(),
    };
    let before = client.line.get_untracked();
    if before != line {
        // The first connection of a page is no news; one that is lost or comes back is.
        match (before, line) {
            (Line::Live, Line::Down { .. }) => beside::line(false),
            (Line::Down { .. }, Line::Live) => beside::line(true),
            _ => {}
        }
        client.line.set(line);
    }
    if matches!(phase, Phase::Live(_)) {
        commands::reconnected(client);
    }
}

fn take(client: Client, frame: ServerFrame) {
    match frame {
        ServerFrame::Event { event } => take_event(client, event),
        ServerFrame::Live { event } => take_live(client, event),
        ServerFrame::Cursor { cursor } => {
            client.apply(Input::Reached(cursor));
        }
        ServerFrame::Result { id, outcome } => commands::answered(client, &id, outcome),
        ServerFrame::Resync { .. } => resync(client),
        ServerFrame::Hello { .. } | ServerFrame::Error { .. } | ServerFrame::Pong => {}
    }
}

fn take_event(client: Client, event: Event) {
    let news = client
        .read(|model| event.cursor.epoch == model.cursor().epoch && event.cursor.seq > model.cursor().seq);
    if news && let EventKind::MessageNew { message, .. } = &event.kind {
        raise(message);
    }
    let changes = client.apply(Input::Event(Box::new(event)));
    after(client, &changes);
}

fn take_live(client: Client, mut event: LiveEvent) {
    // How long somebody is shown as typing is counted by this clock.
    event.at = super::now();
    client.apply(Input::Live(Box::new(event)));
    if client.read(crate::model::Model::anybody_types) {
        tell_time_later(client);
    }
}

fn tell_time_later(client: Client) {
    let timer = Timer::after(TYPING_LIFE + 100, move || {
        client.apply(Input::Clock(super::now()));
        if client.read(crate::model::Model::anybody_types) {
            // Not from within its own callback's frame: the timer that just fired is still held.
            spawn(async move { tell_time_later(client) });
        }
    });
    let old = TYPING.with_borrow_mut(|slot| slot.replace(timer));
    spawn(async move { drop(old) });
}

/// What follows from a change besides showing it.
fn after(client: Client, changes: &Changes) {
    commands::settled(client, &changes.answered);
    if changes.chats_stale {
        load::reload_chats(client);
    }
    for arrival in &changes.arrived {
        beside::arrived(client, arrival);
    }
    if let Some(arrival) = changes.arrived.last() {
        let open = client.read(crate::model::Model::open_chat) == Some(arrival.chat);
        // Others are read out by the list's badge when somebody goes there; a stream of them would drown
        // what the reader is doing.
        if open {
            let text =
                if arrival.text.is_empty() { words().thread.messages } else { |text: &str| text.to_owned() };
            client.said.set((words().thread.announce)(&arrival.name, &text(&arrival.text)));
        }
    }
    commands::mark_read(client);
}

/// Tells scripts beside this client of a message, by the names that an earlier system used.
fn raise(message: &Message) {
    let detail = serde_json::json!({
        "id": message.id,
        "content": message.text,
        "isOutgoing": message.from_me,
        "chatId": message.chat_id,
        "deviceId": message.device_id,
        "timestamp": message.timestamp,
    });
    page::raise("whatsapp:new_message", &detail.to_string());
}

/// The log cannot serve this client's position: fetches the state anew and goes on from there.
fn resync(client: Client) {
    let open = client.thread.with_untracked(|view| view.chat_id.clone());
    spawn(async move {
        let path = match open {
            Some(chat) => format!("/api/v1/snapshot?chat={chat}"),
            None => "/api/v1/snapshot".to_owned(),
        };
        match http::get::<Snapshot>(&path).await {
            Ok(snapshot) => {
                client.apply(Input::Snapshot(Box::new(snapshot)));
                commands::restore(client);
                super::page::restore_drafts(client);
                load::load_archive(client);
                stream::reopen();
            }
            Err(_) => {
                let timer = Timer::after(RESYNC_AGAIN, move || resync(client));
                let old = RESYNC.with_borrow_mut(|slot| slot.replace(timer));
                spawn(async move { drop(old) });
            }
        }
    });
}
