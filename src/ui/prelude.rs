//! What every page and component uses, in one place: a change of the framework is a change here.

pub use super::client::{Client, use_client};
pub use super::components::{Avatar, Icon, Presence};
pub use crate::i18n::{Locale, Messages};
pub use leptos::prelude::*;

/// The table of the language that the page is in.
#[must_use]
pub fn messages() -> &'static Messages {
    use_context::<Locale>().unwrap_or_default().messages()
}
