//! The media server: files by the hash of their bytes. It is plugged in as a device's HTTP client.
//!
//! Devices upload encrypted media by `POST`, and download it and profile pictures by `GET`, with the
//! paths that WhatsApp's own media hosts have. Clients also ask here which version is current
//! (`web.whatsapp.com/sw.js`).

use super::fault::Faults;
use super::limits::MAX_BLOB;
use crate::protocol::DeviceId;
use crate::server::source::Source;
use crate::server::storage::{StorageError, Store, Tx, query};
use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{Cursor, Read as _};
use std::sync::Arc;
use tokio::runtime::Handle;
use whatsapp_rust::anyhow;
use whatsapp_rust::wacore::net::{HttpClient, HttpRequest, HttpResponse, StreamingHttpResponse, UploadBody};

/// The host that devices are told to use. It resolves nowhere: no byte ever leaves the process.
pub const HOST: &str = "media.sandbox.invalid";

/// What stands after the name of a file that was uploaded again.
const AGAIN: &str = ".again";

/// The revision of WhatsApp Web that this network is up to date with: clients ask before they connect.
const REVISION: u32 = 1_030_000_000;

/// The path under which a file is served.
#[must_use]
pub fn path(name: &str) -> String {
    format!("/v/{name}")
}

/// The path under which a file is served that a phone uploaded again.
#[must_use]
pub fn path_again(name: &str) -> String {
    format!("{}{AGAIN}", path(name))
}

/// The address under which a file is served.
#[must_use]
pub fn url(name: &str) -> String {
    format!("https://{HOST}/v/{name}")
}

/// The name of a file: its SHA-256 in hex.
#[must_use]
pub fn name_of(bytes: &[u8]) -> String {
    let mut name = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing into a String cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// A picture's id on the wire, where ids are numbers: the first of its file's name.
#[must_use]
pub fn picture_id(name: &str) -> String {
    let number = name.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.unwrap_or_default().to_string()
}

/// Keeps a file; the same bytes are kept once.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn keep(tx: &mut Tx<'_>, name: &str, bytes: Vec<u8>, now: i64) -> Result<(), StorageError> {
    let text = "INSERT INTO sandbox_blobs (name, bytes, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
    tx.execute(query(text).bind(name).bind(bytes).bind(now)).await.map(drop)
}

/// A file, if it is here.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn read(store: &Store, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
    let row = store.row(query("SELECT bytes FROM sandbox_blobs WHERE name = $1").bind(name)).await?;
    row.map(|row| row.blob("bytes")).transpose()
}

/// One device's way to the media server.
pub struct Cdn {
    pub store: Store,
    pub source: Source,
    pub faults: Arc<Faults>,
    pub device: DeviceId,
}

fn answer(status_code: u16, body: impl Into<Vec<u8>>) -> HttpResponse {
    HttpResponse { status_code, body: body.into() }
}

impl Cdn {
    async fn upload(&self, body: Vec<u8>) -> Result<HttpResponse, StorageError> {
        if body.is_empty() || body.len() > MAX_BLOB {
            return Ok(answer(413, "the file is empty or too large"));
        }
        let (name, now) = (name_of(&body), self.source.now());
        let kept = name.clone();
        self.store.write(move |tx| Box::pin(async move { keep(tx, &kept, body, now).await })).await?;
        Ok(answer(200, format!(r#"{{"url":"{}","direct_path":"{}"}}"#, url(&name), path(&name))))
    }

    async fn download(&self, name: &str) -> Result<HttpResponse, StorageError> {
        let effects = self.faults.effects(&self.device);
        let again = name.strip_suffix(AGAIN);
        if effects.media_gone || effects.media_missing && again.is_none() {
            return Ok(answer(404, Vec::new()));
        }
        Ok(match read(&self.store, again.unwrap_or(name)).await? {
            Some(bytes) => answer(200, bytes),
            None => answer(404, Vec::new()),
        })
    }
}

#[async_trait]
impl HttpClient for Cdn {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let effects = self.faults.effects(&self.device);
        if effects.blackhole || effects.refuse {
            return Err(anyhow::anyhow!("the media server cannot be reached"));
        }
        // A sleep of no time takes the timer's millisecond all the same.
        if !effects.latency.is_zero() {
            tokio::time::sleep(effects.latency * 2).await;
        }
        let (path, arguments) = split(&request.url);
        let answered = match request.method.as_str() {
            // A device asks how much of a large upload is here already: nothing, as far as it matters.
            "POST" if arguments.split('&').any(|argument| argument == "resume=1") => {
                Ok(answer(200, r#"{"resume":"0"}"#))
            }
            "POST" => self.upload(request.body.map(|body| body.to_vec()).unwrap_or_default()).await,
            "GET" if path == "/sw.js" => Ok(answer(200, format!(r#"{{"client_revision":{REVISION}}}"#))),
            "GET" => self.download(path.strip_prefix("/v/").unwrap_or_default()).await,
            _ => Ok(answer(405, Vec::new())),
        };
        answered.map_err(|error| {
            tracing::error!(device = %self.device, %error, "the media server failed");
            anyhow::anyhow!("the media server failed: {error}")
        })
    }

    // Files are rows here, so nothing is really streamed; but devices take the same way as with WhatsApp.
    fn supports_streaming(&self) -> bool {
        true
    }

    fn execute_streaming(&self, request: HttpRequest) -> anyhow::Result<StreamingHttpResponse> {
        // Called where blocking is allowed.
        let HttpResponse { status_code, body } = Handle::try_current()?.block_on(self.execute(request))?;
        Ok(StreamingHttpResponse { status_code, body: Box::new(Cursor::new(body)) })
    }

    fn supports_upload_streaming(&self) -> bool {
        true
    }

    fn execute_upload(
        &self,
        request: HttpRequest,
        body: UploadBody,
        content_length: u64,
    ) -> anyhow::Result<HttpResponse> {
        let mut bytes = Vec::new();
        body.take(MAX_BLOB as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != content_length.min(MAX_BLOB as u64 + 1) {
            return Err(anyhow::anyhow!("the body is shorter than it says"));
        }
        Handle::try_current()?.block_on(self.execute(request.with_body(bytes)))
    }
}

/// The path and the arguments of an address.
fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    path.split_once('?').unwrap_or((path, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(split("https://h/v/ab?x=1&resume=1"), ("/v/ab", "x=1&resume=1"));
        assert_eq!(split("https://h"), ("", ""));
        assert_eq!(split("/v/ab"), ("/v/ab", ""));
        assert_eq!(split(""), ("", ""));
    }

    #[test]
    fn files_are_named_by_their_bytes() {
        assert_eq!(name_of(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
