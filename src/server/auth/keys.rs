//! Keys of programs: the owner's bootstrap key of the configuration, and those of the database. Only hashes are
//! kept.

use super::principal::{Credential, Principal, Who};
use super::users::permission;
use crate::protocol::{DeviceId, Millis, Permission, WorkspaceId};
use crate::server::config::ApiKey;
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{Row, StorageError, Store, query};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq as _;

/// What every key that we make begins with.
const PREFIX: &str = "swb_";
/// The longest text that is looked at, in bytes: the longest bootstrap key.
const MAX_KEY: usize = 200;
/// How many characters of a key are kept to know it again: of 43 random ones, four.
const HINT: usize = PREFIX.len() + 4;
/// How stale the last use on disk may be.
const TOUCH: Millis = 60_000;
/// How many keys' last uses are remembered; beyond it, all are forgotten, which costs one write each.
const TOUCHED: usize = 10_000;

/// A key, as whoever manages it sees it: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyInfo {
    pub id: String,
    pub name: String,
    /// Its first characters.
    pub hint: String,
    pub permission: Permission,
    /// The devices that it reaches; `None` for all.
    pub devices: Option<Vec<DeviceId>>,
    pub created_at: Millis,
    /// The [`Principal::name`] of who made it.
    pub created_by: String,
    pub expires_at: Option<Millis>,
    /// To the minute.
    pub last_used_at: Option<Millis>,
}

/// The keys that are known. Cheap to clone.
#[derive(Clone, Default)]
pub struct Keys {
    bootstrap: Option<([u8; 32], WorkspaceId)>,
    touched: Arc<Mutex<HashMap<String, Millis>>>,
}

impl Keys {
    /// Knows the owner's bootstrap key, which belongs to the first workspace.
    #[must_use]
    pub fn new(bootstrap: Option<&ApiKey>, workspace: &WorkspaceId) -> Self {
        let bootstrap = bootstrap.map(|key| (hash(&key.0), workspace.clone()));
        Self { bootstrap, touched: Arc::default() }
    }

    /// The workspace of the bootstrap key, if this is it: compared in constant time.
    pub(super) fn bootstrap(&self, key: &str) -> Option<WorkspaceId> {
        let (right, workspace) = self.bootstrap.as_ref()?;
        (key.len() <= MAX_KEY && bool::from(hash(key).ct_eq(right))).then(|| workspace.clone())
    }

    /// Whether there is any key that somebody could show, expired ones among them.
    pub(super) async fn exist(&self, store: &Store) -> Result<bool, StorageError> {
        let any = query("SELECT 1 AS one FROM api_keys LIMIT 1");
        Ok(self.bootstrap.is_some() || store.row(any).await?.is_some())
    }

    /// Who has this key of the database, if it is one that counts.
    pub(super) async fn find(
        &self,
        store: &Store,
        source: &Source,
        key: &str,
    ) -> Result<Option<Principal>, StorageError> {
        if key.len() > MAX_KEY || !key.starts_with(PREFIX) {
            return Ok(None);
        }
        let now = source.now();
        // By its hash: what the index compares tells nothing about a key of 256 random bits.
        let select =
            query("SELECT * FROM api_keys WHERE key_hash = $1 AND (expires_at IS NULL OR expires_at > $2)");
        let Some(row) = store.row(select.bind(hash(key)).bind(now)).await? else { return Ok(None) };
        let info = info(store, &row).await?;
        self.touch(store, &info, now);
        let workspace = row.parse("workspace_id")?;
        Ok(Some(Principal {
            reach: match info.devices {
                None => Reach::whole(workspace),
                Some(devices) => Reach::only(workspace, devices),
            },
            who: Who::Key { id: info.id.clone(), name: info.name },
            permission: info.permission,
            until: info.expires_at,
            extended: false,
            credential: Credential::Key(info.id),
        }))
    }

    /// Writes down that a key was used, at most once a minute, while its request goes on.
    fn touch(&self, store: &Store, info: &ApiKeyInfo, now: Millis) {
        let fresh = |at: Millis| (0..TOUCH).contains(&(now - at));
        if info.last_used_at.is_some_and(fresh) {
            return;
        }
        {
            let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
            if touched.get(&info.id).copied().is_some_and(fresh) {
                return;
            }
            if touched.len() >= TOUCHED {
                touched.clear();
            }
            touched.insert(info.id.clone(), now);
        }
        let update = query("UPDATE api_keys SET last_used_at = $2 WHERE id = $1").bind(&info.id).bind(now);
        let store = store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.execute(update).await {
                tracing::warn!(%error, "a key's last use was not written down");
            }
        });
    }
}

/// A new key: the text, to be shown once, its hash, and what it begins with.
pub(super) fn mint(source: &Source) -> (String, [u8; 32], String) {
    let key = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(source.bytes::<32>()));
    let (hash, hint) = (hash(&key), key.chars().take(HINT).collect());
    (key, hash, hint)
}

/// A row of `api_keys`, with its devices.
pub(super) async fn info(store: &Store, row: &Row) -> Result<ApiKeyInfo, StorageError> {
    let id = row.text("id")?;
    let devices = if row.flag("limited")? {
        let select = query("SELECT device_id FROM api_key_devices WHERE key_id = $1 ORDER BY device_id");
        let rows = store.rows(select.bind(&id)).await?;
        Some(rows.iter().map(|row| row.parse("device_id")).collect::<Result<_, _>>()?)
    } else {
        None
    };
    Ok(ApiKeyInfo {
        id,
        name: row.text("name")?,
        hint: row.text("hint")?,
        permission: permission(row)?,
        devices,
        created_at: row.int("created_at")?,
        created_by: row.text("created_by")?,
        expires_at: row.opt_int("expires_at")?,
        last_used_at: row.opt_int("last_used_at")?,
    })
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_random_and_long() {
        let source = Source::fixed(1, 1);
        let (a, hash_of_a, hint) = mint(&source);
        let (b, ..) = mint(&source);
        assert_ne!(a, b);
        assert_eq!((a.len(), hash_of_a), (PREFIX.len() + 43, hash(&a)));
        assert!(a.starts_with(&hint) && hint.len() == 8, "{hint}");
    }

    #[test]
    fn the_bootstrap_key_is_one_text_exactly() {
        let key = "k".repeat(MAX_KEY);
        let keys = Keys::new(Some(&ApiKey(key.clone())), &"w".parse().unwrap());
        assert!(keys.bootstrap(&key).is_some());
        for wrong in
            ["", "k", &key[1..], &format!("{key}k"), &format!("{key}{}", "ñ".repeat(5_000)), &"ñ".repeat(200)]
        {
            assert!(keys.bootstrap(wrong).is_none());
        }
        assert!(Keys::default().bootstrap("").is_none());
    }
}
