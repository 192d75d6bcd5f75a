//! The browser's side of the hooks.

mod commands;
mod feed;
mod jump;
mod list;
mod load;
mod page;
mod phones;
mod search;
mod stream;

pub use crate::browser::clock::{clock_text, date_text, now, utc_offset};
pub use crate::browser::page::{set_title, touch};
pub use commands::{ask, discard, mark_read, retry, send_text, typing};
pub use feed::{feed_attached, feed_restore, feed_scrolled, move_in_feed};
pub use jump::{show_date, show_message};
pub use list::{
    change_chat, chat_under, keep_filter, label_chat, list_place, list_top, load_filter, move_focus,
    open_chat_menu, pad_list,
};
pub use load::{load_archive, load_chats, load_labels, load_newer, load_older, load_thread};
pub use page::{
    focus, hide_popover, keep_draft, load_draft, mark_alive, on_shortcuts, set_life, set_theme, try_now,
};
pub use phones::{
    phone_act, phone_chats, phone_faults, phone_hang_up, phone_listen, phone_messages, phone_phones,
};
pub use search::{search, search_more};
pub use stream::start;
