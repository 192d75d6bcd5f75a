//! App state of an account, kept for its devices: encrypted patches in order (`w:sync:app:state`).

use super::connection::Ended;
use super::session::Session;
use super::usync::notice;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::phone::changed_stanza;
use crate::server::sandbox::rows::app_state;
use crate::server::sandbox::rows::queue;
use crate::server::sandbox::wire::stanza::{attr, child, child_bytes, children, node, result};
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp as wa;

/// Patches that are handed out at a time.
const PAGE: u32 = 100;
/// The collections that there are; no other is kept.
const COLLECTIONS: [&str; 5] =
    ["critical_block", "critical_unblock_low", "regular_low", "regular_high", "regular"];

pub async fn answer(session: &Session<'_>, request: &Node) -> Result<Option<Node>, Ended> {
    let Some(sync) = child(request, "sync") else { return Ok(None) };
    let mut answers = Vec::new();
    for wanted in children(sync).iter().filter(|part| part.tag == "collection") {
        let name = attr(wanted, "name").unwrap_or_default();
        if !COLLECTIONS.contains(&name.as_str()) {
            let error = node("error").attr("code", "404").attr("text", "item-not-found").build();
            answers
                .push(node("collection").attr("name", name).attr("type", "error").children([error]).build());
            continue;
        }
        let have = attr(wanted, "version").and_then(|version| version.parse().ok()).unwrap_or(0);
        let pushed = match child_bytes(wanted, "patch") {
            Some(patch) => Some(push(session, &name, have, &patch).await?),
            None => None,
        };
        answers.push(collection(session, &name, have, pushed).await?);
    }
    Ok(Some(result(request, vec![node("sync").children(answers).build()])))
}

/// What a device gets for a collection: that its own patch is in, or what it lacks.
async fn collection(
    session: &Session<'_>,
    name: &str,
    have: u64,
    pushed: Option<bool>,
) -> Result<Node, SandboxError> {
    let answer = node("collection").attr("name", name.to_owned());
    if pushed == Some(true) {
        return Ok(answer.attr("version", (have + 1).to_string()).build());
    }
    let page = app_state::after(&session.net.store, &session.me.number, name, have, PAGE).await?;
    let version = page.last().map_or(have, |(version, _)| *version);
    let more = page.len() == PAGE as usize;
    let mut answer = answer.attr("version", version.to_string());
    if more {
        answer = answer.attr("has_more_patches", "true");
    }
    let patches = page.into_iter().map(|(_, patch)| node("patch").bytes(patch).build()).collect::<Vec<_>>();
    let mut parts = Vec::new();
    if pushed == Some(false) {
        answer = answer.attr("type", "error");
        parts.push(node("error").attr("code", "409").attr("text", "conflict").build());
    }
    if !patches.is_empty() {
        parts.push(node("patches").children(patches).build());
    }
    Ok(if parts.is_empty() { answer.build() } else { answer.children(parts).build() })
}

/// Takes a device's patch, if it was made for the newest version; then tells the other devices.
async fn push(session: &Session<'_>, name: &str, base: u64, patch: &[u8]) -> Result<bool, SandboxError> {
    let Ok(mut patch) = wa::SyncdPatch::decode_from_slice(patch) else { return Ok(false) };
    let version = base.saturating_add(1);
    patch.version = MessageField::some(wa::SyncdVersion { version: Some(version) });
    let (bytes, id, me, name) =
        (patch.encode_to_vec(), session.net.stanza_id(), session.me.clone(), name.to_owned());
    let stanza = changed_stanza(&id, session.net.source.now(), &[(name.clone(), version)]);
    let template = notice(me.clone(), id, &stanza)?;
    let told = session
        .net
        .store
        .write(move |tx| {
            Box::pin(async move {
                if app_state::version(tx, &me.number, &name).await? != base {
                    return Ok(None);
                }
                app_state::append(tx, &me.number, &name, version, bytes).await?;
                let others = app_state::others(tx, &me.number, Some(me.device)).await?;
                let news = others.iter().map(|to| queue::Outgoing { to: to.clone(), ..template.clone() });
                queue::push(tx, news.collect()).await?;
                Ok(Some(others))
            })
        })
        .await?;
    let Some(told) = told else { return Ok(false) };
    session.net.directory.wake(&told);
    Ok(true)
}
