//! Every wire resumes: whatever happens to a client or to the server, each event comes once and in order, or the
//! client is told to start over.

mod cable;
mod native;
mod scene;
mod socketio;
mod status;
mod webhook;
mod wire;

use crate::support::recovery::Options;
use crate::support::{API_KEY, databases, until};
use native::{Native, Poll, Sse};
use scene::{Follower, Goal, Record, Scene, as_expected, complete, judge, message};
use serde_json::json;
use socketio::{By, CHAT, DEVICE, SocketIo, device_namespace, root_namespace};
use status::Watched;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use webhook::Webhook;
use wire::Wire;

/// A client of each wire, at the log's present end.
fn wires(scene: &Scene) -> Vec<Box<dyn Wire>> {
    let start = scene.cursor();
    let own = || device_namespace(Some(&scene.device), API_KEY);
    let polling = || Options { polls: true, ..own() };
    let mut wires: Vec<Box<dyn Wire>> = vec![
        Box::new(Native::default()),
        Box::new(Sse::default()),
        Box::new(Poll::default()),
        Box::new(SocketIo::new("/ws, a device, recovery", By::Recovery, DEVICE, own())),
        Box::new(SocketIo::new("/ws, polling, recovery", By::Recovery, DEVICE, polling())),
        Box::new(SocketIo::new("/ws, a device, since", By::Since, DEVICE, own())),
        Box::new(SocketIo::new("/ws, all, recovery", By::Recovery, DEVICE, device_namespace(None, API_KEY))),
        Box::new(SocketIo::new("/socket.io, recovery", By::Recovery, CHAT, root_namespace(API_KEY))),
        Box::new(SocketIo::new(
            "/socket.io, polling, recovery",
            By::Recovery,
            CHAT,
            Options { polls: true, ..root_namespace(API_KEY) },
        )),
        Box::new(SocketIo::new("/socket.io, since", By::Since, CHAT, root_namespace(API_KEY))),
        Box::new(Webhook::new(scene.addr)),
    ];
    for wire in &mut wires {
        wire.place(&start);
    }
    wires
}

/// Nobody is slowed down, and webhooks may go to this machine and are not patient.
fn with(database: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let settings = [
        ("SWITCHBOARD_RATE_LIMIT", "0"),
        ("SWITCHBOARD_JWT_SECRET", status::SECRET),
        ("SWITCHBOARD_PROVISION_USERS", "true"),
        ("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8"),
        ("SWITCHBOARD_WEBHOOK_TIMEOUT", "2"),
        ("SWITCHBOARD_WEBHOOK_RETRY_DELAY", "0.1"),
        ("SWITCHBOARD_WEBHOOK_ATTEMPTS", "30"),
    ];
    let settings = settings.map(|(name, value)| (name, value.to_owned()));
    database.iter().cloned().chain(settings).collect()
}

fn follow(scene: &Scene, wires: Vec<Box<dyn Wire>>, last: usize) -> Vec<Follower> {
    wires.into_iter().map(|wire| Follower::start(wire, scene.addr, message(last))).collect()
}

fn finish(
    followers: Vec<Follower>,
    check: impl Fn(&Record) -> Result<String, String>,
) -> Vec<(&'static str, Result<String, String>)> {
    let finish = |follower: Follower| {
        let name = follower.name;
        (name, check(&follower.finish().1))
    };
    followers.into_iter().map(finish).collect()
}

/// All of it, over at least so many connections: a scene in which nothing happened proves nothing.
fn whole(record: &Record, last: usize, connections: u32) -> Result<String, String> {
    complete(record, 0..last + 1)?;
    if record.connections < connections && !record.is_called {
        return Err(format!("only {} connections", record.connections));
    }
    Ok(format!("{} messages over {} connections", record.load.len(), record.connections))
}

#[test]
fn clients_that_are_cut_off() {
    const LAST: usize = 149;
    for environment in databases() {
        let scene = Scene::set(&with(&environment));
        let followers = follow(&scene, wires(&scene), LAST);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Each cable at its own moments; every second time, the server hears nothing of it.
                for round in 0_u64.. {
                    for (place, follower) in followers.iter().enumerate() {
                        std::thread::sleep(Duration::from_millis(40 + (round * 37 + place as u64 * 13) % 90));
                        follower.cable.cut(round % 2 == 0);
                    }
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
            scene.send(0..LAST + 1, Duration::from_millis(25), 0);
            done.store(true, Ordering::SeqCst);
        });
        judge("client cut off", finish(followers, |record| whole(record, LAST, 3)));
    }
}

