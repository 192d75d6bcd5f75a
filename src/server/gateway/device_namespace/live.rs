//! What passes live and has no place in the log: typing and presence.

use super::events::About;
use crate::protocol::{LiveEvent, LiveKind, TypingState};
use crate::server::gateway::dialect::Said;
use serde_json::json;

pub fn said(event: &LiveEvent) -> Said {
    let about = About { device: &event.device_id, at: event.at };
    match &event.kind {
        LiveKind::Typing { chat_id, sender_name, from, state } => {
            let name = match state {
                TypingState::Composing | TypingState::Recording => "typing:start",
                TypingState::Paused => "typing:stop",
            };
            let payload =
                json!({ "chatId": chat_id, "from": from, "senderName": sender_name, "state": state });
            about.say(name, payload)
        }
        LiveKind::Presence { chat_id, online, last_seen } => about
            .say("presence:update", json!({ "chatId": chat_id, "online": online, "lastSeen": last_seen })),
    }
}
