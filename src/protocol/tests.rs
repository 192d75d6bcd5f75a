//! What is written can be read again, and what is not ours is refused with the name of the field.

use super::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap()
}

fn device() -> Device {
    Device {
        id: id("dev_1"),
        workspace_id: id("ws_1"),
        name: "La Bodega".into(),
        status: DeviceStatus::Disconnected,
        cause: Some(Cause {
            code: CauseCode::ConnectionLost,
            text: "The line was cut.".into(),
            next: NextAction::Wait,
            retry_at: Some(9),
        }),
        phone_number: Some("34600111222".into()),
        display_name: None,
        created_at: 1,
        connected_at: None,
    }
}

fn message() -> Message {
    Message {
        id: id("msg_1"),
        device_id: id("dev_1"),
        chat_id: id("chat_1"),
        from: "34600111222".into(),
        to: "34600333444".into(),
        from_me: true,
        sender_name: None,
        kind: MessageKind::Text,
        text: "\"quoted\" \\ \u{1F377}\n".into(),
        timestamp: 7,
        status: MessageStatus::Failed,
        failure: Some(Box::new(Failure { code: FailureCode::Refused, text: "No.".into() })),
        delay: None,
        command_id: Some(id("cmd_1")),
        whatsapp_id: "3EB0".into(),
        details: Extras::default(),
    }
}

fn chat() -> Chat {
    Chat {
        id: id("chat_1"),
        device_id: id("dev_1"),
        jid: "34600333444@s.whatsapp.net".into(),
        lid: None,
        kind: ChatKind::Direct,
        name: "Marta".into(),
        phone_number: None,
        picture: None,
        unread: 3,
        last_message: None,
        last_activity: 7,
        archived: true,
        pinned: true,
        pinned_at: Some(5),
        muted_until: Some(MUTED_ALWAYS),
        marked_unread: true,
        expires_in: Some(86_400),
        labels: Vec::new(),
        draft: None,
    }
}

fn contact() -> Contact {
    Contact {
        device_id: id("dev_1"),
        jid: "34600333444@s.whatsapp.net".into(),
        lid: Some("5@lid".into()),
        phone_number: None,
        name: "Marta".into(),
        push_name: Some("M.".into()),
        picture: None,
        about: Some("Busy".into()),
        blocked: true,
    }
}

fn group() -> GroupInfo {
    GroupInfo {
        chat_id: id("chat_1"),
        device_id: id("dev_1"),
        jid: "120363@g.us".into(),
        subject: "Family".into(),
        description: Some("Sundays".into()),
        owner: Some("34600333444".into()),
        created_at: Some(5),
        settings: GroupSettings {
            announce: true,
            approval: true,
            expires_in: Some(86_400),
            ..GroupSettings::default()
        },
        members: vec![GroupMember {
            jid: "34600333444@s.whatsapp.net".into(),
            phone_number: Some("34600333444".into()),
            name: "Marta".into(),
            picture: Some("/api/v1/pictures/1".into()),
            role: GroupRole::Owner,
        }],
        left: true,
        as_of: 5,
    }
}

fn qr() -> Qr {
    Qr { qr: "2@abc,def".into(), expires_at: 60, issued_at: 0, attempt: 1 }
}

fn pairing_code() -> PairingCode {
    PairingCode { code: "ABCD1234".into(), phone_number: "34600111222".into(), expires_at: 60 }
}

