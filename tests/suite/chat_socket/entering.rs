//! Who is let in, and in which words the others are not.

use crate::chat_socket::client::{Client, refused, with_key};
use crate::chat_socket::session_token;
use crate::support::socketio::{BOTH, By};
use crate::support::{API_KEY, Server};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn strangers_are_refused_in_stable_words() {
    let server = Server::start();
    let refusal = |message: &str, code: &str| json!({ "message": message, "data": { "code": code } });
    for by in BOTH {
        let none = refusal("Authentication required", "unauthenticated");
        assert_eq!(refused(&server, by, "", &[], &json!(null)), none);
        assert_eq!(refused(&server, by, "", &[], &json!({ "token": "" })), none);
        assert_eq!(refused(&server, by, "", &[], &json!({ "token": null })), none);
        let invalid = refusal("Invalid token", "invalid_token");
        assert_eq!(refused(&server, by, "", &[], &json!({ "token": "nonsense" })), invalid);
        assert_eq!(refused(&server, by, "", &[], &json!({ "token": 7 })), invalid);
        assert_eq!(refused(&server, by, "", &[], &json!({ "token": "x".repeat(10_000) })), invalid);
        assert_eq!(refused(&server, by, "&token=nonsense", &[], &json!(null)), invalid);
        assert_eq!(refused(&server, by, "", &[("authorization", "Bearer nonsense")], &json!(null)), invalid);
        assert_eq!(refused(&server, by, "", &[], &json!({ "apiKey": "no-key-of-ours-0123456789" })), invalid);
        let unset = refusal("Server configuration error", "not_configured");
        assert_eq!(refused(&server, by, "", &[], &json!({ "token": "eyJh.eyJz.c2ln" })), unset);
    }
}

#[test]
fn a_token_may_stand_in_three_places_and_ends_with_its_session() {
    let server = Server::start();
    let token = session_token(&server);
    let bearer = format!("Bearer {token}");
    drop(Client::enter(&server, By::Polling, "", &[("authorization", &bearer)], &json!(null)));
    drop(Client::enter(&server, By::WebSocket, &format!("&token={token}"), &[], &json!(null)));
    drop(Client::enter(&server, By::Polling, "", &[("x-api-key", API_KEY)], &json!(null)));
    drop(Client::enter(&server, By::WebSocket, "", &[], &with_key()));

    let mut client = Client::enter(&server, By::WebSocket, "", &[], &json!({ "token": token }));
    assert_eq!(client.ask("get_connection_status", json!({}))["success"], true);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let cookie = format!("__Host-switchboard={token}");
    let origin = server.url.clone();
    let signed_out = Instant::now();
    let response = agent
        .post(format!("{}/logout", server.url))
        .header("cookie", cookie)
        .header("origin", origin)
        .send_empty()
        .unwrap();
    assert!(response.status().as_u16() < 400, "{}", response.status());
    assert!(client.ends(), "the socket ends with the session");
    assert!(signed_out.elapsed() < Duration::from_secs(3), "{:?}", signed_out.elapsed());
    let last = client.heard().pop().unwrap();
    assert_eq!(
        (last.name.as_str(), &last.payload),
        ("session:ended", &json!({ "reason": "access revoked" }))
    );
    let again = refused(&server, By::WebSocket, "", &[], &json!({ "token": token }));
    assert_eq!(again["message"], "Invalid token");
}
