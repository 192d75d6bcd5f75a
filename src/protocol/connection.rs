//! What became of a device's connection: its history, entry by entry, and in numbers.

use super::{CauseCode, Device, DeviceStatus, Millis, read_name, read_record};
use serde::Serialize;

/// What happened to a device's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// An attempt began.
    Started,
    /// A code to scan was shown.
    QrShown,
    /// A phone scanned the code, or entered the pairing code.
    Scanned,
    /// The connection stands.
    Connected,
    /// A connection that stood is gone, or the device was told to stay away.
    Disconnected,
    /// An attempt came to nothing.
    Failed,
    /// Somebody followed the device's connection.
    Watched,
}

read_name!(ConnectionKind {
    "started" => Started,
    "qr_shown" => QrShown,
    "scanned" => Scanned,
    "connected" => Connected,
    "disconnected" => Disconnected,
    "failed" => Failed,
    "watched" => Watched,
});

impl ConnectionKind {
    /// Every kind, in the order in which an attempt meets them.
    pub const ALL: [Self; 7] = [
        Self::Started,
        Self::QrShown,
        Self::Scanned,
        Self::Connected,
        Self::Disconnected,
        Self::Failed,
        Self::Watched,
    ];

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::QrShown => "qr_shown",
            Self::Scanned => "scanned",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Failed => "failed",
            Self::Watched => "watched",
        }
    }

    /// The kind that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What it means for the connection that a device came from one status to what it is now; `None` where
    /// it means nothing. The history and the wires that tell of connections agree by asking here.
    #[must_use]
    pub fn of(previous: DeviceStatus, device: &Device) -> Option<Self> {
        let cause = device.cause.as_ref();
        match (previous, device.status) {
            (_, DeviceStatus::Connected) => Some(Self::Connected),
            (DeviceStatus::Connected, _) => Some(Self::Disconnected),
            (_, DeviceStatus::Starting) => Some(Self::Started),
            (_, DeviceStatus::Authenticating) => Some(Self::Scanned),
            (_, DeviceStatus::Created | DeviceStatus::QrRequired) => None,
            // A connection that was away is tried again just now: nothing is decided.
            (_, DeviceStatus::Disconnected)
                if cause.is_some_and(|cause| {
                    cause.retry_at.is_none()
                        && matches!(cause.code, CauseCode::ConnectionLost | CauseCode::Unreachable)
                }) =>
            {
                None
            }
            (
                DeviceStatus::Starting | DeviceStatus::QrRequired | DeviceStatus::Authenticating,
                DeviceStatus::Disconnected | DeviceStatus::LoggedOut | DeviceStatus::Failed,
            ) => Some(Self::Failed),
            (_, DeviceStatus::Disconnected | DeviceStatus::LoggedOut | DeviceStatus::Failed) => {
                let by_us =
                    cause.is_none_or(|cause| matches!(cause.code, CauseCode::Stopped | CauseCode::LoggedOut));
                Some(if by_us { Self::Disconnected } else { Self::Failed })
            }
        }
    }
}

/// One entry of a device's connection history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionEntry {
    pub id: String,
    pub at: Millis,
    pub kind: ConnectionKind,
    /// Why, for programs; with `disconnected` and `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// With `connected`: milliseconds since the attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<i64>,
    /// With `connected`, where a code was scanned for it: milliseconds since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_scan_ms: Option<i64>,
    /// With `watched`: `user:` or `key:` and the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watcher: Option<String>,
    /// With `watched`: `websocket` or `sse`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wire: Option<String>,
    /// With `connected` and `watched`: when it ended; absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
}

read_record!(ConnectionEntry {
    id: "id",
    at: "at",
    kind: "kind",
    code: "code",
    reason: "reason",
    took_ms: "tookMs",
    after_scan_ms: "afterScanMs",
    watcher: "watcher",
    wire: "wire",
    until: "until",
});

/// How often each thing happened, as far back as the history is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionCounts {
    pub started: i64,
    pub qr_shown: i64,
    pub scanned: i64,
    pub connected: i64,
    pub disconnected: i64,
    pub failed: i64,
    pub watched: i64,
}

read_record!(ConnectionCounts {
    started: "started" or 0,
    qr_shown: "qrShown" or 0,
    scanned: "scanned" or 0,
    connected: "connected" or 0,
    disconnected: "disconnected" or 0,
    failed: "failed" or 0,
    watched: "watched" or 0,
});

