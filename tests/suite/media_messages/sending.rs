//! Files that are uploaded to the server and sent.

use crate::media_messages::files;
use crate::media_messages::world::{BEN, World};
use crate::support::until;
use serde_json::{Value, json};

fn media(id: &str, more: Value) -> Value {
    let mut media = json!({"id": id});
    for (name, value) in more.as_object().unwrap() {
        media[name] = value.clone();
    }
    json!({ "media": media })
}

#[test]
fn every_kind_arrives_on_the_phone_as_it_was() {
    World::each(|world| {
        let picture = files::png(640, 320);
        let id = world.upload(&picture, "image/png", "a.png");
        let sent = world.sends(json!({"kind": "image", "text": "Look", "media": {"id": id}}));
        assert_eq!(
            (&sent["kind"], &sent["text"], &sent["status"]),
            (&json!("image"), &json!("Look"), &json!("queued"))
        );
        assert_eq!(sent["media"]["state"], "available");
        assert_eq!((&sent["media"]["width"], &sent["media"]["height"]), (&json!(640), &json!(320)));
        let (held, bytes) = world.arrives(BEN, &sent);
        assert!(bytes == picture);
        assert_eq!((&held["kind"], &held["text"]), (&json!("image"), &json!("Look")));
        assert_eq!(
            (&held["media"]["contentType"], &held["media"]["width"]),
            (&json!("image/png"), &json!(640))
        );
        assert_eq!(held["media"]["preview"], true, "a small picture goes along");

        let film = files::mp4();
        let id = world.upload(&film, "video/mp4", "a.mp4");
        let (held, bytes) = world.arrives(BEN, &world.sends(media(&id, json!({"caption": "Moves"}))));
        assert_eq!(
            (&held["kind"], &held["text"], &held["media"]["gif"]),
            (&json!("video"), &json!("Moves"), &Value::Null)
        );
        assert!(bytes == film);
        let (held, bytes) = world.arrives(BEN, &world.sends(media(&id, json!({"gif": true}))));
        assert_eq!((&held["kind"], &held["media"]["gif"]), (&json!("video"), &json!(true)));
        assert!(bytes == film);

        let sound = files::mp3();
        let id = world.upload(&sound, "audio/mpeg", "a.mp3");
        let (held, bytes) = world.arrives(BEN, &world.sends(media(&id, json!({}))));
        assert_eq!((&held["kind"], &held["media"]["voice"]), (&json!("audio"), &Value::Null));
        assert!(bytes == sound);

        // The same file as what it is not shown as goes as a file, under the name that is asked for.
        let sent = world.sends(media(&id, json!({"kind": "document", "fileName": "song.mp3"})));
        assert_eq!((&sent["kind"], &sent["text"]), (&json!("document"), &json!("song.mp3")));
        let (held, bytes) = world.arrives(BEN, &sent);
        assert_eq!((&held["kind"], &held["media"]["fileName"]), (&json!("document"), &json!("song.mp3")));
        assert!(bytes == sound);

        let paper = files::pdf();
        let id = world.upload(&paper, "application/pdf", "bill.pdf");
        let (held, bytes) = world.arrives(BEN, &world.sends(media(&id, json!({"caption": "Please pay"}))));
        assert_eq!((&held["text"], &held["media"]["fileName"]), (&json!("Please pay"), &json!("bill.pdf")));
        assert!(bytes == paper);

        let sticker = files::webp();
        let id = world.upload(&sticker, "image/webp", "s.webp");
        let (held, bytes) = world.arrives(BEN, &world.sends(media(&id, json!({"sticker": true}))));
        assert_eq!((&held["kind"], &held["media"]["animated"]), (&json!("sticker"), &json!(true)));
        assert!(bytes == sticker);
    });
}

