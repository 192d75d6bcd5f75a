//! Keys of programs.

use crate::protocol::{DeviceId, Millis, Page, Permission, Problem};
use crate::server::auth::{ApiKeyInfo, NewKey};
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Admin, Json, Path};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, rename, delete))
}

/// A key as its managers see it; the key itself is shown once, when it is made.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    id: String,
    name: String,
    /// Its first characters.
    hint: String,
    permission: Permission,
    /// The devices that it reaches; `null` for all of the workspace.
    device_ids: Option<Vec<DeviceId>>,
    created_at: Millis,
    /// Who made it: `user:…` or `key:…`.
    created_by: String,
    expires_at: Option<Millis>,
    /// To the minute.
    last_used_at: Option<Millis>,
}

impl From<ApiKeyInfo> for ApiKey {
    fn from(info: ApiKeyInfo) -> Self {
        Self {
            id: info.id,
            name: info.name,
            hint: info.hint,
            permission: info.permission,
            device_ids: info.devices,
            created_at: info.created_at,
            created_by: info.created_by,
            expires_at: info.expires_at,
            last_used_at: info.last_used_at,
        }
    }
}

/// All keys of the workspace, oldest first. A key for some devices sees those that reach nothing else.
#[utoipa::path(get, path = "/api-keys", operation_id = "listApiKeys", tag = "API keys", responses(
    (status = 200, description = "The keys", body = Page<ApiKey>),
    (status = 403, description = "Not an admin", body = Problem),
))]
async fn list(State(app): State<App>, Admin(who): Admin) -> Answer<Out<Page<ApiKey>>> {
    let items = app.auth.api_keys(&who).await?.into_iter().map(ApiKey::from).collect();
    Ok(Out(Page { items, next: None, cursor: None }))
}

/// A key to be made.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewApiKey {
    /// 1 to 80 characters.
    name: String,
    permission: Permission,
    /// 1 to 200 devices; left out, it reaches all of the workspace, those to come too.
    device_ids: Option<Vec<DeviceId>>,
    /// Milliseconds since the Unix epoch; left out, it counts until it is deleted.
    expires_at: Option<Millis>,
}

/// A key that has just been made, with the only sight of it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MadeApiKey {
    #[serde(flatten)]
    info: ApiKey,
    /// The key: `swb_` and 43 characters. It is kept nowhere and shown never again.
    key: String,
}

/// Makes a key. It may not do more, reach further or live longer than a key that makes it.
#[utoipa::path(post, path = "/api-keys", operation_id = "createApiKey", tag = "API keys", request_body = NewApiKey, responses(
    (status = 201, description = "The key, for the only time", body = MadeApiKey),
    (status = 400, description = "A value out of its limits", body = Problem),
    (status = 403, description = "Not an admin, or wider than oneself", body = Problem),
    (status = 404, description = "No such device", body = Problem),
))]
async fn create(State(app): State<App>, Admin(who): Admin, Json(body): Json<NewApiKey>) -> Answer<Response> {
    let new = NewKey {
        name: body.name,
        permission: body.permission,
        devices: body.device_ids,
        expires_at: body.expires_at,
    };
    let (info, key) = app.auth.create_api_key(&who, new).await?;
    let secret = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, secret, Out(MadeApiKey { info: info.into(), key })).into_response())
}

/// One key.
#[utoipa::path(get, path = "/api-keys/{key}", operation_id = "getApiKey", tag = "API keys", params(("key" = String, Path)), responses(
    (status = 200, description = "The key", body = ApiKey),
    (status = 404, description = "No such key", body = Problem),
))]
async fn get(State(app): State<App>, Admin(who): Admin, Path(id): Path<String>) -> Answer<Out<ApiKey>> {
    Ok(Out(app.auth.api_key(&who, &id).await?.into()))
}

/// What of a key can be changed: its rights cannot. Make another one instead.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyChange {
    /// 1 to 80 characters.
    name: String,
}

/// Gives a key another name.
#[utoipa::path(patch, path = "/api-keys/{key}", operation_id = "renameApiKey", tag = "API keys", params(("key" = String, Path)), request_body = ApiKeyChange, responses(
    (status = 200, description = "The key", body = ApiKey),
    (status = 404, description = "No such key", body = Problem),
))]
async fn rename(
    State(app): State<App>,
    Admin(who): Admin,
    Path(id): Path<String>,
    Json(body): Json<ApiKeyChange>,
) -> Answer<Out<ApiKey>> {
    Ok(Out(app.auth.rename_api_key(&who, &id, &body.name).await?.into()))
}

/// Revokes a key. Connections that were opened with it end at once.
#[utoipa::path(delete, path = "/api-keys/{key}", operation_id = "deleteApiKey", tag = "API keys", params(("key" = String, Path)), responses(
    (status = 204, description = "It is revoked"),
    (status = 404, description = "No such key", body = Problem),
))]
async fn delete(State(app): State<App>, Admin(who): Admin, Path(id): Path<String>) -> Answer<StatusCode> {
    app.auth.delete_api_key(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
