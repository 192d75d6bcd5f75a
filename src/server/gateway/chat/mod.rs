//! Seed 1: chat over Socket.IO, and the REST routes that it took the place of.
//!
//! # What a client sends
//! Every request is answered by its response event and, where the client passes a callback, by the same payload
//! through that: `{success: true, …}`, or `{success: false, error, code}` with the codes of the REST API. Requests count
//! together with those of REST: beyond the limit they are answered `rate_limited` with `retryAfter`, in seconds.
//!
//! | request | response event | payload |
//! |---|---|---|
//! | `get_contacts` `{limit?, offset?}` | `contacts_response` | `data`: [contacts](contacts), `pagination` |
//! | `get_messages_between` `{fromNumber, toNumber, limit?, offset?}` | `messages_between_response` | `data`: [messages](shapes::message), oldest first, `pagination`, `conversationId` |
//! | `get_qr_code` `{forceNew?}` | `qr_code_response` | `data`: [a code or the connected state](pairing) |
//! | `send_message` `{to, message, conversationId?, idempotencyKey?}` | `message_sent_success` | [what was queued](sending) |
//! | | or `message_send_error` | `error`, `code`, `to`, `conversationId?` |
//! | `join_conversation`, `leave_conversation` id or `{conversationId}` | `conversation_joined`, `conversation_left`, or `conversation_error` | `conversationId` |
//! | `get_connection_status` | `connection_status` | [the device's state](shapes::connection), `devices` |
//!
//! Numbers are accepted in E.164, with or without `+`, and as JIDs. A workspace may have several devices: see
//! [`device`] for which of them a request means.
//!
//! # What a client is told
//! | event | payload | to whom |
//! |---|---|---|
//! | `new_message` | [a message](shapes::message) | everybody who may see the device, once for each socket |
//! | `message_status_update` | `messageId`, `conversationId`, `status`, `failure?` | the same |
//! | `message_updated` | [a message](shapes::message), `change` (`reaction`, `edit`, `revoke`, `vote`, `star`, `pin`, `media`, `call`, `undone`) | the same |
//! | `message_deleted` | `messageId`, `conversationId` | the same: it was deleted for this account |
//! | `message_send_error` | `error`, `code`, `to`, `conversationId`, `messageId` | the same: it was queued and will not go out |
//! | `connection_status` | [the device's state](shapes::connection) | the same, when it changes |
//! | `user_typing` | `conversationId`, `fromNumber`, `isTyping`, `state` | members of the conversation's room; live only |
//!
//! Times are milliseconds since 1970; `createdAt` is the same in ISO 8601.

mod contacts;
mod device;
mod events;
mod history;
mod legacy;
mod pairing;
mod rooms;
mod sending;
mod shapes;
mod status;

pub use events::{said, signal, unsent};
pub use legacy::{mark_deprecated, routes};
pub use rooms::room;

use super::root_namespace::Session;
use super::root_namespace::answer::Answer;
use super::root_namespace::fields::Fields;
use super::socketio::{Args, Socket};
use super::state::App;
use crate::protocol::{Problem, ProblemCode};
use crate::server::auth::Principal;

/// The request that may take long: a code to scan has to come from WhatsApp first.
pub const PAIRING: &str = "get_qr_code";

// The events that answer a request in either case.
const CONTACTS: &str = "contacts_response";
const MESSAGES: &str = "messages_between_response";
const STATUS: &str = "connection_status";
const CODE: &str = "qr_code_response";

/// Answers an event of this dialect; `None` for those of others.
pub async fn answer(app: &App, socket: &Socket<Session>, name: &str, args: &Args) -> Option<Answer> {
    let who = &socket.session().principal;
    if let Some(refused) = too_fast(app, who, name, args) {
        return Some(refused);
    }
    Some(match name {
        "get_contacts" => Answer::of(CONTACTS, contacts::list(app, who, Fields::of(args)).await),
        "get_messages_between" => Answer::of(MESSAGES, history::between(app, who, Fields::of(args)).await),
        "send_message" => sending::answer(app, who, args).await,
        "get_connection_status" => Answer::of(STATUS, status::present(app, who, Fields::of(args)).await),
        "join_conversation" => rooms::join(app, socket, args).await,
        "leave_conversation" => rooms::leave(app, socket, args).await,
        _ => return None,
    })
}

/// Counts a request as one of REST is counted, and refuses what is too much. Joining and leaving count nothing: a client
/// that comes back does all of that at once.
fn too_fast(app: &App, who: &Principal, name: &str, args: &Args) -> Option<Answer> {
    let response = match name {
        "get_contacts" => CONTACTS,
        "get_messages_between" => MESSAGES,
        "get_connection_status" => STATUS,
        PAIRING => CODE,
        "send_message" => sending::ERROR,
        _ => return None,
    };
    let problem = Problem::from(app.auth.count_request(who).err()?);
    Some(if response == sending::ERROR {
        sending::not_tried(args, problem)
    } else {
        Answer::of(response, Err(problem))
    })
}

/// Answers [`PAIRING`].
pub async fn pair(app: &App, who: &Principal, args: &Args) -> Answer {
    if let Some(refused) = too_fast(app, who, PAIRING, args) {
        return refused;
    }
    Answer::of(CODE, pairing::code(app, who, Fields::of(args)).await)
}

/// The answer while the one before is still on its way.
#[must_use]
pub fn already_pairing() -> Answer {
    let problem = Problem::new(ProblemCode::Conflict, "A code is on its way already.");
    Answer::of(CODE, Err(problem))
}
