//! A request under a key acts once, whoever repeats it and when.

use crate::rest_contract::{Answered, anonymous, call, post};
use crate::support::{Server, until};
use serde_json::{Value, json};

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
    let cookie = server.session(&server.sign_in.clone().expect("a link"));
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

/// What the other phone holds of a message.
fn held(server: &Server, whatsapp_id: &Value) -> Vec<Value> {
    let held = server.get("/sandbox/phones/34600222333/messages?chat=34600111222");
    held["items"].as_array().unwrap().iter().filter(|one| one["id"] == *whatsapp_id).cloned().collect()
}

fn delivered(server: &Server, id: &Value) -> Value {
    until("the message to be delivered", || {
        let message = server.get(&format!("/messages/{}", id.as_str().unwrap()));
        (message["status"] == "delivered").then_some(message)
    })
}

#[test]
fn every_kind_of_message_is_sent_once() {
    let server = Server::start();
    let device = server.linked_device("34600111222");
    let to = |number: &str| format!("/api/v1/devices/{device}/chats/{number}/messages");
    let first = post(&server, &to("34600222333"), &[], &json!({"text": "First"})).json();
    delivered(&server, &first["id"]);
    let place = json!({"latitude": 41.4, "longitude": 2.17});
    let card = |name: &str| json!({"name": name, "phoneNumbers": ["34600999888"]});
    let poll = |name: &str| json!({"name": name, "options": ["yes", "no"]});
    for (kind, body, other) in [
        ("reply", json!({"text": "Yes", "quoted": first["id"]}), json!({"text": "Yes"})),
        (
            "mention",
            json!({"text": "@34600222333", "mentions": ["34600222333"]}),
            json!({"text": "@34600222333"}),
        ),
        (
            "link",
            json!({"text": "x", "linkPreview": {"url": "https://a.example"}}),
            json!({"text": "x", "linkPreview": {"url": "https://b.example"}}),
        ),
        ("location", json!({"location": place}), json!({"location": {"latitude": 1, "longitude": 2}})),
        ("contact", json!({"contact": card("Ana")}), json!({"contact": card("Ben")})),
        (
            "contacts",
            json!({"contacts": [card("Ana"), card("Ben")]}),
            json!({"contacts": [card("Ben"), card("Ana")]}),
        ),
        ("poll", json!({"poll": poll("When?")}), json!({"poll": poll("Where?")})),
        ("forward", json!({"forward": {"messageId": first["id"]}}), json!({"text": "First"})),
    ] {
        let key = format!("kind-{kind}");
        let key = [("idempotency-key", key.as_str())];
        let answers = at_once(4, || post(&server, &to("34600222333"), &key, &body));
        acted_once(&answers, 202);
        let sent = answers[0].json();
        delivered(&server, &sent["id"]);
        let again = post(&server, &to("34600222333"), &key, &body);
        assert_eq!(
            (again.status, again.header(REPLAYED), again.json()),
            (202, "true", sent.clone()),
            "{kind}"
        );
        for (path, body) in [(to("34600222333"), &other), (to("34600333444"), &body)] {
            let refused = post(&server, &path, &key, body);
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (409, "idempotency_mismatch"),
                "{kind} {path}"
            );
        }
        assert_eq!(held(&server, &sent["whatsappId"]).len(), 1, "{kind}");
    }
    let page = server.get(&format!("/devices/{device}/chats/34600222333/messages?limit=200"));
    // What the phone wrote before the link is older.
    let since = first["timestamp"].as_i64();
    let ours = |one: &&Value| one["fromMe"] == true && one["timestamp"].as_i64() >= since;
    let ours = page["items"].as_array().unwrap().iter().filter(ours).count();
    assert_eq!(ours, 9, "{page}");
}

