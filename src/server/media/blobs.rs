//! Where the bytes are: each file once for each workspace, by the hash of what it holds.
//!
//! Everything is read and placed through [`ObjectStore`]: a folder, or a store elsewhere beside a folder for what is on
//! its way. A file is complete before it has its name: it is written below `incoming`, flushed, and renamed; or put into
//! the store elsewhere, which shows it once it is whole.

use super::{MediaError, s3};
use crate::protocol::WorkspaceId;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::ready;
use futures_util::stream::{self, BoxStream};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt as _};
use std::io::SeekFrom;
use std::ops::Range;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

/// Where files are that are not complete yet.
const INCOMING: &str = "incoming";
/// Where files are that are.
const FILES: &str = "files";
/// What is left below `incoming` for longer is of a server that ended in the middle.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 3_600);
/// How much is read from the disk at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// The bytes of a file, or of a part of it.
pub type ByteStream = BoxStream<'static, Result<Bytes, std::io::Error>>;

/// The store of bytes. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Where what is on its way is, and where all is that is not elsewhere.
    folder: PathBuf,
    elsewhere: bool,
}

/// A file below `incoming` that goes with its last mention, unless it was renamed.
pub struct Scratch {
    name: String,
    pub path: PathBuf,
}

/// A file that can be opened by its path, as long as this is kept. Read only: others have the same file.
pub struct LocalFile {
    path: PathBuf,
    /// Where the store is elsewhere.
    _copy: Option<Scratch>,
}

