//! Messages that a device sends: to every phone and device that they are for.
//!
//! A message is taken once: its id is noted in the write that puts it into the queues, and only after
//! that write the device gets its acknowledgement. The same id again is acknowledged again, and
//! nothing else happens.

use super::connection::Ended;
use super::session::Session;
use super::writer::Writer;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::jid;
use crate::server::sandbox::rows::accounts;
use crate::server::sandbox::rows::groups::{self, GroupRow};
use crate::server::sandbox::rows::links::{Address, addresses};
use crate::server::sandbox::rows::queue::{self, Class, Outgoing};
use crate::server::sandbox::wire::stanza::{
    attr, attr_is, attr_jid, child, children, encode, good_id, node, seconds,
};
use std::collections::BTreeMap;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::messages::MessageUtils;
use whatsapp_rust::wacore_binary::{Node, Server};

/// Devices that one message may be for.
const MAX_TARGETS: usize = 8_192;

/// What is for one device: its own ciphertext, the group's, or both.
type Parts = BTreeMap<Address, Vec<Node>>;

/// Takes a message, or refuses it with a code.
pub async fn take(session: &mut Session<'_>, stanza: &Node, writer: &mut Writer) -> Result<(), Ended> {
    let (Some(to), Some(id)) = (attr_jid(stanza, "to"), attr(stanza, "id").filter(|id| good_id(id))) else {
        // Nothing that an acknowledgement could name.
        session.net.unknown("a message without an address or id");
        return Ok(());
    };
    let ack = match distribute(session, stanza, &to, &id).await? {
        Ok(phash) => {
            let ack = ack(session, &id, &to);
            match phash {
                Some(phash) => ack.attr("phash", phash).build(),
                None => ack.build(),
            }
        }
        Err(code) => ack(session, &id, &to).attr("error", code).build(),
    };
    // Only now that it is on disk.
    if writer.pipe.loses_acks() {
        tracing::debug!(device = %session.device, %id, "an acknowledgement gets lost");
    } else {
        writer.send(&ack);
    }
    Ok(())
}

fn ack(session: &Session<'_>, id: &str, to: &Jid) -> whatsapp_rust::wacore_binary::builder::NodeBuilder {
    node("ack")
        .attr("class", "message")
        .attr("id", id.to_owned())
        .attr("from", to)
        .attr("t", seconds(session.net.source.now()))
}

/// Puts a message into the queues. Answers the hash of the devices it should have been for, if the sender
/// did not know them all; or the code with which it is refused.
async fn distribute(
    session: &mut Session<'_>,
    stanza: &Node,
    to: &Jid,
    id: &str,
) -> Result<Result<Option<String>, &'static str>, Ended> {
    let again = children(stanza).iter().any(|part| part.tag == "enc" && part.attrs.contains_key("count"));
    let (parts, expected) = if to.server == Server::Group {
        let group = groups::get(&session.net.store, to.user.as_str()).await?;
        let Some(group) = group else { return Ok(Err("404")) };
        if !group.has(&session.me.number) {
            return Ok(Err("403"));
        }
        group_parts(session, stanza, &group, again).await?
    } else {
        if session.net.directory.person(to).is_none() {
            return Ok(Err("404"));
        }
        (direct_parts(session, stanza, to), None)
    };
    if parts.is_empty() || parts.len() > MAX_TARGETS {
        return Ok(Err("400"));
    }
    let outgoing = stanzas(session, stanza, to, id, parts).await?;
    let wake: Vec<Address> = outgoing.iter().map(|stanza| stanza.to.clone()).collect();
    let (number, stanza_id, now) = (session.me.number.clone(), id.to_owned(), session.net.source.now());
    let taken = session
        .net
        .store
        .write(move |tx| {
            Box::pin(async move {
                // One that is sent again because a device asked for it has the same id rightly.
                if !again && !queue::accept(tx, &number, &stanza_id, now).await? {
                    return Ok(false);
                }
                queue::push(tx, outgoing).await?;
                Ok(true)
            })
        })
        .await?;
    if taken {
        session.net.directory.wake(&wake);
    } else {
        tracing::debug!(device = %session.device, id, "a message came a second time");
    }
    let phash = expected.filter(|expected| attr(stanza, "phash").is_some_and(|phash| phash != *expected));
    Ok(Ok(phash))
}

