//! Keys that devices publish and fetch (`encrypt`).

use super::bundles::{self, Taken};
use super::connection::Ended;
use super::session::Session;
use super::usync;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::limits::MAX_PREKEYS;
use crate::server::sandbox::rows::links::{self, Address, UploadedKeys};
use crate::server::sandbox::rows::queue::{self, Class, Outgoing};
use crate::server::sandbox::wire::stanza::{
    attr_jid, big_endian, child, child_bytes, children, encode, error, key_id, node, result, seconds,
};
use crate::server::storage::query;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::prekeys::compute_key_bundle_digest;
use whatsapp_rust::wacore_binary::Node;

/// Devices whose keys may be fetched in one request.
const AT_ONCE: usize = 2_048;

pub async fn answer(session: &Session<'_>, request: &Node, what: &str) -> Result<Option<Node>, Ended> {
    Ok(Some(match what {
        "registration" | "list" => upload(session, request).await?,
        "rotate" => rotate(session, request).await?,
        "count" => {
            let count = links::left(&session.net.store, &session.me).await?;
            result(request, vec![node("count").attr("value", count.to_string()).build()])
        }
        "digest" => digest(session, request).await?,
        "key" => fetch(session, request).await?,
        _ => return Ok(None),
    }))
}

fn signed_prekey(node: &Node) -> Option<(u32, [u8; 32], Vec<u8>)> {
    let id = big_endian(&child_bytes(node, "id")?)?;
    Some((id, child_bytes(node, "value")?.try_into().ok()?, child_bytes(node, "signature")?))
}

/// A device publishes its keys. After the first time, its phone sends it keys and history, and everybody
/// who writes to the account learns that there is a device more.
async fn upload(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let registration = child_bytes(request, "registration").and_then(|id| big_endian(&id));
    let signed = child(request, "skey").and_then(signed_prekey);
    let (Some(registration_id), Some((signed_prekey_id, signed_prekey, signature))) = (registration, signed)
    else {
        return Ok(error(request, 406, "not-acceptable"));
    };
    let keys = UploadedKeys { registration_id, signed_prekey_id, signed_prekey, signature };
    let list = child(request, "list").map(children).unwrap_or_default();
    let one_time = list
        .iter()
        .filter_map(|key| {
            Some((big_endian(&child_bytes(key, "id")?)?, child_bytes(key, "value")?.try_into().ok()?))
        })
        .collect();
    let link = links::get(&session.net.store, &session.me).await?;
    let first = link.is_some_and(|link| link.keys.is_none());
    let news = if first { arrivals(session).await? } else { Vec::new() };
    let wake: Vec<Address> = news.iter().map(|stanza| stanza.to.clone()).collect();
    let me = session.me.clone();
    session
        .net
        .store
        .write(move |tx| {
            Box::pin(async move {
                links::upload(tx, &me, Some(keys), one_time, MAX_PREKEYS).await?;
                queue::push(tx, news).await
            })
        })
        .await?;
    session.net.directory.wake(&wake);
    Ok(result(request, Vec::new()))
}

/// What a device's first keys set going: the phone's bootstrap, and notices to everybody concerned.
async fn arrivals(session: &Session<'_>) -> Result<Vec<Outgoing>, SandboxError> {
    let net = session.net;
    let bootstrap = node("bootstrap").attr("device", session.me.device.to_string()).build();
    let mut news = vec![Outgoing {
        to: Address { number: session.me.number.clone(), device: 0 },
        class: Class::Notification,
        stanza_id: net.stanza_id(),
        stanza: encode(&bootstrap).map_err(SandboxError::crypto)?,
    }];
    news.extend(usync::device_news(net, &session.me, true).await?);
    Ok(news)
}

