//! Keeps a device connected: one attempt after the other, with a wait in between that everybody can
//! see, until it is stopped or there is an end.
//!
//! The client can reconnect by itself, but tells neither that it failed to connect nor how long it
//! waits. So its own reconnecting is switched off, which makes [`Client::run`] return after each
//! connection, and the waiting is done here.

use super::backoff::Backoff;
use super::link::{Link, Stage, Verdict, Wish};
use super::seed;
use crate::server::engine::{End, SessionEvent};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use whatsapp_rust::client::Client;

/// What the client adds to its count of failures when WhatsApp asks for fewer connections (429), at
/// once; nothing else adds as much.
const ASKED_TO_SLOW_DOWN: u32 = 5;

/// Connects until the run is over. Returns with the client disconnected for good, or while somebody
/// else is just doing that.
pub(super) async fn supervise(link: &Arc<Link>, client: &Arc<Client>) {
    let mut backoff = Backoff::default();
    let mut announce = true;
    loop {
        link.begin();
        if announce {
            link.mailbox.tell(SessionEvent::Connecting);
        }
        let was_linked = seed::is_client_linked(client);
        let failures = client.stats().reconnect_errors;
        tokio::select! {
            () = connection(link, client) => {}
            () = link.over.cancelled() => return,
        }
        link.acks.lost();
        if client.shutdown_signal().is_fired() {
            // By itself it ends for good only with a verdict; without one, it cannot be run again.
            let text = "the client ended without a reason".to_owned();
            link.decide(Verdict::Ended(End::Other { text }));
        }
        if link.stopping.is_cancelled() || link.verdict().is_some() {
            return;
        }
        let attempt = link.attempted();
        if !was_linked && seed::is_client_linked(client) {
            // A phone accepted us; WhatsApp ends the stream so that we come back linked (error 515).
            announce = false;
            continue;
        }
        if client.stats().reconnect_errors.saturating_sub(failures) >= ASKED_TO_SLOW_DOWN {
            backoff.slow_down();
        }
        let stood = attempt.live_since.map_or(0, |since| link.source.now().saturating_sub(since));
        let retry_in = backoff.next(&link.source, stood);
        link.stage.send_replace(Stage::Down);
        link.mailbox.tell(SessionEvent::Disconnected { retry_in, reached: attempt.reached });
        announce = true;
        tokio::select! {
            () = tokio::time::sleep(retry_in) => {}
            () = link.stopping.cancelled() => return,
        }
    }
}

/// One connection, from dialling to its end.
async fn connection(link: &Arc<Link>, client: &Arc<Client>) {
    client.enable_auto_reconnect.store(false, Ordering::Relaxed);
    let wish = async {
        if link.wished().await == Wish::Renew {
            Box::pin(client.reconnect()).await;
            // The client's run comes to its end by itself.
            pending::<()>().await;
        } else {
            Box::pin(client.disconnect()).await;
        }
    };
    tokio::select! {
        () = Box::pin(client.run()) => {}
        () = wish => {}
    }
}
