//! The web client's pages: rendered here first, alive in the browser afterwards.

mod assets;
mod choices;
mod pages;
mod sign_in;
mod snapshot;

pub use snapshot::{me, snapshot};

use super::state::App;
use axum::Router;
use axum::routing::{get, post};

/// Everything that is not the API: sign-in, the client's files, and its pages for all other addresses.
pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/login", get(sign_in::form).post(sign_in::submit))
        .route("/sign-in", get(sign_in::by_link))
        .route("/logout", post(sign_in::out))
        .route("/welcome", get(pages::page).post(sign_in::welcome))
        .route("/settings", get(pages::page).post(sign_in::settings))
        .route("/settings/profile", get(pages::page).post(sign_in::settings))
        .nest_service("/pkg", assets::pkg(&app.leptos))
        .fallback_service(assets::files_or(&app.leptos, get(pages::page).with_state(app.clone())))
}
