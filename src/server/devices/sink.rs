//! Where a session's news go: messages and receipts to the disk at once, changes of state to the
//! device's actor.

use super::acks::Acks;
use super::actor::Order;
use super::context::Context;
use super::outbox;
use super::rows::{self, Names};
use super::{
    chat_state, group_state, history, identity, inbound, labels, message_state, people, presence, receipts,
};
use crate::protocol::{ChatId, ChatKind, EventKind, LiveKind};
use crate::server::engine::{
    EngineError, EventSink, HistoryPart, HistoryPiece, HistorySink, Inbound, SessionEvent, WaitingPart,
};
use crate::server::storage::{StorageError, query, read};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The sink of one device's session.
pub struct DeviceSink {
    pub context: Context,
    pub acks: Arc<Acks>,
    pub actor: mpsc::WeakUnboundedSender<Order>,
    /// Which of the device's sessions this is: what an older one still says is about nothing.
    pub generation: u64,
}

#[async_trait]
impl EventSink for DeviceSink {
    async fn commit(&self, batch: Vec<Inbound>) -> Result<(), EngineError> {
        Ok(inbound::commit(&self.context, batch).await?)
    }

    async fn poll_secret(&self, chat: &str, whatsapp_id: &str) -> Option<Vec<u8>> {
        let select = query(
            "SELECT m.secret FROM messages m JOIN chats c ON c.id = m.chat_id \
             WHERE m.device_id = $1 AND m.whatsapp_id = $2 AND (c.kind = 'direct' OR c.jid = $3) AND m.secret IS NOT NULL \
             ORDER BY CASE WHEN c.jid = COALESCE((SELECT i.number || '@s.whatsapp.net' FROM identities i \
             WHERE i.device_id = $1 AND i.lid = $3), $3) THEN 0 ELSE 1 END LIMIT 1",
        );
        // A poll may stand under another name of the person, which the batch with the vote tells.
        let select = select.bind(&self.context.device).bind(whatsapp_id).bind(chat);
        match self.context.journal.store().row(select).await {
            Ok(row) => row?.opt_blob("secret").ok().flatten(),
            Err(error) => {
                tracing::error!(device = %self.context.device, %error, "a poll could not be looked up");
                None
            }
        }
    }

    async fn event(&self, event: SessionEvent) {
        if let Err(error) = self.apply(event).await {
            tracing::error!(device = %self.context.device, %error, "what WhatsApp told was not kept");
        }
    }
}

#[async_trait]
impl HistorySink for DeviceSink {
    async fn history_part(&self, part: HistoryPart) -> Result<(), EngineError> {
        Ok(history::add(&self.context, part).await?)
    }

    async fn next_history_part(&self) -> Result<Option<WaitingPart>, EngineError> {
        Ok(history::next(self.context.journal.store(), &self.context.device).await?)
    }

    async fn history_piece(&self, piece: HistoryPiece) -> Result<(), EngineError> {
        Ok(history::keep(&self.context, piece).await?)
    }
}

impl DeviceSink {
    async fn apply(&self, event: SessionEvent) -> Result<(), StorageError> {
        match event {
            SessionEvent::Accepted { whatsapp_id, error } => {
                let handed = self.acks.handed(&whatsapp_id);
                outbox::accepted(&self.context, whatsapp_id.clone(), error, handed).await?;
                self.acks.settle(&whatsapp_id);
                Ok(())
            }
            SessionEvent::Receipt { chat, sender, whatsapp_ids, kind, at } => {
                let receipt = receipts::Receipt { chat, person: sender, whatsapp_ids, kind, at };
                receipts::apply(&self.context, receipt).await
            }
            SessionEvent::Identities(learned) => identity::learn(&self.context, learned).await,
            SessionEvent::Contact { jid, saved_name, push_name } => {
                self.contact(jid, Names { saved: saved_name, push: push_name }).await
            }
            SessionEvent::Group { jid, subject } => self.group(jid, subject).await,
            SessionEvent::GroupKnown(state) => group_state::keep(&self.context, state, false).await.map(drop),
            SessionEvent::GroupLeft { jid } => group_state::left(&self.context, &jid).await.map(drop),
            SessionEvent::GroupRequests { jid, people, pending } => {
                group_state::requested(&self.context, &jid, people, pending).await
            }
            SessionEvent::About { jid, text } => people::keep_about(&self.context, jid, Some(text)).await,
            SessionEvent::Chat { jid, change, at } => chat_state::learn(&self.context, jid, change, at).await,
            SessionEvent::Label(change) => labels::learn(&self.context, change).await,
            SessionEvent::Message { chat, target, action, at } => {
                message_state::learn(&self.context, chat, target, action, at).await
            }
            SessionEvent::Typing { chat, sender, state } => {
                let Some((chat_id, kind)) = self.find_chat(&chat).await? else { return Ok(()) };
                let sender_name =
                    if kind == ChatKind::Group { Some(self.name_of(&sender).await?) } else { None };
                let from = read::address_of(&sender);
                self.signal(LiveKind::Typing { chat_id, sender_name, from, state });
                Ok(())
            }
            SessionEvent::Presence { jid, online, last_seen } => {
                let jid = read::canonical(self.context.journal.store(), &self.context.device, jid).await?;
                presence::heard(&self.context, &jid, online, last_seen).await?;
                if let Some((chat_id, _)) = self.find_chat(&jid).await? {
                    self.signal(LiveKind::Presence { chat_id, online, last_seen });
                }
                Ok(())
            }
            state => {
                if let Some(actor) = self.actor.upgrade() {
                    // The actor only goes when the device does.
                    drop(actor.send(Order::Session { generation: self.generation, event: state }));
                }
                Ok(())
            }
        }
    }

    fn signal(&self, kind: LiveKind) {
        self.context.journal.signal(&self.context.workspace, self.context.device.clone(), kind);
    }

    async fn find_chat(&self, jid: &str) -> Result<Option<(ChatId, ChatKind)>, StorageError> {
        let chat = read::chat_by_jid(self.context.journal.store(), &self.context.device, jid).await?;
        Ok(chat.map(|chat| (chat.id, chat.kind)))
    }

    async fn name_of(&self, jid: &str) -> Result<String, StorageError> {
        let contact = read::contact(self.context.journal.store(), &self.context.device, jid).await?;
        Ok(contact.map_or_else(|| read::bare_name(jid), |contact| contact.name))
    }

    async fn contact(&self, jid: String, names: Names) -> Result<(), StorageError> {
        let context = self.context.clone();
        let store = context.journal.store().clone();
        store
            .write(move |tx| Box::pin(async move { rows::learn_contact(tx, &context, &jid, names).await }))
            .await
    }

    async fn group(&self, jid: String, subject: String) -> Result<(), StorageError> {
        let context = self.context.clone();
        let store = context.journal.store().clone();
        store
            .write(move |tx| {
                Box::pin(async move {
                    let id =
                        rows::ensure_chat(tx, &context, &jid, ChatKind::Group, context.source.now()).await?;
                    let update = query(
                        "UPDATE chats SET subject = $2 WHERE id = $1 AND (subject IS NULL OR subject <> $2)",
                    )
                    .bind(&id)
                    .bind(subject);
                    if tx.execute(update).await? > 0 {
                        let chat = rows::chat(tx, &id).await?;
                        tx.note(
                            context.workspace.clone(),
                            Some(context.device.clone()),
                            EventKind::ChatUpdated { chat },
                        );
                    }
                    Ok(())
                })
            })
            .await
    }
}
