//! Contacts: everybody whom the devices within reach know or have a chat with.

use super::{device, shapes};
use crate::protocol::{Problem, ProblemCode};
use crate::server::auth::Principal;
use crate::server::devices::DeviceError;
use crate::server::gateway::root_namespace::answer::{Payload, fitting, object};
use crate::server::gateway::root_namespace::fields::Fields;
use crate::server::gateway::state::App;
use crate::server::storage::read;
use serde_json::{Value, json};

/// How many contacts one answer has at most, and without a `limit`.
const MOST: i64 = 5_000;
/// How many may be skipped.
const FAR: i64 = 10_000_000;

/// `{data: [contact, …], pagination: {limit, offset, count, hasMore}}`; of one device where `deviceId` or
/// `fromNumber` names it. A list that would be too long for one answer ends early: `hasMore` says so.
pub async fn list(
    app: &App,
    who: &Principal,
    fields: Result<Fields<'_>, Problem>,
) -> Result<Payload, Problem> {
    let fields = fields?;
    let limit = fields.number("limit", 1, i64::MAX)?.unwrap_or(MOST).min(MOST);
    let offset = fields.number("offset", 0, FAR)?.unwrap_or(0);
    let devices = device::all(app, who).await?;
    let reach = match device::named(&devices, fields)? {
        Some(device) => who.reach.narrowed(device.id),
        None => who.reach.clone(),
    };
    let known = read::acquaintances(app.journal.store(), &reach, offset, limit).await;
    let known = known.map_err(|error| Problem::from(DeviceError::from(error)))?;
    let own = |known: &read::Acquaintance| {
        let device = devices.iter().find(|device| device.id == known.contact.device_id);
        device.and_then(|device| device.phone_number.as_deref())
    };
    let found = i64::try_from(known.len()).map_err(|_| Problem::new(ProblemCode::Internal, "Too many."))?;
    let (data, all) = fitting(known.iter().map(|known| Value::Object(shapes::contact(known, own(known)))));
    Ok(object(json!({
        "pagination": {
            "limit": limit,
            "offset": offset,
            "count": data.len(),
            "hasMore": !all || found == limit,
        },
        "data": data,
    })))
}
