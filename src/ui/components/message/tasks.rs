//! What is done with a message in a dialog. Each is made when it is asked for.

use super::{forward, info, reactions};
use crate::protocol::{ChatId, Command, MessageId, NewMessage, NewPin, NewReaction, NewRevoke, PIN_SECONDS};
use crate::ui::chunks;
use crate::ui::client::Task;
use crate::ui::components::device_actions::act;
use crate::ui::components::modal::{modal, question};
use crate::ui::hooks::close_dialog;
use crate::ui::prelude::*;
use leptos::html::Dialog;

/// The place of the dialog that is open, if one is.
pub fn tasks(client: Client, chat: ChatId, group: bool) -> AnyView {
    on_cleanup(move || {
        client.task.try_set(None);
    });
    let part = move || {
        let (what, chat) = (client.task.get()?, chat.clone());
        Some(above(
            chunks::message(),
            move |message| (message.task)(client, what.clone(), chat.clone(), group),
            done(client),
        ))
    };
    dynamic(part).into_any()
}

/// The dialog of a task.
pub fn task(client: Client, what: Task, chat: ChatId, group: bool) -> AnyView {
    match what {
        Task::Forward(id) => forward::forward(client, &id, &chat),
        Task::Info(id) => info::info(client, id, chat, group),
        Task::Pin(id) => pin(client, chat, id),
        Task::Delete(id) => delete(client, id),
        Task::Revoke(id) => revoke(client, chat, id),
        Task::Reactions(id) => reactions::reacted(client, id, chat),
        Task::React(id) => reactions::react(client, id, chat),
    }
}

/// What takes a closed dialog from the page.
pub(super) fn done(client: Client) -> Box<dyn Fn() + Send + Sync> {
    Box::new(move || {
        client.task.try_set(None);
    })
}

/// Pins a message for so many seconds, or for 0 no longer.
pub fn pin_for(client: Client, chat_id: ChatId, message_id: MessageId, seconds: u32) {
    let message = NewMessage { pin: Some(NewPin { message_id, seconds }), ..NewMessage::default() };
    change(client, chat_id, message);
}

/// Reacts to a message, with nothing to take that back.
pub(super) fn react_with(client: Client, chat_id: ChatId, message_id: MessageId, emoji: String) {
    let message = NewMessage { reaction: Some(NewReaction { message_id, emoji }), ..NewMessage::default() };
    change(client, chat_id, message);
}

fn change(client: Client, chat_id: ChatId, message: NewMessage) {
    act(client, Command::SendMessage { chat_id, message: Box::new(message) });
}

fn pin(client: Client, chat: ChatId, id: MessageId) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    let buttons = PIN_SECONDS.into_iter().zip(t.about_message.pin_for).map(|(seconds, label)| {
        let (chat, id) = (chat.clone(), id.clone());
        view! {
            <button type="button" class="button" on:click=move |_| {
                pin_for(client, chat.clone(), id.clone(), seconds);
                close_dialog(dialog);
            }>{label}</button>
        }
    });
    let content = view! {
        <p class="dialog__text">{t.about_message.pin_text}</p>
        <div class="dialog__choices">{buttons.collect_view()}</div>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
        </div>
    }
    .into_any();
    modal(dialog, t.about_message.pin_title.to_owned(), done(client), content)
}

fn delete(client: Client, message_id: MessageId) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    let doit = move |_| {
        act(client, Command::DeleteMessage { message_id: message_id.clone() });
        close_dialog(dialog);
    };
    let content = view! {
        <p class="dialog__text">{t.about_message.delete_text}</p>
        <div class="dialog__actions">
            <button type="button" class="button" autofocus=true on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
            <button type="button" class="button button--bad" on:click=doit>{t.about_message.delete}</button>
        </div>
    }
    .into_any();
    modal(dialog, t.about_message.delete_title.to_owned(), done(client), content)
}

fn revoke(client: Client, chat: ChatId, message_id: MessageId) -> AnyView {
    let t = messages();
    let doit = move || {
        let revoke = NewRevoke { message_id: message_id.clone() };
        change(client, chat.clone(), NewMessage { revoke: Some(revoke), ..NewMessage::default() });
    };
    let (title, text) = (t.about_message.revoke_title, t.about_message.revoke_text);
    question(title.to_owned(), text, t.message.revoke, Box::new(doit), done(client))
}
