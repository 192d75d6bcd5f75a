//! What a client asks for.

use crate::protocol::{DeviceId, Problem, ProblemCode};
use crate::server::devices::DeviceError;
use crate::server::gateway::root_namespace::Session;
use crate::server::gateway::root_namespace::answer::{Answer, enveloped, object};
use crate::server::gateway::root_namespace::fields;
use crate::server::gateway::socketio::{Args, Socket};
use crate::server::gateway::state::App;
use serde_json::json;

/// The longest id that is looked at, in characters.
const MAX_ID: usize = 100;

/// An instance's room.
#[must_use]
pub fn room(id: &DeviceId) -> String {
    format!("instance:{id}")
}

/// The room of those who have named an instance: they are told of those that they are subscribed to, and of no others.
pub const CHOOSERS: &str = "instances:chosen";

/// Whether a socket is told of this instance: as a member of its subscription of all of them, until it subscribes to
/// some.
#[must_use]
pub fn hears(socket: &Socket<Session>, id: &DeviceId) -> bool {
    socket.is_in(&room(id)) || !socket.is_in(CHOOSERS)
}

/// Answers an event of this dialect; `None` for those of others.
pub async fn answer(app: &App, socket: &Socket<Session>, name: &str, args: &Args) -> Option<Answer> {
    let outcome = match name {
        "subscribe:instance" => subscribe(app, socket, args).await,
        "unsubscribe:instance" => unsubscribe(socket, args),
        _ => return None,
    };
    Some(match outcome {
        Ok(id) => Answer::quiet(enveloped(Ok(object(json!({ "instanceId": id }))))),
        Err(problem) => {
            let mut payload = enveloped(Err(problem));
            let named = fields::id(args, "instanceId", MAX_ID).ok();
            payload.insert("instanceId".to_owned(), named.into());
            Answer::event("instance:error", payload)
        }
    })
}

async fn subscribe(app: &App, socket: &Socket<Session>, args: &Args) -> Result<DeviceId, Problem> {
    let id = instance(args)?;
    let session = socket.session();
    app.auth.count_entry(&session.principal).await.map_err(Problem::from)?;
    let device = match app.devices.get(&session.principal.reach, &id).await {
        Ok(device) => device,
        Err(DeviceError::NotFound(_)) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    if !socket.join(CHOOSERS) || !socket.join(&room(&device.id)) {
        return Err(Problem::new(ProblemCode::Conflict, "This connection is in too many rooms."));
    }
    session.asked.ask(device.id.clone());
    Ok(device.id)
}

/// Whoever is not in the room has left it, too.
fn unsubscribe(socket: &Socket<Session>, args: &Args) -> Result<DeviceId, Problem> {
    let id = instance(args)?;
    socket.leave(&room(&id));
    Ok(id)
}

/// What no id can look like is nobody's.
fn instance(args: &Args) -> Result<DeviceId, Problem> {
    fields::id(args, "instanceId", MAX_ID)?.parse().map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::new(ProblemCode::NotFound, "There is no such instance.")
}
