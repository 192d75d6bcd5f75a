//! Runs one session: its namespaces, what it sends, and what its feeds have for it.

mod feeding;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{
    future::FutureExt as _,
    stream::{BoxStream, SelectAll, StreamExt as _},
};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    ack::Ack,
    codec::{Decoder, Frame, Packet, PacketError, PacketLimits},
    control::{Control, DisconnectReason},
    engine::{CloseReason, Connection, Message, Opening, Outlet, Pressure},
    entering::{Entered, Entry, Shared},
    feed::Batch,
    handshake::{Handshake, Refusal},
    member::Core,
    seats::{Done, Presence, Seats},
    server::Doors,
    socket::Event,
};

/// How long a session that may not stay may take to fetch what is queued.
const FAREWELL: Duration = Duration::from_millis(600);

/// What a feed has, or `None` where its code broke.
type Fed = (u64, Option<Batch>);

struct Client {
    shared: Arc<Shared>,
    doors: Arc<Doors>,
    outlet: Outlet,
    opening: Arc<Opening>,
    control: Arc<Control>,
    decoder: Decoder,
    /// Bytes of the packet that is being read.
    reading: usize,
    seats: Seats,
    feeds: SelectAll<BoxStream<'static, Fed>>,
    /// Of the batch that a feed gave last, what has found no room yet.
    backlog: VecDeque<(Arc<Core>, Frame)>,
    /// Namespaces that we made the client leave: what it sent before it knew is no fault.
    left: VecDeque<Arc<str>>,
    refusals: usize,
    /// Since when the session is in no namespace.
    idle: Option<Instant>,
}

/// Runs a session to its end.
pub(super) async fn run(shared: Arc<Shared>, doors: Arc<Doors>, mut connection: Connection) {
    let config = &shared.config;
    let limits = PacketLimits {
        attachments: config.max_attachments,
        namespace_length: config.max_namespace_length,
        json_depth: config.max_json_depth,
        json_values: config.max_json_values,
        auth: config.max_auth,
        packet: config.max_packet,
    };
    let mut client = Client {
        outlet: connection.outlet(),
        opening: Arc::clone(connection.opening()),
        control: Arc::default(),
        decoder: Decoder::new(limits),
        reading: 0,
        seats: Seats::default(),
        feeds: SelectAll::new(),
        backlog: VecDeque::new(),
        left: VecDeque::new(),
        refusals: 0,
        idle: Some(Instant::now()),
        shared,
        doors,
    };
    while client.turn(&mut connection).await {}
    while let Some(message) = connection.recv().await {
        client.message(message);
    }
    client.finish().await;
}

impl Client {
    /// Waits for one thing and does it; false where the session has ended.
    async fn turn(&mut self, connection: &mut Connection) -> bool {
        // First of all: who may not stay is gone before anything more that it sent is taken.
        if let Some(Some(done)) = self.seats.done().now_or_never() {
            self.done(done);
            return true;
        }
        let pressure = self.flush();
        let config = &self.shared.config;
        let reading = self.seats.has_room(config) && pressure < Pressure::High;
        // A feed that has closed the session would say so again at once, for as long as it were asked: the poll
        // that is to tell the client would not get its turn.
        let ending = self.outlet.ending().is_some();
        let pulling =
            pressure == Pressure::Low && self.backlog.is_empty() && !self.feeds.is_empty() && !ending;
        let until = self.idle.map(|since| since + config.connect_timeout);
        // Where there is no deadline the branch is off, and its time does not matter.
        let deadline = until.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        tokio::select! {
            message = connection.recv_if(reading) => match message {
                Some(message) => self.message(message),
                None => return false,
            },
            Some(done) = self.seats.done(), if self.seats.is_working() => self.done(done),
            Some((number, batch)) = self.feeds.next(), if pulling => self.fed(number, batch),
            () = self.outlet.below(pressure), if pressure > Pressure::Low => {}
            () = self.control.notify.notified() => self.dismiss(),
            () = tokio::time::sleep_until(deadline), if until.is_some() => {
                self.idle = None;
                self.outlet.shut(CloseReason::Forced);
            }
        }
        true
    }

    // What the client sends.

    fn message(&mut self, message: Message) {
        if let Err(error) = self.take(message) {
            tracing::debug!(%error, "socket.io: a client broke the protocol");
            self.outlet.close(CloseReason::ParseError);
        }
    }

    fn take(&mut self, message: Message) -> Result<(), PacketError> {
        let packet = match message {
            Message::Text(text) => {
                self.reading = text.len();
                let (seats, left) = (&self.seats, &self.left);
                let known =
                    |name: &str| seats.find(name).is_some() || left.iter().any(|left| **left == *name);
                self.decoder.text(&text, known)?
            }
            Message::Binary(bytes) => {
                self.reading += bytes.len();
                self.decoder.binary(bytes)?
            }
        };
        match packet {
            None => {}
            Some(Packet::Connect { namespace, auth }) => self.connect(namespace, auth)?,
            Some(Packet::Disconnect { namespace }) => {
                if let Some(seat) = self.seats.find(&namespace) {
                    seat.core.leave(DisconnectReason::Client);
                    self.rise(&namespace, DisconnectReason::Client);
                }
            }
            Some(Packet::Event { namespace, id, name, args }) => {
                if let Some(seat) = self.seats.find(&namespace) {
                    let ack = id.map(|id| Ack { core: Arc::clone(&seat.core), id });
                    self.seats.event(&namespace, Event { name, args, ack }, self.reading);
                }
            }
            Some(Packet::Ack { namespace, id, args }) => {
                if let (Some(seat), Some(id)) = (self.seats.find(&namespace), id) {
                    seat.core.pending.resolve(id, args);
                }
            }
        }
        Ok(())
    }

