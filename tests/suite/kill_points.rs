//! Every send arrives once and in order, whichever two steps the power fails between.
//!
//! As many sends as all points take by default; with `SWITCHBOARD_KILL_SENDS` so many, and kills all along.

use crate::support::mix::Talk;
use crate::support::{Server, databases, settles, until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

/// Each with how often it has to be reached for the next kill; what comes rarely is killed early.
const POINTS: [(&str, &[u32]); 10] = [
    ("queued", &[1, 6]),
    ("remembered", &[2, 5]),
    ("before_send", &[1, 4]),
    ("attached", &[2]),
    ("expected", &[1, 5]),
    ("before_socket", &[3, 17]),
    ("after_send", &[1, 4]),
    ("before_accepted", &[1, 5]),
    ("after_accepted", &[1, 3]),
    ("after_fail", &[1, 2]),
];
/// How long a point may take to be reached.
const PATIENCE: Duration = Duration::from_secs(30);
const DEVICES: usize = 3;
const CHATS: usize = 2;

/// The plans of a round; later rounds kill at other times.
fn plans(round: u32) -> Vec<String> {
    let of = |(name, times): &(&str, &[u32])| {
        times.iter().map(|nth| format!("{name}:{}", nth + round * 7 % 40)).collect::<Vec<_>>()
    };
    POINTS.iter().flat_map(of).collect()
}

struct World {
    server: RwLock<Server>,
    /// Everything was sent and killed that is to be.
    done: AtomicBool,
    sent: AtomicUsize,
}

/// One device says something in each of its chats in turn, until the world ends; answers what it said.
fn speak(world: &World, device: &str, mut talks: Vec<(String, Talk)>) -> Vec<(String, Talk)> {
    while !world.done.load(Ordering::Relaxed) {
        for (peer, talk) in &mut talks {
            let (key, next) = (talk.key(), talk.next());
            let path = format!("/devices/{device}/chats/{peer}/messages");
            // Whoever gets no answer asks again under the same key, as every client has to.
            let answer = until("an answer", || {
                let headers = [("idempotency-key", key.as_str())];
                let server = world.server.read().unwrap();
                match server.call_with("POST", &path, Some(&next.body), &headers) {
                    Ok((200..=299, answer)) => Some(answer),
                    // Whether a new number is on WhatsApp, only WhatsApp says.
                    Ok((409, problem)) if problem["code"] == "not_connected" => {
                        drop(server);
                        std::thread::sleep(Duration::from_millis(50));
                        None
                    }
                    Ok((400..=428 | 430..=499, problem)) => panic!("{}: {problem}", next.body),
                    _ => {
                        drop(server);
                        std::thread::sleep(Duration::from_millis(50));
                        None
                    }
                }
            });
            talk.taken(next, &answer);
            world.sent.fetch_add(1, Ordering::Relaxed);
        }
        // What is queued much faster than it goes out is only a longer queue.
        std::thread::sleep(Duration::from_millis(40));
    }
    talks
}

/// Kills the server at one point after the other; answers how often at which.
fn kill(world: &World, base: &[(&'static str, String)], sends: usize) -> BTreeMap<String, usize> {
    let mut killed: BTreeMap<String, usize> = BTreeMap::new();
    let mut round = 0;
    loop {
        for plan in plans(round) {
            let point = plan.split(':').next().unwrap().to_owned();
            let mut environment = base.to_vec();
            environment.push(("SWITCHBOARD_CRASH", plan.clone()));
            let ready = {
                let mut server = world.server.write().unwrap();
                server.kill();
                server.set_environment(&environment);
                server.try_run()
            };
            if ready && point == "after_fail" {
                // Nothing fails unless something is wrong.
                drop(world.server.read().unwrap().call(
                    "POST",
                    "/sandbox/faults",
                    Some(&json!({"kind": "lose_acks"})),
                ));
            }
            let deadline = Instant::now() + PATIENCE;
            while !world.server.write().unwrap().has_ended() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(20));
            }
            if world.server.write().unwrap().has_ended() {
                *killed.entry(point).or_default() += 1;
            }
        }
        round += 1;
        if world.sent.load(Ordering::Relaxed) >= sends {
            return killed;
        }
    }
}

#[test]
fn each_send_arrives_once_and_in_order_wherever_the_server_is_killed() {
    let sends = std::env::var("SWITCHBOARD_KILL_SENDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    for mut base in databases() {
        base.push(("SWITCHBOARD_ACK_WAIT", "0.3".to_owned()));
        base.push(("SWITCHBOARD_SEND_RETRY_DELAY", "0.05".to_owned()));
        base.push(("SWITCHBOARD_SEND_ATTEMPTS", "30".to_owned()));
        let started = Instant::now();
        let server = Server::start_with(&base);
        let phone = |name: String| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
        };
        let mut speakers = Vec::new();
        for n in 0..DEVICES {
            let own = phone(format!("Own {n}"));
            let device = server.linked_device(&own);
            let talk = |m: usize| {
                let seed = u64::try_from(n * CHATS + m + 1).unwrap();
                (phone(format!("Peer {n} {m}")), Talk::new(&format!("talk{n}{m}"), seed))
            };
            speakers.push((own, device, (0..CHATS).map(talk).collect::<Vec<_>>()));
        }
        let world = Arc::new(World {
            server: RwLock::new(server),
            done: AtomicBool::new(false),
            sent: AtomicUsize::new(0),
        });
        let running: Vec<_> = speakers
            .into_iter()
            .map(|(own, device, talks)| {
                let world = world.clone();
                std::thread::spawn(move || (own, device.clone(), speak(&world, &device, talks)))
            })
            .collect();
        let killed = kill(&world, &base, sends);
        {
            let mut server = world.server.write().unwrap();
            server.kill();
            server.set_environment(&base);
            server.run();
        }
        world.done.store(true, Ordering::Relaxed);
        let spoken: Vec<_> = running.into_iter().map(|thread| thread.join().unwrap()).collect();
        for (name, _) in POINTS {
            assert!(killed.contains_key(name), "never killed at {name}: {killed:?}");
        }

        let server = world.server.read().unwrap();
        let mut count = 0;
        for (own, device, talks) in &spoken {
            server.wait_for_status(device, "connected");
            for (peer, talk) in talks {
                count += talk.count();
                let at_the_phone = || {
                    let held = server.get(&format!("/sandbox/phones/{peer}/messages?chat={own}"));
                    let items = held["items"].as_array().unwrap();
                    let found: Vec<&Value> =
                        items.iter().filter(|message| message["from"] == **own).collect();
                    talk.wrong(&found, "id", own)
                };
                settles(&format!("{own} at {peer}"), at_the_phone);
                let here = || {
                    let all = server.thread(device, peer);
                    let found: Vec<&Value> = all.iter().filter(|message| message["fromMe"] == true).collect();
                    let waits =
                        found.iter().find(|one| one["status"] == "queued" || one["status"] == "failed");
                    waits.map(|one| one.to_string()).or_else(|| talk.wrong(&found, "whatsappId", own))
                };
                settles(&format!("{own} with {peer} here"), here);
            }
        }
        let kills: usize = killed.values().sum();
        println!(
            "{count} sends of all kinds on {DEVICES} devices, {kills} kills ({killed:?}) in {:.0?}: each arrived once and in order",
            started.elapsed()
        );
    }
}
