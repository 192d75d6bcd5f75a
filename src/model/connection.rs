//! How the stream is kept alive: which transport, when to try again, when to give one up.
//!
//! A state machine without I/O. It is told what happens and what time it is, and answers with what to do;
//! the browser's side owns the sockets and one timer, set to [`Connection::wake_at`]. The rules:
//!
//! - A WebSocket first. After two attempts in a row that never got a `hello`, an event stream.
//! - While an event stream serves, a WebSocket is tried beside it now and then; when it says `hello`,
//!   the event stream is closed. Events that come over both are the reducer's to tell apart.
//! - Full-jitter back-off from 0.5 s to 30 s; at once when the machine comes online or the page is seen.
//! - When the machine says that its network is gone, the connection is given up without waiting for a ping.
//! - On a WebSocket a ping every 25 s; no frame within 10 s of it means that the connection is dead.

use crate::protocol::Millis;

const OPEN_LIMIT: Millis = 10_000;
const PING_EVERY: Millis = 25_000;
const PING_LIMIT: Millis = 10_000;
const BACKOFF_FIRST: Millis = 500;
const BACKOFF_MOST: Millis = 30_000;
/// How many failed WebSocket attempts in a row turn to the event stream.
const WEB_SOCKET_TRIES: u32 = 2;
const PROBE_FIRST: Millis = 20_000;
const PROBE_MOST: Millis = 300_000;

/// What carries the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    WebSocket,
    EventStream,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The page is alive.
    Start,
    /// The first frame of this transport: the server is there.
    Hello(Transport),
    /// Any later frame.
    Frame(Transport),
    /// It closed or failed.
    Closed(Transport),
    /// The time of [`Connection::wake_at`] has come.
    Timer,
    /// The machine is online again, or the page is seen again.
    Nudge,
    /// The machine says that its network is gone.
    Offline,
    /// The state was fetched anew: connect from its position.
    Reopen,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Open(Transport),
    Close(Transport),
    /// Send a ping on the WebSocket.
    Ping,
    /// Ask over plain HTTP whether the session still holds: a refused upgrade does not say why.
    CheckSession,
}

/// Where the connection stands, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has been tried yet.
    Idle,
    /// An attempt is under way.
    Opening,
    Live(Transport),
    /// The next attempt is due then.
    Waiting {
        until: Millis,
    },
}

/// The state machine.
#[derive(Debug)]
pub struct Connection {
    phase: Phase,
    /// The transport of the attempt or of the live connection.
    current: Transport,
    /// When the attempt that is under way counts as failed.
    open_deadline: Option<Millis>,
    ping_at: Option<Millis>,
    pong_deadline: Option<Millis>,
    /// When to try a WebSocket beside the event stream, and how far apart tries are.
    probe_at: Option<Millis>,
    probe_deadline: Option<Millis>,
    probe_gap: Millis,
    failures: u32,
    web_socket_failures: u32,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            current: Transport::WebSocket,
            open_deadline: None,
            ping_at: None,
            pong_deadline: None,
            probe_at: None,
            probe_deadline: None,
            probe_gap: PROBE_FIRST,
            failures: 0,
            web_socket_failures: 0,
        }
    }
}

impl Connection {
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// How many attempts in a row have failed.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// When to step with [`Input::Timer`].
    #[must_use]
    pub fn wake_at(&self) -> Option<Millis> {
        let waiting = match self.phase {
            Phase::Waiting { until } => Some(until),
            _ => None,
        };
        let deadlines = [
            waiting,
            self.open_deadline,
            self.ping_at,
            self.pong_deadline,
            self.probe_at,
            self.probe_deadline,
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Takes what happened. `chance` is a random number from 0 up to 1.
    pub fn step(&mut self, input: Input, now: Millis, chance: f64) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::Start => {
                if self.phase == Phase::Idle {
                    self.open(now, &mut actions);
                }
            }
            Input::Hello(transport) => self.hello(transport, now, &mut actions),
            Input::Frame(transport) => {
                if self.phase == Phase::Live(transport) {
                    self.heard(now);
                }
            }
            Input::Closed(transport) => self.closed(transport, now, chance, &mut actions),
            Input::Timer => self.timer(now, chance, &mut actions),
            Input::Nudge => match self.phase {
                Phase::Waiting { .. } => self.open(now, &mut actions),
                Phase::Live(Transport::WebSocket) if self.pong_deadline.is_none() => {
                    self.ping(now, &mut actions);
                }
                _ => {}
            },
            // A live connection would take until its next ping to be found dead. If it is the machine that is wrong, the
            // next attempt gets through.
            Input::Offline => {
                if matches!(self.phase, Phase::Live(_)) {
                    actions.push(Action::Close(self.current));
                    self.failed(now, chance, &mut actions);
                }
            }
            Input::Reopen => {
                actions.push(Action::Close(self.current));
                self.drop_probe(&mut actions);
                self.open(now, &mut actions);
            }
        }
        actions
    }

