//! What a device says when WhatsApp turns it away, asked of the real binary: status, cause, the way out, and when.

use crate::support::{Server, databases, until};
use serde_json::{Value, json};

const OWN: &str = "34600111222";
const OTHER: &str = "34600222333";

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

#[test]
fn a_ban_an_old_version_and_another_program_each_have_their_cause_and_their_way_out() {
    for environment in databases() {
        let server = Server::start_with(&environment);
        let device = server.linked_device(OWN);
        let fault = |body: Value| {
            let mut body = body;
            body["device"] = json!(device);
            server.post("/sandbox/faults", body);
        };
        let failed = |code: &str| {
            until(code, || {
                let shown = server.get(&format!("/devices/{device}"));
                (shown["status"] == "failed" && shown["cause"]["code"] == code).then_some(shown)
            })
        };
        // Whatever turned it away, its keys and what waits are kept: connected again, everything goes on.
        let goes_on = |text: &str| {
            let path = format!("/devices/{device}/chats/{OTHER}/messages");
            let sent = server.post(&path, json!({"text": text}));
            assert_eq!(sent["status"], "queued");
            server.ok("DELETE", "/sandbox/faults", None);
            server.post(&format!("/devices/{device}/connect"), json!({}));
            server.wait_for_status(&device, "connected");
            assert!(server.get(&format!("/devices/{device}"))["cause"].is_null());
            until("what waited", || {
                let message = server.get(&format!("/messages/{}", sent["id"].as_str().unwrap()));
                (message["status"] == "delivered").then_some(())
            });
        };

        let before = now();
        fault(json!({"kind": "ban", "seconds": 600}));
        let banned = failed("temporary_ban");
        assert_eq!(banned["cause"]["next"], "check_phone");
        let ends = banned["cause"]["retryAt"].as_i64().expect("when the ban ends");
        assert!((before..=now() + 601_000).contains(&ends), "{ends}");
        assert!(banned["cause"]["text"].as_str().unwrap().contains("for a time"), "{banned}");
        goes_on("After the ban");

        fault(json!({"kind": "outdated"}));
        let outdated = failed("client_outdated");
        assert_eq!(
            (&outdated["cause"]["next"], &outdated["cause"]["retryAt"]),
            (&json!("update"), &Value::Null)
        );
        goes_on("After the update");

        fault(json!({"kind": "replaced"}));
        let replaced = failed("replaced");
        assert_eq!(replaced["cause"]["next"], "close_other");
        assert!(replaced["cause"]["text"].as_str().unwrap().contains("Another program"), "{replaced}");
        goes_on("After the other one");

        // None of it was tried again by itself: the history has an end and a return for each.
        let history = server.get(&format!("/devices/{device}/connections?limit=100"));
        let codes: Vec<&str> =
            history["items"].as_array().unwrap().iter().filter_map(|entry| entry["code"].as_str()).collect();
        for code in ["temporary_ban", "client_outdated", "replaced"] {
            assert!(codes.contains(&code), "{codes:?}");
        }
    }
}