fn kinds() -> Vec<EventKind> {
    vec![
        EventKind::DeviceCreated { device: device() },
        EventKind::DeviceUpdated { device: device(), previous_status: DeviceStatus::Connected },
        EventKind::DeviceDeleted { id: id("dev_1") },
        EventKind::DeviceQr { qr: qr() },
        EventKind::DevicePairingCode { pairing_code: pairing_code() },
        EventKind::MessageNew { message: message(), chat: chat() },
        EventKind::MessageStatus {
            chat_id: id("chat_1"),
            message_id: id("msg_1"),
            status: MessageStatus::Read,
            failure: None,
            delay: None,
        },
        EventKind::MessageReceipt {
            chat_id: id("chat_1"),
            message_id: id("msg_1"),
            person: "34600333444".into(),
            status: ReceiptStatus::Played,
            at: 7,
        },
        EventKind::MessageUpdated {
            message: Message { details: details().into(), ..message() },
            chat: chat(),
            change: MessageChange::Reaction,
        },
        EventKind::MessageDeleted { message_id: id("msg_1"), chat: chat() },
        EventKind::ChatUpdated { chat: chat() },
        EventKind::ChatDeleted { chat_id: id("chat_1") },
        EventKind::DraftUpdated {
            chat_id: id("chat_1"),
            owner: "user:usr_1".into(),
            draft: Some(ChatDraft { text: "Dear".into(), at: 4 }),
        },
        EventKind::LabelUpdated { label: Label { id: "3".into(), name: "Paid".into(), color: 4 } },
        EventKind::LabelDeleted { id: "3".into() },
        EventKind::ChatMerged { from: id("chat_2"), chat: chat() },
        EventKind::GroupUpdated { group: group() },
        EventKind::GroupRequest {
            chat_id: id("chat_1"),
            request: GroupRequest {
                jid: "34600333444@s.whatsapp.net".into(),
                phone_number: Some("34600333444".into()),
                name: "Marta".into(),
                at: Some(3),
            },
            pending: true,
        },
        EventKind::ContactUpdated { contact: contact() },
        EventKind::ContactMerged { from: "5@lid".into(), contact: contact() },
        EventKind::history(2, 40),
        EventKind::HistorySynced {
            chats: 1,
            messages: 50,
            left_out: 3,
            kind: Some(HistoryKind::OnDemand),
            progress: Some(100),
            chat_id: Some(id("cht_1")),
            finished: true,
        },
    ]
}

fn event(kind: EventKind) -> Event {
    Event { cursor: id("abc-5"), id: id("evt_1"), at: 5, device_id: Some(id("dev_1")), kind }
}

fn live(kind: LiveKind) -> LiveEvent {
    LiveEvent { at: 5, device_id: id("dev_1"), kind }
}

fn commands() -> Vec<Command> {
    let device_id = || id::<DeviceId>("dev_1");
    vec![
        Command::CreateDevice { name: "A".into() },
        Command::RenameDevice { device_id: device_id(), name: "B".into() },
        Command::ConnectDevice { device_id: device_id() },
        Command::DisconnectDevice { device_id: device_id() },
        Command::RestartDevice { device_id: device_id() },
        Command::LogOutDevice { device_id: device_id() },
        Command::DeleteDevice { device_id: device_id() },
        Command::RequestPairingCode { device_id: device_id(), phone_number: "34600111222".into() },
        Command::SendText { chat_id: id("chat_1"), text: "Hi".into() },
        Command::SendMessage { chat_id: id("chat_1"), message: Box::new(new_message()) },
        Command::OpenChat { device_id: device_id(), to: "34600333444".into() },
        Command::RetryMessage { message_id: id("msg_1") },
        Command::StarMessage { message_id: id("msg_1"), starred: true },
        Command::DeleteMessage { message_id: id("msg_1") },
        Command::MarkRead { chat_id: id("chat_1"), message_id: id("msg_1") },
        Command::MarkPlayed { message_id: id("msg_1") },
        Command::FollowPresence { chat_id: id("chat_1"), seconds: Some(600) },
        Command::SetPresence { device_id: device_id(), available: false },
        Command::ChangeChat { chat_id: id("chat_1"), change: ChatChange::Pin { pinned: true } },
        Command::SetDraft { chat_id: id("chat_1"), text: "Dear".into() },
        Command::Typing { chat_id: id("chat_1"), state: TypingState::Recording },
    ]
}

