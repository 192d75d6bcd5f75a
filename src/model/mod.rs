//! What a client believes: devices, chats and messages, and how each event changes them.
//!
//! This room does no I/O and knows no DOM: it is handed events, answers and the time, and says what
//! changed. That makes it the same on both sides (the server renders the first page from it) and lets
//! every rule be tested natively. It depends on `protocol` alone.

mod chats;
mod connection;
mod devices;
mod kept;
mod log;
mod merge;
mod outbox;
mod reducer;
mod row;
pub mod sandbox;
mod state;
pub mod text;
mod thread;
pub mod time;
mod window;

pub use chats::{ChatFilter, ChatKey, ChatState, EchoPreview, FilterKind, TYPING_LIFE, Typing};
pub use connection::{Action, Connection, Input as ConnectionInput, Phase, Transport};
pub use devices::{DeviceState, Life, Step};
pub use kept::Kept;
pub use log::MessageLog;
pub use outbox::{Answered, MOST_PENDING, Outbox, Pending};
pub use reducer::{Arrival, Changes, Input};
pub use row::{Body, Echo, Position, Retry, Row, RowKey};
pub use state::Model;
pub use thread::{Hold, Shape, Slot, SlotKey, Thread};
pub use window::{CAP, STEP, TARGET, Window};

#[cfg(test)]
mod tests;
