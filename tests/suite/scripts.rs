//! Scenarios of the sandbox: what they do is seen from the outside, and the same seed does the same to the byte.

use crate::support::{Server, databases, until};
use serde_json::{Value, json};

const OWN: &str = "34600111222";
const OTHER: &str = "34600222333";

/// Everything that can be done but linking, some of it chosen.
fn scenario(seed: u64) -> Value {
    let says = |after: Value, message: Value| json!({"afterMs": after, "do": {"kind": "message", "phone": OTHER, "message": message}});
    let chosen = json!({
        "afterMs": [0, 40],
        "do": {"kind": "message", "phone": OTHER, "message": {"to": OWN}, "texts": ["One", "Two", "Three", "Four"]},
    });
    json!({
        "seed": seed,
        "repeat": 3,
        "steps": [
            {"do": {"kind": "presence", "phone": OTHER, "online": true}},
            {"afterMs": 5, "do": {"kind": "typing", "phone": OTHER, "to": OWN, "state": "composing"}},
            chosen,
            says(json!([1, 30]), json!({"to": OWN, "reaction": {"messageId": "step_2", "emoji": "👍"}})),
            says(json!(2), json!({"to": OWN, "text": "In answer", "quoted": "step_2"})),
            says(json!(2), json!({"to": OWN, "edit": {"messageId": "step_4", "text": "In answer to that"}})),
            says(json!(2), json!({"to": "34600999111", "text": "To nobody"})),
            {"do": {"kind": "fault", "fault": {"kind": "latency", "ms": 5, "seconds": 30}}},
            {"afterMs": [0, 20], "do": {"kind": "call", "phone": OTHER, "to": OWN}},
            {"do": {"kind": "call", "phone": OTHER, "to": OWN, "end": true}},
            {"do": {"kind": "clearFaults"}},
            {"do": {"kind": "read", "phone": OTHER, "chat": OWN}},
        ],
    })
}

/// Plays it to its end and answers the report as it was sent.
fn played(server: &Server, script: &Value) -> (String, Value) {
    let id = server.post("/sandbox/script", script.clone())["id"].as_str().unwrap().to_owned();
    let report = until("the end of the scenario", || {
        let report = server.get(&format!("/sandbox/script/{id}"));
        (report["state"] == "done").then_some(report)
    });
    (report.to_string(), report)
}

#[test]
fn the_same_seed_does_the_same_to_the_byte_on_a_new_sandbox() {
    let mut reports = Vec::new();
    for seed in [7, 7, 8] {
        for environment in databases() {
            let server = Server::start_with(&environment);
            reports.push((seed, played(&server, &scenario(seed)).0));
        }
    }
    let of = |seed: u64| {
        reports.iter().filter(|(of, _)| *of == seed).map(|(_, report)| report).collect::<Vec<_>>()
    };
    assert!(of(7).windows(2).all(|two| two[0] == two[1]), "{:#?}", of(7));
    assert_ne!(of(7)[0], of(8)[0]);
}

