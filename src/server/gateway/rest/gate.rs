//! What a device's engine does not do is refused before its route is asked: 501 `not_supported`, with the reason.
//!
//! A route needs what its row of the table of capabilities says. Here stands what the table does not: routes that
//! belong to a row beside its own, those whose content decides (`devices` refuses then), and those that only show or
//! change what is kept here. A route of a device, chat or message that is in neither fails a test.

use crate::server::devices::{CAPABILITIES, Operation};
use crate::server::gateway::error::Refusal;
use crate::server::gateway::state::App;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Operation(Operation),
    /// What it is asked for decides.
    Content,
    /// It is served from what is kept here.
    Nothing,
}

const PREFIX: &str = "/api/v1";

/// A chat's routes are there a second time below its device's path, and are the same there.
const OF_DEVICE: &str = "/devices/{device}";

use Needs::{Content, Nothing};

/// Beside the table of capabilities.
#[rustfmt::skip]
const ROUTES: &[(&str, &str, Needs)] = &[
    ("POST", "/chats/{chat}/messages", Content),
    ("POST", "/devices/{device}/chats/{chat}/messages", Content),
    ("PATCH", "/chats/{chat}", Content),
    ("DELETE", "/messages/{message}", Content),

    ("GET", "/devices/{device}", Nothing),
    ("PATCH", "/devices/{device}", Nothing),
    ("DELETE", "/devices/{device}", Nothing),
    ("GET", "/devices/{device}/capabilities", Nothing),
    ("GET", "/devices/{device}/stats", Nothing),
    ("GET", "/devices/{device}/connections", Nothing),
    ("GET", "/devices/{device}/connections/analytics", Nothing),
    ("GET", "/devices/{device}/history", Nothing),
    ("GET", "/devices/{device}/chats", Nothing),
    ("GET", "/chats", Nothing),
    ("GET", "/chats/{chat}", Nothing),
    ("GET", "/chats/{chat}/messages", Nothing),
    ("GET", "/chats/{chat}/pinned", Nothing),
    ("GET", "/chats/{chat}/export", Nothing),
    ("GET", "/messages/{message}", Nothing),
    ("GET", "/messages/{message}/edits", Nothing),
    ("GET", "/messages/{message}/receipts", Nothing),
    ("GET", "/messages/{message}/trace", Nothing),
    ("GET", "/messages/{message}/raw", Nothing),

    ("DELETE", "/messages/{message}/star", Needs::Operation(Operation::Star)),
    ("DELETE", "/messages/{message}/pin", Needs::Operation(Operation::PinMessage)),
    ("POST", "/devices/{device}/disconnect", Needs::Operation(Operation::Connect)),
    ("POST", "/devices/{device}/restart", Needs::Operation(Operation::Connect)),
    ("GET", "/devices/{device}/contacts/{contact}", Needs::Operation(Operation::Contacts)),
    ("GET", "/devices/{device}/blocked", Needs::Operation(Operation::BlockContact)),
    ("POST", "/devices/{device}/contacts/{contact}/unblock", Needs::Operation(Operation::BlockContact)),
    ("POST", "/chats/{chat}/unarchive", Needs::Operation(Operation::ArchiveChat)),
    ("POST", "/chats/{chat}/unpin", Needs::Operation(Operation::PinChat)),
    ("POST", "/chats/{chat}/unmute", Needs::Operation(Operation::MuteChat)),
    ("DELETE", "/chats/{chat}/presence-subscription", Needs::Operation(Operation::Presence)),
    ("GET", "/devices/{device}/groups/{chat}", Needs::Operation(Operation::Groups)),
    ("POST", "/devices/{device}/groups/{chat}/invite", Needs::Operation(Operation::GroupInvite)),
    ("DELETE", "/devices/{device}/groups/{chat}/picture", Needs::Operation(Operation::GroupPicture)),
    ("GET", "/devices/{device}/groups/{chat}/requests", Needs::Operation(Operation::GroupRequests)),
    ("GET", "/devices/{device}/labels", Nothing),
    ("POST", "/devices/{device}/labels", Needs::Operation(Operation::Labels)),
    ("PATCH", "/devices/{device}/labels/{label}", Needs::Operation(Operation::Labels)),
    ("DELETE", "/devices/{device}/labels/{label}", Needs::Operation(Operation::Labels)),
    ("DELETE", "/chats/{chat}/labels/{label}", Needs::Operation(Operation::Labels)),
    ("DELETE", "/chats/{chat}/draft", Needs::Operation(Operation::Drafts)),
    ("GET", "/devices/{device}/profile", Needs::Operation(Operation::Profile)),
    ("PUT", "/devices/{device}/profile/picture", Needs::Operation(Operation::Profile)),
    ("DELETE", "/devices/{device}/profile/picture", Needs::Operation(Operation::Profile)),
];

/// What a route needs, by its method and its path below the prefix; `None` for one that nobody has thought of.
fn needs(method: &str, path: &str) -> Option<Needs> {
    if let Some(known) = here(method, path) {
        return Some(known);
    }
    let below = path.strip_prefix(OF_DEVICE)?;
    (below.starts_with("/chats/") || below.starts_with("/messages/")).then(|| here(method, below))?
}

fn here(method: &str, path: &str) -> Option<Needs> {
    let method = if method == "HEAD" { "GET" } else { method };
    if let Some((.., needs)) = ROUTES.iter().find(|(with, at, _)| (*with, *at) == (method, path)) {
        return Some(*needs);
    }
    let row = CAPABILITIES.iter().find(|row| {
        row.route.is_some_and(|(with, at)| with == method && at.strip_prefix(PREFIX) == Some(path))
    })?;
    Some(Needs::Operation(row.operation))
}

