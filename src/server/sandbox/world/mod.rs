//! Who lives on the network from the beginning: two phones to be linked, eight people, their chats of the
//! last days, and a group.

mod chats;
mod people;

use self::chats::{GROUP_LINES, GROUP_UNREAD, Line, TALKS};
use self::people::{BODEGA, GROUP_MEMBERS, GROUP_PICTURE, GROUP_SUBJECT, PEOPLE, SAVED_AS, SUPPORT};
use super::SandboxError;
use super::addressing::Addressing;
use super::cdn;
use super::network::message_id;
use super::phone::content;
use super::rows::accounts::{self, AccountRow};
use super::rows::groups::{self, GroupRow};
use super::rows::messages::{self, MessageRow};
use crate::protocol::{MessageKind, MessageStatus, Millis};
use crate::server::source::Source;
use crate::server::storage::{Query, StorageError, Store, Tx, Value, query};
use std::collections::BTreeMap;
use whatsapp_rust::wacore::libsignal::protocol::KeyPair;
use whatsapp_rust::waproto::buffa::Message as _;

const MINUTE: Millis = 60_000;
/// The group's id is fixed, so that scripts can name it.
const GROUP: &str = "120363040000000001";

/// The user part of a number's LID: 15 digits that tell nothing about the number.
fn lid(number: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let hash = Sha256::digest(number.as_bytes());
    let value = hash.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!("{:015}", 100_000_000_000_000 + value % 800_000_000_000_000)
}

/// A new account with new keys.
#[must_use]
pub fn account(source: &Source, number: &str, name: &str) -> AccountRow {
    let (now, mut rng) = (source.now(), source.rng());
    let mut key = || *KeyPair::generate(&mut rng).private_key.serialize();
    AccountRow {
        number: number.to_owned(),
        lid: lid(number),
        name: name.to_owned(),
        about: "Hey there! I am using WhatsApp.".to_owned(),
        picture: None,
        answers: false,
        online: false,
        seen_at: now,
        registration_id: u32::try_from(source.below(16_380)).unwrap_or(0) + 1,
        identity_key: key(),
        signed_prekey: key(),
        app_state_key: source.bytes(),
        created_at: now,
        addressing: Addressing::default(),
    }
}

/// Everything that is to be written.
struct World {
    accounts: Vec<AccountRow>,
    pictures: Vec<&'static [u8]>,
    contacts: Vec<Vec<Value>>,
    /// By number, in the order of time.
    held: BTreeMap<&'static str, Vec<MessageRow>>,
    receipts: Vec<Vec<Value>>,
    group: GroupRow,
}

/// Makes the world, unless this store has one already.
///
/// # Errors
/// [`SandboxError::Storage`].
pub async fn settle(store: &Store, source: &Source) -> Result<(), SandboxError> {
    if store.row(query("SELECT name FROM sandbox_network WHERE name = 'world'")).await?.is_some() {
        return Ok(());
    }
    let now = source.now();
    let world = World::new(source, now);
    store.write(move |tx| Box::pin(async move { world.write(tx, now).await })).await?;
    Ok(())
}

impl World {
    fn new(source: &Source, now: Millis) -> Self {
        let accounts = PEOPLE.iter().enumerate().map(|(place, person)| AccountRow {
            about: person.about.to_owned(),
            picture: Some(cdn::name_of(person.picture)),
            answers: person.answers,
            online: person.online,
            seen_at: now - person.seen * MINUTE,
            // One after the other, so that lists keep this order.
            created_at: now - 30 * 24 * 60 * MINUTE + Millis::try_from(place).unwrap_or(0),
            ..account(source, person.number, person.name)
        });
        let group_at = now - 60 * 24 * 60 * MINUTE;
        let mut world = Self {
            accounts: accounts.collect(),
            pictures: PEOPLE.iter().map(|person| person.picture).chain([GROUP_PICTURE]).collect(),
            contacts: contacts(),
            held: BTreeMap::new(),
            receipts: Vec::new(),
            group: GroupRow {
                id: GROUP.to_owned(),
                subject: GROUP_SUBJECT.to_owned(),
                subject_by: GROUP_MEMBERS[0].to_owned(),
                subject_at: group_at,
                creator: GROUP_MEMBERS[0].to_owned(),
                created_at: group_at,
                picture: Some(cdn::name_of(GROUP_PICTURE)),
                settings: groups::Settings::default(),
                members: GROUP_MEMBERS
                    .iter()
                    .map(|number| ((*number).to_owned(), *number == GROUP_MEMBERS[0]))
                    .collect(),
            },
        };
        for talk in TALKS {
            let (one, other) = talk.between;
            for (line, unread) in marked(talk.lines, one, talk.unread) {
                let to = if line.1 == one { other } else { one };
                world.say(source, now, *line, &[to], None, unread.then_some(one));
            }
        }
        for (line, unread) in marked(GROUP_LINES, BODEGA, GROUP_UNREAD) {
            let others: Vec<_> = GROUP_MEMBERS.into_iter().filter(|number| *number != line.1).collect();
            world.say(source, now, *line, &others, Some(GROUP), unread.then_some(BODEGA));
        }
        for messages in world.held.values_mut() {
            messages.sort_by_key(|message| message.timestamp);
        }
        world
    }

