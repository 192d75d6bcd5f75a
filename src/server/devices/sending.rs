//! Queueing what goes out: messages of every kind, and what we do to messages.

use super::commands::{self, Request};
use super::context::Context;
use super::error::DeviceError;
use super::identity;
use super::outbox;
use super::outgoing::{Prepared, Wanted};
use super::{attaching, changes};
use crate::protocol::{
    ChatId, Details, EDIT_WITHIN, MediaState, Message, MessageChange, MessageId, MessageKind, Millis, Poll,
    PollOption, Quoted, REVOKE_WITHIN, Reaction,
};
use crate::server::engine::{OwnChange, Target};
use crate::server::storage::{Row, StorageError, Tx, query, read};
use serde::{Deserialize, Serialize};

/// The longest excerpt of a quoted message, in characters.
const EXCERPT: usize = 500;

type Asked<T> = Result<Result<T, DeviceError>, StorageError>;

/// What an outbox row of a change says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueuedChange {
    pub whatsapp_id: String,
    /// The change's name, for whoever looks at what waits.
    #[serde(default)]
    pub what: String,
    pub target: Target,
    pub change: OwnChange,
    /// As it stood before, to go back to if WhatsApp refuses.
    pub text: String,
    pub details: Box<Details>,
}

/// Queues what was asked for, in one transaction. The same request answers the message that it answered the
/// first time, as it stands now.
pub async fn queue(
    tx: &mut Tx<'_>,
    context: &Context,
    request: &Request,
    chat: &ChatId,
    prepared: Result<Prepared, DeviceError>,
) -> Asked<Message> {
    match commands::recall::<MessageId>(tx, request).await?.settled() {
        Err(error) => return Ok(Err(error)),
        Ok(Some(id)) => return message(tx, &id).await,
        Ok(None) => {}
    }
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Err(error)),
    };
    let number = match account(tx, context).await? {
        Ok(number) => number,
        Err(error) => return Ok(Err(error)),
    };
    match prepared {
        // Its file was looked at before the transaction.
        Prepared::Media { .. } => Ok(Err(DeviceError::Invalid("there is no file".to_owned()))),
        Prepared::Message { kind, text, mut details, quoted } => {
            identity::settle(tx, context, &mut details).await?;
            if let Some(quoted) = quoted {
                match excerpt(tx, chat, &quoted, &number).await? {
                    Ok(excerpt) => details.quoted = Some(excerpt),
                    Err(error) => return Ok(Err(error)),
                }
            }
            outbox::queue_message(tx, context, request, chat, &number, Draft { kind, text, details })
                .await
                .map(Ok)
        }
        Prepared::Forward(id) => {
            let draft = match forwarded(tx, context, &id).await? {
                Ok(draft) => draft,
                Err(error) => return Ok(Err(error)),
            };
            outbox::queue_message(tx, context, request, chat, &number, draft).await.map(Ok)
        }
        Prepared::Change { target, change } => {
            queue_change(tx, context, request, chat, &number, &target, change).await
        }
    }
}

/// A message that is to be sent.
pub struct Draft {
    pub kind: MessageKind,
    pub text: String,
    pub details: Box<Details>,
}

/// The digits of the account that it would go out from.
async fn account(tx: &mut Tx<'_>, context: &Context) -> Asked<String> {
    let device =
        tx.row(query("SELECT phone_number, status FROM devices WHERE id = $1").bind(&context.device)).await?;
    let Some(device) = device else { return Ok(Err(DeviceError::NotFound("device"))) };
    let Some(number) = device.opt_text("phone_number")? else {
        return Ok(Err(DeviceError::Conflict("the device was never linked: link it first".to_owned())));
    };
    if device.text("status")? == "logged_out" {
        return Ok(Err(DeviceError::Conflict("the device is logged out: link it again first".to_owned())));
    }
    Ok(Ok(number))
}

async fn message(tx: &mut Tx<'_>, id: &MessageId) -> Asked<Message> {
    Ok(match tx.row(read::message_query(id)).await? {
        Some(row) => Ok(read::to_message(&row)?),
        None => Err(DeviceError::NotFound("message")),
    })
}

/// A message of this chat, with its row.
async fn of_chat(
    tx: &mut Tx<'_>,
    chat: &ChatId,
    id: &MessageId,
) -> Result<Result<(Row, Message), DeviceError>, StorageError> {
    let Some(row) = tx.row(read::message_query(id)).await? else {
        return Ok(Err(DeviceError::NotFound("message")));
    };
    let found = read::to_message(&row)?;
    if found.chat_id != *chat {
        return Ok(Err(DeviceError::NotFound("message")));
    }
    Ok(Ok((row, found)))
}

