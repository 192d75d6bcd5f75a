//! Phones that answer by themselves, as a person would: they read, type for a while, and reply.
//!
//! They answer people only: never another phone that answers by itself, never in groups, and one
//! message at a time. So two of them cannot talk to each other forever.

use super::actor::{Chat, Phone, Request};
use super::content;
use crate::protocol::{MessageKind, TypingState};
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::event::PhoneEventKind;
use crate::server::sandbox::rows::accounts;
use crate::server::sandbox::rows::messages::MessageRow;
use crate::server::sandbox::typing;
use crate::server::source::Source;
use std::collections::HashMap;
use std::time::Duration;

/// Chats in which an answer is under way at most.
const AT_ONCE: usize = 64;

/// Answers that are under way, by the number of whom they are for.
#[derive(Default)]
pub(super) struct Answering(HashMap<String, Stage>);

enum Stage {
    /// Has it before their eyes.
    Reading { text: String },
    /// Types a reply.
    Typing { reply: &'static str },
}

const GREETINGS: &[&str] =
    &["Hi! 👋", "Hello! Good to hear from you.", "Hey, how are you?", "¡Hola! ¿Qué tal?"];
const THANKED: &[&str] = &["You're welcome!", "Anytime 😊", "Sure, no problem.", "¡De nada!"];
const QUESTIONS: &[&str] = &[
    "Good question. Let me check and get back to you.",
    "I think so, yes.",
    "Not sure yet. Can I tell you this afternoon?",
    "Yes, that works for me.",
];
const FAREWELLS: &[&str] = &["Bye, talk soon!", "See you! 👋", "Hasta luego."];
const ANYTHING: &[&str] = &[
    "Got it, thanks!",
    "Okay, sounds good.",
    "Perfect 👍",
    "Thanks for letting me know.",
    "Vale, lo miro y te digo.",
];

/// A reply that fits, chosen by the source's generator.
fn reply_to(text: &str, source: &Source) -> &'static str {
    let words = text.to_lowercase();
    let has = |some: &[&str]| {
        some.iter().any(|word| words.split(|c: char| !c.is_alphanumeric()).any(|found| found == *word))
    };
    let set = if has(&["thanks", "thank", "thx", "gracias", "danke", "merci"]) {
        THANKED
    } else if words.contains(['?', '¿']) {
        QUESTIONS
    } else if has(&["bye", "goodbye", "adios", "adiós", "ciao"]) {
        FAREWELLS
    } else if has(&["hi", "hello", "hey", "hola", "morning", "buenas", "hallo"]) {
        GREETINGS
    } else {
        ANYTHING
    };
    let place = usize::try_from(source.below(set.len() as u64)).unwrap_or(0);
    set.get(place).copied().unwrap_or("👍")
}

impl Phone {
    /// Begins an answer to a message that just came, if this phone gives any.
    pub async fn consider_answer(&mut self, row: &MessageRow) {
        if row.kind != MessageKind::Text || row.chat.contains('@') || row.chat == self.me.number {
            return;
        }
        let answers = match self.opened().await {
            Ok(open) => open.row.answers,
            Err(_) => false,
        };
        if !answers {
            return;
        }
        // Nobody who answers by themselves gets an answer. A peer that cannot be read gets none either.
        match accounts::get(&self.net.store, &row.chat).await {
            Ok(Some(peer)) if !peer.answers => {}
            _ => return,
        }
        let room = self.answering.0.len() < AT_ONCE;
        match self.answering.0.get_mut(&row.chat) {
            Some(Stage::Reading { text }) => text.clone_from(&row.text),
            None if room => {
                self.answering.0.insert(row.chat.clone(), Stage::Reading { text: row.text.clone() });
                self.later(&row.chat, 500 + self.net.source.below(1_000));
            }
            Some(Stage::Typing { .. }) | None => {}
        }
    }

    /// The next step of an answer.
    pub async fn go_on_answering(&mut self, chat: &str) -> Result<(), SandboxError> {
        let peer = Chat::Person(chat.to_owned());
        match self.answering.0.remove(chat) {
            Some(Stage::Reading { text }) => {
                self.read(&peer).await?;
                self.type_to(chat, TypingState::Composing);
                let reply = reply_to(&text, &self.net.source);
                self.answering.0.insert(chat.to_owned(), Stage::Typing { reply });
                self.later(chat, 1_000 + self.net.source.below(2_000));
                Ok(())
            }
            Some(Stage::Typing { reply }) => {
                self.type_to(chat, TypingState::Paused);
                self.send(peer, content::text(reply).into()).await.map(drop)
            }
            None => Ok(()),
        }
    }

    fn type_to(&self, chat: &str, state: TypingState) {
        if let Some(peer) = self.net.directory.number(chat) {
            peer.push(&typing::stanza(&self.me.shown_jid(), None, state), None);
            let from = self.me.number.clone();
            self.net.tell(chat, PhoneEventKind::Typing { chat: from.clone(), from, state });
        }
    }

    /// Comes back to a chat after some milliseconds.
    fn later(&self, chat: &str, millis: u64) {
        let (mailbox, closing, chat) = (self.mailbox.clone(), self.net.closing.clone(), chat.to_owned());
        self.net.tasks.spawn(async move {
            tokio::select! {
                () = closing.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(millis)) => {}
            }
            if let Some(mailbox) = mailbox.upgrade() {
                // The phone is gone: so is the answer.
                drop(mailbox.send(Request::Answer { chat }).await);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_fit_and_repeat_with_the_seed() {
        for (text, set) in [
            ("Hello there", GREETINGS),
            ("Hola, buenas", GREETINGS),
            ("thanks a lot!", THANKED),
            ("can we meet?", QUESTIONS),
            ("bye", FAREWELLS),
            ("the parcel is here", ANYTHING),
            // Words, not parts of words.
            ("this", ANYTHING),
        ] {
            let reply = reply_to(text, &Source::fixed(0, 3));
            assert!(set.contains(&reply), "{text}: {reply}");
            assert_eq!(reply, reply_to(text, &Source::fixed(0, 3)));
        }
    }
}
