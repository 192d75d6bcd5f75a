//! Signing in and out, with forms that work without script.

use super::pages;
use super::preview::is_preview;
use crate::server::auth::{
    self, AuthError, Origin, Session, User, Who, clear_cookies, session_cookie, session_token,
};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Principal, Query};
use crate::server::gateway::state::App;
use crate::ui::{FormError, LoginForm, ProfileForm};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use std::net::SocketAddr;

#[derive(Deserialize)]
pub struct Next {
    next: Option<String>,
    /// There, whatever it says, where somebody comes here because their session has ended.
    ended: Option<String>,
}

/// The form.
pub async fn form(State(app): State<App>, Query(query): Query<Next>, request: Request) -> Response {
    let who = app.auth.authenticate(&Method::GET, request.uri(), request.headers()).await;
    if who.is_ok() {
        return Redirect::to(&local(query.next)).into_response();
    }
    let form = login_form(&app, request.headers(), None, String::new(), local(query.next));
    let form = LoginForm { ended: query.ended.is_some(), ..form };
    pages::login(app, form, request).await
}

fn login_form(
    app: &App,
    headers: &HeaderMap,
    error: Option<FormError>,
    email: String,
    next: String,
) -> LoginForm {
    LoginForm {
        error,
        wait: None,
        email,
        next,
        network: app.devices.network(),
        insecure: !Origin::of(headers).secure,
        ended: false,
        link: None,
        name: String::new(),
        now: String::new(),
    }
}

#[derive(Deserialize)]
pub struct Credentials {
    email: String,
    password: String,
    next: Option<String>,
}

