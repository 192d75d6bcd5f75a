//! Rooms of conversations.

use super::device;
use crate::protocol::{Chat, ChatId, Problem, ProblemCode};
use crate::server::devices::{DeviceError, address};
use crate::server::gateway::root_namespace::Session;
use crate::server::gateway::root_namespace::answer::{Answer, enveloped, object};
use crate::server::gateway::root_namespace::fields;
use crate::server::gateway::socketio::{Args, Socket};
use crate::server::gateway::state::App;
use crate::server::storage::read;
use serde_json::json;

/// A conversation's room.
#[must_use]
pub fn room(chat: &ChatId) -> String {
    format!("conversation:{chat}")
}

/// `conversation_joined` `{conversationId}`, or `conversation_error`: what is not theirs is not there.
pub async fn join(app: &App, socket: &Socket<Session>, args: &Args) -> Answer {
    let joined = async {
        let chat = find(app, socket, args).await?;
        if !socket.join(&room(&chat.id)) {
            return Err(Problem::new(ProblemCode::Conflict, "This connection is in too many rooms."));
        }
        Ok(chat.id)
    };
    told("conversation_joined", args, joined.await)
}

/// `conversation_left` `{conversationId}`, or `conversation_error`.
pub async fn leave(app: &App, socket: &Socket<Session>, args: &Args) -> Answer {
    let left = async {
        let chat = find(app, socket, args).await?;
        socket.leave(&room(&chat.id));
        Ok(chat.id)
    };
    told("conversation_left", args, left.await)
}

fn told(event: &'static str, args: &Args, outcome: Result<ChatId, Problem>) -> Answer {
    match outcome {
        Ok(id) => Answer::event(event, enveloped(Ok(object(json!({ "conversationId": id }))))),
        Err(problem) => {
            let mut payload = enveloped(Err(problem));
            let named = fields::id(args, "conversationId", device::MAX_NAME).ok();
            payload.insert("conversationId".to_owned(), named.into());
            Answer::event("conversation_error", payload)
        }
    }
}

/// By our id, or by the other side's number or JID.
async fn find(app: &App, socket: &Socket<Session>, args: &Args) -> Result<Chat, Problem> {
    let named = fields::id(args, "conversationId", device::MAX_NAME)?;
    let who = &socket.session().principal;
    let store = app.journal.store();
    let unreadable = |error| Problem::from(DeviceError::from(error));
    if let Ok(id) = named.parse::<ChatId>()
        && let Some(chat) = read::chat(store, &who.reach, &id).await.map_err(unreadable)?
    {
        return Ok(chat);
    }
    if let Ok(jid) = address(named) {
        for device in device::all(app, who).await? {
            if let Some(chat) = read::chat_by_jid(store, &device.id, &jid).await.map_err(unreadable)? {
                return Ok(chat);
            }
        }
    }
    Err(Problem::new(ProblemCode::NotFound, "There is no such conversation."))
}
