//! Something of a chunk, wherever in a page.

use super::{Chunk, Load};
use crate::ui::components::Empty;
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// Shows something of a chunk: at once if it is here, as soon as it has come, or else what went wrong, with a
/// way to try again.
pub fn later<T>(chunk: Chunk<T>, show: impl Fn(&'static T) -> AnyView + Send + 'static) -> AnyView {
    part(chunk.name, chunk.load, Box::new(move || (chunk.here)().map(&show)))
}

/// The same for every kind of offer, compiled once.
fn part(name: &'static str, load: Load, show: Box<dyn Fn() -> Option<AnyView> + Send>) -> AnyView {
    // The browser is told to fetch it while it still reads the page.
    #[cfg(feature = "ssr")]
    leptos::prefetch_lazy_fn_on_server(name);
    let failed = RwSignal::new(false);
    view! {
        <template data-chunk=name></template>
        {dynamic(move || {
            if failed.get() {
                return view! { <Failed failed/> }.into_any();
            }
            show().unwrap_or_else(|| {
                // Either way, this runs again afterwards. Nobody may be here any more to see it.
                host::load_chunk(load, move |here| {
                    failed.try_set(!here);
                });
                view! { <p class="later skeleton" role="status">{messages().common.loading}</p> }.into_any()
            })
        })}
    }
    .into_any()
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