#[test]
fn voice_is_played_on_the_phone_whatever_recorded_it() {
    let world = World::new();
    let id = world.upload(&files::ogg(), "audio/ogg", "v.ogg");
    let given: Vec<u8> = (0..64).collect();
    let (held, bytes) =
        world.arrives(BEN, &world.sends(media(&id, json!({"voice": true, "waveform": given}))));
    assert_eq!((&held["kind"], &held["media"]["voice"]), (&json!("audio"), &json!(true)));
    assert_eq!((&held["media"]["seconds"], &held["media"]["waveform"]), (&json!(2), &json!(given)));
    assert_eq!(held["media"]["contentType"], "audio/ogg; codecs=opus");
    assert!(bytes == files::ogg());

    // A browser's recording: the same sound in Ogg, its waveform reckoned.
    let id = world.upload(&files::webm(), "audio/webm", "v.webm");
    let (held, bytes) = world.arrives(BEN, &world.sends(media(&id, json!({"voice": true}))));
    assert!(bytes.starts_with(b"OggS") && files::packets().iter().all(|packet| holds(&bytes, packet)));
    assert_eq!(held["media"]["seconds"], 2);
    let waveform: Vec<u64> =
        held["media"]["waveform"].as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect();
    assert_eq!(waveform.len(), 64);
    assert!(
        waveform[..30].iter().all(|value| *value < 10) && waveform[34..].iter().all(|value| *value > 90),
        "{waveform:?}"
    );
}

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_reason() {
    let world = World::new();
    let picture = world.upload(&files::png(4, 4), "image/png", "a.png");
    let sound = world.upload(&files::mp3(), "audio/mpeg", "a.mp3");
    let film = world.upload(&files::mp4(), "video/mp4", "a.mp4");
    let before = world.server.get("/devices")["items"].clone();
    for (id, more) in [
        (&picture, json!({"sticker": true})),
        (&picture, json!({"gif": true})),
        (&picture, json!({"voice": true})),
        (&picture, json!({"kind": "video"})),
        (&picture, json!({"kind": "image", "document": true})),
        (&picture, json!({"waveform": [1]})),
        (&picture, json!({"fileName": "/"})),
        (&picture, json!({"caption": " "})),
        (&film, json!({"voice": true})),
        (&sound, json!({"voice": true})),
        (&sound, json!({"caption": "a text"})),
        (&sound, json!({"voice": true, "waveform": vec![1; 65]})),
        (&sound, json!({"voice": true, "waveform": [101]})),
    ] {
        assert_eq!(world.refused(media(id, more.clone())), (400, "invalid".to_owned()), "{more}");
    }
    let both = json!({"text": "a", "media": {"id": picture, "caption": "b"}});
    assert_eq!(world.refused(both), (400, "invalid".to_owned()));
    for id in ["med_nothing", "no id at all", ""] {
        assert_eq!(world.refused(media(id, json!({}))), (404, "not_found".to_owned()), "{id}");
    }
    assert_eq!(world.server.get("/devices")["items"], before);
    let thread = world.server.get(&format!("{}?limit=200", world.thread()));
    // What was there before the link came without a command.
    let nothing_sent =
        thread["items"].as_array().unwrap().iter().all(|message| message["commandId"].is_null());
    assert!(nothing_sent, "{thread}");
}

#[test]
fn the_same_request_sends_a_file_once() {
    let world = World::new();
    let id = world.upload(&files::png(4, 4), "image/png", "a.png");
    let body = media(&id, json!({}));
    let key = [("idempotency-key", "picture-1")];
    let (_, first) = world.server.call_with("POST", &world.thread(), Some(&body), &key).unwrap();
    world.arrives(BEN, &first);
    let (status, again) = world.server.call_with("POST", &world.thread(), Some(&body), &key).unwrap();
    assert_eq!((status, &again["id"]), (202, &first["id"]));
    let other = media(&id, json!({"document": true}));
    let (status, problem) = world.server.call_with("POST", &world.thread(), Some(&other), &key).unwrap();
    assert_eq!((status, &problem["code"]), (409, &json!("idempotency_mismatch")));
    // What was uploaded is sent again without another upload, and everybody gets it.
    let uploads = world.count("SELECT count(*) FROM sandbox_blobs");
    let again = world.sends(body);
    assert!(world.arrives(BEN, &again).1 == files::png(4, 4));
    assert_eq!(world.count("SELECT count(*) FROM sandbox_blobs"), uploads);
    assert_eq!(world.held(BEN, first["whatsappId"].as_str().unwrap()).len(), 1);
}

