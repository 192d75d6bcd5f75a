//! What is done to messages for the account alone, both ways: stars, and messages that are deleted here. WhatsApp
//! keeps it as app state, as it keeps what is set of chats.

use super::content::clean;
use super::jids::{self, Numbers};
use super::requests::{as_addressed, as_member};
use super::session::Active;
use super::{compose, errors};
use crate::protocol::Millis;
use crate::server::engine::{EngineError, MessageAction, SessionEvent, Target};
use whatsapp_rust::Jid;
use whatsapp_rust::features::AppStateError;
use whatsapp_rust::types::events::Event;

pub(super) async fn change(
    live: &Active,
    chat: &str,
    target: &Target,
    at: Millis,
    action: MessageAction,
) -> Result<(), EngineError> {
    let chat = jids::parse(chat)?;
    // Whose it is has to be said where that is not clear: in groups, of others' messages.
    let author = match jids::is_group(&chat) && !target.from_me {
        true => Some(as_member(&live.client, &chat, compose::author(&target.sender)?).await),
        false => None,
    };
    let chat = as_addressed(&live.client, chat).await;
    let (actions, id, author) = (live.client.chat_actions(), target.whatsapp_id.as_str(), author.as_ref());
    let told = match action {
        MessageAction::Star(true) => Box::pin(actions.star_message(&chat, author, id, target.from_me)).await,
        MessageAction::Star(false) => {
            Box::pin(actions.unstar_message(&chat, author, id, target.from_me)).await
        }
        MessageAction::DeleteForMe => {
            // WhatsApp counts seconds here.
            let sent = Some(at.div_euclid(1_000));
            Box::pin(actions.delete_message_for_me(&chat, author, id, target.from_me, true, sent)).await
        }
    };
    told.map_err(|error| match error {
        // The phone has not sent the key of the app state yet.
        AppStateError::InvalidRequest(text) => EngineError::NoAnswer(text),
        error => errors::asked(&error),
    })
}

/// What a device of the account did to a message, if the event is such.
pub(super) async fn meaning(numbers: &dyn Numbers, event: &Event) -> Option<SessionEvent> {
    let (chat, author, id, from_me, action, at) = match event {
        Event::StarUpdate(update) => {
            let action = MessageAction::Star(update.action.starred.unwrap_or(false));
            (
                &update.chat_jid,
                &update.participant_jid,
                &update.message_id,
                update.from_me,
                action,
                update.timestamp,
            )
        }
        Event::DeleteMessageForMeUpdate(update) => {
            let action = MessageAction::DeleteForMe;
            (
                &update.chat_jid,
                &update.participant_jid,
                &update.message_id,
                update.from_me,
                action,
                update.timestamp,
            )
        }
        _ => return None,
    };
    let chat = jids::by_number(numbers, chat, None).await;
    if !jids::is_chat(&chat) || id.is_empty() {
        return None;
    }
    let sender = sender(numbers, &chat, author.as_ref(), from_me).await?;
    let target = Target { whatsapp_id: clean(id.clone()), from_me, sender: jids::text(&sender) };
    Some(SessionEvent::Message { chat: jids::text(&chat), target, action, at: at.timestamp_millis() })
}

async fn sender(numbers: &dyn Numbers, chat: &Jid, author: Option<&Jid>, from_me: bool) -> Option<Jid> {
    match author {
        _ if from_me => numbers.own(),
        Some(author) => Some(jids::by_number(numbers, author, None).await),
        None => Some(chat.clone()),
    }
}
