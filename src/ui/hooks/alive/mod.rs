//! The browser's side of the hooks.

mod awake;
mod commands;
mod feed;
mod load;
mod page;
mod phones;
mod stream;

pub use crate::browser::clock::{clock_text, date_text, now, utc_offset};
pub use crate::browser::page::{set_title, touch};
pub use awake::awake;
pub use commands::{ask, discard, mark_read, retry, send_text, typing};
pub use feed::{feed_attached, feed_restore, feed_scrolled, move_in_feed, show_message};
pub use load::{load_chats, load_older, load_thread};
pub use page::{
    focus, hide_popover, keep_draft, load_chunk, load_draft, mark_alive, move_focus, on_shortcuts, set_busy,
    set_life, set_theme, try_now,
};
pub use phones::{
    phone_act, phone_chats, phone_faults, phone_hang_up, phone_listen, phone_messages, phone_phones,
};
pub use stream::start;
