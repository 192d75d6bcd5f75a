//! A device misses the file of a message: its phone uploads the file again, and says where it is then.

use super::session::Session;
use super::writer::Writer;
use crate::server::sandbox::phone::media;
use crate::server::sandbox::rows::messages;
use crate::server::sandbox::wire::stanza::{attr, child, child_bytes, node};
use crate::server::sandbox::{SandboxError, cdn};
use whatsapp_rust::wacore::crypto::hkdf_sha256_into;
use whatsapp_rust::wacore::libsignal::crypto::aes_256_gcm_encrypt;
use whatsapp_rust::wacore::media_retry::decrypt_media_retry_notification;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::media_retry_notification::ResultType;

/// What the key of an answer is derived with.
const INFO: &[u8] = b"WhatsApp Media Retry Notification";
/// The phone does not have the file.
const NOT_FOUND: &str = "2";
/// The phone cannot read what it is asked for.
const UNREADABLE: &str = "3";

/// Answers a request for a file.
pub async fn answer(session: &Session<'_>, stanza: &Node, writer: &mut Writer) -> Result<(), SandboxError> {
    let Some(id) = attr(stanza, "id") else { return Ok(()) };
    let told = node("notification")
        .attr("type", "mediaretry")
        .attr("id", id.as_str())
        .attr("from", session.account.jid())
        .attr("t", crate::server::sandbox::wire::stanza::seconds(session.net.source.now()));
    let answer = match again(session, stanza, &id).await? {
        Ok(sealed) => sealed,
        Err(code) => node("error").attr("code", code).build(),
    };
    writer.send(&told.children([answer]).build());
    Ok(())
}

/// Where the file is now, sealed with its key; or why it is nowhere.
async fn again(
    session: &Session<'_>,
    stanza: &Node,
    id: &str,
) -> Result<Result<Node, &'static str>, SandboxError> {
    let net = session.net;
    if net.faults.effects(&session.device).media_gone {
        return Ok(Err(NOT_FOUND));
    }
    let Some(row) = messages::anywhere(&net.store, &session.me.number, id).await? else {
        return Ok(Err(NOT_FOUND));
    };
    let message = wa::Message::decode_from_slice(row.raw.as_slice()).map_err(SandboxError::crypto)?;
    let Some(found) = media::find(&message) else { return Ok(Err(NOT_FOUND)) };
    let asked = child(stanza, "encrypt")
        .and_then(|sealed| Some((child_bytes(sealed, "enc_p")?, child_bytes(sealed, "enc_iv")?)));
    let Some((sealed, iv)) = asked else { return Ok(Err(UNREADABLE)) };
    // Only who has the message has the key.
    if decrypt_media_retry_notification(&found.key, id, &iv, &sealed).is_err() {
        return Ok(Err(UNREADABLE));
    }
    if cdn::read(&net.store, &found.name).await?.is_none() {
        return Ok(Err(NOT_FOUND));
    }
    let says = wa::MediaRetryNotification {
        stanza_id: Some(id.to_owned()),
        direct_path: Some(cdn::path_again(&found.name)),
        result: Some(ResultType::SUCCESS),
        ..Default::default()
    };
    let mut key = [0; 32];
    hkdf_sha256_into(&found.key, None, INFO, &mut key).map_err(SandboxError::crypto)?;
    let (iv, mut sealed) = (net.source.bytes::<12>(), Vec::new());
    aes_256_gcm_encrypt(&key, &iv, id.as_bytes(), &says.encode_to_vec(), &mut sealed)
        .map_err(SandboxError::crypto)?;
    let parts = [node("enc_p").bytes(sealed).build(), node("enc_iv").bytes(iv.to_vec()).build()];
    Ok(Ok(node("encrypt").children(parts).build()))
}
