//! A webhook: the server connects, and keeps the position itself. What comes again is known by its delivery's id.

use super::wire::{Broken, Came, Wire, came_of};
use crate::support::API_KEY;
use crate::support::receiver::{Receiver, Reply};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

/// How long the receiver takes to answer: long enough to be cut off meanwhile now and then.
const THOUGHT: Duration = Duration::from_millis(15);

pub struct Webhook {
    server: SocketAddr,
    receiver: Receiver,
    posts: mpsc::Receiver<Value>,
    id: Option<String>,
    place: Option<String>,
    seen: HashSet<String>,
    /// What was answered to a replay.
    refused: Option<String>,
}

impl Webhook {
    pub fn new(server: SocketAddr) -> Self {
        let (came, posts) = mpsc::channel();
        let receiver = Receiver::start(move |post| {
            // Whoever read them may be gone.
            let _ = came.send(post.body.clone());
            Reply { delay: THOUGHT, ..Reply::of(200) }
        });
        let seen = HashSet::new();
        Self { server, receiver, posts, id: None, place: None, seen, refused: None }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Result<(u16, Value), Broken> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}/api/v1/webhooks{path}", self.server))
            .header("x-api-key", API_KEY)
            .header("content-type", "application/json")
            .body(body.to_string())
            .map_err(Broken::by)?;
        let mut response = agent.run(request).map_err(Broken::by)?;
        let text = response.body_mut().read_to_string().map_err(Broken::by)?;
        Ok((response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default()))
    }

    fn must(&self, method: &str, path: &str, body: &Value) -> Result<Value, Broken> {
        match self.call(method, path, body)? {
            (200..=299, answer) => Ok(answer),
            (status, answer) => Err(Broken(format!("{method} {path}: {status} {answer}"))),
        }
    }
}

impl Wire for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn far_end(&self) -> Option<SocketAddr> {
        self.receiver.url.trim_start_matches("http://").split('/').next()?.parse().ok()
    }

    /// A new webhook begins at the log's end by itself.
    fn place(&mut self, cursor: &str) {
        self.place = self.id.is_some().then(|| cursor.to_owned());
    }

    fn connect(&mut self, base: &str) -> Result<(), Broken> {
        let url = format!("{base}/hook");
        let id = match &self.id {
            None => {
                let hook = self.must("POST", "", &json!({"url": url, "events": ["message.new"]}))?;
                hook["id"].as_str().unwrap_or_default().to_owned()
            }
            Some(id) => {
                self.must("PATCH", &format!("/{id}"), &json!({"url": url, "enabled": true}))?;
                id.clone()
            }
        };
        if let Some(since) = self.place.take() {
            let (status, answer) = self.call("POST", &format!("/{id}/replay"), &json!({"since": since}))?;
            if (status, answer["code"].as_str()) != (409, Some("resync")) {
                return Err(Broken(format!("replay: {status} {answer}")));
            }
            self.refused = Some(answer["detail"].as_str().unwrap_or_default().to_owned());
        }
        self.id = Some(id);
        Ok(())
    }

    fn next(&mut self, wait: Duration) -> Result<Option<Came>, Broken> {
        if let Some(why) = self.refused.take() {
            let reasons = [("another life", "epoch"), ("no longer reaches", "floor"), ("ahead of", "ahead")];
            let reason =
                reasons.iter().find(|(words, _)| why.contains(words)).map_or("", |(_, reason)| reason);
            return Ok(Some(Came::Resync(reason.to_owned())));
        }
        let Ok(post) = self.posts.recv_timeout(wait) else { return Ok(None) };
        if !self.seen.insert(post["deliveryId"].as_str().unwrap_or_default().to_owned()) {
            return Ok(Some(Came::Other));
        }
        if post["type"] == "resync" {
            return Ok(Some(Came::Resync(post["data"]["reason"].as_str().unwrap_or_default().to_owned())));
        }
        Ok(Some(came_of(&post)))
    }

    /// Its receiver is away for longer.
    fn drop_connection(&mut self) {
        if let Some(id) = &self.id {
            // At the end of a scene the server may be gone as well.
            drop(self.call("PATCH", &format!("/{id}"), &json!({"enabled": false})));
        }
    }
}