/// What the form sent.
pub async fn submit(
    State(app): State<App>,
    Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Response {
    let next = local(credentials.next);
    match app.auth.sign_in(&credentials.email, credentials.password, &peer.ip().to_string()).await {
        Ok(session) => enter(&session, &headers, &next),
        Err(error) => {
            let (status, retry_after) = match &error {
                AuthError::Throttled(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(*seconds)),
                AuthError::Storage(_) => (StatusCode::SERVICE_UNAVAILABLE, None),
                _ => (StatusCode::UNAUTHORIZED, None),
            };
            let email = credentials.email.chars().take(254).collect();
            let form = login_form(&app, &headers, Some(wrong(&error)), email, next);
            let form = LoginForm { wait: retry_after, ..form };
            let mut response = pages::login(app, form, page_request("/login", headers)).await;
            *response.status_mut() = status;
            if let Some(value) = retry_after.and_then(|seconds| seconds.to_string().parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            response
        }
    }
}

#[derive(Deserialize)]
pub struct Link {
    token: Option<String>,
}

/// A one-time link: signs in, and leads whoever has no password yet to choosing one. Whatever only looks at it, such as the
/// preview of a chat, does not use it up; and whoever is signed in as somebody else is asked first. Both get a page with
/// one button.
pub async fn link(
    State(app): State<App>,
    Query(link): Query<Link>,
    method: Method,
    headers: HeaderMap,
) -> Answer<Response> {
    let token = link.token.unwrap_or_default();
    let Some(user) = app.auth.owner_of_link(&token).await? else { return Ok(used_link(app, headers).await) };
    let other = signed_in(&app, &headers).await?.filter(|other| other.id != user.id);
    if other.is_none() && method != Method::HEAD && !is_preview(&headers) {
        return redeem(app, &token, headers).await;
    }
    let form = login_form(&app, &headers, None, String::new(), "/".to_owned());
    let now = other.as_ref().map(shown_name).unwrap_or_default();
    let form = LoginForm { link: Some(token), name: shown_name(&user), now, ..form };
    Ok(pages::login(app, form, page_request("/sign-in", headers)).await)
}

/// Who is signed in in this browser, if somebody is.
async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<User>, AuthError> {
    let Some(token) = session_token(headers) else { return Ok(None) };
    match app.auth.by_session(&token).await {
        Ok(auth::Principal { who: Who::User(user), .. }) => Ok(Some(user)),
        Ok(_) | Err(AuthError::SessionEnded) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the page calls somebody, who may have no name.
fn shown_name(user: &User) -> String {
    let unnamed = || user.address().map_or_else(|| user.id.to_string(), str::to_owned);
    if user.name.is_empty() { unnamed() } else { user.name.clone() }
}

/// The button of that page.
pub async fn by_link(State(app): State<App>, headers: HeaderMap, Form(link): Form<Link>) -> Answer<Response> {
    redeem(app, &link.token.unwrap_or_default(), headers).await
}

async fn redeem(app: App, token: &str, headers: HeaderMap) -> Answer<Response> {
    match app.auth.sign_in_by_link(token).await? {
        Some(session) => {
            Ok(enter(&session, &headers, if session.user.has_password { "/" } else { "/welcome" }))
        }
        None => Ok(used_link(app, headers).await),
    }
}

/// A link that was used, has expired or never was one.
async fn used_link(app: App, headers: HeaderMap) -> Response {
    let form = login_form(&app, &headers, Some(FormError::LinkUsed), String::new(), "/".to_owned());
    let mut response = pages::login(app, form, page_request("/sign-in", headers)).await;
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

/// Ends the session.
pub async fn out(State(app): State<App>, headers: HeaderMap) -> Answer<Response> {
    if let Some(token) = session_token(&headers) {
        app.auth.sign_out(&token).await?;
    }
    let mut response = Redirect::to("/login").into_response();
    for cookie in clear_cookies() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[derive(Deserialize)]
pub struct Profile {
    name: String,
    email: String,
    #[serde(default)]
    password: String,
}

/// The first visit: name, address and password.
pub async fn welcome(
    State(app): State<App>,
    Principal(who): Principal,
    headers: HeaderMap,
    Form(profile): Form<Profile>,
) -> Answer<Response> {
    update(app, who, headers, profile, "/welcome", "/").await
}

/// The same, later.
pub async fn settings(
    State(app): State<App>,
    Principal(who): Principal,
    headers: HeaderMap,
    Form(profile): Form<Profile>,
) -> Answer<Response> {
    update(app, who, headers, profile, "/settings/profile", "/settings/profile?saved=1").await
}

async fn update(
    app: App,
    who: auth::Principal,
    headers: HeaderMap,
    profile: Profile,
    here: &str,
    then: &str,
) -> Answer<Response> {
    let Who::User(user) = &who.who else { return Err(Refusal::from(AuthError::Missing)) };
    if !who.is_at_browser() {
        return Err(Refusal::from(AuthError::Missing));
    }
    let token = session_token(&headers).unwrap_or_default();
    let password = Some(profile.password).filter(|password| !password.is_empty());
    let result = if password.is_none() && !user.has_password && here == "/welcome" {
        Err(AuthError::Password(auth::PasswordError))
    } else {
        app.auth.update_profile(&user.id, &profile.name, &profile.email, password, &token).await
    };
    let Err(error) = result else { return Ok(Redirect::to(then).into_response()) };
    let form = ProfileForm {
        error: Some(wrong(&error)),
        saved: false,
        name: profile.name,
        email: profile.email,
        has_password: user.has_password,
    };
    let mut response = pages::render(app, &who, form, page_request(here, headers)).await?;
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response)
}

/// The form of whoever is signed in, with nothing wrong.
pub fn profile_of(who: &auth::Principal) -> ProfileForm {
    match &who.who {
        Who::User(user) => ProfileForm {
            error: None,
            saved: false,
            name: user.name.clone(),
            email: user.email.clone(),
            has_password: user.has_password,
        },
        Who::Key { .. } => ProfileForm::default(),
    }
}

fn enter(session: &Session, headers: &HeaderMap, to: &str) -> Response {
    let origin = Origin::of(headers);
    if !origin.secure {
        tracing::warn!(
            "somebody signed in over plain HTTP: passwords and messages can be read on the way. Put HTTPS in front"
        );
    }
    let mut response = Redirect::to(to).into_response();
    if let Some(cookie) = session_cookie(&session.token, &origin) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Only addresses of our own: a link must not lead elsewhere through us.
fn local(next: Option<String>) -> String {
    let local = |next: &String| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains('\\')
            && next.len() <= 512
            && !next.chars().any(char::is_control)
    };
    next.filter(local).unwrap_or_else(|| "/".to_owned())
}

/// A request for a page, with the headers of the one that was answered with it.
fn page_request(path: &str, headers: HeaderMap) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path.parse().unwrap_or_default();
    *request.headers_mut() = headers;
    request
}

/// What the page says of it, in its own language.
fn wrong(error: &AuthError) -> FormError {
    match error {
        AuthError::WrongPassword => FormError::WrongPassword,
        AuthError::Throttled(_) => FormError::Throttled,
        AuthError::Email(_) => FormError::Email,
        AuthError::EmailTaken => FormError::EmailTaken,
        AuthError::Password(_) => FormError::Password,
        AuthError::Storage(_) => FormError::Unavailable,
        _ => FormError::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_never_leads_elsewhere() {
        let to = |next: &str| local(Some(next.to_owned()));
        assert_eq!(to("/chats/cht_1?x=1"), "/chats/cht_1?x=1");
        // What stands in the query leads nowhere by itself.
        assert_eq!(to("/chats?info=https://evil.example"), "/chats?info=https://evil.example");
        for next in [
            "",
            "https://evil.example",
            "//evil.example",
            "///evil.example",
            "//evil.example/%2e%2e",
            "/\\evil.example",
            "\\\\evil.example",
            "/chats\\..\\evil.example",
            "/\t/evil.example",
            "/a\nb",
            "/\r\nlocation: https://evil.example",
            " //evil.example",
            " /chats",
            "evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "?next=//evil.example",
            "@evil.example",
            &format!("/{}", "x".repeat(600)),
        ] {
            assert_eq!(to(next), "/", "{next:?}");
        }
    }
}
