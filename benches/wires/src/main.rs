//! Measures the wires of a release against Node servers of the same job, and prints the figures.
//!
//! Both are loaded by this one generator, in turns within one run: on a shared machine only the ratios mean
//! anything. What our server tells is recorded first and given to Node to tell, so that both send the same names
//! and payloads. What happens is something that users do: a chat is opened on a phone and all that the device
//! wrote there is read at once (the burst), or a message is sent over REST while the device is offline (the rest).
//! So our figures hold the cost of the happening itself, its commit to the disk and its place in the log; Node has
//! nothing of that kind to do. What the happening itself takes is printed beside it.

mod burst;
mod client;
mod clock;
mod cuts;
mod frames;
mod idle;
mod paced;
mod process;
mod scan;
mod target;

use clock::{median, quantile};
use std::path::{Path, PathBuf};
use std::time::Duration;
use target::{Kind, Target};

/// What ends the bench.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How much is done.
struct Size {
    rounds: usize,
    clients: usize,
    /// Frames that each client gets in a burst, about.
    burst: usize,
    paced: usize,
    idle: usize,
    cut_clients: usize,
    cut_events: usize,
    scans: usize,
}

const FULL: Size = Size {
    rounds: 3,
    clients: 500,
    burst: 600,
    paced: 1_000,
    idle: 5_000,
    cut_clients: 200,
    cut_events: 1_000,
    scans: 40,
};
const SHORT: Size = Size {
    rounds: 1,
    clients: 50,
    burst: 120,
    paced: 100,
    idle: 300,
    cut_clients: 20,
    cut_events: 300,
    scans: 3,
};

/// Messages that one receipt carries: they are committed, and told, at once. Two receipts would have the wires
/// wait for the second.
const ONE_RECEIPT: usize = 250;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: switchboard-wires BINARY PEERS [--short] [--only=socketio|websocket] [burst|paced|idle|cuts|scan …]";
    let binary = PathBuf::from(arguments.next().ok_or(usage)?).canonicalize()?;
    let peers = PathBuf::from(arguments.next().ok_or(usage)?).canonicalize()?;
    let (flags, parts): (Vec<_>, Vec<_>) = arguments.partition(|argument| argument.starts_with("--"));
    let size = if flags.iter().any(|flag| flag == "--short") { SHORT } else { FULL };
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let only = flags.iter().find_map(|flag| flag.strip_prefix("--only="));
    let kinds = [("Socket.IO", "socketio", Kind::SocketIo), ("WebSocket", "websocket", Kind::WebSocket)];
    for (name, word, kind) in kinds {
        if only.is_some_and(|only| only != word) {
            continue;
        }
        if wanted("burst") {
            bursts(&binary, &peers, name, kind, &size)?;
        }
        if wanted("paced") {
            pace(&binary, &peers, name, kind, &size)?;
        }
        if wanted("idle") {
            memory(&binary, &peers, name, kind, &size)?;
        }
    }
    if wanted("cuts") {
        cut(&binary, &peers, &size)?;
    }
    if wanted("scan") {
        scans(&binary, &size)?;
    }
    Ok(())
}

fn say(name: &str, value: &str) {
    println!("{name:<52} {value}");
}

fn beside(ours: f64, node: f64, unit: &str) -> String {
    format!("{ours:.2} {unit}, Node {node:.2} {unit}: {:.2} times", ours / node)
}

fn bursts(binary: &Path, peers: &Path, name: &str, kind: Kind, size: &Size) -> Result<(), Failure> {
    let ours = Target::ours(binary, kind)?;
    let node = Target::node(peers, &ours, false)?;
    // What lay unread from the setting up is out of the way first.
    ours.job.burst()?;
    ours.job.prepare(1)?;
    let job = ours.job.clone();
    let each = burst::record(&ours, move || job.burst())?.frames.len();
    let events = size.burst.div_ceil(each).min(ONE_RECEIPT);
    ours.job.prepare(events)?;
    let job = ours.job.clone();
    let recorded = burst::record(&ours, move || job.burst())?;
    node.job.learn(&recorded.frames)?;
    let frames = recorded.frames.len();
    let (mut rates, mut costs) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let (mut wholes, mut missing) = ([Vec::new(), Vec::new()], 0);
    for _ in 0..size.rounds {
        for (place, target) in [&ours, &node].into_iter().enumerate() {
            target.job.prepare(events)?;
            let burst = burst::run(target, size.clients, frames)?;
            missing += burst.expected.abs_diff(burst.delivered);
            rates[place].push(burst.delivered as f64 / burst.spread.as_secs_f64() / 1_000.0);
            wholes[place].push(burst.whole.as_secs_f64() * 1_000.0);
            costs[place].push(burst.cpu.as_secs_f64() * 1e6 / burst.delivered as f64);
        }
    }
    let title = format!("{name}: {} clients, {frames} frames of {} bytes", size.clients, recorded.size);
    say(&title, &format!("{missing} frames missing or too many"));
    say("  delivered, thousands a second", &beside(median(&rates[0]), median(&rates[1]), "k"));
    say("  request to the last delivery", &beside(median(&wholes[0]), median(&wholes[1]), "ms"));
    say("  server's CPU for each delivered frame", &beside(median(&costs[0]), median(&costs[1]), "µs"));
    let happening = recorded.cpu.as_secs_f64() * 1e6 / (frames * size.clients) as f64;
    say("  of ours, the happening itself (with one client)", &format!("{happening:.2} µs"));
    Ok(())
}

