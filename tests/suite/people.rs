//! People through the API: who is on WhatsApp, what they say, who is blocked, what they are called.

use crate::support;
use crate::support::{Server, until};
use serde_json::{Value, json};

#[test]
fn people_are_looked_up_blocked_and_saved() {
    let server = Server::start();
    let phone = |name: &str| {
        server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
    };
    let (own, other) = (phone("Own"), phone("Other"));
    let device = server.linked_device(&own);
    let of = |rest: &str| format!("/devices/{device}{rest}");

    let numbers = json!({"numbers": [format!("+{other}"), "15559999999", other]});
    let checked = server.post(&of("/numbers/check"), numbers);
    let there = json!({"number": other, "exists": true, "jid": format!("{other}@s.whatsapp.net")});
    let nobody = json!({"number": "15559999999", "exists": false, "jid": null});
    assert_eq!(checked["items"], json!([there, nobody, there]));
    for numbers in [json!([]), json!(["nonsense"]), json!(vec![other.clone(); 51])] {
        let (status, answer) =
            server.call("POST", &of("/numbers/check"), Some(&json!({"numbers": numbers}))).unwrap();
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{numbers}");
    }

    let about = server.get(&of(&format!("/contacts/{other}/about")));
    assert_eq!(about["about"], "Hey there! I am using WhatsApp.");

    let blocked = || server.get(&of("/blocked"))["items"].clone();
    assert_eq!(blocked(), json!([]));
    let block = of(&format!("/contacts/{other}/block"));
    server.post(&block, json!({}));
    server.post(&block, json!({}));
    let entry = json!({"jid": format!("{other}@s.whatsapp.net"), "phoneNumber": other});
    assert_eq!(blocked(), json!([entry]));
    server.post(&of(&format!("/contacts/+{other}/unblock")), json!({}));
    assert_eq!(blocked(), json!([]));
    for (contact, status, code) in [
        ("120363040000000001@g.us", 400, "invalid"),
        ("nobody", 400, "invalid"),
        ("15559999999", 404, "not_found"),
    ] {
        let path = of(&format!("/contacts/{contact}/block"));
        let (answered, answer) = server.call("POST", &path, Some(&json!({}))).unwrap();
        assert_eq!((answered, &answer["code"]), (status, &json!(code)), "{contact}");
    }

    // A name is the chat's at once, and that of the account's other devices.
    let second = server.linked_device(&own);
    let contact = of(&format!("/contacts/{other}"));
    let saved = server.ok("PUT", &contact, Some(&json!({"name": " Ana of the bakery "})));
    assert_eq!(saved["name"], "Ana of the bakery");
    assert_eq!(server.get(&contact)["name"], "Ana of the bakery");
    until("the name on the other device", || {
        let (_, there) = server.call("GET", &format!("/devices/{second}/contacts/{other}"), None).ok()?;
        (there["name"] == "Ana of the bakery").then_some(())
    });
    for name in ["", "a\nb", &"x".repeat(101)] {
        let (status, answer) = server.call("PUT", &contact, Some(&json!({"name": name}))).unwrap();
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{name:?}");
    }

    server.post(&of("/disconnect"), json!({}));
    let (status, answer): (u16, Value) = server.call("GET", &of("/blocked"), None).unwrap();
    assert_eq!((status, &answer["code"]), (409, &json!("not_connected")));
}

#[test]
fn whoever_is_blocked_and_what_people_say_of_themselves_is_told() {
    let server = Server::start();
    let phone = |name: &str| {
        server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
    };
    let (own, other) = (phone("Own"), phone("Other"));
    let (device, others_device) = (server.linked_device(&own), server.linked_device(&other));
    server.post(&format!("/devices/{device}/chats/{other}/messages"), json!({"text": "Hi"}));
    until("they know each other", || {
        let chats = server.get(&format!("/devices/{others_device}/chats"));
        chats["items"].as_array()?.iter().any(|chat| chat["phoneNumber"] == own).then_some(())
    });
    let contact = format!("/devices/{device}/contacts/{other}");
    let told = |what: &str, is: &dyn Fn(&Value) -> bool| {
        until(what, || {
            let events = server.get(&server.log_path());
            let heard = |event: &Value| {
                event["type"] == "contact.updated"
                    && event["deviceId"] == device
                    && event["data"]["contact"]["phoneNumber"] == other
                    && is(&event["data"]["contact"])
            };
            events["items"].as_array()?.iter().any(heard).then_some(())
        });
    };
    server.post(&format!("{contact}/block"), json!({}));
    told("that they are blocked", &|contact| contact["blocked"] == true);
    assert_eq!(server.get(&contact)["blocked"], true);
    server.post(&format!("{contact}/unblock"), json!({}));
    assert_eq!(server.get(&contact)["blocked"], false);

    // What is blocked elsewhere is learned with the next connection.
    let second = server.linked_device(&own);
    server.post(&format!("/devices/{second}/contacts/{other}/block"), json!({}));
    server.post(&format!("/devices/{device}/restart"), json!({}));
    until("the first device learns it", || (server.get(&contact)["blocked"] == true).then_some(()));

    // The other account changes its own profile.
    let profile = format!("/devices/{others_device}/profile");
    let before = server.get(&profile);
    assert_eq!((&before["phoneNumber"], &before["name"]), (&json!(other), &json!("Other")));
    assert_eq!(before["about"], "Hey there! I am using WhatsApp.");
    let changed = server.ok("PATCH", &profile, Some(&json!({"about": "On the road", "name": "Otra"})));
    assert_eq!((&changed["about"], &changed["name"]), (&json!("On the road"), &json!("Otra")));
    assert_eq!(server.get(&format!("/devices/{others_device}"))["displayName"], "Otra");
    told("the new about", &|contact| contact["about"] == "On the road");
    assert_eq!(server.get(&contact)["about"], "On the road");
    let photo = include_bytes!("../../src/server/sandbox/pictures/marcus.jpg");
    let media = support::api::upload(&server, "image/jpeg", photo);
    let changed = server.ok("PUT", &format!("{profile}/picture"), Some(&json!({"mediaId": media})));
    let picture = changed["picture"].as_str().expect("a picture").to_owned();
    told("the new picture", &|contact| contact["picture"] == json!(picture));
    let changed = server.ok("DELETE", &format!("{profile}/picture"), None);
    assert_eq!(changed["picture"], Value::Null);
    until("that the picture is gone", || server.get(&contact)["picture"].is_null().then_some(()));

    for body in [json!({"name": " "}), json!({"name": "x".repeat(26)}), json!({"about": "x".repeat(140)})] {
        let (status, answer) = server.call("PATCH", &profile, Some(&body)).unwrap();
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{body}");
    }
    server.post(&format!("/devices/{others_device}/disconnect"), json!({}));
    let (status, answer) = server.call("GET", &profile, None).unwrap();
    assert_eq!((status, &answer["code"]), (409, &json!("not_connected")));
}
