//! Webhooks end to end: the real binary, a real receiver.

use crate::support::receiver::{Post, Receiver, Reply};
use crate::support::{Server, databases, until};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// A server whose webhooks may go to this machine and are not patient, for each database.
fn servers() -> Vec<Server> {
    servers_with(&[])
}

fn servers_with(more: &[(&'static str, &str)]) -> Vec<Server> {
    let start = |mut environment: Vec<(&'static str, String)>| {
        environment.push(("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8".to_owned()));
        environment.push(("SWITCHBOARD_WEBHOOK_RETRY_DELAY", "0.1".to_owned()));
        environment.push(("SWITCHBOARD_WEBHOOK_ATTEMPTS", "4".to_owned()));
        environment.push(("SWITCHBOARD_WEBHOOK_TIMEOUT", "2".to_owned()));
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Server::start_with(&environment)
    };
    databases().into_iter().map(start).collect()
}

fn device(server: &Server, name: &str) -> String {
    server.post("/devices", json!({"name": name}))["id"].as_str().unwrap().to_owned()
}

/// One event in the device's lane.
fn rename(server: &Server, device: &str, name: &str) {
    server.ok("PATCH", &format!("/devices/{device}"), Some(&json!({"name": name})));
}

fn name_of(post: &Post) -> String {
    post.body["data"]["device"]["name"].as_str().unwrap_or_default().to_owned()
}

fn hook(server: &Server, receiver: &Receiver, more: Value) -> Value {
    let mut body = json!({"url": receiver.url});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.post("/webhooks", body)
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn signature(secret: &str, post: &Post) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.", post.headers["x-switchboard-timestamp"]).as_bytes());
    mac.update(&post.raw);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v1={hex}")
}

#[test]
fn messages_arrive_signed_and_in_order_and_a_failing_chat_holds_up_itself_only() {
    // As many attempts as it takes until the receiver is told to be well again.
    for server in servers_with(&[("SWITCHBOARD_WEBHOOK_ATTEMPTS", "12")]) {
        let own = id_of_phone(&server, "Own");
        let (ann, bob) = (id_of_phone(&server, "Ann"), id_of_phone(&server, "Bob"));
        let linked = server.linked_device(&own);
        let failing = Arc::new(AtomicBool::new(true));
        let (fails, hard) = (failing.clone(), ann.clone());
        let receiver = Receiver::start(move |post| {
            let from_ann = post.body["data"]["message"]["from"] == hard.as_str();
            Reply::of(if from_ann && fails.load(Ordering::Relaxed) { 503 } else { 200 })
        });
        let hook = hook(&server, &receiver, json!({"events": ["message.new"], "deviceIds": [linked]}));
        let secret = hook["secret"].as_str().unwrap();
        let say = |from: &str, text: String| {
            server.post(&format!("/sandbox/phones/{from}/messages"), json!({"to": own, "text": text}));
        };
        say(&ann, "a0".into());
        for n in 0..10 {
            say(&bob, format!("b{n}"));
        }
        for n in 1..4 {
            say(&ann, format!("a{n}"));
        }
        let text = |post: &Post| post.body["data"]["message"]["text"].as_str().unwrap().to_owned();
        // Everything of Bob's, while Ann's first does not get through; nothing of hers overtakes it.
        let bobs = until("Bob's", || {
            let bobs: Vec<String> =
                receiver.posts().iter().map(text).filter(|text| text.starts_with('b')).collect();
            (bobs.len() >= 10).then_some(bobs)
        });
        assert_eq!(bobs, (0..10).map(|n| format!("b{n}")).collect::<Vec<_>>());
        assert!(receiver.posts().iter().all(|post| !["a1", "a2", "a3"].contains(&text(post).as_str())));
        failing.store(false, Ordering::Relaxed);
        until("Ann's", || receiver.posts().iter().any(|post| text(post) == "a3").then_some(()));
        let posts = receiver.posts();
        let mut anns: Vec<String> = posts.iter().map(text).filter(|text| text.starts_with('a')).collect();
        anns.dedup();
        assert_eq!(anns, ["a0", "a1", "a2", "a3"]);

        let first: Vec<&Post> = posts.iter().filter(|post| text(post) == "a0").collect();
        assert!(first.len() > 1, "it was tried again");
        for (number, post) in (1..).zip(&first) {
            assert_eq!(post.attempt(), number);
            assert_eq!(post.text("deliveryId"), first[0].text("deliveryId"));
        }
        for post in &posts {
            let delivery = format!("{}-{}", id(&hook), post.text("cursor"));
            assert_eq!(post.text("deliveryId"), delivery);
            assert_eq!(post.headers["x-switchboard-delivery"], delivery);
            assert_eq!(post.headers["idempotency-key"], delivery);
            assert_eq!(post.headers["x-switchboard-event"], "message.new");
            assert_eq!(post.headers["content-type"], "application/json");
            assert_eq!(post.headers["user-agent"], concat!("Switchboard/", env!("CARGO_PKG_VERSION")));
            assert_eq!(post.headers["x-switchboard-signature"], signature(secret, post));
            assert_eq!((post.text("type"), post.text("deviceId")), ("message.new".into(), linked.clone()));
            assert_eq!(post.text("webhookId"), id(&hook));
            assert!(post.body["at"].as_i64().unwrap() > 0 && post.text("id").starts_with("evt_"));
        }
        // The same events as the log has, to the letter.
        let log = server.get(&format!("/events?limit=1000&since={}", hook["cursor"].as_str().unwrap()));
        let event = log["items"].as_array().unwrap().iter().find(|e| e["id"] == posts[0].body["id"]).unwrap();
        for (field, value) in event.as_object().unwrap() {
            assert_eq!(posts[0].body[field], *value, "{field}");
        }
        // A device that is gone takes its deliveries along.
        let list = |state: &str| server.get(&format!("/webhooks/{}/deliveries?state={state}", id(&hook)));
        until("all in the log of deliveries", || {
            (list("delivered")["items"].as_array()?.len() == 14).then_some(())
        });
        server.ok("DELETE", &format!("/devices/{linked}"), None);
        assert_eq!(list("delivered")["items"], json!([]));
    }
}

fn id_of_phone(server: &Server, name: &str) -> String {
    server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
}

#[test]
fn what_fails_for_the_last_time_is_a_dead_letter_that_can_be_tried_again() {
    for server in servers() {
        let failing = Arc::new(AtomicBool::new(true));
        let fails = failing.clone();
        let receiver = Receiver::start(move |post| {
            let bad = name_of(post) == "bad" && fails.load(Ordering::Relaxed);
            let mut reply = Reply::of(if bad { 500 } else { 204 });
            reply.body = if bad { vec![b'x'; 3_000_000] } else { Vec::new() };
            reply
        });
        let device = device(&server, "first");
        let hook = id(&hook(&server, &receiver, json!({"events": ["device.*"]})));
        rename(&server, &device, "bad");
        rename(&server, &device, "good");
        let posts = receiver.wait_for(5);
        let names: Vec<String> = posts.iter().map(name_of).collect();
        assert_eq!(names, ["bad", "bad", "bad", "bad", "good"], "the next goes on after the last attempt");
        let pauses: Vec<Duration> = posts.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
        for (pause, least) in pauses.iter().zip([80, 160, 320]) {
            assert!(*pause >= Duration::from_millis(least), "{pauses:?}");
        }
        let dead = until("the dead letter", || {
            let list = server.get(&format!("/webhooks/{hook}/dead-letters"));
            list["items"].as_array()?.first().cloned()
        });
        assert_eq!((dead["attempts"].as_u64(), dead["state"].as_str()), (Some(4), Some("dead")));
        assert_eq!(dead["id"], posts[0].body["deliveryId"]);
        assert_eq!(server.get(&format!("/webhooks/{hook}"))["dead"], 1);
        let last = &dead["history"][3];
        assert_eq!((last["status"].as_u64(), last["attempt"].as_u64()), (Some(500), Some(4)));
        assert_eq!(last["response"].as_str().unwrap().len(), 1_024, "of a large body, the beginning");
        assert_eq!(last["error"], "the receiver answered 500");
        let one = server.get(&format!("/webhooks/{hook}/deliveries/{}", id(&dead)));
        assert_eq!(one["event"]["data"]["device"]["name"], "bad");

        failing.store(false, Ordering::Relaxed);
        receiver.clear();
        server.post(&format!("/webhooks/{hook}/deliveries/{}/retry", id(&dead)), json!({}));
        let again = receiver.wait_for(1);
        assert_eq!((again[0].text("deliveryId"), again[0].attempt()), (id(&dead), 5));
        until("nothing dead", || (server.get(&format!("/webhooks/{hook}"))["dead"] == 0).then_some(()));
        // Pages, newest first.
        let page = server.get(&format!("/webhooks/{hook}/deliveries?limit=1"));
        let next = page["next"].as_str().unwrap();
        let rest = server.get(&format!("/webhooks/{hook}/deliveries?limit=1&after={next}"));
        assert_eq!(rest["next"], Value::Null);
        assert!(page["items"][0]["cursor"] != rest["items"][0]["cursor"]);
        let refused = |path: &str| server.call("GET", path, None).unwrap().0;
        for query in ["limit=0", "limit=201", "limit=x", "after=x", "state=lost"] {
            assert_eq!(refused(&format!("/webhooks/{hook}/deliveries?{query}")), 400, "{query}");
        }
        assert_eq!(refused(&format!("/webhooks/{hook}/deliveries/none")), 404);
    }
}

#[test]
fn nothing_is_lost_or_out_of_order_when_the_server_is_killed() {
    const EVENTS: usize = 60;
    // So many that chance makes no dead letter.
    for mut server in servers_with(&[("SWITCHBOARD_WEBHOOK_ATTEMPTS", "12")]) {
        let seen = Arc::new(AtomicU64::new(0));
        let count = seen.clone();
        let receiver = Receiver::start(move |_| {
            // Now and then a failure, and always slow enough to be killed in the middle.
            let fails = count.fetch_add(1, Ordering::Relaxed) % 7 == 3;
            Reply { delay: Duration::from_millis(15), ..Reply::of(if fails { 500 } else { 200 }) }
        });
        let devices = [device(&server, "x"), device(&server, "y"), device(&server, "z")];
        hook(&server, &receiver, json!({"events": ["device.updated"]}));
        for n in 0..EVENTS {
            for device in &devices {
                rename(&server, device, &format!("n{n}"));
            }
            if n % 10 == 5 {
                std::thread::sleep(Duration::from_millis(n as u64 * 3 % 70));
                server.kill();
                server.run();
            }
        }
        let per_device = |posts: &[Post]| {
            let mut names: HashMap<String, Vec<usize>> = HashMap::new();
            for post in posts {
                let number = name_of(post)[1..].parse().unwrap();
                names.entry(post.text("deviceId")).or_default().push(number);
            }
            names
        };
        until("every event", || {
            let names = per_device(&receiver.posts());
            let complete = |names: &Vec<usize>| names.last() == Some(&(EVENTS - 1));
            (names.len() == 3 && names.values().all(complete)).then_some(())
        });
        for (device, mut numbers) in per_device(&receiver.posts()) {
            // A repetition comes at once or not at all: nothing goes back.
            assert!(numbers.is_sorted(), "{device}: {numbers:?}");
            numbers.dedup();
            assert_eq!(numbers, (0..EVENTS).collect::<Vec<_>>(), "{device}");
        }
        // The same event never has two ids.
        let mut ids: HashMap<String, String> = HashMap::new();
        for post in receiver.posts() {
            let delivery = ids.entry(post.text("id")).or_insert_with(|| post.text("deliveryId")).clone();
            assert_eq!(delivery, post.text("deliveryId"));
        }
    }
}

#[test]
fn the_log_can_be_replayed_and_a_position_that_it_does_not_know_is_refused() {
    for server in servers() {
        let receiver = Receiver::start(|_| Reply::of(200));
        let device = device(&server, "n");
        let hook = hook(&server, &receiver, json!({"events": ["device.updated"]}));
        let (hook, start) = (id(&hook), hook["cursor"].as_str().unwrap().to_owned());
        for n in 0..5 {
            rename(&server, &device, &format!("n{n}"));
        }
        let first = receiver.wait_for(5);
        receiver.clear();
        server.post(&format!("/webhooks/{hook}/replay"), json!({"since": first[1].text("cursor")}));
        let again = receiver.wait_for(3);
        let ids = |posts: &[Post]| posts.iter().map(|post| post.text("deliveryId")).collect::<Vec<_>>();
        assert_eq!(ids(&again), ids(&first)[2..]);
        assert!(again.iter().all(|post| post.attempt() == 2));
        let replay = |since: &str| {
            let body = json!({"since": since});
            server.call("POST", &format!("/webhooks/{hook}/replay"), Some(&body)).unwrap()
        };
        let (status, problem) = replay("elsewhere-3");
        assert_eq!((status, problem["code"].as_str()), (409, Some("resync")));
        let ahead = format!("{}-999999", start.split('-').next().unwrap());
        assert_eq!(replay(&ahead).0, 409);
        assert_eq!(replay("nonsense").0, 400);
        // Disabled, it keeps its place; enabled, it gets what it missed.
        receiver.clear();
        let path = format!("/webhooks/{hook}");
        server.ok("PATCH", &path, Some(&json!({"enabled": false})));
        assert_eq!(replay(&start).0, 409);
        rename(&server, &device, "meanwhile");
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(receiver.posts().len(), 0);
        server.ok("PATCH", &path, Some(&json!({"enabled": true})));
        assert_eq!(name_of(&receiver.wait_for(1)[0]), "meanwhile");
    }
}

#[test]
fn private_targets_are_refused_unless_they_are_allowed() {
    let server = Server::start();
    let receiver = Receiver::start(|_| Reply::of(200));
    let refused = |url: &str| {
        let (status, problem) = server.call("POST", "/webhooks", Some(&json!({"url": url}))).unwrap();
        assert_eq!((status, problem["code"].as_str()), (400, Some("invalid")), "{url}: {problem}");
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert!(refused(&receiver.url).contains("SWITCHBOARD_WEBHOOK_ALLOW"));
    for url in [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1]/",
        "https://10.0.0.5/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.0.2.1/",
        "http://example.com/",
        "https://example.com:8443/",
        "https://user:secret@example.com/",
        "ftp://example.com/",
        "",
    ] {
        refused(url);
    }
    assert_eq!(
        refused("https://10.0.0.5/"),
        "The address 10.0.0.5 is private; allow it by SWITCHBOARD_WEBHOOK_ALLOW."
    );
    // An address of everybody's is fine (nothing is sent there: it is disabled); and what a change makes of it is judged as well.
    let made = server.post("/webhooks", json!({"url": "https://8.8.8.8/x", "enabled": false}));
    let path = format!("/webhooks/{}", id(&made));
    let (status, _) = server.call("PATCH", &path, Some(&json!({"url": receiver.url}))).unwrap();
    assert_eq!(status, 400);
    assert_eq!(server.get(&path)["url"], "https://8.8.8.8/x");
    assert_eq!(receiver.posts().len(), 0);
    // One that was saved while it was allowed does not go there any more.
    let mut open = servers().swap_remove(0);
    let hook = id(&hook(&open, &receiver, json!({"events": ["device.*"]})));
    open.kill();
    open.restart_with(&[("SWITCHBOARD_WEBHOOK_ALLOW", "10.9.9.9".to_owned())]);
    let tested = open.post(&format!("/webhooks/{hook}/test"), json!({}));
    assert_eq!(tested["delivered"], false);
    assert!(tested["error"].as_str().unwrap().contains("127.0.0.1"), "{tested}");
    let log = open.get(&format!("/webhooks/{hook}/deliveries?state=dead"));
    assert_eq!(
        (&log["items"][0]["id"], &log["items"][0]["history"][0]["error"]),
        (&tested["deliveryId"], &tested["error"])
    );
    assert_eq!(receiver.posts().len(), 0);
}

#[test]
fn a_webhook_has_limits_and_shows_its_secret_once() {
    for server in servers() {
        let receiver = Receiver::start(|_| Reply::of(200));
        let made = hook(&server, &receiver, json!({"description": "mine"}));
        let (secret, path) = (made["secret"].as_str().unwrap(), format!("/webhooks/{}", id(&made)));
        assert!(secret.starts_with("whsec_") && secret.ends_with(made["secretEnding"].as_str().unwrap()));
        let got = server.get(&path);
        assert_eq!((got["secret"].clone(), got["description"].as_str()), (Value::Null, Some("mine")));
        assert_eq!(got["secretEnding"], made["secretEnding"]);
        assert_eq!(server.get("/webhooks")["items"], json!([got]));
        let bad = |body: Value| {
            let (status, problem) = server.call("POST", "/webhooks", Some(&body)).unwrap();
            assert_eq!(status, 400, "{body}: {problem}");
        };
        bad(json!({}));
        bad(json!({"url": receiver.url, "events": ["nothing.*"]}));
        bad(json!({"url": receiver.url, "events": ["typing"]}));
        bad(json!({"url": receiver.url, "deviceIds": []}));
        bad(json!({"url": receiver.url, "deviceIds": ["dev_unknown"]}));
        bad(json!({"url": receiver.url, "description": "x".repeat(201)}));
        bad(json!({"url": format!("{}?{}", receiver.url, "x".repeat(2_048))}));
        // Rotation: for a day both secrets sign.
        let rotated = server.post(&format!("{path}/rotate-secret"), json!({}));
        let new = rotated["secret"].as_str().unwrap();
        assert!(new != secret && rotated["previousSecretUntil"].as_i64().is_some());
        let tested = server.post(&format!("{path}/test"), json!({}));
        assert_eq!((tested["delivered"].as_bool(), tested["status"].as_u64()), (Some(true), Some(200)));
        assert_eq!(tested["response"], "seen");
        let post = &receiver.wait_for(1)[0];
        let both = format!("{},{}", signature(new, post), signature(secret, post));
        assert_eq!(post.headers["x-switchboard-signature"], both);
        assert_eq!(post.text("type"), "webhook.test");
        assert_eq!(post.text("deliveryId"), tested["deliveryId"].as_str().unwrap());
        // The test stands in the log of deliveries.
        let log = server.get(&format!("{path}/deliveries"));
        let listed = &log["items"][0];
        assert_eq!(log["items"].as_array().map(Vec::len), Some(1), "{log}");
        assert_eq!((&listed["id"], &listed["state"]), (&tested["deliveryId"], &json!("delivered")));
        assert_eq!((&listed["history"][0]["status"], &listed["attempts"]), (&json!(200), &json!(1)), "{log}");
        for _ in 1..100 {
            server.post("/webhooks", json!({"url": receiver.url, "enabled": false}));
        }
        let (status, problem) =
            server.call("POST", "/webhooks", Some(&json!({"url": receiver.url}))).unwrap();
        assert_eq!((status, problem["code"].as_str()), (409, Some("conflict")));
        assert_eq!(server.ok("DELETE", &path, None), json!(""));
        assert_eq!(server.call("GET", &path, None).unwrap().0, 404);
        server.post("/webhooks", json!({"url": receiver.url}));
    }
}

#[test]
fn receivers_that_are_slow_gone_or_elsewhere_hold_up_nobody_else() {
    for server in servers() {
        let elsewhere = Receiver::start(|_| Reply::of(200));
        let target = elsewhere.url.clone();
        let redirecting =
            Receiver::start(move |_| Reply { headers: vec![("location", target.clone())], ..Reply::of(307) });
        let slow = Receiver::start(|_| Reply { delay: Duration::from_secs(3), ..Reply::of(200) });
        let quick = Receiver::start(|_| Reply::of(200));
        let back = Arc::new(AtomicBool::new(false));
        let is_back = back.clone();
        let gone =
            Receiver::start(move |_| Reply::of(if is_back.load(Ordering::Relaxed) { 200 } else { 410 }));
        let patient = Receiver::start(|post| Reply {
            headers: vec![("retry-after", "2".to_owned())],
            ..Reply::of(if post.attempt() == 1 { 429 } else { 200 })
        });
        let device = device(&server, "n");
        let add = |receiver: &Receiver| id(&hook(&server, receiver, json!({"events": ["device.*"]})));
        let (redirects, slows, _) = (add(&redirecting), add(&slow), add(&quick));
        let (gones, _) = (add(&gone), add(&patient));
        let refusing = id(&server.post("/webhooks", json!({"url": "http://127.0.0.1:9/"})));
        for n in 0..20 {
            rename(&server, &device, &format!("n{n}"));
        }
        let names: Vec<String> = quick.wait_for(20).iter().map(name_of).collect();
        assert_eq!(names, (0..20).map(|n| format!("n{n}")).collect::<Vec<_>>());
        assert!(slow.posts().len() < 3, "it has had no time for more");

        let first_error = |hook: &str| {
            let path = format!("/webhooks/{hook}/deliveries");
            until("an attempt", || {
                let list = server.get(&path);
                let items = list["items"].as_array()?.clone();
                items.iter().find_map(|item| item["history"][0]["error"].as_str().map(str::to_owned))
            })
        };
        assert_eq!(first_error(&redirects), "redirects are not followed");
        assert_eq!(elsewhere.posts().len(), 0);
        assert_eq!(first_error(&slows), "no answer within 2 s");
        assert_eq!(first_error(&refusing), "the connection was refused");
        let asked = patient.wait_for(2);
        assert!(asked[1].at - asked[0].at >= Duration::from_millis(1_950), "as it asked");

        until("the webhook is disabled", || {
            (server.get(&format!("/webhooks/{gones}"))["enabled"] == false).then_some(())
        });
        assert_eq!(gone.posts().len(), 1);
        let disabled = server.get(&format!("/webhooks/{gones}"));
        assert_eq!(disabled["disabledBecause"], "the receiver answered 410 Gone");
        back.store(true, Ordering::Relaxed);
        server.ok("PATCH", &format!("/webhooks/{gones}"), Some(&json!({"enabled": true})));
        let names: Vec<String> = gone.wait_for(21)[1..].iter().map(name_of).collect();
        assert_eq!(names, (0..20).map(|n| format!("n{n}")).collect::<Vec<_>>(), "nothing was lost by it");
        server.ok("DELETE", &format!("/webhooks/{slows}"), None);
    }
}
