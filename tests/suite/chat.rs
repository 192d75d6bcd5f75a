//! A day with a device, through the API, on every database: link, history, both ways, ticks, trouble, end.

use crate::support::{Server, databases, until};
use serde_json::{Value, json};

struct People {
    own: String,
    other: String,
}

fn phone(server: &Server, name: &str) -> String {
    server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
}

fn people(server: &Server) -> People {
    People { own: phone(server, "Own phone"), other: phone(server, "Other phone") }
}

fn chat_with(server: &Server, device: &str, number: &str) -> Option<Value> {
    let chats = server.get(&format!("/devices/{device}/chats"));
    chats["items"].as_array()?.iter().find(|chat| chat["phoneNumber"] == number).cloned()
}

fn messages(server: &Server, chat: &str) -> Vec<Value> {
    server.get(&format!("/chats/{chat}/messages"))["items"].as_array().unwrap().clone()
}

fn status_of(server: &Server, chat: &str, text: &str) -> String {
    let messages = messages(server, chat);
    let message = messages.iter().find(|message| message["text"] == text).unwrap_or(&Value::Null);
    message["status"].as_str().unwrap_or("absent").to_owned()
}

fn held(server: &Server, number: &str) -> Vec<Value> {
    server.get(&format!("/sandbox/phones/{number}/messages"))["items"].as_array().unwrap().clone()
}

fn becomes(server: &Server, chat: &str, text: &str, status: &str) {
    until(&format!("\"{text}\" is {status}"), || (status_of(server, chat, text) == status).then_some(()));
}

