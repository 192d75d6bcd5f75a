//! The mapping from WhatsApp's forms into ours, with messages and events made by hand.

mod bus;
mod content;
mod history;
mod inbound;
mod translate;

use super::jids::tests::{Known, jid};
use whatsapp_rust::types::message::{MessageInfo, MessageSource};
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp::{Message, message::FutureProofMessage};

/// Our number, and the LIDs whose numbers we know.
fn known() -> Known {
    let numbers = [("500", "34600@s.whatsapp.net"), ("1", "111@s.whatsapp.net")];
    Known {
        own: Some(jid("111@s.whatsapp.net")),
        numbers: numbers.into_iter().map(|(lid, number)| (lid.to_owned(), jid(number))).collect(),
    }
}

fn text(text: &str) -> Message {
    Message { conversation: Some(text.to_owned()), ..Message::default() }
}

/// A message in one of the many wrappers that have the same form.
fn wrapper(message: Message) -> MessageField<FutureProofMessage> {
    MessageField::some(FutureProofMessage { message: MessageField::some(message) })
}

fn info(chat: &str, sender: &str) -> MessageInfo {
    MessageInfo {
        id: "3EB0AA".to_owned(),
        source: MessageSource {
            chat: jid(chat),
            sender: jid(sender),
            is_group: chat.ends_with("@g.us"),
            ..MessageSource::default()
        },
        push_name: "Eva".to_owned(),
        timestamp: whatsapp_rust::chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        ..MessageInfo::default()
    }
}
