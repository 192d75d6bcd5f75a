//! English, for how a device is and what to do about it.

use super::messages_manage::Health;
use crate::protocol::{CauseCode, ConnectionKind, DeviceStatus};

pub const HEALTH: Health = Health {
    title: "Health",
    now: "Now",
    last_in: "Last message in",
    last_out: "Last message out",
    none: "None yet",
    queue: "Waiting to go out",
    failed: "Not sent",
    today: "Today (UTC)",
    traffic: |received, sent| format!("{received} in, {sent} out"),
    reconnects: "Times connected",
    uptime: "Connected",
    percent: |share| format!("{share} % of the time"),
    connects_in: "Connects within",
    seconds: |count| format!("{count} s"),
    minutes: |count| format!("{count} min"),
    hours: |count| format!("{count} h"),
    days: |count| if count == 1 { "1 day".to_owned() } else { format!("{count} days") },
    history: "History of the connection",
    history_none: "Nothing has happened yet.",
    kind: |kind| match kind {
        ConnectionKind::Started => "Connecting",
        ConnectionKind::QrShown => "Code shown",
        ConnectionKind::Scanned => "Code scanned",
        ConnectionKind::Connected => "Connected",
        ConnectionKind::Disconnected => "Disconnected",
        ConnectionKind::Failed => "Attempt failed",
        ConnectionKind::Watched => "Followed by a program",
    },
    restarted: "It was restarted here.",
    took: |time| format!("after {time}"),
    lasted: |time| format!("for {time}"),
    lasts: "until now",
    diagnosis: "Why it is not connected",
    what_to_do: "What to do",
    advice: |code| match code {
        CauseCode::Stopped => "Somebody stopped it here, and it stays so until it is connected again.",
        CauseCode::ConnectionLost => {
            "The connection broke and is being made again, at growing distances. If this goes on for minutes, look at \
             the network of this server; the phone itself need not be online."
        }
        CauseCode::Unreachable => {
            "This server does not reach WhatsApp. Check its internet access, its name resolution, and that a firewall \
             lets it out on port 443."
        }
        CauseCode::QrExpired => {
            "Codes are shown for a few minutes only. Have the phone at hand, then ask for new ones."
        }
        CauseCode::PairingFailed => {
            "The phone did not accept the link. Update WhatsApp on it, check that it is online and that fewer than \
             four devices are linked, then try again."
        }
        CauseCode::UnlinkedByPhone => {
            "The link was ended under Linked devices on the phone. Link it again; chats and messages stay here."
        }
        CauseCode::LoggedOut => {
            "The link was ended here. Link it again to go on; chats and messages stay here."
        }
        CauseCode::Replaced => {
            "Another program uses the same link, perhaps a copy of this server. Stop it first, or both will push \
             each other out."
        }
        CauseCode::TemporaryBan => {
            "WhatsApp blocks this account for a time, most often for many messages to strangers. Send nothing until \
             it ends, and less afterwards."
        }
        CauseCode::AccountLocked => {
            "WhatsApp locked the account. Open WhatsApp on the phone: it says why, and how to ask for a review."
        }
        CauseCode::ClientOutdated => {
            "WhatsApp no longer takes this version. Update Switchboard and start it again."
        }
        CauseCode::NoAck => {
            "It is connected, but WhatsApp does not confirm what is sent. Messages are tried again by themselves; \
             restart the device if this lasts."
        }
        CauseCode::Storage => {
            "The keys of the link could not be read. Look at the server’s log and its disk, then restart the device; \
             if that does not help, link it again."
        }
        CauseCode::Other => "Restart the device. If it happens again, the server’s log says more.",
    },
    advice_status: |status| match status {
        DeviceStatus::Created => "It has never been linked. Show its code and scan it with the phone.",
        DeviceStatus::Starting => "It is reaching WhatsApp; this takes a few seconds.",
        DeviceStatus::QrRequired => "Scan its code with the phone, or use a pairing code.",
        DeviceStatus::Authenticating => "The phone scanned the code, and keys are being exchanged.",
        DeviceStatus::Connected => "",
        DeviceStatus::Disconnected => "Connect it again.",
        DeviceStatus::LoggedOut => "Link it again with a new code.",
        DeviceStatus::Failed => "Restart the device. If it happens again, the server’s log says more.",
    },
    profile: "WhatsApp profile",
    profile_text: "What others see of this account.",
    profile_name: "Name",
    profile_about: "About",
    profile_saved: "The profile was changed.",
    profile_down: "It can be seen and changed while the device is connected.",
};
