//! Taking messages away: a chat or everything, as JSON Lines for programs, as a page for people, or as pages with their
//! files in an archive.
//!
//! An export is read page by page while it is sent, so that it takes the same memory whatever its length, and holds
//! no transaction open. It has what was there when it began. Its last line says how much it was: one without that
//! line was cut.

mod bundle;
mod escape;
mod file_name;
mod html;
mod json_lines;
mod message;
mod pages;
mod words;
mod zip;

use crate::protocol::{ChatId, ProblemCode};
use crate::server::auth;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal, Query};
use crate::server::gateway::state::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use pages::{Pages, Writer};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(chat)).routes(routes!(all))
}

#[derive(Deserialize, IntoParams)]
pub struct ExportQuery {
    /// `jsonl`: one JSON value in each line. `html`: one page without anything from elsewhere. `zip`: pages with the
    /// files of the messages.
    #[param(inline, value_type = Option<Format>)]
    format: Option<String>,
}

/// In what form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
enum Format {
    Jsonl,
    Html,
    Zip,
}

impl ExportQuery {
    fn format(&self) -> Answer<Format> {
        match self.format.as_deref() {
            None | Some("jsonl") => Ok(Format::Jsonl),
            Some("html") => Ok(Format::Html),
            Some("zip") => Ok(Format::Zip),
            Some(_) => Err(Refusal::new(ProblemCode::Invalid, "format is jsonl, html or zip.")),
        }
    }
}

/// A chat's messages, oldest first, as a file.
///
/// `jsonl`: the first line is `{"type":"header","chat":…}`, then one `{"type":"message","message":…}` each, and at last
/// `{"type":"end","messages":N}`. `html`: one page that can be read for itself, without scripts and without anything
/// from elsewhere. `zip`: an archive with such a page, `index.html`, and in `media/` the files of its messages, as far as
/// they are here; the page says which are not. A file without its last line was cut; so was an archive that does not open.
#[utoipa::path(
    get,
    path = "/chats/{chat}/export",
    operation_id = "exportChat",
    tag = "Chats",
    params(("chat" = ChatId, Path), ExportQuery),
    responses((status = 200, description = "The file", content((String = "application/jsonl"), (String = "text/html"), (Vec<u8> = "application/zip")))),
)]
pub async fn chat(
    State(app): State<App>,
    Principal(who): Principal,
    Path(chat): Path<ChatId>,
    Query(query): Query<ExportQuery>,
) -> Answer<Response> {
    let format = query.format()?;
    let chat = app.devices.chat(&who.reach, &chat).await?;
    let name = chat.name.clone();
    let pages = Pages::of_chat(&app, &who, chat);
    file(&app, &who, pages, format, &name)
}

/// All messages that the caller may see, chat by chat, as a file.
///
/// `html`: one page. `zip`: an archive with `index.html`, `chats/<id>.html` and `media/`. `jsonl`: the first line is
/// `{"type":"header","chat":null}`; each chat begins with `{"type":"chat","chat":…}`, its messages follow, oldest first;
/// the last line is `{"type":"end","chats":N,"messages":N}`. A file without it was cut.
#[utoipa::path(
    get,
    path = "/export",
    operation_id = "exportAll",
    tag = "Chats",
    params(ExportQuery),
    responses((status = 200, description = "The file", content((String = "application/jsonl"), (String = "text/html"), (Vec<u8> = "application/zip")))),
)]
pub async fn all(
    State(app): State<App>,
    Principal(who): Principal,
    Query(query): Query<ExportQuery>,
) -> Answer<Response> {
    let format = query.format()?;
    let pages = Pages::of_all(&app, &who);
    file(&app, &who, pages, format, "messages")
}

fn file(app: &App, who: &auth::Principal, pages: Pages, format: Format, name: &str) -> Answer<Response> {
    let now = app.source.now();
    let (lease, stopping) = (app.auth.lease(who)?, app.stopping.clone());
    let page = |writer: Box<dyn Writer>, pages, lease, stopping| {
        Body::from_stream(pages::stream(pages, writer, lease, stopping))
    };
    let (body, content_type, ending) = match format {
        Format::Jsonl => {
            (page(Box::new(json_lines::JsonLines), pages, lease, stopping), "application/jsonl", "jsonl")
        }
        Format::Html => {
            (page(Box::<html::Html>::default(), pages, lease, stopping), "text/html; charset=utf-8", "html")
        }
        Format::Zip => {
            let pieces = bundle::stream(pages, app.media.clone(), who.reach.clone(), now, lease, stopping);
            (Body::from_stream(pieces), "application/zip", "zip")
        }
    };
    let mut response =
        ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], body).into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&file_name::disposition(name, now, ending)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if format == Format::Html
        && let Ok(value) = HeaderValue::from_str(&html::content_security_policy())
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    Ok(response)
}