    fn connect(&mut self, namespace: String, auth: Map<String, Value>) -> Result<(), PacketError> {
        match self.seats.names.get(namespace.as_str()) {
            None => {}
            // A stock client whose `connect()` is called twice asks twice; one answer serves both.
            Some(Presence::Entering(_)) => return Ok(()),
            Some(Presence::In(_)) => return Err(PacketError::AlreadyConnected),
        }
        self.left.retain(|left| **left != *namespace);
        if self.seats.len() >= self.shared.config.max_namespaces {
            self.refuse(&namespace, &Refusal::new("Too many namespaces"));
            return Ok(());
        }
        let Some((door, params)) = self.doors.find(&namespace) else {
            self.refuse(&namespace, &Refusal::new("Invalid namespace"));
            return Ok(());
        };
        let namespace: Arc<str> = Arc::from(namespace);
        let opening = Arc::clone(&self.opening);
        let entry = Entry {
            handshake: Handshake { namespace: Arc::clone(&namespace), params, auth, opening },
            outlet: self.outlet.clone(),
            control: Arc::clone(&self.control),
            shared: Arc::clone(&self.shared),
        };
        self.seats.begin(namespace, door.enter(entry));
        Ok(())
    }

    fn refuse(&mut self, namespace: &str, refusal: &Refusal) {
        self.refusals += 1;
        match Frame::connect_error(namespace, &refusal.message, refusal.data.as_ref()) {
            Ok(frame) => {
                self.outlet.send(frame.units());
            }
            Err(error) => tracing::error!(%error, "socket.io: a refusal cannot be written"),
        }
        if self.refusals >= self.shared.config.max_refusals {
            self.outlet.shut(CloseReason::Forced);
        }
    }

    // What the namespaces have done.

    fn done(&mut self, done: Done) {
        match done {
            Done::Entered(number, result) => self.entered(number, result),
            Done::Connected(number) => self.open(number),
            Done::Event(..) | Done::Disconnected(_) => {}
            Done::Expelled(number, told) => self.expel(number, told),
            Done::Panicked(_) => self.broken("a namespace"),
        }
    }

    /// Makes somebody leave who may not stay, without waiting for them to read: what waits for them is lost if they
    /// do not take it at once.
    fn expel(&mut self, number: u64, told: Option<Frame>) {
        let Some(seat) = self.seats.seats.get(&number) else { return };
        if let Some(told) = told {
            seat.core.send(&told);
        }
        seat.core.disconnect();
        self.dismiss();
        if !self.seats.is_in_any() && !self.seats.is_entering_any() {
            self.outlet.shut_within(CloseReason::Forced, FAREWELL);
        }
    }

    fn broken(&self, what: &str) {
        tracing::error!("socket.io: {what} panicked; its client's session ends");
        self.outlet.close(CloseReason::Forced);
    }

    fn entered(&mut self, number: u64, result: Result<Entered, Refusal>) {
        let Some(name) = self.seats.entering(number) else { return };
        let result = result.and_then(|entered| {
            let replaced = self.shared.spaces.enter(&entered.core).map_err(|_| Refusal::new("Try again"))?;
            Ok((entered, replaced))
        });
        match result {
            Err(refusal) => {
                self.seats.names.remove(&name);
                self.refuse(&name, &refusal);
            }
            Ok((entered, replaced)) => {
                if let Some(replaced) = replaced {
                    replaced.replace();
                }
                if entered.core.enter().is_err() {
                    entered.core.leave(DisconnectReason::Session(CloseReason::TransportClose));
                    // It may have left before it was in, which took it out of nothing.
                    self.shared.spaces.leave(&entered.core);
                    self.seats.names.remove(&name);
                    self.refuse(&name, &Refusal::new("Disconnected"));
                    return;
                }
                self.idle = None;
                self.seats.sit(number, entered);
            }
        }
    }

    fn rise(&mut self, name: &str, reason: DisconnectReason) {
        self.seats.rise(name, reason);
        if !self.seats.is_in_any() && self.idle.is_none() {
            self.idle = Some(Instant::now());
        }
    }

    /// Takes leave of the sockets that we made leave.
    fn dismiss(&mut self) {
        for core in self.control.take() {
            let name = core.shared_namespace();
            if self.seats.find(name).is_some_and(|seat| Arc::ptr_eq(&seat.core, &core)) {
                self.rise(name, DisconnectReason::Server);
                if self.left.len() >= self.shared.config.max_namespaces {
                    self.left.pop_front();
                }
                self.left.push_back(Arc::clone(name));
            }
        }
    }

    /// The session has ended: every socket leaves, and every last call is waited for.
    async fn finish(&mut self) {
        let reason = self.outlet.ending().unwrap_or(CloseReason::TransportClose);
        let reason = DisconnectReason::Session(reason);
        self.feeds = SelectAll::new();
        self.backlog = VecDeque::new();
        self.dismiss();
        let names: Vec<Arc<str>> = self.seats.names.keys().cloned().collect();
        for name in names {
            if let Some(seat) = self.seats.find(&name) {
                seat.core.leave(reason);
            }
            match self.seats.names.get(&name) {
                Some(Presence::In(_)) => self.seats.rise(&name, reason),
                _ => drop(self.seats.names.remove(&name)),
            }
        }
        while !self.seats.seats.is_empty() {
            match self.seats.done().await {
                Some(Done::Panicked(_)) => self.broken("a namespace"),
                Some(_) => {}
                None => break,
            }
        }
    }
}
