//! Devices over Socket.IO (seeds 3 and 4): path `/ws`, namespace `/device/{deviceId}`, both transports.
//!
//! Namespace `/` takes the same keys and carries the same events for every device that the key may see, or for
//! one alone (query `deviceId`, or `auth.deviceId`): python-socketio drops the path of its URL unless `namespaces=`
//! is given.
//!
//! # Credentials
//! An API key in `auth.apiKey`, in the query `apiKey`, or in the header `apiKey` or `X-API-Key`; the first that is
//! not empty counts. A key that counts decides alone: seed 4's example sends a plain user id as `access-token`
//! beside it, so that one is not looked at then. Without a key, `access-token` (query, or `auth`) may be a user's
//! session or JWT. Refusals are the seed's, as `connect_error`: `API key is required` (also where the access token
//! alone does not count), `Invalid API key`, `Server configuration error` (storage does not answer, or there is no
//! key at all, or the key asked for more than one caller may and no turn came in 5 s: `data.retryAfter` says when it is
//! worth another try). Whoever came in and names a device that is not there or not theirs is told `Invalid device
//! namespace`, the same for both.
//!
//! # Events
//! All have `deviceId` and `timestamp` (milliseconds since 1970), and those of the log a `cursor`; fields in
//! brackets are there when they are known.
//!
//! | event | payload | when |
//! |---|---|---|
//! | `state` | `status`, `previousStatus`, `cause` | the device's status changed (the spelling of REST) |
//! | `qr` | `qr` (the raw text), `issuedAt`, `expiresAt`, `attempt` | a code can be scanned |
//! | `pairing:code` | `code`, `phoneNumber`, `expiresAt` | a code can be typed into the phone |
//! | `authenticated` | `phoneNumber`, `clientName` | the code was scanned, or the device started with the keys it had |
//! | `ready` | [`phoneNumber`], `clientName` | it is connected |
//! | `disconnected` | `reason`, `text`, [`next`], [`retryAt`] | it is not connected any more: `reason` is the cause's code, `deleted` after the last event of all |
//! | `connection:status` | `status`, `previousStatus`, `connected`, `phoneNumber`, `clientName`, `name`, `cause` | anything about the device changed |
//! | `message` | `message`, `chatId` | a message came in |
//! | `message:create` | `message`, `chatId` | a message of our own, from here or from the phone |
//! | `message:status` | `messageId`, `chatId`, `status`, `ack`, [`failure`], [`commandId`] | an own message came further, from `queued` or `sent` on |
//! | `message:ack` | the same | likewise, for clients that count: `ack` is -1 failed, 0 queued, 1 sent, 2 delivered, 3 read |
//! | `message:read` | the same | the recipient has read it |
//! | `message:update` | `message`, `change` (`reaction`, `edit`, `revoke`, `vote`, `star`, `pin`, `media`, `call`, `undone`) | something was done to a message |
//! | `message:delete` | `messageId`, `chatId` | a message was deleted for this account |
//! | `chat:update` | `chat` | a chat appeared, has a new message, was read, archived, pinned, muted …; deleted: then `chat` is `{id, deviceId, deleted: true}` |
//! | `group:update` | `group` | a group was made or joined, or changed |
//! | `contact:update` | `contact` | a contact appeared or changed |
//! | `history:synced` | `chats`, `messages` (counts) | messages from before the link arrived |
//! | `typing:start`, `typing:stop` | `chatId`, `from`, `senderName`, `state` | somebody types or records; live only |
//! | `presence:update` | `chatId`, `online`, `lastSeen` | somebody came or went; live only |
//! | `resync` | `reason`, `cursor` (no device) | the log cannot serve the position: fetch the state again |
//! | `session:ended` | `reason` (no device) | the credential expired or was revoked; the socket leaves |
//!
//! Own messages are no `message`: that is what was received, and a program that answers every `message` must not
//! answer itself. A send that was queued is followed by `message:status` from `queued` on; that is its progress.
//! `message` is REST's message with what clients of whatsapp-web.js read besides: see [`message`].
//!
//! # Resuming
//! A client that says where it was (`auth.since`, `query.since`, or by itself with `pid` and offset) gets what it
//! missed. One that does not is told the present truth first: `state`, then `qr` or `ready`, then
//! `connection:status`; the log goes on exactly behind it. A position that the log cannot serve, or that is none,
//! is answered by `resync` and the present truth.

mod access;
mod events;
mod live;
mod message;
mod namespace;
mod present;
#[cfg(test)]
mod tests;
mod watch;

use super::dialect::{Origins, mount};
use super::socketio::{BuildError, Config, Server};
use super::state::App;
use axum::Router;
use namespace::DeviceNamespace;

/// The path of the Socket.IO server, with and without a slash behind it. Nothing below it is touched.
pub const PATH: &str = "/ws";

/// The server of these namespaces.
///
/// # Errors
/// [`BuildError`] if the server's limits contradict each other.
pub fn server(app: &App) -> Result<Server, BuildError> {
    Server::builder(Config::default())
        .entropy(app.source.clone())
        .policy(Origins(app.auth.clone()))
        .namespace("/", DeviceNamespace::new(app))
        .namespace_pattern("/device/{deviceId}", DeviceNamespace::new(app))
        .build()
}

/// Its routes.
pub fn routes(app: &App) -> Router<App> {
    mount(app, PATH, server(app))
}
