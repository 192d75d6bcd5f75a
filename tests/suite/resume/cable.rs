//! What lies between a client and the server, with somebody who pulls it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often a carrier looks whether it is still to carry.
const LOOK: Duration = Duration::from_millis(20);
/// What the kernel may take from the server while nobody reads: little, so that the server feels it.
const NARROW: u32 = 8 * 1024;

#[derive(Default)]
struct State {
    /// Connections of an older life are cut.
    life: AtomicU64,
    /// Whether the server hears nothing of the last cut.
    silent: AtomicBool,
    stalled: AtomicBool,
    over: AtomicBool,
    /// The server's side of connections that were cut silently: open, and nobody reads.
    dangling: Mutex<Vec<TcpStream>>,
}

/// A relay of TCP connections to one server.
pub struct Cable {
    addr: SocketAddr,
    state: Arc<State>,
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        self.cut(false);
        // Wakes the listener.
        drop(TcpStream::connect(self.addr));
    }
}

impl Cable {
    /// A cable to a server, which may come and go.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                // A server that is not there: the client sees its connection end.
                if let (Ok(client), Ok(server)) = (client, narrow(server)) {
                    carry_both(&shared, &client, &server);
                }
            }
        });
        Self { addr, state }
    }

    /// Where a client connects.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Cuts every connection, without a word of either protocol. Silently: the server is not even told that
    /// the connection ended, and nobody reads what it still writes.
    pub fn cut(&self, silently: bool) {
        self.state.silent.store(silently, Ordering::SeqCst);
        self.state.life.fetch_add(1, Ordering::SeqCst);
    }

    /// While it is stalled, nothing of what the server writes is read.
    pub fn stall(&self, stalled: bool) {
        self.state.stalled.store(stalled, Ordering::SeqCst);
    }
}

/// A connection with a small buffer for what comes in.
fn narrow(server: SocketAddr) -> std::io::Result<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(NARROW)?;
        socket.connect(server).await?.into_std()
    })?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

fn carry_both(state: &Arc<State>, client: &TcpStream, server: &TcpStream) {
    let life = state.life.load(Ordering::SeqCst);
    for down in [false, true] {
        let (from, to) = if down { (server, client) } else { (client, server) };
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
        let state = state.clone();
        std::thread::spawn(move || {
            carry(&state, life, down, &from, &to);
            let (client, server) = if down { (to, from) } else { (from, to) };
            drop(client.shutdown(Shutdown::Both));
            let cut = state.life.load(Ordering::SeqCst) != life;
            if cut && state.silent.load(Ordering::SeqCst) && !state.over.load(Ordering::SeqCst) {
                state.dangling.lock().unwrap().push(server);
            } else {
                drop(server.shutdown(Shutdown::Both));
            }
        });
    }
}

/// Carries until an end is gone or the connection is cut.
fn carry(state: &State, life: u64, down: bool, mut from: &TcpStream, mut to: &TcpStream) {
    if from.set_nodelay(true).is_err() || from.set_read_timeout(Some(LOOK)).is_err() {
        return;
    }
    let mut part = vec![0; 16 * 1024];
    while state.life.load(Ordering::SeqCst) == life {
        if down && state.stalled.load(Ordering::SeqCst) {
            std::thread::sleep(LOOK);
            continue;
        }
        match from.read(&mut part) {
            Ok(0) => return,
            Ok(count) => {
                if to.write_all(&part[..count]).is_err() {
                    return;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
    }
}
