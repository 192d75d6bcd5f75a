//! What a message shows inside its bubble, by what it carries.

mod body;
mod cards;
mod media;
mod menu;
mod player;
mod poll;
mod quote;
mod reactions;
mod viewer;

pub use body::{Shown, body, spoken};
pub use menu::{MenuButton, MessageMenu};
pub use reactions::reactions;
pub use viewer::media_viewer;
