//! People who sign in.

use super::password;
use crate::protocol::{UserId, WorkspaceId};
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
            if plain && !local.is_empty() && !domain.is_empty() && !domain.contains('@') =>
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
    })
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
        for text in
            ["", "ana", "@example.com", "ana@", "a@b@c", "a b@c.d", &format!("{}@c.d", "a".repeat(255))]
        {
            assert_eq!(check_email(text), Err(EmailError), "{text}");
        }
    }
}
