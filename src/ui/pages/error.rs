//! Pages for addresses that lead nowhere, and for when a page could not be made.

use crate::ui::components::Empty;
use crate::ui::prelude::*;

/// Nothing is here.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let t = messages();
    view! {
        <main class="page page--center" id="main" tabindex="-1">
            <Empty icon="unknown" title=t.shell.not_found_title text=t.shell.not_found_text>
                <a class="button button--primary" href="/chats">{t.shell.to_chats}</a>
            </Empty>
        </main>
    }
}

/// The server could not make the page.
#[component]
pub fn TroublePage(text: String) -> impl IntoView {
    let t = messages();
    view! {
        <main class="page page--center" id="main" tabindex="-1">
            <Empty icon="warn" title=t.shell.trouble_title text=text>
                <a class="button button--primary" href="">{t.shell.reload}</a>
            </Empty>
        </main>
    }
}
