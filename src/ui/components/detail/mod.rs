//! What stands beside a thread: whom the chat is with, and what can be done with the chat.

mod choice;
mod group;
mod invite;
mod media;
mod members;
mod pane;
mod person;
mod place;
mod settings;
mod starred;

pub use pane::{Part, again_when_live, detail_pane, not_loaded};