/// The ciphertexts of a stanza by device. An unknown device is left out: it has gone meanwhile.
fn pairwise(session: &Session<'_>, stanza: &Node) -> Parts {
    let mut parts = Parts::new();
    for target in child(stanza, "participants").map(children).unwrap_or_default() {
        let address = attr_jid(target, "jid").and_then(|jid| session.net.directory.address(&jid));
        let enc = child(target, "enc").cloned();
        if let (Some(address), Some(enc)) = (address, enc) {
            parts.entry(address).or_default().push(enc);
        }
    }
    parts
}

/// To a person; or, without a list, to the one device that the stanza names.
fn direct_parts(session: &Session<'_>, stanza: &Node, to: &Jid) -> Parts {
    let mut parts = pairwise(session, stanza);
    if parts.is_empty()
        && let (Some(address), Some(enc)) = (session.net.directory.address(to), child(stanza, "enc"))
    {
        parts.insert(address, vec![enc.clone()]);
    }
    // For nobody but the recipient and the sender's own account.
    let recipient = session.net.directory.person(to).map(|account| account.number.clone());
    parts.retain(|address, _| {
        *address != session.me
            && (address.number == session.me.number || Some(&address.number) == recipient.as_ref())
    });
    parts
}

/// To a group: the group's ciphertext for every device of every member, and before it what only one
/// device can read.
async fn group_parts(
    session: &Session<'_>,
    stanza: &Node,
    group: &GroupRow,
    again: bool,
) -> Result<(Parts, Option<String>), SandboxError> {
    let mut parts = pairwise(session, stanza);
    if again {
        // For the one device that asked.
        let asked = attr_jid(stanza, "participant").and_then(|jid| session.net.directory.address(&jid));
        if let (Some(asked), Some(enc)) = (asked, child(stanza, "enc")) {
            parts.insert(asked, vec![enc.clone()]);
        }
        return Ok((parts, None));
    }
    let numbers = group.numbers();
    let devices = addresses(&session.net.store, &numbers).await?;
    let phones = numbers.into_iter().map(|number| Address { number, device: 0 });
    let all: Vec<Address> = devices.into_iter().chain(phones).collect();
    let named = |address| session.net.directory.named(address, Some(&group.id)).jid;
    let jids: Vec<Jid> = all.iter().map(named).collect();
    let shared = children(stanza).iter().find(|part| part.tag == "enc" && attr_is(part, "type", "skmsg"));
    parts.retain(|address, _| all.contains(address));
    if let Some(shared) = shared {
        for address in all {
            parts.entry(address).or_default().push(shared.clone());
        }
    }
    parts.remove(&session.me);
    Ok((parts, MessageUtils::participant_list_hash(&jids).ok()))
}

/// A stanza for every device, as it will see it.
async fn stanzas(
    session: &Session<'_>,
    stanza: &Node,
    to: &Jid,
    id: &str,
    parts: Parts,
) -> Result<Vec<Outgoing>, SandboxError> {
    let now = session.net.source.now();
    let me = jid(&session.me);
    let directory = &session.net.directory;
    let name = accounts::names(&session.net.store, std::slice::from_ref(&session.me.number)).await?;
    let name = name.into_values().next().unwrap_or_default();
    let recipient = attr_jid(stanza, "recipient").unwrap_or_else(|| to.to_non_ad());
    let identity = child(stanza, "device-identity").cloned();
    let mut outgoing = Vec::with_capacity(parts.len());
    for (address, mut content) in parts {
        let mut copy = node("message")
            .attr("id", id.to_owned())
            .attr("type", attr(stanza, "type").unwrap_or_else(|| "text".to_owned()))
            .attr("t", seconds(now))
            // Microseconds, as the server's own clock counts them.
            .attr("sts", (now * 1_000).to_string())
            .attr("notify", name.clone());
        for key in ["category", "edit", "push_priority"] {
            if let Some(value) = attr(stanza, key) {
                copy = copy.attr(key, value);
            }
        }
        copy = if to.server == Server::Group {
            let group = to.user.as_str();
            directory
                .named(&session.me, Some(group))
                .participant(copy.attr("from", to))
                .attr("addressing_mode", directory.mode(group))
        } else if address.number == session.me.number {
            let copy = copy.attr("from", &me);
            // What an account's devices tell only each other has no recipient.
            if attr_is(stanza, "category", "peer") { copy } else { copy.attr("recipient", &recipient) }
        } else {
            directory.named(&session.me, None).sender(copy)
        };
        content.extend(identity.clone());
        let stanza = encode(&copy.children(content).build()).map_err(SandboxError::crypto)?;
        outgoing.push(Outgoing { to: address, class: Class::Message, stanza_id: id.to_owned(), stanza });
    }
    Ok(outgoing)
}
