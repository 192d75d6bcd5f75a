//! Whom an account has blocked (`blocklist`). Blocked people are kept by their LIDs, as WhatsApp does.

use super::connection::Ended;
use super::session::Session;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::wire::stanza::{attr_is, attr_jid, child, error, node, result};
use crate::server::storage::query;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;

pub async fn answer(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    if attr_is(request, "type", "get") {
        return list(session, request).await;
    }
    let Some(item) = child(request, "item") else { return Ok(error(request, 400, "bad-request")) };
    let person = attr_jid(item, "jid").and_then(|jid| session.net.directory.person(&jid));
    let Some(person) = person.filter(|person| person.number != session.me.number) else {
        return Ok(error(request, 406, "not-acceptable"));
    };
    let change = if attr_is(item, "action", "block") {
        query(
            "INSERT INTO sandbox_blocks (number, blocked) VALUES ($1, $2) ON CONFLICT (number, blocked) DO NOTHING",
        )
    } else {
        query("DELETE FROM sandbox_blocks WHERE number = $1 AND blocked = $2")
    };
    let change = change.bind(&session.me.number).bind(&person.number);
    session.net.store.execute(change).await.map_err(SandboxError::from)?;
    list(session, request).await
}

async fn list(session: &Session<'_>, request: &Node) -> Result<Node, Ended> {
    let select = query("SELECT blocked FROM sandbox_blocks WHERE number = $1 ORDER BY blocked");
    let rows = session.net.store.rows(select.bind(&session.me.number)).await.map_err(SandboxError::from)?;
    let mut items = Vec::new();
    for row in rows {
        let blocked = row.text("blocked").map_err(SandboxError::from)?;
        if let Some(account) = session.net.directory.number(&blocked) {
            items.push(node("item").attr("jid", Jid::lid(account.lid.as_str())).build());
        }
    }
    let list = node("list").attr("dhash", items.len().to_string()).children(items).build();
    Ok(result(request, vec![list]))
}
