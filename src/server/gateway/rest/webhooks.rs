//! Webhooks: who gets the log posted, what became of each delivery, and how to try again.

use crate::protocol::{Cursor, DeviceId, Millis, Problem, ProblemCode, WebhookId};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Admin, Json, Path, Principal, Query};
use crate::server::gateway::state::App;
use crate::server::webhooks::{
    Attempt, Counts, Delivery, PageMark, State as DeliveryState, Webhook, WebhookError, Wish, is_delivery_id,
};
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Deliveries of one page at most.
const MAX_PAGE: i64 = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(rotate_secret))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(deliveries))
        .routes(routes!(dead_letters))
        .routes(routes!(delivery))
        .routes(routes!(retry))
}

impl From<WebhookError> for Refusal {
    fn from(error: WebhookError) -> Self {
        Problem::from(error).into()
    }
}

/// A receiver of events.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookView {
    id: WebhookId,
    url: String,
    description: String,
    /// Types of events such as `message.new`, and prefixes such as `message.*`; empty for all.
    events: Vec<String>,
    /// Null for all devices, those to come too.
    device_ids: Option<Vec<DeviceId>>,
    enabled: bool,
    /// Why it was disabled without being asked to: its receiver answered 410 Gone.
    disabled_because: Option<String>,
    /// The key of the signatures. Only here, when the webhook is created and when its secret is rotated.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The last four characters of the secret.
    secret_ending: String,
    /// Until when the secret before this one signs as well.
    previous_secret_until: Option<Millis>,
    /// Up to where the log was taken into deliveries.
    cursor: Cursor,
    /// Deliveries that wait, and dead letters.
    pending: i64,
    dead: i64,
    created_at: Millis,
}

impl WebhookView {
    fn of(hook: Webhook, counts: Counts) -> Self {
        Self {
            secret: None,
            secret_ending: hook.secrets.ending().to_owned(),
            previous_secret_until: hook.secrets.previous.map(|(_, until)| until),
            id: hook.id,
            url: hook.url,
            description: hook.description,
            events: hook.events.entries().to_vec(),
            device_ids: hook.devices,
            enabled: hook.enabled,
            disabled_because: hook.disabled_because,
            cursor: hook.position,
            pending: counts.pending,
            dead: counts.dead,
            created_at: hook.created_at,
        }
    }

    fn with_secret(hook: Webhook, counts: Counts) -> Self {
        let secret = hook.secrets.current.clone();
        Self { secret: Some(secret), ..Self::of(hook, counts) }
    }
}

