//! The handle on all files: taking, finding and reading them.

use super::blobs::{Blobs, ByteStream, LocalFile};
use super::rows::{self, Probed, ReceivedMedia, Record};
use super::staging::{Staged, Staging};
use super::{MediaError, probe, s3, sniff};
use crate::protocol::{DeviceId, MediaId, MediaInfo, MediaKind, MediaState, WorkspaceId};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{StorageError, Store, Tx};
use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::{RwLock, Semaphore, watch};

/// The largest file that is taken unless the owner says otherwise, in bytes.
pub const DEFAULT_LIMIT: u64 = 100 * 1024 * 1024;
/// The highest limit that can be set, in bytes: what the engine reads from the network is bounded, too.
pub const MAX_LIMIT: u64 = 250 * 1024 * 1024;
/// How many uploads may be under way at a time.
const UPLOADS: usize = 64;
/// How many files are fetched from WhatsApp at a time.
const DOWNLOADS: usize = 8;
/// Why a file cannot even be asked for.
const INCOMPLETE: &str = "The message does not say where its file is and what opens it: it is incomplete.";
/// How many pictures are made smaller at a time.
const THUMBNAILS: usize = 2;

/// Where files are kept, and how large they may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where files are on their way, and kept unless they are kept elsewhere.
    pub folder: PathBuf,
    /// Where else they are kept: `s3://BUCKET/PREFIX`.
    pub elsewhere: Option<String>,
    /// In bytes.
    pub limit: u64,
}

/// What whoever brings a file says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    pub content_type: Option<String>,
    pub file_name: Option<String>,
}

/// A file whose bytes are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMedia {
    pub id: MediaId,
    pub workspace: WorkspaceId,
    pub kind: MediaKind,
    pub content_type: String,
    /// In bytes; never 0.
    pub size: u64,
    /// In hex.
    pub sha256: String,
    pub file_name: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    pub waveform: Option<Vec<u8>>,
}

/// What became of a file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    pub id: MediaId,
    /// Pending, or refused with its cause.
    pub state: MediaState,
    pub cause: Option<String>,
}

/// All files of this node. Cheap to clone.
#[derive(Clone)]
pub struct Media {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub store: Store,
    pub source: Source,
    pub blobs: Blobs,
    pub limit: u64,
    uploads: Arc<Semaphore>,
    pub downloads: Semaphore,
    pub thumbnails: Semaphore,
    /// What is being fetched, and how to wait for it: for its end, and why it failed.
    pub flights: Mutex<HashMap<MediaId, watch::Receiver<Option<MediaError>>>>,
    /// Held for reading from the placing of a file to the commit of its row, and for writing while files without a
    /// row are cleared away.
    pub placing: RwLock<()>,
}

