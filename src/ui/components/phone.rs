//! A phone on the screen: the other side of a conversation, in the reader's hand.

use super::message_row::{kind_icon, tick_class};
use super::rich_text::rich_text;
use crate::model::sandbox::{PhoneChat, PhoneMessage, address};
use crate::model::text::phone;
use crate::protocol::MessageKind;
use crate::ui::client::Load;
use crate::ui::hooks::{PhoneScreen, SandboxState, use_seconds};
use crate::ui::prelude::*;

/// The frame and what its screen shows.
#[component]
pub fn PhoneFrame(client: Client, sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let now = use_seconds();
    let clock = memo(move || client.clock.time(now.get() / 60_000 * 60_000));
    let label = move || sandbox.phone().map(|phone| (t.sandbox.screen)(&phone.name)).unwrap_or_default();
    let screen = move || {
        match (sandbox.screen.get(), sandbox.held.get().is_some(), sandbox.load.get()) {
        (_, false, Load::Failed) => view! {
            <div class="phone__empty" role="alert"><p>{t.sandbox.failed}</p>
                <button type="button" class="button" on:click=move |_| sandbox.fetch_phones()>{t.common.try_again}</button>
            </div>
        }
        .into_any(),
        (_, false, _) => view! { <div class="phone__empty" role="status"><span class="spinner" aria-hidden="true"></span><span class="visually-hidden">{t.common.loading}</span></div> }.into_any(),
        (PhoneScreen::Chats, ..) => view! { <PhoneChats client sandbox/> }.into_any(),
        (PhoneScreen::New, ..) => view! { <PhoneNew sandbox/> }.into_any(),
        (PhoneScreen::Thread { jid, name }, ..) => view! { <PhoneThread client sandbox jid name/> }.into_any(),
    }
    };
    view! {
        <section class="phone" aria-label=label>
            <div class="phone__status" aria-hidden="true">
                <span class="tabular">{clock}</span>
                <span class="phone__island"></span>
                <span class="phone__bars"><Icon name="signal"/><Icon name="battery"/></span>
            </div>
            <div class="phone__screen">{screen}</div>
            <span class="phone__home" aria-hidden="true"></span>
        </section>
    }
}

#[component]
fn PhoneChats(client: Client, sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let acts = sandbox.acts();
    let rows = move || {
        let chats = sandbox.chats.get();
        if chats.is_empty() {
            return view! {
                <div class="phone__empty"><p><b>{t.sandbox.no_chats}</b></p>
                    {acts.then(|| view! {
                        <p>{t.sandbox.no_chats_text}</p>
                        <button type="button" class="button" on:click=move |_| sandbox.screen.set(PhoneScreen::New)>{t.sandbox.new_message}</button>
                    })}
                </div>
            }
            .into_any();
        }
        chats.into_iter().map(|chat| view! { <PhoneChatRow client sandbox chat/> }).collect_view().into_any()
    };
    view! {
        <header class="phone__head">
            <h2 class="phone__title">{t.sandbox.chats}</h2>
            {acts.then(|| view! {
                <button type="button" class="icon-button" aria-label=t.sandbox.new_message on:click=move |_| sandbox.screen.set(PhoneScreen::New)>
                    <Icon name="compose"/>
                </button>
            })}
        </header>
        <div class="phone__list">{rows}</div>
    }
}

#[component]
fn PhoneChatRow(client: Client, sandbox: SandboxState, chat: PhoneChat) -> impl IntoView {
    let t = messages();
    let name = chat_name(&chat);
    let (jid, own) = (chat.jid.clone(), name.clone());
    let typing = {
        let jid = chat.jid.clone();
        move || sandbox.typing.get().is_some_and(|from| from == address(&jid))
    };
    let last = chat.last_text.clone().unwrap_or_default();
    let time = chat
        .last_at
        .map(|at| view! { <time class="phone__time">{dynamic(move || client.clock.in_list(at, t))}</time> });
    let unread = (chat.unread > 0).then(|| view! { <span class="badge">{chat.unread}</span> });
    view! {
        <button type="button" class="phone__chat" on:click=move |_| sandbox.open(jid.clone(), own.clone())>
            <Avatar name=name.clone() seed=chat.jid picture=chat.picture/>
            <span class="phone__name" dir="auto">{name}</span>
            {time}
            <span class="phone__last" dir="auto">
                {dynamic(move || if typing() { view! { <span class="chat-row__typing">{t.sandbox.typing}</span> }.into_any() } else { last.clone().into_any() })}
            </span>
            {unread}
        </button>
    }
}

fn chat_name(chat: &PhoneChat) -> String {
    if chat.name.is_empty() { phone(address(&chat.jid)) } else { chat.name.clone() }
}

