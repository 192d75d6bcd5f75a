//! The arguments of an event or an acknowledgement, with bytes anywhere among them.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Arguments as JSON values. Bytes are kept beside them; where they stand in the JSON there is a placeholder
/// `{"_placeholder": true, "num": n}`, exactly as on the wire, so that nothing is copied on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    values: Vec<Value>,
    attachments: Vec<Bytes>,
}

/// Why an argument is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ArgError {
    /// There are not that many arguments.
    #[error("argument {0} is missing")]
    Missing(usize),
    /// The argument has another shape.
    #[error("argument {0} is invalid: {1}")]
    Invalid(usize, serde_json::Error),
}

impl Args {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// One argument.
    pub fn one(value: Value) -> Self {
        Self { values: vec![value], attachments: Vec::new() }
    }

    pub(super) fn from_parts(values: Vec<Value>, attachments: Vec<Bytes>) -> Self {
        Self { values, attachments }
    }

    /// Appends an argument.
    pub fn push(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        self
    }

    /// Appends bytes as an argument.
    pub fn push_binary(&mut self, bytes: Bytes) -> &mut Self {
        let place = self.attach(bytes);
        self.push(place)
    }

    /// Takes bytes and returns the placeholder to put wherever they belong, however deep.
    pub fn attach(&mut self, bytes: Bytes) -> Value {
        let place = json!({ "_placeholder": true, "num": self.attachments.len() });
        self.attachments.push(bytes);
        place
    }

    /// The arguments, with placeholders for bytes.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The bytes, in the order of their placeholders' numbers.
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// How many arguments there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no arguments.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// One argument, counted from 0.
    pub fn get(&self, at: usize) -> Option<&Value> {
        self.values.get(at)
    }

    /// One argument, as a type of the caller's.
    pub fn parse<T: DeserializeOwned>(&self, at: usize) -> Result<T, ArgError> {
        let value = self.get(at).ok_or(ArgError::Missing(at))?;
        T::deserialize(value).map_err(|error| ArgError::Invalid(at, error))
    }

    /// The bytes that a value stands for, if it is a placeholder.
    pub fn binary(&self, value: &Value) -> Option<&Bytes> {
        placeholder(value).and_then(|number| self.attachments.get(number?))
    }

    /// Whether every placeholder has its bytes. Without attachments nothing is a placeholder.
    pub(super) fn is_whole(&self) -> bool {
        self.attachments.is_empty() || self.values.iter().all(|value| whole(value, self.attachments.len()))
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        self.values
    }

    pub(super) fn remove_first(&mut self) -> Option<Value> {
        (!self.values.is_empty()).then(|| self.values.remove(0))
    }
}

impl From<Vec<Value>> for Args {
    fn from(values: Vec<Value>) -> Self {
        Self { values, attachments: Vec::new() }
    }
}

/// `None`: no placeholder; `Some(None)`: one without a usable number.
fn placeholder(value: &Value) -> Option<Option<usize>> {
    let map = value.as_object()?;
    if map.get("_placeholder") != Some(&Value::Bool(true)) {
        return None;
    }
    Some(map.get("num").and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok()))
}

/// Recursion is bounded: values come from JSON of limited depth, or from our own code.
fn whole(value: &Value, attachments: usize) -> bool {
    match placeholder(value) {
        Some(number) => number.is_some_and(|number| number < attachments),
        None => match value {
            Value::Array(values) => values.iter().all(|value| whole(value, attachments)),
            Value::Object(map) => map.values().all(|value| whole(value, attachments)),
            _ => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_where_they_stand() {
        let mut args = Args::new();
        let place = args.attach(Bytes::from_static(b"deep"));
        args.push(json!({ "a": [1, place] })).push_binary(Bytes::from_static(b"flat"));
        let deep = args.get(0).and_then(|value| value.pointer("/a/1")).and_then(|value| args.binary(value));
        assert_eq!(deep.map(Bytes::as_ref), Some(b"deep".as_slice()));
        assert_eq!(
            args.get(1).and_then(|value| args.binary(value)).map(Bytes::as_ref),
            Some(b"flat".as_slice())
        );
        assert!(args.is_whole());
    }

    #[test]
    fn a_placeholder_without_bytes_is_noticed() {
        let bytes = vec![Bytes::from_static(b"x")];
        for value in [
            json!([{ "_placeholder": true, "num": 1 }]),
            json!({ "a": { "_placeholder": true, "num": -1 } }),
            json!({ "_placeholder": true }),
        ] {
            assert!(!Args::from_parts(vec![value], bytes.clone()).is_whole());
        }
    }

    #[test]
    fn arguments_are_typed_on_demand() {
        let args = Args::from(vec![json!(7), json!("x")]);
        assert_eq!(args.parse::<u8>(0).ok(), Some(7));
        assert!(matches!(args.parse::<u8>(1), Err(ArgError::Invalid(1, _))));
        assert!(matches!(args.parse::<u8>(2), Err(ArgError::Missing(2))));
    }
}
