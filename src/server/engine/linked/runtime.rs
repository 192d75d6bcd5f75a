//! Where the client's tasks run: on Tokio, but none of them outlives its run.
//!
//! The client starts tasks on its own that hold on to it and end when they see fit, some of them
//! minutes after it was disconnected. Here all of them are counted, and all end with the run.

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use whatsapp_rust::TokioRuntime;
use whatsapp_rust::wacore::runtime::{AbortHandle, Runtime};

/// Tokio, for one run.
pub(super) struct Confined {
    tasks: TaskTracker,
    over: CancellationToken,
}

impl Confined {
    /// Counts its tasks in `tasks` and ends them with `over`.
    pub fn new(tasks: TaskTracker, over: CancellationToken) -> Self {
        Self { tasks, over }
    }
}

#[async_trait]
impl Runtime for Confined {
    fn spawn(&self, future: BoxFuture<'static, ()>) -> AbortHandle {
        let over = self.over.clone();
        let task = self.tasks.spawn(async move {
            // `None` says that the run was over first.
            let _ = over.run_until_cancelled(future).await;
        });
        AbortHandle::new(move || task.abort())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        TokioRuntime.sleep(duration)
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send + 'static>) -> BoxFuture<'static, ()> {
        TokioRuntime.spawn_blocking(work)
    }

    fn yield_now(&self) -> Option<BoxFuture<'static, ()>> {
        TokioRuntime.yield_now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test]
    async fn no_task_outlives_the_run() {
        let (tasks, over) = (TaskTracker::new(), CancellationToken::new());
        let runtime = Confined::new(tasks.clone(), over.clone());
        runtime.spawn(Box::pin(pending())).detach();
        runtime.spawn_detached(Box::pin(pending()));
        drop(runtime.spawn(Box::pin(pending())));
        assert_eq!(tasks.len(), 3);
        over.cancel();
        // Also those that come too late.
        runtime.spawn_detached(Box::pin(pending()));
        tasks.close();
        tokio::time::timeout(Duration::from_secs(10), tasks.wait()).await.unwrap();
    }
}
