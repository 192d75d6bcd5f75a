//! Files in a store that speaks S3: over the HTTP client and the TLS that the server has in any case, signed with the
//! hashes that it has in any case.

#[cfg(test)]
mod tests;

use super::MediaError;
use async_trait::async_trait;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use object_store::aws::AmazonS3Builder;
use object_store::client::{
    ClientConfigKey, CryptoProvider, DigestAlgorithm, DigestContext, HmacContext, HttpClient, HttpConnector,
    HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, Signer, SigningAlgorithm,
};
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Request;

/// How much is sent or asked for in one request, in bytes: what a request takes of memory.
pub const PART: usize = 8 * 1024 * 1024;
/// The largest answer that is read, in bytes: a part, or a page of a listing.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;
/// How long the connection to the store may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long a request may take, with its part and its answer.
const REQUEST_WITHIN: Duration = Duration::from_secs(120);
/// How often a request is repeated that failed for no reason of its own.
const RETRIES: usize = 4;
const RETRY_WITHIN: Duration = Duration::from_secs(60);

/// The store at `s3://BUCKET/PREFIX`. Where it is and who we are there, the variables `AWS_…` say.
///
/// # Errors
/// [`MediaError::Disk`] if it cannot be told from the address and the variables.
pub fn open(url: &str) -> Result<Arc<dyn ObjectStore>, MediaError> {
    at(url, AmazonS3Builder::from_env())
}

fn at(url: &str, builder: AmazonS3Builder) -> Result<Arc<dyn ObjectStore>, MediaError> {
    let place = url.strip_prefix("s3://").ok_or_else(|| MediaError::disk("no s3:// address"))?;
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_WITHIN, ..RetryConfig::default() };
    let store = builder
        .with_bucket_name(bucket)
        .with_http_connector(Connector)
        .with_crypto_provider(Arc::new(Hashes))
        // One file at a time is what every store that speaks S3 deletes.
        .with_disable_bulk_delete(true)
        .with_retry(retry)
        .build()?;
    let prefix = prefix.trim_matches('/');
    Ok(if prefix.is_empty() { Arc::new(store) } else { Arc::new(PrefixStore::new(store, prefix)) })
}

#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let plain =
            options.get_config_value(&ClientConfigKey::AllowHttp).is_some_and(|allow| allow == "true");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .https_only(!plain)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("Switchboard/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT_WITHIN))
            .timeout_global(Some(REQUEST_WITHIN))
            .max_idle_connections_per_host(8)
            .build();
        Ok(HttpClient::new(Service(agent.into())))
    }
}

/// The HTTP client, which blocks, where blocking is allowed.
#[derive(Debug)]
struct Service(ureq::Agent);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(axum::body::Body::new(body), usize::MAX).await;
        let body = body.map_err(|error| HttpError::new(HttpErrorKind::Request, error))?;
        let agent = self.0.clone();
        let done = tokio::task::spawn_blocking(move || run(&agent, parts, &body)).await;
        done.unwrap_or_else(|error| Err(HttpError::new(HttpErrorKind::Interrupted, error)))
    }
}

fn run(
    agent: &ureq::Agent,
    parts: ureq::http::request::Parts,
    body: &Bytes,
) -> Result<HttpResponse, HttpError> {
    let answered = if matches!(parts.method.as_str(), "GET" | "HEAD" | "DELETE") {
        agent.run(Request::from_parts(parts, ()))
    } else {
        agent.run(Request::from_parts(parts, &body[..]))
    };
    let (head, mut body) = answered.map_err(failed)?.into_parts();
    let bytes = body.with_config().limit(MAX_ANSWER).read_to_vec().map_err(failed)?;
    Ok(HttpResponse::from_parts(head, bytes.into()))
}

fn failed(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Io(_) => HttpErrorKind::Interrupted,
        ureq::Error::BodyExceedsLimit(_) => HttpErrorKind::Decode,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}

/// What requests are signed with (AWS signature version 4).
#[derive(Debug)]
struct Hashes;

impl CryptoProvider for Hashes {
    fn digest(&self, algorithm: DigestAlgorithm) -> object_store::Result<Box<dyn DigestContext>> {
        only_sha256(&algorithm)?;
        Ok(Box::new(Hashing { hash: Sha256::new(), done: [0; 32] }))
    }

    fn hmac(&self, algorithm: DigestAlgorithm, secret: &[u8]) -> object_store::Result<Box<dyn HmacContext>> {
        only_sha256(&algorithm)?;
        let mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| unknown("a key of this length"))?;
        Ok(Box::new(Keyed { mac, done: [0; 32] }))
    }

    fn sign(&self, _: SigningAlgorithm, _: &[u8]) -> object_store::Result<Box<dyn Signer>> {
        Err(unknown("signing with a private key"))
    }
}

fn only_sha256(algorithm: &DigestAlgorithm) -> object_store::Result<()> {
    match algorithm {
        DigestAlgorithm::Sha256 => Ok(()),
        other => Err(unknown(&format!("{other:?}"))),
    }
}

fn unknown(what: &str) -> object_store::Error {
    object_store::Error::NotSupported { source: format!("{what} is not known here").into() }
}

struct Hashing {
    hash: Sha256,
    done: [u8; 32],
}

impl DigestContext for Hashing {
    fn update(&mut self, data: &[u8]) {
        self.hash.update(data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        self.done = self.hash.finalize_reset().into();
        Ok(&self.done)
    }
}

struct Keyed {
    mac: Hmac<Sha256>,
    done: [u8; 32],
}

impl HmacContext for Keyed {
    fn update(&mut self, data: &[u8]) {
        self.mac.update(data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        self.done = self.mac.clone().finalize().into_bytes().into();
        Ok(&self.done)
    }
}
