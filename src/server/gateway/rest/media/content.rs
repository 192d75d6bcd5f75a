//! The bytes of a file, in parts or whole, as something that no browser runs.

use super::names::disposition;
use super::range::{self, Asked};
use crate::protocol::{MediaId, MediaState, Problem, ProblemCode};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal};
use crate::server::gateway::state::App;
use crate::server::media::{MediaError, StoredMedia, is_shown_inline, served_as};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// Whoever opens it in a browser gets a page that may do nothing.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");
/// The bytes under an id may be replaced once (a recording that is put into another container), so it is asked again;
/// only that.
const KEEP: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The bytes of a file.
///
/// A file that came with a message is fetched from WhatsApp when it is asked for the first time. That is waited
/// for up to 20 s; if it takes longer, the answer is 503 with `Retry-After`, and the fetching goes on.
///
/// `Range` (one range), `If-Range` and `If-None-Match` are understood. The content type is the file's own only for
/// types that no browser makes a page or a script of, else `application/octet-stream`.
#[utoipa::path(
    get,
    path = "/media/{media}/content",
    operation_id = "getMediaContent",
    tag = "Media",
    params(
        ("media" = MediaId, Path),
        ("Range" = Option<String>, Header, description = "One range of bytes, for example `bytes=0-1023`."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the caller has."),
    ),
    responses(
        (status = 200, description = "The bytes", content((Vec<u8> = "application/octet-stream"), (Vec<u8> = "image/jpeg"),
            (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"), (Vec<u8> = "audio/ogg"), (Vec<u8> = "video/mp4"), (Vec<u8> = "application/pdf"))),
        (status = 206, description = "The part that was asked for"),
        (status = 304, description = "The caller has it"),
        (status = 409, description = "`not_connected`: it has to be fetched, and its device is not connected; `conflict`: it was refused (`state` says so)", body = Problem),
        (status = 410, description = "`gone`: WhatsApp no longer has it", body = Problem),
        (status = 416, description = "`range_not_satisfiable`: the part lies beyond the file; `Content-Range` says how long it is", body = Problem),
        (status = 502, description = "`upstream`: WhatsApp did not hand it over", body = Problem),
        (status = 503, description = "`unavailable`: it is still being fetched, or files cannot be read or kept just now; `Retry-After` says when to ask again", body = Problem),
    ),
)]
pub async fn content(
    State(app): State<App>,
    Principal(who): Principal,
    Path(id): Path<MediaId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let stored = app.media.fetch(&who.reach, &id, &app.devices).await?;
    let tag = format!("\"{}\"", stored.sha256);
    let (status, part) = if range::has_it(&headers, &tag) {
        (StatusCode::NOT_MODIFIED, None)
    } else {
        match range::asked(&headers, &tag, stored.size) {
            Asked::Whole => (StatusCode::OK, Some(0..stored.size)),
            Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, Some(part)),
            Asked::Beyond => return beyond(stored.size),
        }
    };
    let body = match &part {
        None => Body::empty(),
        Some(part) => Body::from_stream(app.media.read(&stored, part.clone()).await?),
    };
    let mut response = (status, body).into_response();
    let out = response.headers_mut();
    let shown = described(&stored, &tag, out)?;
    match (status, part) {
        (StatusCode::PARTIAL_CONTENT, Some(part)) => {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, stored.size);
            out.insert(header::CONTENT_RANGE, value(&range)?);
            out.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
        }
        (StatusCode::OK, _) => drop(out.insert(header::CONTENT_LENGTH, stored.size.into())),
        _ => return Ok(response),
    }
    out.insert(header::CONTENT_TYPE, value(shown)?);
    Ok(response)
}

/// The part lies beyond a file of this size.
fn beyond(size: u64) -> Answer<Response> {
    let detail = format!("The file has {size} bytes.");
    let mut response = Refusal::new(ProblemCode::RangeNotSatisfiable, detail).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_RANGE, value(&format!("bytes */{size}"))?);
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Ok(response)
}

/// Sets what holds for every answer about a file; answers the content type that it is shown with.
fn described<'s>(stored: &'s StoredMedia, tag: &str, out: &mut HeaderMap) -> Answer<&'s str> {
    let shown = served_as(&stored.content_type);
    out.insert(header::ETAG, value(tag)?);
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(header::CACHE_CONTROL, KEEP);
    out.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    out.insert(header::CONTENT_DISPOSITION, disposition(is_shown_inline(shown), stored.file_name.as_deref()));
    Ok(shown)
}

fn value(text: &str) -> Answer<HeaderValue> {
    HeaderValue::from_str(text).map_err(|error| Refusal::from(MediaError::Disk(error.to_string())))
}

/// A picture made small.
///
/// At most 320 pixels on its longer side. Of JPEG, PNG and WebP with up to 50 megapixels. Of a file that came with a
/// message and was not fetched yet, and of films and documents, the small picture that the message brought along, if it
/// brought one. Other files have none (404).
#[utoipa::path(
    get,
    path = "/media/{media}/thumbnail",
    operation_id = "getMediaThumbnail",
    tag = "Media",
    params(("media" = MediaId, Path)),
    responses(
        (status = 200, description = "The picture", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 304, description = "The caller has it"),
        (status = 409, description = "As for the content", body = Problem),
        (status = 410, description = "`gone`: WhatsApp no longer has it", body = Problem),
        (status = 502, description = "`upstream`: WhatsApp did not hand it over", body = Problem),
    ),
)]
pub async fn thumbnail(
    State(app): State<App>,
    Principal(who): Principal,
    Path(id): Path<MediaId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let preview = app.media.preview(&who.reach, &id).await?;
    let here = app.media.get(&who.reach, &id).await?.state == MediaState::Available;
    let brought = |preview| (preview, format!("\"{id}-preview\""));
    let (small, tag) = match preview {
        Some(preview) if !here => brought(preview),
        preview => {
            let stored = app.media.fetch(&who.reach, &id, &app.devices).await?;
            match (app.media.thumbnail(&stored).await, preview) {
                (Err(MediaError::NoThumbnail), Some(preview)) => brought(preview),
                (made, _) => (made?, format!("\"{}-320\"", stored.sha256)),
            }
        }
    };
    let mut response = if range::has_it(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_static(small.content_type);
        ([(header::CONTENT_TYPE, kind)], small.bytes).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::ETAG, value(&tag)?);
    out.insert(header::CACHE_CONTROL, KEEP);
    out.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