impl Media {
    /// Opens the folder, or the store elsewhere.
    ///
    /// # Errors
    /// [`MediaError::Disk`], also if the store elsewhere cannot be reached.
    pub async fn open(store: Store, source: Source, settings: Settings) -> Result<Self, MediaError> {
        let Settings { folder, elsewhere, limit } = settings;
        let blobs = match elsewhere {
            None => blocking(move || Blobs::open(&folder)).await?,
            Some(url) => Blobs::beside(s3::open(&url)?, &folder).await?,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                source,
                blobs,
                limit,
                uploads: Arc::new(Semaphore::new(UPLOADS)),
                downloads: Semaphore::new(DOWNLOADS),
                thumbnails: Semaphore::new(THUMBNAILS),
                flights: Mutex::default(),
                placing: RwLock::default(),
            }),
        })
    }

    /// The largest file that is taken, in bytes.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.inner.limit
    }

    /// Begins to take a file.
    ///
    /// # Errors
    /// [`MediaError::Busy`] if too many are under way, [`MediaError::Disk`].
    pub async fn begin(&self) -> Result<Staging, MediaError> {
        let turn = self.inner.uploads.clone().try_acquire_owned().map_err(|_| MediaError::Busy)?;
        let scratch = self.inner.blobs.scratch(self.inner.source.id("part"));
        Staging::begin(scratch, self.inner.limit, Some(turn)).await
    }

    /// Keeps a file that has arrived. Who may see it: everybody in the workspace whose reach is whole, and where the
    /// caller's is not, those who may see one of the caller's devices.
    ///
    /// # Errors
    /// [`MediaError::Empty`], [`MediaError::Disk`], [`MediaError::Storage`].
    pub async fn add(&self, reach: &Reach, arrived: Staging, claim: Claim) -> Result<MediaInfo, MediaError> {
        let staged = arrived.finish().await?;
        let (staged, probed) = probed(staged, claim.content_type).await?;
        let info = MediaInfo {
            id: rows::mint(&self.inner.source)?,
            kind: probe::kind(&probed),
            state: MediaState::Available,
            cause: None,
            content_type: probed.content_type,
            size: Some(staged.size),
            sha256: Some(staged.sha256.clone()),
            file_name: claim.file_name.as_deref().and_then(rows::clean_name),
            width: probed.width,
            height: probed.height,
            duration_ms: probed.duration_ms,
            waveform: None,
            device_id: None,
            created_at: self.inner.source.now(),
        };
        let _placing = self.inner.placing.read().await;
        self.inner.blobs.keep(&staged.scratch, &reach.workspace, &staged.sha256).await?;
        let (reach, row) = (reach.clone(), info.clone());
        self.inner.store.write(move |tx| Box::pin(async move { rows::add(tx, &reach, &row).await })).await?;
        Ok(info)
    }

    /// What is known of a file.
    ///
    /// # Errors
    /// [`MediaError::NotFound`], [`MediaError::Storage`].
    pub async fn get(&self, reach: &Reach, id: &MediaId) -> Result<MediaInfo, MediaError> {
        Ok(self.record(reach, id).await?.info)
    }

    /// A file whose bytes are here, to be sent. One that came and was not fetched yet is fetched by
    /// [`Media::fetch`] first.
    ///
    /// # Errors
    /// [`MediaError::NotFound`], [`MediaError::UnderWay`] while it was not fetched, [`MediaError::Gone`],
    /// [`MediaError::Refused`], [`MediaError::Storage`].
    pub async fn for_sending(&self, reach: &Reach, id: &MediaId) -> Result<StoredMedia, MediaError> {
        self.here(self.record(reach, id).await?)?.ok_or(MediaError::UnderWay)
    }

    /// Keeps what a message says of its file, in the transaction of the message. The bytes are fetched when somebody
    /// asks for them. Call it once for each message that is new.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn remember(&self, tx: &mut Tx<'_>, new: &ReceivedMedia) -> Result<Remembered, StorageError> {
        let cause = self.refusal(new);
        let id = rows::remember(tx, &self.inner.source, new, cause.as_deref()).await?;
        let state = if cause.is_some() { MediaState::Refused } else { MediaState::Pending };
        Ok(Remembered { id, state, cause })
    }

    /// Lets whoever may see a device see a file that is sent from it, in the transaction of the message.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn share(tx: &mut Tx<'_>, id: &MediaId, device: &DeviceId) -> Result<(), StorageError> {
        rows::share(tx, id, device).await
    }

    /// The file on this machine's disk, for as long as the answer is kept.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub async fn local(&self, stored: &StoredMedia) -> Result<LocalFile, MediaError> {
        let scratch = self.inner.blobs.scratch(self.inner.source.id("part"));
        self.inner.blobs.local(&stored.workspace, &stored.sha256, scratch).await
    }

    /// Whether a WebP moves.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub async fn is_animated(&self, stored: &StoredMedia) -> Result<bool, MediaError> {
        let file = self.local(stored).await?;
        blocking(move || probe::is_animated(file.path()).map_err(MediaError::disk)).await
    }

    /// A part of the bytes. It must lie within the file.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub async fn read(&self, stored: &StoredMedia, range: Range<u64>) -> Result<ByteStream, MediaError> {
        self.inner.blobs.read(&stored.workspace, &stored.sha256, range).await
    }

    pub(super) async fn record(&self, reach: &Reach, id: &MediaId) -> Result<Record, MediaError> {
        rows::find(&self.inner.store, reach, id).await?.ok_or(MediaError::NotFound)
    }

    /// Why a file is not even asked for, if that is so.
    fn refusal(&self, new: &ReceivedMedia) -> Option<String> {
        if !new.reference.is_whole() {
            return Some(INCOMPLETE.to_owned());
        }
        let (length, limit) = (new.reference.file_length, self.inner.limit);
        (length > limit).then(|| format!("It has {length} bytes; the limit is {limit}."))
    }

    /// The file, if its bytes are here; `None` if they are still to be fetched.
    pub(super) fn here(&self, record: Record) -> Result<Option<StoredMedia>, MediaError> {
        let Record { info, workspace, .. } = record;
        let cause = |info: MediaInfo| info.cause.unwrap_or_else(|| "The file is not to be had.".to_owned());
        match info.state {
            MediaState::Pending => return Ok(None),
            MediaState::Expired => return Err(MediaError::Gone(cause(info))),
            MediaState::Refused => return Err(MediaError::Refused(cause(info))),
            MediaState::Available => {}
        }
        let missing = |column: &str| StorageError::Row { column: column.to_owned(), what: "is NULL" };
        let sha256 = info.sha256.ok_or_else(|| missing("sha256"))?;
        Ok(Some(StoredMedia {
            id: info.id,
            workspace,
            kind: info.kind,
            content_type: info.content_type,
            size: info.size.ok_or_else(|| missing("size"))?,
            sha256,
            file_name: info.file_name,
            width: info.width,
            height: info.height,
            duration_ms: info.duration_ms,
            waveform: info.waveform,
        }))
    }
}

/// Looks into a file that has arrived.
pub(super) async fn probed(staged: Staged, claim: Option<String>) -> Result<(Staged, Probed), MediaError> {
    blocking(move || {
        let probed = probe::probe(&staged.scratch.path, claim.as_deref())?;
        debug_assert!(sniff::essence(&probed.content_type).is_some());
        Ok((staged, probed))
    })
    .await
}

/// Work that blocks, where it disturbs nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MediaError> + Send + 'static,
) -> Result<T, MediaError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(MediaError::disk(error)))
}
