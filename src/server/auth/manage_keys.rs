//! Making, listing and revoking the keys of programs.
//!
//! Keys belong to their workspace and outlive whoever made them. What a key may never changes: another one is made
//! instead, so that nobody's connection goes on with rights that it no longer has.

use super::keys::{ApiKeyInfo, info, mint};
use super::lease::Revoked;
use super::principal::{Credential, Principal, Who};
use super::{Auth, AuthError};
use crate::protocol::{DeviceId, Millis, Permission};
use crate::server::storage::{Query, Value, query};
use std::collections::BTreeSet;

/// The longest name of a key, in characters.
pub const MAX_KEY_NAME: usize = 80;
/// How many devices a key names at most; one for more is one for all.
pub const MAX_KEY_DEVICES: usize = 200;
/// How many keys a workspace has at most.
const MAX_KEYS: i64 = 1_000;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: String,
    pub permission: Permission,
    /// The devices that it reaches; `None` for all of the workspace, those to come too.
    pub devices: Option<Vec<DeviceId>>,
    pub expires_at: Option<Millis>,
}

impl Auth {
    /// The workspace's keys, oldest first; for a key for some devices, those that reach nothing else.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`].
    pub async fn api_keys(&self, who: &Principal) -> Result<Vec<ApiKeyInfo>, AuthError> {
        who.require(Permission::Admin)?;
        let select = query("SELECT * FROM api_keys WHERE workspace_id = $1 ORDER BY id");
        let mut keys = Vec::new();
        for row in self.store.rows(select.bind(&who.reach.workspace)).await? {
            keys.push(info(&self.store, &row).await?);
        }
        keys.retain(|key| may_see(who, key));
        Ok(keys)
    }

    /// One key of those.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::NotFound`].
    pub async fn api_key(&self, who: &Principal, id: &str) -> Result<ApiKeyInfo, AuthError> {
        who.require(Permission::Admin)?;
        let select = query("SELECT * FROM api_keys WHERE id = $1 AND workspace_id = $2");
        let row = self.store.row(select.bind(id).bind(&who.reach.workspace)).await?;
        let key = info(&self.store, &row.ok_or(AuthError::NotFound("key"))?).await?;
        if may_see(who, &key) { Ok(key) } else { Err(AuthError::NotFound("key")) }
    }

    /// Makes a key; the text that it answers is kept nowhere.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::Invalid`], [`AuthError::NotFound`] for a device that is not theirs,
    /// [`AuthError::WiderThanOwn`] for a key that makes one that reaches further or lives longer than itself.
    pub async fn create_api_key(
        &self,
        who: &Principal,
        new: NewKey,
    ) -> Result<(ApiKeyInfo, String), AuthError> {
        who.require(Permission::Admin)?;
        let now = self.now();
        let name = check_name(&new.name)?;
        if new.expires_at.is_some_and(|at| at <= now) {
            return Err(AuthError::Invalid("expiresAt lies in the past"));
        }
        let outlives = |own: Millis| new.expires_at.is_none_or(|at| at > own);
        if matches!(who.who, Who::Key { .. }) && who.until.is_some_and(outlives) {
            return Err(AuthError::WiderThanOwn);
        }
        let devices = match new.devices {
            None if who.reach.is_whole() => None,
            None => return Err(AuthError::WiderThanOwn),
            Some(devices) => Some(self.own_devices(who, devices).await?),
        };
        let (key, key_hash, hint) = mint(&self.source);
        let made = ApiKeyInfo {
            id: self.source.id("key"),
            name,
            hint,
            permission: new.permission,
            devices: devices.map(|devices| devices.into_iter().collect()),
            created_at: now,
            created_by: who.name(),
            expires_at: new.expires_at,
            last_used_at: None,
        };
        let (row, workspace) = (made.clone(), who.reach.workspace.clone());
        let write = self.store.write(move |tx| {
            Box::pin(async move {
                let count = query("SELECT count(*) AS n FROM api_keys WHERE workspace_id = $1").bind(&workspace);
                if tx.row(count).await?.map_or(Ok(0), |row| row.int("n"))? >= MAX_KEYS {
                    return Ok(false);
                }
                let insert = query(
                    "INSERT INTO api_keys (id, workspace_id, name, key_hash, hint, permission, limited, created_at, \
                     created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                );
                tx.execute(
                    insert
                        .bind(&row.id)
                        .bind(&workspace)
                        .bind(&row.name)
                        .bind(key_hash)
                        .bind(&row.hint)
                        .bind(row.permission.as_str())
                        .bind(row.devices.is_some())
                        .bind(row.created_at)
                        .bind(&row.created_by)
                        .bind(row.expires_at),
                )
                .await?;
                if let Some(devices) = &row.devices {
                    let rows = devices.iter().map(|id| vec![Value::from(&row.id), id.into()]).collect();
                    tx.execute(Query::insert("INSERT INTO api_key_devices (key_id, device_id)", rows, "")).await?;
                }
                Ok(true)
            })
        });
        if !write.await? {
            return Err(AuthError::Invalid("a workspace has at most 1000 keys: delete one first"));
        }
        Ok((made, key))
    }

    /// Gives a key another name.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::NotFound`], [`AuthError::Invalid`].
    pub async fn rename_api_key(
        &self,
        who: &Principal,
        id: &str,
        name: &str,
    ) -> Result<ApiKeyInfo, AuthError> {
        let key = self.api_key(who, id).await?;
        let name = check_name(name)?;
        let update = query("UPDATE api_keys SET name = $2 WHERE id = $1").bind(&key.id).bind(&name);
        self.store.execute(update).await?;
        Ok(ApiKeyInfo { name, ..key })
    }

    /// Revokes a key; its connections end.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::NotFound`].
    pub async fn delete_api_key(&self, who: &Principal, id: &str) -> Result<(), AuthError> {
        let key = self.api_key(who, id).await?;
        self.store.execute(query("DELETE FROM api_keys WHERE id = $1").bind(&key.id)).await?;
        self.revocations.tell(Revoked::Credential(Credential::Key(key.id)));
        Ok(())
    }

    /// These devices, all of which have to be theirs.
    async fn own_devices(
        &self,
        who: &Principal,
        devices: Vec<DeviceId>,
    ) -> Result<BTreeSet<DeviceId>, AuthError> {
        let devices: BTreeSet<DeviceId> = devices.into_iter().collect();
        if devices.is_empty() || devices.len() > MAX_KEY_DEVICES {
            return Err(AuthError::Invalid("deviceIds names 1 to 200 devices; leave it out for all"));
        }
        let select =
            query("SELECT id FROM devices WHERE workspace_id = $1 AND id IN").bind(&who.reach.workspace);
        let found = self.store.rows(select.list(&devices)).await?.len();
        if found == devices.len() && devices.iter().all(|device| who.reach.covers(device)) {
            Ok(devices)
        } else {
            Err(AuthError::NotFound("device"))
        }
    }
}

/// Whether a key reaches nothing that they do not reach themselves.
fn may_see(who: &Principal, key: &ApiKeyInfo) -> bool {
    match &key.devices {
        _ if who.reach.is_whole() => true,
        Some(devices) => devices.iter().all(|device| who.reach.covers(device)),
        None => false,
    }
}

fn check_name(name: &str) -> Result<String, AuthError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_KEY_NAME || name.chars().any(char::is_control) {
        return Err(AuthError::Invalid("a name has 1 to 80 characters"));
    }
    Ok(name.to_owned())
}
