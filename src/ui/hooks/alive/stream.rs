//! From the stream's frames to the client, and from the page's life to the stream.

use super::gather::{self, Came};
use super::{beside, commands, drafts, load, session, unkept};
use crate::browser::spawn;
use crate::browser::{Timer, http, page, parcels, stream};
use crate::model::{CatchUp, Changes, Input, Model, Phase, TYPING_LIFE};
use crate::protocol::{Cursor, ServerFrame, Snapshot, UserId};
use crate::ui::chunks;
use crate::ui::client::{Client, Line, Zone, words};
use crate::ui::later::with_chunk;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// How often the clock is looked at and the outbox for what is due again.
const ROUND: Duration = Duration::from_secs(5);
/// How long after a failed attempt the state is asked for again.
const RESYNC_AGAIN: i64 = 3_000;
/// For how long the page may be behind without a word: mostly it is up to date by then.
const MOMENT: i64 = 700;

thread_local! {
    static TYPING: RefCell<Option<Timer>> = const { RefCell::new(None) };
    static RESYNC: RefCell<Option<Timer>> = const { RefCell::new(None) };
    static BEHIND: RefCell<Option<Timer>> = const { RefCell::new(None) };
    static CATCH_UP: RefCell<CatchUp> = RefCell::default();
    /// Whether the state is being fetched anew.
    static FETCHING: Cell<bool> = const { Cell::new(false) };
    /// What was said of the line last, but for what is between down and live.
    static SAID: Cell<Line> = const { Cell::new(Line::Starting) };
}

/// Brings the page alive.
pub fn start(client: Client) {
    client.set_clock(Zone::Here, super::now());
    // The next visit's first render writes the times of this place.
    page::set_cookie("tz", &super::utc_offset(super::now()).to_string());
    client.attend(page::attended());
    client.fit(page::height());
    page::on_window(&["resize"], move |_| client.fit(page::height()));
    beside::know_devices(client);
    commands::restore(client);
    drafts::restore(client);
    session::start(client);
    stream::start(stream::Handlers {
        since: Box::new(move || client.read(|model| model.cursor().to_string())),
        is_ours: Box::new(move |user: Option<&UserId>| session::is_ours(client, user)),
        frame: Box::new(move |frame| take(client, frame)),
        phase: Box::new(move |phase, failures| turn(client, phase, failures)),
    });
    page::on_window(&["online"], move |_| {
        stream::nudge();
        network(client);
        go_on_with_files(client);
    });
    page::on_window(&["offline"], move |_| {
        stream::offline();
        network(client);
    });
    // What runs beside the page says that it is there, and then whether pages that are gone left files to be sent.
    page::on_told("switchboard:permission", move |_| {
        parcels::look(&commands::user(client));
        go_on_with_files(client);
    });
    page::on_told("switchboard:uploads", move |_| resume_files(client));
    parcels::look(&commands::user(client));
    page::on_window(&["focus", "blur"], move |_| look(client));
    page::on_document(&["visibilitychange"], move |_| {
        look(client);
        if page::visible() {
            client.set_clock(Zone::Here, super::now());
            stream::nudge();
        } else {
            // Whoever turns away goes on writing on another device, perhaps.
            drafts::tell_drafts(client);
            commands::tell_read_now();
        }
    });
    drop(set_interval(
        move || {
            client.set_clock(Zone::Here, super::now());
            commands::flush(client);
            beside::round(client);
            session::keep();
        },
        ROUND,
    ));
}

/// Goes on with the files that are on their way, if there are any.
fn go_on_with_files(client: Client) {
    if client.uploads.with_untracked(|all| !all.is_empty()) {
        resume_files(client);
    }
}

fn resume_files(client: Client) {
    with_chunk(chunks::composer(), move |tools| {
        // Without it they wait for the next time that there is a way to the server.
        if let Some(tools) = tools {
            (tools.resume)(client);
        }
    });
}

fn look(client: Client) {
    client.attend(page::attended());
    commands::mark_read(client);
}

fn turn(client: Client, phase: Phase, failures: u32) {
    let until = match phase {
        // Whether the page is up to date shows with what the server says first.
        Phase::Live(_) => return commands::reconnected(),
        Phase::Waiting { until } => Some(until),
        Phase::Opening if failures > 0 => None,
        // A line that was live and is opened anew is no trouble to tell of.
        Phase::Opening | Phase::Idle => return CATCH_UP.with_borrow_mut(CatchUp::lost),
    };
    CATCH_UP.with_borrow_mut(CatchUp::lost);
    say(client, Line::Down { until, offline: page::offline() });
    // What could not be kept has to wait from here on.
    unkept::tell(client);
}

/// The machine came online or went offline: a line that is down says why.
fn network(client: Client) {
    if let Line::Down { until, .. } = client.line.get_untracked() {
        say(client, Line::Down { until, offline: page::offline() });
    }
}

fn say(client: Client, line: Line) {
    if client.line.get_untracked() == line {
        return;
    }
    client.line.set(line);
    if line == Line::CatchingUp {
        return;
    }
    // The first connection of a page is no news; one that is lost or comes back is.
    match (SAID.replace(line), line) {
        (Line::Live, Line::Down { .. }) => beside::line(false),
        (Line::Down { .. }, Line::Live) => beside::line(true),
        _ => {}
    }
}

/// Whether everything that happened is here, and the line is there on which more would come.
pub(super) fn up_to_date() -> bool {
    stream::is_live() && CATCH_UP.with_borrow(CatchUp::is_done)
}

/// The page is behind: says so if it is for longer than a moment.
fn behind(client: Client) {
    let timer = Timer::after(MOMENT, move || {
        if stream::is_live() && !up_to_date() {
            say(client, Line::CatchingUp);
        }
    });
    let old = BEHIND.with_borrow_mut(|slot| slot.replace(timer));
    spawn(async move { drop(old) });
}

