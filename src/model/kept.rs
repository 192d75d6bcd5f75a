//! A state that was kept, for a start without network: a snapshot, what happened after it, and the newest pages of
//! some threads. What comes of it is what the client believed then, by the same rules.

use super::input::Input;
use super::state::Model;
use crate::protocol::{ServerFrame, Snapshot, ThreadPage, read_record};
use serde_json::Value;

/// What was kept, as the server wrote it.
#[derive(Debug, Clone)]
pub struct Kept {
    pub snapshot: Snapshot,
    /// Read after the snapshot was; each may hold what `frames` say once more.
    pub threads: Vec<ThreadPage>,
    /// The events after the snapshot, in order, in their frames. What this version cannot read is passed over, as it
    /// would have been when it came.
    pub frames: Vec<Value>,
}

read_record!(Kept { snapshot: "snapshot", threads: "threads", frames: "frames" });

impl Kept {
    /// The client's state, at the position of the last event that was kept.
    #[must_use]
    pub fn model(self) -> Model {
        let mut model = Model::new(self.snapshot);
        for page in self.threads {
            model.apply(Input::Newest(page));
        }
        for frame in self.frames {
            if let Ok(ServerFrame::Event { event }) = serde_json::from_value(frame) {
                model.apply(Input::Event(Box::new(event)));
            }
        }
        model
    }
}