/// One event on its way to one webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    /// `<webhook>-<epoch>-<seq>`: the same for every attempt.
    id: String,
    webhook_id: WebhookId,
    #[serde(rename = "type")]
    event_type: String,
    event_id: crate::protocol::EventId,
    cursor: Cursor,
    device_id: Option<DeviceId>,
    /// `pending`, `delivered`, `dead`, or `expired` (a code that was no longer worth a delivery).
    state: &'static str,
    /// How often it was tried.
    attempts: u32,
    /// Not before when it is tried again, while it is pending.
    next_attempt_at: Option<Millis>,
    created_at: Millis,
    finished_at: Option<Millis>,
    /// The last 20 attempts, oldest first.
    history: Vec<Attempt>,
    /// The event; only where one delivery is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    event: Option<serde_json::Value>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let waits = delivery.state == DeliveryState::Pending;
        Self {
            event: serde_json::from_str(&delivery.body).ok(),
            id: delivery.id,
            webhook_id: delivery.webhook,
            event_type: delivery.event_type,
            event_id: delivery.event_id,
            cursor: delivery.cursor,
            device_id: delivery.device,
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            next_attempt_at: waits.then_some(delivery.due_at),
            created_at: delivery.created_at,
            finished_at: delivery.finished_at,
            history: delivery.history,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct WebhookList {
    items: Vec<WebhookView>,
    /// Always null: a workspace has at most 100 webhooks.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct DeliveryList {
    items: Vec<DeliveryView>,
    /// Pass it as `after` for the next page; null on the last.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhook {
    /// At most 2,048 characters. `https` on port 443 or 80, and no private address, unless
    /// `SWITCHBOARD_WEBHOOK_ALLOW` names the target.
    url: String,
    /// At most 200 characters.
    #[serde(default)]
    description: Option<String>,
    /// At most 50 types or prefixes; empty for all.
    #[serde(default)]
    events: Option<Vec<String>>,
    /// Up to 500 devices; null for all.
    #[serde(default)]
    device_ids: Option<Vec<DeviceId>>,
    #[serde(default)]
    enabled: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookChange {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    events: Option<Vec<String>>,
    /// Null for all devices; absent to leave them as they are.
    #[serde(default, deserialize_with = "present")]
    device_ids: Option<Option<Vec<DeviceId>>>,
    #[serde(default)]
    enabled: Option<bool>,
}

/// Tells `null` from what is not there.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Vec<DeviceId>>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What came of a test.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    delivery_id: String,
    /// Whether the receiver answered 2xx.
    delivered: bool,
    /// The HTTP status, if there was an answer.
    status: Option<u16>,
    duration_ms: u64,
    /// The beginning of the answer's body, at most 1,024 bytes.
    response: Option<String>,
    /// What went wrong, for people.
    error: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct Replay {
    /// Everything after this cursor is delivered (again), in order.
    since: Cursor,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// Only those in this state: `pending`, `delivered`, `dead` or `expired`.
    state: Option<String>,
    /// `next` of the page before.
    #[serde(alias = "cursor")]
    after: Option<String>,
    /// 1 to 200; 50 by default.
    limit: Option<i64>,
}

/// Webhooks that are for no device but the caller's, oldest first.
#[utoipa::path(get, path = "/webhooks", operation_id = "listWebhooks", tag = "Webhooks", responses((status = 200, description = "The webhooks", body = WebhookList)))]
pub async fn list(State(app): State<App>, Principal(who): Principal) -> Answer<Out<WebhookList>> {
    let hooks = app.webhooks.list(&who.reach).await?;
    let items = hooks.into_iter().map(|(hook, counts)| WebhookView::of(hook, counts)).collect();
    Ok(Out(WebhookList { items, next: None }))
}

/// Adds a webhook.
///
/// It gets what happens from now on: each event as a signed POST, at least once, in order within its chat. The
/// answer has the secret, which is shown only here. A workspace has at most 100 webhooks.
#[utoipa::path(post, path = "/webhooks", operation_id = "createWebhook", tag = "Webhooks", request_body = NewWebhook, responses(
    (status = 201, description = "The new webhook, with its secret", body = WebhookView),
    (status = 400, description = "`invalid`: a value is out of its limits, or the target is refused", body = Problem),
    (status = 409, description = "`conflict`: the workspace has 100 webhooks", body = Problem),
))]
pub async fn create(
    State(app): State<App>,
    Admin(who): Admin,
    Json(body): Json<NewWebhook>,
) -> Answer<(StatusCode, Out<WebhookView>)> {
    let wish = Wish {
        url: Some(body.url),
        description: body.description,
        events: body.events,
        devices: Some(body.device_ids),
        enabled: body.enabled,
    };
    let hook = app.webhooks.create(&who.reach, wish).await?;
    Ok((StatusCode::CREATED, Out(WebhookView::with_secret(hook, Counts::default()))))
}

/// One webhook.
#[utoipa::path(get, path = "/webhooks/{webhook}", operation_id = "getWebhook", tag = "Webhooks",
    params(("webhook" = WebhookId, Path)),
    responses((status = 200, description = "The webhook", body = WebhookView)))]
pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(id): Path<WebhookId>,
) -> Answer<Out<WebhookView>> {
    let (hook, counts) = app.webhooks.get(&who.reach, &id).await?;
    Ok(Out(WebhookView::of(hook, counts)))
}

/// Changes a webhook.
///
/// What waits goes to the new target, at once; filters count for what happens from now on. A disabled webhook
/// keeps its place: enabled again, it gets what it missed for as far as the log reaches back, or a delivery of
/// type `resync`.
#[utoipa::path(patch, path = "/webhooks/{webhook}", operation_id = "changeWebhook", tag = "Webhooks", request_body = WebhookChange,
    params(("webhook" = WebhookId, Path)),
    responses(
        (status = 200, description = "The webhook as it is now", body = WebhookView),
        (status = 400, description = "`invalid`: a value is out of its limits, or the target is refused", body = Problem),
    ))]