/// How long something took, in milliseconds; absent where it never happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ConnectionTimes {
    pub last: Option<i64>,
    pub mean: Option<i64>,
}

read_record!(ConnectionTimes { last: "last", mean: "mean" });

/// Somebody who follows the connection now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ConnectionWatcher {
    /// `user:` or `key:` and the id.
    pub watcher: String,
    /// `websocket` or `sse`.
    pub wire: String,
    pub since: Millis,
}

read_record!(ConnectionWatcher { watcher: "watcher", wire: "wire", since: "since" });

/// A device's connection in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionAnalytics {
    /// The oldest entry that the numbers are made of; absent where there is none.
    pub since: Option<Millis>,
    pub counts: ConnectionCounts,
    /// Since when the present connection stands.
    pub connected_since: Option<Millis>,
    /// Milliseconds connected, all connections together.
    pub uptime_ms: i64,
    /// Milliseconds from `since` to now: with `uptimeMs`, the share of the time that it was connected.
    pub observed_ms: i64,
    /// From the beginning of an attempt, or the loss of the connection before, to the connection.
    pub time_to_connect_ms: ConnectionTimes,
    /// From the scan of a code to the connection.
    pub scan_to_connect_ms: ConnectionTimes,
    /// How many follow the connection now.
    pub watcher_count: i64,
    /// Who follows it now, newest first: at most 100.
    pub watchers: Vec<ConnectionWatcher>,
}

read_record!(ConnectionAnalytics {
    since: "since",
    counts: "counts",
    connected_since: "connectedSince",
    uptime_ms: "uptimeMs" or 0,
    observed_ms: "observedMs" or 0,
    time_to_connect_ms: "timeToConnectMs",
    scan_to_connect_ms: "scanToConnectMs",
    watcher_count: "watcherCount" or 0,
    watchers: "watchers" or Vec::new(),
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Cause, NextAction};

    fn device(status: DeviceStatus, cause: Option<(CauseCode, Option<Millis>)>) -> Device {
        Device {
            id: "dev_1".parse().unwrap(),
            workspace_id: "wsp_1".parse().unwrap(),
            name: "La Bodega".into(),
            status,
            cause: cause.map(|(code, retry_at)| Cause {
                code,
                text: "Why.".into(),
                next: NextAction::Wait,
                retry_at,
            }),
            phone_number: None,
            display_name: None,
            created_at: 0,
            connected_at: None,
        }
    }

    #[test]
    fn kinds_have_one_spelling() {
        for kind in ConnectionKind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
            assert_eq!(ConnectionKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(ConnectionKind::parse("Started"), None);
    }

    #[test]
    fn each_step_means_one_thing() {
        use CauseCode as Code;
        use DeviceStatus as Is;
        let cases = [
            (Is::Created, Is::Starting, None, Some(ConnectionKind::Started)),
            (Is::Starting, Is::QrRequired, None, None),
            (Is::QrRequired, Is::Authenticating, None, Some(ConnectionKind::Scanned)),
            (Is::Authenticating, Is::Connected, None, Some(ConnectionKind::Connected)),
            (Is::Connected, Is::Starting, None, Some(ConnectionKind::Disconnected)),
            (
                Is::Connected,
                Is::Disconnected,
                Some((Code::ConnectionLost, Some(5))),
                Some(ConnectionKind::Disconnected),
            ),
            (Is::Disconnected, Is::Disconnected, Some((Code::ConnectionLost, None)), None),
            (
                Is::Disconnected,
                Is::Disconnected,
                Some((Code::Unreachable, Some(9))),
                Some(ConnectionKind::Failed),
            ),
            (Is::QrRequired, Is::Disconnected, Some((Code::QrExpired, None)), Some(ConnectionKind::Failed)),
            (
                Is::Disconnected,
                Is::Disconnected,
                Some((Code::Stopped, None)),
                Some(ConnectionKind::Disconnected),
            ),
            (
                Is::Connected,
                Is::LoggedOut,
                Some((Code::UnlinkedByPhone, None)),
                Some(ConnectionKind::Disconnected),
            ),
            (
                Is::Disconnected,
                Is::LoggedOut,
                Some((Code::UnlinkedByPhone, None)),
                Some(ConnectionKind::Failed),
            ),
            (Is::Starting, Is::Failed, Some((Code::Replaced, None)), Some(ConnectionKind::Failed)),
        ];
        for (before, status, cause, expected) in cases {
            assert_eq!(ConnectionKind::of(before, &device(status, cause)), expected, "{before:?} {status:?}");
        }
    }
}
