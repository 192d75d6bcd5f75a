//! Reading and making stanzas: small helpers over the engine's own node types.

use super::WireError;
use bytes::BytesMut;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::builder::NodeBuilder;
use whatsapp_rust::wacore_binary::{Node, NodeContent, NodeValue, OwnedNodeRef, marshal, util};

/// The domain of people and of the server itself.
pub const SERVER: &str = "s.whatsapp.net";

/// Begins a stanza.
#[must_use]
pub fn node(tag: &'static str) -> NodeBuilder {
    NodeBuilder::new(tag)
}

/// An attribute as text.
#[must_use]
pub fn attr(node: &Node, key: &str) -> Option<String> {
    node.attrs.get(key).map(|value| value.as_str().into_owned())
}

/// An attribute as a JID.
#[must_use]
pub fn attr_jid(node: &Node, key: &str) -> Option<Jid> {
    node.attrs.get(key).and_then(NodeValue::to_jid)
}

/// Whether an attribute has this value.
#[must_use]
pub fn attr_is(node: &Node, key: &str, value: &str) -> bool {
    node.attrs.get(key).is_some_and(|found| found.as_str() == value)
}

/// The first child with this tag.
#[must_use]
pub fn child<'n>(node: &'n Node, tag: &str) -> Option<&'n Node> {
    node.get_optional_child(tag)
}

/// All children.
#[must_use]
pub fn children(node: &Node) -> &[Node] {
    node.children().unwrap_or_default()
}

/// The content as bytes.
#[must_use]
pub fn bytes(node: &Node) -> Option<Vec<u8>> {
    match node.content.as_ref()? {
        NodeContent::Bytes(bytes) => Some(bytes.to_vec()),
        NodeContent::String(text) => Some(text.as_bytes().to_vec()),
        NodeContent::Nodes(_) => None,
    }
}

/// The bytes of a child.
#[must_use]
pub fn child_bytes(node: &Node, tag: &str) -> Option<Vec<u8>> {
    child(node, tag).and_then(bytes)
}

/// Up to four bytes as a big-endian number.
#[must_use]
pub fn big_endian(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() || bytes.len() > 4 {
        return None;
    }
    Some(bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

/// A key's number as it travels: three bytes.
#[must_use]
pub fn key_id(id: u32) -> Node {
    node("id").bytes(id.to_be_bytes()[1..].to_vec()).build()
}

/// Seconds, as the wire counts them.
#[must_use]
pub fn seconds(millis: crate::protocol::Millis) -> String {
    millis.div_euclid(1_000).to_string()
}

/// The answer to a request, with what it asked for.
#[must_use]
pub fn result(request: &Node, content: Vec<Node>) -> Node {
    let mut reply = node("iq").attr("from", SERVER).attr("type", "result");
    if let Some(id) = attr(request, "id") {
        reply = reply.attr("id", id);
    }
    if content.is_empty() { reply.build() } else { reply.children(content).build() }
}

/// The refusal of a request.
#[must_use]
pub fn error(request: &Node, code: u16, text: &'static str) -> Node {
    node("iq")
        .attr("from", SERVER)
        .attr("type", "error")
        .attr("id", attr(request, "id").unwrap_or_default())
        .children([node("error").attr("code", code.to_string()).attr("text", text).build()])
        .build()
}

/// A stanza as it travels, before the transport's encryption.
///
/// # Errors
/// [`WireError::Frame`] if it cannot be encoded.
pub fn encode(stanza: &Node) -> Result<Vec<u8>, WireError> {
    marshal::marshal(stanza).map_err(|error| WireError::Frame(error.to_string()))
}

/// Reads a stanza as it travels.
///
/// # Errors
/// [`WireError::Frame`] if it is none.
pub fn decode(bytes: BytesMut) -> Result<Node, WireError> {
    let failed = |error: &dyn std::fmt::Display| WireError::Frame(error.to_string());
    let plain = util::unpack_bytes(bytes).map_err(|error| failed(&error))?;
    Ok(OwnedNodeRef::new(plain).map_err(|error| failed(&error))?.to_owned_node())
}

/// Whether a client's own id is fit to be kept: an id of WhatsApp is short and printable.
#[must_use]
pub fn good_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_are_read_or_refused_and_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            flag in 0_u8..4,
        ) {
            drop(decode(BytesMut::from(&bytes[..])));
            let mut flagged = vec![flag];
            flagged.extend_from_slice(&bytes);
            if let Ok(node) = decode(BytesMut::from(&flagged[..])) {
                drop((attr(&node, "id"), attr_jid(&node, "from"), super::bytes(&node), children(&node).len()));
            }
        }

        #[test]
        fn a_damaged_stanza_is_read_or_refused_and_never_panics(at in 0_usize..200, byte in any::<u8>()) {
            let stanza = node("message")
                .attr("from", Jid::pn_device("34600111222", 3))
                .attr("id", "3EB0AA")
                .children([node("enc").attr("v", "2").attr("type", "pkmsg").bytes(vec![7; 90]).build()])
                .build();
            let mut bytes = encode(&stanza).unwrap();
            let place = at % bytes.len();
            bytes[place] = byte;
            drop(decode(BytesMut::from(&bytes[..])));
        }
    }

    #[test]
    fn numbers_of_one_to_four_bytes_are_read() {
        assert_eq!(big_endian(&[1, 2, 3]), Some(0x01_02_03));
        assert_eq!(big_endian(&[]), None);
        assert_eq!(big_endian(&[0; 5]), None);
    }

    #[test]
    fn ids_are_short_and_printable() {
        assert!(good_id("3EB0123456789ABCDEF0"));
        assert!(!good_id(""));
        assert!(!good_id("a b"));
        assert!(!good_id("a\0"));
        assert!(!good_id(&"x".repeat(129)));
    }
}
