//! What a notice about a group means for us.

use super::jids::{self, Numbers};
use crate::server::engine::SessionEvent;
use whatsapp_rust::Jid;
use whatsapp_rust::types::events::GroupUpdate;
use whatsapp_rust::wacore::stanza::groups::GroupNotificationAction;

/// Whether we are out of it, who asks to be let in, or that it is to be looked at.
pub(super) async fn group_news(numbers: &dyn Numbers, update: &GroupUpdate) -> SessionEvent {
    let jid = jids::text(&jids::bare(&update.group_jid));
    match &update.action {
        GroupNotificationAction::Delete { .. } => SessionEvent::GroupLeft { jid },
        GroupNotificationAction::Remove { participants, .. } => {
            for who in participants {
                let who = jids::by_number(numbers, &who.jid, who.phone_number.as_ref()).await;
                if numbers.own().is_some_and(|own| own == who) {
                    return SessionEvent::GroupLeft { jid };
                }
            }
            SessionEvent::GroupChanged { jid }
        }
        GroupNotificationAction::CreatedMembershipRequests { requests, .. } => {
            let mut people = Vec::with_capacity(requests.len());
            for who in requests {
                people.push(known(numbers, &who.jid, who.phone_number.as_ref()).await);
            }
            SessionEvent::GroupRequests { jid, people, pending: true }
        }
        GroupNotificationAction::MembershipApprovalRequest { .. } => {
            let who = update.participant.as_ref();
            let people = match who {
                Some(who) => vec![known(numbers, who, update.participant_pn.as_ref()).await],
                None => Vec::new(),
            };
            SessionEvent::GroupRequests { jid, people, pending: true }
        }
        GroupNotificationAction::RevokedMembershipRequests { participants } => {
            let mut people = Vec::with_capacity(participants.len());
            for who in participants {
                people.push(known(numbers, who, None).await);
            }
            SessionEvent::GroupRequests { jid, people, pending: false }
        }
        _ => SessionEvent::GroupChanged { jid },
    }
}

async fn known(numbers: &dyn Numbers, jid: &Jid, number: Option<&Jid>) -> String {
    jids::text(&jids::by_number(numbers, jid, number).await)
}
