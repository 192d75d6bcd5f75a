//! Calls: a phone rings another number's linked devices. Nobody can answer: no voice ever flows here.

use super::Sandbox;
use crate::server::sandbox::addressing::Named;
use crate::server::sandbox::network::Network;
use crate::server::sandbox::wire::stanza::{node, seconds};
use crate::server::sandbox::{SandboxError, limits};
use std::time::Duration;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::wacore_binary::builder::NodeBuilder;

/// How long a phone rings before it gives up.
const RINGING: Duration = Duration::from_secs(5);

impl Sandbox {
    /// A phone calls a number: its connected devices ring, and after five seconds the call ends. Whoever
    /// calls again hangs up first.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, [`SandboxError::Invalid`] for its own number.
    pub async fn call(&self, number: &str, to: &str, video: bool) -> Result<(), SandboxError> {
        self.net.open()?;
        let (from, to) = self.parties(number, to)?;
        let id =
            self.net.source.bytes::<16>().iter().fold(String::new(), |id, byte| id + &format!("{byte:02X}"));
        if let Some(before) = self.net.calls().insert((from.clone(), to.clone()), id.clone()) {
            ring(&self.net, &from, &to, part(&self.net, "terminate", &from, &before).build());
        }
        let mut media = vec![node("audio").attr("enc", "opus").attr("rate", "16000").build()];
        if video {
            media.push(node("video").build());
        }
        ring(&self.net, &from, &to, part(&self.net, "offer", &from, &id).children(media).build());
        let (net, closing) = (self.net.clone(), self.net.closing.clone());
        self.net.tasks.spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = tokio::time::sleep(RINGING) => hang_up(&net, &from, &to, Some(&id)),
            }
        });
        Ok(())
    }

    /// The phone hangs up. If it does not call, nothing happens.
    ///
    /// # Errors
    /// As [`Sandbox::call`].
    pub async fn end_call(&self, number: &str, to: &str) -> Result<(), SandboxError> {
        let (from, to) = self.parties(number, to)?;
        hang_up(&self.net, &from, &to, None);
        Ok(())
    }

    fn parties(&self, from: &str, to: &str) -> Result<(String, String), SandboxError> {
        let (from, to) = (limits::number(from)?, limits::number(to)?);
        self.net.directory.need(&from)?;
        self.net.directory.need(&to)?;
        if from == to {
            return Err(SandboxError::Invalid("nobody calls themselves".to_owned()));
        }
        Ok((from, to))
    }
}

/// Ends a call, if it still is the one that is meant.
fn hang_up(net: &Network, from: &str, to: &str, only: Option<&str>) {
    let key = (from.to_owned(), to.to_owned());
    let mut calls = net.calls();
    if only.is_some_and(|only| calls.get(&key).is_none_or(|id| id != only)) {
        return;
    }
    let ended = calls.remove(&key);
    drop(calls);
    if let Some(id) = ended {
        ring(net, from, to, part(net, "terminate", from, &id).build());
    }
}

/// The part of a call's stanza that says what happens.
fn part(net: &Network, what: &'static str, from: &str, id: &str) -> NodeBuilder {
    let Named { jid, other } = net.directory.named_account(from, None);
    let number = other.filter(Jid::is_pn);
    let part = node(what).attr("call-id", id.to_owned()).attr("call-creator", jid);
    match number {
        Some(number) => part.attr("caller_pn", number),
        None => part,
    }
}

/// Tells the connected devices of a number; a call is not kept for those that are away.
fn ring(net: &Network, from: &str, to: &str, part: Node) {
    let stanza = node("call")
        .attr("from", net.directory.named_account(from, None).jid)
        .attr("id", net.stanza_id())
        .attr("t", seconds(net.source.now()))
        .children([part])
        .build();
    if let Some(callee) = net.directory.number(to) {
        callee.push(&stanza, None);
    }
}