fn new_message() -> NewMessage {
    NewMessage {
        kind: Some("poll".into()),
        text: Some("Hi @34600333444".into()),
        quoted: Some(id("msg_1")),
        mentions: vec!["34600333444".into()],
        link_preview: details().link_preview,
        media: Some(NewMedia {
            id: "med_1".into(),
            kind: Some(MediaKind::Audio),
            caption: Some("c".into()),
            file_name: Some("a.ogg".into()),
            waveform: vec![0, 100],
            voice: true,
            gif: false,
            document: true,
            sticker: false,
        }),
        location: details().location,
        contact: details().contacts.pop(),
        contacts: details().contacts,
        poll: Some(NewPoll { name: "Tea?".into(), options: vec!["Yes".into(), "No".into()], selectable: 1 }),
        reaction: Some(NewReaction { message_id: id("msg_1"), emoji: "👍".into() }),
        edit: Some(NewEdit { message_id: id("msg_1"), text: "Better".into() }),
        revoke: Some(NewRevoke { message_id: id("msg_1") }),
        vote: Some(NewVote { message_id: id("msg_1"), options: vec!["Yes".into()] }),
        pin: Some(NewPin { message_id: id("msg_1"), seconds: 86_400 }),
        forward: Some(NewForward { message_id: id("msg_1") }),
    }
}

/// Everything that a message can carry, at once.
fn details() -> Details {
    let degrees = |value| Degrees::within(value, 180.0).unwrap();
    Details {
        quoted: Some(Quoted {
            message_id: Some(id("msg_0")),
            whatsapp_id: "3EB1".into(),
            from: "34600333444".into(),
            from_me: false,
            kind: MessageKind::Image,
            text: "Look".into(),
        }),
        reactions: vec![Reaction { from: "34600333444".into(), from_me: false, emoji: "👍".into(), at: 7 }],
        mentions: vec!["34600333444".into()],
        media: Some(Media {
            id: Some("med_1".into()),
            content_type: "audio/ogg".into(),
            size: 5,
            sha256: Some("ab".into()),
            file_name: Some("a.ogg".into()),
            width: Some(1),
            height: Some(2),
            seconds: Some(3),
            waveform: vec![0, 100],
            voice: true,
            gif: true,
            animated: true,
            state: Some(MediaState::Expired),
            cause: Some("It is gone.".into()),
            preview: true,
        }),
        location: Some(Location {
            latitude: degrees(40.5),
            longitude: degrees(-3.25),
            name: Some("Here".into()),
            address: None,
            live: true,
        }),
        contacts: vec![ContactCard {
            name: "Marta".into(),
            phone_numbers: vec!["34600333444".into()],
            vcard: "BEGIN:VCARD".into(),
        }],
        poll: Some(Poll {
            options: vec![PollOption { text: "Yes".into(), voters: vec!["34600333444".into()] }],
            selectable: 1,
        }),
        link_preview: Some(LinkPreview {
            url: "https://example.com/".into(),
            title: Some("Example".into()),
            description: None,
        }),
        forwards: 2,
        edited_at: Some(8),
        revoked_at: Some(9),
        starred: true,
        pinned_until: Some(10),
        pinned_at: Some(7),
        played_at: Some(11),
        view_once: true,
        expires_in: Some(86_400),
        notice: Some(Notice {
            code: "missed_call".into(),
            by: Some("34600333444".into()),
            people: vec!["34600111222".into()],
            value: Some("x".into()),
        }),
    }
}

fn chat_changes() -> Vec<ChatChange> {
    vec![
        ChatChange::Archive { archived: true },
        ChatChange::Pin { pinned: false },
        ChatChange::Mute { until: Some(MUTED_ALWAYS) },
        ChatChange::Mute { until: None },
        ChatChange::MarkUnread { unread: true },
        ChatChange::Disappear { seconds: 604_800 },
        ChatChange::Clear,
        ChatChange::Delete,
    ]
}

