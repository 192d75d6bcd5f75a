//! A server of its own for each test: the real binary, an empty data folder, a free port.

#![allow(dead_code, reason = "each test file uses its part of this")]

pub mod api;
pub mod mix;
pub mod native;
pub mod past;
pub mod polling;
pub mod receiver;
pub mod recovery;
pub mod socketio;
pub mod sse;

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

pub const API_KEY: &str = "test-key-0123456789abcdef";

/// The binary, running: the one that was built with the tests, or another that `SWITCHBOARD_TEST_BINARY` names by its
/// whole path.
pub struct Server {
    pub folder: PathBuf,
    pub url: String,
    /// The path of the one-time link, if it printed one.
    pub sign_in: Option<String>,
    environment: Vec<(&'static str, String)>,
    child: Option<Child>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            // Of a server that ran for long, its end tells the most.
            eprintln!("the server's log:\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(environment: &[(&'static str, String)]) -> Self {
        let name = format!("switchboard_test_{}_{:?}", std::process::id(), std::thread::current().id());
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let folder = std::env::temp_dir().join(format!("{name}_{nanos}").replace(['(', ')'], ""));
        std::fs::create_dir_all(folder.join("site/pkg")).unwrap();
        let mut server = Self {
            folder,
            url: String::new(),
            sign_in: None,
            environment: environment.to_vec(),
            child: None,
        };
        server.run();
        server
    }

    /// Starts the binary (again, on the port that it had) and waits until it is ready.
    pub fn run(&mut self) {
        assert!(self.try_run(), "the server does not say that it is ready");
    }

    /// The same for a binary that may end before it is ready; answers whether it did not.
    pub fn try_run(&mut self) -> bool {
        let addr = if self.url.is_empty() { free_address() } else { self.url.replace("http://", "") };
        // Shown when its test fails: the logs of all of them would hide what failed.
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let binary = std::env::var_os("SWITCHBOARD_TEST_BINARY")
            .unwrap_or_else(|| env!("CARGO_BIN_EXE_switchboard").into());
        let mut child = Command::new(binary)
            .env("SWITCHBOARD_ADDR", addr)
            .env("SWITCHBOARD_DATA_DIR", self.folder.join("data"))
            .env("SWITCHBOARD_API_KEY", API_KEY)
            .env("LEPTOS_SITE_ROOT", self.folder.join("site"))
            .env_remove("SWITCHBOARD_TEST_POSTGRES")
            .env_remove("SWITCHBOARD_TEST_BINARY")
            .envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let (lines, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                drop(lines.send(line));
            }
        });
        let deadline = Instant::now() + Duration::from_secs(60);
        self.child = Some(child);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = said.recv_timeout(left) else { return false };
            if let Some(url) = line.split("ready at ").nth(1) {
                self.url = url.trim().to_owned();
                break;
            }
        }
        if let Ok(line) = said.recv_timeout(Duration::from_millis(300))
            && let Some(at) = line.find("/sign-in?")
        {
            self.sign_in = Some(line[at..].trim().to_owned());
        }
        true
    }

    /// Whether the binary has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// The environment of the next start.
    pub fn set_environment(&mut self, environment: &[(&'static str, String)]) {
        self.environment = environment.to_vec();
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Starts the binary again with other settings.
    pub fn restart_with(&mut self, environment: &[(&'static str, String)]) {
        self.environment = environment.to_vec();
        self.run();
    }

    /// Ends it as the power would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Follows a one-time link, as a person does: what that is answered.
    pub fn follow(&self, link: &str) -> ureq::http::Response<ureq::Body> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        agent.run(ureq::http::Request::get(format!("{}{link}", self.url)).body(()).unwrap()).unwrap()
    }

    /// The cookie of a session that a one-time link opens: its name and its token.
    pub fn session(&self, link: &str) -> String {
        let answer = self.follow(link);
        let cookie = answer.headers().get("set-cookie").expect("a session").to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// A call of the API with the bootstrap key: the status and the JSON of the answer.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value), ureq::Error> {
        self.call_with(method, path, body, &[])
    }

    pub fn call_with(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<(u16, Value), ureq::Error> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.url))
            .header("x-api-key", API_KEY);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(70)))
            .build()
            .into();
        let mut response = match body {
            Some(body) => agent.run(
                request
                    .header("content-type", "application/json")
                    .body(serde_json::to_vec(body).unwrap())
                    .unwrap(),
            )?,
            None => agent.run(request.body(()).unwrap())?,
        };
        let text = response.body_mut().read_to_string()?;
        Ok((response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// A call that must work.
    #[track_caller]
    pub fn ok(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.call(method, path, body).unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    pub fn get(&self, path: &str) -> Value {
        self.ok("GET", path, None)
    }

    /// Where the whole log of its first thousand events is read.
    pub fn log_path(&self) -> String {
        let cursor = self.get("/events")["cursor"].as_str().unwrap().to_owned();
        format!("/events?limit=1000&since={}-0", cursor.rsplit_once('-').unwrap().0)
    }

    /// All messages of a device's chat, oldest first.
    pub fn thread(&self, device: &str, peer: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        let mut before = String::new();
        loop {
            let page = self.get(&format!("/devices/{device}/chats/{peer}/messages?limit=200{before}"));
            all.splice(0..0, page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { return all };
            before = format!("&before={next}");
        }
    }

    pub fn post(&self, path: &str, body: Value) -> Value {
        self.ok("POST", path, Some(&body))
    }

    /// Adds a device and links it with the phone of this number; returns its id once it is connected.
    pub fn linked_device(&self, number: &str) -> String {
        let device =
            self.post("/devices", serde_json::json!({"name": "Test"}))["id"].as_str().unwrap().to_owned();
        self.post(&format!("/devices/{device}/connect"), serde_json::json!({}));
        let qr = until("a code", || {
            let (status, answer) = self.call("GET", &format!("/devices/{device}/qr"), None).ok()?;
            (status == 200).then(|| answer["qr"].as_str().map(str::to_owned)).flatten()
        });
        self.post(&format!("/sandbox/phones/{number}/scan"), serde_json::json!({"qr": qr}));
        self.wait_for_status(&device, "connected");
        device
    }

    pub fn wait_for_status(&self, device: &str, status: &str) {
        until(status, || {
            let (_, answer) = self.call("GET", &format!("/devices/{device}"), None).ok()?;
            (answer["status"] == status).then_some(())
        });
    }
}

/// Waits until nothing is wrong any more. A long queue takes its time on a slow machine: as long as anything moves, it
/// is waited for; what stays as it is for a minute is said.
#[track_caller]
pub fn settles(place: &str, check: impl Fn() -> Option<String>) {
    let (mut still, mut since) = (String::new(), Instant::now());
    while let Some(what) = check() {
        if what != still {
            (still, since) = (what, Instant::now());
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{place}: {still}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Asks until there is an answer; gives up after 90 seconds.
#[track_caller]
pub fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited too long for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An address that a server may come back to: a port below those that the system gives to connections, any of
/// which could take it while the server is down.
fn free_address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + (std::process::id().wrapping_mul(97).wrapping_add(step)) % 20_000;
        let address = format!("127.0.0.1:{port}");
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

/// One environment for each database that there is: the embedded default, and a new schema on PostgreSQL
/// where `SWITCHBOARD_TEST_POSTGRES` names one.
pub fn databases() -> Vec<Vec<(&'static str, String)>> {
    let mut environments = vec![vec![]];
    if let Ok(url) = std::env::var("SWITCHBOARD_TEST_POSTGRES") {
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let schema = format!("switchboard_server_{nanos}_{}", std::process::id());
        let create = format!("CREATE SCHEMA {schema}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
        });
        let and = if url.contains('?') { '&' } else { '?' };
        environments
            .push(vec![("SWITCHBOARD_DATABASE_URL", format!("{url}{and}options[search_path]={schema}"))]);
    }
    environments
}
