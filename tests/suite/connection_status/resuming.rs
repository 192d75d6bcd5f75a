//! Going on where one was.

use crate::connection_status::client::{Events, Person, Socket};
use crate::connection_status::phone;
use crate::support::Server;
use serde_json::json;
use std::time::Duration;

#[test]
fn a_watcher_goes_on_where_it_was_after_the_power_failed() {
    let mut server = Server::start();
    let (ana, number) = (Person::of(&server), phone(&server));
    let device = server.linked_device(&number);
    let (query, own) = (ana.query(&device), ana.headers());
    let mut socket = Socket::open(&server, &query, &own);
    socket.expect("authenticated");
    let connected = socket.expect("whatsapp_connected");
    let since = connected["cursor"].as_str().unwrap().to_owned();
    let epoch = since.rsplit_once('-').unwrap().0.to_owned();

    server.kill();
    server.run();
    server.wait_for_status(&device, "connected");
    let mut missed = Vec::new();
    let mut again = Socket::open(&server, &format!("{query}&since={since}"), &own);
    let hello = again.expect("authenticated");
    assert_eq!((&hello["recovered"], &hello["epoch"]), (&json!(true), &json!(epoch)));
    missed.push(again.expect("whatsapp_disconnected"));
    missed.push(again.expect("whatsapp_connected"));
    assert_ne!(missed[1]["sessionId"], connected["sessionId"]);
    // Without `since`, the present alone.
    let mut fresh = Socket::open(&server, &query, &own);
    assert_eq!(fresh.expect("authenticated")["recovered"], false);
    assert_eq!(fresh.expect("whatsapp_connected")["sessionId"], missed[1]["sessionId"]);

    // What the browser remembers is newer than the address.
    let mut headers = own.clone();
    headers.push(("last-event-id", since.clone()));
    let events = Events::open(&server, &format!("{query}&since={epoch}-0"), &headers);
    assert_eq!(events.hear().data["recovered"], true);
    for frame in &missed {
        let sent = events.hear();
        assert_eq!((&sent.data, sent.id.as_str()), (frame, frame["cursor"].as_str().unwrap()));
    }
    // From the very beginning: no code, it has long been used or is over.
    let whole = Events::open(&server, &format!("{query}&since={epoch}-0"), &own);
    assert_eq!(whole.hear().event, "hello");
    let kinds: Vec<_> = std::iter::from_fn(|| {
        let sent = whole.0.recv_timeout(Duration::from_secs(1)).ok()?;
        Some(sent.data["type"].as_str().unwrap().to_owned())
    })
    .filter(|kind| kind != "qr_code_updated")
    .collect();
    assert_eq!(kinds, ["whatsapp_connected", "whatsapp_disconnected", "whatsapp_connected"]);

    // A position that the log cannot serve: told, and then what is true now.
    for (since, reason) in [("elsewhere-1".to_owned(), "epoch"), (format!("{epoch}-999999"), "ahead")] {
        let mut lost = Socket::open(&server, &format!("{query}&since={since}"), &own);
        assert_eq!(lost.expect("authenticated")["recovered"], false);
        let resync = lost.expect("resync");
        assert!(resync["reason"] == reason && resync["cursor"].is_string(), "{resync}");
        lost.expect("whatsapp_connected");
        let lost = Events::open(&server, &format!("{query}&since={since}"), &own);
        lost.hear();
        assert_eq!(lost.expect("resync").data["reason"], reason);
        lost.expect("whatsapp_connected");
    }
}
