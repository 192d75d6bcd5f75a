//! What a message shows inside its bubble, by what it carries.

mod body;
mod cards;
mod forward;
mod info;
mod media;
mod menu;
mod player;
mod poll;
mod quote;
mod reactions;
mod tasks;
mod viewer;

pub use body::{Shown, body, spoken};
pub use media::media;
pub use menu::{MenuButton, MessageMenu, answer_to, menu};
pub use reactions::reactions;
pub use tasks::{task, tasks};
pub use viewer::{media_viewer, viewer};
