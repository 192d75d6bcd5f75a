//! Files that come with messages.

use crate::media_messages::files;
use crate::media_messages::world::{BEN, World};
use crate::support::until;
use base64::Engine as _;
use serde_json::{Value, json};

fn file_of(message: &Value) -> String {
    message["media"]["id"].as_str().unwrap_or_else(|| panic!("no file: {message}")).to_owned()
}

#[test]
fn every_kind_is_fetched_as_it_was_sent_when_somebody_asks() {
    World::each(|world| {
        let cases: [(Vec<u8>, Value, Option<&str>, &str); 7] = [
            (
                files::png(50, 40),
                json!({"contentType": "image/png", "width": 50, "height": 40}),
                Some("Look"),
                "image",
            ),
            (files::mp4(), json!({"contentType": "video/mp4", "seconds": 3}), None, "video"),
            (files::mp4(), json!({"contentType": "video/mp4", "gif": true}), None, "video"),
            (files::mp3(), json!({"contentType": "audio/mpeg"}), None, "audio"),
            (
                files::ogg(),
                json!({"contentType": "audio/ogg; codecs=opus", "voice": true, "seconds": 2, "waveform": [0, 50, 100]}),
                None,
                "audio",
            ),
            (
                files::pdf(),
                json!({"contentType": "application/pdf", "fileName": "bill.pdf"}),
                Some("Pay"),
                "document",
            ),
            (files::webp(), json!({"contentType": "image/webp", "kind": "sticker"}), None, "sticker"),
        ];
        for (bytes, media, text, kind) in cases {
            let since = world.now();
            let message = world.comes(&bytes, media.clone(), text);
            assert_eq!(
                (&message["kind"], &message["media"]["state"]),
                (&json!(kind), &json!("pending")),
                "{message}"
            );
            for field in ["gif", "voice", "fileName", "seconds", "waveform"] {
                assert_eq!(message["media"][field], media[field], "{field}");
            }
            let id = file_of(&message);
            let info = world.server.get(&format!("/media/{id}"));
            assert_eq!((&info["state"], &info["sha256"]), (&json!("pending"), &Value::Null));
            let (status, fetched) = world.content(&id);
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(&fetched));
            assert!(fetched == bytes);
            // Whoever shows the message is told.
            let told = until("the event", || {
                world
                    .events(&since, "message.updated")
                    .into_iter()
                    .find(|event| event["data"]["change"] == "media")
            });
            assert_eq!(told["data"]["message"]["id"], message["id"]);
            assert_eq!(told["data"]["message"]["media"]["state"], "available");
            let now = world.message(message["id"].as_str().unwrap());
            assert_eq!(
                (&now["media"]["state"], &now["media"]["size"]),
                (&json!("available"), &json!(bytes.len()))
            );
        }
    });
}

#[test]
fn what_came_is_passed_on_without_being_fetched() {
    let world = World::new();
    let picture = files::png(20, 20);
    let message = world.comes(&picture, json!({"contentType": "image/png"}), Some("Look"));
    let id = file_of(&message);
    let uploads = world.count("SELECT count(*) FROM sandbox_blobs");
    let passed = world.sends(json!({"forward": {"messageId": message["id"]}}));
    assert_eq!((&passed["forwards"], &passed["media"]["id"]), (&json!(1), &json!(id)));
    let (held, bytes) = world.arrives(BEN, &passed);
    assert!(bytes == picture);
    assert_eq!((&held["forwards"], &held["text"]), (&json!(1), &json!("Look")));
    assert_eq!(world.count("SELECT count(*) FROM sandbox_blobs"), uploads, "nothing was uploaded");
    assert_eq!(world.server.get(&format!("/media/{id}"))["state"], "pending", "nothing was fetched");
    // As another kind, it is another file to WhatsApp: it is fetched and uploaded.
    let (held, bytes) = world.arrives(BEN, &world.sends(json!({"media": {"id": id, "document": true}})));
    assert!(bytes == picture);
    assert_eq!(held["kind"], "document");
    assert_eq!(world.count("SELECT count(*) FROM sandbox_blobs"), uploads + 1);
    // Both messages that show the file say so.
    for message in [&message, &passed] {
        assert_eq!(world.message(message["id"].as_str().unwrap())["media"]["state"], "available");
    }
}

