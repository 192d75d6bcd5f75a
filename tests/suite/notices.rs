//! What happens in groups and to chats stands in their threads as notices: what others do, what we do, and what
//! happened before the link; and messages that disappear.

use crate::support;
use crate::support::{Server, databases, until};
use serde_json::{Value, json};

struct People {
    server: Server,
    device: String,
    own: String,
    guest_device: String,
    guest: String,
    third: String,
}

impl People {
    fn new(environment: &[(&'static str, String)]) -> Self {
        let server = Server::start_with(environment);
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
        };
        let (own, guest, third) = (phone("Own"), phone("Guest"), phone("Third"));
        let (device, guest_device) = (server.linked_device(&own), server.linked_device(&guest));
        Self { server, device, own, guest_device, guest, third }
    }

    /// The notices of a chat, oldest first: code, who did it, to whom, what is new.
    fn notices(&self, device: &str, chat: &str) -> Vec<Value> {
        let page =
            self.server.call("GET", &format!("/devices/{device}/chats/{chat}/messages?limit=200"), None);
        let Ok((200, page)) = page else { return Vec::new() };
        // Newest first.
        let messages = page["items"].as_array().unwrap().iter().rev();
        messages
            .filter(|message| message["kind"] == "system")
            .map(|message| {
                let notice = &message["notice"];
                json!([notice["code"], notice["by"], notice["people"], notice["value"]])
            })
            .collect()
    }

    #[track_caller]
    fn stands(&self, device: &str, chat: &str, notices: &[Value]) {
        let mut last = Vec::new();
        for _ in 0..1_000 {
            last = self.notices(device, chat);
            if last == notices {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(last, notices);
    }

    /// A chat as a device lists it.
    fn chat(&self, device: &str, peer: &str) -> Option<Value> {
        let chats = self.server.get(&format!("/devices/{device}/chats"));
        let with = |chat: &&Value| chat["phoneNumber"] == peer || chat["jid"] == peer;
        chats["items"].as_array()?.iter().find(with).cloned()
    }

    fn now(&self) -> String {
        self.server.get("/events")["cursor"].as_str().unwrap().to_owned()
    }
}

#[test]
fn what_happens_in_a_group_stands_in_every_thread_of_it() {
    for environment in databases() {
        let people = People::new(&environment);
        let (server, own, guest, third) = (&people.server, &people.own, &people.guest, &people.third);
        let groups = format!("/devices/{}/groups", people.device);
        let made = server.post(&groups, json!({"subject": "Lunch", "members": [guest]}));
        let jid = made["jid"].as_str().unwrap();
        let group = format!("{groups}/{jid}");
        let change = json!({"subject": "Dinner", "description": "At eight", "settings": {"locked": true, "announce": true}});
        server.ok("PATCH", &group, Some(&change));
        server.ok("PATCH", &group, Some(&json!({"settings": {"locked": false}})));
        server.post(&format!("{group}/members"), json!({"add": [third]}));
        server.post(&format!("{group}/members"), json!({"promote": [guest]}));
        server.post(&format!("{group}/members"), json!({"remove": [third]}));
        server.ok("PATCH", &group, Some(&json!({"description": null, "settings": {"expiresIn": 86_400}})));
        server.post(&format!("/devices/{}/groups/{jid}/leave", people.guest_device), json!({}));
        let none = Value::Null;
        let all = [
            json!(["group_created", own, none, "Lunch"]),
            json!(["subject_changed", own, none, "Dinner"]),
            json!(["description_changed", own, none, "At eight"]),
            json!(["announce_on", own, none, none]),
            json!(["group_locked", own, none, none]),
            json!(["group_unlocked", own, none, none]),
            json!(["members_added", own, [third], none]),
            json!(["members_promoted", own, [guest], none]),
            json!(["members_removed", own, [third], none]),
            json!(["description_removed", own, none, none]),
            json!(["disappearing_on", own, none, "86400"]),
            json!(["member_left", guest, [guest], none]),
        ];
        let sorted = |notices: &[Value]| {
            let mut notices: Vec<String> = notices.iter().map(Value::to_string).collect();
            notices.sort();
            notices
        };
        for device in [&people.device, &people.guest_device] {
            until("every notice", || (sorted(&people.notices(device, jid)) == sorted(&all)).then_some(()));
        }
        // Nobody has to read them, and they are found in the export in words.
        let chat = people.chat(&people.guest_device, jid).unwrap();
        assert_eq!(chat["unread"], 0, "{chat}");
        let id = made["chatId"].as_str().unwrap();
        let (_, page) = server.call("GET", &format!("/chats/{id}/export?format=html"), None).unwrap();
        let page = page.as_str().unwrap();
        for words in ["You created the group “Lunch”", "You changed the subject to “Dinner”", "left"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }

        // A device that is linked later has them from the phone, once.
        let later = server.linked_device(own);
        until("the notices of the past", || {
            (sorted(&people.notices(&later, jid)) == sorted(&all)).then_some(())
        });
    }
}

#[test]
fn what_was_taken_back_before_the_link_is_there_as_such() {
    let people = People::new(&[]);
    let messages = format!("/sandbox/phones/{}/messages", people.third);
    let text = people.server.post(&messages, json!({"to": people.own, "text": "a mistake"}));
    people.server.post(&messages, json!({"to": people.own, "revoke": {"messageId": text["id"]}}));
    let later = people.server.linked_device(&people.own);
    let taken_back = until("the message of the past", || {
        let path = format!("/devices/{later}/chats/{}/messages", people.third);
        let (status, page) = people.server.call("GET", &path, None).ok()?;
        let found = page["items"].as_array()?.iter().find(|one| one["whatsappId"] == text["id"])?.clone();
        (status == 200).then_some(found)
    });
    assert!(taken_back["revokedAt"].is_i64() && taken_back["text"] == "", "{taken_back}");
}

#[test]
fn messages_disappear_after_the_time_of_their_chat() {
    for environment in databases() {
        let people = People::new(&environment);
        let (server, own, guest) = (&people.server, &people.own, &people.guest);
        let phone = format!("/sandbox/phones/{guest}");
        let text = server.post(&format!("{phone}/messages"), json!({"to": own, "text": "before"}));
        let chat = until("the chat", || {
            people.chat(&people.device, guest).filter(|chat| chat["lastMessage"].is_object())
        });
        assert_eq!(chat["expiresIn"], Value::Null);
        let id = chat["id"].as_str().unwrap();

        // Set here: told to the other side, kept with what is sent.
        let (status, refused) =
            server.call("PATCH", &format!("/chats/{id}"), Some(&json!({"expiresIn": 60}))).unwrap();
        assert_eq!((status, &refused["code"]), (400, &json!("invalid")));
        let set = server.ok("PATCH", &format!("/chats/{id}"), Some(&json!({"expiresIn": 604_800})));
        assert_eq!(set["expiresIn"], 604_800);
        people.stands(&people.device, guest, &[json!(["disappearing_on", own, null, "604800"])]);
        people.stands(&people.guest_device, own, &[json!(["disappearing_on", own, null, "604800"])]);
        assert_eq!(people.chat(&people.guest_device, own).unwrap()["expiresIn"], 604_800);
        until("the timer on the phones", || {
            let of = |number: &str, peer: &str| {
                let chats = server.get(&format!("/sandbox/phones/{number}/chats"));
                let chats = chats["items"].as_array().unwrap().clone();
                chats.into_iter().find(|chat| chat["jid"] == peer).unwrap_or_default()["expiresIn"].clone()
            };
            (of(guest, own) == 604_800 && of(own, guest) == 604_800).then_some(())
        });
        let sent = server.post(&format!("/chats/{id}/messages"), json!({"text": "for a week"}));
        assert_eq!(sent["expiresIn"], 604_800);
        let held = until("the text on their phone", || {
            let held = server.get(&format!("{phone}/messages"));
            held["items"].as_array()?.iter().find(|one| one["id"] == sent["whatsappId"]).cloned()
        });
        assert_eq!(held["expiresIn"], 604_800, "{held}");

        // Set by the other's phone; a device that is linked later knows it.
        server.ok("POST", &format!("{phone}/chats/{own}"), Some(&json!({"expiresIn": 0})));
        until("never", || (server.get(&format!("/chats/{id}"))["expiresIn"].is_null()).then_some(()));
        until("that it is said", || {
            let said = json!(["disappearing_off", guest, null, null]);
            (people.notices(&people.device, guest).first() == Some(&said)).then_some(())
        });
        server.ok("POST", &format!("{phone}/chats/{own}"), Some(&json!({"expiresIn": 86_400})));
        let later = server.linked_device(own);
        until("the timer of the past", || {
            people.chat(&later, guest).filter(|chat| chat["expiresIn"] == 86_400).map(drop)
        });

        // One that is over soon: it goes from every device, with an event, and what is to stay stays.
        let cursor = people.now();
        let soon = server
            .post(&format!("{phone}/messages"), json!({"to": own, "text": "gone soon", "expiresIn": 3}));
        let seen = |device: &str, whatsapp_id: &Value| {
            let page = server.get(&format!("/devices/{device}/chats/{guest}/messages?limit=200"));
            page["items"].as_array().unwrap().iter().find(|one| one["whatsappId"] == *whatsapp_id).cloned()
        };
        let gone = until("the short one", || seen(&people.device, &soon["id"]));
        assert_eq!(gone["expiresIn"], 3);
        until("it is over", || seen(&people.device, &soon["id"]).is_none().then_some(()));
        until("the event", || {
            let events = server.get(&format!("/events?since={cursor}&limit=1000"));
            let deleted = |event: &Value| {
                event["type"] == "message.deleted" && event["data"]["messageId"] == gone["id"]
            };
            events["items"].as_array()?.iter().any(deleted).then_some(())
        });
        assert!(seen(&people.device, &text["id"]).is_some());
    }
}

#[test]
fn what_is_to_be_seen_once_is_a_notice_of_its_kind() {
    let people = People::new(&[]);
    let picture =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
    let body = json!({"to": people.own, "media": {"content": picture, "contentType": "image/png"}, "viewOnce": true});
    let sent = people.server.post(&format!("/sandbox/phones/{}/messages", people.guest), body);
    let seen = until("the notice", || {
        let path = format!("/devices/{}/chats/{}/messages", people.device, people.guest);
        let (_, page) = people.server.call("GET", &path, None).ok()?;
        page["items"].as_array()?.iter().find(|one| one["whatsappId"] == sent["id"]).cloned()
    });
    assert_eq!((&seen["kind"], &seen["viewOnce"]), (&json!("image"), &json!(true)), "{seen}");
    assert!(seen.get("media").is_none());
}

#[test]
fn where_somebody_goes_begins_as_a_place() {
    let people = People::new(&[]);
    let place = json!({"latitude": 40.4168, "longitude": -3.7038, "live": true});
    let sent = people.server.post(
        &format!("/sandbox/phones/{}/messages", people.guest),
        json!({"to": people.own, "location": place}),
    );
    let seen = until("the place", || {
        let path = format!("/devices/{}/chats/{}/messages", people.device, people.guest);
        let (_, page) = people.server.call("GET", &path, None).ok()?;
        page["items"].as_array()?.iter().find(|one| one["whatsappId"] == sent["id"]).cloned()
    });
    assert_eq!((&seen["kind"], &seen["location"]), (&json!("location"), &place), "{seen}");

    // As it came, to the last byte; of what is nothing but text, nothing else is kept.
    let raw = |id: &Value| {
        let url = format!("{}/api/v1/messages/{}/raw", people.server.url, id.as_str().unwrap());
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.get(url).header("x-api-key", support::API_KEY).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_vec().unwrap())
    };
    let (status, bytes) = raw(&seen["id"]);
    assert_eq!(status, 200);
    assert!(bytes.windows(8).any(|part| part == 40.4168_f64.to_le_bytes()), "{bytes:?}");
    let path = format!("/devices/{}/chats/{}/messages", people.device, people.guest);
    let text = people.server.post(&path, json!({"text": "only text"}));
    assert_eq!(raw(&text["id"]).0, 404);
}
