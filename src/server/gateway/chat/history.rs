//! The messages between two numbers.

use super::{device, shapes};
use crate::protocol::{Chat, Device, Problem, ProblemCode};
use crate::server::auth::Principal;
use crate::server::devices::{DeviceError, address};
use crate::server::gateway::root_namespace::answer::{Payload, fitting, object};
use crate::server::gateway::root_namespace::fields::Fields;
use crate::server::gateway::state::App;
use crate::server::storage::read::number_of;
use crate::server::storage::{StorageError, read};
use serde_json::{Value, json};

/// How many messages one answer has without a `limit`, and at most: a larger limit counts as this.
const USUAL: i64 = 50;
const MOST: i64 = 500;
/// How many may be skipped.
const FAR: i64 = 10_000_000;

/// `{data: [message, …], pagination: {limit, offset, count, total, hasMore}, conversationId, fromNumber, toNumber}`.
///
/// One of the numbers has to be a device's; the other may be a person's, or the JID of a group. `offset` counts
/// from the newest message on, and the page is oldest first: the first page is the end of the conversation. A page
/// that would be too long for one answer has fewer messages; its `count` is what to add to `offset` for the next.
/// Without a conversation the list is empty.
pub async fn between(
    app: &App,
    who: &Principal,
    fields: Result<Fields<'_>, Problem>,
) -> Result<Payload, Problem> {
    let fields = fields?;
    let (from, to) =
        (fields.required("fromNumber", device::MAX_NAME)?, fields.required("toNumber", device::MAX_NAME)?);
    let limit = fields.number("limit", 1, i64::MAX)?.unwrap_or(USUAL).min(MOST);
    let offset = fields.number("offset", 0, FAR)?.unwrap_or(0);
    let (from_jid, to_jid) = (address(from).map_err(Problem::from)?, address(to).map_err(Problem::from)?);

    // A device's own LID is its number.
    let store = app.journal.store();
    let from_jid = read::known_number(store, &who.reach, from_jid).await.map_err(unreadable)?;
    let to_jid = read::known_number(store, &who.reach, to_jid).await.map_err(unreadable)?;
    let devices = device::all(app, who).await?;
    let sides = sides(&devices, &from_jid, &to_jid);
    if sides.is_empty() {
        return Err(Problem::new(ProblemCode::NotFound, "Neither number is one of your devices."));
    }
    let chat = find(app, &sides).await.map_err(unreadable)?;
    let (messages, total) = match &chat {
        Some(chat) => {
            read::thread_slice(app.journal.store(), &chat.id, offset, limit).await.map_err(unreadable)?
        }
        None => (Vec::new(), 0),
    };
    // The newest are kept where not all fit.
    let (mut data, _) = fitting(messages.iter().rev().map(|message| Value::Object(shapes::message(message))));
    data.reverse();
    let seen = offset.saturating_add(i64::try_from(data.len()).unwrap_or(i64::MAX));
    Ok(object(json!({
        "pagination": {
            "limit": limit,
            "offset": offset,
            "count": data.len(),
            "total": total,
            "hasMore": seen < total,
        },
        "data": data,
        "conversationId": chat.map(|chat| chat.id),
        "fromNumber": read::address_of(&from_jid),
        "toNumber": read::address_of(&to_jid),
    })))
}

/// The devices that have one of the numbers, each with the JID of the other side: those of `from` first.
fn sides<'a>(devices: &'a [Device], from: &'a str, to: &'a str) -> Vec<(&'a Device, &'a str)> {
    let of = |own: &'a str, other: &'a str| {
        let number = number_of(own);
        let is = move |device: &&Device| number.is_some() && device.phone_number.as_deref() == number;
        devices.iter().filter(is).map(move |device| (device, other))
    };
    of(from, to).chain(of(to, from)).collect()
}

async fn find(app: &App, sides: &[(&Device, &str)]) -> Result<Option<Chat>, StorageError> {
    for (device, other) in sides {
        if let Some(chat) = read::chat_by_jid(app.journal.store(), &device.id, other).await? {
            return Ok(Some(chat));
        }
    }
    Ok(None)
}

fn unreadable(error: StorageError) -> Problem {
    DeviceError::from(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::DeviceStatus::{Connected, Created};

    #[test]
    fn either_number_may_be_the_devices() {
        let devices = [
            device::tests::device("a", Connected, Some("34600111222")),
            device::tests::device("b", Connected, Some("447700900123")),
            device::tests::device("c", Created, None),
        ];
        let (a, b) = ("34600111222@s.whatsapp.net", "447700900123@s.whatsapp.net");
        let (person, group) = ("4915112345678@s.whatsapp.net", "120363000@g.us");
        let found = |from, to| {
            sides(&devices, from, to)
                .into_iter()
                .map(|(device, other)| (device.name.clone(), other.to_owned()))
                .collect::<Vec<_>>()
        };
        let pair = |name: &str, other: &str| (name.to_owned(), other.to_owned());
        assert_eq!(found(a, person), [pair("a", person)]);
        assert_eq!(found(person, a), [pair("a", person)]);
        assert_eq!(found(group, b), [pair("b", group)]);
        assert_eq!(found(a, b), [pair("a", b), pair("b", a)]);
        assert_eq!(found(person, group), []);
    }
}
