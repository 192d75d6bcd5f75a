//! From a verified token to a user of ours.

use super::AuthError;
use super::tokens::Verified;
use super::users::{User, check_email, clean_name, synthetic_email, to_user};
use crate::protocol::{DeviceId, WorkspaceId};
use crate::server::journal::Journal;
use crate::server::source::Source;
use crate::server::storage::{StorageError, Tx, query};

/// Finds the users of tokens, and creates them where the owner allows it.
pub(super) struct Provision {
    pub journal: Journal,
    pub source: Source,
    /// Whether users who are not known yet are created.
    pub create: bool,
}

impl Provision {
    /// The user whom a token names.
    ///
    /// With a workspace: who is called so there. Without one: who is called so anywhere, first in the workspace of
    /// the device that they ask for, then the oldest.
    ///
    /// # Errors
    /// [`AuthError::UnknownUser`] if there is none and none may be created.
    pub async fn user(&self, token: &Verified, device: Option<&DeviceId>) -> Result<User, AuthError> {
        let select = find(token, device);
        if let Some(row) = self.journal.store().row(select).await? {
            return Ok(to_user(&row)?);
        }
        if !self.create {
            return Err(AuthError::UnknownUser);
        }
        let (journal, source, token) = (self.journal.clone(), self.source.clone(), token.clone());
        let write = self
            .journal
            .store()
            .write(move |tx| Box::pin(async move { create(tx, &journal, &source, &token).await }));
        let user = write.await?;
        tracing::info!(user = %user.id, workspace = %user.workspace, "a user was created for a token");
        Ok(user)
    }
}

fn find(token: &Verified, device: Option<&DeviceId>) -> crate::server::storage::Query {
    let our_id = if token.may_be_our_id { token.subject.as_str() } else { "" };
    match &token.workspace {
        // The issuer's own name for somebody goes before an id of ours that reads the same.
        Some(workspace) => query(
            "SELECT * FROM users WHERE workspace_id = $1 AND (subject = $2 OR id = $3) \
             ORDER BY CASE WHEN subject = $2 THEN 0 ELSE 1 END LIMIT 1",
        )
        .bind(workspace)
        .bind(&token.subject)
        .bind(our_id),
        None => query(
            "SELECT * FROM users WHERE subject = $1 ORDER BY CASE WHEN workspace_id = \
             (SELECT workspace_id FROM devices WHERE id = $2) THEN 0 ELSE 1 END, created_at, id LIMIT 1",
        )
        .bind(&token.subject)
        .bind(device.map_or("", DeviceId::as_str)),
    }
}

async fn create(
    tx: &mut Tx<'_>,
    journal: &Journal,
    source: &Source,
    token: &Verified,
) -> Result<User, StorageError> {
    let now = source.now();
    let workspace = match &token.workspace {
        Some(named) => {
            let insert = query(
                "INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
            );
            if tx.execute(insert.bind(named).bind(named.as_str()).bind(now)).await? == 1 {
                journal.create(tx, named).await?;
            }
            named.clone()
        }
        None => first(tx).await?,
    };
    let id = source.id("usr");
    let synthetic = synthetic_email(&id);
    let name = clean_name(token.name.as_deref().unwrap_or(&token.subject));
    let mut email =
        token.email.as_deref().and_then(|email| check_email(email).ok()).unwrap_or_else(|| synthetic.clone());
    if tx.row(query("SELECT 1 AS one FROM users WHERE email = $1").bind(&email)).await?.is_some() {
        email = synthetic;
    }
    // Somebody else may have been faster, on this node or another.
    let insert = query(
        "INSERT INTO users (id, workspace_id, email, name, subject, permission, created_at) \
         VALUES ($1, $2, $3, $4, $5, 'admin', $6) ON CONFLICT DO NOTHING",
    );
    tx.execute(insert.bind(&id).bind(&workspace).bind(&email).bind(name).bind(&token.subject).bind(now))
        .await?;
    let row = tx.row(find(&Verified { workspace: Some(workspace), ..token.clone() }, None)).await?;
    to_user(&row.ok_or_else(|| StorageError::Database("a user was not created".to_owned()))?)
}

/// The first workspace: where people belong who name none.
async fn first(tx: &mut Tx<'_>) -> Result<WorkspaceId, StorageError> {
    let row = tx.row(query("SELECT id FROM workspaces ORDER BY created_at, id LIMIT 1")).await?;
    row.ok_or_else(|| StorageError::Database("there is no workspace".to_owned()))?.parse("id")
}
