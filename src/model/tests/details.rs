//! What stands beside a thread is kept true by events.

use super::{chat, chat_id, cursor, device_id, event, message_id, reading, snapshot};
use crate::model::{DetailInput, Input, Model, Rights, Watched};
use crate::protocol::{
    Chat, ChatKind, Contact, EventKind, GroupInfo, GroupMember, GroupRequest, GroupRole, GroupSettings,
    Label, ReceiptStatus,
};

fn tell(model: &mut Model, input: DetailInput) -> bool {
    model.apply(Input::Detail(Box::new(input))).details
}

fn member(n: u32, role: GroupRole) -> GroupMember {
    let number = format!("3460000000{n}");
    GroupMember {
        jid: format!("{number}@s.whatsapp.net"),
        phone_number: Some(number),
        name: format!("P{n}"),
        picture: None,
        role,
    }
}

fn group(members: Vec<GroupMember>) -> GroupInfo {
    GroupInfo {
        chat_id: chat_id(1),
        device_id: device_id(1),
        jid: "1@g.us".into(),
        subject: "Team".into(),
        description: None,
        owner: None,
        created_at: None,
        settings: GroupSettings { locked: true, member_add: true, ..GroupSettings::default() },
        members,
        left: false,
        as_of: 0,
    }
}

fn contact(about: &str) -> Contact {
    Contact {
        device_id: device_id(1),
        jid: "34611111111@s.whatsapp.net".into(),
        lid: None,
        phone_number: Some("34611111111".into()),
        name: "Person 1".into(),
        push_name: None,
        picture: None,
        about: Some(about.into()),
        blocked: false,
    }
}

#[test]
fn a_contact_is_shown_as_events_tell_of_them() {
    let mut model = reading(0..3, false);
    assert!(tell(&mut model, DetailInput::Open(chat_id(1))));
    assert!(model.pane().unwrap().stale);
    tell(&mut model, DetailInput::Contact(contact("Busy")));
    assert!(!model.pane().unwrap().stale);
    let news = EventKind::ContactUpdated { contact: contact("Free") };
    assert!(model.apply(event(101, news)).details);
    assert_eq!(model.pane().unwrap().contact.as_ref().unwrap().about.as_deref(), Some("Free"));
    let mut other = contact("Else");
    other.jid = "34699999999@s.whatsapp.net".into();
    assert!(!model.apply(event(102, EventKind::ContactUpdated { contact: other })).details);
    tell(&mut model, DetailInput::Close);
    assert!(!model.apply(event(103, EventKind::ContactUpdated { contact: contact("Busy") })).details);
    assert!(model.pane().is_none());
}

#[test]
fn whoever_is_let_in_waits_no_longer_and_rights_follow_the_role() {
    let mut model = Model::new(snapshot(vec![Chat { kind: ChatKind::Group, ..chat(1, 0, None) }], None));
    tell(&mut model, DetailInput::Open(chat_id(1)));
    let own = Some("34600000001");
    assert_eq!(model.pane().unwrap().rights(own), Rights::default());
    tell(
        &mut model,
        DetailInput::Group(group(vec![member(1, GroupRole::Member), member(2, GroupRole::Owner)])),
    );
    assert_eq!(model.pane().unwrap().rights(own), Rights { admin: false, edit: false, add: true });
    let request = GroupRequest {
        jid: member(3, GroupRole::Member).jid,
        phone_number: None,
        name: "P3".into(),
        at: None,
    };
    let asks = EventKind::GroupRequest { chat_id: chat_id(1), request, pending: true };
    assert!(model.apply(event(101, asks)).details);
    assert_eq!(model.pane().unwrap().requests.len(), 1);
    let members =
        vec![member(1, GroupRole::Admin), member(2, GroupRole::Owner), member(3, GroupRole::Member)];
    model.apply(event(102, EventKind::GroupUpdated { group: group(members.clone()) }));
    assert!(model.pane().unwrap().requests.is_empty());
    assert_eq!(model.pane().unwrap().rights(own), Rights { admin: true, edit: true, add: true });
    let left = GroupInfo { left: true, ..group(members) };
    model.apply(event(103, EventKind::GroupUpdated { group: left }));
    assert_eq!(model.pane().unwrap().rights(own), Rights::default());
}

