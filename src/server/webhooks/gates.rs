//! How many requests may be under way: in all, and to one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests of this server at once: each holds a thread.
const ALL: usize = 64;
/// Requests to one host at once.
pub const EACH: usize = 4;

/// The gates that every request goes through.
#[derive(Debug)]
pub struct Gates {
    all: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// Being inside; dropped on the way out.
pub type Inside = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Default for Gates {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(ALL)), hosts: Mutex::default() }
    }
}

impl Gates {
    /// Waits until one more request to this host may be made. A host's own gate comes first: whoever waits
    /// there takes nobody's place.
    ///
    /// `None` never comes while the server runs: the gates are not closed.
    pub async fn enter(&self, host: &str) -> Option<Inside> {
        let gate = self.gate(host);
        let host = gate.acquire_owned().await.ok()?;
        let all = self.all.clone().acquire_owned().await.ok()?;
        Some((host, all))
    }

    fn gate(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = hosts.get(host).and_then(Weak::upgrade) {
            return gate;
        }
        // Gates that nobody is at are forgotten, so that the map is as large as what is under way.
        hosts.retain(|_, gate| gate.strong_count() > 0);
        let gate = Arc::new(Semaphore::new(EACH));
        hosts.insert(host.to_owned(), Arc::downgrade(&gate));
        gate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn a_host_has_few_and_leaves_the_others_theirs() {
        let gates = Gates::default();
        let mut inside = Vec::new();
        for _ in 0..EACH {
            inside.push(gates.enter("slow").await.unwrap());
        }
        assert!(gates.enter("slow").now_or_never().is_none());
        assert!(gates.enter("quick").now_or_never().is_some());
        inside.pop();
        assert!(gates.enter("slow").now_or_never().is_some());
        drop(inside);
        assert!(gates.enter("other").now_or_never().is_some());
        assert_eq!(gates.hosts.lock().unwrap().len(), 1, "hosts that nobody is at are forgotten");
    }

    #[tokio::test]
    async fn all_together_have_a_limit() {
        let gates = Gates::default();
        let mut inside = Vec::new();
        for n in 0..ALL {
            inside.push(gates.enter(&n.to_string()).await.unwrap());
        }
        assert!(gates.enter("one more").now_or_never().is_none());
    }
}
