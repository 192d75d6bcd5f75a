//! Who asks, and what they may: one policy for every gateway.

mod bootstrap;
mod cookie;
mod credentials;
mod error;
mod keys;
mod lease;
mod limits;
mod link;
mod manage_keys;
mod manage_users;
mod origins;
mod password;
mod policy;
mod principal;
mod provision;
mod session;
mod sign_in;
mod throttle;
mod tokens;
mod users;

#[cfg(test)]
mod tests;

pub use bootstrap::{first_workspace, owner_link, prepare};
pub(crate) use cookie::cookie;
pub use cookie::{Origin, clear_cookies, repeated_cookie, session_cookie, session_token};
pub use error::AuthError;
pub use keys::{ApiKeyInfo, Keys};
pub use lease::{Ended, Lease};
pub use link::{create_link, redeem_link};
pub use manage_keys::{MAX_KEY_DEVICES, MAX_KEY_NAME, NewKey};
pub use manage_users::{NewUser, UserChange};
pub use password::{MAX_PASSWORD, MIN_PASSWORD, PasswordError, check_password};
pub use policy::Auth;
pub use principal::{Principal, Who};
pub use session::{SESSION_LIFE, Session, hash as session_hash};
pub use throttle::Throttle;
pub use users::{EmailError, MAX_USER_NAME, User, check_email};
