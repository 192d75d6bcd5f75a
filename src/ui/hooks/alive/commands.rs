//! Commands on their way to the server: texts through the outbox, everything else asked for once.

use super::unkept;
use crate::browser::{Timer, ids, outbox as kept, page, parcels, spawn, stream};
use crate::model::{Answered, Body, Input, Outbox, Pending, Reads, Retry, RowKey};
use crate::protocol::{
    ChatId, Command, CommandId, CommandResult, MediaInfo, MessageId, NewMessage, Outcome, Problem,
    ProblemCode, TypingState,
};
use crate::ui::client::{Client, Tone, words};
use leptos::prelude::*;
use std::cell::RefCell;

/// How long an answer may take before the person who asked is told that there is none.
const PATIENCE: i64 = 20_000;

type Callback = Box<dyn FnOnce(Result<CommandResult, Problem>)>;

struct Asked {
    id: CommandId,
    command: Command,
    answer: Callback,
    _timer: Timer,
}

thread_local! {
    static OUTBOX: RefCell<Outbox> = RefCell::default();
    static READS: RefCell<Reads> = RefCell::default();
    /// Tells of what was read, once that is due.
    static TELLS: RefCell<Option<Timer>> = const { RefCell::new(None) };
    /// A few at most.
    static ASKED: RefCell<Vec<Asked>> = const { RefCell::new(Vec::new()) };
}

/// What was asked by this id, if nobody answered it yet.
fn take_asked(id: &CommandId) -> Option<Asked> {
    ASKED.with_borrow_mut(|all| {
        let place = all.iter().position(|asked| asked.id == *id)?;
        Some(all.remove(place))
    })
}

/// Whose things are kept on this computer.
pub(super) fn user(client: Client) -> String {
    client.me().user_id.map_or_else(|| "key".to_owned(), String::from)
}

/// Takes in what earlier pages left unsent, and shows it in its threads.
pub(super) fn restore(client: Client) {
    for entry in kept::load(&user(client)) {
        if let Some((chat_id, shown)) = shown(&entry.id, &entry.command, None, entry.at) {
            let command_id = entry.id.clone();
            let changes = client.apply(shown);
            if changes.answered.contains(&command_id) {
                let_go(client, &command_id);
                continue;
            }
            if let Some(problem) = entry.refused.clone().map(|problem| words().told_problem(problem)) {
                client.apply(Input::Refused { command_id, chat_id, problem });
            }
        }
        OUTBOX.with_borrow_mut(|outbox| outbox.restore(entry));
    }
    count(client);
}

/// The chat of what somebody sends, and how its row begins.
fn shown(
    id: &CommandId,
    command: &Command,
    media: Option<Box<MediaInfo>>,
    at: i64,
) -> Option<(ChatId, Input)> {
    let command_id = id.clone();
    if let Some((chat_id, message)) = Outbox::posted(command) {
        let (chat_id, message) = (chat_id.clone(), Box::new(message.clone()));
        return Some((chat_id.clone(), Input::Posted { command_id, chat_id, message, media, at }));
    }
    let (chat_id, text) = Outbox::written(command)?;
    let (chat_id, text) = (chat_id.clone(), text.to_owned());
    Some((chat_id.clone(), Input::Wrote { command_id, chat_id, text, at }))
}

/// A new connection: what was asked on the old one may not have arrived.
pub(super) fn reconnected() {
    let again: Vec<(CommandId, Command)> = ASKED
        .with_borrow(|asked| asked.iter().map(|asked| (asked.id.clone(), asked.command.clone())).collect());
    for (id, command) in again {
        stream::send(&id, &command);
    }
}

/// Everything that happened is here. What the server had taken before is settled by that; the rest goes out.
pub(super) fn caught_up(client: Client) {
    OUTBOX.with_borrow_mut(Outbox::reconnected);
    READS.with_borrow_mut(Reads::hurry);
    flush(client);
    mark_read(client);
}

/// Sends what is due, once nothing on its way could settle it.
pub(super) fn flush(client: Client) {
    if !super::stream::up_to_date() {
        return;
    }
    let now = super::now();
    let old = OUTBOX.with_borrow_mut(|outbox| outbox.give_up(now, words().composer.too_old));
    if !old.is_empty() {
        for entry in old {
            if let Some(problem) = entry.refused {
                refused(client, &entry.id, Some(entry.command), problem);
            }
        }
        count(client);
    }
    let due = OUTBOX.with_borrow_mut(|outbox| outbox.take_due(now));
    for entry in due {
        stream::send(&entry.id, &entry.command);
    }
    tell_read();
}

/// The server has the messages of these commands.
pub(super) fn settled(client: Client, commands: &[CommandId]) {
    for id in commands {
        if OUTBOX.with_borrow_mut(|outbox| outbox.remove(id)) {
            let_go(client, id);
        }
    }
    if !commands.is_empty() {
        count(client);
    }
}