#[test]
fn a_day_with_a_device() {
    for environment in databases() {
        let mut server = Server::start_with(&environment);
        let People { own, other } = people(&server);
        let device = server.linked_device(&own);
        let described = server.get(&format!("/devices/{device}"));
        assert_eq!(
            (&described["phoneNumber"], &described["status"], &described["cause"]),
            (&json!(own), &json!("connected"), &Value::Null)
        );

        // In: the message, the name of who wrote it, one unread.
        server.post(
            &format!("/sandbox/phones/{other}/messages"),
            json!({"to": own, "text": "Hola, ¿hay vino? 🍷"}),
        );
        let chat =
            until("the chat", || chat_with(&server, &device, &other).filter(|chat| chat["unread"] == 1));
        assert_eq!((&chat["name"], &chat["kind"]), (&json!("Other phone"), &json!("direct")));
        assert_eq!(chat["lastMessage"]["text"], "Hola, ¿hay vino? 🍷");
        let id = chat["id"].as_str().unwrap().to_owned();
        let first = messages(&server, &id)[0].clone();
        assert_eq!(
            (&first["from"], &first["to"], &first["fromMe"], &first["kind"]),
            (&json!(other), &json!(own), &json!(false), &json!("text"))
        );

        // Out, by number in the path: queued at once, sent, delivered, and read when the phone reads.
        let key = [("idempotency-key", "order-1")];
        let body = json!({"text": "Sí, *todo* el que quieras"});
        let path = format!("/devices/{device}/chats/+{other}/messages");
        let (status, queued) = server.call_with("POST", &path, Some(&body), &key).unwrap();
        assert_eq!((status, &queued["status"], &queued["chatId"]), (202, &json!("queued"), &json!(id)));
        becomes(&server, &id, "Sí, *todo* el que quieras", "delivered");
        let (_, again) = server.call_with("POST", &path, Some(&body), &key).unwrap();
        assert_eq!(again["id"], queued["id"], "the same key, the same message");
        let (status, mismatch) =
            server.call_with("POST", &path, Some(&json!({"text": "other"})), &key).unwrap();
        assert_eq!((status, &mismatch["code"]), (409, &json!("idempotency_mismatch")));
        server.ok("POST", &format!("/sandbox/phones/{other}/read"), Some(&json!({"chat": own})));
        becomes(&server, &id, "Sí, *todo* el que quieras", "read");
        assert_eq!(
            held(&server, &other)
                .iter()
                .filter(|message| message["text"] == "Sí, *todo* el que quieras")
                .count(),
            1
        );

        // Read here: the phone's tick turns.
        server.ok("POST", &format!("/chats/{id}/read"), Some(&json!({})));
        assert_eq!(chat_with(&server, &device, &other).unwrap()["unread"], 0);
        until("the phone's tick", || {
            held(&server, &other)
                .iter()
                .any(|message| message["fromMe"] == true && message["status"] == "read")
                .then_some(())
        });

        // The line is cut while both sides write: nothing is missing afterwards.
        server.post("/sandbox/faults", json!({"kind": "refuse", "device": device, "seconds": 2}));
        server.post("/sandbox/faults", json!({"kind": "drop", "device": device}));
        until("the cut to show", || {
            let device = server.get(&format!("/devices/{device}"));
            (device["status"] == "disconnected" && device["cause"]["next"] == "wait").then_some(())
        });
        for n in 0..5 {
            server.post(
                &format!("/sandbox/phones/{other}/messages"),
                json!({"to": own, "text": format!("in {n}")}),
            );
            server.post(&format!("/chats/{id}/messages"), json!({"text": format!("out {n}")}));
        }
        assert_eq!(status_of(&server, &id, "out 4"), "queued");
        server.wait_for_status(&device, "connected");
        becomes(&server, &id, "out 4", "delivered");
        becomes(&server, &id, "in 4", "delivered");
        let order = |prefix: &str| {
            messages(&server, &id)
                .iter()
                .filter_map(|message| {
                    message["text"].as_str().filter(|text| text.starts_with(prefix)).map(str::to_owned)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(order("in "), ["in 0", "in 1", "in 2", "in 3", "in 4"]);
        assert_eq!(order("out "), ["out 0", "out 1", "out 2", "out 3", "out 4"]);

        // Stopped and started again: it goes on without a code.
        server.kill();
        server.run();
        server.wait_for_status(&device, "connected");
        server.post(&format!("/chats/{id}/messages"), json!({"text": "after the restart"}));
        becomes(&server, &id, "after the restart", "delivered");
        let stopped = server.post(&format!("/devices/{device}/disconnect"), json!({}));
        assert_eq!(
            (&stopped["status"], &stopped["cause"]["code"], &stopped["cause"]["next"]),
            (&json!("disconnected"), &json!("stopped"), &json!("connect"))
        );
        server.post(&format!("/chats/{id}/messages"), json!({"text": "while it is stopped"}));
        server.post(&format!("/devices/{device}/connect"), json!({}));
        becomes(&server, &id, "while it is stopped", "delivered");

        // The phone ends the link: the device says so, and what is still queued fails with the cause.
        server.post(&format!("/devices/{device}/disconnect"), json!({}));
        server.post(&format!("/chats/{id}/messages"), json!({"text": "too late"}));
        server.ok("POST", &format!("/sandbox/phones/{own}/unlink"), Some(&json!({"deviceId": device})));
        server.post(&format!("/devices/{device}/connect"), json!({}));
        server.wait_for_status(&device, "logged_out");
        let ended = server.get(&format!("/devices/{device}"));
        assert_eq!(
            (&ended["cause"]["code"], &ended["cause"]["next"]),
            (&json!("unlinked_by_phone"), &json!("relink"))
        );
        assert_eq!(status_of(&server, &id, "too late"), "failed");
        let refused =
            server.call("POST", &format!("/chats/{id}/messages"), Some(&json!({"text": "x"}))).unwrap();
        assert_eq!((refused.0, &refused.1["code"]), (409, &json!("conflict")));

        // Linked again by code: the chats are still there, and the failed message can be sent again.
        let code = server
            .post(&format!("/devices/{device}/pairing-code"), json!({"phoneNumber": format!("+{own}")}));
        let wrong = server
            .call("POST", &format!("/sandbox/phones/{other}/scan"), Some(&json!({"code": code["code"]})))
            .unwrap();
        assert!(wrong.0 >= 400, "another phone cannot enter it");
        server.post(&format!("/sandbox/phones/{own}/scan"), json!({"code": code["code"]}));
        server.wait_for_status(&device, "connected");
        let failed =
            messages(&server, &id).iter().find(|message| message["text"] == "too late").unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned();
        server.post(&format!("/messages/{failed}/retry"), json!({}));
        becomes(&server, &id, "too late", "delivered");
        assert_eq!(held(&server, &other).iter().filter(|message| message["text"] == "too late").count(), 1);

        // Gone, with all it had.
        server.ok("DELETE", &format!("/devices/{device}"), None);
        assert_eq!(server.call("GET", &format!("/chats/{id}"), None).unwrap().0, 404);
        assert_eq!(server.get(&format!("/sandbox/phones/{own}/links"))["items"].as_array().unwrap().len(), 0);
    }
}

#[test]
fn the_first_look_is_alive() {
    let server = Server::start();
    let phones = server.get("/sandbox/phones");
    let phones = phones["items"].as_array().unwrap();
    assert!(phones.len() >= 6);
    assert!(phones.iter().filter(|phone| phone["answers"] == true).count() >= 2);
    assert!(phones.iter().filter(|phone| phone["picture"].is_string()).count() >= 6);
    let own = phones[0]["number"].as_str().unwrap();
    let device = server.linked_device(own);
    let chats = until("the history", || {
        let chats = server.get(&format!("/devices/{device}/chats"))["items"].as_array().unwrap().clone();
        (chats.len() >= 5
            && chats.iter().any(|chat| chat["kind"] == "group")
            && chats.iter().filter(|chat| chat["picture"].is_string()).count() >= 4)
            .then_some(chats)
    });
    assert!(chats.iter().any(|chat| chat["unread"].as_u64().unwrap() > 0));
    assert!(
        chats.iter().all(|chat| !chat["name"].as_str().unwrap().starts_with('+')),
        "everybody has a name: {chats:#?}"
    );
    assert!(
        chats.windows(2).all(|pair| pair[0]["lastActivity"].as_i64() >= pair[1]["lastActivity"].as_i64())
    );

    // Somebody answers by themselves, typing first.
    let answers = phones.iter().find(|phone| phone["answers"] == true).unwrap()["number"].as_str().unwrap();
    let cursor = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    server.post(
        &format!("/devices/{device}/chats/{answers}/messages"),
        json!({"text": "Good morning! Is it open today?"}),
    );
    until("an answer", || {
        let events = server.get(&format!("/events?since={cursor}&limit=1000"));
        let answered = |event: &Value| {
            event["type"] == "message.new"
                && event["data"]["message"]["fromMe"] == false
                && event["data"]["message"]["from"] == answers
        };
        events["items"].as_array()?.iter().any(answered).then_some(())
    });
}

#[test]
fn a_group_both_ways() {
    let server = Server::start();
    let phones = server.get("/sandbox/phones");
    let own = phones["items"][0]["number"].as_str().unwrap().to_owned();
    let device = server.linked_device(&own);
    let group = until("the group", || {
        let chats = server.get(&format!("/devices/{device}/chats"));
        chats["items"].as_array()?.iter().find(|chat| chat["kind"] == "group").cloned()
    });
    let (id, jid) = (group["id"].as_str().unwrap(), group["jid"].as_str().unwrap());
    let groups = server.get("/sandbox/groups");
    let members =
        groups["items"].as_array().unwrap().iter().find(|group| group["jid"] == jid).unwrap()["members"]
            .as_array()
            .unwrap()
            .clone();
    let member = members.iter().filter_map(Value::as_str).find(|member| *member != own).unwrap().to_owned();
    server.post(&format!("/sandbox/phones/{member}/messages"), json!({"to": jid, "text": "from a member"}));
    let got = until("the member's message", || {
        messages(&server, id).iter().find(|message| message["text"] == "from a member").cloned()
    });
    assert_eq!(got["from"], member.as_str());
    assert!(got["senderName"].is_string());
    server.post(&format!("/chats/{id}/messages"), json!({"text": "from us"}));
    for member in members.iter().filter_map(Value::as_str).filter(|member| *member != own) {
        until("ours on a member's phone", || {
            held(&server, member)
                .iter()
                .any(|message| message["text"] == "from us" && message["from"] == own.as_str())
                .then_some(())
        });
    }
}

#[test]
fn after_a_restart_no_device_says_that_it_is_connected_before_it_is() {
    for environment in databases() {
        let mut server = Server::start_with(&environment);
        let devices: Vec<_> =
            (0..5).map(|n| server.linked_device(&phone(&server, &format!("Phone {n}")))).collect();
        let since = server.get("/events")["cursor"].as_str().unwrap().to_owned();
        server.kill();
        server.run();
        // From one state to the other, in their order.
        let steps = until("all are connected", || {
            let events = server.get(&format!("/events?since={since}&limit=1000"));
            let updates =
                events["items"].as_array()?.iter().filter(|event| event["type"] == "device.updated");
            let step = |event: &Value| {
                let (from, to) = (&event["data"]["previousStatus"], &event["data"]["device"]["status"]);
                (from.as_str().unwrap_or_default().to_owned(), to.as_str().unwrap_or_default().to_owned())
            };
            let steps: Vec<_> = updates.map(step).collect();
            let connected = steps.iter().filter(|(_, to)| to == "connected").count();
            (connected == devices.len()).then_some(steps)
        });
        let first = &steps[..devices.len()];
        assert!(first.iter().all(|(from, to)| from == "connected" && to == "starting"), "{steps:?}");
    }
}

#[test]
fn a_ban_is_said_in_words() {
    let server = Server::start();
    let People { own, .. } = people(&server);
    let device = server.linked_device(&own);
    server.post("/sandbox/faults", json!({"kind": "ban", "device": device, "seconds": 600}));
    server.post("/sandbox/faults", json!({"kind": "drop", "device": device}));
    server.wait_for_status(&device, "failed");
    let banned = server.get(&format!("/devices/{device}"));
    assert_eq!(
        (&banned["cause"]["code"], &banned["cause"]["next"]),
        (&json!("temporary_ban"), &json!("check_phone"))
    );
    assert!(banned["cause"]["retryAt"].is_i64());
    server.ok("DELETE", "/sandbox/faults", None);
    server.post("/sandbox/faults", json!({"kind": "outdated", "device": device}));
    server.post(&format!("/devices/{device}/connect"), json!({}));
    until("outdated", || {
        (server.get(&format!("/devices/{device}"))["cause"]["code"] == "client_outdated").then_some(())
    });
    server.ok("DELETE", "/sandbox/faults", None);
    server.post(&format!("/devices/{device}/connect"), json!({}));
    server.wait_for_status(&device, "connected");
    server.post("/sandbox/faults", json!({"kind": "replaced", "device": device}));
    until("replaced", || {
        let device = server.get(&format!("/devices/{device}"));
        (device["status"] == "failed" && device["cause"]["next"] == "close_other").then_some(())
    });
}
