//! Who asks, and what they may: one policy for every gateway.

mod bootstrap;
mod cookie;
mod keys;
mod lease;
mod link;
mod password;
mod policy;
mod principal;
mod session;
mod throttle;
mod users;

pub use bootstrap::{first_workspace, owner_link, prepare};
pub(crate) use cookie::cookie;
pub use cookie::{Origin, clear_cookies, session_cookie, session_token};
pub use keys::Keys;
pub use lease::{Ended, Lease};
pub use link::{create_link, redeem_link};
pub use password::{MAX_PASSWORD, MIN_PASSWORD, PasswordError, check_password};
pub use policy::{Auth, AuthError};
pub use principal::{Principal, Who};
pub use session::{SESSION_LIFE, Session};
pub use throttle::Throttle;
pub use users::{EmailError, User, check_email};