/// The server answered a command.
pub(super) fn answered(client: Client, id: &CommandId, outcome: Outcome) {
    if super::drafts::answered(client, id, &outcome) {
        return;
    }
    if let Some(asked) = take_asked(id) {
        let result = match outcome {
            Outcome::Ok(result) => {
                client.apply(Input::Done(result.clone()));
                Ok(*result)
            }
            Outcome::Error(problem) => Err(words().told_problem(problem)),
        };
        return (asked.answer)(result);
    }
    let command = OUTBOX.with_borrow(|outbox| outbox.get(id).map(|entry| entry.command.clone()));
    let verdict = OUTBOX.with_borrow_mut(|outbox| outbox.answered(id, &outcome, super::now()));
    match verdict {
        Answered::Done => let_go(client, id),
        // It is kept as the server said it: the page may be in another language when it is next shown.
        Answered::Refused(problem) => refused(client, id, command, words().told_problem(problem)),
        Answered::Later | Answered::Unknown => {}
    }
    if let Outcome::Ok(result) = outcome {
        client.apply(Input::Done(result));
    }
    count(client);
}

fn refused(client: Client, id: &CommandId, command: Option<Command>, problem: Problem) {
    let of = |command: &Command| {
        let written = Outbox::written(command).map(|(chat_id, _)| chat_id.clone());
        written.or_else(|| Outbox::posted(command).map(|(chat_id, _)| chat_id.clone()))
    };
    super::beside::sound("error");
    match command.as_ref().and_then(of) {
        Some(chat_id) => {
            let why = (problem.code.as_str(), problem.detail.as_str());
            super::beside::raise_error(client, &chat_id, why, None, Some(id));
            let entry = OUTBOX.with_borrow(|outbox| outbox.get(id).cloned());
            if let Some(entry) = entry
                && kept::keep(&user(client), &entry)
            {
                unkept::remove(id.as_str());
            }
            client.apply(Input::Refused { command_id: id.clone(), chat_id, problem });
        }
        None => {
            OUTBOX.with_borrow_mut(|outbox| outbox.remove(id));
            let_go(client, id);
            client.toast(Tone::Bad, problem.detail);
        }
    }
}

fn enqueue(client: Client, id: CommandId, command: Command, at: i64) -> bool {
    let taken = OUTBOX.with_borrow_mut(|outbox| {
        outbox.push(id.clone(), command, at).then(|| outbox.get(&id).cloned()).flatten()
    });
    let Some(entry) = taken else {
        client.toast(Tone::Bad, words().composer.full);
        return false;
    };
    if Outbox::keeps(&entry.command) {
        keep(client, &entry);
    }
    count(client);
    true
}

/// Keeps an entry, or says that it lives as long as the page: at once where it has to wait, and else if it has to.
fn keep(client: Client, entry: &Pending) {
    if kept::keep(&user(client), entry) {
        unkept::remove(entry.id.as_str());
        return;
    }
    unkept::add(entry.id.as_str());
    if !stream::is_live() {
        unkept::tell(client);
    }
}

/// Nothing of this command has to be kept any more.
fn let_go(client: Client, id: &CommandId) {
    kept::forget(&user(client), id);
    if unkept::remove(id.as_str()) {
        // Its file is kept instead of it, if it has one.
        parcels::forget(id);
    }
}

/// Whether this command waits for its answer.
pub(super) fn waits(id: &CommandId) -> bool {
    OUTBOX.with_borrow(|outbox| outbox.get(id).is_some())
}

fn count(client: Client) {
    let waiting = OUTBOX.with_borrow(Outbox::waiting);
    if client.waiting.get_untracked() != waiting {
        client.waiting.set(waiting);
    }
}

/// Writes a text into a chat, perhaps as the answer to a message: it is on the page at once, and on the server as
/// soon as there is a way. `false` if too much waits already.
pub fn send_text(client: Client, chat: &ChatId, text: String, quoted: Option<MessageId>) -> bool {
    let Some(id) = ids::command_id() else { return false };
    let at = super::now();
    let chat_id = chat.clone();
    let command = match quoted {
        None => Command::SendText { chat_id, text: text.clone() },
        Some(_) => {
            let message = NewMessage { text: Some(text.clone()), quoted, ..NewMessage::default() };
            Command::SendMessage { chat_id, message: Box::new(message) }
        }
    };
    if !enqueue(client, id.clone(), command, at) {
        return false;
    }
    client.apply(Input::Wrote { command_id: id, chat_id: chat.clone(), text, at });
    super::beside::sound("sent");
    flush(client);
    true
}

/// Sends a message of any kind; `media` says what its file is. `false` if too much waits already.
pub fn send_message(client: Client, chat: &ChatId, message: NewMessage, media: Option<MediaInfo>) -> bool {
    ids::command_id().is_some_and(|id| send_as(client, id, chat, message, media))
}

