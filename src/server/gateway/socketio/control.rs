//! How a socket's end is told: to whoever sends, to its namespace, and to its session's task.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::{codec::EncodeError, engine::CloseReason, member::Core};

/// Why something could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The socket has left, or has not entered yet.
    #[error("the socket is not connected")]
    Closed,
    /// It cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Why a socket left its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisconnectReason {
    /// The client said so.
    Client,
    /// We said so.
    Server,
    /// Its session ended.
    Session(CloseReason),
}

impl DisconnectReason {
    /// The reason in the words of the reference server.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client namespace disconnect",
            Self::Server => "server namespace disconnect",
            Self::Session(CloseReason::TransportClose) => "transport close",
            Self::Session(CloseReason::PingTimeout) => "ping timeout",
            Self::Session(CloseReason::ParseError) => "parse error",
            Self::Session(CloseReason::Forced) => "forced server close",
            Self::Session(CloseReason::Shutdown) => "server shutting down",
            Self::Session(CloseReason::TransportError | CloseReason::TooLarge | CloseReason::Overflow) => {
                "transport error"
            }
        }
    }
}

/// Tells a session's task what others did to its sockets.
#[derive(Debug, Default)]
pub(super) struct Control {
    left: Mutex<Vec<Arc<Core>>>,
    pub notify: Notify,
}

impl Control {
    pub fn push(&self, core: Arc<Core>) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).push(core);
        self.notify.notify_one();
    }

    /// The sockets that we made leave since the last call.
    pub fn take(&self) -> Vec<Arc<Core>> {
        std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
