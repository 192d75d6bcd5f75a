//! A JWK set (RFC 7517), kept up to date: by the file's version, or by what its address says of its age.

use super::fetch::{self, Stamp};
use crate::protocol::Millis;
use crate::server::auth::AuthError;
use crate::server::config::KeySource;
use crate::server::source::Source;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How soon a source that failed is asked again.
const AGAIN: Millis = 10_000;
/// How soon an address is asked again because of a key that it did not have.
const UNKNOWN_AGAIN: Millis = 60_000;
/// More keys than this are not looked at.
const MAX_KEYS: usize = 100;

/// A public key and the one algorithm that it is for.
pub struct Key {
    kid: Option<String>,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// Public keys by their ids.
pub struct KeySet {
    place: KeySource,
    accepted: &'static [Algorithm],
    source: Source,
    state: Mutex<State>,
    /// Held while the source is asked, so that many requests ask once.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// The last set that could be read; used on while the source is down.
    keys: Option<Arc<Vec<Arc<Key>>>>,
    fresh_until: Millis,
    stamp: Option<Stamp>,
    failed_at: Option<Millis>,
    unknown_at: Option<Millis>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Because {
    /// It may have changed.
    Old,
    /// A key was asked for that it does not have.
    Unknown,
}

impl KeySet {
    pub fn new(place: KeySource, accepted: &'static [Algorithm], source: &Source) -> Self {
        Self {
            place,
            accepted,
            source: source.clone(),
            state: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The key of this id; without an id, the only key that there is.
    ///
    /// # Errors
    /// [`AuthError::BadToken`] if there is none, [`AuthError::NoKeySet`] if the set has never been read.
    pub async fn find(&self, kid: Option<&str>) -> Result<Arc<Key>, AuthError> {
        self.refresh(Because::Old).await;
        if let Some(key) = self.pick(kid) {
            return Ok(key);
        }
        self.refresh(Because::Unknown).await;
        self.pick(kid).ok_or_else(|| {
            if self.state().keys.is_some() { AuthError::BadToken } else { AuthError::NoKeySet }
        })
    }

    fn pick(&self, kid: Option<&str>) -> Option<Arc<Key>> {
        let keys = self.state().keys.clone()?;
        match (kid, keys.as_slice()) {
            (Some(kid), keys) => keys.iter().find(|key| key.kid.as_deref() == Some(kid)).cloned(),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        }
    }

    async fn refresh(&self, because: Because) {
        if !self.is_due(because) {
            return;
        }
        let _turn = self.turn.lock().await;
        // Somebody else may have done it meanwhile.
        if !self.is_due(because) {
            return;
        }
        let (place, accepted) = (self.place.clone(), self.accepted);
        let read = tokio::task::spawn_blocking(move || load(&place, accepted)).await;
        let now = self.source.now();
        let mut state = self.state();
        if because == Because::Unknown {
            // Only now: until it is known, whoever asks for a new key waits for its turn.
            state.unknown_at = Some(now);
        }
        match read.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(loaded) => {
                tracing::debug!(place = %self.place, keys = loaded.keys.len(), "a key set was read");
                state.keys = Some(Arc::new(loaded.keys));
                state.fresh_until = now.saturating_add(loaded.life);
                (state.stamp, state.failed_at) = (loaded.stamp, None);
            }
            Err(error) => {
                tracing::warn!(place = %self.place, %error, "a key set cannot be read");
                state.failed_at = Some(now);
            }
        }
    }

    fn is_due(&self, because: Because) -> bool {
        let (state, now) = (self.state(), self.source.now());
        // A clock that was set back must not stop us.
        let recently = |at: Option<Millis>, gap| at.is_some_and(|at| (0..gap).contains(&(now - at)));
        if recently(state.failed_at, AGAIN) {
            return false;
        }
        match (&self.place, because) {
            // Looked at for each token: a rotated or withdrawn key counts from the next request on.
            (KeySource::File(path), Because::Old) => {
                state.keys.is_none() || fetch::stamp(path).ok() != state.stamp
            }
            (KeySource::File(_), Because::Unknown) => false,
            (KeySource::Url(_), Because::Old) => state.keys.is_none() || now >= state.fresh_until,
            (KeySource::Url(_), Because::Unknown) => !recently(state.unknown_at, UNKNOWN_AGAIN),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Loaded {
    keys: Vec<Arc<Key>>,
    life: Millis,
    stamp: Option<Stamp>,
}

fn load(place: &KeySource, accepted: &[Algorithm]) -> Result<Loaded, String> {
    let (bytes, life, stamp) = match place {
        KeySource::File(path) => {
            // The version first: if it changes while we read, the next look sees that.
            let stamp = fetch::stamp(path)?;
            (fetch::read(path)?, 0, Some(stamp))
        }
        KeySource::Url(url) => {
            let (bytes, life) = fetch::fetch(url)?;
            (bytes, life, None)
        }
    };
    Ok(Loaded { keys: parse(&bytes, accepted)?, life, stamp })
}

/// The keys of a set that can be used; others, which sets may hold for other purposes, are passed over.
fn parse(bytes: &[u8], accepted: &[Algorithm]) -> Result<Vec<Arc<Key>>, String> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set = serde_json::from_slice(bytes).map_err(|_| "it is no JWK set".to_owned())?;
    if set.keys.len() > MAX_KEYS {
        return Err(format!("it has more than {MAX_KEYS} keys"));
    }
    let keys: Vec<_> =
        set.keys.into_iter().filter_map(|value| usable(value, accepted)).map(Arc::new).collect();
    if keys.is_empty() { Err("it has no key that can be used".to_owned()) } else { Ok(keys) }
}

fn usable(value: serde_json::Value, accepted: &[Algorithm]) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    // By what the key is: a symmetric "key" in a public set is none.
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    if !accepted.contains(&algorithm) || jwk.common.key_algorithm.is_some_and(|said| said != named) {
        return None;
    }
    Some(Key { kid: jwk.common.key_id.clone(), algorithm, key: DecodingKey::from_jwk(&jwk).ok()? })
}
