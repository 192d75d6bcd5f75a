//! Web Push, to a service that is a receiver of ours and a browser that decrypts as the standard says.

use crate::support::receiver::{Receiver, Reply};
use crate::support::{API_KEY, Server, until};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::signature::{self, ECDSA_P256_SHA256_FIXED};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::http::Request;

const OWN: &str = "34600111222";

/// A browser: its keys, and the cookie of whoever sits at it.
struct Browser {
    key: PrivateKey,
    secret: [u8; 16],
    cookie: String,
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive<const N: usize>(salt: &[u8], input: &[u8], info: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let key = Salt::new(HKDF_SHA256, salt).extract(input);
    key.expand(info, Length(N)).unwrap().fill(&mut out).unwrap();
    out
}

fn call(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .build()
        .into();
    let mut request = Request::builder().method(method).uri(format!("{}{path}", server.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = if body.is_null() {
        agent.run(request.body(()).unwrap()).unwrap()
    } else {
        let request = request.header("content-type", "application/json");
        agent.run(request.body(body.to_string()).unwrap()).unwrap()
    };
    let text = response.body_mut().read_to_string().unwrap_or_default();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
}

impl Browser {
    /// Signed in by the one-time link.
    fn new(server: &Server) -> Self {
        Self::by(server, server.sign_in.as_deref().unwrap())
    }

    /// Signed in by this link.
    fn by(server: &Server, link: &str) -> Self {
        let cookie = server.session(link);
        Self { key: PrivateKey::generate(&ECDH_P256).unwrap(), secret: *b"sixteen letters.", cookie }
    }

    fn public(&self) -> Vec<u8> {
        self.key.compute_public_key().unwrap().as_ref().to_vec()
    }

    fn subscription(&self, endpoint: &str) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "endpoint": endpoint,
            "keys": { "p256dh": encode(&self.public()), "auth": encode(&self.secret) },
        })
    }

    fn subscribe(&self, server: &Server, wish: &Value) -> (u16, Value) {
        call(server, "PUT", "/api/v1/push/subscription", &[("cookie", &self.cookie)], wish)
    }

    /// RFC 8188 and RFC 8291, from the other side.
    fn read(&self, sealed: &[u8]) -> Value {
        let (salt, rest) = sealed.split_at(16);
        assert_eq!(rest[..5], [0, 0, 16, 0, 65], "one record of 4,096 bytes, and a key");
        let (theirs, cipher) = rest[5..].split_at(65);
        let shared = agreement::agree(&self.key, UnparsedPublicKey::new(&ECDH_P256, theirs), (), |secret| {
            Ok(secret.to_vec())
        });
        let input: [u8; 32] =
            derive(&self.secret, &shared.unwrap(), &[b"WebPush: info\0", &self.public(), theirs]);
        let key: [u8; 16] = derive(salt, &input, &[b"Content-Encoding: aes128gcm\0"]);
        let nonce: [u8; 12] = derive(salt, &input, &[b"Content-Encoding: nonce\0"]);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let mut text = cipher.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let text = key.open_in_place(nonce, Aad::empty(), &mut text).unwrap();
        let (last, text) = text.split_last().unwrap();
        assert_eq!(*last, 2);
        serde_json::from_slice(text).unwrap()
    }
}

/// What a server with a linked device says when somebody writes to it.
fn server() -> (Server, String, String) {
    let server = Server::start_with(&[("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8".into())]);
    let device = server.linked_device(OWN);
    let phone =
        server.post("/sandbox/phones", json!({"name": "Diego"}))["number"].as_str().unwrap().to_owned();
    (server, device, phone)
}

fn writes(server: &Server, phone: &str, text: &str) {
    server.post(&format!("/sandbox/phones/{phone}/messages"), json!({"to": OWN, "text": text}));
}

#[test]
fn a_message_reaches_the_browser_and_nobody_between_can_read_it() {
    let (server, _, phone) = server();
    let browser = Browser::new(&server);
    let service = Receiver::start(|_| Reply::of(201));
    let (_, key) = call(&server, "GET", "/api/v1/push/key", &[("cookie", &browser.cookie)], &Value::Null);
    let (status, answer) = browser.subscribe(&server, &browser.subscription(&service.url));
    assert_eq!(status, 204, "{answer}");
    writes(&server, &phone, "the eagle has landed");
    let push = service.wait_for(1).remove(0);
    assert!(!String::from_utf8_lossy(&push.raw).contains("eagle"));
    let news = browser.read(&push.raw);
    assert_eq!((news["name"].as_str(), news["text"].as_str()), (Some("Diego"), Some("the eagle has landed")));
    let chats = server.get("/chats");
    assert!(chats["items"].as_array().unwrap().iter().any(|chat| chat["id"] == news["chatId"]));

    // The service knows who sends, by the key that the browser subscribed with.
    assert_eq!(push.headers["content-encoding"], "aes128gcm");
    assert_eq!(push.headers["ttl"], "86400");
    assert_eq!(push.headers["topic"].len(), 32);
    let proof = push.headers["authorization"].strip_prefix("vapid t=").unwrap().to_owned();
    let (token, public) = proof.split_once(", k=").unwrap();
    assert_eq!(key["publicKey"], public);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let public = URL_SAFE_NO_PAD.decode(public).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], service.url.strip_suffix("/hook").unwrap());
}

