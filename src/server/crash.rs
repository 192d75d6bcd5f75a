//! Points between two steps at which a test ends this process as a power cut would. Release builds have none.

/// Ends the process at once, by SIGKILL to itself, if `SWITCHBOARD_CRASH` is `name:n` and this is the n-th time that
/// the point of this name is reached. Else it does nothing, and nothing ever in a release build.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static PLAN: OnceLock<Option<(String, AtomicU32)>> = OnceLock::new();
    let plan = PLAN.get_or_init(|| {
        let plan = std::env::var("SWITCHBOARD_CRASH").ok()?;
        let (name, nth) = plan.rsplit_once(':')?;
        Some((name.to_owned(), AtomicU32::new(nth.parse().ok()?)))
    });
    let Some((planned, left)) = plan else { return };
    if planned == name && left.fetch_sub(1, Ordering::AcqRel) == 1 {
        let own = std::process::id().to_string();
        // Without such a program it ends as suddenly by another signal.
        drop(std::process::Command::new("kill").args(["-KILL", &own]).status());
        std::process::abort();
    }
}

/// Nothing: release builds have no such points.
#[cfg(not(debug_assertions))]
pub const fn point(_: &str) {}
