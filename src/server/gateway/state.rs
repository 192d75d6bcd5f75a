//! What every handler may reach.

use crate::server::auth::Auth;
use crate::server::devices::Devices;
use crate::server::journal::Journal;
use crate::server::media::Media;
use crate::server::push::Push;
use crate::server::sandbox::Sandbox;
use crate::server::source::Source;
use crate::server::telemetry::Metrics;
use crate::server::webhooks::Webhooks;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::ops::Deref;
use std::sync::Arc;

/// The server, as its gateways see it. A pointer: every connection holds it, in more than one place.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl From<Parts> for App {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What it is made of.
pub struct Parts {
    pub journal: Journal,
    pub source: Source,
    pub devices: Devices,
    pub auth: Auth,
    pub webhooks: Webhooks,
    pub media: Media,
    pub push: Push,
    /// Only while the network is the sandbox.
    pub sandbox: Option<Arc<Sandbox>>,
    pub leptos: LeptosOptions,
    pub metrics: Metrics,
    /// Cancelled when the server stops: long answers end.
    pub stopping: tokio_util::sync::CancellationToken,
}

impl FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        app.leptos.clone()
    }
}
