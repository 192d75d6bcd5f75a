//! Socket.IO packets on their way in.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{
    Args,
    assembly::Assembly,
    frame::is_reserved,
    header::{Header, Kind},
    json::{self, JsonError},
};

/// What is taken from a client. The fields are those of [`Config`](super::super::Config).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketLimits {
    /// Attachments of one packet.
    pub attachments: usize,
    /// Bytes of a namespace's name.
    pub namespace_length: usize,
    /// Levels of JSON.
    pub json_depth: usize,
    /// Values in the JSON.
    pub json_values: usize,
    /// Bytes of a CONNECT packet's payload.
    pub auth: usize,
    /// Bytes of a packet with its attachments.
    pub packet: usize,
}

impl Default for PacketLimits {
    fn default() -> Self {
        Self {
            attachments: 10,
            namespace_length: 256,
            json_depth: 32,
            json_values: 50_000,
            auth: 16 * 1024,
            packet: 4_000_000,
        }
    }
}

/// One packet from a client.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    /// Asks to enter a namespace; `auth` is empty where the client sent none.
    Connect {
        /// The namespace.
        namespace: String,
        /// What the client shows for it.
        auth: Map<String, Value>,
    },
    /// Leaves a namespace.
    Disconnect {
        /// The namespace.
        namespace: String,
    },
    /// An event.
    Event {
        /// The namespace.
        namespace: String,
        /// The number under which an acknowledgement is expected.
        id: Option<u64>,
        /// The event's name; a client may use a number, which is given here as text.
        name: String,
        /// The arguments after the name.
        args: Args,
    },
    /// The answer to an event of ours.
    Ack {
        /// The namespace.
        namespace: String,
        /// Which event. Without a number it answers none, and is passed over, as by the reference server.
        id: Option<u64>,
        /// The arguments.
        args: Args,
    },
}

/// Why something is no packet, or is none that we take. The session is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// The first character is no packet type, or none that a client sends.
    #[error("unknown packet type")]
    UnknownType,
    /// The number of attachments is no number.
    #[error("illegal attachments")]
    Attachments,
    /// More attachments than allowed.
    #[error("too many attachments")]
    TooManyAttachments,
    /// The namespace's name is too long or holds control characters.
    #[error("invalid namespace name")]
    Namespace,
    /// The client is not in that namespace.
    #[error("not connected to the namespace")]
    NotConnected,
    /// The client is in that namespace already.
    #[error("already connected to the namespace")]
    AlreadyConnected,
    /// The number of the acknowledgement is too large.
    #[error("invalid acknowledgement id")]
    InvalidId,
    /// The JSON is missing, malformed, or not of the shape that the type asks for.
    #[error("invalid payload")]
    Payload,
    /// The JSON nests too deep or holds too many values.
    #[error("payload is too complex")]
    Complex,
    /// More bytes than allowed.
    #[error("packet is too large")]
    TooLarge,
    /// A text came where an attachment was due.
    #[error("got a text when an attachment was due")]
    TextDue,
    /// Bytes came that belong to no packet.
    #[error("got an attachment that belongs to no packet")]
    StrayAttachment,
}

/// Reads one client's packets, putting attachments back where they belong.
#[derive(Debug)]
pub struct Decoder {
    limits: PacketLimits,
    assembly: Option<Assembly>,
}

impl Decoder {
    /// A decoder for one session.
    pub fn new(limits: PacketLimits) -> Self {
        Self { limits, assembly: None }
    }

    /// Takes the text of one message. `connected` says whether the client is in a namespace: only then is
    /// anything read but a CONNECT, so that nobody can make us parse, or hold attachments, before
    /// authentication.
    pub fn text(
        &mut self,
        text: &str,
        connected: impl FnOnce(&str) -> bool,
    ) -> Result<Option<Packet>, PacketError> {
        if self.assembly.is_some() {
            return Err(PacketError::TextDue);
        }
        if text.len() > self.limits.packet {
            return Err(PacketError::TooLarge);
        }
        let header = Header::parse(text, &self.limits)?;
        if header.kind != Kind::Connect && !connected(header.namespace) {
            return Err(PacketError::NotConnected);
        }
        let packet = self.packet(&header)?;
        if header.attachments == 0 {
            return Ok(Some(packet));
        }
        self.assembly =
            Some(Assembly::new(packet, header.attachments, self.limits.packet.saturating_sub(text.len())));
        Ok(None)
    }

    /// Takes one binary message; returns the packet whose last attachment it was.
    pub fn binary(&mut self, bytes: Bytes) -> Result<Option<Packet>, PacketError> {
        let mut assembly = self.assembly.take().ok_or(PacketError::StrayAttachment)?;
        assembly.take(bytes)?;
        if assembly.is_complete() {
            return assembly.finish().map(Some);
        }
        self.assembly = Some(assembly);
        Ok(None)
    }

    fn packet(&self, header: &Header<'_>) -> Result<Packet, PacketError> {
        let namespace = header.namespace.to_owned();
        match header.kind {
            Kind::Connect => Ok(Packet::Connect { namespace, auth: self.auth(header)? }),
            Kind::Disconnect if header.payload.is_empty() && header.id.is_none() => {
                Ok(Packet::Disconnect { namespace })
            }
            Kind::Disconnect => Err(PacketError::Payload),
            Kind::Event => {
                let mut args = self.list(header.payload)?;
                let name = match args.remove_first() {
                    Some(Value::String(name)) if !is_reserved(&name) => name,
                    Some(Value::Number(name)) => name.to_string(),
                    _ => return Err(PacketError::Payload),
                };
                Ok(Packet::Event { namespace, id: header.id, name, args })
            }
            Kind::Ack => Ok(Packet::Ack { namespace, id: header.id, args: self.list(header.payload)? }),
            Kind::ConnectError => Err(PacketError::UnknownType),
        }
    }

    fn auth(&self, header: &Header<'_>) -> Result<Map<String, Value>, PacketError> {
        if header.id.is_some() {
            return Err(PacketError::Payload);
        }
        if header.payload.len() > self.limits.auth {
            return Err(PacketError::TooLarge);
        }
        if header.payload.is_empty() {
            return Ok(Map::new());
        }
        match self.json(header.payload)? {
            Value::Object(auth) => Ok(auth),
            _ => Err(PacketError::Payload),
        }
    }

    fn list(&self, payload: &str) -> Result<Args, PacketError> {
        match self.json(payload)? {
            Value::Array(values) => Ok(Args::from(values)),
            _ => Err(PacketError::Payload),
        }
    }

    fn json(&self, text: &str) -> Result<Value, PacketError> {
        json::parse(text, self.limits.json_depth, self.limits.json_values).map_err(|error| match error {
            JsonError::Invalid => PacketError::Payload,
            JsonError::TooDeep | JsonError::TooMany => PacketError::Complex,
        })
    }
}

#[cfg(test)]
#[path = "packet_tests.rs"]
mod tests;
