//! One page: the snapshot for it is read first, then everything renders at once.

use super::choices::Choices;
use super::sign_in::profile_of;
use super::snapshot::snapshot;
use crate::protocol::ChatId;
use crate::server::auth;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::Principal;
use crate::server::gateway::policy;
use crate::server::gateway::state::App;
use crate::ui::{self, LoginForm, ProfileForm};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::nonce::Nonce;
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
    let provide = move || {
        provide_context(snapshot.clone());
        provide_context(profile.clone());
        choices.provide();
    };
    Ok(private(write(&app, provide, request).await))
}

/// The sign-in page.
pub async fn login(app: App, form: LoginForm, request: Request<Body>) -> Response {
    let choices = Choices::of(request.headers());
    let provide = move || {
        provide_context(form.clone());
        choices.provide();
    };
    private(write(&app, provide, request).await)
}

/// The page that the installed client shows without network: nothing of anybody in it. What was last known is
/// in the browser, and is put in there.
pub async fn offline(State(app): State<App>, request: Request<Body>) -> Response {
    let choices = Choices::of(request.headers());
    let provide = move || {
        provide_context(ui::Offline);
        choices.provide();
    };
    let mut response = write(&app, provide, request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Renders a page, whose scripts are named by a number that is never used again.
async fn write(
    app: &App,
    provide: impl Fn() + Clone + Send + Sync + 'static,
    request: Request<Body>,
) -> Response {
    let options = app.leptos.clone();
    let (nonce, nowhere) = (Nonce::new(), ui::Nowhere::default());
    let with_nonce = {
        let (nonce, nowhere) = (nonce.clone(), nowhere.clone());
        move || {
            provide_context(nonce.clone());
            provide_context(nowhere.clone());
            provide();
        }
    };
    let shell = move || ui::shell(options.clone());
    let mut response = leptos_axum::render_app_to_stream_with_context(with_nonce, shell)(request).await;
    // Which addresses there are, only the client's own router knows; it has chosen by now.
    if nowhere.was_said() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    if let Some((name, value)) = policy::page(nonce.as_inner()) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Pages hold what is only for whoever is signed in: nobody keeps them.
fn private(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
