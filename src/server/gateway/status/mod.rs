//! Seed 0: a device's connection status, live, for a page that shows a code and waits for its scan.
//!
//! `GET /ws/connection-status?botId=…&userId=…` is a WebSocket of JSON text frames,
//! `GET /api/v1/whatsapp/connection-events?botId=…&userId=…` the same as server-sent events. Both stand
//! outside the guard, because a WebSocket may bring its token in the first frame only.
//!
//! **Who may watch** is found out in this order, and the first that fails is the answer:
//!
//! 1. a page of a foreign origin: 403;
//! 2. the token, from `Authorization: Bearer`, `?token=`, or the session of our own pages: 401. A WebSocket may
//!    come without one, and a session that is over or somebody else's counts as none there;
//! 3. `botId` and `userId` must be there, once: 400;
//! 4. `userId` must be the token's user: 403;
//! 5. `botId` must be a device: 404, and one that this user may see: 403. That ids cannot be guessed, their
//!    randomness sees to;
//! 6. `since` and `Last-Event-ID` must be cursors: 400.
//!
//! Before the upgrade or the stream these are problem documents; after it, a frame `{"type":"error", …}` and a
//! close with 4401, 4403, 4404 or 4400.
//!
//! **The first answer** on the WebSocket is `{"type":"authenticated","recovered":…,"epoch":…,"top":…}`, however
//! the token came. On SSE it is an event of its own name, `hello`, which clients that only listen for messages
//! never see. Then comes what is true now, or, with `since`, what was missed.

mod admit;
mod asked;
mod dialect;
mod feed;
mod frames;
mod socket;
mod sse;

use super::state::App;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The two wires, by their whole paths: to be mounted outside the guard.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(socket::open)).routes(routes!(sse::open))
}

/// What both take in their addresses; read by [`asked::Asked`], which refuses in our own order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its documentation is used")]
struct WatchQuery {
    /// The device to watch.
    #[param(rename = "botId")]
    bot_id: String,
    /// The user who watches: the subject of their token, or their id here.
    #[param(rename = "userId")]
    user_id: String,
    /// Their token, where no header can be set.
    token: Option<String>,
    /// The cursor of what was seen last.
    since: Option<String>,
}
