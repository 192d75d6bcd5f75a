//! Who gets in, and what everybody else is told.

use crate::device_namespace::wire::{BOTH, By, Wire, with_key};
use crate::device_namespace::{device, namespace};
use crate::support::{API_KEY, Server};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[track_caller]
fn refused(wire: &mut Wire, namespace: &str, auth: &Value, message: &str) {
    let refusal = wire.enter(namespace, auth).unwrap_err();
    assert_eq!(refusal["message"], message, "{namespace} {auth}");
    assert!(refusal["data"]["code"].is_string(), "{refusal}");
}

#[test]
fn a_key_counts_in_every_place_and_over_both_transports() {
    let server = Server::start();
    let id = device(&server, "Front desk");
    for by in BOTH {
        let query = format!("&apiKey={API_KEY}");
        for (query, headers, auth) in [
            (query.as_str(), vec![], Value::Null),
            ("", vec![("apiKey", API_KEY)], Value::Null),
            ("", vec![("X-API-Key", API_KEY)], json!({})),
            ("", vec![], with_key()),
            // Empty is not there.
            ("&apiKey=", vec![("apikey", API_KEY)], json!({ "apiKey": "" })),
        ] {
            for namespace in [namespace(&id), "/".to_owned()] {
                let mut wire = Wire::open(&server, by, query, &headers);
                let entered = wire.enter(&namespace, &auth).unwrap();
                assert!(entered["sid"].is_string() && entered["pid"].is_string(), "{entered}");
                let heard = wire.heard();
                assert_eq!((heard.name.as_str(), &heard.payload["deviceId"]), ("state", &json!(id)));
                assert_eq!(heard.namespace, namespace);
            }
        }
    }
}

#[test]
fn refusals_are_the_seeds_own_words() {
    let server = Server::start();
    let id = device(&server, "Front desk");
    for by in BOTH {
        for namespace in [namespace(&id), "/".to_owned()] {
            let long = "k".repeat(600);
            for (query, headers, auth, message) in [
                ("", vec![], Value::Null, "API key is required"),
                ("&apiKey=", vec![("x-api-key", "")], json!({ "apiKey": "" }), "API key is required"),
                ("&apiKey=wrong", vec![], Value::Null, "Invalid API key"),
                ("", vec![("apiKey", "wrong")], Value::Null, "Invalid API key"),
                ("", vec![], json!({ "apiKey": long }), "Invalid API key"),
                ("", vec![], json!({ "apiKey": 17 }), "Invalid API key"),
                ("", vec![], json!({ "apiKey": format!("{API_KEY} ") }), "Invalid API key"),
                // A right key elsewhere does not make up for a wrong one.
                ("&apiKey=wrong", vec![("apiKey", API_KEY)], Value::Null, "Invalid API key"),
                // A user's plain id is no access.
                ("&access-token=usr_1", vec![], Value::Null, "API key is required"),
                ("&access-token=a.b.c", vec![], Value::Null, "API key is required"),
            ] {
                let mut wire = Wire::open(&server, by, query, &headers);
                refused(&mut wire, &namespace, &auth, message);
            }
        }
    }
    // Without a key nothing can be learnt about devices.
    let mut wire = Wire::open(&server, By::WebSocket, "", &[]);
    refused(&mut wire, "/device/dev_unknown", &Value::Null, "API key is required");
    for (namespace, query) in [
        ("/device/dev_unknown", ""),
        ("/device/..%2F", ""),
        ("/device/a b", ""),
        ("/", "&deviceId=dev_unknown"),
        ("/", "&deviceId="),
        ("/", "&deviceId=%00"),
    ] {
        let mut wire = Wire::open(&server, By::WebSocket, query, &[]);
        refused(&mut wire, namespace, &with_key(), "Invalid device namespace");
    }
    for auth in [json!({ "deviceId": 5 }), json!({ "deviceId": "" }), json!({ "deviceId": null })] {
        let mut wire = Wire::open(&server, By::WebSocket, "", &[("apiKey", API_KEY)]);
        refused(&mut wire, "/", &auth, "Invalid device namespace");
    }
    for namespace in ["/device", "/device/", "/device/a/b", "/devices/a", "/nowhere"] {
        let refusal = Wire::open(&server, By::WebSocket, "", &[]).enter(namespace, &with_key()).unwrap_err();
        assert_eq!(refusal["message"], "Invalid namespace", "{namespace}");
    }
}

