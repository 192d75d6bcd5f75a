//! Our rows against what the client expects of its store.

mod device;
mod signal;
mod state;

use super::Keys;
use crate::protocol::DeviceId;
use crate::server::storage::testing::{TestStore, stores};
use crate::server::storage::{Store, query};
use std::sync::Arc;
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::wacore::store::traits::Backend;

/// A device that exists, because its rows must not outlive it.
async fn device(store: &Store, name: &str) -> DeviceId {
    let id: DeviceId = name.parse().unwrap();
    let workspace =
        query("INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0) ON CONFLICT DO NOTHING");
    store.execute(workspace).await.unwrap();
    let insert = query(
        "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ($1, 'w', 'd', 'created', 0, 0, 0)",
    );
    store.execute(insert.bind(&id)).await.unwrap();
    id
}

/// Ours on each database, and the client's.
async fn backends() -> (Vec<TestStore>, Vec<Arc<dyn Backend>>) {
    let stores = stores().await;
    let mut backends: Vec<Arc<dyn Backend>> = vec![Arc::new(InMemoryBackend::new())];
    for test in &stores {
        let device = device(&test.store, "dev_a").await;
        backends.push(Arc::new(Keys::new(test.store.clone(), device)));
    }
    (stores, backends)
}
