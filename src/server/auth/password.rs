//! Passwords: argon2id, at most a few at a time.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

/// The shortest password, in characters.
pub const MIN_PASSWORD: usize = 10;
/// The longest password, in characters.
pub const MAX_PASSWORD: usize = 200;

/// Each hash takes 19 MiB and tens of milliseconds of a core: more at once would let a stranger tie up
/// the server.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A password out of its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")]
pub struct PasswordError;

/// Whether a password is within its limits. No other rule: length is what counts (NIST SP 800-63B).
///
/// # Errors
/// [`PasswordError`].
pub fn check_password(password: &str) -> Result<(), PasswordError> {
    if (MIN_PASSWORD..=MAX_PASSWORD).contains(&password.chars().count()) {
        Ok(())
    } else {
        Err(PasswordError)
    }
}

/// The PHC string to keep.
///
/// # Errors
/// [`PasswordError`] for one out of its limits.
pub(super) async fn hash(password: String) -> Result<String, PasswordError> {
    check_password(&password)?;
    let _permit = AT_ONCE.acquire().await.map_err(|_| PasswordError)?;
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    });
    hashed.await.map_err(|_| PasswordError)?.map_err(|_| PasswordError)
}

/// Whether it is the password. Without a hash it takes as long as with one, and is not.
pub(super) async fn verify(password: String, hash: Option<String>) -> bool {
    if password.chars().count() > MAX_PASSWORD {
        return false;
    }
    let Ok(_permit) = AT_ONCE.acquire().await else { return false };
    let verified = tokio::task::spawn_blocking(move || match hash {
        Some(hash) => PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
        None => {
            // Whether somebody exists must not be told by the clock.
            drop(Argon2::default().hash_password(password.as_bytes()));
            false
        }
    });
    verified.await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_verifies() {
        let hashed = hash("correct horse".to_owned()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(verify("correct horse".to_owned(), Some(hashed.clone())).await);
        assert!(!verify("correct house".to_owned(), Some(hashed.clone())).await);
        assert!(!verify("correct horse".to_owned(), None).await);
        assert!(!verify("correct horse".to_owned(), Some("damaged".to_owned())).await);
        assert!(!verify("x".repeat(MAX_PASSWORD + 1), Some(hashed)).await);
    }

    #[test]
    fn passwords_have_limits() {
        assert!(check_password(&"ñ".repeat(MIN_PASSWORD)).is_ok());
        assert!(check_password(&"ñ".repeat(MIN_PASSWORD - 1)).is_err());
        assert!(check_password(&"x".repeat(MAX_PASSWORD + 1)).is_err());
    }
}
