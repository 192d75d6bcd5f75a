//! Who may watch which device.

use super::asked::{Asked, Credential, Target};
use crate::protocol::{DeviceId, Problem, ProblemCode};
use crate::server::auth::{AuthError, Principal, User, Who};
use crate::server::devices::DeviceError;
use crate::server::gateway::error::Answer;
use crate::server::gateway::state::App;
use crate::server::reach::Reach;
use axum::Extension;
use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// Somebody who may watch a device.
pub struct Watcher {
    pub who: Principal,
    /// The name under which they came: what the seed's payloads carry as `userId`.
    pub user_id: String,
    pub device: DeviceId,
}

impl Watcher {
    /// What they may see of the log: this device.
    pub fn reach(&self) -> Reach {
        self.who.reach.narrowed(self.device.clone())
    }
}

/// Lets somebody watch if the name is theirs and the device is one that they may see.
///
/// # Errors
/// 403 for another's name or another's device, 404 for a device that is not there.
pub async fn admit(app: &App, who: Principal, target: &Target) -> Result<Watcher, Problem> {
    if !matches!(&who.who, Who::User(user) if is_named(user, &target.user_id)) {
        return Err(Problem::new(ProblemCode::Forbidden, "userId is not the user of this token."));
    }
    let not_found = || Problem::new(ProblemCode::NotFound, "There is no such device.");
    let device: DeviceId = target.bot_id.parse().map_err(|_| not_found())?;
    match app.devices.get(&who.reach, &device).await {
        Ok(_) => {}
        Err(DeviceError::NotFound(_)) if app.devices.exists(&device).await.map_err(Problem::from)? => {
            return Err(Problem::new(ProblemCode::Forbidden, "botId is not a device of this user."));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Watcher { who, user_id: target.user_id.clone(), device })
}

/// Whether a user goes by this name: what the signer of their tokens calls them, or our id.
fn is_named(user: &User, name: &str) -> bool {
    user.id.as_str() == name || user.subject.as_deref() == Some(name)
}

/// Where a request comes from: too many wrong tokens from one address are refused for a while.
pub type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// Counts a wrong token; answers what is said of it.
fn wrong(app: &App, error: AuthError, peer: Option<IpAddr>) -> AuthError {
    app.auth.count_failure(error, peer)
}

/// The address of a request.
pub fn address(peer: Peer) -> Option<IpAddr> {
    peer.map(|Extension(ConnectInfo(address))| address.ip())
}

/// Who sends this request, if it brings what shows it, and whether it does so on purpose: a browser sends its
/// cookie by itself.
///
/// # Errors
/// What is wrong with what it brings.
async fn identify(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
) -> Result<Option<(Principal, bool)>, AuthError> {
    let near = asked.device();
    let (found, on_purpose) = match asked.credential(headers) {
        None => return Ok(None),
        Some(Credential::Token(token)) => (app.auth.by_token_near(&token, near.as_ref()).await, true),
        Some(Credential::Any(text)) => (app.auth.by_any_near(&text, near.as_ref()).await, true),
        Some(Credential::Session(token)) => match app.auth.by_session(&token).await {
            Err(AuthError::SessionEnded) => return Ok(None),
            found => (found, false),
        },
    };
    let who = found.map_err(|error| wrong(app, error, peer))?;
    app.auth.count_request(&who)?;
    Ok(Some((who, on_purpose)))
}

/// Lets a request in that has no other way to say who sends it.
///
/// # Errors
/// The refusals of the [module](super), in their order.
pub async fn admit_now(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
) -> Answer<Watcher> {
    let known = identify(app, asked, headers, peer).await?;
    let Some((who, _)) = known else { return Err(AuthError::Missing.into()) };
    Ok(admit(app, who, &asked.target()?).await?)
}

/// Lets a WebSocket in; `None` if its first frame has to say who it is. A cookie that is somebody else's was not
/// meant.
///
/// # Errors
/// The refusals of the [module](super), in their order.
pub async fn admit_if_known(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
) -> Answer<(Target, Option<Watcher>)> {
    let known = identify(app, asked, headers, peer).await?;
    let target = asked.target()?;
    let watcher = match known {
        None => None,
        Some((Principal { who: Who::User(user), .. }, false)) if !is_named(&user, &target.user_id) => None,
        Some((who, _)) => Some(admit(app, who, &target).await?),
    };
    Ok((target, watcher))
}

/// Lets the sender of a frame in by its token.
///
/// # Errors
/// 401 for the token, then as [`admit`].
pub async fn admit_by_frame(
    app: &App,
    target: &Target,
    token: &str,
    peer: Option<IpAddr>,
) -> Result<Watcher, Problem> {
    let near = target.bot_id.parse().ok();
    let found = app.auth.by_any_near(token, near.as_ref()).await;
    let found = found.map_err(|error| wrong(app, error, peer));
    let who = found.map_err(Problem::from)?;
    app.auth.count_request(&who).map_err(Problem::from)?;
    admit(app, who, target).await
}
