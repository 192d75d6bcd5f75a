//! Numbers for Prometheus. No label ever names a person, a device or a workspace.

use crate::server::storage::read::Totals;
use crate::server::webhooks::Tally;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// In seconds: from what memory answers to what a long poll takes.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 60.0];

/// A wire that connections stay open on. Socket.IO counts its own: see [`Metrics::watch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    WebSocket,
    Sse,
}

impl Wire {
    fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Sse => "sse",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    /// The route's pattern, never the path that was asked for.
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnWire {
    wire: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InStatus {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnPath {
    path: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

/// What is open on one Socket.IO path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketIoLoad {
    /// Engine.IO sessions, on either transport.
    pub sessions: usize,
    /// Memberships of those in namespaces.
    pub sockets: usize,
}

type Probe = Box<dyn Fn() -> SocketIoLoad + Send + Sync>;

/// What is counted while the server runs, and what the database says when it is asked. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    requests: Family<Answered, Counter>,
    latency: Family<Asked, Histogram, fn() -> Histogram>,
    open: Family<OnWire, Gauge>,
    probes: Mutex<BTreeMap<&'static str, Probe>>,
    sessions: Family<OnPath, Gauge>,
    sockets: Family<OnPath, Gauge>,
    devices: Family<InStatus, Gauge>,
    outbox: Gauge,
    events: Gauge,
    kept: Gauge,
    deliveries: Family<Ended, Counter>,
    waiting: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    #[must_use]
    pub fn new() -> Self {
        let mut inner = Inner {
            registry: Registry::with_prefix("switchboard"),
            requests: Family::default(),
            latency: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            open: Family::default(),
            probes: Mutex::default(),
            sessions: Family::default(),
            sockets: Family::default(),
            devices: Family::default(),
            outbox: Gauge::default(),
            events: Gauge::default(),
            kept: Gauge::default(),
            deliveries: Family::default(),
            waiting: Gauge::default(),
        };
        let registry = &mut inner.registry;
        registry.register("http_requests", "HTTP requests that were answered", inner.requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time until the answer's head was ready",
            inner.latency.clone(),
        );
        registry.register("open_connections", "Connections that are open now", inner.open.clone());
        registry.register(
            "socketio_sessions",
            "Socket.IO sessions that are open now",
            inner.sessions.clone(),
        );
        registry.register("socketio_sockets", "Socket.IO sockets in namespaces", inner.sockets.clone());
        registry.register("devices", "Devices by status", inner.devices.clone());
        registry.register("outbox_rows", "What still has to go out to WhatsApp", inner.outbox.clone());
        registry.register("journal_events", "Events that were ever logged", inner.events.clone());
        registry.register("journal_kept_events", "Events that the log still holds", inner.kept.clone());
        registry.register(
            "webhook_deliveries",
            "Attempts to deliver to webhooks since the start",
            inner.deliveries.clone(),
        );
        registry.register(
            "webhook_deliveries_waiting",
            "Deliveries to webhooks that still have to go out",
            inner.waiting.clone(),
        );
        Self { inner: Arc::new(inner) }
    }

    /// A request was answered. `route` is the pattern that matched.
    pub fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let inner = &self.inner;
        inner.requests.get_or_create(&Answered { method, route: route.to_owned(), status }).inc();
        inner.latency.get_or_create(&Asked { method, route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// A connection was opened; it counts until what this returns is dropped.
    #[must_use]
    pub fn open(&self, wire: Wire) -> Open {
        let gauge = self.inner.open.get_or_create_owned(&OnWire { wire: wire.as_str() });
        gauge.inc();
        Open { gauge }
    }

    /// Asks what is open on a Socket.IO path whenever the numbers are read.
    pub fn watch(&self, path: &'static str, probe: impl Fn() -> SocketIoLoad + Send + Sync + 'static) {
        let mut probes = self.inner.probes.lock().unwrap_or_else(PoisonError::into_inner);
        probes.insert(path, Box::new(probe));
    }

    /// Everything as OpenMetrics text, with what the database says.
    ///
    /// # Errors
    /// [`std::fmt::Error`] never happens with our own types.
    pub fn text(&self, totals: &Totals, webhooks: Tally) -> Result<String, std::fmt::Error> {
        for (status, count) in &totals.devices {
            self.inner.devices.get_or_create(&InStatus { status: status.as_str() }).set(*count);
        }
        self.inner.outbox.set(totals.outbox);
        self.inner.events.set(totals.events);
        self.inner.kept.set(totals.kept_events);
        self.inner.waiting.set(webhooks.waiting);
        for (outcome, count) in
            [("delivered", webhooks.delivered), ("failed", webhooks.failed), ("dead", webhooks.dead)]
        {
            // Two that ask at once must not make a counter fall.
            let counter = self.inner.deliveries.get_or_create_owned(&Ended { outcome });
            counter.inner().fetch_max(count, Ordering::Relaxed);
        }
        for (path, probe) in self.inner.probes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let (load, on) = (probe(), OnPath { path });
            let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
            self.inner.sessions.get_or_create(&on).set(number(load.sessions));
            self.inner.sockets.get_or_create(&on).set(number(load.sockets));
        }
        let mut text = String::new();
        encode(&mut text, &self.inner.registry)?;
        Ok(text)
    }
}

/// A connection that is open.
pub struct Open {
    gauge: Gauge,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::DeviceStatus;

    #[test]
    fn counts_what_is_open_and_what_was_answered() {
        let metrics = Metrics::new();
        let (one, _two) = (metrics.open(Wire::Sse), metrics.open(Wire::Sse));
        drop(one);
        metrics.answered("GET", "/api/v1/devices/{device}", 404, Duration::from_millis(3));
        let totals =
            Totals { devices: vec![(DeviceStatus::Connected, 2)], outbox: 5, events: 90, kept_events: 40 };
        metrics.watch("/ws", || SocketIoLoad { sessions: 3, sockets: 4 });
        let webhooks = Tally { delivered: 7, failed: 2, dead: 1, waiting: 6 };
        let text = metrics.text(&totals, webhooks).unwrap();
        for line in [
            "switchboard_open_connections{wire=\"sse\"} 1",
            "switchboard_http_requests_total{method=\"GET\",route=\"/api/v1/devices/{device}\",status=\"404\"} 1",
            "switchboard_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/devices/{device}\"} 1",
            "switchboard_devices{status=\"connected\"} 2",
            "switchboard_outbox_rows 5",
            "switchboard_journal_events 90",
            "switchboard_journal_kept_events 40",
            "switchboard_socketio_sessions{path=\"/ws\"} 3",
            "switchboard_socketio_sockets{path=\"/ws\"} 4",
            "switchboard_webhook_deliveries_total{outcome=\"delivered\"} 7",
            "switchboard_webhook_deliveries_total{outcome=\"failed\"} 2",
            "switchboard_webhook_deliveries_total{outcome=\"dead\"} 1",
            "switchboard_webhook_deliveries_waiting 6",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
        }
    }
}
