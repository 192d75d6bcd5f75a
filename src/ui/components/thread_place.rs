//! The place of the open conversation, while it holds none. All of the thread itself is in a chunk.

use super::Empty;
use super::skeleton::ThreadSkeleton;
use crate::ui::chunks;
use crate::ui::hooks::host;
use crate::ui::later::Instead;
use crate::ui::prelude::*;

/// What stands in the thread's place while no chat is open. The first that is opened finds its code here.
#[component]
pub fn NoThread() -> impl IntoView {
    let t = messages();
    let client = use_client();
    react(move |_| {
        if client.alive.get() {
            host::after_paint(|| soon(&chunks::thread()));
        }
    });
    view! {
        <main class="thread thread--none" id="main" tabindex="-1">
            <Empty icon="chat" title=t.thread.choose_title text=t.thread.choose_text/>
        </main>
    }
}

/// What stands in the thread's place while its code is not here.
pub const NOT_HERE: Instead = Instead {
    waiting: || place(view! { <ThreadSkeleton label=messages().common.loading/> }.into_any()),
    around: place,
};

fn place(inside: AnyView) -> AnyView {
    view! { <main class="thread" id="main" tabindex="-1">{inside}</main> }.into_any()
}
