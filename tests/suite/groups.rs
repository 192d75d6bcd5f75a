//! Groups through the API: made, changed, joined and left here, and changed by others.

use crate::support;
use crate::support::{Server, until};
use serde_json::{Value, json};

/// Two devices with their phones, and a third phone.
struct People {
    server: Server,
    device: String,
    own: String,
    guest_device: String,
    guest: String,
    third: String,
}

impl People {
    fn new(addressing: &str) -> Self {
        let server = Server::start();
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({"name": name, "addressing": addressing}))["number"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let (own, guest, third) = (phone("Own"), phone("Guest"), phone("Third"));
        let (device, guest_device) = (server.linked_device(&own), server.linked_device(&guest));
        Self { server, device, own, guest_device, guest, third }
    }

    fn path(&self, of: &str, rest: &str) -> String {
        format!("/devices/{of}/groups{rest}")
    }

    fn roles(group: &Value) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let members = group["members"].as_array().unwrap();
        let mut roles: Vec<_> =
            members.iter().map(|one| (text(&one["phoneNumber"]), text(&one["role"]))).collect();
        roles.sort();
        roles
    }

    /// Waits for the news of a group that a device hears.
    #[track_caller]
    fn hears(&self, device: &str, since: &str, what: &str, so: impl Fn(&Value) -> bool) {
        until(what, || {
            let events = self.server.get(&format!("/events?since={since}&limit=1000"));
            let heard = |event: &Value| {
                event["type"] == "group.updated" && event["deviceId"] == device && so(&event["data"]["group"])
            };
            events["items"].as_array()?.iter().any(heard).then_some(())
        });
    }

    fn now(&self) -> String {
        self.server.get("/events")["cursor"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_group_from_its_making_to_its_leaving() {
    ["pn", "lid"].into_iter().for_each(a_life);
}

fn a_life(addressing: &str) {
    let people = People::new(addressing);
    let server = &people.server;
    let start = people.now();
    let made = server.post(
        &people.path(&people.device, ""),
        json!({"subject": "  Sunday lunch ", "members": [format!("+{}", people.guest)]}),
    );
    assert_eq!((&made["subject"], &made["owner"]), (&json!("Sunday lunch"), &json!(people.own)));
    let usual = json!({
        "announce": false, "locked": false, "approval": false, "memberAdd": true, "expiresIn": null,
    });
    assert_eq!(made["settings"], usual);
    let chat = made["chatId"].as_str().unwrap();
    let jid = made["jid"].as_str().unwrap();
    let of_own = people.path(&people.device, &format!("/{chat}"));
    let of_guest = people.path(&people.guest_device, &format!("/{jid}"));
    people.hears(&people.guest_device, &start, "the guest to hear", |group| group["jid"] == jid);
    people.hears(&people.device, &start, "our own news", |group| group["jid"] == jid);
    let seen = server.get(&of_guest);
    let both = |own: &str, guest: &str| {
        let mut roles = vec![(people.own.clone(), own.to_owned()), (people.guest.clone(), guest.to_owned())];
        roles.sort();
        roles
    };
    assert_eq!(People::roles(&seen), both("owner", "member"));

    // Changes are seen by the other, and told to it.
    let start = people.now();
    let changed = server.ok(
        "PATCH",
        &of_own,
        Some(&json!({"subject": "Dinner", "description": "At *eight*", "settings": {"announce": true, "locked": true}})),
    );
    assert_eq!((&changed["subject"], &changed["description"]), (&json!("Dinner"), &json!("At *eight*")));
    assert_eq!(
        (&changed["settings"]["announce"], &changed["settings"]["locked"]),
        (&json!(true), &json!(true))
    );
    people.hears(&people.guest_device, &start, "the changes", |group| {
        group["subject"] == "Dinner" && group["settings"]["locked"] == true
    });
    assert_eq!(server.get(&of_guest)["description"], "At *eight*");
    let (status, refused) = server.call("PATCH", &of_guest, Some(&json!({"subject": "Mine"}))).unwrap();
    assert_eq!((status, &refused["code"]), (502, &json!("upstream")), "it is locked");
    let changed =
        server.ok("PATCH", &of_own, Some(&json!({"description": null, "settings": {"locked": false}})));
    assert_eq!((&changed["description"], &changed["settings"]["locked"]), (&Value::Null, &json!(false)));
    assert_eq!(changed["settings"]["announce"], true, "what is absent stays");
    assert_eq!(server.ok("PATCH", &of_guest, Some(&json!({"subject": "Ours"})))["subject"], "Ours");

    // Members.
    let members = format!("{of_own}/members");
    let told =
        server.post(&members, json!({"add": [people.third, "15559999999"], "promote": [people.guest]}));
    let done: Vec<_> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["change"].as_str().unwrap(), one["done"].as_bool().unwrap()))
        .collect();
    assert_eq!(done.iter().filter(|one| **one == ("add", true)).count(), 1, "{told}");
    assert_eq!(done.iter().filter(|one| **one == ("add", false)).count(), 1, "{told}");
    assert!(done.contains(&("promote", true)), "{told}");
    let start = people.now();
    server.post(&members, json!({"remove": [people.third], "demote": [people.guest]}));
    people.hears(&people.guest_device, &start, "who is left", |group| {
        People::roles(group) == both("owner", "member")
    });

    // By invitation.
    let (status, _) = server.call("GET", &format!("{of_guest}/invite"), None).unwrap();
    assert_eq!(status, 502, "only administrators invite");
    let invite = server.get(&format!("{of_own}/invite"));
    assert_eq!(server.get(&format!("{of_own}/invite")), invite);
    let again = server.post(&format!("{of_own}/invite"), json!({}));
    assert_ne!(again["code"], invite["code"]);
    server.ok("POST", &format!("{of_guest}/leave"), Some(&json!({})));
    let gone = server.get(&of_guest);
    assert_eq!((&gone["left"], &gone["subject"]), (&json!(true), &json!("Ours")), "as it was last known");
    assert_eq!(gone["members"].as_array().map(Vec::len), Some(1), "{gone}");
    let join = people.path(&people.guest_device, "/join");
    let (status, _) = server.call("POST", &join, Some(&json!({"code": invite["code"]}))).unwrap();
    assert_eq!(status, 502, "the link before lets nobody in");
    let start = people.now();
    let joined = server.post(&join, json!({"code": again["link"]}));
    assert_eq!((&joined["jid"], &joined["subject"]), (&json!(jid), &json!("Ours")));
    assert_eq!(server.get(&of_guest)["left"], false);
    people
        .hears(&people.device, &start, "who joined", |group| People::roles(group) == both("owner", "member"));
}

