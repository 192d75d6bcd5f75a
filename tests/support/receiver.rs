//! A receiver of webhooks: a real HTTP server that writes down what comes and answers as it is told.

use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Post {
    pub path: String,
    /// By name in lower case.
    pub headers: HashMap<String, String>,
    pub raw: Vec<u8>,
    pub body: Value,
    pub at: Instant,
}

impl Post {
    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_default().to_owned()
    }

    pub fn attempt(&self) -> u64 {
        self.body["attempt"].as_u64().unwrap()
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Before the answer.
    pub delay: Duration,
}

impl Reply {
    pub fn of(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: b"seen".to_vec(), delay: Duration::ZERO }
    }
}

type Answer = dyn Fn(&Post) -> Reply + Send + Sync;

pub struct Receiver {
    pub url: String,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl Receiver {
    pub fn start(answer: impl Fn(&Post) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let posts: Arc<Mutex<Vec<Post>>> = Arc::default();
        let (kept, answer): (_, Arc<Answer>) = (posts.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, answer) = (kept.clone(), answer.clone());
                std::thread::spawn(move || drop(serve(stream, &kept, &*answer)));
            }
        });
        Self { url, posts }
    }

    /// Everything that came, in the order in which it came.
    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }

    /// Forgets what came until now.
    pub fn clear(&self) {
        self.posts.lock().unwrap().clear();
    }

    /// Waits until so many requests came.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Post> {
        super::until(&format!("{count} deliveries"), || {
            let posts = self.posts();
            (posts.len() >= count).then_some(posts)
        })
    }
}

fn serve(stream: TcpStream, kept: &Mutex<Vec<Post>>, answer: &Answer) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        // A sender that was killed in the middle of its headers delivered nothing.
        if reader.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut raw = vec![0; length];
    reader.read_exact(&mut raw)?;
    let body = serde_json::from_slice(&raw).unwrap_or_default();
    let post = Post { path, headers, raw, body, at: Instant::now() };
    kept.lock().unwrap().push(post.clone());
    let reply = answer(&post);
    std::thread::sleep(reply.delay);
    let mut head = format!("HTTP/1.1 {} Said\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", reply.body.len()));
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(&reply.body)
}
