//! Groups, as devices ask for them and change them (`w:g2`).

use super::connection::Ended;
use super::session::Session;
use super::{group_requests, group_settings};
use crate::protocol::Millis;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::addressing::Addressing;
use crate::server::sandbox::limits::{self, MAX_MEMBERS};
use crate::server::sandbox::network::Network;
use crate::server::sandbox::rows::groups::{self, GroupRow};
use crate::server::sandbox::rows::links::{Address, addresses_in};
use crate::server::sandbox::rows::notices::{self, Notice};
use crate::server::sandbox::rows::queue::{self, Class, Outgoing};
use crate::server::sandbox::wire::stanza::{
    attr, attr_jid, child, children, encode, error, node, result, seconds,
};
use crate::server::storage::{StorageError, Tx};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;

pub async fn answer(session: &Session<'_>, request: &Node, what: &str) -> Result<Option<Node>, Ended> {
    Ok(Some(match what {
        "create" => create(session, request).await?,
        "query" => {
            let group = named(session, request).await?;
            match group {
                Some(group) => result(request, vec![group_node(session.net, &group)]),
                None => error(request, 404, "item-not-found"),
            }
        }
        "participating" => {
            let groups = groups::of(&session.net.store, Some(&session.me.number)).await?;
            let groups = groups.iter().map(|group| group_node(session.net, group)).collect::<Vec<_>>();
            result(request, vec![node("groups").children(groups).build()])
        }
        "subject" => subject(session, request).await?,
        "description"
        | "locked"
        | "unlocked"
        | "announcement"
        | "not_announcement"
        | "membership_approval_mode"
        | "member_add_mode"
        | "ephemeral"
        | "not_ephemeral" => group_settings::change(session, request, what).await?,
        "membership_approval_requests" => group_requests::list(session, request).await?,
        "membership_requests_action" => group_requests::answer(session, request).await?,
        "invite" => group_settings::invite(session, request).await?,
        "add" | "remove" | "promote" | "demote" => members(session, request, what).await?,
        "leave" => leave(session, request).await?,
        _ => return Ok(None),
    }))
}

/// The group that a request is for, if the asking account is in it.
pub(super) async fn named(session: &Session<'_>, request: &Node) -> Result<Option<GroupRow>, SandboxError> {
    let Some(jid) = attr_jid(request, "to") else { return Ok(None) };
    let group = groups::get(&session.net.store, jid.user.as_str()).await?;
    Ok(group.filter(|group| group.has(&session.me.number)))
}

/// A group as devices know it.
pub fn group_node(net: &Network, group: &GroupRow) -> Node {
    let members = group.members.iter().map(|(number, admin)| {
        let named = net.directory.named_account(number, Some(&group.id));
        let member = named.member(node("participant"));
        match admin {
            _ if *number == group.creator => member.attr("type", "superadmin").build(),
            true => member.attr("type", "admin").build(),
            false => member.build(),
        }
    });
    let parts = group_settings::shown(&group.settings).into_iter().chain(members);
    node("group")
        .attr("id", group.id.clone())
        .attr("subject", group.subject.clone())
        .attr("addressing_mode", net.directory.mode(&group.id))
        .attr("creator", net.directory.named_account(&group.creator, Some(&group.id)).jid)
        .attr("creation", seconds(group.created_at))
        .attr("s_t", seconds(group.subject_at))
        .attr("s_o", net.directory.named_account(&group.subject_by, Some(&group.id)).jid)
        .attr("size", group.members.len().to_string())
        .children(parts.collect::<Vec<_>>())
        .build()
}

/// A change of a group, and the notice of it for the devices of `concerned` (but the one that made it).
pub(super) async fn change<F>(
    net: &Arc<Network>,
    group: &str,
    by: &Address,
    concerned: Vec<String>,
    what: Node,
    work: F,
) -> Result<(), SandboxError>
where
    F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<(), StorageError>> + Send + 'static,
{
    let (id, now) = (net.stanza_id(), net.source.now());
    let kept = Notice::of(&what, id.clone(), by.number.clone(), now);
    let notice = node("notification")
        .attr("from", Jid::group(group))
        .attr("type", "w:gp2")
        .attr("id", id.clone())
        .attr("addressing_mode", net.directory.mode(group))
        .attr("t", seconds(now));
    let notice = net.directory.named_account(&by.number, Some(group)).participant(notice);
    let notice = notice.children([what]).build();
    let group = group.to_owned();
    tell(net, by, concerned, id, &notice, move |tx| {
        Box::pin(async move {
            work(&mut *tx).await?;
            match kept {
                Some(kept) => notices::add(tx, &group, kept).await,
                None => Ok(()),
            }
        })
    })
    .await
}

