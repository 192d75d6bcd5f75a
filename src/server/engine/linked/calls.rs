//! Calls: what rings here, and how it ended. A linked device of ours answers none, and may decline; each stands in its
//! chat as a notice, under the id of the call.

use super::content::clean;
use super::inbound::kind;
use super::jids::{self, Numbers};
use super::requests;
use super::session::Active;
use crate::protocol::{Details, MessageKind, Notice};
use crate::server::engine::{Change, EngineError, Inbound, InboundChange, InboundMessage};
use crate::server::storage::read::address_of;
use whatsapp_rust::Jid;
use whatsapp_rust::types::call::{CallAction, IncomingCall, MissedCall};

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

/// A call that came and went while we were away.
pub(super) async fn missed(numbers: &dyn Numbers, call: &MissedCall) -> Option<Inbound> {
    let caller = jids::by_number(numbers, &jids::bare(&call.from), None).await;
    // Of a group's call it is not told who made it.
    if jids::is_group(&caller) {
        return None;
    }
    let seconds = call.timestamp.timestamp();
    notice(&call.call_id, "missed_call", &caller, &caller, None, None, seconds)
}

/// Declines a call that rings.
pub(super) async fn reject(live: &Active, call: &str, caller: &str) -> Result<(), EngineError> {
    let (peer, creator) = match live.link.ringing(call) {
        Some(known) => known,
        // It began to ring before this run of the client.
        None => {
            let caller = requests::as_addressed(&live.client, jids::parse(caller)?).await;
            (caller.clone(), caller)
        }
    };
    let client = &live.client;
    match Box::pin(client.voip().reject_call(call, &peer, &creator)).await {
        Ok(()) => Ok(()),
        Err(_) if !client.is_connected() => Err(EngineError::NotConnected),
        Err(error) => Err(EngineError::NoAnswer(error.to_string())),
    }
}

fn rings(call: &IncomingCall, id: &str, caller: &Jid, chat: &Jid, video: bool) -> Option<Inbound> {
    let value = Some(if video { "video" } else { "voice" });
    let name = call.notify.clone();
    notice(id, "incoming_call", caller, chat, value, name, call.timestamp.timestamp())
}

fn notice(
    id: &str,
    code: &str,
    caller: &Jid,
    chat: &Jid,
    value: Option<&str>,
    name: Option<String>,
    seconds: i64,
) -> Option<Inbound> {
    if id.is_empty() || !jids::is_chat(chat) {
        return None;
    }
    let notice = Notice {
        code: code.to_owned(),
        by: Some(address_of(&jids::text(caller))),
        people: Vec::new(),
        value: value.map(str::to_owned),
    };
    Some(Inbound::Message(Box::new(InboundMessage {
        whatsapp_id: clean(id.to_owned()),
        chat: jids::text(chat),
        chat_kind: kind(chat),
        sender: jids::text(caller),
        from_me: false,
        push_name: name.map(clean).filter(|name| !name.is_empty()),
        timestamp: seconds.saturating_mul(1_000),
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