/// Looks how far the page is. What had to wait until it is up to date follows.
fn look_how_far(client: Client) {
    let done = client.read(|model| CATCH_UP.with_borrow_mut(|catch_up| catch_up.reached(model.cursor())));
    if !done {
        return;
    }
    if client.kept.get_untracked() {
        client.kept.set(false);
    }
    say(client, Line::Live);
    commands::caught_up(client);
    drafts::reconnected(client);
    go_on_with_files(client);
    let missed = client.read(|model| CATCH_UP.with_borrow_mut(|catch_up| catch_up.missed(model)));
    for arrival in &missed {
        beside::arrived(client, arrival);
    }
}

fn take(client: Client, frame: ServerFrame) {
    match frame {
        // Behind a hole. It is in the state that is on its way, or comes again after it.
        ServerFrame::Event { .. } | ServerFrame::Live { .. } | ServerFrame::Cursor { .. }
            if FETCHING.get() => {}
        ServerFrame::Event { event } => gather::gather(client, Came::Input(Input::Event(Box::new(event)))),
        ServerFrame::Live { mut event } => {
            // How long somebody is shown as typing is counted by this clock.
            event.at = super::now();
            gather::gather(client, Came::Input(Input::Live(Box::new(event))));
        }
        ServerFrame::Cursor { cursor } => gather::gather(client, Came::Input(Input::Reached(cursor))),
        ServerFrame::Result { id, outcome } => gather::gather(client, Came::Answer(id, outcome)),
        ServerFrame::Hello { recovered: true, epoch, top, .. } if !FETCHING.get() => {
            CATCH_UP.with_borrow_mut(|catch_up| catch_up.greeted(Cursor { epoch, seq: top }));
            look_how_far(client);
            if !up_to_date() {
                behind(client);
            }
        }
        ServerFrame::Resync { .. } => resync(client),
        ServerFrame::Hello { .. } | ServerFrame::Error { .. } | ServerFrame::Pong => {}
    }
}

/// Takes in what the stream brought, in its order: all that happened until an answer in one go.
pub(super) fn take_in(client: Client, came: Vec<Came>) {
    let mut inputs = Vec::new();
    for one in came {
        match one {
            Came::Input(input) => inputs.push(input),
            Came::Answer(id, outcome) => {
                apply(client, std::mem::take(&mut inputs));
                commands::answered(client, &id, outcome);
            }
        }
    }
    apply(client, inputs);
}

fn apply(client: Client, inputs: Vec<Input>) {
    if inputs.is_empty() {
        return;
    }
    let mut seen = client.read(|model| model.cursor().clone());
    let mut live = false;
    for input in &inputs {
        match input {
            Input::Event(event) if event.cursor.epoch == seen.epoch && event.cursor.seq > seen.seq => {
                seen.seq = event.cursor.seq;
                beside::heard(client, &event.kind);
            }
            Input::Live(_) => live = true,
            _ => {}
        }
    }
    let changes = client.apply_all(inputs);
    // For whoever measures.
    page::raise("switchboard:applied", "null");
    after(client, changes);
    if live && client.read(Model::anybody_types) {
        tell_time_later(client);
    }
    look_how_far(client);
}

fn tell_time_later(client: Client) {
    let timer = Timer::after(TYPING_LIFE + 100, move || {
        client.apply(Input::Clock(super::now()));
        if client.read(Model::anybody_types) {
            // Not from within its own callback's frame: the timer that just fired is still held.
            spawn(async move { tell_time_later(client) });
        }
    });
    let old = TYPING.with_borrow_mut(|slot| slot.replace(timer));
    spawn(async move { drop(old) });
}

/// What follows from changes besides showing them.
fn after(client: Client, changes: Changes) {
    drafts::changed(client, &changes);
    commands::settled(client, &changes.answered);
    if changes.chats_stale {
        load::reload_chats(client);
    }
    // Others are read out by the list's badge when somebody goes there; a stream of them would drown
    // what the reader is doing.
    let open = client.read(Model::open_chat);
    if let Some(arrival) = changes.arrived.iter().rev().find(|arrival| Some(arrival.chat) == open) {
        client.said.set((words().thread.announce)(&arrival.name, &beside::line_of(arrival)));
    }
    for arrival in &CATCH_UP.with_borrow_mut(|catch_up| catch_up.arrived(changes.arrived)) {
        beside::arrived(client, arrival);
    }
    if changes.devices {
        beside::watch_devices(client);
    }
    beside::clear_read(client);
    commands::mark_read(client);
}

/// The log cannot serve this client's position: fetches the state anew and goes on from there.
fn resync(client: Client) {
    CATCH_UP.with_borrow_mut(CatchUp::lost);
    behind(client);
    if !FETCHING.replace(true) {
        fetch_state(client);
    }
}

fn fetch_state(client: Client) {
    let open = client.thread.with_untracked(|view| view.chat_id.clone());
    spawn(async move {
        let path = match open {
            Some(chat) => format!("/api/v1/snapshot?chat={chat}"),
            None => "/api/v1/snapshot".to_owned(),
        };
        match http::get::<Snapshot>(&path).await {
            Ok(snapshot) => {
                FETCHING.set(false);
                let changes = client.apply(Input::Snapshot(Box::new(snapshot)));
                drafts::changed(client, &changes);
                commands::restore(client);
                load::load_archive(client);
                stream::reopen();
            }
            Err(_) => {
                let timer = Timer::after(RESYNC_AGAIN, move || fetch_state(client));
                let old = RESYNC.with_borrow_mut(|slot| slot.replace(timer));
                spawn(async move { drop(old) });
            }
        }
    });
}