pub async fn update(
    State(app): State<App>,
    Admin(who): Admin,
    Path(id): Path<WebhookId>,
    Json(body): Json<WebhookChange>,
) -> Answer<Out<WebhookView>> {
    let wish = Wish {
        url: body.url,
        description: body.description,
        events: body.events,
        devices: body.device_ids,
        enabled: body.enabled,
    };
    app.webhooks.update(&who.reach, &id, wish).await?;
    let (hook, counts) = app.webhooks.get(&who.reach, &id).await?;
    Ok(Out(WebhookView::of(hook, counts)))
}

/// Removes a webhook with its deliveries, those that wait too.
#[utoipa::path(delete, path = "/webhooks/{webhook}", operation_id = "deleteWebhook", tag = "Webhooks",
    params(("webhook" = WebhookId, Path)),
    responses((status = 204, description = "It is gone")))]
pub async fn delete(
    State(app): State<App>,
    Admin(who): Admin,
    Path(id): Path<WebhookId>,
) -> Answer<StatusCode> {
    app.webhooks.delete(&who.reach, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a webhook a new secret.
///
/// The answer has it, and nothing else ever does. For 24 hours deliveries carry two signatures, the second by
/// the secret before.
#[utoipa::path(post, path = "/webhooks/{webhook}/rotate-secret", operation_id = "rotateWebhookSecret", tag = "Webhooks",
    params(("webhook" = WebhookId, Path)),
    responses((status = 200, description = "The webhook, with its new secret", body = WebhookView)))]
pub async fn rotate_secret(
    State(app): State<App>,
    Admin(who): Admin,
    Path(id): Path<WebhookId>,
) -> Answer<Out<WebhookView>> {
    let hook = app.webhooks.rotate_secret(&who.reach, &id).await?;
    let (_, counts) = app.webhooks.get(&who.reach, &id).await?;
    Ok(Out(WebhookView::with_secret(hook, counts)))
}

/// Tests a webhook.
///
/// Delivers a signed `webhook.test` at once, beside the queue, also while it is disabled, and answers what the
/// receiver said.
#[utoipa::path(post, path = "/webhooks/{webhook}/test", operation_id = "testWebhook", tag = "Webhooks",
    params(("webhook" = WebhookId, Path)),
    responses(
        (status = 200, description = "What the receiver said", body = TestResult),
        (status = 429, description = "`rate_limited`: eight tests run already", body = Problem),
    ))]
pub async fn test(
    State(app): State<App>,
    Admin(who): Admin,
    Path(id): Path<WebhookId>,
) -> Answer<Out<TestResult>> {
    let tested = app.webhooks.test(&who.reach, &id).await?;
    let delivered = matches!(tested.status, Ok(200..=299));
    let (status, error) = match tested.status {
        Ok(status) if delivered => (Some(status), None),
        Ok(status) => (Some(status), Some(format!("the receiver answered {status}"))),
        Err(error) => (None, Some(error)),
    };
    Ok(Out(TestResult {
        delivery_id: tested.delivery,
        delivered,
        status,
        duration_ms: u64::try_from(tested.duration.as_millis()).unwrap_or(u64::MAX),
        response: tested.response,
        error,
    }))
}

/// Replays the log to a webhook.
///
/// Everything after the cursor that passes its filters is delivered (again), in order within each chat, under
/// the ids that it had.
#[utoipa::path(post, path = "/webhooks/{webhook}/replay", operation_id = "replayWebhook", tag = "Webhooks", request_body = Replay,
    params(("webhook" = WebhookId, Path)),
    responses(
        (status = 202, description = "It begins", body = WebhookView),
        (status = 409, description = "`resync`: the log does not reach back so far; `conflict`: it is disabled", body = Problem),
    ))]
pub async fn replay(
    State(app): State<App>,
    Admin(who): Admin,
    Path(id): Path<WebhookId>,
    Json(body): Json<Replay>,
) -> Answer<(StatusCode, Out<WebhookView>)> {
    app.webhooks.replay(&who.reach, &id, &body.since).await?;
    let (hook, counts) = app.webhooks.get(&who.reach, &id).await?;
    Ok((StatusCode::ACCEPTED, Out(WebhookView::of(hook, counts))))
}

