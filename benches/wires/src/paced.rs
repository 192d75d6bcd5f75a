//! One request after the other: how long until everybody has been told.

use crate::Failure;
use crate::client::open_all;
use crate::clock::{beside, on_this_thread, rest};
use crate::frames::find;
use crate::target::{Kind, Target};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The text that is recorded; the others have their number in its place.
pub const RECORDED: &str = "t-0-";

/// What the frames that are counted begin with: the first of those in which the text stands.
pub fn marker(target: &Target, frames: &[Value]) -> Result<Vec<u8>, Failure> {
    match target.kind {
        Kind::WebSocket => Ok(target.prefix.clone().into_bytes()),
        Kind::SocketIo => {
            let frame = frames.iter().find(|frame| frame.to_string().contains(RECORDED));
            let name = frame.and_then(|frame| frame[0].as_str()).ok_or("the text was not told")?;
            Ok(format!("{}[\"{name}\"", target.prefix).into_bytes())
        }
    }
}

/// The number in a frame that is counted.
pub fn number(payload: &[u8], marker: &[u8]) -> Option<usize> {
    if !payload.starts_with(marker) {
        return None;
    }
    // With the quote before it: ids and cursors may have the rest of it in them.
    let at = find(payload, b"\"t-")? + 3;
    let mut digits = payload.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).peekable();
    digits.peek()?;
    Some(digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

/// Sends texts at this pace, from a thread of its own; notes when each began, and answers how long each request
/// took, in nanoseconds.
pub fn send_all(
    target: &Target,
    base: Instant,
    pace: Duration,
    began: &Arc<Vec<AtomicU64>>,
) -> tokio::task::JoinHandle<Result<Vec<u64>, Failure>> {
    let (job, began) = (target.job.clone(), began.clone());
    let all = move || {
        let mut took = Vec::with_capacity(began.len());
        for (n, at) in began.iter().enumerate() {
            let due = base + pace * u32::try_from(n)?;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            at.store(u64::try_from(base.elapsed().as_nanos())?, Ordering::SeqCst);
            let asked = Instant::now();
            job.send(&format!("t-{n}-"))?;
            took.push(u64::try_from(asked.elapsed().as_nanos())?);
        }
        Ok(took)
    };
    tokio::task::spawn_local(beside(all))
}

/// How it went: nanoseconds from each request to each delivery and to its answer, and the server's processor time.
pub struct Paced {
    pub requests: Vec<u64>,
    pub latencies: Vec<u64>,
    pub expected: usize,
    pub cpu: Duration,
}

pub fn run(
    target: &Target,
    marker: &[u8],
    clients: usize,
    count: usize,
    pace: Duration,
) -> Result<Paced, Failure> {
    on_this_thread(async {
        let began: Arc<Vec<AtomicU64>> = Arc::new((0..count).map(|_| AtomicU64::new(0)).collect());
        let latencies = Rc::new(RefCell::new(Vec::with_capacity(clients * count)));
        let base = Instant::now() + Duration::from_secs(2);
        for mut client in open_all(&target.door, clients).await? {
            let (marker, began, latencies) = (marker.to_vec(), began.clone(), latencies.clone());
            tokio::task::spawn_local(async move {
                let each = |payload: &[u8]| {
                    let Some(at) = number(payload, &marker).and_then(|n| began.get(n)) else { return };
                    let now = u64::try_from(base.elapsed().as_nanos()).unwrap_or(u64::MAX);
                    latencies.borrow_mut().push(now.saturating_sub(at.load(Ordering::SeqCst)));
                };
                client.read(16 * 1024, each).await
            });
        }
        tokio::time::sleep_until(base.into()).await;
        let before = target.process.cpu()?;
        let requests = send_all(target, base, pace, &began).await??;
        let deadline = Instant::now() + Duration::from_secs(10);
        while latencies.borrow().len() < clients * count && Instant::now() < deadline {
            rest(20).await;
        }
        rest(200).await;
        let cpu = target.process.cpu()?.saturating_sub(before);
        Ok(Paced { requests, latencies: latencies.take(), expected: clients * count, cpu })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_that_of_the_text_and_of_nothing_that_looks_like_it() {
        let of = |payload: &str| number(payload.as_bytes(), b"{");
        assert_eq!(of(r#"{"cursor":"6djzktt-9","text":"t-17-"}"#), Some(17));
        assert_eq!(of(r#"{"cursor":"6djzktt-9","status":"read"}"#), None);
        assert_eq!(of(r#"{"text":"t-"}"#), None);
        assert_eq!(of(r#"["text","t-17-"]"#), None);
    }
}