#[test]
fn everything_that_is_done_to_messages_is_done_once() {
    let server = Server::start();
    let device = server.linked_device("34600111222");
    let to = format!("/api/v1/devices/{device}/chats/34600222333/messages");
    let sent = |body: Value| delivered(&server, &post(&server, &to, &[], &body).json()["id"]);
    let text = sent(json!({"text": "Frist"}));
    let poll = sent(json!({"poll": {"name": "When?", "options": ["now", "then"], "selectable": 1}}));
    let gone = sent(json!({"text": "Gone"}));
    let path =
        |message: &Value, rest: &str| format!("/api/v1/messages/{}{rest}", message["id"].as_str().unwrap());
    // Each by the chat and by the message itself; and what the same key must not mean.
    type Change<'c> = (&'c str, &'c str, String, Value, Option<Value>);
    let react = |emoji: &str| json!({"reaction": {"messageId": text["id"], "emoji": emoji}});
    let vote = |option: &str| json!({"vote": {"messageId": poll["id"], "options": [option]}});
    let edit = |text_of: &str| json!({"edit": {"messageId": text["id"], "text": text_of}});
    let changes: [Change<'_>; 8] = [
        ("react", "POST", to.clone(), react("👍"), Some(react("👎"))),
        ("react-2", "PUT", path(&text, "/reaction"), json!({"emoji": "🎉"}), Some(json!({"emoji": "👎"}))),
        ("edit", "POST", to.clone(), edit("First"), Some(edit("Last"))),
        ("edit-2", "PATCH", path(&text, ""), json!({"text": "First!"}), Some(json!({"text": "Last!"}))),
        ("vote", "POST", to.clone(), vote("now"), Some(vote("then"))),
        (
            "vote-2",
            "PUT",
            path(&poll, "/vote"),
            json!({"options": ["then"]}),
            Some(json!({"options": ["now"]})),
        ),
        (
            "revoke",
            "POST",
            to.clone(),
            json!({"revoke": {"messageId": gone["id"]}}),
            Some(json!({"revoke": {"messageId": text["id"]}})),
        ),
        ("revoke-2", "DELETE", path(&text, ""), Value::Null, None),
    ];
    for (name, method, path, body, other) in changes {
        let bytes = |body: &Value| if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("content-type", "application/json"), ("idempotency-key", name)];
        let ask = |body: &Value| call(&server, method, &path, &headers, bytes(body).as_bytes());
        acted_once(&at_once(4, || ask(&body)), 202);
        let again = ask(&body);
        assert_eq!((again.status, again.header(REPLAYED)), (202, "true"), "{name}");
        if let Some(other) = other {
            let refused = ask(&other);
            assert_eq!((refused.status, refused.code().as_str()), (409, "idempotency_mismatch"), "{name}");
        }
        // In the log once, and out once.
        if name == "edit-2" {
            let edits = server.get(&format!("/messages/{}/edits", text["id"].as_str().unwrap()));
            assert_eq!(edits["items"].as_array().unwrap().len(), 2, "{edits}");
        }
    }
    for (message, count) in [(&text, 5), (&poll, 2), (&gone, 1)] {
        let trace = || server.get(&format!("/messages/{}/trace", message["id"].as_str().unwrap()));
        until("every change to be taken", || {
            let trace = trace();
            let steps = trace["steps"].as_array()?;
            let of = |what: &str| {
                steps.iter().filter(|step| step["what"] == what && step["change"].is_string()).count()
            };
            assert_eq!(of("queued"), count, "{trace:#}");
            (of("accepted") == count).then_some(())
        });
    }
    let now = held(&server, &poll["whatsappId"]);
    assert_eq!(now[0]["poll"]["options"][1]["voters"], json!(["34600111222"]), "{now:?}");
    assert!(now[0]["poll"]["options"][0]["voters"].as_array().is_none_or(Vec::is_empty), "{now:?}");
    for message in [&text, &gone] {
        let now = held(&server, &message["whatsappId"]);
        assert!(now.len() == 1 && now[0]["revokedAt"].is_i64(), "{now:?}");
    }
}

