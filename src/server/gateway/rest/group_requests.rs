//! Who asks to be let into a group.

use super::groups::{MemberResult, MemberResults};
use super::once::{self, Once};
use crate::protocol::{DeviceId, GroupRequest, Problem, ProblemCode};
use crate::server::devices::MemberOutcome;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Principal, Sender};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, answer))
}

/// Who asks to be let in.
#[derive(Serialize, ToSchema)]
struct GroupRequests {
    items: Vec<GroupRequest>,
}

/// Who asks to be let into a group: administrators see it.
#[utoipa::path(
    get,
    path = "/devices/{device}/groups/{chat}/requests",
    operation_id = "listGroupRequests",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 200, description = "Who waits", body = GroupRequests), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Path((device, chat)): Path<(DeviceId, String)>,
) -> Answer<Out<GroupRequests>> {
    Ok(Out(GroupRequests { items: app.devices.group_requests(&who.reach, &device, &chat).await? }))
}

/// Whom to let in and whom to turn away: phone numbers or JIDs.
#[derive(Serialize, Deserialize, Default, ToSchema)]
#[serde(default)]
struct RequestAnswers {
    #[schema(max_items = 1_024)]
    approve: Vec<String>,
    #[schema(max_items = 1_024)]
    reject: Vec<String>,
}

/// Lets people into a group who asked for it, or turns them away.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups/{chat}/requests",
    operation_id = "answerGroupRequests",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 200, description = "What became of each: the changes are `approve` and `reject`", body = MemberResults), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn answer(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<RequestAnswers>,
) -> Answer<Once<MemberResults>> {
    let words = [device.to_string(), chat.clone(), once::reads(&body)];
    let RequestAnswers { approve, reject } = body;
    if approve.is_empty() && reject.is_empty() {
        return Err(Refusal::new(ProblemCode::Invalid, "Name somebody to approve or reject."));
    }
    let result = |(let_in, outcome): (bool, MemberOutcome)| MemberResult {
        jid: outcome.jid,
        change: if let_in { "approve" } else { "reject" }.to_owned(),
        done: outcome.error.is_none(),
        error: outcome.error,
    };
    let (devices, reach) = (app.devices.clone(), who.reach.clone());
    let act = async move {
        let outcomes = devices.answer_requests(&reach, &device, &chat, &approve, &reject).await?;
        Ok(MemberResults { items: outcomes.into_iter().map(result).collect() })
    };
    let what = ["answer_requests", &words[0], &words[1], &words[2]];
    let (body, replayed) = once::done(&app, &who, key, &what, act).await?;
    Ok(Once { status: StatusCode::OK, body, replayed })
}
