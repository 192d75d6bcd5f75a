//! What every page and component uses, in one place: a change of the framework is a change here.

pub use super::client::{Client, use_client};
pub use super::components::{Avatar, Icon, Presence};
pub use super::later::{above, later, say_missing, soon, with_chunk};
pub use crate::i18n::{Locale, Messages};
pub use leptos::prelude::*;

/// The table of the language that the page is in.
#[must_use]
pub fn messages() -> &'static Messages {
    use_context::<Locale>().unwrap_or_default().messages()
}

/// An attribute that follows its signals. Every closure has a type of its own, and everything that handles
/// it is compiled once for each; behind a pointer, once for all.
pub fn live<T>(value: impl FnMut() -> T + Send + 'static) -> Box<dyn FnMut() -> T + Send> {
    Box::new(value)
}

/// A part of a view that follows its signals; behind a pointer for the same reason as [`live`].
pub fn dynamic<V: IntoView>(
    mut part: impl FnMut() -> V + Send + 'static,
) -> Box<dyn FnMut() -> AnyView + Send> {
    Box::new(move || part().into_any())
}

/// A value that is computed from signals, and tells others only when it has changed. Behind a pointer too.
pub fn memo<T: PartialEq + Send + Sync + 'static>(value: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    let value: Box<dyn Fn() -> T + Send + Sync> = Box::new(value);
    Memo::new(move |_| value())
}

/// What happens in the browser whenever one of the signals that it reads has changed; `None` is the first
/// time. Behind a pointer too.
pub fn react(run: impl FnMut(Option<()>) + 'static) {
    let run: Box<dyn FnMut(Option<()>)> = Box::new(run);
    Effect::new(run);
}
