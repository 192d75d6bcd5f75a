//! Calls: a phone rings another number's linked devices. No voice ever flows here: a call rings until it is answered or
//! declined on the phone, declined by a device, or until the caller gives up. What a device missed waits for it.

use super::SandboxError;
use super::addressing::Named;
use super::network::Network;
use super::rows::links::addresses_in;
use super::rows::queue::{self, Class, Outgoing};
use super::wire::stanza::{attr, child, encode, node, seconds};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::wacore_binary::builder::NodeBuilder;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The caller gave up.
    HungUp,
    /// The called phone took it.
    Answered,
    /// The called phone, or a device of it, declined it.
    Declined,
}

impl Outcome {
    /// As linked devices hear of it.
    fn reason(self) -> Option<&'static str> {
        match self {
            Self::HungUp => None,
            Self::Answered => Some("accepted_elsewhere"),
            Self::Declined => Some("rejected_elsewhere"),
        }
    }
}

/// The part of a call's stanza that says what happens.
#[must_use]
pub fn part(net: &Network, what: &'static str, from: &str, id: &str) -> NodeBuilder {
    let Named { jid, other } = net.directory.named_account(from, None);
    let number = other.filter(Jid::is_pn);
    let part = node(what).attr("call-id", id.to_owned()).attr("call-creator", jid);
    match number {
        Some(number) => part.attr("caller_pn", number),
        None => part,
    }
}

/// Ends a call, if it rings and is the one that is meant; answers whether it did.
///
/// # Errors
/// [`SandboxError::Storage`].
pub async fn end(
    net: &Network,
    from: &str,
    to: &str,
    only: Option<&str>,
    outcome: Outcome,
) -> Result<bool, SandboxError> {
    let ended = {
        let key = (from.to_owned(), to.to_owned());
        let mut calls = net.calls();
        match only {
            Some(only) if calls.get(&key).is_none_or(|id| id != only) => None,
            _ => calls.remove(&key),
        }
    };
    let Some(id) = ended else { return Ok(false) };
    let mut terminate = part(net, "terminate", from, &id);
    if let Some(reason) = outcome.reason() {
        terminate = terminate.attr("reason", reason);
    }
    ring(net, from, to, terminate.build()).await?;
    Ok(true)
}

/// Tells all devices of a number; it waits for those that are away.
///
/// # Errors
/// [`SandboxError::Storage`].
pub async fn ring(net: &Network, from: &str, to: &str, part: Node) -> Result<(), SandboxError> {
    let id = net.stanza_id();
    let stanza = node("call")
        .attr("from", net.directory.named_account(from, None).jid)
        .attr("id", id.clone())
        .attr("t", seconds(net.source.now()))
        .children([part])
        .build();
    let (stanza, callee) = (encode(&stanza).map_err(SandboxError::crypto)?, to.to_owned());
    let devices = net
        .store
        .write(move |tx| {
            Box::pin(async move {
                let devices = addresses_in(tx, std::slice::from_ref(&callee)).await?;
                let outgoing = devices.iter().map(|to| Outgoing {
                    to: to.clone(),
                    class: Class::Call,
                    stanza_id: id.clone(),
                    stanza: stanza.clone(),
                });
                queue::push(tx, outgoing.collect()).await?;
                Ok(devices)
            })
        })
        .await?;
    net.directory.wake(&devices);
    Ok(())
}

/// What a device of a number does to a call: it may decline one that rings. Answers what the device hears.
///
/// # Errors
/// [`SandboxError::Storage`].
pub async fn from_device(net: &Network, number: &str, stanza: &Node) -> Result<Node, SandboxError> {
    if let Some(reject) = child(stanza, "reject") {
        let caller = attr(reject, "call-creator")
            .and_then(|jid| jid.parse::<Jid>().ok())
            .and_then(|jid| net.directory.person(&jid));
        if let (Some(caller), Some(id)) = (caller, attr(reject, "call-id")) {
            end(net, &caller.number, number, Some(&id), Outcome::Declined).await?;
        }
    } else {
        net.unknown("<call> of a device");
    }
    let ack = node("ack").attr("class", "call").attr("id", attr(stanza, "id").unwrap_or_default());
    Ok(match attr(stanza, "to") {
        Some(to) => ack.attr("from", to).build(),
        None => ack.build(),
    })
}
