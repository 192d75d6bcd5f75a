//! One attempt at one row of the outbox.

use super::Sender;
use super::outcome::{About, Failed};
use crate::protocol::{MessageId, MessageKind, Millis};
use crate::server::crash;
use crate::server::devices::changes::Unsent;
use crate::server::devices::marks::ReadMark;
use crate::server::devices::sending::QueuedChange;
use crate::server::devices::{attaching, chat_state, labels, message_state};
use crate::server::engine::{EngineError, OutboundMessage, Outgoing};
use crate::server::storage::{Row, StepDetail, StepKind, StorageError, add_step, query};
use std::time::Duration;

/// How long the word that WhatsApp took a message may take to our disk before it is sent again.
const ACCEPT_WITHIN: Duration = Duration::from_secs(20);
/// The pause of a chat whose device turns out not to be connected.
const AWAY: Duration = Duration::from_secs(1);

/// How an attempt went; the outer error is our own database's.
type Attempted = Result<Result<(), EngineError>, StorageError>;

impl Sender {
    /// Sends a row, and keeps what came of it.
    pub(super) async fn attempt(&self, outbox_id: &str) -> Result<(), StorageError> {
        let select = query(
            "SELECT o.id AS outbox_id, o.kind AS outbox_kind, o.message_id, o.body AS marks, o.attempts, COALESCE(c.jid, '') AS jid, m.whatsapp_id, m.body, m.kind, m.details, m.secret \
             FROM outbox o LEFT JOIN chats c ON c.id = o.chat_id LEFT JOIN messages m ON m.id = o.message_id \
             WHERE o.device_id = $1 AND o.id = $2",
        );
        let select = select.bind(&self.context.device).bind(outbox_id);
        // It may be through meanwhile.
        let Some(row) = self.context.journal.store().row(select).await? else { return Ok(()) };
        crash::point("before_send");
        let started = self.context.source.now();
        let kind = row.text("outbox_kind")?;
        let attempted = match kind.as_str() {
            "read" | "played" => self.send_read(&row, &kind).await?,
            "change" => self.send_change(&row, started).await?,
            kind if kind.starts_with(chat_state::KIND) => self.send_chat_change(&row).await?,
            kind if kind.starts_with(labels::KIND) => self.send_label_change(&row).await?,
            kind if kind.starts_with(message_state::KIND) => self.send_message_action(&row).await?,
            _ => self.send_message(&row).await?,
        };
        crash::point("after_send");
        match attempted {
            Ok(()) => Ok(()),
            // The connection is gone: this sender is about to be dropped.
            Err(EngineError::NotConnected) => {
                tokio::time::sleep(AWAY).await;
                Ok(())
            }
            Err(error) => self.failed(&row, started, error).await,
        }
    }

    async fn send_message(&self, row: &Row) -> Attempted {
        let kind = MessageKind::parse(&row.text("kind")?).unwrap_or(MessageKind::Unknown);
        let Unsent { text, details } = match row.opt_json("marks")? {
            Some(taken_back) => taken_back,
            None => Unsent { text: row.text("body")?, details: row.opt_json("details")?.unwrap_or_default() },
        };
        let media = match attaching::outbound(&self.context, &self.session, kind, &details).await {
            Ok(media) => media,
            Err(error) => return Ok(Err(error)),
        };
        crash::point("attached");
        let secret = row.opt_blob("secret")?;
        let message = OutboundMessage {
            whatsapp_id: row.text("whatsapp_id")?,
            to: row.text("jid")?,
            content: Outgoing::Message { kind, text, details, secret, media },
        };
        let (accepted, earlier) = self.acks.wait(&message.whatsapp_id, self.context.source.now());
        if let Some(since) = earlier {
            self.unanswered(row, since, None).await?;
        }
        if let Err(error) = self.session.send(&message).await {
            return Ok(Err(error));
        }
        // Settled only after the row is off the outbox.
        Ok(match tokio::time::timeout(ACCEPT_WITHIN, accepted).await {
            Ok(_) => Ok(()),
            Err(_) => Err(EngineError::NoAnswer("WhatsApp did not accept it in time".to_owned())),
        })
    }