/// Refuses what the devices' engine does not do.
pub async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let needed = path.and_then(|path| path.strip_prefix(PREFIX));
    if let Some(Needs::Operation(operation)) = needed.and_then(|path| needs(request.method().as_str(), path))
        && let Err(error) = app.devices.require(operation)
    {
        return Refusal::from(error).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::auth::{Auth, Keys};
    use crate::server::config::ApiKey;
    use crate::server::devices::{Devices, Elsewhere, EngineKind, HistoryLimits, Support};
    use crate::server::gateway::{Parts, rest, router};
    use crate::server::journal::Journal;
    use crate::server::media::testing::media;
    use crate::server::source::Source;
    use crate::server::storage::testing::{databases, furnish};
    use crate::server::telemetry::Metrics;
    use crate::server::webhooks::{self, Webhooks};
    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use serde_json::{Value, json};
    use std::net::SocketAddr;
    use std::sync::Arc;
    use tower::ServiceExt as _;

    const KEY: &str = "a-key-of-the-gates-own-tests";

    #[test]
    fn every_route_of_a_device_a_chat_or_a_message_says_what_it_needs() {
        let document = serde_json::to_value(rest::routes().into_openapi()).unwrap();
        let mut routes = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                routes.push((method.to_uppercase(), path.clone()));
            }
        }
        for (method, path) in &routes {
            let scoped = ["{device}", "{chat}", "{message}"].iter().any(|part| path.contains(part));
            if scoped && !path.starts_with("/sandbox/") {
                assert!(
                    needs(method, path).is_some(),
                    "{method} {path}: add it to ROUTES, or a row of its own"
                );
            }
        }
        for (method, path, _) in ROUTES {
            let known = routes.iter().any(|(with, at)| (with.as_str(), at.as_str()) == (*method, *path));
            assert!(known, "there is no {method} {path}");
        }
    }

    /// What is asked of a route that is shared: of each kind one.
    fn content(operation: Operation) -> Value {
        match operation {
            Operation::SendMedia => json!({ "media": { "id": "med_1" } }),
            Operation::SendLocation => json!({ "location": { "latitude": 1.0, "longitude": 1.0 } }),
            Operation::SendContact => {
                json!({ "contact": { "name": "Ana", "phoneNumbers": ["34600111222"] } })
            }
            Operation::Disappear => json!({ "expiresIn": 604_800 }),
            Operation::SendPoll => json!({ "poll": { "name": "When?", "options": ["a", "b"] } }),
            _ => json!({}),
        }
    }

    #[tokio::test]
    async fn what_an_engine_does_not_do_is_answered_501_on_its_route() {
        let database = databases().await.remove(0);
        let source = Source::system();
        let journal = Journal::start(database, source.clone()).await.unwrap();
        furnish(journal.store()).await;
        let media = media(journal.store()).await;
        let key = ApiKey(KEY.to_owned());
        let keys = Keys::new(Some(&key), &"w".parse().unwrap());
        let settings = webhooks::Settings {
            allow: webhooks::Allow::default(),
            schedule: webhooks::Schedule::default(),
            timeout: std::time::Duration::from_secs(1),
        };
        let app = App::from(Parts {
            devices: Devices::new(
                journal.clone(),
                source.clone(),
                Arc::new(Elsewhere),
                media.clone(),
                HistoryLimits::default(),
                crate::server::devices::Pace::default(),
            ),
            auth: Auth::new(journal.store().clone(), source.clone(), keys, Vec::new()),
            push: crate::server::push::Push::start(&journal, &source, &settings).await.unwrap(),
            webhooks: Webhooks::start(&journal, &source, settings).await.unwrap(),
            media,
            sandbox: None,
            leptos: leptos::config::LeptosOptions::builder().output_name("switchboard").build(),
            metrics: Metrics::new(),
            stopping: tokio_util::sync::CancellationToken::new(),
            journal,
            source,
        });
        let router = router(app);
        let (mut refused, mut shown) = (0, Vec::new());
        for row in CAPABILITIES {
            let (Support::No(why), Some((method, path))) = (row.of(EngineKind::Cloud), row.route) else {
                continue;
            };
            let needed = path.strip_prefix(PREFIX).and_then(|path| needs(method, path));
            if needed == Some(Nothing) {
                shown.push(row.operation);
                continue;
            }
            let uri =
                path.replace("{device}", "dev_1").replace("{chat}", "cht_1").replace("{message}", "msg_1");
            let uri =
                uri.replace("{contact}", "34600222333").replace("{hash}", "abc").replace("{media}", "med_1");
            let uri = uri.replace("{label}", "1");
            // A number that is not known yet, for what has to find it.
            let unknown = row.operation == Operation::FindNumber;
            let uri = if unknown { uri.replace("cht_1", "34600999888") } else { uri };
            let body = if unknown { json!({ "text": "Hello" }) } else { content(row.operation) };
            let request = Request::builder()
                .method(method)
                .uri(&uri)
                .header("x-api-key", KEY)
                .header("content-type", "application/json")
                .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
                .body(Body::from(body.to_string()))
                .unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
            let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let name = row.name;
            assert_eq!(
                (status.as_u16(), &problem["code"]),
                (501, &json!("not_supported")),
                "{name}: {problem}"
            );
            // Of a route that several share the first reason may be another's.
            let own = CAPABILITIES.iter().filter(|other| other.route == row.route).count() == 1;
            assert!(!own || problem["detail"] == why, "{name}: {problem}");
            refused += 1;
        }
        assert!(refused > 30, "{refused}");
        // These are learned, and not asked for.
        assert_eq!(shown, [Operation::History, Operation::IncomingCalls, Operation::Groups]);
    }
}
