//! A server with a linked device, somebody who writes to it, and clients of every wire that follow.

use super::cable::Cable;
use super::wire::{Came, Wire};
use crate::support::{Server, until};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::sync::{Arc, OnceLock, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a wire may take for a whole scene.
const PATIENCE: Duration = Duration::from_secs(150);
/// How long is looked for what comes once too often, after the last message.
const AFTER: Duration = Duration::from_millis(1_500);

/// What one wire went through.
#[derive(Debug, Default)]
pub struct Record {
    pub load: Vec<String>,
    pub resyncs: Vec<String>,
    pub connections: u32,
    /// Whether it was the server that connected.
    pub is_called: bool,
    pub trouble: Option<String>,
}

/// The place, and who lives there.
pub struct Scene {
    pub server: Arc<RwLock<Server>>,
    pub addr: SocketAddr,
    pub device: String,
    /// The linked phone, and the one that writes to it.
    pub own: String,
    pub other: String,
}

impl Scene {
    pub fn set(environment: &[(&'static str, String)]) -> Self {
        let server = Server::start_with(environment);
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
        };
        let (own, other) = (phone("Own phone"), phone("Other phone"));
        let device = server.linked_device(&own);
        let addr = server.url.trim_start_matches("http://").parse().unwrap();
        Self { server: Arc::new(RwLock::new(server)), addr, device, own, other }
    }

    pub fn cursor(&self) -> String {
        self.server.read().unwrap().get("/events")["cursor"].as_str().unwrap().to_owned()
    }

    /// The other phone sends `load-FIRST` to `load-LAST`, each once, whatever happens to the server meanwhile.
    pub fn send(&self, numbers: std::ops::Range<usize>, pause: Duration, padding: usize) {
        let path = format!("/sandbox/phones/{}/messages", self.other);
        for n in numbers {
            let text = format!("load-{n} {}", "x".repeat(padding));
            let body = json!({"to": self.own, "text": text});
            let key = format!("load-{n}");
            until("the phone's message", || {
                let server = self.server.read().unwrap();
                match server.call_with("POST", &path, Some(&body), &[("idempotency-key", &key)]) {
                    Ok((200..=299, _)) => Some(()),
                    _ => None,
                }
            });
            std::thread::sleep(pause);
        }
    }
}

/// What a follower is to see at last; may be found out while it follows.
pub type Goal = Arc<OnceLock<String>>;

/// A message of the load as the goal.
pub fn message(last: usize) -> Goal {
    Arc::new(OnceLock::from(format!("load-{last}")))
}

/// A wire that follows in a thread of its own until it has seen its goal.
pub struct Follower {
    pub name: &'static str,
    pub cable: Arc<Cable>,
    thread: JoinHandle<(Box<dyn Wire>, Record)>,
}

impl Follower {
    /// Returns once it is connected.
    pub fn start(mut wire: Box<dyn Wire>, server: SocketAddr, goal: Goal) -> Self {
        let cable = Arc::new(Cable::to(wire.far_end().unwrap_or(server)));
        let (name, base) = (wire.name(), cable.url());
        let (connected, is_connected) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let record = follow(wire.as_mut(), &base, &goal, &connected);
            (wire, record)
        });
        // A wire that never connects says so in its record.
        let _ = is_connected.recv_timeout(Duration::from_secs(30));
        Self { name, cable, thread }
    }

    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    pub fn finish(self) -> (Box<dyn Wire>, Record) {
        self.thread.join().unwrap()
    }
}

fn follow(wire: &mut dyn Wire, base: &str, goal: &Goal, connected: &mpsc::Sender<()>) -> Record {
    let mut record = Record { is_called: wire.far_end().is_some(), ..Record::default() };
    let deadline = Instant::now() + PATIENCE;
    let mut end = deadline;
    let mut on = false;
    while Instant::now() < end {
        if end == deadline && goal.get().is_some_and(|last| record.load.contains(last)) {
            end = Instant::now() + AFTER;
        }
        if !on {
            match wire.connect(base) {
                Ok(()) => {
                    on = true;
                    record.connections += 1;
                    let _ = connected.send(());
                }
                Err(broken) => {
                    record.trouble = Some(broken.0);
                    std::thread::sleep(Duration::from_millis(30));
                    continue;
                }
            }
        }
        match wire.next(Duration::from_millis(200)) {
            Ok(Some(Came::Load(text))) => record.load.push(text),
            Ok(Some(Came::Resync(reason))) => record.resyncs.push(reason),
            Ok(Some(Came::Other) | None) => {}
            Err(broken) => {
                record.trouble = Some(broken.0);
                wire.drop_connection();
                on = false;
                std::thread::sleep(Duration::from_millis(30));
            }
        }
    }
    wire.drop_connection();
    record
}

/// Whether each message of the load came once and in order, and nothing was given up.
pub fn complete(record: &Record, numbers: std::ops::Range<usize>) -> Result<(), String> {
    as_expected(record, &numbers.map(|n| format!("load-{n}")).collect::<Vec<_>>())
}

/// Whether just this came, once and in order, and nothing was given up.
pub fn as_expected(record: &Record, expected: &[String]) -> Result<(), String> {
    if !record.resyncs.is_empty() {
        return Err(format!("resync: {:?}", record.resyncs));
    }
    if record.load == expected {
        return Ok(());
    }
    let missing: Vec<_> = expected.iter().filter(|text| !record.load.contains(text)).take(5).collect();
    let first = record.load.iter().zip(expected).position(|(came, expected)| came != expected);
    let first = first.unwrap_or(record.load.len().min(expected.len()));
    let around = &record.load[first.saturating_sub(2)..record.load.len().min(first + 4)];
    let (came, all) = (record.load.len(), expected.len());
    let trouble = record.trouble.as_deref().unwrap_or("none");
    Err(format!(
        "{came} of {all}; missing {missing:?}; wrong from {first} on: {around:?}; last trouble: {trouble}"
    ))
}

/// Prints one row of the matrix for each wire, and fails if a cell is wrong.
#[track_caller]
pub fn judge(scene: &str, verdicts: Vec<(&'static str, Result<String, String>)>) {
    let mut wrong = 0;
    for (wire, verdict) in &verdicts {
        let (mark, text) = match verdict {
            Ok(text) => ("ok", text),
            Err(text) => {
                wrong += 1;
                ("WRONG", text)
            }
        };
        println!("{scene:<28} {wire:<28} {mark}: {text}");
    }
    assert_eq!(wrong, 0, "{scene}: {wrong} of {} wires: see above", verdicts.len());
}
