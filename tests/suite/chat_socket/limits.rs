//! Requests over the socket count as those of REST do.

use crate::chat_socket::client::Client;
use crate::chat_socket::{phone, texts_on};
use crate::support::Server;
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn what_is_too_fast_is_told_when_to_come_back_and_nothing_is_lost() {
    let mut server = Server::start();
    let other = phone(&server, "Ana");
    let own = phone(&server, "La Bodega");
    let device = server.linked_device(&own);
    // Linking asks more often than that.
    server.kill();
    server.restart_with(&[("SWITCHBOARD_RATE_LIMIT", "8".to_owned())]);
    let mut client = Client::new(&server);
    let text = |number: usize| format!("text {number}");
    let wish = |number: usize| json!({ "to": other, "message": text(number), "conversationId": "mine", "idempotencyKey": format!("once-{number}") });
    let mut refused = Vec::new();
    for number in 0..30 {
        let answer = client.ask("send_message", wish(number));
        if answer["success"] == true {
            continue;
        }
        assert_eq!((&answer["code"], &answer["to"]), (&json!("rate_limited"), &json!(other)), "{answer}");
        assert_eq!(answer["conversationId"], "mine");
        assert!(answer["retryAfter"].as_i64().is_some_and(|seconds| (1..=2).contains(&seconds)), "{answer}");
        assert_eq!(client.wait("message_send_error", |error| error["code"] == "rate_limited"), answer);
        refused.push(number);
    }
    assert!(!refused.is_empty() && refused.len() < 30, "{refused:?}");
    for (name, response) in
        [("get_contacts", "contacts_response"), ("get_connection_status", "connection_status")]
    {
        // Bursts, until one is too much: by and by the limit lets some through.
        let answer = (0..40).map(|_| client.ask(name, json!({}))).find(|answer| answer["success"] == false);
        let answer = answer.unwrap_or_else(|| panic!("{name} was never too fast"));
        assert_eq!(answer["code"], "rate_limited");
        assert!(answer["retryAfter"].is_i64());
        assert_eq!(client.wait(response, |heard| heard["success"] == false), answer);
    }
    // A client that comes back joins everything at once.
    for _ in 0..40 {
        assert_eq!(client.ask("subscribe:instance", json!(device))["success"], true);
    }
    // The connection is still there: after a while everything goes through, once.
    for number in refused {
        let sent = (0..20).any(|_| {
            std::thread::sleep(Duration::from_millis(200));
            client.ask("send_message", wish(number))["success"] == true
        });
        assert!(sent, "{number}");
    }
    let mut texts: Vec<String> = Vec::new();
    for _ in 0..50 {
        std::thread::sleep(Duration::from_millis(300));
        texts = texts_on(&server, &other);
        if texts.len() >= 30 {
            break;
        }
    }
    texts.sort_unstable();
    let mut expected: Vec<String> = (0..30).map(text).collect();
    expected.sort_unstable();
    assert_eq!(texts, expected);
    assert_eq!(client.ask("get_connection_status", Value::Null)["code"], Value::Null);
}
