//! The open conversation: head, messages, composer.

use super::chat_row::typing_text;
use super::composer::Composer;
use super::feed::Feed;
use super::message::{MessageMenu, media_viewer, show_message, tasks};
use super::pinned_bar::PinnedBar;
use super::skeleton::ThreadSkeleton;
use super::status::tone;
use super::thread_members::members_line;
use super::{Empty, LineBanner};
use crate::model::ChatState;
use crate::model::text::phone;
use crate::protocol::{ChatId, ChatKind, MessageId};
use crate::ui::chunks;
use crate::ui::client::{Line, Load};
use crate::ui::hooks::{Back, host, use_back, use_composer};
use crate::ui::prelude::*;

/// A chat. Made anew for each one.
#[component]
pub fn ThreadPane(id: ChatId) -> impl IntoView {
    let client = use_client();
    // A field that goes away with the focus has the browser lay out what comes in its place, before it is all there.
    if client.alive.get_untracked() {
        host::blur("#composer");
    }
    client.open(&id);
    let (load_id, again_id) = (id.clone(), id.clone());
    // Also after the state was fetched anew without this thread. How loading goes is none of its reasons, or what
    // failed would be asked for again at once, and without end: whoever sees it asks, or the line does once it is back.
    let reasons = memo(move || {
        let (chat, loaded) = client.thread.with(|view| (view.chat, view.loaded));
        (chat, loaded, client.line.with(|line| *line == Line::Live))
    });
    react(move |_| {
        let (_, _, live) = reasons.get();
        if live || client.thread.with_untracked(|view| view.load != Load::Failed) {
            host::load_thread(client, &load_id);
        }
    });
    let known = memo(move || client.thread.with(|view| view.chat));
    let load = memo(move || client.thread.with(|view| view.load));
    // Before the page is alive nothing is being loaded: what the server did not bring is not there.
    let loads = move |how: Load| client.alive.get() && load.get() == how;
    let back = use_back("/chats".to_owned());
    on_cleanup(move || client.close());
    view! {
        <main
            class="thread" id="main" tabindex="-1"
            on:pointerdown=move |event| host::back_swipe_begins(&event)
            on:pointermove=move |event| host::back_swipe_moves(&event)
            on:pointerup=move |_| {
                if host::back_swipe_ends() {
                    back.go();
                }
            }
            on:pointercancel=move |_| {
                host::back_swipe_ends();
            }
        >
            {dynamic(move || match known.get() {
                Some(key) => view! { <Conversation client key id=id.clone() back/> }.into_any(),
                None if loads(Load::Loading) => view! { <Waiting/> }.into_any(),
                None if loads(Load::Failed) => view! { <LoadFailed client id=again_id.clone()/> }.into_any(),
                None => view! { <Missing/> }.into_any(),
            })}
        </main>
    }
}

#[component]
fn Conversation(client: Client, key: crate::model::ChatKey, id: ChatId, back: Back) -> impl IntoView {
    let Some(cell) = client.chat_cell(key) else { return ().into_any() };
    let cell = RwSignal::from(cell);
    let name = Signal::derive(move || cell.with(|state| state.chat.name.clone()));
    let group = cell.with_untracked(|state| state.chat.kind == ChatKind::Group);
    let device = client.device(cell.with_untracked(|state| state.chat.device_id.clone()));
    let loaded = memo(move || client.thread.with(|view| view.loaded));
    let empty = memo(move || client.thread.with(|view| view.empty && !view.has_older));
    let failed = memo(move || client.thread.with(|view| view.load == Load::Failed));
    let composer = use_composer(client, id.clone(), cell);
    // Whatever is unread is read as soon as somebody sees it.
    react(move |_| {
        client.thread.track();
        host::mark_read(client);
    });
    // An address that names a message leads to it.
    let query = query();
    let named =
        memo(move || query.with(|query| query.get("message")).and_then(|id| id.parse::<MessageId>().ok()));
    let reached = StoredValue::new(None::<MessageId>);
    react(move |_| {
        let id = named.get();
        // Once: who went on to the end from there is not brought back when that is loaded.
        if loaded.get() && reached.get_value() != id {
            reached.set_value(id.clone());
            if let Some(id) = id {
                show_message(client, id);
            }
        }
    });
    let (feed_id, again_id, chat) = (id.clone(), id.clone(), id.clone());
    view! {
        <Head client cell device back/>
        <div class="thread__line"><LineBanner client/></div>
        <div class="thread__body">
            <PinnedBar client chat/>
            {dynamic(move || match (loaded.get(), failed.get()) {
                (true, _) if empty.get() => view! { <NoMessages client/> }.into_any(),
                (true, _) => view! { <Feed client chat=feed_id.clone() group name/> }.into_any(),
                (false, true) => view! { <LoadFailed client id=again_id.clone()/> }.into_any(),
                (false, false) => view! { <Waiting/> }.into_any(),
            })}
        </div>
        <MessageMenu client composer/>
        {tasks(client, id, group)}
        {media_viewer(client)}
        {if client.may_send() {
            view! { <Composer composer name device/> }.into_any()
        } else {
            view! { <ReadOnly/> }.into_any()
        }}
    }
    .into_any()
}

