//! Clients whose connections are pulled again and again: what reaches them.

use crate::Failure;
use crate::client::Client;
use crate::clock::{on_this_thread, rest};
use crate::paced::{number, send_all};
use crate::target::Target;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};
use tokio::time::sleep_until;

/// How long a connection lives, about, and how long its client is away.
const LIFE: Duration = Duration::from_secs(2);
const AWAY: Duration = Duration::from_millis(500);

/// How it went.
#[derive(Debug)]
pub struct Cuts {
    pub delivered: u64,
    pub twice: u64,
    pub expected: u64,
    pub reconnects: u64,
    /// Of those, with which the server said that it knew the client again.
    pub recovered: u64,
}

#[derive(Default)]
struct Counts {
    delivered: Cell<u64>,
    twice: Cell<u64>,
    reconnects: Cell<u64>,
    recovered: Cell<u64>,
}

fn add(cell: &Cell<u64>) {
    cell.set(cell.get() + 1);
}

/// What a stock client remembers, and shows when it comes back.
#[derive(Default)]
struct Memory {
    pid: Option<String>,
    offset: Option<String>,
}

impl Memory {
    fn auth(&self) -> String {
        match (&self.pid, &self.offset) {
            (None, _) => String::new(),
            (Some(pid), None) => format!("\"pid\":\"{pid}\""),
            (Some(pid), Some(offset)) => format!("\"pid\":\"{pid}\",\"offset\":\"{offset}\""),
        }
    }

    /// Keeps the last argument of an event where it is a text.
    fn note(&mut self, payload: &[u8]) {
        if self.pid.is_none() {
            return;
        }
        let Some(rest) = payload.strip_suffix(b"\"]") else { return };
        let start = rest.iter().rposition(|byte| *byte == b'"').map_or(0, |at| at + 1);
        if let Ok(offset) = std::str::from_utf8(&rest[start..]) {
            self.offset = Some(offset.to_owned());
        }
    }
}

pub fn run(
    target: &Target,
    marker: &[u8],
    clients: usize,
    count: usize,
    pace: Duration,
) -> Result<Cuts, Failure> {
    on_this_thread(async {
        let counts = Rc::new(Counts::default());
        let calm = Rc::new(Cell::new(false));
        let base = Instant::now() + Duration::from_secs(3);
        for place in 0..clients {
            let (door, marker) = (target.door.clone(), marker.to_vec());
            let (counts, calm) = (counts.clone(), calm.clone());
            tokio::task::spawn_local(async move {
                let (mut memory, mut seen) = (Memory::default(), vec![false; count]);
                // Lives between half and one and a half of the mean, different for each.
                let mut luck = place as u32 * 2_654_435_761_u32.wrapping_add(1);
                loop {
                    let Ok(mut client) = Client::open(&door, &memory.auth()).await else {
                        rest(50).await;
                        continue;
                    };
                    if memory.pid.is_some() && memory.pid == client.pid {
                        add(&counts.recovered);
                    }
                    memory.pid = client.pid.take();
                    luck = luck.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let life = LIFE / 2 + LIFE * (luck >> 16) / 65_536;
                    let end = Instant::now().max(base) + life;
                    let each = |payload: &[u8]| {
                        memory.note(payload);
                        let Some(n) = number(payload, &marker).filter(|n| *n < count) else { return };
                        if std::mem::replace(&mut seen[n], true) {
                            add(&counts.twice);
                        } else {
                            add(&counts.delivered);
                        }
                    };
                    let cut = async {
                        sleep_until(end.into()).await;
                        while calm.get() {
                            rest(1_000).await;
                        }
                    };
                    tokio::select! {
                        _ = client.read(16 * 1024, each) => {}
                        () = cut => {}
                    }
                    client.cut();
                    tokio::time::sleep(AWAY).await;
                    add(&counts.reconnects);
                }
            });
        }
        let began: Arc<Vec<AtomicU64>> = Arc::new((0..count).map(|_| AtomicU64::new(0)).collect());
        sleep_until(base.into()).await;
        send_all(target, base, pace, &began).await??;
        // Whoever is away comes back and catches up.
        calm.set(true);
        rest(4_000).await;
        Ok(Cuts {
            delivered: counts.delivered.get(),
            twice: counts.twice.get(),
            expected: (clients * count) as u64,
            reconnects: counts.reconnects.get(),
            recovered: counts.recovered.get(),
        })
    })
}
