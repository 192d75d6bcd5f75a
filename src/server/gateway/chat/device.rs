//! Which device a request means: the one that it names by `deviceId` or by the number in `fromNumber`; else the
//! only one; else the first that is connected; else the first that was ever linked; else the first.

use crate::protocol::{Device, DeviceId, DeviceStatus, Problem, ProblemCode};
use crate::server::auth::Principal;
use crate::server::devices::{DeviceError, address};
use crate::server::gateway::root_namespace::fields::{Fields, invalid};
use crate::server::gateway::state::App;
use crate::server::storage::read::{self, number_of};

/// The longest number, JID or id that is looked at, in characters.
pub const MAX_NAME: usize = 100;

/// The devices within reach, oldest first.
pub async fn all(app: &App, who: &Principal) -> Result<Vec<Device>, Problem> {
    let devices = read::devices(app.journal.store(), &who.reach).await;
    devices.map_err(|error| DeviceError::from(error).into())
}

/// The device that a request names, if it names one.
pub fn named(devices: &[Device], fields: Fields<'_>) -> Result<Option<Device>, Problem> {
    let found = if let Some(id) = fields.text("deviceId", MAX_NAME)? {
        let id: Option<DeviceId> = id.parse().ok();
        devices.iter().find(|device| Some(&device.id) == id.as_ref())
    } else if let Some(number) = fields.text("fromNumber", MAX_NAME)? {
        let jid = address(number).map_err(Problem::from)?;
        let number = number_of(&jid).ok_or_else(|| invalid("fromNumber must be a phone number."))?;
        first(devices.iter().filter(|device| device.phone_number.as_deref() == Some(number)))
    } else {
        return Ok(None);
    };
    match found {
        Some(device) => Ok(Some(device.clone())),
        None => Err(Problem::new(ProblemCode::NotFound, "There is no such device.")),
    }
}

/// The device that a request means; `None` where there is none at all.
pub fn meant(devices: &[Device], fields: Fields<'_>) -> Result<Option<Device>, Problem> {
    Ok(named(devices, fields)?.or_else(|| first(devices.iter()).cloned()))
}

/// Of several devices, the one that most probably works.
pub fn first<'a>(devices: impl Iterator<Item = &'a Device> + Clone) -> Option<&'a Device> {
    let connected = devices.clone().find(|device| device.status == DeviceStatus::Connected);
    let linked = || devices.clone().find(|device| device.phone_number.is_some());
    connected.or_else(linked).or_else(|| devices.clone().next())
}

/// A workspace without a device.
pub fn none() -> Problem {
    Problem::new(ProblemCode::NotFound, "There is no device yet: ask for a code and link one first.")
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use serde_json::{Map, Value, json};

    pub fn device(id: &str, status: DeviceStatus, number: Option<&str>) -> Device {
        Device {
            id: id.parse().unwrap(),
            workspace_id: "w".parse().unwrap(),
            name: id.to_owned(),
            status,
            cause: None,
            phone_number: number.map(str::to_owned),
            display_name: number.map(|_| "La Bodega".to_owned()),
            created_at: 0,
            connected_at: None,
        }
    }

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn the_named_one_else_the_one_that_most_probably_works() {
        use DeviceStatus::{Connected, Created, Disconnected};
        let (a, b) = (device("a", Created, None), device("b", Disconnected, Some("34600111222")));
        let (c, d) =
            (device("c", Connected, Some("34600111222")), device("d", Connected, Some("447700900123")));
        let all = [a.clone(), b.clone(), c.clone(), d.clone()];
        let asks = |devices: &[Device], what: Value| {
            meant(devices, Fields::from(&fields(what))).map(|found| found.map(|device| device.name))
        };
        let is = |name: &str| Ok(Some(name.to_owned()));
        assert_eq!(asks(&all, json!({})), is("c"));
        assert_eq!(asks(&[a.clone(), b.clone()], json!({})), is("b"));
        assert_eq!(asks(std::slice::from_ref(&a), json!({})), is("a"));
        assert_eq!(asks(&[], json!({})), Ok(None));
        assert_eq!(asks(&all, json!({ "deviceId": "a", "fromNumber": "447700900123" })), is("a"));
        assert_eq!(asks(&all, json!({ "fromNumber": "+44 7700 900123" })), is("d"));
        assert_eq!(asks(&all, json!({ "fromNumber": "34600111222@s.whatsapp.net" })), is("c"));
        let code = |what| asks(&all, what).unwrap_err().code;
        assert_eq!(code(json!({ "deviceId": "x" })), ProblemCode::NotFound);
        assert_eq!(code(json!({ "deviceId": "no id" })), ProblemCode::NotFound);
        assert_eq!(code(json!({ "fromNumber": "34600111223" })), ProblemCode::NotFound);
        assert_eq!(code(json!({ "fromNumber": "x" })), ProblemCode::Invalid);
        assert_eq!(code(json!({ "fromNumber": "12345-678@g.us" })), ProblemCode::Invalid);
        assert_eq!(code(json!({ "deviceId": 7 })), ProblemCode::Invalid);
    }
}
