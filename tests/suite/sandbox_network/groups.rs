//! Groups: made by devices and phones, with messages of all of them.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, ana_and_ben, held, holds, until};
use switchboard::protocol::{MessageStatus, TypingState};
use whatsapp_rust::prelude::*;
use whatsapp_rust::{GroupCreateOptions, GroupParticipantOptions, Jid};

const CLEO: &str = "34611000003";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_made_by_a_device_carries_messages_of_phones_and_devices() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    sandbox.add_phone("Cleo", Some(CLEO)).await.unwrap();
    let mut ana = Device::linked(&sandbox, "dev_a", ANA).await;
    let mut ben = Device::linked(&sandbox, "dev_b", BEN).await;
    let participants = [BEN, CLEO].map(|number| GroupParticipantOptions::new(Jid::pn(number)));
    let options = GroupCreateOptions::new("Team").with_participants(participants.to_vec());
    let made = ana.client.groups().create_group(options).await.unwrap();
    let group = made.metadata.id.clone();
    ben.wait("the group", |event| matches!(event, Event::GroupUpdate(_)).then_some(())).await;
    let jid = group.to_string();
    let known = sandbox.groups().await.unwrap().into_iter().find(|group| group.jid == jid).unwrap();
    assert_eq!((known.subject.as_str(), known.members.len()), ("Team", 3));

    let from_device = ana.client.send_text(&group, "from a device").await.unwrap().message_id;
    assert_eq!(ben.text("from a device").await, from_device);
    for number in [ANA, BEN, CLEO] {
        let held = holds(&sandbox, number, "from a device").await;
        assert_eq!((held.to.as_str(), held.from.as_str(), held.from_me), (jid.as_str(), ANA, number == ANA));
    }
    let from_phone = sandbox.send_text(CLEO, &jid, "from a phone").await.unwrap();
    assert_eq!(ana.text("from a phone").await, from_phone.id);
    assert_eq!(ben.text("from a phone").await, from_phone.id);
    assert_eq!(held(&sandbox, CLEO, "from a phone").await.len(), 1);
    // Again, over the keys that are known by now; and the other way.
    let again = ana.client.send_text(&group, "again").await.unwrap().message_id;
    assert_eq!(ben.text("again").await, again);
    let back = ben.client.send_text(&group, "and back").await.unwrap().message_id;
    assert_eq!(ana.text("and back").await, back);
    holds(&sandbox, CLEO, "and back").await;
    // Delivered to all, read by all.
    let status = async |wanted: MessageStatus| {
        until(&format!("it is {wanted:?}"), || async {
            let message = held(&sandbox, CLEO, "from a phone").await.pop().unwrap();
            (message.status == wanted).then_some(())
        })
        .await;
    };
    status(MessageStatus::Delivered).await;
    let cleo = Jid::pn(CLEO);
    ana.client.mark_as_read(&group, Some(&cleo), &[from_phone.id.as_str()]).await.unwrap();
    sandbox.read(BEN, &jid).await.unwrap();
    status(MessageStatus::Read).await;
    // Typing in it.
    sandbox.typing(CLEO, &jid, TypingState::Composing).await.unwrap();
    ana.wait("typing", |event| matches!(event, Event::ChatPresence(_)).then_some(())).await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_made_by_a_phone_is_found_renamed_and_left() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let group = sandbox.create_group(ANA, "Before", &[BEN.to_owned()]).await.unwrap();
    let device = Device::linked(&sandbox, "dev_a", ANA).await;
    let mut ben = Device::linked(&sandbox, "dev_b", BEN).await;
    let found = device.client.groups().get_participating().await.unwrap();
    let jid: Jid = group.jid.parse().unwrap();
    assert!(found.values().any(|found| found.id == jid && found.subject == "Before"));
    let subject = whatsapp_rust::GroupSubject::new("After").unwrap();
    device.client.groups().set_subject(&jid, subject).await.unwrap();
    ben.wait("the new subject", |event| matches!(event, Event::GroupUpdate(_)).then_some(())).await;
    assert_eq!(sandbox.groups().await.unwrap().pop().unwrap().subject, "After");
    sandbox.add_phone("Cleo", Some(CLEO)).await.unwrap();
    device.client.groups().add_participants(&jid, &[Jid::pn(CLEO)]).await.unwrap();
    sandbox.send_text(CLEO, &group.jid, "hi all").await.unwrap();
    ben.text("hi all").await;
    ben.client.groups().leave(&jid).await.unwrap();
    let left = sandbox.groups().await.unwrap().pop().unwrap();
    assert_eq!(left.members, [ANA, CLEO]);
    assert!(sandbox.send_text(BEN, &group.jid, "gone").await.is_err());
    sandbox.close().await;
}
