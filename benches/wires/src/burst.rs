//! Everybody is told many things at once: how fast, and at what cost to the server.

use crate::Failure;
use crate::client::{Client, open_all};
use crate::clock::{beside, on_this_thread, rest};
use crate::target::Target;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What one client is told of one happening, and what the happening itself costs the server.
pub struct Recorded {
    pub frames: Vec<Value>,
    /// Bytes of a frame's payload, on average.
    pub size: u64,
    /// Processor time of the server with this one client.
    pub cpu: Duration,
}

/// Has it happen before one client, and records what comes until nothing more does.
pub fn record(
    target: &Target,
    happen: impl FnOnce() -> Result<(), Failure> + Send + 'static,
) -> Result<Recorded, Failure> {
    on_this_thread(async {
        let mut client = Client::open(&target.door, "").await?;
        let (frames, bytes) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(0)));
        let (seen, prefix) = (frames.clone(), target.prefix.clone().into_bytes());
        let size = bytes.clone();
        let reader = tokio::task::spawn_local(async move {
            client
                .read(16 * 1024, |payload| {
                    if payload.starts_with(&prefix) {
                        size.set(size.get() + payload.len() as u64);
                        seen.borrow_mut().push(payload.to_vec());
                    }
                })
                .await
        });
        rest(1_500).await;
        frames.borrow_mut().clear();
        bytes.set(0);
        let before = target.process.cpu()?;
        beside(happen).await?;
        let mut count = usize::MAX;
        while frames.borrow().len() != count {
            count = frames.borrow().len();
            rest(700).await;
        }
        let cpu = target.process.cpu()?.saturating_sub(before);
        reader.abort();
        let frames: Vec<Value> =
            frames.borrow().iter().filter_map(|payload| target.recorded(payload)).collect();
        if frames.is_empty() {
            return Err("nothing was told".into());
        }
        Ok(Recorded { size: bytes.get() / frames.len() as u64, frames, cpu })
    })
}

/// How it went.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    pub delivered: u64,
    pub expected: u64,
    /// From the first that was delivered to the last.
    pub spread: Duration,
    /// From the request to the last that was delivered.
    pub whole: Duration,
    /// Processor time of the server meanwhile.
    pub cpu: Duration,
}

/// The burst before many clients; each is to get so many frames.
pub fn run(target: &Target, clients: usize, frames: usize) -> Result<Burst, Failure> {
    on_this_thread(async {
        let first: Rc<Cell<Option<Instant>>> = Rc::default();
        let last: Rc<Cell<Option<Instant>>> = Rc::default();
        let count: Rc<Cell<u64>> = Rc::default();
        for mut client in open_all(&target.door, clients).await? {
            let prefix = target.prefix.clone().into_bytes();
            let (first, last, count) = (first.clone(), last.clone(), count.clone());
            tokio::task::spawn_local(async move {
                let each = |payload: &[u8]| {
                    if payload.starts_with(&prefix) {
                        count.set(count.get() + 1);
                        let now = Instant::now();
                        last.set(Some(now));
                        if first.get().is_none() {
                            first.set(Some(now));
                        }
                    }
                };
                client.read(64 * 1024, each).await
            });
        }
        // What each was told on entering is not meant.
        rest(2_000).await;
        count.set(0);
        first.set(None);
        let expected = (clients * frames) as u64;
        let job = target.job.clone();
        let before = target.process.cpu()?;
        let started = Instant::now();
        let request = tokio::task::spawn_local(beside(move || job.burst()));
        let deadline = started + Duration::from_secs(60);
        while count.get() < expected && Instant::now() < deadline {
            rest(5).await;
        }
        request.await??;
        // What comes once too often would come now.
        rest(300).await;
        let cpu = target.process.cpu()?.saturating_sub(before);
        let (Some(first), Some(last)) = (first.get(), last.get()) else {
            return Err("nothing was delivered".into());
        };
        Ok(Burst { delivered: count.get(), expected, spread: last - first, whole: last - started, cpu })
    })
}
