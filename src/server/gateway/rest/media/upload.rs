//! Taking a file: written to the disk as it arrives, whatever its size.

use super::names;
use crate::protocol::{MediaInfo, Problem, ProblemCode};
use crate::server::auth::Principal;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Query, Sender};
use crate::server::gateway::limits::BODY_WITHIN;
use crate::server::gateway::state::App;
use crate::server::media::{Claim, Media, MediaError, Staging};
use axum::Json as Out;
use axum::body::BodyDataStream;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use utoipa::IntoParams;

/// How long a whole upload may take; the next bytes always have [`BODY_WITHIN`].
const UPLOAD_WITHIN: Duration = Duration::from_secs(900);
/// How long the rest of a refused body is read over: a connection that is closed while its client still writes takes
/// the answer with it.
const LINGER: Duration = Duration::from_secs(10);
/// What a form may have around its file, in bytes.
const FORM: u64 = 64 * 1024;

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// The file's name, for those who cannot set `X-File-Name`; at most 255 characters are kept.
    file_name: Option<String>,
}

/// Uploads a file.
///
/// The body is the file itself, or a form (`multipart/form-data`) with one file in it. It is kept under a new id,
/// ready to be sent; the same bytes take no room twice. What it is, its bytes say: `contentType` of the answer may
/// differ from the header's. The largest file is `SWITCHBOARD_MEDIA_LIMIT` (100 MiB by default); bytes have to keep
/// coming (20 s without any end it), and all of them have to come within 15 minutes.
#[utoipa::path(
    post,
    path = "/media",
    operation_id = "uploadMedia",
    tag = "Media",
    params(
        UploadQuery,
        ("X-File-Name" = Option<String>, Header, description = "The file's name, percent-encoded UTF-8."),
    ),
    request_body(content(
        (Vec<u8> = "application/octet-stream"),
        (Vec<u8> = "image/jpeg"),
        (Vec<u8> = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "The file", body = MediaInfo),
        (status = 400, description = "`invalid`: it is empty, or the name or the form cannot be read", body = Problem),
        (status = 413, description = "`too_large`: it is larger than the limit", body = Problem),
    ),
)]
pub async fn upload(
    State(app): State<App>,
    Sender(who): Sender,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Answer<(StatusCode, Out<MediaInfo>)> {
    let headers = request.headers();
    let content_type = text(headers, header::CONTENT_TYPE.as_str()).map(str::to_owned);
    let form = content_type.as_deref().and_then(|value| multer::parse_boundary(value).ok());
    let fits = fits_by_its_length(headers, &app.media, form.is_some());
    let file_name = names::asked(headers.get("x-file-name"), query.file_name)?;
    let stream = request.into_body().into_data_stream();
    let mut body = Arriving { stream, until: Instant::now() + UPLOAD_WITHIN };
    let arrived = match (fits, form) {
        (Err(refusal), _) => Err(refusal),
        (Ok(()), Some(boundary)) => {
            let (file, mut claim) = from_form(&app.media, body, boundary).await?;
            claim.file_name = file_name.or(claim.file_name);
            return created(&app, &who, file, claim).await;
        }
        (Ok(()), None) => from_body(&app.media, &mut body).await,
    };
    match arrived {
        Ok(file) => created(&app, &who, file, Claim { content_type, file_name }).await,
        Err(refusal) => {
            tokio::spawn(tokio::time::timeout(LINGER, body.read_over()));
            Err(refusal)
        }
    }
}

async fn created(
    app: &App,
    who: &Principal,
    file: Staging,
    claim: Claim,
) -> Answer<(StatusCode, Out<MediaInfo>)> {
    Ok((StatusCode::CREATED, Out(app.media.add(&who.reach, file, claim).await?)))
}

async fn from_body(media: &Media, body: &mut Arriving) -> Answer<Staging> {
    let mut file = media.begin().await?;
    while let Some(bytes) = body.next().await? {
        file.write(&bytes).await?;
    }
    Ok(file)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Refuses before the first byte what says itself that it is too large.
fn fits_by_its_length(headers: &HeaderMap, media: &Media, is_form: bool) -> Answer<()> {
    let length = text(headers, header::CONTENT_LENGTH.as_str()).and_then(|length| length.parse::<u64>().ok());
    let most = if is_form { media.limit().saturating_add(FORM) } else { media.limit() };
    match length {
        Some(length) if length > most => Err(MediaError::TooLarge { limit: media.limit() }.into()),
        _ => Ok(()),
    }
}

/// A body, with a limit on how long it may take.
struct Arriving {
    stream: BodyDataStream,
    until: Instant,
}

impl Arriving {
    async fn read_over(mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
    }

    async fn next(&mut self) -> Answer<Option<Bytes>> {
        let patience = self.until.min(Instant::now() + BODY_WITHIN);
        match timeout_at(patience, self.stream.next()).await {
            Ok(None) => Ok(None),
            Ok(Some(Ok(bytes))) => Ok(Some(bytes)),
            Ok(Some(Err(error))) => {
                Err(Refusal::new(ProblemCode::Malformed, format!("The body did not arrive: {error}.")))
            }
            Err(_) => Err(Refusal::new(ProblemCode::Timeout, "The body came too slowly.")),
        }
    }
}

/// The first file of a form. Fields without a file name are passed over.
async fn from_form(media: &Media, body: Arriving, boundary: String) -> Answer<(Staging, Claim)> {
    let stream = futures_util::stream::try_unfold(body, async |mut body: Arriving| {
        let bytes = body.next().await.map_err(|refusal| std::io::Error::other(Carried(refusal.problem)))?;
        Ok::<_, std::io::Error>(bytes.map(|bytes| (bytes, body)))
    });
    let whole = multer::SizeLimit::new().whole_stream(media.limit().saturating_add(FORM));
    let constraints = multer::Constraints::new().size_limit(whole);
    let mut form = multer::Multipart::with_constraints(Box::pin(stream), boundary, constraints);
    let unreadable = |error: multer::Error| of_form(media, error);
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        let Some(name) = field.file_name().map(str::to_owned) else { continue };
        let content_type = field.content_type().map(|kind| kind.essence_str().to_owned());
        let mut file = media.begin().await?;
        while let Some(bytes) = field.chunk().await.map_err(unreadable)? {
            file.write(&bytes).await?;
        }
        return Ok((file, Claim { content_type, file_name: Some(name) }));
    }
    Err(Refusal::new(ProblemCode::Invalid, "The form has no file in it."))
}

/// A problem of the body, on its way through the form's reader.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Carried(Problem);

fn of_form(media: &Media, error: multer::Error) -> Refusal {
    match error {
        multer::Error::StreamSizeExceeded { .. } => MediaError::TooLarge { limit: media.limit() }.into(),
        multer::Error::StreamReadFailed(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => match error.downcast::<Carried>() {
                Ok(carried) => carried.0.into(),
                Err(error) => {
                    Refusal::new(ProblemCode::Malformed, format!("The body did not arrive: {error}."))
                }
            },
            Err(error) => Refusal::new(ProblemCode::Malformed, format!("The body did not arrive: {error}.")),
        },
        error => Refusal::new(ProblemCode::Invalid, format!("The form cannot be read: {error}.")),
    }
}
