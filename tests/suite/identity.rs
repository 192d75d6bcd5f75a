//! A person is one contact: by number, by LID, and once it turns out that both are the same.

use crate::support;
use crate::support::socketio::{By, Wire};
use crate::support::{API_KEY, Server, databases, until};
use serde_json::{Value, json};
use std::time::Duration;

/// A device with its phone, and what others do.
struct World {
    server: Server,
    own: String,
    device: String,
}

impl World {
    fn new(environment: &[(&'static str, String)], addressing: &str) -> Self {
        let server = Server::start_with(environment);
        let own = phone(&server, "Own", addressing);
        let device = server.linked_device(&own);
        Self { server, own, device }
    }

    fn of(&self, rest: &str) -> String {
        format!("/devices/{}{rest}", self.device)
    }

    /// A phone writes to ours.
    fn hears(&self, from: &str, text: &str) {
        self.server.post(&format!("/sandbox/phones/{from}/messages"), json!({"to": self.own, "text": text}));
    }

    fn now(&self) -> String {
        self.server.get("/events")["cursor"].as_str().unwrap().to_owned()
    }

    fn events(&self, since: &str, kind: &str) -> Vec<Value> {
        let page = self.server.get(&format!("/events?since={since}&limit=1000"));
        page["items"].as_array().unwrap().iter().filter(|event| event["type"] == kind).cloned().collect()
    }

    /// The chats with people.
    fn chats(&self) -> Vec<Value> {
        let page = self.server.get(&self.of("/chats?limit=200"));
        page["items"].as_array().unwrap().iter().filter(|chat| chat["kind"] == "direct").cloned().collect()
    }

    /// The chat with this JID, once it has a message of this text as its newest.
    fn chat_at(&self, jid: &str, newest: &str) -> Value {
        until(newest, || {
            self.chats().into_iter().find(|chat| chat["jid"] == jid && chat["lastMessage"]["text"] == newest)
        })
    }

    fn thread(&self, chat: &str) -> Vec<Value> {
        self.server.get(&format!("/chats/{chat}/messages?limit=200"))["items"].as_array().unwrap().clone()
    }

    /// What a phone holds of what our device sent it.
    fn held(&self, phone: &str) -> Vec<String> {
        let page = self.server.get(&format!("/sandbox/phones/{phone}/messages"));
        let items = page["items"].as_array().unwrap().iter();
        items.filter(|one| one["from"] == self.own).map(|one| text(one, "text")).collect()
    }

    fn address(&self, phone: &str, addressing: &str) {
        let path = format!("/sandbox/phones/{phone}/addressing");
        let shown = self.server.ok("PUT", &path, Some(&json!({"addressing": addressing})));
        assert_eq!(shown["addressing"], addressing);
    }

    fn lid(&self, phone: &str) -> String {
        text(&self.server.get(&format!("/sandbox/phones/{phone}")), "lid")
    }
}

fn phone(server: &Server, name: &str, addressing: &str) -> String {
    text(&server.post("/sandbox/phones", json!({"name": name, "addressing": addressing})), "number")
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn jid(number: &str) -> String {
    format!("{number}@s.whatsapp.net")
}

#[test]
fn a_conversation_under_two_names_becomes_one_before_everybodys_eyes() {
    for environment in databases() {
        let world = World::new(&environment, "pn");
        let server = &world.server;
        let marta = phone(server, "Marta", "pn");
        let lid = world.lid(&marta);
        // By number: what our own phone wrote, which says nothing of a LID.
        let from_phone = json!({"to": marta, "text": "from the phone"});
        server.post(&format!("/sandbox/phones/{}/messages", world.own), from_phone);
        let by_number = world.chat_at(&jid(&marta), "from the phone");
        // By LID alone.
        world.address(&marta, "hidden");
        world.hears(&marta, "who am I?");
        let by_lid = world.chat_at(&lid, "who am I?");
        assert_eq!((&by_lid["phoneNumber"], &by_lid["lid"]), (&Value::Null, &json!(lid)));
        assert_ne!(by_lid["id"], by_number["id"]);
        let old = text(&by_lid, "id");
        // An answer reaches her, and her receipts and reactions come back to it.
        let answer = server.post(&world.of(&format!("/chats/{lid}/messages")), json!({"text": "no idea"}));
        assert_eq!(answer["chatId"], by_lid["id"]);
        until("the answer on her phone", || world.held(&marta).contains(&"no idea".to_owned()).then_some(()));
        server.post(&format!("/sandbox/phones/{marta}/read"), json!({"chat": world.own}));
        let reaction =
            json!({"to": world.own, "reaction": {"messageId": answer["whatsappId"], "emoji": "👍"}});
        server.post(&format!("/sandbox/phones/{marta}/messages"), reaction);
        let answered = until("her reaction and receipt", || {
            let found = world.thread(&old).into_iter().find(|one| one["id"] == answer["id"])?;
            (found["status"] == "read" && found["reactions"].is_array()).then_some(found)
        });
        assert_eq!(answered["reactions"][0]["from"], lid.as_str());

        let start = world.now();
        let namespace = format!("/device/{}", world.device);
        let mut wire = Wire::open(server, By::WebSocket, &format!("&apiKey={API_KEY}"), &[]);
        wire.enter(&namespace, &Value::Null).unwrap();
        let key = [("x-api-key", API_KEY)];
        let mut stream =
            support::sse::EventSource::open(&server.url, &format!("/api/v1/events?since={start}"), &key)
                .unwrap();
        // Now she shows her number.
        world.address(&marta, "lid");
        world.hears(&marta, "it is me");
        let chat = world.chat_at(&jid(&marta), "it is me");
        until("one chat", || (world.chats().len() == 1).then_some(()));
        let kept = text(&chat, "id");

        // Told once, on every wire.
        let merged = until("the merge", || world.events(&start, "chat.merged").pop());
        assert_eq!(world.events(&start, "chat.merged").len(), 1);
        assert_eq!(world.events(&start, "contact.merged").len(), 1);
        assert_eq!((&merged["data"]["from"], &merged["data"]["chat"]["id"]), (&json!(old), &json!(kept)));
        wire.wait_for("contact:update", |payload| payload["mergedFrom"] == lid.as_str());
        let gone = wire.wait_for("chat:update", |payload| payload["chat"]["deleted"] == true);
        assert_eq!(
            (&gone.payload["chat"]["id"], &gone.payload["chat"]["mergedInto"]),
            (&json!(old), &json!(kept))
        );
        until("the merge on the stream", || {
            let event = stream.next(Duration::from_secs(10)).unwrap()?;
            let frame: Value = serde_json::from_str(&event.data).ok()?;
            (frame["event"]["type"] == "chat.merged").then_some(frame)
        });

        // Nothing lost, nothing doubled; all of it under the number.
        let thread =
            until("the whole thread", || Some(world.thread(&kept)).filter(|thread| thread.len() == 4));
        let said: Vec<_> = thread.iter().map(|one| (text(one, "from"), text(one, "text"))).collect();
        let line = |from: &str, text: &str| (from.to_owned(), text.to_owned());
        let mut expected = [
            line(&world.own, "from the phone"),
            line(&marta, "who am I?"),
            line(&world.own, "no idea"),
            line(&marta, "it is me"),
        ];
        let mut sorted = said.clone();
        sorted.sort();
        expected.sort();
        assert_eq!(sorted, expected, "{said:?}");
        let answered = thread.iter().find(|one| one["id"] == answer["id"]).unwrap();
        assert_eq!((&answered["status"], &answered["reactions"][0]["from"]), (&json!("read"), &json!(marta)));
        let receipts = server.get(&format!("/messages/{}/receipts", text(answered, "id")));
        assert!(receipts.to_string().contains(&marta) && !receipts.to_string().contains(&lid), "{receipts}");

        // Every name of hers leads there: the old chat's id, the LID, the number in any spelling, the JID.
        assert_eq!(server.get(&format!("/chats/{old}"))["id"], kept.as_str());
        assert_eq!(world.thread(&old), thread);
        let spaced = format!("+{} {} {}", &marta[..4], &marta[4..7], &marta[7..]).replace(' ', "%20");
        let names = [lid.clone(), marta.clone(), format!("+{marta}"), jid(&marta), spaced];
        for name in &names {
            let contact = server.get(&world.of(&format!("/contacts/{name}")));
            assert_eq!((&contact["jid"], &contact["lid"]), (&json!(jid(&marta)), &json!(lid)), "{name}");
        }
        for (nth, name) in names.iter().chain([&old]).enumerate() {
            let sent = server.post(
                &world.of(&format!("/chats/{name}/messages")),
                json!({"text": format!("to every name {nth}")}),
            );
            assert_eq!(sent["chatId"], kept.as_str(), "{name}");
        }
        until("all of them on her phone", || (world.held(&marta).len() == 8).then_some(()));
        for (asked, found) in [
            (format!("q=idea&chat={old}"), 1),
            (format!("q=idea&chat={kept}&from=me"), 1),
            (format!("q=me&from={lid}"), 1),
            (format!("q=me&from={marta}"), 1),
        ] {
            let items = server.get(&format!("/search?{asked}"))["items"].as_array().unwrap().len();
            assert_eq!(items, found, "{asked}");
        }
        assert_eq!(world.chats().len(), 1);
    }
}

#[test]
fn a_group_by_lid_knows_its_people_by_number() {
    let world = World::new(&[], "pn");
    let server = &world.server;
    let (marta, eva) = (phone(server, "Marta", "lid"), phone(server, "Eva", "hidden"));
    let eva_lid = world.lid(&eva);
    let path = format!("/sandbox/phones/{marta}/groups");
    let body = json!({"subject": "By LID", "members": [world.own, eva], "addressing": "lid"});
    let group = text(&server.post(&path, body), "jid");
    let says = |from: &str, text: &str| {
        server.post(&format!("/sandbox/phones/{from}/messages"), json!({"to": group, "text": text}))
    };
    says(&marta, "from Marta");
    says(&eva, "from Eva");
    let path = world.of(&format!("/chats/{group}/messages"));
    let thread = |path: &str| -> Vec<(String, String)> {
        let (status, page) = server.call("GET", path, None).unwrap();
        let items =
            if status == 200 { page["items"].as_array().cloned().unwrap_or_default() } else { Vec::new() };
        items.iter().map(|one| (text(one, "from"), text(one, "text"))).collect()
    };
    let from = |who: &str, text: &str| (who.to_owned(), text.to_owned());
    until("both messages", || {
        let thread = thread(&path);
        let both = [from(&marta, "from Marta"), from(&eva_lid, "from Eva")];
        both.iter().all(|one| thread.contains(one)).then_some(())
    });
    let sent = server.post(&path, json!({"text": "to all"}));
    for member in [&marta, &eva] {
        until("our message on the phones", || {
            world.held(member).contains(&"to all".to_owned()).then_some(())
        });
        server.post(&format!("/sandbox/phones/{member}/read"), json!({"chat": group}));
        let reaction = json!({"to": group, "reaction": {"messageId": sent["whatsappId"], "emoji": "👍"}});
        server.post(&format!("/sandbox/phones/{member}/messages"), reaction);
    }
    let receipts = format!("/messages/{}/receipts", text(&sent, "id"));
    until("both receipts and reactions", || {
        let told = server.get(&receipts).to_string();
        let page = server.get(&path);
        let found = page["items"].as_array()?.iter().find(|one| one["id"] == sent["id"])?;
        let both = found["reactions"].as_array().is_some_and(|all| all.len() == 2);
        (told.contains(&marta) && told.contains(&eva_lid) && both).then_some(())
    });
    // Eva shows her number: what she did was hers.
    let start = world.now();
    world.address(&eva, "lid");
    says(&eva, "it is me");
    until("her old message under her number", || {
        let thread = thread(&path);
        let hers = [from(&eva, "from Eva"), from(&eva, "it is me")];
        hers.iter().all(|one| thread.contains(one)).then_some(())
    });
    // Beside what was said there is the notice that Marta made the group.
    let said: Vec<_> = thread(&path).into_iter().filter(|(_, text)| !text.is_empty()).collect();
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!(world.events(&start, "contact.merged").len(), 1);
    let told = server.get(&receipts).to_string();
    assert!(told.contains(&eva) && !told.contains(&eva_lid), "{told}");
    let group = server.get(&world.of(&format!("/groups/{group}")));
    let mut numbers: Vec<_> =
        group["members"].as_array().unwrap().iter().map(|one| text(one, "phoneNumber")).collect();
    numbers.sort();
    let mut everybody = vec![world.own.clone(), marta, eva];
    everybody.sort();
    assert_eq!(numbers, everybody);
}

#[test]
fn an_account_that_was_moved_to_lids_talks_as_before() {
    let world = World::new(&[], "lid");
    let server = &world.server;
    for addressing in ["pn", "lid"] {
        let friend = phone(server, "Friend", addressing);
        let device = server.linked_device(&friend);
        let hello = server.post(&world.of(&format!("/chats/{friend}/messages")), json!({"text": "hello"}));
        let theirs = format!("/devices/{device}/chats/{}/messages", world.own);
        let got = until("hello at the friend's", || {
            let (status, page) = server.call("GET", &theirs, None).ok()?;
            let items = if status == 200 { page["items"].as_array()? } else { return None };
            items.iter().find(|one| one["whatsappId"] == hello["whatsappId"]).cloned()
        });
        assert_eq!(got["from"], world.own.as_str());
        server.post(&theirs, json!({"text": "hello to you", "quoted": got["id"]}));
        let back = until("the answer", || {
            let page = server.get(&world.of(&format!("/chats/{friend}/messages")));
            page["items"].as_array()?.iter().find(|one| one["text"] == "hello to you").cloned()
        });
        assert_eq!(
            (&back["from"], &back["quoted"]["messageId"]),
            (&json!(friend), &hello["id"]),
            "{addressing}"
        );
        until("delivered", || {
            let page = server.get(&world.of(&format!("/chats/{friend}/messages")));
            let found = page["items"].as_array()?.iter().find(|one| one["id"] == hello["id"])?.clone();
            (found["status"] == "delivered" || found["status"] == "read").then_some(())
        });
        let with: Vec<_> =
            world.chats().into_iter().filter(|chat| chat["phoneNumber"] == friend.as_str()).collect();
        assert_eq!(with.len(), 1, "{addressing}: {with:?}");
    }
    assert_eq!(world.chats().len(), 2, "{:?}", world.chats());
}

#[test]
fn a_server_that_is_killed_while_chats_become_one_leaves_them_whole() {
    let mut world = World::new(&[], "pn");
    let start = world.now();
    let expected: Vec<String> = (0..120).map(|nth| format!("hidden {nth}")).collect();
    // Killed earlier and later after the message that shows the number.
    for wait in [0, 15, 40, 90] {
        let friend = phone(&world.server, "Friend", "pn");
        let lid = world.lid(&friend);
        let path = format!("/sandbox/phones/{}/messages", world.own);
        world.server.post(&path, json!({"to": friend, "text": "by number"}));
        world.chat_at(&jid(&friend), "by number");
        world.address(&friend, "hidden");
        for text in &expected {
            world.hears(&friend, text);
        }
        let old = world.chat_at(&lid, expected.last().unwrap());
        world.address(&friend, "lid");
        world.hears(&friend, "it is me");
        std::thread::sleep(Duration::from_millis(wait));
        world.server.kill();
        world.server.run();
        world.server.wait_for_status(&world.device, "connected");
        let chat = world.chat_at(&jid(&friend), "it is me");
        until("one chat", || {
            let with =
                world.chats().into_iter().filter(|chat| chat["jid"] == jid(&friend) || chat["jid"] == lid);
            (with.count() == 1).then_some(())
        });
        let thread = world.thread(&text(&old, "id"));
        assert!(thread.iter().all(|one| one["chatId"] == chat["id"]));
        let mut said: Vec<_> = thread.iter().map(|one| text(one, "text")).collect();
        let mut all = expected.clone();
        all.extend(["by number".to_owned(), "it is me".to_owned()]);
        said.sort();
        all.sort();
        assert_eq!(said, all, "killed after {wait} ms");
        assert_eq!(
            world.events(&start, "chat.merged").iter().filter(|one| one["data"]["from"] == old["id"]).count(),
            1
        );
    }
}
