//! The stream's sockets, driven by the rules in `model::Connection`.
//!
//! Every frame is handed on in the socket's own callback: nothing is queued and nothing is dropped.
//! There is one stream per page.

use super::{Timer, clock, http, ids, page};
use crate::browser::spawn;
use crate::model::{Action, Connection, ConnectionInput as Input, Phase, Transport};
use crate::protocol::{
    ClientFrame, Command, CommandId, Me, Outcome, ProblemCode, ServerFrame, UserId, read_record,
};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{CloseEvent, Event, EventSource, MessageEvent, WebSocket};

/// The server closes with it when the session has ended.
const SESSION_ENDED: u16 = 4401;

/// Whether this user is the page's.
type Whose = dyn Fn(Option<&UserId>) -> bool;

/// What the stream calls back, and asks.
pub struct Handlers {
    /// Where to resume.
    pub since: Box<dyn Fn() -> String>,
    /// Whether this user is the one whose page this is.
    pub is_ours: Box<Whose>,
    pub frame: Box<dyn Fn(ServerFrame)>,
    /// The phase changed: with how many attempts have failed in a row.
    pub phase: Box<dyn Fn(Phase, u32)>,
}

thread_local! {
    static STREAM: RefCell<Option<Rc<Stream>>> = const { RefCell::new(None) };
}

struct Stream {
    rules: RefCell<Connection>,
    socket: RefCell<Option<Socket>>,
    source: RefCell<Option<Source>>,
    timer: RefCell<Option<Timer>>,
    /// Commands for HTTP, in order; the first of them is under way.
    posts: RefCell<VecDeque<Posted>>,
    /// The page is about to be left: nothing is sent any more, and nothing heard.
    over: Cell<bool>,
    handlers: Handlers,
}

/// Starts the stream. A second call does nothing.
pub fn start(handlers: Handlers) {
    let stream = Rc::new(Stream {
        rules: RefCell::default(),
        socket: RefCell::default(),
        source: RefCell::default(),
        timer: RefCell::default(),
        posts: RefCell::default(),
        over: Cell::new(false),
        handlers,
    });
    let first = STREAM.with_borrow_mut(|slot| {
        let first = slot.is_none();
        slot.get_or_insert_with(|| Rc::clone(&stream));
        first
    });
    if first {
        stream.step(Input::Start);
    }
}

/// The machine is online again, or the page is seen again.
pub fn nudge() {
    tell(Input::Nudge);
}

/// The machine says that its network is gone.
pub fn offline() {
    tell(Input::Offline);
}

/// The state was fetched anew: connects again, from its position.
pub fn reopen() {
    tell(Input::Reopen);
}

/// Asks whose session this browser has by now. It lives on by that, too: the answer brings its cookie again.
pub fn check_session() {
    if let Some(stream) = STREAM.with_borrow(Clone::clone) {
        stream.check_session();
    }
}

fn tell(input: Input) {
    if let Some(stream) = STREAM.with_borrow(Clone::clone) {
        stream.step(input);
    }
}

/// Whether commands get through now.
#[must_use]
pub fn is_live() -> bool {
    let live =
        |stream: &Rc<Stream>| !stream.over.get() && matches!(stream.rules.borrow().phase(), Phase::Live(_));
    STREAM.with_borrow(|stream| stream.as_ref().is_some_and(live))
}

/// Sends a command, if the stream is live; over HTTP where the stream is one-way.
pub fn send(id: &CommandId, command: &Command) -> bool {
    let Some(stream) = STREAM.with_borrow(Clone::clone) else { return false };
    if stream.over.get() {
        return false;
    }
    let phase = stream.rules.borrow().phase();
    match phase {
        Phase::Live(Transport::WebSocket) => {
            let frame = ClientFrame::Command { id: id.clone(), command: command.clone() };
            stream.socket.borrow().as_ref().is_some_and(|socket| socket.send(&frame))
        }
        Phase::Live(Transport::EventStream) => {
            stream.post(Posted { id: id.clone(), command: command.clone() });
            true
        }
        _ => false,
    }
}

#[derive(Clone, Serialize)]
struct Posted {
    id: CommandId,
    command: Command,
}

struct Answered {
    outcome: Outcome,
}

read_record!(Answered { outcome: "outcome" });

impl Stream {
    fn step(self: &Rc<Self>, input: Input) {
        if self.over.get() {
            return;
        }
        let (before, after, failures, actions) = {
            let mut rules = self.rules.borrow_mut();
            let before = rules.phase();
            let actions = rules.step(input, clock::now(), ids::chance());
            (before, rules.phase(), rules.failures(), actions)
        };
        for action in actions {
            self.act(action);
        }
        let wake_at = self.rules.borrow().wake_at();
        let timer = wake_at.map(|at| {
            let stream = Rc::clone(self);
            Timer::after(at - clock::now(), move || stream.step(Input::Timer))
        });
        later(self.timer.replace(timer));
        if before != after {
            (self.handlers.phase)(after, failures);
        }
    }

    fn act(self: &Rc<Self>, action: Action) {
        match action {
            Action::Open(Transport::WebSocket) => {
                let socket = Socket::open(self);
                let failed = socket.is_none();
                later(self.socket.replace(socket));
                if failed {
                    self.closed_soon(Transport::WebSocket);
                }
            }
            Action::Open(Transport::EventStream) => {
                let source = Source::open(self);
                let failed = source.is_none();
                later(self.source.replace(source));
                if failed {
                    self.closed_soon(Transport::EventStream);
                }
            }
            Action::Close(Transport::WebSocket) => later(self.socket.take()),
            Action::Close(Transport::EventStream) => later(self.source.take()),
            Action::Ping => {
                if let Some(socket) = self.socket.borrow().as_ref() {
                    socket.send(&ClientFrame::Ping);
                }
            }
            Action::CheckSession => self.check_session(),
        }
    }