#[test]
fn a_users_session_counts_as_access_token_until_it_ends() {
    let server = Server::start();
    let id = device(&server, "Front desk");
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).build().into();
    let cookie = server.session(server.sign_in.as_ref().unwrap());
    let token = cookie.split_once('=').unwrap().1.to_owned();

    // Beside a key, what stands there does not matter: seed 4's example sends a user's plain id.
    let query = format!("&apiKey={API_KEY}&access-token=usr_42");
    Wire::open(&server, By::WebSocket, &query, &[]).enter(&namespace(&id), &Value::Null).unwrap();
    let query = format!("&apiKey=wrong&access-token={token}");
    let mut wrong = Wire::open(&server, By::WebSocket, &query, &[]);
    refused(&mut wrong, &namespace(&id), &Value::Null, "Invalid API key");

    let mut wire = Wire::open(&server, By::WebSocket, &format!("&apiKey=&access-token={token}"), &[]);
    wire.enter(&namespace(&id), &Value::Null).unwrap();
    wire.wait_for("connection:status", |_| true);
    let at = Instant::now();
    agent.post(format!("{}/logout", server.url)).header("cookie", &cookie).send_empty().unwrap();
    assert_eq!(wire.wait_for("session:ended", |_| true).payload["reason"], "access revoked");
    assert_eq!(wire.packet(), format!("41{},", namespace(&id)));
    assert!(at.elapsed() < Duration::from_secs(2), "{:?}", at.elapsed());
    let mut again = Wire::open(&server, By::WebSocket, &format!("&access-token={token}"), &[]);
    refused(&mut again, &namespace(&id), &Value::Null, "API key is required");
}

#[test]
fn whoever_waits_for_an_answer_gets_one() {
    let server = Server::start();
    let id = device(&server, "Front desk");
    for (by, namespace) in [(By::WebSocket, namespace(&id)), (By::Polling, "/".to_owned())] {
        let mut wire = Wire::open(&server, by, "", &[("apiKey", API_KEY)]);
        wire.enter(&namespace, &Value::Null).unwrap();
        let answer = wire.ask(&namespace, &json!(["subscribe", { "deviceId": id }]));
        assert_eq!((&answer[0]["success"], &answer[0]["code"]), (&json!(false), &json!("not_supported")));
        let answer = wire.ask(&namespace, &json!(["ping"]));
        assert_eq!(answer[0]["success"], true);
        assert!(answer[0]["timestamp"].as_i64().unwrap() > 1_700_000_000_000);
        // Nobody waits for these.
        let name = if namespace == "/" { String::new() } else { format!("{namespace},") };
        wire.send(&format!("42{name}{}", json!(["qr", null, [], "x", 1e300])));
        assert_eq!(wire.ask(&namespace, &json!(["ping", 1]))[0]["success"], true);
    }
}

#[test]
fn garbage_ends_one_session_and_nothing_else() {
    let server = Server::start();
    let id = device(&server, "Front desk");
    for packet in
        ["42[\"early\"]", "4", "40/device/x,{", "40/device/x,[1]", "499", "b", "", "4\u{0}", "451-[1]"]
    {
        let mut wire = Wire::open(&server, By::WebSocket, &format!("&apiKey={API_KEY}"), &[]);
        wire.send(packet);
        while wire.try_packet().is_some() {}
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let raw = |path: &str| agent.get(format!("{}{path}", server.url)).call().unwrap().status().as_u16();
    for path in ["/ws", "/ws/", "/ws?EIO=4", "/ws/?EIO=3&transport=polling", "/ws/?EIO=4&transport=pigeon"] {
        assert_eq!(raw(path), 400, "{path}");
    }
    assert_eq!(raw("/ws/?EIO=4&transport=polling&sid=unknown"), 400);
    // What lies below the path is not Socket.IO's: connection status refuses in its own form.
    let below = agent.get(format!("{}/ws/connection-status", server.url)).call().unwrap();
    assert_eq!(below.headers()["content-type"], "application/problem+json");
    let mut wire = Wire::open(&server, By::WebSocket, "", &[]);
    wire.enter(&namespace(&id), &with_key()).unwrap();
}

#[test]
fn pages_of_other_sites_do_not_get_in() {
    let server = Server::start_with(&[("SWITCHBOARD_ALLOWED_ORIGINS", "http://localhost:4000".into())]);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let answer = |origin: &str| {
        agent
            .get(format!("{}/ws/?EIO=4&transport=polling&apiKey={API_KEY}", server.url))
            .header("origin", origin)
            .call()
            .unwrap()
    };
    assert_eq!(answer("https://evil.example").status(), 403);
    let allowed = answer("http://localhost:4000");
    assert_eq!(allowed.status(), 200);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "http://localhost:4000");
}