#[test]
fn a_server_that_is_killed() {
    const LAST: usize = 149;
    const KILLS: u32 = 5;
    for environment in databases() {
        let scene = Scene::set(&with(&environment));
        let followers = follow(&scene, wires(&scene), LAST);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for kill in 0..KILLS {
                    std::thread::sleep(Duration::from_millis(300 + u64::from(kill * 71 % 300)));
                    let mut server = scene.server.write().unwrap();
                    server.kill();
                    server.run();
                }
            });
            scene.send(0..LAST + 1, Duration::from_millis(25), 0);
        });
        judge("server killed", finish(followers, |record| whole(record, LAST, 2)));
    }
}

#[test]
fn clients_that_read_slowly() {
    const LAST: usize = 119;
    // More than the ring of recent events holds.
    const RENAMES: usize = 2_400;
    for environment in databases() {
        let scene = Scene::set(&with(&environment));
        let followers = follow(&scene, wires(&scene), LAST);
        scene.send(0..10, Duration::ZERO, 0);
        for follower in &followers {
            follower.cable.stall(true);
        }
        // More than the kernel's buffers hold.
        scene.send(10..LAST, Duration::ZERO, 60_000);
        let server = scene.server.read().unwrap();
        let url = format!("{}/api/v1/devices/{}", server.url, scene.device);
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let url = url.as_str();
                scope.spawn(move || {
                    let agent = ureq::Agent::new_with_defaults();
                    for n in 0..RENAMES / 4 {
                        let body = json!({"name": format!("Name {worker} {n}")}).to_string();
                        let request = agent.patch(url).header("x-api-key", API_KEY);
                        request.header("content-type", "application/json").send(body).unwrap();
                    }
                });
            }
        });
        scene.send(LAST..LAST + 1, Duration::ZERO, 0);
        assert!(followers.iter().all(|follower| !follower.is_done()), "a stalled client saw the end");
        for follower in &followers {
            follower.cable.stall(false);
        }
        judge("slow reader", finish(followers, |record| whole(record, LAST, 1)));
    }
}

#[test]
fn positions_that_the_log_cannot_serve() {
    const LAST: usize = 3;
    for environment in databases() {
        let mut environment = with(&environment);
        let scene = Scene::set(&environment);
        // Everybody sees the first message, and goes away.
        let followers = follow(&scene, wires(&scene), 0);
        scene.send(0..1, Duration::ZERO, 0);
        let seen: Vec<_> = followers.into_iter().map(Follower::finish).collect();
        let old = scene.cursor();
        {
            let mut server = scene.server.write().unwrap();
            for n in 0..300 {
                let path = format!("/devices/{}", scene.device);
                server.ok("PATCH", &path, Some(&json!({"name": format!("Name {n}")})));
            }
            // The log becomes shorter than what they missed.
            environment.push(("SWITCHBOARD_EVENTS_KEEP", "200".to_owned()));
            server.kill();
            server.restart_with(&environment);
            until("a shorter log", || {
                let page = server.get(&format!("/events?since={old}"));
                (page["resync"] == "floor").then_some(())
            });
            server.wait_for_status(&scene.device, "connected");
        }
        let mut verdicts = Vec::new();
        let mut wires = Vec::new();
        for (wire, record) in seen {
            if let Err(wrong) = complete(&record, 0..1) {
                verdicts.push((wire.name(), Err(wrong)));
            }
            wires.push(wire);
        }
        judge("before", verdicts);

        let followers = follow(&scene, wires, 1);
        scene.send(1..2, Duration::ZERO, 0);
        let told = |reason: &'static str, load: &'static str| {
            move |record: &Record| match (record.resyncs.as_slice(), record.load.as_slice()) {
                ([why], [text]) if why == reason && text == load => Ok(format!("told {why}, then live")),
                (whys, texts) => Err(format!("{whys:?} {texts:?}, last trouble: {:?}", record.trouble)),
            }
        };
        let mut wires = Vec::new();
        let mut verdicts = Vec::new();
        for follower in followers {
            let (wire, record) = follower.finish();
            verdicts.push((wire.name(), told("floor", "load-1")(&record)));
            wires.push(wire);
        }
        judge("older than the log", verdicts);

        for (reason, place, n) in [("epoch", "elsewhere-1".to_owned(), 2), ("ahead", ahead(&old), LAST)] {
            for wire in &mut wires {
                wire.place(&place);
            }
            let followers = follow(&scene, wires, n);
            scene.send(n..n + 1, Duration::ZERO, 0);
            let (mut after, mut verdicts) = (Vec::new(), Vec::new());
            for follower in followers {
                let (wire, record) = follower.finish();
                let load: &'static str = if n == 2 { "load-2" } else { "load-3" };
                verdicts.push((wire.name(), told(reason, load)(&record)));
                after.push(wire);
            }
            wires = after;
            judge(if n == 2 { "of another log" } else { "beyond the log" }, verdicts);
        }
    }
}

