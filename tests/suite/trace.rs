//! Why a message did not arrive, asked of the real binary while things go wrong.

use crate::support::receiver::{Receiver, Reply};
use crate::support::{Server, databases, until};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const OWN: &str = "34600111222";
const OTHER: &str = "34600222333";

fn servers() -> Vec<Server> {
    let start = |mut environment: Vec<(&'static str, String)>| {
        environment.push(("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8".to_owned()));
        environment.push(("SWITCHBOARD_WEBHOOK_RETRY_DELAY", "0.1".to_owned()));
        Server::start_with(&environment)
    };
    databases().into_iter().map(start).collect()
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn steps(server: &Server, message: &str) -> Vec<Value> {
    server.get(&format!("/messages/{message}/trace"))["steps"].as_array().unwrap().clone()
}

/// The steps as `stage.what`.
fn names(steps: &[Value]) -> Vec<String> {
    let name =
        |step: &Value| format!("{}.{}", step["stage"].as_str().unwrap(), step["what"].as_str().unwrap());
    steps.iter().map(name).collect()
}

#[track_caller]
fn until_step(server: &Server, message: &str, name: &str) -> Vec<Value> {
    until(&format!("the step {name}"), || {
        let steps = steps(server, message);
        names(&steps).iter().any(|step| step == name).then_some(steps)
    })
}

fn of<'s>(steps: &'s [Value], stage: &str, what: &str) -> Vec<&'s Value> {
    steps.iter().filter(|step| step["stage"] == stage && step["what"] == what).collect()
}

#[test]
fn a_message_that_arrives_tells_its_whole_way_and_that_of_its_events() {
    for server in servers() {
        let device = server.linked_device(OWN);
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        // The first two posts fail.
        let receiver = Receiver::start(move |_| {
            Reply::of(if counted.fetch_add(1, Ordering::Relaxed) < 2 { 503 } else { 200 })
        });
        let hook = server.post("/webhooks", json!({"url": receiver.url, "events": ["message.*"]}));
        let path = format!("/devices/{device}/chats/{OTHER}/messages");
        let key = [("idempotency-key", "order-1")];
        let (_, sent) = server.call_with("POST", &path, Some(&json!({"text": "Hello"})), &key).unwrap();
        let message = id(&sent);
        until_step(&server, &message, "whatsapp.delivered");
        server.ok("POST", &format!("/sandbox/phones/{OTHER}/read"), Some(&json!({"chat": OWN})));
        until_step(&server, &message, "whatsapp.read");
        let all = until("all deliveries", || {
            let steps = steps(&server, &message);
            (of(&steps, "webhook", "delivered").len() == 6).then_some(steps)
        });
        let times: Vec<i64> = all.iter().map(|step| step["at"].as_i64().unwrap()).collect();
        assert!(times.is_sorted(), "{all:#?}");
        let way: Vec<String> = names(&all)
            .into_iter()
            .filter(|n| !n.starts_with("journal") && !n.starts_with("webhook"))
            .collect();
        assert_eq!(
            way,
            ["queue.queued", "engine.handed", "whatsapp.accepted", "whatsapp.delivered", "whatsapp.read"]
        );
        assert_eq!(of(&all, "queue", "queued")[0]["commandId"], "order-1");
        let logged = of(&all, "journal", "logged");
        let told: Vec<_> = logged
            .iter()
            .map(|step| (step["eventType"].as_str().unwrap(), step["status"].as_str().unwrap_or_default()))
            .collect();
        assert_eq!(
            told,
            [
                ("message.new", "queued"),
                ("message.status", "sent"),
                ("message.receipt", ""),
                ("message.status", "delivered"),
                ("message.receipt", ""),
                ("message.status", "read")
            ]
        );
        let persons: Vec<_> = logged.iter().filter_map(|step| step["person"].as_str()).collect();
        assert_eq!(persons, [OTHER, OTHER]);
        let failed = of(&all, "webhook", "attempt_failed");
        assert_eq!(failed.len(), 2, "{all:#?}");
        assert_eq!((&failed[0]["httpStatus"], &failed[0]["attempt"]), (&json!(503), &json!(1)));
        assert_eq!(failed[0]["webhookId"], hook["id"]);
        assert_eq!(
            failed[0]["deliveryId"],
            format!("{}-{}", id(&hook), failed[0]["cursor"].as_str().unwrap())
        );
        for step in of(&all, "webhook", "delivered") {
            assert_eq!((&step["httpStatus"], &step["deliveryState"]), (&json!(200), &json!("delivered")));
        }
        // As well below its device, and below no other.
        let other = id(&server.post("/devices", json!({"name": "Other"})));
        let below =
            |device: &str| server.call("GET", &format!("/devices/{device}/messages/{message}/trace"), None);
        assert_eq!(below(&device).unwrap().1["message"]["id"], message);
        assert_eq!(below(&other).unwrap().0, 404);

        // One that comes in.
        server.post(&format!("/sandbox/phones/{OTHER}/messages"), json!({"to": OWN, "text": "And you?"}));
        let chat = sent["chatId"].as_str().unwrap();
        let came = until("the message", || {
            let page = server.get(&format!("/chats/{chat}/messages"));
            page["items"].as_array()?.iter().find(|message| message["text"] == "And you?").map(id)
        });
        assert_eq!(names(&steps(&server, &came))[..2], ["whatsapp.received", "journal.logged"]);
    }
}