async fn excerpt(tx: &mut Tx<'_>, chat: &ChatId, id: &MessageId, number: &str) -> Asked<Quoted> {
    let (row, found) = match of_chat(tx, chat, id).await? {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    let from = if found.from_me { number.to_owned() } else { read::address_of(&row.text("sender")?) };
    Ok(Ok(Quoted {
        message_id: Some(found.id),
        whatsapp_id: found.whatsapp_id,
        from,
        from_me: found.from_me,
        kind: found.kind,
        text: found.text.chars().take(EXCERPT).collect(),
    }))
}

/// What is passed on of a message: what it says, not whom it answered or what was done to it.
async fn forwarded(tx: &mut Tx<'_>, context: &Context, id: &MessageId) -> Asked<Draft> {
    let found = match message(tx, id).await? {
        Ok(found) if found.device_id == context.device => found,
        Ok(_) => return Ok(Err(DeviceError::NotFound("message"))),
        Err(error) => return Ok(Err(error)),
    };
    let plain = [MessageKind::Text, MessageKind::Location, MessageKind::Contact, MessageKind::Poll];
    let file = found.details.media.as_ref();
    let known = match attaching::media_kind(found.kind) {
        Some(_) => file.is_some_and(|file| {
            file.id.is_some() && !matches!(file.state, Some(MediaState::Expired | MediaState::Refused))
        }),
        None => plain.contains(&found.kind),
    };
    if found.details.revoked_at.is_some() || found.details.view_once || !known {
        return Ok(Err(DeviceError::Conflict("this message cannot be forwarded".to_owned())));
    }
    let details = found.details.into_inner();
    let poll = details.poll.map(|poll| {
        let blank = |option: PollOption| PollOption { voters: Vec::new(), ..option };
        Poll { options: poll.options.into_iter().map(blank).collect(), ..poll }
    });
    let details = Details {
        mentions: details.mentions,
        media: details.media,
        location: details.location.map(|place| crate::protocol::Location { live: false, ..place }),
        contacts: details.contacts,
        poll,
        link_preview: details.link_preview,
        forwards: details.forwards.saturating_add(1),
        ..Details::default()
    };
    Ok(Ok(Draft { kind: found.kind, text: found.text, details: Box::new(details) }))
}

async fn queue_change(
    tx: &mut Tx<'_>,
    context: &Context,
    request: &Request,
    chat: &ChatId,
    number: &str,
    target: &MessageId,
    wanted: Wanted,
) -> Asked<Message> {
    let (row, before) = match of_chat(tx, chat, target).await? {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    let now = context.source.now();
    if let Err(error) = may(&before, &wanted, now) {
        return Ok(Err(error));
    }
    let mut after = before.clone();
    let (change, what) = match alter(&mut after, &row, number, wanted, now) {
        Ok(Some(altered)) => altered,
        // It is so already: there is nothing to send.
        Ok(None) => {
            commands::remember(tx, request, target, now).await?;
            return Ok(Ok(before));
        }
        Err(error) => return Ok(Err(error)),
    };
    let target = Target {
        whatsapp_id: before.whatsapp_id.clone(),
        from_me: before.from_me,
        sender: row.text("sender")?,
    };
    let queued = QueuedChange {
        whatsapp_id: outbox::whatsapp_id(context),
        what: change.name().to_owned(),
        target,
        change,
        text: before.text.clone(),
        details: Box::new(before.details.clone().into_inner()),
    };
    outbox::enqueue_change(tx, context, chat, &before.id, request, &queued).await?;
    commands::remember(tx, request, &before.id, now).await?;
    changes::save(tx, context, &before, after, what).await.map(Ok)
}

/// Whether it is a text, or has a place for a caption.
fn has_text(message: &Message) -> bool {
    message.kind.has_text() && !message.details.view_once
}

/// Whether it is ours to do, now.
fn may(message: &Message, wanted: &Wanted, now: Millis) -> Result<(), DeviceError> {
    let refuse = |text: &str| Err(DeviceError::Conflict(text.to_owned()));
    if message.details.revoked_at.is_some() {
        return refuse("the message was taken back");
    }
    let age = now.saturating_sub(message.timestamp);
    match wanted {
        Wanted::Edit { .. } if !message.from_me => refuse("only own messages can be edited"),
        Wanted::Edit { .. } if !has_text(message) => refuse("only texts and captions can be edited"),
        Wanted::Edit { .. } if age > EDIT_WITHIN => refuse("a message can be edited for 15 minutes"),
        Wanted::Revoke if !message.from_me && !message.to.ends_with("@g.us") => {
            refuse("only own messages can be taken back")
        }
        Wanted::Revoke if age > REVOKE_WITHIN => refuse("a message can be taken back for 60 hours"),
        Wanted::Vote(_) if message.details.poll.is_none() => refuse("this message is no poll"),
        Wanted::Reaction(_) if message.kind == MessageKind::System => refuse("nobody can react to a notice"),
        Wanted::Pin(_) if message.kind == MessageKind::System => refuse("a notice cannot be pinned"),
        _ => Ok(()),
    }
}

/// The message as it is to stand, and what to send; `None` if it stands so already.
fn alter(
    message: &mut Message,
    row: &Row,
    number: &str,
    wanted: Wanted,
    now: Millis,
) -> Result<Option<(OwnChange, MessageChange)>, DeviceError> {
    let details: &mut Details = &mut message.details;
    Ok(match wanted {
        Wanted::Reaction(emoji) => {
            let own = details.reactions.iter().position(|reaction| reaction.from_me);
            let now_is = own.map_or("", |own| details.reactions[own].emoji.as_str());
            if now_is == emoji {
                return Ok(None);
            }
            if let Some(own) = own {
                details.reactions.remove(own);
            }
            if !emoji.is_empty() {
                let reaction =
                    Reaction { from: number.to_owned(), from_me: true, emoji: emoji.clone(), at: now };
                details.reactions.push(reaction);
            }
            Some((OwnChange::Reaction(emoji), MessageChange::Reaction))
        }
        Wanted::Edit { text, mentions } => {
            if message.text == text && details.mentions == mentions {
                return Ok(None);
            }
            message.text.clone_from(&text);
            details.mentions.clone_from(&mentions);
            details.link_preview = None;
            details.edited_at = Some(now);
            Some((OwnChange::Edit { text, mentions, of: message.kind }, MessageChange::Edit))
        }
        Wanted::Revoke => {
            message.text.clear();
            *details = Details { revoked_at: Some(now), ..Details::default() };
            Some((OwnChange::Revoke, MessageChange::Revoke))
        }
        Wanted::Pin(seconds) => {
            let until = (seconds > 0).then(|| now.saturating_add(i64::from(seconds) * 1_000));
            // Pinned once more for another time is news; no longer, where it is not, is none.
            if until.is_none() && details.pinned_until.is_none() {
                return Ok(None);
            }
            details.pinned_until = until;
            details.pinned_at = until.map(|_| now);
            Some((OwnChange::Pin(seconds), MessageChange::Pin))
        }
        Wanted::Vote(options) => {
            let secret = row.opt_blob("secret")?;
            let Some(secret) = secret else {
                return Err(DeviceError::Conflict("the poll came without its key".to_owned()));
            };
            choose(details, number, &options)?
                .then_some((OwnChange::Vote { options, secret }, MessageChange::Vote))
        }
    })
}

/// Answers whether that is another choice than before.
fn choose(details: &mut Details, number: &str, options: &[String]) -> Result<bool, DeviceError> {
    let Some(poll) = &mut details.poll else { return Ok(false) };
    if let Some(unknown) =
        options.iter().find(|wanted| !poll.options.iter().any(|option| option.text == **wanted))
    {
        return Err(DeviceError::Invalid(format!("the poll has no option \"{unknown}\"")));
    }
    if poll.selectable > 0 && options.len() > usize::try_from(poll.selectable).unwrap_or(usize::MAX) {
        return Err(DeviceError::Invalid(format!("at most {} options can be chosen", poll.selectable)));
    }
    let mut changed = false;
    for option in &mut poll.options {
        let wanted = options.contains(&option.text);
        let voted = option.voters.iter().position(|voter| voter == number);
        match (wanted, voted) {
            (true, None) => option.voters.push(number.to_owned()),
            (false, Some(at)) => drop(option.voters.remove(at)),
            _ => continue,
        }
        changed = true;
    }
    Ok(changed)
}

/// Takes back what WhatsApp refused, as far as nothing else happened to it since.
pub async fn undo(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &MessageId,
    queued: QueuedChange,
) -> Result<(), StorageError> {
    let Some(row) = tx.row(read::message_query(id)).await? else { return Ok(()) };
    let before = read::to_message(&row)?;
    let mut after = before.clone();
    let details: &mut Details = &mut after.details;
    match queued.change {
        OwnChange::Reaction(_) => {
            details.reactions.retain(|reaction| !reaction.from_me);
            details
                .reactions
                .extend(queued.details.reactions.into_iter().filter(|reaction| reaction.from_me));
        }
        OwnChange::Edit { text, .. } => {
            if after.text != text {
                return Ok(());
            }
            after.text = queued.text;
            details.mentions = queued.details.mentions;
            details.link_preview = queued.details.link_preview;
            details.edited_at = queued.details.edited_at;
        }
        OwnChange::Revoke => {
            after.text = queued.text;
            *details = *queued.details;
        }
        OwnChange::Pin(_) => {
            details.pinned_until = queued.details.pinned_until;
            details.pinned_at = queued.details.pinned_at;
        }
        OwnChange::Vote { .. } => {
            let own = row.text("own_number")?;
            if let (Some(poll), Some(was)) = (&mut details.poll, queued.details.poll) {
                for (option, was) in poll.options.iter_mut().zip(was.options) {
                    option.voters.retain(|voter| *voter != own);
                    if was.voters.contains(&own) {
                        option.voters.push(own.clone());
                    }
                }
            }
        }
    }
    changes::save(tx, context, &before, after, MessageChange::Undone).await?;
    Ok(())
}