#[test]
fn whoever_joins_waits_for_an_administrator_and_settings_say_who_may_what() {
    let people = People::new("pn");
    let server = &people.server;
    let third_device = server.linked_device(&people.third);
    let group = server.post(&people.path(&people.device, ""), json!({"subject": "Closed"}));
    let (chat, jid) = (group["chatId"].as_str().unwrap(), group["jid"].as_str().unwrap());
    let of_own = people.path(&people.device, &format!("/{chat}"));
    let settings = json!({"settings": {"approval": true, "memberAdd": false, "expiresIn": 604_800}});
    let changed = server.ok("PATCH", &of_own, Some(&settings));
    let said = json!({"announce": false, "locked": false, "approval": true, "memberAdd": false, "expiresIn": 604_800});
    assert_eq!(changed["settings"], said);
    let code = server.get(&format!("{of_own}/invite"))["code"].clone();
    let requests = format!("{of_own}/requests");
    assert_eq!(server.get(&requests)["items"], json!([]));

    // Two ask: the administrator hears of it.
    let start = people.now();
    for device in [&people.guest_device, &third_device] {
        let (status, _) =
            server.call("POST", &people.path(device, "/join"), Some(&json!({"code": code}))).unwrap();
        assert_eq!(status, 202, "an administrator has to let them in");
    }
    let told = |person: &str, pending: bool| {
        until("the request is told", || {
            let events = server.get(&format!("/events?since={start}&limit=1000"));
            let heard = |event: &Value| {
                event["type"] == "group.request"
                    && event["deviceId"] == json!(people.device)
                    && event["data"]["request"]["phoneNumber"] == person
                    && event["data"]["pending"] == pending
                    && event["data"]["chatId"] == chat
            };
            events["items"].as_array()?.iter().any(heard).then_some(())
        });
    };
    told(&people.guest, true);
    told(&people.third, true);
    let waiting = server.get(&requests)["items"].clone();
    let numbers: Vec<_> = waiting.as_array().unwrap().iter().map(|one| one["phoneNumber"].clone()).collect();
    assert_eq!(numbers, [json!(people.guest), json!(people.third)]);
    assert!(waiting[0]["at"].is_i64());

    // One is let in, one turned away, one never asked.
    let answers = json!({"approve": [people.guest, "15559999999"], "reject": [people.third]});
    let items = server.post(&requests, answers)["items"].clone();
    let done = |who: &str, change: &str| {
        let one = |item: &&Value| item["jid"] == format!("{who}@s.whatsapp.net") && item["change"] == change;
        items.as_array().unwrap().iter().find(one).map(|item| item["done"] == true)
    };
    assert_eq!(done(&people.guest, "approve"), Some(true), "{items}");
    assert_eq!(done("15559999999", "approve"), Some(false), "{items}");
    assert_eq!(done(&people.third, "reject"), Some(true), "{items}");
    told(&people.third, false);
    assert_eq!(server.get(&requests)["items"], json!([]));
    people.hears(&people.guest_device, &start, "who was let in", |group| group["jid"] == jid);
    let of_guest = people.path(&people.guest_device, &format!("/{jid}"));
    assert_eq!(People::roles(&server.get(&of_guest)).len(), 2);

    // Who is no administrator sees no requests and adds nobody here.
    let (status, _) = server.call("GET", &format!("{of_guest}/requests"), None).unwrap();
    assert_eq!(status, 502);
    let add = json!({"add": [people.third]});
    let (status, _) = server.call("POST", &format!("{of_guest}/members"), Some(&add)).unwrap();
    assert_eq!(status, 502);
    let open = json!({"settings": {"memberAdd": true, "approval": false, "expiresIn": null}});
    assert_eq!(server.ok("PATCH", &of_own, Some(&open))["settings"]["expiresIn"], Value::Null);
    let added = server.post(&format!("{of_guest}/members"), add);
    assert_eq!(added["items"][0]["done"], true, "{added}");
    for body in [json!({}), json!({"approve": ["nobody"]}), json!({"reject": vec!["34600111222"; 1_025]})] {
        let (status, answer) = server.call("POST", &requests, Some(&body)).unwrap();
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")));
    }

    // Who is removed is told, and sees the group as it last was.
    let start = people.now();
    server.post(&format!("{of_own}/members"), json!({"remove": [people.guest]}));
    people.hears(&people.guest_device, &start, "being removed", |group| {
        group["jid"] == jid && group["left"] == true
    });
    let gone = server.get(&of_guest);
    assert_eq!((&gone["left"], &gone["subject"]), (&json!(true), &json!("Closed")));
    let (status, _) = server.call("PATCH", &of_guest, Some(&json!({"subject": "Mine"}))).unwrap();
    assert_eq!(status, 404);
}