    /// Somebody said something: everybody concerned holds it. `unread` has not read it yet.
    fn say(
        &mut self,
        source: &Source,
        now: Millis,
        (minutes, from, text): Line,
        to: &[&'static str],
        group: Option<&str>,
        unread: Option<&str>,
    ) {
        let id = message_id(source);
        let group_chat = group.map(|id| format!("{id}@g.us"));
        let row = |number: &str, status: MessageStatus| MessageRow {
            id: id.clone(),
            chat: group_chat.clone().unwrap_or_else(|| {
                if number == from {
                    to.first().copied().unwrap_or_default().to_owned()
                } else {
                    from.to_owned()
                }
            }),
            sender: from.to_owned(),
            from_me: number == from,
            kind: MessageKind::Text,
            text: text.to_owned(),
            timestamp: now - minutes * MINUTE - Millis::try_from(source.below(40_000)).unwrap_or(0),
            status,
            raw: content::text(text).encode_to_vec(),
            details: Default::default(),
        };
        let seen = |number: &str| match unread == Some(number) {
            true => MessageStatus::Delivered,
            false => MessageStatus::Read,
        };
        let all = if unread.is_none() { MessageStatus::Read } else { MessageStatus::Delivered };
        let mine = row(from, all);
        // Everybody has it at the same time.
        let copies = to
            .iter()
            .map(|number| (*number, MessageRow { timestamp: mine.timestamp, ..row(number, seen(number)) }));
        let copies: Vec<_> = copies.collect();
        if group.is_some() {
            for number in to {
                let status = seen(number).as_str();
                self.receipts.push(vec![from.into(), id.as_str().into(), (*number).into(), status.into()]);
            }
        }
        if let Some(author) = PEOPLE.iter().find(|person| person.number == from) {
            self.held.entry(author.number).or_default().push(mine);
        }
        for (number, copy) in copies {
            self.held.entry(number).or_default().push(copy);
        }
    }

    async fn write(self, tx: &mut Tx<'_>, now: Millis) -> Result<(), StorageError> {
        let made = query("INSERT INTO sandbox_network (name, value) VALUES ('world', $1)");
        tx.execute(made.bind(now.to_be_bytes().to_vec())).await?;
        for picture in self.pictures {
            cdn::keep(tx, &cdn::name_of(picture), picture.to_vec(), now).await?;
        }
        accounts::insert(tx, self.accounts).await?;
        let head = "INSERT INTO sandbox_contacts (number, contact, name)";
        tx.execute(Query::insert(head, self.contacts, "")).await?;
        groups::insert(tx, self.group).await?;
        for (number, messages) in self.held {
            messages::insert(tx, number, messages).await?;
        }
        let head = "INSERT INTO sandbox_receipts (number, id, member, status)";
        tx.execute(Query::insert(head, self.receipts, "")).await.map(drop)
    }
}

/// Who has whom in their address book: the two that are to be linked know everybody, and everybody them.
fn contacts() -> Vec<Vec<Value>> {
    let mut contacts = Vec::new();
    for owner in [BODEGA, SUPPORT] {
        for person in PEOPLE.iter().filter(|person| person.number != owner) {
            let saved = SAVED_AS.iter().find(|(of, who, _)| *of == owner && *who == person.number);
            let name = saved.map_or(person.name, |(_, _, name)| *name);
            contacts.push(vec![owner.into(), person.number.into(), name.into()]);
            let known = PEOPLE.iter().find(|known| known.number == owner).map(|known| known.name);
            if person.number != BODEGA && person.number != SUPPORT {
                contacts.push(vec![person.number.into(), owner.into(), known.unwrap_or(owner).into()]);
            }
        }
    }
    contacts
}

/// Lines with whether `reader` has not read them: the last `unread` of the others'.
fn marked<'l>(lines: &'l [Line], reader: &str, unread: usize) -> Vec<(&'l Line, bool)> {
    let of_others = lines.iter().filter(|line| line.1 != reader).count();
    let first = of_others.saturating_sub(unread);
    let mut seen = 0;
    lines
        .iter()
        .map(|line| {
            if line.1 == reader {
                return (line, false);
            }
            seen += 1;
            (line, seen > first)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::sandbox::limits;

    #[test]
    fn the_world_keeps_its_own_limits() {
        for person in &PEOPLE {
            assert_eq!(limits::number(person.number).unwrap(), person.number);
            assert_eq!(limits::name(person.name).unwrap(), person.name);
            assert!(person.picture.len() <= limits::MAX_PICTURE);
        }
        for talk in TALKS {
            assert!(talk.lines.is_sorted_by(|a, b| a.0 > b.0), "{:?}", talk.between);
            assert!(talk.lines.iter().all(|line| line.1 == talk.between.0 || line.1 == talk.between.1));
        }
        assert!(GROUP_LINES.iter().all(|line| GROUP_MEMBERS.contains(&line.1)));
        let lids: std::collections::BTreeSet<_> = PEOPLE.iter().map(|person| lid(person.number)).collect();
        assert_eq!(lids.len(), PEOPLE.len());
        assert!(lids.iter().all(|lid| lid.len() == 15));
    }

    #[test]
    fn only_the_last_lines_of_others_are_unread() {
        let lines = [(3, "b", "1"), (2, "a", "2"), (1, "b", "3")];
        let unread: Vec<_> = marked(&lines, "a", 1).iter().map(|(_, unread)| *unread).collect();
        assert_eq!(unread, [false, false, true]);
    }
}
