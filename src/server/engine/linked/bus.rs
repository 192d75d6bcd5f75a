//! The client's events, taken in where they happen: whatever has to be known at once is noted here,
//! and all that is news goes into the line.

use super::link::{Link, Verdict, Wish};
use crate::server::engine::End;
use std::sync::Arc;
use whatsapp_rust::types::events::{
    ConnectFailureReason, Event, EventHandler, EventInterest, EventKind, LoggedOut, ServerAck, TemporaryBan,
};

/// What we listen to; the client does not even make the others.
const KINDS: [EventKind; 42] = [
    EventKind::AppStateSyncFailed,
    EventKind::ArchiveUpdate,
    EventKind::ChatPresence,
    EventKind::ClearChatUpdate,
    EventKind::ClientOutdated,
    EventKind::ConnectFailure,
    EventKind::Connected,
    EventKind::ContactNumberChanged,
    EventKind::ContactUpdate,
    EventKind::ContactUpdated,
    EventKind::DeleteChatUpdate,
    EventKind::DeleteMessageForMeUpdate,
    EventKind::Disconnected,
    EventKind::GroupUpdate,
    EventKind::HistorySync,
    EventKind::IncomingCall,
    EventKind::LabelAssociationUpdate,
    EventKind::LabelEditUpdate,
    EventKind::LoggedOut,
    EventKind::MarkChatAsReadUpdate,
    EventKind::Messages,
    EventKind::MissedCall,
    EventKind::MuteUpdate,
    EventKind::PairError,
    EventKind::PairPasskeyError,
    EventKind::PairPasskeyRequest,
    EventKind::PairSuccess,
    EventKind::PairingQrCode,
    EventKind::PairingQrCodesExhausted,
    EventKind::PictureUpdate,
    EventKind::PinUpdate,
    EventKind::Presence,
    EventKind::PushNameUpdate,
    EventKind::QrScannedWithoutMultidevice,
    EventKind::Receipt,
    EventKind::SelfPushNameUpdated,
    EventKind::ServerAck,
    EventKind::StarUpdate,
    EventKind::StreamReplaced,
    EventKind::TemporaryBan,
    EventKind::UndecryptableMessage,
    EventKind::UserAboutUpdate,
];

pub(super) struct Bus(pub Arc<Link>);

impl EventHandler for Bus {
    fn handle_event(&self, event: Arc<Event>) {
        let link = &self.0;
        link.reached();
        match &*event {
            Event::PairingQrCode(_) => link.codes_shown(),
            Event::PairSuccess(_) => link.paired(),
            Event::Connected(_) => {
                link.live();
                super::live_tasks::after_connect(link);
            }
            Event::SelfPushNameUpdated(_) => super::live_tasks::be_available(link),
            Event::AppStateSyncFailed(failed) => super::live_tasks::sync_again(link, &failed.skipped),
            Event::ServerAck(ack) => acknowledged(link, ack),
            Event::HistorySync(history) => {
                link.history((**history).clone());
                return;
            }
            Event::PairingQrCodesExhausted(exhausted) => {
                super::pairing::codes_ran_out(link, exhausted.disconnected);
                return;
            }
            other => {
                if let Some(end) = end(link, other) {
                    link.decide(Verdict::Ended(end));
                    link.wish(Wish::End);
                    return;
                }
            }
        }
        link.mailbox.tell_wire(link, event);
    }

    fn interest(&self) -> EventInterest {
        EventInterest::of(&KINDS)
    }
}

/// Only an acknowledgement of a message is somebody's answer.
pub(super) fn is_of_a_message(ack: &ServerAck) -> bool {
    ack.class.as_deref().is_none_or(|class| class == "message")
}

fn acknowledged(link: &Link, ack: &ServerAck) {
    if is_of_a_message(ack) {
        link.acks.answer(&ack.id, ack.error.as_deref());
    }
}

/// Whether this event is the end of the run, and which.
fn end(link: &Link, event: &Event) -> Option<End> {
    Some(match event {
        Event::LoggedOut(logged_out) => logged_out_end(logged_out),
        Event::StreamReplaced(_) => End::Replaced,
        Event::TemporaryBan(ban) => banned(link, ban),
        Event::ClientOutdated(_) => End::ClientOutdated,
        Event::ConnectFailure(failure) => match failure.reason {
            reason if reason.should_reconnect() => return None,
            ConnectFailureReason::TempBanned => {
                End::TemporaryBan { until: None, text: said(failure.message.as_deref()) }
            }
            ConnectFailureReason::AccountLocked => End::AccountLocked,
            ConnectFailureReason::ClientOutdated | ConnectFailureReason::BadUserAgent => End::ClientOutdated,
            reason => End::Other {
                text: format!(
                    "WhatsApp refused the connection ({reason:?}): {}",
                    said(failure.message.as_deref())
                ),
            },
        },
        Event::PairError(error) => End::PairingFailed { text: error.error.clone() },
        Event::PairPasskeyRequest(_) => End::PairingFailed {
            text: "the account asks for a passkey, which cannot be given here".to_owned(),
        },
        Event::PairPasskeyError(error) => End::PairingFailed { text: error.error.clone() },
        _ => return None,
    })
}

fn logged_out_end(logged_out: &LoggedOut) -> End {
    match logged_out.reason {
        ConnectFailureReason::AccountLocked => End::AccountLocked,
        _ => End::Unlinked,
    }
}

fn banned(link: &Link, ban: &TemporaryBan) -> End {
    let text = match ban.message.as_deref() {
        Some(message) if !message.is_empty() => format!("{} ({message})", ban.code),
        _ => ban.code.to_string(),
    };
    End::TemporaryBan { until: link.source.now().checked_add(ban.expire.num_milliseconds()), text }
}

fn said(message: Option<&str>) -> String {
    message.filter(|text| !text.is_empty()).unwrap_or("no reason given").to_owned()
}