    async fn send_change(&self, row: &Row, started: Millis) -> Attempted {
        let queued: QueuedChange = row.json("marks")?;
        let (whatsapp_id, what) = (queued.whatsapp_id.clone(), queued.change.name());
        let message = OutboundMessage {
            whatsapp_id: queued.whatsapp_id,
            to: row.text("jid")?,
            content: Outgoing::Change { target: queued.target, change: queued.change },
        };
        // The engine waits for the answer itself; this remembers an attempt whose connection goes.
        let (_, earlier) = self.acks.wait(&whatsapp_id, started);
        if let Some(since) = earlier {
            self.unanswered(row, since, Some(what)).await?;
        }
        if let Err(error) = self.session.send(&message).await {
            return Ok(Err(error));
        }
        self.acks.forget(&whatsapp_id);
        let (context, outbox_id) = (self.context.clone(), row.text("outbox_id")?);
        let target = row.parse::<MessageId>("message_id")?;
        let write = self.context.journal.store().write(move |tx| {
            Box::pin(async move {
                let delete = query("DELETE FROM outbox WHERE device_id = $1 AND id = $2");
                if tx.execute(delete.bind(&context.device).bind(outbox_id)).await? > 0 {
                    add_step(tx, &target, started, StepKind::Handed, StepDetail::of(what)).await?;
                    let now = context.source.now();
                    add_step(tx, &target, now, StepKind::Accepted, StepDetail::of(what)).await?;
                }
                Ok(())
            })
        });
        write.await?;
        Ok(Ok(()))
    }

    async fn send_read(&self, row: &Row, kind: &str) -> Attempted {
        let chat = row.text("jid")?;
        for mark in row.json::<Vec<ReadMark>>("marks")? {
            let (sender, ids) = (mark.sender.as_deref(), &mark.whatsapp_ids);
            let told = match kind {
                "played" => self.session.mark_played(&chat, sender, ids).await,
                _ => self.session.mark_read(&chat, sender, ids).await,
            };
            if let Err(error) = told {
                return Ok(Err(error));
            }
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    async fn send_chat_change(&self, row: &Row) -> Attempted {
        let chat_state::Outgoing { jid, change, newest, .. } = row.json("marks")?;
        if let Err(error) = self.session.change_chat(&jid, &change, newest.as_ref()).await {
            return Ok(Err(error));
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    async fn send_label_change(&self, row: &Row) -> Attempted {
        if let Err(error) = self.session.change_label(&row.json("marks")?).await {
            return Ok(Err(error));
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    async fn send_message_action(&self, row: &Row) -> Attempted {
        let message_state::Outgoing { jid, target, timestamp, action } = row.json("marks")?;
        if let Err(error) = self.session.change_message(&jid, &target, timestamp, action).await {
            return Ok(Err(error));
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    async fn remove(&self, row: &Row) -> Result<(), StorageError> {
        let delete = query("DELETE FROM outbox WHERE device_id = $1 AND id = $2")
            .bind(&self.context.device)
            .bind(row.text("outbox_id")?);
        self.context.journal.store().execute(delete).await?;
        Ok(())
    }

    /// Keeps that an attempt came to no end: the connection went, and its sender with it.
    async fn unanswered(
        &self,
        row: &Row,
        since: Millis,
        change: Option<&'static str>,
    ) -> Result<(), StorageError> {
        let (context, message) = (self.context.clone(), row.parse::<MessageId>("message_id")?);
        let write = self.context.journal.store().write(move |tx| {
            Box::pin(async move {
                let change = change.map(str::to_owned);
                let handed = StepDetail { change: change.clone(), ..StepDetail::default() };
                add_step(tx, &message, since, StepKind::Handed, handed).await?;
                let error = "the connection ended before WhatsApp answered";
                let failed = StepDetail { change, ..StepDetail::error(error) };
                add_step(tx, &message, context.source.now(), StepKind::AttemptFailed, failed).await
            })
        });
        write.await
    }

    /// Puts a row off, or ends it when trying again changes nothing.
    async fn failed(&self, row: &Row, started: Millis, error: EngineError) -> Result<(), StorageError> {
        let attempts = row.int("attempts")? + 1;
        let message = row.text("message_id")?;
        tracing::warn!(device = %self.context.device, message, attempts, %error, "a message was not accepted");
        let about = match row.text("outbox_kind")?.as_str() {
            "message" => {
                let whatsapp_id = row.text("whatsapp_id")?;
                let handed = self.acks.handed(&whatsapp_id);
                self.acks.forget(&whatsapp_id);
                Some(About { message: row.parse("message_id")?, change: None, handed })
            }
            "change" => {
                let queued: QueuedChange = row.json("marks")?;
                self.acks.forget(&queued.whatsapp_id);
                let change = Some(Box::new(queued));
                Some(About { message: row.parse("message_id")?, change, handed: Some(started) })
            }
            _ => None,
        };
        let failed = Failed { outbox_id: row.text("outbox_id")?, about, attempts, error };
        let context = self.context.clone();
        let write = self
            .context
            .journal
            .store()
            .write(move |tx| Box::pin(async move { failed.keep(tx, &context).await }));
        let over = write.await?;
        crash::point("after_fail");
        if over && row.text("outbox_kind")?.starts_with(chat_state::KIND) {
            chat_state::refused(&self.context, row.json("marks")?).await?;
        }
        Ok(())
    }
}
