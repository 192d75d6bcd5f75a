//! Socket.IO packets on their way out, encoded once.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::{Args, Text, Unit};

/// One encoded Socket.IO packet with its attachments. Cloning shares the bytes, so that an event is encoded once
/// for all sockets of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    text: Text,
    attachments: Option<Arc<[Bytes]>>,
}

/// Why something cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The name means something else to clients (`connect`, `disconnect` ...).
    #[error("{0:?} is a reserved event name")]
    Reserved(String),
    /// A placeholder stands for bytes that are not there.
    #[error("a placeholder has no attachment")]
    Placeholder,
    /// The value has no form in JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Names that clients use for their own events; none may travel as an event's name.
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "connect" | "connect_error" | "disconnect" | "disconnecting" | "newListener" | "removeListener"
    )
}

impl Frame {
    /// An event. With an `offset` a client since 4.6 remembers it as the last thing that it has seen: it stands
    /// behind the arguments, and the client's handlers get it as one more.
    pub fn event(
        namespace: &str,
        name: &str,
        args: &Args,
        offset: Option<&str>,
    ) -> Result<Self, EncodeError> {
        Self::numbered_event(namespace, name, args, offset, None)
    }

    /// An event with one argument, written without the detour over a JSON value.
    pub fn event_of<T: Serialize + ?Sized>(
        namespace: &str,
        name: &str,
        value: &T,
        offset: Option<&str>,
    ) -> Result<Self, EncodeError> {
        if is_reserved(name) {
            return Err(EncodeError::Reserved(name.to_owned()));
        }
        let mut text = head('2', 0, namespace, None);
        text.push_str(&serde_json::to_string(&(name, value))?);
        if let Some(offset) = offset {
            append_last(&mut text, offset)?;
        }
        Ok(Self { text: text.into(), attachments: None })
    }

    /// An event that asks for an acknowledgement with this number.
    pub(in super::super) fn numbered_event(
        namespace: &str,
        name: &str,
        args: &Args,
        offset: Option<&str>,
        id: Option<u64>,
    ) -> Result<Self, EncodeError> {
        if is_reserved(name) {
            return Err(EncodeError::Reserved(name.to_owned()));
        }
        let mut list = Vec::with_capacity(args.len() + 2);
        let (name, offset) = (Value::from(name), offset.map(Value::from));
        list.push(&name);
        list.extend(args.values());
        list.extend(&offset);
        Self::list(('2', '5'), namespace, id, &list, args)
    }

    /// The answer to an event that asked for one.
    pub(in super::super) fn ack(namespace: &str, id: u64, args: &Args) -> Result<Self, EncodeError> {
        let list: Vec<&Value> = args.values().iter().collect();
        Self::list(('3', '6'), namespace, Some(id), &list, args)
    }

    /// The namespace is entered: the socket's public id, and what the client comes back with.
    pub(in super::super) fn connect(
        namespace: &str,
        sid: &str,
        pid: Option<&str>,
    ) -> Result<Self, EncodeError> {
        #[derive(Serialize)]
        struct Entered<'a> {
            sid: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            pid: Option<&'a str>,
        }
        Self::object('0', namespace, &Entered { sid, pid })
    }

    /// The namespace is not entered.
    pub(in super::super) fn connect_error(
        namespace: &str,
        message: &str,
        data: Option<&Value>,
    ) -> Result<Self, EncodeError> {
        #[derive(Serialize)]
        struct Refused<'a> {
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            data: Option<&'a Value>,
        }
        Self::object('4', namespace, &Refused { message, data })
    }

    /// The server leaves the namespace.
    pub(in super::super) fn disconnect(namespace: &str) -> Self {
        Self { text: head('1', 0, namespace, None).into(), attachments: None }
    }

    fn object(kind: char, namespace: &str, value: &impl Serialize) -> Result<Self, EncodeError> {
        let mut text = head(kind, 0, namespace, None);
        text.push_str(&serde_json::to_string(value)?);
        Ok(Self { text: text.into(), attachments: None })
    }

    fn list(
        (plain, binary): (char, char),
        namespace: &str,
        id: Option<u64>,
        list: &[&Value],
        args: &Args,
    ) -> Result<Self, EncodeError> {
        if !args.is_whole() {
            return Err(EncodeError::Placeholder);
        }
        let attachments = args.attachments();
        let kind = if attachments.is_empty() { plain } else { binary };
        let mut text = head(kind, attachments.len(), namespace, id);
        text.push_str(&serde_json::to_string(list)?);
        let attachments = (!attachments.is_empty()).then(|| Arc::from(attachments));
        Ok(Self { text: text.into(), attachments })
    }

    /// The Engine.IO packets of this one, in the order in which they must leave.
    pub fn units(&self) -> impl Iterator<Item = Unit> {
        let attachments = self.attachments.as_deref().unwrap_or_default();
        std::iter::once(Unit::Text(self.text.clone())).chain(attachments.iter().cloned().map(Unit::Binary))
    }

    /// The text of the packet as a WebSocket carries it, with Engine.IO's `4` in front.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn head(kind: char, attachments: usize, namespace: &str, id: Option<u64>) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    text.push('4');
    text.push(kind);
    // Writing to a String cannot fail.
    if attachments > 0 {
        let _ = write!(text, "{attachments}-");
    }
    if namespace != "/" {
        let _ = write!(text, "{namespace},");
    }
    if let Some(id) = id {
        let _ = write!(text, "{id}");
    }
    text
}

