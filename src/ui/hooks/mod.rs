//! The only way from the pages to the browser.
//!
//! [`host`] is everything that a page can ask of the browser. In the browser it is `alive`; on the server,
//! where nobody clicks and nothing moves, it is `still`, which has the same functions and does nothing.
//! The other hooks are small behaviours made of it, the same on both sides.

#[cfg(feature = "hydrate")]
pub mod alive;
#[cfg(feature = "hydrate")]
pub use alive as host;

#[cfg(not(feature = "hydrate"))]
pub mod still;
#[cfg(not(feature = "hydrate"))]
pub use still as host;

mod back;
mod beside;
mod composer;
mod dialog;
mod expect;
mod field;
mod hold;
mod list;
mod rest;
mod sandbox;
mod stickers;
mod ticking;

pub use back::{Back, use_back};
pub use beside::{Beside, Choices, Permission, switch, use_beside};
pub use composer::{ComposerState, use_composer};
pub use dialog::{close_dialog, show_dialog};
pub use expect::use_expect;
pub use field::{selected, write_field};
pub use hold::use_hold;
pub use list::{Fetched, ServerList, use_list};
pub use rest::{Verb, rest};
pub use sandbox::{PhoneScreen, SandboxState, use_sandbox};
pub use stickers::{drop_sticker, keep_sticker, stickers_at_hand};
pub use ticking::use_seconds;

use super::client::Client;
use crate::ui::prelude::react;
use leptos::prelude::*;

/// Brings the page alive: from the first effect on, the stream runs, the outbox is emptied and the clock
/// is the browser's. On the server: nothing.
pub fn live(client: Client) {
    react(move |started: Option<()>| {
        if started.is_none() {
            host::start(client);
            client.alive.set(true);
            host::mark_alive();
        }
    });
    // The browser's tab says how many chats wait.
    react(move |_| {
        let unread = client.unread.get();
        let product = crate::ui::client::words().common.product;
        host::set_badge(unread);
        host::set_title(&if unread > 0 { format!("({unread}) {product}") } else { product.to_owned() });
    });
}
