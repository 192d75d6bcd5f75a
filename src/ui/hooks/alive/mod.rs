//! The browser's side of the hooks.

mod awake;
mod beside;
mod call;
mod commands;
mod drafts;
mod feed;
mod feed_keys;
mod files;
mod gather;
mod jump;
mod list;
mod load;
mod page;
mod phones;
mod pins;
mod search;
mod session;
mod stickers;
mod stream;
mod swipe;
mod tools;
mod unkept;
mod view;
mod wake;

pub use crate::browser::clock::{clock_text, date_text, now, number_text, tenths_text, utc_offset};
pub use crate::browser::order::name_order;
pub use crate::browser::page::{narrow, origin, set_title, touch};
pub use beside::{ask_to_notify, choices, keep_choices, listen_beside, reload, set_badge};
pub use call::{call, copy_text};
pub use commands::{ask, discard, mark_read, retry, send_message, send_text, typing};
pub use drafts::{tell_drafts, write_draft};
pub use feed::{feed_attached, feed_changed, feed_restore, feed_scrolled};
pub use feed_keys::{menu_pressed, move_in_feed, reactions_pressed};
pub use files::{
    cancel_upload, forget_files, on_files, pick_file, pick_files, resume_uploads, retry_upload, send_files,
};
pub use jump::{forget_jump, show_date, show_message};
pub use list::{
    change_chat, chat_under, keep_filter, label_chat, list_place, list_top, load_filter, move_focus,
    open_chat_menu, pad_list,
};
pub use load::{
    expect_thread, load_archive, load_chats, load_labels, load_members, load_newer, load_older, load_thread,
};
pub use page::{
    after_paint, blur, choose_language, entry_state, focus, focus_to_write, go_back, hide_popover, is_there,
    keys_off, load_chunk, mark_alive, on_keys, on_shortcuts, press, set_busy, set_keys_off, set_life,
    set_look, set_theme, try_now, when_idle,
};
pub use phones::{
    phone_act, phone_chats, phone_faults, phone_hang_up, phone_listen, phone_messages, phone_phones,
};
pub use pins::load_pins;
pub use search::{search, search_more};
pub use stickers::make_sticker;
pub use stream::start;
pub use swipe::{
    back_swipe_begins, back_swipe_ends, back_swipe_moves, swipe_begins, swipe_ends, swipe_moves,
};
pub use tools::{
    can_record, finish_recording, keep, kept, load_emoji, locate, pause, play, play_silently, record, seek,
    set_rate, sound_at, stop_recording,
};
pub use view::{on_controls, pan, set_zoom};
pub use wake::wake;
