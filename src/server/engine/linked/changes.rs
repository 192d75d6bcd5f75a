//! What is done to messages, out of WhatsApp's own encoding: reactions, edits, revocations, votes, pins.

use super::content::{clean, content, unwrapped};
use super::details::{context, people};
use super::jids::{self, Numbers};
use crate::server::engine::{Change, EventSink, Inbound, InboundChange};
use whatsapp_rust::Jid;
use whatsapp_rust::types::message::MessageInfo;
use whatsapp_rust::wacore::poll::{PollVoteAddressing, PollVoteCiphertext, decrypt_poll_vote_with_fallback};
use whatsapp_rust::waproto::whatsapp::message::PollUpdateMessage;
use whatsapp_rust::waproto::whatsapp::message::pin_in_chat_message::Type as Pin;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;
use whatsapp_rust::waproto::whatsapp::{Message, MessageKey};

/// How long a message stays pinned where nothing says it: WhatsApp's own default of seven days.
const PINNED: i64 = 7 * 24 * 3_600 * 1_000;

/// Who does something, where, and when.
pub(super) struct Doer<'a> {
    pub info: &'a MessageInfo,
    pub chat: &'a Jid,
    pub sender: &'a Jid,
}

/// What a message does to another, or `None` if it does nothing that is shown.
///
/// `batch` is what came before it and is not kept yet: a poll and its first votes may come together.
pub(super) async fn change(
    numbers: &dyn Numbers,
    sink: &dyn EventSink,
    doer: &Doer<'_>,
    message: &Message,
    batch: &[Inbound],
) -> Option<InboundChange> {
    let (target, change) = read(numbers, sink, doer, message, batch).await?;
    let info = doer.info;
    Some(InboundChange {
        whatsapp_id: clean(info.id.clone()),
        chat: jids::text(doer.chat),
        sender: jids::text(doer.sender),
        from_me: info.source.is_from_me,
        timestamp: info.timestamp.timestamp_millis(),
        target,
        change,
    })
}

async fn read(
    numbers: &dyn Numbers,
    sink: &dyn EventSink,
    doer: &Doer<'_>,
    message: &Message,
    batch: &[Inbound],
) -> Option<(String, Change)> {
    let inner = unwrapped(message);
    if let Some(reaction) = inner.reaction_message.as_option() {
        let emoji = clean(reaction.text.clone().unwrap_or_default());
        return Some((id(reaction.key.as_option())?, Change::Reaction(emoji)));
    }
    if let Some(protocol) = inner.protocol_message.as_option() {
        let target = id(protocol.key.as_option())?;
        return match protocol.r#type {
            Some(Type::REVOKE) => Some((target, Change::Revoke)),
            Some(Type::MESSAGE_EDIT) => {
                let edited = protocol.edited_message.as_option()?;
                let text = content(edited)?.text;
                let mentioned = context(unwrapped(edited)).map(|context| context.mentioned_jid.as_slice());
                let mentions = people(numbers, mentioned.unwrap_or_default()).await;
                Some((target, Change::Edit { text, mentions }))
            }
            _ => None,
        };
    }
    if let Some(pin) = inner.pin_in_chat_message.as_option() {
        let until = match pin.r#type {
            Some(Pin::PIN_FOR_ALL) => {
                Some(doer.info.timestamp.timestamp_millis().saturating_add(pinned_for(message)))
            }
            _ => None,
        };
        return Some((id(pin.key.as_option())?, Change::Pin(until)));
    }
    let update = inner.poll_update_message.as_option()?;
    let target = id(update.poll_creation_message_key.as_option())?;
    let chat = jids::text(doer.chat);
    let secret = match secret_in(batch, &chat, &target) {
        Some(secret) => secret,
        None => sink.poll_secret(&chat, &target).await?,
    };
    let chosen = open_vote(numbers, doer, update, &target, &secret).await?;
    Some((target, Change::Vote(chosen)))
}

/// In milliseconds, as the sender wished.
fn pinned_for(message: &Message) -> i64 {
    // What another device of ours sent has it inside.
    let wished = [message, unwrapped(message)]
        .into_iter()
        .filter_map(|message| message.message_context_info.as_option()?.message_add_on_duration_in_secs)
        .find(|seconds| *seconds > 0);
    wished.map_or(PINNED, |seconds| i64::from(seconds) * 1_000)
}

fn id(key: Option<&MessageKey>) -> Option<String> {
    key?.id.as_deref().filter(|id| !id.is_empty()).map(|id| clean(id.to_owned()))
}

fn secret_in(batch: &[Inbound], chat: &str, poll: &str) -> Option<Vec<u8>> {
    batch.iter().find_map(|inbound| match inbound {
        Inbound::Message(message) if message.whatsapp_id == poll && message.chat == chat => {
            message.secret.clone()
        }
        _ => None,
    })
}

/// Opens a vote: it was sealed under the names that poll and voter had for each other, by number or by LID.
async fn open_vote(
    numbers: &dyn Numbers,
    doer: &Doer<'_>,
    update: &PollUpdateMessage,
    poll: &str,
    secret: &[u8],
) -> Option<Vec<Vec<u8>>> {
    let vote = update.vote.as_option()?;
    let key = update.poll_creation_message_key.as_option()?;
    let source = &doer.info.source;
    // The key is written from the voter's side: "from me" means that the voter made the poll.
    let creator: Jid = match key.participant.as_deref().and_then(|jid| jid.parse().ok()) {
        Some(creator) => creator,
        None if key.from_me == Some(true) => source.sender.clone(),
        None if source.is_from_me => source.chat.clone(),
        None => numbers.own()?,
    };
    let (creator, voter) = (jids::bare(&creator), jids::bare(&source.sender));
    let plain = [
        jids::by_number(numbers, &creator, None).await.to_string(),
        jids::by_number(numbers, &voter, source.sender_alt.as_ref()).await.to_string(),
    ];
    let (creator, voter) = (creator.to_string(), voter.to_string());
    let sealed = || {
        Some(PollVoteCiphertext {
            enc_payload: vote.enc_payload.as_deref()?,
            enc_iv: vote.enc_iv.as_deref()?,
        })
    };
    // A voter who comes by LID may know us by ours.
    if let Some(own) =
        numbers.own_lid().filter(|_| numbers.own().is_some_and(|own| own.to_string() == creator))
    {
        let own = own.to_string();
        let by_lid = PollVoteAddressing { poll_creator_jid: &own, voter_jid: &voter };
        if let Ok(chosen) = decrypt_poll_vote_with_fallback(sealed()?, secret, poll, by_lid, None) {
            return Some(chosen);
        }
    }
    let primary = PollVoteAddressing { poll_creator_jid: &creator, voter_jid: &voter };
    let fallback = PollVoteAddressing { poll_creator_jid: &plain[0], voter_jid: &plain[1] };
    decrypt_poll_vote_with_fallback(sealed()?, secret, poll, primary, Some(fallback))
        .inspect_err(|error| tracing::warn!(%error, "a vote could not be opened"))
        .ok()
}
