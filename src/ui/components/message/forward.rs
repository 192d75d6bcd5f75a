//! Passing a message on to other chats of its device.

use super::tasks::done;
use crate::protocol::{ChatId, Command, DeviceId, MessageId, NewForward, NewMessage};
use crate::ui::client::Tone;
use crate::ui::components::modal::modal;
use crate::ui::components::picker::{Pick, Pool, picker};
use crate::ui::hooks::{close_dialog, host};
use crate::ui::prelude::*;
use leptos::html::Dialog;

/// The dialog that chooses them.
pub fn forward(client: Client, id: &MessageId, chat: &ChatId) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    let chosen = RwSignal::new(Vec::<Pick>::new());
    let device: Option<DeviceId> =
        client.read(|model| Some(model.chat(model.chat_key(chat)?)?.chat.device_id.clone()));
    let id = id.clone();
    let send = move |_| {
        let picks = chosen.get_untracked();
        let count = picks.len();
        // Each goes by itself: one that is refused says so, and the others are on their way.
        for (n, pick) in picks.into_iter().enumerate() {
            let Ok(chat_id) = pick.id.parse::<ChatId>() else { continue };
            let forward = Some(NewForward { message_id: id.clone() });
            let message = Box::new(NewMessage { forward, ..NewMessage::default() });
            host::ask(Command::SendMessage { chat_id, message }, move |result| match result {
                Ok(_) if n + 1 == count => {
                    let says = (t.about_message.forwarded)(i64::try_from(count).unwrap_or(0));
                    client.toast(Tone::Good, says);
                }
                Ok(_) => {}
                Err(problem) => client.toast(Tone::Bad, format!("{}: {}", pick.name, problem.detail)),
            });
        }
        close_dialog(dialog);
    };
    let label = move || {
        let count = chosen.with(Vec::len);
        if count == 0 {
            t.about_message.forward.to_owned()
        } else {
            (t.about_message.forward_to)(i64::try_from(count).unwrap_or(0))
        }
    };
    let content = view! {
        {picker(Pool::Chats, Signal::derive(move || device.clone()), true, chosen, Vec::new())}
        <div class="dialog__actions">
            <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
            <button type="button" class="button button--primary" disabled=live(move || chosen.with(Vec::is_empty)) on:click=send>{dynamic(label)}</button>
        </div>
    }
    .into_any();
    modal(dialog, t.about_message.forward_title.to_owned(), done(client), content)
}
