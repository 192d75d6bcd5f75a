//! Sending.

use super::device;
use crate::model::time::iso;
use crate::protocol::{
    ChatId, CommandId, Device, MAX_TEXT_LENGTH, Message, Permission, Problem, ProblemCode,
};
use crate::server::auth::Principal;
use crate::server::devices::{Request, address};
use crate::server::gateway::extract;
use crate::server::gateway::root_namespace::answer::{Answer, Payload, enveloped, object};
use crate::server::gateway::root_namespace::fields::{Fields, invalid};
use crate::server::gateway::socketio::Args;
use crate::server::gateway::state::App;
use serde_json::{Map, Value, json};

/// The event that answers a message that will not go out.
pub const ERROR: &str = "message_send_error";

/// `message_sent_success` or [`ERROR`].
pub async fn answer(app: &App, who: &Principal, args: &Args) -> Answer {
    match Fields::of(args) {
        Ok(fields) => match send(app, who, fields).await {
            Ok(sent) => Answer::event("message_sent_success", enveloped(Ok(sent))),
            Err(problem) => Answer::event(ERROR, refused(fields, problem)),
        },
        Err(problem) => not_tried(args, problem),
    }
}

/// [`ERROR`] for what was not even tried.
pub fn not_tried(args: &Args, problem: Problem) -> Answer {
    let nothing = Map::new();
    let fields = Fields::of(args).unwrap_or_else(|_| Fields::from(&nothing));
    Answer::event(ERROR, refused(fields, problem))
}

/// `{success: false, error, code, to, conversationId?}`, with what the client wrote.
pub fn refused(fields: Fields<'_>, problem: Problem) -> Payload {
    let mut payload = enveloped(Err(problem));
    let echo = |name| fields.text(name, device::MAX_NAME).ok().flatten();
    payload.insert("to".to_owned(), echo("to").unwrap_or("").into());
    if let Some(id) = echo("conversationId") {
        payload.insert("conversationId".to_owned(), id.into());
    }
    payload
}

/// `{messageId, timestamp, status, to, conversationId, data}`, once the message is on disk. `conversationId` is the
/// one that the client named, if it did, and `chatId` always ours.
///
/// `conversationId` may stand for `to` where it is one of ours; otherwise `to` decides. With an `idempotencyKey` or
/// `clientId` (1 to 255 visible characters of ASCII) the same message is queued once, however often it is sent
/// within a day, and answered the same.
pub async fn send(app: &App, who: &Principal, fields: Fields<'_>) -> Result<Payload, Problem> {
    who.require(Permission::Send).map_err(Problem::from)?;
    let text = fields.required("message", MAX_TEXT_LENGTH)?;
    let conversation = fields.text("conversationId", device::MAX_NAME)?;
    let id = command(app, fields)?;
    let to = fields.text("to", device::MAX_NAME)?;
    let named = |name| fields.text(name, device::MAX_NAME).map(Option::unwrap_or_default);
    let words = [
        "send_text_to",
        to.unwrap_or_default(),
        conversation.unwrap_or_default(),
        named("deviceId")?,
        named("fromNumber")?,
        text,
    ];
    let asked = Request::new(&who.name(), id.clone(), &[]).asked_as(&words);
    // Before it is found out who that is: what was sent is answered, also while nobody can be asked.
    if let Some(sent) = app.devices.answered(&who.reach, &asked).await.map_err(Problem::from)? {
        return Ok(queued(&sent, conversation));
    }
    let chat = match (to, conversation) {
        (Some(to), conversation) => {
            // What is no address needs no device to find that out.
            address(to).map_err(Problem::from)?;
            let sender = sender(app, who, fields, conversation).await?;
            app.devices.open_chat(&who.reach, &sender.id, to).await.map_err(Problem::from)?.id
        }
        (None, Some(conversation)) => own_chat(app, who, conversation)
            .await
            .ok_or_else(|| Problem::new(ProblemCode::NotFound, "There is no such conversation."))?,
        (None, None) => return Err(invalid("to is missing.")),
    };
    let request = Request::new(&who.name(), id, &["send_text", chat.as_str(), text]).asked_as(&words);
    let sent = app.devices.send_text(&who.reach, request, &chat, text).await.map_err(Problem::from)?;
    Ok(queued(&sent, conversation))
}

fn queued(sent: &Message, conversation: Option<&str>) -> Payload {
    object(json!({
        "messageId": sent.id,
        "timestamp": sent.timestamp,
        "createdAt": iso(sent.timestamp),
        "status": sent.status,
        "to": sent.to,
        "conversationId": conversation.unwrap_or(sent.chat_id.as_str()),
        "chatId": sent.chat_id,
        "data": super::shapes::message(sent),
    }))
}

/// The client's own name for this message, or a new one.
fn command(app: &App, fields: Fields<'_>) -> Result<CommandId, Problem> {
    let named = match fields.text("idempotencyKey", extract::MAX_KEY)? {
        Some(named) => Some(named),
        None => fields.text("clientId", extract::MAX_KEY)?,
    };
    match named {
        Some(named) => extract::named(named)
            .ok_or_else(|| invalid("idempotencyKey has 1 to 255 visible ASCII characters.")),
        None => {
            let minted = app.source.id("cmd").parse();
            minted.map_err(|_| Problem::new(ProblemCode::Internal, "An id was minted wrong."))
        }
    }
}

/// The device to send from: the one that is named, else that of the conversation, else the usual one.
async fn sender(
    app: &App,
    who: &Principal,
    fields: Fields<'_>,
    conversation: Option<&str>,
) -> Result<Device, Problem> {
    let devices = device::all(app, who).await?;
    if let Some(device) = device::named(&devices, fields)? {
        return Ok(device);
    }
    if let Some(id) = conversation.and_then(|named| named.parse::<ChatId>().ok())
        && let Ok(chat) = app.devices.chat(&who.reach, &id).await
        && let Some(device) = devices.iter().find(|device| device.id == chat.device_id)
    {
        return Ok(device.clone());
    }
    device::meant(&devices, Fields::from(&Map::<String, Value>::new()))?.ok_or_else(device::none)
}

async fn own_chat(app: &App, who: &Principal, named: &str) -> Option<ChatId> {
    let id: ChatId = named.parse().ok()?;
    Some(app.devices.chat(&who.reach, &id).await.ok()?.id)
}