#[component]
fn PhoneNew(sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let client = use_client();
    let to = RwSignal::new(String::new());
    let begin = move |digits: String, name: String| {
        if !digits.is_empty() {
            sandbox.open(format!("{digits}@s.whatsapp.net"), name);
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let digits: String = to.get_untracked().chars().filter(char::is_ascii_digit).collect();
        begin(digits.clone(), phone(&digits));
    };
    // The numbers most likely meant: the linked devices.
    let known = move || {
        let devices = client.devices.get().into_iter().filter_map(|state| {
            let number = state.device.phone_number?;
            let name = state.device.display_name.unwrap_or(state.device.name);
            let (digits, of) = (number.clone(), name.clone());
            Some(view! {
                <button type="button" class="phone__chat" on:click=move |_| begin(digits.clone(), of.clone())>
                    <Avatar name=name.clone() seed=number.clone()/>
                    <span class="phone__name" dir="auto">{name}</span>
                    <span class="phone__last tabular">{phone(&number)}</span>
                </button>
            })
        });
        devices.collect_view()
    };
    view! {
        <header class="phone__head">
            <button type="button" class="icon-button" aria-label=t.common.back on:click=move |_| sandbox.screen.set(PhoneScreen::Chats)><Icon name="back"/></button>
            <h2 class="phone__title">{t.sandbox.new_message}</h2>
        </header>
        <form class="phone__to" on:submit=submit>
            <label class="field">
                <span class="field__label">{t.sandbox.to_number}</span>
                <input class="field__input" type="tel" inputmode="tel" autocomplete="off" placeholder=t.chats.number_hint
                    prop:value=to on:input=move |event| to.set(event_target_value(&event))/>
            </label>
        </form>
        <div class="phone__list">{known}</div>
    }
}

#[component]
fn PhoneThread(client: Client, sandbox: SandboxState, jid: String, name: String) -> impl IntoView {
    let t = messages();
    let to = address_of(&jid);
    let who = address(&jid).to_owned();
    let typing = move || sandbox.typing.get().is_some_and(|from| from == who);
    let shown = memo(move || sandbox.conversation());
    let none = memo(move || shown.with(Vec::is_empty));
    view! {
        <header class="phone__head">
            <button type="button" class="icon-button" aria-label=t.common.back on:click=move |_| sandbox.screen.set(PhoneScreen::Chats)><Icon name="back"/></button>
            <Avatar name=name.clone() seed=jid size="avatar--small"/>
            <h2 class="phone__title phone__title--thread" dir="auto">
                {name}
                <small class="phone__typing">{dynamic(move || typing().then_some(t.sandbox.typing))}</small>
            </h2>
        </header>
        <div class="phone__feed" tabindex="0" role="group" aria-label=t.sandbox.chats>
            <div class="phone__rows">
                {dynamic(move || none.get().then(|| view! { <p class="phone__none">{t.sandbox.no_messages}</p> }))}
                <For each=move || shown.get() key=|message: &PhoneMessage| (message.id.clone(), message.status) let(message)>
                    <PhoneBubble client message/>
                </For>
            </div>
        </div>
        {sandbox.acts().then(|| view! { <PhoneComposer sandbox to/> })}
    }
}

#[component]
fn PhoneComposer(sandbox: SandboxState, to: String) -> impl IntoView {
    let t = messages();
    let text = RwSignal::new(String::new());
    let to = StoredValue::new(to);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let written = text.get_untracked().trim().to_owned();
        if !written.is_empty() {
            text.set(String::new());
            to.with_value(|to| sandbox.write(to, written));
        }
    };
    view! {
        <form class="phone__composer" on:submit=send>
            <input
                class="phone__field" type="text" autocomplete="off" placeholder=t.sandbox.write aria-label=t.sandbox.write dir="auto"
                id="phone-composer"
                prop:value=text
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    to.with_value(|to| sandbox.types(to));
                }
            />
            <button type="submit" class="phone__send" aria-label=t.composer.send disabled=live(move || text.with(|text| text.trim().is_empty()))><Icon name="send"/></button>
        </form>
    }
}

/// What a message is addressed to: a number, or a group's JID.
fn address_of(jid: &str) -> String {
    if jid.ends_with("@g.us") { jid.to_owned() } else { address(jid).to_owned() }
}

#[component]
fn PhoneBubble(client: Client, message: PhoneMessage) -> impl IntoView {
    let t = messages();
    let at = message.timestamp;
    let way = message.from_me.then(|| {
        view! {
            <span class=tick_class(message.status)><span class="visually-hidden">{(t.kinds.status)(message.status)}</span></span>
        }
    });
    let kind = (message.kind != MessageKind::Text).then(|| {
        view! { <p class="kind-chip">{kind_icon(message.kind).map(|icon| view! { <Icon name=icon/> })}<span>{(t.kinds.name)(message.kind)}</span></p> }
    });
    view! {
        <div class="phone__bubble" class:phone__bubble--mine=message.from_me>
            {kind}
            <span dir="auto">{rich_text(&message.text)}</span>
            <span class="bubble__meta"><time>{dynamic(move || client.clock.time(at))}</time>{way}</span>
        </div>
    }
}
