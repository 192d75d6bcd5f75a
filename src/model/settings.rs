//! What the settings manage: keys of programs, webhooks with their deliveries, and people.

use crate::protocol::{DeviceId, Millis, Permission, read_record};

/// A key of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: String,
    pub name: String,
    /// Its first characters.
    pub hint: String,
    pub permission: Permission,
    /// The devices that it reaches; `None` for all.
    pub device_ids: Option<Vec<DeviceId>>,
    pub created_at: Millis,
    pub expires_at: Option<Millis>,
    pub last_used_at: Option<Millis>,
    /// The key itself: only in the answer to making it.
    pub key: Option<String>,
}

read_record!(ApiKey {
    id: "id",
    name: "name",
    hint: "hint",
    permission: "permission",
    device_ids: "deviceIds",
    created_at: "createdAt",
    expires_at: "expiresAt",
    last_used_at: "lastUsedAt",
    key: "key",
});

/// A receiver of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub id: String,
    pub url: String,
    pub description: String,
    /// Types and prefixes of types; empty for all.
    pub events: Vec<String>,
    pub device_ids: Option<Vec<DeviceId>>,
    pub enabled: bool,
    /// Why it was disabled without being asked to.
    pub disabled_because: Option<String>,
    /// The key of its signatures: only in the answer to making or changing it.
    pub secret: Option<String>,
    pub secret_ending: String,
    pub pending: i64,
    pub dead: i64,
}

read_record!(Webhook {
    id: "id",
    url: "url",
    description: "description" or String::new(),
    events: "events" or Vec::new(),
    device_ids: "deviceIds",
    enabled: "enabled",
    disabled_because: "disabledBecause",
    secret: "secret",
    secret_ending: "secretEnding" or String::new(),
    pending: "pending" or 0,
    dead: "dead" or 0,
});

/// One event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: String,
    pub event_type: String,
    /// Where its event stands in the log.
    pub cursor: String,
    /// `pending`, `delivered`, `dead` or `expired`.
    pub state: String,
    pub attempts: u32,
    pub next_attempt_at: Option<Millis>,
    pub created_at: Millis,
    pub history: Vec<Attempt>,
}

read_record!(Delivery {
    id: "id",
    event_type: "type",
    cursor: "cursor",
    state: "state",
    attempts: "attempts",
    next_attempt_at: "nextAttemptAt",
    created_at: "createdAt",
    history: "history" or Vec::new(),
});

/// One attempt of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub at: Millis,
    pub duration_ms: Millis,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    pub error: Option<String>,
}

read_record!(Attempt { at: "at", duration_ms: "durationMs" or 0, status: "status", error: "error" });

/// What came of testing a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    pub delivered: bool,
    pub status: Option<u16>,
    pub duration_ms: Millis,
    pub error: Option<String>,
}

read_record!(Tested {
    delivered: "delivered",
    status: "status",
    duration_ms: "durationMs" or 0,
    error: "error"
});

/// Somebody of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub email: Option<String>,
    pub permission: Permission,
    pub has_password: bool,
    /// The path of a one-time link: only in the answer to adding somebody.
    pub sign_in_link: Option<String>,
}

read_record!(Person {
    id: "id",
    name: "name",
    email: "email",
    permission: "permission",
    has_password: "hasPassword" or false,
    sign_in_link: "signInLink",
});

/// A new way in for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInLink {
    /// The path of a one-time link.
    pub sign_in_link: String,
}

read_record!(SignInLink { sign_in_link: "signInLink" });

/// What the account behind a device says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProfile {
    pub name: Option<String>,
    pub about: Option<String>,
    pub picture: Option<String>,
}

read_record!(AccountProfile { name: "name", about: "about", picture: "picture" });

/// A device's messages in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceNumbers {
    pub messages: MessageNumbers,
}

read_record!(DeviceNumbers { messages: "messages" });

/// How many messages there are, and when the newest came and went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageNumbers {
    pub today: Traffic,
    pub total: Traffic,
    pub last_sent_at: Option<Millis>,
    pub last_received_at: Option<Millis>,
}

read_record!(MessageNumbers {
    today: "today",
    total: "total",
    last_sent_at: "lastSentAt",
    last_received_at: "lastReceivedAt",
});

/// Messages by where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    pub sent: i64,
    pub received: i64,
    pub failed: i64,
    pub queued: i64,
}

read_record!(Traffic {
    sent: "sent" or 0,
    received: "received" or 0,
    failed: "failed" or 0,
    queued: "queued" or 0
});

/// The events that somebody asked for, as they wrote them: apart by commas, spaces or lines.
#[must_use]
pub fn events_of(text: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || c == ',';
    text.split(apart).filter(|event| !event.is_empty()).map(ToOwned::to_owned).collect()
}

/// How much of a time something lasted, in tenths of a percent; `None` where no time has passed.
#[must_use]
pub fn permille(part: Millis, whole: Millis) -> Option<i64> {
    (whole > 0).then(|| part.clamp(0, whole).saturating_mul(1000) / whole)
}