/// What stands in the composer's place for whoever may not write.
#[component]
fn ReadOnly() -> impl IntoView {
    let t = messages();
    view! { <footer class="composer"><p class="composer__note composer__note--only"><Icon name="info"/><span>{t.composer.read_only}</span></p></footer> }
}

#[component]
fn Head(
    client: Client,
    cell: RwSignal<ChatState>,
    device: Memo<Option<crate::model::DeviceState>>,
    back: Back,
) -> impl IntoView {
    let t = messages();
    let face = memo(move || {
        cell.with(|state| (state.chat.name.clone(), state.chat.jid.clone(), state.chat.picture.clone()))
    });
    let number = cell.with_untracked(|state| state.chat.phone_number.clone());
    let named = cell.with_untracked(|state| Some(&state.chat.name) != state.chat.phone_number.as_ref());
    let several = memo(move || client.devices.with(|all| all.len() > 1));
    let below = move || {
        cell.with(|state| {
            if let Some(typing) = &state.typing {
                let text = typing_text(typing, state.chat.kind, t);
                return view! { <span class="thread__typing">{text}</span> }.into_any();
            }
            match state.presence {
                Some((true, _)) => {
                    return view! { <span class="thread__online">{t.thread.online}</span> }.into_any();
                }
                Some((false, Some(at))) => {
                    let says = (t.thread.last_seen)(&client.clock.moment(at, t));
                    return view! { <span class="tabular">{says}</span> }.into_any();
                }
                _ => {}
            }
            let what = match (&number, state.chat.kind) {
                (Some(number), ChatKind::Direct) if named => phone(number),
                _ => String::new(),
            };
            view! { <span class="tabular">{what}</span> }.into_any()
        })
    };
    let group = cell.with_untracked(|state| state.chat.kind == ChatKind::Group);
    let below = if group { members_line(client, cell, device) } else { dynamic(below).into_any() };
    let via = move || {
        let state = device.get().filter(|_| several.get())?;
        let dot = format!("presence__dot presence__dot--{}", tone(state.device.status));
        Some(view! {
            <span class="thread__via"><span class=dot aria-hidden="true"></span>{(t.thread.via)(&state.device.name)}</span>
        })
    };
    let details = cell.with_untracked(|state| format!("/chats/{}?info", state.chat.id));
    let search = format!("{details}=search");
    let near = move |_| {
        soon(&chunks::details());
        soon(&chunks::finding());
    };
    view! {
        <header class="thread__head">
            <a
                class="icon-button thread__back" href="/chats" aria-label=t.common.back
                on:click=move |event| back.pressed(&event)
            ><Icon name="back"/></a>
            <a class="thread__open" href=details title=t.thread.details>
                {dynamic(move || {
                    let (name, seed, picture) = face.get();
                    view! { <Avatar name seed picture size="avatar--small"/> }
                })}
                <div class="thread__who">
                    <h2 class="thread__name" dir="auto">{dynamic(move || face.with(|face| face.0.clone()))}</h2>
                    <p class="thread__below">{below}{dynamic(via)}</p>
                </div>
            </a>
            <a class="icon-button" href=search aria-label=t.thread.search title=t.thread.search on:pointerenter=near>
                <Icon name="search"/>
            </a>
        </header>
    }
}

#[component]
fn Waiting() -> impl IntoView {
    let t = messages();
    view! { <ThreadSkeleton label=t.common.loading/> }
}

#[component]
fn NoMessages(client: Client) -> impl IntoView {
    let t = messages();
    let text = if client.may_send() { t.thread.empty_text } else { t.chats.empty_read };
    view! { <Empty icon="chat" title=t.thread.empty_title text/> }
}

#[component]
fn LoadFailed(client: Client, id: ChatId) -> impl IntoView {
    let t = messages();
    let again = move |_| host::load_thread(client, &id);
    view! {
        <div role="alert">
            <Empty icon="warn" title=t.thread.failed_title text=t.thread.failed_text>
                <button type="button" class="button button--primary" on:click=again>{t.common.try_again}</button>
            </Empty>
        </div>
    }
}

#[component]
fn Missing() -> impl IntoView {
    let t = messages();
    view! {
        <Empty icon="unknown" title=t.thread.missing_title text=t.thread.missing_text>
            <a class="button button--primary" href="/chats">{t.shell.to_chats}</a>
        </Empty>
    }
}
