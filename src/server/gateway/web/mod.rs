//! The web client's pages: rendered here first, alive in the browser afterwards.

mod assets;
mod choices;
mod pages;
mod preview;
mod sign_in;
mod snapshot;
mod worker;

pub use snapshot::{me, snapshot};

use super::policy;
use super::state::App;
use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;

/// Everything that is not the API: sign-in, the client's files, and its pages for all other addresses.
pub fn routes(app: &App) -> Router<App> {
    let ours = SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static(policy::RESOURCE),
        HeaderValue::from_static("same-origin"),
    );
    Router::new()
        .route("/login", get(sign_in::form).post(sign_in::submit))
        .route("/sign-in", get(sign_in::link).post(sign_in::by_link))
        .route("/logout", post(sign_in::out))
        .route("/welcome", get(pages::page).post(sign_in::welcome))
        .route("/settings", get(pages::page).post(sign_in::settings))
        .route("/settings/profile", get(pages::page).post(sign_in::settings))
        .route("/offline", get(pages::offline))
        .route("/sw.js", get(worker::script))
        .nest("/pkg", assets::pkg(&app.leptos))
        .fallback_service(assets::files_or(&app.leptos, get(pages::page).with_state(app.clone())))
        .layer(axum::Extension(worker::Worker::of(&app.leptos)))
        .layer(ours)
}
