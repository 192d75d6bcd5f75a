//! One page: the snapshot for it is read first, then everything renders at once.

use super::choices::Choices;
use super::sign_in::profile_of;
use super::snapshot::snapshot;
use crate::protocol::ChatId;
use crate::server::auth;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::Principal;
use crate::server::gateway::state::App;
use crate::ui::{self, LoginForm, ProfileForm};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::prelude::provide_context;

/// Any page of a signed-in user. Which one, the client's own router decides, here as in the browser.
pub async fn page(State(app): State<App>, Principal(who): Principal, request: Request) -> Answer<Response> {
    let profile = profile_of(&who);
    render(app, &who, profile, request).await
}

/// A page with what its form said.
pub async fn render(
    app: App,
    who: &auth::Principal,
    profile: ProfileForm,
    request: Request,
) -> Answer<Response> {
    let open = request.uri().path().strip_prefix("/chats/").and_then(|rest| rest.parse::<ChatId>().ok());
    let snapshot = snapshot(&app, who, open.as_ref()).await?;
    // The chat of the address went into another: its page is the other's.
    if let (Some(open), Some(thread)) = (&open, &snapshot.thread)
        && thread.chat_id != *open
    {
        return Ok(private(Redirect::to(&format!("/chats/{}", thread.chat_id)).into_response()));
    }
    let choices = Choices::of(request.headers());
    let options = app.leptos.clone();
    let provide = move || {
        provide_context(snapshot.clone());
        provide_context(profile.clone());
        choices.provide();
    };
    let handler = leptos_axum::render_app_to_stream_with_context(provide, move || ui::shell(options.clone()));
    Ok(private(handler(request).await))
}

/// The sign-in page.
pub async fn login(app: App, form: LoginForm, request: Request<Body>) -> Response {
    let choices = Choices::of(request.headers());
    let options = app.leptos.clone();
    let provide = move || {
        provide_context(form.clone());
        choices.provide();
    };
    let handler = leptos_axum::render_app_to_stream_with_context(provide, move || ui::shell(options.clone()));
    private(handler(request).await)
}

/// Pages hold what is only for whoever is signed in: nobody keeps them.
fn private(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
