//! The account's own profile, and pictures: of the account and of groups.
//!
//! All of it is asked of WhatsApp while the caller waits: the device has to be connected.

use crate::protocol::{Chat, DeviceId, MediaId, Problem};
use crate::server::devices::{OwnProfile, ProfileChange};
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Json, Path, Principal, Sender};
use crate::server::gateway::state::App;
use crate::server::reach::Reach;
use axum::Json as Out;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get, change))
        .routes(routes!(set_picture, remove_picture))
        .routes(routes!(set_group_picture, remove_group_picture))
}

/// The account behind a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Profile {
    /// Digits only.
    phone_number: String,
    /// What it is called.
    name: Option<String>,
    /// What it says about itself.
    about: Option<String>,
    /// Where its picture is served, if there is one.
    picture: Option<String>,
}

impl Profile {
    fn of(profile: OwnProfile) -> Out<Self> {
        let OwnProfile { phone_number, name, about, picture } = profile;
        Out(Self { phone_number, name, about, picture })
    }
}

/// The account's own profile, as WhatsApp has it now.
#[utoipa::path(
    get,
    path = "/devices/{device}/profile",
    operation_id = "getProfile",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The profile", body = Profile), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Profile>> {
    Ok(Profile::of(app.devices.profile(&who.reach, &device).await?))
}

/// What is to change; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
struct ProfilePatch {
    /// 1 to 25 characters.
    #[schema(min_length = 1, max_length = 25)]
    name: Option<String>,
    /// At most 139 characters; empty says nothing.
    #[schema(max_length = 139)]
    about: Option<String>,
}

/// Changes what the account is called, or what it says about itself.
#[utoipa::path(
    patch,
    path = "/devices/{device}/profile",
    operation_id = "changeProfile",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The profile as it is now", body = Profile), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn change(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    Json(body): Json<ProfilePatch>,
) -> Answer<Out<Profile>> {
    let changes = [body.name.map(ProfileChange::Name), body.about.map(ProfileChange::About)];
    let changes = changes.into_iter().flatten().collect();
    Ok(Profile::of(app.devices.change_profile(&who.reach, &device, changes).await?))
}

/// A picture that was uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UploadedPicture {
    /// A JPEG, PNG or WebP. The square in its middle is taken, at 640 by 640 pixels.
    media_id: MediaId,
}

async fn picture(app: &App, reach: &Reach, picture: &UploadedPicture) -> Answer<Vec<u8>> {
    let stored = app.media.for_sending(reach, &picture.media_id).await?;
    Ok(app.media.profile_picture(&stored).await?)
}

/// Gives the account a picture.
#[utoipa::path(
    put,
    path = "/devices/{device}/profile/picture",
    operation_id = "setProfilePicture",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The profile as it is now", body = Profile), (status = 409, description = "`not_connected`: the device is not connected now; `conflict`: the file was refused", body = Problem), (status = 410, description = "`gone`: the file is no longer to be had", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn set_picture(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    Json(body): Json<UploadedPicture>,
) -> Answer<Out<Profile>> {
    app.devices.get(&who.reach, &device).await?;
    let change = ProfileChange::Picture(Some(picture(&app, &who.reach, &body).await?));
    Ok(Profile::of(app.devices.change_profile(&who.reach, &device, vec![change]).await?))
}

/// Takes the account's picture away.
#[utoipa::path(
    delete,
    path = "/devices/{device}/profile/picture",
    operation_id = "removeProfilePicture",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The profile as it is now", body = Profile), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn remove_picture(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Profile>> {
    let change = vec![ProfileChange::Picture(None)];
    Ok(Profile::of(app.devices.change_profile(&who.reach, &device, change).await?))
}

/// Gives a group a picture.
#[utoipa::path(
    put,
    path = "/devices/{device}/groups/{chat}/picture",
    operation_id = "setGroupPicture",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 200, description = "The group's chat, with its picture", body = Chat), (status = 409, description = "`not_connected`: the device is not connected now; `conflict`: the file was refused", body = Problem), (status = 410, description = "`gone`: the file is no longer to be had", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn set_group_picture(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    Json(body): Json<UploadedPicture>,
) -> Answer<Out<Chat>> {
    app.devices.get(&who.reach, &device).await?;
    let picture = picture(&app, &who.reach, &body).await?;
    Ok(Out(app.devices.set_group_picture(&who.reach, &device, &chat, Some(picture)).await?))
}

/// Takes a group's picture away.
#[utoipa::path(
    delete,
    path = "/devices/{device}/groups/{chat}/picture",
    operation_id = "removeGroupPicture",
    tag = "Groups",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 200, description = "The group's chat", body = Chat), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn remove_group_picture(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
) -> Answer<Out<Chat>> {
    Ok(Out(app.devices.set_group_picture(&who.reach, &device, &chat, None).await?))
}
