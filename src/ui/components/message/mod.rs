//! What a message shows inside its bubble, by what it carries.

mod body;
mod cards;
mod media;
mod menu;
mod poll;
mod quote;
mod reactions;

pub use body::{Shown, body, spoken};
pub use menu::{MenuButton, MessageMenu};
pub use reactions::reactions;
