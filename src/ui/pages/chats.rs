//! `/chats` and `/chats/{chatId}`: the list, and the thread beside it. On a phone one of the two.

use super::error::{NotFoundPage, nothing_here};
use crate::protocol::ChatId;
use crate::ui::chunks;
use crate::ui::components::{ChatList, NOT_HERE, NoThread, Part};
use crate::ui::later::later_with;
use crate::ui::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_params_map;

/// `/`: the chats.
#[component]
pub fn HomePage() -> impl IntoView {
    view! { <Redirect path="/chats"/> }
}

/// The chats.
#[component]
pub fn ChatsPage() -> impl IntoView {
    if use_context::<Client>().is_none() {
        return view! { <NotFoundPage/> }.into_any();
    }
    let t = messages();
    let params = use_params_map();
    let named = memo(move || params.with(|params| params.get("chat")).filter(|id| !id.is_empty()));
    let chat = memo(move || named.get().map(|id| id.parse::<ChatId>()));
    let query = query();
    let part = memo(move || query.with(|query| query.get("info")).map(|name| Part::named(&name)));
    let beside = memo(move || chat.get().and_then(Result::ok).filter(|_| part.get().is_some()));
    view! {
        <div
            class="chats"
            data-pane=live(move || if named.get().is_some() { "thread" } else { "list" })
            data-info=live(move || beside.with(Option::is_some).then_some(""))
        >
            // A phone shows the thread without the list, whose title is the page's.
            <h1 class="visually-hidden pane-title">{t.chats.title}</h1>
            <ChatList/>
            {dynamic(move || match chat.get() {
                Some(Ok(id)) => later_with(chunks::thread(), NOT_HERE, move |thread| (thread.pane)(id.clone())),
                Some(Err(_)) => nothing_here(false),
                None => view! { <NoThread/> }.into_any(),
            })}
            {dynamic(move || beside.get().map(|id| {
                let part = Signal::derive(move || part.get().unwrap_or(Part::Info));
                later(chunks::details(), move |details| (details.pane)(id.clone(), part))
            }))}
        </div>
    }
    .into_any()
}
