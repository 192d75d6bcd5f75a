//! Taking connections: `axum::serve` with a limit on how long a request's head may take.
//!
//! Without one, whoever sends a byte now and then holds a connection for good.

use super::leased::Cut;
use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Layer as _;

/// How long a request's head may take to arrive; also how long a connection may wait for its next request.
/// Longer than proxies keep theirs, so that it is they who close.
pub const HEAD_WITHIN: Duration = Duration::from_secs(75);
/// How many headers a request may have.
const MAX_HEADERS: usize = 100;
/// How large a request's head may be, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// The pause after the system could not give us a connection: it is out of something.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stopping`, then until the connections that are open have answered what they were asked.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stopping: CancellationToken,
    head_within: Duration,
) {
    let open = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                open.spawn(connection(stream, peer, router.clone(), stopping.clone(), head_within));
            }
            Err(error) if is_of_one_connection(error.kind()) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken just now");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    open.close();
    open.wait().await;
}

fn is_of_one_connection(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    stopping: CancellationToken,
    head_within: Duration,
) {
    // Small frames must not wait for each other.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let cut = Cut::default();
    let service =
        TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(Extension(cut.clone()).layer(router)));
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut asked_to_end = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::trace!(%error, "a connection broke");
                }
                return;
            }
            () = cut.asked() => return,
            () = stopping.cancelled(), if !asked_to_end => {
                asked_to_end = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_head_that_does_not_come_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let serving =
            tokio::spawn(serve(listener, Router::new(), stopping.clone(), Duration::from_millis(300)));
        let mut socket = TcpStream::connect(addr).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        let mut answer = Vec::new();
        let read = socket.read_to_end(&mut answer);
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("the connection ends").unwrap();
        let mut whole = TcpStream::connect(addr).await.unwrap();
        whole.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut head = [0; 12];
        whole.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 404");
        stopping.cancel();
        tokio::time::timeout(Duration::from_secs(20), serving).await.expect("it stops").unwrap();
    }
}
