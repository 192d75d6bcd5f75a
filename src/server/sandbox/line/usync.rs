//! Who is on the network, and with which devices (`usync`), and the notices when that changes.

use super::connection::Ended;
use super::session::Session;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::addressing::Addressing;
use crate::server::sandbox::cdn;
use crate::server::sandbox::directory::{Account, jid};
use crate::server::sandbox::limits;
use crate::server::sandbox::network::Network;
use crate::server::sandbox::rows::accounts::{self, AccountRow};
use crate::server::sandbox::rows::links::{self, Address, addresses};
use crate::server::sandbox::rows::queue::{Class, Outgoing};
use crate::server::sandbox::wire::identity::pair_of;
use crate::server::sandbox::wire::stanza::{
    attr_jid, bytes, child, children, encode, error, node, result, seconds,
};
use crate::server::storage::query;
use std::sync::Arc;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;

/// People that may be asked about in one request.
const AT_ONCE: usize = 4_096;

pub async fn answer(session: &Session<'_>, request: &Node) -> Result<Option<Node>, Ended> {
    let Some(usync) = child(request, "usync") else { return Ok(None) };
    let wanted: Vec<&str> = child(usync, "query")
        .map(children)
        .unwrap_or_default()
        .iter()
        .map(|part| part.tag.as_ref())
        .collect();
    let asked = child(usync, "list").map(children).unwrap_or_default();
    if asked.len() > AT_ONCE {
        return Ok(Some(error(request, 406, "not-acceptable")));
    }
    let mut users = Vec::with_capacity(asked.len());
    for entry in asked {
        users.extend(user(session.net, entry, &wanted).await?);
    }
    let answer = node("usync").attr("index", "0").attr("last", "true").attr("mode", "query");
    let list = node("list").children(users).build();
    Ok(Some(result(request, vec![answer.children([list]).build()])))
}

async fn user(net: &Arc<Network>, entry: &Node, wanted: &[&str]) -> Result<Option<Node>, SandboxError> {
    let by_number = child(entry, "contact").and_then(bytes);
    let (asked, account) = match (&by_number, attr_jid(entry, "jid")) {
        (Some(number), _) => {
            let number = String::from_utf8_lossy(number);
            let digits: String = number.chars().filter(char::is_ascii_digit).take(20).collect();
            let account = limits::number(&digits).ok().and_then(|number| net.directory.number(&number));
            (Jid::pn(digits), account)
        }
        (None, Some(jid)) => {
            let account = net.directory.person(&jid);
            (jid.to_non_ad(), account)
        }
        (None, None) => return Ok(None),
    };
    let mut parts = Vec::new();
    if by_number.is_some() {
        let found = if account.is_some() { "in" } else { "out" };
        parts.push(node("contact").attr("type", found).build());
    }
    let row = match &account {
        Some(account) => accounts::get(&net.store, &account.number).await?,
        None => None,
    };
    let (Some(account), Some(row)) = (account, row) else {
        return Ok(Some(node("user").attr("jid", asked).children(parts).build()));
    };
    for what in wanted {
        match *what {
            "lid" => parts.push(node("lid").attr("val", Jid::lid(account.lid.as_str())).build()),
            "devices" => parts.push(devices(net, &row).await?),
            "status" => {
                let set = seconds(row.created_at);
                parts.push(node("status").attr("t", set).string_content(row.about.as_str()).build());
            }
            "picture" => {
                let picture = |name: &String| node("picture").attr("id", cdn::picture_id(name)).build();
                parts.extend(row.picture.as_ref().map(picture));
            }
            _ => {}
        }
    }
    let by_lid = asked.is_lid();
    let user = node("user").attr("jid", if by_lid { asked } else { account.jid() });
    // Who is known by LID alone is not known better by asking for it.
    let hidden = by_lid && account.addressing() == Addressing::Hidden;
    let user = if hidden { user } else { user.attr("pn_jid", account.jid()) };
    Ok(Some(user.children(parts).build()))
}

/// The devices of an account: the phone, and those that can be written to.
async fn devices(net: &Network, row: &AccountRow) -> Result<Node, SandboxError> {
    let linked = addresses(&net.store, std::slice::from_ref(&row.number)).await?;
    let mut list = vec![node("device").attr("id", "0").build()];
    list.extend(linked.iter().map(|address| {
        let id = address.device.to_string();
        node("device").attr("id", id.clone()).attr("key-index", id).build()
    }));
    let mut parts = vec![node("device-list").attr("hash", list_hash(&linked)).children(list).build()];
    if !linked.is_empty() {
        parts.push(key_index(net, row, &linked)?);
    }
    Ok(node("devices").children(parts).build())
}

/// Changes whenever the list does.
fn list_hash(linked: &[Address]) -> String {
    let ids: Vec<String> = linked.iter().map(|address| address.device.to_string()).collect();
    format!("2:{}", crate::server::sandbox::cdn::name_of(ids.join(",").as_bytes()).split_at(12).0)
}