    /// Asks whose session it is. A 401 leads to the sign-in page, and another user's has this page loaded again: it is
    /// theirs then, and says so.
    fn check_session(self: &Rc<Self>) {
        let stream = Rc::clone(self);
        spawn(async move {
            if let Ok(me) = http::get::<Me>(http::WHOSE).await
                && !(stream.handlers.is_ours)(me.user_id.as_ref())
            {
                stream.give_up(page::reload);
            }
        });
    }

    /// Sends nothing any more, and has the page left.
    fn give_up(&self, leave: fn()) {
        if !self.over.replace(true) {
            self.posts.borrow_mut().clear();
            later((self.socket.take(), self.source.take(), self.timer.take()));
            leave();
        }
    }

    /// Sends a command. Those whose order counts wait for each other: requests of their own could overtake.
    fn post(self: &Rc<Self>, body: Posted) {
        let stream = Rc::clone(self);
        if !body.command.keeps_order() {
            return spawn(async move { stream.posted(&body).await.unwrap_or_default() });
        }
        let alone = self.posts.borrow().is_empty();
        self.posts.borrow_mut().push_back(body);
        if !alone {
            return;
        }
        spawn(async move {
            loop {
                let Some(body) = stream.posts.borrow().front().cloned() else { return };
                if stream.posted(&body).await.is_none() {
                    // The outbox sends it again, and all behind it in their order, once the line is back.
                    return stream.posts.borrow_mut().clear();
                }
                stream.posts.borrow_mut().pop_front();
            }
        });
    }

    /// Sends one command and passes its outcome on; `None` if whether it arrived is unknown.
    async fn posted(self: &Rc<Self>, body: &Posted) -> Option<()> {
        let outcome = match http::post("/api/v1/commands", body).await {
            Ok(Answered { outcome }) => outcome,
            // The page is on its way to the sign-in page: what was not sent is for its user to send.
            Err(problem) if problem.code == ProblemCode::Unauthenticated => return None,
            Err(problem) if problem.code == ProblemCode::Unavailable => {
                self.step(Input::Closed(Transport::EventStream));
                return None;
            }
            Err(problem) => Outcome::Error(problem),
        };
        (self.handlers.frame)(ServerFrame::Result { id: body.id.clone(), outcome });
        Some(())
    }

    fn closed_soon(self: &Rc<Self>, transport: Transport) {
        let stream = Rc::clone(self);
        spawn(async move { stream.step(Input::Closed(transport)) });
    }

    fn heard(self: &Rc<Self>, transport: Transport, event: &MessageEvent) {
        let data = event.data();
        let Some(text) = data.as_string().filter(|_| !self.over.get()) else { return };
        let frame = ServerFrame::read(&text);
        // Before anything of it is shown or kept, and before anything that waits is sent.
        if let Some(ServerFrame::Hello { user_id, .. }) = &frame
            && !(self.handlers.is_ours)(user_id.as_ref())
        {
            return self.give_up(page::reload);
        }
        page::raise_value("switchboard:frame", &data);
        let input = match frame {
            Some(ServerFrame::Hello { .. }) => Input::Hello(transport),
            _ => Input::Frame(transport),
        };
        self.step(input);
        if let Some(frame) = frame {
            (self.handlers.frame)(frame);
        }
    }

    fn address(&self, scheme: Option<&str>) -> String {
        let path = format!("/api/v1/stream?since={}", (self.handlers.since)());
        let host = web_sys::window().and_then(|window| window.location().host().ok());
        match (scheme, host) {
            (Some(scheme), Some(host)) => format!("{scheme}://{host}{path}"),
            _ => path,
        }
    }
}

/// Lets go of something once the callback that may be its own has returned.
fn later<T: 'static>(value: T) {
    spawn(async move { drop(value) });
}

struct Socket {
    socket: WebSocket,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    fn open(stream: &Rc<Stream>) -> Option<Self> {
        let secure = web_sys::window()?.location().protocol().ok()? == "https:";
        let address = stream.address(Some(if secure { "wss" } else { "ws" }));
        let socket = WebSocket::new(&address).ok()?;
        let on_message = {
            let stream = Rc::clone(stream);
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                stream.heard(Transport::WebSocket, &event);
            })
        };
        let on_close = {
            let stream = Rc::clone(stream);
            Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
                if event.code() == SESSION_ENDED {
                    return stream.give_up(page::sign_in_again);
                }
                stream.step(Input::Closed(Transport::WebSocket));
            })
        };
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self { socket, _message: on_message, _close: on_close })
    }

    fn send(&self, frame: &ClientFrame) -> bool {
        let text = serde_json::to_string(frame).unwrap_or_default();
        self.socket.ready_state() == WebSocket::OPEN && self.socket.send_with_str(&text).is_ok()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        drop(self.socket.close());
    }
}

struct Source {
    source: EventSource,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(Event)>,
}

impl Source {
    fn open(stream: &Rc<Stream>) -> Option<Self> {
        let source = EventSource::new(&stream.address(None)).ok()?;
        let on_message = {
            let stream = Rc::clone(stream);
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                stream.heard(Transport::EventStream, &event);
            })
        };
        let on_error = {
            let stream = Rc::clone(stream);
            // It would try again by itself, at its own pace and from its own position: ours is better.
            Closure::<dyn FnMut(Event)>::new(move |_: Event| {
                later(stream.source.take());
                stream.step(Input::Closed(Transport::EventStream));
            })
        };
        source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self { source, _message: on_message, _error: on_error })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}
