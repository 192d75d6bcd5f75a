//! Values as both databases know them, and rows read back with a clear error for what does not fit.

use super::StorageError;
use std::sync::Arc;

/// One bound argument. `NULL` keeps its type, because PostgreSQL asks for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// BIGINT; truth values are 0 and 1.
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

macro_rules! from {
    ($($type:ty => |$v:ident| $make:expr),* $(,)?) => {
        $(impl From<$type> for Value { fn from($v: $type) -> Self { $make } })*
    };
}

from! {
    i64 => |v| Self::Int(Some(v)),
    u32 => |v| Self::Int(Some(v.into())),
    u16 => |v| Self::Int(Some(v.into())),
    bool => |v| Self::Int(Some(v.into())),
    Option<i64> => |v| Self::Int(v),
    &str => |v| Self::Text(Some(v.to_owned())),
    String => |v| Self::Text(Some(v)),
    &String => |v| Self::Text(Some(v.clone())),
    Option<String> => |v| Self::Text(v),
    Option<&str> => |v| Self::Text(v.map(str::to_owned)),
    Vec<u8> => |v| Self::Blob(Some(v)),
    &[u8] => |v| Self::Blob(Some(v.to_vec())),
    Option<Vec<u8>> => |v| Self::Blob(v),
    &crate::protocol::WorkspaceId => |v| v.as_str().into(),
    &crate::protocol::UserId => |v| v.as_str().into(),
    &crate::protocol::DeviceId => |v| v.as_str().into(),
    &crate::protocol::ChatId => |v| v.as_str().into(),
    &crate::protocol::MessageId => |v| v.as_str().into(),
    &crate::protocol::EventId => |v| v.as_str().into(),
    &crate::protocol::CommandId => |v| v.as_str().into(),
    &crate::protocol::WebhookId => |v| v.as_str().into(),
    &crate::protocol::MediaId => |v| v.as_str().into(),
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Blob(Some(bytes.to_vec()))
    }
}

/// What a column held.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// One row of an answer.
#[derive(Debug, Clone)]
pub struct Row {
    pub(super) columns: Arc<[String]>,
    pub(super) cells: Vec<Cell>,
}

impl Row {
    fn cell(&self, column: &str) -> Result<&Cell, StorageError> {
        let place = self.columns.iter().position(|name| name == column);
        place
            .and_then(|place| self.cells.get(place))
            .ok_or_else(|| StorageError::row(column, "is not in the answer"))
    }

    /// A BIGINT that must be there.
    pub fn int(&self, column: &str) -> Result<i64, StorageError> {
        self.opt_int(column)?.ok_or_else(|| StorageError::row(column, "is NULL"))
    }

    /// A BIGINT, or `None` for `NULL`.
    pub fn opt_int(&self, column: &str) -> Result<Option<i64>, StorageError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Int(value) => Ok(Some(*value)),
            _ => Err(StorageError::row(column, "is not a number")),
        }
    }

    /// A BIGINT that fits the smaller type.
    pub fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StorageError> {
        T::try_from(self.int(column)?).map_err(|_| StorageError::row(column, "is out of range"))
    }

    /// 0 or 1.
    pub fn flag(&self, column: &str) -> Result<bool, StorageError> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StorageError::row(column, "is neither 0 nor 1")),
        }
    }

    /// A text that must be there.
    pub fn text(&self, column: &str) -> Result<String, StorageError> {
        self.opt_text(column)?.ok_or_else(|| StorageError::row(column, "is NULL"))
    }

    /// A text, or `None` for `NULL`.
    pub fn opt_text(&self, column: &str) -> Result<Option<String>, StorageError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Text(value) => Ok(Some(value.clone())),
            _ => Err(StorageError::row(column, "is not a text")),
        }
    }

    /// Bytes that must be there.
    pub fn blob(&self, column: &str) -> Result<Vec<u8>, StorageError> {
        self.opt_blob(column)?.ok_or_else(|| StorageError::row(column, "is NULL"))
    }

    /// Bytes, or `None` for `NULL`.
    pub fn opt_blob(&self, column: &str) -> Result<Option<Vec<u8>>, StorageError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Blob(value) => Ok(Some(value.clone())),
            _ => Err(StorageError::row(column, "is not bytes")),
        }
    }

    /// Exactly `N` bytes.
    pub fn bytes<const N: usize>(&self, column: &str) -> Result<[u8; N], StorageError> {
        self.blob(column)?.try_into().map_err(|_| StorageError::row(column, "has the wrong length"))
    }

    /// A text of one of our own types: an id, a status.
    pub fn parse<T: std::str::FromStr>(&self, column: &str) -> Result<T, StorageError> {
        self.text(column)?.parse().map_err(|_| StorageError::row(column, "cannot be read"))
    }

    /// A JSON text.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StorageError> {
        serde_json::from_str(&self.text(column)?)
            .map_err(|_| StorageError::row(column, "is not the JSON that it should be"))
    }

    /// A JSON text, or `None` for `NULL`.
    pub fn opt_json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StorageError> {
        let Some(text) = self.opt_text(column)? else { return Ok(None) };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|_| StorageError::row(column, "is not the JSON that it should be"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cell: Cell) -> Row {
        Row { columns: Arc::new(["c".to_owned()]), cells: vec![cell] }
    }

    #[test]
    fn a_row_that_does_not_fit_is_an_error_and_names_its_column() {
        let error = |r: Result<(), StorageError>| r.unwrap_err().to_string();
        assert_eq!(error(row(Cell::Null).int("c").map(drop)), "stored data is damaged: column \"c\" is NULL");
        assert!(error(row(Cell::Text("x".into())).int("c").map(drop)).contains("not a number"));
        assert!(error(row(Cell::Int(2)).flag("c").map(drop)).contains("neither 0 nor 1"));
        assert!(error(row(Cell::Int(-1)).number::<u32>("c").map(drop)).contains("out of range"));
        assert!(error(row(Cell::Blob(vec![1; 31])).bytes::<32>("c").map(drop)).contains("wrong length"));
        assert!(
            error(row(Cell::Text("a b".into())).parse::<crate::protocol::DeviceId>("c").map(drop))
                .contains("cannot be read")
        );
        assert!(error(row(Cell::Text("{".into())).json::<u32>("c").map(drop)).contains("JSON"));
        assert!(error(row(Cell::Null).int("d").map(drop)).contains("not in the answer"));
    }
}