#[test]
fn what_a_scenario_does_arrives_and_a_second_time_is_another() {
    let server = Server::start();
    let device = server.linked_device(OWN);
    let (_, report) = played(&server, &scenario(11));
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 36);
    let offsets: Vec<i64> = steps.iter().map(|step| step["offsetMs"].as_i64().unwrap()).collect();
    assert!(offsets.is_sorted() && offsets.last() > Some(&0), "{offsets:?}");
    let failed: Vec<_> =
        steps.iter().filter(|step| step["error"].is_string()).map(|step| &step["step"]).collect();
    assert_eq!(failed, [6, 6, 6], "only the one to nobody cannot be done: {report:#}");
    // Each message that it says it sent is here, with what was done to it.
    for turn in steps.chunks(12) {
        let (first, answer) = (&turn[2], &turn[4]);
        let here = until("the edited answer", || {
            let page = server
                .call("GET", &format!("/devices/{device}/chats/{OTHER}/messages?limit=200"), None)
                .ok()?
                .1;
            let items = page["items"].as_array()?.clone();
            let found = items.iter().find(|message| message["whatsappId"] == answer["messageId"])?;
            (found["text"] == "In answer to that").then_some(items)
        });
        let of = |step: &Value| {
            here.iter().find(|message| message["whatsappId"] == step["messageId"]).unwrap().clone()
        };
        assert_eq!(of(first)["text"], first["text"]);
        assert_eq!(of(first)["reactions"][0]["emoji"], "👍");
        assert_eq!(of(answer)["quoted"]["whatsappId"], first["messageId"]);
    }
    let (_, again) = played(&server, &scenario(11));
    let ids = |report: &Value| -> Vec<String> {
        let all = report["steps"].as_array().unwrap();
        all.iter().filter_map(|step| step["messageId"].as_str()).map(str::to_owned).collect()
    };
    assert!(ids(&again).iter().all(|id| !ids(&report).contains(id)), "it is played, not only repeated");

    // Under a key it is played once.
    let key = [("idempotency-key", "the-scenario")];
    let begin = |script: &Value| server.call_with("POST", "/sandbox/script", Some(script), &key).unwrap();
    let (first, second) = (begin(&scenario(12)), begin(&scenario(12)));
    assert_eq!((first.0, &first.1["id"]), (202, &second.1["id"]));
    assert_eq!(begin(&scenario(13)).0, 409);
}

#[test]
fn a_scenario_can_be_ended_and_has_limits() {
    let server = Server::start();
    let message = json!({"kind": "message", "phone": OTHER, "message": {"to": OWN, "text": "Again"}});
    let slow =
        json!({"seed": 1, "repeat": 100, "steps": [{"do": message}, {"afterMs": 3_600_000, "do": message}]});
    let begin = || server.call("POST", "/sandbox/script", Some(&slow)).unwrap();
    let id = begin().1["id"].as_str().unwrap().to_owned();
    let path = format!("/sandbox/script/{id}");
    until("its first step", || (!server.get(&path)["steps"].as_array()?.is_empty()).then_some(()));
    assert_eq!(server.get(&path)["state"], "running");
    // Only so many at a time; those that are over make room.
    for _ in 1..16 {
        assert_eq!(begin().0, 202);
    }
    let (status, problem) = begin();
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")));
    assert_eq!(server.call("DELETE", &path, None).unwrap().0, 204);
    let report = server.get(&path);
    assert_eq!((&report["state"], report["steps"].as_array().unwrap().len()), (&json!("stopped"), 1));
    assert_eq!(begin().0, 202);
    assert_eq!(server.call("GET", &path, None).unwrap().0, 404, "it made room");
    for unreadable in [
        json!({"seed": -1, "steps": [{"do": message}]}),
        json!({"seed": 1, "steps": [{"do": {"kind": "sing"}}]}),
    ] {
        let (status, problem) = server.call("POST", "/sandbox/script", Some(&unreadable)).unwrap();
        assert_eq!((status, &problem["code"]), (400, &json!("malformed")), "{problem}");
    }
    for wrong in [
        json!({"seed": 1, "steps": []}),
        json!({"seed": 1, "steps": [{"afterMs": 3_600_001, "do": message}]}),
        json!({"seed": 1, "steps": [{"afterMs": [2, 1], "do": message}]}),
        json!({"seed": 1, "steps": vec![json!({"do": message}); 1_001]}),
        json!({"seed": 1, "repeat": 10_001, "steps": [{"do": message}]}),
    ] {
        let (status, problem) = server.call("POST", "/sandbox/script", Some(&wrong)).unwrap();
        assert_eq!((status, &problem["code"]), (400, &json!("invalid")), "{problem}");
    }
    let nobodys = json!({"kind": "fault", "fault": {"kind": "drop", "device": "dev_nothing"}});
    let (status, _) = server
        .call("POST", "/sandbox/script", Some(&json!({"seed": 1, "steps": [{"do": nobodys}]})))
        .unwrap();
    assert_eq!(status, 404);
}
