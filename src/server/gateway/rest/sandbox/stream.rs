//! What happens on the phones, as it happens.

use super::Net;
use super::links::own_devices;
use crate::protocol::DeviceId;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Principal, Query};
use crate::server::gateway::leased::{Leased, MaybeCut};
use crate::server::gateway::state::App;
use crate::server::gateway::stream::error_frame;
use crate::server::reach::Reach;
use crate::server::sandbox::{PhoneEvent, PhoneEventKind};
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
pub struct OfPhone {
    /// Only what happens on this phone.
    phone: Option<String>,
}

/// What happens on the phones, as it happens: server-sent events.
///
/// Each is a `PhoneEvent`. A reader that lags gets `{"type":"missed"}` and reads the phones again.
/// The last is `{"type":"error","problem":…}` where the caller's credential has expired or was revoked.
#[utoipa::path(
    get,
    path = "/stream",
    operation_id = "openPhoneStream",
    tag = "Sandbox",
    params(OfPhone),
    responses((status = 200, description = "The stream: each `data` is one of these", body = PhoneEvent, content_type = "text/event-stream")),
)]
pub async fn events(
    State(app): State<App>,
    Principal(who): Principal,
    Net(net): Net,
    Query(query): Query<OfPhone>,
    cut: MaybeCut,
) -> Answer<Response> {
    let phones = net.subscribe();
    let watch = Watch {
        own: own_devices(&app, &who.reach).await?,
        leased: Leased::new(app.auth.lease(&who)?, cut),
        stopping: app.stopping.clone(),
        reach: who.reach,
        over: false,
        number: query.phone,
        app,
        phones,
    };
    let live = stream::unfold(watch, |mut watch| async move {
        let data = watch.next().await?;
        Some((Event::default().data(data), watch))
    });
    let hello = stream::iter([Event::default().data(r#"{"type":"hello"}"#).retry(Duration::from_secs(2))]);
    let all = hello.chain(live).map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(all).keep_alive(alive).into_response())
}

/// Somebody who watches the phones.
struct Watch {
    app: App,
    reach: Reach,
    leased: Leased,
    /// Whether the credential's end was told: nothing comes after it.
    over: bool,
    stopping: CancellationToken,
    /// Only this phone.
    number: Option<String>,
    /// Devices known to be theirs, also those that were deleted meanwhile.
    own: BTreeSet<DeviceId>,
    phones: Receiver<PhoneEvent>,
}

impl Watch {
    /// What happens next, as JSON; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        loop {
            let event = tokio::select! {
                event = self.phones.recv() => event,
                ended = self.leased.ended() => {
                    self.over = true;
                    return Some(error_frame(ended.into()));
                }
                () = self.stopping.cancelled() => return None,
            };
            match event {
                Ok(event) if self.number.as_ref().is_some_and(|number| *number != event.number) => {}
                Ok(event) => {
                    if self.may_see(&event).await {
                        return Some(serde_json::to_string(&event).unwrap_or_default());
                    }
                }
                Err(RecvError::Lagged(_)) => return Some(r#"{"type":"missed"}"#.to_owned()),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    async fn may_see(&mut self, event: &PhoneEvent) -> bool {
        let (PhoneEventKind::Linked { device }
        | PhoneEventKind::Unlinked { device }
        | PhoneEventKind::Connected { device, .. }) = &event.kind
        else {
            return true;
        };
        if !self.own.contains(device) && self.app.devices.get(&self.reach, device).await.is_ok() {
            self.own.insert(device.clone());
        }
        self.own.contains(device)
    }
}
