//! Fetching from WhatsApp: when somebody asks, once however many ask, and never a file that is not whole.

use super::rows::{self, Record};
use super::service::{Media, StoredMedia, blocking, probed};
use super::{MediaError, outcome, staging};
use crate::protocol::{DeviceId, MediaId, MediaState};
use crate::server::engine::{EngineError, MediaOrigin, MediaRef, Session};
use crate::server::reach::Reach;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long somebody who asks waits for the bytes. The fetching goes on without them.
const WAIT: Duration = Duration::from_secs(20);
/// How often WhatsApp is asked in one go, as long as it does not answer.
const TRIES: u32 = 3;
/// The pause before the second of them; doubled for the next.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the phone has to upload a file again.
const REUPLOAD: Duration = Duration::from_secs(15);
/// How often in all the phone may leave that unanswered before the file counts as gone.
const UNANSWERED: i64 = 3;

const EXPIRED: &str = "WhatsApp no longer has this file, and the phone did not upload it again.";
const EMPTY: &str = "The file that WhatsApp has is empty.";
const ANOTHER: &str = "What WhatsApp has is not the file that the message names.";
const NO_REFERENCE: &str = "The message does not say where its file is.";

/// Who knows which devices are connected.
pub trait Sessions: Send + Sync {
    /// The device's session while it is connected.
    fn live(&self, device: &DeviceId) -> Option<Arc<dyn Session>>;
}

/// Takes a fetching off the list when it ends, however it ends, and then tells those who wait.
struct Flight {
    media: Media,
    id: MediaId,
    /// Why it failed.
    failed: Option<MediaError>,
    over: watch::Sender<Option<MediaError>>,
}

impl Drop for Flight {
    fn drop(&mut self) {
        // Off the list first: whoever comes now begins anew.
        self.media.inner.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        drop(self.over.send_replace(self.failed.take()));
    }
}

impl Media {
    /// A file with its bytes, which are fetched from WhatsApp if they are not here. Waits for at most 20 s; the
    /// fetching goes on without the caller.
    ///
    /// # Errors
    /// [`MediaError::NotFound`], [`MediaError::NotConnected`] if the device that could fetch it is not,
    /// [`MediaError::UnderWay`] if it takes longer, [`MediaError::NoAnswer`] if WhatsApp did not answer,
    /// [`MediaError::Disk`] if the bytes cannot be kept now, [`MediaError::Gone`] or [`MediaError::Refused`] for good,
    /// [`MediaError::Storage`].
    pub async fn fetch(
        &self,
        reach: &Reach,
        id: &MediaId,
        sessions: &dyn Sessions,
    ) -> Result<StoredMedia, MediaError> {
        let record = self.record(reach, id).await?;
        let device = record.info.device_id.clone();
        if let Some(stored) = self.here(record.clone())? {
            return Ok(stored);
        }
        let session = device.and_then(|device| sessions.live(&device)).ok_or(MediaError::NotConnected)?;
        let mut over = self.join(record, session);
        // It changes once, at the end.
        if tokio::time::timeout(WAIT, over.changed()).await.is_err() {
            return Err(MediaError::UnderWay);
        }
        let failed = over.borrow().clone();
        let record = self.record(reach, id).await?;
        match (self.here(record)?, failed) {
            (Some(stored), _) => Ok(stored),
            // What our own store does not take is no fault of WhatsApp's.
            (None, Some(error @ MediaError::Disk(_))) => Err(error),
            (None, _) => Err(MediaError::NoAnswer("try again later".to_owned())),
        }
    }

    /// The one fetching of a file, begun if there is none.
    fn join(&self, record: Record, session: Arc<dyn Session>) -> watch::Receiver<Option<MediaError>> {
        let id = record.info.id.clone();
        let mut flights = self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = flights.get(&id) {
            return under_way.clone();
        }
        let (over, joined) = watch::channel(None);
        flights.insert(id.clone(), joined.clone());
        let mut flight = Flight { media: self.clone(), id, failed: None, over };
        tokio::spawn(async move {
            let media = flight.media.clone();
            if let Err(error) = media.receive(record, &*session).await {
                tracing::info!(id = %flight.id, %error, "a file was not fetched");
                flight.failed = Some(error);
            }
            drop(flight);
        });
        joined
    }

