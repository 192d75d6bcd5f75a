//! What a client believes: devices, chats and messages, and how each event changes them.
//!
//! This room does no I/O and knows no DOM: it is handed events, answers and the time, and says what
//! changed. That makes it the same on both sides (the server renders the first page from it) and lets
//! every rule be tested natively. It depends on `protocol` alone.

mod attach;
mod catch_up;
mod chat_change;
mod chat_filter;
mod chats;
mod connection;
mod detail;
mod devices;
pub mod downs;
mod drafts;
pub mod emoji;
mod forms;
pub mod found;
mod gallery;
mod gesture;
mod input;
mod jump;
mod kept;
mod labels;
mod log;
pub mod members;
mod merge;
mod messages;
pub mod news;
mod outbox;
mod people;
mod pins;
pub mod quiet;
mod reads;
mod reducer;
mod row;
pub mod sandbox;
pub mod settings;
mod state;
pub mod stickers;
pub mod text;
mod thread;
pub mod time;
mod trace;
mod unread;
mod uploads;
mod window;
pub mod writing;

pub use attach::{MAX_FILES, Picked, Tray, TrayItem, kind_of, loudness, shown_as, waveform};
pub use catch_up::CatchUp;
pub use chat_change::changed;
pub use chat_filter::{ChatFilter, FilterKind};
pub use chats::{ChatKey, ChatState, EchoPreview, TYPING_LIFE, Typing};
pub use connection::{Action, Connection, Input as ConnectionInput, Phase, Transport};
pub use detail::{DetailInput, Pane, PersonReceipt, Rights, Watched};
pub use devices::{DeviceState, Life, Step};
pub use drafts::{Draft, DraftInput, as_draft};
pub use forms::{bytes, place_of, poll_of, wave_path};
pub use gallery::Exhibit;
pub use gesture::{Fingers, Gesture};
pub use input::{Arrival, Changes, Input};
pub use kept::Kept;
pub use log::MessageLog;
pub use outbox::{Answered, MOST_PENDING, Outbox, Pending};
pub use pins::{PinInput, Pins};
pub use reads::Reads;
pub use row::{Body, Echo, Position, Retry, Row, RowKey};
pub use state::Model;
pub use thread::{Hold, Shape, Slot, SlotKey, Thread};
pub use trace::{Trace, TraceStep};
pub use uploads::{KeptUpload, Sending, SendingState, next_upload, restore_upload, upload_due};
pub use window::{CAP, FRESH, STEP, TARGET, Window, fresh_rows};

#[cfg(test)]
mod tests;
