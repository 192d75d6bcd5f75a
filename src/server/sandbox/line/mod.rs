//! The server's side of a device's line: from the first byte of a connection to the last.

mod app_state;
mod blocklist;
pub mod bundles;
mod connection;
mod group_requests;
mod group_settings;
mod groups;
mod keys;
mod link_code;
mod media_retry;
mod messages;
pub mod pairing;
mod profile;
mod pump;
mod receipts;
mod request;
mod session;
mod usync;
mod writer;

pub use connection::{PLACEHOLDER, serve};
pub use groups::make as make_group;
pub use link_code::enter as enter_code;
pub use usync::unlink;
