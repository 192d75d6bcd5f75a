//! Messages on their way in: out of the client's form into ours.

use super::content::{Content, clean, content};
use super::jids::{self, Numbers};
use crate::protocol::{ChatKind, MessageKind};
use crate::server::engine::InboundMessage;
use whatsapp_rust::Jid;
use whatsapp_rust::types::events::{DecryptFailMode, InboundMessage as Received, UndecryptableMessage};
use whatsapp_rust::types::message::{EditAttribute, MessageInfo};
use whatsapp_rust::wacore_binary::JidExt as _;

/// The messages of a batch that belong into a thread, in its order.
pub(super) async fn messages(numbers: &dyn Numbers, batch: &[Received]) -> Vec<InboundMessage> {
    let mut messages = Vec::with_capacity(batch.len());
    for received in batch {
        if let Some(message) = message(numbers, received).await {
            messages.push(message);
        }
    }
    messages
}

/// A message as we keep it, or `None` if it belongs into no thread.
async fn message(numbers: &dyn Numbers, received: &Received) -> Option<InboundMessage> {
    if changes_another(&received.info.edit) {
        return None;
    }
    with_content(numbers, &received.info, content(&received.message)?).await
}

/// A message that is only for phones, such as one to be seen once: no device of ours will ever get what
/// is in it. Others that cannot be read now are sent again by their senders.
pub(super) async fn never_readable(
    numbers: &dyn Numbers,
    message: &UndecryptableMessage,
) -> Option<InboundMessage> {
    let shown = message.decrypt_fail_mode == DecryptFailMode::Show;
    let never = message.is_unavailable && message.unavailable_type.is_unrecoverable_fanout();
    if !shown || !never || changes_another(&message.info.edit) {
        return None;
    }
    let content = Content { kind: MessageKind::Unknown, text: String::new(), raw: None };
    with_content(numbers, &message.info, content).await
}

async fn with_content(numbers: &dyn Numbers, info: &MessageInfo, content: Content) -> Option<InboundMessage> {
    if info.id.is_empty() {
        return None;
    }
    let from_me = info.source.is_from_me;
    let chat = chat(numbers, info).await?;
    let sender = if from_me {
        match numbers.own() {
            Some(own) => own,
            None => jids::bare(&info.source.sender),
        }
    } else {
        jids::by_number(numbers, &info.source.sender, info.source.sender_alt.as_ref()).await
    };
    Some(InboundMessage {
        whatsapp_id: clean(info.id.clone()),
        chat_kind: kind(&chat),
        chat: jids::text(&chat),
        sender: jids::text(&sender),
        from_me,
        push_name: Some(clean(info.push_name.clone())).filter(|name| !from_me && !name.is_empty()),
        timestamp: info.timestamp.timestamp().saturating_mul(1_000),
        kind: content.kind,
        text: content.text,
        raw: content.raw,
    })
}

pub(super) fn kind(chat: &Jid) -> ChatKind {
    if jids::is_group(chat) { ChatKind::Group } else { ChatKind::Direct }
}

/// Edits, deletions and pins come as messages whose envelope says so.
fn changes_another(edit: &EditAttribute) -> bool {
    match edit {
        EditAttribute::MessageEdit
        | EditAttribute::PinInChat
        | EditAttribute::AdminEdit
        | EditAttribute::SenderRevoke
        | EditAttribute::AdminRevoke => true,
        EditAttribute::Empty | EditAttribute::Unknown(_) => false,
    }
}

/// Where the message belongs, or `None` for what is no conversation: status updates, channels.
async fn chat(numbers: &dyn Numbers, info: &MessageInfo) -> Option<Jid> {
    let source = &info.source;
    let chat = if source.chat.is_broadcast_list() && !source.is_from_me {
        // A broadcast reaches everybody in the conversation with its sender.
        jids::by_number(numbers, &source.sender, source.sender_alt.as_ref()).await
    } else {
        let alternative = if source.is_from_me {
            source.recipient_alt.as_ref().or(info.peer_recipient_pn.as_ref())
        } else {
            source.sender_alt.as_ref()
        };
        jids::by_number(numbers, &source.chat, alternative).await
    };
    jids::is_chat(&chat).then_some(chat)
}
