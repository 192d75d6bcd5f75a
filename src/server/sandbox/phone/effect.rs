//! What is done to messages that a phone holds: edits, take-backs, reactions, votes.

use super::content::{Act, poll_of};
use crate::protocol::{Details, MessageKind, Millis, Reaction};
use crate::server::sandbox::directory::Directory;
use crate::server::sandbox::rows::messages::MessageRow;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::poll::{PollVoteCiphertext, compute_option_hash, decrypt_poll_vote_with_secret};
use whatsapp_rust::wacore::proto_helpers::MessageExt as _;
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;

/// Something that somebody did to a message.
#[derive(Clone)]
pub struct Effect {
    /// The chat, as the phone names it.
    pub chat: String,
    /// WhatsApp's id of the message.
    pub id: String,
    /// Digits of who did it.
    pub by: String,
    /// Whether they may take back what others wrote: an admin of the group.
    pub admin: bool,
    pub at: Millis,
    pub act: Act,
}

impl Effect {
    /// Does it to the message; answers whether it changed. What nobody may do changes nothing, as on real
    /// phones: who edits or takes back what somebody else wrote, and votes that cannot be opened.
    pub fn apply(&self, row: &mut MessageRow, me: &str, directory: &Directory) -> bool {
        let own = row.sender == self.by;
        if row.details.revoked_at.is_some() {
            return false;
        }
        match &self.act {
            Act::Edit(text) => {
                if own {
                    row.raw = with_text(&row.raw, text);
                    row.text.clone_from(text);
                    row.details.edited_at = Some(self.at);
                }
                own
            }
            Act::Revoke => {
                let may = own || self.admin;
                if may {
                    row.kind = MessageKind::System;
                    row.text = String::new();
                    row.raw = Vec::new();
                    row.details = Details { revoked_at: Some(self.at), ..Details::default() };
                }
                may
            }
            Act::React(emoji) => {
                row.details.reactions.retain(|reaction| reaction.from != self.by);
                if !emoji.is_empty() {
                    row.details.reactions.push(Reaction {
                        from: self.by.clone(),
                        from_me: self.by == me,
                        emoji: emoji.clone(),
                        at: self.at,
                    });
                }
                true
            }
            Act::Pin(seconds) => {
                row.details.pinned_until = match seconds {
                    0 => None,
                    seconds => Some(self.at.saturating_add(i64::from(*seconds) * 1_000)),
                };
                row.details.pinned_at = row.details.pinned_until.map(|_| self.at);
                true
            }
            Act::Vote { payload, iv } => {
                let Some(chosen) = self.chosen(row, payload, iv, directory) else { return false };
                let Some(poll) = &mut row.details.poll else { return false };
                for option in &mut poll.options {
                    option.voters.retain(|voter| *voter != self.by);
                    if chosen.iter().any(|hash| hash[..] == compute_option_hash(&option.text)) {
                        option.voters.push(self.by.clone());
                    }
                }
                true
            }
        }
    }

    /// The hashes of the options in a vote. Votes are sealed for two JIDs, by number or by LID.
    fn chosen(
        &self,
        row: &MessageRow,
        payload: &[u8],
        iv: &[u8],
        directory: &Directory,
    ) -> Option<Vec<Vec<u8>>> {
        let secret = secret(&row.raw)?;
        let names = |number: &str| {
            let lid = directory.number(number).map(|account| Jid::lid(account.lid.as_str()).to_string());
            [Some(Jid::pn(number).to_string()), lid]
        };
        let (creators, voters) = (names(&row.sender), names(&self.by));
        let cipher = PollVoteCiphertext { enc_payload: payload, enc_iv: iv };
        creators.iter().flatten().find_map(|creator| {
            voters.iter().flatten().find_map(|voter| {
                decrypt_poll_vote_with_secret(cipher, &secret, &row.id, creator, voter).ok()
            })
        })
    }
}

/// What a poll's votes are sealed with.
#[must_use]
pub fn secret(raw: &[u8]) -> Option<Vec<u8>> {
    let message = wa::Message::decode_from_slice(raw).ok()?;
    poll_of(message.get_base_message())?;
    let secret = |message: &wa::Message| {
        message.message_context_info.as_option().and_then(|context| context.message_secret.clone())
    };
    secret(&message).or_else(|| secret(message.get_base_message())).filter(|secret| secret.len() == 32)
}

/// The message with another text or caption.
pub fn with_text(raw: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut message) = wa::Message::decode_from_slice(raw) else { return raw.to_vec() };
    let text = Some(text.to_owned());
    if message.conversation.is_some() {
        message.conversation = text;
    } else if let Some(part) = message.extended_text_message.as_option_mut() {
        part.text = text;
    } else if let Some(part) = message.image_message.as_option_mut() {
        part.caption = text;
    } else if let Some(part) = message.video_message.as_option_mut() {
        part.caption = text;
    } else if let Some(part) = message.document_message.as_option_mut() {
        part.caption = text;
    }
    message.encode_to_vec()
}
