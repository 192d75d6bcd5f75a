//! What is done to messages beyond sending: stars, deleting for oneself, pins, and what is taken back or edited before it
//! was sent; on two devices of one account, on their phone, and on the other side. And what counts as unread.

use crate::support::{Server, databases, until};
use serde_json::{Value, json};

/// Two devices of one account and its phone; another phone that has a device as well.
struct World {
    server: Server,
    own: String,
    other: String,
    first: String,
    second: String,
}

impl World {
    fn new(environment: &[(&'static str, String)]) -> Self {
        let server = Server::start_with(environment);
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
        };
        let (own, other) = (phone("Own"), phone("Other"));
        let (first, second) = (server.linked_device(&own), server.linked_device(&own));
        Self { server, own, other, first, second }
    }

    /// The other phone writes; answers WhatsApp's id.
    fn written(&self, text: &str) -> Value {
        let body = json!({"to": self.own, "text": text});
        self.server.post(&format!("/sandbox/phones/{}/messages", self.other), body)["id"].clone()
    }

    fn at(&self, device: &str, peer: &str, whatsapp_id: &Value) -> Option<Value> {
        let path = format!("/devices/{device}/chats/{peer}/messages?limit=200");
        let (status, page) = self.server.call("GET", &path, None).ok()?;
        let items = if status == 200 { page["items"].as_array()?.clone() } else { return None };
        items.into_iter().find(|message| message["whatsappId"] == *whatsapp_id)
    }

    /// What a device of ours has of a message, once it is as it should be.
    #[track_caller]
    fn sees(&self, device: &str, whatsapp_id: &Value, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        until(what, || self.at(device, &self.other, whatsapp_id).filter(&is))
    }

    /// The chat with the other, as our phone lists it.
    fn on_phone(&self, field: &str) -> Value {
        let chats = self.server.get(&format!("/sandbox/phones/{}/chats", self.own));
        let chats = chats["items"].as_array().unwrap();
        let chat = chats.iter().find(|chat| chat["jid"] == self.other.as_str());
        chat.map_or(Value::Null, |chat| chat[field].clone())
    }

    fn chat(&self, device: &str) -> Value {
        let chats = self.server.get(&format!("/devices/{device}/chats"));
        let chats = chats["items"].as_array().unwrap();
        chats.iter().find(|chat| chat["phoneNumber"] == self.other.as_str()).cloned().unwrap_or_default()
    }

    fn events(&self, since: &str) -> Vec<Value> {
        let events = self.server.get(&format!("/events?since={since}&limit=1000"));
        events["items"].as_array().unwrap().clone()
    }

    /// What the log tells of messages since then: what each says when it comes, what is done to it and what it says
    /// after that, how far it comes.
    fn told(&self, since: &str, messages: &[&Value]) -> Vec<String> {
        let line = |event: &Value| {
            let data = &event["data"];
            let text = data["message"]["text"].as_str().unwrap_or_default();
            let (id, said) = match event["type"].as_str()? {
                "message.new" => (&data["message"]["id"], format!("new: {text}")),
                "message.updated" => {
                    (&data["message"]["id"], format!("{}: {text}", data["change"].as_str()?))
                }
                "message.status" => (&data["messageId"], data["status"].as_str()?.to_owned()),
                _ => return None,
            };
            messages.iter().any(|message| message["id"] == *id).then_some(said)
        };
        self.events(since).iter().filter_map(line).collect()
    }

    /// How a message stands on the other's phone.
    fn on_other_phone(&self, whatsapp_id: &Value) -> Vec<Value> {
        let held = self.server.get(&format!("/sandbox/phones/{}/messages", self.other));
        let held = held["items"].as_array().unwrap().iter();
        held.filter(|message| message["id"] == *whatsapp_id).cloned().collect()
    }

    /// Ends the server as the power would, and starts it again.
    fn restart(&mut self, environment: &[(&'static str, String)]) {
        self.server.kill();
        self.server.restart_with(environment);
    }
}

/// A [`World`] in which the other phone wrote something that is answered while our first device is away.
struct Away {
    world: World,
    /// The other phone's device.
    guest: String,
    /// What the other phone wrote, as our first device has it.
    question: Value,
    /// Where the log ended when the first device went.
    since: String,
    /// Where its messages to the other are sent.
    chat: String,
}

impl Away {
    fn new(environment: &[(&'static str, String)]) -> Self {
        let world = World::new(environment);
        let guest = world.server.linked_device(&world.other);
        let question = world.written("Shall we?");
        let here = world.sees(&world.first, &question, "the question", |_| true);
        until("the question on the other's device", || world.at(&guest, &world.own, &question));
        world.server.post(&format!("/devices/{}/disconnect", world.first), json!({}));
        let since = world.server.get("/events")["cursor"].as_str().unwrap().to_owned();
        let chat = format!("/devices/{}/chats/{}/messages", world.first, world.other);
        Self { world, guest, question: here, since, chat }
    }

    fn says(&self, body: Value) -> Value {
        let sent = self.world.server.post(&self.chat, body);
        assert_eq!(sent["status"], "queued");
        sent
    }

    fn connect(&self) -> String {
        format!("/devices/{}/connect", self.world.first)
    }

    /// What the other's device has of a message, once it is as it should be.
    #[track_caller]
    fn guest_sees(&self, sent: &Value, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        until(what, || self.world.at(&self.guest, &self.world.own, &sent["whatsappId"]).filter(&is))
    }

    /// Waits until WhatsApp has taken a message and what was done to it; answers how it stands here.
    #[track_caller]
    fn is_through(&self, sent: &Value, change: &str) -> Value {
        let path = format!("/messages/{}", id(sent));
        until("WhatsApp's word", || {
            let trace = self.world.server.get(&format!("{path}/trace"));
            let steps = trace["steps"].as_array()?;
            let taken = |step: &Value| step["what"] == "accepted" && step["change"] == change;
            steps.iter().any(taken).then_some(())
        });
        until("the delivery", || {
            Some(self.world.server.get(&path)).filter(|message| message["status"] == "delivered")
        })
    }
}

fn id(message: &Value) -> String {
    message["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_star_stands_on_every_device_of_the_account_and_nowhere_else() {
    for environment in databases() {
        let world = World::new(&environment);
        let text = world.written("remember this");
        let here = world.sees(&world.first, &text, "the text", |_| true);
        let there = world.sees(&world.second, &text, "the text there", |_| true);
        assert!(here.get("starred").is_none());
        let path = format!("/messages/{}/star", id(&here));
        assert_eq!(world.server.ok("PUT", &path, None)["starred"], true);
        until("the star on the phone", || (world.on_phone("starred") == json!([text])).then_some(()));
        world.sees(&world.second, &text, "the star there", |message| message["starred"] == true);

        // Taken away there by a command, and put back by the person on the phone.
        let command = json!({"type": "star_message", "messageId": there["id"], "starred": false});
        let done = world.server.post("/commands", json!({"id": "no-star", "command": command}));
        assert!(done["outcome"]["ok"]["data"].get("starred").is_none(), "{done}");
        world.sees(&world.first, &text, "no star here", |message| message.get("starred").is_none());
        let on_phone = format!("/sandbox/phones/{}/messages/{}", world.own, text.as_str().unwrap());
        world.server.ok("PATCH", &on_phone, Some(&json!({"chat": world.other, "starred": true})));
        world.sees(&world.first, &text, "the person's star", |message| message["starred"] == true);
        assert_eq!(world.server.ok("DELETE", &path, None).get("starred"), None);
        until("no star on the phone", || (world.on_phone("starred") == json!([])).then_some(()));

        // A key acts once, and while the device is away it is kept for later.
        world.server.post(&format!("/devices/{}/disconnect", world.first), json!({}));
        let key = [("idempotency-key", "star-once")];
        let (status, starred) = world.server.call_with("PUT", &path, None, &key).unwrap();
        assert_eq!((status, &starred["starred"]), (200, &json!(true)));
        assert_eq!(world.server.call_with("DELETE", &path, None, &key).unwrap().0, 409, "another request");
        assert_eq!(world.on_phone("starred"), json!([]));
        world.server.post(&format!("/devices/{}/connect", world.first), json!({}));
        until("the late star", || (world.on_phone("starred") == json!([text])).then_some(()));

        // A device that is linked later has it from the history.
        let third = world.server.linked_device(&world.own);
        world.sees(&third, &text, "the star of the past", |message| message["starred"] == true);
        let nobodys = world.server.get(&format!("/sandbox/phones/{}/chats", world.other));
        assert_eq!(nobodys["items"][0]["starred"], json!([]));
        let (status, gone) = world.server.call("PUT", "/messages/msg_none/star", None).unwrap();
        assert_eq!((status, &gone["code"]), (404, &json!("not_found")));
    }
}

#[test]
fn what_is_deleted_for_oneself_is_gone_on_every_device_and_stays_away() {
    for environment in databases() {
        let world = World::new(&environment);
        let (kept, gone) = (world.written("kept"), world.written("gone"));
        let here = world.sees(&world.first, &gone, "the text", |_| true);
        let there = world.sees(&world.second, &gone, "the text there", |_| true);
        until("both are unread", || (world.chat(&world.first)["unread"] == 2).then_some(()));
        let cursor = world.server.get("/events")["cursor"].as_str().unwrap().to_owned();
        let path = format!("/messages/{}?for=me", id(&here));
        let key = [("idempotency-key", "delete-for-me")];
        for _ in 0..2 {
            assert_eq!(world.server.call_with("DELETE", &path, None, &key).unwrap().0, 204);
        }
        assert_eq!(world.server.call("DELETE", &path, None).unwrap().0, 404);
        assert_eq!(world.server.call("GET", &format!("/messages/{}", id(&here)), None).unwrap().0, 404);
        let chat = world.chat(&world.first);
        assert_eq!((&chat["unread"], &chat["lastMessage"]["text"]), (&json!(1), &json!("kept")));
        until("gone on the phone", || (world.on_phone("deleted") == json!([gone])).then_some(()));
        until("gone there", || world.at(&world.second, &world.other, &gone).is_none().then_some(()));
        let deleted: Vec<Value> = world
            .events(&cursor)
            .into_iter()
            .filter(|event| event["type"] == "message.deleted")
            .map(|event| json!([event["data"]["messageId"], event["data"]["chat"]["lastMessage"]["text"]]))
            .collect();
        assert_eq!(deleted, [json!([here["id"], "kept"]), json!([there["id"], "kept"])]);
        // For everybody else it is there.
        let held = world.server.get(&format!("/sandbox/phones/{}/messages", world.other));
        assert_eq!(held["items"].as_array().unwrap().len(), 2);

        // On the phone, and by a command.
        let more = world.written("more");
        world.sees(&world.first, &more, "one more", |_| true);
        let on_phone = format!("/sandbox/phones/{}/messages/{}", world.own, more.as_str().unwrap());
        world.server.ok("PATCH", &on_phone, Some(&json!({"chat": world.other, "deleted": true})));
        until("gone here", || world.at(&world.first, &world.other, &more).is_none().then_some(()));

        // The phone never hears of it, and sends it with its history: it stays away.
        world.server.post(&format!("/devices/{}/disconnect", world.first), json!({}));
        let left = world.sees(&world.first, &kept, "the one that is left", |_| true);
        let command = json!({"type": "delete_message", "messageId": left["id"]});
        world.server.post("/commands", json!({"id": "delete-it", "command": command}));
        world.server.post(&format!("/devices/{}/logout", world.first), json!({}));
        assert_eq!(
            world.server.call("DELETE", &format!("/messages/{}?for=you", id(&left)), None).unwrap().0,
            400
        );
        let before = world.server.get("/events")["cursor"].as_str().unwrap().to_owned();
        world.server.post(&format!("/devices/{}/connect", world.first), json!({}));
        let qr = until("a code", || {
            let (status, qr) =
                world.server.call("GET", &format!("/devices/{}/qr", world.first), None).ok()?;
            (status == 200).then_some(qr)
        });
        world.server.post(&format!("/sandbox/phones/{}/scan", world.own), json!({"qr": qr["qr"]}));
        world.server.wait_for_status(&world.first, "connected");
        until("the history", || {
            let synced = |event: &Value| {
                event["type"] == "history.synced" && event["deviceId"] == world.first.as_str()
            };
            world.events(&before).iter().any(synced).then_some(())
        });
        assert!(world.at(&world.first, &world.other, &kept).is_none(), "it came back");
        let third = world.server.linked_device(&world.own);
        world.sees(&third, &kept, "what another device has", |_| true);
        assert!(world.at(&third, &world.other, &gone).is_none());
    }
}

#[test]
fn a_pin_is_everybodys_until_its_time_is_over() {
    for environment in databases() {
        let world = World::new(&environment);
        let guest = world.server.linked_device(&world.other);
        let text = world.written("the address");
        let here = world.sees(&world.first, &text, "the text", |_| true);
        let at_guest = |what: &str, is: &dyn Fn(&Value) -> bool| {
            until(what, || world.at(&guest, &world.own, &text).filter(is))
        };
        let day = 86_400_000;
        let now = here["timestamp"].as_i64().unwrap();
        let about = |message: &Value, days: i64| {
            let until = message["pinnedUntil"].as_i64().unwrap_or(0);
            (until - now - days * day).abs() < 600_000
        };
        let path = format!("/messages/{}/pin", id(&here));
        let pinned = world.server.ok("PUT", &path, Some(&json!({"seconds": 86_400})));
        assert!(about(&pinned, 1), "{pinned}");
        at_guest("the pin", &|message| about(message, 1));
        world.sees(&world.second, &text, "the pin on our other device", |message| about(message, 1));
        for phone in [&world.own, &world.other] {
            until("the pin on the phones", || {
                let held = world.server.get(&format!("/sandbox/phones/{phone}/messages"));
                held["items"].as_array()?.iter().any(|one| one["id"] == text && about(one, 1)).then_some(())
            });
        }
        // For another time, and no longer.
        assert!(about(&world.server.ok("PUT", &path, None), 7));
        at_guest("the longer pin", &|message| about(message, 7));
        assert!(world.server.ok("DELETE", &path, None).get("pinnedUntil").is_none());
        at_guest("no pin", &|message| message.get("pinnedUntil").is_none());

        // By the other's phone, under their own name of the message; and by a message that says so.
        let pin = json!({"to": world.own, "pin": {"messageId": text, "seconds": 2_592_000}});
        world.server.post(&format!("/sandbox/phones/{}/messages", world.other), pin);
        world.sees(&world.first, &text, "their pin", |message| about(message, 30));
        let body = json!({"pin": {"messageId": here["id"], "seconds": 0}});
        let path = format!("/devices/{}/chats/{}/messages", world.first, world.other);
        world.server.post(&path, body);
        at_guest("no pin again", &|message| message.get("pinnedUntil").is_none());
        let body = json!({"pin": {"messageId": here["id"], "seconds": 60}});
        let (status, refused) = world.server.call("POST", &path, Some(&body)).unwrap();
        assert_eq!((status, &refused["code"]), (400, &json!("invalid")));
    }
}

#[test]
fn what_is_unread_is_what_the_phone_counts() {
    let server = Server::start();
    let phone = |name: &str| {
        server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
    };
    let (own, other) = (phone("Own"), phone("Other"));
    // More than the history of a device brings of one chat.
    for n in 0..260 {
        let body = json!({"to": own, "text": format!("number {n}")});
        server.post(&format!("/sandbox/phones/{other}/messages"), body);
    }
    let device = server.linked_device(&own);
    let chat = || {
        let chats = server.get(&format!("/devices/{device}/chats"));
        chats["items"].as_array().unwrap().iter().find(|chat| chat["phoneNumber"] == other.as_str()).cloned()
    };
    let id = until("the chat", &chat).get("id").unwrap().as_str().unwrap().to_owned();
    until("all of it is unread", || (chat()?["unread"] == 260).then_some(()));
    until("the older ones", || {
        let messages = server.get(&format!("/chats/{id}/messages?limit=200"));
        (messages["items"].as_array()?.len() > 40).then_some(())
    });
    assert_eq!(chat().unwrap()["unread"], 260, "the older part changes nothing");
    server.post(&format!("/sandbox/phones/{other}/messages"), json!({"to": own, "text": "live"}));
    until("one more", || (chat()?["unread"] == 261).then_some(()));

    // A call is no message to read: neither counted nor told as read.
    server.post(&format!("/sandbox/phones/{other}/call"), json!({"to": own}));
    until("the call", || (chat()?["lastMessage"]["kind"] == "system").then_some(()));
    assert_eq!(chat().unwrap()["unread"], 261);

    server.post(&format!("/chats/{id}/read"), json!({}));
    assert_eq!(chat().unwrap()["unread"], 0);
    until("read on the phone", || {
        let held = server.get(&format!("/sandbox/phones/{own}/messages"));
        let last = held["items"].as_array()?.iter().rfind(|one| one["text"] == "live")?.clone();
        (last["status"] == "read").then_some(())
    });
}

#[test]
fn what_is_taken_back_before_it_was_sent_goes_out_as_it_was_and_then_it_is_taken_back() {
    for (killed, crash) in [(false, None), (true, None), (true, Some("before_accepted:1"))] {
        // Release builds have no such points.
        if crash.is_some() && !cfg!(debug_assertions) {
            continue;
        }
        for environment in databases() {
            take_back_unsent(&environment, killed, crash);
        }
    }
}

fn take_back_unsent(environment: &[(&'static str, String)], killed: bool, crash: Option<&str>) {
    let mut away = Away::new(environment);
    let hasty = away.says(json!({"text": "A hasty answer", "quoted": away.question["id"]}));
    if killed {
        away.world.restart(environment);
    }
    let path = format!("/messages/{}", id(&hasty));
    for _ in 0..2 {
        let key = [("idempotency-key", "take-it-back")];
        let (status, left) = away.world.server.call_with("DELETE", &path, None, &key).unwrap();
        assert_eq!((status, &left["text"], &left["status"]), (202, &json!(""), &json!("queued")), "{left}");
        assert!(left["revokedAt"].is_i64() && left.get("quoted").is_none(), "{left}");
    }
    assert_eq!(away.world.server.call("DELETE", &path, None).unwrap().0, 409, "a second time");
    let better = away.says(json!({"text": "A better one"}));
    assert_eq!(away.world.on_other_phone(&hasty["whatsappId"]), Vec::<Value>::new(), "nobody has it yet");

    let plan = crash.map(|plan| ("SWITCHBOARD_CRASH", plan.to_owned()));
    if killed {
        away.world.restart(&environment.iter().cloned().chain(plan.clone()).collect::<Vec<_>>());
    }
    let connected = away.world.server.call("POST", &away.connect(), Some(&json!({})));
    if plan.is_some() {
        // WhatsApp has it, and the server ends before it has kept that: it cannot know whether it arrived.
        until("the end of the server", || away.world.server.has_ended().then_some(()));
        away.world.restart(environment);
    } else {
        assert_eq!(connected.unwrap().0, 202);
    }

    let here = away.is_through(&hasty, "revoke");
    assert!(here["revokedAt"].is_i64() && here["text"] == "", "{here}");
    let thread = away.world.server.thread(&away.world.first, &away.world.other);
    let texts: Vec<&str> = thread.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Shall we?", "", "A better one"]);
    // It is sent again after a crash, but it came further only once.
    let told = away.world.told(&away.since, &[&hasty]);
    let (asked, came) = told.split_at(told.len().min(2));
    assert_eq!(asked, ["new: A hasty answer", "revoke: "]);
    let by_receipt = crash.is_some() && came == ["delivered"];
    assert!(came == ["sent", "delivered"] || by_receipt, "{told:?}");

    // The other side got all of it, took it back, and then got what was said after it.
    let there = away.guest_sees(&hasty, "taken back there", |message| message["revokedAt"].is_i64());
    let after = away.guest_sees(&better, "the better one", |_| true);
    assert_eq!(there["text"], "");
    let heard = away.world.told(&away.since, &[&there, &after]);
    assert_eq!(heard, ["new: A hasty answer", "revoke: ", "new: A better one"]);
    let events = away.world.events(&away.since);
    let came =
        |event: &&Value| event["type"] == "message.new" && event["data"]["message"]["id"] == there["id"];
    let came = &events.iter().find(came).unwrap()["data"]["message"];
    assert_eq!(came["quoted"]["whatsappId"], away.question["whatsappId"], "{came}");
    let held = until("taken back on the other's phone", || {
        Some(away.world.on_other_phone(&hasty["whatsappId"]))
            .filter(|held| held.first().is_some_and(|one| one["revokedAt"].is_i64()))
    });
    assert_eq!((held.len(), &held[0]["text"]), (1, &json!("")), "{held:?}");
    let second = away.world.second.clone();
    away.world.sees(&second, &hasty["whatsappId"], "taken back on our other device", |message| {
        message["revokedAt"].is_i64() && message["text"] == ""
    });
}

#[test]
fn what_is_edited_before_it_was_sent_goes_out_with_its_last_text() {
    for killed in [false, true] {
        for environment in databases() {
            let mut away = Away::new(&environment);
            let sent = away.says(json!({"text": "First wording"}));
            if killed {
                away.world.restart(&environment);
            }
            let path = format!("/messages/{}", id(&sent));
            let body = json!({"text": "Second wording"});
            let edited = away.world.server.ok("PATCH", &path, Some(&body));
            assert_eq!((&edited["text"], &edited["status"]), (&json!("Second wording"), &json!("queued")));
            assert!(edited["editedAt"].is_i64(), "{edited}");
            let behind = away.says(json!({"text": "And more"}));
            if killed {
                away.world.restart(&environment);
            }
            away.world.server.post(&away.connect(), json!({}));

            let here = away.is_through(&sent, "edit");
            assert_eq!((&here["text"], &here["editedAt"]), (&body["text"], &edited["editedAt"]));
            let told = away.world.told(&away.since, &[&sent]);
            assert_eq!(told, ["new: First wording", "edit: Second wording", "sent", "delivered"]);
            let earlier = away.world.server.get(&format!("{path}/edits"));
            let earlier: Vec<&Value> =
                earlier["items"].as_array().unwrap().iter().map(|one| &one["text"]).collect();
            assert_eq!(earlier, [&json!("First wording")]);

            // Nobody else ever had the first text; what came after the edit came after it there, too.
            let after = away.guest_sees(&behind, "what is behind it", |_| true);
            let there = away.guest_sees(&sent, "the message", |_| true);
            let heard = away.world.told(&away.since, &[&there, &after]);
            assert_eq!(heard, ["new: Second wording", "new: And more"]);
            let held = until("the edit on the other's phone", || {
                Some(away.world.on_other_phone(&sent["whatsappId"]))
                    .filter(|held| held.first().is_some_and(|one| one["editedAt"].is_i64()))
            });
            assert_eq!((held.len(), &held[0]["text"]), (1, &json!("Second wording")), "{held:?}");
        }
    }
}
