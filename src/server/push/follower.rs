//! Follows the log of a workspace, and pushes what is news to people.

use super::cipher::{Recipient, seal};
use super::keys::PrivateKey;
use super::store::{self, Subscription};
use crate::protocol::{Chat, EventKind, Message, WorkspaceId};
use crate::server::journal::{Journal, Pulled, Pump};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::StorageError;
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
/// How much of a text is pushed, in characters.
const TEXT: usize = 240;
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
    loop {
        match pump.next().await? {
            Pulled::Events(events) => {
                for logged in &events {
                    if let EventKind::MessageNew { message, chat } = &logged.event.kind {
                        tell(office, workspace, message, chat).await?;
                    }
                }
            }
            Pulled::Live(_) => {}
            // So far behind that the log went on without it: what is news now is at its end.
            Pulled::Lost(_) => return Ok(()),
        }
    }
}

/// Pushes a message to everybody who wants to hear of it.
async fn tell(
    office: &Arc<Office>,
    workspace: &WorkspaceId,
    message: &Message,
    chat: &Chat,
) -> Result<(), StorageError> {
    let now = office.source.now();
    if message.from_me || chat.muted_until.is_some_and(|until| until > now) {
        return Ok(());
    }
    let subscribers = store::subscribers(office.journal.store(), workspace, now).await?;
    let wants = |one: &Subscription| {
        !one.quiet.contains(&chat.device_id) && !one.hours.as_ref().is_some_and(|hours| hours.is_at(now))
    };
    for subscriber in subscribers.into_iter().filter(wants) {
        let Some(parcel) = parcel(office, &subscriber, message, chat) else {
            tracing::debug!("a push could not be made");
            continue;
        };
        // No queue grows here: where too many are on their way, a hint is left out.
        let Ok(permit) = office.room.clone().try_acquire_owned() else { continue };
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
fn parcel(office: &Office, to: &Subscription, message: &Message, chat: &Chat) -> Option<Parcel> {
    let name = message.sender_name.as_deref().unwrap_or(&chat.name);
    let text: String = message.text.chars().take(TEXT).collect();
    let news = serde_json::json!({ "chatId": chat.id, "name": name, "text": text, "kind": message.kind });
    let body = encrypted(office, &to.to, news.to_string().as_bytes())?;
    let target = Target::parse(&to.endpoint).ok()?;
    let contact = if to.email.is_empty() {
        "mailto:admin@localhost".to_owned()
    } else {
        format!("mailto:{}", to.email)
    };
    let proof = office.key.proof(&target.origin(), &contact, office.source.now())?;
    // Of what waits for a browser that is off, each chat's last one counts.
    let topic = URL_SAFE_NO_PAD.encode(&Sha256::digest(chat.id.as_str())[..24]);
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
