//! Reading a JWK set: from a file, or over HTTP.

use crate::protocol::Millis;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The largest set that is read, in bytes. Google's has about 2,000.
pub const MAX_SET: u64 = 256 * 1024;
/// How long the source may take.
const WITHIN: Duration = Duration::from_secs(5);
const REDIRECTS: u32 = 3;
/// How long a set is used before it is asked for again: what the source says, within these limits. The shortest only
/// keeps a source that allows no keeping at all from being asked for each token.
pub const SHORTEST: Millis = 1_000;
pub const LONGEST: Millis = 24 * 3_600_000;
const UNSAID: Millis = 3_600_000;

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: SystemTime,
    length: u64,
}

/// The file's present version.
pub fn stamp(path: &Path) -> Result<Stamp, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    let modified = metadata.modified().map_err(|error| error.to_string())?;
    Ok(Stamp { modified, length: metadata.len() })
}

/// The whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(MAX_SET + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_SET { Err(format!("it is larger than {MAX_SET} bytes")) } else { Ok(bytes) }
}

/// What the address answers, and for how long it may be used. Waits: call it where that does not matter.
pub fn fetch(url: &str) -> Result<(Vec<u8>, Millis), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(WITHIN))
        .max_redirects(REDIRECTS)
        // What began encrypted stays so.
        .https_only(url.starts_with("https://"))
        .user_agent(concat!("Switchboard/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut response =
        agent.get(url).header("accept", "application/json").call().map_err(|e| e.to_string())?;
    let said = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let life = life(said("cache-control"), said("age"));
    let bytes = response.body_mut().with_config().limit(MAX_SET).read_to_vec();
    Ok((bytes.map_err(|error| error.to_string())?, life))
}

/// How long an answer may be used from now on: what has passed since its source gave it out (`Age`, RFC 9111, section
/// 5.1) is over.
fn life(control: Option<&str>, age: Option<&str>) -> Millis {
    let age = age.and_then(|age| age.trim().parse::<u32>().ok()).map_or(0, |age| Millis::from(age) * 1_000);
    let life = control.and_then(max_age).map_or(UNSAID, |life| life.saturating_sub(age));
    life.clamp(SHORTEST, LONGEST)
}

/// `max-age` of `Cache-Control` (RFC 9111, section 5.2.2.1), in milliseconds; 0 where it may not be kept.
fn max_age(control: &str) -> Option<Millis> {
    let control = control.to_ascii_lowercase();
    let mut directives = control.split(',').map(str::trim);
    // A `no-cache` that names fields forbids it for those only; it is rare enough to be taken for the whole.
    if directives.clone().any(|part| part == "no-store" || part.starts_with("no-cache")) {
        return Some(0);
    }
    let seconds = directives.find_map(|part| part.strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse::<Millis>().ok().map(|seconds| seconds.saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_read() {
        assert_eq!(max_age("public, max-age=21600, must-revalidate"), Some(21_600_000));
        assert_eq!(max_age("Max-Age=5"), Some(5_000));
        assert_eq!(max_age("no-store, max-age=5"), Some(0));
        for none in ["", "public", "max-age=", "max-age=-", "max-age=x", "s-maxage=5"] {
            assert_eq!(max_age(none), None, "{none}");
        }
        assert_eq!(max_age(&format!("max-age={}", i64::MAX)), Some(i64::MAX));
    }
    #[test]
    fn what_is_old_already_lives_shorter() {
        assert_eq!(life(Some("max-age=30"), None), 30_000);
        assert_eq!(life(Some("max-age=30"), Some("10")), 20_000);
        for over in [Some("30"), Some("31"), Some("4294967295")] {
            assert_eq!(life(Some("max-age=30"), over), SHORTEST, "{over:?}");
        }
        assert_eq!(life(Some("max-age=5"), Some("-3")), 5_000);
        for (control, kept) in
            [("no-store", SHORTEST), ("no-cache, max-age=9", SHORTEST), ("max-age=0", SHORTEST)]
        {
            assert_eq!(life(Some(control), Some("1")), kept, "{control}");
        }
        assert_eq!((life(None, Some("7")), life(Some("max-age=999999999"), None)), (UNSAID, LONGEST));
    }
}
