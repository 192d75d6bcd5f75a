use super::super::content::{Content, clean, content, unwrapped};
use super::{text, wrapper};
use crate::protocol::MessageKind;
use proptest::prelude::*;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::codec;
use whatsapp_rust::waproto::whatsapp::message::{self, *};
use whatsapp_rust::waproto::whatsapp::{self as wa, Message};

fn some<T: Default>(value: T) -> MessageField<T> {
    MessageField::some(value)
}

fn s(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn of(message: Message) -> Option<(MessageKind, String)> {
    content(&message).map(|content| (content.kind, content.text))
}

macro_rules! message {
    ($field:ident: $value:expr) => {
        Message { $field: some($value), ..Message::default() }
    };
}

#[test]
fn plain_texts_are_taken_apart_and_need_no_raw_form() {
    let extended = message!(extended_text_message: ExtendedTextMessage { text: s("see https://a"), ..Default::default() });
    for (message, said) in [(text("hello"), "hello"), (extended, "see https://a"), (text(""), "")] {
        let expected = Content { kind: MessageKind::Text, text: said.to_owned(), raw: None };
        assert_eq!(content(&message), Some(expected));
    }
}

#[test]
fn wrappers_are_taken_off_however_they_nest() {
    let sent = Message {
        device_sent_message: some(DeviceSentMessage {
            destination_jid: s("1@s.whatsapp.net"),
            message: some(Message { ephemeral_message: wrapper(text("deep")), ..Message::default() }),
            phash: None,
        }),
        ..Message::default()
    };
    let once = Message {
        view_once_message_v2: wrapper(
            message!(image_message: ImageMessage { caption: s("once"), ..Default::default() }),
        ),
        ..Message::default()
    };
    let document = Message {
        document_with_caption_message: wrapper(
            message!(document_message: DocumentMessage { caption: s("see"), file_name: s("a.pdf"), ..Default::default() }),
        ),
        ..Message::default()
    };
    let edited = Message { edited_message: wrapper(text("new")), ..Message::default() };
    let lottie = Message {
        lottie_sticker_message: wrapper(message!(sticker_message: StickerMessage::default())),
        ..Message::default()
    };
    let poll = Message {
        poll_creation_message_v4: wrapper(
            message!(poll_creation_message: PollCreationMessage { name: s("When?"), ..Default::default() }),
        ),
        ..Message::default()
    };
    let cases = [
        (sent, MessageKind::Text, "deep"),
        (once, MessageKind::Image, "once"),
        (document, MessageKind::Document, "see"),
        (edited, MessageKind::Text, "new"),
        (lottie, MessageKind::Sticker, ""),
        (poll, MessageKind::Poll, "When?"),
    ];
    for (message, kind, said) in cases {
        assert_eq!(of(message), Some((kind, said.to_owned())));
    }
}

#[test]
fn wrappers_without_end_come_to_an_end() {
    let mut message = text("inside");
    for _ in 0..16 {
        message = Message { ephemeral_message: wrapper(message), ..Message::default() };
    }
    assert_eq!(unwrapped(&message).conversation.as_deref(), Some("inside"));
    message = Message { ephemeral_message: wrapper(message), ..Message::default() };
    assert_eq!(of(message), Some((MessageKind::Unknown, String::new())), "one more than the limit");
    let empty = Message { ephemeral_message: some(FutureProofMessage::default()), ..Message::default() };
    assert_eq!(of(empty), Some((MessageKind::Unknown, String::new())));
}

#[test]
fn every_kind_has_its_text_and_keeps_its_raw_form() {
    let contact = || ContactMessage { display_name: s("Eva"), vcard: s("BEGIN:VCARD"), ..Default::default() };
    let poll = || PollCreationMessage { name: s("When?"), ..Default::default() };
    let video = || VideoMessage { caption: s("look"), ..Default::default() };
    let cases = [
        (
            message!(image_message: ImageMessage { caption: s("look"), ..Default::default() }),
            MessageKind::Image,
            "look",
        ),
        (message!(image_message: ImageMessage::default()), MessageKind::Image, ""),
        (message!(video_message: video()), MessageKind::Video, "look"),
        (message!(ptv_message: video()), MessageKind::Video, "look"),
        (
            message!(audio_message: AudioMessage { ptt: Some(true), ..Default::default() }),
            MessageKind::Audio,
            "",
        ),
        (
            message!(document_message: DocumentMessage { file_name: s("a.pdf"), ..Default::default() }),
            MessageKind::Document,
            "a.pdf",
        ),
        (message!(sticker_message: StickerMessage::default()), MessageKind::Sticker, ""),
        (
            message!(location_message: LocationMessage { name: s("Plaza"), address: s("Calle 1"), ..Default::default() }),
            MessageKind::Location,
            "Plaza",
        ),
        (
            message!(location_message: LocationMessage { address: s("Calle 1"), ..Default::default() }),
            MessageKind::Location,
            "Calle 1",
        ),
        (
            message!(live_location_message: LiveLocationMessage { caption: s("here"), ..Default::default() }),
            MessageKind::Location,
            "here",
        ),
        (message!(contact_message: contact()), MessageKind::Contact, "Eva"),
        (
            message!(contacts_array_message: ContactsArrayMessage { display_name: s("2 contacts"), contacts: vec![contact(), contact()], ..Default::default() }),
            MessageKind::Contact,
            "2 contacts",
        ),
        (message!(poll_creation_message: poll()), MessageKind::Poll, "When?"),
        (message!(poll_creation_message_v2: poll()), MessageKind::Poll, "When?"),
        (message!(poll_creation_message_v3: poll()), MessageKind::Poll, "When?"),
        (message!(poll_creation_message_v5: poll()), MessageKind::Poll, "When?"),
        (
            message!(buttons_message: ButtonsMessage { content_text: s("Choose"), ..Default::default() }),
            MessageKind::Text,
            "Choose",
        ),
        (message!(buttons_message: ButtonsMessage::default()), MessageKind::Unknown, ""),
        (
            message!(list_message: ListMessage { title: s("Menu"), ..Default::default() }),
            MessageKind::Text,
            "Menu",
        ),
        (message!(template_message: TemplateMessage::default()), MessageKind::Unknown, ""),
        (
            message!(template_button_reply_message: TemplateButtonReplyMessage { selected_display_text: s("Yes"), ..Default::default() }),
            MessageKind::Text,
            "Yes",
        ),
        (
            message!(list_response_message: ListResponseMessage { title: s("Two"), ..Default::default() }),
            MessageKind::Text,
            "Two",
        ),
        (
            message!(buttons_response_message: ButtonsResponseMessage {
                response: Some(buttons_response_message::Response::SelectedDisplayText("No".to_owned())),
                ..Default::default()
            }),
            MessageKind::Text,
            "No",
        ),
        (
            message!(group_invite_message: GroupInviteMessage { group_name: s("Team"), ..Default::default() }),
            MessageKind::Unknown,
            "Team",
        ),
        (
            message!(event_message: EventMessage { name: s("Lunch"), ..Default::default() }),
            MessageKind::Unknown,
            "Lunch",
        ),
        (message!(call_log_messsage: CallLogMessage::default()), MessageKind::System, ""),
        (
            message!(comment_message: CommentMessage { message: some(text("yes")), ..Default::default() }),
            MessageKind::Text,
            "yes",
        ),
        (message!(product_message: ProductMessage::default()), MessageKind::Unknown, ""),
        (message!(placeholder_message: PlaceholderMessage::default()), MessageKind::Unknown, ""),
    ];
    for (message, kind, said) in cases {
        let content = content(&message).unwrap();
        assert_eq!((content.kind, content.text.as_str()), (kind, said));
        let raw = codec::message_decode(&content.raw.unwrap()).unwrap();
        assert_eq!(codec::message_to_vec(&raw), codec::message_to_vec(&message));
    }
}

#[test]
fn what_only_does_something_is_nothing_for_a_thread() {
    use message::protocol_message::Type;
    let protocol =
        |r#type| message!(protocol_message: ProtocolMessage { r#type: Some(r#type), ..Default::default() });
    let edit = message!(protocol_message: ProtocolMessage {
        r#type: Some(Type::MESSAGE_EDIT),
        edited_message: some(text("new")),
        ..Default::default()
    });
    let controls = [
        protocol(Type::REVOKE),
        protocol(Type::EPHEMERAL_SETTING),
        protocol(Type::APP_STATE_SYNC_KEY_SHARE),
        protocol(Type::HISTORY_SYNC_NOTIFICATION),
        Message { edited_message: wrapper(edit.clone()), ..Message::default() },
        edit,
        message!(reaction_message: ReactionMessage { text: s("👍"), ..Default::default() }),
        message!(enc_reaction_message: EncReactionMessage::default()),
        message!(poll_update_message: PollUpdateMessage::default()),
        message!(keep_in_chat_message: KeepInChatMessage::default()),
        message!(pin_in_chat_message: PinInChatMessage::default()),
        message!(secret_encrypted_message: SecretEncryptedMessage::default()),
        message!(sender_key_distribution_message: SenderKeyDistributionMessage::default()),
        message!(album_message: AlbumMessage::default()),
        message!(call: Call::default()),
    ];
    for message in controls {
        assert_eq!(of(message), None);
    }
}

#[test]
fn what_came_after_this_version_is_unknown_and_never_dropped() {
    // Nothing that we know is set: as a kind of the future comes.
    assert_eq!(of(Message::default()), Some((MessageKind::Unknown, String::new())));
    let context =
        Message { message_context_info: some(wa::MessageContextInfo::default()), ..Message::default() };
    assert_eq!(of(context), Some((MessageKind::Unknown, String::new())));
    // A field that no version has, with bytes in it.
    let future = codec::message_decode(&[0xba, 0x7d, 0x02, 0x08, 0x01]).unwrap();
    assert_eq!(of(future), Some((MessageKind::Unknown, String::new())));
}

#[test]
fn content_with_keys_beside_it_is_content() {
    let mut message = text("hello");
    message.sender_key_distribution_message = some(SenderKeyDistributionMessage::default());
    message.message_context_info = some(wa::MessageContextInfo::default());
    assert_eq!(of(message), Some((MessageKind::Text, "hello".to_owned())));
}

#[test]
fn nothing_that_a_database_cannot_hold_gets_through() {
    assert_eq!(of(text("a\0b")), Some((MessageKind::Text, "a\u{fffd}b".to_owned())));
    let image = message!(image_message: ImageMessage { caption: s("\0"), ..Default::default() });
    assert_eq!(of(image), Some((MessageKind::Image, "\u{fffd}".to_owned())));
    assert_eq!(clean("plain ✓".to_owned()), "plain ✓");
}

proptest! {
    /// Whatever bytes come as a message: if they can be read at all, they become something or nothing.
    #[test]
    fn nonsense_does_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(message) = codec::message_decode(&bytes)
            && let Some(content) = content(&message)
        {
            prop_assert!(!content.text.contains('\0'));
        }
    }
}
