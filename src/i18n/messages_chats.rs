//! The groups of the table that the list of chats, a thread, its messages and the composer speak with.

use super::messages::{Count, Text, With, WithTwo};
use crate::protocol::DelayCode;

super::shapes::texts! {
#[derive(Debug)]
pub struct Chats {
    pub title: Text,
    pub search: Text,
    pub search_hint: Text,
    pub clear_search: Text,
    pub filters: Text,
    pub all: Text,
    pub unread: Text,
    pub groups: Text,
    pub list: Text,
    pub draft: Text,
    pub typing: Text,
    pub recording: Text,
    pub somebody_types: With,
    pub somebody_records: With,
    pub unread_label: Count,
    pub new_chat: Text,
    pub new_chat_text: Text,
    pub number: Text,
    pub number_hint: Text,
    pub through: Text,
    pub open: Text,
    pub loading_more: Text,
    pub empty_title: Text,
    pub empty_text: Text,
    /// The same, for whoever may only read.
    pub empty_read: Text,
    pub empty_no_device_title: Text,
    pub empty_no_device_text: Text,
    pub add_device: Text,
    pub to_sandbox: Text,
    pub none_found: With,
    pub none_unread: Text,
    pub none_groups: Text,
    pub none_device: Text,
    pub none_archived: Text,
    pub none_label: Text,
    pub show_all: Text,
    pub down: With,
    pub down_more: Count,
    /// How many chats a filter leaves, and whether there may be more.
    pub shown: fn(i64, bool) -> String,
    pub archived: Text,
    pub leave_archive: Text,
    pub pinned: Text,
    pub muted: Text,
    /// Marked as unread by hand.
    pub marked: Text,
    pub labelled: With,
    pub actions: With,
    pub pin: Text,
    pub unpin: Text,
    pub archive: Text,
    pub unarchive: Text,
    pub mute: Text,
    /// Eight hours, a week, always.
    pub mute_for: [Text; 3],
    pub unmute: Text,
    pub mark_read: Text,
    pub mark_unread: Text,
    pub contacts: Text,
    pub messages: Text,
    pub more_messages: Text,
    pub more_chats: Text,
    pub results_label: Text,
    pub results: Count,
    pub searching: Text,
    pub search_failed: Text,
}

#[derive(Debug)]
pub struct Thread {
    pub choose_title: Text,
    pub choose_text: Text,
    pub messages: With,
    /// What the head leads to.
    pub details: Text,
    pub via: With,
    pub online: Text,
    /// When.
    pub last_seen: With,
    /// Looks for words in the messages of this chat alone.
    pub search: Text,
    pub search_hint: Text,
    pub group: Text,
    /// What stands between the names of its members.
    pub comma: Text,
    pub empty_title: Text,
    pub empty_text: Text,
    pub new_messages: Count,
    pub jump: Text,
    pub jump_new: Count,
    pub older: Text,
    pub start: Text,
    pub older_failed: Text,
    pub newer: Text,
    pub newer_failed: Text,
    pub to_date: Text,
    pub go: Text,
    pub failed_title: Text,
    pub failed_text: Text,
    pub missing_title: Text,
    pub missing_text: Text,
    pub not_sent: With,
    pub not_sent_unknown: Text,
    /// How often it was tried, and why it is tried again.
    pub delayed: fn(u32, DelayCode) -> String,
    pub you: Text,
    /// Sender, time, status (empty for others' messages), text.
    pub label: fn(&str, &str, &str, &str) -> String,
    pub announce: WithTwo,
}

#[derive(Debug)]
pub struct MessageTexts {
    pub revoked: Text,
    pub forwarded: Text,
    pub forwarded_often: Text,
    pub edited: Text,
    pub starred: Text,
    pub pinned: Text,
    pub view_once: Text,
    pub place: Text,
    pub live_place: Text,
    pub choose_one: Text,
    pub choose_some: Text,
    pub reactions: Text,
    pub show_quoted: Text,
    pub not_loaded: Text,
    pub menu: Text,
    pub react: Text,
    pub reply: Text,
    pub edit: Text,
    pub revoke: Text,
    pub nothing: Text,
    pub replying: With,
    pub editing: Text,
    /// Opens the chat with whom a card is of.
    pub write: Text,
}

#[derive(Debug)]
pub struct Composer {
    pub label: With,
    pub placeholder: Text,
    pub send: Text,
    pub left: Count,
    pub over: Count,
    pub device_down: With,
    pub read_only: Text,
    pub full: Text,
    /// Why a text that waited for weeks was not sent.
    pub too_old: Text,
    /// The browser has no room for what waits to be sent.
    pub not_kept: Text,
}
}
