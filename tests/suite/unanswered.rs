//! What becomes of what is sent while WhatsApp does not say that it takes it: it is seen, it ends, and a late
//! answer mends it.

use crate::support::{Server, databases, until};
use serde_json::{Value, json};

const OWN: &str = "34600111222";
const OTHER: &str = "34600222333";
const THIRD: &str = "34600333444";

fn servers(wait: &str, delay: &str, attempts: &str) -> Vec<Server> {
    let start = |mut environment: Vec<(&'static str, String)>| {
        environment.push(("SWITCHBOARD_SEND_ATTEMPTS", attempts.to_owned()));
        environment.push(("SWITCHBOARD_ACK_WAIT", wait.to_owned()));
        environment.push(("SWITCHBOARD_SEND_RETRY_DELAY", delay.to_owned()));
        Server::start_with(&environment)
    };
    databases().into_iter().map(start).collect()
}

fn send(server: &Server, device: &str, to: &str, body: Value) -> Value {
    server.post(&format!("/devices/{device}/chats/{to}/messages"), body)
}

fn id(message: &Value) -> &str {
    message["id"].as_str().unwrap()
}

#[track_caller]
fn until_message(server: &Server, message: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    until(what, || Some(server.get(&format!("/messages/{message}"))).filter(&is))
}

fn silence(server: &Server, device: &str) {
    server.post("/sandbox/faults", json!({"kind": "lose_acks", "device": device}));
}

fn events(server: &Server, since: &str, kind: &str) -> Vec<Value> {
    let page = server.get(&format!("/events?since={since}&limit=1000"));
    page["items"].as_array().unwrap().iter().filter(|event| event["type"] == kind).cloned().collect()
}

fn steps(server: &Server, message: &str) -> Vec<Value> {
    server.get(&format!("/messages/{message}/trace"))["steps"].as_array().unwrap().clone()
}

fn held(server: &Server, phone: &str, whatsapp_id: &Value) -> Vec<Value> {
    let all = server.get(&format!("/sandbox/phones/{phone}/messages"));
    all["items"].as_array().unwrap().iter().filter(|message| message["id"] == *whatsapp_id).cloned().collect()
}

#[test]
fn silence_is_shown_and_ends_in_words_that_are_true_and_a_late_answer_mends_it() {
    for server in servers("0.1", "0.01", "2") {
        let device = server.linked_device(OWN);
        let first = send(&server, &device, OTHER, json!({"text": "First"}));
        until_message(&server, id(&first), "the first", |message| message["status"] == "delivered");
        let since = server.get("/events")["cursor"].as_str().unwrap().to_owned();
        // The answer comes long after the last attempt.
        server.post("/sandbox/faults", json!({"kind": "latency", "device": device, "ms": 2_000}));
        let silent = send(&server, &device, OTHER, json!({"text": "Is anybody there?"}));
        let failed = until_message(&server, id(&silent), "the end", |message| message["status"] == "failed");
        assert_eq!(failed["failure"]["code"], "no_answer");
        let says = failed["failure"]["text"].as_str().unwrap();
        assert!(says.contains("2 times") && says.contains("may have arrived"), "{says}");
        assert!(failed["delay"].is_null(), "{failed}");
        server.ok("DELETE", "/sandbox/faults", None);
        until_message(&server, id(&silent), "the answer", |message| message["status"] == "delivered");
        let told: Vec<(String, Value)> = events(&server, &since, "message.status")
            .iter()
            .map(|event| &event["data"])
            .filter(|data| data["messageId"] == silent["id"])
            .map(|data| (data["status"].as_str().unwrap().to_owned(), data["delay"].clone()))
            .collect();
        let ladder: Vec<&str> = told.iter().map(|(status, _)| status.as_str()).collect();
        assert_eq!(ladder, ["queued", "failed", "sent", "delivered"], "{told:?}");
        let delay = &told[0].1;
        assert_eq!((&delay["code"], &delay["attempts"]), (&json!("no_ack"), &json!(1)), "{told:?}");
        assert!(delay["retryAt"].is_i64(), "{told:?}");
        let after = server.get(&format!("/messages/{}", id(&silent)));
        assert!(after["delay"].is_null() && after["failure"].is_null(), "{after}");
        assert_eq!(held(&server, OTHER, &silent["whatsappId"]).len(), 1, "both attempts were one message");
    }
}

