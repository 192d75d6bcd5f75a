//! Every route of the document, tried by everybody who should get nothing.

use crate::isolation::attempts::{self, Attempt};
use crate::isolation::world::{Credential, NAME, Things, WORDS, World, raw};
use crate::support::api::{Operation, document, operations};
use serde_json::{Value, json};

/// The sandbox's phones are everybody's: whoever plays one changes the one emulated world, not a workspace. Only
/// what concerns devices is somebody's there.
fn plays_a_phone(operation: &Operation) -> bool {
    operation.path.starts_with("/api/v1/sandbox/")
        && operation.method != "GET"
        && !operation.path.ends_with("/unlink")
        && !operation.path.ends_with("/faults")
}

/// Whether somebody without any credential may call it.
fn is_for_everybody(operation: &Operation) -> bool {
    operation.says["security"].as_array().is_some_and(|ways| ways.contains(&json!({})))
}

#[test]
fn strangers_see_nothing_change_nothing_and_cannot_tell_what_there_is() {
    let world = World::new();
    let document = document(&world.server);
    let operations: Vec<Operation> = operations(&document)
        .into_iter()
        .filter(|operation| !is_for_everybody(operation) && !plays_a_phone(operation))
        .collect();
    assert!(operations.len() > 40, "{} operations are few", operations.len());
    let nowhere = Things::nowhere();
    let before = world.state();

    // Readers and those whose time is over first: whatever they changed would show for the others.
    for operation in &operations {
        for attempt in attempts::of(operation, &document, &world.things) {
            let (status, answer) = tried(&world, &world.expired_key, &attempt);
            assert_eq!(status, 401, "an expired key: {} {}: {answer}", attempt.method, attempt.path);
            if attempt.method != "GET" {
                let (status, answer) = tried(&world, &world.reading_key, &attempt);
                let refused = status == 403 || answer.contains("\"code\":\"forbidden\"");
                assert!(refused, "a reading key: {} {}: {status} {answer}", attempt.method, attempt.path);
            }
        }
    }
    assert_eq!(world.state(), before);

    let strangers = [
        ("Eve", &world.eve),
        ("Eve's key", &world.eves_key),
        ("another device's key", &world.other_device_key),
    ];
    for (name, stranger) in strangers {
        for operation in &operations {
            let theirs = attempts::of(operation, &document, &world.things);
            let nobodys = attempts::of(operation, &document, &nowhere);
            for (attempt, control) in theirs.iter().zip(&nobodys) {
                let what = format!("{name}: {} {} {:?}", attempt.method, attempt.path, attempt.body);
                let about_something = attempt.path != control.path || attempt.body != control.body;
                // Where the control acts (a device of one's own is made), a second time is another thing.
                let (status, answer) = tried(&world, stranger, attempt);
                // What stands on a phone, its holder may show.
                let of_phone = operation.path.starts_with("/api/v1/sandbox/");
                for trace in
                    world.things.traces().into_iter().filter(|t| !of_phone || ![WORDS, NAME].contains(t))
                {
                    assert!(!answer.contains(trace), "{what}: {trace} in {status} {answer}");
                }
                if about_something && !is_shared(operation) {
                    let (status_of_none, answer_of_none) = tried(&world, stranger, control);
                    assert_eq!(
                        (status, without_ids(&answer, &world.things)),
                        (status_of_none, without_ids(&answer_of_none, &nowhere)),
                        "{what}"
                    );
                    assert!(
                        !(200..300).contains(&status) || answer.contains("\"error\""),
                        "{what}: {status} {answer}"
                    );
                }
            }
        }
        if std::ptr::eq(stranger, &world.other_device_key) {
            let (now, then) = (world.state(), before.clone());
            assert_eq!(
                world.without_other_device(now),
                world.without_other_device(then),
                "{name} changed something of another device"
            );
        } else {
            assert_eq!(world.state(), before, "{name} changed something");
        }
    }

    // And Ana herself is told about all of it.
    for path in ["/devices/", "/chats/"] {
        let id = if path == "/devices/" { &world.things.device } else { &world.things.chat };
        assert_eq!(world.call(&world.ana, "GET", &format!("{path}{id}"), None).0, 200);
    }
}

/// Routes that are about a phone, which there is for everybody.
fn is_shared(operation: &Operation) -> bool {
    operation.path.starts_with("/api/v1/sandbox/phones/")
}

fn tried(world: &World, who: &Credential, attempt: &Attempt) -> (u16, String) {
    raw(&world.server, who, &attempt.method, &attempt.path, attempt.body.as_ref())
}

/// An answer without what it repeats of the request.
fn without_ids(answer: &str, things: &Things) -> String {
    let mut answer = answer.to_owned();
    for id in [
        &things.device,
        &things.chat,
        &things.message,
        &things.key,
        &things.user,
        &things.webhook,
        &things.media,
        &things.phone,
    ] {
        answer = answer.replace(id.as_str(), "…");
    }
    answer
}

#[test]
fn the_sandbox_shows_and_ends_only_ones_own_links() {
    let world = World::new();
    let links = format!("/sandbox/phones/{}/links", world.things.phone);
    let unlink = format!("/sandbox/phones/{}/unlink", world.things.phone);
    let device = &world.things.device;
    assert_eq!(world.call(&world.ana, "GET", &links, None).1["items"][0]["device"], *device);
    let fault = json!({"kind": "latency", "device": device, "ms": 1, "seconds": 60});
    assert_eq!(world.call(&world.ana, "POST", "/sandbox/faults", Some(&fault)).0, 201);
    for stranger in [&world.eve, &world.eves_key, &world.other_device_key] {
        assert_eq!(world.call(stranger, "GET", &links, None), (200, json!({"items": [], "next": null})));
        assert_eq!(world.call(stranger, "GET", "/sandbox/faults", None).1["items"], json!([]));
        assert_eq!(world.call(stranger, "POST", "/sandbox/faults", Some(&fault)).0, 404);
        assert_eq!(world.call(stranger, "POST", &unlink, Some(&json!({"deviceId": device}))).0, 404);
        world.call(stranger, "POST", &unlink, Some(&json!({})));
    }
    // Scenarios are their workspace's, and only the owner of a device plays with its connection.
    let script = json!({"seed": 1, "steps": [{"do": {"kind": "fault", "fault": fault}}]});
    let (status, begun) = world.call(&world.ana, "POST", "/sandbox/script", Some(&script));
    assert_eq!(status, 202, "{begun}");
    let played = format!("/sandbox/script/{}", begun["id"].as_str().unwrap());
    assert_eq!(world.call(&world.ana, "GET", &played, None).0, 200);
    for stranger in [&world.eve, &world.eves_key] {
        assert_eq!(world.call(stranger, "POST", "/sandbox/script", Some(&script)).0, 404);
        assert_eq!(world.call(stranger, "GET", &played, None).0, 404);
        assert_eq!(world.call(stranger, "DELETE", &played, None).0, 404);
    }
    assert_eq!(world.call(&world.other_device_key, "POST", "/sandbox/script", Some(&script)).0, 404);
    let still = world.call(&world.ana, "GET", &format!("/devices/{device}"), None).1;
    assert_eq!(still["status"], "connected");
    assert_eq!(
        world.call(&world.ana, "POST", &unlink, Some(&json!({"deviceId": device}))),
        (204, Value::String(String::new()))
    );
}