#[test]
fn changes_of_chats_go_by_their_names() {
    round_trips(&chat_changes());
    for change in chat_changes() {
        assert_eq!(serde_json::to_value(change).unwrap()["type"], change.name());
        assert!(ChatChange::NAMES.contains(&change.name()));
    }
}

#[test]
fn a_chat_of_an_older_event_is_neither_archived_nor_pinned_nor_muted() {
    let mut old = serde_json::to_value(chat()).unwrap();
    for field in ["archived", "pinned", "pinnedAt", "mutedUntil", "markedUnread"] {
        assert!(!old.as_object_mut().unwrap().remove(field).unwrap().is_null(), "{field}");
    }
    let read = decode::<Chat>(&old.to_string()).unwrap();
    assert_eq!((read.archived, read.pinned, read.marked_unread), (false, false, false));
    assert_eq!((read.pinned_at, read.muted_until), (None, None));
}

#[test]
fn an_older_answer_says_nothing_of_what_its_user_may_do() {
    let mut me = serde_json::json!({
        "userId": "usr_1", "name": "Ana", "email": "a@b.c", "permission": "read",
        "workspaceId": "ws_1", "workspaceName": "Work",
    });
    assert_eq!(decode::<Me>(&me.to_string()).unwrap().permission, Permission::Read);
    me.as_object_mut().unwrap().remove("permission");
    assert_eq!(decode::<Me>(&me.to_string()).unwrap().permission, Permission::Admin);
}

fn server_frames() -> Vec<ServerFrame> {
    let result = |outcome| ServerFrame::Result { id: id("cmd_1"), outcome };
    let hello = |user_id| {
        let epoch = "abc".to_owned().try_into().unwrap();
        ServerFrame::Hello { recovered: true, epoch, top: 9, user_id }
    };
    let mut frames = vec![
        hello(Some(id("usr_1"))),
        hello(None),
        ServerFrame::Resync { reason: ResyncReason::Floor, cursor: id("abc-5") },
        ServerFrame::Live {
            event: live(LiveKind::Typing {
                chat_id: id("chat_1"),
                sender_name: Some("Marta".into()),
                from: "34600333444".into(),
                state: TypingState::Composing,
            }),
        },
        ServerFrame::Live {
            event: live(LiveKind::Presence { chat_id: id("chat_1"), online: false, last_seen: Some(3) }),
        },
        ServerFrame::Cursor { cursor: id("abc-5") },
        result(Outcome::Ok(Box::new(CommandResult::Done))),
        result(Outcome::Ok(Box::new(CommandResult::Device(device())))),
        result(Outcome::Ok(Box::new(CommandResult::Message(message())))),
        result(Outcome::Ok(Box::new(CommandResult::Chat(chat())))),
        result(Outcome::Ok(Box::new(CommandResult::Presence(ChatPresence {
            chat_id: id("chat_1"),
            online: Some(true),
            last_seen: Some(4),
            heard_at: Some(5),
            follow_until: 6,
        })))),
        result(Outcome::Ok(Box::new(CommandResult::PairingCode(pairing_code())))),
        result(Outcome::Error(Problem::new(ProblemCode::NotFound, "Gone."))),
        ServerFrame::Error { problem: Problem::new(ProblemCode::Malformed, "What?") },
        ServerFrame::Pong,
    ];
    frames.extend(kinds().into_iter().map(|kind| ServerFrame::Event { event: event(kind) }));
    frames
}

fn round_trips<T: Serialize + DeserializeOwned + PartialEq + Debug>(values: &[T]) {
    for value in values {
        let text = serde_json::to_string(value).unwrap();
        assert_eq!(&decode::<T>(&text).unwrap(), value, "{text}");
        assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    }
}

