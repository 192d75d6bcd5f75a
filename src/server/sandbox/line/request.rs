//! A device's requests, by namespace.

use super::connection::Ended;
use super::session::Session;
use super::{app_state, blocklist, groups, keys, profile, usync};
use crate::server::sandbox::addressing::Addressing;
use crate::server::sandbox::cdn;
use crate::server::sandbox::wire::stanza::{attr, children, error, node, result};
use whatsapp_rust::wacore_binary::Node;

/// The number of the setting that says so (`lid_one_on_one_migration_enabled`).
const BY_LID: &str = "9435";

/// Answers a request. What we do not know is refused, counted and logged.
pub async fn answer(session: &mut Session<'_>, request: &Node) -> Result<Node, Ended> {
    let namespace = attr(request, "xmlns").unwrap_or_default();
    let kind = attr(request, "type").unwrap_or_default();
    let first = children(request).first().map(|child| child.tag.to_string()).unwrap_or_default();
    let answered = match (namespace.as_str(), first.as_str()) {
        // Keep-alive, being active, cleaned notices, statistics: taken.
        ("w:p" | "urn:xmpp:ping" | "passive" | "urn:xmpp:whatsapp:dirty" | "w:stats", _) => {
            Some(result(request, Vec::new()))
        }
        ("abt", _) => {
            let props = node("props").attr("protocol", "1").attr("hash", "sandbox").attr("refresh", "86400");
            // An account that WhatsApp moved to LIDs addresses people by LID itself.
            let moved = (session.account.addressing() == Addressing::Lid)
                .then(|| node("prop").attr("config_code", BY_LID).attr("config_value", "1").build());
            Some(result(request, vec![props.children(moved.into_iter().collect::<Vec<_>>()).build()]))
        }
        ("blocklist", _) => Some(blocklist::answer(session, request).await?),
        ("privacy", "privacy") if kind == "get" => Some(result(request, vec![privacy()])),
        ("privacy", "tokens") => Some(result(request, Vec::new())),
        ("w:m", _) => Some(result(request, vec![media_hosts()])),
        ("encrypt", _) => keys::answer(session, request, &first).await?,
        ("usync", _) => usync::answer(session, request).await?,
        ("w:sync:app:state", _) => app_state::answer(session, request).await?,
        ("w:g2", _) => groups::answer(session, request, &first).await?,
        ("w:profile:picture", _) => profile::picture(session, request, &kind).await?,
        ("status", "status") if kind == "set" => profile::about(session, request).await?,
        ("md", "remove-companion-device") => Some(profile::log_out(session, request).await?),
        _ => None,
    };
    Ok(answered.unwrap_or_else(|| {
        session.net.unknown(&format!("iq {kind} {namespace} <{first}>"));
        error(request, 501, "feature-not-implemented")
    }))
}

/// Everything may be seen by everybody.
fn privacy() -> Node {
    let kinds = ["last", "online", "profile", "status", "groupadd", "readreceipts", "calladd"];
    let category = |kind: &'static str| node("category").attr("name", kind).attr("value", "all").build();
    node("privacy").children(kinds.map(category)).build()
}

fn media_hosts() -> Node {
    node("media_conn")
        .attr("auth", "sandbox")
        .attr("ttl", "3600")
        .attr("auth_ttl", "3600")
        .attr("max_buckets", "12")
        .children([node("host").attr("hostname", cdn::HOST).build()])
        .build()
}
