//! Who is in a group, in one line, and how events keep it true.

use super::{chat, chat_id, cursor, device_id, event, snapshot};
use crate::model::members::{Members, member_names};
use crate::model::{DetailInput, Input, Model};
use crate::protocol::{
    Chat, ChatKind, Contact, EventKind, GroupInfo, GroupMember, GroupRole, GroupSettings, Snapshot,
};

fn member(number: &str, name: &str) -> GroupMember {
    GroupMember {
        jid: format!("{number}@s.whatsapp.net"),
        phone_number: Some(number.into()),
        name: name.into(),
        picture: None,
        role: GroupRole::Member,
    }
}

fn group(as_of: i64, members: &[GroupMember]) -> GroupInfo {
    GroupInfo {
        chat_id: chat_id(1),
        device_id: device_id(1),
        jid: "1@g.us".into(),
        subject: "Team".into(),
        description: None,
        owner: None,
        created_at: None,
        settings: GroupSettings::default(),
        members: members.to_vec(),
        left: false,
        as_of,
    }
}

fn contact(number: &str, name: &str) -> Contact {
    Contact {
        device_id: device_id(1),
        jid: format!("{number}@s.whatsapp.net"),
        lid: None,
        phone_number: Some(number.into()),
        name: name.into(),
        push_name: None,
        picture: None,
        about: None,
        blocked: false,
    }
}

fn state() -> Snapshot {
    snapshot(vec![Chat { kind: ChatKind::Group, ..chat(1, 0, None) }, chat(2, 0, None)], None)
}

/// A client that looks at the group.
fn looking() -> Model {
    let mut model = Model::new(state());
    model.open(&chat_id(1)).unwrap();
    model
}

fn answers(model: &mut Model, group: GroupInfo) -> bool {
    let changes = model.apply(Input::Detail(Box::new(DetailInput::Members(group))));
    changes.chats.contains(&model.chat_key(&chat_id(1)).unwrap())
}

fn known(model: &Model) -> Option<&Members> {
    model.chat(model.chat_key(&chat_id(1)).unwrap()).unwrap().members.as_deref()
}

fn names(model: &Model) -> Vec<&str> {
    known(model).map(|members| members.all.iter().map(|one| one.name.as_str()).collect()).unwrap_or_default()
}

#[test]
fn names_stand_in_their_order_before_numbers_and_oneself_last() {
    let mut hidden = member("346", "100000012345678");
    hidden.jid = "100000012345678@lid".into();
    hidden.phone_number = None;
    let all = [
        member("5215512345678", "5215512345678"),
        member("34600000001", "Front desk"),
        member("34600000002", "luis"),
        hidden,
        member("34600000003", "Ana"),
    ];
    let order = |one: &str, other: &str| one.to_lowercase().cmp(&other.to_lowercase());
    let line = |own| member_names(&all, own, "You", order).join(", ");
    assert_eq!(line(Some("34600000001")), "Ana, luis, +52 155 123 45678, 100000012345678, You");
    assert_eq!(line(None), "Ana, Front desk, luis, +52 155 123 45678, 100000012345678");
    assert_eq!(line(Some("34699999999")), line(None), "who left is not in it");
    assert!(member_names(&[], Some("34600000001"), "You", order).is_empty());
}

#[test]
fn members_are_kept_true_by_events() {
    let mut model = looking();
    assert!(known(&model).is_none());
    let (ana, luis) = (member("1", "Ana"), member("2", "2"));
    assert!(answers(&mut model, group(10, std::slice::from_ref(&ana))));
    assert_eq!(names(&model), ["Ana"]);
    // Somebody joins, and gets a name.
    let joined = EventKind::GroupUpdated { group: group(20, &[ana.clone(), luis]) };
    assert_eq!(model.apply(event(101, joined)).chats.len(), 1);
    assert_eq!(names(&model), ["Ana", "2"]);
    let named = EventKind::ContactUpdated { contact: contact("2", "Luis") };
    assert_eq!(model.apply(event(102, named.clone())).chats.len(), 1);
    assert_eq!(names(&model), ["Ana", "Luis"]);
    assert!(model.apply(event(103, named)).chats.is_empty(), "that was known");
    let seen = Contact { picture: Some("/api/v1/pictures/1".into()), ..contact("2", "Luis") };
    assert_eq!(model.apply(event(104, EventKind::ContactUpdated { contact: seen.clone() })).chats.len(), 1);
    assert_eq!(known(&model).unwrap().all[1].picture, seen.picture);
    // What was asked before they joined is answered after it.
    answers(&mut model, group(15, std::slice::from_ref(&ana)));
    assert_eq!(names(&model), ["Ana", "Luis"]);
    // Whoever came under a JID is somebody who is known.
    let merged = EventKind::ContactMerged { from: ana.jid, contact: contact("3", "Ana María") };
    assert_eq!(model.apply(event(105, merged)).chats.len(), 1);
    assert_eq!(names(&model), ["Ana María", "Luis"]);
    let elsewhere = Contact { device_id: device_id(2), ..contact("2", "Another Luis") };
    assert!(model.apply(event(106, EventKind::ContactUpdated { contact: elsewhere })).chats.is_empty());
}

#[test]
fn missed_events_make_members_old_until_they_are_answered_again() {
    let mut model = looking();
    answers(&mut model, group(10, &[member("1", "Ana")]));
    assert!(!known(&model).unwrap().old);
    model.apply(Input::Snapshot(Box::new(Snapshot { cursor: cursor(200), ..state() })));
    assert!(known(&model).unwrap().old);
    assert_eq!(names(&model), ["Ana"], "they stand there meanwhile");
    assert!(answers(&mut model, group(30, &[member("2", "Luis")])));
    assert_eq!((names(&model), known(&model).unwrap().old), (vec!["Luis"], false));
}

#[test]
fn nothing_is_kept_of_groups_that_nobody_looks_at() {
    let mut model = Model::new(state());
    let told = || EventKind::GroupUpdated { group: group(10, &[member("1", "Ana")]) };
    assert!(model.apply(event(101, told())).chats.is_empty());
    assert!(!answers(&mut model, group(10, &[member("1", "Ana")])));
    assert!(known(&model).is_none());
    // Where somebody does, an event tells as much as an answer.
    model.open(&chat_id(1));
    model.apply(event(102, told()));
    assert_eq!(names(&model), ["Ana"]);
    model.open(&chat_id(2));
    model.apply(event(103, EventKind::GroupUpdated { group: group(20, &[member("2", "Luis")]) }));
    assert_eq!(names(&model), ["Luis"], "and once somebody did");
}
