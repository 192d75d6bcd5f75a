//! Carries a session over a WebSocket.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        WebSocketUpgrade,
        ws::{CloseFrame, Message as WsMessage, WebSocket, close_code},
    },
    response::Response,
};
use futures_util::{SinkExt as _, Stream, StreamExt as _, stream::SplitSink};
use tokio::time::timeout;

use super::{
    super::codec::{EnginePacket, Text, Unit, probe_answer},
    connection::Message,
    link::Link,
    reason::CloseReason,
    registry::Engine,
    request::{Opening, TransportKind},
};

/// Tungstenite's own default of 128 KiB is held by every idle connection.
const READ_BUFFER: usize = 1024;
/// Bytes that are gathered before they are written, where no flush comes first.
const WRITE_BUFFER: usize = 16 * 1024;
/// How long a client may take to answer our closing frame.
const GOODBYE: Duration = Duration::from_secs(2);

/// Opens a session on a WebSocket.
pub(super) fn open(socket: WebSocketUpgrade, engine: Arc<Engine>, opening: Opening) -> Response {
    limited(socket, engine.config.max_payload).on_upgrade(async move |socket| {
        let link = engine.open(TransportKind::WebSocket, opening);
        carry(&link, socket).await;
    })
}

/// Lets a WebSocket take over a session that polls.
pub(super) fn upgrade(socket: WebSocketUpgrade, link: Arc<Link>) -> Response {
    limited(socket, link.config.max_payload).on_upgrade(async move |mut socket| {
        let Some(until) = link.with(|session, now| session.begin_upgrade(now, &link.config)) else {
            return goodbye(socket).await;
        };
        let taken = tokio::select! {
            taken = tokio::time::timeout_at(until, take_over(&link, &mut socket)) => taken.unwrap_or(false),
            () = link.until(&link.changed, |session| session.closed().is_some()) => false,
        };
        if taken {
            carry(&link, socket).await;
        } else {
            link.with(|session, _| session.abandon_upgrade());
            goodbye(socket).await;
        }
    })
}

fn limited(socket: WebSocketUpgrade, max_payload: usize) -> WebSocketUpgrade {
    socket
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(max_payload)
        .max_frame_size(max_payload)
}

/// Probe, answer, upgrade; whether it went that way.
async fn take_over(link: &Link, socket: &mut WebSocket) -> bool {
    let Some(first) = next_packet(socket).await else { return false };
    if !link.with(|session, _| session.probe(&first)) {
        return false;
    }
    if socket.send(WsMessage::Text(probe_answer())).await.is_err() {
        return false;
    }
    // A poll that is open now ends, so that the client can go on.
    link.outgoing.notify_waiters();
    let Some(second) = next_packet(socket).await else { return false };
    let done = link.with(|session, _| session.complete_upgrade(&second));
    link.outgoing.notify_waiters();
    done
}

async fn next_packet(socket: &mut WebSocket) -> Option<EnginePacket> {
    loop {
        match socket.recv().await?.ok()? {
            WsMessage::Text(text) => return EnginePacket::decode(&text).ok(),
            WsMessage::Ping(_) | WsMessage::Pong(_) => {}
            WsMessage::Binary(_) | WsMessage::Close(_) => return None,
        }
    }
}

/// Reads and writes side by side until the session or the WebSocket has ended.
async fn carry(link: &Link, socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (finished, too_large) = tokio::select! {
        finished = write(link, &mut sink) => (finished, false),
        reason = read(link, &mut stream) => {
            link.close(reason);
            (true, reason == CloseReason::TooLarge)
        }
    };
    if finished {
        // The end travels behind everything else; hanging up before the client has read it could lose both.
        let _ = timeout(GOODBYE, async {
            if too_large {
                let why = CloseFrame { code: close_code::SIZE, reason: "message too large".into() };
                if sink.send(WsMessage::Close(Some(why))).await.is_ok() {
                    while let Some(Ok(_)) = stream.next().await {}
                    // What is too large stays unread. The client hangs up once it has the reason; if we did, it
                    // could lose it.
                    std::future::pending::<()>().await;
                }
            } else if sink.close().await.is_ok() {
                while let Some(Ok(_)) = stream.next().await {}
            }
        })
        .await;
    }
}

/// Whether a message was over the limit.
fn is_too_large(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<tungstenite::Error>() {
            return matches!(error, tungstenite::Error::Capacity(_));
        }
        cause = error.source();
    }
    false
}

/// Takes whatever is queued and flushes once; whether the connection can still be closed in order.
async fn write(link: &Link, sink: &mut SplitSink<WebSocket, WsMessage>) -> bool {
    loop {
        let notified = link.outgoing.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        let Some(units) = link.with(|session, _| session.take_output()) else { return true };
        if units.is_empty() {
            notified.await;
            continue;
        }
        let sent = async {
            for unit in units {
                sink.feed(frame(unit)).await?;
            }
            sink.flush().await
        };
        let sent = tokio::select! {
            sent = sent => sent.is_ok(),
            () = link.until(&link.changed, |session| session.closed().is_some()) => false,
        };
        if !sent {
            link.close(CloseReason::TransportError);
            return false;
        }
    }
}

async fn read(
    link: &Link,
    stream: &mut (impl Stream<Item = Result<WsMessage, axum::Error>> + Unpin),
) -> CloseReason {
    while let Some(message) = stream.next().await {
        let message = match message {
            // Bytes have frames of their own here, but base64 is understood, as by the reference parser.
            Ok(WsMessage::Text(text)) => match EnginePacket::decode(&text) {
                Err(_) => return CloseReason::ParseError,
                Ok(packet) => link.with(|session, now| session.receive(packet, now, &link.config)),
            },
            Ok(WsMessage::Binary(bytes)) => Some(Message::Binary(bytes)),
            Ok(WsMessage::Ping(_) | WsMessage::Pong(_)) => None,
            Ok(WsMessage::Close(_)) => return CloseReason::TransportClose,
            Err(error) if is_too_large(&error) => return CloseReason::TooLarge,
            Err(_) => return CloseReason::TransportError,
        };
        if let Some(message) = message
            && !link.deliver(message).await
        {
            break;
        }
    }
    CloseReason::TransportClose
}

fn frame(unit: Unit) -> WsMessage {
    match unit {
        Unit::Text(text) => WsMessage::Text(text),
        Unit::Binary(bytes) => WsMessage::Binary(bytes),
    }
}

async fn goodbye(mut socket: WebSocket) {
    let closed = async {
        if socket.send(WsMessage::Close(None)).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // A client that does not answer is hung up on.
    let _ = timeout(GOODBYE, closed).await;
}

/// `Text` is the WebSocket's own type, so that a shared frame is sent without a copy.
const _: fn(Text) -> WsMessage = WsMessage::Text;
