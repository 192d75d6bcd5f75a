//! An export as a page for people: one file with nothing from elsewhere and nothing that runs.

use super::escape::Escaped;
use super::message::{self, File, push, time};
use super::pages::{Part, Writer};
use crate::model::time::{DAY, iso};
use crate::protocol::{Chat, Message, Millis};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("page.css");

/// Nothing is loaded and nothing runs; of styles, only ours.
pub fn content_security_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// Pages of a bundle show the files beside them, wherever they are opened from.
pub fn bundle_policy() -> String {
    format!("{}; img-src 'self' file:; media-src 'self' file:", content_security_policy())
}

/// Writes the page.
#[derive(Default)]
pub struct Html {
    /// The day of the message before, in days since 1970.
    day: Option<Millis>,
    /// What goes before paths, in a bundle.
    root: Option<&'static str>,
}

impl Writer for Html {
    fn write(&mut self, part: Part<'_>, into: &mut String) {
        match part {
            Part::Start { at, chat } => self.head(at, chat, into),
            Part::Chat(chat) => {
                self.day = None;
                push(into, format_args!("<h2 dir=\"auto\">{}</h2>\n", Escaped(&chat.name)));
            }
            Part::Message(message) => self.message(message, &File::Elsewhere, into),
            Part::End { messages, .. } => self.foot(messages, into),
        }
    }
}

impl Html {
    /// Of a bundle: what goes before paths to its files, and to its first page.
    pub fn within(root: &'static str) -> Self {
        Self { day: None, root: Some(root) }
    }

    /// The page up to its first message.
    pub fn head(&self, at: Millis, chat: Option<&Chat>, into: &mut String) {
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
                 <h1 dir=\"auto\">{name}</h1>\n<p><bdi>{address}</bdi> · exported {exported}</p>\n{back}</header>\n<main>\n",
                policy = if self.root.is_some() { bundle_policy() } else { content_security_policy() },
                name = Escaped(name),
                address = Escaped(address),
                exported = time(at, 16),
                back = self.root.map_or_else(String::new, |root| format!(
                    "<p><a href=\"{root}index.html\">All chats</a></p>\n"
                )),
            ),
        );
    }

    /// A message, with its day before it where that is another.
    pub fn message(&mut self, message: &Message, file: &File, into: &mut String) {
        let day = message.timestamp.div_euclid(DAY);
        if self.day.replace(day) != Some(day) {
            let date: String = iso(message.timestamp).chars().take_while(|c| *c != 'T').collect();
            push(into, format_args!("<h3>{}</h3>\n", Escaped(&date)));
        }
        message::write(message, file, self.root.is_some(), into);
    }

    /// The page's end: one without it was cut.
    pub fn foot(&self, messages: u64, into: &mut String) {
        push(into, format_args!("</main>\n<footer>{messages} messages</footer>\n</body>\n</html>\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
