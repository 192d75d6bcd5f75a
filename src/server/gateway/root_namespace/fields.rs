//! What a client's event says, read with errors that a person understands.

use crate::protocol::{Problem, ProblemCode};
use crate::server::gateway::socketio::Args;
use serde_json::{Map, Value};

/// The fields of an event's first argument, or of a request's query or body.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> From<&'a Map<String, Value>> for Fields<'a> {
    fn from(map: &'a Map<String, Value>) -> Self {
        Self(Some(map))
    }
}

impl<'a> Fields<'a> {
    /// The first argument: an object, or nothing.
    ///
    /// # Errors
    /// [`ProblemCode::Invalid`] for anything else.
    pub fn of(args: &'a Args) -> Result<Self, Problem> {
        match args.get(0) {
            None | Some(Value::Null) => Ok(Self(None)),
            Some(Value::Object(map)) => Ok(Self(Some(map))),
            Some(_) => Err(invalid("The argument must be an object.".to_owned())),
        }
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    /// A text of at most so many characters; `None` where it is absent, `null` or empty.
    ///
    /// # Errors
    /// [`ProblemCode::Invalid`].
    pub fn text(self, name: &str, max: usize) -> Result<Option<&'a str>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => text(value, name, max).map(|text| (!text.is_empty()).then_some(text)),
        }
    }

    /// A text that must be there, and not be blank.
    ///
    /// # Errors
    /// [`ProblemCode::Invalid`].
    pub fn required(self, name: &str, max: usize) -> Result<&'a str, Problem> {
        let found = self.text(name, max)?.filter(|text| !text.trim().is_empty());
        found.ok_or_else(|| invalid(format!("{name} is missing.")))
    }

    /// A whole number from `min` to `max`; also as digits in a text, as queries have it.
    ///
    /// # Errors
    /// [`ProblemCode::Invalid`].
    pub fn number(self, name: &str, min: i64, max: i64) -> Result<Option<i64>, Problem> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) if text.is_empty() => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        match number.filter(|number| (min..=max).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(invalid(format!("{name} must be a whole number from {min} to {max}."))),
        }
    }

    /// True or false; also `1`, `0` and the words in a text, as queries have them. False where it is absent.
    ///
    /// # Errors
    /// [`ProblemCode::Invalid`].
    pub fn flag(self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text == "true" || text == "1" => Ok(true),
            Some(Value::String(text)) if text.is_empty() || text == "false" || text == "0" => Ok(false),
            Some(_) => Err(invalid(format!("{name} must be true or false."))),
        }
    }
}

/// An id that stands alone as the first argument, or in an object under a name.
///
/// # Errors
/// [`ProblemCode::Invalid`] where there is none.
pub fn id<'a>(args: &'a Args, name: &str, max: usize) -> Result<&'a str, Problem> {
    let found = match args.get(0) {
        Some(value @ Value::String(_)) => text(value, name, max)?,
        Some(Value::Object(map)) => return Fields::from(map).required(name, max),
        _ => "",
    };
    if found.trim().is_empty() { Err(invalid(format!("{name} is missing."))) } else { Ok(found) }
}

fn text<'a>(value: &'a Value, name: &str, max: usize) -> Result<&'a str, Problem> {
    let text = value.as_str().ok_or_else(|| invalid(format!("{name} must be a text.")))?;
    // Bytes are counted first: a long text is not read to its end.
    if text.len() > max && text.chars().nth(max).is_some() {
        return Err(invalid(format!("{name} has at most {max} characters.")));
    }
    Ok(text)
}

/// A value that is not acceptable.
pub fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::Invalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn texts_have_a_type_and_an_end() {
        let map = fields(json!({ "a": "ñandú", "b": "", "c": null, "d": 5, "e": "  " }));
        let read = Fields::from(&map);
        assert_eq!(read.text("a", 5).unwrap(), Some("ñandú"));
        assert_eq!(read.text("a", 4).unwrap_err().detail, "a has at most 4 characters.");
        assert_eq!((read.text("b", 5).unwrap(), read.text("c", 5).unwrap()), (None, None));
        assert_eq!(read.text("d", 5).unwrap_err().detail, "d must be a text.");
        for name in ["b", "c", "e", "absent"] {
            assert_eq!(read.required(name, 5).unwrap_err().detail, format!("{name} is missing."));
        }
    }

    #[test]
    fn numbers_are_whole_and_within_their_limits() {
        let map =
            fields(json!({ "a": 1, "b": "20", "c": 0, "d": 1.5, "e": "x", "f": [], "g": "", "h": 1e300 }));
        let read = |name| Fields::from(&map).number(name, 1, 20);
        assert_eq!((read("a").unwrap(), read("b").unwrap()), (Some(1), Some(20)));
        assert_eq!((read("absent").unwrap(), read("g").unwrap()), (None, None));
        for name in ["c", "d", "e", "f", "h"] {
            assert_eq!(
                read(name).unwrap_err().detail,
                format!("{name} must be a whole number from 1 to 20.")
            );
        }
    }

    #[test]
    fn flags_are_one_of_two() {
        let map = fields(json!({ "a": true, "b": "1", "c": false, "d": "no", "e": 1 }));
        let read = |name| Fields::from(&map).flag(name);
        assert!(read("a").unwrap() && read("b").unwrap());
        assert!(!read("c").unwrap() && !read("absent").unwrap());
        assert!(read("d").is_err() && read("e").is_err());
    }

    #[test]
    fn an_id_stands_alone_or_in_an_object() {
        let read = |value: Value| id(&Args::one(value), "instanceId", 8).map(str::to_owned);
        assert_eq!(read(json!("dev_1")).unwrap(), "dev_1");
        assert_eq!(read(json!({ "instanceId": "dev_1" })).unwrap(), "dev_1");
        for value in [
            json!(null),
            json!(7),
            json!(["dev_1"]),
            json!(""),
            json!("dev_12345"),
            json!({}),
            json!({ "instanceId": 7 }),
        ] {
            assert!(read(value.clone()).is_err(), "{value}");
        }
        assert!(id(&Args::new(), "instanceId", 8).is_err());
        assert!(Fields::of(&Args::one(json!([]))).is_err());
        assert!(Fields::of(&Args::new()).is_ok());
    }
}
