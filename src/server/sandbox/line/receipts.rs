//! Receipts of a device: what it has, what was read on it, what it could not read.

use super::connection::Ended;
use super::media_retry;
use super::session::{Ack, Session};
use super::writer::Writer;
use crate::protocol::MessageStatus;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::jid;
use crate::server::sandbox::phone::tell_posted;
use crate::server::sandbox::receipt::Receipt;
use crate::server::sandbox::rows::groups;
use crate::server::sandbox::rows::links::Address;
use crate::server::sandbox::rows::queue::{self, Class, Outgoing};
use crate::server::sandbox::wire::stanza::{attr, attr_jid, child, children, encode, good_id, node, seconds};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::{Node, Server};

/// Ids in one receipt at most; devices send 256.
const MAX_IDS: usize = 2_048;

pub async fn take(session: &mut Session<'_>, stanza: &Node, writer: &mut Writer) -> Result<(), Ended> {
    let (Some(to), ids) = (attr_jid(stanza, "to"), ids(stanza)) else { return Ok(()) };
    if ids.is_empty() {
        return Ok(());
    }
    let kind = attr(stanza, "type");
    match kind.as_deref() {
        // It has them: they need not wait for it any longer. An inactive device is one whose person is
        // elsewhere; it has them all the same.
        None | Some("inactive") => {
            has(session, &ids);
            note(session, stanza, &to, ids, MessageStatus::Delivered, None).await?;
        }
        Some("sender" | "peer_msg" | "hist_sync") => has(session, &ids),
        Some("read" | "played") => note(session, stanza, &to, ids, MessageStatus::Read, kind.clone()).await?,
        Some("server-error") => media_retry::answer(session, stanza, writer).await?,
        Some("retry" | "enc_rekey_retry") => ask_again(session, stanza, &to).await?,
        Some(_) => {}
    }
    let mut ack = node("ack").attr("class", "receipt").attr("from", &to);
    ack = ack.attr("id", attr(stanza, "id").unwrap_or_default());
    if let Some(kind) = kind {
        ack = ack.attr("type", kind);
    }
    if let Some(participant) = attr_jid(stanza, "participant") {
        ack = ack.attr("participant", participant);
    }
    writer.send(&ack.build());
    Ok(())
}

/// The ids that a receipt is about.
fn ids(stanza: &Node) -> Vec<String> {
    let list = child(stanza, "list").map(children).unwrap_or_default();
    let first = attr(stanza, "id");
    first
        .into_iter()
        .chain(list.iter().filter_map(|item| attr(item, "id")))
        .filter(|id| good_id(id))
        .take(MAX_IDS)
        .collect()
}

fn has(session: &mut Session<'_>, ids: &[String]) {
    session.acks.extend(ids.iter().map(|id| Ack { class: Class::Message, id: id.clone() }));
}

/// Tells the author, and on reading also the account's other devices and its phone.
async fn note(
    session: &Session<'_>,
    stanza: &Node,
    to: &Jid,
    ids: Vec<String>,
    status: MessageStatus,
    kind: Option<String>,
) -> Result<(), SandboxError> {
    let net = session.net;
    let (author, group) = if to.server == Server::Group {
        let id = to.user.to_string();
        let group = groups::get(&net.store, &id).await?;
        if !group.is_some_and(|group| group.has(&session.me.number)) {
            return Ok(());
        }
        (attr_jid(stanza, "participant"), Some(id))
    } else {
        (Some(to.clone()), None)
    };
    let Some(author) = author.and_then(|jid| net.directory.person(&jid)) else { return Ok(()) };
    if author.number == session.me.number {
        return Ok(());
    }
    let receipt =
        Receipt { author: author.number.clone(), reader: session.me.clone(), group, ids, status, kind };
    let prepared = receipt.prepare(&net.directory, net.source.now()).map_err(SandboxError::crypto)?;
    let posted = net.store.write(move |tx| Box::pin(async move { prepared.post(tx).await })).await?;
    net.directory.wake(&posted.wake);
    tell_posted(net, &author.number, &session.me.number, status, &posted);
    Ok(())
}

/// The device could not read a message: whoever sent it is asked to send it again.
async fn ask_again(session: &Session<'_>, stanza: &Node, to: &Jid) -> Result<(), SandboxError> {
    let group = (to.server == Server::Group).then(|| to.clone());
    let sender = if group.is_some() { attr_jid(stanza, "participant") } else { Some(to.clone()) };
    let Some(sender) = sender.and_then(|jid| session.net.directory.address(&jid)) else { return Ok(()) };
    let id = attr(stanza, "id").unwrap_or_default();
    let directory = &session.net.directory;
    let own = sender.number == session.me.number;
    let mut asked = node("receipt")
        .attr("id", id.clone())
        .attr("type", attr(stanza, "type").unwrap_or_default())
        .attr("t", seconds(session.net.source.now()));
    asked = match &group {
        Some(group) => {
            let me = directory.named(&session.me, Some(group.user.as_str())).jid;
            asked.attr("from", group).attr("participant", me)
        }
        None if own => asked.attr("from", jid(&session.me)),
        None => asked.attr("from", directory.named(&session.me, None).jid),
    };
    for key in ["recipient", "category"] {
        if let Some(value) = attr(stanza, key) {
            asked = asked.attr(key, value);
        }
    }
    let stanza = encode(&asked.children(children(stanza).to_vec()).build()).map_err(SandboxError::crypto)?;
    let outgoing = Outgoing { to: sender.clone(), class: Class::Receipt, stanza_id: id, stanza };
    let known = sender.device == 0 || is_linked(session, &sender).await?;
    if known {
        session
            .net
            .store
            .write(move |tx| Box::pin(async move { queue::push(tx, vec![outgoing]).await }))
            .await?;
        session.net.directory.wake([&sender]);
    }
    Ok(())
}

async fn is_linked(session: &Session<'_>, device: &Address) -> Result<bool, SandboxError> {
    Ok(crate::server::sandbox::rows::links::get(&session.net.store, device).await?.is_some())
}
