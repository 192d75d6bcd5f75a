//! What a message shows inside its bubble, by what it carries.

mod body;
mod cards;
mod forward;
mod info;
mod line;
mod media;
mod menu;
mod player;
mod poll;
mod quote;
mod reactions;
mod tasks;
mod viewer;

use crate::protocol::MessageId;
use crate::ui::chunks;
use crate::ui::prelude::*;

pub use body::{Shown, body, spoken};
pub use line::line;
pub use media::media;
pub use menu::{MessageMenu, answer_to, menu, menu_button};
pub use reactions::reactions;
pub use tasks::{pin_for, task, tasks};
pub use viewer::{media_viewer, viewer};

/// Brings a message of the open thread to the reader's eye, and marks it for a moment.
pub fn show_message(client: Client, id: MessageId) {
    with_chunk(chunks::finding(), move |finding| match finding {
        Some(finding) => (finding.show_message)(client, &id),
        None => say_missing(client),
    });
}
