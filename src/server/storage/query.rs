//! One SQL text for both databases, with its arguments beside it and never in it.

use super::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Arguments of one statement at most: SQLite's limit (32,766) is the lower of the two.
pub const MAX_ARGUMENTS: usize = 32_000;

/// Arguments of a statement that is built at run time and kept ready all the same.
const FEW: usize = 12;

/// A statement in the common subset of SQLite and PostgreSQL, with `$1 …` for its arguments.
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) text: Cow<'static, str>,
    pub(super) args: Vec<Value>,
}

/// A statement whose text is fixed at compile time: nothing from outside can reach it.
#[must_use]
pub fn query(text: &'static str) -> Query {
    Query { text: Cow::Borrowed(text), args: Vec::new() }
}

impl Query {
    /// Binds the next argument.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.args.push(value.into());
        self
    }

    /// `head VALUES (…), (…) tail` with one group for each row. All rows have the same length.
    ///
    /// Split long lists by [`rows_per_statement`] first.
    #[must_use]
    pub fn insert(head: &'static str, rows: Vec<Vec<Value>>, tail: &'static str) -> Self {
        let mut text = String::with_capacity(head.len() + tail.len() + rows.len() * 24);
        text.push_str(head);
        text.push_str(" VALUES ");
        let mut args = Vec::with_capacity(rows.iter().map(Vec::len).sum());
        for (index, row) in rows.into_iter().enumerate() {
            text.push_str(if index == 0 { "(" } else { ", (" });
            for (place, value) in row.into_iter().enumerate() {
                args.push(value);
                let comma = if place == 0 { "" } else { ", " };
                // Writing into a String cannot fail.
                let _ = write!(text, "{comma}${}", args.len());
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(tail);
        Self { text: Cow::Owned(text), args }
    }

    /// Appends ` (…)` with a placeholder for each value: the list after an `IN`.
    #[must_use]
    pub fn list<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        let mut text = self.text.into_owned();
        text.push_str(" (");
        for (place, value) in values.into_iter().enumerate() {
            self.args.push(value.into());
            let comma = if place == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}${}", self.args.len());
        }
        text.push(')');
        Self { text: Cow::Owned(text), args: self.args }
    }

    /// Appends ` $n` for one more value.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.args.push(value.into());
        let _ = write!(self.text.to_mut(), " ${}", self.args.len());
        self
    }

    /// Whether the statement is worth a place among those that are kept ready: its text is fixed, or was built at run
    /// time of few arguments. Longer ones are many and rarely met again.
    pub(super) fn is_met_again(&self) -> bool {
        matches!(self.text, Cow::Borrowed(_)) || self.args.len() <= FEW
    }

    /// The text with `?` in place of `$1 …`, if every argument stands in it once and in order.
    ///
    /// To SQLite, `$1` is a name: it is looked for among all the names before it when the statement is read, and again
    /// when its value is bound, so that the time of a long list grows with its square. The one-time keys of a device
    /// that is linked (812 rows of four columns) took 40 ms, of which writing them took two. `?` has no name.
    fn nameless(&self) -> Option<String> {
        let mut text = String::with_capacity(self.text.len());
        let (mut rest, mut next) = (&*self.text, 1);
        while let Some((before, after)) = rest.split_once('$') {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = after.split_at(digits);
            if number.parse::<usize>() != Ok(next) {
                return None;
            }
            text.push_str(before);
            text.push('?');
            (rest, next) = (after, next + 1);
        }
        text.push_str(rest);
        (next == self.args.len() + 1).then_some(text)
    }

    /// The text as SQLite reads it fastest: of what is built at run time, without names where that can be.
    pub(super) fn sqlite_text(&self) -> Cow<'_, str> {
        match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => self.nameless().map_or(Cow::Borrowed(text), Cow::Owned),
        }
    }

    /// Appends a fixed text.
    #[must_use]
    pub fn then(mut self, text: &'static str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }
}

/// How many rows of so many columns fit into one statement.
#[must_use]
pub fn rows_per_statement(columns: usize) -> usize {
    MAX_ARGUMENTS / columns.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_and_short_statements_are_kept_ready() {
        assert!(query("SELECT 1").is_met_again());
        assert!(query("SELECT a FROM t WHERE b IN").list(vec![1_i64; FEW]).is_met_again());
        assert!(!query("SELECT a FROM t WHERE b IN").list(vec![1_i64; FEW + 1]).is_met_again());
    }

    #[test]
    fn builds_rows_and_lists_with_placeholders_only() {
        let q = Query::insert(
            "INSERT INTO t (a, b)",
            vec![vec![1_i64.into(), "x'".into()], vec![2_i64.into(), "y".into()]],
            "ON CONFLICT DO NOTHING",
        );
        assert_eq!(q.text, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING");
        assert_eq!(q.args.len(), 4);
        let q = query("SELECT a FROM t WHERE b = $1 AND a IN").bind("z").list([1_i64, 2]).then(" ORDER BY a");
        assert_eq!(q.text, "SELECT a FROM t WHERE b = $1 AND a IN ($2, $3) ORDER BY a");
        assert_eq!(query("SELECT a FROM t LIMIT").value(3_i64).text, "SELECT a FROM t LIMIT $1");
    }

    #[test]
    fn lists_lose_their_names_and_what_is_said_twice_keeps_them() {
        let rows = (0..12_i64).map(|n| vec![n.into(), "x".into()]).collect();
        let q = Query::insert("INSERT INTO t (a, b)", rows, "ON CONFLICT DO NOTHING");
        let groups = ["(?, ?)"; 12].join(", ");
        let text = format!("INSERT INTO t (a, b) VALUES {groups} ON CONFLICT DO NOTHING");
        assert_eq!(q.nameless(), Some(text));
        let q = query("SELECT a FROM t WHERE b = $1 AND a IN").bind("z").list([1_i64, 2]).then(" LIMIT");
        let named = q.value(3_i64);
        assert_eq!(named.nameless().unwrap(), "SELECT a FROM t WHERE b = ? AND a IN (?, ?) LIMIT ?");
        for q in [
            query("SELECT a FROM t WHERE (b = $1 OR c = $1) AND a IN").bind("z").list([1_i64, 2]),
            query("SELECT a FROM t WHERE b = $2 AND c = $1 AND a IN").bind("z").bind("y").list([1_i64]),
            // A $ that is no argument's, and an argument that is not said.
            query("SELECT a FROM t WHERE b = '$' AND c = $1").bind("z"),
            query("SELECT a FROM t WHERE b = $1").bind("z").bind("y"),
        ] {
            assert_eq!(q.nameless(), None, "{}", q.text);
        }
    }
}
