//! The connection's state, for whoever asks.

use super::{device, shapes};
use crate::protocol::Problem;
use crate::server::auth::Principal;
use crate::server::gateway::root_namespace::answer::{Payload, object};
use crate::server::gateway::root_namespace::fields::Fields;
use crate::server::gateway::state::App;
use serde_json::json;

/// The state of the device that is meant, and of all in `devices`. Without a device, `status` is `no_device`.
pub async fn present(
    app: &App,
    who: &Principal,
    fields: Result<Fields<'_>, Problem>,
) -> Result<Payload, Problem> {
    let devices = device::all(app, who).await?;
    let mut payload = match device::meant(&devices, fields?)? {
        Some(device) => shapes::connection(&device),
        None => object(json!({ "connected": false, "isConnected": false, "status": "no_device" })),
    };
    let all: Vec<_> = devices.iter().map(shapes::connection).collect();
    payload.insert("devices".to_owned(), json!(all));
    Ok(payload)
}
