//! How long a connection may stay open: as long as what its client came with counts.

use super::policy::Auth;
use super::principal::{Credential, Principal, Who};
use crate::protocol::{Millis, UserId};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// How often storage is asked whether a credential still counts: for what another node has taken back, and for
/// sessions that ran out.
const RECHECK: Duration = Duration::from_secs(30);
/// Revocations that may wait for a connection; one that misses some asks storage instead.
const WAITING: usize = 64;

/// Why a connection has to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The token's or key's time is over.
    Expired,
    /// The key was revoked, the session was ended, or the user is gone.
    Revoked,
}

impl Ended {
    /// The reason in words, for whoever is cut off.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "token expired",
            Self::Revoked => "access revoked",
        }
    }
}

/// What has just been taken back.
#[derive(Clone)]
pub(super) enum Revoked {
    Credential(Credential),
    /// Everything that this user came with.
    User(UserId),
}

/// Tells open connections what was taken back.
#[derive(Clone)]
pub(super) struct Revocations(broadcast::Sender<Revoked>);

impl Default for Revocations {
    fn default() -> Self {
        Self(broadcast::Sender::new(WAITING))
    }
}

impl Revocations {
    pub fn tell(&self, what: Revoked) {
        // Nobody is connected: nobody to tell.
        drop(self.0.send(what));
    }
}

/// A connection's right to stay.
pub struct Lease {
    auth: Auth,
    principal: Principal,
    revoked: broadcast::Receiver<Revoked>,
}

impl Lease {
    pub(super) fn new(auth: Auth, principal: Principal, revocations: &Revocations) -> Self {
        Self { auth, principal, revoked: revocations.0.subscribe() }
    }

    /// Waits until the connection has to close. Safe to drop and to call again.
    pub async fn ended(&mut self) -> Ended {
        loop {
            let left = self.principal.until.map(|until| until - self.auth.now());
            if left.is_some_and(|left| left <= 0) {
                return Ended::Expired;
            }
            // Clocks may be set: never sleep for longer than until the next check.
            let pause = left.map_or(RECHECK, |left| millis(left).min(RECHECK));
            tokio::select! {
                told = self.revoked.recv() => match told {
                    Ok(revoked) if self.concerns(&revoked) => return Ended::Revoked,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => if !self.counts().await { return Ended::Revoked },
                    Err(RecvError::Closed) => return Ended::Revoked,
                },
                () = tokio::time::sleep(pause) => if !self.counts().await { return Ended::Revoked },
            }
        }
    }

    fn concerns(&self, revoked: &Revoked) -> bool {
        match revoked {
            Revoked::Credential(credential) => *credential == self.principal.credential,
            Revoked::User(id) => matches!(&self.principal.who, Who::User(user) if user.id == *id),
        }
    }

    async fn counts(&self) -> bool {
        self.auth.counts(&self.principal).await.unwrap_or_else(|error| {
            // A database that does not answer takes nobody's rights away.
            tracing::warn!(%error, "a connection's rights could not be checked");
            true
        })
    }
}

fn millis(left: Millis) -> Duration {
    Duration::from_millis(u64::try_from(left).unwrap_or(0))
}
