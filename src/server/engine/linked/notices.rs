//! Notices of WhatsApp itself, in our words: what happens in groups, and what the history says of the past.

use super::content::clean;
use super::jids::{self, Numbers};
use crate::server::engine::{InboundMessage, notice};
use crate::server::storage::read::address_of;
use whatsapp_rust::Jid;
use whatsapp_rust::types::events::{ContactNumberChanged, GroupUpdate};
use whatsapp_rust::wacore::stanza::groups::{GroupNotificationAction as Action, GroupParticipantInfo};
use whatsapp_rust::waproto::whatsapp::WebMessageInfo;
use whatsapp_rust::waproto::whatsapp::web_message_info::StubType as Stub;

/// What happened: its code, to whom, and what is new.
type Said = (&'static str, Vec<String>, Option<String>);

/// The notice of something that happened in a group, if a thread shows it.
pub(super) async fn of_group(numbers: &dyn Numbers, update: &GroupUpdate) -> Option<InboundMessage> {
    let group = jids::bare(&update.group_jid);
    if !jids::is_group(&group) {
        return None;
    }
    let by = match &update.participant {
        Some(who) => Some(jids::by_number(numbers, who, update.participant_pn.as_ref()).await),
        None => None,
    };
    let (code, people, value) = said(numbers, &update.action, by.as_ref()).await?;
    let (from_me, by) = (by.is_some() && by == numbers.own(), by.as_ref().map(jids::text));
    let at = update.timestamp.timestamp_millis();
    Some(notice(&jids::text(&group), by.as_deref(), from_me, at, code, people, value))
}

async fn said(numbers: &dyn Numbers, action: &Action, by: Option<&Jid>) -> Option<Said> {
    let alone = |code| Some((code, Vec::new(), None));
    match action {
        Action::Add { participants, reason } => {
            let people = named(numbers, participants).await;
            let by = by.map(|by| address_of(&jids::text(by)));
            let joined = reason.as_deref() == Some("invite") || people.first() == by.as_ref();
            Some((if joined { "member_joined" } else { "members_added" }, people, None))
        }
        Action::Remove { participants, .. } => {
            let people = named(numbers, participants).await;
            let by = by.map(|by| address_of(&jids::text(by)));
            let left = by.is_some_and(|by| people == [by]);
            Some((if left { "member_left" } else { "members_removed" }, people, None))
        }
        Action::Promote { participants } => {
            Some(("members_promoted", named(numbers, participants).await, None))
        }
        Action::Demote { participants } => {
            Some(("members_demoted", named(numbers, participants).await, None))
        }
        Action::Modify { participants } => Some(("number_changed", named(numbers, participants).await, None)),
        Action::Subject { subject, .. } => {
            Some(("subject_changed", Vec::new(), Some(clean(subject.clone()))))
        }
        Action::Description { description: Some(text), .. } => {
            Some(("description_changed", Vec::new(), Some(clean(text.clone()))))
        }
        Action::Description { description: None, .. } => alone("description_removed"),
        Action::Locked { .. } => alone("group_locked"),
        Action::Unlocked => alone("group_unlocked"),
        Action::Announce => alone("announce_on"),
        Action::NotAnnounce => alone("announce_off"),
        Action::Ephemeral { expiration: 0, .. } => alone("disappearing_off"),
        Action::Ephemeral { expiration, .. } => {
            Some(("disappearing_on", Vec::new(), Some(expiration.to_string())))
        }
        Action::MembershipApprovalMode { enabled: true } => alone("approval_on"),
        Action::MembershipApprovalMode { enabled: false } => alone("approval_off"),
        Action::MembershipApprovalRequest { .. } => {
            let by = by.map(|by| address_of(&jids::text(by)));
            Some(("join_requested", by.into_iter().collect(), None))
        }
        Action::CreatedMembershipRequests { requests, .. } => {
            Some(("join_requested", named(numbers, requests).await, None))
        }
        Action::MemberAddMode { mode } => {
            alone(if mode == "admin_add" { "admins_add" } else { "everybody_adds" })
        }
        Action::Invite { .. } => {
            let by = by.map(|by| address_of(&jids::text(by)));
            Some(("member_joined", by.into_iter().collect(), None))
        }
        Action::RevokeInvite => alone("invite_reset"),
        Action::Create { raw } => {
            let created = raw.get_optional_child("group").unwrap_or(raw);
            let subject = created.attrs().optional_string("subject").map(|text| clean(text.into_owned()));
            Some(("group_created", Vec::new(), subject))
        }
        Action::Delete { .. } => alone("group_deleted"),
        _ => None,
    }
}

async fn named(numbers: &dyn Numbers, people: &[GroupParticipantInfo]) -> Vec<String> {
    let mut named = Vec::with_capacity(people.len());
    for who in people {
        let jid = jids::by_number(numbers, &who.jid, who.phone_number.as_ref()).await;
        named.push(address_of(&jids::text(&jid)));
    }
    named
}

/// The notices of somebody's new number: in the chat by the old one, and by the new.
pub(super) fn of_number(changed: &ContactNumberChanged) -> Vec<InboundMessage> {
    let (old, new) = (jids::bare(&changed.old_jid), jids::bare(&changed.new_jid));
    let (at, people) = (changed.timestamp.timestamp_millis(), vec![address_of(&jids::text(&old))]);
    [&old, &new]
        .into_iter()
        .filter(|chat| jids::is_chat(chat) && !jids::is_group(chat))
        .map(|chat| {
            let value = Some(address_of(&jids::text(&new)));
            let chat = jids::text(chat);
            notice(&chat, Some(&chat), false, at, "number_changed", people.clone(), value)
        })
        .collect()
}

/// What a stub of the history says: a notice that stands where it happened. `None` for what only phones need.
pub(super) async fn of_stub(
    numbers: &dyn Numbers,
    chat: &Jid,
    by: Option<&Jid>,
    info: &WebMessageInfo,
) -> Option<InboundMessage> {
    let stub = info.message_stub_type?;
    let told = &info.message_stub_parameters;
    let first = || told.first().filter(|text| !text.is_empty()).map(|text| clean(text.clone()));
    let on = || matches!(told.first().map(String::as_str), Some("on" | "true" | "1"));
    let alone = |code: &'static str| (code, Vec::new(), None);
    let people = super::details::people(numbers, told).await;
    let (code, people, value) = match stub {
        Stub::UNKNOWN | Stub::CIPHERTEXT | Stub::E2E_ENCRYPTED | Stub::E2E_ENCRYPTED_NOW => return None,
        Stub::GROUP_CREATE => ("group_created", Vec::new(), first()),
        Stub::GROUP_CHANGE_SUBJECT => ("subject_changed", Vec::new(), first()),
        Stub::GROUP_CHANGE_ICON => alone("picture_changed"),
        Stub::GROUP_CHANGE_INVITE_LINK => alone("invite_reset"),
        Stub::GROUP_CHANGE_DESCRIPTION => match first() {
            Some(text) => ("description_changed", Vec::new(), Some(text)),
            None => alone("description_removed"),
        },
        Stub::GROUP_CHANGE_RESTRICT => alone(if on() { "group_locked" } else { "group_unlocked" }),
        Stub::GROUP_CHANGE_ANNOUNCE => alone(if on() { "announce_on" } else { "announce_off" }),
        Stub::GROUP_PARTICIPANT_ADD => ("members_added", people, None),
        Stub::GROUP_PARTICIPANT_REMOVE => ("members_removed", people, None),
        Stub::GROUP_PARTICIPANT_PROMOTE => ("members_promoted", people, None),
        Stub::GROUP_PARTICIPANT_DEMOTE => ("members_demoted", people, None),
        Stub::GROUP_PARTICIPANT_INVITE | Stub::GROUP_PARTICIPANT_ACCEPT => ("member_joined", people, None),
        Stub::GROUP_PARTICIPANT_LEAVE => ("member_left", people, None),
        Stub::GROUP_PARTICIPANT_CHANGE_NUMBER | Stub::INDIVIDUAL_CHANGE_NUMBER => {
            ("number_changed", people, None)
        }
        Stub::GROUP_DELETE => alone("group_deleted"),
        Stub::CALL_MISSED_VOICE | Stub::CALL_MISSED_GROUP_VOICE | Stub::SILENCED_UNKNOWN_CALLER_AUDIO => {
            ("missed_call", Vec::new(), Some("voice".to_owned()))
        }
        Stub::CALL_MISSED_VIDEO | Stub::CALL_MISSED_GROUP_VIDEO | Stub::SILENCED_UNKNOWN_CALLER_VIDEO => {
            ("missed_call", Vec::new(), Some("video".to_owned()))
        }
        Stub::CHANGE_EPHEMERAL_SETTING => match first().filter(|seconds| seconds != "0") {
            Some(seconds) => ("disappearing_on", Vec::new(), Some(seconds)),
            None => alone("disappearing_off"),
        },
        Stub::GROUP_MEMBERSHIP_JOIN_APPROVAL_MODE => alone(if on() { "approval_on" } else { "approval_off" }),
        Stub::GROUP_MEMBERSHIP_JOIN_APPROVAL_REQUEST => ("join_requested", people, None),
        Stub::E2E_IDENTITY_CHANGED => ("security_code_changed", people, None),
        Stub::PINNED_MESSAGE_IN_CHAT => alone("message_pinned"),
        // Nothing is dropped: a kind of notice that came after this version says what it is called.
        other => {
            use whatsapp_rust::waproto::buffa::Enumeration as _;
            ("other", Vec::new(), Some(other.proto_name().to_lowercase()))
        }
    };
    let from_me = by.is_some() && by == numbers.own().as_ref();
    let at = i64::try_from(info.message_timestamp.unwrap_or(0)).unwrap_or(0).saturating_mul(1_000);
    let by = by.map(jids::text);
    Some(notice(&jids::text(chat), by.as_deref(), from_me, at, code, people, value))
}

/// Whether a stub stands for a message that was taken back.
pub(super) fn is_revoked(info: &WebMessageInfo) -> bool {
    matches!(info.message_stub_type, Some(Stub::REVOKE | Stub::ADMIN_REVOKE))
}

#[cfg(test)]
mod tests {
    use super::super::jids::tests::{Known, jid};
    use super::*;
    use crate::protocol::{MessageKind, Notice};

    fn stub(kind: Stub, parameters: &[&str]) -> WebMessageInfo {
        WebMessageInfo {
            message_stub_type: Some(kind),
            message_stub_parameters: parameters.iter().map(|text| (*text).to_owned()).collect(),
            message_timestamp: Some(1_700_000_000),
            ..WebMessageInfo::default()
        }
    }

    #[tokio::test]
    async fn stubs_of_the_history_are_notices() {
        let known = Known {
            own: Some(jid("1@s.whatsapp.net")),
            numbers: [("5".into(), jid("2@s.whatsapp.net"))].into(),
        };
        let group = jid("9@g.us");
        let of = async |kind, parameters: &[&str]| {
            let by = jid("3@s.whatsapp.net");
            of_stub(&known, &group, Some(&by), &stub(kind, parameters)).await
        };
        let added = of(Stub::GROUP_PARTICIPANT_ADD, &["5@lid", "4@s.whatsapp.net"]).await.unwrap();
        assert_eq!(
            (added.kind, added.timestamp, added.from_me),
            (MessageKind::System, 1_700_000_000_000, false)
        );
        let notice = added.details.notice.clone().unwrap();
        assert_eq!((notice.code.as_str(), notice.by.as_deref()), ("members_added", Some("3")));
        assert_eq!(notice.people, ["2", "4"]);
        assert!(added.whatsapp_id.starts_with("notice-"));
        for (kind, parameters, code, value) in [
            (Stub::GROUP_CHANGE_SUBJECT, &["New"][..], "subject_changed", Some("New")),
            (Stub::GROUP_CHANGE_DESCRIPTION, &[], "description_removed", None),
            (Stub::GROUP_CHANGE_ANNOUNCE, &["on"], "announce_on", None),
            (Stub::CHANGE_EPHEMERAL_SETTING, &["0"], "disappearing_off", None),
            (Stub::CHANGE_EPHEMERAL_SETTING, &["86400"], "disappearing_on", Some("86400")),
            (Stub::CALL_MISSED_VIDEO, &[], "missed_call", Some("video")),
            (Stub::COMMUNITY_CREATE, &["x"], "other", Some("community_create")),
        ] {
            let notice = of(kind, parameters).await.unwrap().details.notice.unwrap();
            assert_eq!((notice.code.as_str(), notice.value.as_deref()), (code, value), "{kind:?}");
        }
        assert!(of(Stub::CIPHERTEXT, &[]).await.is_none());
        assert!(is_revoked(&stub(Stub::REVOKE, &[])) && !is_revoked(&stub(Stub::GROUP_CREATE, &[])));
    }

    #[test]
    fn a_new_number_is_told_in_both_chats() {
        let changed = ContactNumberChanged::builder()
            .old_jid(jid("34600111222@s.whatsapp.net"))
            .new_jid(jid("34600333444@s.whatsapp.net"))
            .timestamp(whatsapp_rust::chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap())
            .build();
        let told = of_number(&changed);
        let chats: Vec<_> = told.iter().map(|one| one.chat.as_str()).collect();
        assert_eq!(chats, ["34600111222@s.whatsapp.net", "34600333444@s.whatsapp.net"]);
        let Some(Notice { code, people, value, .. }) = told[0].details.notice.clone() else { panic!() };
        assert_eq!((code.as_str(), value.as_deref()), ("number_changed", Some("34600333444")));
        assert_eq!(people, ["34600111222"]);
    }
}