#[test]
fn members_beside_a_thread_are_who_events_say() {
    let mut model = Model::new(snapshot(vec![Chat { kind: ChatKind::Group, ..chat(1, 0, None) }], None));
    tell(&mut model, DetailInput::Open(chat_id(1)));
    let two = vec![member(1, GroupRole::Member), member(2, GroupRole::Owner)];
    tell(&mut model, DetailInput::Group(group(two.clone())));
    let seen = Contact {
        jid: two[1].jid.clone(),
        name: "Luis".into(),
        picture: Some("/api/v1/pictures/luis".into()),
        ..contact("Free")
    };
    assert!(model.apply(event(101, EventKind::ContactUpdated { contact: seen.clone() })).details);
    let shown = |model: &Model| model.pane().unwrap().group.clone().unwrap().members;
    assert_eq!(shown(&model)[0], two[0]);
    assert_eq!((&shown(&model)[1].name, &shown(&model)[1].picture), (&seen.name, &seen.picture));
    assert_eq!(shown(&model)[1].role, GroupRole::Owner);
    assert!(!model.apply(event(102, EventKind::ContactUpdated { contact: seen.clone() })).details, "no news");
    let elsewhere = Contact { device_id: device_id(2), name: "Else".into(), ..seen };
    assert!(!model.apply(event(103, EventKind::ContactUpdated { contact: elsewhere })).details);
}

#[test]
fn labels_come_and_go() {
    let mut model = reading(0..3, false);
    let label = |name: &str| Label { id: "7".into(), name: name.into(), color: 1 };
    // Those that were never asked for are not known by halves.
    assert!(!model.apply(event(101, EventKind::LabelUpdated { label: label("New") })).labels);
    let known = Input::Labels { device_id: device_id(1), labels: Vec::new() };
    assert!(model.apply(known).labels);
    assert!(model.apply(event(102, EventKind::LabelUpdated { label: label("New") })).labels);
    model.apply(event(103, EventKind::LabelUpdated { label: label("Paid") }));
    assert_eq!(model.labels(), [(device_id(1), label("Paid"))]);
    model.apply(event(104, EventKind::LabelDeleted { id: "7".into() }));
    assert!(model.labels().is_empty());
}

#[test]
fn receipts_are_taken_in_while_somebody_looks_and_the_first_time_counts() {
    let mut model = reading(0..3, false);
    let receipt = |id: u32, status, at| EventKind::MessageReceipt {
        chat_id: chat_id(1),
        message_id: message_id(id),
        person: "34611111111".into(),
        status,
        at,
    };
    assert!(!model.apply(event(101, receipt(0, ReceiptStatus::Delivered, 5))).details);
    tell(&mut model, DetailInput::Watch(Watched { message_id: message_id(0), people: Vec::new() }));
    assert!(model.apply(event(102, receipt(0, ReceiptStatus::Delivered, 6))).details);
    assert!(!model.apply(event(103, receipt(0, ReceiptStatus::Delivered, 9))).details);
    assert!(!model.apply(event(104, receipt(1, ReceiptStatus::Read, 9))).details);
    assert!(model.apply(event(105, receipt(0, ReceiptStatus::Read, 8))).details);
    let people = &model.watched().unwrap().people;
    assert_eq!((people.len(), people[0].delivered_at, people[0].read_at), (1, Some(6), Some(8)));
}

#[test]
fn what_may_have_missed_something_is_asked_for_again() {
    let mut model = reading(0..3, false);
    tell(&mut model, DetailInput::Open(chat_id(1)));
    tell(&mut model, DetailInput::Contact(contact("Busy")));
    let mut again = snapshot(vec![chat(1, 0, None)], None);
    again.cursor = cursor(200);
    model.apply(Input::Snapshot(Box::new(again)));
    assert!(model.pane().unwrap().stale);
}

#[test]
fn what_did_not_come_is_said_until_it_is_asked_for_again() {
    let mut model = reading(0..3, false);
    tell(&mut model, DetailInput::Open(chat_id(1)));
    tell(&mut model, DetailInput::Failed(chat_id(2)));
    assert!(!model.pane().unwrap().failed, "of a chat that was left meanwhile");
    tell(&mut model, DetailInput::Failed(chat_id(1)));
    tell(&mut model, DetailInput::Contact(contact("Busy")));
    assert!(model.pane().unwrap().failed, "one part is here and another is not");
    tell(&mut model, DetailInput::Asked);
    assert!(!model.pane().unwrap().failed);
}