/// The wires of connection status, which tell of no messages: the same troubles, with a load of their own.
#[test]
fn watchers_of_a_connection() {
    const CYCLES: usize = 6;
    for environment in databases() {
        let mut environment = with(&environment);
        let scene = Scene::set(&environment);
        let watched = Watched::set(&scene);
        let watch = |at: &str, goal: &Goal| -> Vec<Follower> {
            let wires = watched.wires(at).into_iter();
            wires.map(|wire| Follower::start(wire, scene.addr, goal.clone())).collect()
        };
        for (trouble, connections) in [("client cut off", 3), ("server killed", 2), ("slow reader", 1)] {
            let (start, goal) = (scene.cursor(), Goal::default());
            let followers = watch(&start, &goal);
            let done = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| match trouble {
                    "client cut off" => {
                        for round in 0_u32.. {
                            for follower in &followers {
                                std::thread::sleep(Duration::from_millis(u64::from(40 + round * 37 % 90)));
                                follower.cable.cut(round % 2 == 0);
                            }
                            if done.load(Ordering::SeqCst) {
                                return;
                            }
                        }
                    }
                    "server killed" => {
                        for kill in 0..3 {
                            std::thread::sleep(Duration::from_millis(300 + kill * 171));
                            let mut server = scene.server.write().unwrap();
                            server.kill();
                            server.run();
                        }
                    }
                    _ => followers.iter().for_each(|follower| follower.cable.stall(true)),
                });
                watched.cycle(&scene, CYCLES);
                done.store(true, Ordering::SeqCst);
            });
            // A server that was killed last may still bring it back by itself.
            watched.cycle(&scene, 1);
            followers.iter().for_each(|follower| follower.cable.stall(false));
            let expected = watched.connections(&scene, &start);
            assert!(expected.len() > CYCLES, "{expected:?}");
            goal.set(expected[expected.len() - 1].clone()).unwrap();
            let whole = |record: &Record| {
                as_expected(record, &expected)?;
                match record.connections {
                    few if few < connections => Err(format!("only {few} connections")),
                    many => Ok(format!("{} events over {many} connections", record.load.len())),
                }
            };
            judge(trouble, finish(followers, whole));
        }
        let old = scene.cursor();
        {
            let mut server = scene.server.write().unwrap();
            for n in 0..300 {
                let path = format!("/devices/{}", scene.device);
                server.ok("PATCH", &path, Some(&json!({"name": format!("Name {n}")})));
            }
            environment.push(("SWITCHBOARD_EVENTS_KEEP", "200".to_owned()));
            server.kill();
            server.restart_with(&environment);
            until("a shorter log", || {
                let page = server.get(&format!("/events?since={old}"));
                (page["resync"] == "floor").then_some(())
            });
            server.wait_for_status(&watched.device, "connected");
        }
        for (reason, place) in
            [("floor", old.clone()), ("epoch", "elsewhere-1".to_owned()), ("ahead", ahead(&old))]
        {
            let (start, goal) = (scene.cursor(), Goal::default());
            let followers = watch(&place, &goal);
            watched.cycle(&scene, 1);
            let expected = watched.connections(&scene, &start);
            goal.set(expected[0].clone()).unwrap();
            let told = |record: &Record| {
                // The present state comes between: it is no event, and has the position that it was read at.
                let live = record.load.last() == expected.last();
                match record.resyncs.as_slice() {
                    [why] if why == reason && live => Ok(format!("told {why}, then live")),
                    whys => Err(format!("{whys:?} {:?}, last trouble: {:?}", record.load, record.trouble)),
                }
            };
            judge(reason, finish(followers, told));
        }
    }
}

/// A position that this log has not reached.
fn ahead(cursor: &str) -> String {
    format!("{}-999999999", cursor.rsplit_once('-').unwrap().0)
}
