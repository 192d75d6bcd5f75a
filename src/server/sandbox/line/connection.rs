//! A connection's life: the handshake, then a device that waits to be linked, or one that is logged in.

use super::link_code::{self, LinkCode};
use super::pairing::{Offer, REFS};
use super::session;
use super::writer::Writer;
use crate::protocol::DeviceId;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::Control;
use crate::server::sandbox::event::PhoneEventKind;
use crate::server::sandbox::limits::{HANDSHAKE, PAIRING};
use crate::server::sandbox::network::Network;
use crate::server::sandbox::pipe::Pipe;
use crate::server::sandbox::rows::accounts;
use crate::server::sandbox::rows::links::{self, LinkRow};
use crate::server::sandbox::wire::WireError;
use crate::server::sandbox::wire::frames::Frames;
use crate::server::sandbox::wire::noise::{self, Answer, Established};
use crate::server::sandbox::wire::stanza::{
    SERVER, attr, attr_is, child, child_bytes, decode, error, node, result,
};
use crate::server::storage::StorageError;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use tokio::sync::mpsc;
use whatsapp_rust::wacore::adv::{AdvValidation, validate_adv_with_identity_key};
use whatsapp_rust::wacore::framing::encode_frame;
use whatsapp_rust::wacore::noise::NoiseCipher;
use whatsapp_rust::wacore_binary::Node;

/// The account number that a device claims before it is linked to one.
pub const PLACEHOLDER: u64 = 10_000_000_000;
/// Things that others may tell a connection before it looks.
const CONTROL: usize = 256;

/// The reading half of a connection.
pub struct Reader {
    pipe: Pipe,
    frames: Frames,
    cipher: NoiseCipher,
    counter: u32,
}

impl Reader {
    /// The next stanza; `None` once the device is gone. May be dropped half-way and called again.
    ///
    /// # Errors
    /// [`WireError`] for bytes that no device sends.
    pub async fn next(&mut self) -> Result<Option<Node>, WireError> {
        loop {
            if let Some(stanza) = self.ready()? {
                return Ok(Some(stanza));
            }
            let Some(bytes) = self.pipe.recv().await else { return Ok(None) };
            self.frames.feed(&bytes);
        }
    }

    /// The next stanza of what has arrived already.
    ///
    /// # Errors
    /// [`WireError`] for bytes that no device sends.
    pub fn ready(&mut self) -> Result<Option<Node>, WireError> {
        let Some(mut frame) = self.frames.next()? else { return Ok(None) };
        self.cipher
            .decrypt_in_place_with_counter(self.counter, &mut frame)
            .map_err(|error| WireError::Frame(error.to_string()))?;
        self.counter = self.counter.wrapping_add(1);
        decode(frame).map(Some)
    }
}

async fn frame(pipe: &mut Pipe, frames: &mut Frames) -> Result<Option<BytesMut>, WireError> {
    loop {
        if let Some(frame) = frames.next()? {
            return Ok(Some(frame));
        }
        let Some(bytes) = pipe.recv().await else { return Ok(None) };
        frames.feed(&bytes);
    }
}

async fn shake_hands(
    net: &Network,
    pipe: &mut Pipe,
    frames: &mut Frames,
) -> Result<Option<Established>, WireError> {
    let Some(hello) = frame(pipe, frames).await? else { return Ok(None) };
    let send = |reply: &[u8]| {
        let framed = encode_frame(reply, None).map_err(|error| WireError::Handshake(error.to_string()))?;
        pipe.sender().send(Bytes::from(framed));
        Ok::<_, WireError>(())
    };
    match noise::answer(&net.identity, &net.source, &hello)? {
        Answer::Done(established, reply) => {
            send(&reply)?;
            Ok(Some(*established))
        }
        Answer::Half(pending, reply) => {
            send(&reply)?;
            let Some(finish) = frame(pipe, frames).await? else { return Ok(None) };
            pending.finish(&finish).map(Some)
        }
    }
}

