//! Where clients of the Socket.IO dialects come in: the routes of a server, and what wrong credentials cost.

use crate::server::auth::{Auth, AuthError};
use crate::server::gateway::socketio::{BuildError, Census, Handshake, Server};
use crate::server::gateway::state::App;
use crate::server::telemetry::SocketIoLoad;
use axum::Router;

/// The routes of a server at a path; they do their own authentication. Its sessions end when ours stops.
pub fn mount(app: &App, path: &'static str, server: Result<Server, BuildError>) -> Router<App> {
    let server = match server {
        Ok(server) => server,
        // A test builds each: only a change of the limits that breaks it gets here.
        Err(error) => {
            tracing::error!(%error, path, "the namespaces of this path are not served");
            return Router::new();
        }
    };
    let census = server.census();
    app.metrics.watch(path, move || {
        let Census { sessions, sockets } = census();
        SocketIoLoad { sessions, sockets }
    });
    let (stopping, sessions) = (app.stopping.clone(), server.clone());
    tokio::spawn(async move {
        stopping.cancelled().await;
        sessions.shutdown();
    });
    server.router(path)
}

/// Counts a wrong credential against the address that it came from, as the guard does for requests.
pub fn counted(auth: &Auth, handshake: &Handshake, error: AuthError) -> AuthError {
    auth.count_failure(error, handshake.opening().peer.map(|peer| peer.ip()))
}
