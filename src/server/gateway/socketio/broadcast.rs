//! Events for many sockets, encoded once.

use std::sync::Arc;

use super::{
    codec::{Args, EncodeError, Frame},
    member::Core,
    rooms::Spaces,
};

/// Sockets of one namespace, chosen by rooms when something is sent. What is broadcast is queued for each client
/// and may not be much: a client whose queue overflows is cut off, to come back and pull. What must not be lost
/// belongs into a [`Feed`](super::Feed).
#[derive(Clone, Debug)]
pub struct Broadcast {
    spaces: Arc<Spaces>,
    namespace: String,
    rooms: Vec<String>,
    except: Vec<String>,
    volatile: bool,
}

impl Broadcast {
    pub(super) fn new(spaces: Arc<Spaces>, namespace: &str) -> Self {
        let namespace = namespace.to_owned();
        Self { spaces, namespace, rooms: Vec::new(), except: Vec::new(), volatile: false }
    }

    /// Only sockets in this room, or in another one named so. A socket's id is a room with only it inside.
    #[must_use]
    pub fn to(mut self, room: impl Into<String>) -> Self {
        self.rooms.push(room.into());
        self
    }

    /// No sockets in this room.
    #[must_use]
    pub fn except(mut self, room: impl Into<String>) -> Self {
        self.except.push(room.into());
        self
    }

    /// Only sockets that can take it at once.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Sends an event; returns to how many sockets.
    pub fn emit(&self, name: &str, args: &Args) -> Result<usize, EncodeError> {
        let frame = Frame::event(&self.namespace, name, args, None)?;
        Ok(self.send(&frame))
    }

    /// Sends an event that was encoded for this namespace; returns to how many sockets.
    pub fn send(&self, frame: &Frame) -> usize {
        let send =
            |core: &Arc<Core>| if self.volatile { core.send_volatile(frame) } else { core.send(frame) };
        self.select().iter().filter(|core| send(core)).count()
    }

    /// The ids of the sockets.
    pub fn ids(&self) -> Vec<String> {
        self.select().iter().map(|core| core.id().to_owned()).collect()
    }

    /// Makes the sockets leave the namespace.
    pub fn disconnect(&self) {
        for core in self.select() {
            core.disconnect();
        }
    }

    fn select(&self) -> Vec<Arc<Core>> {
        let space = self.spaces.get(&self.namespace);
        space.map(|space| space.select(&self.rooms, &self.except)).unwrap_or_default()
    }
}
