//! One message of a page for people.

use super::escape::Escaped;
use super::words;
use crate::model::time::iso;
use crate::protocol::{Details, Message, MessageStatus, Millis};
use std::fmt::{Arguments, Write as _};

/// Where a message's file is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum File {
    /// Not in this export.
    #[default]
    Elsewhere,
    /// Under this path, seen from the page.
    Here { path: String, shown: Shown },
}

/// As what a page shows a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Picture,
    Film,
    Sound,
    Link,
}

/// Appends a message.
pub fn write(message: &Message, file: &File, with_files: bool, into: &mut String) {
    let details = &*message.details;
    let side = if message.from_me { "ours" } else { "theirs" };
    push(into, format_args!("<article class=\"{side}\" id=\"{}\">\n", Escaped(message.id.as_str())));
    if let Some(from) = message.sender_name.as_ref().filter(|_| !message.from_me) {
        push(into, format_args!("<p class=\"from\" dir=\"auto\">{}</p>\n", Escaped(from)));
    }
    marks(details, into);
    if let Some(quoted) = &details.quoted {
        let from = if quoted.from_me { "You" } else { quoted.from.as_str() };
        let text = if quoted.text.is_empty() { quoted.kind.as_str() } else { quoted.text.as_str() };
        push(
            into,
            format_args!(
                "<blockquote><p class=\"from\" dir=\"auto\">{}</p><p class=\"text\" dir=\"auto\">{}</p></blockquote>\n",
                Escaped(from),
                Escaped(text)
            ),
        );
    }
    if let Some(kind) = words::kind(message) {
        push(into, format_args!("<p class=\"kind\">{kind}</p>\n"));
    }
    if let Some(notice) = &details.notice {
        push(
            into,
            format_args!("<p class=\"kind\" dir=\"auto\">{}</p>\n", Escaped(&words::notice(message, notice))),
        );
    }
    carried(details, file, with_files, into);
    if !message.text.is_empty() {
        push(into, format_args!("<p class=\"text\" dir=\"auto\">{}</p>\n", Escaped(&message.text)));
    }
    if let Some(poll) = &details.poll {
        into.push_str("<ul class=\"poll\">\n");
        for option in &poll.options {
            let votes = option.voters.len();
            push(into, format_args!("<li dir=\"auto\">{} · {votes}</li>\n", Escaped(&option.text)));
        }
        into.push_str("</ul>\n");
    }
    if let Some(failure) = &message.failure {
        push(into, format_args!("<p class=\"failure\">{}</p>\n", Escaped(&failure.text)));
    }
    if !details.reactions.is_empty() {
        into.push_str("<p class=\"reactions\">");
        for reaction in &details.reactions {
            let from = if reaction.from_me { "You" } else { reaction.from.as_str() };
            push(
                into,
                format_args!("<span title=\"{}\">{}</span> ", Escaped(from), Escaped(&reaction.emoji)),
            );
        }
        into.push_str("</p>\n");
    }
    push(into, format_args!("<p class=\"when\">{}", time(message.timestamp, 16)));
    if details.edited_at.is_some() {
        into.push_str(" · edited");
    }
    if details.starred {
        into.push_str(" · ★");
    }
    if message.from_me {
        push(into, format_args!(" · {}", way(message.status)));
    }
    into.push_str("</p>\n</article>\n");
}

/// What was done to the message as a whole.
fn marks(details: &Details, into: &mut String) {
    if details.forwards > 0 {
        let times = if details.forwards >= 5 { "Forwarded many times" } else { "Forwarded" };
        push(into, format_args!("<p class=\"kind\">{times}</p>\n"));
    }
    if details.revoked_at.is_some() {
        into.push_str("<p class=\"kind\">This message was taken back.</p>\n");
    }
    if details.view_once {
        into.push_str("<p class=\"kind\">To be seen once, on the phone</p>\n");
    }
}

/// Files, places and cards.
fn carried(details: &Details, file: &File, with_files: bool, into: &mut String) {
    if let Some(media) = &details.media {
        let (name, size) = (words::file_name(media), words::size(media.size));
        match file {
            File::Here { path, shown } => {
                let path = Escaped(path);
                match shown {
                    Shown::Picture => push(into, format_args!("<p><img src=\"{path}\" alt=\"\"></p>\n")),
                    Shown::Film => {
                        push(into, format_args!("<p><video controls src=\"{path}\"></video></p>\n"))
                    }
                    Shown::Sound => {
                        push(into, format_args!("<p><audio controls src=\"{path}\"></audio></p>\n"))
                    }
                    Shown::Link => {}
                }
                push(
                    into,
                    format_args!("<p class=\"file\"><a href=\"{path}\">{}</a> · {size}</p>\n", Escaped(name)),
                );
            }
            File::Elsewhere => {
                push(into, format_args!("<p class=\"file\" dir=\"auto\">{} · {size}</p>\n", Escaped(name)));
                if with_files {
                    push(into, format_args!("<p class=\"failure\">{}</p>\n", Escaped(&words::absent(media))));
                }
            }
        }
    }
    if let Some(place) = &details.location {
        for line in [&place.name, &place.address].into_iter().flatten() {
            push(into, format_args!("<p class=\"text\" dir=\"auto\">{}</p>\n", Escaped(line)));
        }
        let live = if place.live { " · where it began" } else { "" };
        let at = serde_json::json!([place.latitude, place.longitude]);
        push(into, format_args!("<p class=\"file\">{}, {}{live}</p>\n", at[0], at[1]));
    }
    for card in &details.contacts {
        push(
            into,
            format_args!(
                "<p class=\"file\" dir=\"auto\">{} <bdi>{}</bdi></p>\n",
                Escaped(&card.name),
                Escaped(&card.phone_numbers.join(", "))
            ),
        );
    }
    if let Some(link) = &details.link_preview {
        let title = link.title.as_deref().unwrap_or(&link.url);
        push(
            into,
            format_args!("<p class=\"file\" dir=\"auto\">{} · {}</p>\n", Escaped(title), Escaped(&link.url)),
        );
    }
}

fn way(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Queued => "not sent yet",
        MessageStatus::Failed => "not sent",
        MessageStatus::Sent => "sent",
        MessageStatus::Delivered => "delivered",
        MessageStatus::Read => "read",
    }
}

/// A moment in UTC, of which so many characters are shown.
pub fn time(at: Millis, shown: usize) -> String {
    let whole = iso(at);
    let words = whole.chars().take(shown).collect::<String>().replace('T', " ");
    format!("<time datetime=\"{whole}\">{words} UTC</time>")
}

pub fn push(into: &mut String, text: Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = into.write_fmt(text);
}
