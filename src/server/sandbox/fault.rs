//! Faults: what goes wrong on purpose, for one device or for all of them.
//!
//! They act on the connection between a device and the network and are forgotten with the process:
//! nothing that was stored is ever touched by them.

use super::SandboxError;
use super::limits::MAX_FAULTS;
use crate::protocol::DeviceId;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection breaks now, once.
    Drop,
    /// Half-open: bytes vanish both ways for `seconds`. What vanished never comes again: a connection
    /// that lost bytes breaks with the first byte after that time.
    Blackhole,
    /// Every byte takes `ms` longer, each way.
    Latency,
    /// New connections fail for `seconds`.
    Refuse,
    /// The account is blocked: logins fail with 402 for `seconds`, after which the ban is over.
    Ban,
    /// Logins fail with 405: the client is too old.
    Outdated,
    /// Somebody else connected with the same keys, once.
    Replaced,
    /// Messages are taken, but their acknowledgements get lost.
    LoseAcks,
    /// The media server has lost its files: downloads fail with 404, until the phone uploads them again.
    MediaMissing,
    /// The media server has lost its files, and the phone does not have them either.
    MediaGone,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Drop,
        Self::Blackhole,
        Self::Latency,
        Self::Refuse,
        Self::Ban,
        Self::Outdated,
        Self::Replaced,
        Self::LoseAcks,
        Self::MediaMissing,
        Self::MediaGone,
    ];

    /// Whether it happens once instead of lasting.
    #[must_use]
    pub fn is_momentary(self) -> bool {
        matches!(self, Self::Drop | Self::Replaced)
    }
}

/// A fault as it is asked for and listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    pub kind: FaultKind,
    /// Whom it hits; every device if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Milliseconds, for latency: 1 to 60,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// How long it lasts: 1 to 86,400; until it is cleared if absent. When listed: what is left of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

impl Fault {
    fn check(&self) -> Result<(), SandboxError> {
        let invalid = |text: &str| Err(SandboxError::Invalid(text.to_owned()));
        match (self.kind, self.ms) {
            (FaultKind::Latency, Some(1..=60_000)) => {}
            (FaultKind::Latency, _) => return invalid("latency needs ms from 1 to 60000"),
            (_, Some(_)) => return invalid("only latency takes ms"),
            (_, None) => {}
        }
        if !matches!(self.seconds, None | Some(1..=86_400)) {
            return invalid("seconds are from 1 to 86400");
        }
        if self.kind.is_momentary() && self.seconds.is_some() {
            return invalid("this fault happens once: it takes no seconds");
        }
        Ok(())
    }

    fn hits(&self, device: &DeviceId) -> bool {
        self.device.as_ref().is_none_or(|of| of == device)
    }
}

/// What a connection must do about the faults that are set for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effects {
    pub refuse: bool,
    pub blackhole: bool,
    pub latency: Duration,
    pub outdated: bool,
    pub lose_acks: bool,
    pub media_missing: bool,
    pub media_gone: bool,
    /// How long a ban still lasts.
    pub ban: Option<Duration>,
}

/// How long an account is blocked if nobody says otherwise.
const DEFAULT_BAN: Duration = Duration::from_hours(1);

struct Active {
    fault: Fault,
    until: Option<Instant>,
}

struct Cuttable {
    device: DeviceId,
    cut: CancellationToken,
}

/// The faults that are set, and the connections that they can cut.
#[derive(Default)]
pub struct Faults {
    active: Mutex<Vec<Active>>,
    pipes: Mutex<HashMap<u64, Cuttable>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// Sets a fault; one of the same kind for the same device is replaced.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`] for values out of their limits.
    pub fn set(&self, fault: Fault) -> Result<(), SandboxError> {
        fault.check()?;
        if !fault.kind.is_momentary() {
            let mut active = self.current();
            active.retain(|set| (set.fault.kind, &set.fault.device) != (fault.kind, &fault.device));
            if active.len() >= MAX_FAULTS {
                return Err(SandboxError::Invalid(format!("at most {MAX_FAULTS} faults may be set")));
            }
            let until = fault.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
            active.push(Active { fault: fault.clone(), until });
        }
        if matches!(fault.kind, FaultKind::Drop | FaultKind::Ban | FaultKind::Outdated) {
            for pipe in locked(&self.pipes).values().filter(|pipe| fault.hits(&pipe.device)) {
                pipe.cut.cancel();
            }
        }
        Ok(())
    }

    /// The faults that last, with what is left of their time.
    #[must_use]
    pub fn list(&self) -> Vec<Fault> {
        let now = Instant::now();
        let left = |until: Instant| until.saturating_duration_since(now).as_secs().max(1);
        self.current().iter().map(|set| Fault { seconds: set.until.map(left), ..set.fault.clone() }).collect()
    }

