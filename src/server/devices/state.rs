//! What a device's state says to a person: each cause in one sentence, with the way out.

use crate::protocol::{Cause, CauseCode, DeviceStatus, Millis, NextAction};
use crate::server::engine::End;

/// A state to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    pub status: DeviceStatus,
    pub cause: Option<Cause>,
    /// What becomes of its being started with the server; `None` leaves it.
    pub wanted: Option<bool>,
    /// The keys are worthless now: forget them.
    pub forget_keys: bool,
}

impl Transition {
    pub fn to(status: DeviceStatus) -> Self {
        Self { status, cause: None, wanted: None, forget_keys: false }
    }

    fn because(status: DeviceStatus, code: CauseCode, next: NextAction, text: impl Into<String>) -> Self {
        let cause = Cause { code, text: text.into(), next, retry_at: None };
        Self { cause: Some(cause), ..Self::to(status) }
    }

    fn unwanted(mut self) -> Self {
        self.wanted = Some(false);
        self
    }

    /// Somebody stopped it.
    pub fn stopped() -> Self {
        Self::because(
            DeviceStatus::Disconnected,
            CauseCode::Stopped,
            NextAction::Connect,
            "It was disconnected here and keeps its link to the phone.",
        )
        .unwanted()
    }

    /// The connection is away and comes back by itself.
    pub fn lost(reached: bool, retry_at: Option<Millis>) -> Self {
        let (code, text) = if reached {
            (CauseCode::ConnectionLost, "The connection to WhatsApp broke. It is being made again.")
        } else {
            (CauseCode::Unreachable, "WhatsApp cannot be reached. It is being tried again.")
        };
        let mut to = Self::because(DeviceStatus::Disconnected, code, NextAction::Wait, text);
        if let Some(cause) = &mut to.cause {
            cause.retry_at = retry_at;
        }
        to
    }

    /// The codes ran out before one was scanned.
    pub fn codes_expired() -> Self {
        Self::because(
            DeviceStatus::Disconnected,
            CauseCode::QrExpired,
            NextAction::Connect,
            "Nobody scanned the code in time. Ask for new codes when the phone is at hand.",
        )
        .unwanted()
    }

    /// The owner ended the link here.
    pub fn logged_out() -> Self {
        let to = Self::because(
            DeviceStatus::LoggedOut,
            CauseCode::LoggedOut,
            NextAction::Relink,
            "It was logged out here. Its messages stay.",
        );
        Self { forget_keys: true, ..to.unwanted() }
    }

    /// Another account scanned the code of a device that has an account's chats.
    pub fn other_account(before: &str, now: &str) -> Self {
        let text = format!(
            "The phone of +{now} scanned the code, but this device holds the chats of +{before}. Scan with that phone, or add a device for the other."
        );
        let to = Self::because(DeviceStatus::Failed, CauseCode::PairingFailed, NextAction::Relink, text);
        Self { forget_keys: true, ..to.unwanted() }
    }

    /// The keys on disk cannot be used.
    pub fn storage(text: &str) -> Self {
        Self::because(
            DeviceStatus::Failed,
            CauseCode::Storage,
            NextAction::Connect,
            format!("Its keys cannot be read: {text}."),
        )
    }

    /// The session ended for good.
    pub fn ended(end: &End) -> Self {
        match end {
            End::Unlinked => {
                let to = Self::because(
                    DeviceStatus::LoggedOut,
                    CauseCode::UnlinkedByPhone,
                    NextAction::Relink,
                    "The phone removed this device. Its messages stay.",
                );
                Self { forget_keys: true, ..to.unwanted() }
            }
            End::Replaced => Self::because(
                DeviceStatus::Failed,
                CauseCode::Replaced,
                NextAction::CloseOther,
                "Another program connected with this device's keys. Close it, then connect again.",
            )
            .unwanted(),
            End::TemporaryBan { until, text } => {
                let mut to = Self::because(
                    DeviceStatus::Failed,
                    CauseCode::TemporaryBan,
                    NextAction::CheckPhone,
                    format!(
                        "WhatsApp blocks this account for a time: {}. The phone shows more.",
                        text.trim_end_matches('.')
                    ),
                );
                if let Some(cause) = &mut to.cause {
                    cause.retry_at = *until;
                }
                to.unwanted()
            }
            End::AccountLocked => Self::because(
                DeviceStatus::Failed,
                CauseCode::AccountLocked,
                NextAction::CheckPhone,
                "WhatsApp locked this account. The phone shows how to unlock it.",
            )
            .unwanted(),
            End::ClientOutdated => Self::because(
                DeviceStatus::Failed,
                CauseCode::ClientOutdated,
                NextAction::Update,
                "WhatsApp no longer accepts this version. Update Switchboard.",
            )
            .unwanted(),
            End::PairingFailed { text } => {
                let to = Self::because(
                    DeviceStatus::Failed,
                    CauseCode::PairingFailed,
                    NextAction::Connect,
                    format!("Linking failed: {}. Try again with a new code.", text.trim_end_matches('.')),
                );
                Self { forget_keys: true, ..to.unwanted() }
            }
            End::Other { text } => Self::because(
                DeviceStatus::Failed,
                CauseCode::Other,
                NextAction::Connect,
                format!("The connection ended: {}.", text.trim_end_matches('.')),
            )
            .unwanted(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_a_cause_in_words_and_a_way_out() {
        let ends = [
            End::Unlinked,
            End::Replaced,
            End::TemporaryBan { until: Some(5), text: "too many messages.".into() },
            End::AccountLocked,
            End::ClientOutdated,
            End::PairingFailed { text: "the signature is wrong".into() },
            End::Other { text: "stream error 999".into() },
        ];
        for end in ends {
            let to = Transition::ended(&end);
            let cause = to.cause.expect("a cause");
            assert!(cause.text.ends_with('.') && !cause.text.contains(".."), "{}", cause.text);
            assert_ne!(cause.next, NextAction::Wait, "an end does not mend itself");
            assert_eq!(to.wanted, Some(false), "{end:?} is not to be retried by itself");
        }
        assert!(Transition::ended(&End::Unlinked).forget_keys);
        assert!(
            !Transition::ended(&End::Replaced).forget_keys,
            "its keys are good: the other program has to go"
        );
    }
}
