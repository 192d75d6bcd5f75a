//! English, for the list of chats, a thread, its messages and the composer.

use super::english::plural;
use super::messages_chats::{Chats, Composer, MessageTexts, Thread};
use crate::protocol::DelayCode;

pub const CHATS: Chats = Chats {
    title: "Chats",
    search: "Search",
    search_hint: "Ctrl K",
    clear_search: "Clear the search",
    filters: "Which chats to show",
    all: "All",
    unread: "Unread",
    groups: "Groups",
    list: "Chats",
    draft: "Draft",
    typing: "typing…",
    recording: "recording…",
    somebody_types: |name| format!("{name} is typing…"),
    somebody_records: |name| format!("{name} is recording…"),
    unread_label: |count| plural(count, "unread message", "unread messages"),
    new_chat: "New chat",
    new_chat_text: "Open a chat with any number. Nothing is sent until you write.",
    number: "Phone number",
    number_hint: "+34 600 111 222",
    through: "Through",
    open: "Open chat",
    loading_more: "Loading more chats",
    empty_title: "No chats yet",
    empty_text: "Messages appear here the moment they arrive. Or open a chat with a number yourself.",
    empty_no_device_title: "Link a device first",
    empty_no_device_text: "Chats come from a WhatsApp account that you link here, like WhatsApp Web.",
    add_device: "Add a device",
    to_sandbox: "Write from a sandbox phone",
    none_found: |query| format!("Nothing was found for “{query}”."),
    none_unread: "Everything is read.",
    none_groups: "No groups yet.",
    none_device: "No chats on this device yet.",
    none_archived: "No chat is archived.",
    none_label: "No chat has this label.",
    show_all: "Show all chats",
    down: |name| format!("{name} is not connected."),
    down_more: |count| plural(count, "more device needs you", "more devices need you"),
    shown: |count, more| {
        let chats = plural(count, "chat", "chats");
        if more { format!("{chats}, more below") } else { chats }
    },
    archived: "Archived",
    leave_archive: "Back to the chats",
    pinned: "Pinned",
    muted: "Muted",
    marked: "Marked as unread",
    labelled: |names| format!("Labels: {names}"),
    actions: |name| format!("Actions for the chat with {name}"),
    pin: "Pin",
    unpin: "Unpin",
    archive: "Archive",
    unarchive: "Move to the chats",
    mute: "Mute",
    mute_for: ["8 hours", "1 week", "Always"],
    unmute: "Unmute",
    mark_read: "Mark as read",
    mark_unread: "Mark as unread",
    contacts: "Contacts",
    messages: "Messages",
    more_messages: "Show more messages",
    more_chats: "Show more chats",
    results_label: "What was found",
    results: |count| plural(count, "result", "results"),
    searching: "Searching…",
    search_failed: "Not everything could be searched.",
};

pub const THREAD: Thread = Thread {
    choose_title: "Choose a chat",
    choose_text: "Or press Ctrl K and type a name.",
    messages: |name| format!("Messages with {name}"),
    details: "Show details",
    via: |name| format!("via {name}"),
    online: "online",
    group: "Group",
    empty_title: "No messages yet",
    empty_text: "Write the first one below.",
    new_messages: |count| plural(count, "new message", "new messages"),
    jump: "Go to the newest message",
    jump_new: |count| plural(count, "new", "new"),
    older: "Loading older messages",
    start: "This is where the conversation starts.",
    older_failed: "Older messages could not be loaded.",
    newer: "Loading newer messages",
    newer_failed: "Newer messages could not be loaded.",
    to_date: "Go to a date",
    go: "Go",
    failed_title: "The messages could not be loaded",
    failed_text: "The chat itself is fine. Try again in a moment.",
    missing_title: "This chat is not here",
    missing_text: "It may belong to a device that was removed.",
    not_sent: |cause| format!("Not sent. {cause}"),
    not_sent_unknown: "Not sent.",
    delayed: |attempts, code| {
        let tried = if attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
        let why = match code {
            DelayCode::NoAck => "WhatsApp has not confirmed it yet",
            DelayCode::RateLimited => "WhatsApp asks to wait",
            DelayCode::Other => "It did not go out yet",
        };
        format!("{why}. Tried {tried}; it is tried again.")
    },
    you: "You",
    label: |sender, time, status, text| {
        if status.is_empty() {
            format!("{sender}, {time}: {text}")
        } else {
            format!("{sender}, {time}, {status}: {text}")
        }
    },
    announce: |sender, text| format!("{sender}: {text}"),
};

pub const MESSAGE: MessageTexts = MessageTexts {
    revoked: "This message was deleted",
    forwarded: "Forwarded",
    forwarded_often: "Forwarded many times",
    edited: "Edited",
    starred: "Starred",
    pinned: "Pinned",
    view_once: "View once · open it on the phone",
    place: "Place",
    live_place: "Live location",
    choose_one: "Choose one",
    choose_some: "Choose one or more",
    reactions: "Reactions",
    show_quoted: "Show the message",
    not_loaded: "That message is no longer here.",
    menu: "Message actions",
    react: "React",
    reply: "Reply",
    edit: "Edit",
    revoke: "Delete for everyone",
    nothing: "Nothing can be done with it.",
    replying: |name| format!("Reply to {name}"),
    editing: "Edit message",
};

pub const COMPOSER: Composer = Composer {
    label: |name| format!("Message to {name}"),
    placeholder: "Message",
    send: "Send",
    left: |count| format!("{count} left"),
    over: |count| format!("{count} too many"),
    device_down: |name| format!("{name} is not connected: what you write is sent as soon as it is."),
    read_only: "You may read here, but not write.",
    full: "Too much waits to be sent already. Wait until the connection is back.",
};
