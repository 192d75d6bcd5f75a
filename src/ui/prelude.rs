//! What every page and component uses, in one place: a change of the framework is a change here.

pub use super::client::{Client, use_client};
pub use super::components::{Avatar, Icon, Presence};
pub use super::later::{above, later, say_missing, soon, with_chunk};
pub use crate::i18n::{Locale, Messages};
pub use leptos::prelude::*;
use std::sync::Arc;

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

/// A value that is computed from signals, and tells others only when it has changed. Behind a pointer too. Whoever waits for
/// it reads it (`with(|_| ())`): `track` alone asks nobody to compute it, and what was never computed never changes.
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

/// The query of the address. The router's own `use_query_map` stays with the route that it began in: where only a
/// parameter of the path changes, it goes on giving the query of before.
pub fn query() -> Memo<leptos_router::params::ParamsMap> {
    leptos_router::hooks::use_location().query
}

/// Rows that come and go one by one, each made once for its number. The same code for every list: each has rows of a
/// type of its own otherwise, and everything that compares and moves them is compiled once for each.
pub fn each(
    numbers: impl Fn() -> Vec<u64> + Send + Sync + 'static,
    row: impl Fn(u64) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    rows(Box::new(numbers), Arc::new(row))
}

fn rows(
    numbers: Box<dyn Fn() -> Vec<u64> + Send + Sync>,
    row: Arc<dyn Fn(u64) -> AnyView + Send + Sync>,
) -> AnyView {
    view! { <For each=move || numbers() key=|number: &u64| *number let(number)>{row(number)}</For> }
        .into_any()
}