/// Serves a connection until it ends.
pub async fn serve(net: Arc<Network>, mut pipe: Pipe) {
    let device = pipe.device().clone();
    let mut frames = Frames::new();
    let shaken = tokio::select! {
        () = net.closing.cancelled() => return,
        shaken = tokio::time::timeout(HANDSHAKE, shake_hands(&net, &mut pipe, &mut frames)) => shaken,
    };
    let established = match shaken {
        Ok(Ok(Some(established))) => established,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => return tracing::warn!(%device, %error, "a connection was refused"),
        Err(_) => return tracing::debug!(%device, "a connection did not shake hands in time"),
    };
    let Established { write, read, client, payload } = established;
    let mut writer = Writer::new(pipe.sender(), write);
    let effects = net.faults.effects(&device);
    if effects.outdated {
        return writer.send(&node("failure").attr("reason", "405").attr("location", "sandbox").build());
    }
    if let Some(left) = effects.ban {
        let failure = node("failure").attr("reason", "402").attr("code", "101").attr("location", "sandbox");
        return writer.send(&failure.attr("expire", left.as_secs().max(1).to_string()).build());
    }
    let mut reader = Reader { pipe, frames, cipher: read, counter: 0 };
    let mut link = links::by_noise(&net.store, &client).await;
    if matches!(link, Ok(None))
        && tokio::time::timeout(PAIRING, net.waiting.settled(&client)).await == Ok(true)
    {
        link = links::by_noise(&net.store, &client).await;
    }
    let served = match link {
        Ok(Some(link)) => session::serve(&net, &mut reader, &mut writer, link).await,
        Ok(None) if payload.device_pairing_data.is_set() || payload.username == Some(PLACEHOLDER) => {
            Unlinked::new(&net, device.clone(), client).serve(&mut reader, &mut writer).await
        }
        Ok(None) => {
            // A device whose link has ended.
            writer.send(&node("failure").attr("reason", "401").attr("location", "sandbox").build());
            Ok(())
        }
        Err(error) => Err(error.into()),
    };
    match served {
        Ok(()) => tracing::debug!(%device, "a connection ended"),
        Err(Ended::Wire(error)) => tracing::warn!(%device, %error, "a connection was closed"),
        Err(Ended::Sandbox(error)) => tracing::error!(%device, %error, "a connection failed"),
    }
}

/// Why a connection ended before its time.
#[derive(Debug)]
pub enum Ended {
    Wire(WireError),
    Sandbox(SandboxError),
}

impl From<WireError> for Ended {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<SandboxError> for Ended {
    fn from(error: SandboxError) -> Self {
        Self::Sandbox(error)
    }
}

impl From<StorageError> for Ended {
    fn from(error: StorageError) -> Self {
        Self::Sandbox(error.into())
    }
}

/// A device that shows codes.
struct Unlinked<'n> {
    net: &'n Arc<Network>,
    device: DeviceId,
    noise_key: [u8; 32],
    connection: u64,
    control: mpsc::Sender<Control>,
    controls: mpsc::Receiver<Control>,
    /// The link that was offered, and the id of the request that brought it.
    offered: Option<(String, Offer)>,
}

impl Drop for Unlinked<'_> {
    fn drop(&mut self) {
        self.net.waiting.gone(self.connection);
    }
}

impl<'n> Unlinked<'n> {
    fn new(net: &'n Arc<Network>, device: DeviceId, noise_key: [u8; 32]) -> Self {
        let (control, controls) = mpsc::channel(CONTROL);
        Self { net, device, noise_key, connection: net.serial(), control, controls, offered: None }
    }

