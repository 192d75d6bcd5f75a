//! Reading what travels, by way of a JSON tree.
//!
//! Serde's own way to read an enum by its `type` keeps every field in a buffer of its own and compiles each
//! entity a second time to read it from there. In the browser, where each byte of code is paid for, that was
//! a sixth of the program. A tree is that buffer once, and each entity is compiled to be read from it only.

use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::{Map, Value};

/// Reads one of our types from JSON text.
///
/// # Errors
/// What is wrong with the text, or with the field that does not fit.
pub fn decode<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(serde_json::from_str(text)?)
}

/// The fields of an object, whatever it is read from.
pub(crate) fn fields<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    serde::Deserialize::deserialize(from)
}

/// Takes a field out of its object. One that is not there reads as `null`.
pub(crate) fn take<T: DeserializeOwned, E: Error>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<T, E> {
    let value = fields.remove(name).unwrap_or(Value::Null);
    serde_json::from_value(value).map_err(|error| E::custom(format_args!("{name}: {error}")))
}

/// Takes the name of a variant out of the object that has it.
pub(crate) fn take_tag<E: Error>(fields: &mut Map<String, Value>) -> Result<String, E> {
    take(fields, "type")
}

/// What stands for a name of no variant.
pub(crate) fn unknown<T, E: Error>(tag: &str) -> Result<T, E> {
    Err(E::custom(format_args!("\"{tag}\" is not known")))
}

/// Implements `Deserialize` for an enum whose `type` names the variant. Its fields stand beside `type`, or,
/// after `in`, in the object of this name; what stands after `or` counts where one is missing.
macro_rules! read_by_type {
    ($enum:ident $(in $content:literal)? {
        $($wire:literal => $variant:ident $({ $($field:ident: $name:literal $(or $default:expr)?),* $(,)? })?,)*
    }) => {
        impl $enum {
            /// Every `type` that there is, as the wire spells it.
            pub const NAMES: &'static [&'static str] = &[$($wire),*];

            /// Reads it from the fields of the object that it is part of.
            pub(crate) fn from_fields<E: serde::de::Error>(
                mut fields: serde_json::Map<String, serde_json::Value>,
            ) -> Result<Self, E> {
                let tag = $crate::protocol::decode::take_tag::<E>(&mut fields)?;
                $(
                    let content: Option<serde_json::Map<String, serde_json::Value>> =
                        $crate::protocol::decode::take::<_, E>(&mut fields, $content)?;
                    fields = content.unwrap_or_default();
                )?
                match tag.as_str() {
                    $($wire => Ok(Self::$variant $({
                        $($field: $crate::protocol::decode::read_by_type!(@field fields, $name $(, $default)?),)*
                    })?),)*
                    other => $crate::protocol::decode::unknown(other),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::from_fields($crate::protocol::decode::fields(from)?)
            }
        }
    };
    (@field $fields:ident, $name:literal) => {
        $crate::protocol::decode::take::<_, E>(&mut $fields, $name)?
    };
    (@field $fields:ident, $name:literal, $default:expr) => {
        $crate::protocol::decode::take::<Option<_>, E>(&mut $fields, $name)?.unwrap_or($default)
    };
}

/// Implements `Deserialize` for a struct: each field with the name that it has on the wire, and after `or`
/// what counts where it is missing. A last field after `rest` reads what is left.
macro_rules! read_record {
    ($record:ident $(<$item:ident>)? { $($field:ident: $name:literal $(or $default:expr)?),* $(,)? $(; rest $rest:ident)? }) => {
        impl<'de $(, $item: serde::de::DeserializeOwned)?> serde::Deserialize<'de> for $record $(<$item>)? {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let mut fields = $crate::protocol::fields(from)?;
                Ok(Self { $($field: $crate::protocol::read_record!(@field D, fields, $name $(, $default)?),)*
                    $($rest: <_ as serde::Deserialize>::deserialize(serde_json::Value::Object(fields))
                        .map_err(<D::Error as serde::de::Error>::custom)?,)?
                })
            }
        }
    };
    (@field $from:ident, $fields:ident, $name:literal) => {
        $crate::protocol::take::<_, $from::Error>(&mut $fields, $name)?
    };
    (@field $from:ident, $fields:ident, $name:literal, $default:expr) => {
        $crate::protocol::take::<Option<_>, $from::Error>(&mut $fields, $name)?.unwrap_or($default)
    };
}

/// Implements `Deserialize` for an enum that is one name on the wire.
macro_rules! read_name {
    ($enum:ident { $($wire:literal => $variant:ident),* $(,)? }) => {
        impl $enum {
            /// Every variant with the name that it has on the wire.
            pub const NAMED: &'static [(&'static str, Self)] = &[$(($wire, Self::$variant)),*];
        }

        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let name = <String as serde::Deserialize>::deserialize(from)?;
                match name.as_str() {
                    $($wire => Ok(Self::$variant),)*
                    other => $crate::protocol::unknown(other),
                }
            }
        }
    };
}
pub(crate) use {read_by_type, read_name, read_record};
