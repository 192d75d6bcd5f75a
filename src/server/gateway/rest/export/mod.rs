//! Taking messages away: a chat or everything, as JSON Lines for programs or as a page for people.
//!
//! An export is read page by page while it is sent, so that it takes the same memory whatever its length, and holds
//! no transaction open. It has what was there when it began. Its last line says how much it was: one without that
//! line was cut.

mod file_name;
mod html;
mod json_lines;
mod pages;

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
    /// `jsonl`: one JSON value in each line. `html`: one page without anything from elsewhere.
    #[param(inline, value_type = Option<Format>)]
    format: Option<String>,
}

#[derive(Deserialize, IntoParams)]
pub struct ExportAllQuery {
    /// `jsonl`: one JSON value in each line.
    #[param(inline, value_type = Option<FormatOfAll>)]
    format: Option<String>,
}

/// In what form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
enum Format {
    Jsonl,
    Html,
}

/// In what form everything comes.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only described by it")]
enum FormatOfAll {
    Jsonl,
}

/// A chat's messages, oldest first, as a file.
///
/// `jsonl`: the first line is `{"type":"header","chat":…}`, then one `{"type":"message","message":…}` each, and at last
/// `{"type":"end","messages":N}`. `html`: one page that can be read for itself, without scripts and without anything
/// from elsewhere. A file without its last line was cut.
#[utoipa::path(
    get,
    path = "/chats/{chat}/export",
    operation_id = "exportChat",
    tag = "Chats",
    params(("chat" = ChatId, Path), ExportQuery),
    responses((status = 200, description = "The file", content((String = "application/jsonl"), (String = "text/html")))),
)]
pub async fn chat(
    State(app): State<App>,
    Principal(who): Principal,
    Path(chat): Path<ChatId>,
    Query(query): Query<ExportQuery>,
) -> Answer<Response> {
    let format = match query.format.as_deref() {
        None | Some("jsonl") => Format::Jsonl,
        Some("html") => Format::Html,
        Some(_) => return Err(Refusal::new(ProblemCode::Invalid, "format is jsonl or html.")),
    };
    let chat = app.devices.chat(&who.reach, &chat).await?;
    let name = chat.name.clone();
    let pages = Pages::of_chat(&app, &who, chat);
    file(&app, &who, pages, format, &name)
}

/// All messages that the caller may see, chat by chat, as a file of JSON Lines.
///
/// The first line is `{"type":"header","chat":null}`; each chat begins with `{"type":"chat","chat":…}`, its messages
/// follow, oldest first; the last line is `{"type":"end","chats":N,"messages":N}`. A file without it was cut.
#[utoipa::path(
    get,
    path = "/export",
    operation_id = "exportAll",
    tag = "Chats",
    params(ExportAllQuery),
    responses((status = 200, description = "The file", body = String, content_type = "application/jsonl")),
)]
pub async fn all(
    State(app): State<App>,
    Principal(who): Principal,
    Query(query): Query<ExportAllQuery>,
) -> Answer<Response> {
    if !matches!(query.format.as_deref(), None | Some("jsonl")) {
        return Err(Refusal::new(ProblemCode::Invalid, "format is jsonl."));
    }
    let pages = Pages::of_all(&app, &who);
    file(&app, &who, pages, Format::Jsonl, "messages")
}

fn file(app: &App, who: &auth::Principal, pages: Pages, format: Format, name: &str) -> Answer<Response> {
    let (writer, content_type, ending): (Box<dyn Writer>, _, _) = match format {
        Format::Jsonl => (Box::new(json_lines::JsonLines), "application/jsonl", "jsonl"),
        Format::Html => (Box::new(html::Html::default()), "text/html; charset=utf-8", "html"),
    };
    let now = app.source.now();
    let body = Body::from_stream(pages::stream(pages, writer, app.auth.lease(who)?, app.stopping.clone()));
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
