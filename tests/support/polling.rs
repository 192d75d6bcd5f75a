//! The polling transport of Engine.IO 4, as stock clients use it: one GET after the other, and a POST for what is
//! to be said (`engine.io-client`, `lib/transports/polling.ts`).

use std::sync::mpsc;
use std::time::Duration;

/// Between the packets of one body.
const SEPARATOR: char = '\x1e';
/// How long a GET may wait: the server pings in between.
const PATIENCE: Duration = Duration::from_secs(60);

/// One session over polling.
pub struct Polling {
    agent: ureq::Agent,
    url: String,
    came: mpsc::Receiver<Result<String, String>>,
}

impl Polling {
    /// Opens a session at `http://HOST:PORT/PATH/?…`; the handshake is the first that comes.
    pub fn open(url: &str) -> Result<Self, String> {
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        let agent: ureq::Agent = config.build().into();
        let handshake = get(&agent, url)?;
        let sid = handshake.split("\"sid\":\"").nth(1).and_then(|rest| rest.split('"').next());
        let url = format!("{url}&sid={}", sid.ok_or_else(|| format!("no handshake: {handshake}"))?);
        let (says, came) = mpsc::channel();
        says.send(Ok(handshake)).map_err(|error| error.to_string())?;
        let (polls, at) = (agent.clone(), url.clone());
        std::thread::spawn(move || {
            loop {
                let body = match get(&polls, &at) {
                    Ok(body) => body,
                    Err(why) => {
                        // Nobody may be left to tell.
                        let _ = says.send(Err(why));
                        return;
                    }
                };
                for packet in body.split(SEPARATOR) {
                    if says.send(Ok(packet.to_owned())).is_err() {
                        return;
                    }
                }
            }
        });
        Ok(Self { agent, url, came })
    }

    /// The next packet; `None` if nothing comes in time.
    pub fn next(&self, wait: Duration) -> Result<Option<String>, String> {
        match self.came.recv_timeout(wait) {
            Ok(packet) => packet.map(Some),
            Err(mpsc::RecvTimeoutError::Timeout) => Ok(None),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err("the session ended".to_owned()),
        }
    }

    pub fn send(&self, packet: &str) -> Result<(), String> {
        let sent = self.agent.post(&self.url).header("content-type", "text/plain;charset=UTF-8").send(packet);
        sent.map(drop).map_err(|error| error.to_string())
    }
}

fn get(agent: &ureq::Agent, url: &str) -> Result<String, String> {
    let mut answer = agent.get(url).call().map_err(|error| error.to_string())?;
    answer
        .body_mut()
        .with_config()
        .limit(64 * 1024 * 1024)
        .read_to_string()
        .map_err(|error| error.to_string())
}