/// Puts one more element behind the last one of the JSON list that ends the text.
fn append_last(text: &mut String, value: &str) -> Result<(), EncodeError> {
    text.pop();
    text.push(',');
    text.push_str(&serde_json::to_string(value)?);
    text.push(']');
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(namespace: &str, args: &Args, offset: Option<&str>) -> String {
        Frame::event(namespace, "baz", args, offset).map(|frame| frame.text().to_owned()).unwrap_or_default()
    }

    #[test]
    fn events_as_the_specification_writes_them() {
        assert_eq!(event("/", &Args::new(), None), r#"42["baz"]"#);
        assert_eq!(event("/admin", &Args::one(json!(1)), None), r#"42/admin,["baz",1]"#);
        assert_eq!(event("/", &Args::one(json!({})), Some("e-1")), r#"42["baz",{},"e-1"]"#);
    }

    #[test]
    fn attachments_follow_their_packet() {
        let mut args = Args::new();
        args.push_binary(Bytes::from_static(&[1])).push_binary(Bytes::from_static(&[2]));
        let Ok(frame) = Frame::event("/admin", "baz", &args, None) else { panic!("not encoded") };
        let units: Vec<Unit> = frame.units().collect();
        assert_eq!(
            frame.text(),
            r#"452-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#
        );
        assert_eq!(
            units.get(1..),
            Some([Unit::Binary(Bytes::from_static(&[1])), Unit::Binary(Bytes::from_static(&[2]))].as_slice())
        );
    }

    #[test]
    fn one_argument_is_written_directly() {
        let frame =
            Frame::event_of("/a", "b", &json!({"c": 1}), Some("o\"")).map(|frame| frame.text().to_owned());
        assert_eq!(frame.ok().as_deref(), Some(r#"42/a,["b",{"c":1},"o\""]"#));
    }

    #[test]
    fn reserved_names_and_lonely_placeholders_do_not_leave() {
        assert!(matches!(Frame::event("/", "connect", &Args::new(), None), Err(EncodeError::Reserved(_))));
        assert!(matches!(Frame::event_of("/", "disconnect", &1, None), Err(EncodeError::Reserved(_))));
        let mut args = Args::one(json!({ "_placeholder": true, "num": 9 }));
        args.push_binary(Bytes::new());
        assert!(matches!(Frame::event("/", "a", &args, None), Err(EncodeError::Placeholder)));
    }

    #[test]
    fn control_packets() {
        let text = |frame: Result<Frame, EncodeError>| {
            frame.map(|frame| frame.text().to_owned()).unwrap_or_default()
        };
        assert_eq!(text(Frame::connect("/", "s", None)), r#"40{"sid":"s"}"#);
        assert_eq!(text(Frame::connect("/a", "s", Some("p"))), r#"40/a,{"sid":"s","pid":"p"}"#);
        assert_eq!(text(Frame::connect_error("/a", "no", None)), r#"44/a,{"message":"no"}"#);
        assert_eq!(
            text(Frame::connect_error("/", "no", Some(&json!([1])))),
            r#"44{"message":"no","data":[1]}"#
        );
        assert_eq!(Frame::disconnect("/a").text(), "41/a,");
        assert_eq!(text(Frame::ack("/", 12, &Args::new())), "4312[]");
    }
}