fn pace(binary: &Path, peers: &Path, name: &str, kind: Kind, size: &Size) -> Result<(), Failure> {
    let ours = Target::ours(binary, kind)?;
    let node = Target::node(peers, &ours, false)?;
    ours.job.offline()?;
    let job = ours.job.clone();
    let recorded = burst::record(&ours, move || job.send(paced::RECORDED))?;
    node.job.learn(&recorded.frames)?;
    let marker = paced::marker(&ours, &recorded.frames)?;
    // Slow enough that neither server is full: what a full one shows is the length of the queue before it.
    let interval = Duration::from_millis(30);
    let count = size.paced / recorded.frames.len();
    let mut late = [Vec::new(), Vec::new()];
    let (mut requests, mut costs, mut missing) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()], 0);
    for _ in 0..size.rounds {
        for (place, target) in [&ours, &node].into_iter().enumerate() {
            let mut paced = paced::run(target, &marker, size.clients, count, interval)?;
            missing += paced.expected.abs_diff(paced.latencies.len());
            let frames = paced.expected * recorded.frames.len();
            costs[place].push(paced.cpu.as_secs_f64() * 1e6 / frames as f64);
            late[place].append(&mut paced.latencies);
            requests[place].append(&mut paced.requests);
        }
    }
    let each = recorded.frames.len();
    say(
        &format!(
            "{name}: a message each {} ms, {each} frames to {} clients",
            interval.as_millis(),
            size.clients
        ),
        &format!("{missing} missing or too many"),
    );
    let [mut ours, mut node] = late;
    for (share, word) in [(0.5, "p50"), (0.99, "p99")] {
        let (ours, node) = (quantile(&mut ours, share) / 1e6, quantile(&mut node, share) / 1e6);
        say(&format!("  request to delivery, {word}"), &beside(ours, node, "ms"));
    }
    let [mut ours, mut node] = requests;
    let (ours, node) = (quantile(&mut ours, 0.5) / 1e6, quantile(&mut node, 0.5) / 1e6);
    say("  of that, the request until it is answered, p50", &beside(ours, node, "ms"));
    say("  server's CPU for each delivered frame", &beside(median(&costs[0]), median(&costs[1]), "µs"));
    Ok(())
}

fn memory(binary: &Path, peers: &Path, name: &str, kind: Kind, size: &Size) -> Result<(), Failure> {
    let ours = Target::ours(binary, kind)?;
    let (each, base) = idle::run(&ours, size.idle)?;
    let node = Target::node(peers, &ours, false)?;
    drop(ours.process);
    let (node_each, node_base) = idle::run(&node, size.idle)?;
    say(
        &format!("{name}: memory of an idle connection, {} of them", size.idle),
        &beside(each / 1024.0, node_each / 1024.0, "KiB"),
    );
    let mebi = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    say("  the server without any", &beside(mebi(base), mebi(node_base), "MiB"));
    Ok(())
}

fn cut(binary: &Path, peers: &Path, size: &Size) -> Result<(), Failure> {
    let ours = Target::ours(binary, Kind::SocketIo)?;
    let stock = Target::node(peers, &ours, false)?;
    let recovery = Target::node(peers, &ours, true)?;
    ours.job.offline()?;
    let job = ours.job.clone();
    let recorded = burst::record(&ours, move || job.send(paced::RECORDED))?;
    let marker = paced::marker(&ours, &recorded.frames)?;
    say(
        &format!("{} clients cut off every 2 s for 0.5 s, {} messages", size.cut_clients, size.cut_events),
        "delivered, twice, reconnects (recovered)",
    );
    for (name, target) in [("ours", &ours), ("Node", &stock), ("Node with recovery in memory", &recovery)] {
        target.job.learn(&recorded.frames)?;
        let pace = Duration::from_millis(10);
        let cuts = cuts::run(target, &marker, size.cut_clients, size.cut_events, pace)?;
        let share = 100.0 * cuts.delivered as f64 / cuts.expected as f64;
        let (twice, reconnects, recovered) = (cuts.twice, cuts.reconnects, cuts.recovered);
        say(&format!("  {name}"), &format!("{share:.2} %, {twice}, {reconnects} ({recovered})"));
    }
    Ok(())
}

fn scans(binary: &Path, size: &Size) -> Result<(), Failure> {
    say(&format!("A phone scans, all wires at once, {} times", size.scans), "");
    for (name, times) in scan::run(binary, size.scans)? {
        let value = match times {
            Ok(times) => {
                let mut micros: Vec<u64> = times.iter().map(|ms| (ms * 1_000.0) as u64).collect();
                let mut at = |share| quantile(&mut micros, share) / 1_000.0;
                format!(
                    "p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms (n={})",
                    at(0.5),
                    at(0.99),
                    at(1.0),
                    times.len()
                )
            }
            Err(why) => format!("not measured: {why}"),
        };
        say(&format!("  scan to connected, {name}"), &value);
    }
    Ok(())
}
