//! The people of a workspace.

use crate::protocol::{Millis, Page, Permission, Problem, UserId, WorkspaceId};
use crate::server::auth::{self, NewUser, UserChange};
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Admin, Json, Path, Query};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, delete))
        .routes(routes!(create_sign_in_link))
}

/// A person.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    id: UserId,
    workspace_id: WorkspaceId,
    name: String,
    /// `null` for somebody who has none, for example because a token brought them here.
    email: Option<String>,
    permission: Permission,
    /// What the issuer of their tokens calls them (the claim `sub`).
    external_id: Option<String>,
    /// Whether they chose a password.
    has_password: bool,
    created_at: Millis,
}

impl From<auth::User> for User {
    fn from(user: auth::User) -> Self {
        Self {
            email: user.address().map(str::to_owned),
            id: user.id,
            workspace_id: user.workspace,
            name: user.name,
            permission: user.permission,
            external_id: user.subject,
            has_password: user.has_password,
            created_at: user.created_at,
        }
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// `next` of the page before.
    #[serde(alias = "cursor")]
    after: Option<String>,
    /// 1 to 500; 100 without it.
    limit: Option<i64>,
}

/// A page of the workspace's users, in the order in which they were added.
#[utoipa::path(get, path = "/users", operation_id = "listUsers", tag = "Users", params(Paging), responses(
    (status = 200, description = "The page", body = Page<User>),
    (status = 403, description = "Not an admin of the whole workspace", body = Problem),
))]
async fn list(
    State(app): State<App>,
    Admin(who): Admin,
    Query(paging): Query<Paging>,
) -> Answer<Out<Page<User>>> {
    let (users, next) = app.auth.users(&who, paging.after.as_deref(), paging.limit.unwrap_or(100)).await?;
    Ok(Out(Page { items: users.into_iter().map(User::from).collect(), next, cursor: None }))
}

/// Somebody to be added.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserToAdd {
    /// 1 to 80 characters.
    name: String,
    email: Option<String>,
    /// `send` without it.
    permission: Option<Permission>,
    /// What the issuer of their tokens calls them: 1 to 128 characters.
    #[serde(alias = "subject")]
    external_id: Option<String>,
}

/// Somebody who was just added, with their way in.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct AddedUser {
    #[serde(flatten)]
    user: User,
    /// The path of a link that signs them in, once and within a day.
    sign_in_link: String,
}

/// Adds somebody, and answers a one-time link by which they sign in.
#[utoipa::path(post, path = "/users", operation_id = "createUser", tag = "Users", request_body = UserToAdd, responses(
    (status = 201, description = "The user, with a one-time link", body = AddedUser),
    (status = 400, description = "A value out of its limits", body = Problem),
    (status = 409, description = "The address or external id belongs to somebody else", body = Problem),
))]
async fn create(State(app): State<App>, Admin(who): Admin, Json(body): Json<UserToAdd>) -> Answer<Response> {
    let new = NewUser {
        name: body.name,
        email: body.email,
        permission: body.permission.unwrap_or(Permission::Send),
        subject: body.external_id,
    };
    let (user, token) = app.auth.create_user(&who, new).await?;
    Ok(shown_once(AddedUser { user: user.into(), sign_in_link: link_of(&token) }))
}

/// The path that a one-time link leads to.
fn link_of(token: &str) -> String {
    format!("/sign-in?token={token}")
}

/// What was made, with what nobody keeps.
fn shown_once(made: impl Serialize) -> Response {
    let secret = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::CREATED, secret, Out(made)).into_response()
}

/// A way in.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignInLink {
    /// The path of a link that signs the user in, once and within a day.
    sign_in_link: String,
}

/// Makes a one-time link by which a user signs in who has no password, or forgot it. Their password and sessions stay.
#[utoipa::path(post, path = "/users/{user}/sign-in-link", operation_id = "createSignInLink", tag = "Users", params(("user" = UserId, Path)), responses(
    (status = 201, description = "The link, for the only time", body = SignInLink),
    (status = 404, description = "No such user", body = Problem),
))]
async fn create_sign_in_link(
    State(app): State<App>,
    Admin(who): Admin,
    Path(id): Path<UserId>,
) -> Answer<Response> {
    let token = app.auth.new_sign_in_link(&who, &id).await?;
    Ok(shown_once(SignInLink { sign_in_link: link_of(&token) }))
}

/// One user.
#[utoipa::path(get, path = "/users/{user}", operation_id = "getUser", tag = "Users", params(("user" = UserId, Path)), responses(
    (status = 200, description = "The user", body = User),
    (status = 404, description = "No such user", body = Problem),
))]
async fn get(State(app): State<App>, Admin(who): Admin, Path(id): Path<UserId>) -> Answer<Out<User>> {
    Ok(Out(app.auth.user(&who, &id).await?.into()))
}

/// What is to change; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    name: Option<String>,
    email: Option<String>,
    permission: Option<Permission>,
    /// `null` takes it away.
    #[serde(default, alias = "subject", deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<String>>,
}

/// Tells `null` from a field that is not there.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// Changes somebody. Whoever may less than before is signed out, and their connections end.
#[utoipa::path(patch, path = "/users/{user}", operation_id = "changeUser", tag = "Users", params(("user" = UserId, Path)), request_body = Change, responses(
    (status = 200, description = "The user", body = User),
    (status = 400, description = "A value out of its limits", body = Problem),
    (status = 404, description = "No such user", body = Problem),
    (status = 409, description = "Taken by somebody else, or the last admin", body = Problem),
))]
async fn change(
    State(app): State<App>,
    Admin(who): Admin,
    Path(id): Path<UserId>,
    Json(body): Json<Change>,
) -> Answer<Out<User>> {
    let change = UserChange {
        name: body.name,
        email: body.email,
        permission: body.permission,
        subject: body.external_id,
    };
    Ok(Out(app.auth.change_user(&who, &id, change).await?.into()))
}

/// Removes somebody: their sessions and connections end. The keys that they made belong to the workspace and stay.
#[utoipa::path(delete, path = "/users/{user}", operation_id = "deleteUser", tag = "Users", params(("user" = UserId, Path)), responses(
    (status = 204, description = "They are gone"),
    (status = 404, description = "No such user", body = Problem),
    (status = 409, description = "Oneself, or the last admin", body = Problem),
))]
async fn delete(State(app): State<App>, Admin(who): Admin, Path(id): Path<UserId>) -> Answer<StatusCode> {
    app.auth.delete_user(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