#[test]
fn a_device_that_is_not_answered_says_so_until_it_is() {
    for server in servers("0.2", "0.3", "20") {
        let device = server.linked_device(OWN);
        let poll =
            send(&server, &device, OTHER, json!({"poll": {"name": "When?", "options": ["now", "then"]}}));
        until_message(&server, id(&poll), "the poll", |message| message["status"] == "delivered");
        let since = server.get("/events")["cursor"].as_str().unwrap().to_owned();
        silence(&server, &device);
        // A vote has no receipt: nothing but WhatsApp's own word says that it was taken.
        let vote = json!({"vote": {"messageId": id(&poll), "options": ["now"]}});
        send(&server, &device, OTHER, vote);
        let cause = until("the cause", || {
            let shown = server.get(&format!("/devices/{device}"));
            assert_eq!(shown["status"], "connected");
            (!shown["cause"].is_null()).then(|| shown["cause"].clone())
        });
        assert_eq!((&cause["code"], &cause["next"]), (&json!("no_ack"), &json!("wait")));
        assert!(cause["retryAt"].is_i64(), "{cause}");
        let tried = until("two attempts", || {
            let steps = steps(&server, id(&poll));
            let failed = |step: &&Value| step["what"] == "attempt_failed" && step["change"] == "vote";
            (steps.iter().filter(failed).count() >= 2).then_some(steps)
        });
        let waits = tried.last().unwrap();
        assert_eq!((&waits["stage"], &waits["change"]), (&json!("outbox"), &json!("vote")), "{tried:#?}");
        server.ok("DELETE", "/sandbox/faults", None);
        until("the vote's answer", || {
            let steps = steps(&server, id(&poll));
            steps.iter().any(|step| step["what"] == "accepted" && step["change"] == "vote").then_some(())
        });
        until("the device without a cause", || {
            server.get(&format!("/devices/{device}"))["cause"].is_null().then_some(())
        });
        let told: Vec<Value> = events(&server, &since, "device.updated")
            .iter()
            .map(|event| event["data"]["device"]["cause"]["code"].clone())
            .collect();
        assert_eq!((told.first(), told.last()), (Some(&json!("no_ack")), Some(&Value::Null)), "{told:?}");
        let held = held(&server, OTHER, &poll["whatsappId"]);
        assert_eq!(held[0]["poll"]["options"][0]["voters"], json!([OWN]), "{held:?}");
    }
}

#[test]
fn what_is_done_to_messages_waits_for_whatsapps_word_and_says_when_it_ended() {
    for server in servers("0.1", "0.01", "8") {
        let device = server.linked_device(OWN);
        let text = send(&server, &device, OTHER, json!({"text": "Taken back"}));
        until_message(&server, id(&text), "the text", |message| message["status"] == "delivered");
        silence(&server, &device);
        send(&server, &device, OTHER, json!({"revoke": {"messageId": id(&text)}}));
        let ended = until("the end", || {
            let steps = steps(&server, id(&text));
            steps.iter().any(|step| step["what"] == "failed").then_some(steps)
        });
        let failed = ended.iter().find(|step| step["what"] == "failed").unwrap();
        assert_eq!(
            (&failed["code"], &failed["change"]),
            (&json!("no_answer"), &json!("revoke")),
            "{ended:#?}"
        );
        let attempts = ended.iter().filter(|step| step["what"] == "attempt_failed").count();
        assert_eq!(attempts, 8, "{ended:#?}");
        // It never left our id: however often it was sent, the phone has one message, and it is taken back.
        let held = held(&server, OTHER, &text["whatsappId"]);
        assert_eq!(held.len(), 1);
    }
}

#[test]
fn a_chat_that_is_not_answered_holds_up_no_other() {
    for server in servers("0.4", "60", "8") {
        let device = server.linked_device(OWN);
        let poll =
            send(&server, &device, OTHER, json!({"poll": {"name": "When?", "options": ["now", "then"]}}));
        until_message(&server, id(&poll), "the poll", |message| message["status"] == "delivered");
        silence(&server, &device);
        send(&server, &device, OTHER, json!({"vote": {"messageId": id(&poll), "options": ["then"]}}));
        let behind = send(&server, &device, OTHER, json!({"text": "Behind it"}));
        until("the delay", || {
            let steps = steps(&server, id(&poll));
            steps.iter().any(|step| step["what"] == "attempt_failed").then_some(())
        });
        server.ok("DELETE", "/sandbox/faults", None);
        let elsewhere = send(&server, &device, THIRD, json!({"text": "Elsewhere"}));
        until_message(&server, id(&elsewhere), "the other chat's", |message| {
            message["status"] == "delivered"
        });
        // What is behind it in its own chat keeps its place: the next attempt is a minute away.
        let waits = steps(&server, id(&behind));
        let last = waits.last().unwrap();
        assert_eq!((&last["what"], &last["ahead"]), (&json!("waiting_for_turn"), &json!(1)), "{waits:#?}");
        assert_eq!(server.get(&format!("/messages/{}", id(&behind)))["status"], "queued");
        // A new connection is a new chance.
        server.post("/sandbox/faults", json!({"kind": "drop", "device": device}));
        until_message(&server, id(&behind), "its turn", |message| message["status"] == "delivered");
    }
}
