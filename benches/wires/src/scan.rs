//! A phone scans a code: how long until each wire says that the device is connected.

#[path = "../../../tests/support/polling.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod polling;
#[path = "../../../tests/support/recovery.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod recovery;
#[path = "../../../tests/support/sse.rs"]
mod sse;

use crate::Failure;
use crate::target::{API_KEY, Api, JWT_SECRET, switchboard, text};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use recovery::{Client, Memory, Options};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use sse::EventSource;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};
use tungstenite::client::IntoClientRequest as _;

/// How long any wire may take.
const PATIENCE: Duration = Duration::from_secs(30);
const USER: &str = "bench-user";

/// Answers at once when the device is connected.
type Watch = Box<dyn FnOnce() -> Result<(), Failure> + Send>;
/// Connects for a device.
type Open = fn(&Visit) -> Result<Watch, Failure>;

/// Where and as whom.
struct Visit {
    addr: SocketAddr,
    device: String,
    token: String,
}

impl Visit {
    fn base(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What seed 0 puts into its addresses.
    fn query(&self) -> String {
        format!("botId={}&userId={USER}&token={}", self.device, self.token)
    }
}

const WIRES: [(&str, Open); 7] = [
    ("native WebSocket", native),
    ("native server-sent events", native_sse),
    ("/ws/connection-status", status),
    ("connection-events", status_sse),
    ("/socket.io instance:connected", instance),
    ("/ws ready", ready),
    ("webhook", webhook),
];

const CONNECTED: &str = "\"status\":\"connected\"";

/// For each wire its name and the milliseconds of each scan; a wire that is not served has none, and says why.
pub type Times = Vec<(&'static str, Result<Vec<f64>, String>)>;

pub fn run(binary: &Path, scans: usize) -> Result<Times, Failure> {
    let (process, api) = switchboard(binary)?;
    let mut times: Times = WIRES.iter().map(|(name, _)| (*name, Ok(Vec::new()))).collect();
    for n in 0..scans {
        let phone =
            text(&api.post("/api/v1/sandbox/phones", &json!({"name": format!("Phone {n}")}))?["number"]);
        let device = api.post("/api/v1/devices", &json!({"name": format!("Device {n}")}))?;
        let token = token(&text(&device["workspaceId"]))?;
        let visit = Visit { addr: process.addr, device: text(&device["id"]), token };
        let hook = hook(&api, &visit);
        let watches: Vec<_> = WIRES
            .iter()
            .map(|(name, open)| if *name == "webhook" { hook_watch(&hook) } else { open(&visit) })
            .collect();
        api.post(&format!("/api/v1/devices/{}/connect", visit.device), &json!({}))?;
        let qr =
            api.until(&format!("/api/v1/devices/{}/qr", visit.device), |answer| answer["qr"].is_string())?;
        let (seen, when) = mpsc::channel();
        for (place, watch) in watches.into_iter().enumerate() {
            match watch {
                Err(why) => times[place].1 = Err(why.to_string()),
                Ok(watch) => {
                    let seen = seen.clone();
                    std::thread::spawn(move || {
                        let outcome = watch().map(|()| Instant::now()).map_err(|why| why.to_string());
                        // Nobody waits for it any more only if all is over.
                        drop(seen.send((place, outcome)));
                    });
                }
            }
        }
        drop(seen);
        // Whoever watches is waiting by then.
        std::thread::sleep(Duration::from_millis(200));
        let scanned = Instant::now();
        api.post(&format!("/api/v1/sandbox/phones/{phone}/scan"), &json!({"qr": qr["qr"]}))?;
        for (place, outcome) in when {
            let so_far = &mut times[place].1;
            match (outcome, so_far) {
                (Ok(at), Ok(list)) => list.push((at - scanned).as_secs_f64() * 1_000.0),
                (Err(why), so_far) => *so_far = Err(why),
                (Ok(_), Err(_)) => {}
            }
        }
        if let Ok(hook) = hook {
            drop(api.call("DELETE", &format!("/api/v1/webhooks/{}", hook.id), None));
        }
    }
    Ok(times)
}

/// A token of the server's own (HS256).
fn token(workspace: &str) -> Result<String, Failure> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let claims = json!({"sub": USER, "workspace": workspace, "iat": now, "exp": now + 3_600});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(JWT_SECRET.as_bytes())?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

fn socket(visit: &Visit, path: &str, first: Option<&str>, word: &'static str) -> Result<Watch, Failure> {
    let stream = TcpStream::connect(visit.addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("ws://{}{path}", visit.addr).into_client_request()?;
    request.headers_mut().insert("x-api-key", API_KEY.parse()?);
    let (mut socket, _) = tungstenite::client(request, stream).map_err(|error| error.to_string())?;
    if let Some(first) = first {
        socket.send(tungstenite::Message::text(first))?;
    }
    Ok(Box::new(move || {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if socket.read()?.into_text()?.contains(word) {
                return Ok(());
            }
        }
        Err("it was not told".into())
    }))
}

fn events(visit: &Visit, path: &str, word: &'static str) -> Result<Watch, Failure> {
    let mut source = EventSource::open(&visit.base(), path, &[("x-api-key", API_KEY)])?;
    Ok(Box::new(move || {
        while let Some(event) = source.next(PATIENCE)? {
            if event.data.contains(word) {
                return Ok(());
            }
        }
        Err("it was not told".into())
    }))
}

fn native(visit: &Visit) -> Result<Watch, Failure> {
    socket(visit, "/api/v1/stream", Some("{\"type\":\"hello\"}"), CONNECTED)
}

fn native_sse(visit: &Visit) -> Result<Watch, Failure> {
    events(visit, "/api/v1/stream", CONNECTED)
}

fn status(visit: &Visit) -> Result<Watch, Failure> {
    socket(visit, &format!("/ws/connection-status?{}", visit.query()), None, "whatsapp_connected")
}

fn status_sse(visit: &Visit) -> Result<Watch, Failure> {
    events(visit, &format!("/api/v1/whatsapp/connection-events?{}", visit.query()), "whatsapp_connected")
}

fn socket_io(
    visit: &Visit,
    options: &Options,
    ask: Option<&str>,
    event: &'static str,
) -> Result<Watch, Failure> {
    let mut memory = Memory::default();
    let mut client =
        Client::connect(&visit.base(), options, &mut memory).map_err(|broken| format!("{broken:?}"))?;
    if let Some(ask) = ask {
        client.emit(ask, &visit.device.as_str().into()).map_err(|broken| format!("{broken:?}"))?;
    }
    Ok(Box::new(move || {
        while let Some(came) = client.next(&mut memory, PATIENCE).map_err(|broken| format!("{broken:?}"))? {
            if came.name == event {
                return Ok(());
            }
        }
        Err("it was not told".into())
    }))
}

fn instance(visit: &Visit) -> Result<Watch, Failure> {
    let mut auth = Map::new();
    auth.insert("token".to_owned(), visit.token.as_str().into());
    let (path, namespace) = ("/socket.io/".to_owned(), "/".to_owned());
    let options = Options { path, query: String::new(), polls: false, namespace, auth };
    socket_io(visit, &options, Some("subscribe:instance"), "instance:connected")
}

fn ready(visit: &Visit) -> Result<Watch, Failure> {
    let namespace = format!("/device/{}", visit.device);
    let (path, query) = ("/ws/".to_owned(), format!("apiKey={API_KEY}"));
    socket_io(visit, &Options { path, query, polls: false, namespace, auth: Map::new() }, None, "ready")
}

/// Stands in the table only: its receiver is made before the others connect.
fn webhook(_: &Visit) -> Result<Watch, Failure> {
    Err("it has a receiver of its own".into())
}

/// A webhook and where its deliveries arrive.
struct Hook {
    id: String,
    listener: TcpListener,
}

fn hook(api: &Api, visit: &Visit) -> Result<Hook, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    let body = json!({"url": url, "events": ["device.updated"], "deviceIds": [visit.device]});
    Ok(Hook { id: text(&api.post("/api/v1/webhooks", &body)?["id"]), listener })
}

fn hook_watch(hook: &Result<Hook, Failure>) -> Result<Watch, Failure> {
    let listener = match hook {
        Ok(hook) => hook.listener.try_clone()?,
        Err(why) => return Err(why.to_string().into()),
    };
    Ok(Box::new(move || {
        let (seen, found) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = seen.clone();
                std::thread::spawn(move || {
                    if delivery(stream).is_some_and(|body| body.contains(CONNECTED)) {
                        // After the first nobody listens.
                        let _ = seen.send(());
                    }
                });
            }
        });
        Ok(found.recv_timeout(PATIENCE)?)
    }))
}

/// Reads one request and answers it.
fn delivery(mut stream: TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut request = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length =
            head.split("content-length:").nth(1)?.split("\r\n").next()?.trim().parse::<usize>().ok()?;
        if body.len() >= length {
            let body = body.to_owned();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
            return Some(body);
        }
    }
}
