//! The sandbox's control surface: what a person does with the phones of the emulated network, and what
//! goes wrong on purpose. Not there while the network is the real one.

mod chats;
mod faults;
mod groups;
mod links;
mod live;
mod messages;
mod phones;
mod script;
mod stream;

use crate::protocol::{Permission, Problem, ProblemCode};
use crate::server::gateway::error::Refusal;
use crate::server::gateway::extract::Principal;
use crate::server::gateway::state::App;
use crate::server::sandbox::{Sandbox, SandboxError};
use axum::Json as Out;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes of what a phone sends at most, media in base64 included.
const MAX_MEDIA_BODY: usize = 32 * 1024 * 1024;

/// Below `/sandbox`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(phones::phones, phones::add_phone))
        .routes(routes!(phones::phone))
        .routes(routes!(phones::set_addressing))
        .routes(routes!(phones::scan))
        // Media travels inside, in base64.
        .merge(
            OpenApiRouter::new()
                .routes(routes!(messages::messages, messages::send))
                .layer(DefaultBodyLimit::max(MAX_MEDIA_BODY)),
        )
        .routes(routes!(messages::media))
        .routes(routes!(messages::change_message))
        .routes(routes!(chats::chats))
        .routes(routes!(chats::change_chat))
        .routes(routes!(chats::read))
        .routes(routes!(live::typing))
        .routes(routes!(live::presence))
        .routes(routes!(live::call))
        .routes(routes!(links::links))
        .routes(routes!(links::unlink))
        .routes(routes!(groups::groups))
        .routes(routes!(groups::add_group))
        .routes(routes!(phones::picture))
        .routes(routes!(faults::faults, faults::set_fault, faults::clear_faults))
        .routes(routes!(stream::events))
        .merge(script::routes())
}

/// The emulated network, if it is the one that is used.
pub struct Net(Arc<Sandbox>);

impl FromRequestParts<App> for Net {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Principal(who) = Principal::from_request_parts(parts, app).await?;
        // What a phone does, its person does: whoever may only read may only look.
        who.require(if parts.method == Method::GET { Permission::Read } else { Permission::Send })?;
        let real =
            || Refusal::new(ProblemCode::NotFound, "The network is the real one: there is no sandbox here.");
        app.sandbox.clone().map(Self).ok_or_else(real)
    }
}

impl From<SandboxError> for Refusal {
    fn from(error: SandboxError) -> Self {
        let code = match &error {
            SandboxError::NotFound(_) => ProblemCode::NotFound,
            SandboxError::Invalid(_) | SandboxError::WrongCode => ProblemCode::Invalid,
            SandboxError::Exists(_) | SandboxError::Conflict(_) => ProblemCode::Conflict,
            SandboxError::NotPairing => ProblemCode::NotPairing,
            SandboxError::LinkFailed(_) => ProblemCode::Upstream,
            SandboxError::Busy | SandboxError::Closed => ProblemCode::Unavailable,
            SandboxError::Crypto(_) => ProblemCode::Internal,
            SandboxError::Storage(error) => return error.clone().into(),
        };
        Problem::new(code, format!("{error}.")).into()
    }
}

/// All there are.
#[derive(Serialize, ToSchema)]
pub struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T> List<T> {
    fn of(items: Vec<T>) -> Out<Self> {
        Out(Self { items, next: None })
    }
}
