//! A message that is here twice, once under each name of a person.

use super::Dropped;
use crate::protocol::{ChatId, Details, MessageId, MessageStatus, Reaction};
use crate::server::devices::changes::details_json;
use crate::server::storage::search::{found_by, index_message};
use crate::server::storage::{Row, StorageError, Tx, query};
use std::collections::{HashMap, HashSet};

/// What may have been changed of a message since it came.
#[derive(Debug, Clone, PartialEq)]
struct Version {
    text: String,
    details: Details,
    status: String,
}

/// Deletes a message that is here under another id as well, which gets what hangs on it.
pub async fn drop_twin(tx: &mut Tx<'_>, gone: &MessageId, kept: &MessageId) -> Result<(), StorageError> {
    let (Some(old), Some(before)) = (version(tx, gone).await?, version(tx, kept).await?) else {
        return Ok(());
    };
    let after = joined(before.clone(), old);
    if after != before {
        let update = query(
            "UPDATE messages SET body = $2, details = $3, status = $4, pinned_until = $5 WHERE id = $1",
        );
        let update = update.bind(kept).bind(&after.text).bind(details_json(&after.details)?);
        tx.execute(update.bind(&after.status).bind(after.details.pinned_until)).await?;
        index_message(tx, kept, &found_by(&after.text, &after.details)).await?;
    }
    for text in [
        "UPDATE messages SET secret = COALESCE(secret, (SELECT o.secret FROM messages o WHERE o.id = $1)), \
         media_id = COALESCE(media_id, (SELECT o.media_id FROM messages o WHERE o.id = $1)), \
         failure = CASE WHEN status = 'failed' THEN failure ELSE NULL END WHERE id = $2",
        "UPDATE outbox SET message_id = $2 WHERE message_id = $1",
        "INSERT INTO message_receipts (message_id, person, delivered_at, read_at, played_at) \
         SELECT $2, r.person, r.delivered_at, r.read_at, r.played_at FROM message_receipts r WHERE r.message_id = $1 \
         ON CONFLICT (message_id, person) DO UPDATE SET \
         delivered_at = COALESCE(message_receipts.delivered_at, excluded.delivered_at), \
         read_at = COALESCE(message_receipts.read_at, excluded.read_at), \
         played_at = COALESCE(message_receipts.played_at, excluded.played_at)",
        "INSERT INTO lid_traces (device_id, lid, message_id) SELECT t.device_id, t.lid, $2 FROM lid_traces t \
         WHERE t.message_id = $1 ON CONFLICT (device_id, lid, message_id) DO NOTHING",
    ] {
        tx.execute(query(text).bind(gone).bind(kept)).await?;
    }
    tx.execute(query("DELETE FROM messages WHERE id = $1").bind(gone)).await.map(drop)
}

async fn version(tx: &mut Tx<'_>, id: &MessageId) -> Result<Option<Version>, StorageError> {
    let row = tx.row(query("SELECT body, details, status FROM messages WHERE id = $1").bind(id)).await?;
    let read = |row: Row| -> Result<Version, StorageError> {
        let details = row.opt_json("details")?.unwrap_or_default();
        Ok(Version { text: row.text("body")?, details, status: row.text("status")? })
    };
    row.map(read).transpose()
}

/// The most that is known of both.
fn joined(kept: Version, gone: Version) -> Version {
    let status = |version: &Version| MessageStatus::parse(&version.status);
    let further = if status(&gone) > status(&kept) { &gone } else { &kept };
    let status = further.status.clone();
    // What was taken back stays so, whichever of them was.
    if kept.details.revoked_at.is_some() {
        return Version { status, ..kept };
    }
    if gone.details.revoked_at.is_some() {
        return Version { status, ..gone };
    }
    let Version { mut text, details: mut one, .. } = kept;
    let other = gone.details;
    if other.edited_at > one.edited_at {
        text = gone.text;
        one.edited_at = other.edited_at;
        one.mentions = other.mentions;
        one.link_preview = other.link_preview;
    }
    one.reactions.extend(other.reactions);
    newest_of_each(&mut one.reactions);
    if let (Some(poll), Some(same)) = (&mut one.poll, &other.poll) {
        for option in &mut poll.options {
            let voters = same.options.iter().filter(|one| one.text == option.text);
            option.voters.extend(voters.flat_map(|one| one.voters.iter().cloned()));
            once(&mut option.voters);
        }
    }
    one.poll = one.poll.or(other.poll);
    one.quoted = one.quoted.or(other.quoted);
    one.media = one.media.or(other.media);
    one.location = one.location.or(other.location);
    one.notice = one.notice.or(other.notice);
    one.played_at = one.played_at.or(other.played_at);
    one.expires_in = one.expires_in.or(other.expires_in);
    if other.pinned_until > one.pinned_until {
        one.pinned_until = other.pinned_until;
        one.pinned_at = other.pinned_at;
    }
    one.forwards = one.forwards.max(other.forwards);
    one.starred |= other.starred;
    one.view_once |= other.view_once;
    if one.contacts.is_empty() {
        one.contacts = other.contacts;
    }
    Version { text, details: one, status }
}

