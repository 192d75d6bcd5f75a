//! Nothing is missed and nothing is doubled by whoever comes back.

use crate::chat_socket::client::{Client, with_key};
use crate::chat_socket::device;
use crate::support::Server;
use crate::support::socketio::By;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The status changes that a client hears until the device is disconnected by hand.
fn until_stopped(client: &mut Client) -> Vec<String> {
    let mut statuses = Vec::new();
    loop {
        let change = client.any("instance:status:changed");
        let status = change["newStatus"].as_str().unwrap().to_owned();
        let is_last = status == "DISCONNECTED";
        statuses.push(status);
        if is_last {
            return statuses;
        }
    }
}

/// A device that was started and stopped: three changes.
fn starts_and_stops(server: &Server, id: &str) {
    server.post(&format!("/devices/{id}/connect"), json!({}));
    server.wait_for_status(id, "qr_required");
    server.post(&format!("/devices/{id}/disconnect"), json!({}));
    server.wait_for_status(id, "disconnected");
}

const CHANGES: [&str; 3] = ["STARTING", "QR_REQUIRED", "DISCONNECTED"];

#[test]
fn a_client_that_was_cut_off_has_its_rooms_back() {
    let server = Server::start();
    let id = device(&server, "Front desk");
    let mut client = Client::new(&server);
    assert_eq!(client.ask("subscribe:instance", json!(id))["success"], true);
    assert_eq!(client.any("instance:status:changed")["newStatus"], "CREATED");
    let (sid, pid) = (client.entered["sid"].clone(), client.pid.clone());
    assert!(pid.is_some());
    let after = client.offset.clone();
    assert_eq!(after, None, "nothing of the log was heard");
    drop(client);
    starts_and_stops(&server, &id);
    let mut client = Client::back(&server, pid.as_deref(), None);
    assert_eq!((&client.entered["sid"], &client.pid), (&sid, &pid), "it is the same");
    assert_eq!(until_stopped(&mut client), CHANGES);

    // And once more from where it is now, by the offset that it has seen.
    let mut client = client.again(&server);
    assert_eq!(client.entered["sid"], sid);
    starts_and_stops(&server, &id);
    assert_eq!(until_stopped(&mut client), CHANGES);
}

#[test]
fn a_server_that_was_killed_tells_what_was_missed_to_whoever_subscribes_again() {
    let mut server = Server::start();
    let (id, second) = (device(&server, "Front desk"), device(&server, "Second"));
    let mut client = Client::new(&server);
    client.ask("subscribe:instance", json!(id));
    server.post(&format!("/devices/{id}/connect"), json!({}));
    client.wait("instance:status:changed", |change| change["newStatus"] == "QR_REQUIRED");
    client.any("instance:qr:generated");
    let (pid, offset, sid) = (client.pid.clone(), client.offset.clone(), client.entered["sid"].clone());
    drop(client);
    server.post(&format!("/devices/{id}/disconnect"), json!({}));
    server.wait_for_status(&id, "disconnected");
    starts_and_stops(&server, &second);
    server.kill();
    server.run();

    let mut back = Client::back(&server, pid.as_deref(), offset.as_deref());
    assert_ne!(back.entered["sid"], sid, "rooms are not remembered over a restart");
    // A round trip later, as a client does that subscribes when it is told that it is connected; one after the other.
    std::thread::sleep(Duration::from_millis(200));
    back.send(&json!(["subscribe:instance", id]));
    back.send(&json!(["subscribe:instance", second]));
    let mut heard = Vec::new();
    while heard.len() < 4 {
        let change = back.any("instance:status:changed");
        heard.push((change["instanceId"].clone(), change["newStatus"].clone()));
    }
    let change = |id: &str, status: &str| (json!(id), json!(status));
    assert_eq!(heard[0], change(&id, "DISCONNECTED"));
    assert_eq!(heard[1..], CHANGES.map(|status| change(&second, status)));
    let more: Vec<Value> = back
        .so_far()
        .into_iter()
        .filter(|heard| heard.name == "instance:status:changed")
        .map(|heard| heard.payload)
        .collect();
    assert_eq!(more, Vec::<Value>::new(), "what was heard is not told again as the present state");
}

#[test]
fn a_client_that_does_not_subscribe_again_waits_a_second_and_no_longer() {
    let server = Server::start();
    let mut client = Client::new(&server);
    client.so_far();
    let id = device(&server, "Front desk");
    server.post(&format!("/devices/{id}/connect"), json!({}));
    client.wait("connection_status", |status| status["status"] == "qr_required");
    let cursor = client.offset.clone().unwrap();
    server.post(&format!("/devices/{id}/disconnect"), json!({}));
    server.wait_for_status(&id, "disconnected");

    let mut auth = with_key();
    auth["since"] = json!(cursor);
    let began = Instant::now();
    let mut back = Client::enter(&server, By::Polling, "", &[], &auth);
    assert_eq!(back.any("connection_status")["status"], "disconnected");
    assert!(began.elapsed() > Duration::from_millis(900), "{:?}", began.elapsed());
    let mut by_query = Client::enter(&server, By::WebSocket, &format!("&since={cursor}"), &[], &with_key());
    assert_eq!(by_query.any("connection_status")["status"], "disconnected");
}

#[test]
fn a_position_that_is_none_is_answered_by_resync() {
    let server = Server::start();
    let enter = |since: &str| {
        let mut auth = with_key();
        auth["since"] = json!(since);
        Client::enter(&server, By::WebSocket, "", &[], &auth)
    };
    for since in ["elsewhere-1", "nonsense"] {
        let mut client = enter(since);
        let resync = client.any("resync");
        assert_eq!(resync["reason"], "epoch", "{since}");
        assert!(resync["cursor"].as_str().is_some_and(|cursor| cursor.contains('-')), "{resync}");
        // It goes on from there.
        let id = device(&server, since);
        server.post(&format!("/devices/{id}/connect"), json!({}));
        client.wait("connection_status", |status| status["deviceId"] == json!(id));
        server.ok("DELETE", &format!("/devices/{id}"), None);
    }
}