/// The list of valid devices, signed by the account.
fn key_index(net: &Network, row: &AccountRow, linked: &[Address]) -> Result<Node, SandboxError> {
    let at = net.source.now();
    let devices: Vec<u32> = linked.iter().map(|address| u32::from(address.device)).collect();
    let details = wa::ADVKeyIndexList {
        raw_id: Some(1),
        timestamp: Some(at.div_euclid(1_000).unsigned_abs()),
        current_index: devices.iter().max().copied().or(Some(0)),
        valid_indexes: std::iter::once(0).chain(devices).collect(),
        ..Default::default()
    }
    .encode_to_vec();
    let signed = [&[6_u8, 2][..], &details].concat();
    let signature = pair_of(&row.identity_key)?.calculate_signature(&signed, &mut net.source.rng());
    let list = wa::ADVSignedKeyIndexList {
        details: Some(details),
        account_signature: Some(signature.map_err(SandboxError::crypto)?.to_vec()),
        ..Default::default()
    };
    Ok(node("key-index-list").attr("ts", seconds(at)).bytes(list.encode_to_vec()).build())
}

/// Everybody who has a chat or a group with an account.
async fn acquaintances(net: &Network, number: &str) -> Result<Vec<String>, SandboxError> {
    let text = "SELECT DISTINCT chat AS other FROM sandbox_messages WHERE number = $1 UNION SELECT DISTINCT \
                m.number AS other FROM sandbox_members m WHERE m.group_id IN (SELECT group_id FROM \
                sandbox_members WHERE number = $1)";
    let rows = net.store.rows(query(text).bind(number)).await?;
    let mut others = Vec::new();
    for row in rows {
        let other = row.text("other")?;
        if other != number && !other.contains('@') {
            others.push(other);
        }
    }
    Ok(others)
}

/// The notices that an account has a device more, or one less: for its own other devices, and for those of
/// everybody who writes to it. Without them they would not encrypt for it.
pub async fn device_news(
    net: &Arc<Network>,
    device: &Address,
    added: bool,
) -> Result<Vec<Outgoing>, SandboxError> {
    let account: Arc<Account> = net.directory.need(&device.number)?;
    let Some(row) = accounts::get(&net.store, &device.number).await? else { return Ok(Vec::new()) };
    let now = net.source.now();
    let own = std::slice::from_ref(&device.number);
    let mut linked = addresses(&net.store, own).await?;
    linked.retain(|address| address != device);
    let others = addresses(&net.store, &acquaintances(net, &device.number).await?).await?;
    let mut news = Vec::new();
    let own_devices = linked.clone();
    if added {
        linked.push(device.clone());
    }
    let shown = net.directory.named(device, None).jid;
    let named = node("device").attr("jid", shown).attr("key-index", device.device.to_string());
    let change = node(if added { "add" } else { "remove" })
        .attr("device_hash", list_hash(&linked))
        .children([named.build(), key_index(net, &row, &linked)?])
        .build();
    for to in others {
        let id = net.stanza_id();
        let stanza = node("notification").attr("from", account.shown_jid());
        let stanza = match account.addressing() {
            Addressing::Pn => stanza.attr("lid", Jid::lid(account.lid.as_str())),
            Addressing::Lid | Addressing::Hidden => stanza,
        };
        let stanza = stanza
            .attr("type", "devices")
            .attr("id", id.clone())
            .attr("t", seconds(now))
            .children([change.clone()])
            .build();
        news.push(notice(to, id, &stanza)?);
    }
    let list = std::iter::once(node("device").attr("jid", account.jid()).build()).chain(linked.iter().map(
        |address| {
            node("device").attr("jid", jid(address)).attr("key-index", address.device.to_string()).build()
        },
    ));
    let list = list.collect::<Vec<_>>();
    for to in own_devices {
        let id = net.stanza_id();
        let devices = node("devices").attr("dhash", list_hash(&linked)).children(list.clone());
        let stanza = node("notification")
            .attr("from", account.jid())
            .attr("type", "account_sync")
            .attr("id", id.clone())
            .attr("t", seconds(now))
            .children([devices.build()])
            .build();
        news.push(notice(to, id, &stanza)?);
    }
    Ok(news)
}

/// A notification for a device's queue.
pub fn notice(to: Address, id: String, stanza: &Node) -> Result<Outgoing, SandboxError> {
    let stanza = encode(stanza).map_err(SandboxError::crypto)?;
    Ok(Outgoing { to, class: Class::Notification, stanza_id: id, stanza })
}

/// Removes a device of an account, with its notices. Answers whether it was there.
///
/// # Errors
/// [`SandboxError::Storage`].
pub async fn unlink(net: &Arc<Network>, device: &Address) -> Result<bool, SandboxError> {
    let news = device_news(net, device, false).await?;
    let wake: Vec<Address> = news.iter().map(|stanza| stanza.to.clone()).collect();
    let address = device.clone();
    let removed = net
        .store
        .write(move |tx| {
            Box::pin(async move {
                let removed = links::remove(tx, &address).await?;
                if removed {
                    crate::server::sandbox::rows::queue::push(tx, news).await?;
                }
                Ok(removed)
            })
        })
        .await?;
    if removed {
        net.directory.wake(&wake);
    }
    Ok(removed)
}
