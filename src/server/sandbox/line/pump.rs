//! What waits for a device: first what came while it was away, then what comes.
//!
//! The queue lies in the database and is read page by page, at the pace of the device: nothing is lost
//! with a connection, and no backlog fills the memory. The bytes that are sent again after a break are
//! the bytes that were sent before it.

use super::connection::Ended;
use super::session::Session;
use super::writer::Writer;
use crate::server::sandbox::rows::queue::{self, Class};
use crate::server::sandbox::wire::stanza::{SERVER, decode, encode, node};
use bytes::BytesMut;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Stanzas that are read at a time.
const PAGE: u32 = 100;
/// Stanzas that a device may leave unread before it gets more.
const UNREAD: usize = 256;
/// How soon we look again whether it has read.
const PAUSE: Duration = Duration::from_millis(20);

/// The device is ready: says how much waits, sends it marked as such, and says that this was all.
pub async fn begin(session: &mut Session<'_>, writer: &mut Writer) -> Result<(), Ended> {
    let (counts, top) = queue::waiting(&session.net.store, &session.me).await?;
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    if total > 0 {
        let mut preview = node("offline_preview").attr("count", total.to_string());
        for class in [Class::Message, Class::Receipt, Class::Notification, Class::Call] {
            let count = counts.iter().find(|(found, _)| *found == class).map_or(0, |(_, count)| *count);
            preview = preview.attr(class.as_str(), count.to_string());
        }
        writer.send(&node("ib").attr("from", SERVER).children([preview.build()]).build());
    }
    session.sent = 0;
    pages(session, writer, Some(top)).await?;
    let done = node("offline").attr("count", total.to_string()).build();
    writer.send(&node("ib").attr("from", SERVER).children([done]).build());
    // What was queued meanwhile.
    send(session, writer).await
}

/// Sends what was queued since the last time.
pub async fn send(session: &mut Session<'_>, writer: &mut Writer) -> Result<(), Ended> {
    pages(session, writer, None).await
}

/// Sends what waits, up to a place if one is given: that is then the backlog, and marked as such.
async fn pages(session: &mut Session<'_>, writer: &mut Writer, backlog: Option<i64>) -> Result<(), Ended> {
    loop {
        if writer.pipe.backlog() > UNREAD {
            if backlog.is_none() {
                // The device is slow: the session goes on meanwhile and comes back to this.
                if !session.pausing.swap(true, Ordering::Relaxed) {
                    let (wake, pausing) = (session.wake.clone(), session.pausing.clone());
                    session.net.tasks.spawn(async move {
                        tokio::time::sleep(PAUSE).await;
                        pausing.store(false, Ordering::Relaxed);
                        wake.notify_one();
                    });
                }
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
            if session.net.closing.is_cancelled() || writer.pipe.is_closed() {
                return Ok(());
            }
            continue;
        }
        let page = queue::page(&session.net.store, &session.me, session.sent, PAGE).await?;
        let whole = page.len() == PAGE as usize;
        for queued in page {
            if backlog.is_some_and(|top| queued.seq > top) {
                return Ok(());
            }
            match backlog {
                None => writer.send_encoded(&queued.stanza),
                Some(_) => match marked(&queued.stanza) {
                    Some(stanza) => writer.send_encoded(&stanza),
                    None => writer.send_encoded(&queued.stanza),
                },
            }
            session.sent = queued.seq;
        }
        if !whole {
            return Ok(());
        }
    }
}

/// The stanza with the mark of what waited.
fn marked(stanza: &[u8]) -> Option<Vec<u8>> {
    let mut stanza = decode(BytesMut::from(stanza)).ok()?;
    stanza.attrs.insert("offline", "0");
    encode(&stanza).ok()
}
