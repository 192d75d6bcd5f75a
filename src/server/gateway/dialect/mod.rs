//! What the Socket.IO dialects share: a socket's reading of the log, how it resumes, and which pages may connect.

mod door;
mod entropy;
mod feed;
mod frames;
mod offset;
mod policy;
mod stay;

pub use door::{counted, mount};
pub use feed::{LogFeed, Reader, Translate, resync};
pub use frames::{Frames, Said};
pub use offset::{Offset, knows_offsets, since};
pub use policy::Origins;
pub use stay::Stay;
