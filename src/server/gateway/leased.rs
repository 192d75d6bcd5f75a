//! Streams of answers that end with their credential, also where their client does not read.
//!
//! An answer's body is asked for more only as fast as its client takes it: one that takes nothing is never asked, and
//! would never find out. So the end is waited for beside it. The stream is told first, and says why; what is still
//! open a moment later is cut off with its connection.

use crate::server::auth::{Ended, Lease};
use axum::Extension;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How long a stream may take to say goodbye.
const FAREWELL: Duration = Duration::from_millis(500);

/// Cuts the connection that a request came on. There is one request at a time on it.
#[derive(Clone, Default)]
pub struct Cut(CancellationToken);

impl Cut {
    /// Ends the connection without a word.
    pub fn now(&self) {
        self.0.cancel();
    }

    /// Waits for that.
    pub async fn asked(&self) {
        self.0.cancelled().await;
    }
}

/// As a handler takes it: absent where a router is served without connections, as in some tests.
pub type MaybeCut = Option<Extension<Cut>>;

/// The end of a credential, waited for while a stream lives.
pub struct Leased {
    told: oneshot::Receiver<Ended>,
    _waiting: AbortOnDropHandle<()>,
}

impl Leased {
    pub fn new(mut lease: Lease, cut: MaybeCut) -> Self {
        let (tell, told) = oneshot::channel();
        let waiting = tokio::spawn(async move {
            // Nobody listens any more: then this task is about to be aborted.
            let _ = tell.send(lease.ended().await);
            tokio::time::sleep(FAREWELL).await;
            if let Some(Extension(cut)) = cut {
                cut.now();
            }
        });
        Self { told, _waiting: AbortOnDropHandle::new(waiting) }
    }

    /// Waits until the stream has to end. Safe to drop, but not to be called again once it has answered.
    pub async fn ended(&mut self) -> Ended {
        // Only a panic or the runtime's end leaves it without an answer.
        (&mut self.told).await.unwrap_or(Ended::Revoked)
    }
}