#[test]
fn what_was_taken_back_leaves_no_file() {
    let world = World::new();
    let message = world.comes(&files::png(20, 20), json!({"contentType": "image/png"}), None);
    let id = file_of(&message);
    assert_eq!(world.content(&id).0, 200);
    let revoke =
        json!({"to": crate::media_messages::world::ANA, "revoke": {"messageId": message["whatsappId"]}});
    world.server.post(&format!("/sandbox/phones/{BEN}/messages"), revoke);
    until("the end of it", || {
        world.message(message["id"].as_str().unwrap())["revokedAt"].is_i64().then_some(())
    });
    assert_eq!(world.content(&id).0, 404);
}

#[test]
fn what_whatsapp_lost_is_uploaded_again_by_the_phone_or_has_expired() {
    let world = World::new();
    let picture = files::png(30, 30);
    world.fault(json!({"kind": "media_missing"}));
    let message = world.comes(&picture, json!({"contentType": "image/png"}), None);
    let (status, bytes) = world.content(&file_of(&message));
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    assert!(bytes == picture);

    let other = files::png(31, 31);
    let message = world.comes(&other, json!({"contentType": "image/png"}), None);
    let (id, since) = (file_of(&message), world.now());
    world.fault(json!({"kind": "media_gone"}));
    let (status, problem) = world.content(&id);
    let problem: Value = serde_json::from_slice(&problem).unwrap();
    assert_eq!((status, &problem["code"]), (410, &json!("gone")));
    let told = world.events(&since, "message.updated").pop().expect("an event");
    assert_eq!((&told["data"]["change"], &told["data"]["message"]["id"]), (&json!("media"), &message["id"]));
    let shown = &told["data"]["message"]["media"];
    assert_eq!(shown["state"], "expired");
    assert!(shown["cause"].as_str().is_some_and(|cause| cause.contains("phone")), "{shown}");
    // For good, and it is not passed on.
    world.server.ok("DELETE", "/sandbox/faults", None);
    assert_eq!(world.content(&id).0, 410);
    let refused = world.refused(json!({"forward": {"messageId": message["id"]}}));
    assert_eq!(refused, (409, "conflict".to_owned()));
    assert_eq!(world.refused(json!({"media": {"id": id}})).0, 410);
}

#[test]
fn a_small_picture_is_there_before_the_file_is() {
    let world = World::new();
    // What the message brings along is what is shown, whatever the file is.
    let small = b"\xff\xd8\xff\xe0 a small picture".to_vec();
    let preview = base64::engine::general_purpose::STANDARD.encode(&small);
    let picture = files::png(400, 300);
    let message = world.comes(&picture, json!({"contentType": "image/png", "preview": preview}), None);
    assert_eq!(message["media"]["preview"], true);
    let id = file_of(&message);
    assert_eq!(world.thumbnail(&id), (200, small.clone()));
    assert_eq!(world.server.get(&format!("/media/{id}"))["state"], "pending");
    assert_eq!(world.content(&id).0, 200);
    let (status, made) = world.thumbnail(&id);
    assert!(status == 200 && made != small && made.starts_with(b"\xff\xd8\xff"));
    // Of a film nothing is made: what came along stays.
    let film = world.comes(&files::mp4(), json!({"contentType": "video/mp4", "preview": preview}), None);
    let id = file_of(&film);
    assert_eq!(world.content(&id).0, 200);
    assert_eq!(world.thumbnail(&id), (200, small));
    let bare = file_of(&world.comes(&files::mp4(), json!({"contentType": "video/mp4"}), None));
    assert_eq!(world.thumbnail(&bare).0, 404);
}