/// A change, and the notice of it (a stanza with this id) for the devices of `concerned`, but the one that made it.
pub(super) async fn tell<F>(
    net: &Arc<Network>,
    by: &Address,
    concerned: Vec<String>,
    id: String,
    notice: &Node,
    work: F,
) -> Result<(), SandboxError>
where
    F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<(), StorageError>> + Send + 'static,
{
    let stanza = encode(notice).map_err(SandboxError::crypto)?;
    let by = by.clone();
    let told = net
        .store
        .write(move |tx| {
            Box::pin(async move {
                work(tx).await?;
                let mut devices = addresses_in(tx, &concerned).await?;
                devices.retain(|device| *device != by);
                let news = devices.iter().map(|to| Outgoing {
                    to: to.clone(),
                    class: Class::Notification,
                    stanza_id: id.clone(),
                    stanza: stanza.clone(),
                });
                queue::push(tx, news.collect()).await?;
                Ok(devices)
            })
        })
        .await?;
    net.directory.wake(&told);
    Ok(())
}

/// Makes a group, for a device or for a phone itself.
///
/// # Errors
/// [`SandboxError::Invalid`] for a subject or a number of members out of its limits.
pub async fn make(
    net: &Arc<Network>,
    by: &Address,
    subject: &str,
    mut numbers: Vec<String>,
    by_lid: bool,
) -> Result<GroupRow, SandboxError> {
    let subject = limits::name(subject)?;
    numbers.push(by.number.clone());
    numbers.sort();
    numbers.dedup();
    if numbers.len() > MAX_MEMBERS {
        return Err(SandboxError::Invalid(format!("a group has at most {MAX_MEMBERS} members")));
    }
    for number in &numbers {
        net.directory.need(number)?;
    }
    let now = net.source.now();
    let group = GroupRow {
        id: new_id(net, now),
        subject,
        subject_by: by.number.clone(),
        subject_at: now,
        creator: by.number.clone(),
        created_at: now,
        picture: None,
        settings: groups::Settings { by_lid, ..groups::Settings::default() },
        members: numbers.iter().map(|number| (number.clone(), *number == by.number)).collect(),
    };
    if by_lid {
        net.directory.address_by_lid(&group.id);
    }
    let shown = group_node(net, &group);
    let created = node("create").attr("type", "new").attr("key", group.id.clone()).children([shown]).build();
    let row = group.clone();
    change(net, &group.id, by, numbers, created, move |tx| {
        Box::pin(async move { groups::insert(tx, row).await })
    })
    .await?;
    Ok(group)
}

/// Ids of groups have 18 digits and begin so.
fn new_id(net: &Network, now: Millis) -> String {
    format!("1203{:011}{:03}", now.unsigned_abs() % 100_000_000_000, net.source.below(1_000))
}

