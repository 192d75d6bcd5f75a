//! People through the API: who is on WhatsApp, what they say, who is blocked, what they are called.

#![cfg(feature = "ssr")]

mod support;

use serde_json::{Value, json};
use support::{Server, until};

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
