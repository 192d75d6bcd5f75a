//! Pictures, abouts, and the end of a link.

use super::connection::Ended;
use super::groups::tell;
use super::session::Session;
use super::usync;
use crate::server::sandbox::cdn;
use crate::server::sandbox::event::PhoneEventKind;
use crate::server::sandbox::limits::MAX_PICTURE;
use crate::server::sandbox::rows::{accounts, groups};
use crate::server::sandbox::wire::stanza::{attr, attr_jid, bytes, child, error, node, result, seconds};
use crate::server::storage::{StorageError, query};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::{Node, Server};

/// Characters of an about text at most, as WhatsApp allows.
const MAX_ABOUT: usize = 139;

/// Where a picture lies; or a new picture of one's own.
pub async fn picture(session: &Session<'_>, request: &Node, kind: &str) -> Result<Option<Node>, Ended> {
    let target =
        attr_jid(request, "target").or_else(|| attr_jid(request, "to")).filter(|jid| !jid.user.is_empty());
    if kind == "set" {
        return set_picture(session, request, target).await.map(Some);
    }
    let name = match &target {
        Some(jid) => stored_picture(session, jid).await?,
        None => None,
    };
    let kind = child(request, "picture").and_then(|picture| attr(picture, "type"));
    let had = child(request, "picture").and_then(|picture| attr(picture, "id"));
    let picture = node("picture");
    Ok(Some(match name {
        Some(name) if had == Some(cdn::picture_id(&name)) => result(request, Vec::new()),
        Some(name) => {
            let (id, url, path) = (cdn::picture_id(&name), cdn::url(&name), cdn::path(&name));
            let picture = picture.attr("type", kind.unwrap_or_else(|| "preview".to_owned()));
            result(request, vec![picture.attr("id", id).attr("url", url).attr("direct_path", path).build()])
        }
        None => {
            let missing = node("error").attr("code", "404").attr("text", "item-not-found").build();
            result(request, vec![picture.children([missing]).build()])
        }
    }))
}

async fn stored_picture(session: &Session<'_>, jid: &Jid) -> Result<Option<String>, Ended> {
    let store = &session.net.store;
    if jid.server == Server::Group {
        return Ok(groups::get(store, jid.user.as_str()).await?.and_then(|group| group.picture));
    }
    let Some(account) = session.net.directory.person(jid) else { return Ok(None) };
    Ok(accounts::get(store, &account.number).await?.and_then(|row| row.picture))
}

async fn set_picture(session: &Session<'_>, request: &Node, target: Option<Jid>) -> Result<Node, Ended> {
    let image = child(request, "picture").and_then(bytes);
    if image.as_ref().is_some_and(|image| image.is_empty() || image.len() > MAX_PICTURE) {
        return Ok(error(request, 406, "not-acceptable"));
    }
    let (jid, group, concerned) = match target {
        Some(jid) if jid.server == Server::Group => {
            let group = groups::get(&session.net.store, jid.user.as_str()).await?;
            let Some(group) = group.filter(|group| group.has(&session.me.number)) else {
                return Ok(error(request, 404, "item-not-found"));
            };
            if group.settings.locked && !group.is_admin(&session.me.number) {
                return Ok(error(request, 403, "forbidden"));
            }
            (jid, Some(group.id.clone()), group.numbers())
        }
        Some(jid) if jid.user != session.me.number.as_str() => {
            return Ok(error(request, 406, "not-acceptable"));
        }
        _ => (session.account.shown_jid(), None, acquainted(session).await?),
    };
    let (number, now) = (session.me.number.clone(), session.net.source.now());
    let picture = image.as_deref().map(cdn::name_of);
    let told = match &picture {
        Some(picture) => node("set").attr("id", cdn::picture_id(picture)),
        None => node("delete"),
    };
    let told = told.attr("jid", &jid).attr("author", session.account.shown_jid()).build();
    let (id, notice) = notice(session, &jid, "picture", told);
    let kept = picture.clone();
    tell(session.net, &session.me, concerned, id, &notice, move |tx| {
        Box::pin(async move {
            if let (Some(name), Some(image)) = (&kept, image) {
                cdn::keep(tx, name, image, now).await?;
            }
            match group {
                Some(group) => groups::set_picture(tx, &group, kept).await,
                None => {
                    let update = query("UPDATE sandbox_accounts SET picture = $2 WHERE number = $1");
                    tx.execute(update.bind(number).bind(kept)).await.map(drop)
                }
            }
        })
    })
    .await?;
    let shown = node("picture");
    Ok(result(
        request,
        vec![match picture {
            Some(name) => shown.attr("id", cdn::picture_id(&name)).build(),
            None => shown.build(),
        }],
    ))
}

/// A notice about somebody or a group, with its id.
fn notice(session: &Session<'_>, from: &Jid, kind: &'static str, what: Node) -> (String, Node) {
    let id = session.net.stanza_id();
    let notice = node("notification")
        .attr("from", from)
        .attr("type", kind)
        .attr("id", id.clone())
        .attr("t", seconds(session.net.source.now()))
        .children([what])
        .build();
    (id, notice)
}

/// Who hears of the account's changes: itself, and everybody who has it in the address book or has written with it.
async fn acquainted(session: &Session<'_>) -> Result<Vec<String>, StorageError> {
    let select = query(
        "SELECT a.number FROM sandbox_accounts a WHERE a.number = $1 \
         OR EXISTS (SELECT 1 FROM sandbox_contacts c WHERE c.number = a.number AND c.contact = $1) \
         OR EXISTS (SELECT 1 FROM sandbox_messages m WHERE m.number = a.number AND m.chat = $1)",
    );
    let rows = session.net.store.rows(select.bind(&session.me.number)).await?;
    rows.iter().map(|row| row.text("number")).collect()
}

/// A new about text.
pub async fn about(session: &Session<'_>, request: &Node) -> Result<Option<Node>, Ended> {
    let text = child(request, "status").and_then(bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).replace('\0', "");
    if text.chars().count() > MAX_ABOUT {
        return Ok(Some(error(request, 406, "not-acceptable")));
    }
    let told = node("set").bytes(text.clone().into_bytes()).build();
    let (id, notice) = notice(session, &session.account.shown_jid(), "status", told);
    let (number, concerned) = (session.me.number.clone(), acquainted(session).await?);
    tell(session.net, &session.me, concerned, id, &notice, move |tx| {
        Box::pin(async move {
            let update = query("UPDATE sandbox_accounts SET about = $2 WHERE number = $1");
            tx.execute(update.bind(number).bind(text)).await.map(drop)
        })
    })
    .await?;
    Ok(Some(result(request, Vec::new())))
}

/// The device ends its link by itself.
pub async fn log_out(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    if usync::unlink(session.net, &session.me).await? {
        let gone = PhoneEventKind::Unlinked { device: session.device.clone() };
        session.net.tell(&session.me.number, gone);
    }
    Ok(result(request, Vec::new()))
}