impl LocalFile {
    #[must_use]
    pub fn path(&self) -> &FsPath {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is not there any more if it was given its place.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What a listing says of one file.
pub struct Listed {
    pub workspace: String,
    pub sha256: String,
    /// In milliseconds since the Unix epoch.
    pub placed_at: i64,
}

impl Blobs {
    /// Opens the folder, which is made if it is missing.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub fn open(folder: &FsPath) -> Result<Self, MediaError> {
        let folder = prepared(folder)?;
        let store = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder, elsewhere: false })
    }

    /// A store elsewhere, and a folder for what is on its way.
    ///
    /// # Errors
    /// [`MediaError::Disk`], also if the store does not answer or does not know us.
    pub async fn beside(store: Arc<dyn ObjectStore>, folder: &FsPath) -> Result<Self, MediaError> {
        let folder = prepared(folder)?;
        store.list(Some(&Path::from(FILES))).next().await.transpose()?;
        Ok(Self { store, folder, elsewhere: true })
    }

    /// A place for a file that is not complete yet. The name is unique; nothing is there.
    pub fn scratch(&self, name: String) -> Scratch {
        Scratch { path: self.folder.join(INCOMING).join(&name), name }
    }

    /// Gives a complete file, flushed to the disk, its place. The same bytes take the place of themselves.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub async fn keep(
        &self,
        scratch: &Scratch,
        workspace: &WorkspaceId,
        sha256: &str,
    ) -> Result<(), MediaError> {
        let to = key(workspace.as_str(), sha256);
        if self.elsewhere {
            return self.put(&scratch.path, &to).await;
        }
        let from = Path::from(format!("{INCOMING}/{}", scratch.name));
        Ok(self.store.rename(&from, &to).await?)
    }

    /// Puts a file into the store elsewhere, a part at a time.
    async fn put(&self, from: &FsPath, to: &Path) -> Result<(), MediaError> {
        let mut file = tokio::fs::File::open(from).await.map_err(MediaError::disk)?;
        let mut part = next_part(&mut file).await?;
        if part.len() < s3::PART {
            self.store.put(to, part.into()).await?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(to).await?;
        let put = async {
            while !part.is_empty() {
                upload.put_part(part.into()).await?;
                part = next_part(&mut file).await?;
            }
            upload.complete().await?;
            Ok(())
        };
        let done: Result<(), MediaError> = put.await;
        if done.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%error, "what was put of a file into the store was not taken back");
        }
        done
    }

    /// The file on this machine's disk: where it is, or a copy at `scratch`.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub async fn local(
        &self,
        workspace: &WorkspaceId,
        sha256: &str,
        scratch: Scratch,
    ) -> Result<LocalFile, MediaError> {
        let key = key(workspace.as_str(), sha256);
        if !self.elsewhere {
            return Ok(LocalFile { path: self.folder.join(key.as_ref()), _copy: None });
        }
        let size = self.store.head(&key).await?.size;
        let mut file = tokio::fs::File::create_new(&scratch.path).await.map_err(MediaError::disk)?;
        let mut parts = self.parts(key, 0..size);
        while let Some(part) = parts.next().await {
            file.write_all(&part.map_err(MediaError::disk)?).await.map_err(MediaError::disk)?;
        }
        file.flush().await.map_err(MediaError::disk)?;
        Ok(LocalFile { path: scratch.path.clone(), _copy: Some(scratch) })
    }

    /// A file elsewhere, asked for a part at a time: whoever reads slowly holds no connection to the store.
    fn parts(&self, key: Path, range: Range<u64>) -> ByteStream {
        let store = self.store.clone();
        let next = move |from: u64| {
            let (store, key, end) = (store.clone(), key.clone(), range.end);
            async move {
                if from >= end {
                    return Ok(None);
                }
                let to = end.min(from.saturating_add(s3::PART as u64));
                let part = store.get_range(&key, from..to).await.map_err(std::io::Error::other)?;
                if part.len() as u64 != to - from {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                Ok(Some((part, to)))
            }
        };
        stream::try_unfold(range.start, next).boxed()
    }

    /// A part of a file that is there and has at least so many bytes. Its first bytes are here with the answer: whoever
    /// asked is told of a store that does not answer before they were promised a file.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub async fn read(
        &self,
        workspace: &WorkspaceId,
        sha256: &str,
        range: Range<u64>,
    ) -> Result<ByteStream, MediaError> {
        if self.elsewhere {
            let mut parts = self.parts(key(workspace.as_str(), sha256), range);
            let Some(first) = parts.next().await else { return Ok(stream::empty().boxed()) };
            let first = first.map_err(MediaError::disk)?;
            return Ok(stream::once(ready(Ok(first))).chain(parts).boxed());
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let found = self.store.get_opts(&key(workspace.as_str(), sha256), options).await?;
        let range = found.range.clone();
        match found.payload {
            GetResultPayload::File(file, _) => chunks(file, range).await.map_err(MediaError::disk),
            GetResultPayload::Stream(stream) => {
                Ok(stream.map(|part| part.map_err(std::io::Error::other)).boxed())
            }
        }
    }

    /// Every file that is complete.
    pub fn list(&self) -> BoxStream<'static, Result<Listed, MediaError>> {
        let all = self.store.list(Some(&Path::from(FILES)));
        let listed = |meta: object_store::ObjectMeta| {
            let parts: Vec<_> = meta.location.parts().map(|part| part.as_ref().to_owned()).collect();
            let [_, workspace, _, sha256] = <[String; 4]>::try_from(parts).ok()?;
            Some(Listed { workspace, sha256, placed_at: meta.last_modified.timestamp_millis() })
        };
        all.filter_map(move |meta| ready(meta.map_err(MediaError::from).map(listed).transpose())).boxed()
    }

    /// Whether a file was placed before this time; one that is gone was not.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub async fn is_older(
        &self,
        workspace: &str,
        sha256: &str,
        before: crate::protocol::Millis,
    ) -> Result<bool, MediaError> {
        match self.store.head(&key(workspace, sha256)).await {
            Ok(meta) => Ok(meta.last_modified.timestamp_millis() < before),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// [`MediaError::Disk`].
    pub async fn delete(&self, workspace: &str, sha256: &str) -> Result<(), MediaError> {
        match self.store.delete(&key(workspace, sha256)).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The next bytes of a file, a part's length unless it ends.
async fn next_part(file: &mut tokio::fs::File) -> Result<Bytes, MediaError> {
    let mut part = Vec::new();
    file.take(s3::PART as u64).read_to_end(&mut part).await.map_err(MediaError::disk)?;
    Ok(part.into())
}

/// The folder, with a place for what is on its way; clears away what was left there.
fn prepared(folder: &FsPath) -> Result<PathBuf, MediaError> {
    let incoming = folder.join(INCOMING);
    std::fs::create_dir_all(&incoming).map_err(MediaError::disk)?;
    for entry in std::fs::read_dir(&incoming).map_err(MediaError::disk)?.flatten() {
        let modified = entry.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        if modified.elapsed().is_ok_and(|age| age > LEFT_BEHIND)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(%error, "a file that never arrived was not cleared away");
        }
    }
    folder.canonicalize().map_err(MediaError::disk)
}

fn key(workspace: &str, sha256: &str) -> Path {
    Path::from(format!("{FILES}/{workspace}/{}/{sha256}", sha256.get(..2).unwrap_or("")))
}

async fn chunks(file: std::fs::File, range: Range<u64>) -> std::io::Result<ByteStream> {
    let mut file = tokio::fs::File::from_std(file);
    file.seek(SeekFrom::Start(range.start)).await?;
    let left = range.end.saturating_sub(range.start);
    let read = async |(mut file, left): (tokio::fs::File, u64)| {
        if left == 0 {
            return Ok(None);
        }
        let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let mut chunk = vec![0; most];
        let length = file.read(&mut chunk).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(length);
        Ok(Some((Bytes::from(chunk), (file, left - length as u64))))
    };
    Ok(stream::try_unfold((file, left), read).boxed())
}
