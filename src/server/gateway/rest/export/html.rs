//! An export as a page for people: one file with nothing from elsewhere and nothing that runs.

use super::pages::{Part, Writer};
use crate::model::time::{DAY, iso};
use crate::protocol::{Message, MessageKind, MessageStatus, Millis};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");

/// Nothing is loaded and nothing runs; of styles, only ours.
pub fn content_security_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// Writes the page.
#[derive(Default)]
pub struct Html {
    /// The day of the message before, in days since 1970.
    day: Option<Millis>,
}

impl Writer for Html {
    fn write(&mut self, part: Part<'_>, into: &mut String) {
        match part {
            Part::Start { at, chat } => {
                let name = chat.map_or("Messages", |chat| chat.name.as_str());
                let address = chat.map_or("", |chat| chat.jid.as_str());
                push(
                    into,
                    format_args!(
                        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
                         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
                         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
                         <meta name=\"color-scheme\" content=\"light dark\">\n\
                         <title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n\
                         <h1 dir=\"auto\">{name}</h1>\n<p><bdi>{address}</bdi> · exported {exported}</p>\n</header>\n<main>\n",
                        policy = content_security_policy(),
                        name = Escaped(name),
                        address = Escaped(address),
                        exported = time(at, 16),
                    ),
                );
            }
            Part::Chat(chat) => push(into, format_args!("<h2 dir=\"auto\">{}</h2>\n", Escaped(&chat.name))),
            Part::Message(message) => self.message(message, into),
            Part::End { messages, .. } => {
                push(into, format_args!("</main>\n<footer>{messages} messages</footer>\n</body>\n</html>\n"))
            }
        }
    }
}

impl Html {
    fn message(&mut self, message: &Message, into: &mut String) {
        let day = message.timestamp.div_euclid(DAY);
        if self.day.replace(day) != Some(day) {
            let date: String = iso(message.timestamp).chars().take_while(|c| *c != 'T').collect();
            push(into, format_args!("<h3>{}</h3>\n", Escaped(&date)));
        }
        let side = if message.from_me { "ours" } else { "theirs" };
        push(into, format_args!("<article class=\"{side}\" id=\"{}\">\n", Escaped(message.id.as_str())));
        let from = message.sender_name.as_ref().filter(|_| !message.from_me);
        if let Some(from) = from {
            push(into, format_args!("<p class=\"from\" dir=\"auto\">{}</p>\n", Escaped(from)));
        }
        if message.kind != MessageKind::Text {
            push(into, format_args!("<p class=\"kind\">{}</p>\n", message.kind.as_str()));
        }
        if !message.text.is_empty() {
            push(into, format_args!("<p class=\"text\" dir=\"auto\">{}</p>\n", Escaped(&message.text)));
        }
        if let Some(failure) = &message.failure {
            push(into, format_args!("<p class=\"failure\">{}</p>\n", Escaped(&failure.text)));
        }
        push(into, format_args!("<p class=\"when\">{}", time(message.timestamp, 16)));
        if message.from_me {
            push(into, format_args!(" · {}", way(message.status)));
        }
        into.push_str("</p>\n</article>\n");
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
fn time(at: Millis, shown: usize) -> String {
    let whole = iso(at);
    let words = whole.chars().take(shown).collect::<String>().replace('T', " ");
    format!("<time datetime=\"{whole}\">{words} UTC</time>")
}

fn push(into: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = into.write_fmt(text);
}

/// A text that cannot be taken for anything else, in content or in a quoted attribute.
struct Escaped<'t>(&'t str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // No page may hold them.
                c if c.is_control() && c != '\n' && c != '\t' => {}
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        let text = "<script>alert(\"1\")</script> & 'x' \u{0}\u{1b}\n\tشلوم";
        let escaped = Escaped(text).to_string();
        assert_eq!(escaped, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; \n\tشلوم");
    }

    #[test]
    fn the_style_is_the_one_that_the_policy_names_and_loads_nothing() {
        for never in ["url(", "@import", "</", "http:", "https:"] {
            assert!(!STYLE.contains(never), "{never}");
        }
        let policy = content_security_policy();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!policy.contains('"'));
    }
}
