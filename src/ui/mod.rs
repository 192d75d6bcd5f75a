//! The web client: rendered by the server first, alive in the browser afterwards.
//!
//! `pages` are what addresses lead to, `components` what they are made of; both take signals and call the
//! client back, and know neither protocol frames nor the browser. `client` holds what the pages show,
//! fed by the model; `hooks` are the only way from here to the browser. `chunks` lists what is not in the client's
//! first file, and `later` is how that comes.

mod app;
mod chunks;
pub mod client;
mod components;
mod context;
mod hooks;
mod later;
mod look;
mod pages;
mod prelude;

pub use crate::i18n::FormError;
pub use app::{App, shell};
pub use context::{Boot, LoginForm, Nowhere, Offline, ProfileForm, Theme, Trouble, Viewer};
#[cfg(feature = "hydrate")]
pub use hooks::host::wake;
pub use look::Look;