#[test]
fn keys_have_limits() {
    let server = Server::start();
    let longest = "k".repeat(255);
    let add = |headers: &[(&str, &str)]| post(&server, "/api/v1/devices", headers, &json!({"name": "x"}));
    for key in ["a", "AZaz09_-", &longest, "a/b", "a.b"] {
        let added = add(&[("idempotency-key", key)]);
        assert_eq!((added.status, added.header(REPLAYED)), (201, ""), "{key}");
    }
    // In quotes, as structured fields have it, it is the same key.
    assert_eq!(add(&[("idempotency-key", "\"a/b\"")]).header(REPLAYED), "true");
    for key in ["", "\"\"", "a b", "caf\u{e9}", &"k".repeat(256)] {
        let refused = add(&[("idempotency-key", key)]);
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{key:?}");
    }
    let two = add(&[("idempotency-key", "one"), ("idempotency-key", "two")]);
    assert_eq!((two.status, two.code().as_str()), (400, "invalid"), "two keys name no one request");
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 5);
}

#[test]
fn what_was_sent_is_answered_also_while_nobody_can_be_asked() {
    let server = Server::start();
    let device = server.linked_device("34600111222");
    let path = format!("/api/v1/devices/{device}/chats/34600222333/messages");
    let key = [("idempotency-key", "orders/4711")];
    let body = json!({"text": "On its way"});
    let sent = post(&server, &path, &key, &body);
    assert_eq!(sent.status, 202, "{}", sent.json());
    let chat = sent.json()["chatId"].as_str().unwrap().to_owned();
    server.post(&format!("/devices/{device}/disconnect"), json!({}));
    server.wait_for_status(&device, "disconnected");
    let again = post(&server, &path, &key, &body);
    assert_eq!((again.status, again.header(REPLAYED)), (202, "true"));
    assert_eq!(again.json(), sent.json());
    // Reading asks nobody, and makes nothing.
    let reader = server.post("/api-keys", json!({"name": "reader", "permission": "read"}));
    let reader = [("x-api-key", reader["key"].as_str().unwrap())];
    let cursor = server.get("/events")["cursor"].clone();
    for named in ["34600444555", "34600444555@s.whatsapp.net", "cht_nobody"] {
        let unknown = format!("/api/v1/devices/{device}/chats/{named}/messages");
        let answer = anonymous(&server, "GET", &unknown, &reader, b"");
        assert!([400, 404].contains(&answer.status), "{named}: {}", answer.json());
        if named.starts_with("346") {
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{named}");
        }
        let read = call(&server, "POST", &unknown.replace("/messages", "/read"), &[], b"");
        assert!([400, 404].contains(&read.status), "{named}: {}", read.json());
    }
    assert_eq!(server.get("/events")["cursor"], cursor, "nothing happened");
    assert_eq!(anonymous(&server, "GET", &path, &reader, b"").status, 200);

    // Page by page, in both directions, under both names.
    let page = |query: &str| server.get(&format!("/chats/{chat}/messages?limit=1{query}"));
    for text in ["two", "three"] {
        post(&server, &path, &[], &json!({"text": text}));
    }
    let newest = page("");
    assert_eq!(newest["items"][0]["text"], "three");
    let next = newest["next"].as_str().unwrap();
    let older = page(&format!("&cursor={next}"));
    assert_eq!((&older["items"][0]["text"], &older), (&json!("two"), &page(&format!("&before={next}"))));
    let first = sent.json()["id"].as_str().unwrap().to_owned();
    let newer = page(&format!("&after={first}"));
    assert_eq!((&newer["items"][0]["text"], newer["items"].as_array().unwrap().len()), (&json!("two"), 1));
    let last = page(&format!("&after={}", newer["next"].as_str().unwrap()));
    assert_eq!((&last["items"][0]["text"], &last["next"]), (&json!("three"), &json!(null)));
    let both = call(
        &server,
        "GET",
        &format!("/api/v1/chats/{chat}/messages?after={first}&before={first}"),
        &[],
        b"",
    );
    assert_eq!((both.status, both.code().as_str()), (400, "invalid"));

    // From the midst: by a message, and by a time.
    let texts = |page: &serde_json::Value| {
        page["items"].as_array().unwrap().iter().map(|one| one["text"].clone()).collect::<Vec<_>>()
    };
    let around = server.get(&format!("/chats/{chat}/messages?limit=3&around={next}"));
    assert_eq!(texts(&around)[1..], [json!("three")]);
    assert_eq!((&around["hasNewer"], &around["hasOlder"]), (&json!(false), &json!(true)));
    let second = newer["items"][0].clone();
    let one =
        server.get(&format!("/chats/{chat}/messages?limit=1&around={}", second["id"].as_str().unwrap()));
    assert_eq!((texts(&one), &one["hasNewer"]), (vec![json!("two")], &json!(true)));
    let at = server.get(&format!("/chats/{chat}/messages?at=4102444800000"));
    assert_eq!(texts(&at).last(), Some(&json!("three")), "after the end is the end");
    let start = server.get(&format!("/chats/{chat}/messages?limit=2&at=0"));
    assert_eq!((start["items"].as_array().unwrap().len(), &start["hasNewer"]), (1, &json!(true)));
    let nowhere = server.get(&format!("/chats/{chat}/messages?around=msg_nothing"));
    assert_eq!(texts(&nowhere), Vec::<serde_json::Value>::new());

    // Chats by what they are.
    let count = |query: &str| server.get(&format!("/chats?{query}"))["items"].as_array().unwrap().len();
    let all = count("limit=200");
    assert_eq!(count("archived=true"), 0);
    server.post(&format!("/chats/{chat}/archive"), json!({}));
    assert_eq!((count("archived=true"), count("archived=false&limit=200")), (1, all - 1));
    assert_eq!(count("kind=direct&limit=200") + count("kind=group&limit=200"), all);
    assert_eq!(count("unread=true&limit=200") + count("unread=false&limit=200"), all);
    assert_eq!(count("pinned=true"), 0);
}