/// The same by a command that was chosen before.
pub(super) fn send_as(
    client: Client,
    id: CommandId,
    chat: &ChatId,
    message: NewMessage,
    media: Option<MediaInfo>,
) -> bool {
    let at = super::now();
    let command = Command::SendMessage { chat_id: chat.clone(), message: Box::new(message) };
    let row = shown(&id, &command, media.map(Box::new), at);
    if !enqueue(client, id, command, at) {
        return false;
    }
    if let Some((_, row)) = row {
        let changes = client.apply(row);
        settled(client, &changes.answered);
        super::beside::sound("sent");
    }
    flush(client);
    true
}

/// Tries a failed row again.
pub fn retry(client: Client, chat: &ChatId, row: RowKey) {
    let Some((row, command)) = failed_row(client, row) else { return };
    let (Some(how), Some(id)) = (row.retry(), ids::command_id()) else { return };
    let at = super::now();
    match how {
        Retry::Message(message_id) => {
            enqueue(client, id, Command::RetryMessage { message_id }, at);
        }
        Retry::Text(text) => {
            let before = command.as_ref().and_then(|id| OUTBOX.with_borrow(|all| all.get(id).cloned()));
            forget(client, command.as_ref());
            // As it was asked for the first time: it may be an answer to a message.
            let send = match before {
                Some(entry) => entry.command,
                None => Command::SendText { chat_id: chat.clone(), text },
            };
            if enqueue(client, id.clone(), send, at) {
                client.apply(Input::Resent { chat_id: chat.clone(), row: row.key, command_id: id, at });
            }
        }
    }
    flush(client);
}

/// Gives a refused text up.
pub fn discard(client: Client, chat: &ChatId, row: RowKey) {
    let Some((row, command)) = failed_row(client, row) else { return };
    forget(client, command.as_ref());
    client.apply(Input::Discarded { chat_id: chat.clone(), row: row.key });
}

fn failed_row(client: Client, key: RowKey) -> Option<(crate::model::Row, Option<CommandId>)> {
    let row = client.read(|model| model.row(model.open_chat()?, key).cloned())?;
    let command = match &row.body {
        Body::Echo(echo) => Some(echo.command_id.clone()),
        Body::Settled(_) => None,
    };
    Some((row, command))
}

fn forget(client: Client, command: Option<&CommandId>) {
    if let Some(id) = command {
        OUTBOX.with_borrow_mut(|outbox| outbox.remove(id));
        let_go(client, id);
        count(client);
    }
}

/// Asks for something that has to be done now or not at all, and tells how it ended.
pub fn ask(command: Command, answer: impl FnOnce(Result<CommandResult, Problem>) + 'static) {
    let unavailable = || Problem::new(ProblemCode::Unavailable, words().common.offline);
    let Some(id) = ids::command_id().filter(|_| stream::is_live()) else { return answer(Err(unavailable())) };
    let timer = {
        let id = id.clone();
        Timer::after(PATIENCE, move || {
            if let Some(asked) = take_asked(&id) {
                (asked.answer)(Err(unavailable()));
            }
        })
    };
    let asked = Asked { id: id.clone(), command: command.clone(), answer: Box::new(answer), _timer: timer };
    ASKED.with_borrow_mut(|all| all.push(asked));
    stream::send(&id, &command);
}

/// Says that the open thread was read, if somebody is looking at its end.
pub fn mark_read(client: Client) {
    let view = client.thread.get_untracked();
    if !(view.loaded && view.pinned && view.unread > 0 && page::attended()) {
        return;
    }
    // Whoever may only look reads nothing away from the others.
    if !client.may_send() {
        return;
    }
    let last = client.read(|model| model.thread(view.chat?)?.log.last().map(|message| message.id.clone()));
    let (Some(message_id), Some(chat_id)) = (last, view.chat_id) else { return };
    client.apply(Input::Read(chat_id.clone()));
    super::beside::clear_read(client);
    READS.with_borrow_mut(|reads| reads.read(chat_id, message_id));
    tell_read();
}

/// Tells the server what was read, until it has heard.
fn tell_read() {
    if !super::stream::up_to_date() {
        return;
    }
    for (chat_id, message_id) in READS.with_borrow_mut(|reads| reads.take_due(super::now())) {
        let (chat, message) = (chat_id.clone(), message_id.clone());
        ask(Command::MarkRead { chat_id, message_id }, move |answer| {
            let trouble = answer.err().map(|problem| problem.code);
            READS.with_borrow_mut(|reads| reads.answered(&chat, &message, trouble, super::now()));
        });
    }
    let next = READS.with_borrow(Reads::next_due);
    let timer = next.map(|due| Timer::after(due.saturating_sub(super::now()).max(0), tell_read));
    let old = TELLS.replace(timer);
    // Not from within its own callback: what calls is still held.
    spawn(async move { drop(old) });
}

/// Somebody turns away: what they read is told now, while there is a page to do so.
pub(super) fn tell_read_now() {
    READS.with_borrow_mut(Reads::hurry);
    tell_read();
}

/// Says what somebody does in a composer. Nobody waits for an answer, and nothing is sent later.
pub fn typing(chat: &ChatId, state: TypingState) {
    if let Some(id) = ids::command_id() {
        stream::send(&id, &Command::Typing { chat_id: chat.clone(), state });
    }
}