    /// Fetches a file to its end: it is here, or gone, or refused; else it can be tried again.
    async fn receive(&self, record: Record, session: &dyn Session) -> Result<(), MediaError> {
        let _turn = self.inner.downloads.acquire().await.map_err(MediaError::disk)?;
        let Some(mut reference) = record.reference.clone() else {
            return self.end(&record, MediaState::Refused, NO_REFERENCE).await;
        };
        let (mut tries, mut pause, mut asked) = (0, PAUSE, false);
        loop {
            let scratch = self.inner.blobs.scratch(self.inner.source.id("part"));
            match session.download(&reference, &scratch.path, self.inner.limit).await {
                Ok(()) => return self.keep(&record, &reference, scratch).await,
                Err(EngineError::Gone) => {
                    let path = match &record.origin {
                        Some(origin) if !asked => {
                            self.ask_phone(&record, &reference, origin, session).await?
                        }
                        _ => None,
                    };
                    let Some(path) = path else {
                        return self.end(&record, MediaState::Expired, EXPIRED).await;
                    };
                    asked = true;
                    self.inner.store.execute(rows::moved(&record.info.id, &path)).await?;
                    reference.direct_path = path;
                }
                Err(EngineError::TooLarge) => {
                    let cause = format!("It has more than {} bytes, which is the limit.", self.inner.limit);
                    return self.end(&record, MediaState::Refused, &cause).await;
                }
                Err(EngineError::Refused(text)) => {
                    return self
                        .end(&record, MediaState::Refused, &format!("It cannot be read: {text}."))
                        .await;
                }
                Err(error @ (EngineError::NotConnected | EngineError::Storage(_))) => {
                    return Err(error.into());
                }
                Err(error) => {
                    tries += 1;
                    if tries >= TRIES {
                        return Err(error.into());
                    }
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
            }
        }
    }

    /// Asks the phone to upload a file again: where it is then, or `None` if the phone does not have it.
    async fn ask_phone(
        &self,
        record: &Record,
        reference: &MediaRef,
        origin: &MediaOrigin,
        session: &dyn Session,
    ) -> Result<Option<String>, MediaError> {
        let error = match tokio::time::timeout(REUPLOAD, session.reupload(reference, origin)).await {
            Ok(Ok(path)) => return Ok(Some(path)),
            Ok(Err(EngineError::Gone | EngineError::Refused(_))) => return Ok(None),
            Ok(Err(error)) => error,
            Err(_) => EngineError::NoAnswer("the phone did not answer".to_owned()),
        };
        // It may be off for a while, but not for ever.
        if record.attempts + 1 >= UNANSWERED {
            return Ok(None);
        }
        self.inner.store.execute(rows::unanswered(&record.info.id)).await?;
        Err(error.into())
    }

    async fn keep(
        &self,
        record: &Record,
        reference: &MediaRef,
        scratch: super::blobs::Scratch,
    ) -> Result<(), MediaError> {
        let staged = match blocking(move || staging::take(scratch)).await {
            Err(MediaError::Empty) => return self.end(record, MediaState::Refused, EMPTY).await,
            taken => taken?,
        };
        if staging::hex(&reference.file_sha256) != staged.sha256 {
            return self.end(record, MediaState::Refused, ANOTHER).await;
        }
        let (staged, probed) = probed(staged, Some(record.info.content_type.clone())).await?;
        let _placing = self.inner.placing.read().await;
        self.inner.blobs.keep(&staged.scratch, &record.workspace, &staged.sha256).await?;
        let update = rows::available(&record.info.id, &staged.sha256, staged.size, &probed);
        outcome::settle(&self.inner.store, &record.info.id, update).await?;
        Ok(())
    }

    async fn end(&self, record: &Record, state: MediaState, cause: &str) -> Result<(), MediaError> {
        let update = rows::ended(&record.info.id, state, cause);
        outcome::settle(&self.inner.store, &record.info.id, update).await?;
        Ok(())
    }
}
