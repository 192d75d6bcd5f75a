//! Why a message did not arrive, or how it did: everything that is known of its way, in the order of time.

use crate::protocol::{
    CommandId, Cursor, DeviceId, DeviceStatus, Event, EventKind, FailureCode, Message, MessageId,
    MessageStatus, Millis, WebhookId,
};
use crate::server::auth;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal};
use crate::server::gateway::state::App;
use crate::server::storage::read::{self, Waiting};
use crate::server::storage::{self, Step, StepKind};
use crate::server::webhooks::{Delivery, State as DeliveryState};
use axum::Json as Out;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(trace)).routes(routes!(of_device))
}

/// A message's way, as far as it is known.
#[derive(Serialize, ToSchema)]
pub struct MessageTrace {
    message: Message,
    /// Oldest first. What it still waits for stands last.
    steps: Vec<TraceStep>,
}

/// Who did something with the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceStage {
    /// It was put on disk to go out.
    Queue,
    /// The device's sender, which takes messages in order.
    Outbox,
    /// The connection to WhatsApp.
    Engine,
    /// WhatsApp, and the phones behind it.
    Whatsapp,
    /// The event log, which every wire reads.
    Journal,
    /// A delivery to a receiver of yours.
    Webhook,
}

/// One step. Which of its fields are there depends on `what`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceStep {
    at: Millis,
    stage: TraceStage,
    /// `queue`: `queued`. `outbox`: `attempt_failed`, `failed`, and while it waits `waiting_for_device`,
    /// `waiting_for_retry`, `waiting_for_turn` or `sending`. `engine`: `handed`. `whatsapp`: `accepted`,
    /// `delivered`, `read`, `played`, `refused`, `received`. `journal`: `logged`. `webhook`: `scheduled`, `attempt_failed`,
    /// `delivered`, `dead`, `expired`.
    what: &'static str,
    /// What was done to the message, unless the step is of the message itself: `edit`, `reaction`, `revoke`,
    /// `vote` or `pin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<String>,
    /// The command that queued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    command_id: Option<CommandId>,
    /// Which attempt it was; 1 for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<i64>,
    /// What went wrong, or what is waited for: for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    /// Not before when it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<Millis>,
    /// How many of its chat go out before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ahead: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_status: Option<DeviceStatus>,
    /// The event that tells of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<Cursor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
    /// Whom an event of a receipt is about: digits of the number, or a JID.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// What the event says that the message came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<MessageStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_id: Option<WebhookId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_id: Option<String>,
    /// How far the delivery has come by now: `pending`, `delivered`, `dead` or `expired`.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_state: Option<&'static str>,
    /// How often the delivery was tried by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<i64>,
    /// What the receiver answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
}

impl TraceStep {
    fn new(at: Millis, stage: TraceStage, what: &'static str) -> Self {
        Self {
            at,
            stage,
            what,
            change: None,
            command_id: None,
            attempt: None,
            error: None,
            code: None,
            retry_at: None,
            ahead: None,
            device_status: None,
            cursor: None,
            event_type: None,
            person: None,
            status: None,
            webhook_id: None,
            delivery_id: None,
            delivery_state: None,
            attempts: None,
            http_status: None,
        }
    }

    fn of_step(step: Step) -> Self {
        let (stage, what) = match step.kind {
            StepKind::Queued => (TraceStage::Queue, "queued"),
            StepKind::Handed => (TraceStage::Engine, "handed"),
            StepKind::AttemptFailed => (TraceStage::Outbox, "attempt_failed"),
            StepKind::Failed if step.detail.code == Some(FailureCode::Refused) => {
                (TraceStage::Whatsapp, "refused")
            }
            StepKind::Failed => (TraceStage::Outbox, "failed"),
            kind => (TraceStage::Whatsapp, kind.as_str()),
        };
        let detail = step.detail;
        Self {
            change: detail.change,
            command_id: detail.command_id,
            attempt: detail.attempt,
            error: detail.error,
            code: detail.code,
            retry_at: detail.retry_at,
            ..Self::new(step.at, stage, what)
        }
    }

    fn of_event(event: &Event) -> Self {
        let status = match &event.kind {
            EventKind::MessageNew { message, .. } => Some(message.status),
            EventKind::MessageStatus { status, .. } => Some(*status),
            _ => None,
        };
        let person = match &event.kind {
            EventKind::MessageReceipt { person, .. } => Some(person.clone()),
            _ => None,
        };
        Self {
            cursor: Some(event.cursor.clone()),
            event_type: Some(event.kind.name().to_owned()),
            person,
            status,
            ..Self::new(event.at, TraceStage::Journal, "logged")
        }
    }

