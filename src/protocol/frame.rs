//! Frames of the native stream, `GET /api/v1/stream`: JSON text over a WebSocket.

use super::decode::{decode, fields, read_by_type, take};
use super::read_name;
use super::{Command, CommandId, CommandResult, Cursor, Epoch, Event, LiveEvent, Problem, UserId};
use serde::{Deserialize, Deserializer, Serialize};

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Only as the first frame, and only where the address had no `?since=`: where to go on from.
    Hello {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Cursor>,
    },
    /// Something to do; answered once by a `result` with the same id, also after a reconnect.
    Command { id: CommandId, command: Command },
    /// Answered by `pong`: shows that the connection is alive both ways.
    Ping,
}

read_by_type!(ClientFrame {
    "hello" => Hello { since: "since" },
    "command" => Command { id: "id", command: "command" },
    "ping" => Ping,
});

/// What the server sends.
#[cfg_attr(
    target_pointer_width = "64",
    expect(
        clippy::large_enum_variant,
        reason = "passed on one at a time; a box would cost more than it saves"
    )
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[cfg_attr(
    target_arch = "wasm32",
    expect(
        clippy::large_enum_variant,
        reason = "they are read one at a time, most are events, and none is kept"
    )
)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Always the first. `recovered`: everything since the client's cursor follows.
    Hello {
        recovered: bool,
        epoch: Epoch,
        top: i64,
        /// Whose stream it is; absent for programs, which come by key.
        #[serde(default, rename = "userId", skip_serializing_if = "Option::is_none")]
        user_id: Option<UserId>,
    },
    /// The log cannot serve the client's position: fetch the state again, then go on from `cursor`.
    Resync {
        reason: ResyncReason,
        cursor: Cursor,
    },
    Event {
        event: Event,
    },
    Live {
        event: LiveEvent,
    },
    /// Nothing for this client happened up to here; a resume may start from it.
    Cursor {
        cursor: Cursor,
    },
    Result {
        id: CommandId,
        outcome: Outcome,
    },
    /// The frame could not be read; the connection goes on.
    Error {
        problem: Problem,
    },
    Pong,
}

read_by_type!(ServerFrame {
    "hello" => Hello { recovered: "recovered", epoch: "epoch", top: "top", user_id: "userId" },
    "resync" => Resync { reason: "reason", cursor: "cursor" },
    "event" => Event { event: "event" },
    "live" => Live { event: "event" },
    "cursor" => Cursor { cursor: "cursor" },
    "result" => Result { id: "id", outcome: "outcome" },
    "error" => Error { problem: "problem" },
    "pong" => Pong,
});

impl ServerFrame {
    /// Reads a frame. One of a newer server that this client does not know is passed over; but of an event its place in
    /// the log counts, or whoever waits for all events up to there would wait for good.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        decode(text).ok().or_else(|| {
            let frame: serde_json::Value = serde_json::from_str(text).ok()?;
            let cursor = frame.get("event")?.get("cursor")?.as_str()?.parse().ok()?;
            Some(Self::Cursor { cursor })
        })
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok(Box<CommandResult>),
    Error(Problem),
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = fields(from)?;
        if fields.contains_key("ok") {
            return take(&mut fields, "ok").map(Self::Ok);
        }
        take(&mut fields, "error").map(Self::Error)
    }
}

/// Why a position cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResyncReason {
    /// It belongs to another life of the log: restored or truncated since.
    Epoch,
    /// The log no longer reaches back that far.
    Floor,
    /// It lies ahead of the log.
    Ahead,
    /// The client reads so slowly that it fell too far behind.
    Lag,
}

read_name!(ResyncReason { "epoch" => Epoch, "floor" => Floor, "ahead" => Ahead, "lag" => Lag });
