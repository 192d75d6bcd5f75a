//! What a new installation starts with: a workspace, a first user, and a way in.

use super::{link, password, users};
use crate::protocol::{UserId, WorkspaceId};
use crate::server::config::AdminSettings;
use crate::server::journal::Journal;
use crate::server::source::Source;
use crate::server::storage::{StorageError, query};

/// The first workspace; made at the first start.
///
/// # Errors
/// [`StorageError`].
pub async fn first_workspace(journal: &Journal, source: &Source) -> Result<WorkspaceId, StorageError> {
    let (own, source) = (journal.clone(), source.clone());
    journal
        .store()
        .write(move |tx| {
            Box::pin(async move {
                if let Some(row) =
                    tx.row(query("SELECT id FROM workspaces ORDER BY created_at, id LIMIT 1")).await?
                {
                    return row.parse("id");
                }
                let id: WorkspaceId = source
                    .id("wsp")
                    .parse()
                    .map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?;
                tx.execute(
                    query("INSERT INTO workspaces (id, name, created_at) VALUES ($1, 'Switchboard', $2)")
                        .bind(&id)
                        .bind(source.now()),
                )
                .await?;
                own.create(tx, &id).await?;
                Ok(id)
            })
        })
        .await
}

/// Makes sure that somebody can sign in. Answers the token of a one-time link if nobody has a password.
///
/// A configured administrator is created, or given the configured password: the owner's word counts.
///
/// # Errors
/// [`StorageError`].
pub async fn prepare(
    journal: &Journal,
    source: &Source,
    workspace: &WorkspaceId,
    admin: Option<&AdminSettings>,
) -> Result<Option<String>, StorageError> {
    let store = journal.store();
    if let Some(admin) = admin {
        if users::by_password(store, &admin.email, admin.password.clone()).await?.is_none() {
            let hash = password::hash(admin.password.clone())
                .await
                .map_err(|error| StorageError::Database(error.to_string()))?;
            let insert = query(
                "INSERT INTO users (id, workspace_id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash",
            );
            let name = admin.email.split('@').next().unwrap_or("Owner").to_owned();
            store
                .execute(
                    insert
                        .bind(source.id("usr"))
                        .bind(workspace)
                        .bind(&admin.email)
                        .bind(name)
                        .bind(hash)
                        .bind(source.now()),
                )
                .await?;
        }
        return Ok(None);
    }
    let able = query("SELECT 1 AS one FROM users WHERE password_hash IS NOT NULL LIMIT 1");
    if store.row(able).await?.is_some() {
        return Ok(None);
    }
    Ok(Some(owner_link(journal, source, workspace).await?))
}

/// The token of a new one-time link for a workspace's first user.
///
/// # Errors
/// [`StorageError`].
pub async fn owner_link(
    journal: &Journal,
    source: &Source,
    workspace: &WorkspaceId,
) -> Result<String, StorageError> {
    link::create_link(journal.store(), source, &owner(journal, source, workspace).await?).await
}

/// The first user of a workspace; made if there is none.
async fn owner(journal: &Journal, source: &Source, workspace: &WorkspaceId) -> Result<UserId, StorageError> {
    let (source, workspace) = (source.clone(), workspace.clone());
    journal
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let select = query("SELECT id FROM users WHERE workspace_id = $1 ORDER BY created_at, id LIMIT 1").bind(&workspace);
                if let Some(row) = tx.row(select).await? {
                    return row.parse("id");
                }
                let id = source.id("usr");
                let insert = query("INSERT INTO users (id, workspace_id, email, name, created_at) VALUES ($1, $2, 'owner@localhost', 'Owner', $3)");
                tx.execute(insert.bind(&id).bind(&workspace).bind(source.now())).await?;
                id.parse().map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))
            })
        })
        .await
}