#[test]
fn a_server_that_dies_between_upload_and_sending_uploads_no_second_time() {
    let mut world = World::new();
    // The chat is there, and so is the session with the phone's keys.
    let hello = world.sends(json!({"text": "hello"}));
    until("the first", || world.held(BEN, hello["whatsappId"].as_str().unwrap()).pop());
    let picture = files::png(32, 32);
    let id = world.upload(&picture, "image/png", "a.png");
    let uploads = world.count("SELECT count(*) FROM sandbox_blobs");
    // Everything that goes out of the device takes long from now on, so that the moment can be met.
    world.fault(json!({"kind": "latency", "ms": 1_500}));
    let sent = world.sends(media(&id, json!({})));
    until("the upload", || (world.count("SELECT count(*) FROM media_uploads") == 1).then_some(()));
    world.server.kill();
    let whatsapp_id = sent["whatsappId"].as_str().unwrap();
    world.server.run();
    let (_, bytes) = world.arrives(BEN, &sent);
    assert!(bytes == picture);
    until("the tick", || {
        let status = world.message(sent["id"].as_str().unwrap())["status"].clone();
        (status == "sent" || status == "delivered" || status == "read").then_some(())
    });
    assert_eq!(world.held(BEN, whatsapp_id).len(), 1);
    assert_eq!(world.count("SELECT count(*) FROM sandbox_blobs"), uploads + 1);
    assert_eq!(world.count("SELECT count(*) FROM media_uploads"), 1);
}

#[test]
fn answers_say_of_what_kind_the_answered_is() {
    let world = World::new();
    let id = world.upload(&files::pdf(), "application/pdf", "bill.pdf");
    let first = world.sends(media(&id, json!({"caption": "Please pay"})));
    world.arrives(BEN, &first);
    let answer = world.sends(json!({"text": "this one", "quoted": first["id"]}));
    let held = until("the answer", || world.held(BEN, answer["whatsappId"].as_str().unwrap()).pop());
    assert_eq!(
        (&held["quoted"]["kind"], &held["quoted"]["text"]),
        (&json!("document"), &json!("Please pay"))
    );
}

#[test]
fn a_file_is_seen_and_sent_by_those_who_may_see_its_device() {
    let world = World::new();
    let other = world.server.post("/devices", json!({"name": "Other"}))["id"].as_str().unwrap().to_owned();
    let key = |device: &str| {
        let body = json!({"name": "k", "permission": "send", "deviceIds": [device]});
        world.server.post("/api-keys", body)["key"].as_str().unwrap().to_owned()
    };
    let (of_ana, of_other) = (key(&world.ana), key(&other));
    let id = world.upload(&files::png(4, 4), "image/png", "a.png");
    let path = format!("/media/{id}/content");
    let status = |key: &str| world.raw_as(key, "GET", &path, &[], b"").0;
    let send = |key: &str| {
        let body = serde_json::to_vec(&media(&id, json!({}))).unwrap();
        world.raw_as(key, "POST", &world.thread(), &[("content-type", "application/json")], &body).0
    };
    // Of an upload of somebody who sees everything, they see nothing until it is sent.
    assert_eq!((status(&of_ana), status(&of_other), send(&of_ana)), (404, 404, 404));
    world.arrives(BEN, &world.sends(media(&id, json!({}))));
    assert_eq!((status(&of_ana), status(&of_other)), (200, 404));
    assert_eq!((send(&of_ana), send(&of_other)), (202, 404));
}
