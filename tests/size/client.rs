//! A program that asks one thing after the other, over one connection.

use crate::support::Server;
use serde_json::Value;
use std::time::{Duration, Instant};

pub struct Client {
    agent: ureq::Agent,
    base: String,
    key: String,
}

impl Client {
    /// Connects; a server that was started again needs a new one.
    pub fn new(server: &Server, key: &str) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(70)));
        let base = format!("{}/api/v1", server.url);
        let client = Self { agent: config.build().into(), base, key: key.to_owned() };
        // With its answer read to the end, the connection is there for all that come after.
        client.page("/devices?limit=1");
        client
    }

    /// The page at this path, and how long it took from the question to the last byte of the answer: to read it is
    /// not the server's part.
    pub fn page(&self, path: &str) -> (Duration, Value) {
        let url = format!("{}{path}", self.base);
        let start = Instant::now();
        let answer = self.agent.get(url).header("x-api-key", self.key.as_str()).call();
        let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
        let took = start.elapsed();
        let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
        (took, serde_json::from_str(&text).unwrap())
    }

    /// Where each page but the first begins of a list.
    pub fn places(&self, list: &str) -> Vec<String> {
        let mut places = Vec::new();
        let mut path = list.to_owned();
        while let Some(next) = self.page(&path).1["next"].as_str() {
            path = format!("{list}&after={next}");
            places.push(next.to_owned());
        }
        places
    }

    /// Asks for so many pages and prints how long it took.
    pub fn measure(&self, what: &str, calls: usize, path: impl Fn(usize) -> String) {
        let mut times = Vec::with_capacity(calls);
        let mut items = 0;
        for n in 0..calls {
            let (took, page) = self.page(&path(n));
            times.push(took);
            items += page["items"].as_array().unwrap().len();
        }
        times.sort_unstable();
        let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
        println!(
            "  {what:<52} p50 {:8.2} ms, p99 {:8.2} ms ({} items a call)",
            at(50),
            at(99),
            items / calls
        );
    }
}
