//! Files in a store elsewhere that speaks S3: both ways, over the end of the server, and while the store does not answer.

use crate::media_messages::files;
use crate::media_messages::s3::{S3, hash};
use crate::media_messages::world::{BEN, World};
use crate::support::{databases, until};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Where in the bucket the server keeps its files.
const PREFIX: &str = "switch/board";

/// What lies where files are that are not elsewhere.
fn left_here(world: &World) -> Vec<PathBuf> {
    let mut folders = vec![world.server.folder.join("data/media")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// Nothing is left of what was on its way. It goes with the work that it was for, which may end after the answer.
#[track_caller]
fn nothing_is_left_here(world: &World) {
    until("nothing to be left here", || left_here(world).is_empty().then_some(()));
}

/// A file is handed out as it was, whole and in part.
#[track_caller]
fn is_served(world: &World, id: &str, bytes: &[u8]) {
    let (status, whole) = world.content(id);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&whole));
    assert!(whole == bytes, "{} bytes of {}", whole.len(), bytes.len());
    let (from, to) = (bytes.len() / 3, bytes.len() - 7);
    let (status, part) = world.part(id, from, to);
    assert_eq!(status, 206, "{}", String::from_utf8_lossy(&part));
    assert!(part == bytes[from..to], "{} bytes of {}", part.len(), to - from);
}

/// The answer says that there is nothing to be had just now, and has no byte of a file.
#[track_caller]
fn is_unavailable((status, body): (u16, Vec<u8>)) {
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    assert_eq!(
        (status, &problem["code"]),
        (503, &json!("unavailable")),
        "{}",
        String::from_utf8_lossy(&body)
    );
}

/// The server ends at its start.
#[track_caller]
fn does_not_start(world: &mut World, why: &str) {
    assert!(!world.server.try_run(), "it started while {why}");
    until("its end", || world.server.has_ended().then_some(()));
}

#[test]
fn files_are_in_the_store_and_nowhere_else_both_ways_and_outlive_the_server() {
    for mut environment in databases() {
        let s3 = S3::start();
        environment.extend(s3.environment(PREFIX));
        let mut world = World::with(&environment);

        let picture = files::png(640, 320);
        let sent = world.upload(&picture, "image/png", "a.png");
        let message = world.sends(json!({"text": "Look", "media": {"id": sent}}));
        let (held, bytes) = world.arrives(BEN, &message);
        assert!(bytes == picture);
        // It is made of the file, which has to come back from the store for that.
        assert_eq!(held["media"]["preview"], true);

        let theirs = files::png(50, 40);
        let message = world.comes(&theirs, json!({"contentType": "image/png"}), None);
        let came = message["media"]["id"].as_str().unwrap().to_owned();
        // More than one request to the store carries.
        let film: Vec<u8> = (0..8 * 1024 * 1024 + 1_000_u32).map(|n| (n % 251) as u8).collect();
        let large = world.upload(&film, "application/octet-stream", "large.bin");

        let all = [(&sent, &picture), (&came, &theirs), (&large, &film)];
        for (id, bytes) in all {
            is_served(&world, id, bytes);
        }
        nothing_is_left_here(&world);
        {
            let kept = s3.kept();
            for (_, bytes) in all {
                let sha256 = hash(bytes);
                let end = format!("/{}/{sha256}", &sha256[..2]);
                let below = |key: &str| key.starts_with("switch/board/files/") && key.ends_with(&end);
                let found = kept.files.iter().find(|(key, _)| below(key));
                assert!(found.is_some_and(|(_, there)| there == bytes), "{:?}", kept.files.keys());
            }
            assert_eq!(kept.files.len(), 3, "each once: {:?}", kept.files.keys());
            assert!(kept.asked.iter().any(|asked| asked.starts_with("POST ") && asked.ends_with(" uploads")));
            assert!(kept.parts.is_empty(), "the upload in parts was ended");
            assert_eq!(kept.refused, 0, "each request was signed with our key");
        }

        world.server.kill();
        world.server.run();
        // It is asked of nobody but the store.
        assert_eq!(world.server.get(&format!("/media/{came}"))["state"], "available");
        world.server.post(&format!("/devices/{}/disconnect", world.ana), json!({}));
        for (id, bytes) in all {
            is_served(&world, id, bytes);
        }
        assert_eq!(world.thumbnail(&sent).0, 200);
        nothing_is_left_here(&world);
        assert_eq!(s3.kept().files.len(), 3);
    }
}

