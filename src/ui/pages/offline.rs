//! What the installed client shows without network, where nothing was kept.

use crate::ui::components::Empty;
use crate::ui::prelude::*;

/// Says that nothing is here, and why. What was kept takes its place.
#[component]
pub fn OfflinePage() -> impl IntoView {
    let t = messages();
    view! {
        <main class="page page--center" id="main" tabindex="-1">
            <Empty icon="unplugged" title=t.alerts.offline_title text=t.alerts.offline_text alone=true>
                <a class="button button--primary" href="">{t.common.try_again}</a>
            </Empty>
        </main>
    }
}
