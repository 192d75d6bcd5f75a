//! Groups: what they are now, who is in them, who may do what.
//!
//! All of it is asked of WhatsApp while the caller waits: the device has to be connected. Only how a group was last
//! known can be read without. What changes something is done once under the caller's `Idempotency-Key`.

use super::once::{self, Once};
use crate::protocol::{DeviceId, GroupInfo, Problem, ProblemCode};
use crate::server::devices::{GroupChange, MemberChange, MemberOutcome};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Principal, Sender};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(get, change))
        .routes(routes!(members))
        .routes(routes!(invite, reset_invite))
        .routes(routes!(join))
        .routes(routes!(leave))
}

/// A group to be made.
#[derive(Serialize, Deserialize, ToSchema)]
struct NewGroup {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    subject: String,
    /// Phone numbers or JIDs.
    #[serde(default)]
    #[schema(max_items = 1_024)]
    members: Vec<String>,
}

/// Makes a group; the device's account administers it.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups",
    operation_id = "createGroup",
    tag = "Groups",
    params(("device" = DeviceId, Path), IdempotencyHeader),
    responses((status = 201, description = "The group", body = GroupInfo), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn create(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<NewGroup>,
) -> Answer<Once<GroupInfo>> {
    let (devices, reach, what) = (app.devices.clone(), who.reach.clone(), once::reads(&body));
    let named = device.clone();
    let act = async move { devices.create_group(&reach, &device, &body.subject, &body.members).await };
    let (body, replayed) = once::done(&app, &who, key, &["create_group", named.as_str(), &what], act).await?;
    Ok(Once { status: StatusCode::CREATED, body, replayed })
}

/// A group with its members, as WhatsApp has it now.
///
/// While the device is away, and where it is no longer in the group (`left`), as it was last known, at `asOf`.
#[utoipa::path(
    get,
    path = "/devices/{device}/groups/{chat}",
    operation_id = "getGroup",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 200, description = "The group", body = GroupInfo), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path((device, chat)): Path<(DeviceId, String)>,
) -> Answer<Out<GroupInfo>> {
    Ok(Out(app.devices.group(&who.reach, &device, &chat).await?))
}

/// What is to change of a group; what is absent stays as it is.
#[derive(Serialize, Deserialize, ToSchema)]
struct GroupPatch {
    #[schema(min_length = 1, max_length = 100)]
    subject: Option<String>,
    /// At most 2,048 characters; `null` takes it away.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 2_048)]
    description: Option<Option<String>>,
    settings: Option<GroupSettingsPatch>,
}

/// Who may do what in a group; what is absent stays as it is.
#[derive(Serialize, Deserialize, ToSchema)]
struct GroupSettingsPatch {
    /// Only administrators may write.
    announce: Option<bool>,
    /// Only administrators may change subject, description and settings.
    locked: Option<bool>,
    /// Whoever joins by the invitation has to be let in by an administrator.
    approval: Option<bool>,
    /// Every member may add others; else only administrators.
    #[serde(rename = "memberAdd")]
    member_add: Option<bool>,
    /// Seconds after which new messages disappear: 86400, 604800 or 7776000; `null` for never.
    #[serde(
        rename = "expiresIn",
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<u32>)]
    expires_in: Option<Option<u32>>,
}

/// Tells `null` from what is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Changes a group's subject, description or settings.
#[utoipa::path(
    patch,
    path = "/devices/{device}/groups/{chat}",
    operation_id = "changeGroup",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 200, description = "The group as it is now", body = GroupInfo), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn change(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<GroupPatch>,
) -> Answer<Once<GroupInfo>> {
    let words = [device.to_string(), chat.clone(), once::reads(&body)];
    let mut changes = Vec::new();
    changes.extend(body.subject.map(GroupChange::Subject));
    changes.extend(body.description.map(GroupChange::Description));
    if let Some(settings) = body.settings {
        changes.extend(settings.announce.map(GroupChange::Announce));
        changes.extend(settings.locked.map(GroupChange::Locked));
        changes.extend(settings.approval.map(GroupChange::Approval));
        changes.extend(settings.member_add.map(GroupChange::MemberAdd));
        changes.extend(settings.expires_in.map(GroupChange::ExpiresIn));
    }
    let (devices, reach) = (app.devices.clone(), who.reach.clone());
    let act = async move { devices.change_group(&reach, &device, &chat, changes).await };
    let what = ["change_group", &words[0], &words[1], &words[2]];
    let (body, replayed) = once::done(&app, &who, key, &what, act).await?;
    Ok(Once { status: StatusCode::OK, body, replayed })
}

/// Whom to add, remove, promote or demote: phone numbers or JIDs.
#[derive(Serialize, Deserialize, Default, ToSchema)]
#[serde(default)]
struct MemberChanges {
    #[schema(max_items = 1_024)]
    add: Vec<String>,
    #[schema(max_items = 1_024)]
    remove: Vec<String>,
    /// These become administrators.
    #[schema(max_items = 1_024)]
    promote: Vec<String>,
    /// These no longer are.
    #[schema(max_items = 1_024)]
    demote: Vec<String>,
}