    fn of_delivery(delivery: Delivery) -> Vec<Self> {
        let step = |at: Millis, what: &'static str| Self {
            cursor: Some(delivery.cursor.clone()),
            webhook_id: Some(delivery.webhook.clone()),
            delivery_id: Some(delivery.id.clone()),
            delivery_state: Some(delivery.state.as_str()),
            attempts: Some(delivery.attempts.into()),
            ..Self::new(at, TraceStage::Webhook, what)
        };
        let waits = delivery.state == DeliveryState::Pending;
        let mut steps = vec![Self {
            event_type: Some(delivery.event_type.clone()),
            retry_at: waits.then_some(delivery.due_at),
            ..step(delivery.created_at, "scheduled")
        }];
        for attempt in &delivery.history {
            let what = if attempt.error.is_none() { "delivered" } else { "attempt_failed" };
            steps.push(Self {
                attempt: Some(attempt.number.into()),
                http_status: attempt.status,
                error: attempt.error.clone(),
                ..step(attempt.at, what)
            });
        }
        let ended = match delivery.state {
            DeliveryState::Dead => Some("dead"),
            DeliveryState::Expired => Some("expired"),
            DeliveryState::Pending | DeliveryState::Delivered => None,
        };
        steps.extend(ended.zip(delivery.finished_at).map(|(what, at)| step(at, what)));
        steps
    }

    fn of_waiting(waiting: Waiting, now: Millis) -> Self {
        let away = waiting.device != DeviceStatus::Connected;
        let (what, retry_at) = match () {
            () if away => ("waiting_for_device", waiting.cause.as_ref().and_then(|cause| cause.retry_at)),
            () if waiting.due_at > now => ("waiting_for_retry", Some(waiting.due_at)),
            () if waiting.ahead > 0 => ("waiting_for_turn", None),
            () => ("sending", None),
        };
        Self {
            attempts: Some(waiting.attempts),
            change: waiting.change,
            ahead: Some(waiting.ahead),
            device_status: Some(waiting.device),
            error: waiting.cause.filter(|_| away).map(|cause| cause.text),
            retry_at,
            ..Self::new(now, TraceStage::Outbox, what)
        }
    }
}

async fn of(app: &App, who: &auth::Principal, message: Message) -> Answer<Out<MessageTrace>> {
    let store = app.journal.store();
    let steps = storage::steps(store, &message.id).await?;
    let events = app.journal.of_message(&who.reach.workspace, &message.id).await?;
    let cursors: Vec<Cursor> = events.iter().map(|event| event.cursor.clone()).collect();
    let deliveries = app.webhooks.of_events(&who.reach, &cursors).await?;
    let mut trace: Vec<TraceStep> = steps.into_iter().map(TraceStep::of_step).collect();
    trace.extend(events.iter().map(TraceStep::of_event));
    trace.extend(deliveries.into_iter().flat_map(TraceStep::of_delivery));
    // Of one millisecond, what led to what: the steps of a stage keep their own order.
    trace.sort_by_key(|step| (step.at, step.stage.max(TraceStage::Whatsapp)));
    let waiting = read::waiting(store, &message.device_id, &message.id).await?;
    trace.extend(waiting.into_iter().map(|waiting| TraceStep::of_waiting(waiting, app.source.now())));
    Ok(Out(MessageTrace { message, steps: trace }))
}

/// A message's way: the answer to "why did it not arrive".
///
/// When it was queued and by which command, what was done to it since, each attempt to send it, what WhatsApp said, the receipts, the events
/// that tell of it, and what became of their deliveries to webhooks. At most 200 steps and 200 events are kept of a
/// message, events and deliveries as long as their logs keep them.
#[utoipa::path(
    get,
    path = "/messages/{message}/trace",
    operation_id = "traceMessage",
    tag = "Messages",
    params(("message" = MessageId, Path)),
    responses((status = 200, description = "What is known of it", body = MessageTrace)),
)]
pub async fn trace(
    State(app): State<App>,
    Principal(who): Principal,
    Path(message): Path<MessageId>,
) -> Answer<Out<MessageTrace>> {
    let found = read::message(app.journal.store(), &who.reach, &message).await?;
    of(&app, &who, found.ok_or_else(|| Refusal::not_found("message"))?).await
}

/// A message's way: the answer to "why did it not arrive".
///
/// As `GET /api/v1/messages/{message}/trace`, for a message of this device.
#[utoipa::path(
    get,
    path = "/devices/{device}/messages/{message}/trace",
    operation_id = "traceDeviceMessage",
    tag = "Messages",
    params(("device" = DeviceId, Path), ("message" = MessageId, Path)),
    responses((status = 200, description = "What is known of it", body = MessageTrace)),
)]
pub async fn of_device(
    State(app): State<App>,
    Principal(who): Principal,
    Path((device, message)): Path<(DeviceId, MessageId)>,
) -> Answer<Out<MessageTrace>> {
    let found = read::message(app.journal.store(), &who.reach.narrowed(device), &message).await?;
    of(&app, &who, found.ok_or_else(|| Refusal::not_found("message"))?).await
}
