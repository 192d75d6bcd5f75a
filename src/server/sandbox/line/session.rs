//! A device that is logged in: what it sends, and what waits for it.

use super::connection::{Ended, Reader};
use super::writer::Writer;
use super::{messages, pump, receipts, request};
use crate::protocol::DeviceId;
use crate::server::sandbox::directory::{Account, Control, Live};
use crate::server::sandbox::event::PhoneEventKind;
use crate::server::sandbox::network::Network;
use crate::server::sandbox::rows::links::{Address, LinkRow};
use crate::server::sandbox::rows::queue::{self, Class};
use crate::server::sandbox::typing;
use crate::server::sandbox::wire::stanza::{attr, attr_is, attr_jid, child, node, seconds};
use crate::server::sandbox::{SandboxError, calls};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::{Notify, mpsc};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::{Node, Server};

/// Things that others may tell a connection before it looks.
const CONTROL: usize = 256;
/// Acknowledgements that are written together at most.
const ACKS: usize = 256;

/// A stanza that the device says it has.
pub struct Ack {
    pub class: Class,
    pub id: String,
}

/// A logged-in connection.
pub struct Session<'n> {
    pub net: &'n Arc<Network>,
    pub account: Arc<Account>,
    pub me: Address,
    pub device: DeviceId,
    pub connection: u64,
    /// Something waits in the queue.
    pub wake: Arc<Notify>,
    /// How far the queue was sent.
    pub sent: i64,
    /// The device is slow, and a look at it is due soon.
    pub pausing: Arc<AtomicBool>,
    /// The device asked for what waits; before that nothing is sent by itself.
    pub active: bool,
    /// What it acknowledged and is not written yet.
    pub acks: Vec<Ack>,
    /// Whose presence it follows.
    pub follows: BTreeSet<String>,
    ended: bool,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.account.disconnected(self.me.device, self.connection);
        if self.account.connection(self.me.device).is_none() {
            let gone = PhoneEventKind::Connected { device: self.device.clone(), connected: false };
            self.net.tell(&self.me.number, gone);
        }
    }
}

/// Serves a linked device until its connection ends.
pub async fn serve(
    net: &Arc<Network>,
    reader: &mut Reader,
    writer: &mut Writer,
    link: LinkRow,
) -> Result<(), Ended> {
    let account = net.directory.need(&link.address.number)?;
    let (control, mut controls) = mpsc::channel(CONTROL);
    let (connection, wake) = (net.serial(), Arc::new(Notify::new()));
    let live = Live { connection, control, wake: wake.clone() };
    if let Some(old) = account.connected(link.address.device, live) {
        // If its mailbox is full it is being closed anyway: its next write finds nobody.
        drop(old.control.try_send(Control::Replaced));
    }
    let mut session = Session {
        net,
        account: account.clone(),
        me: link.address.clone(),
        device: link.device_id.clone(),
        connection,
        wake,
        sent: 0,
        pausing: Arc::default(),
        active: false,
        acks: Vec::new(),
        follows: BTreeSet::new(),
        ended: false,
    };
    net.tell(&session.me.number, PhoneEventKind::Connected { device: link.device_id, connected: true });
    let lid = Jid::lid_device(account.lid.as_str(), session.me.device);
    writer.send(
        &node("success")
            .attr("t", seconds(net.source.now()))
            .attr("props", "27")
            .attr("companion_enc_static", "AA==")
            .attr("location", "sandbox")
            .attr("lid", lid)
            .build(),
    );
    let served = session.run(reader, writer, &mut controls).await;
    let flushed = session.flush().await;
    served.and(flushed.map_err(Ended::from))
}