async fn rotate(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let signed = child(request, "rotate").and_then(|rotate| child(rotate, "skey")).and_then(signed_prekey);
    let Some((id, key, signature)) = signed else { return Ok(error(request, 406, "not-acceptable")) };
    let text = "UPDATE sandbox_links SET signed_prekey_id = $3, signed_prekey = $4, signed_prekey_signature = $5 \
                WHERE number = $1 AND device = $2";
    let update = query(text).bind(&session.me.number).bind(session.me.device).bind(id).bind(key);
    session.net.store.execute(update.bind(signature)).await?;
    Ok(result(request, Vec::new()))
}

/// What the server has of the device's own keys, with a hash over them.
async fn digest(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let link = links::get(&session.net.store, &session.me).await?;
    let Some((identity, keys)) = link.and_then(|link| Some((link.identity, link.keys?))) else {
        return Ok(error(request, 404, "item-not-found"));
    };
    let one_time = links::prekeys(&session.net.store, &session.me).await?;
    let public: Vec<&[u8]> = one_time.iter().map(|(_, key)| key.as_slice()).collect();
    let hash = compute_key_bundle_digest(&identity, &keys.signed_prekey, &keys.signature, &public);
    let list = one_time.iter().map(|(id, _)| key_id(*id)).collect::<Vec<_>>();
    let digest = node("digest").children([
        node("registration").bytes(keys.registration_id.to_be_bytes().to_vec()).build(),
        node("type").bytes(vec![5]).build(),
        node("identity").bytes(identity.to_vec()).build(),
        node("skey")
            .children([
                key_id(keys.signed_prekey_id),
                node("value").bytes(keys.signed_prekey.to_vec()).build(),
                node("signature").bytes(keys.signature.clone()).build(),
            ])
            .build(),
        node("list").children(list).build(),
        node("hash").bytes(hash).build(),
    ]);
    Ok(result(request, vec![digest.build()]))
}

async fn fetch(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let wanted = child(request, "key").map(children).unwrap_or_default();
    if wanted.len() > AT_ONCE {
        return Ok(error(request, 406, "not-acceptable"));
    }
    let mut users = Vec::with_capacity(wanted.len());
    for jid in wanted.iter().filter_map(|user| attr_jid(user, "jid")) {
        let taken = match session.net.directory.address(&jid) {
            Some(address) => bundles::take(session.net, &address).await?,
            None => None,
        };
        users.push(match taken {
            Some(taken) => bundle_node(&jid, &taken),
            None => node("user")
                .attr("jid", jid)
                .children([node("error").attr("code", "406").attr("text", "not-acceptable").build()])
                .build(),
        });
    }
    Ok(result(request, vec![node("list").children(users).build()]))
}

fn bundle_node(jid: &Jid, taken: &Taken) -> Node {
    let keys = &taken.keys;
    let mut parts = vec![
        node("registration").bytes(keys.registration_id.to_be_bytes().to_vec()).build(),
        node("type").bytes(vec![5]).build(),
        node("identity").bytes(keys.identity.to_vec()).build(),
        node("skey")
            .children([
                key_id(keys.signed_prekey_id),
                node("value").bytes(keys.signed_prekey.to_vec()).build(),
                node("signature").bytes(keys.signature.clone()).build(),
            ])
            .build(),
    ];
    if let Some((id, key)) = &keys.one_time {
        parts.push(node("key").children([key_id(*id), node("value").bytes(key.to_vec()).build()]).build());
    }
    if let Some(identity) = &taken.signed_identity {
        parts.push(node("device-identity").bytes(identity.clone()).build());
    }
    node("user").attr("jid", jid.clone()).children(parts).build()
}

/// Tells a device that its one-time prekeys run low.
pub fn low_notice(id: &str, now: i64, left: i64) -> Node {
    node("notification")
        .attr("from", crate::server::sandbox::wire::stanza::SERVER)
        .attr("type", "encrypt")
        .attr("id", id.to_owned())
        .attr("t", seconds(now))
        .children([node("count").attr("value", left.to_string()).build()])
        .build()
}
