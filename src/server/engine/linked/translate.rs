//! The client's events in our words.

use super::calls;
use super::content::clean;
use super::jids::{self, Numbers};
use super::link::Link;
use super::{bus, inbound};
use crate::protocol::TypingState;
use crate::server::engine::{EventSink, Identity, Inbound, ReceiptKind, SessionEvent};
use std::time::Duration;
use whatsapp_rust::Jid;
use whatsapp_rust::types::call::CallAction;
use whatsapp_rust::types::events::{ChatPresenceUpdate, ContactUpdate, Event, PresenceUpdate, Receipt};
use whatsapp_rust::types::presence::{ChatPresence, ChatPresenceMedia, ReceiptType};
use whatsapp_rust::wacore::stanza::groups::GroupNotificationAction;

/// How often messages that came past the usual way are tried to be kept, with a growing wait between.
const TRIES: u32 = 6;

/// Tells the sink what an event means.
pub(super) async fn tell(link: &Link, event: &Event, sink: &dyn EventSink) {
    let Some(client) = link.client() else { return };
    if let Some(identity) = identity(&*client, event).await {
        sink.event(SessionEvent::Identities(vec![identity])).await;
    }
    match event {
        Event::Connected(_) => sink.event(connected(&client)).await,
        // The usual way for messages is the hook: these are acknowledged already, or never are.
        Event::Messages(batch) if !batch.hook_committed => {
            let messages = inbound::messages(&*client, sink, &batch.messages).await;
            if !messages.is_empty() {
                keep(sink, messages).await;
            }
        }
        Event::UndecryptableMessage(message) => {
            if let Some(message) = inbound::never_readable(&*client, message).await {
                keep(sink, vec![Inbound::Message(Box::new(message))]).await;
            }
        }
        Event::MissedCall(call) => {
            if let Some(inbound) = calls::missed(&*client, call).await {
                keep(sink, vec![inbound]).await;
            }
        }
        Event::IncomingCall(call) => {
            link.rings(call);
            if let Some(inbound) = calls::call(&*client, call).await {
                keep(sink, vec![inbound]).await;
            }
        }
        other => {
            if let Some(event) = meaning(&*client, other).await {
                sink.event(event).await;
            }
            if let Event::ContactNumberChanged(changed) = other {
                let told = super::notices::of_number(changed);
                keep(sink, told.into_iter().map(|notice| Inbound::Message(Box::new(notice))).collect()).await;
            }
            if let Event::GroupUpdate(update) = other {
                if let Some(notice) = super::notices::of_group(&*client, update).await {
                    keep(sink, vec![Inbound::Message(Box::new(notice))]).await;
                }
                sink.event(super::group_news::group_news(&*client, update).await).await;
            }
        }
    }
}

/// Who somebody is, where an event names a person in both ways. Messages bring it along themselves.
pub(super) async fn identity(numbers: &dyn Numbers, event: &Event) -> Option<Identity> {
    let (jid, other) = match event {
        Event::Receipt(receipt) => (&receipt.source.sender, receipt.source.sender_alt.as_ref()),
        Event::ChatPresence(presence) => (&presence.source.sender, presence.source.sender_alt.as_ref()),
        Event::GroupUpdate(update) => (update.participant.as_ref()?, update.participant_pn.as_ref()),
        Event::UndecryptableMessage(message) => return inbound::identity(numbers, &message.info).await,
        Event::IncomingCall(call) => match &call.action {
            CallAction::Offer { call_creator, caller_pn, .. } => (call_creator, caller_pn.as_ref()),
            _ => return None,
        },
        Event::ContactUpdate(update) => {
            let action = &*update.action;
            let other = if update.jid.is_lid() { &action.pn_jid } else { &action.lid_jid };
            let other = other.as_deref().and_then(|jid| jid.parse().ok());
            return jids::identity(numbers, &update.jid, other.as_ref()).await;
        }
        _ => return None,
    };
    // What the client knows alone is told by its store.
    jids::identity(numbers, jid, Some(other?)).await
}

