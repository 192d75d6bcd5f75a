//! Carries a session over HTTP requests.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::{
    super::codec::{Unit, decode_payload, to_payload},
    link::Link,
    reason::CloseReason,
    request::Refusal,
    session::{PollStep, Refused},
};

/// Waits for packets and answers with them.
pub(super) async fn get(link: &Arc<Link>) -> Response {
    if let Err(refused) = link.with(|session, _| session.begin_poll()) {
        return refuse(refused);
    }
    let mut open = OpenPoll { link, answered: false };
    let since = Instant::now();
    let response = loop {
        let notified = link.outgoing.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        match link.with(|session, now| session.poll(now, since, &link.config)) {
            PollStep::Ready(units) => break packets(&units),
            PollStep::Last(unit) => break packets(&[unit]),
            PollStep::Wait(None) => notified.await,
            PollStep::Wait(Some(until)) => {
                // Whether it was woken or not makes no difference: the next round looks.
                let _ = tokio::time::timeout_at(until, notified).await;
            }
        }
    };
    open.answered = true;
    response
}

/// Takes packets from the body.
pub(super) async fn post(link: &Arc<Link>, headers: &HeaderMap, body: Body) -> Response {
    if let Err(refused) = link.with(|session, _| session.begin_post()) {
        return refuse(refused);
    }
    let mut open = OpenPost { link, complete: false };
    let response = match take(link, headers, body).await {
        Ok(()) => ([(header::CONTENT_TYPE, TEXT)], "ok").into_response(),
        Err(CloseReason::TooLarge) => {
            link.close(CloseReason::TooLarge);
            StatusCode::PAYLOAD_TOO_LARGE.into_response()
        }
        Err(reason) => {
            link.close(reason);
            Refusal::BadRequest.into_response()
        }
    };
    open.complete = true;
    response
}

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=UTF-8");

/// Bytes for a body before any of it is here: what a client announces costs it nothing.
const FIRST_CHUNK: usize = 16 * 1024;

async fn take(link: &Arc<Link>, headers: &HeaderMap, body: Body) -> Result<(), CloseReason> {
    // Revision 4 writes bytes as base64: nothing in a body is binary.
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/octet-stream") {
        return Err(CloseReason::TransportError);
    }
    let body = tokio::select! {
        body = read(body, headers, link.config.max_payload) => body?,
        () = link.until(&link.changed, |session| session.closed().is_some()) => {
            return Err(CloseReason::TransportClose);
        }
    };
    let body = std::str::from_utf8(&body).map_err(|_| CloseReason::ParseError)?;
    for packet in decode_payload(body) {
        let packet = packet.map_err(|_| CloseReason::ParseError)?;
        let message = link.with(|session, now| session.receive(packet, now, &link.config));
        if let Some(message) = message
            && !link.deliver(message).await
        {
            break;
        }
    }
    Ok(())
}

async fn read(body: Body, headers: &HeaderMap, limit: usize) -> Result<Vec<u8>, CloseReason> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(CloseReason::TooLarge);
    }
    let mut stream = body.into_data_stream();
    let mut taken = Vec::with_capacity(announced.unwrap_or_default().min(FIRST_CHUNK));
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| CloseReason::TransportError)?;
        if taken.len() + chunk.len() > limit {
            return Err(CloseReason::TooLarge);
        }
        taken.extend_from_slice(&chunk);
    }
    Ok(taken)
}

fn packets(units: &[Unit]) -> Response {
    ([(header::CONTENT_TYPE, TEXT)], to_payload(units)).into_response()
}

fn refuse(refused: Refused) -> Response {
    match refused {
        Refused::Closed => Refusal::UnknownSession,
        Refused::WrongTransport | Refused::Overlap => Refusal::BadRequest,
    }
    .into_response()
}

/// A poll whose client goes away is dropped; then the session is over.
struct OpenPoll<'a> {
    link: &'a Arc<Link>,
    answered: bool,
}

impl Drop for OpenPoll<'_> {
    fn drop(&mut self) {
        self.link.with(|session, _| session.end_poll(self.answered));
    }
}

/// Likewise a POST.
struct OpenPost<'a> {
    link: &'a Arc<Link>,
    complete: bool,
}

impl Drop for OpenPost<'_> {
    fn drop(&mut self) {
        self.link.with(|session, _| session.end_post(self.complete));
    }
}