/// One person has one reaction: the newest.
pub fn newest_of_each(reactions: &mut Vec<Reaction>) {
    reactions.sort_by_key(|reaction| std::cmp::Reverse(reaction.at));
    let mut seen = HashSet::new();
    reactions.retain(|reaction| seen.insert(reaction.from.clone()));
    reactions.sort_by_key(|reaction| reaction.at);
}

/// Everybody once, where they stand first.
pub fn once(people: &mut Vec<String>) {
    let mut seen = HashSet::new();
    people.retain(|person| seen.insert(person.clone()));
}

/// Lets answers to what was dropped name what was kept of it.
pub async fn requote(tx: &mut Tx<'_>, dropped: &[Dropped]) -> Result<(), StorageError> {
    let kept: HashMap<&str, &MessageId> = dropped.iter().map(|one| (one.id.as_str(), &one.kept)).collect();
    let mut chats: Vec<&ChatId> = Vec::new();
    for one in dropped {
        if !chats.contains(&&one.chat) {
            chats.push(&one.chat);
        }
    }
    let select =
        "SELECT id, details FROM messages WHERE chat_id = $1 AND details LIKE '%\"quoted\"%' ORDER BY id";
    for chat in chats {
        for row in tx.rows(query(select).bind(chat)).await? {
            let mut details: Details = row.opt_json("details")?.unwrap_or_default();
            let Some(named) = details.quoted.as_mut().and_then(|quoted| quoted.message_id.as_mut()) else {
                continue;
            };
            let Some(mut other) = kept.get(named.as_str()) else { continue };
            // Which may have been a twin itself.
            while let Some(next) = kept.get(other.as_str()) {
                other = next;
            }
            *named = (*other).clone();
            let update = query("UPDATE messages SET details = $2 WHERE id = $1");
            tx.execute(update.bind(row.text("id")?).bind(details_json(&details)?)).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{MessageKind, Quoted};

    fn version(text: &str, status: &str, details: Details) -> Version {
        Version { text: text.to_owned(), details, status: status.to_owned() }
    }

    fn reaction(from: &str, emoji: &str, at: i64) -> Reaction {
        Reaction { from: from.to_owned(), from_me: false, emoji: emoji.to_owned(), at }
    }

    #[test]
    fn of_two_that_are_one_the_most_is_kept() {
        let quoted = Quoted {
            message_id: None,
            whatsapp_id: "Q".to_owned(),
            from: "34600".to_owned(),
            from_me: false,
            kind: MessageKind::Text,
            text: "asked".to_owned(),
        };
        let kept = Details {
            reactions: vec![reaction("34600", "👍", 1), reaction("34700", "🔥", 2)],
            quoted: Some(quoted.clone()),
            ..Details::default()
        };
        let gone = Details {
            reactions: vec![reaction("34600", "🎉", 3)],
            edited_at: Some(5),
            starred: true,
            pinned_until: Some(7),
            pinned_at: Some(6),
            ..Details::default()
        };
        let one = joined(version("before", "delivered", kept.clone()), version("edited", "read", gone));
        assert_eq!((one.text.as_str(), one.status.as_str()), ("edited", "read"));
        assert_eq!(one.details.reactions, [reaction("34700", "🔥", 2), reaction("34600", "🎉", 3)]);
        assert_eq!((one.details.quoted, one.details.starred), (Some(quoted), true));
        assert_eq!((one.details.pinned_until, one.details.pinned_at), (Some(7), Some(6)));

        let revoked = Details { revoked_at: Some(9), ..Details::default() };
        for (kept, gone) in [(kept.clone(), revoked.clone()), (revoked.clone(), kept)] {
            let text = |details: &Details| if details.revoked_at.is_some() { "" } else { "before" };
            let (one, other) = (version(text(&kept), "read", kept), version(text(&gone), "read", gone));
            assert_eq!(joined(one, other), version("", "read", revoked.clone()));
        }
    }
}