/// Nobody delivers these again, so they are tried more than once.
async fn keep(sink: &dyn EventSink, messages: Vec<Inbound>) {
    for attempt in 0..TRIES {
        match sink.commit(messages.clone()).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, attempt, "recovered messages could not be kept"),
        }
        tokio::time::sleep(Duration::from_millis(100) * 2_u32.pow(attempt)).await;
    }
    tracing::error!("recovered messages are lost: they could not be kept");
}

fn connected(client: &whatsapp_rust::client::Client) -> SessionEvent {
    SessionEvent::Connected {
        phone_number: client.own().as_ref().map(jids::digits).unwrap_or_default(),
        lid: client.lid().map(|lid| jids::text(&jids::bare(&lid))),
        push_name: Some(clean(client.push_name())).filter(|name| !name.is_empty()),
    }
}

/// What an event means, if it means anything to us.
pub(super) async fn meaning(numbers: &dyn Numbers, event: &Event) -> Option<SessionEvent> {
    match event {
        Event::PairingQrCode(qr) => Some(SessionEvent::Qr { code: qr.code.clone(), life: qr.timeout }),
        Event::PairSuccess(paired) => Some(SessionEvent::Paired {
            phone_number: jids::digits(&paired.id),
            lid: Some(jids::bare(&paired.lid)).filter(|lid| !lid.user.is_empty()).map(|lid| jids::text(&lid)),
        }),
        Event::ServerAck(ack) => {
            if !bus::is_of_a_message(ack) {
                return None;
            }
            let refused = ack.error.as_deref().map(super::errors::refused);
            // What WhatsApp could not take now, it may take later: that is no refusal.
            let error = match refused {
                None => None,
                Some(error) if super::errors::is_final(&error) => Some(error.to_string()),
                Some(_) => return None,
            };
            Some(SessionEvent::Accepted { whatsapp_id: clean(ack.id.clone()), error })
        }
        Event::Receipt(receipt) => received(numbers, receipt).await,
        Event::ChatPresence(presence) => typing(numbers, presence).await,
        Event::Presence(presence) => present(numbers, presence).await,
        Event::PictureUpdate(update) => picture(numbers, &update.jid).await,
        // Somebody changed something about themselves; WhatsApp's own client looks at the picture then.
        Event::ContactUpdated(update) => picture(numbers, &update.jid).await,
        Event::ContactUpdate(update) => contact(numbers, update).await,
        Event::PushNameUpdate(update) => {
            let push_name = Some(clean(update.new_push_name.clone())).filter(|name| !name.is_empty())?;
            let jid = person(numbers, &update.jid, update.message.source.sender_alt.as_ref()).await?;
            Some(SessionEvent::Contact { jid, saved_name: None, push_name: Some(push_name) })
        }
        Event::UserAboutUpdate(update) => {
            let jid = person(numbers, &update.jid, None).await?;
            Some(SessionEvent::About { jid, text: clean(update.status.clone()) })
        }
        Event::SelfPushNameUpdated(update) if !update.new_name.is_empty() => {
            Some(SessionEvent::OwnName(clean(update.new_name.clone())))
        }
        Event::GroupUpdate(update) => match &update.action {
            GroupNotificationAction::Subject { subject, .. } => group(&update.group_jid, subject),
            GroupNotificationAction::Create { raw } => {
                let created = raw.get_optional_child("group").unwrap_or(raw);
                let subject = created.attrs().optional_string("subject")?.into_owned();
                group(&update.group_jid, &subject)
            }
            _ => None,
        },
        Event::LabelEditUpdate(_) | Event::LabelAssociationUpdate(_) => {
            super::labels::meaning(numbers, event).await.map(SessionEvent::Label)
        }
        Event::StarUpdate(_) | Event::DeleteMessageForMeUpdate(_) => {
            super::message_state::meaning(numbers, event).await
        }
        other => super::chat_state::meaning(numbers, other).await,
    }
}