#[test]
fn what_is_muted_put_away_or_quiet_is_not_pushed() {
    let (server, device, phone) = server();
    let browser = Browser::new(&server);
    let service = Receiver::start(|_| Reply::of(201));
    assert_eq!(browser.subscribe(&server, &browser.subscription(&service.url)).0, 204);
    writes(&server, &phone, "heard");
    let first = browser.read(&service.wait_for(1)[0].raw);
    let chat = first["chatId"].as_str().unwrap();
    for (text, on, off) in [
        ("muted", json!({"mutedUntil": 253_402_300_799_999_i64}), json!({"mutedUntil": null})),
        ("put away", json!({"archived": true}), json!({"archived": false})),
    ] {
        server.ok("PATCH", &format!("/chats/{chat}"), Some(&on));
        writes(&server, &phone, text);
        until("the message", || {
            let page = server.get(&format!("/chats/{chat}/messages?limit=1"));
            (page["items"][0]["text"] == text || page["messages"][0]["text"] == text).then_some(())
        });
        server.ok("PATCH", &format!("/chats/{chat}"), Some(&off));
    }
    let mut quiet = browser.subscription(&service.url);
    quiet["quietDeviceIds"] = json!([device]);
    assert_eq!(browser.subscribe(&server, &quiet).0, 204);
    writes(&server, &phone, "quiet");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(browser.subscribe(&server, &browser.subscription(&service.url)).0, 204);
    writes(&server, &phone, "heard again");
    let texts: Vec<Value> = until("the last one", || {
        let texts: Vec<Value> =
            service.posts().iter().map(|push| browser.read(&push.raw)["text"].clone()).collect();
        texts.contains(&json!("heard again")).then_some(texts)
    });
    assert_eq!(texts, [json!("heard"), json!("heard again")]);
}

#[test]
fn every_browser_is_told_however_many_there_are() {
    let (server, _, phone) = server();
    // Slow, so that more are to be told than may be told at once.
    let service = Receiver::start(|_| Reply { delay: Duration::from_millis(300), ..Reply::of(201) });
    let mut browsers = vec![Browser::new(&server)];
    for name in ["Ana", "Ben", "Carla", "Dora"] {
        let added = server.post("/users", json!({"name": name, "permission": "admin"}));
        browsers.push(Browser::by(&server, added["signInLink"].as_str().unwrap()));
    }
    for (person, browser) in browsers.iter().enumerate() {
        for number in 0..4 {
            let endpoint = format!("{}/{person}/{number}", service.url);
            let (status, answer) = browser.subscribe(&server, &browser.subscription(&endpoint));
            assert_eq!(status, 204, "{answer}");
        }
    }
    writes(&server, &phone, "to all of you");
    let told: BTreeSet<String> = service.wait_for(20).into_iter().map(|push| push.path).collect();
    assert_eq!(told.len(), 20, "{told:?}");
}

#[test]
fn what_has_no_text_is_named_in_the_readers_language() {
    let (server, _, phone) = server();
    let browser = Browser::new(&server);
    let (english, german) = (Receiver::start(|_| Reply::of(201)), Receiver::start(|_| Reply::of(201)));
    assert_eq!(browser.subscribe(&server, &browser.subscription(&english.url)).0, 204);
    let mut wish = browser.subscription(&german.url);
    wish["language"] = json!("de-AT");
    assert_eq!(browser.subscribe(&server, &wish).0, 204);
    let content =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let photo = json!({"to": OWN, "media": {"contentType": "image/png", "content": content}});
    server.post(&format!("/sandbox/phones/{phone}/messages"), photo);
    for (service, text) in [(&english, "Photo"), (&german, "Foto")] {
        let news = browser.read(&service.wait_for(1)[0].raw);
        assert_eq!((&news["text"], &news["kind"]), (&json!(text), &json!("image")));
        // The icon of the installed client counts the chats that wait.
        assert!(news["unread"].as_i64().is_some_and(|unread| unread >= 1), "{news}");
    }
}

