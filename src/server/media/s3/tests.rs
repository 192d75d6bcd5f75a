//! A store that speaks as much S3 as is asked of it, and checks every signature: files go there and come back.

use super::at;
use crate::protocol::WorkspaceId;
use crate::server::media::blobs::Blobs;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use object_store::aws::AmazonS3Builder;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const KEY: &str = "AKIATEST";
const SECRET: &str = "a/secret+key";
const REGION: &str = "eu-test-1";

#[derive(Default)]
struct Bucket {
    files: BTreeMap<String, Vec<u8>>,
    parts: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    /// Method and path of every request, with the names of its arguments.
    asked: Vec<String>,
}

type Shared = Arc<Mutex<Bucket>>;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
    if claimed != "UNSIGNED-PAYLOAD" && claimed != hex(&Sha256::digest(body)) {
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
    let asked = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        text("x-amz-date"),
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let key = [REGION, "s3", "aws4_request"]
        .iter()
        .fold(mac(format!("AWS4{SECRET}").as_bytes(), day), |key, next| mac(&key, next));
    hex(&mac(&key, &asked)) == signature
}

async fn serve(
    State(bucket): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_signed(&method, &uri, &headers, &body) {
        return (StatusCode::FORBIDDEN, "<Error><Code>SignatureDoesNotMatch</Code></Error>").into_response();
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
    let mut bucket = bucket.lock().unwrap();
    bucket.asked.push(format!("{method} {} {}", uri.path(), names.join("&")));
    let Some(name) = uri.path().strip_prefix("/bucket").map(|name| name.trim_start_matches('/').to_owned())
    else {
        return (StatusCode::NOT_FOUND, "<Error><Code>NoSuchBucket</Code></Error>").into_response();
    };
    let upload = arguments.get("uploadId").cloned();
    let part = arguments.get("partNumber").and_then(|part| part.parse::<u32>().ok());
    match (method.as_str(), upload, part) {
        ("GET", ..) if arguments.contains_key("list-type") => {
            let prefix = arguments.get("prefix").cloned().unwrap_or_default();
            let listed: String = bucket
                .files
                .iter()
                .filter(|(name, _)| name.starts_with(&prefix))
                .map(|(name, bytes)| {
                    let (size, at) = (bytes.len(), "2020-01-01T00:00:00.000Z");
                    format!("<Contents><Key>{name}</Key><LastModified>{at}</LastModified><ETag>\"x\"</ETag><Size>{size}</Size></Contents>")
                })
                .collect();
            let page =
                format!("<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>");
            page.into_response()
        }
        ("GET" | "HEAD", ..) => {
            let Some(bytes) = bucket.files.get(&name) else {
                return (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response();
            };
            let whole = bytes.len();
            let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
            let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
            let range =
                range.and_then(|(from, to)| Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?)));
            let (status, part) = match range {
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
        ("POST", None, _) => {
            let id = format!("upload{}", bucket.parts.len());
            bucket.parts.insert(id.clone(), BTreeMap::new());
            format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            )
            .into_response()
        }
        ("PUT", Some(id), Some(part)) => {
            bucket.parts.get_mut(&id).unwrap().insert(part, body.to_vec());
            ([(header::ETAG, format!("\"part{part}\""))], "").into_response()
        }
        ("POST", Some(id), _) => {
            let whole = bucket.parts.remove(&id).unwrap().into_values().flatten().collect();
            bucket.files.insert(name, whole);
            "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>"
                .into_response()
        }
        ("DELETE", Some(id), _) => {
            bucket.parts.remove(&id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("PUT", ..) => {
            bucket.files.insert(name, body.to_vec());
            ([(header::ETAG, "\"x\"")], "").into_response()
        }
        ("DELETE", ..) => {
            bucket.files.remove(&name);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// The store, and where it is.
async fn bucket() -> (Shared, String) {
    let shared = Shared::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new()
        .fallback(serve)
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(shared.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (shared, url)
}

fn builder(url: &str) -> AmazonS3Builder {
    AmazonS3Builder::new()
        .with_access_key_id(KEY)
        .with_secret_access_key(SECRET)
        .with_region(REGION)
        .with_endpoint(url)
        .with_allow_http(true)
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("switchboard_s3_{name}_{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_to_the_store_and_come_back_in_parts() {
    use futures_util::{StreamExt as _, TryStreamExt as _};
    let (bucket, url) = bucket().await;
    let folder = folder("both_ways");
    let store = at("s3://bucket/switch/board", builder(&url)).unwrap();
    let blobs = Blobs::beside(store, &folder).await.unwrap();
    let workspace: WorkspaceId = "w".parse().unwrap();
    // The last takes three requests.
    for size in [1, 1_000_000, super::PART * 2 + 5] {
        let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
        let sha256 = hex(&Sha256::digest(&bytes));
        let scratch = blobs.scratch(format!("a{size}"));
        std::fs::write(&scratch.path, &bytes).unwrap();
        blobs.keep(&scratch, &workspace, &sha256).await.unwrap();
        drop(scratch);
        let key = format!("switch/board/files/w/{}/{sha256}", &sha256[..2]);
        assert!(bucket.lock().unwrap().files[&key] == bytes);
        let whole = blobs.read(&workspace, &sha256, 0..size as u64).await.unwrap();
        let whole: Vec<_> = whole.try_collect().await.unwrap();
        assert!(whole.concat() == bytes);
        if size > 1 {
            let part = blobs.read(&workspace, &sha256, 5..size as u64 - 7).await.unwrap();
            let part: Vec<_> = part.try_collect().await.unwrap();
            assert!(part.concat() == bytes[5..size - 7]);
        }
        let scratch = blobs.scratch(format!("b{size}"));
        let local = blobs.local(&workspace, &sha256, scratch).await.unwrap();
        assert!(std::fs::read(local.path()).unwrap() == bytes);
    }
    assert_eq!(std::fs::read_dir(folder.join("incoming")).unwrap().count(), 0, "nothing is left");
    assert!(bucket.lock().unwrap().parts.is_empty());
    let listed: Vec<_> = blobs.list().try_collect().await.unwrap();
    assert_eq!((listed.len(), listed[0].workspace.as_str()), (3, "w"));
    for file in listed {
        assert!(file.placed_at > 0);
        blobs.delete(&file.workspace, &file.sha256).await.unwrap();
        blobs.delete(&file.workspace, &file.sha256).await.unwrap();
        let gone = blobs.read(&workspace, &file.sha256, 0..1).await.unwrap().next().await;
        assert!(gone.is_some_and(|part| part.is_err()));
    }
    assert!(bucket.lock().unwrap().files.is_empty());
    let _ = std::fs::remove_dir_all(folder);
}

#[tokio::test]
async fn any_store_will_do() {
    use futures_util::TryStreamExt as _;
    let folder = folder("in_memory");
    let blobs = Blobs::beside(Arc::new(object_store::memory::InMemory::new()), &folder).await.unwrap();
    let workspace: WorkspaceId = "w".parse().unwrap();
    let bytes = vec![9; super::PART + 1];
    let sha256 = hex(&Sha256::digest(&bytes));
    let scratch = blobs.scratch("a".to_owned());
    std::fs::write(&scratch.path, &bytes).unwrap();
    blobs.keep(&scratch, &workspace, &sha256).await.unwrap();
    let whole: Vec<_> =
        blobs.read(&workspace, &sha256, 0..bytes.len() as u64).await.unwrap().try_collect().await.unwrap();
    assert!(whole.concat() == bytes);
    assert!(!blobs.is_older("w", &sha256, 0).await.unwrap());
    assert!(blobs.is_older("w", &sha256, i64::MAX).await.unwrap());
    blobs.delete("w", &sha256).await.unwrap();
    assert!(!blobs.is_older("w", &sha256, i64::MAX).await.unwrap());
    let _ = std::fs::remove_dir_all(folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_does_not_know_us_is_told_at_the_start() {
    let (_, url) = bucket().await;
    let folder = folder("refused");
    let wrong = builder(&url).with_secret_access_key("another");
    assert!(Blobs::beside(at("s3://bucket", wrong).unwrap(), &folder).await.is_err());
    assert!(Blobs::beside(at("s3://another", builder(&url)).unwrap(), &folder).await.is_err());
    let plain = builder(&url).with_allow_http(false);
    assert!(Blobs::beside(at("s3://bucket", plain).unwrap(), &folder).await.is_err());
    let _ = std::fs::remove_dir_all(folder);
}