fn group(jid: &Jid, subject: &str) -> Option<SessionEvent> {
    let jid = jids::bare(jid);
    let subject = clean(subject.to_owned());
    jids::is_group(&jid).then(|| SessionEvent::Group { jid: jids::text(&jid), subject })
}

/// The JID of a person as text; `None` for groups and the like.
async fn person(numbers: &dyn Numbers, jid: &Jid, alternative: Option<&Jid>) -> Option<String> {
    let jid = jids::by_number(numbers, jid, alternative).await;
    (jids::is_chat(&jid) && !jids::is_group(&jid)).then(|| jids::text(&jid))
}

async fn received(numbers: &dyn Numbers, receipt: &Receipt) -> Option<SessionEvent> {
    let kind = match receipt.r#type {
        ReceiptType::Delivered | ReceiptType::Inactive => ReceiptKind::Delivered,
        ReceiptType::Read => ReceiptKind::Read,
        ReceiptType::Played => ReceiptKind::Played,
        ReceiptType::ReadSelf => ReceiptKind::ReadByUs,
        ReceiptType::PlayedSelf => ReceiptKind::PlayedByUs,
        _ => return None,
    };
    let source = &receipt.source;
    let chat = jids::by_number(numbers, &source.chat, source.sender_alt.as_ref()).await;
    let whatsapp_ids = receipt.message_ids.iter().filter(|id| !id.is_empty()).cloned().map(clean);
    let whatsapp_ids = whatsapp_ids.collect::<Vec<_>>();
    let sender = jids::by_number(numbers, &source.sender, source.sender_alt.as_ref()).await;
    (jids::is_chat(&chat) && !whatsapp_ids.is_empty()).then(|| SessionEvent::Receipt {
        chat: jids::text(&chat),
        sender: jids::text(&sender),
        whatsapp_ids,
        kind,
        at: receipt.timestamp.timestamp_millis(),
    })
}

async fn typing(numbers: &dyn Numbers, presence: &ChatPresenceUpdate) -> Option<SessionEvent> {
    let source = &presence.source;
    let chat = jids::by_number(numbers, &source.chat, source.sender_alt.as_ref()).await;
    let sender = person(numbers, &source.sender, source.sender_alt.as_ref()).await?;
    let state = match (presence.state, presence.media) {
        (ChatPresence::Paused, _) => TypingState::Paused,
        (ChatPresence::Composing, ChatPresenceMedia::Audio) => TypingState::Recording,
        (ChatPresence::Composing, ChatPresenceMedia::Text) => TypingState::Composing,
    };
    jids::is_chat(&chat).then(|| SessionEvent::Typing { chat: jids::text(&chat), sender, state })
}

async fn present(numbers: &dyn Numbers, presence: &PresenceUpdate) -> Option<SessionEvent> {
    Some(SessionEvent::Presence {
        jid: person(numbers, &presence.from, None).await?,
        online: !presence.unavailable,
        last_seen: presence.last_seen.map(|at| at.timestamp_millis()),
    })
}

async fn picture(numbers: &dyn Numbers, jid: &Jid) -> Option<SessionEvent> {
    let jid = jids::by_number(numbers, jid, None).await;
    jids::is_chat(&jid).then(|| SessionEvent::PictureChanged { jid: jids::text(&jid) })
}

async fn contact(numbers: &dyn Numbers, update: &ContactUpdate) -> Option<SessionEvent> {
    let action = &*update.action;
    let name = [&action.full_name, &action.first_name];
    let saved_name = name.into_iter().flatten().find(|name| !name.is_empty()).cloned().map(clean)?;
    let number = action.pn_jid.as_deref().and_then(|jid| jid.parse().ok());
    let jid = person(numbers, &update.jid, number.as_ref()).await?;
    Some(SessionEvent::Contact { jid, saved_name: Some(saved_name), push_name: None })
}
