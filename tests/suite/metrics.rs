//! The numbers for Prometheus, after what they count.

use crate::support::receiver::{Receiver, Reply};
use crate::support::socketio::{By, Wire};
use crate::support::{API_KEY, Server, until};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn numbers(server: &Server) -> Vec<String> {
    let mut response = ureq::get(format!("{}/metrics", server.url)).call().unwrap();
    response.body_mut().read_to_string().unwrap().lines().map(str::to_owned).collect()
}

/// Waits until every one of these lines is among the numbers.
#[track_caller]
fn wait_for(server: &Server, lines: &[&str]) {
    until(&lines.join(", "), || {
        let numbers = numbers(server);
        lines.iter().all(|line| numbers.iter().any(|number| number == line)).then_some(())
    });
}

#[test]
fn socketio_sessions_and_sockets_are_counted_by_path() {
    let server = Server::start();
    wait_for(
        &server,
        &[
            "switchboard_socketio_sessions{path=\"/socket.io\"} 0",
            "switchboard_socketio_sockets{path=\"/socket.io\"} 0",
            "switchboard_socketio_sessions{path=\"/ws\"} 0",
        ],
    );
    let device = server.post("/devices", json!({"name": "x"}))["id"].as_str().unwrap().to_owned();
    let auth = json!({"apiKey": API_KEY});
    let mut chat = Wire::open_on(&server, "/socket.io", By::Polling, "", &[]);
    chat.enter("/", &auth).unwrap();
    let mut watcher = Wire::open(&server, By::WebSocket, "", &[]);
    watcher.enter("/", &auth).unwrap();
    watcher.enter(&format!("/device/{device}"), &auth).unwrap();
    let outside = Wire::open(&server, By::WebSocket, "", &[]);
    wait_for(
        &server,
        &[
            "switchboard_socketio_sessions{path=\"/socket.io\"} 1",
            "switchboard_socketio_sockets{path=\"/socket.io\"} 1",
            "switchboard_socketio_sessions{path=\"/ws\"} 2",
            "switchboard_socketio_sockets{path=\"/ws\"} 2",
        ],
    );
    outside.cut();
    watcher.cut();
    wait_for(
        &server,
        &[
            "switchboard_socketio_sessions{path=\"/ws\"} 0",
            "switchboard_socketio_sockets{path=\"/ws\"} 0",
            "switchboard_socketio_sessions{path=\"/socket.io\"} 1",
        ],
    );
}

#[test]
fn webhook_deliveries_are_counted_by_outcome() {
    let server = Server::start_with(&[
        ("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8".to_owned()),
        ("SWITCHBOARD_WEBHOOK_RETRY_DELAY", "0.1".to_owned()),
        ("SWITCHBOARD_WEBHOOK_ATTEMPTS", "2".to_owned()),
    ]);
    let failing = Arc::new(AtomicBool::new(false));
    let fails = failing.clone();
    let receiver = Receiver::start(move |_| Reply::of(if fails.load(Ordering::Relaxed) { 500 } else { 200 }));
    server.post("/webhooks", json!({"url": receiver.url, "events": ["device.created"]}));
    server.post("/devices", json!({"name": "one"}));
    wait_for(
        &server,
        &[
            "switchboard_webhook_deliveries_total{outcome=\"delivered\"} 1",
            "switchboard_webhook_deliveries_total{outcome=\"failed\"} 0",
            "switchboard_webhook_deliveries_total{outcome=\"dead\"} 0",
            "switchboard_webhook_deliveries_waiting 0",
        ],
    );
    failing.store(true, Ordering::Relaxed);
    server.post("/devices", json!({"name": "two"}));
    wait_for(
        &server,
        &[
            "switchboard_webhook_deliveries_total{outcome=\"failed\"} 1",
            "switchboard_webhook_deliveries_total{outcome=\"dead\"} 1",
            "switchboard_webhook_deliveries_waiting 0",
        ],
    );
}

#[test]
fn a_delivery_that_is_tried_again_later_waits() {
    let server = Server::start_with(&[
        ("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8".to_owned()),
        ("SWITCHBOARD_WEBHOOK_RETRY_DELAY", "60".to_owned()),
    ]);
    let receiver = Receiver::start(|_| Reply::of(503));
    server.post("/webhooks", json!({"url": receiver.url, "events": ["device.created"]}));
    server.post("/devices", json!({"name": "one"}));
    wait_for(
        &server,
        &[
            "switchboard_webhook_deliveries_total{outcome=\"failed\"} 1",
            "switchboard_webhook_deliveries_waiting 1",
        ],
    );
}