/// What became of one person.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct MemberResult {
    pub jid: String,
    pub change: String,
    pub done: bool,
    /// WhatsApp's code, where it refused: `403` for people who let nobody add them, `404` for nobody, `409` for
    /// members.
    pub error: Option<String>,
}

/// What became of everybody who was named.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct MemberResults {
    pub items: Vec<MemberResult>,
}

/// Adds, removes, promotes or demotes members.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups/{chat}/members",
    operation_id = "changeGroupMembers",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 200, description = "What became of each", body = MemberResults), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn members(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<MemberChanges>,
) -> Answer<Once<MemberResults>> {
    let words = [device.to_string(), chat.clone(), once::reads(&body)];
    let changes = vec![
        (MemberChange::Add, body.add),
        (MemberChange::Remove, body.remove),
        (MemberChange::Promote, body.promote),
        (MemberChange::Demote, body.demote),
    ];
    if changes.iter().all(|(_, people)| people.is_empty()) {
        return Err(Refusal::new(ProblemCode::Invalid, "Name somebody to add, remove, promote or demote."));
    }
    let (devices, reach) = (app.devices.clone(), who.reach.clone());
    let act = async move {
        let outcomes = devices.change_members(&reach, &device, &chat, changes).await?;
        Ok(MemberResults { items: outcomes.into_iter().map(MemberResult::of).collect() })
    };
    let what = ["change_members", &words[0], &words[1], &words[2]];
    let (body, replayed) = once::done(&app, &who, key, &what, act).await?;
    Ok(Once { status: StatusCode::OK, body, replayed })
}

impl MemberResult {
    fn of((change, outcome): (MemberChange, MemberOutcome)) -> Self {
        let change = match change {
            MemberChange::Add => "add",
            MemberChange::Remove => "remove",
            MemberChange::Promote => "promote",
            MemberChange::Demote => "demote",
        };
        Self {
            jid: outcome.jid,
            change: change.to_owned(),
            done: outcome.error.is_none(),
            error: outcome.error,
        }
    }
}

/// An invitation to a group.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
struct GroupInvite {
    /// Whoever has it may join.
    link: String,
    /// The code in the link.
    code: String,
}

impl GroupInvite {
    fn of(link: String) -> Self {
        let code = link.rsplit('/').next().unwrap_or(&link).to_owned();
        Self { link, code }
    }
}

/// The link that lets whoever has it join the group.
#[utoipa::path(
    get,
    path = "/devices/{device}/groups/{chat}/invite",
    operation_id = "getGroupInvite",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 200, description = "The invitation", body = GroupInvite), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn invite(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
) -> Answer<Out<GroupInvite>> {
    Ok(Out(GroupInvite::of(app.devices.group_invite(&who.reach, &device, &chat, false).await?)))
}

/// Makes a new link; the one before lets nobody in any more.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups/{chat}/invite",
    operation_id = "resetGroupInvite",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 200, description = "The new invitation", body = GroupInvite), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn reset_invite(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Once<GroupInvite>> {
    let (devices, reach, words) =
        (app.devices.clone(), who.reach.clone(), [device.to_string(), chat.clone()]);
    let act = async move { devices.group_invite(&reach, &device, &chat, true).await.map(GroupInvite::of) };
    let what = ["reset_invite", &words[0], &words[1]];
    let (body, replayed) = once::done(&app, &who, key, &what, act).await?;
    Ok(Once { status: StatusCode::OK, body, replayed })
}

/// An invitation that somebody got.
#[derive(Serialize, Deserialize, ToSchema)]
struct JoinGroup {
    /// The link, or the code in it.
    #[schema(min_length = 1, max_length = 128)]
    code: String,
}

/// Joins a group by an invitation.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups/join",
    operation_id = "joinGroup",
    tag = "Groups",
    params(("device" = DeviceId, Path), IdempotencyHeader),
    responses((status = 200, description = "The group", body = GroupInfo), (status = 202, description = "An administrator has to let the device in first"), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn join(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<JoinGroup>,
) -> Answer<Response> {
    let (devices, reach, words) =
        (app.devices.clone(), who.reach.clone(), [device.to_string(), body.code.clone()]);
    let act = async move { devices.join_group(&reach, &device, &body.code).await };
    let (joined, replayed) = once::done(&app, &who, key, &["join_group", &words[0], &words[1]], act).await?;
    let answer = match joined {
        Some(group) => Out(group).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    };
    Ok(once::marked(answer, &replayed))
}

/// Leaves a group; its chat stays.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups/{chat}/leave",
    operation_id = "leaveGroup",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 204, description = "Done"), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn leave(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Response> {
    let (devices, reach, words) =
        (app.devices.clone(), who.reach.clone(), [device.to_string(), chat.clone()]);
    let act = async move { devices.leave_group(&reach, &device, &chat).await };
    let ((), replayed) = once::done(&app, &who, key, &["leave_group", &words[0], &words[1]], act).await?;
    Ok(once::nothing(&replayed))
}