#[test]
fn calls_and_groups_are_told_as_such_and_notices_not_at_all() {
    let (server, _, phone) = server();
    let browser = Browser::new(&server);
    let service = Receiver::start(|_| Reply::of(201));
    assert_eq!(browser.subscribe(&server, &browser.subscription(&service.url)).0, 204);
    let call = |body: Value| server.post(&format!("/sandbox/phones/{phone}/call"), body);
    let told = |count: usize| browser.read(&service.wait_for(count)[count - 1].raw);
    writes(&server, &phone, "may I call?");
    told(1);
    call(json!({"to": OWN, "video": true}));
    let rings = told(2);
    assert_eq!(
        (rings["name"].as_str(), rings["text"].as_str()),
        (Some("Diego"), Some("Incoming video call"))
    );
    call(json!({"to": OWN, "end": true}));
    let missed = told(3);
    assert_eq!((&missed["text"], &missed["chatId"]), (&json!("Missed video call"), &rings["chatId"]));
    assert_ne!(missed["id"], rings["id"]);

    let path = format!("/sandbox/phones/{phone}/groups");
    let group = server.post(&path, json!({"subject": "Choir", "members": [OWN]}));
    let body = json!({"to": group["jid"], "text": "we sing at eight"});
    server.post(&format!("/sandbox/phones/{phone}/messages"), body);
    let sung = told(4);
    assert_eq!(
        (sung["name"].as_str(), sung["text"].as_str()),
        (Some("Choir"), Some("Diego: we sing at eight")),
        "that the group was made is no news"
    );
}

#[test]
fn a_device_that_is_logged_out_is_told_to_whoever_wants_to_hear_of_it() {
    let (server, device, phone) = server();
    let browser = Browser::new(&server);
    let (service, quiet) = (Receiver::start(|_| Reply::of(201)), Receiver::start(|_| Reply::of(201)));
    assert_eq!(browser.subscribe(&server, &browser.subscription(&service.url)).0, 204);
    let mut wish = browser.subscription(&quiet.url);
    wish["quietDeviceIds"] = json!([device]);
    assert_eq!(browser.subscribe(&server, &wish).0, 204);
    // The log is followed from here on.
    writes(&server, &phone, "hello");
    service.wait_for(1);
    server.post(&format!("/sandbox/phones/{OWN}/unlink"), json!({"deviceId": device}));
    let news = browser.read(&service.wait_for(2)[1].raw);
    assert_eq!((&news["deviceId"], &news["name"]), (&json!(device), &json!("Test: Logged out")));
    assert!(news["chatId"].is_null(), "{news}");
    // Another name is no news of it.
    server.ok("PATCH", &format!("/devices/{device}"), Some(&json!({"name": "Front desk"})));
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!((service.posts().len(), quiet.posts().len()), (2, 0));
}

/// The time of day in UTC, so many minutes from now.
fn time_in(minutes: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60;
    let minutes = (i64::try_from(now).unwrap() + minutes).rem_euclid(1440);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

#[test]
fn in_quiet_hours_nothing_is_pushed_to_whoever_has_them() {
    let (server, _, phone) = server();
    let browser = Browser::new(&server);
    let service = || Receiver::start(|_| Reply::of(201));
    let (quiet, far, soon, never) = (service(), service(), service(), service());
    let subscribe = |to: &Receiver, hours: Value, offset: i64| {
        let mut wish = browser.subscription(&to.url);
        wish["quietHours"] = hours;
        wish["offsetMinutes"] = json!(offset);
        let (status, answer) = browser.subscribe(&server, &wish);
        assert_eq!(status, 204, "{answer}");
    };
    let (before, after) = (time_in(-60), time_in(60));
    let now = json!({"from": before, "until": after, "days": DAYS});
    subscribe(&quiet, now.clone(), 0);
    // The same hours by a clock that is five hours ahead are over.
    subscribe(&far, now.clone(), 300);
    subscribe(&soon, json!({"from": after, "until": time_in(120), "days": DAYS}), 0);
    subscribe(&never, json!({"from": before, "until": after, "days": []}), 0);
    writes(&server, &phone, "in the night");
    for heard in [&far, &soon, &never] {
        assert_eq!(browser.read(&heard.wait_for(1)[0].raw)["text"], "in the night");
    }
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(quiet.posts().len(), 0, "it is night there");
    // Where its clock is, it is over; and so it is without hours.
    subscribe(&quiet, now.clone(), -300);
    writes(&server, &phone, "by day");
    assert_eq!(browser.read(&quiet.wait_for(1)[0].raw)["text"], "by day");
    subscribe(&quiet, now, 0);
    subscribe(&quiet, Value::Null, 0);
    writes(&server, &phone, "without hours");
    assert_eq!(browser.read(&quiet.wait_for(2)[1].raw)["text"], "without hours");
}

#[test]
fn hours_that_are_none_are_refused_and_said() {
    let server = Server::start();
    let browser = Browser::new(&server);
    let hours = |from: &str, until: &str, days: Value| json!({"from": from, "until": until, "days": days});
    for (hours, offset, named) in [
        (hours("24:00", "07:00", json!([])), 0, "from"),
        (hours("22:00", "7:00", json!([])), 0, "until"),
        (hours("22:00", "07:00", json!(["caturday"])), 0, "days"),
        (hours("22:00", "07:00", json!(vec!["monday"; 8])), 0, "days"),
        (hours("22:00", "07:00", json!(DAYS)), 841, "offsetMinutes"),
        (hours("22:00", "07:00", json!(DAYS)), -841, "offsetMinutes"),
    ] {
        let mut wish = browser.subscription("https://push.example.com/abc");
        wish["quietHours"] = hours;
        wish["offsetMinutes"] = json!(offset);
        let (status, answer) = browser.subscribe(&server, &wish);
        assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains(named), "{answer}");
    }
    let mut wish = browser.subscription("https://push.example.com/abc");
    wish["quietHours"] = json!({"from": "22:00", "days": []});
    let (status, answer) = browser.subscribe(&server, &wish);
    assert_eq!(status, 400);
    assert!(answer["detail"].as_str().unwrap().contains("until"), "{answer}");
}

