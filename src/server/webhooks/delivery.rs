//! One event on its way to one webhook.

use super::hook::Webhook;
use super::queue::Place;
use crate::protocol::{Cursor, DeviceId, Epoch, Event, EventId, EventKind, Millis, ResyncReason, WebhookId};
use crate::server::journal::Logged;
use crate::server::storage::{Row, StorageError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many attempts of a delivery are kept in its row.
pub const KEPT_ATTEMPTS: usize = 20;
/// The name of the notice that the log could not be followed without a hole.
pub const RESYNC: &str = "resync";
/// The name of what a test delivers.
pub const TEST: &str = "webhook.test";

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for its turn or its next attempt, or is under way.
    Pending,
    /// The receiver has it.
    Delivered,
    /// It will not be tried again by itself.
    Dead,
    /// What it says expired before it could be delivered: a code to scan.
    Expired,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Dead, Self::Expired];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Expired => "expired",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One attempt, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// 1 for the first.
    #[serde(rename = "attempt")]
    pub number: u32,
    pub at: Millis,
    pub duration_ms: Millis,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong, for people.
    pub error: Option<String>,
    /// The beginning of the answer's body, at most 1,024 bytes.
    pub response: Option<String>,
}

/// A delivery as it stands in the database.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub webhook: WebhookId,
    pub id: String,
    pub cursor: Cursor,
    pub event_id: EventId,
    pub event_type: String,
    pub device: Option<DeviceId>,
    /// The event as JSON; empty where only the list was read.
    pub body: String,
    pub expires_at: Option<Millis>,
    pub state: State,
    /// How often it was tried at all.
    pub attempts: u32,
    /// How often since it was last put into the queue.
    pub tries: u32,
    pub due_at: Millis,
    pub history: Vec<Attempt>,
    pub created_at: Millis,
    pub finished_at: Option<Millis>,
}

/// A delivery that is to be written.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub id: String,
    pub cursor: Cursor,
    pub event_id: EventId,
    pub event_type: String,
    /// The device whose end takes this delivery with it.
    pub device: Option<DeviceId>,
    pub lane: String,
    pub body: String,
    pub expires_at: Option<Millis>,
}

/// What the delivery of the event at this position to this webhook is called.
#[must_use]
pub fn delivery_id(hook: &WebhookId, event: &Cursor) -> String {
    format!("{hook}-{event}")
}

/// An event as the body of deliveries, made once for all webhooks.
struct Body(String);

impl NewDelivery {
    /// The delivery of an event of the log. Its id is the same whenever and however often it is made, so
    /// that a receiver can tell what it has already.
    #[must_use]
    pub fn of(hook: &Webhook, logged: &Logged) -> Self {
        let event = &logged.event;
        // Our own types hold nothing that JSON cannot: string keys, no floats.
        let body = logged.rendered(|event| Body(serde_json::to_string(event).unwrap_or_default()));
        // The news of a device's end is delivered after the device is gone.
        let outlives = matches!(event.kind, EventKind::DeviceDeleted { .. });
        Self {
            id: delivery_id(&hook.id, &event.cursor),
            cursor: event.cursor.clone(),
            event_id: event.id.clone(),
            event_type: event.kind.name().to_owned(),
            device: if outlives { None } else { event.device_id.clone() },
            lane: lane(hook, event),
            body: body.0.clone(),
            expires_at: event.kind.expires_at(),
        }
    }

    /// The notice that events are missing before `cursor`, from where deliveries go on.
    #[must_use]
    pub fn resync(hook: &Webhook, reason: ResyncReason, cursor: Cursor, id: EventId, at: Millis) -> Self {
        let body = json!({
            "id": id, "type": RESYNC, "cursor": cursor, "at": at, "deviceId": Value::Null,
            "data": {"reason": reason, "lastCursor": hook.position, "cursor": cursor},
        });
        Self {
            id: format!("{}-{cursor}-{RESYNC}", hook.id),
            cursor,
            event_id: id,
            event_type: RESYNC.to_owned(),
            device: None,
            lane: hook.workspace.to_string(),
            body: body.to_string(),
            expires_at: None,
        }
    }

    /// What a test delivers; `nonce` tells one test from the other.
    #[must_use]
    pub fn test(hook: &Webhook, cursor: Cursor, id: EventId, at: Millis, nonce: &str) -> Self {
        let body = json!({
            "id": id, "type": TEST, "cursor": cursor, "at": at, "deviceId": Value::Null,
            "data": {"text": "This is a test."},
        });
        Self {
            id: format!("{}-test-{nonce}", hook.id),
            cursor,
            event_id: id,
            event_type: TEST.to_owned(),
            device: None,
            lane: hook.workspace.to_string(),
            body: body.to_string(),
            expires_at: None,
        }
    }
}

/// What an event is delivered in order with: its chat, else its device, else the workspace.
fn lane(hook: &Webhook, event: &Event) -> String {
    match (event.kind.chat_id(), &event.device_id) {
        (Some(chat), _) => chat.to_string(),
        (None, Some(device)) => device.to_string(),
        (None, None) => hook.workspace.to_string(),
    }
}

/// Its place in its lane, as long as the log's life is this one.
#[must_use]
pub fn place(cursor: &Cursor, id: &str, present: &Epoch) -> Place {
    Place { present: cursor.epoch == *present, seq: cursor.seq, id: id.to_owned() }
}

/// What is sent: the event, with the fields of this delivery beside its own.
///
/// # Errors
/// [`serde_json::Error`] if the event's body is not the JSON object that we wrote.
pub fn payload(
    body: &str,
    webhook: &WebhookId,
    delivery: &str,
    attempt: u32,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut fields: serde_json::Map<String, Value> = serde_json::from_str(body)?;
    fields.insert("deliveryId".to_owned(), delivery.into());
    fields.insert("webhookId".to_owned(), webhook.as_str().into());
    fields.insert("attempt".to_owned(), attempt.into());
    serde_json::to_vec(&fields)
}

impl Delivery {
    /// A row of `webhook_deliveries`.
    ///
    /// # Errors
    /// [`StorageError::Row`] if it holds what we never wrote.
    pub fn read(row: &Row, body: String) -> Result<Self, StorageError> {
        let damaged = |what: &str| StorageError::Database(format!("a delivery's {what} cannot be read"));
        let epoch = Epoch::try_from(row.text("epoch")?).map_err(|_| damaged("epoch"))?;
        let device = match row.opt_text("device_id")? {
            Some(_) => Some(row.parse("device_id")?),
            None => None,
        };
        Ok(Self {
            webhook: row.parse("webhook_id")?,
            id: row.text("id")?,
            cursor: Cursor { epoch, seq: row.int("seq")? },
            event_id: row.parse("event_id")?,
            event_type: row.text("event_type")?,
            device,
            body,
            expires_at: row.opt_int("expires_at")?,
            state: State::parse(&row.text("state")?).ok_or_else(|| damaged("state"))?,
            attempts: row.number("attempts")?,
            tries: row.number("tries")?,
            due_at: row.int("due_at")?,
            history: row.json("history")?,
            created_at: row.int("created_at")?,
            finished_at: row.opt_int("finished_at")?,
        })
    }
}
