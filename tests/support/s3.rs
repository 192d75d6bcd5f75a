//! A store that speaks as much S3 as is asked of it, and checks every signature. It keeps everything in memory, for as
//! long as the process runs. The server's own tests use it, too.

#![allow(dead_code, reason = "each test uses its part of this")]

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

pub const KEY: &str = "AKIATEST";
pub const SECRET: &str = "a/secret+key";
pub const REGION: &str = "eu-test-1";
/// The only bucket that there is.
pub const BUCKET: &str = "bucket";

/// The store, running.
pub struct S3 {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
}

/// What it has, and what it was asked.
#[derive(Default)]
pub struct Kept {
    /// By key, without the bucket.
    pub files: BTreeMap<String, Vec<u8>>,
    /// By upload: parts of files that are not whole yet.
    pub parts: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    /// Method and path of every request, with the names of its arguments.
    pub asked: Vec<String>,
    /// How many requests were not signed with our key.
    pub refused: usize,
    /// Answers 503 to whoever is known.
    down: bool,
    uploads: usize,
}

impl S3 {
    pub fn start() -> Self {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .fallback(serve)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(kept.clone());
        // A runtime of its own: some who use it have none, and none of theirs ends it.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { url, kept }
    }

    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    /// From now on it is out of order, or in order again.
    pub fn set_down(&self, down: bool) {
        self.kept().down = down;
    }

    /// What a server is told that keeps its files below this prefix.
    pub fn environment(&self, prefix: &str) -> Vec<(&'static str, String)> {
        vec![
            ("SWITCHBOARD_MEDIA_URL", format!("s3://{BUCKET}/{prefix}")),
            ("AWS_ENDPOINT", self.url.clone()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of these bytes, in hex.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn mac(key: &[u8], data: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(data.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Whether the request carries the signature that its holder of the key would make (AWS signature version 4).
fn is_signed(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let given = text("authorization");
    let part = |name: &str| {
        let rest = given.split_once(name)?.1;
        Some(rest.split(',').next().unwrap_or(rest).trim())
    };
    let (Some(credential), Some(signed), Some(signature)) =
        (part("Credential="), part("SignedHeaders="), part("Signature="))
    else {
        return false;
    };
    let Some(scope) = credential.strip_prefix(&format!("{KEY}/")) else { return false };
    let day = scope.split('/').next().unwrap_or("");
    let claimed = text("x-amz-content-sha256");
    if claimed != "UNSIGNED-PAYLOAD" && claimed != hash(body) {
        return false;
    }
    let mut query: Vec<&str> = uri.query().unwrap_or("").split('&').filter(|part| !part.is_empty()).collect();
    query.sort_unstable();
    let query: Vec<String> = query
        .iter()
        .map(|part| if part.contains('=') { (*part).to_owned() } else { format!("{part}=") })
        .collect();
    let names: String = signed.split(';').map(|name| format!("{name}:{}\n", text(name).trim())).collect();
    let canonical = format!("{method}\n{}\n{}\n{names}\n{signed}\n{claimed}", uri.path(), query.join("&"));
    let asked = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", text("x-amz-date"), hash(canonical.as_bytes()));
    let key = [REGION, "s3", "aws4_request"]
        .iter()
        .fold(mac(format!("AWS4{SECRET}").as_bytes(), day), |key, next| mac(&key, next));
    hex(&mac(&key, &asked)) == signature
}

fn problem(status: StatusCode, code: &str) -> Response {
    (status, format!("<Error><Code>{code}</Code></Error>")).into_response()
}

async fn serve(
    State(kept): State<Arc<Mutex<Kept>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let known = is_signed(&method, &uri, &headers, &body);
    let mut kept = kept.lock().unwrap();
    if !known {
        kept.refused += 1;
        return problem(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
    }
    let arguments: BTreeMap<String, String> = uri
        .query()
        .unwrap_or("")
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), value.replace("%2F", "/")))
        .collect();
    let names: Vec<&str> = arguments.keys().map(String::as_str).collect();
    kept.asked.push(format!("{method} {} {}", uri.path(), names.join("&")));
    if kept.down {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "SlowDown");
    }
    let mut place = uri.path().trim_start_matches('/').splitn(2, '/');
    if place.next() != Some(BUCKET) {
        return problem(StatusCode::NOT_FOUND, "NoSuchBucket");
    }
    let name = place.next().unwrap_or_default().to_owned();
    let upload = arguments.get("uploadId").cloned();
    let part = arguments.get("partNumber").and_then(|part| part.parse::<u32>().ok());
    match (method.as_str(), upload, part) {
        ("GET", ..) if arguments.contains_key("list-type") => listing(&kept, arguments.get("prefix")),
        ("GET" | "HEAD", ..) => match kept.files.get(&name) {
            Some(bytes) => content(bytes, &headers),
            None => problem(StatusCode::NOT_FOUND, "NoSuchKey"),
        },
        ("POST", None, _) => {
            kept.uploads += 1;
            let id = format!("upload{}", kept.uploads);
            kept.parts.insert(id.clone(), BTreeMap::new());
            format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            )
            .into_response()
        }
        ("PUT", Some(id), Some(part)) => match kept.parts.get_mut(&id) {
            Some(parts) => {
                parts.insert(part, body.to_vec());
                ([(header::ETAG, format!("\"part{part}\""))], "").into_response()
            }
            None => problem(StatusCode::NOT_FOUND, "NoSuchUpload"),
        },
        ("POST", Some(id), _) => match kept.parts.remove(&id) {
            Some(parts) => {
                let whole = parts.into_values().flatten().collect();
                kept.files.insert(name, whole);
                "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>"
                    .into_response()
            }
            None => problem(StatusCode::NOT_FOUND, "NoSuchUpload"),
        },
        ("DELETE", Some(id), _) => {
            kept.parts.remove(&id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("PUT", ..) => {
            kept.files.insert(name, body.to_vec());
            ([(header::ETAG, "\"x\"")], "").into_response()
        }
        ("DELETE", ..) => {
            kept.files.remove(&name);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => problem(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
    }
}

/// Everything below a prefix, on one page.
fn listing(kept: &Kept, prefix: Option<&String>) -> Response {
    let prefix = prefix.map_or("", String::as_str);
    let listed: String = kept
        .files
        .iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .map(|(name, bytes)| {
            let (size, at) = (bytes.len(), "2020-01-01T00:00:00.000Z");
            format!(
                "<Contents><Key>{name}</Key><LastModified>{at}</LastModified><ETag>\"x\"</ETag><Size>{size}</Size></Contents>"
            )
        })
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>").into_response()
}

/// A file, or the part of it that is asked for. Of a `HEAD`, the bytes stay away by themselves.
fn content(bytes: &[u8], headers: &HeaderMap) -> Response {
    let whole = bytes.len();
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let range = range.and_then(|(from, to)| Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?)));
    let (status, part) = match range {
        Some((from, _)) if from >= whole => {
            return problem(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange");
        }
        Some((from, to)) => (StatusCode::PARTIAL_CONTENT, from..(to + 1).min(whole)),
        None => (StatusCode::OK, 0..whole),
    };
    let mut response = (status, Body::from(bytes[part.clone()].to_vec())).into_response();
    let out = response.headers_mut();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{whole}", part.start, part.end - 1);
        out.insert(header::CONTENT_RANGE, range.parse().unwrap());
    }
    out.insert(header::ETAG, "\"x\"".parse().unwrap());
    out.insert(header::LAST_MODIFIED, "Wed, 01 Jan 2020 00:00:00 GMT".parse().unwrap());
    response
}
