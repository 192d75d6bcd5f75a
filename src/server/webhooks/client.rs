//! One HTTP request to a receiver: bounded in time, in size and in where it may go.

use super::guard::{Guard, GuardedResolver};
use std::io::Read as _;
use std::time::{Duration, Instant};
use ureq::unversioned::transport::DefaultConnector;

/// How much of an answer's body is read and kept, in bytes.
pub const EXCERPT: usize = 1_024;
/// Largest head of an answer, in bytes.
const MAX_HEAD: usize = 16 * 1_024;
/// How long the beginning of an answer's body is waited for once its head is there: it is only for people.
const BODY_TIME: Duration = Duration::from_secs(2);
/// Connections are kept open for the next delivery this long, which is shorter than receivers keep them.
const IDLE: Duration = Duration::from_secs(3);

/// A request that is ready to go.
#[derive(Clone)]
pub struct Parcel {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status, or why there is none, for people.
    pub status: Result<u16, String>,
    pub retry_after: Option<String>,
    pub excerpt: Option<String>,
    pub duration: Duration,
}

/// The client of all webhooks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    timeout: Duration,
}

impl Client {
    /// A client that goes only where the guard lets it: without proxies, without following redirects, and
    /// to the addresses that the guard saw.
    #[must_use]
    pub fn new(guard: Guard, timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("Switchboard/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(timeout))
            .timeout_recv_body(Some(BODY_TIME))
            .max_response_header_size(MAX_HEAD)
            .max_idle_connections(64)
            .max_idle_connections_per_host(4)
            .max_idle_age(IDLE)
            .build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::new(), GuardedResolver::new(guard));
        Self { agent, timeout }
    }

    /// Sends it and waits for the answer.
    pub async fn post(&self, parcel: Parcel) -> Reply {
        let client = self.clone();
        let started = Instant::now();
        let done = tokio::task::spawn_blocking(move || client.post_now(parcel)).await;
        done.unwrap_or_else(|_| Reply {
            status: Err("the server stopped while it was sent".to_owned()),
            retry_after: None,
            excerpt: None,
            duration: started.elapsed(),
        })
    }

    fn post_now(&self, parcel: Parcel) -> Reply {
        let started = Instant::now();
        let failed = |error: String| Reply {
            status: Err(error),
            retry_after: None,
            excerpt: None,
            duration: started.elapsed(),
        };
        let mut request = ureq::http::Request::post(parcel.url);
        for (name, value) in parcel.headers {
            request = request.header(name, value);
        }
        let request = match request.body(parcel.body) {
            Ok(request) => request,
            Err(error) => return failed(format!("the request cannot be made: {error}")),
        };
        match self.agent.run(request) {
            Err(error) => failed(self.words(&error)),
            Ok(response) => {
                // The answer is there; how long its body takes is no matter of delivery.
                let duration = started.elapsed();
                let retry_after = response.headers().get("retry-after");
                let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
                let status = response.status().as_u16();
                Reply { status: Ok(status), retry_after, excerpt: excerpt(response.into_body()), duration }
            }
        }
    }

    /// An error in words for the log of deliveries.
    fn words(&self, error: &ureq::Error) -> String {
        use std::io::ErrorKind;
        match error {
            ureq::Error::Timeout(_) => format!("no answer within {} s", self.timeout.as_secs_f32()),
            ureq::Error::HostNotFound => "the name of the host was not found".to_owned(),
            ureq::Error::Other(error) => error.to_string(),
            ureq::Error::Io(error) => match error.kind() {
                ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::UnexpectedEof
                | ErrorKind::BrokenPipe => "the connection broke before an answer came".to_owned(),
                _ if error.to_string().contains("lookup") => "the name of the host was not found".to_owned(),
                _ => format!("the connection failed: {error}"),
            },
            ureq::Error::Protocol(error) => format!("the answer is not HTTP as it should be: {error}"),
            other => other.to_string(),
        }
    }
}

/// The beginning of a body, as far as it comes; `None` if it is empty.
fn excerpt(body: ureq::Body) -> Option<String> {
    let mut reader = body.into_reader();
    let mut bytes = vec![0; EXCERPT];
    let mut filled = 0;
    while filled < EXCERPT {
        match reader.read(&mut bytes[filled..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => filled += count,
        }
    }
    bytes.truncate(filled);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (!text.is_empty()).then_some(text)
}
