//! People who sign in.

use super::password;
use crate::protocol::{Millis, Permission, UserId, WorkspaceId};
use crate::server::storage::{Row, StorageError, Store, query};

/// A person of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub workspace: WorkspaceId,
    pub email: String,
    pub name: String,
    /// Whether they can sign in by password, or by a one-time link only.
    pub has_password: bool,
    /// What the signer of tokens calls them.
    pub subject: Option<String>,
    pub permission: Permission,
    pub created_at: Millis,
}

/// The longest name, in characters.
pub const MAX_USER_NAME: usize = 80;
/// The domain of addresses that we make up for whoever has none: nobody can ever have it (RFC 2606).
const NOWHERE: &str = "@users.invalid";

impl User {
    /// Their address, unless it is one that we made up.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        Some(self.email.as_str()).filter(|email| !email.ends_with(NOWHERE))
    }
}

/// The address of a user who has none: the column is unique and never empty.
pub(super) fn synthetic_email(id: &str) -> String {
    format!("{id}{NOWHERE}")
}

/// A name without control characters, of at most [`MAX_USER_NAME`] characters.
pub(super) fn clean_name(name: &str) -> String {
    name.trim().chars().filter(|c| !c.is_control()).take(MAX_USER_NAME).collect()
}

/// An email address that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an email address")]
pub struct EmailError;

/// An email address in lower case.
///
/// # Errors
/// [`EmailError`] for what cannot be one. Whether it exists, nobody can tell from its letters.
pub fn check_email(text: &str) -> Result<String, EmailError> {
    let text = text.trim();
    let plain = text.len() <= 254 && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    match text.split_once('@') {
        Some((local, domain))
            if plain
                && !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !text.to_lowercase().ends_with(NOWHERE) =>
        {
            Ok(text.to_lowercase())
        }
        _ => Err(EmailError),
    }
}

pub(super) fn to_user(row: &Row) -> Result<User, StorageError> {
    Ok(User {
        id: row.parse("id")?,
        workspace: row.parse("workspace_id")?,
        email: row.text("email")?,
        name: row.text("name")?,
        has_password: row.opt_text("password_hash")?.is_some(),
        subject: row.opt_text("subject")?,
        permission: permission(row)?,
        created_at: row.int("created_at")?,
    })
}

/// The column `permission`. A level that we do not know is the lowest: a database never widens anything by itself.
pub(super) fn permission(row: &Row) -> Result<Permission, StorageError> {
    Ok(Permission::parse(&row.text("permission")?).unwrap_or(Permission::Read))
}

/// The user with this address and password.
pub(super) async fn by_password(
    store: &Store,
    email: &str,
    password: String,
) -> Result<Option<User>, StorageError> {
    let email = check_email(email).unwrap_or_default();
    let row = store.row(query("SELECT * FROM users WHERE email = $1").bind(&email)).await?;
    let hash = row.as_ref().map(|row| row.opt_text("password_hash")).transpose()?.flatten();
    // Checked also where there is nobody: whether somebody exists must not be told by the clock.
    let right = password::verify(password, hash).await;
    row.filter(|_| right).as_ref().map(to_user).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(check_email(" Ana@Example.COM ").unwrap(), "ana@example.com");
        for text in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "a@b@c",
            "a b@c.d",
            "a@Users.invalid",
            &format!("{}@c.d", "a".repeat(255)),
        ] {
            assert_eq!(check_email(text), Err(EmailError), "{text}");
        }
    }
}
