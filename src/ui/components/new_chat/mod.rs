//! The ways to a new chat: a number, somebody who is known, a new group, or an invitation to one. It is what the dialog
//! for it holds, once it is opened.

mod contact;
mod group;
mod link;
mod number;

use crate::protocol::{ChatId, Command, CommandResult, DeviceId, DeviceStatus, Problem};
use crate::ui::hooks::{close_dialog, host};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// How a chat is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Number,
    Contact,
    Group,
    Link,
}

/// What is done with a chat that is there.
type Go = Box<dyn Fn(&ChatId) + Send + Sync>;

/// What every way needs: through which device, what went wrong, and what to do with the chat.
#[derive(Clone, Copy)]
struct Start {
    client: Client,
    device: Signal<Option<DeviceId>>,
    error: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    go: StoredValue<Go>,
}

impl Start {
    /// Begins something, unless something is under way. `None` without a device.
    fn begin(&self) -> Option<DeviceId> {
        let device = self.device.get_untracked().filter(|_| !self.busy.get_untracked())?;
        self.busy.set(true);
        self.error.set(None);
        Some(device)
    }

    /// It ended with this chat, or with what went wrong.
    fn end(&self, chat: Result<ChatId, String>) {
        self.busy.try_set(false);
        match chat {
            Ok(chat) => {
                self.go.try_with_value(|go| go(&chat));
            }
            Err(detail) => {
                self.error.try_set(Some(detail));
            }
        }
    }

    /// Opens the chat with a number or JID.
    fn open(&self, device_id: DeviceId, to: String) {
        let start = *self;
        host::ask(Command::OpenChat { device_id, to }, move |result| {
            start.end(match result {
                Ok(CommandResult::Chat(chat)) => Ok(chat.id),
                Ok(_) => Err(String::new()),
                Err(problem) => Err(problem.detail),
            });
        });
    }

    /// What went wrong, and the buttons: the one that goes on, and the way out.
    fn foot(&self, dialog: NodeRef<Dialog>, label: Option<(&'static str, Signal<bool>)>) -> AnyView {
        let t = messages();
        let start = *self;
        let on = label.map(|(label, ready)| {
            let off = move || start.busy.get() || start.device.get().is_none() || !ready.get();
            view! { <button type="submit" class="button button--primary" disabled=live(off)>{label}</button> }
        });
        let error = move || {
            let error = start.error.get().filter(|error| !error.is_empty());
            error.map(|error| view! { <p class="form-error" role="alert">{error}</p> })
        };
        view! {
            {dynamic(error)}
            <div class="dialog__actions">
                <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                {on}
            </div>
        }
        .into_any()
    }
}

/// What went wrong, of an answer without a chat.
fn detail(problem: Problem) -> String {
    problem.detail
}

/// What the dialog holds.
#[component]
pub fn NewChat(client: Client, dialog: NodeRef<Dialog>) -> impl IntoView {
    let t = messages();
    let way = RwSignal::new(Way::Number);
    let chosen = RwSignal::new(None::<DeviceId>);
    let devices = memo(move || {
        client.devices.with(|all| {
            all.iter()
                .filter(|state| state.device.phone_number.is_some())
                .map(|state| (state.device.id.clone(), state.device.name.clone(), state.device.status))
                .collect::<Vec<_>>()
        })
    });
    let device = memo(move || {
        let devices = devices.get();
        let live = devices.iter().find(|(_, _, status)| *status == DeviceStatus::Connected);
        let first = live.or(devices.first()).map(|(id, _, _)| id.clone());
        chosen.get().filter(|id| devices.iter().any(|(other, _, _)| other == id)).or(first)
    });
    let navigate = use_navigate();
    let go: Box<dyn Fn(&ChatId) + Send + Sync> = Box::new(move |chat| {
        close_dialog(dialog);
        way.set(Way::Number);
        navigate(&format!("/chats/{chat}"), NavigateOptions::default());
    });
    let start = Start {
        client,
        device: device.into(),
        error: RwSignal::new(None),
        busy: RwSignal::new(false),
        go: StoredValue::new(go),
    };
    let select = move || {
        let devices = devices.get();
        (devices.len() > 1).then(|| {
            let options = devices.into_iter().map(|(id, name, _)| {
                let is = id.clone();
                view! { <option value=id.to_string() selected=live(move || device.get().as_ref() == Some(&is))>{name}</option> }
            });
            view! {
                <label class="field">
                    <span class="field__label">{t.chats.through}</span>
                    <select class="field__input" on:change=move |event| chosen.set(event_target_value(&event).parse().ok())>
                        {options.collect_view()}
                    </select>
                </label>
            }
        })
    };
    let choice = move |of: Way, icon: &'static str, label: &'static str| {
        view! {
            <label class="choice">
                <input
                    class="choice__input" type="radio" name="new-chat-way" checked=of == Way::Number
                    prop:checked=live(move || way.get() == of)
                    on:change=move |_| {
                        start.error.set(None);
                        way.set(of);
                    }
                />
                <span class="choice__face"><Icon name=icon/>{label}</span>
            </label>
        }
    };
    // The dialog was open before this was here: nothing in it has the focus.
    react(move |done| {
        if done.is_none() {
            host::focus("dialog[open] input[type=tel]");
        }
    });
    view! {
            <div class="dialog__body">
                <h2 class="dialog__title" id="new-chat-title">{t.chats.new_chat}</h2>
                <fieldset class="choices choices--ways">
                    <legend class="visually-hidden">{t.start.how}</legend>
                    {choice(Way::Number, "keyboard", t.start.number)}
                    {choice(Way::Contact, "person", t.start.contact)}
                    {choice(Way::Group, "chat", t.start.group)}
                    {choice(Way::Link, "link", t.start.link)}
                </fieldset>
                {select}
                {dynamic(move || match way.get() {
                    Way::Number => number::number(start, dialog),
                    Way::Contact => contact::contact(start, dialog),
                    Way::Group => group::group(start, dialog),
                    Way::Link => link::link(start, dialog),
                })}
            </div>
    }
}
