//! A socket's right to stay, from the moment at which it was let in.

use crate::server::auth::Lease;
use crate::server::gateway::socketio::Frame;
use serde_json::json;
use std::future::pending;
use std::sync::{Mutex, PoisonError};

/// Kept with a socket's session until the socket is in.
pub struct Stay(Mutex<Option<Lease>>);

impl Stay {
    #[must_use]
    pub fn new(lease: Lease) -> Self {
        Self(Mutex::new(Some(lease)))
    }

    /// Waits until the socket has to leave; answers its last event, `session:ended` `{reason}`. To be asked once.
    pub async fn over(&self, namespace: &str) -> Option<Frame> {
        let lease = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut lease) = lease else { return pending().await };
        let reason = lease.ended().await.as_str();
        Frame::event_of(namespace, "session:ended", &json!({ "reason": reason }), None).ok()
    }
}
