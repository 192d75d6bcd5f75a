//! Follows the log of a workspace, and pushes what is news to people.

use super::cipher::{Recipient, seal};
use super::keys::PrivateKey;
use super::news::News;
use super::store::{self, Subscription};
use crate::model::downs::Downs;
use crate::model::news::news;
use crate::protocol::{DeviceStatus, EventKind, WorkspaceId};
use crate::server::journal::{Journal, Pulled, Pump};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{StorageError, read};
use crate::server::webhooks::{Client, Parcel, Target};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How long a service keeps a push for a browser that is off, in seconds.
const KEPT: &str = "86400";
/// How long it rests after storage failed.
const REST: Duration = Duration::from_secs(1);

pub struct Office {
    pub journal: Journal,
    pub source: Source,
    pub client: Client,
    pub key: PrivateKey,
    pub room: Arc<Semaphore>,
    pub stopping: CancellationToken,
}

/// Works until the server stops. What happened while it was stopped is not pushed: the pages catch up by
/// themselves.
pub async fn follow(office: Arc<Office>, workspace: WorkspaceId) {
    let work = async {
        loop {
            if let Err(error) = round(&office, &workspace).await {
                tracing::warn!(%workspace, %error, "pushes are interrupted");
                tokio::time::sleep(REST).await;
            }
        }
    };
    tokio::select! {
        () = office.stopping.cancelled() => {}
        () = work => {}
    }
}

async fn round(office: &Arc<Office>, workspace: &WorkspaceId) -> Result<(), StorageError> {
    let mut pump = Pump::attach(&office.journal, &Reach::whole(workspace.clone()), None).await?;
    let mut downs = Downs::default();
    loop {
        let due = downs.next_due().map(|at| at.saturating_sub(office.source.now()));
        let pulled = tokio::select! {
            pulled = pump.next() => pulled?,
            () = wait(due) => {
                tell_of_downs(office, workspace, &mut downs).await?;
                continue;
            }
        };
        match pulled {
            Pulled::Events(events) => {
                for logged in &events {
                    let kind = &logged.event.kind;
                    if let Some((message, chat)) = news(kind) {
                        tell(office, workspace, &News::Message { message, chat }).await?;
                    }
                    match kind {
                        // Of one that has been down for longer, a new name is no news.
                        EventKind::DeviceUpdated { device, previous_status }
                            if device.status != *previous_status || downs.knows(&device.id) =>
                        {
                            downs.take(device, office.source.now());
                        }
                        EventKind::DeviceDeleted { id } => {
                            downs.forget(id);
                        }
                        _ => {}
                    }
                }
            }
            Pulled::Live(_) => {}
            // So far behind that the log went on without it: what is news now is at its end.
            Pulled::Lost(_) => return Ok(()),
        }
    }
}

/// Waits for so many milliseconds, or for ever.
async fn wait(milliseconds: Option<i64>) {
    match milliseconds {
        Some(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))).await;
        }
        None => std::future::pending().await,
    }
}

/// Pushes which devices are down by now, unless they are not any more: this may be behind the log.
async fn tell_of_downs(
    office: &Arc<Office>,
    workspace: &WorkspaceId,
    downs: &mut Downs,
) -> Result<(), StorageError> {
    let reach = Reach::whole(workspace.clone());
    for (id, status) in downs.due(office.source.now()) {
        let device = read::device(office.journal.store(), &reach, &id).await?;
        let Some(device) = device.filter(|device| device.status != DeviceStatus::Connected) else { continue };
        tell(office, workspace, &News::Down { device: &device, status }).await?;
    }
    Ok(())
}

/// Pushes a piece of news to everybody who wants to hear of it. As many as may be on their way at once are; further ones
/// wait, and with them the reading of the log.
async fn tell(office: &Arc<Office>, workspace: &WorkspaceId, news: &News<'_>) -> Result<(), StorageError> {
    let now = office.source.now();
    if news.is_hushed(now) {
        return Ok(());
    }
    let subscribers = store::subscribers(office.journal.store(), workspace, now).await?;
    let wants = |one: &Subscription| {
        let wish = &one.wish;
        !wish.quiet.contains(news.device()) && !wish.hours.as_ref().is_some_and(|hours| hours.is_at(now))
    };
    let subscribers: Vec<Subscription> = subscribers.into_iter().filter(wants).collect();
    if subscribers.is_empty() {
        return Ok(());
    }
    let unread = store::waiting(office.journal.store(), workspace).await?;
    for subscriber in subscribers {
        let permit = office.room.clone().acquire_owned().await.map_err(|_| StorageError::Closed)?;
        let Some(parcel) = parcel(office, &subscriber, news, unread) else {
            tracing::debug!("a push could not be made");
            continue;
        };
        let office = office.clone();
        tokio::spawn(async move {
            let reply = office.client.post(parcel).await;
            drop(permit);
            match reply.status {
                Ok(404 | 410) => {
                    if let Err(error) = store::gone(office.journal.store(), &subscriber.endpoint).await {
                        tracing::warn!(%error, "a subscription that ended was not forgotten");
                    }
                }
                Ok(200..=299) => {}
                Ok(status) => tracing::info!(status, "a push service refused a push"),
                Err(error) => tracing::info!(%error, "a push service could not be reached"),
            }
        });
    }
    Ok(())
}

/// The request: encrypted for the browser, signed for the service.
fn parcel(office: &Office, to: &Subscription, news: &News<'_>, unread: i64) -> Option<Parcel> {
    let told = news.told(to.wish.language, unread);
    let body = encrypted(office, &to.to, told.to_string().as_bytes())?;
    let target = Target::parse(&to.endpoint).ok()?;
    let contact = if to.email.is_empty() {
        "mailto:admin@localhost".to_owned()
    } else {
        format!("mailto:{}", to.email)
    };
    let proof = office.key.proof(&target.origin(), &contact, office.source.now())?;
    let topic = URL_SAFE_NO_PAD.encode(&Sha256::digest(news.topic())[..24]);
    let headers = vec![
        ("content-type", "application/octet-stream".to_owned()),
        ("content-encoding", "aes128gcm".to_owned()),
        ("ttl", KEPT.to_owned()),
        ("urgency", "high".to_owned()),
        ("topic", topic),
        ("authorization", proof),
    ];
    Some(Parcel { url: to.endpoint.clone(), headers, body })
}

fn encrypted(office: &Office, to: &Recipient, text: &[u8]) -> Option<Vec<u8>> {
    seal(text, to, &PrivateKey::new(&office.source), office.source.bytes())
}