#[test]
fn a_store_that_does_not_answer_holds_everything_up_and_spoils_nothing() {
    for mut environment in databases() {
        let s3 = S3::start();
        environment.extend(s3.environment(PREFIX));
        environment.push(("SWITCHBOARD_SEND_RETRY_DELAY", "0.1".to_owned()));
        environment.push(("SWITCHBOARD_SEND_ATTEMPTS", "30".to_owned()));
        let mut world = World::with(&environment);
        let (picture, theirs, next) = (files::png(30, 20), files::png(50, 40), files::png(31, 21));
        let kept = world.upload(&picture, "image/png", "a.png");
        let message = world.comes(&theirs, json!({"contentType": "image/png"}), None);
        let coming = message["media"]["id"].as_str().unwrap().to_owned();

        s3.set_down(true);
        // What is there is not handed out, and nothing new is taken: neither is a file of no bytes.
        is_unavailable(world.content(&kept));
        is_unavailable(world.part(&kept, 5, 15));
        is_unavailable(world.thumbnail(&kept));
        is_unavailable(world.try_upload(&next, "image/png", "b.png"));
        // What came is still to be fetched: neither here nor lost.
        is_unavailable(world.content(&coming));
        let info = world.server.get(&format!("/media/{coming}"));
        assert_eq!((&info["state"], &info["sha256"]), (&json!("pending"), &Value::Null));
        // What is to be sent waits, and says so.
        let waiting = world.sends(json!({"media": {"id": kept}}));
        let (id, whatsapp_id) = (waiting["id"].as_str().unwrap(), waiting["whatsappId"].as_str().unwrap());
        let held_up = until("the delay", || Some(world.message(id)).filter(|held| held["delay"].is_object()));
        assert_eq!((&held_up["status"], &held_up["failure"]), (&json!("queued"), &Value::Null));
        assert_eq!(world.held(BEN, whatsapp_id), Vec::<Value>::new());
        nothing_is_left_here(&world);
        assert_eq!(s3.kept().files.len(), 1, "nothing half-way");

        s3.set_down(false);
        let (_, bytes) = world.arrives(BEN, &waiting);
        assert!(bytes == picture);
        until("the tick", || {
            let now = world.message(id);
            // Whoever has it may have read it already.
            let came = ["sent", "delivered", "read"].iter().any(|status| now["status"] == *status);
            (came && now["delay"].is_null()).then_some(())
        });
        assert_eq!(world.held(BEN, whatsapp_id).len(), 1);
        is_served(&world, &coming, &theirs);
        is_served(&world, &kept, &picture);
        let taken = world.upload(&next, "image/png", "b.png");
        is_served(&world, &taken, &next);
        nothing_is_left_here(&world);

        // No server starts beside a store that it cannot use; and nothing is lost by that.
        world.server.kill();
        s3.set_down(true);
        does_not_start(&mut world, "the store does not answer");
        s3.set_down(false);
        let mut stranger = environment.clone();
        stranger.push(("AWS_SECRET_ACCESS_KEY", "another".to_owned()));
        world.server.set_environment(&stranger);
        does_not_start(&mut world, "the store does not know its key");
        assert!(s3.kept().refused > 0);
        world.server.restart_with(&environment);
        for (id, bytes) in [(&kept, &picture), (&coming, &theirs), (&taken, &next)] {
            is_served(&world, id, bytes);
        }
    }
}