#[test]
fn it_ends_with_the_session_and_where_the_service_says_so() {
    let (server, _, phone) = server();
    let browser = Browser::new(&server);
    let gone = Receiver::start(|_| Reply::of(410));
    let service = Receiver::start(|_| Reply::of(201));
    for endpoint in [&gone.url, &service.url] {
        assert_eq!(browser.subscribe(&server, &browser.subscription(endpoint)).0, 204);
    }
    writes(&server, &phone, "one");
    gone.wait_for(1);
    service.wait_for(1);
    // What the service's answer changes is written after it.
    std::thread::sleep(Duration::from_millis(300));
    writes(&server, &phone, "two");
    service.wait_for(2);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(gone.posts().len(), 1, "it said that nobody is there");
    call(&server, "POST", "/logout", &[("cookie", &browser.cookie)], &Value::Null);
    writes(&server, &phone, "three");
    std::thread::sleep(Duration::from_millis(800));
    assert_eq!(service.posts().len(), 2, "somebody signed out");
}

#[test]
fn it_outlives_a_restart_and_the_key_stays() {
    let (mut server, _, phone) = server();
    let browser = Browser::new(&server);
    let service = Receiver::start(|_| Reply::of(201));
    assert_eq!(browser.subscribe(&server, &browser.subscription(&service.url)).0, 204);
    let before = server.get("/push/key");
    server.kill();
    server.run();
    assert_eq!(server.get("/push/key"), before);
    let devices = server.get("/devices");
    server.wait_for_status(devices["items"][0]["id"].as_str().unwrap(), "connected");
    writes(&server, &phone, "after the night");
    assert_eq!(browser.read(&service.wait_for(1)[0].raw)["text"], "after the night");
}

#[test]
fn only_browsers_subscribe_and_only_to_where_webhooks_may_go() {
    let server = Server::start();
    let browser = Browser::new(&server);
    let wish = browser.subscription("https://push.example.com/abc");
    let by_key = [("x-api-key", API_KEY)];
    assert_eq!(call(&server, "PUT", "/api/v1/push/subscription", &by_key, &wish).0, 403);
    let path = "/api/v1/push/subscription?endpoint=https%3A%2F%2Fpush.example.com%2Fabc";
    assert_eq!(call(&server, "DELETE", path, &by_key, &Value::Null).0, 403);
    for endpoint in
        ["http://push.example.com/abc", "https://127.0.0.1/abc", "https://10.1.2.3/abc", "mailto:a@b"]
    {
        let (status, answer) = browser.subscribe(&server, &browser.subscription(endpoint));
        assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{endpoint}");
    }
    let mut no_key = wish.clone();
    no_key["keys"]["p256dh"] = json!(URL_SAFE_NO_PAD.encode([4; 65]));
    assert_eq!(browser.subscribe(&server, &no_key).0, 400);
    let mut short = wish.clone();
    short["keys"]["auth"] = json!("c2hvcnQ");
    assert_eq!(browser.subscribe(&server, &short).0, 400);
    assert_eq!(browser.subscribe(&server, &wish).0, 204);
    assert_eq!(call(&server, "DELETE", path, &[("cookie", &browser.cookie)], &Value::Null).0, 204);
}