async fn create(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let wanted = child(request, "create");
    let subject = wanted.and_then(|wanted| attr(wanted, "subject")).unwrap_or_default();
    let mut numbers = Vec::new();
    for jid in participants(wanted) {
        let Some(account) = session.net.directory.person(&jid) else {
            return Ok(error(request, 406, "not-acceptable"));
        };
        numbers.push(account.number.clone());
    }
    // As WhatsApp does for accounts that it moved to LIDs.
    let by_lid = session.account.addressing() != Addressing::Pn;
    match make(session.net, &session.me, &subject, numbers, by_lid).await {
        Ok(group) => Ok(result(request, vec![group_node(session.net, &group)])),
        Err(SandboxError::Invalid(_) | SandboxError::NotFound(_)) => {
            Ok(error(request, 406, "not-acceptable"))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn participants(parent: Option<&Node>) -> Vec<Jid> {
    let parts = parent.map(children).unwrap_or_default().iter();
    parts.filter(|part| part.tag == "participant").filter_map(|part| attr_jid(part, "jid")).collect()
}

async fn subject(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let Some(group) = named(session, request).await? else {
        return Ok(error(request, 404, "item-not-found"));
    };
    if group.settings.locked && !group.is_admin(&session.me.number) {
        return Ok(error(request, 403, "forbidden"));
    }
    let text =
        child(request, "subject").and_then(crate::server::sandbox::wire::stanza::bytes).unwrap_or_default();
    let Ok(subject) = limits::name(&String::from_utf8_lossy(&text)) else {
        return Ok(error(request, 406, "not-acceptable"));
    };
    let (id, by, now) = (group.id.clone(), session.me.number.clone(), session.net.source.now());
    let what = node("subject")
        .attr("subject", subject.clone())
        .attr("s_t", seconds(now))
        .attr("s_o", session.net.directory.named_account(&by, Some(&group.id)).jid)
        .build();
    change(session.net, &group.id, &session.me, group.numbers(), what, move |tx| {
        Box::pin(async move { groups::rename(tx, &id, &subject, &by, now).await })
    })
    .await?;
    Ok(result(request, Vec::new()))
}

/// Adds, removes, promotes or demotes: administrators only, but for adding, which every member may where it is so
/// set.
async fn members(session: &Session<'_>, request: &Node, what: &str) -> Result<Node, Ended> {
    let Some(group) = named(session, request).await? else {
        return Ok(error(request, 404, "item-not-found"));
    };
    let everybody_may = what == "add" && !group.settings.admins_add;
    if !everybody_may && !group.is_admin(&session.me.number) {
        return Ok(error(request, 403, "forbidden"));
    }
    let tag = match what {
        "add" => "add",
        "remove" => "remove",
        "promote" => "promote",
        _ => "demote",
    };
    let (mut numbers, mut answers) = (Vec::new(), Vec::new());
    for jid in participants(child(request, what)) {
        let account = session.net.directory.person(&jid);
        let fits = |number: &str| if what == "add" { !group.has(number) } else { group.has(number) };
        match account.filter(|account| fits(&account.number)) {
            Some(account) => {
                numbers.push(account.number.clone());
                let named = session.net.directory.named_account(&account.number, Some(&group.id));
                answers.push(named.member(node("participant")).build());
            }
            None => answers.push(node("participant").attr("jid", jid).attr("error", "404").build()),
        }
    }
    if group.members.len() + numbers.len() > MAX_MEMBERS {
        return Ok(error(request, 419, "resource-limit"));
    }
    if !numbers.is_empty() {
        let named = numbers.iter().map(|number| session.net.directory.named_account(number, Some(&group.id)));
        let named = named.map(|named| named.member(node("participant")).build());
        let notice = node(tag).children(named.collect::<Vec<_>>()).build();
        let mut concerned = group.numbers();
        concerned.extend(numbers.iter().cloned());
        let (id, what) = (group.id.clone(), tag);
        change(session.net, &group.id, &session.me, concerned, notice, move |tx| {
            Box::pin(async move {
                if what == "add" {
                    let members = numbers.into_iter().map(|number| (number, false)).collect();
                    return groups::add(tx, &id, members).await;
                }
                for number in numbers {
                    match what {
                        "remove" => groups::remove(tx, &id, &number).await?,
                        _ => groups::promote(tx, &id, &number, what == "promote").await?,
                    };
                }
                Ok(())
            })
        })
        .await?;
    }
    Ok(result(request, vec![node(tag).children(answers).build()]))
}

async fn leave(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let wanted = child(request, "leave").map(children).unwrap_or_default();
    let mut left = Vec::new();
    for jid in wanted.iter().filter_map(|group| attr_jid(group, "id")) {
        let group = groups::get(&session.net.store, jid.user.as_str()).await?;
        let Some(group) = group.filter(|group| group.has(&session.me.number)) else { continue };
        let (id, number) = (group.id.clone(), session.me.number.clone());
        let named = session.net.directory.named_account(&number, Some(&group.id));
        let who = named.member(node("participant")).build();
        let notice = node("remove").children([who]).build();
        change(session.net, &group.id, &session.me, group.numbers(), notice, move |tx| {
            Box::pin(async move { groups::remove(tx, &id, &number).await.map(drop) })
        })
        .await?;
        left.push(node("group").attr("id", jid).build());
    }
    Ok(result(request, vec![node("leave").children(left).build()]))
}