#[test]
fn a_group_gets_a_picture_and_loses_it_for_everybody() {
    let people = People::new("pn");
    let server = &people.server;
    let made =
        server.post(&people.path(&people.device, ""), json!({"subject": "Seen", "members": [people.guest]}));
    let jid = made["jid"].as_str().unwrap();
    let picture = format!("{}/picture", people.path(&people.device, &format!("/{jid}")));
    let photo = include_bytes!("../../src/server/sandbox/pictures/diego.jpg");
    let media = support::api::upload(server, "image/jpeg", photo);
    let chat = server.ok("PUT", &picture, Some(&json!({"mediaId": media})));
    let shown = chat["picture"].as_str().expect("a picture").to_owned();
    let bytes = support::api::bytes(server, &shown);
    let size = image::load_from_memory(&bytes).map(|image| (image.width(), image.height())).unwrap();
    assert_eq!(size, (640, 640));
    let of_guest = |is: &dyn Fn(&Value) -> bool| {
        let chats = server.get(&format!("/devices/{}/chats", people.guest_device));
        chats["items"].as_array()?.iter().find(|chat| chat["jid"] == jid && is(&chat["picture"])).map(|_| ())
    };
    until("the guest sees it", || of_guest(&|picture| *picture == json!(shown)));

    let start = people.now();
    assert_eq!(server.ok("DELETE", &picture, None)["picture"], Value::Null);
    until("the guest sees that it is gone", || of_guest(&Value::is_null));
    until("it is told", || {
        let events = server.get(&format!("/events?since={start}&limit=1000"));
        let heard = |event: &Value| {
            event["type"] == "chat.updated"
                && event["deviceId"] == json!(people.guest_device)
                && event["data"]["chat"]["jid"] == jid
                && event["data"]["chat"]["picture"].is_null()
        };
        events["items"].as_array()?.iter().any(heard).then_some(())
    });
    let text = support::api::upload(server, "text/plain", b"no picture");
    let (status, answer) = server.call("PUT", &picture, Some(&json!({"mediaId": text}))).unwrap();
    assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{answer}");
    let (status, _) = server.call("PUT", &picture, Some(&json!({"mediaId": "med_nothing"}))).unwrap();
    assert_eq!(status, 404);
}

