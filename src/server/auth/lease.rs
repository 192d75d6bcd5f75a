//! How long a connection may stay open: as long as what its client came with counts.

use super::policy::Auth;
use super::principal::{Credential, Principal, Who};
use crate::protocol::{Millis, Problem, ProblemCode, UserId};
use futures_util::FutureExt as _;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio::time::Instant;

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

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        Self::new(ProblemCode::Unauthenticated, ended.as_str())
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
    /// When storage is asked next, and how long after that again.
    check_at: Instant,
    recheck: Duration,
    /// An answer of storage that is under way, also while nobody waits for the end.
    checking: Option<JoinHandle<bool>>,
}

impl Lease {
    pub(super) fn new(auth: Auth, principal: Principal, revocations: &Revocations) -> Self {
        // The first check is due at once: it may have been taken back since somebody came with it.
        let (revoked, check_at) = (revocations.0.subscribe(), Instant::now());
        Self { auth, principal, revoked, check_at, recheck: RECHECK, checking: None }
    }

    /// The person whose connection it is, if it is one's.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        self.principal.user_id()
    }

    /// Waits until the connection has to close. Safe to drop and to call again: a connection that is too busy to
    /// wait here for long is checked as often as one that is not.
    pub async fn ended(&mut self) -> Ended {
        loop {
            let left = self.principal.until.map(|until| until - self.auth.now());
            if left.is_some_and(|left| left <= 0) {
                return Ended::Expired;
            }
            let now = Instant::now();
            if self.checking.is_none() && self.check_at <= now {
                let (auth, principal) = (self.auth.clone(), self.principal.clone());
                self.checking = Some(tokio::spawn(async move { counts(&auth, &principal).await }));
            }
            // Clocks may be set: never sleep for longer than until the next check.
            let next = if self.checking.is_some() { now + RECHECK } else { self.check_at };
            let wake_at = left.map_or(next, |left| next.min(now + millis(left)));
            tokio::select! {
                told = self.revoked.recv() => match told {
                    Ok(revoked) if self.concerns(&revoked) => return Ended::Revoked,
                    Ok(_) => {}
                    // What was missed may have been this: storage is asked once more.
                    Err(RecvError::Lagged(_)) => (self.checking, self.check_at) = (None, now),
                    Err(RecvError::Closed) => return Ended::Revoked,
                },
                counts = answer(&mut self.checking) => {
                    if self.principal.until.is_some_and(|until| until <= self.auth.now()) {
                        return Ended::Expired;
                    }
                    if !counts {
                        return Ended::Revoked;
                    }
                    (self.checking, self.check_at) = (None, Instant::now() + self.recheck);
                }
                () = tokio::time::sleep_until(wake_at) => {}
            }
        }
    }

    /// Asks storage whether the credential counts now, for whoever answers once and has waited long for it.
    ///
    /// # Errors
    /// [`Ended`]: why it does not.
    pub async fn counts_now(&mut self) -> Result<(), Ended> {
        if let Some(ended) = self.ended().now_or_never() {
            return Err(ended);
        }
        if counts(&self.auth, &self.principal).await { Ok(()) } else { Err(Ended::Revoked) }
    }

    fn concerns(&self, revoked: &Revoked) -> bool {
        match revoked {
            Revoked::Credential(credential) => *credential == self.principal.credential,
            Revoked::User(id) => matches!(&self.principal.who, Who::User(user) if user.id == *id),
        }
    }
}

async fn counts(auth: &Auth, principal: &Principal) -> bool {
    auth.counts(principal).await.unwrap_or_else(|error| {
        // A database that does not answer takes nobody's rights away.
        tracing::warn!(%error, "a connection's rights could not be checked");
        true
    })
}

/// Waits for the answer that is under way, if there is one.
async fn answer(checking: &mut Option<JoinHandle<bool>>) -> bool {
    match checking {
        // Only a panic or the runtime's end leaves it without one.
        Some(checking) => checking.await.unwrap_or(true),
        None => std::future::pending().await,
    }
}

fn millis(left: Millis) -> Duration {
    Duration::from_millis(u64::try_from(left).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::super::AuthError;
    use super::super::keys::Keys;
    use super::super::session;
    use super::*;
    use crate::server::source::Source;
    use crate::server::storage::query;
    use crate::server::storage::testing::{TestStore, stores};
    use tokio::time::timeout;

    /// Somebody who is signed in with the token `t`.
    async fn signed_in(test: &TestStore) -> (Auth, Principal) {
        let auth = Auth::new(test.store.clone(), Source::fixed(1_000, 1), Keys::default(), Vec::new());
        for statement in [
            query("INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0)"),
            query("INSERT INTO users (id, workspace_id, email, name, created_at) VALUES ('u', 'w', 'a@b.c', 'A', 0)"),
            query("INSERT INTO browser_sessions (token_hash, user_id, created_at, seen_at, expires_at) VALUES ($1, 'u', 0, 1000, 9000)")
                .bind(session::hash("t")),
        ] {
            test.store.execute(statement).await.unwrap();
        }
        let principal = auth.by_session("t").await.unwrap();
        (auth, principal)
    }

    /// As another node takes it back: nobody here is told.
    async fn take_back(test: &TestStore) {
        test.store.execute(query("DELETE FROM browser_sessions")).await.unwrap();
    }

    /// Never waits here, as a connection that always has something to do.
    async fn ended(lease: &mut Lease) -> Option<Ended> {
        for _ in 0..10_000 {
            if let Some(ended) = lease.ended().now_or_never() {
                return Some(ended);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        None
    }

    #[tokio::test]
    async fn a_busy_connection_is_checked_as_well() {
        for test in stores().await {
            let (auth, principal) = signed_in(&test).await;
            let mut lease = auth.lease(&principal).unwrap();
            assert_eq!(lease.counts_now().await, Ok(()));
            lease.recheck = Duration::from_millis(100);
            assert!(timeout(Duration::from_millis(300), lease.ended()).await.is_err(), "it still counts");
            take_back(&test).await;
            assert_eq!(ended(&mut lease).await, Some(Ended::Revoked));
        }
    }

    #[tokio::test]
    async fn what_was_taken_back_before_anybody_listened_is_noticed() {
        for test in stores().await {
            let (auth, principal) = signed_in(&test).await;
            take_back(&test).await;
            assert_eq!(ended(&mut auth.lease(&principal).unwrap()).await, Some(Ended::Revoked));
            assert_eq!(auth.lease(&principal).unwrap().counts_now().await, Err(Ended::Revoked));
        }
    }
    #[tokio::test]
    async fn a_connection_does_not_begin_with_what_is_over() {
        let test = &stores().await[0];
        let (auth, principal) = signed_in(test).await;
        let at = |until| auth.lease(&Principal { until: Some(until), ..principal.clone() });
        // Requests have leeway for clocks that differ; a connection would be cut at once, and come again.
        assert!(matches!(at(1_000).err(), Some(AuthError::TokenExpired)));
        assert!(at(1_001).is_ok());
    }
}
