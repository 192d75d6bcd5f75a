//! Linking over the chat's wire.

use crate::chat_socket::client::Client;
use crate::chat_socket::phone;
use crate::support::{Server, until};
use serde_json::json;

#[test]
fn a_code_is_made_shown_renewed_and_used() {
    let server = Server::start();
    let number = phone(&server, "Ana");
    let mut client = Client::new(&server);
    let nothing = client.ask("get_connection_status", json!({}));
    assert_eq!((&nothing["status"], &nothing["connected"]), (&json!("no_device"), &json!(false)));

    let answer = client.ask("get_qr_code", json!({}));
    assert_eq!(client.any("qr_code_response"), answer, "the event and the callback say the same");
    assert_eq!(answer["success"], true, "{answer}");
    let code = &answer["data"];
    assert_eq!((&code["connected"], &code["status"]), (&json!(false), &json!("qr_required")));
    assert!(code["qrCode"].as_str().unwrap().starts_with("data:image/png;base64,iVBOR"));
    assert!(code["expiresAt"].as_i64().unwrap() > code["issuedAt"].as_i64().unwrap());
    let devices = server.get("/devices");
    assert_eq!(devices["items"].as_array().unwrap().len(), 1, "one was made");
    assert_eq!(devices["items"][0]["id"], code["deviceId"]);

    let same = client.ask("get_qr_code", json!("nothing at all"));
    assert_eq!((&same["data"]["qr"], &same["data"]["attempt"]), (&code["qr"], &code["attempt"]));
    let fresh = client.ask("get_qr_code", json!({ "forceNew": true }));
    assert_eq!(fresh["success"], true, "{fresh}");
    assert_ne!(fresh["data"]["qr"], code["qr"]);
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 1, "none was added");

    server.post(&format!("/sandbox/phones/{number}/scan"), json!({ "qr": fresh["data"]["qr"] }));
    let connected = client.wait("connection_status", |status| status["status"] == "connected");
    assert_eq!((&connected["isConnected"], &connected["phoneNumber"]), (&json!(true), &json!(number)));
    let answer = client.ask("get_qr_code", json!({ "forceNew": true }));
    assert_eq!((&answer["data"]["connected"], &answer["data"]["qr"]), (&json!(true), &json!(null)));
    let status = client.ask("get_connection_status", json!({}));
    assert_eq!((&status["status"], &status["phoneNumber"]), (&json!("connected"), &json!(number)));
    assert_eq!(status["devices"].as_array().unwrap().len(), 1);

    let device = code["deviceId"].as_str().unwrap();
    server.post(&format!("/sandbox/phones/{number}/unlink"), json!({ "deviceId": device }));
    let out = client.wait("connection_status", |status| status["status"] == "logged_out");
    assert_eq!((&out["connected"], &out["cause"]["code"]), (&json!(false), &json!("unlinked_by_phone")));
}

#[test]
fn windows_that_ask_at_once_get_one_device() {
    let server = Server::start();
    let ask = || {
        let mut client = Client::new(&server);
        client.ask("get_qr_code", json!({}))
    };
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(ask), scope.spawn(ask));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_eq!((&one["success"], &two["success"]), (&json!(true), &json!(true)));
    assert_eq!(one["data"]["deviceId"], two["data"]["deviceId"]);
    until("one device", || (server.get("/devices")["items"].as_array()?.len() == 1).then_some(()));
}