#[test]
fn what_whatsapp_is_asked_for_is_asked_once() {
    let server = Server::start();
    let device = server.linked_device("34600111222");
    let path = format!("/api/v1/devices/{device}/groups");
    let key = [("idempotency-key", "the-group")];
    let body = json!({"subject": "Lunch", "members": []});
    let made = post(&server, &path, &key, &body);
    assert_eq!((made.status, made.header(REPLAYED)), (201, ""), "{}", made.json());
    let again = post(&server, &path, &key, &body);
    assert_eq!((again.status, again.header(REPLAYED)), (201, "true"));
    assert_eq!(again.json(), made.json());
    let other = post(&server, &path, &key, &json!({"subject": "Dinner", "members": []}));
    assert_eq!((other.status, other.code().as_str()), (409, "idempotency_mismatch"));
    let group = made.json()["chatId"].as_str().unwrap().to_owned();
    let leave =
        || call(&server, "POST", &format!("{path}/{group}/leave"), &[("idempotency-key", "out")], b"");
    let (first, second) = (leave(), leave());
    assert_eq!((first.status, first.header(REPLAYED)), (204, ""));
    assert_eq!((second.status, second.header(REPLAYED)), (204, "true"));
    // What failed may be asked for again under its key.
    let block = |number: &str, key: &str| {
        let path = format!("/api/v1/devices/{device}/contacts/{number}/block");
        call(&server, "POST", &path, &[("idempotency-key", key)], b"")
    };
    server.post(&format!("/devices/{device}/disconnect"), json!({}));
    server.wait_for_status(&device, "disconnected");
    assert_eq!(block("34600222333", "b").code(), "not_connected");
    server.post(&format!("/devices/{device}/connect"), json!({}));
    server.wait_for_status(&device, "connected");
    let (first, second) = (block("34600222333", "b"), block("34600222333", "b"));
    assert_eq!((first.status, first.header(REPLAYED)), (204, ""), "{}", first.json());
    assert_eq!((second.status, second.header(REPLAYED)), (204, "true"));
}
