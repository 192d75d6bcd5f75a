//! Messages on their way in: out of the client's form into ours.

use super::attachment;
use super::changes::{self, Doer};
use super::content::{Content, clean, content, unwrapped};
use super::details;
use super::jids::{self, Numbers};
use crate::protocol::{ChatKind, MessageKind};
use crate::server::engine::{EventSink, Identity, Inbound, InboundChange, InboundMessage, InboundTimer};
use whatsapp_rust::Jid;
use whatsapp_rust::types::events::{
    DecryptFailMode, InboundMessage as Received, UnavailableType, UndecryptableMessage,
};
use whatsapp_rust::types::message::{EditAttribute, MessageInfo};
use whatsapp_rust::wacore_binary::JidExt as _;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

/// The messages of a batch that belong into a thread, and what is done to such, in its order.
pub(super) async fn messages(
    numbers: &dyn Numbers,
    sink: &dyn EventSink,
    batch: &[Received],
) -> Vec<Inbound> {
    let mut messages = Vec::with_capacity(batch.len());
    for received in batch {
        if let Some(identity) = identity(numbers, &received.info).await {
            let identity = Inbound::Identity(identity);
            if !messages.contains(&identity) {
                messages.push(identity);
            }
        }
        if let Some(message) = message(numbers, received).await {
            messages.push(Inbound::Message(Box::new(message)));
        } else if let Some(change) = change(numbers, sink, received, &messages).await {
            messages.push(Inbound::Change(change));
        } else if let Some(timer) = timer(numbers, received).await {
            messages.push(Inbound::Timer(timer));
        }
    }
    messages
}

async fn change(
    numbers: &dyn Numbers,
    sink: &dyn EventSink,
    received: &Received,
    batch: &[Inbound],
) -> Option<InboundChange> {
    let info = &received.info;
    let chat = chat(numbers, info).await?;
    let sender = sender(numbers, info).await;
    let doer = Doer { info, chat: &chat, sender: &sender };
    changes::change(numbers, sink, &doer, &received.message, batch).await
}

/// After how many seconds new messages of a chat disappear, if the message says so.
async fn timer(numbers: &dyn Numbers, received: &Received) -> Option<InboundTimer> {
    let protocol = unwrapped(&received.message).protocol_message.as_option()?;
    if protocol.r#type != Some(Type::EPHEMERAL_SETTING) {
        return None;
    }
    let info = &received.info;
    let chat = chat(numbers, info).await?;
    let sender = sender(numbers, info).await;
    Some(InboundTimer {
        chat_kind: kind(&chat),
        chat: jids::text(&chat),
        sender: jids::text(&sender),
        from_me: info.source.is_from_me,
        timestamp: info.timestamp.timestamp_millis(),
        seconds: protocol.ephemeral_expiration.unwrap_or(0),
    })
}

/// A message as we keep it, or `None` if it belongs into no thread.
async fn message(numbers: &dyn Numbers, received: &Received) -> Option<InboundMessage> {
    if changes_another(&received.info.edit) {
        return None;
    }
    let content = content(&received.message)?;
    let mut message = with_content(numbers, &received.info, content).await?;
    message.details = Box::new(details::details(numbers, &received.message).await);
    message.media = attachment::of(&received.message, &message.details);
    message.secret = details::secret(&received.message);
    Some(message)
}

/// A message that is only for phones, such as one to be seen once: no device of ours will ever get what
/// is in it. Others that cannot be read now are sent again by their senders.
pub(super) async fn never_readable(
    numbers: &dyn Numbers,
    message: &UndecryptableMessage,
) -> Option<InboundMessage> {
    let never_seen = message.unavailable_type;
    let shown = message.decrypt_fail_mode == DecryptFailMode::Show;
    let never = message.is_unavailable && message.unavailable_type.is_unrecoverable_fanout();
    if !shown || !never || changes_another(&message.info.edit) {
        return None;
    }
    let once = never_seen == UnavailableType::ViewOnce;
    // What is to be seen once is a picture more often than not; what it is, only the phone knows.
    let kind = match message.info.media_type.as_str() {
        _ if !once => MessageKind::Unknown,
        "video" => MessageKind::Video,
        "ptt" | "audio" => MessageKind::Audio,
        _ => MessageKind::Image,
    };
    let content = Content { kind, text: String::new(), raw: None };
    let mut message = with_content(numbers, &message.info, content).await?;
    message.details.view_once = once;
    Some(message)
}

async fn with_content(numbers: &dyn Numbers, info: &MessageInfo, content: Content) -> Option<InboundMessage> {
    if info.id.is_empty() {
        return None;
    }
    let from_me = info.source.is_from_me;
    let chat = chat(numbers, info).await?;
    let sender = sender(numbers, info).await;
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
        details: Box::default(),
        media: None,
        secret: None,
        raw: content.raw,
    })
}

/// Who the other side is, where the message tells it, or the client knows it: the client keeps what messages tell only
/// of those that come while we are connected.
pub(super) async fn identity(numbers: &dyn Numbers, info: &MessageInfo) -> Option<Identity> {
    let source = &info.source;
    if source.is_from_me {
        return jids::identity(numbers, &source.chat, recipient(info)).await;
    }
    jids::identity(numbers, &source.sender, source.sender_alt.as_ref()).await
}

/// The other name of whom another device of ours wrote to.
fn recipient(info: &MessageInfo) -> Option<&Jid> {
    info.source.recipient_alt.as_ref().or(info.peer_recipient_pn.as_ref())
}

async fn sender(numbers: &dyn Numbers, info: &MessageInfo) -> Jid {
    if !info.source.is_from_me {
        return jids::by_number(numbers, &info.source.sender, info.source.sender_alt.as_ref()).await;
    }
    match numbers.own() {
        Some(own) => own,
        None => jids::bare(&info.source.sender),
    }
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
        let alternative = if source.is_from_me { recipient(info) } else { source.sender_alt.as_ref() };
        jids::by_number(numbers, &source.chat, alternative).await
    };
    jids::is_chat(&chat).then_some(chat)
}
