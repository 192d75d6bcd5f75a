//! Keeps the time of one session.

use super::link::Link;

/// Sends pings and closes what does not answer, until the session has ended.
pub(super) async fn keep(link: &Link) {
    loop {
        let notified = link.changed.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        let Some(next) = link.with(|session, now| session.tick(now, &link.config)) else { return };
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            () = notified => {}
        }
    }
}