#[test]
fn members_have_the_pictures_that_are_known_of_them() {
    let people = People::new("pn");
    let server = &people.server;
    let text = json!({"to": people.own, "text": "It is me"});
    server.post(&format!("/sandbox/phones/{}/messages", people.guest), text);
    let contact = format!("/devices/{}/contacts/{}", people.device, people.guest);
    until("the guest is known", || (server.call("GET", &contact, None).ok()?.0 == 200).then_some(()));
    let made =
        server.post(&people.path(&people.device, ""), json!({"subject": "Seen", "members": [people.guest]}));
    let group = people.path(&people.device, &format!("/{}", made["jid"].as_str().unwrap()));
    let picture_of = |number: &str| {
        let group = server.get(&group);
        let member = group["members"].as_array().unwrap().iter().find(|one| one["phoneNumber"] == number);
        member.unwrap()["picture"].clone()
    };
    assert_eq!(picture_of(&people.guest), Value::Null);

    let photo = include_bytes!("../../src/server/sandbox/pictures/marcus.jpg");
    let media = support::api::upload(server, "image/jpeg", photo);
    let profile = format!("/devices/{}/profile/picture", people.guest_device);
    let shown = server.ok("PUT", &profile, Some(&json!({"mediaId": media})))["picture"].clone();
    assert!(shown.is_string());
    until("the picture is known", || (picture_of(&people.guest) == shown).then_some(()));
    // Of a group that cannot be asked for now as well.
    server.post(&format!("/devices/{}/disconnect", people.device), json!({}));
    assert_eq!(picture_of(&people.guest), shown);
    assert_eq!(picture_of(&people.own), Value::Null);
}

#[test]
fn what_cannot_be_is_refused() {
    let people = People::new("pn");
    let server = &people.server;
    let groups = people.path(&people.device, "");
    for body in [
        json!({"subject": " "}),
        json!({"subject": "x".repeat(101)}),
        json!({"subject": "a", "members": ["nobody"]}),
        json!({"subject": "a", "members": ["120363040000000001@g.us"]}),
    ] {
        let (status, answer) = server.call("POST", &groups, Some(&body)).unwrap();
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{body}");
    }
    let chat = server.post(&groups, json!({"subject": "Ours"}))["chatId"].as_str().unwrap().to_owned();
    let group = format!("{groups}/{chat}");
    for body in [
        json!({"description": ""}),
        json!({"description": "x".repeat(2_049)}),
        json!({"subject": ""}),
        json!({"settings": {"expiresIn": 3_600}}),
    ] {
        let (status, answer) = server.call("PATCH", &group, Some(&body)).unwrap();
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{body}");
    }
    let (status, answer) = server.call("POST", &format!("{group}/members"), Some(&json!({}))).unwrap();
    assert_eq!((status, &answer["code"]), (400, &json!("invalid")));
    for code in ["", "a b", "é", &"x".repeat(129)] {
        let (status, answer) =
            server.call("POST", &format!("{groups}/join"), Some(&json!({"code": code}))).unwrap();
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{code:?}");
    }
    // A person is no group.
    server.post(&format!("/devices/{}/chats/{}/messages", people.device, people.third), json!({"text": "x"}));
    let (status, answer) = server.call("GET", &format!("{groups}/{}", people.third), None).unwrap();
    assert_eq!((status, &answer["code"]), (404, &json!("not_found")));
    server.post(&format!("/devices/{}/disconnect", people.device), json!({}));
    let (status, answer) = server.call("PATCH", &group, Some(&json!({"subject": "Away"}))).unwrap();
    assert_eq!((status, &answer["code"]), (409, &json!("not_connected")));
    // How it was last known can be read all the same.
    let known = server.get(&group);
    assert_eq!((&known["subject"], &known["left"]), (&json!("Ours"), &json!(false)));
    assert!(known["asOf"].as_i64().is_some_and(|at| at > 1_700_000_000_000));
}
