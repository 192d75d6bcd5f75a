//! Texts of the composer's tools, of files on their way, and of looking at pictures.

use super::messages::{Count, Text, With, WithTwo};

super::shapes::texts! {
/// What the composer's tools say.
#[derive(Debug)]
pub struct Writing {
    pub attach: Text,
    pub photo: Text,
    pub document: Text,
    pub poll: Text,
    pub place: Text,
    pub contact: Text,
    pub replies: Text,
    pub drop_here: Text,
    // Files.
    pub files_title: Count,
    pub caption: Text,
    pub caption_for: With,
    pub remove: With,
    pub add_more: Text,
    pub as_files: Text,
    pub one_caption: Text,
    /// The largest size that is taken.
    pub too_large: With,
    pub empty_file: Text,
    pub at_most: With,
    /// How many files were left out, and how many are taken at once.
    pub left_out: fn(i64, i64) -> String,
    pub file_gone: Text,
    pub waiting: Text,
    pub uploading: fn(&str, i64) -> String,
    pub cancel_upload: With,
    /// Which file was not sent, and why.
    pub upload_failed: WithTwo,
    pub upload_later: With,
    // Emoji.
    pub emoji: Text,
    pub emoji_search: Text,
    pub emoji_recent: Text,
    pub emoji_none: Text,
    pub emoji_failed: Text,
    /// The language of the emoji's names, as their file is called.
    pub emoji_language: Text,
    // Voice.
    pub record: Text,
    pub recording: Text,
    pub record_cancel: Text,
    pub record_send: Text,
    pub record_refused: Text,
    // Polls.
    pub question: Text,
    pub option: Count,
    pub several: Text,
    pub poll_needs: Text,
    // Places.
    pub my_place: Text,
    pub locating: Text,
    pub place_refused: Text,
    pub latitude: Text,
    pub longitude: Text,
    pub place_name: Text,
    pub place_needs: Text,
    // Contacts.
    pub send_contacts: Count,
    // Short replies.
    pub replies_text: Text,
    pub reply_name: Text,
    pub reply_text: Text,
    pub add_reply: Text,
    pub delete_reply: With,
    pub no_replies: Text,
    pub members: Text,
    pub preview: Text,
}

/// What is said of stickers.
#[derive(Debug)]
pub struct Stickers {
    pub all: Text,
    pub numbered: Count,
    pub none: Text,
    pub add: Text,
    pub remove: Text,
    pub added: Text,
    pub removed: Text,
    /// Of what may have moved before.
    pub stilled: Text,
    pub unreadable: Text,
    pub no_webp: Text,
}

/// What the viewer, the player and files that are not here say.
#[derive(Debug)]
pub struct Viewing {
    pub title: Text,
    pub open: With,
    pub close: Text,
    pub next: Text,
    pub previous: Text,
    pub zoom_in: Text,
    pub zoom_out: Text,
    pub download: Text,
    /// Which of how many.
    pub place: fn(i64, i64) -> String,
    pub play: Text,
    pub pause: Text,
    pub seek: Text,
    /// How fast it plays.
    pub speed: With,
    pub expired: Text,
    pub refused: With,
    pub refused_bare: Text,
    pub not_loaded: Text,
    pub ask_again: Text,
}
}
