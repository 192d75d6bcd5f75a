//! Files: uploading what is to be sent, and getting what came.

mod content;
mod names;
mod range;
mod upload;

use crate::protocol::{MediaId, MediaInfo, MediaRules, Problem};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal};
use crate::server::gateway::state::App;
use crate::server::media::MediaError;
use axum::Json as Out;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(rules, upload::upload))
        .routes(routes!(get))
        .routes(routes!(content::content))
        .routes(routes!(content::thumbnail))
}

impl From<MediaError> for Refusal {
    fn from(error: MediaError) -> Self {
        Problem::from(error).into()
    }
}

/// What files are taken: the limit that is configured.
#[utoipa::path(
    get,
    path = "/media",
    operation_id = "getMediaRules",
    tag = "Media",
    responses((status = 200, description = "The rules", body = MediaRules)),
)]
pub async fn rules(State(app): State<App>, Principal(_who): Principal) -> Out<MediaRules> {
    Out(MediaRules { max_size: app.media.limit() })
}

/// What is known of a file.
///
/// Of one that came with a message, the size and the type are what its sender says until it is fetched.
#[utoipa::path(
    get,
    path = "/media/{media}",
    operation_id = "getMedia",
    tag = "Media",
    params(("media" = MediaId, Path)),
    responses((status = 200, description = "The file, without its bytes", body = MediaInfo)),
)]
pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(id): Path<MediaId>,
) -> Answer<Out<MediaInfo>> {
    Ok(Out(app.media.get(&who.reach, &id).await?))
}
