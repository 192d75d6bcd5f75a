//! Typing and presence: what passes live and is kept nowhere.

use super::wire::stanza::{children, node, seconds};
use crate::protocol::{Millis, TypingState};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;

/// Somebody types; in a group, `from` is the group and `participant` is who.
#[must_use]
pub fn stanza(from: &Jid, participant: Option<&Jid>, state: TypingState) -> Node {
    let mut stanza = node("chatstate").attr("from", from);
    if let Some(participant) = participant {
        stanza = stanza.attr("participant", participant);
    }
    let state = match state {
        TypingState::Composing => node("composing"),
        TypingState::Recording => node("composing").attr("media", "audio"),
        TypingState::Paused => node("paused"),
    };
    stanza.children([state.build()]).build()
}

/// What a stanza of a device says, if it says anything.
#[must_use]
pub fn state(stanza: &Node) -> Option<TypingState> {
    let state = children(stanza).first()?;
    match state.tag.as_ref() {
        "composing" if state.attrs.get("media").is_some_and(|media| media.as_str() == "audio") => {
            Some(TypingState::Recording)
        }
        "composing" => Some(TypingState::Composing),
        "paused" => Some(TypingState::Paused),
        _ => None,
    }
}

/// Somebody is online, or was last seen at some time.
#[must_use]
pub fn presence(from: &Jid, online: bool, seen_at: Millis) -> Node {
    let stanza = node("presence").attr("from", from);
    if online {
        stanza.build()
    } else {
        stanza.attr("type", "unavailable").attr("last", seconds(seen_at)).build()
    }
}
