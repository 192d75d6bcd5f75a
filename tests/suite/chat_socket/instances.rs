//! Seed 2: rooms of instances, their present state, and the numbers.

use crate::chat_socket::client::Client;
use crate::chat_socket::{device, phone};
use crate::support::{Server, until};
use serde_json::json;

#[test]
fn an_instance_from_its_code_to_its_end() {
    let server = Server::start();
    let number = phone(&server, "Ana");
    let (id, other) = (device(&server, "Front desk"), device(&server, "Other"));
    let (mut member, mut stranger) = (Client::new(&server), Client::new(&server));
    let mut subscriber = Client::new(&server);
    let joined = member.ask("subscribe:instance", json!(id));
    assert_eq!(joined, json!({ "success": true, "instanceId": id }));
    let present = member.any("instance:status:changed");
    assert_eq!((&present["newStatus"], &present["oldStatus"]), (&json!("CREATED"), &json!("CREATED")));
    assert_eq!((&present["instanceId"], &present["metadata"]["current"]), (&json!(id), &json!(true)));
    assert_eq!(stranger.ask("subscribe:instance", json!({ "instanceId": other }))["success"], true);

    server.post(&format!("/devices/{id}/connect"), json!({}));
    let change = member.any("instance:status:changed");
    assert_eq!((&change["oldStatus"], &change["newStatus"]), (&json!("CREATED"), &json!("STARTING")));
    assert_eq!(member.any("instance:status:changed")["newStatus"], "QR_REQUIRED");
    let code = member.any("instance:qr:generated");
    assert_eq!((&code["instanceId"], &code["attempt"]), (&json!(id), &json!(1)));
    assert!(code["expiry"].is_i64());

    // Whoever comes later is told what there is now, and once.
    let mut late = Client::new(&server);
    late.ask("subscribe:instance", json!(id));
    assert_eq!(late.any("instance:status:changed")["newStatus"], "QR_REQUIRED");
    let shown = late.any("instance:qr:generated");
    assert_eq!((&shown["qrCode"], &shown["expiry"]), (&code["qrCode"], &code["expiry"]));

    server.post(&format!("/sandbox/phones/{number}/scan"), json!({ "qr": code["qrCode"] }));
    for client in [&mut member, &mut late] {
        let connected = client.any("instance:connected");
        assert_eq!((&connected["phone"], &connected["instanceId"]), (&json!(number), &json!(id)));
    }
    let left = late.ask("unsubscribe:instance", json!(id));
    assert_eq!(left, json!({ "success": true, "instanceId": id }));

    server.post(&format!("/sandbox/phones/{number}/unlink"), json!({ "deviceId": id }));
    let out = member.wait("instance:status:changed", |change| change["newStatus"] == "LOGGED_OUT");
    assert_eq!(out["metadata"]["cause"]["code"], "unlinked_by_phone");
    let gone = member.any("instance:disconnected");
    assert_eq!((&gone["code"], &gone["instanceId"]), (&json!("unlinked_by_phone"), &json!(id)));
    assert!(gone["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    server.ok("DELETE", &format!("/devices/{id}"), None);
    assert_eq!(member.any("instance:disconnected")["code"], "deleted");

    // Whoever subscribed to none hears of all, as a member of the subscription, and nothing twice.
    let heard = subscriber.so_far();
    let of = |name: &str, key: &str, value: &str| {
        heard.iter().filter(|heard| heard.name == name && heard.payload[key] == value).count()
    };
    for status in ["STARTING", "QR_REQUIRED", "CONNECTED", "LOGGED_OUT"] {
        assert_eq!(of("instance:status:changed", "newStatus", status), 1, "{status}: {heard:?}");
    }
    assert_eq!(
        (of("instance:connected", "phone", &number), of("instance:disconnected", "code", "deleted")),
        (1, 1)
    );
    let of_instances = |client: &mut Client| {
        let heard = client.so_far();
        heard.into_iter().filter(|heard| heard.name.starts_with("instance:")).collect::<Vec<_>>()
    };
    assert_eq!(of_instances(&mut late), [], "it had unsubscribed");
    let strange = of_instances(&mut stranger);
    assert!(strange.iter().all(|heard| heard.payload["instanceId"] == json!(other)), "{strange:?}");
}

#[test]
fn an_id_of_nobody_is_refused_and_nothing_breaks() {
    let server = Server::start();
    let mut client = Client::new(&server);
    for (argument, code) in [
        (json!("dev_nobody"), "not_found"),
        (json!("no id at all"), "not_found"),
        (json!({ "instanceId": "dev_nobody" }), "not_found"),
        (json!(7), "invalid"),
        (json!(null), "invalid"),
        (json!([]), "invalid"),
        (json!(""), "invalid"),
        (json!("x".repeat(5_000)), "invalid"),
        (json!("nothing at all"), "invalid"),
    ] {
        let answer = client.ask("subscribe:instance", argument.clone());
        assert_eq!((&answer["success"], &answer["code"]), (&json!(false), &json!(code)), "{argument}");
        assert_eq!(client.any("instance:error"), answer, "{argument}");
        assert!(answer["error"].as_str().is_some_and(|text| !text.is_empty()));
    }
    client.send(&json!(["subscribe:instance", "dev_nobody"]));
    assert_eq!(client.any("instance:error")["instanceId"], "dev_nobody");
    assert_eq!(client.ask("no_such_event", json!({}))["code"], "not_supported");
    assert_eq!(client.ask("unsubscribe:instance", json!("dev_nobody"))["success"], true);
    assert_eq!(client.ask("get_connection_status", json!({}))["success"], true, "it goes on");
}

#[test]
fn numbers_come_at_once_and_when_they_change() {
    let server = Server::start();
    let mut client = Client::new(&server);
    let first = client.any("subscription:stats:updated");
    let workspace = server.get("/me")["workspaceId"].clone();
    assert_eq!(first["subscriptionId"], workspace);
    assert_eq!(
        (&first["stats"]["devices"]["total"], &first["stats"]["messages"]["total"]["sent"]),
        (&json!(0), &json!(0))
    );
    for name in ["One", "Two", "Three"] {
        device(&server, name);
    }
    let counted = client.wait("subscription:stats:updated", |told| told["stats"]["devices"]["total"] == 3);
    assert_eq!(counted["stats"]["devices"]["byStatus"]["created"], 3);
    // Renaming changes no number.
    let id = server.get("/devices")["items"][0]["id"].as_str().unwrap().to_owned();
    server.ok("PATCH", &format!("/devices/{id}"), Some(&json!({ "name": "Renamed" })));
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let told = client.so_far().into_iter().filter(|heard| heard.name == "subscription:stats:updated").count();
    assert_eq!(told, 0);
    let mut late = Client::new(&server);
    assert_eq!(late.any("subscription:stats:updated")["stats"]["devices"]["total"], 3);
    drop(late);
    until("the server goes on", || server.get("/devices")["items"].is_array().then_some(()));
}