impl Session<'_> {
    async fn run(
        &mut self,
        reader: &mut Reader,
        writer: &mut Writer,
        controls: &mut mpsc::Receiver<Control>,
    ) -> Result<(), Ended> {
        let (wake, closing) = (self.wake.clone(), self.net.closing.clone());
        while !self.ended {
            tokio::select! {
                biased;
                () = closing.cancelled() => return Ok(()),
                told = controls.recv() => match told {
                    Some(told) => self.told(told, writer),
                    None => return Ok(()),
                },
                () = wake.notified(), if self.active => pump::send(self, writer).await?,
                stanza = reader.next() => {
                    let Some(stanza) = stanza? else { return Ok(()) };
                    self.stanza(&stanza, writer).await?;
                    // What arrived together is gone through together, and acknowledged in one write.
                    while !self.ended && self.acks.len() < ACKS {
                        let Some(stanza) = reader.ready()? else { break };
                        self.stanza(&stanza, writer).await?;
                    }
                    self.flush().await?;
                }
            }
        }
        Ok(())
    }

    fn told(&mut self, told: Control, writer: &mut Writer) {
        match told {
            Control::Push(stanza) => writer.send(&stanza),
            Control::Offer(_) => {}
            Control::Replaced => {
                writer.send(&conflict("replaced", None));
                self.ended = true;
            }
            Control::Removed => {
                writer.send(&conflict("device_removed", Some("401")));
                self.ended = true;
            }
        }
    }

    /// Writes what was acknowledged.
    async fn flush(&mut self) -> Result<(), SandboxError> {
        if self.acks.is_empty() {
            return Ok(());
        }
        let (acks, me, sent) = (std::mem::take(&mut self.acks), self.me.clone(), self.sent);
        self.net
            .store
            .write(move |tx| {
                Box::pin(async move {
                    for Ack { class, id } in acks {
                        queue::acknowledge(tx, &me, class, &id, sent).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    async fn stanza(&mut self, stanza: &Node, writer: &mut Writer) -> Result<(), Ended> {
        tracing::trace!(device = %self.device, tag = %stanza.tag, "a stanza");
        match stanza.tag.as_ref() {
            "iq" => self.iq(stanza, writer).await?,
            "message" => messages::take(self, stanza, writer).await?,
            "receipt" => receipts::take(self, stanza, writer).await?,
            "ack" => {
                let class = attr(stanza, "class").and_then(|class| Class::parse(&class));
                if let (Some(class), Some(id)) = (class, attr(stanza, "id")) {
                    self.acks.push(Ack { class, id });
                }
            }
            "call" => {
                let told = calls::from_device(self.net, &self.me.number, stanza).await?;
                writer.send(&told);
            }
            "chatstate" => self.typing(stanza).await?,
            "presence" => self.presence(stanza, writer).await?,
            "ib" | "notification" => {}
            other => self.net.unknown(&format!("<{other}>")),
        }
        Ok(())
    }

    async fn iq(&mut self, stanza: &Node, writer: &mut Writer) -> Result<(), Ended> {
        if attr_is(stanza, "type", "result") || attr_is(stanza, "type", "error") {
            return Ok(());
        }
        let reply = request::answer(self, stanza).await?;
        writer.send(&reply);
        if attr_is(stanza, "xmlns", "passive") {
            if child(stanza, "active").is_some() {
                self.active = true;
                pump::begin(self, writer).await?;
            } else {
                self.active = false;
            }
        }
        if attr_is(stanza, "xmlns", "md") && child(stanza, "remove-companion-device").is_some() {
            self.ended = true;
        }
        Ok(())
    }

    async fn typing(&mut self, stanza: &Node) -> Result<(), Ended> {
        let (Some(to), Some(state)) = (attr_jid(stanza, "to"), typing::state(stanza)) else { return Ok(()) };
        let from = self.me.number.clone();
        if to.server == Server::Group {
            let id = to.user.to_string();
            let group = crate::server::sandbox::rows::groups::get(&self.net.store, &id).await?;
            let Some(group) = group.filter(|group| group.has(&from)) else { return Ok(()) };
            let named = self.net.directory.named_account(&from, Some(&id)).jid;
            let said = typing::stanza(&Jid::group(id.as_str()), Some(&named), state);
            for (number, _) in group.members.iter().filter(|(number, _)| *number != from) {
                if let Some(member) = self.net.directory.number(number) {
                    member.push(&said, None);
                    let chat = format!("{id}@g.us");
                    self.net.tell(number, PhoneEventKind::Typing { chat, from: from.clone(), state });
                }
            }
        } else if let Some(peer) = self.net.directory.person(&to) {
            peer.push(&typing::stanza(&self.account.shown_jid(), None, state), None);
            let typing = PhoneEventKind::Typing { chat: from.clone(), from, state };
            self.net.tell(&peer.number, typing);
        }
        Ok(())
    }

    async fn presence(&mut self, stanza: &Node, writer: &mut Writer) -> Result<(), Ended> {
        use crate::server::sandbox::limits::MAX_SUBSCRIPTIONS;
        use crate::server::sandbox::rows::accounts;
        match attr(stanza, "type").as_deref() {
            Some("subscribe") => {
                let peer = attr_jid(stanza, "to").and_then(|to| self.net.directory.person(&to));
                let Some(peer) = peer else { return Ok(()) };
                if self.follows.len() < MAX_SUBSCRIPTIONS {
                    self.follows.insert(peer.number.clone());
                    self.net.follow(&peer.number, &self.me, self.connection);
                }
                if let Some(row) = accounts::get(&self.net.store, &peer.number).await? {
                    writer.send(&typing::presence(&peer.shown_jid(), row.online, row.seen_at));
                }
            }
            Some("unsubscribe") => {
                let peer = attr_jid(stanza, "to").and_then(|to| self.net.directory.person(&to));
                if let Some(peer) = peer {
                    self.follows.remove(&peer.number);
                    self.net.leave(&peer.number, &self.me);
                }
            }
            None | Some("available") => self.show(true),
            Some("unavailable") => self.show(false),
            Some(_) => {}
        }
        Ok(())
    }

    /// The person behind this device came online, or went.
    fn show(&self, online: bool) {
        self.net.show(&self.account, online, self.net.source.now());
    }
}

fn conflict(kind: &'static str, code: Option<&'static str>) -> Node {
    let error = node("stream:error").children([node("conflict").attr("type", kind).build()]);
    match code {
        Some(code) => error.attr("code", code).build(),
        None => error.build(),
    }
}
