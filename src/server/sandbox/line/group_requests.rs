//! Groups whose administrators let in who joins: who asks, and what they are answered.

use super::connection::Ended;
use super::groups::{change, named, participants};
use super::session::Session;
use crate::server::sandbox::limits::MAX_MEMBERS;
use crate::server::sandbox::rows::groups::{self, GroupRow};
use crate::server::sandbox::wire::stanza::{child, error, node, result, seconds};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;

/// Somebody joins by the invitation: the administrators are told, and it waits.
pub async fn ask(session: &Session<'_>, request: &Node, group: &GroupRow) -> Result<Node, Ended> {
    let (me, now) = (session.me.number.clone(), session.net.source.now());
    let who = node("requested_user").attr("jid", Jid::pn(me.as_str())).build();
    let notice = node("created_membership_requests").attr("request_method", "invite_link").children([who]);
    let admins = group.members.iter().filter(|(_, admin)| *admin).map(|(number, _)| number.clone());
    let id = group.id.clone();
    change(session.net, &group.id, &session.me, admins.collect(), notice.build(), move |tx| {
        Box::pin(async move { groups::request(tx, &id, &me, now).await })
    })
    .await?;
    let waits = node("membership_approval_request").attr("jid", Jid::group(group.id.as_str())).build();
    Ok(result(request, vec![waits]))
}

/// Who waits: administrators see it.
pub async fn list(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let Some(group) = named(session, request).await? else {
        return Ok(error(request, 404, "item-not-found"));
    };
    if !group.is_admin(&session.me.number) {
        return Ok(error(request, 403, "forbidden"));
    }
    let waiting = groups::requests(&session.net.store, &group.id).await?;
    let waiting = waiting.iter().map(|(number, at)| {
        let one = node("membership_approval_request").attr("jid", Jid::pn(number.as_str()).to_string());
        one.attr("request_time", seconds(*at)).build()
    });
    let all = node("membership_approval_requests").children(waiting.collect::<Vec<_>>()).build();
    Ok(result(request, vec![all]))
}

/// Lets people in, or turns them away.
pub async fn answer(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let Some(group) = named(session, request).await? else {
        return Ok(error(request, 404, "item-not-found"));
    };
    if !group.is_admin(&session.me.number) {
        return Ok(error(request, 403, "forbidden"));
    }
    let wanted = child(request, "membership_requests_action");
    let approve = wanted.and_then(|wanted| child(wanted, "approve"));
    let let_in = approve.is_some();
    let people = participants(approve.or_else(|| wanted.and_then(|wanted| child(wanted, "reject"))));
    let waiting = groups::requests(&session.net.store, &group.id).await?;
    let (mut numbers, mut answers) = (Vec::new(), Vec::new());
    for jid in people {
        let account = session.net.directory.person(&jid);
        let account = account.filter(|one| waiting.iter().any(|(number, _)| *number == one.number));
        match account {
            Some(account) => {
                numbers.push(account.number.clone());
                answers.push(node("participant").attr("jid", jid).build());
            }
            None => answers.push(node("participant").attr("jid", jid).attr("error", "404").build()),
        }
    }
    if let_in && group.members.len() + numbers.len() > MAX_MEMBERS {
        return Ok(error(request, 419, "resource-limit"));
    }
    if !numbers.is_empty() {
        let named =
            numbers.iter().map(|number| node("participant").attr("jid", Jid::pn(number.as_str())).build());
        let tag = if let_in { "add" } else { "revoked_membership_requests" };
        let notice = node(tag).children(named.collect::<Vec<_>>()).build();
        let mut concerned = group.numbers();
        if let_in {
            concerned.extend(numbers.iter().cloned());
        } else {
            concerned.retain(|number| group.is_admin(number));
            concerned.extend(numbers.iter().cloned());
        }
        let id = group.id.clone();
        change(session.net, &group.id, &session.me, concerned, notice, move |tx| {
            Box::pin(async move {
                for number in &numbers {
                    groups::settle(tx, &id, number).await?;
                }
                if let_in {
                    let members = numbers.into_iter().map(|number| (number, false)).collect();
                    groups::add(tx, &id, members).await?;
                }
                Ok(())
            })
        })
        .await?;
    }
    let tag = if let_in { "approve" } else { "reject" };
    let answered = node("membership_requests_action").children([node(tag).children(answers).build()]);
    Ok(result(request, vec![answered.build()]))
}
