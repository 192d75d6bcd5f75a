//! Notices of what we do ourselves: WhatsApp tells the others, and we keep the same notice in our thread.

use super::context::Context;
use super::inbound;
use crate::protocol::{ChatId, GroupInfo, Millis};
use crate::server::engine::{
    GroupChange, Inbound, InboundMessage, MemberChange, MemberOutcome, notice, says,
};
use crate::server::storage::{StorageError, Tx, query, read};

/// How far apart the same notice, told by two, may lie.
const APART: Millis = 30_000;

/// What we did: its code, to whom, and what is new.
pub type Done = (&'static str, Vec<String>, Option<String>);

/// Keeps the notices of what we did in a chat.
///
/// # Errors
/// [`StorageError`].
pub async fn keep(context: &Context, chat_jid: &str, done: Vec<Done>) -> Result<(), StorageError> {
    if done.is_empty() {
        return Ok(());
    }
    let select = query("SELECT phone_number FROM devices WHERE id = $1").bind(&context.device);
    let row = context.journal.store().row(select).await?;
    let Some(own) = row.map(|row| row.opt_text("phone_number")).transpose()?.flatten() else { return Ok(()) };
    let batch = done.into_iter().map(|done| of_us(context, chat_jid, &own, done));
    inbound::commit(context, batch.map(|notice| Inbound::Message(Box::new(notice))).collect()).await
}

/// A notice of ours. `own` are the digits of the account.
fn of_us(context: &Context, chat_jid: &str, own: &str, (code, people, value): Done) -> InboundMessage {
    let by = format!("{own}@s.whatsapp.net");
    notice(chat_jid, Some(&by), true, context.source.now(), code, people, value)
}

/// Keeps the notice of what we did, in the transaction that does it.
pub async fn keep_in(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_jid: &str,
    done: Done,
) -> Result<(), StorageError> {
    let select = query("SELECT phone_number FROM devices WHERE id = $1").bind(&context.device);
    let row = tx.row(select).await?;
    let Some(own) = row.map(|row| row.opt_text("phone_number")).transpose()?.flatten() else { return Ok(()) };
    inbound::keep(tx, context, of_us(context, chat_jid, &own, done)).await
}

/// Whether the newest notice of a chat around that time says the same: somebody else told it.
pub async fn is_repeated(
    tx: &mut Tx<'_>,
    chat: &ChatId,
    whatsapp_id: &str,
    at: Millis,
) -> Result<bool, StorageError> {
    let Some(said) = says(whatsapp_id) else { return Ok(false) };
    let newest = query(
        "SELECT whatsapp_id FROM messages WHERE chat_id = $1 AND kind = 'system' AND timestamp >= $2 AND timestamp <= $3 \
         ORDER BY timestamp DESC, id DESC LIMIT 1",
    );
    let newest = newest.bind(chat).bind(at.saturating_sub(APART)).bind(at.saturating_add(APART));
    let Some(row) = tx.row(newest).await? else { return Ok(false) };
    Ok(says(&row.text("whatsapp_id")?) == Some(said))
}

/// What a timer of disappearing messages is as a notice.
#[must_use]
pub fn of_timer(seconds: u32) -> Done {
    match seconds {
        0 => ("disappearing_off", Vec::new(), None),
        seconds => ("disappearing_on", Vec::new(), Some(seconds.to_string())),
    }
}

/// What a change of a group is as a notice.
#[must_use]
pub fn of_group(change: &GroupChange) -> Done {
    let alone = |code| (code, Vec::new(), None);
    match change {
        GroupChange::Subject(subject) => ("subject_changed", Vec::new(), Some(subject.clone())),
        GroupChange::Description(Some(text)) => ("description_changed", Vec::new(), Some(text.clone())),
        GroupChange::Description(None) => alone("description_removed"),
        GroupChange::Announce(on) => alone(if *on { "announce_on" } else { "announce_off" }),
        GroupChange::Locked(on) => alone(if *on { "group_locked" } else { "group_unlocked" }),
        GroupChange::Approval(on) => alone(if *on { "approval_on" } else { "approval_off" }),
        GroupChange::MemberAdd(on) => alone(if *on { "everybody_adds" } else { "admins_add" }),
        GroupChange::ExpiresIn(seconds) => of_timer(seconds.unwrap_or(0)),
    }
}

/// What a change of members is as a notice, of those for whom it was done.
#[must_use]
pub fn of_members(change: MemberChange, outcomes: &[MemberOutcome]) -> Option<Done> {
    let done = outcomes.iter().filter(|outcome| outcome.error.is_none());
    let people: Vec<String> = done.map(|outcome| read::address_of(&outcome.jid)).collect();
    let code = match change {
        MemberChange::Add => "members_added",
        MemberChange::Remove => "members_removed",
        MemberChange::Promote => "members_promoted",
        MemberChange::Demote => "members_demoted",
    };
    (!people.is_empty()).then_some((code, people, None))
}

/// That we made a group, or came into one by its invitation.
#[must_use]
pub fn of_new_group(group: &GroupInfo, own: Option<&str>) -> Done {
    match own {
        None => ("group_created", Vec::new(), Some(group.subject.clone())),
        Some(own) => ("member_joined", vec![own.to_owned()], None),
    }
}