#[test]
fn a_message_that_does_not_arrive_says_why() {
    for server in servers() {
        let device = server.linked_device(OWN);
        let send = |to: &str, text: &str| {
            server.post(&format!("/devices/{device}/chats/{to}/messages"), json!({"text": text}))
        };
        let first = send(OTHER, "First");
        until_step(&server, &id(&first), "whatsapp.accepted");

        // The connection breaks while WhatsApp has not answered: that attempt failed, and the next one counts.
        server.post("/sandbox/faults", json!({"kind": "lose_acks", "device": device}));
        server.post("/sandbox/faults", json!({"kind": "latency", "device": device, "ms": 2_000}));
        let slow = id(&send(OTHER, "Slow"));
        std::thread::sleep(std::time::Duration::from_millis(300));
        server.post("/sandbox/faults", json!({"kind": "drop", "device": device}));
        server.ok("DELETE", "/sandbox/faults", None);
        let slow = until_step(&server, &slow, "whatsapp.accepted");
        let broken = of(&slow, "outbox", "attempt_failed");
        assert!(!broken.is_empty() && broken[0]["error"].as_str().unwrap().contains("answer"), "{slow:#?}");
        assert_eq!(of(&slow, "engine", "handed").len(), broken.len() + 1, "{slow:#?}");

        // Nobody is there to send it.
        server.post(&format!("/devices/{device}/disconnect"), json!({}));
        let waiting = id(&send(OTHER, "Waiting"));
        let seen = steps(&server, &waiting);
        let last = seen.last().unwrap();
        assert_eq!(
            (&last["what"], &last["deviceStatus"]),
            (&json!("waiting_for_device"), &json!("disconnected"))
        );
        assert!(last["error"].as_str().unwrap().contains("disconnected here"), "{last}");
        server.post(&format!("/devices/{device}/connect"), json!({}));
        let seen = until_step(&server, &waiting, "whatsapp.accepted");
        assert!(names(&seen).iter().all(|name| name != "outbox.waiting_for_device"), "{seen:#?}");

        // Nobody has this address: it is refused, with the cause; sent again, it says so again.
        let refused = id(&send("99900011122233@lid", "To nobody"));
        let failed = |times: usize| {
            until("the failure", || {
                let seen = steps(&server, &refused);
                let ends = seen.iter().filter(|step| step["code"].is_string()).count();
                (ends == times).then_some(seen)
            })
        };
        let seen = failed(1);
        let end = seen.iter().find(|step| step["code"].is_string()).unwrap();
        assert!(["failed", "refused"].contains(&end["what"].as_str().unwrap()), "{seen:#?}");
        assert!(!end["error"].as_str().unwrap().is_empty());
        server.post(&format!("/messages/{refused}/retry"), json!({}));
        let seen = failed(2);
        assert_eq!(of(&seen, "queue", "queued").len(), 2, "{seen:#?}");
    }
}

#[test]
fn a_message_that_there_is_not_has_no_trace() {
    let server = Server::start();
    for path in ["/messages/msg_nothing/trace", "/devices/dev_nothing/messages/msg_nothing/trace"] {
        let (status, problem) = server.call("GET", path, None).unwrap();
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{path}");
    }
}
