//! A linked WhatsApp account and its state in words that a person can act on.

use super::read_name;
use super::read_record;
use super::{DeviceId, Millis, WorkspaceId};
use serde::Serialize;

/// Where a device stands. `created → starting → qr_required → authenticating → connected`, and from
/// any of them `disconnected`, `logged_out` or `failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    /// Known to us, never started.
    Created,
    /// Connecting to WhatsApp.
    Starting,
    /// Waits for a phone to scan its code.
    QrRequired,
    /// The code was scanned; keys and history are being exchanged.
    Authenticating,
    /// Linked and live.
    Connected,
    /// Not connected now; the cause says whether and when it tries again.
    Disconnected,
    /// The phone (or we) ended the link: it has to be linked again.
    LoggedOut,
    /// Cannot go on without a person: banned, outdated, replaced.
    Failed,
}

read_name!(DeviceStatus { "created" => Created, "starting" => Starting, "qr_required" => QrRequired, "authenticating" => Authenticating, "connected" => Connected, "disconnected" => Disconnected, "logged_out" => LoggedOut, "failed" => Failed });

impl DeviceStatus {
    /// Every status, in the order of the ladder.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Starting,
        Self::QrRequired,
        Self::Authenticating,
        Self::Connected,
        Self::Disconnected,
        Self::LoggedOut,
        Self::Failed,
    ];

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Starting => "starting",
            Self::QrRequired => "qr_required",
            Self::Authenticating => "authenticating",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::LoggedOut => "logged_out",
            Self::Failed => "failed",
        }
    }

    /// The status that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What brought a device into its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CauseCode {
    /// A person or program asked to stop it.
    Stopped,
    /// The connection broke; it is being made again.
    ConnectionLost,
    /// The server could not be reached.
    Unreachable,
    /// The codes ran out before one was scanned.
    QrExpired,
    /// The phone refused, or the answer to the code did not verify.
    PairingFailed,
    /// The link was ended on the phone.
    UnlinkedByPhone,
    /// The link was ended here.
    LoggedOut,
    /// Another program opened a connection with the same keys.
    Replaced,
    /// WhatsApp blocks the account for a time.
    TemporaryBan,
    /// WhatsApp locked the account.
    AccountLocked,
    /// WhatsApp no longer accepts this client's version.
    ClientOutdated,
    /// It is connected, but WhatsApp does not say that it takes what is sent.
    NoAck,
    /// The keys on disk could not be read or used.
    Storage,
    /// Something else; the text says what.
    Other,
}

read_name!(CauseCode { "stopped" => Stopped, "connection_lost" => ConnectionLost, "unreachable" => Unreachable, "qr_expired" => QrExpired, "pairing_failed" => PairingFailed, "unlinked_by_phone" => UnlinkedByPhone, "logged_out" => LoggedOut, "replaced" => Replaced, "temporary_ban" => TemporaryBan, "account_locked" => AccountLocked, "client_outdated" => ClientOutdated, "no_ack" => NoAck, "storage" => Storage, "other" => Other });

/// What brings the device on from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextAction {
    /// Nothing to do: it works on it by itself (`retryAt` says when).
    Wait,
    /// Scan the code, or enter the pairing code, on the phone.
    Scan,
    /// Connect it (again).
    Connect,
    /// Link it again with a new code.
    Relink,
    /// Close the other program, then connect it again.
    CloseOther,
    /// Look at the phone: WhatsApp shows there what is wrong.
    CheckPhone,
    /// Update Switchboard.
    Update,
}

read_name!(NextAction { "wait" => Wait, "scan" => Scan, "connect" => Connect, "relink" => Relink, "close_other" => CloseOther, "check_phone" => CheckPhone, "update" => Update });

/// Why a device is in its state, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// Stable, for programs.
    pub code: CauseCode,
    /// One English sentence, for people.
    pub text: String,
    /// What to do next.
    pub next: NextAction,
    /// When the next attempt or the end of a ban is due, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Millis>,
}

read_record!(Cause { code: "code", text: "text", next: "next", retry_at: "retryAt" });

/// One linked WhatsApp account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Device {
    pub id: DeviceId,
    pub workspace_id: WorkspaceId,
    /// The name that its owner gave it; 1 to 80 characters.
    pub name: String,
    pub status: DeviceStatus,
    /// Set while the status needs an explanation.
    pub cause: Option<Cause>,
    /// Digits only, once it is linked.
    pub phone_number: Option<String>,
    /// The name of the WhatsApp account, once it is linked.
    pub display_name: Option<String>,
    pub created_at: Millis,
    /// Since when the present connection stands.
    pub connected_at: Option<Millis>,
}

read_record!(Device {
    id: "id",
    workspace_id: "workspaceId",
    name: "name",
    status: "status",
    cause: "cause",
    phone_number: "phoneNumber",
    display_name: "displayName",
    created_at: "createdAt",
    connected_at: "connectedAt",
});

/// A code that a phone can scan now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Qr {
    /// The text that the picture encodes.
    pub qr: String,
    pub expires_at: Millis,
    /// When this code was made: with `expires_at`, its whole life.
    pub issued_at: Millis,
    /// 1 for the first code since the device was started.
    pub attempt: u32,
}

read_record!(Qr { qr: "qr", expires_at: "expiresAt", issued_at: "issuedAt", attempt: "attempt" });

/// An eight-character code to be typed into the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PairingCode {
    /// The code without a separator.
    pub code: String,
    /// The number whose phone may enter it, digits only.
    pub phone_number: String,
    pub expires_at: Millis,
}

read_record!(PairingCode { code: "code", phone_number: "phoneNumber", expires_at: "expiresAt" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_has_one_spelling() {
        for status in DeviceStatus::ALL {
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status.as_str()));
            assert_eq!(DeviceStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(DeviceStatus::parse("CONNECTED"), None);
    }
}
