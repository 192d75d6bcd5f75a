//! What is set of a group: its description, who may do what, its invitation.

use super::connection::Ended;
use super::groups::{change as announce, named};
use super::session::Session;
use crate::server::sandbox::limits::MAX_MEMBERS;
use crate::server::sandbox::rows::groups::{self, GroupRow, Settings};
use crate::server::sandbox::wire::stanza::{
    attr, attr_is, attr_jid, child, child_bytes, error, node, result,
};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;

/// Characters of a description at most, as WhatsApp allows.
const MAX_DESCRIPTION: usize = 2_048;

/// What a group's node has for it.
pub fn shown(settings: &Settings) -> Vec<Node> {
    let mut parts = Vec::new();
    if let Some((text, id)) = &settings.description {
        let body = node("body").string_content(text.as_str()).build();
        parts.push(node("description").attr("id", id.clone()).children([body]).build());
    }
    parts.extend(settings.announce.then(|| node("announcement").build()));
    parts.extend(settings.locked.then(|| node("locked").build()));
    parts.extend(settings.approval.then(|| approval_node(true)));
    parts.push(node("member_add_mode").string_content(add_mode(settings.admins_add)).build());
    if settings.expires_in > 0 {
        parts.push(node("ephemeral").attr("expiration", settings.expires_in.to_string()).build());
    }
    parts
}

fn approval_node(on: bool) -> Node {
    let state = if on { "on" } else { "off" };
    node("membership_approval_mode").children([node("group_join").attr("state", state).build()]).build()
}

fn add_mode(admins: bool) -> &'static str {
    if admins { "admin_add" } else { "all_member_add" }
}

/// Changes the description or a setting: administrators always, others while the group is not locked, and never
/// the settings.
pub async fn change(session: &Session<'_>, request: &Node, what: &str) -> Result<Node, Ended> {
    let Some(group) = named(session, request).await? else {
        return Ok(error(request, 404, "item-not-found"));
    };
    let admin = group.is_admin(&session.me.number);
    if !admin && (group.settings.locked || what != "description") {
        return Ok(error(request, 403, "forbidden"));
    }
    let mut settings = group.settings.clone();
    let notice = match what {
        "description" => {
            let Some(wanted) = child(request, "description") else {
                return Ok(error(request, 400, "bad-request"));
            };
            let before = settings.description.as_ref().map(|(_, id)| id.clone());
            if attr(wanted, "prev") != before {
                return Ok(error(request, 409, "conflict"));
            }
            let id = attr(wanted, "id").unwrap_or_default();
            let text = child_bytes(wanted, "body").map(|text| String::from_utf8_lossy(&text).into_owned());
            let text = text.filter(|text| !text.is_empty() && !attr_is(wanted, "delete", "true"));
            if text.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
                return Ok(error(request, 406, "not-acceptable"));
            }
            let part = match &text {
                Some(text) => node("body").string_content(text.as_str()).build(),
                None => node("delete").build(),
            };
            let notice = node("description").attr("id", id.clone()).children([part]).build();
            settings.description = text.map(|text| (text, id));
            notice
        }
        "locked" | "unlocked" => {
            settings.locked = what == "locked";
            node(if settings.locked { "locked" } else { "unlocked" }).build()
        }
        "membership_approval_mode" => {
            let join = child(request, what).and_then(|mode| child(mode, "group_join"));
            settings.approval = join.is_some_and(|join| attr_is(join, "state", "on"));
            approval_node(settings.approval)
        }
        "member_add_mode" => {
            settings.admins_add = child_bytes(request, what).is_some_and(|mode| mode == b"admin_add");
            node("member_add_mode").string_content(add_mode(settings.admins_add)).build()
        }
        "ephemeral" | "not_ephemeral" => {
            let after = child(request, "ephemeral").and_then(|after| attr(after, "expiration"));
            settings.expires_in = after.and_then(|after| after.parse().ok()).unwrap_or(0);
            match settings.expires_in {
                0 => node("not_ephemeral").build(),
                after => node("ephemeral").attr("expiration", after.to_string()).build(),
            }
        }
        _ => {
            settings.announce = what == "announcement";
            node(if settings.announce { "announcement" } else { "not_announcement" }).build()
        }
    };
    let id = group.id.clone();
    announce(session.net, &group.id, &session.me, group.numbers(), notice, move |tx| {
        Box::pin(async move { groups::set(tx, &id, settings).await })
    })
    .await?;
    Ok(result(request, Vec::new()))
}

/// Tells the code of the invitation, makes a new one, or lets somebody in who has it.
pub async fn invite(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let code = child(request, "invite").and_then(|invite| attr(invite, "code"));
    let for_a_group = attr_jid(request, "to").is_some_and(|to| !to.user.is_empty());
    if !for_a_group {
        return join(session, request, &code.unwrap_or_default()).await;
    }
    let Some(group) = named(session, request).await? else {
        return Ok(error(request, 404, "item-not-found"));
    };
    if !group.is_admin(&session.me.number) {
        return Ok(error(request, 403, "forbidden"));
    }
    let code = match group.settings.invite.clone() {
        Some(code) if attr_is(request, "type", "get") => code,
        _ => new_code(session, &group).await?,
    };
    Ok(result(request, vec![node("invite").attr("code", code).build()]))
}

async fn new_code(session: &Session<'_>, group: &GroupRow) -> Result<String, Ended> {
    let code = session.net.source.token(22);
    let settings = Settings { invite: Some(code.clone()), ..group.settings.clone() };
    let id = group.id.clone();
    if group.settings.invite.is_none() {
        let write =
            session.net.store.write(move |tx| Box::pin(async move { groups::set(tx, &id, settings).await }));
        write.await.map_err(crate::server::sandbox::SandboxError::from)?;
        return Ok(code);
    }
    // The one before is worthless now: everybody is told.
    let notice = node("revoke").build();
    announce(session.net, &group.id, &session.me, group.numbers(), notice, move |tx| {
        Box::pin(async move { groups::set(tx, &id, settings).await })
    })
    .await?;
    Ok(code)
}

async fn join(session: &Session<'_>, request: &Node, code: &str) -> Result<Node, Ended> {
    let group = groups::invited(&session.net.store, code)
        .await
        .map_err(crate::server::sandbox::SandboxError::from)?;
    let Some(group) = group.filter(|_| !code.is_empty()) else {
        return Ok(error(request, 406, "not-acceptable"));
    };
    let me = session.me.number.clone();
    if group.members.len() >= MAX_MEMBERS {
        return Ok(error(request, 419, "resource-limit"));
    }
    if !group.has(&me) && group.settings.approval {
        return super::group_requests::ask(session, request, &group).await;
    }
    if !group.has(&me) {
        let named = session.net.directory.named_account(&me, Some(&group.id));
        let who = named.member(node("participant")).build();
        let notice = node("add").attr("reason", "invite").children([who]).build();
        let (id, mut concerned) = (group.id.clone(), group.numbers());
        concerned.push(me.clone());
        announce(session.net, &group.id, &session.me, concerned, notice, move |tx| {
            Box::pin(async move { groups::add(tx, &id, vec![(me, false)]).await })
        })
        .await?;
    }
    let joined = node("group").attr("jid", Jid::group(group.id.as_str())).build();
    Ok(result(request, vec![joined]))
}