/// What became of a webhook's deliveries.
///
/// Newest first. Of those that were delivered, the last 1,000 of seven days are kept; of dead letters, the last
/// 10,000 of thirty days.
#[utoipa::path(get, path = "/webhooks/{webhook}/deliveries", operation_id = "listWebhookDeliveries", tag = "Webhooks",
    params(("webhook" = WebhookId, Path), DeliveriesQuery),
    responses(
        (status = 200, description = "A page of deliveries", body = DeliveryList),
        (status = 400, description = "`invalid`: a parameter is out of its limits", body = Problem),
    ))]
pub async fn deliveries(
    State(app): State<App>,
    Principal(who): Principal,
    Path(id): Path<WebhookId>,
    Query(query): Query<DeliveriesQuery>,
) -> Answer<Out<DeliveryList>> {
    let state = match &query.state {
        None => None,
        Some(text) => {
            let wrong = || invalid("state is pending, delivered, dead or expired.");
            Some(DeliveryState::parse(text).ok_or_else(wrong)?)
        }
    };
    page(&app, &who, &id, state, &query).await
}

/// A webhook's dead letters.
///
/// The deliveries that failed for the last time, newest first.
#[utoipa::path(get, path = "/webhooks/{webhook}/dead-letters", operation_id = "listWebhookDeadLetters", tag = "Webhooks",
    params(("webhook" = WebhookId, Path), DeliveriesQuery),
    responses((status = 200, description = "A page of dead letters", body = DeliveryList)))]
pub async fn dead_letters(
    State(app): State<App>,
    Principal(who): Principal,
    Path(id): Path<WebhookId>,
    Query(query): Query<DeliveriesQuery>,
) -> Answer<Out<DeliveryList>> {
    page(&app, &who, &id, Some(DeliveryState::Dead), &query).await
}

async fn page(
    app: &App,
    who: &crate::server::auth::Principal,
    id: &WebhookId,
    state: Option<DeliveryState>,
    query: &DeliveriesQuery,
) -> Answer<Out<DeliveryList>> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(invalid(&format!("limit is 1 to {MAX_PAGE}.")));
    }
    let after = match &query.after {
        None => None,
        Some(text) => Some(PageMark::parse(text).ok_or_else(|| invalid("after is no `next` of a page."))?),
    };
    let mut found = app.webhooks.deliveries(&who.reach, id, state, after.as_ref(), limit + 1).await?;
    let length = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > length;
    found.truncate(length);
    let next = found.last().filter(|_| more).map(|last| PageMark::of(last).to_string());
    Ok(Out(DeliveryList { items: found.into_iter().map(DeliveryView::from).collect(), next }))
}

fn invalid(detail: &str) -> Refusal {
    Refusal::new(ProblemCode::Invalid, detail)
}

/// The id in the path, if it has the form of one.
fn checked(delivery: &str) -> Answer<&str> {
    if is_delivery_id(delivery) { Ok(delivery) } else { Err(Refusal::not_found("delivery")) }
}

/// One delivery, with its event.
#[utoipa::path(get, path = "/webhooks/{webhook}/deliveries/{delivery}", operation_id = "getWebhookDelivery", tag = "Webhooks",
    params(("webhook" = WebhookId, Path), ("delivery" = String, Path)),
    responses((status = 200, description = "The delivery", body = DeliveryView)))]
pub async fn delivery(
    State(app): State<App>,
    Principal(who): Principal,
    Path((id, delivery)): Path<(WebhookId, String)>,
) -> Answer<Out<DeliveryView>> {
    Ok(Out(app.webhooks.delivery(&who.reach, &id, checked(&delivery)?).await?.into()))
}

/// Tries a delivery again.
///
/// Now, and then by the whole schedule, whatever became of it: a dead letter, one that waits for its next
/// attempt, or one that was delivered.
#[utoipa::path(post, path = "/webhooks/{webhook}/deliveries/{delivery}/retry", operation_id = "retryWebhookDelivery", tag = "Webhooks",
    params(("webhook" = WebhookId, Path), ("delivery" = String, Path)),
    responses(
        (status = 202, description = "The delivery, in the queue again", body = DeliveryView),
        (status = 409, description = "`conflict`: the webhook is disabled", body = Problem),
    ))]
pub async fn retry(
    State(app): State<App>,
    Admin(who): Admin,
    Path((id, delivery)): Path<(WebhookId, String)>,
) -> Answer<(StatusCode, Out<DeliveryView>)> {
    let delivery = app.webhooks.retry(&who.reach, &id, checked(&delivery)?).await?;
    Ok((StatusCode::ACCEPTED, Out(delivery.into())))
}
