//! Who may watch which device.

use super::asked::{Asked, Credential, Target};
use crate::protocol::{DeviceId, Problem, ProblemCode};
use crate::server::auth::{AuthError, Principal, User, Who};
use crate::server::gateway::error::Answer;
use crate::server::gateway::state::App;
use crate::server::reach::Reach;
use axum::http::HeaderMap;

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
/// 403 for another's name, 404 for a device that is not there or not theirs.
pub async fn admit(app: &App, who: Principal, target: &Target) -> Result<Watcher, Problem> {
    if !matches!(&who.who, Who::User(user) if is_named(user, &target.user_id)) {
        return Err(Problem::new(ProblemCode::Forbidden, "userId is not the user of this token."));
    }
    let not_found = || Problem::new(ProblemCode::NotFound, "There is no such device.");
    let device: DeviceId = target.bot_id.parse().map_err(|_| not_found())?;
    app.devices.get(&who.reach, &device).await.map_err(Problem::from)?;
    Ok(Watcher { who, user_id: target.user_id.clone(), device })
}

/// Whether a user goes by this name: their id.
fn is_named(user: &User, name: &str) -> bool {
    user.id.as_str() == name
}

/// Who sends this request, if it brings what shows it.
///
/// # Errors
/// What is wrong with what it brings.
pub async fn identify(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Option<(Principal, bool)>, AuthError> {
    Ok(match asked.credential(headers) {
        None => None,
        Some(Credential::Token(token)) => Some((app.auth.by_token(&token).await?, true)),
        Some(Credential::Session(token)) => match app.auth.by_session(&token).await {
            Ok(who) => Some((who, false)),
            Err(AuthError::SessionEnded) => None,
            Err(error) => return Err(error),
        },
    })
}

/// As [`identify`] and [`admit`], for a request that has no other way to say who sends it.
///
/// # Errors
/// The refusals of the [module](super), in their order.
pub async fn admit_now(app: &App, asked: &Asked, headers: &HeaderMap) -> Answer<Watcher> {
    let Some((who, _)) = identify(app, asked, headers).await? else { return Err(AuthError::Missing.into()) };
    Ok(admit(app, who, &asked.target()?).await?)
}

/// As [`identify`] and [`admit`], for a WebSocket: `None` if its first frame has to say who it is. A browser
/// sends its cookie by itself, so one that is somebody else's was not meant.
///
/// # Errors
/// The refusals of the [module](super), in their order.
pub async fn admit_if_known(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
) -> Answer<(Target, Option<Watcher>)> {
    let known = identify(app, asked, headers).await?;
    let target = asked.target()?;
    let watcher = match known {
        None => None,
        Some((Principal { who: Who::User(user), .. }, false)) if !is_named(&user, &target.user_id) => None,
        Some((who, _)) => Some(admit(app, who, &target).await?),
    };
    Ok((target, watcher))
}