    fn open(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let tired = self.web_socket_failures >= WEB_SOCKET_TRIES;
        self.current = if tired { Transport::EventStream } else { Transport::WebSocket };
        self.rest();
        self.phase = Phase::Opening;
        self.open_deadline = Some(now + OPEN_LIMIT);
        actions.push(Action::Open(self.current));
    }

    fn hello(&mut self, transport: Transport, now: Millis, actions: &mut Vec<Action>) {
        let probing = transport == Transport::WebSocket && self.probe_deadline.is_some();
        if transport != self.current && !probing {
            return;
        }
        if probing {
            actions.push(Action::Close(Transport::EventStream));
        }
        self.current = transport;
        self.rest();
        self.failures = 0;
        self.phase = Phase::Live(transport);
        match transport {
            Transport::WebSocket => {
                self.web_socket_failures = 0;
                self.probe_gap = PROBE_FIRST;
                self.ping_at = Some(now + PING_EVERY);
            }
            Transport::EventStream => self.probe_at = Some(now + self.probe_gap),
        }
    }

    fn closed(&mut self, transport: Transport, now: Millis, chance: f64, actions: &mut Vec<Action>) {
        if transport == Transport::WebSocket && self.probe_deadline.is_some() {
            self.probe_failed(now);
            return;
        }
        let under_way = matches!(self.phase, Phase::Opening | Phase::Live(_));
        if transport == self.current && under_way {
            self.failed(now, chance, actions);
        }
    }

    fn timer(&mut self, now: Millis, chance: f64, actions: &mut Vec<Action>) {
        let due = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        if let Phase::Waiting { until } = self.phase {
            if until <= now {
                self.open(now, actions);
            }
            return;
        }
        if due(self.open_deadline) || due(self.pong_deadline) {
            actions.push(Action::Close(self.current));
            self.failed(now, chance, actions);
            return;
        }
        if due(self.ping_at) {
            self.ping(now, actions);
        }
        if due(self.probe_deadline) {
            actions.push(Action::Close(Transport::WebSocket));
            self.probe_failed(now);
        } else if due(self.probe_at) {
            self.probe_at = None;
            self.probe_deadline = Some(now + OPEN_LIMIT);
            actions.push(Action::Open(Transport::WebSocket));
        }
    }

    fn failed(&mut self, now: Millis, chance: f64, actions: &mut Vec<Action>) {
        let greeted = matches!(self.phase, Phase::Live(_));
        self.drop_probe(actions);
        self.rest();
        self.failures = self.failures.saturating_add(1);
        match self.current {
            Transport::WebSocket if !greeted => self.web_socket_failures += 1,
            // Neither gets through: the two take turns until one does.
            Transport::EventStream if !greeted => self.web_socket_failures = WEB_SOCKET_TRIES - 1,
            _ => {}
        }
        if !greeted {
            actions.push(Action::CheckSession);
        }
        self.phase = Phase::Waiting { until: now + backoff(self.failures, chance) };
    }

    fn probe_failed(&mut self, now: Millis) {
        self.probe_deadline = None;
        self.probe_gap = (self.probe_gap * 2).min(PROBE_MOST);
        self.probe_at = Some(now + self.probe_gap);
    }

    fn drop_probe(&mut self, actions: &mut Vec<Action>) {
        if self.probe_deadline.take().is_some() {
            actions.push(Action::Close(Transport::WebSocket));
        }
    }

    fn ping(&mut self, now: Millis, actions: &mut Vec<Action>) {
        self.ping_at = None;
        self.pong_deadline = Some(now + PING_LIMIT);
        actions.push(Action::Ping);
    }

    fn heard(&mut self, now: Millis) {
        if self.phase == Phase::Live(Transport::WebSocket) {
            self.pong_deadline = None;
            self.ping_at = Some(now + PING_EVERY);
        }
    }

    fn rest(&mut self) {
        self.open_deadline = None;
        self.ping_at = None;
        self.pong_deadline = None;
        self.probe_at = None;
        self.probe_deadline = None;
    }
}

/// A random part of a span that doubles with each failure.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most 30,000")]
fn backoff(failures: u32, chance: f64) -> Millis {
    let doublings = failures.saturating_sub(1).min(6);
    let span = (BACKOFF_FIRST << doublings).min(BACKOFF_MOST);
    (span as f64 * chance.clamp(0.0, 1.0)) as Millis
}
