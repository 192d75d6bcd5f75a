//! Something of a chunk, wherever in a page.

use super::{Chunk, Load};
use crate::ui::client::{Tone, words};
use crate::ui::components::Empty;
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use std::sync::Arc;

/// Makes what a chunk offers, if it is here.
type Show = Box<dyn Fn() -> Option<AnyView> + Send>;

/// What stands in the place of a part that is not here.
#[derive(Debug, Clone, Copy)]
pub struct Instead {
    /// While it is on its way.
    pub waiting: fn() -> AnyView,
    /// Around what says that it did not come.
    pub around: fn(AnyView) -> AnyView,
}

/// A line that says so.
const LINE: Instead = Instead {
    waiting: || view! { <p class="later skeleton" role="status">{messages().common.loading}</p> }.into_any(),
    around: |failure| failure,
};

/// Shows something of a chunk: at once if it is here, as soon as it has come, or else what went wrong, with a
/// way to try again.
pub fn later<T>(chunk: Chunk<T>, show: impl Fn(&'static T) -> AnyView + Send + 'static) -> AnyView {
    later_with(chunk, LINE, show)
}

/// The same with something else in its place.
pub fn later_with<T>(
    chunk: Chunk<T>,
    instead: Instead,
    show: impl Fn(&'static T) -> AnyView + Send + 'static,
) -> AnyView {
    part(chunk.name, chunk.load, instead, Box::new(move || (chunk.here)().map(&show)))
}

/// The same for every kind of offer, compiled once.
fn part(name: &'static str, load: Load, instead: Instead, show: Show) -> AnyView {
    // The browser is told to fetch it while it still reads the page.
    #[cfg(feature = "ssr")]
    leptos::prefetch_lazy_fn_on_server(name);
    let failed = RwSignal::new(false);
    view! {
        <template data-chunk=name></template>
        {dynamic(move || {
            if failed.get() {
                return (instead.around)(view! { <Failed failed/> }.into_any());
            }
            show().unwrap_or_else(|| {
                // Either way, this runs again afterwards. Nobody may be here any more to see it.
                host::load_chunk(load, move |here| {
                    failed.try_set(!here);
                });
                (instead.waiting)()
            })
        })}
    }
    .into_any()
}

/// Shows something of a chunk that opens above the page or comes into it, such as a dialog: nothing stands in its place
/// before it is here. If it does not come, a line says so, and `gone` takes the wish back: the next press tries again.
///
/// Never for what the server renders: there is no mark beside it.
pub fn above<T>(
    chunk: Chunk<T>,
    show: impl Fn(&'static T) -> AnyView + Send + 'static,
    gone: impl Fn() + Send + Sync + 'static,
) -> AnyView {
    wanted(chunk.load, Box::new(move || (chunk.here)().map(&show)), Arc::new(gone))
}

fn wanted(load: Load, show: Show, gone: Arc<dyn Fn() + Send + Sync>) -> AnyView {
    let client = use_client();
    let came = RwSignal::new(false);
    dynamic(move || {
        came.track();
        let shown = show();
        if shown.is_none() {
            let gone = Arc::clone(&gone);
            host::load_chunk(load, move |here| {
                if here {
                    came.try_set(true);
                } else if came.try_get_untracked().is_some() {
                    say_missing(client);
                    gone();
                }
            });
        }
        shown
    })
    .into_any()
}

/// Does something with a chunk: at once if it is here, else as soon as it has come; with nothing if it does not come.
pub fn with_chunk<T>(chunk: Chunk<T>, act: impl FnOnce(Option<&'static T>) + 'static) {
    match (chunk.here)() {
        Some(offer) => act(Some(offer)),
        None => host::load_chunk(chunk.load, move |_| act((chunk.here)())),
    }
}

/// Loads a chunk that is likely to be wanted: where the pointer or the focus comes near.
pub fn soon<T>(chunk: &Chunk<T>) {
    if (chunk.here)().is_none() {
        host::load_chunk(chunk.load, |_| ());
    }
}

/// Says that a part did not load, where it has no place of its own to say it in.
pub fn say_missing(client: Client) {
    client.toast(Tone::Bad, words().shell.later_title);
}

#[component]
fn Failed(failed: RwSignal<bool>) -> impl IntoView {
    let t = messages();
    view! {
        <div class="later" role="alert">
            <Empty icon="warn" title=t.shell.later_title text=t.shell.later_text>
                <button type="button" class="button button--primary" on:click=move |_| failed.set(false)>{t.common.try_again}</button>
                <a class="button" href="" rel="external">{t.shell.reload}</a>
            </Empty>
        </div>
    }
}
