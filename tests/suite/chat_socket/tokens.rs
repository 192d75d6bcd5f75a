//! Signed tokens: who they let in, until when, and what a stranger sees.

use crate::chat_socket::client::{Client, refused};
use crate::chat_socket::{phone, write};
use crate::support::Server;
use crate::support::socketio::{BOTH, By};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SECRET: &str = "a-secret-of-more-than-thirty-two-bytes";

fn server() -> Server {
    Server::start_with(&[
        ("SWITCHBOARD_JWT_SECRET", SECRET.to_owned()),
        ("SWITCHBOARD_PROVISION_USERS", "true".to_owned()),
    ])
}

/// A token for so many seconds from now on.
fn token(user: &str, workspace: &Value, seconds: i64, secret: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let claims = json!({ "sub": user, "workspace": workspace, "exp": now + seconds });
    json!(encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap())
}

fn enter(server: &Server, token: &Value) -> Client {
    Client::enter(server, By::WebSocket, "", &[], &json!({ "token": token }))
}

#[test]
fn a_token_lets_in_until_it_expires() {
    let server = server();
    let workspace = server.get("/me")["workspaceId"].clone();
    for by in BOTH {
        let refusal = |token: Value| refused(&server, by, "", &[], &json!({ "token": token }));
        let expired = refusal(token("mia", &workspace, -3_600, SECRET));
        assert_eq!(expired, json!({ "message": "Token expired", "data": { "code": "token_expired" } }));
        let foreign = refusal(token("mia", &workspace, 60, "another-secret-of-more-than-thirty-two-bytes"));
        assert_eq!(foreign, json!({ "message": "Invalid token", "data": { "code": "invalid_token" } }));
        assert_eq!(refusal(json!("a.b.c"))["message"], "Invalid token");
    }
    let soon = token("mia", &workspace, 2, SECRET);
    let began = Instant::now();
    let mut client = enter(&server, &soon);
    assert_eq!(client.ask("get_connection_status", json!({}))["success"], true);
    assert!(client.ends());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let last = client.heard().pop().unwrap();
    assert_eq!((last.name.as_str(), &last.payload["reason"]), ("session:ended", &json!("token expired")));
    let bearer = format!("Bearer {}", token("mia", &workspace, 60, SECRET).as_str().unwrap());
    drop(Client::enter(&server, By::Polling, "", &[("authorization", &bearer)], &json!(null)));
    drop(enter(&server, &json!(bearer)));
}

#[test]
fn a_stranger_sees_and_touches_nothing() {
    let server = server();
    let workspace = server.get("/me")["workspaceId"].clone();
    let (own, other) = (phone(&server, "La Bodega"), phone(&server, "Ana"));
    let device = server.linked_device(&own);
    let mut mia = enter(&server, &token("mia", &workspace, 600, SECRET));
    let mut eve = enter(&server, &token("eve", &json!("wsp_of_somebody_else"), 600, SECRET));
    assert_eq!(mia.ask("subscribe:instance", json!(device))["success"], true);
    let theirs = eve.ask("subscribe:instance", json!(device));
    let nobodys = eve.ask("subscribe:instance", json!("dev_nobody"));
    for refusal in [&theirs, &nobodys] {
        assert_eq!(
            (&refusal["code"], &refusal["error"]),
            (&json!("not_found"), &json!("There is no such instance."))
        );
    }
    write(&server, &other, &own, "Hola");
    let conversation = mia.any("new_message")["conversationId"].clone();
    for (event, argument) in [
        ("join_conversation", conversation.clone()),
        ("join_conversation", json!(other)),
        ("get_messages_between", json!({ "fromNumber": own, "toNumber": other })),
        ("send_message", json!({ "to": other, "message": "Hi" })),
        ("send_message", json!({ "to": other, "message": "Hi", "deviceId": device })),
        ("send_message", json!({ "to": other, "message": "Hi", "fromNumber": own })),
        ("send_message", json!({ "conversationId": conversation, "message": "Hi" })),
        ("get_qr_code", json!({ "deviceId": device })),
    ] {
        let answer = eve.ask(event, argument.clone());
        assert_eq!(
            (&answer["success"], &answer["code"]),
            (&json!(false), &json!("not_found")),
            "{event} {argument}"
        );
    }
    assert_eq!(eve.ask("get_contacts", json!({}))["data"], json!([]));
    let status = eve.ask("get_connection_status", json!({}));
    assert_eq!((&status["status"], &status["devices"]), (&json!("no_device"), &json!([])));
    server.post(&format!("/devices/{device}/disconnect"), json!({}));
    mia.any("instance:disconnected");
    let numbers = eve.any("subscription:stats:updated");
    assert_eq!(numbers["subscriptionId"], "wsp_of_somebody_else");
    assert_eq!(numbers["stats"]["devices"]["total"], 0);
    let heard: Vec<String> = eve.so_far().into_iter().map(|heard| heard.name).collect();
    let answers = ["instance:error", "conversation_error", "connection_status", "subscription:stats:updated"];
    let answers = |name: &String| {
        answers.contains(&name.as_str()) || name.ends_with("_response") || name == "message_send_error"
    };
    assert!(heard.iter().all(answers), "{heard:?}");
    // Nobody takes over a socket of somebody else.
    let mut auth = json!({ "token": token("eve", &json!("wsp_of_somebody_else"), 600, SECRET) });
    auth["pid"] = json!(mia.pid);
    auth["offset"] = json!(mia.offset);
    let thief = Client::enter(&server, By::WebSocket, "", &[], &auth);
    assert_ne!(thief.entered["sid"], mia.entered["sid"]);
    assert_ne!(thief.pid, mia.pid);
}

#[test]
fn a_token_that_may_only_read_sends_and_links_nothing() {
    let server = server();
    let workspace = server.get("/me")["workspaceId"].clone();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let claims = json!({ "sub": "tom", "workspace": workspace, "exp": now + 600, "permission": "read" });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let mut tom = enter(&server, &json!(encode(&Header::default(), &claims, &key).unwrap()));
    assert_eq!(tom.ask("get_contacts", json!({}))["success"], true);
    assert_eq!(tom.ask("get_qr_code", json!({}))["code"], "forbidden");
    assert_eq!(tom.ask("send_message", json!({ "to": "34600111222", "message": "Hi" }))["code"], "forbidden");
    assert_eq!(server.get("/devices")["items"], json!([]), "none was made");
}
