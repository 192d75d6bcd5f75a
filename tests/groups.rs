//! Groups through the API: made, changed, joined and left here, and changed by others.

#![cfg(feature = "ssr")]

mod support;

use serde_json::{Value, json};
use support::{Server, until};

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
    fn new() -> Self {
        let server = Server::start();
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
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
    let people = People::new();
    let server = &people.server;
    let start = people.now();
    let made = server.post(
        &people.path(&people.device, ""),
        json!({"subject": "  Sunday lunch ", "members": [format!("+{}", people.guest)]}),
    );
    assert_eq!((&made["subject"], &made["owner"]), (&json!("Sunday lunch"), &json!(people.own)));
    assert_eq!(made["settings"], json!({"announce": false, "locked": false}));
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
    assert_eq!(changed["settings"], json!({"announce": true, "locked": true}));
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
    let (status, gone) = server.call("GET", &of_guest, None).unwrap();
    assert_eq!((status, &gone["code"]), (404, &json!("not_found")), "who left sees it no more");
    let join = people.path(&people.guest_device, "/join");
    let (status, _) = server.call("POST", &join, Some(&json!({"code": invite["code"]}))).unwrap();
    assert_eq!(status, 502, "the link before lets nobody in");
    let start = people.now();
    let joined = server.post(&join, json!({"code": again["link"]}));
    assert_eq!((&joined["jid"], &joined["subject"]), (&json!(jid), &json!("Ours")));
    people
        .hears(&people.device, &start, "who joined", |group| People::roles(group) == both("owner", "member"));
}

#[test]
fn what_cannot_be_is_refused() {
    let people = People::new();
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
    for body in
        [json!({"description": ""}), json!({"description": "x".repeat(2_049)}), json!({"subject": ""})]
    {
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
    let (status, answer) = server.call("GET", &group, None).unwrap();
    assert_eq!((status, &answer["code"]), (409, &json!("not_connected")));
}
