//! A packet whose attachments are still on their way.

use bytes::Bytes;

use super::{Packet, PacketError, args::Args};

#[derive(Debug)]
pub(super) struct Assembly {
    packet: Packet,
    due: usize,
    /// Bytes that may still come.
    room: usize,
    attachments: Vec<Bytes>,
}

impl Assembly {
    pub fn new(packet: Packet, due: usize, room: usize) -> Self {
        Self { packet, due, room, attachments: Vec::with_capacity(due) }
    }

    pub fn take(&mut self, bytes: Bytes) -> Result<(), PacketError> {
        self.room = self.room.checked_sub(bytes.len()).ok_or(PacketError::TooLarge)?;
        self.attachments.push(bytes);
        Ok(())
    }

    pub fn is_complete(&self) -> bool {
        self.attachments.len() >= self.due
    }

    /// The whole packet, unless one of its placeholders stands for nothing.
    pub fn finish(self) -> Result<Packet, PacketError> {
        let mut packet = self.packet;
        let (Packet::Event { args, .. } | Packet::Ack { args, .. }) = &mut packet else {
            return Err(PacketError::StrayAttachment);
        };
        *args = Args::from_parts(std::mem::take(args).into_values(), self.attachments);
        if args.is_whole() { Ok(packet) } else { Err(PacketError::Attachments) }
    }
}
