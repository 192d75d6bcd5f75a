//! A dialect as small as one can be that uses everything.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::{
    Args, Batch, Config, DisconnectReason, Event, Feed, Frame, Handshake, Keeper, Lost, MemoryKeeper,
    Namespace, Opened, Refusal, Server, Socket, Start, StatelessKeeper,
};

/// A log of so many events: number n is called `n`, and is at offset `log-n`.
pub(super) type Log = watch::Sender<usize>;

pub(super) struct Dialect {
    pub log: Arc<Log>,
    keeper: Arc<dyn Keeper>,
    pub farewells: Arc<Mutex<Vec<(String, DisconnectReason)>>>,
}

/// A log that has come so far is closed.
pub(super) const END: usize = usize::MAX;

struct Reader {
    at: usize,
    ended: bool,
    top: watch::Receiver<usize>,
    namespace: String,
}

impl Feed for Reader {
    async fn next(&mut self) -> Batch {
        if self.ended {
            return Batch::Close;
        }
        let at = self.at;
        let Ok(top) = self.top.wait_for(|top| *top > at).await.map(|top| *top) else { return Batch::Close };
        if top == END {
            self.ended = true;
            return Batch::Close;
        }
        self.at = top.min(at + 50);
        let frame = |n: usize| Frame::event_of(&self.namespace, "logged", &n, Some(&format!("log-{n}")));
        Batch::Frames((at + 1..=self.at).filter_map(|n| frame(n).ok()).collect())
    }
}

fn number(offset: Option<&String>) -> Option<usize> {
    offset?.strip_prefix("log-")?.parse().ok()
}

impl Namespace for Dialect {
    type Session = String;

    async fn authenticate(&self, handshake: &Handshake) -> Result<String, Refusal> {
        match handshake.query("key").or(handshake.auth_text("key")) {
            None => Err(Refusal::new("API key is required")),
            Some("bad") => Err(Refusal::new("Invalid API key").with_data(json!({ "code": 401 }))),
            Some(key) => Ok(format!("{key}@{}", handshake.param("device").unwrap_or_default())),
        }
    }

    fn owner(&self, session: &String) -> String {
        session.clone()
    }

    fn keeper(&self) -> Option<Arc<dyn Keeper>> {
        Some(Arc::clone(&self.keeper))
    }

    async fn feed(&self, socket: &Socket<String>, start: Start) -> Result<Opened, Lost> {
        let now = *self.log.borrow();
        let at = match start {
            Start::Now => now,
            Start::After(position) => number(position.seen.as_ref())
                .max(number(position.opened.as_ref()))
                .filter(|at| *at <= now)
                .ok_or(Lost)?,
        };
        let namespace = socket.namespace().to_owned();
        Ok(Opened::new(
            Reader { at, ended: false, top: self.log.subscribe(), namespace },
            Some(format!("log-{at}")),
        ))
    }

    async fn connected(&self, socket: &Socket<String>) {
        let rooms: Vec<String> = socket.rooms().iter().map(|room| room.to_string()).collect();
        let args = json!({ "session": **socket.session(), "recovered": socket.recovered(), "rooms": rooms });
        drop(socket.emit_of("hello", &args));
    }

    async fn event(&self, socket: &Socket<String>, event: Event) {
        let mut answer = event.args.clone();
        let text = event.args.get(0).and_then(Value::as_str).unwrap_or_default();
        match event.name.as_str() {
            "join" => answer = Args::one(socket.join(text).into()),
            "tell" => {
                answer = Args::one(socket.others().to(text).emit("told", &Args::new()).unwrap_or(0).into())
            }
            "ask" => {
                let wait = Some(Duration::from_millis(200));
                answer = match socket.emit_with_ack("asked", &Args::new(), wait).await {
                    Ok(args) => args,
                    Err(error) => Args::one(error.to_string().into()),
                };
            }
            "leave" => socket.disconnect(),
            "panic" => panic!("as asked"),
            _ => {}
        }
        if let Some(ack) = event.ack {
            drop(ack.send(&answer));
        }
    }

    async fn disconnected(&self, socket: &Socket<String>, reason: DisconnectReason) {
        self.farewells.lock().expect("no panic").push((socket.id().to_owned(), reason));
    }
}

/// A server with the dialect in `/` (sockets are kept in memory) and in `/device/{device}` (they keep themselves).
pub(super) struct Desk {
    pub log: Arc<Log>,
    pub farewells: Arc<Mutex<Vec<(String, DisconnectReason)>>>,
    pub server: Server,
}

impl Desk {
    pub fn new(config: Config) -> Self {
        let (log, farewells) = (Arc::new(Log::new(0)), Arc::default());
        let dialect = |keeper| Dialect { log: Arc::clone(&log), keeper, farewells: Arc::clone(&farewells) };
        let memory = Arc::new(MemoryKeeper::new(Duration::from_secs(60), 100));
        let server = Server::builder(config)
            .namespace("/", dialect(memory))
            .namespace_pattern("/device/{device}", dialect(Arc::new(StatelessKeeper::default())))
            .build()
            .expect("a server");
        Self { log, farewells, server }
    }
}
