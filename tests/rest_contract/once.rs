//! A request under a key acts once, whoever repeats it and when.

use crate::support::{Server, until};
use crate::{Answered, anonymous, call, post};
use serde_json::json;

const REPLAYED: &str = "idempotent-replayed";

/// So many of the same request at the same time.
fn at_once(times: usize, request: impl Fn() -> Answered + Sync) -> Vec<Answered> {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..times).map(|_| scope.spawn(&request)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn acted_once(answers: &[Answered], status: u16) {
    assert!(
        answers.iter().all(|answer| answer.status == status),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert!(answers.iter().all(|answer| answer.json() == answers[0].json()), "all get the same answer");
    let first = answers.iter().filter(|answer| answer.header(REPLAYED).is_empty()).count();
    assert_eq!(first, 1, "one acted, the others were told what it had done");
    assert!(answers.iter().all(|answer| ["", "true"].contains(&answer.header(REPLAYED))));
}

#[test]
fn devices_are_added_once() {
    let server = Server::start();
    let key = [("idempotency-key", "the-device")];
    let add = |name: &str| post(&server, "/api/v1/devices", &key, &json!({"name": name}));
    acted_once(&at_once(12, || add("Support")), 201);
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 1);
    let other = add("Sales");
    assert_eq!((other.status, other.code().as_str()), (409, "idempotency_mismatch"));
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 1);

    // Somebody else's key of the same name is another key.
    let link = server.sign_in.clone().expect("a link");
    let signed_in = anonymous(&server, "GET", &link, &[], b"");
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let body = json!({"name": "Theirs"}).to_string();
    let headers = [("cookie", cookie.as_str()), ("content-type", "application/json"), key[0]];
    let theirs = anonymous(&server, "POST", "/api/v1/devices", &headers, body.as_bytes());
    assert_eq!((theirs.status, theirs.header(REPLAYED)), (201, ""));
    assert_eq!(theirs.json()["name"], "Theirs");
}

#[test]
fn messages_are_sent_once() {
    let server = Server::start();
    let device = server.linked_device("34600111222");
    let to = |number: &str| format!("/api/v1/devices/{device}/chats/{number}/messages");
    let key = [("idempotency-key", "order-4711")];
    let body = json!({"text": "On its way"});
    let answers = at_once(12, || post(&server, &to("34600222333"), &key, &body));
    acted_once(&answers, 202);
    let chat = answers[0].json()["chatId"].as_str().unwrap().to_owned();

    // Also when it was delivered long since, and by whatever name the chat is called.
    until("the message to be sent", || {
        let message = server.get(&format!("/messages/{}", answers[0].json()["id"].as_str().unwrap()));
        (message["status"] != "queued").then_some(())
    });
    for path in [
        to("34600222333"),
        to("+34600222333"),
        to("34600222333@s.whatsapp.net"),
        format!("/api/v1/chats/{chat}/messages"),
    ] {
        let again = post(&server, &path, &key, &body);
        assert_eq!((again.status, again.header(REPLAYED)), (202, "true"), "{path}");
        assert_eq!(again.json(), answers[0].json(), "{path}: what the first call was answered");
    }
    for (path, body) in [
        (to("34600222333"), json!({"text": "Something else"})),
        (to("34600333444"), body.clone()),
        ("/api/v1/devices".to_owned(), json!({"name": "x"})),
    ] {
        let other = post(&server, &path, &key, &body);
        assert_eq!((other.status, other.code().as_str()), (409, "idempotency_mismatch"), "{path} {body}");
    }
    let page = server.get(&format!("/chats/{chat}/messages"));
    let ours = page["items"].as_array().unwrap().iter().filter(|one| one["text"] == "On its way").count();
    assert_eq!(ours, 1, "{page}");
    let held = server.get("/sandbox/phones/34600222333/messages?chat=34600111222");
    let arrived = held["items"].as_array().unwrap().iter().filter(|one| one["text"] == "On its way").count();
    assert_eq!(arrived, 1, "{held}");
    let retry = call(
        &server,
        "POST",
        &format!("/api/v1/messages/{}/retry", answers[0].json()["id"].as_str().unwrap()),
        &[],
        b"",
    );
    assert_eq!((retry.status, retry.code().as_str()), (409, "conflict"), "it has not failed");
}

#[test]
fn keys_have_limits() {
    let server = Server::start();
    let longest = "k".repeat(64);
    let add = |headers: &[(&str, &str)]| post(&server, "/api/v1/devices", headers, &json!({"name": "x"}));
    for key in ["a", "AZaz09_-", &longest] {
        assert_eq!(add(&[("idempotency-key", key)]).status, 201, "{key}");
    }
    for key in ["", "a b", "a/b", "a.b", "caf\u{e9}", &"k".repeat(65)] {
        let refused = add(&[("idempotency-key", key)]);
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{key:?}");
    }
    let two = add(&[("idempotency-key", "one"), ("idempotency-key", "two")]);
    assert_eq!((two.status, two.code().as_str()), (400, "invalid"), "two keys name no one request");
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 3);
}
