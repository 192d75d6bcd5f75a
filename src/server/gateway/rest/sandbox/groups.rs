//! Groups of the emulated network.

use super::{List, Net};
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Json, Path};
use crate::server::sandbox::{Addressing, Group};
use axum::Json as Out;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Groups of the emulated network.
#[utoipa::path(
    get,
    path = "/groups",
    operation_id = "listPhoneGroups",
    tag = "Sandbox",
    responses((status = 200, description = "All of them", body = List<Group>)),
)]
pub async fn groups(Net(net): Net) -> Answer<Out<List<Group>>> {
    Ok(List::of(net.groups().await?))
}

/// A group to be made.
#[derive(Deserialize, ToSchema)]
pub struct NewPhoneGroup {
    /// 1 to 100 characters.
    subject: String,
    /// Numbers of the others.
    members: Vec<String>,
    /// By which of their names its members come: `pn` their numbers, `lid` their LIDs.
    #[serde(default)]
    addressing: Addressing,
}

/// A phone makes a group with others; it is its administrator.
#[utoipa::path(
    post,
    path = "/phones/{number}/groups",
    operation_id = "addPhoneGroup",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 201, description = "The new group", body = Group)),
)]
pub async fn add_group(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<NewPhoneGroup>,
) -> Answer<(StatusCode, Out<Group>)> {
    let group = net.create_group_as(&number, &body.subject, &body.members, body.addressing).await?;
    Ok((StatusCode::CREATED, Out(group)))
}
