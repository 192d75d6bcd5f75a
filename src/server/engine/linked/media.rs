//! Files up and down: encrypted and decrypted as they pass, never whole in memory.

use super::session::Active;
use super::{errors, jids};
use crate::protocol::MediaKind;
use crate::server::engine::{EngineError, MediaOrigin, MediaRef, MediaSource};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use whatsapp_rust::ErrorChainExt as _;
use whatsapp_rust::anyhow;
use whatsapp_rust::download::DownloadParams;
use whatsapp_rust::features::{MediaRetryResult, MediaReuploadError, MediaReuploadRequest};
use whatsapp_rust::upload::UploadResponse;
use whatsapp_rust::wacore::download::{DownloadWriter, MediaDecryptionError, MediaType};
use whatsapp_rust::wacore::net::HttpClient;
use whatsapp_rust::wacore::upload::{EncryptedMediaInfo, UploadSource, encrypt_media_streaming};

fn media_type(kind: MediaKind) -> MediaType {
    match kind {
        MediaKind::Image => MediaType::Image,
        MediaKind::Video => MediaType::Video,
        MediaKind::Audio => MediaType::Audio,
        MediaKind::Document => MediaType::Document,
        MediaKind::Sticker => MediaType::Sticker,
    }
}

/// The encrypted file while it is uploaded. Deleted with the last of its readers.
struct Ciphertext {
    path: PathBuf,
    length: u64,
}

impl Drop for Ciphertext {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl UploadSource for Ciphertext {
    fn len(&self) -> u64 {
        self.length
    }

    fn reader_from(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(BufReader::new(file)))
    }
}

pub(super) async fn upload(
    live: &Active,
    http: &dyn HttpClient,
    source: &MediaSource,
) -> Result<MediaRef, EngineError> {
    let kind = source.kind;
    // Both networks can; a client that cannot would have to hold the whole file in memory.
    if !http.supports_upload_streaming() {
        return Err(EngineError::Refused("this network takes no streams".to_owned()));
    }
    let MediaSource { path, scratch, .. } = source.clone();
    let encrypted = tokio::task::spawn_blocking(move || encrypt(&path, scratch, media_type(kind))).await;
    let (ciphertext, info) = encrypted.map_err(|error| disk(&error))??;
    let sent = live.client.upload_stream(ciphertext, info, media_type(kind));
    let sent: UploadResponse = Box::pin(sent).await.map_err(|error| transferred(&error))?;
    Ok(MediaRef {
        kind,
        direct_path: sent.direct_path,
        url: Some(sent.url),
        media_key: sent.media_key.to_vec(),
        file_sha256: sent.file_sha256.to_vec(),
        file_enc_sha256: sent.file_enc_sha256.to_vec(),
        file_length: sent.file_length,
        key_timestamp: Some(sent.media_key_timestamp),
        streaming_sidecar: sent.streaming_sidecar,
    })
}

fn encrypt(
    from: &Path,
    to: PathBuf,
    kind: MediaType,
) -> Result<(Ciphertext, EncryptedMediaInfo), EngineError> {
    let input = File::open(from).map_err(|error| disk(&error))?;
    let output = File::create_new(&to).map_err(|error| disk(&error))?;
    // From here on, it is deleted whatever happens.
    let mut ciphertext = Ciphertext { path: to, length: 0 };
    let written = encrypt_media_streaming(BufReader::new(input), BufWriter::new(&output), kind);
    let info =
        written.map_err(|error| EngineError::NoAnswer(format!("the file was not encrypted: {error}")))?;
    ciphertext.length = output.metadata().map_err(|error| disk(&error))?.len();
    Ok((ciphertext, info))
}

pub(super) async fn download(
    live: &Active,
    reference: &MediaRef,
    to: &Path,
    limit: u64,
) -> Result<(), EngineError> {
    if reference.file_length > limit {
        return Err(EngineError::TooLarge);
    }
    if !reference.is_whole() {
        return Err(EngineError::Refused("the message's reference to it is incomplete".to_owned()));
    }
    let params = DownloadParams::encrypted(
        &reference.direct_path,
        &reference.media_key,
        &reference.file_sha256,
        &reference.file_enc_sha256,
        reference.file_length,
        media_type(reference.kind),
    );
    let to = to.to_owned();
    let opened =
        tokio::task::spawn_blocking(move || File::options().read(true).write(true).create_new(true).open(to));
    let file = opened.await.map_err(|error| disk(&error))?.map_err(|error| disk(&error))?;
    let passed = Arc::new(AtomicBool::new(false));
    let writer = Bounded { file: BufWriter::new(file), length: 0, limit, passed: passed.clone() };
    let fetched = Box::pin(live.client.download_to_writer(&params, writer)).await;
    let mut writer = fetched.map_err(|error| {
        if passed.load(Ordering::Relaxed) { EngineError::TooLarge } else { transferred(&error) }
    })?;
    let flushed = tokio::task::spawn_blocking(move || writer.flush()).await;
    flushed.map_err(|error| disk(&error))?.map_err(|error| disk(&error))
}