    /// Ends every fault.
    pub fn clear(&self) {
        self.current().clear();
    }

    /// What is set for one device now.
    #[must_use]
    pub fn effects(&self, device: &DeviceId) -> Effects {
        let mut effects = Effects::default();
        for set in self.current().iter().filter(|set| set.fault.hits(device)) {
            match set.fault.kind {
                FaultKind::Drop | FaultKind::Replaced => {}
                FaultKind::Blackhole => effects.blackhole = true,
                FaultKind::Latency => effects.latency += Duration::from_millis(set.fault.ms.unwrap_or(0)),
                FaultKind::Refuse => effects.refuse = true,
                FaultKind::Outdated => effects.outdated = true,
                FaultKind::LoseAcks => effects.lose_acks = true,
                FaultKind::MediaMissing => effects.media_missing = true,
                FaultKind::MediaGone => effects.media_gone = true,
                FaultKind::Ban => {
                    let left = set.until.map_or(DEFAULT_BAN, |until| until - Instant::now());
                    effects.ban = effects.ban.max(Some(left));
                }
            }
        }
        effects
    }

    /// Makes a connection known, so that it can be cut.
    pub(super) fn opened(&self, pipe: u64, device: DeviceId, cut: CancellationToken) {
        locked(&self.pipes).insert(pipe, Cuttable { device, cut });
    }

    /// Forgets a connection.
    pub(super) fn closed(&self, pipe: u64) {
        locked(&self.pipes).remove(&pipe);
    }

    /// Those that have not run out.
    fn current(&self) -> MutexGuard<'_, Vec<Active>> {
        let mut active = locked(&self.active);
        if !active.is_empty() {
            let now = Instant::now();
            active.retain(|set| set.until.is_none_or(|until| until > now));
        }
        active
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind) -> Fault {
        Fault { kind, device: None, ms: None, seconds: None }
    }

    #[test]
    fn values_out_of_their_limits_are_refused() {
        let faults = Faults::default();
        assert!(faults.set(fault(FaultKind::Latency)).is_err());
        for ms in [0, 60_001] {
            assert!(faults.set(Fault { ms: Some(ms), ..fault(FaultKind::Latency) }).is_err());
        }
        assert!(faults.set(Fault { ms: Some(5), ..fault(FaultKind::Refuse) }).is_err());
        for seconds in [0, 86_401] {
            assert!(faults.set(Fault { seconds: Some(seconds), ..fault(FaultKind::Refuse) }).is_err());
        }
        assert!(faults.set(Fault { seconds: Some(1), ..fault(FaultKind::Drop) }).is_err());
        assert!(faults.list().is_empty());
    }

    #[test]
    fn no_more_faults_than_the_limit() {
        let faults = Faults::default();
        let nth = |n: usize| Fault { device: format!("dev_{n}").parse().ok(), ..fault(FaultKind::Refuse) };
        for n in 0..MAX_FAULTS {
            faults.set(nth(n)).unwrap();
        }
        assert!(faults.set(nth(MAX_FAULTS)).is_err());
        // The same one again takes no new place.
        faults.set(nth(0)).unwrap();
    }

    #[tokio::test]
    async fn a_fault_hits_its_device_and_runs_out() {
        let faults = Faults::default();
        let (a, b) = ("dev_a".parse::<DeviceId>().unwrap(), "dev_b".parse::<DeviceId>().unwrap());
        faults.set(Fault { device: Some(a.clone()), seconds: Some(1), ..fault(FaultKind::Refuse) }).unwrap();
        faults.set(Fault { ms: Some(40), ..fault(FaultKind::Latency) }).unwrap();
        assert!(faults.effects(&a).refuse && !faults.effects(&b).refuse);
        assert_eq!(faults.effects(&b).latency, Duration::from_millis(40));
        tokio::time::sleep(Duration::from_millis(1_020)).await;
        assert!(!faults.effects(&a).refuse);
        assert_eq!(faults.list().len(), 1);
        faults.clear();
        assert_eq!(faults.effects(&a), Effects::default());
    }

    #[test]
    fn cutting_reaches_only_the_device_that_was_meant() {
        let faults = Faults::default();
        let (a, b) = (CancellationToken::new(), CancellationToken::new());
        faults.opened(1, "dev_a".parse().unwrap(), a.clone());
        faults.opened(2, "dev_b".parse().unwrap(), b.clone());
        faults.set(Fault { device: "dev_a".parse().ok(), ..fault(FaultKind::Drop) }).unwrap();
        assert!(a.is_cancelled() && !b.is_cancelled());
    }
}
