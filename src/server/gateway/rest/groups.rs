//! Groups: what they are now, who is in them, who may do what.
//!
//! All of it is asked of WhatsApp while the caller waits: the device has to be connected. Only how a group was last
//! known can be read without.

use crate::protocol::{DeviceId, GroupInfo, Problem, ProblemCode};
use crate::server::devices::{GroupChange, MemberChange, MemberOutcome};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Json, Path, Principal, Sender};
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
#[derive(Deserialize, ToSchema)]
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
    params(("device" = DeviceId, Path)),
    responses((status = 201, description = "The group", body = GroupInfo), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn create(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    Json(body): Json<NewGroup>,
) -> Answer<(StatusCode, Out<GroupInfo>)> {
    let group = app.devices.create_group(&who.reach, &device, &body.subject, &body.members).await?;
    Ok((StatusCode::CREATED, Out(group)))
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
#[derive(Deserialize, ToSchema)]
struct GroupPatch {
    #[schema(min_length = 1, max_length = 100)]
    subject: Option<String>,
    /// At most 2,048 characters; `null` takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2_048)]
    description: Option<Option<String>>,
    settings: Option<GroupSettingsPatch>,
}

/// Who may do what in a group; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
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
    #[serde(rename = "expiresIn", default, deserialize_with = "present")]
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
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 200, description = "The group as it is now", body = GroupInfo), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn change(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    Json(body): Json<GroupPatch>,
) -> Answer<Out<GroupInfo>> {
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
    Ok(Out(app.devices.change_group(&who.reach, &device, &chat, changes).await?))
}

/// Whom to add, remove, promote or demote: phone numbers or JIDs.
#[derive(Deserialize, Default, ToSchema)]
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
#[derive(Serialize, ToSchema)]
pub(super) struct MemberResult {
    pub jid: String,
    #[schema(value_type = String)]
    pub change: &'static str,
    pub done: bool,
    /// WhatsApp's code, where it refused: `403` for people who let nobody add them, `404` for nobody, `409` for
    /// members.
    pub error: Option<String>,
}

/// What became of everybody who was named.
#[derive(Serialize, ToSchema)]
pub(super) struct MemberResults {
    pub items: Vec<MemberResult>,
}

/// Adds, removes, promotes or demotes members.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups/{chat}/members",
    operation_id = "changeGroupMembers",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 200, description = "What became of each", body = MemberResults), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn members(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    Json(body): Json<MemberChanges>,
) -> Answer<Out<MemberResults>> {
    let changes = vec![
        (MemberChange::Add, body.add),
        (MemberChange::Remove, body.remove),
        (MemberChange::Promote, body.promote),
        (MemberChange::Demote, body.demote),
    ];
    if changes.iter().all(|(_, people)| people.is_empty()) {
        return Err(Refusal::new(ProblemCode::Invalid, "Name somebody to add, remove, promote or demote."));
    }
    let outcomes = app.devices.change_members(&who.reach, &device, &chat, changes).await?;
    let result = |(change, outcome): (MemberChange, MemberOutcome)| MemberResult {
        jid: outcome.jid,
        change: match change {
            MemberChange::Add => "add",
            MemberChange::Remove => "remove",
            MemberChange::Promote => "promote",
            MemberChange::Demote => "demote",
        },
        done: outcome.error.is_none(),
        error: outcome.error,
    };
    Ok(Out(MemberResults { items: outcomes.into_iter().map(result).collect() }))
}

/// An invitation to a group.
#[derive(Serialize, ToSchema)]
struct GroupInvite {
    /// Whoever has it may join.
    link: String,
    /// The code in the link.
    code: String,
}

impl GroupInvite {
    fn of(link: String) -> Out<Self> {
        let code = link.rsplit('/').next().unwrap_or(&link).to_owned();
        Out(Self { link, code })
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
    Ok(GroupInvite::of(app.devices.group_invite(&who.reach, &device, &chat, false).await?))
}

/// Makes a new link; the one before lets nobody in any more.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups/{chat}/invite",
    operation_id = "resetGroupInvite",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 200, description = "The new invitation", body = GroupInvite), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn reset_invite(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
) -> Answer<Out<GroupInvite>> {
    Ok(GroupInvite::of(app.devices.group_invite(&who.reach, &device, &chat, true).await?))
}

/// An invitation that somebody got.
#[derive(Deserialize, ToSchema)]
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
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The group", body = GroupInfo), (status = 202, description = "An administrator has to let the device in first"), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn join(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    Json(body): Json<JoinGroup>,
) -> Answer<Response> {
    Ok(match app.devices.join_group(&who.reach, &device, &body.code).await? {
        Some(group) => Out(group).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    })
}

/// Leaves a group; its chat stays.
#[utoipa::path(
    post,
    path = "/devices/{device}/groups/{chat}/leave",
    operation_id = "leaveGroup",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 204, description = "Done"), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn leave(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
) -> Answer<StatusCode> {
    app.devices.leave_group(&who.reach, &device, &chat).await?;
    Ok(StatusCode::NO_CONTENT)
}