    async fn serve(mut self, reader: &mut Reader, writer: &mut Writer) -> Result<(), Ended> {
        let refs: Vec<String> = (0..REFS)
            .map(|_| format!("2@{}", BASE64_STANDARD.encode(self.net.source.bytes::<24>())))
            .collect();
        self.net.waiting.show(&refs, self.connection, self.noise_key, &self.control);
        let refs = refs.into_iter().map(|text| node("ref").bytes(text.into_bytes()).build());
        let offer = node("pair-device").children(refs.collect::<Vec<_>>()).build();
        let request = node("iq").attr("from", SERVER).attr("type", "set").attr("xmlns", "md");
        writer.send(&request.attr("id", self.net.stanza_id()).children([offer]).build());
        loop {
            tokio::select! {
                biased;
                () = self.net.closing.cancelled() => return Ok(()),
                told = self.controls.recv() => match told {
                    Some(Control::Push(stanza)) => writer.send(&stanza),
                    Some(Control::Offer(offer)) => self.offer(*offer, writer),
                    Some(Control::Replaced | Control::Removed) | None => return Ok(()),
                },
                stanza = reader.next() => {
                    let Some(stanza) = stanza? else { return Ok(()) };
                    if self.stanza(&stanza, writer).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn offer(&mut self, offer: Offer, writer: &mut Writer) {
        let id = self.net.stanza_id();
        writer.send(&offer.stanza(&id, self.net.source.now()));
        self.offered = Some((id, offer));
    }

    /// Answers a stanza; `true` once the device is linked and is to log in.
    async fn stanza(&mut self, stanza: &Node, writer: &mut Writer) -> Result<bool, Ended> {
        if stanza.tag != "iq" {
            return Ok(false);
        }
        if attr_is(stanza, "type", "result") || attr_is(stanza, "type", "error") {
            return self.answered(stanza, writer).await;
        }
        if let Some((part, number)) = link_code::part(stanza) {
            self.link_code(stanza, part, &number, writer).await?;
        } else if attr_is(stanza, "xmlns", "w:p") {
            writer.send(&result(stanza, Vec::new()));
        } else {
            self.net.unknown(&format!("unlinked iq {}", attr(stanza, "xmlns").unwrap_or_default()));
            writer.send(&error(stanza, 501, "feature-not-implemented"));
        }
        Ok(false)
    }

    async fn link_code(
        &mut self,
        request: &Node,
        part: &Node,
        number: &str,
        writer: &mut Writer,
    ) -> Result<(), Ended> {
        let Some(account) = accounts::get(&self.net.store, number).await? else {
            writer.send(&error(request, 400, "bad-request"));
            return Ok(());
        };
        if attr_is(part, "stage", "companion_hello") {
            let code = LinkCode::hello(part, self.connection, self.control.clone(), self.net);
            let Some(code) = code.filter(|code| code.noise_key == self.noise_key) else {
                writer.send(&error(request, 400, "bad-request"));
                return Ok(());
            };
            let answer = code.hello_answer();
            match self.net.waiting.wait_for(number, code) {
                Ok(()) => writer.send(&result(request, vec![answer])),
                Err(_) => writer.send(&error(request, 429, "rate-overlimit")),
            }
            return Ok(());
        }
        match link_code::finish(self.net, &account, self.connection, part) {
            Ok(opened) => {
                writer.send(&result(request, Vec::new()));
                let link_code::OpenedBundle { identity, secret, noise_key, reply } = opened;
                let offer = Offer::make(self.net, &account, noise_key, identity, &secret, reply).await?;
                self.offer(offer, writer);
            }
            // The code stays good: a person may have mistyped it. The device keeps waiting.
            Err(SandboxError::WrongCode) => writer.send(&result(request, Vec::new())),
            Err(_) => writer.send(&error(request, 404, "item-not-found")),
        }
        Ok(())
    }

    async fn answered(&mut self, answer: &Node, writer: &mut Writer) -> Result<bool, Ended> {
        let Some((id, offer)) = self.offered.take() else { return Ok(false) };
        if attr(answer, "id").as_deref() != Some(&id) {
            self.offered = Some((id, offer));
            return Ok(false);
        }
        let identity =
            child(answer, "pair-device-sign").and_then(|sign| child_bytes(sign, "device-identity"));
        let valid = identity.filter(|identity| {
            let found = validate_adv_with_identity_key(identity, &offer.identity, Some(&offer.account_key));
            matches!(found, AdvValidation::Valid)
        });
        let Some(signed_identity) = valid else {
            let refused =
                SandboxError::LinkFailed("it refused the link, or its signature is wrong".to_owned());
            drop(offer.reply.send(Err(refused)));
            return Ok(false);
        };
        let linked = self.link(&offer, signed_identity).await;
        let ended = match &linked {
            Ok(()) => {
                writer.send(&node("stream:error").attr("code", "515").build());
                Ok(true)
            }
            Err(error) => Err(Ended::Sandbox(error.clone())),
        };
        // Whoever scanned may have gone: the device is linked all the same.
        drop(offer.reply.send(linked));
        ended
    }

    async fn link(&self, offer: &Offer, signed_identity: Vec<u8>) -> Result<(), SandboxError> {
        let link = LinkRow {
            address: offer.address.clone(),
            noise_key: offer.noise_key,
            identity: offer.identity,
            signed_identity,
            keys: None,
            bootstrapped: false,
            device_id: self.device.clone(),
            linked_at: self.net.source.now(),
        };
        self.net.store.write(move |tx| Box::pin(async move { links::insert(tx, link).await })).await?;
        tracing::info!(number = %offer.address.number, device = %self.device, "a device was linked");
        self.net.tell(&offer.address.number, PhoneEventKind::Linked { device: self.device.clone() });
        Ok(())
    }
}