#[test]
fn whatever_is_written_can_be_read() {
    round_trips(&kinds());
    round_trips(&server_frames());
    round_trips(&commands());
    let mut frames: Vec<ClientFrame> =
        commands().into_iter().map(|command| ClientFrame::Command { id: id("cmd_1"), command }).collect();
    frames.extend([
        ClientFrame::Ping,
        ClientFrame::Hello { since: None },
        ClientFrame::Hello { since: Some(id("abc-5")) },
    ]);
    round_trips(&frames);
}

/// Keeps the samples above complete: a kind that is added without a sample fails here or does not compile.
#[test]
fn every_kind_has_a_sample() {
    let mut names: Vec<_> = kinds().iter().map(EventKind::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 21);
    for kind in kinds() {
        match kind {
            EventKind::DeviceCreated { .. }
            | EventKind::DeviceUpdated { .. }
            | EventKind::DeviceDeleted { .. }
            | EventKind::DeviceQr { .. }
            | EventKind::DevicePairingCode { .. }
            | EventKind::MessageNew { .. }
            | EventKind::MessageStatus { .. }
            | EventKind::MessageReceipt { .. }
            | EventKind::MessageUpdated { .. }
            | EventKind::MessageDeleted { .. }
            | EventKind::ChatUpdated { .. }
            | EventKind::ChatDeleted { .. }
            | EventKind::DraftUpdated { .. }
            | EventKind::LabelUpdated { .. }
            | EventKind::LabelDeleted { .. }
            | EventKind::ChatMerged { .. }
            | EventKind::GroupUpdated { .. }
            | EventKind::GroupRequest { .. }
            | EventKind::ContactMerged { .. }
            | EventKind::ContactUpdated { .. }
            | EventKind::HistorySynced { .. } => {}
        }
    }
}

#[test]
fn an_event_stands_on_the_wire_as_documented() {
    let event = event(EventKind::history(2, 40));
    let expected = serde_json::json!({
        "cursor": "abc-5", "id": "evt_1", "at": 5, "deviceId": "dev_1",
        "type": "history.synced", "data": {"chats": 2, "messages": 40},
    });
    assert_eq!(serde_json::to_value(event).unwrap(), expected);
}

#[test]
fn what_is_wrong_is_named() {
    let refused = |text: &str| decode::<ClientFrame>(text).unwrap_err().to_string();
    assert_eq!(refused(r#"{"type": "dance"}"#), r#""dance" is not known"#);
    assert!(refused("{}").starts_with("type: "), "{}", refused("{}"));
    assert!(refused("[]").contains("expected a map"));
    assert!(refused(r#"{"type": "command", "id": "c"}"#).starts_with("command: "));
    let wrong =
        r#"{"type": "command", "id": "c", "command": {"type": "send_text", "chatId": "a b", "text": ""}}"#;
    assert_eq!(refused(wrong), "command: chatId: an id has only letters, digits, '_' and '-'");
    assert!(refused(r#"{"type": "command", "id": 5, "command": {}}"#).starts_with("id: "));
    assert!(
        decode::<Event>(r#"{"cursor": "x-1", "id": "e", "at": 1, "type": "device.qr", "data": 5}"#).is_err()
    );
}

#[test]
fn depth_has_a_limit() {
    let deep = format!("{{\"type\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(decode::<ClientFrame>(&deep).unwrap_err().to_string().contains("recursion limit"));
}

#[test]
fn of_an_event_that_is_not_known_its_place_in_the_log_counts() {
    let unknown =
        r#"{"type":"event","event":{"cursor":"abc-7","id":"evt_1","at":1,"type":"from.the.future"}}"#;
    assert_eq!(ServerFrame::read(unknown), Some(ServerFrame::Cursor { cursor: "abc-7".parse().unwrap() }));
    assert_eq!(ServerFrame::read(r#"{"type":"pong"}"#), Some(ServerFrame::Pong));
    for nothing in ["", "{", "[]", r#"{"type":"dance"}"#, r#"{"type":"live","event":{"type":"dance"}}"#] {
        assert_eq!(ServerFrame::read(nothing), None, "{nothing}");
    }
}