pub(super) async fn reupload(
    live: &Active,
    reference: &MediaRef,
    origin: &MediaOrigin,
) -> Result<String, EngineError> {
    let chat = jids::parse(&origin.chat)?;
    let participant = origin.sender.as_deref().map(jids::parse).transpose()?;
    let request = MediaReuploadRequest {
        msg_id: &origin.whatsapp_id,
        chat_jid: &chat,
        media_key: &reference.media_key,
        is_from_me: origin.from_me,
        participant: participant.as_ref().filter(|_| jids::is_group(&chat)),
    };
    match Box::pin(live.client.media_reupload().request(&request)).await {
        Ok(MediaRetryResult::Success { direct_path }) => Ok(direct_path),
        Ok(
            MediaRetryResult::NotFound | MediaRetryResult::GeneralError | MediaRetryResult::DecryptionError,
        ) => Err(EngineError::Gone),
        Err(MediaReuploadError::InvalidRequest(text)) => Err(EngineError::Refused(text)),
        Err(MediaReuploadError::NotLoggedIn) => Err(EngineError::NotConnected),
        Err(MediaReuploadError::Timeout) => {
            Err(EngineError::NoAnswer("the phone did not upload the file again".to_owned()))
        }
        Err(error) => Err(errors::asked(&error)),
    }
}

/// A transfer did not come to its end.
fn transferred(error: &anyhow::Error) -> EngineError {
    if is_forged(error) {
        return EngineError::Refused("what WhatsApp has does not belong to the message".to_owned());
    }
    match error.http_status() {
        // 403 is what its hosts answer where a path has run out, also with a fresh token.
        Some(403 | 404 | 410) => EngineError::Gone,
        Some(413) => EngineError::TooLarge,
        Some(429) => EngineError::RateLimited,
        Some(status) => EngineError::NoAnswer(format!("the media server answered {status}")),
        None => errors::asked(error.as_ref()),
    }
}

/// Whether what came was not encrypted with the key of the message. Where the client decrypts a stream, it says so
/// in words only.
fn is_forged(error: &anyhow::Error) -> bool {
    let typed = error.chain().any(|cause| cause.downcast_ref::<MediaDecryptionError>().is_some());
    typed || ["MAC mismatch", "Invalid PKCS7 padding"].contains(&error.root_cause().to_string().as_str())
}

fn disk(error: &dyn std::error::Error) -> EngineError {
    EngineError::NoAnswer(format!("the disk failed: {error}"))
}

/// A file that takes no more than so many bytes, whatever is sent.
struct Bounded {
    file: BufWriter<File>,
    length: u64,
    limit: u64,
    /// Set once there were more.
    passed: Arc<AtomicBool>,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.length.saturating_add(bytes.len() as u64) > self.limit {
            self.passed.store(true, Ordering::Relaxed);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than the limit"));
        }
        let written = self.file.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl DownloadWriter for Bounded {
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        DownloadWriter::truncate(&mut self.file, length)?;
        self.length = length;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_written_than_the_limit() {
        let path = std::env::temp_dir().join(format!("switchboard_bounded_{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let passed = Arc::new(AtomicBool::new(false));
        let file = BufWriter::new(File::create_new(&path).unwrap());
        let mut bounded = Bounded { file, length: 0, limit: 10, passed: passed.clone() };
        bounded.write_all(&[1; 10]).unwrap();
        assert!(!passed.load(Ordering::Relaxed));
        assert!(bounded.write_all(&[1]).is_err());
        assert!(passed.load(Ordering::Relaxed));
        // The next host starts from nothing.
        bounded.truncate(0).unwrap();
        bounded.rewind().unwrap();
        bounded.write_all(&[2; 4]).unwrap();
        bounded.flush().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [2; 4]);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_is_gone_is_told_from_what_fails() {
        let of = |status| {
            transferred(
                &anyhow::Error::new(whatsapp_rust::http::HttpStatusError { status }).context("download"),
            )
        };
        for status in [403, 404, 410] {
            assert!(matches!(of(status), EngineError::Gone), "{status}");
        }
        assert!(matches!(of(429), EngineError::RateLimited));
        assert!(matches!(of(503), EngineError::NoAnswer(_)));
        assert!(matches!(transferred(&anyhow::anyhow!("no route")), EngineError::NoAnswer(_)));
        let forged = anyhow::Error::new(MediaDecryptionError::InvalidMac).context("download");
        assert!(matches!(transferred(&forged), EngineError::Refused(_)));
        let stream = whatsapp_rust::wacore::download::DownloadUtils::decrypt_stream_to_writer(
            &[0_u8; 26][..],
            &[0; 32],
            MediaType::Image,
            &mut Vec::new(),
        );
        assert!(matches!(transferred(&stream.unwrap_err()), EngineError::Refused(_)));
    }
}
