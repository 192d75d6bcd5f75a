//! Calls: what rings here, and how it ended. A linked device of ours answers none; each stands in its chat as a
//! notice, under the id of the call.

use super::content::clean;
use super::inbound::kind;
use super::jids::{self, Numbers};
use crate::protocol::{Details, MessageKind, Notice};
use crate::server::engine::{Change, Inbound, InboundChange, InboundMessage};
use crate::server::storage::read::address_of;
use whatsapp_rust::Jid;
use whatsapp_rust::types::call::{CallAction, IncomingCall};

/// What a call means for its chat, if it means anything.
pub(super) async fn call(numbers: &dyn Numbers, call: &IncomingCall) -> Option<Inbound> {
    match &call.action {
        CallAction::Offer { call_id, call_creator, caller_pn, is_video, group_jid, .. } => {
            let caller = jids::by_number(numbers, call_creator, caller_pn.as_ref()).await;
            let chat = group_jid.as_ref().map_or_else(|| caller.clone(), jids::bare);
            rings(call, call_id, &caller, &chat, *is_video)
        }
        CallAction::Reject { call_id, call_creator, reason } if reason.is_none() => {
            ended(numbers, call, call_id, call_creator, "rejected_call").await
        }
        CallAction::Terminate { call_id, call_creator, reason, .. } => {
            let code = match reason.as_deref() {
                Some("accepted_elsewhere") => "answered_call",
                Some("rejected_elsewhere") => "rejected_call",
                _ => "missed_call",
            };
            ended(numbers, call, call_id, call_creator, code).await
        }
        _ => None,
    }
}

fn rings(call: &IncomingCall, id: &str, caller: &Jid, chat: &Jid, video: bool) -> Option<Inbound> {
    if id.is_empty() || !jids::is_chat(chat) {
        return None;
    }
    let notice = Notice {
        code: "incoming_call".to_owned(),
        by: Some(address_of(&jids::text(caller))),
        people: Vec::new(),
        value: Some(if video { "video" } else { "voice" }.to_owned()),
    };
    Some(Inbound::Message(Box::new(InboundMessage {
        whatsapp_id: clean(id.to_owned()),
        chat: jids::text(chat),
        chat_kind: kind(chat),
        sender: jids::text(caller),
        from_me: false,
        push_name: call.notify.clone().map(clean).filter(|name| !name.is_empty()),
        timestamp: call.timestamp.timestamp().saturating_mul(1_000),
        kind: MessageKind::System,
        text: String::new(),
        details: Box::new(Details { notice: Some(notice), ..Details::default() }),
        media: None,
        secret: None,
        raw: None,
    })))
}

async fn ended(
    numbers: &dyn Numbers,
    call: &IncomingCall,
    id: &str,
    creator: &Jid,
    code: &str,
) -> Option<Inbound> {
    let caller = jids::by_number(numbers, creator, None).await;
    let from = jids::bare(&call.from);
    let chat = if jids::is_group(&from) { from } else { caller.clone() };
    if id.is_empty() || !jids::is_chat(&chat) {
        return None;
    }
    Some(Inbound::Change(InboundChange {
        whatsapp_id: clean(call.stanza_id.clone()),
        chat: jids::text(&chat),
        sender: jids::text(&caller),
        from_me: false,
        timestamp: call.timestamp.timestamp().saturating_mul(1_000),
        target: clean(id.to_owned()),
        change: Change::Notice(code.to_owned()),
    }))
}
